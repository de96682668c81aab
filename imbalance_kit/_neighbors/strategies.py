"""The ways to the nearest rows: all of them give the same bits."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
from scipy import sparse

from imbalance_kit._tables.points import Mixed, Rows, measure
from imbalance_kit._threads import in_threads, native_libraries
from imbalance_kit.kernels.order import smallest

if TYPE_CHECKING:  # importing it imports numba
    from imbalance_kit.kernels.duplicates import Groups

_BLOCK_CELLS = 1 << 16  # pairs of rows that numpy looks at in one go
_WORTH_THREADS = 1 << 21  # differences in numpy; threads are started for more
_WORTH_SCAN_THREADS = 1 << 24  # and in compiled code
_TOGETHER = 256  # rows that scan together, at most
_MOSTLY_DISTINCT = 0.9  # share of distinct rows above which copies are searched like others
_MANY_COPIES = 64  # but not if one row has more copies than this
_LARGE_PRODUCT = 1 << 23  # multiplications; BLAS takes threads of its own for so many
_BOX_COORDINATES = 8  # coordinates that leaves are boxed in

Found: TypeAlias = tuple[np.ndarray, np.ndarray]


def by_blocks(table: Rows, asking: Rows, excluded: np.ndarray, k: int, n_threads: int) -> Found:
    """Measure all pairs in numpy, some asking rows (and columns, if sparse) at a time."""
    n_asking, n_table = asking.shape[0], table.shape[0]
    distances = np.empty((n_asking, k))
    indices = np.empty((n_asking, k), dtype=np.int64)
    step = max(1, _BLOCK_CELLS // n_table)

    def search(first: int, last: int) -> None:
        for start in range(first * step, min(last * step, n_asking), step):
            block = asking[start : start + step]
            total = np.zeros((block.shape[0], n_table))
            with np.errstate(over="ignore", under="ignore"):
                measure(total, block, table)
            found = smallest(total, k, excluded[start : start + step])
            distances[start : start + step], indices[start : start + step] = found

    if n_asking * n_table * table.shape[1] < _WORTH_THREADS:
        n_threads = 1
    in_threads(search, -(-n_asking // step), n_threads)
    return distances, indices


def by_scan(table: Mixed, asking: Mixed, excluded: np.ndarray, k: int, n_threads: int) -> Found:
    """Search by `kernels.scanning`."""
    from imbalance_kit.kernels.scanning import frame, scan

    n_asking = len(asking)
    distances = np.empty((n_asking, k))
    indices = np.empty((n_asking, k), dtype=np.int64)
    if n_asking * len(table) * (table.shape[1] + 8) < _WORTH_SCAN_THREADS:
        n_threads = 1
    placed = frame(table.numbers)
    step = min(_TOGETHER, max(1, -(-n_asking // (2 * n_threads))))

    def search(first: int, last: int) -> None:
        scan(
            asking.numbers,
            asking.codes,
            table.numbers,
            table.codes,
            table.weights,
            *placed,
            excluded,
            first * step,
            min(last * step, n_asking),
            distances,
            indices,
        )

    in_threads(search, -(-n_asking // step), n_threads)
    return distances, indices


def _by_leaves(
    table: Mixed, asking: Mixed, excluded: np.ndarray, k: int, n_threads: int
) -> Found | None:
    """Search by `kernels.leaves`; None where its bounds do not hold."""
    from imbalance_kit.kernels import leaves
    from imbalance_kit.kernels.coordinates import coordinates

    # Limiting takes longer than a small rotation.
    large = table.numbers.size * table.shape[1] > _LARGE_PRODUCT
    with native_libraries().limit(limits=n_threads, user_api="blas") if large else nullcontext():
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

    has_gaps = True if space.n_free < space.table.shape[1] else None

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
            has_gaps,
            leaves.room_for(k),
            distances,
            indices,
        )

    in_threads(search, len(asking_leaves.packed), n_threads)
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
    missing = np.isnan(sizes).any()
    if np.fmax.reduce(sizes, initial=0.0) > 1e140 or np.fmin.reduce(sizes, initial=1.0) < 1e-140:
        return None
    starts, columns, values = _sparse_parts(table)
    asking_starts, asking_columns, asking_values = _sparse_parts(asking)
    transposed = table.tocsc()
    lengths = postings.square_lengths(starts, values)
    asking_lengths = postings.square_lengths(asking_starts, asking_values)
    # Each sum has at most as many terms as both rows have values.
    longest = int(np.diff(starts).max() + np.diff(asking_starts).max())
    rounding = (longest + 8) * 2.0**-50
    gaps = None
    if missing:
        running = np.append(0, np.cumsum(np.isnan(values)))
        gaps = running[starts[1:]] - running[starts[:-1]]
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
            table.shape[1],
            gaps,
            rounding,
            first,
            last,
            distances,
            indices,
        )

    in_threads(search, asking.shape[0], n_threads)
    return distances, indices


def _sparse_parts(
    table: sparse.csr_array | sparse.csc_array,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    return table.indptr.astype(np.int64), table.indices.astype(np.int64), table.data


def _groups(table: Rows) -> Groups | None:
    """Rows of equal content; None where all rows differ."""
    from imbalance_kit.kernels import duplicates, postings

    if isinstance(table, Mixed):
        hashes = duplicates.hash_rows(table.numbers, table.codes)
    else:
        hashes = postings.hash_sparse_rows(*_sparse_parts(table))
    order = np.argsort(hashes, kind="stable")
    in_order = hashes[order]
    if not (in_order[1:] == in_order[:-1]).any():
        return None
    if isinstance(table, Mixed):
        starts = duplicates.mark_starts(order, in_order, table.numbers, table.codes)
    else:
        starts = postings.mark_sparse_starts(order, in_order, *_sparse_parts(table))
    return duplicates.groups_of(order, starts)


def compiled(
    table: Rows,
    asking: Rows,
    excluded: np.ndarray,
    k: int,
    n_threads: int,
    algorithm: str,
) -> Found | None:
    """Search all rows, or the distinct ones where that saves work."""
    if algorithm == "scan" and isinstance(table, Mixed):
        return by_scan(table, asking, excluded, k, n_threads)
    search = _by_leaves if isinstance(table, Mixed) else _by_postings
    groups = None if algorithm in ("direct", "scan") else _groups(table)
    if groups is not None and algorithm == "auto":
        sizes = np.diff(groups.start)
        if len(sizes) >= _MOSTLY_DISTINCT * table.shape[0] and sizes.max() <= _MANY_COPIES:
            groups = None
    if groups is None:
        return search(table, asking, excluded, k, n_threads)
    return _by_groups(table, asking, excluded, k, n_threads, groups, search)


def _by_groups(
    table: Rows,
    asking: Rows,
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
