"""Tables of dask: rows are taken and predicted on the partitions where they are."""

from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import Any

import dask
import numpy as np
from dask import delayed

from imbalance_kit._tables.rows import take_rows
from imbalance_kit.ensemble._larger_than_memory.stored_table import (
    StoredTable,
    check_column,
    in_order,
    number_type,
)


class PartitionedTable(StoredTable):
    """A dask array or dataframe, partition by partition.

    Parameters
    ----------
    X : dask array or dask dataframe of shape (n_samples, n_features)
        The collection. Partitions that it does not hold in memory are computed whenever they are
        needed: persist it where memory allows.

    left_out : tuple of str
        Columns that are no features.

    stays : bool
        Whether the rows are left on the partitions during ``fit``.
    """

    def __init__(self, X: Any, left_out: tuple[str, ...], *, stays: bool) -> None:
        if X.ndim != 2:
            raise ValueError(f"Expected 2D array, got a dask collection of {X.ndim} dimensions.")
        self.stays = stays
        self._collection = X
        if hasattr(X, "columns"):
            features = _with_known_levels(X[[name for name in X.columns if name not in left_out]])
            self._head = features._meta
            lengths = features[[features.columns[0]]].map_partitions(len).compute()
            parts = features.to_delayed()
            self.numbers = all(_is_number(kind) for kind in self._head.dtypes)
            if self.numbers:
                kinds = [np.dtype(getattr(kind, "numpy_dtype", kind)) for kind in self._head.dtypes]
                parts = [delayed(_to_numbers)(part, number_type(kinds)) for part in parts]
        else:
            X = X.rechunk({1: -1})
            self._head = np.empty((0, X.shape[1]), dtype=X.dtype)
            parts = X.to_delayed()[:, 0].tolist()
            lengths = X.chunks[0]
            if np.isnan(lengths).any():
                lengths = compute([delayed(len)(part) for part in parts])
        self.parts: list = list(parts)
        self.ends = np.concatenate([[0], np.cumsum(np.asarray(lengths, dtype=np.int64))])

    @property
    def shape(self) -> tuple[int, int]:
        return int(self.ends[-1]), self._head.shape[1]

    def head(self) -> Any:
        return self._head

    def levels(self) -> dict[str, Any]:
        kinds = getattr(self._head, "dtypes", {})
        return {name: kind for name, kind in dict(kinds).items() if hasattr(kind, "categories")}

    def column(self, name: str) -> np.ndarray:
        check_column(name, list(getattr(self._collection, "columns", [])))
        return self._collection[name].compute().to_numpy()

    def blocks(self) -> Iterator[Any]:
        for part in self.parts:
            yield from compute([part])

    def take(self, rows: np.ndarray) -> Any:
        wanted, back = in_order(rows)
        places = np.searchsorted(wanted, self.ends)
        taken_from = [
            (part, wanted[first:last] - start)
            for part, start, (first, last) in zip(
                self.parts, self.ends[:-1], pairwise(places), strict=True
            )
            if first < last
        ]
        if not taken_from:
            taken_from = [(self.parts[0], wanted)]  # no row, of the right kind
        taken = stacked(compute([delayed(take_rows)(part, rows) for part, rows in taken_from]))
        return taken if back is None else take_rows(taken, back)

    def in_play(self, rows: np.ndarray | None, whole: np.ndarray) -> Any:
        return RowsInPlay(self, rows, whole) if self.stays else super().in_play(rows, whole)

    def predict_blocks(self, predict: Callable[[Any], np.ndarray]) -> np.ndarray:
        """Predicted on the partitions; what comes back are the probabilities."""
        sent = delayed(itself)(predict)
        return np.concatenate(compute([delayed(_call)(sent, part) for part in self.parts]))


class RowsInPlay(StoredTable):
    """Rows of a partitioned table that have other numbers in a fit.

    Rows of the classes that every round sees whole are gathered once.

    Parameters
    ----------
    table : PartitionedTable
        The table.

    rows : ndarray or None
        Rows in play, in order; None for all.

    whole : ndarray of bool
        Which of them every round sees.
    """

    def __init__(self, table: PartitionedTable, rows: np.ndarray | None, whole: np.ndarray) -> None:
        self._table = table
        self._rows = rows
        self._kept = np.flatnonzero(whole)
        self._gathered = table.take(self._number(self._kept))
        self.parts = table.parts
        self._starts = table.ends[:-1]
        self._ends = table.ends if rows is None else np.searchsorted(rows, table.ends)

    @property
    def shape(self) -> tuple[int, int]:
        return int(self._ends[-1]), self._table.shape[1]

    def head(self) -> Any:
        return self._table.head()

    def column(self, name: str) -> np.ndarray:
        return self._table.column(name)

    def blocks(self) -> Iterator[Any]:
        return self._table.blocks()

    def take(self, rows: np.ndarray) -> Any:
        wanted, back = in_order(rows)
        here = np.isin(wanted, self._kept, assume_unique=True)
        there = self._table.take(self._number(wanted[~here]))
        near = take_rows(self._gathered, np.searchsorted(self._kept, wanted[here]))
        place = np.empty(len(wanted), dtype=np.intp)
        place[np.concatenate([np.flatnonzero(here), np.flatnonzero(~here)])] = np.arange(len(place))
        return take_rows(stacked([near, there]), place if back is None else place[back])

    def per_partition(self, values: np.ndarray) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """For each partition its rows in play, as it numbers them, and values of those rows."""
        for start, (first, last) in zip(self._starts, pairwise(self._ends), strict=True):
            rows = self._number(np.arange(first, last)) - start
            yield rows, values[first:last]

    def numbers_in_fit(self, by_partition: list[np.ndarray]) -> np.ndarray:
        """Numbers in the fit of rows as their partitions number them."""
        shifted = zip(by_partition, self._starts, strict=True)
        rows = np.concatenate([rows + start for rows, start in shifted])
        return rows if self._rows is None else np.searchsorted(self._rows, rows)

    def _number(self, rows: np.ndarray) -> np.ndarray:
        return rows if self._rows is None else self._rows[rows]


def stacked(parts: list) -> Any:
    """Arrays or frames with equal columns below each other."""
    if isinstance(parts[0], np.ndarray):
        return np.concatenate(parts)
    import pandas as pd

    return pd.concat(parts, ignore_index=True)


def itself(value: Any) -> Any:
    """A value as one node of a graph, to which many others point."""
    return value


def compute(tasks: list) -> list:
    """The results of tasks, here."""
    return list(dask.compute(*tasks))


def persist(tasks: list) -> list:
    """Tasks whose results stay where they are computed."""
    return list(dask.persist(*tasks))


def _call(predict: Callable[[Any], np.ndarray], part: Any) -> np.ndarray:
    return predict(part)


def _to_numbers(part: Any, kind: np.dtype) -> np.ndarray:
    return np.ascontiguousarray(part.to_numpy(dtype=kind, na_value=np.nan))


def _is_number(kind: Any) -> bool:
    return getattr(kind, "kind", "O") in "fiub"


def _with_known_levels(X: Any) -> Any:
    """A dask frame whose texts and unknown categories are categories that all partitions know."""
    unknown = [
        name
        for name, kind in X.dtypes.items()
        if not _is_number(kind) and not (kind == "category" and X[name].cat.known)
    ]
    return X.categorize(columns=unknown, index=False) if unknown else X
