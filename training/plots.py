"""Pictures of a report. The only file that knows matplotlib."""

from pathlib import Path

import matplotlib as mpl
import numpy as np

from training.evaluation import LevelReport, Report

mpl.use("Agg")

from matplotlib import pyplot as plt


def draw(report: Report, folder: Path) -> list[Path]:
    """Draws a confusion matrix per level and the F1 of every label; returns the files, in `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    return [
        path
        for name, level in report.levels.items()
        for path in (_confusion(name, level, folder), _per_class(name, level, folder))
    ]


def _confusion(name: str, level: LevelReport, folder: Path) -> Path:
    labels = list(level.classes)
    counts = np.array(level.confusion, dtype=float)
    share = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    side = 2.5 + 0.28 * len(labels)
    figure, axes = plt.subplots(figsize=(side + 1, side))
    axes.imshow(share, cmap="Blues", vmin=0, vmax=1)
    axes.set_xticks(range(len(labels)), labels, rotation=90, fontsize=7)
    axes.set_yticks(range(len(labels)), labels, fontsize=7)
    axes.set_xlabel("predicted")
    axes.set_ylabel("true")
    axes.set_title(f"{name}: accuracy {level.accuracy:.1%}, macro-F1 {level.macro_f1:.2f}")
    return _saved(figure, folder / f"confusion_{name}.png")


def _per_class(name: str, level: LevelReport, folder: Path) -> Path:
    rows = sorted(((label, row) for label, row in level.classes.items() if row.support), key=lambda pair: pair[1].f1)
    figure, axes = plt.subplots(figsize=(6, 1.2 + 0.22 * len(rows)))
    axes.barh([f"{label} ({row.support})" for label, row in rows], [row.f1 for _, row in rows], color="#4477aa")
    axes.set_xlim(0, 1)
    axes.set_title(f"{name}: F1 per label (test items)")
    axes.tick_params(axis="y", labelsize=7)
    return _saved(figure, folder / f"f1_{name}.png")


def _saved(figure: plt.Figure, path: Path) -> Path:
    figure.savefig(path, dpi=110, bbox_inches="tight", metadata={"Software": None})
    plt.close(figure)
    return path
