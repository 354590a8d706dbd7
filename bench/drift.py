"""How often drift is seen where there is none, and how many items it takes where there is some.

`python -m bench.drift` draws windows from the answers of a model to the starter corpus: from the same mix as the
reference, and from a mix in which one label has gained ten points of share.
"""

import argparse
from pathlib import Path
from typing import Any

import numpy as np

from bench.machine import processor, versions
from bench.tables import table, write
from model import taxonomy as taxonomies
from model.classifier import Classifier
from model.document import OUT_OF_SCOPE
from model.drift import Observation, compare, observed, profile, worst
from model.preparation import prepare
from training.corpus import read_corpus
from training.fitting import Settings, fit
from training.reading import prepared
from training.shares import share_out

ROOT = Path(__file__).resolve().parent.parent
SIZES = (100, 200, 300, 500, 1000, 2000)
POINTS = 0.10
GAINING = ("refunds", OUT_OF_SCOPE)
"""A service with a thirtieth of the items, and one with a sixth."""
REFERENCE = 960
"""Items: as many as the test share of the starter corpus."""
Random = np.random.Generator


def answers() -> tuple[Classifier, list[Observation]]:
    """A model of the starter corpus and what it answers to the items that it did not learn from."""
    taxonomy = taxonomies.load(ROOT / "data" / "taxonomy.yaml")
    shares = share_out(prepared(read_corpus(ROOT / "data" / "corpus", taxonomy)), 7)
    classifier = fit(shares.fit, shares.calibration, taxonomy, Settings())
    documents = [item.document for item in (*shares.test, *shares.calibration)]
    found = zip(classifier.predict(documents, 0), documents, strict=True)
    return classifier, [observed(*each, prepare(each[1]).language[0]) for each in found]


def rates(pool: list[Observation], weights: Any, size: int, draws: int, random: Random) -> dict[str, float]:
    """Share of draws, in %, with each verdict on all signals together, and `seen`: with drift in the services."""
    counts = {"drifted": 0, "watch": 0, "steady": 0, "seen": 0}
    for _ in range(draws):
        reference = profile(pool[k] for k in random.integers(0, len(pool), REFERENCE))
        window = profile(pool[k] for k in random.choice(len(pool), size, p=weights))
        signals = compare(reference, window)
        counts[worst(signals)] += 1
        counts["seen"] += any(each.verdict == "drifted" and each.name == "labels.service" for each in signals)
    return {name: 100 * count / draws for name, count in counts.items()}


def shifted(pool: list[Observation], label: str) -> Any:
    """Weights of the items under which a service has `POINTS` more of the items than it had."""
    own = np.array([each.labels["service"] == label for each in pool])
    share = own.mean()
    wanted = share + POINTS
    return np.where(own, wanted / own.sum(), (1 - wanted) / (~own).sum())


def report(draws: int) -> list[str]:
    """The tables."""
    classifier, pool = answers()
    random = np.random.default_rng(1)
    even = np.full(len(pool), 1 / len(pool))
    alarms, rows = [], []
    for size in SIZES:
        found = rates(pool, even, size, draws, random)
        alarms.append([f"{size:,}", f"{found['drifted']:.1f}", f"{found['watch']:.1f}"])
    for label in GAINING:
        share = float(np.mean([each.labels["service"] == label for each in pool]))
        weights = shifted(pool, label)
        seen = [f"{rates(pool, weights, size, draws, random)['seen']:.0f}" for size in SIZES]
        rows.append([f"{label}, {100 * share:.1f} % → {100 * (share + POINTS):.1f} %", *seen])
    return [
        f"{processor()}; {versions()}. {len(pool):,} answers to items of the starter corpus that the model did not "
        f"learn from; {draws} draws of a reference of {REFERENCE} items and a window; "
        f"{len(classifier.taxonomy.levels) + 4} signals.",
        "## No drift: draws with a false alarm, %\n\n" + table(["items in the window", "drifted", "watch"], alarms),
        f"## A service gains {100 * POINTS:.0f} points: draws in which its level is said to have drifted, %\n\n"
        + table(["service", *(f"{size:,} items" for size in SIZES)], rows),
    ]


def main() -> None:
    """Parses, prints, writes."""
    parser = argparse.ArgumentParser(prog="python -m bench.drift", description=__doc__)
    parser.add_argument("--draws", type=int, default=200)
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "results", help="folder for the report")
    told = parser.parse_args()
    write(told.out / "drift.md", "Drift: false alarms, and what it takes to be seen", report(told.draws))


if __name__ == "__main__":
    main()
