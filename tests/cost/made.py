"""Small classifiers and costs that the tests of this folder share."""

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.frozen import FrozenEstimator


class GivenProbabilities(ClassifierMixin, BaseEstimator):
    """Predicts the probabilities that it is given as X, in the first columns."""

    def __init__(self, labels):
        self.labels = labels

    def fit(self, X, y):
        return self

    @property
    def classes_(self):
        return np.array(self.labels)

    def predict_proba(self, X):
        return np.asarray(X)[:, : len(self.labels)].astype(float)

    def predict(self, X):
        return self.classes_[self.predict_proba(X).argmax(axis=1)]

    def __sklearn_is_fitted__(self):
        return True


def fixed_proba(labels):
    """A fitted classifier whose probabilities are its X."""
    return FrozenEstimator(GivenProbabilities(list(labels)))


class Recorder(ClassifierMixin, BaseEstimator):
    """Keeps what ``fit`` was given; has no weights of rows."""

    def fit(self, X, y, init_score=None):
        self.X_, self.y_, self.numbers_ = X, y, init_score
        self.classes_ = np.unique(y)
        return self

    def predict(self, X):
        return np.full(len(X), self.classes_[0])


class WeightRecorder(Recorder):
    """Keeps the weights of rows too."""

    def fit(self, X, y, sample_weight=None):
        self.weight_ = sample_weight
        return super().fit(X, y)


def proba_and_labels(n, n_classes, seed=0):
    """Probabilities, and labels that follow them: the first class is frequent."""
    rng = np.random.RandomState(seed)
    score = rng.normal(size=(n, n_classes))
    score[:, 0] += 1.5
    proba = np.exp(score)
    proba /= proba.sum(axis=1, keepdims=True)
    y = (rng.uniform(size=(n, 1)) > proba.cumsum(axis=1)).sum(axis=1).clip(max=n_classes - 1)
    return proba, y


def random_costs(rng, n_classes):
    """A matrix whose right decisions are the cheapest of their row; gains occur."""
    costs = rng.uniform(0.5, 10.0, size=(n_classes, n_classes))
    costs[np.diag_indices(n_classes)] = rng.uniform(-5.0, 0.4, size=n_classes)
    return costs
