"""The strategies of the search: in numpy, a scan, by leaves, by postings.

All of them give the same bits, as all follow `kernels.order` and `kernels.distances`. Each takes
``excluded``: for each query the row of the table that it may not get, or -1. Kernels are imported
inside the functions, because that imports numba.
"""

from __future__ import annotations

from contextlib import nullcontext
from typing import TypeAlias

import numpy as np
from scipy import sparse

from imbalance_kit._tables.points import Mixed, Rows, measure
from imbalance_kit._threads import in_threads, native_libraries
from imbalance_kit.kernels.order import smallest

_BLOCK_CELLS = 1 << 16  # pairs of rows that numpy looks at in one go
_WORTH_THREADS = 1 << 21  # differences in numpy; threads are started for more
_WORTH_SCAN_THREADS = 1 << 24  # and in compiled code
_TOGETHER = 256  # rows that scan together, at most
_LARGE_PRODUCT = 1 << 23  # multiplications; BLAS takes threads of its own for so many
_BOX_COORDINATES = 8  # coordinates that leaves are boxed in

Found: TypeAlias = tuple[np.ndarray, np.ndarray]


def by_blocks(table: Rows, queries: Rows, excluded: np.ndarray, k: int, n_threads: int) -> Found:
    """Measure all pairs in numpy, some queries (and columns, if sparse) at a time."""
    n_queries, n_table = queries.shape[0], table.shape[0]
    distances = np.empty((n_queries, k))
    indices = np.empty((n_queries, k), dtype=np.int64)
    step = max(1, _BLOCK_CELLS // n_table)

    def search(first: int, last: int) -> None:
        for start in range(first * step, min(last * step, n_queries), step):
            block = queries[start : start + step]
            total = np.zeros((block.shape[0], n_table))
            with np.errstate(over="ignore", under="ignore"):
                measure(total, block, table)
            found = smallest(total, k, excluded[start : start + step])
            distances[start : start + step], indices[start : start + step] = found

    if n_queries * n_table * table.shape[1] < _WORTH_THREADS:
        n_threads = 1
    in_threads(search, -(-n_queries // step), n_threads)
    return distances, indices


def by_scan(table: Mixed, queries: Mixed, excluded: np.ndarray, k: int, n_threads: int) -> Found:
    """Search by `kernels.scanning`."""
    from imbalance_kit.kernels.scanning import frame_of_scan, scan

    n_queries = len(queries)
    distances = np.empty((n_queries, k))
    indices = np.empty((n_queries, k), dtype=np.int64)
    if n_queries * len(table) * (table.shape[1] + 8) < _WORTH_SCAN_THREADS:
        n_threads = 1
    placed = frame_of_scan(table.numbers)
    step = min(_TOGETHER, max(1, -(-n_queries // (2 * n_threads))))

    def search(first: int, last: int) -> None:
        scan(
            queries.numbers,
            queries.category_codes,
            table.numbers,
            table.category_codes,
            table.weights,
            *placed,
            excluded,
            first * step,
            min(last * step, n_queries),
            distances,
            indices,
        )

    in_threads(search, -(-n_queries // step), n_threads)
    return distances, indices


def by_leaves(
    table: Mixed, queries: Mixed, excluded: np.ndarray, k: int, n_threads: int
) -> Found | None:
    """Search by `kernels.leaves`; None where its bounds do not hold."""
    from imbalance_kit.kernels import leaves
    from imbalance_kit.kernels.coordinates import coordinates

    # Limiting takes longer than a small rotation.
    large = table.numbers.size * table.shape[1] > _LARGE_PRODUCT
    with native_libraries().limit(limits=n_threads, user_api="blas") if large else nullcontext():
        space = coordinates(
            queries.numbers,
            queries.category_codes,
            table.numbers,
            table.category_codes,
            table.weights,
        )
    if space is None:
        return None
    n_box = min(_BOX_COORDINATES, space.n_complete)
    table_leaves = leaves.build_leaves(space.table, space.table_error, n_box)
    same = queries is table
    query_leaves = (
        table_leaves if same else leaves.build_leaves(space.queries, space.query_error, n_box)
    )
    bounds = leaves.Bounds(
        space.n_free,
        space.n_complete,
        space.scale,
        space.relative_error,
        space.rounding,
        space.absolute_error,
    )
    distances = np.empty((len(queries), k))
    indices = np.empty((len(queries), k), dtype=np.int64)

    has_missing = True if space.n_free < space.table.shape[1] else None

    def search(first: int, last: int) -> None:
        leaves.search_leaves(
            query_leaves,
            leaves.Rows(queries.numbers, queries.category_codes),
            space.query_error,
            excluded,
            table_leaves,
            leaves.Rows(table.numbers, table.category_codes),
            table.weights,
            bounds,
            same,
            first,
            last,
            has_missing,
            leaves.make_buffers(k),
            distances,
            indices,
        )

    in_threads(search, len(query_leaves.packed), n_threads)
    return distances, indices


def by_postings(
    table: sparse.csr_array,
    queries: sparse.csr_array,
    excluded: np.ndarray,
    k: int,
    n_threads: int,
) -> Found | None:
    """Search by `kernels.postings`."""
    from imbalance_kit.kernels import postings

    missing = bool(np.isnan(table.data).any() or np.isnan(queries.data).any())
    starts, columns, values = sparse_parts(table)
    query_starts, query_columns, query_values = sparse_parts(queries)
    transposed = table.tocsc()
    lengths = postings.square_lengths(starts, values)
    query_lengths = postings.square_lengths(query_starts, query_values)
    # Each sum has at most as many terms as both rows have values.
    longest = int(np.diff(starts).max() + np.diff(query_starts).max())
    rounding = (longest + 8) * 2.0**-50
    n_missing = None
    if missing:
        running = np.append(0, np.cumsum(np.isnan(values)))
        n_missing = running[starts[1:]] - running[starts[:-1]]
    distances = np.empty((queries.shape[0], k))
    indices = np.empty((queries.shape[0], k), dtype=np.int64)

    def search(first: int, last: int) -> None:
        postings.search_postings(
            query_starts,
            query_columns,
            query_values,
            query_lengths,
            excluded,
            starts,
            columns,
            values,
            lengths,
            *sparse_parts(transposed),
            table.shape[1],
            n_missing,
            rounding,
            first,
            last,
            distances,
            indices,
        )

    in_threads(search, queries.shape[0], n_threads)
    return distances, indices


def sparse_parts(
    table: sparse.csr_array | sparse.csc_array,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    return table.indptr.astype(np.int64), table.indices.astype(np.int64), table.data
