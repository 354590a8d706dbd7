"""Rows -> CSV for a spreadsheet and a page that stands alone. Knows no meaning of columns."""

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""Beginnings of a cell that a spreadsheet would run; what people wrote is never run."""
MOST = 500
"""Rows of one section that a page shows; the CSV has all."""


@dataclass(frozen=True)
class Section:
    """A table of a page."""

    name: str
    about: str
    rows: Sequence[Mapping[str, Any]]
    """Column -> value; every row has the same columns."""

    @property
    def columns(self) -> list[str]:
        """The columns in which any row holds something."""
        return [name for name in self.rows[0] if any(row[name] not in ("", None) for row in self.rows)]


def as_csv(rows: Sequence[Mapping[str, Any]], columns: Sequence[str]) -> str:
    """The rows as CSV with a head, which stands there without rows too. Numbers have four places."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows([_cell(row[name]) for name in columns] for row in rows)
    return out.getvalue()


def _cell(value: Any) -> str:
    text = shown(value)
    return f"'{text}" if isinstance(value, str) and text.startswith(FORMULA) else text


def shown(value: Any) -> str:
    """A value as people read it."""
    if value is None:
        return ""
    return f"{value:.4f}" if isinstance(value, float) else str(value)


def as_page(title: str, sections: Sequence[Section]) -> str:
    """A page of HTML that needs nothing else; every text in it is escaped, and it may run nothing."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    loader = FileSystemLoader(Path(__file__).parent)
    environment = Environment(loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True)
    environment.filters["shown"] = shown
    page = environment.get_template("listing.html")
    return page.render(title=title, sections=sections, most=MOST)
