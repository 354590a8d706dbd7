"""The model registry: the only folder of training that knows MLflow."""

from training.registry.records import Dataset, Run, Version
from training.registry.registry import CHALLENGER, CHAMPION, NAME, Overtaken, Registry

__all__ = ["CHALLENGER", "CHAMPION", "NAME", "Dataset", "Overtaken", "Registry", "Run", "Version"]
