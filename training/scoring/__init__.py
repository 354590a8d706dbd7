"""Labels for files of any size, on all cores or on a cluster: cut into chunks, each answered exactly once."""

from training.scoring.job import Job, Model, Outcome, run
from training.scoring.sources import inputs

__all__ = ["Job", "Model", "Outcome", "inputs", "run"]
