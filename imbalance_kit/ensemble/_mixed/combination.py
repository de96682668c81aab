"""One probability from those of several kinds of models."""

from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize
from scipy.special import softmax

_TOWARDS_EQUAL = 2.0  # log loss, in rows, of weights one away from equal ones: half of this
_TOWARDS_ZERO = 0.2  # the same for the constants
_LEAST_WEIGHT = 0.03  # share of all weight below which a kind is left out
_LEAST_GAIN = 0.002  # share of the log loss that a kind must save to be worth its time


@dataclass(frozen=True)
class Combination:
    """Probabilities proportional to exp(constant + sum of weights times log probabilities).

    Attributes
    ----------
    weights : dict of float
        Of the kinds, by name, in the order of their log probabilities; all are positive. Their sum
        is above one where the kinds together know more than each of them.

    constants : ndarray of shape (n_classes,)
        Of the classes; their sum is zero.
    """

    weights: dict[str, float]
    constants: np.ndarray

    def predict_proba(self, log_proba: np.ndarray) -> np.ndarray:
        """Combined probabilities from log probabilities of shape (n_kinds, n_rows, n_classes)."""
        weights = np.array(list(self.weights.values()))
        return softmax(np.tensordot(weights, log_proba, axes=1) + self.constants, axis=1)


def geometric_mean(names: list[str], n_classes: int) -> Combination:
    """All kinds alike."""
    return Combination(dict.fromkeys(names, 1.0 / len(names)), np.zeros(n_classes))


def fitted(
    names: list[str], log_proba: np.ndarray, y_encoded: np.ndarray, weight: np.ndarray | None
) -> Combination:
    """The combination of the least penalised log loss on rows that no model was trained on.

    The penalty pulls towards equal weights and no constants: a few rare rows cannot tell kinds
    apart, and many outweigh it. Kinds of hardly any weight are left out.

    Parameters
    ----------
    names : list of str
        Of the kinds.

    log_proba : ndarray of shape (n_kinds, n_rows, n_classes)
        Log probabilities of the held-out rows.

    y_encoded : ndarray of shape (n_rows,)
        Positions of their classes.

    weight : ndarray of shape (n_rows,) or None
        Weights of the rows, one on average.
    """
    weights, constants, _ = _least_loss(log_proba, y_encoded, weight)
    kept = np.flatnonzero(weights >= _LEAST_WEIGHT * weights.sum())
    if len(kept) < len(weights):
        weights, constants, _ = _least_loss(log_proba[kept], y_encoded, weight)
    return Combination({names[k]: float(w) for k, w in zip(kept, weights, strict=True)}, constants)


def worth_their_time(
    names: list[str], log_proba: np.ndarray, y_encoded: np.ndarray, weight: np.ndarray | None
) -> list[str]:
    """Kinds without which the log loss of held-out rows would be higher, one by one.

    As long as there is a kind without which the combination of the others loses hardly anything,
    the one that is missed least is left out. Arguments are those of `fitted`.
    """
    kept = list(range(len(names)))
    loss = _least_loss(log_proba, y_encoded, weight)[2]
    while len(kept) > 1:
        others = [[k for k in kept if k != left_out] for left_out in kept]
        losses = [_least_loss(log_proba[some], y_encoded, weight)[2] for some in others]
        least = int(np.argmin(losses))
        if losses[least] > (1.0 + _LEAST_GAIN) * loss:
            break
        kept = others[least]
    return [names[k] for k in kept]


def _least_loss(
    log_proba: np.ndarray, y_encoded: np.ndarray, weight: np.ndarray | None
) -> tuple[np.ndarray, np.ndarray, float]:
    """Weights, constants, and the penalised loss."""
    n_kinds, n_rows, n_classes = log_proba.shape
    equal = 1.0 / n_kinds
    truth = np.zeros((n_rows, n_classes))
    truth[np.arange(n_rows), y_encoded] = 1.0 if weight is None else weight
    row_weight = truth.sum(axis=1, keepdims=True)

    def loss(parameters: np.ndarray) -> tuple[float, np.ndarray]:
        weights, constants = parameters[:n_kinds], parameters[n_kinds:]
        scores = np.tensordot(weights, log_proba, axes=1) + constants
        top = scores.max(axis=1, keepdims=True)
        exponentials = np.exp(scores - top)
        total = exponentials.sum(axis=1, keepdims=True)
        value = float((row_weight * (np.log(total) + top)).sum() - (truth * scores).sum())
        value += 0.5 * _TOWARDS_EQUAL * float(((weights - equal) ** 2).sum())
        value += 0.5 * _TOWARDS_ZERO * float((constants**2).sum())
        residual = row_weight * exponentials / total - truth
        slope = np.array([np.vdot(residual, kind) for kind in log_proba])
        slope += _TOWARDS_EQUAL * (weights - equal)
        return value, np.concatenate([slope, residual.sum(axis=0) + _TOWARDS_ZERO * constants])

    start = np.concatenate([np.full(n_kinds, equal), np.zeros(n_classes)])
    bounds = [(0.0, None)] * n_kinds + [(None, None)] * n_classes
    found = minimize(loss, start, jac=True, method="L-BFGS-B", bounds=bounds)
    return found.x[:n_kinds], found.x[n_kinds:], float(found.fun)
