"""Pictures of a report, as SVG: small, sharp on paper, and the same bytes for the same report. Only this file knows
matplotlib.
"""

import io
import re
import warnings
from collections.abc import Iterator, Sequence
from itertools import pairwise

import matplotlib as mpl
import numpy as np

from training.evaluation import LevelReport, Report
from training.learning_curve import Point
from training.reliability import Bin
from training.slices import rate

mpl.use("Agg")

from matplotlib import pyplot as plt
from matplotlib.ticker import PercentFormatter

BLUE, RED, GREY = "#2f6690", "#b23a48", "#8a8f98"
STYLE = {
    "svg.fonttype": "none",  # text stays text: small files that can be searched
    "svg.hashsalt": "sortation",
    "text.parse_math": False,  # a dollar in a label is a dollar
    "font.size": 9,
    "font.family": "sans-serif",
    "axes.spines.top": False,
    "axes.spines.right": False,
}
_HEAD = re.compile(r"\A.*?(?=<svg)", re.DOTALL)
_POINTS = 200
"""Points of a coverage curve, at most."""


def pictures(report: Report, curve: Sequence[Point] = ()) -> dict[str, str]:
    """Name -> an SVG element: confusion and F1 per level, reliability, coverage, and the learning curve if any."""
    with mpl.rc_context(STYLE), warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # a script without glyphs here is still text in the picture
        return {name: _svg(figure) for name, figure in _figures(report, curve)}


def _figures(report: Report, curve: Sequence[Point]) -> Iterator[tuple[str, plt.Figure]]:
    for name, level in report.levels.items():
        yield f"confusion_{name}", _confusion(name, level)
        yield f"f1_{name}", _per_class(name, level)
    yield "reliability", _reliability(report)
    if report.confidence:
        yield "coverage", _coverage(report)
    if len(curve) > 1:
        yield "learning_curve", _learning(curve)


def _confusion(name: str, level: LevelReport) -> plt.Figure:
    labels = list(level.classes)
    counts = np.array(level.confusion, dtype=float)
    share = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    side = 1.8 + 0.2 * len(labels)
    figure, axes = plt.subplots(figsize=(side + 1, side))
    axes.imshow(share, cmap="Blues", vmin=0, vmax=1, interpolation="none")
    if len(labels) <= 12:
        for row, column in np.argwhere(counts):
            colour = "white" if share[row, column] > 0.5 else "black"
            axes.text(column, row, f"{counts[row, column]:.0f}", ha="center", va="center", color=colour, fontsize=7)
    axes.set_xticks(range(len(labels)), labels, rotation=90, fontsize=7)
    axes.set_yticks(range(len(labels)), labels, fontsize=7)
    axes.set_xlabel("predicted")
    axes.set_ylabel("true")
    axes.set_title(f"{name}: accuracy {level.accuracy:.1%}, macro-F1 {level.macro_f1:.2f}")
    return figure


def _per_class(name: str, level: LevelReport) -> plt.Figure:
    rows = sorted(((label, row) for label, row in level.classes.items() if row.support), key=lambda pair: pair[1].f1)
    figure, axes = plt.subplots(figsize=(6, 1.2 + 0.2 * len(rows)))
    axes.barh([f"{label} ({row.support})" for label, row in rows], [row.f1 for _, row in rows], color=BLUE)
    axes.set_xlim(0, 1)
    axes.set_title(f"{name}: F1 per label (test items)")
    axes.tick_params(axis="y", labelsize=7)
    return figure


def _reliability(report: Report) -> plt.Figure:
    figure, found = plt.subplots(1, len(report.levels), figsize=(2.6 * len(report.levels), 2.9), squeeze=False)
    for axes, (name, level) in zip(found[0], report.levels.items(), strict=True):
        axes.plot([0, 1], [0, 1], color=GREY, linewidth=1)
        for bins, colour, what in ((level.reliability_before, GREY, "before"), (level.reliability, BLUE, "after")):
            _bins(axes, bins, colour, what)
        axes.set_title(f"{name}\nECE {level.calibration_error_before:.3f} → {level.calibration_error:.3f}", fontsize=9)
        axes.set_xlabel("probability")
        axes.set_aspect("equal")
    found[0][0].set_ylabel("share right")
    found[0][0].legend(frameon=False, fontsize=7)
    return figure


