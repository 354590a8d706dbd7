"""What an answer holds only if asked: the words that carried its labels, the labels that come into question.

Knows no HTTP.
"""

from collections.abc import Sequence
from typing import Any

from model.classifier import Classifier
from model.decoding import Floats
from model.document import Prediction
from model.explanation import Contribution, Explanation, explain
from model.preparation import Prepared
from model.sets import Cutoffs, label_sets
from serving.seeing import Seen

MOST = 20
"""Parts that are shown of each label's score; the others are added up."""
DIGITS = 5
"""Decimals of weights, in logits."""


def asked(
    classifier: Classifier, seen: Sequence[Seen], predictions: Sequence[Prediction], joint: Floats
) -> list[dict[str, Any]]:
    """The keys `explanation` and `sets` of n answers; null where they were not asked for.

    `joint` holds the probabilities of the combinations, (n, n_combinations).
    """
    return [
        {
            "explanation": explained(classifier, each.prepared, prediction.names) if each.wanted.explain else None,
            "sets": None if each.wanted.sets is None else sets(classifier, joint[k : k + 1], each.wanted.sets),
        }
        for k, (each, prediction) in enumerate(zip(seen, predictions, strict=True))
    ]


def explained(classifier: Classifier, prepared: Prepared, labels: tuple[str, ...]) -> dict[str, Any]:
    """Level -> its label's score and the parts that add up to it."""
    return {each.level: _told(each, prepared) for each in explain(classifier, prepared.document, labels)}


def sets(classifier: Classifier, joint: Floats, rate: float) -> dict[str, Any]:
    """One item's sets at a rate, or why there are none; `joint` is (1, n_combinations)."""
    bar = next((each for each in classifier.cutoffs if each.error_rate == rate), None)
    told: dict[str, Any] = {"error_rate": rate, "items": 0 if bar is None else bar.items}
    reason = _refusal(classifier, rate, bar)
    if bar is None or reason is not None:
        return told | {"holds": False, "reason": reason, "labels": None, "combinations": None}
    (made,) = label_sets(joint, classifier.taxonomy, classifier.decoder, bar)
    names = classifier.taxonomy.level_names
    return told | {
        "holds": True,
        "reason": None,
        "labels": {name: list(labels) for name, labels in zip(names, made.levels, strict=True)},
        "combinations": [dict(zip(names, each, strict=True)) for each in made.combinations],
    }


def _told(explanation: Explanation, prepared: Prepared) -> dict[str, Any]:
    shown = explanation.strongest(MOST)
    everything = sum(each.weight for each in explanation.contributions)
    return {
        "label": explanation.label,
        "against": explanation.against,
        "score": round(explanation.score, DIGITS),
        "base": round(explanation.base, DIGITS),
        "parts": [_part(each, prepared) for each in shown],
        "rest": round(everything - sum(each.weight for each in shown), DIGITS),
    }


def _part(part: Contribution, prepared: Prepared) -> dict[str, Any]:
    field, start, end = part.field, part.start, part.end
    if field == "body":
        field, start, end = prepared.sent(start, end)
    return {"text": part.text, "field": field, "start": start, "end": end, "weight": round(part.weight, DIGITS)}


def _refusal(classifier: Classifier, rate: float, bar: Cutoffs | None) -> str | None:
    """Why no set keeps the rate; None where one does."""
    possible = [f"{each.error_rate:g}" for each in classifier.cutoffs if not each.missing]
    others = f"; there are sets at {', '.join(possible)}" if possible else ""
    if not classifier.cutoffs:
        return "this model was saved without prediction sets; train it again"
    if bar is None:
        return f"this model has no sets at {rate:g}{others}"
    if bar.missing:
        return f"{bar.items} calibration items are too few for {rate:g}: {bar.missing} more are needed{others}"
    return None
