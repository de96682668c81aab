"""The search by leaves of the table, and the one by the columns of a sparse table.

Like `plain` and `products` they give the same bits, as all follow `kernels.order` and
`kernels.distances`. Each takes ``excluded``: for each query the row of the table that it may not
get, or -1. Kernels are imported inside the functions, because that imports numba.
"""

from __future__ import annotations

from contextlib import nullcontext
from typing import TypeAlias

import numpy as np
from scipy import sparse

from imbalance_kit._tables.points import Mixed
from imbalance_kit._threads import in_threads, native_libraries

_LARGE_PRODUCT = 1 << 23  # multiplications; BLAS takes threads of its own for so many
_BOX_COORDINATES = 8  # coordinates that leaves are boxed in

Found: TypeAlias = tuple[np.ndarray, np.ndarray]


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
            space.table_error,
            table.weights,
            bounds,
            same,
            first,
            last,
            has_missing,
            leaves.make_buffers(k, len(table_leaves.packed)),
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
            postings.make_scratch(k, table.shape[0]),
            distances,
            indices,
        )

    in_threads(search, queries.shape[0], n_threads)
    return distances, indices


def sparse_parts(
    table: sparse.csr_array | sparse.csc_array,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    return table.indptr.astype(np.int64), table.indices.astype(np.int64), table.data
