"""What classifiers that did not learn from an item, nor from what belongs with it, say of it. Knows no findings."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from model.calibration import fit_calibration
from model.decoding import Decoder, Floats, Places
from model.scoring import Scores
from model.taxonomy import Taxonomy
from training.corpus import Item
from training.fitting import Ints, Settings, heads_of, learned, targets
from training.shares import SMALL, WORLDS, groups

MANY = 20_000
"""Items above which there are 3 folds once instead of 5 folds twice: bounds the time for 100,000 items to minutes."""
BLOCK = 8_192
"""Items whose combinations are worked out at once: bounds memory with large taxonomies."""
Progress = Callable[[int, int], None]


@dataclass(frozen=True, eq=False)
class Crossed:
    """Out-of-fold answers for n items."""

    taxonomy: Taxonomy
    truth: Ints
    """The number of each item's combination, as labelled, (n,)."""
    scores: Floats
    """Calibrated scores, the mean over repeats, (n, columns)."""
    strongest: Floats
    """Each item's largest score before calibration, (n,): low for text unlike what the classifiers know."""
    powers: tuple[float, ...] = ()
    """Of the levels, as in a calibration."""

    @cached_property
    def decoder(self) -> Decoder:
        """The taxonomy's combinations, as the classifiers have columns for them."""
        return Decoder.of(self.taxonomy, heads_of(self.taxonomy))

    @cached_property
    def _decoded(self) -> tuple[Floats, Floats, Places, Floats]:
        marginals, given, best, probability = [], [], [], []
        for start in range(0, len(self.truth), BLOCK):
            part = slice(start, start + BLOCK)
            joint = self.decoder.joint(self.scores[part])
            if self.powers:
                joint = self.decoder.weighed(joint, self.powers)
            marginals.append(self.decoder.marginals(joint))
            given.append(np.take_along_axis(joint, self.truth[part, None], axis=1)[:, 0])
            best.append(joint.argmax(axis=1))
            probability.append(joint.max(axis=1))
        return tuple(map(np.concatenate, (marginals, given, best, probability)))  # type: ignore[return-value]

    @property
    def levels(self) -> list[Floats]:
        """Per level the probabilities of its labels and of out of scope, (n, labels + 1)."""
        return self.decoder.split(self._decoded[0])

    @property
    def given(self) -> Floats:
        """Probability of the combination that each item has, (n,)."""
        return self._decoded[1]

    @property
    def best(self) -> Places:
        """The most probable combination, (n,)."""
        return self._decoded[2]

    @property
    def best_probability(self) -> Floats:
        """Its probability, (n,)."""
        return self._decoded[3]

    def column(self, level: int, combinations: Places) -> Places:
        """The column of each combination's label within `level`, same shape."""
        found: Places = self.taxonomy.members[combinations, level]
        return found


def crossed(items: Sequence[Item], taxonomy: Taxonomy, settings: Settings, progress: Progress | None = None) -> Crossed:
    """Answers by classifiers of the product's own kind, each fitted on the other folds.

    They are fitted without a margin: a margin makes wrong labels teach until they are right by some distance, and
    measured it hides a part of them. Scores are calibrated on all items, which costs a handful of numbers.
    """
    folds, repeats = (3, 1) if len(items) > MANY else (5, 2)
    told = replace(settings, margin=0.0)
    truth, together = targets(items, taxonomy), tied(items)
    decoder = Decoder.of(taxonomy, heads_of(taxonomy))
    documents = [item.document for item in items]
    total = np.zeros((len(items), decoder.columns), dtype=np.float32)
    strongest = np.zeros(len(items))
    powers: list[tuple[float, ...]] = []
    for repeat in range(repeats):
        fold = dealt(together, folds, settings.seed + repeat)
        scores = np.zeros_like(total)
        words, known = np.zeros(len(items), dtype=np.intp), np.zeros(len(items), dtype=np.intp)
        for number in range(folds):
            if progress is not None:
                progress(repeat * folds + number, repeats * folds)
            others, mine = np.flatnonzero(fold != number), np.flatnonzero(fold == number)
            if not (len(mine) and len(others)):
                continue
            made = learned([documents[k] for k in others], truth[others], taxonomy, told)
            found = made.scorer.score([documents[k] for k in mine])
            scores[mine], words[mine], known[mine] = found.scores, found.words, found.known
        whole = Scores(scores, words, known)
        calibration = fit_calibration(whole, truth, decoder)
        powers.append(calibration.powers)
        total += calibration.apply(whole, decoder.head_widths) / repeats
        strongest += scores.max(axis=1) / repeats
    return Crossed(taxonomy, truth, total, strongest, tuple(np.mean(powers, axis=0).tolist()))


def tied(items: Sequence[Item]) -> Places:
    """A number per item, (n,); items with the same one are never on both sides: worlds, or else threads and twins."""
    counts = Counter(item.facts.get("world") for item in items)
    worlds = {world for world, count in counts.items() if world is not None and count >= SMALL}
    near = groups(items).astype(np.intp)
    if len(worlds) < WORLDS:
        return near
    number = {world: len(items) + k for k, world in enumerate(sorted(worlds))}
    return np.array([number.get(item.facts.get("world", ""), near[k]) for k, item in enumerate(items)], dtype=np.intp)


def dealt(together: Places, folds: int, seed: int) -> Places:
    """A fold per item, (n,): groups in random order, each to the fold that has the fewest items so far."""
    _, group, size = np.unique(together, return_inverse=True, return_counts=True)
    order = np.random.Generator(np.random.PCG64(seed)).permutation(len(size))
    order = order[np.argsort(-size[order], kind="stable")]  # the largest first, so that folds come out even
    fold, filled = np.zeros(len(size), dtype=np.intp), [0] * folds
    for each in order:
        fold[each] = filled.index(min(filled))
        filled[fold[each]] += int(size[each])
    dealt_: Places = fold[group]
    return dealt_
