"""When more learners do not help: scores on rows held out of the fit."""

from collections.abc import Callable
from typing import Any

import numpy as np
from sklearn.metrics import average_precision_score


class Stopping:
    """Scores the vote on held-out rows after each learner.

    The score is the average precision of the rarer class, whatever it is called; with as many rows
    in both, or for more than two classes, the mean over the classes. It is the measure for rare
    classes that needs no threshold.

    Parameters
    ----------
    X : table
        The rows held out.

    y_encoded : ndarray of shape (n_rows,)
        Their classes, by position.

    weight : ndarray of shape (n_rows,) or None
        Their weights.

    patience : int
        Learners without improvement after which it is enough.

    tol : float
        What counts as an improvement.
    """

    def __init__(
        self, X: Any, y_encoded: np.ndarray, weight: np.ndarray | None, *, patience: int, tol: float
    ) -> None:
        self.X = X
        self.scores: list[float] = []
        self._y_encoded = y_encoded
        self._weight = weight
        self._patience = patience
        self._tol = tol
        present, counts = np.unique(y_encoded, return_counts=True)
        self._scored = present if len(present) > 2 else present[counts == counts.min()]
        self._total: np.ndarray | float = 0.0
        self._weight_sum = 0.0

    def update(
        self, votes: np.ndarray, weight: float, to_proba: Callable[[np.ndarray, float], np.ndarray]
    ) -> None:
        """Add a learner's votes and its weight, and score the vote of all learners so far."""
        self._total = self._total + votes
        self._weight_sum += weight
        proba = to_proba(self._total, self._weight_sum)
        self.scores.append(
            float(
                np.mean(
                    [
                        average_precision_score(
                            self._y_encoded == position,
                            proba[:, position],
                            sample_weight=self._weight,
                        )
                        for position in self._scored
                    ]
                )
            )
        )

    def enough(self) -> bool:
        """Whether the last learners did not better the best score before them."""
        if len(self.scores) <= self._patience:
            return False
        before, since = self.scores[: -self._patience], self.scores[-self._patience :]
        return max(since) <= max(before) + self._tol
