"""ROC curves of groups in numbers of rows, and their convex hulls."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.optimize import isotonic_regression


@dataclass(frozen=True)
class RocCurve:
    """Thresholds of one group, from the one that no row reaches to the one that all rows do.

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

        The slopes of the hull are the isotonic regression of the classes on the scores: pooling
        neighbours whose shares of positives do not fall is the same as bridging a dent. So this is
        linear and done in compiled code.
        """
        if len(self.thresholds) < 3:
            return self
        weight = np.diff(self.selected)
        share = np.diff(self.true_positives) / weight
        fitted = isotonic_regression(share, weights=weight, increasing=False)
        return self.take(np.asarray(fitted.blocks))


def roc_curve_of(scores: np.ndarray, positive: np.ndarray, weight: np.ndarray | None) -> RocCurve:
    """One point for each distinct score; thresholds lie half-way between scores."""
    if weight is not None:
        counted = weight > 0
        scores, positive, weight = scores[counted], positive[counted], weight[counted]
    order = np.argsort(-scores, kind="stable")
    scores, positive = scores[order], positive[order]
    row_weight = np.ones(len(scores)) if weight is None else weight[order]
    last = np.flatnonzero(np.diff(scores, append=-np.inf))  # of each distinct score
    true = np.cumsum(row_weight * positive)[last]
    false = np.cumsum(row_weight * ~positive)[last]
    values = scores[last]
    between = values[1:] + (values[:-1] - values[1:]) / 2.0
    # Between neighbouring doubles there is no number: then the higher of the two itself, which
    # rows of the lower one do not reach.
    between = np.where(between > values[1:], between, values[:-1])
    thresholds = np.concatenate([[np.inf], between, [-np.inf][: len(values)]])
    return RocCurve(thresholds, np.append(0.0, false), np.append(0.0, true))
