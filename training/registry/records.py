"""What stands in the registry, as values: versions, runs, datasets. Knows no MLflow."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from training.registry.packing import BUNDLE

PACKED = "model"
"""The run's artifact that is the registered version: what plain MLflow loads, the model folder inside."""


@dataclass(frozen=True)
class Version:
    """A registered model version."""

    number: int
    run: str
    tags: Mapping[str, str]
    folder: str = f"{PACKED}/{BUNDLE}"
    """Where the model folder lies among the run's artifacts."""


@dataclass(frozen=True)
class Dataset:
    """What is told of the items of one share; none of their texts."""

    name: str
    digest: str
    """SHA-256; MLflow shows as much of it as it has room for."""
    source: str
    columns: Mapping[str, str]
    """Column -> its type in MLflow's words."""
    profile: Mapping[str, Any]
    context: str
    """What it was used for: fit, calibration or test."""


@dataclass(frozen=True)
class Run:
    """What a training run leaves behind."""

    parameters: Mapping[str, Any]
    metrics: Mapping[str, float]
    tags: Mapping[str, str]
    bundle: Path
    """The model folder, inside a folder of `Registry.work`."""
    extras: Path
    """A folder of plots, the report and whatever else should stand beside them."""
    datasets: Sequence[Dataset] = ()
    description: str = ""
    """Of the registered version, in Markdown."""
