"""Why a challenger may not become champion. Pure: reports in, sentences out."""

from scipy.stats import binomtest

from training.evaluation import Report

DOUBT = 0.05
"""A loss counts only where chance explains it with less than this probability (one-sided)."""
CALIBRATION = 0.15
"""Expected calibration error above which confidences are not believed."""
FEW = 100
"""Test items below which the calibration error is too noisy to object to."""


def objections(new: Report, champion: Report | None) -> list[str]:
    """Why `new` may not be promoted; empty when it may. `champion` is its report on the same test items."""
    found = []
    if new.items and not binomtest(sum(new.correct), new.items, new.majority, alternative="greater").pvalue < DOUBT:
        found.append(
            f"{new.joint_accuracy:.1%} of the test items have every level right; always giving the commonest "
            f"answer would be right on {new.majority:.1%}"
        )
    for name, level in new.levels.items():
        if new.items >= FEW and level.calibration_error > CALIBRATION:
            found.append(
                f"the calibration error of {name} is {level.calibration_error:.3f}; at most {CALIBRATION} is asked"
            )
    if champion is not None:
        found += _losses(new, champion)
    return found


def _losses(new: Report, champion: Report) -> list[str]:
    """Where the champion is better beyond chance, by the exact McNemar test on the items both answered."""
    old = dict(zip(champion.ids, champion.correct, strict=True))
    pairs = [(mine, old[item]) for item, mine in zip(new.ids, new.correct, strict=True) if item in old]
    lost = sum(theirs and not mine for mine, theirs in pairs)
    won = sum(mine and not theirs for mine, theirs in pairs)
    if lost > won and binomtest(lost, lost + won, alternative="greater").pvalue < DOUBT:
        return [
            f"the champion is right on {lost} items that this one gets wrong, and wrong on only {won} that this "
            f"one gets right ({len(pairs)} items in common)"
        ]
    return []
