"""L-BFGS in single precision for smooth convex losses of millions of weights. Knows only vectors.

Liu and Nocedal (1989). SciPy's version works in double precision with ten pairs: four times the memory traffic, which
is where the time goes at this size.
"""

from collections import deque
from collections.abc import Callable

import numpy as np

from model.decoding import Floats

PAIRS = 4
"""Steps remembered."""
TOLERANCE = 2e-4
"""Stops when the gradient's norm has fallen to this share of the first one's, or the loss no longer falls."""


def minimise(
    loss: Callable[[Floats], tuple[float, Floats]],
    start: Floats,
    steps: int,
    progress: Callable[[int, int], None] | None = None,
) -> Floats:
    """A point of low loss, reached from `start` in at most `steps` steps. Deterministic."""
    point = start
    value, gradient = loss(point)
    first = float(np.linalg.norm(gradient))
    memory: deque[tuple[Floats, Floats, float]] = deque(maxlen=PAIRS)
    for step in range(steps):
        if progress is not None:
            progress(step, steps)
        if np.linalg.norm(gradient) <= TOLERANCE * first:
            break
        direction = _direction(gradient, memory)
        slope = float(np.dot(gradient, direction))
        length = 1.0 if memory else 1.0 / max(first, 1e-12)
        for _ in range(20):
            candidate = point + np.float32(length) * direction
            new, fresh = loss(candidate)
            if new <= value + 1e-4 * length * slope:
                break
            length *= 0.4
        else:
            break
        moved, bent = candidate - point, fresh - gradient
        curvature = float(np.dot(moved, bent))
        if curvature > 1e-12:
            memory.append((moved, bent, curvature))
        if value - new < 1e-7 * max(abs(value), 1e-3):
            return candidate
        point, value, gradient = candidate, new, fresh
    return point


def _direction(gradient: Floats, memory: deque[tuple[Floats, Floats, float]]) -> Floats:
    """The two-loop recursion: minus the gradient, bent by the curvature seen on the last steps."""
    direction = -gradient
    weights = []
    for moved, bent, curvature in reversed(memory):
        weight = np.float32(np.dot(moved, direction) / curvature)
        direction -= weight * bent
        weights.append(weight)
    if memory:
        moved, bent, curvature = memory[-1]
        direction *= np.float32(curvature / np.dot(bent, bent))
    for (moved, bent, curvature), weight in zip(memory, reversed(weights), strict=True):
        direction += moved * (weight - np.float32(np.dot(bent, direction) / curvature))
    return direction
