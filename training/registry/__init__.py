"""The model registry: the only folder of training that knows MLflow."""

from training.registry.registry import CHALLENGER, CHAMPION, NAME, Overtaken, Registry, Run, Version

__all__ = ["CHALLENGER", "CHAMPION", "NAME", "Overtaken", "Registry", "Run", "Version"]
