"""Exact k nearest rows: the search that every distance-based sampler stands on."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import sparse

from imbalance_kit.kernels import plain

_BLOCK_CELLS = 1 << 20


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

    def __len__(self) -> int:
        return len(self.numbers)

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns (numbers and nominal ones together)."""
        return len(self.numbers), self.numbers.shape[1] + self.codes.shape[1]

    def __getitem__(self, rows: np.ndarray | slice) -> Mixed:
        return Mixed(self.numbers[rows], self.codes[rows], self.weights)


def nearest_rows(X, k, *, rows=None, queries=None, n_jobs=None):
    n_targets = X.shape[0]
    excluded = None
    if queries is None:
        excluded = np.arange(n_targets) if rows is None else np.asarray(rows, dtype=np.int64)
        asking = X if rows is None else X[excluded]
    else:
        asking = queries
    available = n_targets - (queries is None)
    if not 1 <= k <= available:
        raise ValueError(
            f"k={k} neighbours were asked for, but each row has only {available} other rows "
            "to choose from."
        )
    return _search_plain(X, asking, excluded, k)


def _search_plain(X, asking, excluded, k):
    n_queries, n_targets = asking.shape[0], X.shape[0]
    distances = np.empty((n_queries, k))
    indices = np.empty((n_queries, k), dtype=np.int64)
    step = max(1, _BLOCK_CELLS // n_targets)
    targets = _as_dense(X)
    for start in range(0, n_queries, step):
        block = slice(start, start + step)
        some = _as_dense(asking[block])
        total = np.zeros((some.shape[0], n_targets))
        if isinstance(X, Mixed):
            plain.add_squares(
                total, some.numbers.astype(np.float64), targets.numbers.astype(np.float64)
            )
            plain.add_mismatches(total, some.codes, targets.codes, X.weights)
        else:
            plain.add_squares(total, some, targets)
        if excluded is not None:
            row = np.arange(some.shape[0])
            # NaN sorts behind every number, infinity included.
            total[row, excluded[block]] = np.nan
        distances[block], indices[block] = plain.smallest(total, k)
    return distances, indices


def _as_dense(X):
    if isinstance(X, Mixed):
        return X
    if sparse.issparse(X):
        return X.toarray().astype(np.float64)
    return X.astype(np.float64)
