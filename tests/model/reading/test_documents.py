"""Real files, by content only; where they lie is told by SORTATION_DOCUMENTS."""

import os
from pathlib import Path

import pytest

from model.errors import ReadingError
from model.reading import Readers

FOLDER = os.environ.get("SORTATION_DOCUMENTS", "")
REASONS = {"empty", "no_text", "encrypted", "ocr_missing", "ocr_failed", "damaged", "unsupported", "mislabelled"}

pytestmark = pytest.mark.skipif(not FOLDER, reason="SORTATION_DOCUMENTS names no folder of documents")


def test_every_real_file_gives_text_or_a_named_error() -> None:
    with Readers(workers=1) as readers:
        for path in sorted(Path(FOLDER).rglob("*")):
            if not path.is_file():
                continue
            try:
                document = readers.read(path.read_bytes(), filename=path.name)
            except ReadingError as error:
                assert error.reason in REASONS, path.name
            else:
                assert document.text.strip() or document.parts, path.name
