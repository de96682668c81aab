"""Sets the sensitive columns of a method, which are known once there is a table."""

import warnings
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin, MetaEstimatorMixin, clone
from sklearn.utils.metaestimators import available_if

SENSITIVE = "sensitive"  # what names of sensitive columns begin with


def sensitive_columns(X: Any) -> list[str]:
    """Names of the sensitive columns of a table of the benchmark."""
    return [name for name in X.columns if name.startswith(SENSITIVE)]


def _predicts(method: str) -> Any:
    return available_if(lambda wrapper: hasattr(wrapper.estimator, method))


class GroupedClassifier(ClassifierMixin, MetaEstimatorMixin, BaseEstimator):
    """A classifier that gets the sensitive columns of the frame it is fitted on.

    Every parameter `sensitive_features` of the classifier, and of what is inside it, is set to the
    names of the columns that the benchmark calls sensitive; where there are none it stays None, and
    all rows are one group.
    """

    def __init__(self, estimator: Any):
        self.estimator = estimator

    def fit(self, X: Any, y: Any) -> "GroupedClassifier":
        """Fit the classifier with the sensitive columns of X."""
        estimator = clone(self.estimator)
        names = sensitive_columns(X)
        parameters = [
            name
            for name in estimator.get_params()
            if name == "sensitive_features" or name.endswith("__sensitive_features")
        ]
        if names:
            estimator.set_params(**dict.fromkeys(parameters, names))
        with warnings.catch_warnings():
            # that a table has no groups is nothing to warn of here
            warnings.filterwarnings("ignore", message=".*was given no sensitive_features")
            self.estimator_ = estimator.fit(X, y)
        self.classes_, counts = np.unique(y, return_counts=True)
        self.prior_ = counts / counts.sum()
        return self

    def predict(self, X: Any) -> Any:
        """Decisions of the classifier."""
        return self.estimator_.predict(X)

    @_predicts("predict_proba")
    def predict_proba(self, X: Any) -> Any:
        """Probabilities of the classifier; class shares for rows with zeros for every class."""
        proba = self.estimator_.predict_proba(X)
        return np.where(proba.sum(axis=1, keepdims=True) > 0, proba, self.prior_)
