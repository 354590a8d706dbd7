"""What `sortation doctor` takes on a corpus of a few thousand items and on one of 100,000."""

import json
import tempfile
from pathlib import Path

from bench.sets import ROOT
from bench.tables import table
from bench.training import LENGTH, TICKETS, many, run


def report(count: int = TICKETS) -> list[str]:
    """A table with a row for each corpus: each a process of its own, without prepared items of a run before."""
    rows = []
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        many(folder, count)
        corpora = {"the starter corpus": ROOT / "data" / "corpus", "tickets": folder / "train.jsonl"}
        for name, corpus in corpora.items():
            files = sorted(corpus.glob("*.jsonl")) if corpus.is_dir() else [corpus]
            items = sum(len(file.read_bytes().splitlines()) for file in files)
            words = ("doctor", "--corpus", str(corpus), "--home", str(folder / corpus.stem), "--json")
            done = run("-m", "sortation", *words)
            found = sum(line.startswith("{") and "kind" in json.loads(line) for line in done.said.splitlines())
            cells = (f"{items:,}", f"{done.wall:.0f}", f"{done.cpu:.0f}", f"{done.peak:.2f}", f"{found:,}")
            rows.append([name, *cells])
            print(rows[-1], flush=True)
    head = ["", "items", "wall s", "CPU s", "peak GiB", "findings"]
    about = f"Five folds. The tickets have {LENGTH} characters and are made of sentences of the starter corpus."
    return ["## What looking for them takes", about, table(head, rows)]
