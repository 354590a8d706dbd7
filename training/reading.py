"""Items as the classifier will see them when it serves, and the languages they are in. Knows no files."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from model.classifier import Classifier
from model.drift import Profile, observed, profile
from model.preparation import SURE, prepare
from model.reading.language import UNKNOWN
from training.corpus import Item

SHARE = 0.01
"""Share of the items in a named language from which on the classifier counts as trained on that language."""
FEWEST = 5
"""Items in a language below which it does not count, however few items there are."""


def prepared(items: Sequence[Item]) -> list[Item]:
    """The items with their documents prepared: newest messages, without quotes, signatures and residue."""
    return [replace(item, document=prepare(item.document).document) for item in items]


def trained_languages(items: Sequence[Item]) -> list[str]:
    """Codes of the languages that enough of the prepared `items` are in, most frequent first."""
    counts: Counter[str] = Counter()
    for item in items:
        code, confidence = prepare(item.document).language
        if code != UNKNOWN and confidence >= SURE:
            counts[code] += 1
    enough = max(FEWEST, SHARE * counts.total())
    return [code for code, count in counts.most_common() if count >= enough]


def reference(classifier: Classifier, items: Sequence[Item]) -> Profile | None:
    """What a classifier's answers to prepared items that it never saw look like; None where there are none."""
    documents = [item.document for item in items]
    found = zip(classifier.predict(documents, 0), documents, strict=True)
    languages = (prepare(document).language[0] for document in documents)
    made = profile(observed(*each, language) for each, language in zip(found, languages, strict=True))
    return made if made.items else None
