"""What a server counts and measures, for Prometheus. One registry per application; knows no request and no text."""

from collections import Counter as Tally
from collections.abc import Mapping, Sequence
from typing import Any

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST

KIND = CONTENT_TYPE_LATEST
SECONDS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
SIZES = (1, 2, 4, 8, 16, 32, 64, 128, 256)
CONFIDENCES = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99, 1.0)


class Metrics:
    """Counters and histograms, children looked up once."""

    def __init__(self) -> None:
        registry = self._registry = CollectorRegistry()
        ProcessCollector(registry=registry)
        self._requests = Counter("sortation_requests", "Requests answered.", ("route", "status"), registry=registry)
        self._latency = Histogram(
            "sortation_request_seconds",
            "Time from a request's head to its answer.",
            ("route",),
            registry=registry,
            buckets=SECONDS,
        )
        steps = Histogram(
            "sortation_step_seconds", "Time of a step of a batch.", ("step",), registry=registry, buckets=SECONDS
        )
        self._waited, self._scored, self._kept = (steps.labels(step) for step in ("wait", "score", "store"))
        self._sizes = Histogram("sortation_batch_items", "Items in a batch.", registry=registry, buckets=SIZES)
        self._queue = Gauge("sortation_queue_items", "Items that wait or are worked on.", registry=registry)
        self.refused = Counter("sortation_overloaded", "Requests refused because too much waited.", registry=registry)
        self._decisions = Counter("sortation_decisions", "Decisions made.", ("decision",), registry=registry)
        self._confidence = Histogram(
            "sortation_confidence", "Probability that all labels are right.", registry=registry, buckets=CONFIDENCES
        )
        self._version = Gauge("sortation_model_version", "Version that answers.", ("tenant",), registry=registry)
        self.swaps = Counter("sortation_model_swaps", "Versions taken over.", registry=registry)
        self.model_refusals = Counter("sortation_model_refusals", "Versions refused.", registry=registry)
        self.registry_failures = Counter(
            "sortation_registry_failures", "Looks at the registry that failed.", registry=registry
        )
        self._seen: dict[tuple[str, int], tuple[Any, Any]] = {}

    def request(self, route: str, status: int, seconds: float) -> None:
        """One request answered."""
        pair = self._seen.get((route, status))
        if pair is None:
            pair = self._requests.labels(route, str(status)), self._latency.labels(route)
            self._seen[route, status] = pair
        pair[0].inc()
        pair[1].observe(seconds)

    def queued(self, items: int, waited: float) -> None:
        """A batch begins: how much waits, and how long its first item has."""
        self._queue.set(items)
        self._waited.observe(waited)

    def answered(self, answers: Sequence[Mapping[str, Any]], scored: float) -> None:
        """A batch was scored."""
        self._scored.observe(scored)
        self._sizes.observe(len(answers))
        for decision, number in Tally(answer["decision"] for answer in answers).items():
            self._decisions.labels(decision).inc(number)
        for answer in answers:
            self._confidence.observe(answer["confidence"])

    def stored(self, seconds: float) -> None:
        """A batch was committed."""
        self._kept.observe(seconds)

    def serving(self, tenant: str, version: int) -> None:
        """A tenant's model was taken over."""
        self._version.labels(tenant).set(version)
        self.swaps.inc()

    def exposed(self) -> bytes:
        """Everything, in Prometheus' text format."""
        return generate_latest(self._registry)
