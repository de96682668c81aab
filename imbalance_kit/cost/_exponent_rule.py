"""Decisions tuned by one number: a threshold for two classes, an exponent for more."""

from collections.abc import Callable, Mapping

import numpy as np

from imbalance_kit._confusion import confusion

# From "undo twice the balancing of a re-balanced learner" to "overweight rare classes".
EXPONENTS = np.linspace(-2.0, 2.0, 81)
_TIED = 1e-12  # below, two scores differ by rounding

Metric = Callable[[np.ndarray], np.ndarray]  # of a stack of confusion matrices


def _all_thresholds(
    y_encoded: np.ndarray, positive: np.ndarray, weight: np.ndarray | None
) -> tuple[np.ndarray, np.ndarray]:
    """Every useful threshold of one column of probabilities, and its confusion matrix.

    A row is positive when its probability is at least the threshold. Thresholds lie half-way
    between neighbouring probabilities, so that a new row between two seen ones is not decided
    by rounding.
    """
    order = np.argsort(positive, kind="stable")
    values, first = np.unique(positive[order], return_index=True)
    weight = np.ones(len(y_encoded)) if weight is None else weight
    below = np.concatenate([first, [len(order)]])
    rows_below = np.concatenate([[0.0], np.cumsum(weight[order])])
    positive_weight = weight[order] * (y_encoded[order] == 1)
    positives_below = np.concatenate([[0.0], np.cumsum(positive_weight)])
    matrices = np.empty((len(below), 2, 2))
    matrices[:, 1, 0] = positives_below[below]
    matrices[:, 1, 1] = positives_below[-1] - matrices[:, 1, 0]
    matrices[:, 0, 0] = rows_below[below] - matrices[:, 1, 0]
    matrices[:, 0, 1] = rows_below[-1] - positives_below[-1] - matrices[:, 0, 0]
    thresholds = np.concatenate([[-np.inf], (values[1:] + values[:-1]) / 2.0, [np.inf]])
    return thresholds, matrices


def _with_exponent(proba: np.ndarray, shares: np.ndarray, exponent: float) -> np.ndarray:
    # a class that no training row had has a share of zero
    return np.argmax(proba / np.maximum(shares, 1e-12) ** exponent, axis=1)


def untuned_rule(n_classes: int) -> float:
    """The rule of a learner as it is: a threshold of one half, or the plain argmax."""
    return 0.5 if n_classes == 2 else 0.0


def best_rules(
    y_encoded: np.ndarray,
    proba: np.ndarray,
    shares: np.ndarray,
    metrics: Mapping[str, Metric],
    weight: np.ndarray | None = None,
) -> dict[str, tuple[float, float]]:
    """For each metric the threshold (two classes) or exponent (more) that is best on these rows.

    Two classes: the class of code 1 is decided when its probability reaches the threshold.
    More: ``argmax_c p_c / share_c ** exponent``, one number whatever the count of classes, with
    0 for the plain argmax and 1 for the rule that is best for the mean recall of a calibrated
    learner. Of equally good rules the one nearest to the untuned rule is taken.

    Parameters
    ----------
    y_encoded : ndarray of shape (n,)
        Classes as 0..K-1.

    proba : ndarray of shape (n, K)
        Probabilities.

    shares : ndarray of shape (K,)
        Class shares of the training part.

    metrics : mapping of str to callable
        Metrics of stacks of confusion matrices, higher is better.

    weight : ndarray of shape (n,) or None
        Weights of the rows.

    Returns
    -------
    rules : dict of str to (rule, score)
        The threshold or exponent for each metric, and the score it reaches on these rows.
    """
    n_classes = proba.shape[1]
    untuned = untuned_rule(n_classes)
    if n_classes == 2:
        rules, matrices = _all_thresholds(y_encoded, proba[:, 1], weight)
    else:
        rules = EXPONENTS
        matrices = np.stack(
            [
                confusion(y_encoded, _with_exponent(proba, shares, rule), n_classes, weight)
                for rule in rules
            ]
        )
    best = {}
    for name, metric in metrics.items():
        values = metric(matrices)
        equally_good = rules[values >= values.max() - _TIED]
        nearest = equally_good[np.argmin(np.abs(equally_good - untuned))]
        best[name] = float(nearest), float(values.max())
    return best


def decide_by_rule(proba: np.ndarray, shares: np.ndarray, rule: float) -> np.ndarray:
    """Apply one rule of :func:`best_rules`."""
    if proba.shape[1] == 2:
        return (proba[:, 1] >= rule).astype(np.intp)
    return _with_exponent(proba, shares, rule)
