"""Runs, versions and aliases. The only training file that knows MLflow."""

import json
import logging
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from model.errors import NotFound, RegistryError

NAME = "sortation"
"""The registered model's name, and the experiment's, unless told otherwise."""
CHAMPION, CHALLENGER = "champion", "challenger"
BUNDLE = "bundle"
"""The run's artifact that holds the model folder."""


@dataclass(frozen=True)
class Version:
    """A registered model version."""

    number: int
    run: str
    tags: Mapping[str, str]


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
    """The model folder."""
    extras: Path
    """A folder of plots, the report and whatever else should stand beside them."""
    datasets: Sequence[Dataset] = ()
    description: str = ""
    """Of the registered version, in Markdown."""


class Registry:
    """MLflow's tracking server and model registry at one address; by default a SQLite file with files beside it."""

    def __init__(self, home: Path, uri: str | None = None, name: str = NAME) -> None:
        self.name = name
        home.mkdir(parents=True, exist_ok=True)
        self.uri = uri or f"sqlite:///{(home / 'mlflow.db').resolve()}"
        self._artifacts = (home / "artifacts").resolve()
        os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")  # nothing leaves the machine unasked
        os.environ.setdefault("GIT_PYTHON_REFRESH", "quiet")
        logging.getLogger("alembic").setLevel(logging.WARNING)
        from mlflow import MlflowClient
        from mlflow.exceptions import MlflowException

        logging.getLogger("mlflow").setLevel(logging.WARNING)
        self._failure = MlflowException
        self._client = MlflowClient(tracking_uri=self.uri, registry_uri=self.uri)

    def record(self, run: Run) -> Version:
        """Stores a run with its model folder and registers it under the alias `challenger`.

        The version appears only once everything else is stored. Raises RegistryError.
        """
        client = self._client
        try:
            number = client.create_run(self._experiment(), tags=dict(run.tags)).info.run_id
            try:
                for key, value in run.parameters.items():
                    client.log_param(number, key, value)
                self._log_metrics(number, run.metrics)
                self._log_datasets(number, run.datasets)
                client.log_artifacts(number, str(run.extras))
                client.log_artifacts(number, str(run.bundle), BUNDLE)
            except BaseException:
                client.set_terminated(number, "FAILED")
                raise
            client.set_terminated(number)
            self._ensure_model()
            source = f"{client.get_run(number).info.artifact_uri}/{BUNDLE}"
            made = client.create_model_version(
                self.name, source, number, tags=dict(run.tags), description=run.description or None
            )
            client.set_registered_model_alias(self.name, CHALLENGER, made.version)
        except self._failure as error:
            raise RegistryError(f"the registry at {self.uri} refused the run: {error}") from error
        return Version(int(made.version), number, dict(run.tags))

    def _log_metrics(self, run: str, metrics: Mapping[str, float]) -> None:
        from mlflow.entities import Metric

        entries = [Metric(key, value, 0, 0) for key, value in metrics.items()]
        for start in range(0, len(entries), 500):
            self._client.log_batch(run, metrics=entries[start : start + 500])

    def _log_datasets(self, run: str, datasets: Sequence[Dataset]) -> None:
        from mlflow import entities

        logged = []
        for each in datasets:
            columns = [{"type": kind, "name": name, "required": True} for name, kind in each.columns.items()]
            schema, profile = json.dumps({"mlflow_colspec": columns}), json.dumps(dict(each.profile))
            source = json.dumps({"uri": each.source})
            shown = entities.Dataset(each.name, each.digest[:32], "local", source, schema, profile)
            logged.append(entities.DatasetInput(shown, [entities.InputTag("mlflow.data.context", each.context)]))
        if logged:
            self._client.log_inputs(run, logged)

    def begin(self, name: str, tags: Mapping[str, str], parent: str | None = None) -> str:
        """Starts a run without a model, below another one if that is given; returns its id. Raises RegistryError."""
        nested = {} if parent is None else {"mlflow.parentRunId": parent}
        try:
            made = self._client.create_run(self._experiment(), tags=dict(tags) | nested, run_name=name)
        except self._failure as error:
            raise RegistryError(f"the registry at {self.uri} refused the run: {error}") from error
        return str(made.info.run_id)

    def finish(
        self, run: str, parameters: Mapping[str, Any], metrics: Mapping[str, float], status: str = "FINISHED"
    ) -> None:
        """Ends a run that was begun: FINISHED, FAILED or KILLED. Raises RegistryError."""
        try:
            for key, value in parameters.items():
                self._client.log_param(run, key, value)
            self._log_metrics(run, metrics)
            self._client.set_terminated(run, status)
        except self._failure as error:
            raise RegistryError(f"the registry at {self.uri} refused the run: {error}") from error

    def artifact(self, version: Version, name: str, into: Path) -> Path:
        """Copies one file of a version's run below `into`. Raises RegistryError."""
        from mlflow.artifacts import download_artifacts

        address = f"runs:/{version.run}/{name}"
        try:
            return Path(download_artifacts(artifact_uri=address, dst_path=str(into), tracking_uri=self.uri))
        except (self._failure, OSError) as error:
            raise RegistryError(f"version {version.number} has no {name} that can be fetched: {error}") from error

    def _experiment(self) -> str:
        found = self._client.get_experiment_by_name(self.name)
        if found is not None:
            return str(found.experiment_id)
        location = self._artifacts.as_uri() if self.uri.startswith("sqlite:") else None
        return str(self._client.create_experiment(self.name, artifact_location=location))

    def _ensure_model(self) -> None:
        if not self._client.search_registered_models(f"name = '{self.name}'"):
            self._client.create_registered_model(self.name)

    def find(self, which: str) -> Version | None:
        """The version with an alias or a number, or None. Raises RegistryError where the registry fails."""
        try:
            if which.isdecimal():
                made = self._client.get_model_version(self.name, which)
            else:
                made = self._client.get_model_version_by_alias(self.name, which)
        except self._failure as error:
            if error.error_code in {"RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE"}:
                return None
            raise RegistryError(f"the registry at {self.uri} does not answer: {error}") from error
        return Version(int(made.version), str(made.run_id), dict(made.tags))

    def get(self, which: str) -> Version:
        """The version with an alias or a number. Raises NotFound."""
        version = self.find(which)
        if version is None:
            raise NotFound(f"the registry at {self.uri} has no version {which!r} of {self.name}; train one first")
        return version

    def fetch(self, version: Version, into: Path) -> Path:
        """Copies a version's model folder below `into` and returns where it lies; a copy made before is used again."""
        target = into / f"{self.name}-{version.number}-{version.run[:8]}"
        if target.exists():
            return target
        into.mkdir(parents=True, exist_ok=True)
        from mlflow.artifacts import download_artifacts

        draft = into / f".{target.name}-{os.getpid()}"
        try:
            download_artifacts(artifact_uri=f"runs:/{version.run}/{BUNDLE}", dst_path=str(draft), tracking_uri=self.uri)
            (draft / BUNDLE).rename(target)
            draft.rmdir()
        except (self._failure, OSError) as error:
            raise RegistryError(f"version {version.number} cannot be fetched from {self.uri}: {error}") from error
        return target

    def promote(self, version: Version, why: str) -> None:
        """Gives a version the alias `champion`, with the reason in its tags. Raises RegistryError."""
        try:
            self._client.set_model_version_tag(self.name, str(version.number), "promoted", why)
            self._client.set_registered_model_alias(self.name, CHAMPION, str(version.number))
        except self._failure as error:
            raise RegistryError(f"version {version.number} cannot be promoted: {error}") from error

    def object(self, version: Version, reasons: list[str]) -> None:
        """Writes down why a version was not promoted."""
        self._client.set_model_version_tag(self.name, str(version.number), "objections", "\n".join(reasons)[:5000])
