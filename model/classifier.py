"""Documents -> predictions: scores, calibration, decoding, doubts. Everything a server needs of a trained model."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from model.calibration import Calibration
from model.combined import Combined
from model.decoding import Decoder, Floats, Heads, Places
from model.document import Document, Label, Prediction, as_documents
from model.drift import Profile
from model.guarantee import Guarantee
from model.scoring import Scorer, Scores, Weights
from model.sets import Cutoffs
from model.taxonomy import Taxonomy
from model.vectors import Embedder

SHORT = 3
"""Words below which an answer is doubtful."""
TIE = 0.15
"""Difference of the two best combinations' probabilities below which an answer is doubtful."""
UNSEEN = 0.5
"""Share of words never seen in training above which an answer is doubtful."""
FEW = 12
"""Best combinations up to which they are looked for one after the other: less work than to sort all."""


@dataclass(frozen=True, eq=False)
class Answers:
    """What is known of n documents, as arrays; columns follow the taxonomy."""

    joint: Floats
    """Probabilities of the allowed combinations, (n, n_combinations)."""
    best: Places
    """The best combination, (n,)."""
    scored: Scores


@dataclass(frozen=True, eq=False)
class Classifier:
    """A trained model. Immutable; safe to share between threads."""

    taxonomy: Taxonomy
    weights: Weights
    calibration: Calibration
    guarantees: tuple[Guarantee, ...] = ()
    """Promises at several error rates, strictest first."""
    novelty: float | None = None
    """Largest raw score below which text is unlike what the classifier was trained on; None: not known."""
    about: dict[str, Any] = field(default_factory=dict)
    """Where it comes from: data hash, languages, item counts, settings, library versions."""
    embedder: Embedder | None = None
    """What reads sentence vectors, for a classifier that was trained with an encoder."""
    heads: Heads = "levels"
    """What the weights have columns for."""
    cutoffs: tuple[Cutoffs, ...] = ()
    """For prediction sets at several error rates, strictest first; empty where there was nothing to calibrate on."""
    reference: Profile | None = None
    """What its answers to items that it never saw looked like, to compare served ones with; None: not known."""
    arrays: Combined | None = None
    """The weights combined for scoring, where several processes share them; None: in memory, when first needed."""

    @property
    def languages(self) -> tuple[str, ...]:
        """Codes of the languages it was trained on; empty where that is not known."""
        return tuple(str(code) for code in self.about.get("languages", ()))

    @cached_property
    def scorer(self) -> Scorer:
        """The weights, ready for look-ups."""
        return Scorer(self.weights, self.embedder, self.arrays)

    @cached_property
    def decoder(self) -> Decoder:
        """The taxonomy's combinations, ready for decoding."""
        return Decoder.of(self.taxonomy, self.heads)

    @cached_property
    def _level_names(self) -> tuple[str, ...]:
        return self.taxonomy.level_names

    def answer(self, documents: Sequence[Document]) -> Answers:
        """Probabilities for n documents in one vectorised pass."""
        scored = self.scorer.score(documents)
        joint = self.calibration.joint(scored, self.decoder)
        return Answers(joint, joint.argmax(axis=1), scored)

    def probabilities(self, documents: Sequence[Document]) -> list[Floats]:
        """Per level the probabilities of its labels and of out of scope, (n, labels + 1); rows add up to 1."""
        return self.decoder.split(self.decoder.marginals(self.answer(documents).joint))

    def predict(self, texts: Sequence[str | Document], alternatives: int = 3) -> list[Prediction]:
        """Predictions for n texts or documents, each with up to `alternatives` runners-up."""
        documents = as_documents(texts)
        return self.decoded(self.answer(documents), documents, alternatives) if documents else []

    def decoded(self, answers: Answers, documents: Sequence[Document], alternatives: int = 3) -> list[Prediction]:
        """Predictions from the answers for n documents, n > 0, each with up to `alternatives` runners-up."""
        marginals = self.decoder.marginals(answers.joint)
        order = _leading(answers, min(max(alternatives + 1, 2), answers.joint.shape[1]))
        each = np.arange(len(documents))[:, None]
        probability = answers.joint[each, order]
        chosen = marginals[each, self.decoder.members.take(answers.best, axis=0)]
        doubts = self._doubts(answers, probability, documents)
        # Lists of plain numbers from here on: one conversion for the batch instead of one for each number.
        wanted = slice(alternatives + 1)
        rows = zip(order[:, wanted].tolist(), probability[:, wanted].tolist(), chosen.tolist(), doubts, strict=True)
        return [self._prediction(*row) for row in rows]

    def _prediction(
        self, order: list[int], joint: list[float], chosen: list[float], doubts: tuple[str, ...]
    ) -> Prediction:
        best, *others = map(self.taxonomy.combinations.__getitem__, order)
        labels = tuple(map(Label, self._level_names, best, chosen))
        return Prediction(labels, joint[0], tuple(zip(others, joint[1:], strict=True)), doubts)

    def _doubts(self, answers: Answers, best: Floats, documents: Sequence[Document]) -> list[tuple[str, ...]]:
        """Codes of what makes each answer doubtful; `best` holds each one's largest probabilities, in order."""
        words, known = answers.scored.words.tolist(), answers.scored.known.tolist()
        found = {
            "too_short": [k for k, count in enumerate(words) if count < SHORT],
            "unseen_vocabulary": [k for k, n in enumerate(words) if n and 1 - known[k] / n > UNSEEN],
        }
        if best.shape[1] > 1:
            found["near_tie"] = (best[:, 0] - best[:, 1] < TIE).nonzero()[0].tolist()
        found["truncated"] = [k for k, document in enumerate(documents) if document.truncated]
        if self.novelty is not None:
            unlike = np.maximum.reduce(answers.scored.scores, axis=1) < self.novelty
            found["unlike_training"] = unlike.nonzero()[0].tolist()
        codes: list[tuple[str, ...]] = [()] * len(words)
        for code, where in found.items():
            for k in where:
                codes[k] += (code,)
        return codes


def _leading(answers: Answers, count: int) -> Places:
    """The `count` most probable combinations of each document, best first, of equals the first; (n, count)."""
    joint = answers.joint
    if len(joint) == 1 or count > FEW:
        return (-joint).argsort(axis=1, kind="stable")[:, :count]
    order, left, each = np.empty((len(joint), count), dtype=np.intp), joint.copy(), np.arange(len(joint))
    order[:, 0] = answers.best
    for k in range(1, count):
        left[each, order[:, k - 1]] = -1  # below any probability
        order[:, k] = left.argmax(axis=1)
    return order
