"""The search by compiled code; copies of rows and far clusters are put aside first."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse

from imbalance_kit._neighbors.all_pairs import all_pairs_are_better, by_all_pairs
from imbalance_kit._neighbors.bounds import Bounds, ProductBounds, bounds_of
from imbalance_kit._neighbors.choice import MANY_PAIRS, leaves_are_better
from imbalance_kit._neighbors.far_clusters import by_parts, find_division
from imbalance_kit._neighbors.strategies import Found, by_leaves, by_postings, sparse_parts
from imbalance_kit._tables.points import Mixed, Rows

if TYPE_CHECKING:  # importing it imports numba
    from imbalance_kit.kernels.duplicates import EqualRows

_MOSTLY_DISTINCT = 0.9  # share of distinct rows above which copies are searched like others
_MANY_COPIES = 64  # but not if one row has more copies than this
_MOST_LISTED = 64  # neighbours up to which lists of candidates are kept
_FEW_UNSURE = 32  # rows that are searched again without sorting the table into leaves


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
    algorithm: str | None = None,
) -> Found | None:
    """Search all rows, each part of a table that falls apart, or the distinct rows.

    ``algorithm`` forces a strategy: "all", "rows", "pairs" or "leaves", or "distinct" for any of
    them on the distinct rows. None is returned where bounds of none of them hold.
    """
    if isinstance(table, Mixed) and (
        algorithm == "all" or (algorithm is None and all_pairs_are_better(table, queries, k))
    ):
        return by_all_pairs(table, queries, excluded, k)
    if algorithm is None and isinstance(table, Mixed):
        division = find_division(table, len(queries))
        if division is not None:
            part = partial(compiled, k=k, n_threads=n_threads)
            whole = partial(_in_one_piece, k=k, n_threads=n_threads)
            found = by_parts(table, queries, excluded, k, division, part, whole)
            if found is not None:
                return found
    return _in_one_piece(table, queries, excluded, k, n_threads, algorithm)


def _in_one_piece(
    table: Rows,
    queries: Rows,
    excluded: np.ndarray,
    k: int,
    n_threads: int,
    algorithm: str | None = None,
) -> Found | None:
    search = _by_postings if sparse.issparse(table) else _by_choice
    if algorithm in ("rows", "pairs", "leaves"):
        return search(table, queries, excluded, k, n_threads, algorithm)
    bounds = None
    if algorithm is None and isinstance(table, Mixed):
        bounds = bounds_of(table, queries, n_threads)
        if queries is not table and len(queries) * len(table) < MANY_PAIRS:
            # Copies are no harm to the search that a few queries take.
            return search(table, queries, excluded, k, n_threads, None, bounds)
    groups = None
    if not isinstance(bounds, ProductBounds) or _repeats(bounds.right_halves):
        groups = _groups(table)
    if groups is not None and algorithm is None:
        sizes = np.diff(groups.start)
        if len(sizes) >= _MOSTLY_DISTINCT * table.shape[0] and sizes.max() <= _MANY_COPIES:
            groups = None
    if groups is None:
        return search(table, queries, excluded, k, n_threads, None, bounds)
    return _by_groups(table, queries, excluded, k, n_threads, groups, search)


def _repeats(halves: np.ndarray) -> bool:
    """Whether any two rows have the same length: copies do."""
    in_order = np.sort(halves)
    return bool((in_order[1:] == in_order[:-1]).any())


def _by_postings(
    table: Rows,
    queries: Rows,
    excluded: np.ndarray,
    k: int,
    n_threads: int,
    algorithm: str | None = None,
    bounds: Bounds | None = None,
) -> Found | None:
    return by_postings(table, queries, excluded, k, n_threads)


def _by_choice(
    table: Mixed,
    queries: Mixed,
    excluded: np.ndarray,
    k: int,
    n_threads: int,
    algorithm: str | None = None,
    bounds: Bounds | None = None,
) -> Found | None:
    """Search all rows by leaves, by pairs, or by the products of each query with the table."""
    from imbalance_kit._neighbors.products import by_pairs, by_rows

    if bounds is None:
        bounds = bounds_of(table, queries, n_threads)
    if bounds is None:
        return by_leaves(table, queries, excluded, k, n_threads)
    if algorithm == "leaves" or (
        algorithm is None and leaves_are_better(table, queries, bounds, k)
    ):
        found = by_leaves(table, queries, excluded, k, n_threads)
        if found is not None:
            return found
    if (
        queries is not table
        or algorithm == "rows"
        or not isinstance(bounds, ProductBounds)
        or bounds.hidden > 0.0
        or k > _MOST_LISTED
    ):
        return by_rows(table, queries, excluded, k, n_threads, bounds)
    certain = by_pairs(table, k, n_threads, bounds)
    if certain is None:
        # Ties, or rows that float32 does not tell apart, but leaves do.
        found = by_rows(table, table, excluded, k, n_threads, bounds, patient=False)
        if found is None:
            found = by_leaves(table, table, excluded, k, n_threads)
        return by_rows(table, table, excluded, k, n_threads, bounds) if found is None else found
    distances, indices, unsure = certain
    rows = np.flatnonzero(unsure)
    if len(rows):
        some, found = table[rows], None
        if len(rows) > _FEW_UNSURE:
            found = by_leaves(table, some, rows, k, n_threads)
        if found is None:
            found = by_rows(table, some, rows, k, n_threads, bounds.of_rows(rows))
        if found is None:
            return None
        distances[rows], indices[rows] = found
    return distances, indices


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
