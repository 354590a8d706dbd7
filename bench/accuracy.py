"""Accuracy on public sets beside peers in the same run; then doubt, promises, and worlds never seen."""

import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from bench import doubt, machine, ours, promises, sets, worlds
from bench.peers import PEERS, Answer
from bench.tables import spread, table, write
from bench.timing import one_core

SEEDS = (7, 8, 9)
"""Of the order of items, for whatever depends on it."""
SLOW = {"spaCy textcat": ("banking77", "hwu64")}
"""Peers that take minutes on a full set, and the full sets they are measured on, with one seed."""

Make = Callable[[Sequence[str], Sequence[str], int], Answer]


def sortation(texts: Sequence[str], labels: Sequence[str], seed: int) -> Answer:
    """The product's default, trained on all items: calibration changes no answer of a single level."""
    classifier = ours.trained(sets.Labelled(tuple(texts), tuple(labels)), seed)
    return lambda asked: ours.said(classifier, asked)


def measured(make: Make, seeds: Sequence[int], train: sets.Labelled, test: sets.Labelled) -> tuple[str, str]:
    """Accuracy in % over seeds and median CPU seconds of training, as cells."""
    right, seconds = [], []
    for seed in seeds:
        began = time.process_time()
        answer = make(train.texts, train.labels, seed)
        seconds.append(time.process_time() - began)
        right.append(100 * float(np.mean([a == b for a, b in zip(answer(test.texts), test.labels, strict=True)])))
    return spread(right), f"{np.median(seconds):.1f}"


def public(datasets: Path | None) -> list[str]:
    """One table of accuracy and one of training time over all public sets."""
    found = [(name, sets.missing(datasets, name)) for name in sets.NAMES]
    for reason in filter(None, (reason for _, reason in found)):
        print(reason)
    present = [name for name, reason in found if reason is None]
    if datasets is None or not present:
        return []
    makers: dict[str, tuple[Make, Sequence[int]]] = {"**Sortation, default**": (sortation, SEEDS)}
    for peer in PEERS:
        if peer.missing:
            print(peer.missing)
        else:
            makers[peer.name] = (peer.make, SEEDS if peer.varies and peer.name not in SLOW else SEEDS[:1])
    columns: list[str] = []
    cells: dict[str, list[tuple[str, str]]] = {name: [] for name in makers}
    errors: list[tuple[str, str]] = []
    for name in present:
        test = sets.read(datasets / name, "test").inside
        for part, title in (("train", sets.NAMES[name]), ("train_10", f"{sets.NAMES[name]}, 10 per class")):
            train = sets.read(datasets / name, part).inside
            columns.append(title)
            for called, (make, seeds) in makers.items():
                skip = part == "train" and name not in SLOW.get(called, sets.NAMES)
                cells[called].append(("–", "–") if skip else measured(make, seeds, train, test))
                print(title, called, *cells[called][-1], flush=True)
            best = float(cells["**Sortation, default**"][-1][0].split()[0]) / 100
            errors.append((f"{100 * np.sqrt(best * (1 - best) / len(test)):.2f}", ""))
    rows = [[called, *(cell[0] for cell in row)] for called, row in cells.items()]
    rows.append(["standard error of one measurement", *(cell[0] for cell in errors)])
    times = [[called, *(cell[1] for cell in row)] for called, row in cells.items()]
    told = "; ".join(f"{peer.name}: {peer.settings}" for peer in PEERS if not peer.missing)
    return [
        "## Accuracy on public sets, %\n\n" + table(["", *columns], rows),
        f"Mean ± standard deviation over {len(SEEDS)} seeds where the seed matters and the peer is not slow (spaCy: "
        "one seed, two of the full sets); the test items are the same for all. CLINC150 in scope only. Settings: "
        f"{told}. fastText's and spaCy's settings come from a few trials on a fifth of Banking77's training items.",
        "## Training, CPU seconds, one core\n\n" + table(["", *columns], times),
    ]


def main(datasets: Path | None, out: Path) -> None:
    """Measures everything that can be measured here and writes accuracy.md."""
    one_core()
    parts = [f"{machine.processor()}; one core and one thread. {machine.versions()}."]
    for part in (public, doubt.report, promises.report):
        parts += part(datasets)
        write(out / "accuracy.md", "Accuracy", parts)
    parts += worlds.report()
    write(out / "accuracy.md", "Accuracy", parts)
