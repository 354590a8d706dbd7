"""The worst mistakes: answers that were sure and wrong, for somebody to read. The only part of a report with texts."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from model.classifier import Classifier
from model.redaction import names_of, redact
from training.corpus import Item
from training.fitting import targets

LENGTH = 200
"""Characters of a text that are shown."""


@dataclass(frozen=True)
class Mistake:
    """A wrong answer on one level."""

    id: str
    true: str
    said: str
    probability: float
    """Of the wrong label, in [0, 1]."""
    text: str
    """Its beginning; without personal data where that was asked for."""


def worst(
    classifier: Classifier, items: Sequence[Item], each: int = 3, *, redacted: bool = False
) -> dict[str, dict[str, list[Mistake]]]:
    """Level -> true label -> up to `each` wrong answers, surest first; labels without mistakes are left out."""
    if not items:
        return {name: {} for name in classifier.taxonomy.level_names}
    decoder = classifier.decoder
    answers = classifier.answer([item.document for item in items])
    truth = targets(items, classifier.taxonomy)
    marginals = decoder.marginals(answers.joint)
    found: dict[str, dict[str, list[Mistake]]] = {}
    for k, name in enumerate(classifier.taxonomy.level_names):
        true, said = decoder.members[truth, k], decoder.members[answers.best, k]
        sure = np.take_along_axis(marginals, said[:, None], axis=1)[:, 0]
        mine: dict[str, list[Mistake]] = {}
        for place in np.argsort(-sure, kind="stable").tolist():
            if true[place] == said[place]:
                continue
            item = items[place]
            kept = mine.setdefault(item.labels[k], [])
            if len(kept) < each:
                wrong = classifier.taxonomy.combinations[answers.best[place]][k]
                text = shown(item, redacted=redacted)
                kept.append(Mistake(item.id, item.labels[k], wrong, float(sure[place]), text))
        found[name] = mine
    return found


def shown(item: Item, *, redacted: bool) -> str:
    """The beginning of an item's text on one line, cut at LENGTH characters."""
    text = item.document.text
    if redacted:  # before it is cut: half an address would not be found
        text = redact(text, names_of(item.document)).text
    line = " ".join(text.split())
    return line if len(line) <= LENGTH else line[: LENGTH - 1].rstrip() + "…"
