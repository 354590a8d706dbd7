"""What an engineer would otherwise pick: a table of small adapters. A peer that is not installed says so."""

import importlib.util
import os
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

Answer = Callable[[Sequence[str]], list[str]]
"""Texts -> labels."""
FEW = 20
"""Items per class below which spaCy gets four times as many passes."""
FAST_PASSES = 100
SPACY_PASSES, SPACY_RATE = 8, 0.003


@dataclass(frozen=True)
class Peer:
    """One way to classify, trained by `make(texts, labels, seed)`."""

    name: str
    package: str
    """What has to be installed, as it is imported."""
    make: Callable[[Sequence[str], Sequence[str], int], Answer]
    varies: bool = True
    """Whether the seed changes anything."""
    settings: str = ""
    """What was set, for the report."""

    @property
    def missing(self) -> str | None:
        """Why it cannot be measured here; None where it can."""
        installed = importlib.util.find_spec(self.package) is not None
        return None if installed else f"{self.name}: skipped, {self.package} is not installed"


def word_lr(**options: Any) -> Any:
    """The pipeline of most tutorials: words and word pairs, TF-IDF, logistic regression."""
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline

    vectors = TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True)
    return make_pipeline(vectors, LogisticRegression(C=30, max_iter=1000, **options))


def word_char_svm(seed: int = 0) -> Any:
    """Words, word pairs and parts of words, TF-IDF, linear support vector machine."""
    from sklearn.pipeline import make_pipeline
    from sklearn.svm import LinearSVC

    return make_pipeline(word_char_features(), LinearSVC(random_state=seed))


def word_char_features() -> Any:
    """TF-IDF of words, word pairs and of three to five letters within words."""
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.pipeline import make_union

    return make_union(
        TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True),
        TfidfVectorizer(analyzer="char_wb", ngram_range=(3, 5), sublinear_tf=True),
    )


def _word_lr(texts: Sequence[str], labels: Sequence[str], seed: int) -> Answer:
    fitted = word_lr().fit(texts, labels)
    return lambda asked: list(fitted.predict(asked))


def _word_char_svm(texts: Sequence[str], labels: Sequence[str], seed: int) -> Answer:
    fitted = word_char_svm(seed).fit(texts, labels)
    return lambda asked: list(fitted.predict(asked))


def one_line(text: str) -> str:
    """Text as fastText wants it: lower case, no line breaks."""
    return " ".join(text.lower().split())


def fasttext_model(
    texts: Sequence[str], labels: Sequence[str], seed: int, letters: bool = True, passes: int = FAST_PASSES
) -> Any:
    """A supervised fastText model of words, word pairs and, with `letters`, parts of words; labels are numbers."""
    import fasttext

    number = {label: k for k, label in enumerate(sorted(set(labels)))}
    handle, name = tempfile.mkstemp(suffix=".txt")
    os.close(handle)
    path = Path(name)
    try:
        lines = (f"__label__{number[label]} {one_line(text)}" for text, label in zip(texts, labels, strict=True))
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
        told: dict[str, Any] = {
            "wordNgrams": 2,
            "epoch": passes,
            "lr": 0.5,
            "bucket": 200_000,
            "thread": 1,
            "seed": seed,
            "verbose": 0,
        }
        told |= {"minn": 2, "maxn": 4} if letters else {}
        return fasttext.train_supervised(str(path), **told)
    finally:
        path.unlink()


def _word_char_lr(texts: Sequence[str], labels: Sequence[str], seed: int) -> Answer:
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline

    fitted = make_pipeline(word_char_features(), LogisticRegression(C=30, max_iter=1000)).fit(texts, labels)
    return lambda asked: list(fitted.predict(asked))


def _fasttext(texts: Sequence[str], labels: Sequence[str], seed: int) -> Answer:
    fitted = fasttext_model(texts, labels, seed)
    names = sorted(set(labels))

    def answer(asked: Sequence[str]) -> list[str]:
        found, _ = fitted.predict([one_line(text) for text in asked])
        return [names[int(label[0].removeprefix("__label__"))] for label in found]

    return answer


def _spacy(texts: Sequence[str], labels: Sequence[str], seed: int) -> Answer:
    import random

    import spacy
    from spacy.training import Example
    from spacy.util import fix_random_seed, minibatch

    fix_random_seed(seed)
    nlp = spacy.blank("en")
    bag = {"@architectures": "spacy.TextCatBOW.v3", "exclusive_classes": True, "ngram_size": 2, "length": 32_768}
    pipe = nlp.add_pipe("textcat", config={"model": {**bag, "no_output_layer": False}})
    names = sorted(set(labels))
    for name in names:
        pipe.add_label(name)
    examples = [
        Example.from_dict(nlp.make_doc(text), {"cats": {name: float(name == label) for name in names}})
        for text, label in zip(texts, labels, strict=True)
    ]
    optimizer = nlp.initialize(lambda: examples)
    optimizer.learn_rate = SPACY_RATE
    order = random.Random(seed)  # noqa: S311
    for _ in range(SPACY_PASSES * (4 if len(texts) < FEW * len(names) else 1)):
        order.shuffle(examples)
        for batch in minibatch(examples, 32):
            nlp.update(batch, sgd=optimizer)
    return lambda asked: [max(doc.cats, key=doc.cats.__getitem__) for doc in nlp.pipe(asked)]


PEERS = (
    Peer("TF-IDF (words) + logistic regression", "sklearn", _word_lr, False, "1-2-grams, sublinear, C=30"),
    Peer("TF-IDF (words, letters) + linear SVM", "sklearn", _word_char_svm, False, "1-2-grams, char_wb 3-5, C=1"),
    Peer("TF-IDF (words, letters) + logistic regression", "sklearn", _word_char_lr, False, "as above, C=30"),
    Peer("fastText", "fasttext", _fasttext, True, "word pairs, 2-4 letters, lr 0.5, 100 epochs, 1 thread"),
    Peer(
        "spaCy textcat", "spacy", _spacy, True, "bag of words and word pairs, 8 passes (32 on few examples), rate 0.003"
    ),
)
