"""A learner on some of the columns, drawn anew for each learner of an ensemble."""

from numbers import Integral, Real
from typing import Any

import narwhals.stable.v2 as nw
import numpy as np
from scipy import sparse
from sklearn.base import BaseEstimator, ClassifierMixin, MetaEstimatorMixin, clone
from sklearn.utils import check_random_state, get_tags
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import has_fit_parameter

from imbalance_kit._meta_estimator import estimator_has
from imbalance_kit._sklearn_compat import Interval

MAX_FEATURES: dict = {
    "max_features": [
        Interval(Integral, 1, None, closed="left"),
        Interval(Real, 0, 1, closed="right"),
    ],
    "bootstrap_features": ["boolean"],
}


def on_columns(learner: Any, max_features: int | float, bootstrap_features: bool) -> Any:
    """The learner itself if it is to see every column once, else the learner on a draw of them."""
    whole = not isinstance(max_features, Integral) and max_features == 1.0
    if whole and not bootstrap_features:
        return learner
    kind = _ColumnDraw
    if has_fit_parameter(learner, "sample_weight"):
        kind = _WeightedColumnDraw
    return kind(learner, max_features=max_features, bootstrap_features=bootstrap_features)


class _ColumnDraw(ClassifierMixin, MetaEstimatorMixin, BaseEstimator):
    """A classifier that sees a random part of the columns.

    Parameters
    ----------
    estimator : classifier
        Cloned and fitted on the columns drawn.

    max_features : int or float, default=1.0
        Number or share of the columns.

    bootstrap_features : bool, default=False
        Whether a column may be drawn more than once.

    random_state : int, RandomState instance or None, default=None
        Seed of the draw.
    """

    def __init__(self, estimator, *, max_features=1.0, bootstrap_features=False, random_state=None):
        self.estimator = estimator
        self.max_features = max_features
        self.bootstrap_features = bootstrap_features
        self.random_state = random_state

    def fit(self, X, y):
        """Draw columns and fit the classifier on them."""
        return self._fit(X, y, {})

    def _fit(self, X: Any, y: np.ndarray, given: dict[str, Any]) -> "_ColumnDraw":
        self.n_features_in_ = X.shape[1]
        n = self.max_features
        if not isinstance(n, Integral):
            n = max(1, int(n * self.n_features_in_))
        if n > self.n_features_in_:
            raise ValueError(
                f"max_features={n} is more than the {self.n_features_in_} columns of X. Give at "
                "most that many, or a float for a share of them."
            )
        rng = check_random_state(self.random_state)
        drawn = rng.choice(self.n_features_in_, size=n, replace=self.bootstrap_features)
        self.columns_ = np.sort(drawn)
        self.estimator_ = clone(self.estimator).fit(_take_columns(X, self.columns_), y, **given)
        return self

    @property
    def classes_(self) -> np.ndarray:
        return self.estimator_.classes_

    @property
    def feature_importances_(self) -> np.ndarray:
        """Importances of all columns; those not drawn have none."""
        of_drawn = np.asarray(self.estimator_.feature_importances_)
        return np.bincount(self.columns_, weights=of_drawn, minlength=self.n_features_in_)

    @available_if(estimator_has("predict_proba"))
    def predict_proba(self, X: Any) -> np.ndarray:
        """Probability of each class."""
        return self.estimator_.predict_proba(_take_columns(X, self.columns_))

    @available_if(estimator_has("decision_function"))
    def decision_function(self, X: Any) -> np.ndarray:
        """Score of each class."""
        return self.estimator_.decision_function(_take_columns(X, self.columns_))

    def predict(self, X: Any) -> np.ndarray:
        """Most probable class."""
        return self.estimator_.predict(_take_columns(X, self.columns_))

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "estimator_")

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        inner = get_tags(self.estimator)
        tags.input_tags.sparse = inner.input_tags.sparse
        tags.input_tags.allow_nan = inner.input_tags.allow_nan
        return tags


class _WeightedColumnDraw(_ColumnDraw):
    """The same around a classifier that takes weights."""

    def fit(self, X, y, sample_weight=None):
        """Draw columns and fit the classifier on them."""
        return self._fit(X, y, {} if sample_weight is None else {"sample_weight": sample_weight})


def _take_columns(X: Any, columns: np.ndarray) -> Any:
    if isinstance(X, np.ndarray) or sparse.issparse(X):
        return X[:, columns]
    return nw.to_native(nw.from_native(X, eager_only=True)[:, columns.tolist()])
