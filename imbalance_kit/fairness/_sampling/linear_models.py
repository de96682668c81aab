"""Linear models for methods that rank rows by confidence or compare predictions."""

from typing import Any

import numpy as np
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

from imbalance_kit._sampling.base import Rng
from imbalance_kit._sklearn_compat import set_random_states
from imbalance_kit._tables.imputation import embed
from imbalance_kit.fairness._sampling.base import OpenedGroups


def fitted_probabilities(estimator: Any, opened: OpenedGroups, rng: Rng) -> np.ndarray:
    """Probability of each class of each row, by a learner fitted on the same rows.

    Parameters
    ----------
    estimator : classifier with ``predict_proba`` or None
        Cloned and fitted on X as it came. None: a logistic regression on scaled numbers, nominal
        columns one-hot, missing numbers filled with medians.

    opened : OpenedGroups
        The rows.

    rng : RandomState
        Seeds the clone where it has no seed.

    Returns
    -------
    proba : ndarray of shape (n_samples, n_classes)
        Probabilities in the order of ``opened.target.classes``.
    """
    if estimator is None:
        X = scaled(opened.points)
        return linear_model().fit(X, opened.y_encoded).predict_proba(X)
    learner = clone(estimator)
    if "random_state" in learner.get_params() and learner.get_params()["random_state"] is None:
        set_random_states(learner, rng)
    X = opened.table.X
    return learner.fit(X, opened.target.labels).predict_proba(X)


def scaled(points: Any) -> Any:
    """Complete numbers of spread 1, nominal columns one-hot: the features of a linear model."""
    numbers = embed(points)
    if numbers.shape[1] == 0:
        return np.zeros((numbers.shape[0], 1))
    dense = isinstance(numbers, np.ndarray)  # subtracting means would make a sparse table dense
    return StandardScaler(with_mean=dense).fit_transform(numbers.astype(np.float64))


def linear_model() -> LogisticRegression:
    """The default estimator, for features that `scaled` made."""
    return LogisticRegression(max_iter=1000)
