"""Documents -> predictions: scores, calibration, decoding, doubts. Everything a server needs of a trained model."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from model.calibration import Calibration
from model.decoding import Decoder, Floats, Places
from model.document import Document, Label, Prediction, as_documents
from model.guarantee import Guarantee
from model.scoring import Scorer, Scores, Weights
from model.taxonomy import Taxonomy
from model.vectors import Embedder

SHORT = 3
"""Words below which an answer is doubtful."""
TIE = 0.15
"""Difference of the two best combinations' probabilities below which an answer is doubtful."""
UNSEEN = 0.5
"""Share of words never seen in training above which an answer is doubtful."""


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
    """Where it comes from: data hash, item counts, settings, library versions."""
    embedder: Embedder | None = None
    """What reads sentence vectors, for a classifier that was trained with an encoder."""

    @cached_property
    def scorer(self) -> Scorer:
        """The weights, ready for look-ups."""
        return Scorer(self.weights, self.embedder)

    @cached_property
    def decoder(self) -> Decoder:
        """The taxonomy's combinations, ready for decoding."""
        return Decoder.of(self.taxonomy)

    def answer(self, documents: Sequence[Document]) -> Answers:
        """Probabilities for n documents in one vectorised pass."""
        scored = self.scorer.score(documents)
        joint = self.decoder.joint(self.calibration.apply(scored.scores, self.decoder.widths))
        return Answers(joint, joint.argmax(axis=1), scored)

    def probabilities(self, documents: Sequence[Document]) -> list[Floats]:
        """Per level the probabilities of its labels and of out of scope, (n, labels + 1); rows add up to 1."""
        return self.decoder.split(self.decoder.marginals(self.answer(documents).joint))

    def predict(self, texts: Sequence[str | Document], alternatives: int = 3) -> list[Prediction]:
        """Predictions for n texts or documents, each with up to `alternatives` runners-up."""
        documents = as_documents(texts)
        if not documents:
            return []
        answers = self.answer(documents)
        marginals = self.decoder.marginals(answers.joint)
        take = min(alternatives + 1, answers.joint.shape[1])
        order = np.argsort(-answers.joint, axis=1, kind="stable")[:, :take]
        probability = np.take_along_axis(answers.joint, order, axis=1)
        chosen = np.take_along_axis(marginals, self.decoder.members[order[:, 0]], axis=1)
        return [
            self._prediction(order[k], probability[k], chosen[k], self._doubts(answers, k, document))
            for k, document in enumerate(documents)
        ]

    def _prediction(self, order: Places, joint: Floats, chosen: Floats, doubts: tuple[str, ...]) -> Prediction:
        combinations = self.taxonomy.combinations
        names = combinations[order[0]]
        labels = tuple(
            Label(level, name, float(p))
            for level, name, p in zip(self.taxonomy.level_names, names, chosen, strict=True)
        )
        others = tuple((combinations[k], float(p)) for k, p in zip(order[1:], joint[1:], strict=True))
        return Prediction(labels, float(joint[0]), others, doubts)

    def _doubts(self, answers: Answers, k: int, document: Document) -> tuple[str, ...]:
        """Codes of what makes answer k doubtful."""
        words, known = int(answers.scored.words[k]), int(answers.scored.known[k])
        top = np.partition(answers.joint[k], -2)[-2:] if answers.joint.shape[1] > 1 else np.array([0.0, 1.0])
        found = []
        if words < SHORT:
            found.append("too_short")
        if words and 1 - known / words > UNSEEN:
            found.append("unseen_vocabulary")
        if top[1] - top[0] < TIE:
            found.append("near_tie")
        if document.truncated:
            found.append("truncated")
        if self.novelty is not None and answers.scored.scores[k].max() < self.novelty:
            found.append("unlike_training")
        return tuple(found)
