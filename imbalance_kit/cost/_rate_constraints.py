"""Constraints on the rates of a decision for one class against the rest, at every threshold."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from scipy.stats import beta

from imbalance_kit._tables.labels import spell

_ROUNDING = 1e-12  # by which a rate may miss its bound
#: Rates that may be bounded, and whether the bound is from below.
RATES = {"precision": True, "recall": True, "false_positive_rate": False, "alert_share": False}
_SPELLED = {
    "precision": "a precision",
    "recall": "a recall",
    "false_positive_rate": "a false-positive rate",
    "alert_share": "a share of alerts",
}


class Counts(NamedTuple):
    """Weight of the rows at or above each threshold, by falling threshold: none first, all last."""

    thresholds: np.ndarray
    found: np.ndarray
    false: np.ndarray
    n_positive: float
    n_negative: float

    def rate(self, name: str) -> np.ndarray:
        """One of `RATES`, or "f1", at every threshold; 0 where nothing is divided."""
        alerts = self.found + self.false
        part, whole = {
            "precision": (self.found, alerts),
            "recall": (self.found, self.n_positive),
            "false_positive_rate": (self.false, self.n_negative),
            "alert_share": (alerts, self.n_positive + self.n_negative),
            "f1": (2.0 * self.found, alerts + self.n_positive),
        }[name]
        whole = np.broadcast_to(whole, part.shape)
        return np.where(whole > 0, part / np.where(whole > 0, whole, 1.0), 0.0)

    def matrices(self) -> np.ndarray:
        """Confusion matrices, the class in question second."""
        missed, passed = self.n_positive - self.found, self.n_negative - self.false
        return np.stack([passed, self.false, missed, self.found], axis=1).reshape(-1, 2, 2)


@dataclass(frozen=True)
class Bound:
    """A rate and what it must reach, or stay within."""

    rate: str
    value: float

    @property
    def from_below(self) -> bool:
        return RATES[self.rate]

    def missed_by(self, counts: Counts) -> np.ndarray:
        """How far the rate is from the bound at each threshold; at most 0 where it holds."""
        rate = counts.rate(self.rate)
        return self.value - rate if self.from_below else rate - self.value

    def relaxed(self, by: float) -> "Bound":
        """A bound that is easier to keep."""
        return Bound(
            self.rate, max(self.value - by, 0.0) if self.from_below else min(self.value + by, 1.0)
        )

    def __str__(self) -> str:
        side = "at least" if self.from_below else "at most"
        return f"{_SPELLED[self.rate]} of {side} {self.value:.6g}"


def counts_at_thresholds(
    score: np.ndarray, positive: np.ndarray, weight: np.ndarray | None
) -> Counts:
    """Count at every threshold that makes a difference.

    Parameters
    ----------
    score : ndarray of shape (n,)
        Probability of the class; minus infinity for rows that no threshold may reach.

    positive : ndarray of bool of shape (n,)
        Rows of the class.

    weight : ndarray of shape (n,) or None
        Weights of the rows.

    Returns
    -------
    counts : Counts
        Rows with equal scores are one step. Thresholds lie half-way between two scores, so that no
        new row between them is decided by rounding; the first is infinite, the last 0.
    """
    weight = np.ones(len(score)) if weight is None else weight
    order = np.argsort(-score, kind="stable")
    order = order[np.isfinite(score[order])]
    falling = score[order]
    ends = np.flatnonzero(np.diff(falling, append=-np.inf))  # the last row of each block
    found = np.cumsum(np.where(positive, weight, 0.0)[order])[ends]
    false = np.cumsum(np.where(positive, 0.0, weight)[order])[ends]
    values = falling[ends]
    between = (values[:-1] + values[1:]) / 2.0
    # half-way between two neighbouring numbers is one of them
    between = np.where(between > values[1:], between, values[:-1])
    thresholds = np.concatenate([[np.inf], between, [0.0] if len(values) else []])
    return Counts(
        thresholds,
        np.append(0.0, found),
        np.append(0.0, false),
        float(weight[positive].sum()),
        float(weight[~positive].sum()),
    )


def read_bounds(constraint: Any) -> list[Bound]:
    """The bounds of one class, checked."""
    if not isinstance(constraint, Mapping) or not constraint:
        raise ValueError(
            f"A constraint is a dict of rates and bounds, such as {{'precision': 0.9}}; got "
            f"{constraint!r}."
        )
    bounds = []
    for rate, value in constraint.items():
        if rate not in RATES:
            raise ValueError(
                f"{rate!r} cannot be bounded; expected one of {', '.join(map(repr, RATES))}. For a "
                "number of alerts a day give {'alert_share': daily_alert_share(50, 10_000)}."
            )
        number = isinstance(value, int | float | np.number) and not isinstance(value, bool)
        if not (number and 0.0 <= value <= 1.0):
            raise ValueError(f"The bound of {rate!r} must be a number in [0, 1], got {value!r}.")
        bounds.append(Bound(rate, float(value)))
    return bounds


def read_constraint(constraint: Any, labels: list, positive: Any) -> dict[Any, list[Bound]]:
    """Bounds by class: those of one class are for the positive one.

    Parameters
    ----------
    constraint : dict
        Of rates and bounds, or of classes and such dicts.

    labels : list
        The classes.

    positive : callable
        Returns the positive class, where it is needed.

    Returns
    -------
    bounds : dict of label to list of Bound
    """
    by_class = isinstance(constraint, Mapping) and any(
        isinstance(value, Mapping) for value in constraint.values()
    )
    if not by_class:
        bounds = read_bounds(constraint)
        return {positive(): bounds}
    unknown = [label for label in constraint if label not in labels]
    if unknown:
        raise ValueError(
            f"constraint names {spell(unknown[0])}, which is no class; the classes are {labels}."
        )
    if len(constraint) == len(labels):
        raise ValueError(
            "constraint names every class, so that a row which reaches no threshold has none left. "
            "Leave out the class that is decided when no other is."
        )
    return {labels[labels.index(label)]: read_bounds(each) for label, each in constraint.items()}


def objective_of(bounds: list[Bound]) -> str:
    """What is left to be wanted: precision beside a bound on the recall, else recall."""
    return "precision" if any(bound.rate == "recall" for bound in bounds) else "recall"


def kept_at(counts: Counts, bounds: list[Bound]) -> np.ndarray:
    """At which thresholds every bound holds; a precision needs an alert."""
    kept = np.ones(len(counts.thresholds), dtype=bool)
    for bound in bounds:
        kept &= bound.missed_by(counts) <= _ROUNDING
        if bound.rate == "precision":
            kept &= counts.found + counts.false > 0
    return kept


def nearest_to(counts: Counts, bounds: list[Bound]) -> np.ndarray:
    """The thresholds where the bound that is missed most is missed least."""
    missed = np.max([bound.missed_by(counts) for bound in bounds], axis=0)
    return missed <= missed.min() + _ROUNDING


def best_at(counts: Counts, allowed: np.ndarray, value: np.ndarray, objective: str) -> int:
    """Position of the best allowed threshold.

    Of equal values the one with the better other rate: precision where the recall is wanted, else
    recall; of these the highest threshold.
    """
    other = counts.rate("precision" if objective == "recall" else "recall")
    places = np.flatnonzero(allowed)
    best = places[value[places] >= value[places].max() - _ROUNDING]
    return int(best[other[best] >= other[best].max() - _ROUNDING][0])


def daily_alert_share(
    n_alerts: int, rows_per_day: int, *, share_of_days: float | None = 0.95
) -> float:
    """Share of rows that may be alerts, so that a day has at most so many of them.

    Parameters
    ----------
    n_alerts : int
        Alerts that can be looked at in a day.

    rows_per_day : int
        Rows that come in a day.

    share_of_days : float or None, default=0.95
        Share of the days that must have no more. None stands for the mean: then about half of the
        days have more.

    Returns
    -------
    share : float
        A bound for "alert_share" of :class:`ConstrainedThresholdClassifierCV`.

    Raises
    ------
    ValueError
        If a number is negative, no row comes, or the share of days is not between 0 and 1.

    See Also
    --------
    ConstrainedThresholdClassifierCV : Takes the share as a constraint.

    Notes
    -----
    With rows that are alerts independently of each other, their number in a day is binomial. The
    share is the largest for which it is at most `n_alerts` with a probability of `share_of_days`
    [1]_. Alerts that come in waves vary more than that. O(1).

    References
    ----------
    .. [1] C. J. Clopper, E. S. Pearson, "The use of confidence or fiducial limits illustrated in
       the case of the binomial", Biometrika 26(4), 1934.

    Examples
    --------
    >>> from imbalance_kit.cost import daily_alert_share
    >>> daily_alert_share(50, 10_000, share_of_days=None)
    0.005
    >>> round(daily_alert_share(50, 10_000), 5)
    0.00399
    """
    if not (n_alerts >= 0 and rows_per_day > 0):
        raise ValueError(
            "n_alerts must be at least 0 and rows_per_day at least 1; got "
            f"{n_alerts!r} and {rows_per_day!r}."
        )
    if share_of_days is not None and not 0.0 < share_of_days < 1.0:
        raise ValueError(f"share_of_days must be between 0 and 1, or None; got {share_of_days!r}.")
    if n_alerts >= rows_per_day:
        return 1.0
    if share_of_days is None:
        return n_alerts / rows_per_day
    # P(Binomial(n, q) <= k) is the probability that a Beta(k + 1, n - k) exceeds q
    return float(beta.isf(share_of_days, n_alerts + 1, rows_per_day - n_alerts))
