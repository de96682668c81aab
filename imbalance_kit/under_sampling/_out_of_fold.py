"""Base of under-samplers that choose rows by predicted probabilities, and out-of-fold ones."""

from typing import Any

import numpy as np
from sklearn.base import clone
from sklearn.model_selection import StratifiedKFold, cross_val_predict

from imbalance_kit._sampling.base import CATEGORICAL_FEATURES, BaseUnderSampler, Rng
from imbalance_kit._sampling.records import Opened
from imbalance_kit._sklearn_compat import HasMethods, set_random_states
from imbalance_kit._tables.labels import spell
from imbalance_kit._tables.points import Mixed


class BasePredictingUnderSampler(BaseUnderSampler):
    """Base of under-samplers with a learner: the user's, or a small LightGBM on encoded columns."""

    _parameter_constraints: dict = {
        **BaseUnderSampler._parameter_constraints,
        "estimator": [HasMethods(["fit", "predict_proba"]), None],
        "random_state": ["random_state"],
        "categorical_features": CATEGORICAL_FEATURES,
    }
    estimator: Any

    def _points(self, table):
        # The user's estimator reads the table as it came, whatever its columns hold.
        return super()._points(table) if self.estimator is None else (None, ())

    def _learner(self) -> Any:
        return small_lightgbm() if self.estimator is None else clone(self.estimator)

    def _training_table(self, opened: Opened) -> Any:
        """What the learner is trained on; for LightGBM nominal columns are their codes."""
        if self.estimator is not None:
            return opened.table.X
        points = opened.points
        return (
            np.hstack([points.numbers, points.category_codes])
            if isinstance(points, Mixed)
            else points
        )


def small_lightgbm() -> Any:
    """The learner where the user gives none."""
    from lightgbm import LGBMClassifier  # slow to import, and other samplers do without

    # its default of 20 rows in a leaf allows no split at all on fewer than 40 rows
    return LGBMClassifier(
        n_estimators=50, min_child_samples=5, n_jobs=1, deterministic=True, verbose=-1
    )


def p_true_out_of_fold(
    estimator: Any, X: Any, y: np.ndarray, *, cv: int, n_jobs: int | None, rng: Rng
) -> np.ndarray:
    """Probability that learners trained on other folds give to the class of each row.

    Parameters
    ----------
    estimator : classifier with ``predict_proba``
        Seeded here, then cloned for each fold.

    X : table or matrix
        What the classifier is trained on.

    y : ndarray of shape (n_samples,)
        Class labels.

    cv : int
        Stratified folds, fewer where a class has fewer rows.

    n_jobs : int or None
        Folds predicted at the same time.

    rng : RandomState
        Seeds the estimator, then shuffles the folds (imbalanced-learn's order).

    Returns
    -------
    p_true : ndarray of shape (n_samples,)
        Probabilities.
    """
    set_random_states(estimator, rng)
    labels, y_encoded, counts = np.unique(y, return_inverse=True, return_counts=True)
    if counts.min() < 2:
        raise ValueError(
            f"Class {spell(labels[counts.argmin()])} has 1 row; out-of-fold hardness needs at "
            "least 2 of each class. Drop the class or use RandomUnderSampler."
        )
    folds = StratifiedKFold(min(cv, counts.min()), shuffle=True, random_state=rng)
    proba = cross_val_predict(estimator, X, y, cv=folds, method="predict_proba", n_jobs=n_jobs)
    return proba[np.arange(len(y)), y_encoded]
