"""The search that measures all pairs of rows, for small tables once compiled code is loaded."""

from __future__ import annotations

import numpy as np

from imbalance_kit._neighbors.choice import LoadingAccount
from imbalance_kit._neighbors.strategies import Found
from imbalance_kit._tables.points import Mixed, has_missing

_FEW_DIFFERENCES = 2_500_000  # that are squared in the time that bounds take, and what they leave
_MOST_LISTED = 32  # neighbours; a longer list takes long to insert into
_LOADING = 16  # searches in the time that reading the kernel takes

_account = LoadingAccount()


def all_pairs_are_better(table: Mixed, queries: Mixed, k: int) -> bool:
    """Whether measuring all pairs is faster than ruling most of them out."""
    if (
        k > _MOST_LISTED
        or len(table) * len(queries) * max(1, table.shape[1]) > _FEW_DIFFERENCES
        or _incomplete(table, queries)
    ):
        return False
    return _account.worth_loading("all_pairs", 1.0, _LOADING)


def by_all_pairs(table: Mixed, queries: Mixed, excluded: np.ndarray, k: int) -> Found | None:
    """Measure all pairs by `kernels.all_pairs`; None where numbers are missing."""
    if _incomplete(table, queries):
        return None
    from imbalance_kit.kernels.all_pairs import nearest_of_all, total_scratch

    distances = np.empty((len(queries), k))
    indices = np.empty((len(queries), k), dtype=np.int64)
    nearest_of_all(
        queries.numbers,
        queries.category_codes,
        np.ascontiguousarray(table.numbers.T),
        np.ascontiguousarray(table.category_codes.T),
        table.weights,
        excluded,
        distances,
        indices,
        total_scratch(),
    )
    return distances, indices


def _incomplete(table: Mixed, queries: Mixed) -> bool:
    return has_missing(table) or (queries is not table and has_missing(queries))
