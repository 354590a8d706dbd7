"""Pages and cards out of values: templates beside this file, everything from outside escaped. Knows no model.

A page is one file that loads nothing from anywhere: `base.html` has the frame and the style that all pages share.
"""

from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape


@cache
def _environment() -> Environment:
    made = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=select_autoescape(("html",)),
        undefined=StrictUndefined,  # a misspelt name is an error, not a gap in a page
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters |= {"percent": percent, "plain": plain, "cell": cell}
    return made


def rendered(template: str, **values: Any) -> str:
    """The page that a template of this folder makes of the values. In .html all texts are escaped, in .md none."""
    return _environment().get_template(template).render(**values)


def percent(share: float | None, digits: int = 1) -> str:
    """A share in [0, 1] as percent; a dash where there is none."""
    return "–" if share is None else f"{100 * share:.{digits}f} %"


def plain(value: object) -> str:
    """A value of a table: a dash for none, a range for a list, numbers with four digits at most."""
    if value is None:
        return "–"
    if isinstance(value, list | tuple):
        return " to ".join(map(plain, value))
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def cell(text: object) -> str:
    """A text that cannot leave its cell of a Markdown table, nor become markup."""
    plain = " ".join(str(text).split())
    for sign in "\\`*_{}[]<>|#":
        plain = plain.replace(sign, f"\\{sign}")
    return plain
