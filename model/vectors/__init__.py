"""What words and sentences mean, as vectors from weights that somebody else trained. Knows no labels."""

from model.vectors.embedders import Embedder, open_embedder, open_table, pinned
from model.vectors.source import KINDS, Vectors, parsed
from model.vectors.table import Table

__all__ = ["KINDS", "Embedder", "Table", "Vectors", "open_embedder", "open_table", "parsed", "pinned"]
