"""Exact k nearest rows: the search that every distance-based sampler stands on."""

from __future__ import annotations

import numpy as np
from scipy import sparse

from imbalance_kit._neighbors.choice import worth_compiling
from imbalance_kit._neighbors.distinct import compiled
from imbalance_kit._neighbors.few_queries import by_few
from imbalance_kit._neighbors.levels import search_in_levels
from imbalance_kit._neighbors.plain import by_numpy, by_sorting
from imbalance_kit._neighbors.strategies import Found
from imbalance_kit._tables.magnitude import Units
from imbalance_kit._tables.points import Rows, Table, as_table
from imbalance_kit._threads import thread_count

_NEARLY_ALL = 0.6  # share of the rows from which all of them may as well be queries


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
        How many rows to find for each query.
    rows : ndarray of shape (n_queries,), optional
        The rows of ``X`` whose neighbours are wanted; all by default. A row never finds itself,
        but finds its copies.
    queries : same kind as X, optional
        Other rows whose neighbours are wanted instead. They may find every row of ``X``.
    n_jobs : int, optional
        Threads. None and -1 take the cores this process may use, or ``OMP_NUM_THREADS`` if that
        is smaller (joblib sets it in its worker processes); None takes one thread outside the
        main thread, where other code is running things in parallel already. The result does
        not depend on it.

    Returns
    -------
    distances : ndarray of shape (n_queries, k)
        Squared distances, ascending. Each is the float64 sum of squared differences over the
        columns from first to last, missing values by scikit-learn's nan-aware rule: the columns
        present in both rows, times (columns / columns present); infinite without any. Numbers
        whose squares overflow or vanish are searched in other units, so that the order is right
        even where a squared distance is more than float64 holds.
    indices : ndarray of shape (n_queries, k)
        Rows of ``X``, int64. Equal distances are in the order of the row numbers.

    Raises
    ------
    ValueError
        If a query has fewer than ``k`` rows to choose from.

    Notes
    -----
    The tie rule is that of `kernels.order`, the distance that of `kernels.distances`.

    Float32 products of rows, in blocks, rule out all pairs that cannot be near, by a bound of
    each pair; the rest is measured in float64: n**2 * d / 2 multiplications if all rows are
    queries, as each pair is looked at once, and n * n_queries * d otherwise. A table of few
    columns or of much structure is sorted into leaves instead: between n and n**2 looks at a few
    coordinates. A large sparse table is searched by its columns, each product of stored values
    once, missing ones included. All pairs are measured in a small table, and where k is a large
    share of it. Memory is about twice the table. The first searches of a process run in numpy,
    until loading the compiled code (numba) pays; the first one on a machine compiles it.

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
    """Do the work of `nearest_rows`; ``algorithm`` forces a strategy (for tests)."""
    table = as_table(X)
    # A row is never its own neighbour: each query comes with the row of the table that it may not
    # get, or -1. By number, not by distance 0, as copies of a row are its neighbours.
    if queries is not None:
        query_table = as_table(queries, stay_sparse=sparse.issparse(table))
        excluded = np.full(query_table.shape[0], -1)
        n_others = table.shape[0]
        if query_table.shape[1] != table.shape[1]:
            raise ValueError(
                f"queries must have the {table.shape[1]} columns of X; got {query_table.shape[1]}."
            )
    elif rows is not None:
        excluded = _row_numbers(rows, table.shape[0])
        if len(excluded) > _NEARLY_ALL * table.shape[0]:
            # One table to prepare instead of two; what the other rows find is left out.
            distances, indices = _nearest(X, k, n_jobs=n_jobs, algorithm=algorithm)
            return distances[excluded], indices[excluded]
        query_table = table[excluded]
        n_others = table.shape[0] - 1
    else:
        excluded = np.arange(table.shape[0])
        query_table = table
        n_others = table.shape[0] - 1
    if not 1 <= k <= n_others:
        raise ValueError(
            f"k={k} nearest rows were asked for, but there are {n_others} rows to choose from. "
            f"Give a k from 1 to {n_others}."
        )
    n_queries = query_table.shape[0]
    n_threads = thread_count(n_jobs, n_queries * table.shape[0] * table.shape[1])
    if query_table is not table and algorithm is None:
        few = by_few(table, query_table, excluded, k, n_threads)
        if few is not None:
            return few
    units = Units(table) if queries is None else Units(table, query_table)
    if not units.ordinary:
        same = query_table is table
        table = units.apply(table)
        query_table = table if same else units.apply(query_table)

    def search(table: Rows, query_table: Rows, excluded: np.ndarray) -> Found:
        found = None
        if algorithm == "numpy":
            found = by_numpy(table, query_table, excluded, k, n_threads, patient=True)
        elif algorithm is None and not worth_compiling(table, query_table):
            found = by_numpy(table, query_table, excluded, k, n_threads)
        if found is None and algorithm != "sorting":
            found = compiled(table, query_table, excluded, k, n_threads, algorithm)
        return by_sorting(table, query_table, excluded, k, n_threads) if found is None else found

    distances, indices = search_in_levels(search, table, query_table, excluded, units.wide)
    return units.restore_squares(distances), indices


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
