"""Pictures to text through an installed Tesseract program. Nothing here draws or opens documents."""

import shutil
import subprocess

from model.errors import ReadingError
from model.reading.limits import Limits

PROGRAM = "tesseract"
"""Comes with `apt install tesseract-ocr` or `brew install tesseract`; languages are packages of their own."""


def recognise(picture: bytes, limits: Limits) -> str:
    """The text in a picture (PNG, JPEG, TIFF, PGM).

    Raises ReadingError: `ocr_missing` if no engine is installed, `ocr_failed` with the engine's own words.
    """
    program = shutil.which(PROGRAM)
    if program is None:
        raise ReadingError(
            "ocr_missing", "The pages are pictures; install the program tesseract (apt install tesseract-ocr)."
        )
    command = [program, "stdin", "stdout", "-l", limits.ocr_languages, "--psm", "1"]
    try:
        done = subprocess.run(  # noqa: S603 fixed arguments, the picture comes through a pipe
            command, input=picture, capture_output=True, timeout=limits.seconds, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise ReadingError("timeout", f"Reading the picture took longer than {limits.seconds:g} s.") from error
    if done.returncode:
        said = done.stderr.decode("utf-8", "replace").strip().splitlines()
        raise ReadingError("ocr_failed", f"Tesseract could not read the picture: {said[-1] if said else 'no reason'}.")
    return done.stdout.decode("utf-8", "replace").strip()
