"""Rows of groups with scores of different worth, and a classifier that says the scores."""

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.frozen import FrozenEstimator

from imbalance_kit.fairness import FairThresholdClassifier


class Says(ClassifierMixin, BaseEstimator):
    """Takes its first column for the probability of the second class."""

    def __init__(self, classes=(0, 1)):
        self.classes = classes

    def fit(self, X, y):
        self.classes_ = np.unique(y)
        return self

    def predict_proba(self, X):
        p = np.asarray(X)[:, 0].astype(float)
        return np.column_stack([1 - p, p])

    def predict(self, X):
        return self.classes_[(self.predict_proba(X)[:, 1] >= 0.5).astype(int)]


def made(n_rows=600, n_groups=3, seed=0, digits=2):
    """Scores of different worth by group, with ties."""
    rng = np.random.RandomState(seed)
    group = rng.randint(0, n_groups, n_rows)
    y = (rng.uniform(size=n_rows) < 0.2 + 0.15 * group).astype(int)
    score = 1 / (1 + np.exp(-(rng.normal(size=n_rows) + (0.5 + 0.7 * group) * (2 * y - 1))))
    return score.round(digits)[:, None], y, group


def prefit(X, y, group, **params):
    model = Says().fit(X, y)
    return FairThresholdClassifier(FrozenEstimator(model), random_state=0, **params).fit(
        X, y, sensitive_features=group
    )
