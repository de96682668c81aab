"""Exact k nearest rows: the search that every distance-based sampler stands on."""

from __future__ import annotations

import math
import sys
from typing import ClassVar

import numpy as np
from scipy import sparse

from imbalance_kit._neighbors.strategies import Found, by_blocks, compiled
from imbalance_kit._tables.points import Rows, Table, as_table
from imbalance_kit._threads import thread_count

# Costs in nanoseconds.
_NEARLY_ALL = 0.7  # share of the rows from which all of them may as well ask
_PLAIN_PAIR = 15.0  # numpy: picking the k smallest, for each pair of rows
_PLAIN_DIFFERENCE = 1.5  # numpy: a difference, squared and added
_CALLING = 50_000.0  # a call of compiled code
_PAIR = 0.3  # compiled: the same two
_DIFFERENCE = 0.025
_RANKING = 20.0  # compiled: putting a row on the list of the k nearest
_STARTING = 1_000_000.0  # coordinates and leaves: the calls
_PLANTING = 100.0  # hashing, rotating and sorting into leaves, for each cell
_LEFT_BY_LEAVES = 0.3  # share of a scan's work that leaves do not save,
_LEFT_BY_COLUMN = 0.01  # and what each column adds to it
_LOADING = 600_000_000.0  # importing numba and reading kernels from its cache
_LOADING_MORE = 200_000_000.0  # reading more of them

# Paths of compiled code, and the module each loads.
_MODULES = {"scan": "scanning", "auto": "leaves"}


def nearest_rows(
    X: Table,
    k: int,
    *,
    rows: np.ndarray | None = None,
    queries: Table | None = None,
    n_jobs: int | None = None,
) -> Found:
    """Find the ``k`` nearest rows of ``X``, exactly.

    Parameters
    ----------
    X : ndarray, CSR matrix or array, or Mixed, of shape (n_rows, n_columns)
        float32 or float64. NaN is a missing value. Infinite values are not allowed.
    k : int
        How many rows to find for each asking row.
    rows : ndarray of shape (n_asking,), optional
        The rows of ``X`` that ask; all by default. A row never finds itself, but finds its
        copies.
    queries : same kind as X, optional
        Other rows that ask instead. They may find every row of ``X``.
    n_jobs : int, optional
        Threads. None and -1 take the cores this process may use, or ``OMP_NUM_THREADS`` if that
        is smaller (joblib sets it in its worker processes); None takes one thread outside the
        main thread, where somebody else is running things in parallel already. The result does
        not depend on it.

    Returns
    -------
    distances : ndarray of shape (n_asking, k)
        Squared distances, ascending. Each is the float64 sum of squared differences over the
        columns from first to last, missing values by scikit-learn's nan-aware rule: the columns
        present in both rows, times (columns / columns present); infinite without any.
    indices : ndarray of shape (n_asking, k)
        Rows of ``X``, int64. Equal distances are in the order of the row numbers.

    Raises
    ------
    ValueError
        If an asking row has fewer than ``k`` rows to choose from.

    Notes
    -----
    Small searches run in numpy, those with few pairs of rows look at each of them, and so do
    those where k is a large share of the table. Others sort the distinct rows into leaves, rule
    out what cannot be near on single-precision coordinates (rotated, so that a few of them
    suffice), and measure the rest in float64: between n and n**2 looks at a few coordinates,
    depending on how much the table has of a structure. A large sparse table is searched by its
    columns, each product of stored values once, missing ones included. Memory is about twice the
    table. The first large search of a process loads the compiled code (numba), the first one on
    a machine compiles it.

    Examples
    --------
    >>> import numpy as np
    >>> distances, indices = nearest_rows(np.array([[0.0], [1.0], [1.0], [5.0]]), 2)
    >>> indices
    array([[1, 2],
           [2, 0],
           [1, 0],
           [1, 2]])
    >>> distances
    array([[ 1.,  1.],
           [ 0.,  1.],
           [ 0.,  1.],
           [16., 16.]])
    """
    return _nearest(X, k, rows=rows, queries=queries, n_jobs=n_jobs)


