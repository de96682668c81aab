"""Rows of a few numbers, as probabilities of classes are, in many rows or in one.

numpy goes along an axis of two numbers ten times as long as it adds two columns, and a step over a
million rows writes to new memory each time, which takes longer than the step.
"""

from collections.abc import Callable

import numpy as np

_FEW = 8  # columns: sums of fewer are taken from left to right by numpy too
# Rows whose steps stay in the cache. Two columns of float64 stay below the 128 KiB from which on
# glibc maps fresh pages for each array.
_BLOCK = 8_000


def in_blocks(function: Callable[..., np.ndarray], *tables: np.ndarray) -> np.ndarray:
    """What a function of rows, each by itself, makes of tables, a few thousand rows at a time.

    Parameters
    ----------
    function : callable
        Takes the same rows of each table and returns an array with an entry, or a row, for each.

    *tables : ndarrays of shape (n_rows, ...)
        The rows.

    Returns
    -------
    result : ndarray of shape (n_rows, ...)
    """
    n_rows = len(tables[0])
    if n_rows <= _BLOCK:
        return function(*tables)
    first = function(*(table[:_BLOCK] for table in tables))
    result = np.empty((n_rows, *first.shape[1:]), first.dtype)
    result[:_BLOCK] = first
    for start in range(_BLOCK, n_rows, _BLOCK):
        part = slice(start, start + _BLOCK)
        result[part] = function(*(table[part] for table in tables))
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


def scaled_columns(table: np.ndarray, factors: np.ndarray) -> np.ndarray:
    """Each column times its factor, as a new table of float64 (or wider)."""
    if not 1 <= table.shape[1] < _FEW:
        return table * factors
    scaled = np.empty(table.shape, np.result_type(table.dtype, np.float64))
    for column, factor in enumerate(factors.tolist()):
        np.multiply(table[:, column], factor, out=scaled[:, column], dtype=scaled.dtype)
    return scaled


def divide_rows(table: np.ndarray, divisors: np.ndarray) -> None:
    """Divide each row by its number, in place."""
    if not 1 <= table.shape[1] < _FEW:
        table /= divisors[:, None]
        return
    for column in range(table.shape[1]):
        np.divide(table[:, column], divisors, out=table[:, column])


def softmax_of_rows(scores: np.ndarray) -> np.ndarray:
    """Softmax of each row, shape (n_rows, n_columns); `scores` may be overwritten.

    scipy's asks what kind of array it was given, which takes longer than this for a single row.
    """
    if scores.shape[1] == 2:
        return two_probabilities(scores[:, 1] - scores[:, 0])
    largest = row_maxima(scores)
    if scores.shape[1] < _FEW:
        for column in range(scores.shape[1]):
            np.subtract(scores[:, column], largest, out=scores[:, column])
    else:
        scores -= largest[:, None]
    np.exp(scores, out=scores)
    divide_rows(scores, row_sums(scores))
    return scores


def two_probabilities(log_odds: np.ndarray) -> np.ndarray:
    """Probabilities, shape (n_rows, 2), from log-odds of the second class, which are overwritten.

    The smaller of a pair is a power over one plus it, which is not rounded off beside the 1.
    """
    of_second = log_odds >= 0
    less = np.abs(log_odds, out=log_odds)
    np.exp(np.negative(less, out=less), out=less)
    total = less + 1.0
    np.divide(less, total, out=less)
    more = np.divide(1.0, total, out=total)
    proba = np.empty((len(less), 2))
    proba[:, 0] = np.where(of_second, less, more)
    proba[:, 1] = np.where(of_second, more, less)
    return proba


def of_both(chance: np.ndarray) -> np.ndarray:
    """Chances of both of two classes, shape (n_rows, 2), from those of the second."""
    proba = np.empty((len(chance), 2))
    np.subtract(1.0, chance, out=proba[:, 0])
    proba[:, 1] = chance
    return proba


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
