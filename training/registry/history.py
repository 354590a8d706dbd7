"""The record of promotions inside MLflow: a run for each, in an experiment of its own, that nothing ever changes."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

from training.history import Entry, written

PATIENCE = timedelta(minutes=10)
"""Age at which an entry that another machine began counts as abandoned."""
PAGE = 1000
LONGEST = 5000
"""Characters of a tag that every MLflow server takes."""


class History:
    """Entries of one registered model. An entry is begun before the alias moves, and ends once it has moved."""

    def __init__(self, client: Any, name: str, experiment: Callable[[str], str]) -> None:
        self._client, self._name, self._experiment = client, name, experiment

    def begin(self, entry: Entry) -> str:
        """Writes an entry that does not count yet; returns its run."""
        tags = {
            "kind": entry.kind,
            "before": "" if entry.before is None else str(entry.before),
            "after": str(entry.after),
            "who": entry.who[:LONGEST],
            "why": entry.why[:LONGEST],
        }
        tags |= {f"objection.{k:03}": each[:LONGEST] for k, each in enumerate(entry.objections)}
        title = f"{entry.kind} of version {entry.after}"
        return str(self._client.create_run(self._experiment(self._name), tags=tags, run_name=title).info.run_id)

    def end(self, run: str, *, counts: bool = True) -> None:
        """From now on the entry counts; or it never will."""
        self._client.set_terminated(run, "FINISHED" if counts else "FAILED")

    def read(self) -> list[Entry]:
        """All entries that count, oldest first."""
        return [_entry(run) for run in self._runs("FINISHED")]

    def settle(self, champion: int | None, older_than: int) -> None:
        """Ends what killed processes began before a time (in ms): an entry counts if the alias did move."""
        begun = [run for run in self._runs("RUNNING") if run.info.start_time <= older_than]
        for k, run in enumerate(begun):
            self.end(run.info.run_id, counts=k == len(begun) - 1 and int(run.data.tags["after"]) == champion)

    def _runs(self, status: str) -> Iterator[Any]:
        found = self._client.get_experiment_by_name(self._name)
        token = None
        while found is not None:
            page = self._client.search_runs(
                [found.experiment_id],
                f"attributes.status = '{status}'",
                max_results=PAGE,
                order_by=["attributes.start_time ASC"],
                page_token=token,
            )
            yield from page
            token = page.token
            if not token:
                return


def _entry(run: Any) -> Entry:
    tags = run.data.tags
    objections = (tags[key] for key in sorted(tags) if key.startswith("objection."))
    stood = int(tags["before"]) if tags["before"] else None
    told = (tags["kind"], stood, int(tags["after"]), tags["who"], tags["why"])
    return Entry(*told, tuple(objections), written(run.info.start_time))
