"""What vectors are worth: accuracy plain, with a static table and with an encoder, and texts a second of each.

    python -m bench.semantic --datasets FOLDER --static SOURCE --encoder SOURCE [--memory FOLDER] [--worlds 6]

Test splits are read once per configuration; nothing is chosen on them. `--memory` keeps an encoder's vectors between
runs, since reading the public sets takes it minutes.
"""

import argparse
import csv
import hashlib
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from model import taxonomy as taxonomies
from model.classifier import Classifier
from model.document import Document
from model.taxonomy import Level, Taxonomy
from model.vectors import Embedder, Vectors, open_embedder, pinned
from training.corpus import Item, read_corpus, without_world
from training.distillation import distil
from training.evaluation import evaluate
from training.fitting import Settings, fit, targets

ROOT = Path(__file__).resolve().parent.parent
SETS = ("banking77", "clinc150", "hwu64")
SEEDS = (7, 8, 9)
KINDS = ("plain", "static", "encoder")


@dataclass(frozen=True, eq=False)
class Remembering(Embedder):
    """An encoder that reads each text once."""

    known: dict[bytes, Any] = field(default_factory=dict)

    def embed(self, documents: Sequence[Document]) -> Any:
        """As the encoder does."""
        keys = [hashlib.sha256(document.text.encode("utf-8", "replace")).digest() for document in documents]
        fresh = {key: document for key, document in zip(keys, documents, strict=True) if key not in self.known}
        if fresh:
            self.known.update(zip(fresh, super().embed(list(fresh.values())), strict=True))
        return np.array([self.known[key] for key in keys]).reshape(len(keys), self.vectors.dimension)

    def keep(self, path: Path) -> None:
        """Writes what is known."""
        keys = np.array([list(key) for key in self.known], np.uint8)
        np.savez(path, keys=keys, rows=np.array([*self.known.values()]))

    def recall(self, path: Path) -> None:
        """Reads what was kept."""
        if path.exists():
            kept = np.load(path, allow_pickle=False)
            self.known.update((key.tobytes(), row) for key, row in zip(kept["keys"], kept["rows"], strict=True))


@dataclass(frozen=True)
class Peers:
    """The configurations that are compared."""

    vectors: dict[str, Vectors | None]
    reader: Remembering

    def fit(self, kind: str, items: Sequence[Item], taxonomy: Taxonomy, seed: int = SEEDS[0]) -> Classifier:
        """A classifier of a kind, without calibration: the best answer does not need it."""
        settings = Settings(vectors=self.vectors[kind], seed=seed)
        return fit(items, [], taxonomy, settings, embedder=self.reader if kind == "encoder" else None)


def read_set(folder: Path, split: str) -> list[Item]:
    """The in-scope items of a public set's split."""
    with (folder / f"{split}.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    return [
        Item(f"{split}{k}", Document(body=row["text"]), (row["label"],), split)
        for k, row in enumerate(rows)
        if row["label"] != "oos"
    ]


def accuracy(classifier: Classifier, items: Sequence[Item]) -> float:
    """Share of items with the right combination, in [0, 1]."""
    best = classifier.answer([item.document for item in items]).best
    return float((best == targets(items, classifier.taxonomy)).mean())


def public(peers: Peers, datasets: Path) -> Iterator[str]:
    """Rows of accuracy on the test splits: mean over seeds."""
    yield "| accuracy on the test split, % | " + " | ".join(KINDS) + " |\n|---|" + "---|" * len(KINDS)
    for name in SETS:
        test = read_set(datasets / name, "test")
        for split, seeds in (("train", SEEDS[:1]), ("train_10", SEEDS)):
            train = read_set(datasets / name, split)
            taxonomy = Taxonomy(name, 1, (Level("label", tuple(sorted({item.labels[0] for item in train}))),))
            found = [
                np.mean([accuracy(peers.fit(kind, train, taxonomy, seed), test) for seed in seeds]) for kind in KINDS
            ]
            yield f"| {name} {split} | " + " | ".join(f"{100 * each:.1f}" for each in found) + " |"


def worlds(peers: Peers, count: int) -> Iterator[str]:
    """Rows of accuracy on worlds left out of training: mean over `count` worlds, evenly chosen by name."""
    taxonomy = taxonomies.load(ROOT / "data" / "taxonomy.yaml")
    items = read_corpus(ROOT / "data" / "corpus", taxonomy)
    names = sorted({item.facts["world"] for item in items})
    chosen = [names[int(k)] for k in np.linspace(0, len(names) - 1, count)]
    yield f"| {', '.join(chosen)}: % | " + " | ".join(KINDS) + " |\n|---|" + "---|" * len(KINDS)
    found: dict[str, list[list[float]]] = {kind: [] for kind in KINDS}
    for world in chosen:
        train, test = without_world(items, world)
        for kind in KINDS:
            report = evaluate(peers.fit(kind, train, taxonomy), test)
            found[kind].append([*(level.accuracy for level in report.levels.values()), report.joint_accuracy])
    for place, level in enumerate((*taxonomy.level_names, "all levels")):
        yield f"| {level} | " + " | ".join(f"{100 * np.mean(found[kind], axis=0)[place]:.1f}" for kind in KINDS) + " |"


