"""A student learns from what its teacher says of unlabelled text, and needs none of the teacher's vectors."""

from pathlib import Path

import numpy as np
import pytest

from model.decoding import Decoder
from model.document import Document
from model.errors import SortationError
from model.taxonomy import Taxonomy
from model.vectors import pinned
from tests.tiny_vectors import write_encoder
from training.corpus import Item
from training.distillation import distil
from training.evaluation import evaluate
from training.fitting import Settings, fit, learned, targets
from training.shares import Shares


def test_certain_shares_teach_what_numbers_teach(shares: Shares, taxonomy: Taxonomy) -> None:
    items = shares.fit[:60]
    truth = targets(items, taxonomy)
    sure = np.eye(len(taxonomy.combinations), dtype=np.float32)[truth]
    documents = [item.document for item in items]
    hard, soft = (learned(documents, each, taxonomy, Settings()) for each in (truth, sure))
    assert np.array_equal(hard.answer(documents).joint, soft.answer(documents).joint)


def test_a_student_of_few_labels_gains_from_its_teachers_answers(shares: Shares, taxonomy: Taxonomy) -> None:
    teacher = fit(shares.fit, [], taxonomy, Settings())
    labelled, rest = shares.fit[::6], [item.document for item in shares.fit]
    alone = evaluate(fit(labelled, [], taxonomy, Settings()), shares.test)
    taught = evaluate(distil(teacher, labelled, rest, [], Settings()), shares.test)
    assert taught.levels["stage"].accuracy > alone.levels["stage"].accuracy


def test_a_student_of_an_encoder_needs_no_vectors(shares: Shares, taxonomy: Taxonomy, tmp_path: Path) -> None:
    items: list[Item] = shares.fit[:40]
    vectors = pinned(str(write_encoder(tmp_path / "encoder")), "encoder")
    teacher = fit(items, [], taxonomy, Settings(vectors=vectors))
    student = distil(teacher, items, [item.document for item in shares.fit[40:80]], shares.calibration, Settings())
    assert student.embedder is None
    assert student.guarantees
    assert len(student.calibration.scales) == len(student.decoder.head_widths)
    joint = student.answer([Document(body="where is my parcel")]).joint
    assert joint.shape == (1, Decoder.of(taxonomy).members.shape[0])
    assert student.about["items"] == {"fit": 40, "unlabelled": 40}


def test_nothing_to_learn_from_is_refused(shares: Shares, taxonomy: Taxonomy) -> None:
    teacher = fit(shares.fit[:20], [], taxonomy, Settings())
    with pytest.raises(SortationError, match="no unlabelled text"):
        distil(teacher, shares.fit[:20], [], [], Settings())