def _bins(axes: plt.Axes, bins: Sequence[Bin], colour: str, what: str) -> None:
    ends = [rate(round(each.share * each.items), each.items) for each in bins]
    reach = np.array([[e.share - e.low for e in ends], [e.high - e.share for e in ends]]).reshape(2, -1)
    x, y = [each.probability for each in bins], [each.share for each in bins]
    error = np.maximum(reach, 0) if what == "after" else None
    axes.errorbar(x, y, error, color=colour, marker="o", markersize=3, linewidth=1, label=what)


def _coverage(report: Report) -> plt.Figure:
    """Share right among the surest answers, by how many they are, with a 95 % band and what was promised."""
    right = np.array(report.correct)[np.argsort(-np.array(report.confidence), kind="stable")]
    taken = np.unique(np.linspace(1, len(right), min(_POINTS, len(right))).astype(int))
    rates = [rate(int(hits), int(n)) for hits, n in zip(right.cumsum()[taken - 1], taken, strict=True)]
    x = taken / len(right)
    figure, axes = plt.subplots(figsize=(6, 3.2))
    axes.fill_between(x, [each.low for each in rates], [each.high for each in rates], color=BLUE, alpha=0.15, lw=0)
    axes.plot(x, [each.share for each in rates], color=BLUE)
    for promise in report.coverage:
        axes.axhline(1 - promise.error_rate, color=RED, linewidth=0.8, linestyle=":")
        if promise.coverage:
            note = f"≤ {promise.error_rate:.0%} wrong: {promise.coverage:.0%} alone, {promise.error:.1%} wrong"
            axes.plot(promise.coverage, 1 - promise.error, "o", color=RED, label=note)
    axes.set_ylim(max(0.0, min(each.share for each in rates) - 0.1), 1.01)
    axes.set_xlabel("coverage: share of items handled alone, surest first")
    axes.set_ylabel("precision: share right")
    axes.xaxis.set_major_formatter(PercentFormatter(1, decimals=0))
    axes.yaxis.set_major_formatter(PercentFormatter(1, decimals=0))
    if any(promise.coverage for promise in report.coverage):
        axes.legend(frameon=False, fontsize=8, loc="lower left")
    return figure


def _learning(curve: Sequence[Point]) -> plt.Figure:
    figure, axes = plt.subplots(figsize=(6, 3.2))
    x = [point.items for point in curve]
    for name in curve[-1].levels:
        axes.plot(x, [point.levels[name].share for point in curve], marker="o", markersize=3, linewidth=1, label=name)
    joint = [point.joint for point in curve]
    reach = np.array([[each.share - each.low for each in joint], [each.high - each.share for each in joint]])
    axes.errorbar(
        x, [each.share for each in joint], reach, color="black", marker="o", markersize=3, label="every level"
    )
    axes.set_xscale("log", base=2)
    axes.set_xticks(x, [f"{items:,}" for items in x], minor=False)
    if any(b / a < 1.2 for a, b in pairwise(x)):
        axes.tick_params(axis="x", rotation=45)
    axes.set_xlabel("items learned from")
    axes.yaxis.set_major_formatter(PercentFormatter(1, decimals=0))
    axes.set_ylabel("accuracy on the test share")
    axes.legend(frameon=False, fontsize=8)
    return figure


def _svg(figure: plt.Figure) -> str:
    text = io.StringIO()
    nothing = dict.fromkeys(("Creator", "Date", "Format", "Type"))
    figure.savefig(text, format="svg", bbox_inches="tight", metadata=nothing, transparent=True)
    plt.close(figure)
    return _HEAD.sub("", text.getvalue())
