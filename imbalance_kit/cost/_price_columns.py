"""Prices that stand in a column of X."""

from dataclasses import dataclass
from numbers import Integral, Real
from typing import Any

import narwhals.stable.v2 as nw
import numpy as np
from scipy import sparse

from imbalance_kit._tables.rows import is_frame


@dataclass(frozen=True)
class Column:
    """A price that differs by row and stands in a column of X: ``factor * X[name] + offset``.

    Attributes
    ----------
    name : str or int
        Name of the column in a dataframe, or its position in any table.

    factor : float
        What the value is multiplied by.

    offset : float
        What is added.
    """

    name: str | int
    factor: float = 1.0
    offset: float = 0.0

    def __post_init__(self) -> None:
        if isinstance(self.name, bool) or not isinstance(self.name, str | Integral):
            raise ValueError(
                f"A price column is named by a str, or by its position, an int; got {self.name!r}."
            )
        for part in ("factor", "offset"):
            value = getattr(self, part)
            if not isinstance(value, Real) or not np.isfinite(float(value)):
                raise ValueError(f"{part} of a column must be a finite number; got {value!r}.")

    def read(self, X: Any) -> np.ndarray:
        """Price of each row of a table.

        Parameters
        ----------
        X : {array-like, dataframe, sparse matrix} of shape (n_samples, n_features)
            The table.

        Returns
        -------
        price : ndarray of shape (n_samples,)
            Prices.
        """
        found = _column_of(X, self.name)
        refusal = f"Column {self.name!r} of X was named as a price, so it must hold numbers."
        if np.asarray(found).dtype.kind in "mMc":  # dates would be read as nanoseconds
            raise ValueError(refusal)
        try:
            value = np.asarray(found, dtype=np.float64)
        except (TypeError, ValueError) as problem:
            raise ValueError(refusal) from problem
        if not np.isfinite(value).all():
            raise ValueError(
                f"Column {self.name!r} of X holds prices, but {int((~np.isfinite(value)).sum())} "
                "of its values are missing or infinite. Fill them before."
            )
        return self.factor * value + self.offset

    def __str__(self) -> str:
        shown = f"[{self.name}]"
        if self.factor != 1.0:
            shown = f"{self.factor:g}*{shown}"
        return shown + (f"{self.offset:+g}" if self.offset else "")


def _column_of(X: Any, name: str | int) -> Any:
    if nw.dependencies.is_pandas_dataframe(X):
        return _column_of_pandas(X, name)
    if is_frame(X):
        frame = nw.from_native(X, eager_only=True)
        if isinstance(name, str):
            if name not in frame.columns:
                raise ValueError(f"X has no column {name!r}; it has {list(frame.columns)}.")
            return frame[name].to_numpy()
        _require_position(name, frame.shape[1])
        return frame[:, name].to_numpy()
    if isinstance(name, str):
        raise ValueError(
            f"The price stands in column {name!r}, but X has no column names. Give a dataframe, "
            f"or the position of the column: Column(position)."
        )
    if sparse.issparse(X):
        _require_position(name, X.shape[1])
        return X.tocsc()[:, [name]].toarray().ravel()
    table = np.asarray(X)
    _require_position(name, table.shape[1])
    return table[:, name]


def _column_of_pandas(X: Any, name: str | int) -> Any:
    """Read directly: pandas alone allows a name twice, and narwhals opens no such frame."""
    if not isinstance(name, str):
        _require_position(name, X.shape[1])
        return X.iloc[:, name].to_numpy()
    n_columns = list(X.columns).count(name)
    if n_columns == 0:
        raise ValueError(f"X has no column {name!r}; it has {list(X.columns)}.")
    if n_columns > 1:
        raise ValueError(
            f"X has {n_columns} columns {name!r}, so it is not known which one holds the price. "
            "Rename them."
        )
    return X[name].to_numpy()


def _require_position(position: int, n_columns: int) -> None:
    if not -n_columns <= position < n_columns:
        raise ValueError(f"X has {n_columns} columns, so there is none at position {position}.")
