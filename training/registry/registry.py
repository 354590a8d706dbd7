"""Runs, versions and aliases, in MLflow."""

import json
import logging
import os
import shutil
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from model.errors import NotFound, RegistryError
from training.drafts import draft, leftovers, locked, replace_whole
from training.history import Entry
from training.registry import packing
from training.registry.history import PATIENCE, History
from training.registry.records import PACKED, Dataset, Run, Version

NAME = "sortation"
"""The registered model's name, and the experiment's, unless told otherwise."""
CHAMPION, CHALLENGER = "champion", "challenger"
ONCE = "bundle"
"""The run's artifact that was the model folder in versions that plain MLflow could not load."""
DRAFT = "draft"
"""Tag of a run: the folder in which it was prepared, by which runs of killed processes are known."""


class Overtaken(RegistryError):
    """Another version became champion meanwhile: what was measured against the one before does not count."""


class Registry:
    """MLflow's tracking server and model registry at one address; by default a SQLite file with files beside it."""

    def __init__(self, home: Path, uri: str | None = None, name: str = NAME) -> None:
        self.name = name
        home.mkdir(parents=True, exist_ok=True)
        self.uri = uri or f"sqlite:///{(home / 'mlflow.db').resolve()}"
        self._file = Path(self.uri.removeprefix("sqlite:///")) if self.uri.startswith("sqlite:///") else None
        self._artifacts = (home / "artifacts").resolve()
        self._drafts = home / "drafts" / name
        self._lock = home / "registry.lock" if self._file is None else self._file.with_suffix(".lock")
        os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")  # nothing leaves the machine unasked
        os.environ.setdefault("MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR", "false")
        os.environ.setdefault("GIT_PYTHON_REFRESH", "quiet")
        logging.getLogger("alembic").setLevel(logging.WARNING)
        from mlflow import MlflowClient
        from mlflow.exceptions import MlflowException

        logging.getLogger("mlflow").setLevel(logging.WARNING)
        self._failure = MlflowException
        with locked(self._lock):  # the first of several processes makes the tables
            self._client = MlflowClient(tracking_uri=self.uri, registry_uri=self.uri)
        self._history = History(self._client, f"{name}-history", self._made)

    @contextmanager
    def work(self) -> Iterator[Path]:
        """A folder for one run's files, once what killed runs left behind has been put right. Raises RegistryError."""
        with self._refusing("does not answer"), leftovers(self._drafts) as dead:
            for folder in dead:
                self._settle_run(folder.name)
            with locked(self._lock):
                self._settle_history()
        with draft(self._drafts) as folder:
            yield folder

    def _settle_run(self, drafted: str) -> None:
        """Ends the runs that a killed process left: those whose version exists are whole, others failed."""
        found = self._client.get_experiment_by_name(self.name)
        query = f"tags.{DRAFT} = '{drafted}' and attributes.status = 'RUNNING'"
        for run in [] if found is None else self._client.search_runs([found.experiment_id], query):
            whole = bool(self._client.search_model_versions(f"run_id = '{run.info.run_id}'"))
            self._client.set_terminated(run.info.run_id, "FINISHED" if whole else "FAILED")

    def record(self, run: Run) -> Version:
        """Stores a run with its model folder and registers it under the alias `challenger`.

        The version appears only once everything else is stored. Raises RegistryError.
        """
        client = self._client
        packed = packing.pack(run.bundle, run.bundle.with_name(PACKED))
        with self._refusing("refused the run"):
            tags = {**run.tags, DRAFT: run.bundle.parent.name}
            number = client.create_run(self._experiment(), tags=tags).info.run_id
            try:
                for key, value in run.parameters.items():
                    client.log_param(number, key, value)
                self._log_metrics(number, run.metrics)
                self._log_datasets(number, run.datasets)
                client.log_artifacts(number, str(run.extras))
                client.log_artifacts(number, str(packed), PACKED)
                self._ensure_model()
                source = f"{client.get_run(number).info.artifact_uri}/{PACKED}"
                made = client.create_model_version(
                    self.name, source, number, tags=dict(run.tags), description=run.description or None
                )
            except BaseException:
                client.set_terminated(number, "FAILED")
                raise
            client.set_registered_model_alias(self.name, CHALLENGER, made.version)
            client.set_terminated(number)
        shutil.rmtree(packed)
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
        with locked(self._lock):
            return self._made(self.name)

    def _made(self, name: str) -> str:
        """The id of an experiment, which is made where there is none; to be called with the lock held."""
        found = self._client.get_experiment_by_name(name)
        if found is not None:
            return str(found.experiment_id)
        location = self._artifacts.as_uri() if self._file is not None else None
        return str(self._client.create_experiment(name, artifact_location=location))

    def _ensure_model(self) -> None:
        with locked(self._lock):
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
        folder = ONCE if str(made.source).endswith(f"/{ONCE}") else Version.folder
        return Version(int(made.version), str(made.run_id), dict(made.tags), folder)

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
        from mlflow.artifacts import download_artifacts

        uri = f"runs:/{version.run}/{version.folder}"
        with leftovers(into / ".drafts"):
            pass  # of fetches that were killed
        with draft(into / ".drafts") as drafted:
            try:
                made = download_artifacts(artifact_uri=uri, dst_path=str(drafted), tracking_uri=self.uri)
                replace_whole(Path(made), target)
            except (self._failure, OSError) as error:
                raise RegistryError(f"version {version.number} cannot be fetched from {self.uri}: {error}") from error
        return target

    def read(self, version: Version, name: str) -> bytes | None:
        """The content of a file among a version's extras; None where its run has none of this name."""
        from mlflow.artifacts import download_artifacts

        with draft(self._drafts) as folder, suppress(self._failure, OSError):
            uri = f"runs:/{version.run}/{name}"
            made = Path(download_artifacts(artifact_uri=uri, dst_path=str(folder), tracking_uri=self.uri))
            return made.read_bytes()
        return None

    def promote(self, version: Version, entry: Entry) -> None:
        """Makes a version the champion in place of `entry.before`, and writes that down.

        Raises Overtaken where another version is champion by now; then nothing changed.
        """
        with self._refusing(f"did not promote version {version.number}"), locked(self._lock):
            self._settle_history()
            self._expect(entry.before)
            written = self._history.begin(entry)
            why = f"{entry.kind} by {entry.who}: {entry.why}"
            self._client.set_model_version_tag(self.name, str(version.number), "promoted", why[:5000])
            self._client.set_registered_model_alias(self.name, CHAMPION, str(version.number))
            self._history.end(written)
            self._expect(version.number)  # from another machine no lock keeps anybody

    def _expect(self, number: int | None) -> None:
        champion = self.find(CHAMPION)
        if (None if champion is None else champion.number) != number:
            now = "none" if champion is None else f"version {champion.number}"
            raise Overtaken(f"the champion is {now} by now: somebody else promoted at the same time")

    def _settle_history(self) -> None:
        champion = self.find(CHAMPION)
        number = None if champion is None else champion.number
        patience = 0 if self._file is not None else PATIENCE.total_seconds()
        self._history.settle(number, int((time.time() - patience) * 1000))

    def history(self) -> list[Entry]:
        """Every change of the champion, oldest first."""
        with self._refusing("does not answer"), locked(self._lock):
            self._settle_history()
            return self._history.read()

    def object(self, version: Version, reasons: list[str]) -> None:
        """Writes down why a version was not promoted. Raises RegistryError."""
        told = "\n".join(reasons)[:5000]
        with self._refusing(f"did not take the objections to version {version.number}"):
            self._client.set_model_version_tag(self.name, str(version.number), "objections", told)

    @contextmanager
    def _refusing(self, what: str) -> Iterator[None]:
        """MLflow's failures as RegistryError."""
        try:
            yield
        except self._failure as error:
            raise RegistryError(f"the registry at {self.uri} {what}: {error}") from error
