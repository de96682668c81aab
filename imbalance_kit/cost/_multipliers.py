"""One multiplier per class for ``argmax multiplier * probability``, tuned on rows with labels."""

from abc import ABC, abstractmethod
from collections.abc import Callable

import numpy as np

from imbalance_kit._confusion import confusion

_ELEMENTS = 1 << 20  # of confusion matrices in memory
_SWEEPS = 100
_BETTER = 1e-10  # what is more than rounding
_APART = 1e-9  # relative distance of breakpoints between which a multiplier is placed
# Factors of one multiplier at a time, to leave a local optimum ("kicks" of iterated local search).
_RESTARTS = (1.5, 1 / 1.5, 3.0, 1 / 3.0)
_SMALL = 20_000  # rows times classes up to which restarts are tried: with more, peaks are few
_GRID = 24  # places tried along a coordinate where each costs a call of a scorer


class Objective(ABC):
    """Value of decisions, to be maximised."""

    @abstractmethod
    def of(self, decisions: np.ndarray) -> float:
        """Value of a decision for each row."""

    @abstractmethod
    def along(
        self, decisions: np.ndarray, rows: np.ndarray, to: int, places: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """Values as rows change their decision to one class, one after the other.

        Parameters
        ----------
        decisions : ndarray of shape (n,)
            Decisions before.

        rows : ndarray
            Rows in the order in which they change.

        to : int
            The class they change to.

        places : ndarray
            Numbers of rows after which a value is wanted, ascending.

        Returns
        -------
        places, values : ndarray
            A value for each of these places, which may be fewer than wanted.
        """


class ConfusionObjective(Objective):
    """A metric of the confusion matrix: exact at every place."""

    def __init__(
        self,
        metric: Callable[[np.ndarray], np.ndarray],
        y_encoded: np.ndarray,
        n_classes: int,
        weight: np.ndarray | None,
    ) -> None:
        self.metric = metric
        self.y_encoded = y_encoded
        self.n_classes = n_classes
        self.weight = np.ones(len(y_encoded)) if weight is None else weight

    def of(self, decisions):
        return float(self.metric(confusion(self.y_encoded, decisions, self.n_classes, self.weight)))

    def along(self, decisions, rows, to, places):
        k = self.n_classes
        leave = self.y_encoded[rows] * k + decisions[rows]
        enter = self.y_encoded[rows] * k + to
        matrix = confusion(self.y_encoded, decisions, k, self.weight).ravel()
        values = np.empty(len(places))
        step = max(1, _ELEMENTS // k**2)
        done = 0
        for first in range(0, len(places), step):
            part = places[first : first + step]
            moved = slice(done, part[-1])
            # a move counts in all places from its row on; this is the number of those before it
            late = np.searchsorted(part, np.arange(done, part[-1]), side="right") * k**2
            weight, size = self.weight[rows[moved]], len(part) * k**2
            change = np.bincount(late + enter[moved], weight, size)
            change -= np.bincount(late + leave[moved], weight, size)
            matrices = matrix + change.reshape(len(part), k**2).cumsum(axis=0)
            # sums of weights taken away one by one may end below 0 by a rounding
            values[first : first + step] = self.metric(np.maximum(matrices, 0).reshape(-1, k, k))
            matrix, done = matrices[-1], int(part[-1])
        return places, values


class CostObjective(Objective):
    """Minus the mean cost, from the cost of each decision by row: exact at every place."""

    def __init__(self, cost: np.ndarray, weight: np.ndarray | None) -> None:
        share = np.ones(len(cost)) if weight is None else weight
        self.cost = cost * (share / share.sum())[:, None]

    def of(self, decisions):
        return -float(self.cost[np.arange(len(decisions)), decisions].sum())

    def along(self, decisions, rows, to, places):
        saved = self.cost[rows, decisions[rows]] - self.cost[rows, to]
        return places, self.of(decisions) + np.concatenate([[0.0], np.cumsum(saved)])[places]


class ScorerObjective(Objective):
    """Any function of the decisions: tried at quantiles of the places."""

    def __init__(self, score: Callable[[np.ndarray], float], y_encoded: np.ndarray) -> None:
        self.score = score
        self.y_encoded = y_encoded

    def of(self, decisions):
        return float(self.score(decisions))

    def along(self, decisions, rows, to, places):
        steps = np.linspace(0.0, 1.0, _GRID)
        # quantiles of all rows would miss a rare class, so those of its rows are tried too
        class_rows = np.flatnonzero(self.y_encoded[rows] == to)
        wanted = len(rows) * steps
        if len(class_rows):
            of_class = class_rows[(steps * (len(class_rows) - 1)).astype(int)] + 1.0
            wanted = np.concatenate([wanted, of_class])
        near = np.searchsorted(places, wanted).clip(max=len(places) - 1)
        kept = places[np.unique(near)]
        values = []
        for place in kept:
            changed = decisions.copy()
            changed[rows[:place]] = to
            values.append(self.of(changed))
        return kept, np.array(values)


def decide(proba: np.ndarray, multipliers: np.ndarray) -> np.ndarray:
    """Position of the largest multiple; the first of equals.

    Where all multiples of a row are 0, the class of the largest multiplier: so a multiplier of 1
    for one class and of 0 for the others decides for that class everywhere.
    """
    multiples = proba * multipliers
    decisions = multiples.argmax(axis=1)
    if not multipliers.all():
        decisions[multiples.max(axis=1) <= 0] = multipliers.argmax()
    return decisions


def best_constant(objective: Objective, n_rows: int, n_classes: int) -> tuple[np.ndarray, float]:
    """The best decision that is the same for all rows, as multipliers, and its value.

    No factor moves a probability of 0, as trees and nearest neighbours predict, so a search over
    positive multipliers does not reach these.
    """
    values = [objective.of(np.full(n_rows, k)) for k in range(n_classes)]
    best = int(np.argmax(values))
    return np.eye(n_classes)[best], values[best]


def is_better(value: float, than: float) -> bool:
    """Whether a value is larger by more than rounding."""
    return value > than + _BETTER


def tune_multipliers(
    proba: np.ndarray, objective: Objective, starts: list[np.ndarray]
) -> list[tuple[np.ndarray, float]]:
    """Improve one multiplier after the other until none improves.

    Along a coordinate the decisions change at one breakpoint per row, so the objective is
    constant between breakpoints and its maximum over all multipliers of the class is found
    exactly, where the objective is. On few rows the objective has many peaks; there each
    multiplier of the best result is changed by some factors to start again, as long as it helps.

    Parameters
    ----------
    proba : ndarray of shape (n, n_classes)
        Probabilities.

    objective : Objective
        What to maximise.

    starts : list of ndarray of shape (n_classes,)
        Positive multipliers to begin with.

    Returns
    -------
    found : list of (multipliers, value)
        One result per start, and one more from the restarts. The geometric mean of multipliers is
        1; no value is below that at the start.
    """
    found = [_climb(proba, objective, start) for start in starts]
    best, value = found[best_of(found)]
    if proba.size > _SMALL or not isinstance(objective, ConfusionObjective | CostObjective):
        return found
    before = -np.inf
    while value > before + _BETTER:
        before = value
        for k in range(proba.shape[1]):
            for factor in _RESTARTS:
                start = best.copy()
                start[k] *= factor
                trial, reached = _climb(proba, objective, start)
                if reached > value + _BETTER:
                    best, value = trial, reached
    return [*found, (best, value)]


def best_of(found: list[tuple[np.ndarray, float]]) -> int:
    """Position of the best result, the first of equals."""
    values = np.array([value for _, value in found])
    return int(np.argmax(values >= values.max() - _BETTER))


def _climb(proba: np.ndarray, objective: Objective, start: np.ndarray) -> tuple[np.ndarray, float]:
    """Coordinate ascent from one start."""
    multipliers = np.array(start, dtype=np.float64)
    value = objective.of(decide(proba, multipliers))
    for _ in range(_SWEEPS):
        before = value
        for k in range(proba.shape[1]):
            better = _best_along(proba, multipliers, k, objective, value)
            if better is None:
                continue
            trial = multipliers.copy()
            trial[k] = better
            reached = objective.of(decide(proba, trial))
            if reached > value + _BETTER:
                multipliers, value = trial, reached
        if value <= before + _BETTER:
            break
    return multipliers / np.exp(np.log(multipliers).mean()), value


def _best_along(
    proba: np.ndarray, multipliers: np.ndarray, k: int, objective: Objective, value: float
) -> float | None:
    """Best multiplier of class k with the others as they are; None where none is better."""
    others = proba * multipliers
    others[:, k] = -np.inf
    rival = others.argmax(axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        breaks = others.max(axis=1) / proba[:, k]
    breaks[proba[:, k] <= 0] = np.inf  # never decided for class k
    order = np.argsort(breaks, kind="stable")
    order = order[: np.searchsorted(breaks[order], np.inf)]
    breaks = breaks[order]
    if not len(order):
        return None
    # A multiplier between two breakpoints gives the same decisions anywhere between them. Two that
    # differ by rounding only are one, or the decision would depend on that rounding.
    apart = breaks[1:] > breaks[:-1] * (1.0 + _APART)
    places = np.concatenate([[0], np.flatnonzero(apart) + 1, [len(order)]])
    if breaks[0] <= 0:
        places = places[1:]  # class k wins these rows with any multiplier
    places, values = objective.along(rival, order, k, places)
    if values.max() <= value + _BETTER:
        return None
    # of equally good intervals the one nearest to the present multiplier, at its geometric middle
    good = places[values >= values.max() - _BETTER]
    edges = np.concatenate([[breaks[0] / 4.0], breaks, [breaks[-1] * 4.0]])
    lower, upper = edges[good], edges[good + 1]
    lower = np.where(lower > 0, lower, upper / 4.0)
    middle = np.sqrt(lower * upper)
    distance = np.abs(np.log(middle / multipliers[k]))
    return float(middle[distance.argmin()])
