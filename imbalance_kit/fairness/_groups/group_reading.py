"""The one place that reads sensitive features: columns of X, or data given beside it."""

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import narwhals.stable.v2 as nw
import numpy as np

from imbalance_kit._sklearn_compat import n_samples_of
from imbalance_kit._tables.labels import spell
from imbalance_kit._tables.row_labels import warn_of_other_order
from imbalance_kit._tables.rows import is_frame
from imbalance_kit.fairness._groups.table_columns import column_of, combine, label_of_value
from imbalance_kit.kernels.short_rows import in_blocks

#: What ``sensitive_features`` of a constructor may be.
SENSITIVE_FEATURES: list = [str, "array-like", int, None]
_FEW = 8  # groups, with each of which more rows than that are compared
_WHOLE = 2.0**53  # below it every integer is a float64
_MANY = 50  # groups; more than that is a measured number, not a group


@dataclass(frozen=True)
class Groups:
    """The group of each row.

    Attributes
    ----------
    of_row : ndarray of shape (n_samples,)
        Position of each row's group in `labels`.

    labels : tuple
        One entry per group, sorted: a value, or a tuple of values where several sensitive
        features were given. A missing value is the text ``"(missing)"``.

    names : tuple of str
        Names of the sensitive features.
    """

    of_row: np.ndarray
    labels: tuple
    names: tuple[str, ...] = ()

    @property
    def n_groups(self) -> int:
        return len(self.labels)

    def rows_of(self, group: int) -> np.ndarray:
        """Rows of a group."""
        return np.flatnonzero(self.of_row == group)

    def weight_sums(self, weight: np.ndarray | None) -> np.ndarray:
        """Sum of the weights of the rows of each group; without weights their number."""
        return np.bincount(self.of_row, weights=weight, minlength=self.n_groups)

    def spell(self, group: int) -> str:
        """A group as text: its values, after the names of the features where there are any."""
        label = self.labels[group]
        values = label if isinstance(label, tuple) else (label,)
        texts = [value if isinstance(value, str) else spell(value) for value in values]
        if len(self.names) == len(values):
            texts = [f"{name}={text}" for name, text in zip(self.names, texts, strict=True)]
        return ", ".join(texts)


