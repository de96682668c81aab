"""LightGBM on bins found once: what an ensemble of boosters shares between its rounds."""

from typing import Any

import lightgbm
import numpy as np
from lightgbm import LGBMClassifier
from scipy import sparse
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils.class_weight import compute_sample_weight

from imbalance_kit._sklearn_compat import n_samples_of
from imbalance_kit._tables.rows import StoredRows, take_rows

_SAMPLE = 200_000  # rows that bins are found from; LightGBM's own default
# Meant for the scikit-learn interface; everything else is a parameter that training takes as it is.
_INTERFACE_ONLY = ("n_estimators", "objective", "class_weight", "importance_type", "n_jobs")


def shares_bins(learner: Any, X: Any) -> bool:
    """Whether boosters like this learner can be trained on shared bins of such a table."""
    if type(learner) is not LGBMClassifier:
        return False
    built_in = learner.objective is None or learner.objective in ("binary", "multiclass")
    numbers = isinstance(X, np.ndarray) and X.dtype.kind in "fiub"
    stored = isinstance(X, StoredRows)  # gives arrays or pandas frames
    frame = type(X).__module__.startswith("pandas")
    return built_in and (numbers or stored or frame or sparse.issparse(X))


class BinnedLightGBM:
    """Trains boosters on rows that are binned alike.

    Parameters
    ----------
    learner : LGBMClassifier
        Whose parameters count for the bins.

    X : ndarray, pandas frame or sparse matrix of shape (n_samples, n_features)
        The table that bins are found from, by a sample of 200,000 rows if it has more.

    rng : RandomState
        Draws that sample.
    """

    def __init__(self, learner: LGBMClassifier, X: Any, rng: np.random.RandomState) -> None:
        n_rows = n_samples_of(X)
        if n_rows > _SAMPLE:
            X = take_rows(X, np.sort(rng.choice(n_rows, _SAMPLE, replace=False)))
        elif isinstance(X, StoredRows):
            X = X.take(np.arange(n_rows))
        self._bins = lightgbm.Dataset(X, params=_parameters(learner, 2)).construct()

    def fit(
        self, learner: LGBMClassifier, X: Any, y: np.ndarray, weight: np.ndarray | None
    ) -> "BinnedBooster":
        """Train one booster on rows of the table, or on rows made from it."""
        classes, codes = np.unique(y, return_inverse=True)
        if learner.class_weight is not None:
            by_class = compute_sample_weight(learner.class_weight, y)
            weight = by_class if weight is None else weight * by_class
        parameters = _parameters(learner, len(classes))
        rows = self._bins.create_valid(X, codes, weight=weight, params=parameters)
        booster = lightgbm.train(parameters, rows, num_boost_round=learner.n_estimators)
        booster.free_dataset()
        return BinnedBooster(booster, classes)


class BinnedBooster(ClassifierMixin, BaseEstimator):
    """A booster trained on shared bins, as the fitted classifier that it is.

    Parameters
    ----------
    booster : lightgbm.Booster
        The trained booster.

    classes : ndarray of shape (n_classes,)
        Labels, in the order of its codes.
    """

    def __init__(self, booster: lightgbm.Booster, classes: np.ndarray) -> None:
        self.booster = booster
        self.classes = classes

    @property
    def classes_(self) -> np.ndarray:
        return self.classes

    @property
    def feature_importances_(self) -> np.ndarray:
        """Splits on each column, as in LightGBM's scikit-learn interface."""
        return self.booster.feature_importance()

    def __sklearn_is_fitted__(self) -> bool:
        return True

    def predict_proba(self, X: Any) -> np.ndarray:
        """Probability of each class."""
        if isinstance(X, np.ndarray) and not X.flags.c_contiguous:
            X = np.ascontiguousarray(X)
        proba = np.asarray(self.booster.predict(X, num_threads=1))
        if proba.ndim == 2:
            return proba
        return np.column_stack([1.0 - proba, proba])[:, : len(self.classes)]

    def predict(self, X: Any) -> np.ndarray:
        """Most probable class."""
        return self.classes[self.predict_proba(X).argmax(axis=1)]


def _parameters(learner: LGBMClassifier, n_classes: int) -> dict[str, Any]:
    given = {
        name: value
        for name, value in learner.get_params().items()
        if name not in _INTERFACE_ONLY and value is not None
    }
    # Without the first two sums depend on the number of threads, and on what was faster today.
    settled = {
        "deterministic": True,
        "force_col_wise": "force_row_wise" not in given,
        "verbose": -1,
    }
    task: dict[str, Any] = {"objective": "binary"}
    if n_classes > 2:
        task = {"objective": "multiclass", "num_class": n_classes}
    threads = {} if learner.n_jobs is None else {"num_threads": learner.n_jobs}
    return settled | given | task | threads
