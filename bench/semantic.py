"""What vectors are worth: accuracy plain, with a static table and with an encoder, beside peers that read meaning.

    OMP_NUM_THREADS=1 python -m bench.semantic --datasets FOLDER --static SOURCE --encoder SOURCE [--memory FOLDER]
        [--setfit SET …]

Test splits are read once per configuration; nothing is chosen on them. `--memory` keeps an encoder's vectors between
runs, since reading the public sets takes it minutes. SetFit takes a quarter to three quarters of an hour a set: it
comes last and only on the sets that are named, from the folder of the encoder.
"""

import argparse
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from bench import machine, ours, semantic_doubt, sets
from bench.accuracy import SEEDS, measured
from bench.peers import Peer
from bench.semantic_peers import encoder_lr, setfit
from bench.tables import table, write
from bench.timing import one_core
from bench.variants import KINDS, Variants
from model.classifier import Classifier
from model.document import Document
from model.taxonomy import Taxonomy
from model.vectors import open_embedder
from training.corpus import Item, without_world
from training.distillation import distil
from training.evaluation import evaluate
from training.fitting import Settings, targets

WORLDS = ("agriculture", "chemicals", "energy", "furniture", "medical", "telecom")
"""Left out in turn; how much vectors weigh was not chosen on any of them."""
READ = (
    "The encoder's vectors are means of up to 256 pieces, of unit length; Sortation and the logistic regression read "
    "it in NumPy, SetFit in torch."
)
PARTS = [(name, part) for name in sets.NAMES for part in ("train", "train_10")]

Found = dict[tuple[str, str], tuple[str, str]]
"""Of a set and a part of it to train on: accuracy and CPU seconds of training, as cells."""


def weights(variants: Variants) -> str:
    """Which weights were used."""
    used = [vectors for vectors in variants.vectors.values() if vectors is not None]
    return "; ".join(
        f"{each.kind}: {each.dimension} numbers, SHA-256 of the weights {each.hashes['weights'][:16]}…" for each in used
    )


def run(peer: Peer, datasets: Path, parts: Iterable[tuple[str, str]], seeds: Sequence[int]) -> Found:
    """What a contestant comes to on some parts of the public sets."""
    found = {}
    for name, part in parts:
        train, test = (sets.read(datasets / name, each).inside for each in (part, "test"))
        found[name, part] = measured(peer.make, seeds, train, test)
        print(peer.name, name, part, *found[name, part], flush=True)
    return found


def public(found: Mapping[str, Found], settings: Sequence[str]) -> str:
    """The table of accuracy on the test splits."""
    titles = [sets.NAMES[name] + ("" if part == "train" else ", 10 per class") for name, part in PARTS]
    rows = [[called, *(cells.get(part, ("–", ""))[0] for part in PARTS)] for called, cells in found.items()]
    slow = [f"{sets.NAMES[name]} {seconds}" for (name, _), (_, seconds) in found.get("SetFit", {}).items()]
    took = f" CPU seconds of SetFit's training: {', '.join(slow)}." if slow else ""
    return (
        "## Accuracy on public sets, %\n\n" + table(["", *titles], rows) + "\n\n"
        f"Mean ± standard deviation over {len(SEEDS)} seeds of Sortation's order of items; one run of the others. "
        f"CLINC150 in scope only. {'; '.join(settings)}.{took}"
    )


def worlds(variants: Variants) -> list[str]:
    """The table of accuracy on worlds left out of training: the mean over them."""
    items, taxonomy = ours.corpus()
    found: dict[str, list[list[float]]] = {kind: [] for kind in KINDS}
    for world in WORLDS:
        train, test = without_world(items, world)
        for kind in KINDS:
            report = evaluate(variants.fit(kind, train, taxonomy), test)
            found[kind].append([*(level.accuracy for level in report.levels.values()), report.joint_accuracy])
    means = [100 * np.mean(found[kind], axis=0) for kind in KINDS]
    rows = [
        [level, *(f"{mean[place]:.1f}" for mean in means)]
        for place, level in enumerate((*taxonomy.level_names, "all levels"))
    ]
    return [
        "## Own corpus, one world left out at a time, %\n\n" + table(["", *KINDS], rows),
        f"The mean over {', '.join(WORLDS)}; one seed. On none of these was it chosen how much vectors weigh.",
    ]


