"""Whether a version goes out: it is measured against the champion, and takes its place unless something objects.

What speaks against a version is worked out in promotion.py; this file brings both sides together, and starts again
where another version became champion meanwhile.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from model import bundle
from model.classifier import Classifier
from model.errors import BundleError, RegistryError, SortationError
from model.taxonomy import Taxonomy
from training import seen
from training.comparison import Comparison, chance_error, compare, same_questions
from training.corpus import Item
from training.evaluation import Report, evaluate
from training.history import PROMOTION, ROLLBACK, Entry, before
from training.promotion import FEWEST, Evidence, objections
from training.registry import CHAMPION, Overtaken, Registry, Version

Say = Callable[[str], None]


@dataclass(frozen=True)
class Terms:
    """On what terms a version goes out."""

    who: str
    why: str
    promote: bool = True
    """Whether it goes out at all, or is only measured."""
    force: bool = False
    """Whether it goes out over objections, which the history then holds."""
    misfits: Callable[[Taxonomy], list[str]] = lambda taxonomy: []
    """What of a version's taxonomy does not fit what is served, as sentences."""


@dataclass(frozen=True, eq=False)
class Candidate:
    """A version that may go out, and what it is measured on."""

    version: Version
    classifier: Classifier
    items: Sequence[Item]
    """Labelled, prepared, and not used to make the version."""
    report: Report
    """Of the classifier on the items."""


def candidate(version: Version, classifier: Classifier, registry: Registry, items: Sequence[Item]) -> Candidate:
    """A registered version with those of some labelled items that it can be measured on."""
    hashes = seen.unpacked(registry.read(version, seen.FILE))
    fresh = [item for item in items if item.labels in classifier.taxonomy.index]
    fresh = fresh if hashes is None else seen.unseen(fresh, hashes)
    return Candidate(version, classifier, fresh, evaluate(classifier, fresh))


def go_out(registry: Registry, mine: Candidate, cache: Path, terms: Terms, say: Say) -> list[str]:
    """Promotes a version and returns what spoke against it; where something did, it is promoted only by force."""
    while True:
        champion = registry.find(CHAMPION)
        reasons = objections_to(registry, mine, champion, cache, terms, say)
        if reasons:
            registry.object(mine.version, reasons)
        if not terms.promote or (reasons and not terms.force):
            return reasons
        stood = None if champion is None else champion.number
        entry = Entry(PROMOTION, stood, mine.version.number, terms.who, terms.why, tuple(reasons))
        try:
            registry.promote(mine.version, entry)
            return reasons
        except Overtaken as error:
            say(f"{error}; measuring again")


def objections_to(
    registry: Registry, mine: Candidate, champion: Version | None, cache: Path, terms: Terms, say: Say
) -> list[str]:
    """What speaks against a version; `cache` is where the champion's model folder is copied to."""
    against = None if champion is None else against_champion(registry, mine, champion, cache, say)
    chance = chance_error(mine.classifier, mine.items)
    return objections(mine.report, Evidence(against, chance, terms.misfits(mine.classifier.taxonomy)))


def against_champion(
    registry: Registry, mine: Candidate, champion: Version, cache: Path, say: Say
) -> Comparison | None:
    """The candidate against the champion; None, and said why, where the two cannot be compared."""
    try:
        rival = bundle.load(registry.fetch(champion, cache), mapped=False)
    except (BundleError, RegistryError) as error:  # damaged, or its files are gone: nobody could serve it either
        say(f"version {champion.number}, the champion, cannot be compared with: {error}")
        return None
    if not same_questions(rival.taxonomy, mine.classifier.taxonomy):
        say(f"version {champion.number}, the champion, answers another taxonomy: there is no comparison")
        return None
    items = mine.items
    hashes = seen.unpacked(registry.read(champion, seen.FILE))
    fresh = items if hashes is None else seen.unseen(items, hashes)
    if len(fresh) < FEWEST:
        told = len(items) - len(fresh)
        if told:
            say(f"version {champion.number}, the champion, was trained on {told} of the {len(items)} test items")
    else:
        items = fresh
    return compare(rival, mine.classifier, items) if items else None


def compared(first: Candidate, second: Candidate) -> Comparison:
    """Two versions on the items that neither was made with. Raises SortationError where there is no comparison."""
    if not same_questions(first.classifier.taxonomy, second.classifier.taxonomy):
        names = [
            f"version {each.version.number} answers {_asked(each.classifier.taxonomy)}" for each in (first, second)
        ]
        raise SortationError(f"{' and '.join(names)}: answers to different questions are not compared")
    other = {item.id for item in second.items}
    items = [item for item in first.items if item.id in other]
    if not items:
        raise SortationError("there are no items that neither version was made with; name others with --corpus")
    return compare(first.classifier, second.classifier, items)


def _asked(taxonomy: Taxonomy) -> str:
    sizes = ", ".join(f"{level.name} ({len(level.labels)} labels)" for level in taxonomy.levels)
    return f"the taxonomy {taxonomy.name} {taxonomy.version} with {sizes}"


def roll_back(registry: Registry, to: int | None, terms: Terms, cache: Path, vectors: str = "") -> Entry:
    """Makes the champion before the present one champion again, or version `to`; returns what was written down.

    Raises SortationError where there is none, or its model folder is not sound.
    """
    champion = registry.get(CHAMPION)
    number = before(registry.history(), champion.number) if to is None else to
    if number is None:
        raise SortationError(f"there was no champion before version {champion.number}; name one with --to")
    if number == champion.number:
        raise SortationError(f"version {number} is the champion already")
    version = registry.get(str(number))
    bundle.load(registry.fetch(version, cache), vectors=vectors)
    entry = Entry(ROLLBACK, champion.number, number, terms.who, terms.why)
    registry.promote(version, entry)
    return entry
