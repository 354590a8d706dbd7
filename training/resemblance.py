"""Documents -> unit vectors whose products say how much two texts have in common. Knows no labels and no weights."""

from collections.abc import Sequence

import numpy as np
from scipy.sparse import csr_matrix, diags_array

from model.decoding import Floats
from model.document import Document
from model.features import features
from model.hashing import U64, Places
from model.scoring import batches
from model.tokens import tokenise

FREQUENT = 500
"""Documents with a feature from which on it is no help to find who resembles whom: bounds `nearest`."""
BLOCK = 500
"""Documents that are compared with all others at once."""


def vectors(documents: Sequence[Document]) -> csr_matrix:
    """The classifier's words and pairs of n documents by inverse document frequency, (n, features), rows of length 1.

    What occurs in one document only is left out: it resembles nothing. A document without anything else is a row of 0.
    """
    rows: list[Places] = []
    hashes: list[U64] = []
    start = 0
    for batch in batches(documents):
        found = features(tokenise(batch))
        rows += [found.tokens.document + start, found.pair_document + start]
        hashes += [found.words, found.pairs]
        start += len(batch)
    _, columns, counts = np.unique(np.concatenate(hashes), return_inverse=True, return_counts=True)
    row, shared = np.concatenate(rows), counts[columns] > 1
    ones = np.ones(int(shared.sum()), dtype=np.float32)
    made = csr_matrix((ones, (row[shared], columns[shared])), shape=(len(documents), max(len(counts), 1)))
    made.sum_duplicates()
    made.data[:] = 1
    frequency = np.asarray(made.sum(axis=0)).ravel()
    kept = np.flatnonzero(frequency > 1)
    weighed = made[:, kept] @ diags_array(np.log((1 + len(documents)) / (1 + frequency[kept])) + 1e-3)
    length = np.sqrt(np.asarray(weighed.multiply(weighed).sum(axis=1)).ravel())
    return (diags_array(1 / np.maximum(length, 1e-9)) @ weighed).tocsr().astype(np.float32)


def nearest(rows: csr_matrix) -> tuple[Floats, Places]:
    """For each of n unit rows the largest cosine with another one and which that is, each (n,).

    Features of more than FREQUENT rows count in the length but not in the product, so that the work grows with n and
    not with its square; a cosine is at most as large as it would be with them.
    """
    often = np.bincount(rows.indices, minlength=rows.shape[1])
    telling = rows[:, np.flatnonzero(often <= max(FREQUENT, 1))]
    turned = telling.T.tocsr()
    cosine, neighbour = np.zeros(rows.shape[0]), np.zeros(rows.shape[0], dtype=np.intp)
    for start in range(0, rows.shape[0], BLOCK):
        products = (telling[start : start + BLOCK] @ turned).tocoo()
        other = products.col != products.row + start
        cells = (products.data[other], (products.row[other], products.col[other]))
        table = csr_matrix(cells, shape=products.shape)
        here = slice(start, start + products.shape[0])
        cosine[here] = table.max(axis=1).toarray().ravel()
        neighbour[here] = np.asarray(table.argmax(axis=1)).ravel()
    return cosine, neighbour
