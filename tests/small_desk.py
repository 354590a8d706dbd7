"""A desk of three topics and four writers, small enough to be trained on in a second. Not a test."""

import json
import random
from pathlib import Path

import yaml

from model.document import Document
from model.taxonomy import Taxonomy, parse
from training.corpus import Item

WORDS = {
    "cats": ["cat", "kitten", "tomcat", "purrs", "mouse", "fleas", "paws"],
    "boats": ["boat", "sail", "harbour", "mast", "anchor", "rudder", "oars"],
    "bread": ["bread", "loaf", "rye", "baker", "dough", "toast", "crust"],
}
FILLER = ["today", "please", "again", "about", "my", "the", "was", "it", "since", "monday", "blue", "old", "two"]
PLAIN = {"name": "desk", "levels": ["topic"], "labels": {"topic": dict.fromkeys(WORDS, "")}}


def taxonomy() -> Taxonomy:
    """Three topics on one level."""
    return parse(PLAIN)


def items(count: int = 120) -> list[Item]:
    """Items that are mostly easy: two words of their topic, and now and then one of another."""
    draw = random.Random(5)  # noqa: S311 - not a secret
    made = []
    for k in range(count):
        label = list(WORDS)[k % 3]
        other = draw.choice([name for name in WORDS if name != label])
        words = [*draw.sample(WORDS[label], 2), draw.choice(WORDS[other]), *draw.sample(FILLER, 6)]
        draw.shuffle(words)
        facts = {"world": f"desk{k % 4}"}
        made.append(Item(f"d{k:03}", Document("", " ".join(words), ("email", "chat")[k % 2]), (label,), "here", facts))
    return made


def written(folder: Path, count: int = 120) -> Path:
    """A data folder with taxonomy.yaml and corpus/."""
    (folder / "corpus").mkdir(parents=True)
    (folder / "taxonomy.yaml").write_text(yaml.safe_dump(PLAIN), encoding="utf-8")
    lines = [
        {"id": i.id, "body": i.document.body, "channel": i.document.channel, "topic": i.labels[0], **i.facts}
        for i in items(count)
    ]
    (folder / "corpus" / "desk.jsonl").write_text("\n".join(map(json.dumps, lines)), encoding="utf-8")
    return folder
