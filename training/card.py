"""The model card in Markdown: what a version is for, how good it is, and where it is not (Mitchell et al., 2019)."""

from training.page import kept, worst_first
from training.pages import rendered
from training.slices import rate
from training.story import Story

CARD = "MODEL_CARD.md"
"""The card's name among a run's artifacts."""
DESCRIPTION = 4_900
"""Characters of a card that fit a registered version's description."""
BELOW = 0.05
"""How far below the whole a slice must be for certain to count as a limit."""
WEAK = 0.7
"""F1 below which a label counts as a limit."""


def card(story: Story) -> str:
    """The card; texts of the data are not in it."""
    report = story.report
    overall = rate(sum(report.correct), report.items)
    return rendered(
        "card.md",
        story=story,
        report=report,
        overall=overall,
        promises=list(zip(report.coverage, map(kept, story.classifier.guarantees), strict=True)),
        weak_slices=[each for each in report.slices if not each.small and each.joint.share <= overall.share - BELOW],
        small_slices=[f"{each.facet} {each.value} ({each.joint.items})" for each in report.slices if each.small],
        weak_labels=[
            (name, label, row)
            for name, level in report.levels.items()
            for label, row in worst_first(level.classes)
            if row.f1 < WEAK
        ],
        unmeasured=[
            label for level in report.levels.values() for label, row in level.classes.items() if not row.support
        ],
    )


def description(text: str) -> str:
    """A card as the description of a registered version, cut at the end of a line where it is too long."""
    if len(text) <= DESCRIPTION:
        return text
    return text[:DESCRIPTION].rsplit("\n", 1)[0] + f"\n\nThe rest is in {CARD} among the run's artifacts."
