"""Columns of points as methods compare them: measured, equal or not, or in ranges."""

from typing import Any

import numpy as np
from scipy import sparse

from imbalance_kit._tables.imputation import complete
from imbalance_kit._tables.points import Mixed


def split_columns(points: Any) -> tuple[np.ndarray, np.ndarray]:
    """Measured numbers, and columns that can only be equal or not (levels, then two numbers).

    Missing numbers are filled with medians.
    """
    full = complete(points)
    numbers = dense_numbers(full)
    two = two_valued(points)
    levels = [np.empty((len(numbers), 0)), numbers[:, two]]
    if isinstance(full, Mixed):
        levels.insert(1, full.category_codes.astype(np.float64))
    return numbers[:, ~two], np.hstack(levels)


def two_valued(points: Any) -> np.ndarray:
    """Which number columns hold two values at most, missing ones filled with medians."""
    return at_most_two_values(dense_numbers(complete(points)))


def at_most_two_values(numbers: Any) -> np.ndarray:
    """Which columns hold two values at most, so that no value lies between; missing ones aside."""
    if numbers.shape[1] == 0:
        return np.empty(0, dtype=bool)
    low, high = number_ranges(numbers)
    if sparse.issparse(numbers):
        between = np.zeros(numbers.shape[1], dtype=bool)
        entries = sparse.coo_array(numbers)
        column = entries.coords[1]
        inside = (entries.data > low[column]) & (entries.data < high[column])
        between[column[inside]] = True
        return ~between & ~((low < 0) & (high > 0))  # a zero between the two counts as well
    return np.asarray(~((numbers > low) & (numbers < high)).any(axis=0))


def number_ranges(numbers: Any) -> tuple[np.ndarray, np.ndarray]:
    """Smallest and largest number of each column; 0 and 0 for a column without any."""
    if sparse.issparse(numbers):
        entries = sparse.csc_array(numbers)
        low, high = (np.zeros(entries.shape[1]) for _ in range(2))
        for j in range(entries.shape[1]):
            stored = entries.data[entries.indptr[j] : entries.indptr[j + 1]]
            ends = [0.0] if len(stored) < entries.shape[0] else []  # a zero that is not stored
            stored = stored[~np.isnan(stored)]
            if len(stored) or ends:
                low[j], high[j] = min([*ends, *stored]), max([*ends, *stored])
        return low, high
    present = np.isfinite(numbers)
    low = np.min(numbers, axis=0, initial=np.inf, where=present)
    high = np.max(numbers, axis=0, initial=-np.inf, where=present)
    empty = ~present.any(axis=0)
    low[empty], high[empty] = 0.0, 0.0
    return low, high


def dense_numbers(points: Any) -> np.ndarray:
    """Number columns as a dense array of float64."""
    numbers: Any = points.numbers if isinstance(points, Mixed) else points
    dense = numbers.toarray() if sparse.issparse(numbers) else numbers
    return dense.astype(np.float64)


def blocks_of(levels: np.ndarray) -> np.ndarray:
    """Number of the block of rows that agree in all columns, for each row."""
    if levels.shape[1] == 0:
        return np.zeros(len(levels), dtype=np.intp)
    return np.unique(levels, axis=0, return_inverse=True)[1].ravel()


def rows_of_blocks(block: np.ndarray) -> list[np.ndarray]:
    """Rows of each block, ascending; one sort for all of them."""
    order = np.argsort(block, kind="stable")
    return np.split(order, np.flatnonzero(np.diff(block[order])) + 1)


def binned_columns(points: Any, n_bins: int) -> np.ndarray:
    """Columns as whole numbers: levels as they are, numbers cut at quantiles, -1 for missing."""
    numbers = dense_numbers(points)
    parts = []
    for column in numbers.T:
        known = ~np.isnan(column)
        bins = np.full(len(column), -1, dtype=np.int64)
        if known.any():
            values = np.unique(column[known])
            if len(values) > n_bins:
                values = np.unique(np.quantile(column[known], np.arange(n_bins) / n_bins))
            bins[known] = np.searchsorted(values, column[known], side="right") - 1
        parts.append(bins)
    if isinstance(points, Mixed):
        parts.extend(points.category_codes.T.astype(np.int64))
    return np.column_stack(parts) if parts else np.empty((numbers.shape[0], 0), dtype=np.int64)
