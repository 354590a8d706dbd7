"""A job over small files, and an engine in this very process."""

import json
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pytest
from pyarrow import parquet

from model import bundle
from training.corpus import Item
from training.scoring import Job, Model
from training.scoring.places import place
from training.scoring.sources import inputs as listed

Make = Callable[..., Job]
ROWS = 150
"""Rows of a chunk."""


@pytest.fixture(scope="session")
def model_folder(model_home: Path) -> Model:
    folder = model_home / "models" / "sortation-1"
    return Model(folder, 1, bundle.fingerprint(folder))


@pytest.fixture(scope="session")
def inputs(corpus: list[Item], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """1,240 rows in three files: Parquet in uneven row groups, CSV with line breaks in cells, JSON lines with a gap."""
    folder = tmp_path_factory.mktemp("inputs")
    rows = [(item.id, item.document.subject, item.document.body[:300]) for item in corpus[:620]]
    table = pa.table(dict(zip(("Ticket ID", "Title", "Description"), zip(*rows, strict=True), strict=True)))
    parquet.write_table(table, folder / "a.parquet", row_group_size=250)
    cells = [",".join('"' + cell.replace('"', '""') + '"' for cell in row) for row in rows[:310]]
    (folder / "b.csv").write_text("\n".join(["key,summary,text", *cells]) + "\n", encoding="utf-8")
    lines = [json.dumps({"id": id, "fields": {"summary": title, "text": text}}) for id, title, text in rows[310:]]
    (folder / "c.jsonl").write_text("\n".join([*lines[:100], "", *lines[100:]]), encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def make_job(inputs: Path, model_folder: Model, tmp_path_factory: pytest.TempPathFactory) -> Make:
    """Jobs whose outputs lie side by side, by name."""
    folder = tmp_path_factory.mktemp("outputs")

    def make(name: str, pattern: str = "*", most: int = ROWS) -> Job:
        out = place(str(folder / name))
        return Job(listed(f"{inputs}/{pattern}", out), out, model_folder, {}, most)

    return make


@pytest.fixture
def job(inputs: Path, model_folder: Model, tmp_path: Path) -> Make:
    """Jobs in a folder of the test's own."""

    def make(name: str = "out", most: int = ROWS) -> Job:
        out = place(str(tmp_path / name))
        return Job(listed(f"{inputs}/*", out), out, model_folder, {}, most)

    return make
