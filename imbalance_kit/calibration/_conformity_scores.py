"""Weight of the calibration rows of a class whose score is not above another."""

import numpy as np

from imbalance_kit.kernels.sorted_places import SortedPlaces


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
            # of equal scores the last: all of them are reached together
            values, last = np.unique(own[rows][::-1], return_index=True)
            self._sorted.append(values)
            cumulated = np.cumsum(row_weight[rows])[::-1]
            self._cumulated.append(np.append(0.0, cumulated[last]))
        self.weight = np.array([cumulated[-1] for cumulated in self._cumulated])

    def searches(self, n_rows: int) -> list[SortedPlaces]:
        """What `weight_up_to` finds so many scores with, for each class."""
        return [SortedPlaces(values, n_rows) for values in self._sorted]

    def weight_up_to(self, scores: np.ndarray, searches: list[SortedPlaces]) -> np.ndarray:
        """Weight of each class's rows with scores not above those given: (n, n_classes)."""
        weight = np.zeros(scores.shape)
        known = zip(self._sorted, self._cumulated, searches, strict=True)
        for code, (values, cumulated, search) in enumerate(known):
            if len(values):
                column = np.ascontiguousarray(scores[:, code])
                place = search(column)
                place += values.take(place, mode="clip") == column
                weight[:, code] = cumulated.take(place)
        return weight
