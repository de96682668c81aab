"""Weight vectors of a linear model brought to comparable lengths."""

from copy import deepcopy
from typing import Any

import numpy as np
from sklearn.frozen import FrozenEstimator
from sklearn.pipeline import Pipeline

from imbalance_kit._meta_estimator import ClassifierWrapper
from imbalance_kit._tables.rows import summed
from imbalance_kit.calibration._prior import class_shares

METHODS = ("tau_norm", "weight_align")


def linear_part(estimator: Any) -> Any:
    """The linear model in a fitted estimator: itself, or what a pipeline ends in."""
    inner = estimator
    while isinstance(inner, FrozenEstimator | Pipeline):
        inner = inner.estimator if isinstance(inner, FrozenEstimator) else inner[-1]
    if not (hasattr(inner, "coef_") and hasattr(inner, "intercept_")):
        raise ValueError(
            "Aligning weights needs a linear model with coef_ and intercept_, or a pipeline that "
            f"ends in one; got {type(inner).__name__}. method='bias_correction' takes any "
            "classifier."
        )
    return inner


def full_alignment(coef: np.ndarray, prior: np.ndarray, method: str) -> np.ndarray:
    """Factor of each class's weights at tau 1.

    ``"tau_norm"``: one over the length, so that all are equally long. ``"weight_align"``: the
    mean length of the frequent classes over that of the rare ones for the rare, 1 for the others.
    """
    lengths = np.linalg.norm(coef, axis=1)
    lengths = np.where(lengths > 0, lengths, 1.0)  # a class without weights stays as it is
    if method == "tau_norm":
        return 1.0 / lengths
    rare = prior < 1.0 / len(prior)
    if not rare.any():
        return np.ones(len(prior))
    return np.where(rare, lengths[~rare].mean() / lengths[rare].mean(), 1.0)


def log_odds_of(prior: np.ndarray) -> float:
    """Log ratio of the second class's share to the first's."""
    return float(np.log(prior[1]) - np.log(prior[0]))


def aligned(estimator: Any, factors: np.ndarray, kept: float, shift: float) -> Any:
    """A copy whose weights are multiplied by class and whose intercepts are kept in part."""
    copy = deepcopy(estimator)
    part = linear_part(copy)
    if len(factors) > 1:  # two classes share one weight vector, of one or two dimensions
        part.coef_ = part.coef_ * factors[:, None]
    part.intercept_ = np.asarray(part.intercept_) * kept + shift
    return copy


def alignment(
    coef: np.ndarray, prior: np.ndarray, method: str, tau: float
) -> tuple[np.ndarray, float, float]:
    """Factors of the weights, share of the intercepts that is kept, and what is added to them.

    Two classes have one weight vector between them, so only its intercept can move.
    """
    if len(prior) == 2:
        return np.ones(1), 1.0, -tau * log_odds_of(prior)
    return full_alignment(coef, prior, method) ** tau, 1.0 - tau, 0.0


class EveryTau(ClassifierWrapper):
    """Decisions at every tau at once, so that each fold is fitted once and not once a tau."""

    _parameter_constraints: dict = {"estimator": "no_validation", "method": [str], "taus": [list]}

    def __init__(self, estimator, *, method, taus):
        self.estimator = estimator
        self.method = method
        self.taus = taus

    def _learn(
        self, X: Any, y: np.ndarray, weight: np.ndarray | None, params: dict[str, Any]
    ) -> Any:
        estimator = super()._learn(X, y, weight, params)
        self.prior_ = class_shares(y, estimator.classes_, weight)
        return estimator

    def decision_function(self, X):
        """Positions of the classes decided for, a column for each tau.

        ``cross_val_predict`` takes a table of numbers from this method only.
        """
        part = linear_part(self.estimator_)
        bias = np.asarray(part.intercept_)
        scores = self.estimator_.decision_function(summed(X))
        bare = scores.reshape(len(scores), -1) - bias
        columns = []
        for tau in self.taus:
            factors, kept, shift = alignment(part.coef_, self.prior_, self.method, tau)
            moved = bare * factors + (bias * kept + shift)
            columns.append(
                moved.argmax(axis=1) if moved.shape[1] > 1 else (moved[:, 0] > 0).astype(int)
            )
        return np.column_stack(columns).astype(np.float64)
