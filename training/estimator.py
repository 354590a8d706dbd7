"""The classifier as a scikit-learn estimator: texts in, one level of labels out. For cross_val_score, grids, pipelines.

Several levels at once are the engine's own business (`training.fitting`); an estimator of scikit-learn has one.
"""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Self

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils import Tags, column_or_1d
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted

from model import bundle
from model.classifier import Classifier
from model.decoding import Floats
from model.document import Document
from model.taxonomy import Level, Taxonomy
from training.corpus import Item
from training.design import Recipe
from training.fitting import Settings, fit

Labels = np.ndarray[Any, Any]


class TextClassifier(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """Words, parts of words and pairs, weighed and fitted with a large margin (see training.fitting).

    X is a sequence of n texts, y of n labels of any kind that sorts. `strength`, `margin` and `epochs` are those of
    training.fitting.Settings; `parts` and `pairs` those of training.design.Recipe.
    """

    def __init__(
        self,
        strength: float | None = None,
        margin: float = 4.0,
        epochs: int | None = None,
        parts: float = 1.2,
        pairs: float = 1.0,
        random_state: int = 7,
    ) -> None:
        self.strength = strength
        self.margin = margin
        self.epochs = epochs
        self.parts = parts
        self.pairs = pairs
        self.random_state = random_state

    def fit(self, X: Sequence[str], y: Sequence[Any] | Labels) -> Self:
        """Learns from n texts and their labels. Raises ValueError where they do not fit together."""
        texts = _texts(X)
        if y is None:
            raise ValueError("requires y to be passed, but the target y is None")
        labels = column_or_1d(y, warn=True)
        check_classification_targets(labels)
        if len(labels) != len(texts):
            raise ValueError(f"{len(texts)} texts and {len(labels)} labels: as many labels as texts are needed")
        self.classes_, number = np.unique(labels, return_inverse=True)
        if len(self.classes_) < 2:
            raise ValueError(f"at least two classes are needed, there is 1 class: {self.classes_[0]!r}")
        names = tuple(f"c{k}" for k in range(len(self.classes_)))
        taxonomy = Taxonomy("estimator", 1, (Level("label", names),))
        items = [
            Item(str(k), Document(body=text), (names[c],), "X")
            for k, (text, c) in enumerate(zip(texts, number, strict=True))
        ]
        recipe = replace(Recipe(), parts=self.parts, pairs=self.pairs)
        told = Settings(
            recipe=recipe,
            strength=self.strength,
            margin=self.margin,
            epochs=self.epochs,
            seed=int(self.random_state or 0),
        )
        self.classifier_: Classifier = fit(items, [], taxonomy, told)
        return self

    def predict_proba(self, X: Sequence[str]) -> Floats:
        """Probabilities of the classes, (n, n_classes) in the order of `classes_`; rows add up to 1."""
        check_is_fitted(self)
        (columns,) = self.classifier_.probabilities([Document(body=text) for text in _texts(X)])
        inside = columns[:, :-1].astype(np.float64)
        found: Floats = inside / inside.sum(axis=1, keepdims=True)
        return found

    def decision_function(self, X: Sequence[str]) -> Floats:
        """Raw scores of the classes, (n, n_classes); for two classes their difference, (n,), as scikit-learn has it."""
        check_is_fitted(self)
        scores = self.classifier_.scorer.score([Document(body=text) for text in _texts(X)]).scores[:, :-1]
        return scores[:, 1] - scores[:, 0] if len(self.classes_) == 2 else scores

    def predict(self, X: Sequence[str]) -> Labels:
        """The most probable class of each text, (n,)."""
        best = self.predict_proba(X).argmax(axis=1)
        chosen: Labels = self.classes_[best]
        return chosen

    def export(self, folder: Path) -> str:
        """Writes the model folder that a server runs without scikit-learn; returns its fingerprint."""
        check_is_fitted(self)
        return bundle.save(self.classifier_, folder)

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.input_tags.string = True
        tags.input_tags.two_d_array = False
        tags.input_tags.one_d_array = True
        return tags


def _texts(X: Any) -> list[str]:
    """X as a list of texts. Raises ValueError that says what it is instead."""
    if isinstance(X, str):
        raise ValueError("X is one text; a sequence of texts is needed")
    if getattr(X, "ndim", 1) != 1:
        raise ValueError(f"X has {X.ndim} dimensions; a flat sequence of texts is needed")
    texts = list(X)
    if not texts:
        raise ValueError("X is empty; at least one text is needed")
    wrong = next((text for text in texts if not isinstance(text, str)), None)
    if wrong is not None:
        raise ValueError(f"X holds a {type(wrong).__name__}; texts are needed")
    return texts
