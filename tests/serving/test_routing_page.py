"""The page on routing is true: each of its examples is understood, and no condition is missing."""

import re
from pathlib import Path

import yaml

from model.taxonomy import Taxonomy
from serving.routing import parse

PAGE = (Path(__file__).parents[2] / "docs" / "routing.md").read_text(encoding="utf-8")


def test_every_example_is_a_valid_rule(taxonomy: Taxonomy) -> None:
    examples = [yaml.safe_load(found) for found in re.findall(r"\| `(\w+: .*?)` \|\n", PAGE)]
    (block,) = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
    rules = yaml.safe_load(block) + [
        {"name": f"r{number}", "when": when, "then": {"queue": "q"}} for number, when in enumerate(examples)
    ]
    routing = parse({"version": 1, "fallback": {"queue": "q"}, "rules": rules}, taxonomy)
    asked = {key for rule in routing.rules for key in rule.when}
    assert asked == {"service", "channel", "confidence", "decision", "doubt", "has", "amount"}
