"""From probabilities to classes: tuned thresholds and the metrics of a confusion matrix.

Every function takes class codes 0..K-1. A confusion matrix has the true class in its rows and
the decided class in its columns; leading axes are a stack of matrices, so that all thresholds
are judged in one pass.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Codes = NDArray[np.integer]

# From "undo twice the balancing of a re-balanced learner" to "overweight rare classes".
EXPONENTS = np.linspace(-2.0, 2.0, 81)


def confusion(y: Codes, decision: Codes, n_classes: int) -> Floats:
    """Count matrix of shape (n_classes, n_classes)."""
    cells = y.astype(np.int64) * n_classes + decision
    counts = np.bincount(cells, minlength=n_classes * n_classes)
    return counts.reshape(n_classes, n_classes).astype(np.float64)


def _recalls(matrices: Floats) -> Floats:
    """Recall of each class; NaN for a class with no true row."""
    right = np.diagonal(matrices, axis1=-2, axis2=-1)
    with np.errstate(invalid="ignore", divide="ignore"):
        return right / matrices.sum(axis=-1)


def balanced_accuracy(matrices: Floats) -> Floats:
    """Mean recall of the classes that occur."""
    return np.nanmean(_recalls(matrices), axis=-1)


def g_mean(matrices: Floats) -> Floats:
    """Geometric mean of the recalls of the classes that occur."""
    recalls = _recalls(matrices)
    with np.errstate(divide="ignore"):
        return np.exp(np.nanmean(np.log(recalls), axis=-1))


def macro_f1(matrices: Floats) -> Floats:
    """Mean F1 of the classes that occur."""
    right = np.diagonal(matrices, axis1=-2, axis2=-1)
    true = matrices.sum(axis=-1)
    decided = matrices.sum(axis=-2)
    f1 = 2.0 * right / np.maximum(true + decided, 1.0)
    return np.nanmean(np.where(true > 0, f1, np.nan), axis=-1)


def mcc(matrices: Floats) -> Floats:
    """Matthews correlation coefficient; 0 where one side is constant."""
    true = matrices.sum(axis=-1)
    decided = matrices.sum(axis=-2)
    n = matrices.sum(axis=(-2, -1))
    covariance = np.trace(matrices, axis1=-2, axis2=-1) * n - (true * decided).sum(axis=-1)
    spread = (n**2 - (true**2).sum(axis=-1)) * (n**2 - (decided**2).sum(axis=-1))
    return np.where(spread > 0, covariance / np.sqrt(np.where(spread > 0, spread, 1.0)), 0.0)


DECISION_METRICS: dict[str, Callable[[Floats], Floats]] = {
    "macro_f1": macro_f1,
    "balanced_accuracy": balanced_accuracy,
    "g_mean": g_mean,
    "mcc": mcc,
}


def _all_thresholds(y: Codes, positive: Floats) -> tuple[Floats, Floats]:
    """Every useful threshold of one column of probabilities, and its confusion matrix.

    A row is positive when its probability is at least the threshold. Thresholds lie half-way
    between neighbouring probabilities, so that a new row between two seen ones is not decided
    by rounding.
    """
    values, first = np.unique(np.sort(positive), return_index=True)
    is_positive = (y[np.argsort(positive, kind="stable")] == 1).astype(np.float64)
    below = np.concatenate([first, [len(y)]])
    positives_below = np.concatenate([[0.0], np.cumsum(is_positive)])[below]
    n_positive = is_positive.sum()
    matrices = np.empty((len(below), 2, 2))
    matrices[:, 1, 0] = positives_below
    matrices[:, 1, 1] = n_positive - positives_below
    matrices[:, 0, 0] = below - positives_below
    matrices[:, 0, 1] = (len(y) - n_positive) - matrices[:, 0, 0]
    thresholds = np.concatenate([[-np.inf], (values[1:] + values[:-1]) / 2.0, [np.inf]])
    return thresholds, matrices


def _with_exponent(proba: Floats, prior: Floats, exponent: float) -> NDArray[np.intp]:
    return np.argmax(proba / np.maximum(prior, 1e-12) ** exponent, axis=1)


def tuned_rules(
    y: Codes, proba: Floats, prior: Floats, metrics: tuple[str, ...] = tuple(DECISION_METRICS)
) -> dict[str, float]:
    """For each metric the threshold (two classes) or exponent (more) that is best on these rows.

    Two classes: the class of code 1 is decided when its probability reaches the threshold.
    More: ``argmax_c p_c / prior_c ** exponent``, one number whatever the count of classes, with
    0 for the plain argmax and 1 for the rule that is best for the mean recall of a calibrated
    learner. Of equally good rules the one nearest to the untuned rule is taken.

    Parameters
    ----------
    y : ndarray of shape (n,)
    proba : ndarray of shape (n, K)
    prior : ndarray of shape (K,)
        Class shares of the training part.
    metrics : tuple of str
        Keys of ``DECISION_METRICS``.
    """
    n_classes = proba.shape[1]
    if n_classes == 2:
        untuned = 0.5
        rules, matrices = _all_thresholds(y, proba[:, 1])
    else:
        untuned = 0.0
        rules = EXPONENTS
        matrices = np.stack(
            [confusion(y, _with_exponent(proba, prior, rule), n_classes) for rule in rules]
        )
    best = {}
    for name in metrics:
        values = DECISION_METRICS[name](matrices)
        equally_good = rules[values >= values.max() - 1e-12]
        best[name] = float(equally_good[np.argmin(np.abs(equally_good - untuned))])
    return best


def decide(proba: Floats, prior: Floats, rule: float) -> NDArray[np.intp]:
    """Apply one rule of :func:`tuned_rules`."""
    if proba.shape[1] == 2:
        return (proba[:, 1] >= rule).astype(np.intp)
    return _with_exponent(proba, prior, rule)
