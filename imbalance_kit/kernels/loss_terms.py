"""Formulas of the losses of this package in plain arithmetic: for arrays and for kernels.

Most are one formula. A loss of one row is a function f of the logarithm of the true class's
probability p. With q = 1 - p and r = -log(p) / q, these have the slope

    df / dlog(p) = -p^a * q^b * (1 + c * p + d * p * r)

for some a, b, c and d: cross entropy for none, focal for b = d, poly-1 for c, the alpha loss for
a, exponential losses for a and b together.
"""

from typing import Any

N_CONSTANTS = 7
# Rows of the table of constants; a column is a class.
WEIGHT, POWER_P, POWER_Q, TERM_P, TERM_LOG, OFFSET, EASE = range(N_CONSTANTS)
# Least Hessian, as a share of what is left of it without the curvature of f in log p.
LEAST_SHARE = 0.25
FARTHEST = 700.0  # log odds beyond which probabilities would underflow


def terms(
    p: Any, q: Any, log_p: Any, power: Any, power_p: Any, power_q: Any, term_p: Any, term_log: Any
) -> tuple[Any, Any]:
    """Slope of f in log p, and q times the slope of that.

    Parameters
    ----------
    p, q, log_p : float or ndarray
        Probability of the true class, of all others, and its logarithm; q is not 0.

    power : float or ndarray
        p to the power of `power_p` times q to the power of `power_q`.

    power_p, power_q, term_p, term_log : float or ndarray
        The constants a, b, c and d.

    Returns
    -------
    slope, curvature : float or ndarray
        The second is multiplied by q, because it has a pole there.
    """
    r = -log_p / q
    inner = term_log * p * r
    outer = 1.0 + term_p * p + inner
    curvature = -power * (
        (power_p * q - power_q * p) * outer
        + (term_p * p + inner) * q
        + term_log * p * (r * p - 1.0)
    )
    return -power * outer, curvature


def eased(p: Any, q: Any, ease: Any, slope: Any, curvature: Any) -> tuple[Any, Any]:
    """The same of f at p + ease instead of p, where `slope` and `curvature` were found there.

    Parameters
    ----------
    p, q : float or ndarray
        Probabilities without the ease.

    ease : float or ndarray
        What is added to p.

    slope, curvature : float or ndarray
        From `terms` with p + ease and q - ease.

    Returns
    -------
    slope, curvature : float or ndarray
        The second times q.
    """
    share = p / (p + ease)
    second = share * slope + share * share * (curvature / (q - ease) - slope)
    return share * slope, second * q


def dice_terms(p: Any, q: Any, y: Any, overlap: Any, alpha: Any, smooth: Any) -> tuple[Any, Any]:
    """Derivatives of one minus the Dice coefficient of a row, in the score.

    Parameters
    ----------
    p, q : float or ndarray
        Probability of the positive class and of the other.

    y : float or ndarray
        1 for the positive class, 0 for the other.

    overlap : float or ndarray
        p times q to the power of `alpha`.

    alpha, smooth : float
        Parameters of the loss.

    Returns
    -------
    first, second : float or ndarray
        Derivatives.
    """
    bend = q - alpha * p
    first = overlap * bend
    second = overlap * (bend * bend - (1.0 + alpha) * p * q)
    total = overlap + y + smooth
    c = 2.0 * y * total - (2.0 * overlap * y + smooth)
    by_total = c / (total * total)
    return -by_total * first, by_total * (2.0 * first * first / total - second)


def tversky_terms(
    p: Any, y: Any, alpha: Any, beta: Any, numerator: Any, denominator: Any
) -> tuple[Any, Any]:
    """Derivatives of one minus the Tversky index of all rows, in the score of one.

    Parameters
    ----------
    p : float or ndarray
        Probability of the positive class.

    y : float or ndarray
        1 for the positive class, 0 for the other.

    alpha, beta : float
        Weights of false positives and of false negatives.

    numerator, denominator : float
        Of the index.

    Returns
    -------
    first, second : float or ndarray
        Derivatives for a weight of 1.
    """
    share = y * (1.0 - beta) + alpha * (1.0 - y)
    spread = p * (1.0 - p)
    slope = -(y * denominator - numerator * share) / (denominator * denominator)
    curvature = 2.0 * share * (y * denominator - numerator * share) / denominator**3
    return slope * spread, curvature * spread * spread + slope * spread * (1.0 - 2.0 * p)
