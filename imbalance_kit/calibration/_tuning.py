"""The best of several decision rules, by any scorer of labels, on held-out rows."""

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.metrics import check_scoring


class Decided(ClassifierMixin, BaseEstimator):
    """What a scorer takes for a classifier: its X is the column of class positions itself."""

    def __init__(self, classes=None):
        self.classes = classes

    def __sklearn_is_fitted__(self) -> bool:
        return True

    @property
    def classes_(self) -> np.ndarray:
        """Class labels."""
        return self.classes

    def fit(self, X, y=None):
        """Nothing to learn."""
        return self

    def predict(self, X):
        """The labels that were decided on."""
        return self.classes[np.asarray(X).ravel()]


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
        A scorer that asks for ``predict`` only.

    weight : ndarray of shape (n_samples,) or None
        Weights of the rows, passed to the scorer where given.

    Returns
    -------
    scores : ndarray
        One number for each set.
    """
    decided = Decided(classes)
    scorer = check_scoring(decided, scoring=scoring)
    extra: dict[str, Any] = {} if weight is None else {"sample_weight": weight}
    try:
        return np.array([scorer(decided, codes[:, None], y, **extra) for codes in decisions])
    except AttributeError as error:
        raise ValueError(
            f"scoring={scoring!r} needs probabilities or decision values, but a decision rule is "
            "judged by its labels. Use a scorer of labels, such as 'balanced_accuracy' or 'f1'."
        ) from error


def middle_of_the_best(scores: np.ndarray) -> int:
    """Position of the best score; of several that tie, the one in the middle."""
    best = np.flatnonzero(scores == scores.max())
    return int(best[(len(best) - 1) // 2])


def forget(estimator: Any, *names: str) -> None:
    """Drop what an earlier fit with other parameters left behind."""
    for name in names:
        vars(estimator).pop(name, None)
