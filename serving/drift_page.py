"""A drift as one HTML page that needs nothing from elsewhere. Pure."""

from html import escape

from model.drift import FEWEST, Signal, worst
from serving.drift import Drift

_STYLE = """
body{font:15px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:60rem;padding:0 1rem;color:#1c2330;background:#fff}
table{border-collapse:collapse;width:100%}th,td{text-align:left;padding:.4rem .6rem;border-bottom:1px solid #d9dee7}
td.n{text-align:right;font-variant-numeric:tabular-nums}svg{vertical-align:middle}
.steady{color:#17663a}.watch{color:#8a5300}.drifted{color:#b3261e}.few{color:#5a6473}
@media(prefers-color-scheme:dark){body{color:#e6e9ef;background:#14181f}th,td{border-color:#323a47}
.steady{color:#6fce97}.watch{color:#f0b45c}.drifted{color:#ff8a80}.few{color:#a4aebc}}
"""
_MEANING = (
    "Distance is Jensen-Shannon's, 0 to 1, less what samples of these sizes differ by anyway; p is how probable such a "
    "difference is without drift, adjusted for the number of signals. A signal has drifted at p ≤ 0.01 and a distance "
    "of 0.08 or more, and is to be watched at p ≤ 0.02 and 0.04 or more."
)


def page(drift: Drift) -> str:
    """The page."""
    verdict = worst(drift.signals)
    rows = "".join(_row(each) for each in drift.signals)
    few = f"<p>Nothing can be said with fewer than {FEWEST} items.</p>" if verdict == "too few" else ""
    left = f" {drift.others:,} answers of other versions are left out." if drift.others else ""
    title = escape(f"Drift of {drift.model}, version {drift.version}")
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{title}</title>'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<style>{_STYLE}</style><h1>{title}</h1>"
        f"<p>{drift.window.items:,} answers since {drift.since:%Y-%m-%d %H:%M} UTC beside "
        f"{drift.reference.items:,} items of training that the model never saw.{left} "
        f"Verdict: <strong class={_class(verdict)}>{verdict}</strong>.</p>{few}"
        "<table><thead><tr><th>Signal<th>Verdict<th>Distance<th>p<th>What changed most: training, now</thead>"
        f"<tbody>{rows}</tbody></table><p>{_MEANING}</p></html>\n"
    )


def _row(signal: Signal) -> str:
    changes = "<br>".join(
        f"{_bar(each.before)} {_bar(each.now)} {escape(each.category)} {each.before:.1%} → {each.now:.1%}"
        for each in signal.changes
        if each.before != each.now
    )
    return (
        f"<tr><td>{escape(signal.name)}<td class={_class(signal.verdict)}>{signal.verdict}"
        f"<td class=n>{signal.distance:.3f}<td class=n>{signal.p_value:.4f}<td>{changes}</tr>"
    )


def _bar(share: float) -> str:
    return (
        '<svg width="60" height="10" role="img"><rect width="60" height="10" fill="#8884"/>'
        f'<rect width="{60 * share:.1f}" height="10" fill="#4a7fd6"/></svg>'
    )


def _class(verdict: str) -> str:
    return verdict.rpartition(" ")[2]
