"""Base of the transformers: a table goes in, the same kind of table comes out, repaired."""

from typing import Any

import narwhals.stable.v2 as nw
import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import check_consistent_length, check_is_fitted, validate_data

from imbalance_kit._sklearn_compat import check_sample_weight, fit_context
from imbalance_kit._tables.containers import ColumnTable, open_table
from imbalance_kit._tables.rows import is_frame
from imbalance_kit.fairness._groups import GroupReader


class FairTransformer(TransformerMixin, BaseEstimator):
    """Learns from rows of known groups, and repairs rows; a method is two hooks.

    `_learn(X, y, weight, given)` sets what `_repair(X, given)` needs; X is checked, `given` is
    what came as `sensitive_features` beside it.
    """

    sensitive_features: Any

    @fit_context(prefer_skip_nested_validation=True)
    def fit(self, X, y=None, sample_weight=None, sensitive_features=None):
        """Learn the repair.

        Parameters
        ----------
        X : {array-like, dataframe} of shape (n_samples, n_features)
            The table.

        y : array-like of shape (n_samples,), default=None
            Class labels, for the methods that mind them.

        sample_weight : array-like of shape (n_samples,), default=None
            Weights of the rows.

        sensitive_features : array-like of shape (n_samples,) or (n_samples, n), default=None
            Sensitive features of the rows, where no columns of X are named in the constructor.

        Returns
        -------
        self : object
            The fitted transformer.
        """
        X = self._check_table(X, reset=True)
        weight = None
        if sample_weight is not None:
            weight = check_sample_weight(
                sample_weight, X, dtype=np.float64, ensure_non_negative=True
            )
        if y is not None:
            check_consistent_length(X, y)
        self._reader = GroupReader(self.sensitive_features, type(self).__name__)
        self._sensitive = positions_of(self.sensitive_features, X)
        n_columns = self.n_features_in_
        self._kept = np.setdiff1d(np.arange(n_columns), self._sensitive)
        if not len(self._kept):
            raise ValueError(
                f"All {n_columns} columns of X are named in sensitive_features; expected others "
                "beside them. Name fewer columns, or give X more."
            )
        self._learn(X, y, weight, sensitive_features)
        return self

    def transform(self, X, sensitive_features=None):
        """Repair rows.

        Parameters
        ----------
        X : {array-like, dataframe} of shape (n_samples, n_features)
            The table.

        sensitive_features : array-like of shape (n_samples,) or (n_samples, n), default=None
            Sensitive features of the rows, where they were given beside X in ``fit`` and the
            method needs them.

        Returns
        -------
        X_new : {ndarray, dataframe} of shape (n_samples, n_features_out)
            A dataframe where X is one, else an array.
        """
        check_is_fitted(self)
        return self._repair(self._check_table(X, reset=False), sensitive_features)

    def fit_transform(self, X, y=None, sample_weight=None, sensitive_features=None):
        """Learn the repair and repair the same rows.

        Parameters
        ----------
        X : {array-like, dataframe} of shape (n_samples, n_features)
            The table.

        y : array-like of shape (n_samples,), default=None
            Class labels, for the methods that mind them.

        sample_weight : array-like of shape (n_samples,), default=None
            Weights of the rows.

        sensitive_features : array-like of shape (n_samples,) or (n_samples, n), default=None
            Sensitive features of the rows, where no columns of X are named in the constructor.

        Returns
        -------
        X_new : {ndarray, dataframe} of shape (n_samples, n_features_out)
            A dataframe where X is one, else an array.
        """
        self.fit(X, y, sample_weight, sensitive_features)
        return self.transform(X, sensitive_features)

    def get_feature_names_out(self, input_features=None):
        """Names of the columns that come out.

        Parameters
        ----------
        input_features : array-like of str or None, default=None
            Names of the columns of X, where it had none.

        Returns
        -------
        names : ndarray of str
            One per column.
        """
        check_is_fitted(self)
        return self._names_out(names_in(self, input_features))

    def _learn(self, X: Any, y: Any, weight: np.ndarray | None, given: Any) -> None:
        """Set what the repair needs."""
        raise NotImplementedError

    def _repair(self, X: Any, given: Any) -> Any:
        """The repaired rows."""
        raise NotImplementedError

    def _names_out(self, names: np.ndarray) -> np.ndarray:
        return names[self._kept]

    def _check_table(self, X: Any, *, reset: bool) -> Any:
        """Numbers as an ndarray; tables with columns of several kinds as they are."""
        if is_frame(X):
            return validate_data(self, X=X, reset=reset, skip_check_array=True)
        gaps = self.__sklearn_tags__().input_tags.allow_nan
        finite = "allow-nan" if gaps else True
        return validate_data(self, X=X, reset=reset, dtype=None, ensure_all_finite=finite)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.string = True
        tags.transformer_tags.preserves_dtype = ["float64", "float32"]
        return tags


