"""Penalised maximum likelihood of the joint model by row-wise AdaGrad. Knows matrices, not text.

Features are sparse, so that a batch touches few rows of weights; each row has one accumulator of squared gradients
(Duchi et al., 2011), which is a row's worth of memory less than one per weight and generalises as well. A margin is
taken off the true labels' scores while training, as in large-margin softmax: right answers must be right by some
distance before they stop to teach.

What is known of a document may also be a distribution over combinations instead of one of them, and a document may
have a dense row (a sentence vector) beside its sparse one.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.sparse import csr_matrix

from model.decoding import Decoder, Floats

Progress = Callable[[int, int], None]
Ints = np.ndarray[Any, np.dtype[np.intp]]
BATCH = 64
"""Documents per step."""


@dataclass(frozen=True)
class Effort:
    """How the weights are fitted."""

    strength: float
    """Inverse of the penalty on squared weights, as C in scikit-learn: larger fits closer."""
    margin: float
    """Taken off the true label's score on each head while training, in logits."""
    epochs: int
    """Passes over the documents."""
    rate: float = 1.0
    """Step length at the start; it falls to zero."""
    seed: int = 0
    """Of the order of documents."""


@dataclass(frozen=True, eq=False)
class _Batch:
    """Some documents with only the columns that occur in them."""

    matrix: csr_matrix
    transposed: csr_matrix
    columns: Ints
    """Which columns of the whole matrix these are; dense ones follow."""
    observed: Floats
    dense: Floats | None


def solve(
    matrix: csr_matrix,
    known: Floats,
    decoder: Decoder,
    effort: Effort,
    progress: Progress | None = None,
    dense: Floats | None = None,
) -> Floats:
    """Weights (features, columns) for documents (n, features). Deterministic.

    `known` says how sure each column is of each document, (n, columns), as `observed` gives it. Weights of `dense`
    rows (n, d) follow those of the sparse features.
    """
    n, width = matrix.shape
    random = np.random.Generator(np.random.PCG64(effort.seed))
    order = random.permutation(n)
    made = [_batch(matrix, order[k : k + BATCH], known, dense) for k in range(0, n, BATCH)]
    visits = np.zeros(width + (0 if dense is None else dense.shape[1]), dtype=np.float32)
    for batch in made:
        visits[batch.columns] += 1
    penalty = (1 / (effort.strength * np.maximum(visits, 1)))[:, None].astype(np.float32)
    weights = np.zeros((len(visits), decoder.columns), dtype=np.float32)
    memory = np.full((len(visits), 1), 1e-8, dtype=np.float32)
    steps, step = effort.epochs * len(made), 0
    for epoch in range(effort.epochs):
        if progress is not None:
            progress(epoch, effort.epochs)
        for number in random.permutation(len(made)):
            rate = np.float32(effort.rate * (1 - step / steps))
            _step(made[number], weights, memory, penalty, decoder, (rate, np.float32(effort.margin)))
            step += 1
    return weights


def observed(truth: Ints | Floats, decoder: Decoder) -> Floats:
    """How sure each column is of each document, (n, columns): all that the likelihood's gradient asks of the truth."""
    if truth.ndim == 2:
        return decoder.expected(np.asarray(truth, dtype=np.float32))
    sure = np.zeros((len(truth), decoder.columns), dtype=np.float32)
    np.add.at(sure, (np.arange(len(truth))[:, None], decoder.heads[truth.astype(np.intp)]), 1)
    return sure


def _batch(matrix: csr_matrix, rows: Ints, observed: Floats, dense: Floats | None) -> _Batch:
    part = matrix[rows]
    columns, place = np.unique(part.indices, return_inverse=True)
    small = csr_matrix((part.data, place.astype(np.int32), part.indptr), shape=(len(rows), len(columns)))
    if dense is None:
        return _Batch(small, small.T.tocsr(), columns, observed[rows], None)
    columns = np.concatenate([columns, np.arange(matrix.shape[1], matrix.shape[1] + dense.shape[1])])
    return _Batch(small, small.T.tocsr(), columns, observed[rows], dense[rows].astype(np.float32))


def _step(
    batch: _Batch, weights: Floats, memory: Floats, penalty: Floats, decoder: Decoder, told: tuple[Any, Any]
) -> None:
    """One step on one batch, in place; `told` is the rate and the margin."""
    rate, margin = told
    mine = weights[batch.columns]
    sparse = batch.matrix.shape[1]
    scores = batch.matrix @ mine[:sparse] - margin * batch.observed
    if batch.dense is not None:
        scores += batch.dense @ mine[sparse:]
    error = decoder.expected(decoder.joint(scores)) - batch.observed
    gradient = batch.transposed @ error
    if batch.dense is not None:
        gradient = np.concatenate([gradient, batch.dense.T @ error])
    gradient += penalty[batch.columns] * mine
    squares = memory[batch.columns] + np.einsum("ij,ij->i", gradient, gradient)[:, None] / decoder.columns
    memory[batch.columns] = squares
    gradient *= rate / np.sqrt(squares)
    weights[batch.columns] = mine - gradient
