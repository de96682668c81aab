"""What each threshold does to a group: ROC curves in numbers of rows, and their hulls."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.optimize import isotonic_regression


@dataclass(frozen=True)
class RocCurve:
    """Thresholds of one group, from the one nobody reaches to the one everybody does.

    Attributes
    ----------
    thresholds : ndarray of shape (n_thresholds,)
        Falling; rows whose score reaches one are positive.

    false_positives, true_positives : ndarray of shape (n_thresholds,)
        Weight of the rows that reach the threshold, by their class. The last entries are the
        weights of the classes.
    """

    thresholds: np.ndarray
    false_positives: np.ndarray
    true_positives: np.ndarray

    @property
    def negatives(self) -> float:
        return float(self.false_positives[-1])

    @property
    def positives(self) -> float:
        return float(self.true_positives[-1])

    @property
    def selected(self) -> np.ndarray:
        return self.false_positives + self.true_positives

    def take(self, points: Any) -> "RocCurve":
        """Some of the thresholds."""
        return RocCurve(
            self.thresholds[points], self.false_positives[points], self.true_positives[points]
        )

    def hull(self) -> "RocCurve":
        """The thresholds at the corners of the upper convex hull.

        Slopes of the hull are the isotonic regression of the classes on the scores, so this is
        linear and done in compiled code.
        """
        if len(self.thresholds) < 3:
            return self
        mass = np.diff(self.selected)
        share = np.diff(self.true_positives) / mass
        fitted = isotonic_regression(share, weights=mass, increasing=False)
        return self.take(np.asarray(fitted.blocks))


def roc_curve_of(scores: np.ndarray, positive: np.ndarray, weight: np.ndarray | None) -> RocCurve:
    """One point for each distinct score; thresholds lie half-way between scores."""
    if weight is not None:
        counted = weight > 0
        scores, positive, weight = scores[counted], positive[counted], weight[counted]
    order = np.argsort(-scores, kind="stable")
    scores, positive = scores[order], positive[order]
    mass = np.ones(len(scores)) if weight is None else weight[order]
    last = np.flatnonzero(np.diff(scores, append=-np.inf))  # of each distinct score
    true = np.cumsum(mass * positive)[last]
    false = np.cumsum(mass * ~positive)[last]
    values = scores[last]
    between = values[1:] + (values[:-1] - values[1:]) / 2.0
    between = np.where(between > values[1:], between, values[:-1])
    thresholds = np.concatenate([[np.inf], between, [-np.inf][: len(values)]])
    return RocCurve(thresholds, np.append(0.0, false), np.append(0.0, true))
