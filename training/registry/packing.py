"""A model folder as a version that plain MLflow loads: the folder, Sortation's wheel, a signature, an example.

    MLmodel  requirements.txt  input_example.json …  wheels/sortation-….whl  data/bundle/

MLflow loads it through `training.frames`, which the wheel holds, without pickle. A server reads data/bundle only.
"""

import json
import warnings
from collections.abc import Sequence
from importlib.metadata import version as version_of
from pathlib import Path
from typing import Any

from model.bundle import Names
from training import wheel
from training.frames import COLUMNS, outputs

LOADER = "training.frames"
BUNDLE = "data/bundle"
"""Where the model folder lies in the packed one."""
PINNED = ("mlflow", "numpy", "scipy", "pandas", "cryptography")
"""Libraries that answering needs, in the versions that were there in training."""
EXAMPLE = {
    "subject": ["Order 4471"],
    "body": ["Where is my parcel? It should have come on Monday."],
    "channel": ["email"],
}


def pack(bundle: Path, folder: Path) -> Path:
    """Writes the version of a model folder named `bundle` to `folder`, which must not exist, and returns it."""
    levels = json.loads((bundle / Names.MODEL).read_text(encoding="utf-8"))["taxonomy"]["levels"]
    made = wheel.build(folder.with_name(f"{folder.name}-wheels"))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # MLflow warns of its own type hints
        import mlflow.pyfunc
        import pandas as pd

        mlflow.pyfunc.save_model(
            folder,
            loader_module=LOADER,
            data_path=str(bundle),
            signature=_signature(levels),
            input_example=pd.DataFrame(EXAMPLE),
            pip_requirements=[*(f"{name}=={version_of(name)}" for name in PINNED), f"wheels/{made.name}"],
        )
    made.parent.rename(folder / "wheels")
    return folder


def _signature(levels: Sequence[str]) -> Any:
    from mlflow.models.signature import ModelSignature
    from mlflow.types.schema import ColSpec, Schema

    numbers = {"confidence", *(f"{level}_probability" for level in levels)}
    return ModelSignature(
        Schema([ColSpec("string", name, required=False) for name in COLUMNS]),
        Schema([ColSpec("double" if name in numbers else "string", name) for name in outputs(levels)]),
    )
