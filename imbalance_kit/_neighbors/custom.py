"""Neighbours of rows, by number or by a search that the user brings."""

import warnings
from numbers import Integral
from typing import Any

import numpy as np
from sklearn.base import clone

from imbalance_kit._neighbors.nearest import nearest_rows
from imbalance_kit._sklearn_compat import HasMethods, Interval
from imbalance_kit._tables.imputation import embed

# What a parameter for neighbours accepts.
NEIGHBORS: list = [
    Interval(Integral, 1, None, closed="left"),
    HasMethods(["kneighbors", "kneighbors_graph"]),
]


def find_neighbors(
    search: Any, X: Any, *, rows: np.ndarray | None = None, n_jobs: int | None = None
) -> np.ndarray:
    """Find neighbours of rows of X among all rows of X.

    Parameters
    ----------
    search : int or neighbours estimator
        How many neighbours to find, exactly; or an object with ``fit`` and ``kneighbors``, for
        instance an approximate search. As that also finds the row itself, it gives one
        neighbour fewer than it was made for. It gets complete numbers: see `embed`.

    X : ndarray, CSR matrix or array, or Mixed
        The points.

    rows : ndarray of shape (n_queries,), default=None
        Rows of X whose neighbours are wanted; None for all.

    n_jobs : int or None, default=None
        Threads of the exact search.

    Returns
    -------
    neighbors : ndarray of shape (n_queries, k)
        Row numbers, nearest first. A row is never its own neighbour.
    """
    if isinstance(search, Integral):
        return nearest_rows(X, int(search), rows=rows, n_jobs=n_jobs)[1]
    numbers = embed(X)
    queries = np.arange(numbers.shape[0]) if rows is None else rows
    found = clone(search).fit(numbers).kneighbors(numbers[queries], return_distance=False)
    itself = found == queries[:, None]
    # Among copies a search may miss the row itself; then the last one goes, to have equal widths.
    itself[~itself.any(axis=1), -1] = True
    return found[~itself].reshape(len(found), -1)


def n_neighbors_of(search: Any) -> int:
    """How many neighbours a count or an estimator stands for, the row itself not counted."""
    return int(search) if isinstance(search, Integral) else int(search.n_neighbors) - 1


def at_most(search: Any, n_rows: int, name: str = "n_neighbors") -> Any:
    """The search itself, or the rows there are to choose from if it is a larger number."""
    if not isinstance(search, Integral) or search <= n_rows:
        return search
    warnings.warn(
        f"{name}={search} is more than the {n_rows} rows there are to choose from; those {n_rows} "
        "are used.",
        UserWarning,
        stacklevel=3,
    )
    return n_rows
