"""The nearest rows among those that are still there, while rows leave: for repeated cleaning."""

from __future__ import annotations

import numpy as np

from imbalance_kit._neighbors.nearest import nearest_rows
from imbalance_kit._tables.points import Table

_SPARE = 1  # neighbours kept in reserve, for each one that is wanted


class Survivors:
    """Exact nearest rows of a table that loses rows.

    Every row keeps a list of its nearest rows, longer than what is wanted. As rows leave, what
    is left of a list is still the beginning of the true order, so only a row whose list has
    become too short searches again.

    Parameters
    ----------
    X : ndarray, CSR matrix or array, or Mixed, of shape (n_rows, n_columns)
        As in `nearest_rows`. It must not change while this object is in use.
    k : int
        The largest number of neighbours that will be wanted.
    n_jobs : int, optional
        Threads; the result does not depend on it.

    Attributes
    ----------
    rows : ndarray of shape (n_survivors,)
        Numbers of the rows that are still there, ascending, int64.
    """

    def __init__(self, X: Table, k: int, n_jobs: int | None = None) -> None:
        self.rows = np.arange(X.shape[0])
        self._X = X
        self._k = k
        self._n_jobs = n_jobs
        self._there = np.ones(X.shape[0], dtype=bool)
        width = max(0, min(k + _SPARE * k, X.shape[0] - 1))
        # Places that no search has filled yet hold the row itself, as any valid row number.
        self._lists = np.repeat(self.rows[:, None], width, axis=1)
        self._fresh = np.zeros(X.shape[0], dtype=np.int64)

    def leave(self, rows: np.ndarray) -> None:
        """Take rows out; rows that left before may be among them.

        Parameters
        ----------
        rows : ndarray
            Row numbers of ``X``.
        """
        self._there[rows] = False
        self.rows = np.flatnonzero(self._there)

    def nearest(self, k: int, rows: np.ndarray | None = None) -> np.ndarray:
        """Find the ``k`` nearest surviving rows of surviving rows, never the row itself.

        Parameters
        ----------
        k : int
            From 1 to the ``k`` of the construction, and fewer than there are rows.
        rows : ndarray of shape (n_queries,), optional
            The rows of ``X`` whose neighbours are wanted; all survivors by default. Other rows
            cost nothing.

        Returns
        -------
        indices : ndarray of shape (n_queries, k)
            Rows of ``X``, by (distance, index), int64.

        Raises
        ------
        ValueError
            If there are not ``k`` other rows.
        """
        rows = self.rows if rows is None else np.asarray(rows)
        if not 1 <= k <= min(self._k, len(self.rows) - 1):
            raise ValueError(
                f"k={k} nearest rows were asked for, but {len(self.rows)} rows are left and lists "
                f"hold {self._k}. Give a k from 1 to {min(self._k, len(self.rows) - 1)}."
            )
        self._repair(rows, k)
        lists = self._lists[rows]
        usable = self._usable(rows, lists)
        usable &= np.cumsum(usable, axis=1) <= k
        return lists[usable].reshape(len(rows), k)

    def _usable(self, rows: np.ndarray, lists: np.ndarray) -> np.ndarray:
        """Places of the lists that hold a surviving row."""
        filled = np.arange(lists.shape[1]) < self._fresh[rows, None]
        return self._there[lists] & filled

    def _repair(self, rows: np.ndarray, k: int) -> None:
        """Search again for the rows whose lists hold fewer than ``k`` survivors."""
        left = self._usable(rows, self._lists[rows]).sum(axis=1)
        short = np.unique(rows[left < k])
        if not len(short):
            return
        width = min(self._lists.shape[1], len(self.rows) - 1)
        everyone = len(self.rows) == len(self._there)
        table = self._X if everyone else self._X[self.rows]
        queries = None if len(short) == len(self.rows) else np.searchsorted(self.rows, short)
        found = nearest_rows(table, width, rows=queries, n_jobs=self._n_jobs)[1]
        self._lists[short, :width] = self.rows[found]
        self._fresh[short] = width
