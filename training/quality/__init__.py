"""What is wrong with labelled items: doubtful labels, twins, overlapping and weak labels, strangers."""

from training.quality.examination import Examination, examine
from training.quality.findings import KINDS, Finding

__all__ = ["KINDS", "Examination", "Finding", "examine"]
