"""Isotonic calibration of one new row, once with each label, for every score it may have."""

import numpy as np

from imbalance_kit.kernels.sorted_places import SortedPlaces

_DROPPED = 20  # bits of a score's fraction: 33 are left, which are ten digits


class IsotonicPair:
    """Isotonic value of a new row of weight 1, added once with label 0 and once with label 1.

    Between two calibration scores nothing depends on where exactly the new score lies. A new row
    with label 1 is pooled at least with the next scores above it, so its value there is that of
    a tie with the next score; one with label 0, that of a tie with the next score below. So two
    values for each distinct calibration score are all there is to keep.

    Parameters
    ----------
    scores : ndarray of shape (n_samples,)
        Calibration scores. Those that agree to ten digits are equal: a matrix product gives one
        row different last digits in tables of different sizes, and whether scores tie matters.

    labels : ndarray of shape (n_samples,)
        0 or 1.

    weight : ndarray of shape (n_samples,)
        How often each row counts.

    Notes
    -----
    O(n log n) for sorting, O(n) for the values: V. Vovk, I. Petej, V. Fedorova, "Large-Scale
    Probabilistic Predictors with and without Guarantees of Validity", Neural Information
    Processing Systems, 2015. Plain Python takes a few seconds for a million distinct scores,
    so this is not compiled.
    """

    def __init__(self, scores: np.ndarray, labels: np.ndarray, weight: np.ndarray) -> None:
        counted = weight > 0
        self.scores, block = np.unique(_rounded(scores[counted]), return_inverse=True)
        size = np.bincount(block, weights=weight[counted], minlength=len(self.scores))
        positive = weight[counted] * labels[counted]
        ones = np.bincount(block, weights=positive, minlength=len(self.scores))
        # with labels and order reversed, label 0 becomes label 1
        low = 1.0 - _values_with_one_more(size[::-1], (size - ones)[::-1])[::-1]
        high = _values_with_one_more(size, ones)
        # p0 <= p1 in exact arithmetic; the two come from sums in opposite order
        self.with_zero = np.concatenate([[0.0], np.minimum(low, high)])
        self.with_one = np.concatenate([high, [1.0]])

    def values(self, scores: np.ndarray) -> np.ndarray:
        """The two values of each score, shape (n_samples, 2)."""
        at_zero, at_one = self.places(scores, self.search(len(scores)))
        return np.column_stack([self.with_zero[at_zero], self.with_one[at_one]])

    def search(self, n_rows: int) -> SortedPlaces:
        """What `places` finds so many scores with."""
        return SortedPlaces(self.scores, n_rows)

    def places(self, scores: np.ndarray, search: SortedPlaces) -> tuple[np.ndarray, np.ndarray]:
        """Where the values of some scores stand in `with_zero` and in `with_one`."""
        scores = _rounded(scores)
        at_one = search(scores)
        if not len(self.scores):
            return at_one, at_one
        tied = self.scores.take(at_one, mode="clip") == scores
        return at_one + tied, at_one


def _rounded(scores: np.ndarray) -> np.ndarray:
    """The first ten digits of each score: its bits, read as an integer, to the nearest multiple."""
    bits = np.array(scores, dtype=np.float64).view(np.int64)
    bits += 1 << (_DROPPED - 1)
    bits &= -1 << _DROPPED
    return bits.view(np.float64)


def _values_with_one_more(size: np.ndarray, ones: np.ndarray) -> np.ndarray:
    """Isotonic value of each block of equal scores after a row of label 1 joined it.

    Isotonic values are slopes of the lower convex hull of the cumulative sums (size, ones). The
    added row is a step (1, 1) that moves from block to block. No step is steeper, so no corner to
    the left of it matters: the hull from the step on is kept as a stack, its left end on top, and
    each corner is pushed and popped once.
    """
    x = np.concatenate([[0.0], np.cumsum(size)]).tolist()
    y = np.concatenate([[0.0], np.cumsum(ones)]).tolist()
    hull = [(x[-1] + 1.0, y[-1] + 1.0)]
    for corner in zip(reversed(x[:-1]), reversed(y[:-1]), strict=True):
        _push(hull, (corner[0] + 1.0, corner[1] + 1.0))
    _push(hull, (0.0, 0.0))
    values = []
    for corner in zip(x[:-1], y[:-1], strict=True):
        if _turn(hull[-1], corner, hull[-2]) > 0.0:
            hull.pop()  # the step now begins at a corner below what was the hull
            _push(hull, corner)
        (left, low), (right, high) = hull[-1], hull[-2]
        values.append((high - low) / (right - left))
    return np.array(values)


def _push(hull: list[tuple[float, float]], corner: tuple[float, float]) -> None:
    """Add a left end and drop the corners that then lie above the hull."""
    while len(hull) > 1 and _turn(corner, hull[-1], hull[-2]) <= 0.0:
        hull.pop()
    hull.append(corner)


def _turn(a: tuple[float, float], b: tuple[float, float], c: tuple[float, float]) -> float:
    """Positive where b lies below the line from a to c."""
    return (b[0] - a[0]) * (c[1] - b[1]) - (b[1] - a[1]) * (c[0] - b[0])
