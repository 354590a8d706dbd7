"""Rows -> Markdown, and the report's file. Knows no numbers' meaning."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table; the first column is text, the others are numbers."""
    line = "| " + " | ".join(head) + " |"
    rule = "| --- |" + " ---: |" * (len(head) - 1)
    return "\n".join([line, rule, *("| " + " | ".join(row) + " |" for row in rows)])


def spread(values: Sequence[float], digits: int = 2) -> str:
    """Mean ± standard deviation of several runs; one run stands alone."""
    mean = f"{np.mean(values):.{digits}f}"
    return f"{mean} ± {np.std(values, ddof=1):.{digits}f}" if len(values) > 1 else mean


def write(path: Path, title: str, parts: Sequence[str]) -> None:
    """Writes a report and prints it."""
    text = "\n\n".join([f"# {title}", *parts]) + "\n"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    print(text)
