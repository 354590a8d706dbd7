"""Copies the registry's champion into a folder, in a process of its own: the only file here that imports MLflow."""

import json
import os
import shutil
import sys
from pathlib import Path

from model.errors import RegistryError

CHAMPION = "champion"
BUNDLE, ONCE = "model/data/bundle", "bundle"
"""Where the model folder lies among a run's artifacts, and where it lay in older versions."""


def fetch(registry: str, name: str, cache: Path, alias: str = CHAMPION) -> dict[str, str | int]:
    """The folder below `cache` that holds the alias's model folder, and its version. Raises RegistryError."""
    from mlflow import MlflowClient
    from mlflow.artifacts import download_artifacts
    from mlflow.exceptions import MlflowException

    client = MlflowClient(tracking_uri=registry, registry_uri=registry)
    try:
        version = client.get_model_version_by_alias(name, alias)
    except MlflowException as error:
        raise RegistryError(f"the registry at {registry} names no {alias} of {name}; train one first") from error
    target = cache / f"{name}-{version.version}-{str(version.run_id)[:8]}"
    if not target.exists():
        draft = cache / f".{target.name}-{os.getpid()}"
        uri = f"runs:/{version.run_id}/{ONCE if str(version.source).endswith(f'/{ONCE}') else BUNDLE}"
        Path(download_artifacts(artifact_uri=uri, dst_path=str(draft), tracking_uri=registry)).rename(target)
        shutil.rmtree(draft)
    return {"folder": target.name, "version": int(version.version)}


def main() -> None:
    """Prints what was fetched as JSON, or exits with the reason in one line."""
    os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
    os.environ.setdefault("GIT_PYTHON_REFRESH", "quiet")
    registry, name, cache, alias = sys.argv[1], sys.argv[2], Path(sys.argv[3]), sys.argv[4]
    cache.mkdir(parents=True, exist_ok=True)
    try:
        print(json.dumps(fetch(registry, name, cache, alias)))  # noqa: T201 - the parent reads it
    except Exception as failure:  # whatever it is, the parent needs one line
        sys.exit(" ".join(str(failure).split()))


if __name__ == "__main__":
    main()