def positions_of(columns: Any, X: Any) -> np.ndarray:
    """Where the named columns stand; GroupReader has the messages for those that are not there."""
    if columns is None:
        return np.empty(0, dtype=np.intp)
    listed = [columns] if isinstance(columns, str | int | np.integer) else list(columns)
    names = list(nw.from_native(X, eager_only=True).columns) if is_frame(X) else []
    n_columns = X.shape[1]
    known = [names.index(name) if name in names else name for name in listed]
    return np.array(
        [
            at % n_columns
            for at in known
            if not isinstance(at, str) and -n_columns <= at < n_columns
        ],
        dtype=np.intp,
    )


def names_in(estimator: Any, input_features: Any) -> np.ndarray:
    """Names of the columns of X: those of ``fit``, those given, or x0, x1, ..."""
    known = getattr(estimator, "feature_names_in_", None)
    n_columns = estimator.n_features_in_
    if input_features is None:
        return np.array([f"x{j}" for j in range(n_columns)], object) if known is None else known
    asked = np.asarray(input_features, dtype=object)
    if known is not None and not np.array_equal(known, asked):
        raise ValueError("input_features is not equal to feature_names_in_")
    if len(asked) != n_columns:
        raise ValueError(
            f"input_features should have length equal to number of features ({n_columns}), got "
            f"{len(asked)}"
        )
    return asked


def is_numeric(X: Any, columns: np.ndarray) -> np.ndarray:
    """Which of the columns hold numbers; truth values in a dataframe are none."""
    table = open_table(X)
    if not isinstance(table, ColumnTable):
        return np.ones(len(columns), dtype=bool)
    return np.array([table.columns.kind(j) == "number" for j in columns.tolist()], dtype=bool)


def read_numbers(X: Any, columns: np.ndarray, owner: str, *, gaps: bool = False) -> np.ndarray:
    """Columns as a new matrix of float64, or of float32 where all are; missing is NaN."""
    if isinstance(X, np.ndarray) and X.dtype.kind in "fiub":
        matrix = np.empty((len(X), len(columns)), np.float32 if X.dtype == np.float32 else float)
        start = 0  # neighbours together, which is faster than one column by one
        for run in np.split(columns, np.flatnonzero(np.diff(columns) != 1) + 1):
            matrix[:, start : start + len(run)] = X[:, run[0] : run[-1] + 1]
            start += len(run)
        return matrix
    found = _of_one_kind(X, columns)
    matrix = _column_by_column(X, columns, owner) if found is None else found
    if np.isinf(matrix).any():
        raise ValueError(
            "Input X contains infinity or a value too large for its dtype; expected finite "
            "numbers. Replace infinities first."
        )
    if not gaps and np.isnan(matrix).any():
        raise ValueError(
            f"Input X contains NaN: {owner} needs every value. Fill missing values first, for "
            "example with scikit-learn's SimpleImputer."
        )
    return matrix


def _of_one_kind(X: Any, columns: np.ndarray) -> np.ndarray | None:
    """Columns of a dataframe that can be read in one go."""
    if not is_frame(X):
        return None
    frame = nw.from_native(X, eager_only=True)
    chosen = frame[:, columns.tolist()]
    if set(chosen.schema.values()) not in ({nw.Float64()}, {nw.Float32()}):
        return None
    matrix = chosen.to_numpy()
    return np.array(matrix, order="K") if matrix.dtype.kind == "f" else None


def _column_by_column(X: Any, columns: np.ndarray, owner: str) -> np.ndarray:
    table = open_table(X)
    assert isinstance(table, ColumnTable)
    words = [j for j in columns.tolist() if not _holds_numbers(table, j)]
    if words:
        names = table.columns.names
        shown = words if names is None else [names[j] for j in words]
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
    if table.columns.kind(j) == "number":
        return True
    return is_frame(table.X) and table.columns.frame[:, j].dtype == nw.Boolean  # type: ignore[union-attr]


def with_numbers(X: Any, columns: np.ndarray, numbers: np.ndarray, kept: np.ndarray) -> Any:
    """The kept columns of X, some of them replaced by new numbers; X is not changed."""
    if is_frame(X):
        frame = nw.from_native(X, eager_only=True)
        names = frame.columns
        made = [
            nw.new_series(names[j], np.ascontiguousarray(column), backend=frame.implementation)
            for j, column in zip(columns.tolist(), numbers.T, strict=True)
        ]
        return nw.to_native(frame[:, kept.tolist()].with_columns(*made))
    if len(columns) == len(kept):
        return numbers
    new = X[:, kept].astype(object if X.dtype == object else numbers.dtype)
    new[:, np.searchsorted(kept, columns)] = numbers
    return new
