"""Distances between rows of numbers and nominal columns: the one place that sets their weights.

Both metrics only choose the units of the numbers and what a nominal mismatch adds to the squared
distance; missing numbers follow scikit-learn's nan-Euclidean rule in either (see `Mixed`). Points
without nominal columns keep the Euclidean distance of their numbers as they are.
"""

from typing import Any

import numpy as np

from imbalance_kit._tables.points import Mixed, median_spread


def metric_of_class(points: Any, class_rows: np.ndarray) -> Any:
    """Points with the SMOTE-NC distance of one class, for samplers that make rows of it.

    Numbers count as they are; a mismatch counts the median of the standard deviations that the
    number columns have in the class, or 1 where there are no number columns.

    Parameters
    ----------
    points : ndarray, CSR matrix or array, or Mixed
        All points.

    class_rows : ndarray of shape (n_class,)
        Rows of the class.

    Returns
    -------
    of the kind of `points`
        All points, not only those of the class.
    """
    if not isinstance(points, Mixed):
        return points
    n_nominal = points.category_codes.shape[1]
    if points.numbers.shape[1] == 0:
        return Mixed(points.numbers, points.category_codes, np.ones(n_nominal))
    # Without a number in the class there is no spread, and a mismatch costs nothing.
    median = median_spread(points.numbers[class_rows]) or 0.0
    return Mixed(points.numbers, points.category_codes, np.full(n_nominal, median**2))


def heom(points: Any) -> Any:
    """Points with the heterogeneous metric: numbers by their range, a mismatch counts 1.

    Used where rows of all classes are compared, and no class could lend its standard deviations.
    Wilson and Martinez, "Improved Heterogeneous Distance Functions", Journal of Artificial
    Intelligence Research 6, 1997.

    Parameters
    ----------
    points : ndarray, CSR matrix or array, or Mixed
        All points.

    Returns
    -------
    of the kind of `points`
    """
    if not isinstance(points, Mixed):
        return points
    numbers = points.numbers.astype(np.float64)
    if numbers.shape[1]:
        present = np.isfinite(numbers)
        low = np.min(numbers, axis=0, initial=np.inf, where=present)
        high = np.max(numbers, axis=0, initial=-np.inf, where=present)
        # a constant column, or one without a number, has no range to be divided by
        spread = np.where(high > low, high - low, 1.0)
        numbers = numbers / spread
    return Mixed(numbers, points.category_codes, np.ones(points.category_codes.shape[1]))
