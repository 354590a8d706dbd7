"""What can be wrong, as exceptions. Messages state the fact and what would be right; nothing here knows HTTP."""

from collections.abc import Sequence


class SortationError(Exception):
    """The root: whoever catches it catches everything Sortation raises on purpose."""


class Faults(SortationError):
    """Several things wrong with one input, all of them listed, each a sentence."""

    def __init__(self, subject: str, faults: Sequence[str]) -> None:
        self.subject = subject
        self.faults = list(faults)
        shown = "\n".join(f"  - {fault}" for fault in self.faults)
        super().__init__(f"{subject}: {len(self.faults)} fault{'s' * (len(self.faults) != 1)}\n{shown}")


class TaxonomyError(Faults):
    """A taxonomy that cannot be used."""


class CorpusError(Faults):
    """Labelled items that must not be trained on."""


class RoutingError(Faults):
    """Routing rules that cannot be used."""


class LabelError(Faults):
    """A label, or a combination of labels, that the taxonomy does not allow."""


class BundleError(SortationError):
    """A model folder that is damaged, foreign, or of an unknown format."""


class ReadingError(SortationError):
    """Bytes that could not be turned into a document; `reason` is a stable code for machines."""

    def __init__(self, reason: str, message: str) -> None:
        self.reason = reason
        super().__init__(message)


class NotFound(SortationError):
    """Something asked for by name that does not exist."""


class RegistryError(SortationError):
    """The model registry could not answer, or refused."""
