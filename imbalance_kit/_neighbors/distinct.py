"""Search the distinct rows, where that saves work, and put their copies in again."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from imbalance_kit._neighbors.strategies import (
    Found,
    by_leaves,
    by_postings,
    by_scan,
    sparse_parts,
)
from imbalance_kit._tables.points import Mixed, Rows

if TYPE_CHECKING:  # importing it imports numba
    from imbalance_kit.kernels.duplicates import EqualRows

_MOSTLY_DISTINCT = 0.9  # share of distinct rows above which copies are searched like others
_MANY_COPIES = 64  # but not if one row has more copies than this


def _groups(table: Rows) -> EqualRows | None:
    """Rows of equal content; None where all rows differ."""
    from imbalance_kit.kernels import duplicates, postings

    if isinstance(table, Mixed):
        hashes = duplicates.hash_rows(table.numbers, table.category_codes)
    else:
        hashes = postings.hash_sparse_rows(*sparse_parts(table))
    order = np.argsort(hashes, kind="stable")
    in_order = hashes[order]
    if not (in_order[1:] == in_order[:-1]).any():
        return None
    if isinstance(table, Mixed):
        starts = duplicates.mark_starts(order, in_order, table.numbers, table.category_codes)
    else:
        starts = postings.mark_sparse_starts(order, in_order, *sparse_parts(table))
    return duplicates.groups_of(order, starts)


def compiled(
    table: Rows,
    queries: Rows,
    excluded: np.ndarray,
    k: int,
    n_threads: int,
    algorithm: str,
) -> Found | None:
    """Search all rows, or the distinct ones where that saves work."""
    if algorithm == "scan" and isinstance(table, Mixed):
        return by_scan(table, queries, excluded, k, n_threads)
    search = by_leaves if isinstance(table, Mixed) else by_postings
    groups = None if algorithm in ("direct", "scan") else _groups(table)
    if groups is not None and algorithm == "auto":
        sizes = np.diff(groups.start)
        if len(sizes) >= _MOSTLY_DISTINCT * table.shape[0] and sizes.max() <= _MANY_COPIES:
            groups = None
    if groups is None:
        return search(table, queries, excluded, k, n_threads)
    return _by_groups(table, queries, excluded, k, n_threads, groups, search)


def _by_groups(
    table: Rows,
    queries: Rows,
    excluded: np.ndarray,
    k: int,
    n_threads: int,
    groups: EqualRows,
    search: Callable[..., Found | None],
) -> Found | None:
    """Search the distinct rows and put the copies in again.

    Rows of the table are searched once for each group of equal rows; queries that are no rows of
    the table (-1 in ``excluded``) are taken one by one.
    """
    from imbalance_kit.kernels import duplicates

    distinct = table[groups.member[groups.start[:-1]]]
    n_groups = distinct.shape[0]
    foreign = len(excluded) > 0 and excluded[0] < 0
    if foreign:
        query_groups = excluded
        place = np.arange(len(excluded))
        excluded_groups, wanted = excluded, min(k, n_groups)
    else:
        query_groups = groups.group[excluded]
        excluded_groups, place = np.unique(query_groups, return_inverse=True)
        queries = distinct if len(excluded_groups) == n_groups else distinct[excluded_groups]
        wanted = min(k, n_groups - 1)
    if wanted > 0:
        near = search(distinct, queries, excluded_groups, wanted, n_threads)
        if near is None:
            return None
    else:
        near = (
            np.empty((len(excluded_groups), 0)),
            np.empty((len(excluded_groups), 0), dtype=np.int64),
        )
    distances = np.empty((len(excluded), k))
    indices = np.empty((len(excluded), k), dtype=np.int64)
    # Equal rows are at distance 0, except that rows without any number are infinitely far apart.
    apart = np.zeros(len(excluded))
    if isinstance(distinct, Mixed) and distinct.numbers.shape[1] and not foreign:
        apart[np.isnan(distinct.numbers).all(axis=1)[query_groups]] = np.inf
    duplicates.expand_groups(
        groups, query_groups, excluded, apart, near[0][place], near[1][place], distances, indices
    )
    return distances, indices
