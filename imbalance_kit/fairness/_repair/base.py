"""Base of the transformers: a table goes in, the same kind of table comes out, repaired."""

from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import check_consistent_length, check_is_fitted

from imbalance_kit._sklearn_compat import check_sample_weight, fit_context
from imbalance_kit._tables.row_labels import warn_of_other_order
from imbalance_kit._tables.validation import check_table
from imbalance_kit.fairness._groups.group_reading import GroupReader, positions_of


class FairTransformer(TransformerMixin, BaseEstimator):
    """Learns from rows of known groups, and repairs rows; a method is two hooks.

    `_learn(X, y, weight, given)` sets the fitted attributes that `_repair(X, given)` uses later; X
    is checked, `given` are the `sensitive_features` beside it. Of the attributes without a public
    name, `_reader` finds the groups of ``fit`` in other rows, and `_kept` are the columns of X that
    are not sensitive.
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
            Class labels, for the methods that use them.

        sample_weight : array-like of shape (n_samples,), default=None
            Weights of the rows.

        sensitive_features : array-like of shape (n_samples,) or (n_samples, n), default=None
            Sensitive features of the rows, where no columns of X are named in the constructor.

        Returns
        -------
        self : object
            The fitted transformer.
        """
        warn_of_other_order(
            X, y=y, sample_weight=sample_weight, sensitive_features=sensitive_features
        )
        X, weight = self._open(X, y, sample_weight)
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

    @fit_context(prefer_skip_nested_validation=True)
    def fit_transform(self, X, y=None, sample_weight=None, sensitive_features=None):
        """Learn the repair and repair the same rows.

        Parameters
        ----------
        X : {array-like, dataframe} of shape (n_samples, n_features)
            The table.

        y : array-like of shape (n_samples,), default=None
            Class labels, for the methods that use them.

        sample_weight : array-like of shape (n_samples,), default=None
            Weights of the rows.

        sensitive_features : array-like of shape (n_samples,) or (n_samples, n), default=None
            Sensitive features of the rows, where no columns of X are named in the constructor.

        Returns
        -------
        X_new : {ndarray, dataframe} of shape (n_samples, n_features_out)
            A dataframe where X is one, else an array.
        """
        warn_of_other_order(
            X, y=y, sample_weight=sample_weight, sensitive_features=sensitive_features
        )
        X, weight = self._open(X, y, sample_weight)
        return self._learn_and_repair(X, y, weight, sensitive_features)

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

    def _open(self, X: Any, y: Any, sample_weight: Any) -> tuple[Any, np.ndarray | None]:
        """The checked table and weights; which columns are sensitive is found."""
        X = self._check_table(X, reset=True)
        weight = None
        if sample_weight is not None:
            weight = check_sample_weight(
                sample_weight, X, dtype=np.float64, ensure_non_negative=True
            )
        if y is not None:
            check_consistent_length(X, y)
        self._reader = GroupReader(self.sensitive_features, type(self).__name__)
        n_columns = self.n_features_in_
        sensitive = positions_of(self.sensitive_features, X)
        self._kept = np.setdiff1d(np.arange(n_columns), sensitive)
        if not len(self._kept):
            raise ValueError(
                f"All {n_columns} columns of X are named in sensitive_features; expected others "
                "beside them. Name fewer columns, or give X more."
            )
        return X, weight

    def _learn(self, X: Any, y: Any, weight: np.ndarray | None, given: Any) -> None:
        """Set what the repair needs."""
        raise NotImplementedError

    def _repair(self, X: Any, given: Any) -> Any:
        """The repaired rows."""
        raise NotImplementedError

    def _learn_and_repair(self, X: Any, y: Any, weight: np.ndarray | None, given: Any) -> Any:
        """Both; what they share need not be read twice."""
        self._learn(X, y, weight, given)
        return self._repair(X, given)

    def _columns_out(self) -> np.ndarray:
        """Positions of the columns of X that come out."""
        if getattr(self, "drop_sensitive", True):
            return self._kept
        return np.arange(self.n_features_in_)

    def _names_out(self, names: np.ndarray) -> np.ndarray:
        """Names of the columns that come out, from those of X."""
        return names[self._columns_out()]

    def _check_table(self, X: Any, *, reset: bool) -> Any:
        """Numbers as an ndarray; tables with columns of several kinds as they are."""
        finite = "allow-nan" if self.__sklearn_tags__().input_tags.allow_nan else True
        return check_table(self, X, reset=reset, accept_sparse=False, finite=finite)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.string = True
        tags.transformer_tags.preserves_dtype = ["float64", "float32"]
        return tags


def names_in(estimator: Any, input_features: Any) -> np.ndarray:
    """Names of the columns of X: those of ``fit``, those given, or x0, x1, ..."""
    known = getattr(estimator, "feature_names_in_", None)
    n_columns = estimator.n_features_in_
    if input_features is None:
        return np.array([f"x{j}" for j in range(n_columns)], object) if known is None else known
    given = np.asarray(input_features, dtype=object)
    if known is not None and not np.array_equal(known, given):
        raise ValueError("input_features is not equal to feature_names_in_")
    if len(given) != n_columns:
        raise ValueError(
            f"input_features should have length equal to number of features ({n_columns}), got "
            f"{len(given)}"
        )
    return given
