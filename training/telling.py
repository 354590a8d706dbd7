"""A run's values -> its story, with the learning curve and the worst mistakes. Writes nothing."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from model import bundle
from model.classifier import Classifier
from model.errors import BundleError, RegistryError
from model.taxonomy import Taxonomy
from training import seen
from training.comparison import same_questions
from training.corpus import Item, corpus_hash
from training.evaluation import Report, evaluate
from training.fitting import Settings
from training.learning_curve import learning_curve
from training.mistakes import worst
from training.origin import code_hash, commit, environment, machine
from training.registry import CHAMPION, Registry
from training.settings_file import as_yaml
from training.shares import Shares
from training.story import Data, Story

if TYPE_CHECKING:
    from training.run import Inputs


@dataclass(frozen=True)
class Telling:
    """How much of a run is told, and where."""

    pages: Path | None = None
    """Folder in which the page is put as well, under the version's number; None: only among the artifacts."""
    redacted: bool = False
    """Whether personal data are taken out of the texts on the page."""
    full: bool = False
    """Whether the learning curve is drawn however long that takes."""


def told_of(shares: Shares, taxonomy: Taxonomy, source: str) -> tuple[Data, ...]:
    """What can be told of the shares without their texts."""
    named = {"fit": shares.fit, "calibration": shares.calibration, "test": shares.test}
    return tuple(_data(name, items, taxonomy, source) for name, items in named.items())


def _data(name: str, items: Sequence[Item], taxonomy: Taxonomy, source: str) -> Data:
    channels = Counter(item.document.channel or "not stated" for item in items)
    labels = len({item.labels[-1] for item in items})
    return Data(name, len(items), corpus_hash(items, taxonomy), source, dict(sorted(channels.items())), labels)


def tell(
    inputs: "Inputs",
    shares: Shares,
    classifier: Classifier,
    report: Report,
    settings: Settings,
    telling: Telling,
    say: Callable[[str], None],
) -> Story:
    """What the page and the card of a run are told from; nothing yet about who it is compared with."""
    return Story(
        name=inputs.taxonomy.name,
        classifier=classifier,
        report=report,
        data=told_of(shares, inputs.taxonomy, inputs.source),
        corrections=inputs.corrections,
        code=code_hash(),
        commit=commit(),
        environment=environment() | {"machine": machine()},
        settings=asdict(settings),
        settings_file=as_yaml(settings),
        stated=inputs.stated,
        curve=tuple(learning_curve(shares, inputs.taxonomy, settings, report, telling.full, say)),
        mistakes=worst(classifier, shares.test, redacted=telling.redacted),
    )


def champion_told(story: Story, registry: Registry, test: Sequence[Item], cache: Path) -> Story:
    """The story beside the champion's report on those of the same items that it was not made with.

    Without a champion that can be loaded and answers the same questions, the story as it is. `cache` is where its
    folder is copied to.
    """
    story = replace(story, name=registry.name)
    champion = registry.find(CHAMPION)
    if champion is None:
        return story
    try:
        rival = bundle.load(registry.fetch(champion, cache), mapped=False)
    except (BundleError, RegistryError):
        return story  # said where the two are measured against each other
    if not same_questions(rival.taxonomy, story.classifier.taxonomy):
        return story
    hashes = seen.unpacked(registry.read(champion, seen.FILE))
    fresh = list(test) if hashes is None else seen.unseen(test, hashes)
    return replace(story, rival=evaluate(rival, fresh), rival_number=champion.number) if fresh else story
