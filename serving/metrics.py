"""What a server counts and measures. One set per application; knows no request and no text."""

import resource
import sys
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from serving.exposition import KIND, Histogram, Series

__all__ = ["KIND", "Metrics"]
SECONDS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
SIZES = (1, 2, 4, 8, 16, 32, 64, 128, 256)
CONFIDENCES = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99, 1.0)


class Metrics:
    """All series of a server, under names that begin with sortation_."""

    def __init__(self) -> None:
        def counter(name: str, about: str, *labels: str) -> Series:
            return Series("counter", f"sortation_{name}_total", about, labels)

        def histogram(name: str, about: str, bounds: Sequence[float], *labels: str) -> Histogram:
            return Histogram(f"sortation_{name}", about, bounds, labels)

        self._requests = counter("requests", "Requests answered.", "route", "status")
        self._latency = histogram("request_seconds", "From a request's head to its answer.", SECONDS, "route")
        self._steps = histogram("step_seconds", "Time of a step of a batch.", SECONDS, "step")
        self._sizes = histogram("batch_items", "Items in a batch.", SIZES)
        self._confidence = histogram("confidence", "Probability that all labels are right.", CONFIDENCES)
        self._queue = Series("gauge", "sortation_queue_items", "Items that wait or are worked on.")
        self.refused = counter("overloaded", "Requests refused because too much waited.")
        self._decisions = counter("decisions", "Decisions made.", "decision")
        self._version = Series("gauge", "sortation_model_version", "Version that answers.", ("tenant",))
        self.swaps = counter("model_swaps", "Versions taken over.")
        self.model_refusals = counter("model_refusals", "Versions refused.")
        self.registry_failures = counter("registry_failures", "Looks at the registry that failed.")
        self._memory = Series("gauge", "sortation_resident_bytes_peak", "Largest resident memory so far.")
        self._cpu = Series("counter", "process_cpu_seconds_total", "CPU time, user and system.")
        self.others: list[Series] = []
        """What others measure."""

    def request(self, route: str, status: int, seconds: float) -> None:
        """One request answered."""
        self._requests.inc(route, str(status))
        self._latency.observe(seconds, route)

    def queued(self, items: int, waited: float) -> None:
        """A batch begins: how much waits, and how long its first item has."""
        self._queue.set(items)
        self._steps.observe(waited, "wait")

    def answered(self, answers: Sequence[Mapping[str, Any]], scored: float) -> None:
        """A batch was scored."""
        self._steps.observe(scored, "score")
        self._sizes.observe(len(answers))
        for decision, times in Counter(answer["decision"] for answer in answers).items():
            self._decisions.inc(decision, by=times)
        for answer in answers:
            self._confidence.observe(answer["confidence"])

    def stored(self, seconds: float, left: int) -> None:
        """A batch was committed, and so many items are left."""
        self._steps.observe(seconds, "store")
        self._queue.set(left)

    def serving(self, tenant: str, version: int) -> None:
        """A tenant's model was taken over."""
        self._version.set(version, tenant)
        self.swaps.inc()

    def exposed(self) -> bytes:
        """Everything, in Prometheus' text format."""
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        self._memory.set(peak if sys.platform == "darwin" else peak * 1024)
        self._cpu.set(time.process_time())
        series = [each for each in vars(self).values() if isinstance(each, Series | Histogram)]
        return "".join(line for each in (*series, *self.others) for line in each.lines()).encode()
