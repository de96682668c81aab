"""Distances between rows of numbers and nominal columns: the one place that sets their units.

A metric only chooses the units of the numbers and what a nominal mismatch adds to the squared
distance; missing numbers follow scikit-learn's nan-Euclidean rule in each (see `Mixed`). So a
nominal column changes no unit of a number, and one that holds a single level changes nothing.
"""

from typing import Any

import numpy as np
from scipy import sparse

from imbalance_kit._sklearn_compat import StrOptions
from imbalance_kit._tables.magnitude import column_deviations, column_ends, in_safe_units
from imbalance_kit._tables.points import Mixed, as_table

# What a parameter for the metric of a cleaner accepts.
METRIC: list = [StrOptions({"euclidean", "heom"})]


def metric_of_table(points: Any, metric: str) -> Any:
    """Points whose squared Euclidean distances are those of a metric, for rows of all classes.

    Parameters
    ----------
    points : ndarray, CSR matrix or array, or Mixed
        All points.

    metric : {"euclidean", "heom"}
        As in the cleaners.

    Returns
    -------
    of the kind of `points`, or Mixed for an ndarray
    """
    if metric == "heom":
        return heom(points)
    if isinstance(points, np.ndarray) and points.dtype == np.float64:
        points = as_table(points)  # which finds the ends of its columns once, for all searches
    return metric_of_class(points, np.arange(points.shape[0]))


def metric_of_class(points: Any, class_rows: np.ndarray) -> Any:
    """Points with the SMOTE-NC distance of one class, for samplers that make rows of it.

    Numbers count as they are; a mismatch counts the median of the standard deviations that the
    number columns have in the class. Where no number varies in the class it is that of the whole
    table, or 1 where none varies there either.

    Parameters
    ----------
    points : ndarray, CSR matrix or array, or Mixed
        All points.

    class_rows : ndarray of shape (n_class,)
        Rows of the class.

    Returns
    -------
    of the kind of `points`
        All points, not only those of the class, in units in which squares stay finite.
    """
    points = in_safe_units(points)
    if not isinstance(points, Mixed) or not points.category_codes.shape[1]:
        return points
    spread = _median_spread(points.numbers[class_rows])
    if spread is None and len(class_rows) < len(points):
        spread = _median_spread(points.numbers)
    # the spread may be that of a few rows far from all others; its square must be a number
    mismatch = 1.0 if spread is None else min(spread, 2.0**500) ** 2
    n_nominal = points.category_codes.shape[1]
    return Mixed(points.numbers, points.category_codes, np.full(n_nominal, mismatch))


def _median_spread(numbers: np.ndarray) -> float | None:
    """Median of the columns' standard deviations, SMOTE-NC's rule; None where no column varies."""
    spread = column_deviations(numbers)
    spread = spread[np.isfinite(spread)]
    # Without any difference between numbers every unit is as good. With a few constant columns
    # the median may be zero; then no category counts, as in imbalanced-learn.
    return float(np.median(spread)) if (spread > 0.0).any() else None


def heom(points: Any) -> Any:
    """Points with the heterogeneous metric: numbers by their range, a mismatch counts 1.

    Wilson and Martinez, "Improved Heterogeneous Distance Functions", Journal of Artificial
    Intelligence Research 6, 1997.

    Parameters
    ----------
    points : ndarray, CSR matrix or array, or Mixed
        All points.

    Returns
    -------
    of the kind of `points`
        With numbers in float64.
    """
    points = in_safe_units(points)
    low, high = column_ends(points.numbers if isinstance(points, Mixed) else points)
    return _divided(points, high - low)


def hvdm(points: Any, y_encoded: np.ndarray, n_classes: int) -> Any:
    """Points with the value difference metric: numbers by four standard deviations.

    Two levels of a nominal column are as far apart as the class shares among their rows. Wilson
    and Martinez, as for `heom`.

    Parameters
    ----------
    points : ndarray, CSR matrix or array, or Mixed
        All points.

    y_encoded : ndarray of shape (n_rows,)
        Their classes.

    n_classes : int
        How many classes there are.

    Returns
    -------
    ndarray, or CSR matrix or array; Mixed, without nominal columns, if `points` is
    """
    points = in_safe_units(points)
    deviation = column_deviations(points.numbers if isinstance(points, Mixed) else points)
    divided = _divided(points, 4.0 * deviation)
    if not isinstance(divided, Mixed):
        return divided
    codes = divided.category_codes
    shares = [_class_shares(column, y_encoded, n_classes) for column in codes.T]
    return Mixed(np.hstack([divided.numbers, *shares]), codes[:, :0], np.empty(0))


def _divided(points: Any, spread: np.ndarray) -> Any:
    """Numbers by the spread of their columns; a column that has none is left as it is."""
    spread = np.where((spread > 0.0) & np.isfinite(spread), spread, 1.0)
    if isinstance(points, Mixed):
        numbers = points.numbers.astype(np.float64) / spread
        return Mixed(numbers, points.category_codes, np.ones(points.category_codes.shape[1]))
    if sparse.issparse(points):
        return sparse.csr_array(points @ sparse.diags_array(1.0 / spread))
    return points.astype(np.float64) / spread


def _class_shares(codes: np.ndarray, y_encoded: np.ndarray, n_classes: int) -> np.ndarray:
    """Class shares of the level of each row: the value difference metric as coordinates."""
    levels, place = np.unique(codes, return_inverse=True)
    joint = np.zeros((len(levels), n_classes))
    np.add.at(joint, (place, y_encoded), 1.0)
    return (joint / joint.sum(axis=1, keepdims=True))[place]