def students(peers: Peers, datasets: Path, world: str = "pharma") -> Iterator[str]:
    """Rows on students: labelled items alone, taught with unlabelled text, and the teacher."""
    yield "| what | alone | student | teacher | gap closed |\n|---|---|---|---|---|"
    labelled, test = read_set(datasets / "banking77", "train_10"), read_set(datasets / "banking77", "test")
    taxonomy = Taxonomy("banking77", 1, (Level("label", tuple(sorted({item.labels[0] for item in labelled}))),))
    known = {item.document.body for item in labelled}
    rest = [item.document for item in read_set(datasets / "banking77", "train") if item.document.body not in known]
    yield _student(peers, "banking77, 10 per class, the rest of train unlabelled", (labelled, rest, test), taxonomy)
    taxonomy = taxonomies.load(ROOT / "data" / "taxonomy.yaml")
    train, left = without_world(read_corpus(ROOT / "data" / "corpus", taxonomy), world)
    half = [item.document for item in left[::2]]
    what = f"{world} left out, half of it unlabelled, tested on the rest"
    yield _student(peers, what, (train, half, left[1::2]), taxonomy)


def _student(peers: Peers, what: str, told: tuple[list[Item], list[Document], list[Item]], taxonomy: Taxonomy) -> str:
    items, unlabelled, test = told
    teacher = peers.fit("encoder", items, taxonomy)
    student = distil(teacher, items, unlabelled, [], Settings())
    plain = peers.fit("plain", items, taxonomy)
    alone, taught, top = (100 * accuracy(each, test) for each in (plain, student, teacher))
    closed = f"{(taught - alone) / (top - alone):.0%}" if top > alone else "none to close"
    return f"| {what} | {alone:.1f} | {taught:.1f} | {top:.1f} | {closed} |"


def speed(peers: Peers, datasets: Path) -> Iterator[str]:
    """Rows of texts a second on one core, kinds in turn, the best of several rounds."""
    train = read_set(datasets / "banking77", "train_10")
    taxonomy = Taxonomy("banking77", 1, (Level("label", tuple(sorted({item.labels[0] for item in train}))),))
    made = {kind: peers.fit(kind, train, taxonomy) for kind in KINDS}
    vectors = peers.vectors["encoder"]
    if vectors is not None:
        made["encoder"] = replace(made["encoder"], embedder=open_embedder(vectors))
    corpus = read_corpus(ROOT / "data" / "corpus", taxonomies.load(ROOT / "data" / "taxonomy.yaml"))
    yield "| texts a second, one core | " + " | ".join(KINDS) + " |\n|---|" + "---|" * len(KINDS)
    for what, documents in (
        ("banking77 test", [item.document for item in read_set(datasets / "banking77", "test")]),
        ("own corpus", [item.document for item in corpus]),
    ):
        best = dict.fromkeys(KINDS, 0.0)
        for _ in range(3):
            for kind in KINDS:
                some = documents[:64] if kind == "encoder" else documents[:2048]
                start = time.process_time()
                made[kind].answer(some)
                best[kind] = max(best[kind], len(some) / (time.process_time() - start))
        yield f"| {what} | " + " | ".join(f"{best[kind]:,.0f}" for kind in KINDS) + " |"


def main() -> None:
    """Prints the tables as Markdown."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--datasets", type=Path, required=True)
    parser.add_argument("--static", required=True)
    parser.add_argument("--encoder", required=True)
    parser.add_argument("--memory", type=Path)
    parser.add_argument("--worlds", type=int, default=6)
    told = parser.parse_args()
    encoder = pinned(told.encoder, "encoder")
    opened = open_embedder(encoder)
    reader = Remembering(**{name: getattr(opened, name) for name in Embedder.__dataclass_fields__})
    if told.memory is not None:
        reader.recall(told.memory / "vectors.npz")
    peers = Peers({"plain": None, "static": pinned(told.static, "static"), "encoder": encoder}, reader)
    for rows in (
        public(peers, told.datasets),
        worlds(peers, told.worlds),
        students(peers, told.datasets),
        speed(peers, told.datasets),
    ):
        for row in rows:
            print(row, flush=True)
        print(flush=True)
        if told.memory is not None:
            reader.keep(told.memory / "vectors.npz")


if __name__ == "__main__":
    main()
