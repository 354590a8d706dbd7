"""Whether an answer may be acted on alone. Pure."""

from dataclasses import dataclass

from model.document import Prediction
from model.guarantee import Guarantee
from model.preparation import UNSUPPORTED
from serving.routing.rules import Decided, Decisions

BLOCKING = ("unseen_vocabulary", "unlike_training", "truncated", "too_short")
"""Doubts under which nothing is handled alone, however high the probability."""


@dataclass(frozen=True)
class Decision:
    """What may be done with an answer, why, and under which promise."""

    kind: Decided
    reasons: tuple[str, ...]
    """Codes: doubts of the classifier, no_guarantee, below_threshold, or guaranteed."""
    error_rate: float | None
    """The promise that the threshold stands for; None where there is none for this label."""
    confidence_level: float | None


def decide(prediction: Prediction, guarantees: tuple[Guarantee, ...], policy: Decisions) -> Decision:
    """Auto where the promise of `policy.error_rate` holds, else suggest, review or abstain by joint probability.

    Text in a language that the classifier was not trained on is always reviewed.
    """
    strict = [each for each in guarantees if each.error_rate <= policy.error_rate]
    kept = max(strict, key=lambda each: each.error_rate, default=None)
    threshold = None if kept is None else kept.threshold(prediction.names[-1])
    reasons = list(prediction.doubts)
    if UNSUPPORTED in prediction.doubts:  # its probabilities mean nothing, low ones no more than high ones
        return Decision("review", tuple(reasons), None, None)
    blocked = any(doubt in BLOCKING for doubt in prediction.doubts)
    if threshold is None:
        reasons.append("no_guarantee")
    elif prediction.joint < threshold:
        reasons.append("below_threshold")
    elif not blocked:
        return Decision("auto", (*reasons, "guaranteed"), *_promise(kept))
    if prediction.joint < policy.review_from:
        kind: Decided = "abstain"
    elif prediction.joint < policy.suggest_from or blocked:
        kind = "review"
    else:
        kind = "suggest"
    return Decision(kind, tuple(reasons), *(_promise(kept) if threshold is not None else (None, None)))


def _promise(kept: Guarantee | None) -> tuple[float | None, float | None]:
    return (None, None) if kept is None else (kept.error_rate, kept.confidence_level)
