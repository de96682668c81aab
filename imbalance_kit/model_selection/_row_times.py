"""The order of rows in time, from a column, from values beside the table, or from their places."""

from numbers import Integral
from typing import Any

import narwhals.stable.v2 as nw
import numpy as np

from imbalance_kit._tables.rows import is_frame, is_missing, names_of_columns, read_frame


def row_times(time: Any, X: Any, n_rows: int) -> np.ndarray | None:
    """Rank of each row in time; equal times have equal ranks.

    Parameters
    ----------
    time : None, True, str, int or array-like of shape (n_rows,)
        No time; the order of the rows; a column of X by name or position; or the times themselves.

    X : table
        Where the column is.

    n_rows : int
        Rows that there are.
    """
    if time is None:
        return None
    if time is True:
        return np.arange(n_rows)
    if isinstance(time, str | Integral):
        values, name = (
            _column(X, time if isinstance(time, str) else int(time)),
            f"The column {time!r}",
        )
    else:
        series = nw.from_native(time, eager_only=True, allow_series=True, pass_through=True)
        values = series.to_numpy() if isinstance(series, nw.Series) else np.asarray(time)
        name = "time"
        if values.shape != (n_rows,):
            raise ValueError(
                f"time must have one entry for each of {n_rows} rows; got shape {values.shape}. "
                "Splits of some of the rows, such as inner ones, need the name of a column of X."
            )
    missing = values != values if values.dtype.kind in "fM" else None
    if values.dtype == object:
        missing = np.array([is_missing(value) for value in values])
    if missing is not None and missing.any():
        raise ValueError(
            f"{name} has {int(missing.sum())} missing entries; a row without a time is neither "
            "before nor behind others. Drop those rows, or fill their times in."
        )
    return np.unique(values, return_inverse=True)[1].reshape(n_rows)


def _column(X: Any, time: str | int) -> np.ndarray:
    if is_frame(X):
        names = names_of_columns(X)
        if isinstance(time, str) and time not in names:
            raise ValueError(f"time must be one of the columns {names}; got {time!r}.")
        place = names.index(time) if isinstance(time, str) else int(time)
        return read_frame(X)[:, place].to_numpy()
    if isinstance(time, str):
        raise ValueError(
            f"time={time!r} is the name of a column, and X is {type(X).__name__}, which has none. "
            "Give its position, or a dataframe."
        )
    column = X[:, [time]]
    return np.asarray(column.todense() if hasattr(column, "todense") else column).ravel()
