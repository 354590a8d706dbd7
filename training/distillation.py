"""A fast student from a slow teacher: the user's own text without labels, answered softly by the teacher.

The student learns from labelled items as ever and from unlabelled documents by what the teacher thinks of them: a
distribution over combinations each (Hinton et al., 2015). What it costs is the teacher's time, once.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from model.classifier import Classifier
from model.document import Document
from model.errors import SortationError
from model.taxonomy import Taxonomy
from training.corpus import Item
from training.fitting import Settings, calibrated, learned, targets
from training.solver import Progress

SHARPNESS = 1.0
"""Power of the teacher's probabilities before they are made to add up to 1 again; 1 leaves them as they are."""


def distil(
    teacher: Classifier,
    items: Sequence[Item],
    unlabelled: Sequence[Document],
    calibration: Sequence[Item],
    settings: Settings,
    progress: Progress | None = None,
) -> Classifier:
    """A calibrated student of `teacher` on n labelled items and any number of unlabelled documents.

    `calibration` must be items that neither teacher nor student learned from. Without vectors in `settings` the
    student needs none, whatever the teacher needs. Raises SortationError where the teacher answers for no document.
    """
    if not unlabelled:
        raise SortationError("there is no unlabelled text to learn from; without it, train as usual")
    taxonomy: Taxonomy = teacher.taxonomy
    soft = teacher.answer(unlabelled).joint.astype(np.float32) ** np.float32(SHARPNESS)
    soft /= soft.sum(axis=1, keepdims=True)
    sure = np.zeros((len(items), soft.shape[1]), dtype=np.float32)
    sure[np.arange(len(items)), targets(items, taxonomy)] = 1
    documents = [*(item.document for item in items), *unlabelled]
    student = learned(documents, np.concatenate([sure, soft]), taxonomy, settings, progress)
    about = {"teacher": teacher.about, "items": {"fit": len(items), "unlabelled": len(unlabelled)}}
    return replace(calibrated(student, calibration, settings), about=about)
