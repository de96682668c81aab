"""Temperature scaling, with a bias for each class or without."""

import numpy as np

from imbalance_kit.calibration._scaling import SLOPE_PRIOR, fit_scaling
from imbalance_kit.kernels.short_rows import softmax_of_rows, two_probabilities

_SMALLEST = np.finfo(np.float64).eps  # one wrong row with a probability of 0 has infinite log loss


def log_of(proba: np.ndarray) -> np.ndarray:
    """Log probabilities, finite: what is below 2.2e-16 counts as that."""
    finite = np.maximum(np.asarray(proba, dtype=np.float64), _SMALLEST)
    return np.log(finite, out=finite)


def fit_temperature(
    log_proba: np.ndarray,
    y: np.ndarray,
    weight: np.ndarray | None = None,
    biases: bool = True,
    *,
    prior: float = SLOPE_PRIOR,
    smooth: bool = False,
) -> tuple[float, np.ndarray]:
    """Temperature T and biases b with the least log loss of ``softmax(log_proba / T + b)``.

    A weak prior around T = 1 keeps few rows from moving it far; see `fit_scaling`.

    Parameters
    ----------
    log_proba : ndarray of shape (n_samples, n_classes)
        Finite log probabilities of rows the model was not trained on; other scores will do.

    y : ndarray of shape (n_samples,)
        Column of each row's class.

    weight : ndarray of shape (n_samples,), default=None
        Weights of the rows; only their ratios matter.

    biases : bool, default=True
        Whether to fit the biases, or leave them 0.

    prior, smooth : float and bool, default=4.0 and False
        See `fit_scaling`.

    Returns
    -------
    temperature : float
        Between .01 and 100.

    biases : ndarray of shape (n_classes,)
        Their sum is 0.
    """
    slopes, found = fit_scaling(
        log_proba, y, weight, shared=True, biases=biases, prior=prior, smooth=smooth
    )
    return float(1.0 / slopes[0]), found


def apply_temperature(scores: np.ndarray, temperature: float, biases: np.ndarray) -> np.ndarray:
    """Probabilities ``softmax(scores / temperature + biases)``."""
    if scores.shape[1] != 2:
        return softmax_of_rows(scores / temperature + biases)
    # by columns: numpy goes along rows of two numbers several times as long
    log_odds = scores[:, 1] - scores[:, 0]
    log_odds /= temperature
    log_odds += biases[1] - biases[0]
    return two_probabilities(log_odds)
