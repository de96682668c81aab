"""The best of several decision rules, by any scorer of labels, on held-out rows."""

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.metrics import check_scoring


class Decided(ClassifierMixin, BaseEstimator):
    """A fitted classifier whose decisions are given: a scorer takes no bare labels.

    Parameters
    ----------
    classes_ : ndarray of shape (n_classes,)
        Class labels.

    decisions : ndarray of shape (n_samples,)
        Positions among the classes, for the rows of any X.
    """

    def __init__(self, classes_, decisions):
        self.classes_ = classes_
        self.decisions = decisions

    def __sklearn_is_fitted__(self) -> bool:
        return True

    def fit(self, X, y=None):
        """Nothing to learn."""
        return self

    def predict(self, X):
        """The labels that were decided for."""
        return self.classes_[self.decisions]


class DecidedOnly(Decided):
    """The same, for a scorer that would take probabilities where there are any, or else labels."""

    def predict_proba(self, X):
        """There are none."""
        raise AttributeError("A decision has no probabilities.")

    def decision_function(self, X):
        """There are none."""
        raise AttributeError("A decision has no decision values.")


def score_decisions(
    decisions: Iterable[np.ndarray],
    y: np.ndarray,
    classes: np.ndarray,
    *,
    scoring: str | Callable,
    weight: np.ndarray | None,
) -> np.ndarray:
    """Score of each set of decisions.

    Parameters
    ----------
    decisions : iterable of ndarray of shape (n_samples,)
        Positions among the classes.

    y : ndarray of shape (n_samples,)
        True labels.

    classes : ndarray of shape (n_classes,)
        Class labels.

    scoring : str or callable
        A scorer that calls ``predict`` only.

    weight : ndarray of shape (n_samples,) or None
        Weights of the rows, passed to the scorer where given.

    Returns
    -------
    scores : ndarray
        One number for each set.
    """
    scorer = check_scoring(Decided(classes, None), scoring=scoring)
    extra: dict[str, Any] = {} if weight is None else {"sample_weight": weight}
    try:
        return np.array(
            [scorer(Decided(classes, chosen), chosen[:, None], y, **extra) for chosen in decisions]
        )
    except AttributeError as error:
        raise ValueError(
            f"scoring={scoring!r} needs probabilities or decision values, but a decision rule is "
            "scored by its labels. Use a scorer of labels, such as 'balanced_accuracy' or 'f1'."
        ) from error


def middle_of_the_best(scores: np.ndarray) -> int:
    """Position of the best score; of several that tie, the one in the middle.

    Scores of few rows are flat over a range of tau, and its middle is farthest from both ends,
    where a decision changes. Of an even number the lower of the two in the middle is taken.
    """
    best = np.flatnonzero(scores == scores.max())
    return int(best[(len(best) - 1) // 2])
