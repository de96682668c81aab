"""Where a constraint is kept, and sentences for where it is not, or by a constant decision only."""

import warnings
from typing import Any

import numpy as np

from imbalance_kit._tables.labels import spell
from imbalance_kit.cost._guarantee import guaranteed_at
from imbalance_kit.cost._rate_constraints import (
    Bound,
    Counts,
    best_at,
    kept_at,
    nearest_to,
    objective_of,
)

_HALVINGS = 10  # of the interval in which the nearest bound that can be guaranteed is looked for


def kept_with(
    score: np.ndarray,
    positive: np.ndarray,
    counts: Counts,
    bounds: list[Bound],
    confidence: float | None,
) -> np.ndarray:
    """At which thresholds the bounds hold: on these rows, or with confidence on new ones."""
    if confidence is None:
        return kept_at(counts, bounds)
    return guaranteed_at(score, positive, counts, bounds, 1.0 - confidence)


def nearest_kept(
    score: np.ndarray,
    positive: np.ndarray,
    counts: Counts,
    label: Any,
    bounds: list[Bound],
    confidence: float | None,
) -> tuple[np.ndarray, str]:
    """The thresholds that come nearest, and what they reach as two sentences."""
    wanted = f"class {spell(label)} {' and '.join(map(str, bounds))}"
    if confidence is None:
        near = nearest_to(counts, bounds)
        objective = objective_of(bounds)
        at = best_at(counts, near, counts.rate(objective), objective)
        reached = " and ".join(
            f"{bound.rate} {counts.rate(bound.rate)[at]:.4g}" for bound in bounds
        )
        return near, (
            f"No threshold gives {wanted} on the held-out rows. The nearest, "
            f"{counts.thresholds[at]:.4g}, has {reached}, with "
            f"{counts.found[at] + counts.false[at]:.10g} of "
            f"{counts.n_positive + counts.n_negative:.10g} rows as alerts"
            f"{_beside(counts, at, bounds)}."
        )
    near, step, low = np.ones(len(counts.thresholds), dtype=bool), 1.0, 0.0
    for _ in range(_HALVINGS):
        middle = (low + step) / 2.0
        relaxed = [bound.relaxed(middle) for bound in bounds]
        found = kept_with(score, positive, counts, relaxed, confidence)
        if found.any():
            near, step = found, middle
        else:
            low = middle
    could = " and ".join(str(bound.relaxed(step)) for bound in bounds)
    return near, (
        f"With probability {confidence:g}, no threshold guarantees {wanted}, as far as "
        f"{len(score)} rows with {counts.n_positive:.10g} of the class can tell. The nearest that "
        f"they could have guaranteed is {could}."
    )


def _beside(counts: Counts, at: int, bounds: list[Bound]) -> str:
    """The other of precision and recall, where it is not bounded."""
    free = [name for name in ("precision", "recall") if name not in {b.rate for b in bounds}]
    return "".join(f" and {name} {counts.rate(name)[at]:.4g}" for name in free)


def warn_of_constant_decision(counts: Counts, at: int, label: Any, bounds: list[Bound]) -> None:
    """Warn where every row is decided alike, though the bounds are kept."""
    n_alerts = counts.found + counts.false
    if 0 < n_alerts[at] < n_alerts[-1]:
        return
    how = "no row" if n_alerts[at] == 0 else "every row"
    warnings.warn(
        f"{' and '.join(map(str, bounds)).capitalize()} for class {spell(label)} is kept only by "
        f"deciding {how} for it. Give a weaker bound, more rows, or a better model.",
        UserWarning,
        stacklevel=2,
    )