def students(variants: Variants, datasets: Path, world: str = "pharma") -> list[str]:
    """The table of students: labelled items alone, taught with unlabelled text, and the teacher."""
    few, test, whole = (sets.read(datasets / "banking77", part) for part in ("train_10", "test", "train"))
    rest = [Document(body=text) for text in whole.texts if text not in set(few.texts)]
    told = (ours.items(few), rest, ours.items(test))
    what = "Banking77, 10 per class, the rest of the training split unlabelled"
    rows = [_student(variants, what, told, ours.one_level(few.labels))]
    items, taxonomy = ours.corpus()
    train, left = without_world(items, world)
    what = f"own corpus, {world} left out, half of it unlabelled, tested on the rest"
    rows.append(_student(variants, what, (train, [item.document for item in left[::2]], left[1::2]), taxonomy))
    return [
        "## Students, accuracy in %\n\n" + table(["", "alone", "student", "teacher", "gap closed"], rows),
        "A plain classifier alone, a plain one taught by one with the encoder, and that teacher; all levels right. One "
        f"run each; {world} is one of the worlds on which it was chosen how much vectors weigh.",
    ]


def _student(
    variants: Variants, what: str, told: tuple[list[Item], list[Document], list[Item]], taxonomy: Taxonomy
) -> list[str]:
    items, unlabelled, test = told
    teacher = variants.fit("encoder", items, taxonomy)
    student = distil(teacher, items, unlabelled, [], Settings())
    plain = variants.fit("plain", items, taxonomy)
    alone, taught, top = (100 * _accuracy(each, test) for each in (plain, student, teacher))
    closed = f"{(taught - alone) / (top - alone):.0%}" if top > alone else "none to close"
    return [what, f"{alone:.1f}", f"{taught:.1f}", f"{top:.1f}", closed]


def _accuracy(classifier: Classifier, items: Sequence[Item]) -> float:
    best = classifier.answer([item.document for item in items]).best
    return float((best == targets(items, classifier.taxonomy)).mean())


def speed(variants: Variants, datasets: Path) -> list[str]:
    """The table of texts a second on one core, kinds in turn, the best of several rounds."""
    train = sets.read(datasets / "banking77", "train_10")
    made = {kind: variants.trained(kind, train) for kind in KINDS}
    forgetful = variants.vectors["encoder"]
    assert forgetful is not None
    made["encoder"] = replace(made["encoder"], embedder=open_embedder(forgetful))
    asked = {
        "Banking77's test split": [Document(body=text) for text in sets.read(datasets / "banking77", "test").texts],
        "own corpus": [item.document for item in ours.corpus()[0]],
    }
    rows = []
    for what, documents in asked.items():
        best = dict.fromkeys(KINDS, 0.0)
        for _ in range(3):
            for kind in KINDS:
                some = documents[:64] if kind == "encoder" else documents[:2048]
                start = time.process_time()
                made[kind].answer(some)
                best[kind] = max(best[kind], len(some) / (time.process_time() - start))
        rows.append([what, *(f"{best[kind]:,.0f}" for kind in KINDS)])
    return ["## Texts a second, one core\n\n" + table(["", *KINDS], rows)]


def main() -> None:
    """Parses, measures, and writes semantic.md after every step."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--datasets", type=Path, required=True)
    parser.add_argument("--static", required=True, help="folder, package or hub name of a table")
    parser.add_argument("--encoder", required=True, help="the same of an encoder")
    parser.add_argument("--memory", type=Path, help="folder that keeps the encoder's vectors")
    parser.add_argument("--setfit", nargs="*", default=[], choices=sets.NAMES, metavar="SET")
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "results")
    told = parser.parse_args()
    one_core()
    variants = Variants.opened(told.static, told.encoder)
    if told.memory is not None:
        variants.reader.recall(told.memory)
    head = f"{machine.processor()}; one core and one thread. {machine.versions()}. {weights(variants)}. {READ}"
    lr, slow = encoder_lr(variants.reader), setfit(told.encoder)
    found = {kind.name: run(kind, told.datasets, PARTS, SEEDS) for kind in map(variants.contestant, KINDS)}
    found[lr.name] = run(lr, told.datasets, PARTS, SEEDS[:1])
    settings = [f"{lr.name}: {lr.settings}"]
    parts: list[str] = []
    steps: tuple[Callable[[], list[str]], ...] = (
        lambda: semantic_doubt.report(variants, told.datasets),
        lambda: worlds(variants),
        lambda: students(variants, told.datasets),
        lambda: speed(variants, told.datasets),
    )
    for step in steps:
        parts += step()
        write(told.out / "semantic.md", "What vectors are worth", [head, public(found, settings), *parts])
        if told.memory is not None:
            variants.reader.keep(told.memory)
    if slow[0].missing:
        print(slow[0].missing)
        return
    settings += [f"{peer.name}: {peer.settings}" for peer in slow]
    for name in told.setfit:
        for peer in slow:
            found.setdefault(peer.name, {}).update(run(peer, told.datasets, [(name, "train_10")], SEEDS[:1]))
        write(told.out / "semantic.md", "What vectors are worth", [head, public(found, settings), *parts])


if __name__ == "__main__":
    main()
