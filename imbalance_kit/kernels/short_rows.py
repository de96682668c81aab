"""Rows of a few numbers, as probabilities of classes are, in many rows or in one.

numpy goes along an axis of two numbers ten times as long as it adds two columns, and a step over a
million rows writes to new memory each time, which takes longer than the step.
"""

from collections.abc import Callable

import numpy as np

_FEW = 8  # columns: sums of fewer are taken from left to right by numpy too
_BLOCK = 1 << 13  # rows whose steps stay in the cache


def in_blocks(function: Callable[[np.ndarray], np.ndarray], table: np.ndarray) -> np.ndarray:
    """What a function of rows, each by itself, makes of a table, a few thousand rows at a time.

    Parameters
    ----------
    function : callable
        Takes rows and returns an array with an entry, or a row, for each.

    table : ndarray of shape (n_rows, ...)
        The rows.

    Returns
    -------
    result : ndarray of shape (n_rows, ...)
    """
    if len(table) <= _BLOCK:
        return function(table)
    first = function(table[:_BLOCK])
    result = np.empty((len(table), *first.shape[1:]), first.dtype)
    result[:_BLOCK] = first
    for start in range(_BLOCK, len(table), _BLOCK):
        result[start : start + _BLOCK] = function(table[start : start + _BLOCK])
    return result


def row_sums(table: np.ndarray) -> np.ndarray:
    """Sum of each row, shape (n_rows,); rounded as numpy's."""
    return _by_columns(np.add, table)


def row_maxima(table: np.ndarray) -> np.ndarray:
    """Largest number of each row, shape (n_rows,); NaN where one is."""
    return _by_columns(np.maximum, table)


def row_minima(table: np.ndarray) -> np.ndarray:
    """Least number of each row, shape (n_rows,); NaN where one is."""
    return _by_columns(np.minimum, table)


def first_largest(table: np.ndarray) -> np.ndarray:
    """Position of the largest number of each row, the first of equal ones, as ``argmax`` does."""
    if table.ndim != 2 or table.shape[1] != 2:
        return table.argmax(axis=1)
    first, second = table[:, 0], table[:, 1]
    larger = second > first
    if np.isnan(second).any():
        larger |= np.isnan(second) & ~np.isnan(first)
    return larger.astype(np.intp)


def first_true(table: np.ndarray) -> np.ndarray:
    """Position of the first True of each row, 0 where there is none."""
    if not 1 <= table.shape[1] < _FEW:
        return table.argmax(axis=1)
    place = np.zeros(len(table), dtype=np.intp)
    for column in range(table.shape[1] - 1, -1, -1):
        place[table[:, column]] = column
    return place


def _by_columns(join: np.ufunc, table: np.ndarray) -> np.ndarray:
    if table.ndim != 2 or not 2 <= table.shape[1] < _FEW:
        return join.reduce(table, axis=1)
    joined = join(table[:, 0], table[:, 1])
    for column in range(2, table.shape[1]):
        join(joined, table[:, column], out=joined)
    return joined
