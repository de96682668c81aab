"""The cheapest thresholds by group whose rates differ by no more than a tolerance."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.optimize import linprog

from imbalance_kit.fairness._decisions.roc_hull import RocCurve

_SLACK = 1e-12  # by how much rounding may change a rate
_SMALLEST = 1e-9  # weight of a threshold in a mixture
_CANDIDATES = 1000  # corners of the window of rates, along each of its two sides

# What must not differ, and what a group needs for it to be defined.
CONSTRAINTS: dict[str, tuple[str, ...]] = {
    "equalized_odds": ("false_positive", "true_positive"),
    "equal_opportunity": ("true_positive",),
    "false_positive_parity": ("false_positive",),
    "demographic_parity": ("selection",),
}


@dataclass(frozen=True)
class Rule:
    """A mixture of thresholds: the chance of a positive decision is a step function of the score.

    Attributes
    ----------
    thresholds : ndarray of shape (n_thresholds,)
        Rising.

    weights : ndarray of shape (n_thresholds,)
        Chance of deciding by each of them; adds up to 1.
    """

    thresholds: np.ndarray
    weights: np.ndarray

    def chance(self, scores: np.ndarray) -> np.ndarray:
        """Chance of a positive decision for each score."""
        return self.steps[self.step(scores)]

    def step(self, scores: np.ndarray) -> np.ndarray:
        """How many of the thresholds each score reaches."""
        return self.thresholds.searchsorted(scores, side="right")

    @cached_property
    def steps(self) -> np.ndarray:
        """Chance below the first threshold, from it on, from the second on, and so on."""
        steps = np.append(0.0, np.cumsum(self.weights))
        steps[-1] = 1.0  # whatever rounding made of the sum
        return steps


def mixture(curve: RocCurve, weights: np.ndarray) -> Rule:
    """The rule that takes each threshold of the curve with the given chance."""
    # the solver leaves weights of rounding size, which would make decisions random for nothing
    used = np.flatnonzero(weights > _SMALLEST)[::-1]
    return Rule(curve.thresholds[used], weights[used] / weights[used].sum())


def rate_of(curve: RocCurve, rate: str) -> np.ndarray:
    """A rate at each threshold of the curve."""
    if rate == "false_positive":
        return curve.false_positives / curve.negatives
    if rate == "true_positive":
        return curve.true_positives / curve.positives
    return curve.selected / (curve.negatives + curve.positives)


def require_defined_rates(
    curves: Sequence[RocCurve], constraint: str | None, names: Sequence[str]
) -> None:
    """Refuse a group in which a rate that must not differ is not defined."""
    for rate in CONSTRAINTS[constraint] if constraint else ():
        for curve, name in zip(curves, names, strict=True):
            kind = "positive" if rate == "true_positive" else "negative"
            lacks = {"true_positive": curve.positives, "false_positive": curve.negatives}
            if lacks.get(rate, 1.0) <= 0:
                raise ValueError(
                    f"The {rate.replace('_', ' ')} rate of the group {name} is undefined: it has "
                    f"no {kind} rows. Merge groups, or use constraint='demographic_parity'."
                )


def cheapest_rules(
    curves: Sequence[RocCurve],
    *,
    constraint: str | None,
    tolerance: float,
    costs: tuple[float, float],
    randomized: bool = True,
) -> list[Rule]:
    """One rule per group.

    Parameters
    ----------
    curves : sequence of RocCurve
        All thresholds of each group.

    constraint : str or None
        A key of `CONSTRAINTS`. None puts no bound on differences.

    tolerance : float
        The largest difference of a rate between two groups.

    costs : tuple of float
        Of a false positive and of a false negative.

    randomized : bool, default=True
        Whether a rule may mix thresholds.

    Returns
    -------
    rules : list of Rule
    """
    if constraint is None or tolerance >= 1.0 or len(curves) == 1:
        return [_best_alone(curve.hull(), costs) for curve in curves]
    rates = CONSTRAINTS[constraint]
    if randomized:
        return _by_linear_program([curve.hull() for curve in curves], rates, tolerance, costs)
    return _by_windows(curves, rates, tolerance, costs)


def cost_of(curve: RocCurve, costs: tuple[float, float]) -> np.ndarray:
    """Total cost of the group's errors at each threshold."""
    return costs[0] * curve.false_positives + costs[1] * (curve.positives - curve.true_positives)


def _one(curve: RocCurve, point: int) -> Rule:
    return Rule(curve.thresholds[point : point + 1], np.ones(1))


def _best_alone(curve: RocCurve, costs: tuple[float, float]) -> Rule:
    return _one(curve, int(cost_of(curve, costs).argmin()))


