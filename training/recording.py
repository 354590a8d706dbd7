"""What a run leaves behind: model folder, report, page, card, plots, and what MLflow is told. Fits nothing."""

import json
from pathlib import Path

from model import bundle
from training.card import CARD, card, description
from training.page import page
from training.plots import pictures
from training.registry import Dataset, Registry, Run, Version
from training.story import Data, Story
from training.telling import Telling

PAGE = "report.html"
"""The page's name among a run's artifacts."""
SETTINGS = "settings.yaml"
"""The name of the settings among a run's artifacts, as `train --settings` takes them."""


def record(registry: Registry, folder: Path, story: Story, telling: Telling) -> Version:
    """Registers a model folder with its report, page, card and plots, which are put beside it; puts the page out."""
    extras = folder.with_name("extras")
    drawn = pictures(story.report, story.curve)
    (extras / "plots").mkdir(parents=True)
    for name, picture in drawn.items():
        (extras / "plots" / f"{name}.svg").write_text(picture, encoding="utf-8")
    (extras / SETTINGS).write_text(story.settings_file, encoding="utf-8")
    told = card(story)
    (extras / CARD).write_text(told, encoding="utf-8")
    (extras / PAGE).write_text(page(story, drawn), encoding="utf-8")
    (extras / "report.json").write_text(json.dumps(story.report.as_plain(), indent=1), encoding="utf-8")
    version = registry.record(
        Run(
            parameters(story),
            story.report.metrics(),
            tags(story, bundle.fingerprint(folder)),
            folder,
            extras,
            datasets=[_dataset(data, story) for data in story.data],
            description=description(told),
        )
    )
    if telling.pages is not None:
        put(telling.pages / page_name(version), page(story, drawn, version.number))
    return version


def parameters(story: Story) -> dict[str, object]:
    """What training was told and given, under flat names."""
    counts = {f"items.{data.name}": data.items for data in story.data}
    settings = {name: value for name, value in story.flat_settings.items() if not name.startswith("vectors.")}
    vectors = story.settings.get("vectors")
    taxonomy = {"taxonomy": story.classifier.taxonomy.name, "vectors": "none" if vectors is None else str(vectors)}
    return settings | taxonomy | counts | {"items": sum(counts.values()), "corrections": story.corrections}


def tags(story: Story, fingerprint: str) -> dict[str, str]:
    """What a run and its version can be searched by."""
    found = {
        "data_hash": story.data_hash,
        "inputs": str(story.classifier.about.get("inputs", "")),
        "fingerprint": fingerprint,
        "format": str(bundle.FORMAT),
        "taxonomy": story.classifier.taxonomy.name,
        "code": story.code,
    }
    found |= {f"environment.{name}": number for name, number in story.environment.items()}
    return found if story.commit is None else found | {"mlflow.source.git.commit": story.commit}


def _dataset(data: Data, story: Story) -> Dataset:
    columns = {"subject": "string", "body": "string", "channel": "string"}
    columns |= dict.fromkeys(story.classifier.taxonomy.level_names, "string")
    profile = {"items": data.items, "labels": data.labels} | {f"channel {k}": n for k, n in data.channels.items()}
    return Dataset(f"{story.name} {data.name}", data.digest, data.source, columns, profile, data.name)


def page_name(version: Version) -> str:
    """The file name of a version's page."""
    return f"{version.number}.html"


def put(path: Path, text: str) -> None:
    """Writes a file so that it appears whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.draft")
    draft.write_text(text, encoding="utf-8")
    draft.replace(path)
