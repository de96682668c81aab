"""Draws that depend on the values of a row and on a seed alone."""

import hashlib
from typing import Any

import narwhals.stable.v2 as nw
import numpy as np
from scipy import sparse

from imbalance_kit._tables.rows import is_frame, is_missing

_FEW = 32  # rows: numpy's steps for a column take as long as Python's for this many numbers
_64_BITS = 2**64 - 1
_STEP = np.uint64(0x9E3779B97F4A7C15)  # of splitmix64: 2^64 over the golden ratio, odd


def row_draws(X: Any, seed: int) -> np.ndarray:
    """Uniform draws in [0, 1), equal for equal rows under one seed, wherever they stand.

    A randomised decision made with them is the same for the same row every time, in any
    batch and any order. Numbers count by value (1 and 1.0 are one), other values by their text.
    """
    if isinstance(X, np.ndarray) and X.dtype.kind in "fiub" and len(X) <= _FEW:
        return _draws_of_few(X, seed)
    columns = _columns(X)
    with np.errstate(over="ignore"):  # all arithmetic is modulo 2^64
        state = np.full(columns[0].shape[0], _mix(np.uint64(seed) + _STEP), dtype=np.uint64)
        for position, column in enumerate(columns):
            # with the position: a row and one with two values exchanged must differ
            state = _mix(state ^ _mix(_bits(column) + np.uint64(position + 1) * _STEP))
    # a double has 53 bits: more of them would round to 1
    return (state >> np.uint64(11)).astype(np.float64) / 2.0**53


def _draws_of_few(X: np.ndarray, seed: int) -> np.ndarray:
    """The same draws by steps in Python's integers, of which a few rows need few."""
    step = np.arange(1, X.shape[1] + 1, dtype=np.uint64) * _STEP
    values = _mix(_bits(X) + step)
    first = _mixed((seed + int(_STEP)) & _64_BITS)
    draws = []
    for row in values.tolist():
        state = first
        for value in row:
            state = _mixed(state ^ value)
        draws.append((state >> 11) / 2.0**53)
    return np.array(draws)


def repeated_share(X: Any, group_of_row: np.ndarray) -> float:
    """Share of the rows that have the values and the group of another row."""
    keys = np.column_stack([row_draws(X, 0), group_of_row])
    _, counts = np.unique(keys, axis=0, return_counts=True)
    return float(counts[counts > 1].sum() / len(keys))


def spread_draws(draws: np.ndarray, group_of_row: np.ndarray, seed: int) -> np.ndarray:
    """Draws of equal rows of one group, which are equal, spread evenly over [0, 1).

    Of n equal rows a share p is then decided positive but for one row, where without it all or
    none would be. A row that is equal to no other keeps its draw.
    """
    n_rows = len(draws)
    shuffled = np.random.RandomState(seed).permutation(n_rows)
    order = shuffled[np.lexsort((group_of_row[shuffled], draws[shuffled]))]
    starts = np.ones(n_rows, dtype=bool)
    starts[1:] = (np.diff(draws[order]) != 0) | (np.diff(group_of_row[order]) != 0)
    first = np.flatnonzero(starts)
    size = np.diff(np.append(first, n_rows))
    place = np.arange(n_rows) - np.repeat(first, size)
    spread = np.empty(n_rows)
    spread[order] = (place + draws[order]) / np.repeat(size, size)
    return spread


def _columns(X: Any) -> list[np.ndarray]:
    if is_frame(X):
        frame = nw.from_native(X, eager_only=True)
        return [frame[:, j].to_numpy() for j in range(frame.shape[1])]
    table = X.toarray() if sparse.issparse(X) else np.asarray(X)
    return list(table.T)


def _bits(column: np.ndarray) -> np.ndarray:
    """64 bits for each value of a column; of a table, if it holds numbers."""
    if column.dtype.kind in "fiub":
        numbers = column.astype(np.float64) + 0.0  # no negative zero
        numbers[np.isnan(numbers)] = np.nan  # one kind of NaN
        return numbers.view(np.uint64)
    known: dict[Any, int] = {}
    bits = np.empty(len(column), dtype=np.uint64)
    for row, value in enumerate(column):
        key = "" if is_missing(value) else str(value)
        if key not in known:
            digest = hashlib.blake2b(key.encode(), digest_size=8).digest()
            known[key] = int.from_bytes(digest, "little")
        bits[row] = known[key]
    return bits


def _mix(bits: Any) -> Any:
    """One round of splitmix64: every bit of the input moves every bit of the output."""
    bits = (bits ^ (bits >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    bits = (bits ^ (bits >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return bits ^ (bits >> np.uint64(31))


def _mixed(bits: int) -> int:
    """The same round for one of Python's integers; numpy's take several times as long."""
    bits = ((bits ^ (bits >> 30)) * 0xBF58476D1CE4E5B9) & _64_BITS
    bits = ((bits ^ (bits >> 27)) * 0x94D049BB133111EB) & _64_BITS
    return bits ^ (bits >> 31)