def _by_linear_program(
    hulls: Sequence[RocCurve],
    rates: tuple[str, ...],
    tolerance: float,
    costs: tuple[float, float],
) -> list[Rule]:
    """Weights of the corners of each hull; all groups' rates lie in a window of the tolerance.

    The lower end of each window is a variable as well. That takes two rows for each group and
    rate, where comparing all pairs of groups would take their square.
    """
    sizes = [len(hull.thresholds) for hull in hulls]
    ends = np.cumsum(sizes)
    n_variables = ends[-1] + len(rates)
    total = sum(hull.negatives + hull.positives for hull in hulls)
    price = np.concatenate([cost_of(hull, costs) for hull in hulls] + [np.zeros(len(rates))])
    # each group's chances add up to 1, and its rates lie between the lower end and that plus the
    # tolerance
    adds_up = np.zeros((len(hulls), n_variables))
    bounds, limits = [], []
    for group, (hull, end) in enumerate(zip(hulls, ends, strict=True)):
        in_group = slice(end - sizes[group], end)
        adds_up[group, in_group] = 1.0
        for position, rate in enumerate(rates):
            row = np.zeros(n_variables)
            row[in_group] = rate_of(hull, rate)
            row[ends[-1] + position] = -1.0
            bounds += [row, -row]
            limits += [tolerance, 0.0]
    found = linprog(
        price / total,
        A_ub=np.array(bounds),
        b_ub=np.array(limits),
        A_eq=adds_up,
        b_eq=np.ones(len(hulls)),
        bounds=(0.0, None),
        method="highs",
    )
    if not found.success:  # always deciding the same is feasible, so this is a numerical failure
        raise RuntimeError(f"The linear program of the thresholds was not solved: {found.message}")
    parts = np.split(found.x[: ends[-1]], ends[:-1])
    return [mixture(hull, weights) for hull, weights in zip(hulls, parts, strict=True)]


def _by_windows(
    curves: Sequence[RocCurve],
    rates: tuple[str, ...],
    tolerance: float,
    costs: tuple[float, float],
) -> list[Rule]:
    """One threshold for each group, by trying where the window of each rate may begin.

    Rates fall with the threshold, so those of a group inside a window are neighbours, and their
    least cost is looked up. A window may as well begin at a rate of some group.
    """
    if len(rates) > 1:  # the table of windows grows with the product of the numbers of rates
        most = max(_CANDIDATES // len(curves), 20)
        curves = [_thinned(curve, most) for curve in curves]
    lows = [np.unique(np.concatenate([rate_of(curve, rate) for curve in curves])) for rate in rates]
    shape = [len(low) for low in lows]
    total = np.zeros(shape)
    ranges = []
    for curve in curves:
        first, last = np.zeros(shape, dtype=np.intp), np.full(shape, len(curve.thresholds))
        for axis, (low, rate) in enumerate(zip(lows, rates, strict=True)):
            rates_here = rate_of(curve, rate)
            begin = np.searchsorted(rates_here, low - _SLACK, side="left")
            end = np.searchsorted(rates_here, low + tolerance + _SLACK, side="right")
            along = [1] * len(shape)
            along[axis] = -1
            first = np.maximum(first, begin.reshape(along))
            last = np.minimum(last, end.reshape(along))
        total += _least(cost_of(curve, costs), first, last)
        ranges.append((first, last))
    best = np.unravel_index(total.argmin(), shape)
    rules = []
    for curve, (first, last) in zip(curves, ranges, strict=True):
        inside = cost_of(curve, costs)[first[best] : last[best]]
        rules.append(_one(curve, int(first[best] + inside.argmin())))
    return rules


def _thinned(curve: RocCurve, most: int) -> RocCurve:
    """Corners of the hull and evenly spaced points, at most so many."""
    n_points = len(curve.thresholds)
    if n_points <= most:
        return curve
    corners = np.searchsorted(-curve.thresholds, -curve.hull().thresholds)
    even = np.linspace(0, n_points - 1, max(most - len(corners), 2)).round().astype(np.intp)
    return curve.take(np.union1d(corners, even))


def _least(values: np.ndarray, first: np.ndarray, last: np.ndarray) -> np.ndarray:
    """Smallest of ``values[first:last]`` for many ranges; infinite where one is empty.

    A sparse table: level k holds the minima of all runs of 2^k values, and two of these cover any
    range. So each range takes two look-ups, where there may be a million of them.
    """
    levels = [values]
    while 2 ** len(levels) <= len(values):
        width = 2 ** (len(levels) - 1)
        levels.append(np.minimum(levels[-1][:-width], levels[-1][width:]))
    table = np.full((len(levels), len(values)), np.inf)
    for row, least in zip(table, levels, strict=True):
        row[: len(least)] = least
    length = last - first
    some = length > 0
    level = np.zeros(length.shape, dtype=np.intp)
    level[some] = np.frexp(length[some])[1] - 1
    start = np.where(some, first, 0)
    end = np.where(some, last - 2**level, 0)
    return np.where(some, np.minimum(table[level, start], table[level, end]), np.inf)