def _nearest(
    X: Table,
    k: int,
    *,
    rows: np.ndarray | None = None,
    queries: Table | None = None,
    n_jobs: int | None = None,
    algorithm: str | None = None,
) -> Found:
    """Do the work of `nearest_rows`; ``algorithm`` forces one of the paths (for tests)."""
    table = as_table(X)
    if queries is not None:
        asking = as_table(queries, stay_sparse=sparse.issparse(table))
        excluded = np.full(asking.shape[0], -1)
        n_others = table.shape[0]
        if asking.shape[1] != table.shape[1]:
            raise ValueError(
                f"queries must have the {table.shape[1]} columns of X; got {asking.shape[1]}."
            )
    elif rows is not None:
        excluded = _row_numbers(rows, table.shape[0])
        if len(excluded) > _NEARLY_ALL * table.shape[0]:
            # One table to prepare instead of two; the answers of the others are left out.
            distances, indices = _nearest(X, k, n_jobs=n_jobs, algorithm=algorithm)
            return distances[excluded], indices[excluded]
        asking = table[excluded]
        n_others = table.shape[0] - 1
    else:
        excluded = np.arange(table.shape[0])
        asking = table
        n_others = table.shape[0] - 1
    if not 1 <= k <= n_others:
        raise ValueError(
            f"k={k} nearest rows were asked for, but there are {n_others} rows to choose from. "
            f"Give a k from 1 to {n_others}."
        )
    n_threads = thread_count(n_jobs)
    if algorithm is None:
        algorithm = _choose(table, asking, k)
    found = None
    if algorithm != "blocks":
        found = compiled(table, asking, excluded, k, n_threads, algorithm)
    return by_blocks(table, asking, excluded, k, n_threads) if found is None else found


def _row_numbers(rows: np.ndarray, n_rows: int) -> np.ndarray:
    rows = np.asarray(rows)
    if rows.size == 0:
        return np.empty(0, dtype=np.int64)
    if rows.dtype.kind not in "iu" or rows.min() < 0 or rows.max() >= n_rows:
        raise ValueError(
            f"rows must be row numbers from 0 to {n_rows - 1}; got {rows.dtype} values from "
            f"{rows.min()} to {rows.max()}. For a mask, give np.flatnonzero(mask)."
        )
    return rows.astype(np.int64)


class _Lost:
    """Nanoseconds that code loaded already took longer than code still to be loaded would have."""

    by_waiting: ClassVar[dict[str, float]] = {"scan": 0.0, "auto": 0.0}


def _choose(table: Rows, asking: Rows, k: int) -> str:
    """Take the cheapest path, counting what loading compiled code costs.

    Loading takes long. So other paths go on until that much has been lost to them: a process
    never takes more than about twice the time of the better choice, and one small table does not
    load numba. The figures are those of ``benchmarks/bench_kernels.py``; the result does not
    depend on them.
    """
    costs = _costs(table, asking, k)
    choice = "blocks"
    for path, module in _MODULES.items():
        lost = costs[choice] - costs[path]
        if lost <= 0.0:
            continue
        if f"imbalance_kit.kernels.{module}" not in sys.modules:
            loading = _LOADING_MORE if choice == "scan" else _LOADING
            if _Lost.by_waiting[path] + lost < loading:
                _Lost.by_waiting[path] += lost
                continue
        choice = path
    return choice


def _costs(table: Rows, asking: Rows, k: int) -> dict[str, float]:
    """Nanoseconds of each path, roughly."""
    n_rows, n_columns = table.shape
    n_asking = asking.shape[0]
    pairs = n_asking * n_rows
    # Rows that get on the list of k, each of which moves half of those on it.
    ranked = n_asking * k * (1.0 + math.log(n_rows / k))
    ranking = ranked * (_RANKING + k / 2.0)
    scanning = _PAIR * pairs + _DIFFERENCE * pairs * n_columns
    planted = n_rows if asking is table else n_rows + n_asking
    planting = _STARTING + _PLANTING * planted * (n_columns + 1)
    left = min(_LEFT_BY_LEAVES + _LEFT_BY_COLUMN * n_columns, 0.8)
    return {
        "blocks": pairs * (_PLAIN_PAIR + _PLAIN_DIFFERENCE * n_columns),
        "scan": math.inf if sparse.issparse(table) else _CALLING + scanning + ranking,
        "auto": planting + left * scanning + ranking,
    }
