"""When more learners do not help: scores on rows held out of the fit."""

from collections.abc import Callable
from typing import Any

import numpy as np
from sklearn.metrics import average_precision_score


class Stopping:
    """Listens to the learners' votes on held-out rows.

    The score is the average precision, for more than two classes the mean over the classes. It
    is the measure for rare classes that needs no threshold.

    Parameters
    ----------
    X : table
        The rows held out.

    codes : ndarray of shape (n_rows,)
        Their classes, by position.

    weight : ndarray of shape (n_rows,) or None
        Their weights.

    patience : int
        Learners without improvement after which it is enough.

    tol : float
        What counts as an improvement.
    """

    def __init__(
        self, X: Any, codes: np.ndarray, weight: np.ndarray | None, *, patience: int, tol: float
    ) -> None:
        self.X = X
        self.scores: list[float] = []
        self._codes = codes
        self._weight = weight
        self._patience = patience
        self._tol = tol
        self._total: np.ndarray | float = 0.0
        self._said = 0.0

    def hear(
        self, votes: np.ndarray, say: float, to_proba: Callable[[np.ndarray, float], np.ndarray]
    ) -> None:
        """Add a learner's votes, and score what all of them say."""
        self._total = self._total + votes
        self._said += say
        proba = to_proba(self._total, self._said)
        positive = [1] if proba.shape[1] == 2 else np.unique(self._codes)
        self.scores.append(
            float(
                np.mean(
                    [
                        average_precision_score(
                            self._codes == code, proba[:, code], sample_weight=self._weight
                        )
                        for code in positive
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
