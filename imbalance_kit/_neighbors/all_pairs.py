"""The search that measures all pairs of rows, for small tables once compiled code is loaded."""

from __future__ import annotations

import numpy as np

from imbalance_kit._neighbors.choice import LoadingAccount
from imbalance_kit._neighbors.strategies import Found
from imbalance_kit._tables.points import Mixed, has_missing
from imbalance_kit._threads import WORTH_THREADS, in_threads

_FEW_COLUMNS = 14  # up to which measuring a pair takes no longer than ruling it out
_FEW_PAIRS = 1 << 21  # of them, beyond which leaves of the table may be better
_PREPARING = 3_000_000  # differences that are found in the time that bounds take
_MOST_LISTED = 32  # neighbours; a longer list takes long to insert into
_TOGETHER = 64  # queries that one thread takes
_LOADING = 16  # searches in the time that reading the kernel takes

_account = LoadingAccount()


def all_pairs_are_better(table: Mixed, queries: Mixed, k: int) -> bool:
    """Whether measuring all pairs is faster than ruling most of them out."""
    n_columns = table.shape[1]
    pairs = len(table) * len(queries)
    if (
        k > _MOST_LISTED
        or pairs > _FEW_PAIRS
        or pairs * (n_columns - _FEW_COLUMNS) > _PREPARING
        or _incomplete(table, queries)
    ):
        return False
    return _account.worth_loading("all_pairs", 1.0, _LOADING)


def by_all_pairs(
    table: Mixed, queries: Mixed, excluded: np.ndarray, k: int, n_threads: int
) -> Found | None:
    """Measure all pairs by `kernels.all_pairs`; None where numbers are missing."""
    if _incomplete(table, queries):
        return None
    from imbalance_kit.kernels.all_pairs import nearest_of_all, total_scratch

    n_queries = len(queries)
    distances = np.empty((n_queries, k))
    indices = np.empty((n_queries, k), dtype=np.int64)
    columns = np.ascontiguousarray(table.numbers.T)
    columns_of_codes = np.ascontiguousarray(table.category_codes.T)
    if n_queries * len(table) * max(1, table.shape[1]) < WORTH_THREADS:
        n_threads = 1

    def search(first: int, last: int) -> None:
        nearest_of_all(
            queries.numbers,
            queries.category_codes,
            columns,
            columns_of_codes,
            table.weights,
            excluded,
            first * _TOGETHER,
            min(last * _TOGETHER, n_queries),
            distances,
            indices,
            total_scratch(),
        )

    in_threads(search, -(-n_queries // _TOGETHER), n_threads)
    return distances, indices


def _incomplete(table: Mixed, queries: Mixed) -> bool:
    return has_missing(table) or (queries is not table and has_missing(queries))
