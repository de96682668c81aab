"""Columns of numbers out of any table, and back into it."""

from typing import Any

import narwhals.stable.v2 as nw
import numpy as np

from imbalance_kit._sklearn_compat import frame_around
from imbalance_kit._tables.containers import ColumnTable, open_table
from imbalance_kit._tables.rows import is_frame
from imbalance_kit._tables.validation import sum_is_finite

BLOCK = 1 << 16  # numbers that are taken together: they stay in the cache


def is_numeric(X: Any, columns: np.ndarray) -> np.ndarray:
    """Which of the columns hold numbers; truth values in a dataframe are none."""
    table = open_table(X)
    if not isinstance(table, ColumnTable):
        return np.ones(len(columns), dtype=bool)
    return np.array([table.columns.kind(j) == "number" for j in columns.tolist()], dtype=bool)


def read_numbers(
    X: Any, columns: np.ndarray, owner: str, *, allow_missing: bool = False, check: bool = True
) -> np.ndarray:
    """Columns as a new matrix of float64, or of float32 where all are; missing is NaN.

    Without `check` the caller looks for what is not finite; see `require_finite_numbers`.
    """
    if isinstance(X, np.ndarray) and X.dtype.kind in "fiub":
        matrix = np.empty((len(X), len(columns)), np.float32 if X.dtype == np.float32 else float)
        copy_columns_of_array(X, runs_of(columns), matrix)
        return matrix
    found = _of_one_kind(X, columns)
    matrix = _column_by_column(X, columns, owner) if found is None else found
    if check:
        require_finite_numbers(matrix, owner, allow_missing=allow_missing)
    return matrix


def require_finite_numbers(matrix: np.ndarray, owner: str, *, allow_missing: bool = False) -> None:
    """Refuse infinite numbers, and missing ones."""
    if sum_is_finite(matrix):
        return
    if np.isinf(matrix).any():
        raise ValueError(
            "Input X contains infinity or a value too large for its dtype; expected finite "
            "numbers. Replace infinities first."
        )
    if not allow_missing and np.isnan(matrix).any():
        raise ValueError(
            f"Input X contains NaN: {owner} needs every value. Fill missing values first, for "
            "example with scikit-learn's SimpleImputer."
        )


def runs_of(columns: np.ndarray) -> list[slice]:
    """Columns in order as slices of neighbours, which are copied together: that is faster."""
    if len(columns) == 1:
        return [slice(int(columns[0]), int(columns[0]) + 1)]
    runs = np.split(columns, np.flatnonzero(np.diff(columns) != 1) + 1)
    return [slice(int(run[0]), int(run[-1]) + 1) for run in runs]


def copy_columns_of_array(X: np.ndarray, runs: list[slice], matrix: np.ndarray) -> None:
    """Write runs of columns beside each other into a matrix."""
    start = 0
    for run in runs:
        stop = start + run.stop - run.start
        matrix[:, start:stop] = X[:, run]
        start = stop


def _of_one_kind(X: Any, columns: np.ndarray) -> np.ndarray | None:
    """Columns of a dataframe that can be read in one go."""
    if not is_frame(X):
        return None
    frame = nw.from_native(X, eager_only=True)
    chosen = frame[:, columns.tolist()]
    if set(chosen.schema.values()) not in ({nw.Float64()}, {nw.Float32()}):
        return None
    matrix = chosen.to_numpy()
    if matrix.dtype.kind != "f":
        return None
    # one array that shares memory with the frame shares that of every column
    shared = chosen.shape[1] and np.may_share_memory(matrix, next(chosen.iter_columns()).to_numpy())
    return np.array(matrix, order="K") if shared or not matrix.flags.writeable else matrix


def finite_products(of_rows: np.ndarray, X: np.ndarray) -> np.ndarray | None:
    """``of_rows @ X`` where all of X is finite, else None; some rounding may pass for infinite.

    The sums of the columns are products with ones. Taken along, while the numbers are in the cache,
    they show what is not finite for less than a look at it takes.
    """
    with_ones = np.vstack([of_rows, np.ones(len(X))])
    with np.errstate(over="ignore", invalid="ignore"):
        products = np.zeros((len(with_ones), X.shape[1]))
        step = max(1, BLOCK // max(X.shape[1], 1))
        for start in range(0, len(X), step):
            part = slice(start, start + step)
            products += with_ones[:, part] @ X[part]
    return products[:-1] if np.isfinite(products).all() else None


def _column_by_column(X: Any, columns: np.ndarray, owner: str) -> np.ndarray:
    table = open_table(X)
    assert isinstance(table, ColumnTable)
    others = [j for j in columns.tolist() if not _holds_numbers(table, j)]
    if others:
        names = table.columns.names
        shown = others if names is None else [names[j] for j in others]
        raise ValueError(
            f"{owner} works on numbers, but the columns {shown} of X hold something else. Encode "
            "them first, with scikit-learn's OneHotEncoder, or drop them."
        )
    numbers = [table.columns.numbers(j) for j in columns.tolist()]
    narrow = all(column.dtype == np.float32 for column in numbers)
    matrix = np.empty((table.n_rows, len(numbers)), np.float32 if narrow else np.float64, "F")
    for j, column in enumerate(numbers):
        matrix[:, j] = column
    return matrix


def _holds_numbers(table: ColumnTable, j: int) -> bool:
    """Whether a column can be read as numbers; truth values can."""
    return table.columns.kind(j) == "number" or table.columns.holds_truth_values(j)


def with_numbers(X: Any, columns: np.ndarray, numbers: np.ndarray, kept: np.ndarray) -> Any:
    """The kept columns of X, some of them replaced by new numbers; X is not changed."""
    if is_frame(X):
        frame = nw.from_native(X, eager_only=True)
        names = frame.columns
        if len(columns) == len(kept):  # nothing of X is left, so that no column need be put in
            whole = frame_around(numbers, X, nw.to_native(frame[:, kept.tolist()]).columns)
            if type(whole) is type(X):
                return whole
        replaced = [
            nw.new_series(names[j], np.ascontiguousarray(column), backend=frame.implementation)
            for j, column in zip(columns.tolist(), numbers.T, strict=True)
        ]
        return nw.to_native(frame[:, kept.tolist()].with_columns(*replaced))
    if len(columns) == len(kept):
        return numbers
    new = X[:, kept].astype(object if X.dtype == object else numbers.dtype)
    new[:, np.searchsorted(kept, columns)] = numbers
    return new
