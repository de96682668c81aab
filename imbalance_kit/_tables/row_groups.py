"""Which rows belong together: numbers in the place of whatever names their groups."""

from typing import Any

import narwhals.stable.v2 as nw
import numpy as np

from imbalance_kit._tables.rows import is_missing


def group_numbers(groups: Any, n_rows: int) -> np.ndarray:
    """Number of the group of each row, from 0.

    Parameters
    ----------
    groups : array-like of shape (n_rows,)
        Names of the groups: numbers, texts, dates.

    n_rows : int
        Rows that there are.

    Returns
    -------
    numbers : ndarray of shape (n_rows,)

    Raises
    ------
    ValueError
        If there is not one entry for each row, or one is missing.
    """
    series = nw.from_native(groups, eager_only=True, allow_series=True, pass_through=True)
    values = series.to_numpy() if isinstance(series, nw.Series) else np.asarray(groups)
    if values.ndim == 2 and values.shape[1] == 1:
        values = values[:, 0]
    if values.shape != (n_rows,):
        raise ValueError(
            f"groups must have one entry for each of {n_rows} rows; got shape {values.shape}."
        )
    n_missing = int(series.null_count()) if isinstance(series, nw.Series) else 0
    if values.dtype.kind == "f":
        n_missing = max(n_missing, int(np.isnan(values).sum()))
    elif values.dtype == object:
        n_missing = max(n_missing, sum(map(is_missing, values)))
    if n_missing:
        raise ValueError(
            f"groups has {n_missing} missing entries. Give rows without a group one each, or drop "
            "them."
        )
    if values.dtype == object and len(set(map(type, values))) > 1:
        values = values.astype(str)
    return np.unique(values, return_inverse=True)[1].reshape(n_rows)