class GroupReader:
    """Finds the groups of some rows, and the same groups in other rows.

    Parameters
    ----------
    columns : str, int, sequence of them, or None
        Columns of X that hold sensitive features, by name or position.

    owner : str
        Name of the method, for messages.
    """

    def __init__(self, columns: Any, owner: str) -> None:
        self._columns = None if columns is None else columns_as_list(columns)
        self._owner = owner
        self._positions: dict[Any, int] = {}
        self.labels: tuple = ()
        self.names: tuple[str, ...] = ()

    def learn(self, X: Any, given: Any = None) -> Groups:
        """Groups of the rows to fit on; with nothing given at all, one group and a warning."""
        if self.lacks(given):
            # stacklevel 4 is the line of the user who called `fit`: behind it stand `fit` itself
            # and scikit-learn's check of parameters
            warnings.warn(
                f"{self._owner} was given no sensitive_features, so all rows are one group. Name "
                "columns of X in the constructor, or pass sensitive_features with the data.",
                UserWarning,
                stacklevel=4,
            )
        columns, self.names = self.columns(X, given)
        of_row, found = combine(columns)
        self.labels = tuple(sorted(found, key=_order))
        if len(self.labels) > _MANY:
            raise ValueError(
                f"sensitive_features form {len(self.labels)} groups; expected at most {_MANY}. "
                "Cut measured numbers such as an age into ranges, or name fewer columns."
            )
        self._positions = {label: position for position, label in enumerate(self.labels)}
        return self._as_groups(of_row, found)

    def read(self, X: Any, given: Any = None) -> Groups:
        """Groups of other rows, which must be among those that were learned."""
        if self.labels == (_ALL,) and self._columns is None:
            given = None  # fitted as one group, so groups of new rows have no meaning
        else:
            self.require(given)
        warn_of_other_order(X, sensitive_features=given)
        columns, _ = self.columns(X, given)
        if len(columns) == len(columns[0]) == 1:  # one value is looked up
            known = self._positions.get(label_of_value(columns[0][0]))
            if known is not None:
                return Groups(np.array([known]), self.labels, self.names)
        of_known = self._places_of_numbers(columns)
        if of_known is not None:
            return Groups(of_known, self.labels, self.names)
        of_row, found = combine(columns)
        unknown = sorted(set(found) - set(self._positions), key=_order)
        if unknown:
            raise ValueError(
                f"There are rows of the groups {unknown}, which were not there in fit; known are "
                f"{list(self.labels)}. Fit on rows of every group, or map these to a known one."
            )
        return self._as_groups(of_row, found)

    def _as_groups(self, of_row: np.ndarray, found: list) -> Groups:
        """Groups with the positions that ``fit`` gave them, not those in the order of the rows."""
        position = np.array([self._positions[label] for label in found], dtype=np.intp)
        return Groups(position[of_row], self.labels, self.names)

    def _places_of_numbers(self, columns: list[np.ndarray]) -> np.ndarray | None:
        """Positions of the groups of a column of numbers, by comparing it with the few labels.

        None where there is something else in the column or among the labels, or too much: then the
        different values are to be found first, which takes several times as long.
        """
        column, *others = columns
        kinds = {type(label) for label in self.labels}
        if (
            len(column) <= _FEW
            or others
            or column.dtype.kind not in "fiub"
            or not kinds <= {int, float, bool}
        ):
            return None
        labels = np.array(self.labels, dtype=np.float64)
        if len(labels) > _FEW or np.abs(labels).max() >= _WHOLE:
            return None
        known = True

        def places(part: np.ndarray) -> np.ndarray:
            nonlocal known
            part = np.ascontiguousarray(part)
            place = np.zeros(len(part), np.intp)
            found = part == labels[:1]
            for number in range(1, len(labels)):
                same = part == labels[number : number + 1]
                found |= same
                place += number * same if number > 1 else same
            known = known and bool(found.all())
            return place

        of_row = in_blocks(places, column)
        return of_row if known else None

    def lacks(self, given: Any) -> bool:
        """Whether there are no sensitive features at all."""
        return self._columns is None and given is None

    def require(self, given: Any) -> None:
        """Refuse rows without the sensitive features that the rows of ``fit`` came with."""
        if self.lacks(given):
            raise ValueError(
                f"{self._owner} was fitted with sensitive_features beside X, so it needs those of "
                "these rows too. Pass sensitive_features, or name columns of X in the constructor: "
                "then a pipeline and a grid search can predict from X alone."
            )

    def columns(self, X: Any, given: Any = None) -> tuple[list[np.ndarray], tuple[str, ...]]:
        """The sensitive features as columns, and their names."""
        n_rows = len(X) if type(X) is np.ndarray else n_samples_of(X)
        if self._columns is not None:
            if given is not None:
                raise ValueError(
                    f"{self._owner} reads sensitive_features from the columns {self._columns} of "
                    "X, but they were passed beside X too. Use one of the two ways."
                )
            columns = [column_of(X, column) for column in self._columns]
            names = tuple(str(column) for column in self._columns)
        elif given is None:
            return [np.full(n_rows, _ALL, dtype=object)], ()
        else:
            columns, names = _columns_of_data(given)
        for column in columns:
            if len(column) != n_rows:
                raise ValueError(
                    f"sensitive_features has {len(column)} rows, X has {n_rows}. Give one entry "
                    "(or one row) for each row of X."
                )
        return columns, names


_ALL = "all rows"


def _columns_of_data(given: Any) -> tuple[list[np.ndarray], tuple[str, ...]]:
    """Columns of data that came beside X: a list, array, series, frame or dict."""
    if isinstance(given, dict):
        return [np.asarray(column) for column in given.values()], tuple(map(str, given))
    # to find out that an array is none of its own takes narwhals as long as a model takes for a row
    native = given
    if not isinstance(given, np.ndarray):
        native = nw.from_native(given, eager_only=True, allow_series=True, pass_through=True)
    if isinstance(native, nw.DataFrame):
        return [native[name].to_numpy() for name in native.columns], tuple(native.columns)
    if isinstance(native, nw.Series):
        return [native.to_numpy()], (native.name,) if native.name else ()
    array = np.asarray(given, dtype=object if isinstance(given, list | tuple) else None)
    if array.ndim == 1:
        return [array], ()
    if array.ndim != 2:
        raise ValueError(
            f"sensitive_features must have one or two dimensions, got shape {array.shape}."
        )
    return list(array.T), ()


def columns_as_list(columns: Any) -> list:
    """The columns that a constructor names, one or several or None, as a list."""
    if columns is None:
        return []
    return [columns] if isinstance(columns, str | int | np.integer) else list(columns)


def positions_of(columns: Any, X: Any) -> np.ndarray:
    """Positions of the named columns of X; those that are not there are refused by GroupReader."""
    names = list(nw.from_native(X, eager_only=True).columns) if is_frame(X) else []
    n_columns = X.shape[1]
    positions = [
        (names.index(column) if column in names else n_columns)
        if isinstance(column, str)
        else int(column)
        for column in columns_as_list(columns)
    ]
    return np.array([at % n_columns for at in positions if -n_columns <= at < n_columns], np.intp)


def _order(label: Any) -> tuple:
    """Sorts labels of any mixture of types; numbers by size, texts by letters."""
    parts: Sequence = label if isinstance(label, tuple) else (label,)
    return tuple(
        (0, value, "") if isinstance(value, int | float) else (1, 0.0, str(value))
        for value in parts
    )
