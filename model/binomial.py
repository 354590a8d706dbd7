"""The binomial distribution. SciPy's functions are loaded when first asked for: a server that only answers does not."""


def at_most(errors: int, items: int, rate: float) -> float:
    """Probability of at most `errors` errors among `items` that each go wrong with probability `rate`, in [0, 1]."""
    from scipy.special import bdtr

    return float(bdtr(errors, items, rate))
