"""Base of the weighers: what weight does each row get, by its group and its class?"""

from typing import Any

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_consistent_length, validate_data

from imbalance_kit._meta_estimator import read_target
from imbalance_kit._sklearn_compat import check_sample_weight, fit_context
from imbalance_kit._tables.labels import encode, require_two_classes, spell
from imbalance_kit._tables.rows import is_frame
from imbalance_kit.fairness._groups import GroupReader, Groups

SENSITIVE_FEATURES: list = [str, "array-like", int, None]


class Weigher(BaseEstimator):
    """Gives every row a weight; a method is one hook, `_weigh`, or `_weigh_rows`.

    The weights multiply those that came with the rows, and add up to the same total.
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
        labels = read_target(self, y)
        check_consistent_length(X, labels)
        if is_frame(X):
            validate_data(self, X=X, reset=True, skip_check_array=True)
        else:
            validate_data(self, X=X, accept_sparse=True, dtype=None, ensure_all_finite=False)
        given = check_sample_weight(
            sample_weight, labels, dtype=np.float64, ensure_non_negative=True
        )
        self.classes_, codes = encode(labels)
        codes = codes.astype(np.intp)
        require_two_classes(self.classes_[np.unique(codes[given > 0])])
        reader = GroupReader(self.sensitive_features, type(self).__name__)
        groups = reader.learn(X, sensitive_features)
        self.groups_ = groups.labels
        weight = given * self._weigh_rows(X, groups, codes, given)
        self.sample_weight_ = weight * (given.sum() / weight.sum())
        return self

    def _weigh_rows(
        self, X: Any, groups: Groups, codes: np.ndarray, given: np.ndarray
    ) -> np.ndarray:
        """What the weight of each row is multiplied by; `codes` are the rows' classes."""
        mass = cell_mass(groups, codes, len(self.classes_), given)
        self.cell_weight_ = self._weigh(mass, groups)
        return self.cell_weight_[groups.codes, codes]

    def _weigh(self, mass: np.ndarray, groups: Groups) -> np.ndarray:
        """Weight of a row in each cell, from the mass of the cells; both (n_groups, n_classes)."""
        raise NotImplementedError

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.target_tags.required = True
        tags.input_tags.sparse = True
        tags.input_tags.allow_nan = True
        tags.input_tags.string = True
        tags.input_tags.categorical = True
        return tags


def cell_mass(groups: Groups, codes: np.ndarray, n_classes: int, weight: Any) -> np.ndarray:
    """Weight of the rows of each group (rows) and class (columns)."""
    cells = groups.codes * n_classes + codes
    mass = np.bincount(cells, weights=weight, minlength=groups.n_groups * n_classes)
    return mass.reshape(groups.n_groups, n_classes)


def require_full_cells(mass: np.ndarray, groups: Groups, classes: np.ndarray) -> None:
    """Refuse groups in which a class does not occur: no weight makes something of nothing."""
    if (mass > 0).all():
        return
    group, label = np.argwhere(mass <= 0)[0]
    raise ValueError(
        f"Cell (y={spell(classes[label])}, group {groups.spell(int(group))}) has no samples (or "
        "none of positive weight), so its weight is undefined. Merge the group with another, or "
        "name fewer sensitive_features."
    )


def require_two_labels(owner: object, classes: np.ndarray, why: str) -> None:
    """Refuse more than two classes where a method speaks of a positive one."""
    if len(classes) > 2:
        raise ValueError(
            f"{type(owner).__name__} needs exactly two classes, {why}; y has {len(classes)}. Give "
            "it one class against the rest, or use Reweighing or FairSampler, which take any."
        )
