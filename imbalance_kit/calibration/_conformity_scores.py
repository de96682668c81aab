"""Weight of the calibration rows of a class whose score is not above another."""

import numpy as np


class ConformityScores:
    """Scores of calibration rows for their own class, sorted, for each class.

    Parameters
    ----------
    scores : ndarray of shape (n, n_classes)
        A score for each class; of a row its own class's is used.

    y_encoded : ndarray of shape (n,)
        Classes of the rows.

    row_weight : ndarray of shape (n,)
        What each row counts for.

    Attributes
    ----------
    weight : ndarray of shape (n_classes,)
        Weight of each class.
    """

    def __init__(self, scores: np.ndarray, y_encoded: np.ndarray, row_weight: np.ndarray):
        n_classes = scores.shape[1]
        own = scores[np.arange(len(y_encoded)), y_encoded]
        self._sorted, self._cumulated = [], []
        for code in range(n_classes):
            rows = np.flatnonzero(y_encoded == code)
            rows = rows[np.argsort(own[rows], kind="stable")]
            self._sorted.append(own[rows])
            self._cumulated.append(np.append(0.0, np.cumsum(row_weight[rows])))
        self.weight = np.array([cumulated[-1] for cumulated in self._cumulated])

    def weight_up_to(self, scores: np.ndarray) -> np.ndarray:
        """Weight of each class's rows with scores not above those given: (n, n_classes)."""
        return np.column_stack(
            [
                cumulated[np.searchsorted(own, column, side="right")]
                for own, cumulated, column in zip(
                    self._sorted, self._cumulated, scores.T, strict=True
                )
            ]
        )
