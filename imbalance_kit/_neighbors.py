"""Exact k nearest rows: the search that every distance-based sampler stands on."""

from __future__ import annotations

import functools
import os
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

import joblib
import numpy as np
from scipy import sparse
from threadpoolctl import ThreadpoolController

from imbalance_kit.kernels import plain

if TYPE_CHECKING:  # importing it imports numba
    from imbalance_kit.kernels.duplicates import Groups

_BLOCK_CELLS = 1 << 16  # pairs of rows the plain path looks at in one go
# Costs in units of one difference, squared and added in numpy (about 1.5 ns).
_SELECTING = 10  # picking the k smallest, for each pair
_STARTING = 500_000  # a call of compiled code
_PLANTING = 40  # hashing, rotating and sorting into leaves, for each cell
_LOADING = 400_000_000  # importing numba and reading the kernels from its cache
_SMALL_TABLE = 1 << 22  # cells; a smaller sparse table is searched as a dense one
_MOSTLY_DISTINCT = 0.9  # share of distinct rows above which copies are searched like others
_MANY_COPIES = 64  # but not if one row has more copies than this
_BOX_COORDINATES = 8  # coordinates that leaves are boxed in


@dataclass(frozen=True)
class Mixed:
    """Rows with number columns and nominal columns.

    The squared distance of two rows is the (nan-aware) squared Euclidean distance of their
    numbers plus, for every nominal column ``j`` in which they differ, ``weights[j]``.

    Parameters
    ----------
    numbers : ndarray of shape (n_rows, n_numbers)
        float32 or float64; NaN is a missing value.
    codes : ndarray of shape (n_rows, n_nominal)
        int32 codes of the levels. A missing level is a level of its own.
    weights : ndarray of shape (n_nominal,)
        What a mismatch adds to the squared distance; finite and not negative.
    """

    numbers: np.ndarray
    codes: np.ndarray
    weights: np.ndarray

    def __post_init__(self) -> None:
        if self.numbers.ndim != 2 or self.codes.ndim != 2:
            raise ValueError(
                "numbers and codes must have two dimensions; got shapes "
                f"{self.numbers.shape} and {self.codes.shape}."
            )
        if len(self.numbers) != len(self.codes):
            raise ValueError(
                "numbers and codes must have the same number of rows; got "
                f"{len(self.numbers)} and {len(self.codes)}."
            )
        if self.weights.shape != (self.codes.shape[1],):
            raise ValueError(
                f"weights must hold one value for each of the {self.codes.shape[1]} nominal "
                f"columns; got shape {self.weights.shape}."
            )
        if not (np.isfinite(self.weights) & (self.weights >= 0.0)).all():
            raise ValueError(f"weights must be finite and not negative; got {self.weights}.")

    def __len__(self) -> int:
        return len(self.numbers)

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns (numbers and nominal ones together)."""
        return len(self.numbers), self.numbers.shape[1] + self.codes.shape[1]

    def __getitem__(self, rows: np.ndarray | slice) -> Mixed:
        return Mixed(self.numbers[rows], self.codes[rows], self.weights)


Table: TypeAlias = "np.ndarray | sparse.csr_matrix | sparse.csr_array | Mixed"
Found: TypeAlias = tuple[np.ndarray, np.ndarray]
_Table: TypeAlias = Any  # Mixed or csr_array, as `_as_table` makes them


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
    Small searches run in numpy. Others sort the distinct rows into leaves, rule out what cannot
    be near on single-precision coordinates (rotated, so that a few of them suffice), and measure
    the rest in float64: between n and n**2 looks at a few coordinates, depending on how much the
    table has of a structure. Memory is about twice the table. The first large search of a
    process loads the compiled code (numba), the first one on a machine compiles it.

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
    table = _as_table(X)
    if queries is not None:
        asking = _as_table(queries, stay_sparse=sparse.issparse(table))
        excluded = np.full(asking.shape[0], -1)
        n_others = table.shape[0]
        if asking.shape[1] != table.shape[1]:
            raise ValueError(
                f"queries must have the {table.shape[1]} columns of X; got {asking.shape[1]}."
            )
    elif rows is not None:
        excluded = _row_numbers(rows, table.shape[0])
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
    n_threads = _thread_count(n_jobs)
    if algorithm is None:
        algorithm = _choose(table, asking)
    found = None
    if algorithm != "blocks" and not (sparse.issparse(table) and _has_missing(table)):
        found = _compiled(table, asking, excluded, k, n_threads, algorithm)
    return _by_blocks(table, asking, excluded, k) if found is None else found


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


def _as_table(X: Table, stay_sparse: bool | None = None) -> _Table:
    """Numbers in float64; a sparse table in order, without stored zeros, or dense if small.

    Compiled code must always meet the same types: C order, and writable (joblib hands large
    arrays to its workers read-only), though nothing is written.
    """
    if sparse.issparse(X) or stay_sparse:
        table = sparse.csr_array(X, dtype=np.float64, copy=True)
        table.sum_duplicates()
        table.eliminate_zeros()
        if stay_sparse is None:
            n_cells = table.shape[0] * table.shape[1]
            stay_sparse = n_cells > _SMALL_TABLE and 4 * table.nnz < n_cells
        if stay_sparse:
            return table
        X = table.toarray()
    if isinstance(X, Mixed):
        return Mixed(
            np.require(X.numbers, np.float64, ["C", "W"]),
            np.require(X.codes, np.int32, ["C", "W"]),
            np.require(X.weights, np.float64, ["C", "W"]),
        )
    numbers = np.require(X, np.float64, ["C", "W"])
    if numbers.ndim != 2:
        raise ValueError(f"X must have two dimensions; got shape {numbers.shape}.")
    return Mixed(numbers, np.empty((len(numbers), 0), dtype=np.int32), np.empty(0))


def _thread_count(n_jobs: int | None) -> int:
    if n_jobs == 0:
        raise ValueError("n_jobs must not be 0. Give None, -1 or a positive number of threads.")
    if n_jobs is not None and n_jobs > 0:
        return n_jobs
    if n_jobs is None and threading.current_thread() is not threading.main_thread():
        return 1
    n_cores = int(joblib.cpu_count())
    limit = os.environ.get("OMP_NUM_THREADS", "")
    if limit.isdigit():
        n_cores = min(n_cores, int(limit))
    return max(1, n_cores + 1 + (-1 if n_jobs is None else n_jobs))


def _in_threads(task: Callable[[int, int], object], n_blocks: int, n_threads: int) -> None:
    """Call ``task(first, last)`` on ranges that cover all blocks."""
    n_threads = min(n_threads, n_blocks)
    if n_threads <= 1:
        task(0, n_blocks)
        return
    # Short ranges, because some rows take much longer than others. The threads end with the
    # call: a pool that stays would be dead after a fork.
    step = max(1, min(32, n_blocks // (8 * n_threads)))
    with ThreadPoolExecutor(n_threads) as pool:
        for done in [
            pool.submit(task, first, min(first + step, n_blocks))
            for first in range(0, n_blocks, step)
        ]:
            done.result()


def _by_blocks(table: _Table, asking: _Table, excluded: np.ndarray, k: int) -> Found:
    """Measure all pairs in numpy, some asking rows (and columns, if sparse) at a time."""
    n_asking, n_table = asking.shape[0], table.shape[0]
    distances = np.empty((n_asking, k))
    indices = np.empty((n_asking, k), dtype=np.int64)
    step = max(1, _BLOCK_CELLS // n_table)
    for start in range(0, n_asking, step):
        block = asking[start : start + step]
        total = np.zeros((block.shape[0], n_table))
        with np.errstate(over="ignore", under="ignore"):
            _measure(total, block, table)
        barred = excluded[start : start + step]
        row = np.flatnonzero(barred >= 0)
        total[row, barred[row]] = np.nan
        found = plain.smallest(total, k)
        distances[start : start + step], indices[start : start + step] = found
    return distances, indices


def _measure(total: np.ndarray, block: _Table, table: _Table) -> None:
    """Add the squared distances of all pairs of rows to ``total``."""
    missing = _has_missing(block) or _has_missing(table)
    present = np.zeros(total.shape) if missing else None
    for part, other in _dense_columns(block, table):
        plain.add_squares(total, part, other, present)
    if present is not None:
        n_columns = table.numbers.shape[1] if isinstance(table, Mixed) else table.shape[1]
        plain.stretch(total, present, n_columns)
    if isinstance(table, Mixed):
        plain.add_mismatches(total, block.codes, table.codes, table.weights)


def _dense_columns(block: _Table, table: _Table) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    if isinstance(table, Mixed):
        yield block.numbers, table.numbers
        return
    step = max(1, _BLOCK_CELLS // table.shape[0])
    for first in range(0, table.shape[1], step):
        columns = slice(first, first + step)
        yield block[:, columns].toarray(), table[:, columns].toarray()


def _has_missing(table: _Table) -> bool:
    values = table.numbers if isinstance(table, Mixed) else table.data
    return bool(np.isnan(values).any())


@functools.cache
def _libraries() -> ThreadpoolController:
    """Native libraries with threads of their own; looking for them takes milliseconds."""
    return ThreadpoolController()


def _by_leaves(
    table: Mixed, asking: Mixed, excluded: np.ndarray, k: int, n_threads: int
) -> Found | None:
    """Search by `kernels.leaves`; None where its bounds do not hold."""
    from imbalance_kit.kernels import leaves
    from imbalance_kit.kernels.coordinates import coordinates

    with _libraries().limit(limits=n_threads, user_api="blas"):
        space = coordinates(asking.numbers, asking.codes, table.numbers, table.codes, table.weights)
    if space is None:
        return None
    n_box = min(_BOX_COORDINATES, space.n_complete)
    planted = leaves.plant(space.table, space.table_error, n_box)
    same = asking is table
    asking_leaves = planted if same else leaves.plant(space.asking, space.asking_error, n_box)
    bounds = leaves.Bounds(
        space.n_free, space.n_complete, space.scale, space.wobble, space.rounding, space.beyond
    )
    distances = np.empty((len(asking), k))
    indices = np.empty((len(asking), k), dtype=np.int64)

    def search(first: int, last: int) -> None:
        leaves.search_leaves(
            asking_leaves,
            leaves.Rows(asking.numbers, asking.codes),
            space.asking_error,
            excluded,
            planted,
            leaves.Rows(table.numbers, table.codes),
            table.weights,
            bounds,
            same,
            first,
            last,
            distances,
            indices,
        )

    _in_threads(search, len(asking_leaves.packed), n_threads)
    return distances, indices


def _by_postings(
    table: sparse.csr_array,
    asking: sparse.csr_array,
    excluded: np.ndarray,
    k: int,
    n_threads: int,
) -> Found | None:
    """Search by `kernels.postings`; None where its bounds do not hold."""
    from imbalance_kit.kernels import postings

    sizes = np.abs(np.concatenate([table.data, asking.data]))
    if sizes.max(initial=0.0) > 1e140 or sizes.min(initial=1.0) < 1e-140:
        return None
    starts, columns, values = _sparse_parts(table)
    asking_starts, asking_columns, asking_values = _sparse_parts(asking)
    transposed = table.tocsc()
    lengths = postings.square_lengths(starts, values)
    asking_lengths = postings.square_lengths(asking_starts, asking_values)
    # Each sum has at most as many terms as both rows have values.
    longest = int(np.diff(starts).max() + np.diff(asking_starts).max())
    rounding = (longest + 8) * 2.0**-50
    distances = np.empty((asking.shape[0], k))
    indices = np.empty((asking.shape[0], k), dtype=np.int64)

    def search(first: int, last: int) -> None:
        postings.search_postings(
            asking_starts,
            asking_columns,
            asking_values,
            asking_lengths,
            excluded,
            starts,
            columns,
            values,
            lengths,
            *_sparse_parts(transposed),
            rounding,
            first,
            last,
            distances,
            indices,
        )

    _in_threads(search, asking.shape[0], n_threads)
    return distances, indices


def _sparse_parts(
    table: sparse.csr_array | sparse.csc_array,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    return table.indptr.astype(np.int64), table.indices.astype(np.int64), table.data


def _groups(table: _Table) -> Groups:
    """Rows of equal content."""
    from imbalance_kit.kernels import duplicates, postings

    if isinstance(table, Mixed):
        hashes = duplicates.hash_rows(table.numbers.view(np.uint64), table.numbers, table.codes)
        order = np.argsort(hashes, kind="stable")
        starts = duplicates.mark_starts(order, hashes, table.numbers, table.codes)
    else:
        row_starts, columns, values = _sparse_parts(table)
        hashes = postings.hash_sparse_rows(row_starts, columns, values.view(np.uint64))
        order = np.argsort(hashes, kind="stable")
        starts = postings.mark_sparse_starts(order, hashes, row_starts, columns, values)
    return duplicates.groups_of(order, starts)


def _compiled(
    table: _Table,
    asking: _Table,
    excluded: np.ndarray,
    k: int,
    n_threads: int,
    algorithm: str,
) -> Found | None:
    """Search all rows, or the distinct ones where that saves work."""
    search = _by_leaves if isinstance(table, Mixed) else _by_postings
    groups = _groups(table)
    sizes = np.diff(groups.start)
    if algorithm == "auto":
        many = len(sizes) < _MOSTLY_DISTINCT * len(groups.group) or sizes.max() > _MANY_COPIES
        algorithm = "distinct" if many else "direct"
    if algorithm == "direct":
        return search(table, asking, excluded, k, n_threads)
    return _by_groups(table, asking, excluded, k, n_threads, groups, search)


def _by_groups(
    table: _Table,
    asking: _Table,
    excluded: np.ndarray,
    k: int,
    n_threads: int,
    groups: Groups,
    search: Callable[..., Found | None],
) -> Found | None:
    """Search the distinct rows and put the copies in again; -1 in ``excluded``: foreign rows."""
    from imbalance_kit.kernels import duplicates

    distinct = table[groups.member[groups.start[:-1]]]
    n_groups = distinct.shape[0]
    foreign = len(excluded) > 0 and excluded[0] < 0
    if foreign:
        asking_groups = excluded
        place = np.arange(len(excluded))
        barred, wanted = excluded, min(k, n_groups)
    else:
        asking_groups = groups.group[excluded]
        barred, place = np.unique(asking_groups, return_inverse=True)
        asking = distinct if len(barred) == n_groups else distinct[barred]
        wanted = min(k, n_groups - 1)
    if wanted > 0:
        near = search(distinct, asking, barred, wanted, n_threads)
        if near is None:
            return None
    else:
        near = np.empty((len(barred), 0)), np.empty((len(barred), 0), dtype=np.int64)
    distances = np.empty((len(excluded), k))
    indices = np.empty((len(excluded), k), dtype=np.int64)
    apart = np.zeros(len(excluded))
    if isinstance(distinct, Mixed) and distinct.numbers.shape[1] and not foreign:
        apart[np.isnan(distinct.numbers).all(axis=1)[asking_groups]] = np.inf
    duplicates.spread_out(
        groups, asking_groups, excluded, apart, near[0][place], near[1][place], distances, indices
    )
    return distances, indices


class _Plain:
    """Work done in numpy so far that compiled code would have done faster, had it been loaded."""

    work = 0


def _choose(table: _Table, asking: _Table) -> str:
    """Take numpy while that is cheaper, counting what loading the compiled code costs.

    Loading takes about as long as ``_LOADING`` units of work in numpy. So numpy goes on until
    that much has been lost to it: a process never takes more than twice the time of the better
    choice, and one small table does not load numba. The figures are those of
    ``benchmarks/bench_kernels.py``; the result does not depend on them.
    """
    per_row = table.shape[1] + _SELECTING
    work = asking.shape[0] * table.shape[0] * per_row
    if work <= _STARTING + _PLANTING * table.shape[0] * per_row:
        return "blocks"
    if "imbalance_kit.kernels.leaves" not in sys.modules and _Plain.work + work < _LOADING:
        _Plain.work += work
        return "blocks"
    return "auto"
