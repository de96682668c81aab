"""Probabilities from learners that did not see the row, for samplers that ask how hard it is."""

from typing import Any

import numpy as np
from sklearn.model_selection import StratifiedKFold, cross_val_predict

from imbalance_kit._sampling.base import Rng
from imbalance_kit._sklearn_compat import set_random_states
from imbalance_kit._tables.labels import spell
from imbalance_kit._tables.points import Mixed


def as_codes(points: Any) -> Any:
    """Points as one numeric matrix that a tree learner reads: nominal columns as their codes."""
    return np.hstack([points.numbers, points.codes]) if isinstance(points, Mixed) else points


def small_lightgbm() -> Any:
    """The learner of samplers that look at predictions, when the user names none."""
    from lightgbm import LGBMClassifier  # not paid for by who imports another sampler

    # its default of 20 rows in a leaf allows no split at all on fewer than 40 rows
    return LGBMClassifier(
        n_estimators=50, min_child_samples=5, n_jobs=1, deterministic=True, verbose=-1
    )


def out_of_fold(
    estimator: Any, X: Any, y: np.ndarray, *, cv: int, n_jobs: int | None, rng: Rng
) -> np.ndarray:
    """Probability that learners trained on other folds give to the class of each row.

    Parameters
    ----------
    estimator : classifier with ``predict_proba``
        Seeded here, then cloned for each fold.

    X : table or matrix
        What the classifier reads.

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
    labels, codes, counts = np.unique(y, return_inverse=True, return_counts=True)
    if counts.min() < 2:
        raise ValueError(
            f"Class {spell(labels[counts.argmin()])} has 1 row; out-of-fold hardness needs at "
            "least 2 of each class. Drop the class or use RandomUnderSampler."
        )
    folds = StratifiedKFold(min(cv, counts.min()), shuffle=True, random_state=rng)
    proba = cross_val_predict(estimator, X, y, cv=folds, method="predict_proba", n_jobs=n_jobs)
    return proba[np.arange(len(y)), codes]
