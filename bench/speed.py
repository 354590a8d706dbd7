"""Texts a second on one core, for batches and for single texts, beside peers trained on the same data."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from bench import machine, ours, peers, sets
from bench.memory import weighed
from bench.tables import table, write
from bench.timing import one_core, ratio, take_turns
from model.classifier import Classifier
from model.document import Document
from training.fitting import Settings, fit

BATCH = 256
LENGTHS = (200, 420)
"""Characters of the texts that are timed: about 300 on average."""
ROUNDS, SINGLE_ROUNDS, SINGLES = 25, 9, 64
PASSES = 40
"""Of fastText; their number does not change how fast it answers."""
TICKETS = 10_000
"""Items of the set of IT tickets to train on."""


@dataclass(frozen=True, eq=False)
class Race:
    """Everything that is timed on one set."""

    name: str
    classifier: Classifier
    pipeline: Any
    fast: Any
    """None where fastText is not installed."""
    documents: list[Document]
    runs: dict[str, Callable[[Sequence[Document]], object]]
    """Name -> what answers documents."""
    accuracy: dict[str, float]


def prepared(name: str, classifier: Classifier, train: sets.Labelled, test: list[tuple[Document, str]]) -> Race:
    """Trains the peers on the texts that the classifier was trained on; accuracy is on all of `test`."""
    pipeline = peers.word_lr().fit(train.texts, train.labels)
    svm = peers.word_char_svm().fit(train.texts, train.labels)
    documents = [document for document, _ in test]
    texts, truth = [document.text for document in documents], np.array([label for _, label in test])
    names = np.array([combination[-1] for combination in classifier.taxonomy.combinations])
    runs: dict[str, Callable[[Sequence[Document]], object]] = {
        "Sortation, probabilities": classifier.answer,
        "Sortation, predictions with reasons": classifier.predict,
        "TF-IDF (words) + logistic regression": lambda some: pipeline.predict_proba([d.text for d in some]),
        "TF-IDF (words, letters) + linear SVM": lambda some: svm.decision_function([d.text for d in some]),
    }
    own = float((names[classifier.answer(documents).best] == truth).mean())
    accuracy = dict(zip(runs, (own, own, pipeline.score(texts, truth), svm.score(texts, truth)), strict=True))
    if any(peer.missing for peer in peers.PEERS if peer.package == "fasttext"):
        print("fastText: skipped, fasttext is not installed")
        return Race(name, classifier, pipeline, None, documents, runs, accuracy)
    labels = sorted(set(train.labels))
    for letters in (True, False):
        fast = peers.fasttext_model(train.texts, train.labels, 0, letters, PASSES)
        called = "fastText (words, pairs, letters)" if letters else "fastText (words, pairs)"
        runs[called] = lambda some, fast=fast: fast.predict([peers.one_line(d.text) for d in some])  # type: ignore[misc]
        said = [labels[int(each[0][9:])] for each in fast.predict([peers.one_line(text) for text in texts])[0]]
        accuracy[called] = float((np.array(said) == truth).mean())
    return Race(name, classifier, pipeline, fast, documents, runs, accuracy)


def tickets(folder: Path) -> Race:
    """Real IT tickets, eight classes, one level; part of the training file is kept for the test."""
    data = sets.read(folder / "it_tickets", "train")
    chosen, rest = ours.drawn(len(data), TICKETS / len(data), 5)
    train, test = data.only(chosen), data.only(rest[:8000])
    pairs = [(Document(body=text), label) for text, label in zip(test.texts, test.labels, strict=True)]
    return prepared("IT tickets, 8 classes", ours.trained(train), train, pairs)


def supply_chain() -> Race:
    """The product's corpus. Its classifier answers three levels, while the peers answer only the last."""
    items, taxonomy = ours.corpus()
    train = [item for k, item in enumerate(items) if k % 5]
    classifier = fit(train, [], taxonomy, Settings())
    data = sets.Labelled(tuple(i.document.text for i in train), tuple(i.labels[-1] for i in train))
    return prepared("Own corpus, services", classifier, data, [(i.document, i.labels[-1]) for i in items[::5]])


def timed(race: Race) -> str:
    """The tables of one race."""
    print(f"{race.name}: timing", flush=True)
    documents = [d for d in race.documents if LENGTHS[0] <= len(d.text) <= LENGTHS[1]]
    documents = (documents * (4 * BATCH // len(documents) + 1))[: 4 * BATCH]
    groups = [documents[k : k + BATCH] for k in range(0, len(documents), BATCH)]

    def in_batches(run: Callable[[Sequence[Document]], object]) -> Callable[[], object]:
        return lambda: [run(group) for group in groups]

    def singly(run: Callable[[Sequence[Document]], object]) -> Callable[[], object]:
        return lambda: [run([document]) for document in documents[:SINGLES]]

    batch = take_turns({name: in_batches(run) for name, run in race.runs.items()}, ROUNDS)
    single = take_turns({name: singly(run) for name, run in race.runs.items()}, SINGLE_ROUNDS)
    first = next(iter(race.runs))
    rows = []
    for name in race.runs:
        b, s = batch[name], single[name]
        rows.append(
            (
                name,
                f"{100 * race.accuracy[name]:.1f}",
                f"{len(documents) / np.median(b.cpu):,.0f}",
                f"{len(documents) / np.median(b.wall):,.0f}",
                "1" if name == first else ratio(b.cpu, batch[first].cpu),
                f"{SINGLES / np.median(s.cpu):,.0f}",
                "1" if name == first else ratio(s.cpu, single[first].cpu),
            )
        )
    length = np.mean([len(d.text) for d in documents])
    head = (
        "",
        "accuracy, %",
        "batches: texts/CPU s",
        "texts/s",
        "Sortation is × faster",
        "single: texts/CPU s",
        "× faster",
    )
    return f"## {race.name}; texts of {length:.0f} characters on average\n\n{table(head, rows)}"


def main(datasets: Path | None, out: Path) -> None:
    """Measures everything that can be measured here and writes speed.md."""
    one_core()
    reason = sets.missing(datasets, "it_tickets")
    races = [supply_chain()]
    if reason is None and datasets is not None:
        races.append(tickets(datasets))
    else:
        print(reason)
    parts = [
        f"{machine.processor()}; one of them used, one thread. {machine.versions()}.",
        f"Contestants take turns in one process: {ROUNDS} rounds of four batches of {BATCH} texts, and "
        f"{SINGLE_ROUNDS} rounds of {SINGLES} single texts. Medians; in brackets the quartiles of the rounds' ratios. "
        "All are trained on the same texts; accuracy is on texts of all lengths that none of them saw. On the own "
        "corpus Sortation answers three levels at once and the peers one. fastText: "
        f"{PASSES} passes, its lower-casing in Python included in its time.",
        *(timed(race) for race in races),
    ]
    texts = [document.text for document in races[0].documents[:BATCH]]
    rows = weighed(races[0].classifier, races[0].pipeline, races[0].fast, texts)
    head = ("model trained on the own corpus", "on disk, MB", "peak memory of loading it and answering a batch, MB")
    write(out / "speed.md", "Speed", [*parts, "## Size\n\n" + table(head, rows)])
