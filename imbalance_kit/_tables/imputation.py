"""Complete numeric copies of points, for models that take no missing values and no categories.

A support vector machine, k-means or a polynomial decides on such a copy; the rows that a sampler
returns keep their missing values and their categories.
"""

import warnings
from typing import Any

import numpy as np
from scipy import sparse

from imbalance_kit._tables.magnitude import centred
from imbalance_kit._tables.points import Mixed

_MANY_LEVELS = 128  # one-hot columns above which the copy is sparse


def complete(points: Any) -> Any:
    """Fill missing numbers with the medians of their columns.

    Parameters
    ----------
    points : ndarray, CSR matrix or array, or Mixed
        Points with or without missing numbers.

    Returns
    -------
    complete : of the same kind
        The points themselves if nothing is missing, else a filled copy. A column without any
        number is filled with zeros.
    """
    if isinstance(points, Mixed):
        numbers = complete(points.numbers)
        return (
            points
            if numbers is points.numbers
            else Mixed(numbers, points.category_codes, points.weights)
        )
    values = points.data if sparse.issparse(points) else points
    if not np.isnan(values).any():
        return points
    filled = points.copy()
    if sparse.issparse(points):
        missing = np.isnan(filled.data)
        columns, place = np.unique(filled.indices[missing], return_inverse=True)
        medians = _medians(points[:, columns].toarray())
        filled.data[missing] = medians[place]
        return filled
    row, column = np.nonzero(np.isnan(points))
    filled[row, column] = _medians(points)[column]
    return filled


def embed(points: Any) -> Any:
    """Points as complete numbers whose squared Euclidean distances are those of the points.

    Parameters
    ----------
    points : ndarray, CSR matrix or array, or Mixed
        Points with or without missing numbers.

    Returns
    -------
    numbers : ndarray, or CSR matrix or array
        Nominal columns become one-hot columns of height sqrt(weight / 2), so that a mismatch
        counts `weight`; sparse if there are many levels. A column of one level is left out. An
        offset or units in which squares would lose the distances are taken out (`centred`).
    """
    points = centred(complete(points))
    if not isinstance(points, Mixed):
        return points
    if not points.category_codes.shape[1]:
        return points.numbers
    blocks = [sparse.csr_array(points.numbers)]
    for column, weight in zip(points.category_codes.T, points.weights, strict=True):
        levels, place = np.unique(column, return_inverse=True)
        if len(levels) < 2:
            continue  # it tells no rows apart, and a model that looks at the variance would see it
        height = np.full(len(column), np.sqrt(weight / 2.0), dtype=points.numbers.dtype)
        entries = (height, (np.arange(len(column)), place))
        blocks.append(sparse.csr_array(entries, shape=(len(column), len(levels))))
    joined = sparse.hstack(blocks, format="csr")
    # scipy counts in 64 bits here, which scikit-learn's support vector machines refuse
    joined.indices, joined.indptr = joined.indices.astype(np.int32), joined.indptr.astype(np.int32)
    n_levels = joined.shape[1] - points.numbers.shape[1]
    return joined if n_levels > _MANY_LEVELS else joined.toarray()


def _medians(numbers: np.ndarray) -> np.ndarray:
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "All-NaN slice", RuntimeWarning)
        return np.nan_to_num(np.nanmedian(numbers, axis=0))
