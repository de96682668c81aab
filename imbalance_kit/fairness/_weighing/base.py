"""Base of the weighers: what weight does each row get, by its group and its class?"""

from typing import Any

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_consistent_length

from imbalance_kit._meta_estimator import read_target
from imbalance_kit._sklearn_compat import check_sample_weight, fit_context
from imbalance_kit._tables.labels import encode, require_two_classes
from imbalance_kit._tables.row_labels import warn_of_other_order
from imbalance_kit._tables.validation import check_table
from imbalance_kit.fairness._groups.group_classes import GroupClasses
from imbalance_kit.fairness._groups.group_reading import SENSITIVE_FEATURES, GroupReader


class Weigher(BaseEstimator):
    """Gives every row a weight; a method is one hook, `_weigh`, or `_weigh_rows`.

    A new weigher whose rows of one group and class weigh the same writes `_weigh` alone: it gets
    the present weights by group and class, and returns what to multiply them by. One that also
    looks at columns of X writes `_weigh_rows`. The weights multiply those that came with the rows,
    and add up to the same total.

    Parameters
    ----------
    sensitive_features : str, int, list or None, default=None
        Columns of X that hold the sensitive features; None where they come beside X.

    Attributes
    ----------
    sample_weight_ : ndarray of shape (n_samples,)
        Weights of the rows.

    groups_ : list
        The groups.

    classes_ : ndarray of shape (n_classes,)
        Class labels.

    Examples
    --------
    >>> import numpy as np
    >>> from imbalance_kit.base import Weigher
    >>> class EvenGroups(Weigher):
    ...     def __init__(self, sensitive_features=None):
    ...         self.sensitive_features = sensitive_features
    ...
    ...     def _weigh(self, weight_sums, rows):
    ...         return np.ones_like(weight_sums) / weight_sums.sum(axis=1, keepdims=True)
    >>> X, y = np.array([[0], [0], [0], [1], [1]]), np.array([0, 1, 0, 1, 0])
    >>> EvenGroups(sensitive_features=0).fit(X, y).sample_weight_.round(2).tolist()
    [0.83, 0.83, 0.83, 1.25, 1.25]
    """

    _parameter_constraints: dict = {"sensitive_features": SENSITIVE_FEATURES}
    sensitive_features: Any

    @fit_context(prefer_skip_nested_validation=True)
    def fit(self, X, y, sample_weight=None, sensitive_features=None):
        """Work out the weights of the rows.

        Parameters
        ----------
        X : {array-like, dataframe, sparse matrix} of shape (n_samples, n_features)
            The table. Only the columns that the constructor names are read.

        y : array-like of shape (n_samples,)
            Class labels.

        sample_weight : array-like of shape (n_samples,), default=None
            Weights of the rows.

        sensitive_features : array-like of shape (n_samples,) or (n_samples, n), default=None
            Groups of the rows, where no columns of X are named in the constructor.

        Returns
        -------
        self : object
            The weigher, with ``sample_weight_`` set.
        """
        warn_of_other_order(
            X, y=y, sample_weight=sample_weight, sensitive_features=sensitive_features
        )
        labels = read_target(self, y)
        check_consistent_length(X, labels)
        check_table(self, X, reset=True, accept_sparse=True, finite=False)
        given = check_sample_weight(
            sample_weight, labels, dtype=np.float64, ensure_non_negative=True
        )
        self.classes_, y_encoded = encode(labels)
        y_encoded = y_encoded.astype(np.intp)
        # rows of weight 0 do not count: if all others are of one class there is nothing to weigh
        require_two_classes(self.classes_[np.unique(y_encoded[given > 0])])
        reader = GroupReader(self.sensitive_features, type(self).__name__)
        groups = reader.learn(X, sensitive_features)
        self.groups_ = groups.labels
        rows = GroupClasses(groups, self.classes_, y_encoded)
        weight = given * self._weigh_rows(X, rows, given)
        self.sample_weight_ = weight * (given.sum() / weight.sum())
        return self

    def _weigh_rows(self, X: Any, rows: GroupClasses, given: np.ndarray) -> np.ndarray:
        """What the given weight of each row is multiplied by."""
        self.cell_weight_ = factors = self._weigh(rows.weight_sums(given), rows)
        return factors[rows.groups.of_row, rows.y_encoded]

    def _weigh(self, weight_sums: np.ndarray, rows: GroupClasses) -> np.ndarray:
        """What the weight of a row is multiplied by, by its group and class.

        Both arrays have the shape (n_groups, n_classes); `weight_sums` are the present weights.
        """
        raise NotImplementedError

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.target_tags.required = True
        tags.input_tags.sparse = True
        tags.input_tags.allow_nan = True
        tags.input_tags.string = True
        tags.input_tags.categorical = True
        return tags
