"""Which of many unlabelled texts would teach most if somebody labelled them, and why each. Knows no files.

A batch is chosen at once. Texts between two answers are candidates; among them each next choice is the one that stands
for most of what is still unspoken for (greedy facility location): texts that resemble each other, in words and in the
answers they are between, speak for one another. Twins are therefore asked once, and a text that resembles nothing
stands for itself alone and comes late, however strange it is.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from model.classifier import TIE, UNSEEN, Answers, Classifier
from model.decoding import Floats, Places
from model.document import Document
from model.errors import SortationError
from model.taxonomy import Combination
from training.fitting import FEW
from training.resemblance import vectors

PER_CHOICE = 10
"""Candidates for each text that is chosen: fewer make a batch of twins, more reach for texts that are easy."""
MOST = 6_000
"""Candidates at most; bounds the table of resemblances to 150 MB. There is one copy of it, filled in place."""
ROWS = 256
"""Candidates whose part of that table is worked on at once."""
WORDS = 0.5
"""Share of the words in how much two texts resemble each other; the rest is that of their answers."""
BLOCK = 4_096
"""Documents that are answered at once while candidates are looked for."""
LIKE = 0.5
"""Resemblance from which a text counts among those that a choice stands for."""


@dataclass(frozen=True)
class Suggestion:
    """A text that should be labelled."""

    place: int
    """Its place among the texts that were given."""
    doubt: float
    """1 less the distance of the two best answers' probabilities; in [0, 1]."""
    answers: tuple[tuple[Combination, float], ...]
    """The two best answers with their probabilities."""
    stands_for: int
    """Candidates that resemble it, and it more than any other choice; itself among them."""
    reasons: tuple[str, ...]


def suggest(
    classifier: Classifier, documents: Sequence[Document], count: int, labelled: Mapping[str, int] | None = None
) -> list[Suggestion]:
    """Up to `count` of n documents, the most instructive first. Deterministic.

    `labelled` says how many labelled items each label of the last level has. Raises SortationError for a count that is
    not between 1 and MOST.
    """
    if not 1 <= count <= MOST:
        raise SortationError(f"between 1 and {MOST:,} texts can be suggested at a time, not {count:,}")
    if not documents:
        return []
    asked = candidates(classifier, documents, count)
    texts = [documents[k] for k in asked]
    answers = classifier.answer(texts)
    chosen, speaks_for = choose(answers.joint, texts, count)
    predictions = classifier.predict([texts[k] for k in chosen], alternatives=1)
    found = []
    for place, stands_for, said in zip(chosen.tolist(), speaks_for.tolist(), predictions, strict=True):
        two = ((said.names, said.joint), *said.alternatives)
        reasons = _reasons(answers, place, two, said.doubts, labelled or {})
        also = (f"stands for {stands_for} texts like it",) if stands_for > 1 else ()
        shown = float(doubt(answers.joint[[place]])[0])
        found.append(Suggestion(int(asked[place]), shown, two, stands_for, (*reasons, *also)))
    return found


def candidates(classifier: Classifier, documents: Sequence[Document], count: int) -> Places:
    """Places of the documents that a choice of `count` is made from, the most doubtful first."""
    parts = (documents[k : k + BLOCK] for k in range(0, len(documents), BLOCK))
    doubts = np.concatenate([doubt(classifier.answer(part).joint) for part in parts])
    return np.argsort(-doubts, kind="stable")[: min(PER_CHOICE * count, MOST)]


def doubt(joint: Floats) -> Floats:
    """1 less the distance of the two largest of each row of probabilities (n, n_combinations), (n,)."""
    if joint.shape[1] < 2:
        return np.zeros(len(joint))
    two = np.partition(joint, -2, axis=1)[:, -2:]
    doubts: Floats = 1 - (two[:, 1] - two[:, 0]).astype(np.float64)
    return doubts


def choose(joint: Floats, documents: Sequence[Document], count: int) -> tuple[Places, Places]:
    """Up to `count` places among n candidates, in order, and how many candidates each stands for.

    `joint` holds the probabilities of their answers, (n, n_combinations).
    """
    alike = resemblances(joint, documents)
    chosen = representatives(alike, doubt(joint), count)
    speaks_for = np.zeros(len(chosen), dtype=np.intp)
    for start in range(0, len(alike), ROWS):
        part = alike[chosen, start : start + ROWS]
        close = part.max(axis=0) >= LIKE
        speaks_for += np.bincount(part.argmax(axis=0)[close], minlength=len(chosen))
    return chosen, speaks_for


def resemblances(joint: Floats, documents: Sequence[Document]) -> Floats:
    """What each two of n candidates have in common, half words and half answers, (n, n); from 0 to 1."""
    rows, root = vectors(documents), np.sqrt(joint.astype(np.float32))
    alike: Floats = root @ root.T
    alike *= np.float32(1 - WORDS)
    turned = rows.T.tocsr()
    for start in range(0, len(alike), ROWS):
        alike[start : start + ROWS] += np.float32(WORDS) * (rows[start : start + ROWS] @ turned).toarray()
    np.fill_diagonal(alike, 1)
    return alike


def representatives(alike: Floats, weights: Floats, count: int) -> Places:
    """Up to `count` places, each the one that adds most to how well all are represented (facility location).

    `alike` (n, n) holds what two have in common, `weights` (n,) how much each matters. Gains only fall as choices are
    made, so that most of them need not be computed again (Minoux, 1978).
    """
    import heapq

    wide = weights.astype(alike.dtype)
    covered = np.zeros(len(alike), dtype=alike.dtype)
    queue = [(-float(gain), k) for k, gain in enumerate(alike @ wide)]
    heapq.heapify(queue)
    chosen: list[int] = []
    while queue and len(chosen) < count:
        _, best = heapq.heappop(queue)
        gain = -float(np.maximum(alike[best] - covered, 0) @ wide)
        if queue and (gain, best) > queue[0]:
            heapq.heappush(queue, (gain, best))
            continue
        chosen.append(best)
        np.maximum(covered, alike[best], out=covered)
    return np.array(chosen, dtype=np.intp)


def _reasons(
    answers: Answers,
    place: int,
    two: tuple[tuple[Combination, float], ...],
    doubts: Sequence[str],
    labelled: Mapping[str, int],
) -> tuple[str, ...]:
    """Why a text is asked about, as sentences without full stops."""
    (first, sure), *others = two
    named = "/".join(first)
    reasons = []
    if others and sure - others[0][1] < TIE:
        apart = [f"{a} or {b}" for a, b in zip(first, others[0][0], strict=True) if a != b]
        reasons.append(f"near tie: {', '.join(apart)} ({sure:.0%} to {others[0][1]:.0%})")
    else:
        reasons.append(f"{named} at {sure:.0%} only")
    if "unlike_training" in doubts:
        reasons.append("unlike anything in training")
    words, known = int(answers.scored.words[place]), int(answers.scored.known[place])
    if words and 1 - known / words > UNSEEN / 2:
        reasons.append(f"{words - known} of {words} words never seen")
    had = labelled.get(first[-1])
    if had is not None and had < FEW:
        reasons.append(f"{first[-1]} has {had} labels only")
    return tuple(reasons)
