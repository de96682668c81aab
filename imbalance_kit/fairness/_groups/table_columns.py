"""Columns of any table, and their different values."""

from collections.abc import Sequence
from typing import Any

import narwhals.stable.v2 as nw
import numpy as np
from scipy import sparse

from imbalance_kit._tables.rows import is_frame, is_missing

_FEW = 8  # different numbers
MISSING_LABEL = "(missing)"  # the label of all kinds of missing values


def combine(columns: Sequence[np.ndarray]) -> tuple[np.ndarray, list]:
    """Number the different rows of some columns.

    Returns
    -------
    of_row : ndarray of shape (n_samples,)
        Position of each row's values in `labels`.

    labels : list
        The different values, as tuples where there are several columns.
    """
    of_row, labels = distinct(columns[0])
    if len(columns) == 1:
        return of_row, labels
    labels = [(label,) for label in labels]
    for column in columns[1:]:
        in_column, more = distinct(column)
        # only pairs that occur get a number: with many columns the others would be far more
        pairs, of_row = np.unique(of_row * len(more) + in_column, return_inverse=True)
        first, last = np.divmod(pairs, max(len(more), 1))
        labels = [(*labels[i], more[j]) for i, j in zip(first, last, strict=True)]
    return of_row, labels


def distinct(column: np.ndarray) -> tuple[np.ndarray, list]:
    """Number the different values of a column, as `combine` does for several."""
    values: Any
    if len(column) == 1:  # a single row to be decided: sorting takes as long as a model
        return np.zeros(1, np.intp), [label_of_value(column[0])]
    if column.dtype.kind in "fiub":
        column = np.ascontiguousarray(column)  # a column of a table is read several times
        few = _few_numbers(column)
        if few is None:
            values, place = np.unique(column, return_inverse=True)
        else:
            values, place = few, np.zeros(len(column), dtype=np.intp)
            for number in few[1:]:
                place += column >= number
    else:
        seen: dict[Any, int] = {}
        place = np.fromiter((seen.setdefault(value, len(seen)) for value in column.tolist()), int)
        values = list(seen)
    # `label_of_value` makes one label of several values (all kinds of missing, 1 and 1.0), and is
    # slow: so it is called once for each different value and not for each row
    labels: dict[Any, int] = {}
    position = np.array(
        [labels.setdefault(label_of_value(value), len(labels)) for value in values], np.intp
    )
    return position[place], list(labels)


def _few_numbers(column: np.ndarray) -> np.ndarray | None:
    """The different numbers of a column in order, where they are few; sorting it takes longer."""
    found: list[Any] = []
    left = column
    while len(left) and len(found) < _FEW:
        found.append(left[0])
        left = left[left != left[0]]
    # NaN is equal to nothing, so that it stays
    return None if len(left) else np.sort(np.array(found, dtype=column.dtype))


def column_of(X: Any, column: str | int) -> np.ndarray:
    """One column of any table."""
    # to find out that an array is no frame takes as long as a model takes for a row
    if not isinstance(X, np.ndarray) and is_frame(X):
        frame = nw.from_native(X, eager_only=True)
        if isinstance(column, str):
            if column not in frame.columns:
                raise ValueError(
                    f"X has no column {column!r} to read sensitive_features from; its columns are "
                    f"{frame.columns}."
                )
            return frame[column].to_numpy()
        _require_position(column, frame.shape[1])
        return frame[:, int(column)].to_numpy()
    if isinstance(column, str):
        raise ValueError(
            f"sensitive_features names the column {column!r}, but X has no column names. Give a "
            "dataframe, or the position of the column."
        )
    table: Any = X if sparse.issparse(X) else np.asarray(X)
    _require_position(column, table.shape[1])
    if sparse.issparse(table):
        return table.tocsc()[:, [int(column)]].toarray().ravel()
    return table[:, column]


def label_of_value(value: Any) -> Any:
    """A value without numpy's type around it; whole floats as integers, so that 1.0 is 1."""
    if is_missing(value):
        return MISSING_LABEL
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value


def _require_position(position: Any, n_columns: int) -> None:
    if not -n_columns <= position < n_columns:
        raise ValueError(f"X has {n_columns} columns, so there is none at position {position}.")
