"""How sure a learner is of each row, for methods that go by rank."""

from typing import Any

import numpy as np
from sklearn.base import clone

from imbalance_kit._sampling.base import Rng
from imbalance_kit._sklearn_compat import set_random_states
from imbalance_kit.fairness._sampling.base import Data, linear_model, scaled


def class_probabilities(estimator: Any, data: Data, rng: Rng) -> np.ndarray:
    """Probability of each class of each row, by a learner fitted on the same rows.

    Parameters
    ----------
    estimator : classifier with ``predict_proba`` or None
        Cloned and fitted on X as it came. None: a logistic regression on scaled numbers, nominal
        columns one-hot, missing numbers filled with medians.

    data : Data
        The rows.

    rng : RandomState
        Seeds the clone where it has no seed.

    Returns
    -------
    proba : ndarray of shape (n_samples, n_classes)
        Probabilities in the order of ``data.classes``.
    """
    if estimator is None:
        X = scaled(data.points)
        return linear_model().fit(X, data.codes).predict_proba(X)
    learner = clone(estimator)
    if "random_state" in learner.get_params() and learner.get_params()["random_state"] is None:
        set_random_states(learner, rng)
    return learner.fit(data.X, data.labels).predict_proba(data.X)
