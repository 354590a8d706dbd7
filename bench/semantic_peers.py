"""Peers that read meaning: logistic regression on an encoder's vectors, and SetFit, which needs torch."""

import tempfile
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from bench.peers import Answer, Peer
from model.document import Document
from model.vectors import Embedder

STRENGTH = 30.0
"""Inverse of the penalty, as for the other logistic regressions here; on HWU64's and CLINC150's validation splits the
library's 1 was worse."""
PAIRS = 20
"""Rounds of one like and one unlike pair an item that SetFit learns from, as in its paper."""


def regression() -> Any:
    """The head that is put on an encoder's vectors."""
    from sklearn.linear_model import LogisticRegression

    return LogisticRegression(C=STRENGTH, max_iter=1000)


def encoder_lr(reader: Embedder) -> Peer:
    """Mean-pooled vectors of unit length and a logistic regression."""

    def make(texts: Sequence[str], labels: Sequence[str], seed: int) -> Answer:
        fitted = regression().fit(reader.embed([Document(body=text) for text in texts]), labels)
        return lambda asked: list(fitted.predict(reader.embed([Document(body=text) for text in asked])))

    return Peer("MiniLM + logistic regression", "sklearn", make, False, f"C={STRENGTH:g}")


@lru_cache(maxsize=1)  # for both heads
def tuned(folder: str, texts: tuple[str, ...], labels: tuple[str, ...], seed: int) -> Any:
    """The encoder in a sentence-transformers folder, fine-tuned on pairs of n texts, with the package's head."""
    import torch
    from datasets import Dataset
    from setfit import SetFitModel, Trainer, TrainingArguments

    torch.set_num_threads(1)
    fitted = SetFitModel.from_pretrained(folder, local_files_only=True)
    items = Dataset.from_dict({"text": list(texts), "label": list(labels)})
    with tempfile.TemporaryDirectory() as scratch:
        told = TrainingArguments(
            output_dir=scratch, num_iterations=PAIRS, seed=seed, report_to="none", save_strategy="no"
        )
        Trainer(fitted, args=told, train_dataset=items).train()
    return fitted


def setfit(folder: str) -> tuple[Peer, Peer]:
    """SetFit as its package has it, and the same fine-tuned encoder with the head that the frozen one has."""

    def make(texts: Sequence[str], labels: Sequence[str], seed: int) -> Answer:
        fitted = tuned(folder, tuple(texts), tuple(labels), seed)
        return lambda asked: [str(label) for label in fitted.predict(list(asked))]

    def with_head(texts: Sequence[str], labels: Sequence[str], seed: int) -> Answer:
        body = tuned(folder, tuple(texts), tuple(labels), seed).model_body
        head = regression().fit(body.encode(list(texts)), labels)
        return lambda asked: [str(label) for label in head.predict(body.encode(list(asked)))]

    settings = (
        f"{PAIRS} rounds of pairs, otherwise the package's defaults (1 epoch, batches of 16, rate 2e-5, head C=1)"
    )
    return (
        Peer("SetFit", "setfit", make, True, settings),
        Peer(f"SetFit, head C={STRENGTH:g}", "setfit", with_head, True, "the same encoder"),
    )
