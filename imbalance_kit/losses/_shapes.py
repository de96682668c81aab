"""Cross entropy bent by one parameter, and exponential losses."""

from numbers import Real

import numpy as np

from imbalance_kit._sklearn_compat import Interval
from imbalance_kit.kernels.loss_terms import FARTHEST, POWER_P, POWER_Q, TERM_P
from imbalance_kit.losses._pointwise import PointwiseLoss

_STEEPEST = 30.0  # log odds where exponentials go on as straight lines


class Poly1Loss(PointwiseLoss):
    """Cross entropy with another weight of the first term of its series.

    Parameters
    ----------
    epsilon : float, default=1.0
        What is added to the weight of ``1 - p``; 0 is cross entropy.

    See Also
    --------
    FocalLoss : Takes away from rows that are right.

    Notes
    -----
    For a probability p of the true class the loss is ``-log(p) + epsilon * (1 - p)``. With a
    positive `epsilon` rows that are right count for more, with a negative one for less, as in
    focal loss. It is not proper; `posterior` has a closed form.

    References
    ----------
    .. [1] Z. Leng, M. Tan, C. Liu, E. D. Cubuk, X. Shi, S. Cheng, D. Anguelov, "PolyLoss: A
       Polynomial Expansion Perspective of Classification Loss Functions", International
       Conference on Learning Representations (ICLR), 2022.

    Examples
    --------
    >>> from imbalance_kit.losses import Poly1Loss
    >>> Poly1Loss(epsilon=1.0).value([1], [0.0]).round(4).tolist()
    [1.1931]
    """

    name = "poly1"
    _parameter_constraints: dict = {"epsilon": [Interval(Real, -1, None, closed="neither")]}

    def __init__(self, epsilon=1.0):
        self.epsilon = epsilon

    def _fill(self, table):
        table[TERM_P] = self.epsilon

    def _of_true_class(self, p, q, log_p, log_q, y_encoded):
        return -log_p + self.epsilon * q


class AlphaLoss(PointwiseLoss):
    """A family from the exponential loss over cross entropy to the probability of an error.

    Parameters
    ----------
    alpha : float, default=0.8
        1/2 is the exponential loss of boosting, 1 is cross entropy; the larger, the less rows
        matter that are far on the wrong side, be they noise or rare.

    See Also
    --------
    PriorResistantLoss : Exponential losses that are proper with the logistic link.

    Notes
    -----
    For a probability p of the true class the loss is ``(1 - p^b) / b`` with ``b = 1 - 1 / alpha``.
    Its least expected loss is at ``alpha`` times the log odds, so the link's probabilities are too
    sure above 1 and not sure enough below; `posterior` takes the factor back. Below 1 a row
    pulls by more than its weight: very wrong ones are held to a straight line.

    References
    ----------
    .. [1] T. Sypherd, M. Diaz, L. Sankar, P. Kairouz, "A Tunable Loss Function for Binary
       Classification", International Symposium on Information Theory (ISIT), 2019.

    Examples
    --------
    >>> from imbalance_kit.losses import AlphaLoss
    >>> AlphaLoss(alpha=0.5).value([1], [0.0]).tolist()
    [1.0]
    """

    name = "alpha"
    _parameter_constraints: dict = {"alpha": [Interval(Real, 0, None, closed="neither")]}

    def __init__(self, alpha=0.8):
        self.alpha = alpha

    def _lowest(self):
        power = 1.0 / self.alpha - 1.0
        return -FARTHEST if power <= 0 else -_STEEPEST / max(power, 1.0)

    def _fill(self, table):
        table[POWER_P] = 1.0 - 1.0 / self.alpha

    def _of_true_class(self, p, q, log_p, log_q, y_encoded):
        b = 1.0 - 1.0 / self.alpha
        return -log_p if b == 0 else -np.expm1(b * log_p) / b


class PriorResistantLoss(PointwiseLoss):
    """Proper exponential losses whose information does not vanish with the rare class's share.

    Parameters
    ----------
    a : float, default=0.5
        Between 0 and 1; 1/2 is the exponential loss of boosting, with the logistic link.

    See Also
    --------
    AlphaLoss : The exponential loss at ``alpha=0.5``, and what lies between it and cross entropy.

    Notes
    -----
    A positive row with the score F costs ``a * exp(-(1 - a) * F)``, a negative one
    ``(1 - a) * exp(a * F)``. The expected loss is least where F is the log odds, and is then
    ``eta^a * (1 - eta)^(1 - a)``. So the link's probabilities are meant as they are.

    What the loss of the best model is less than that of the best constant, as a share of it, is
    ``1 - sum(P^a * Q^(1 - a))`` for class distributions P and Q whatever the share of the rare
    class; of cross entropy it goes to 0 with that share. The property is the reason for the name.
    Whether this is the loss of [1]_, whose formula we could not read, is not known.

    Exponentials are hard on wrong labels: scores are held to a straight line beyond log odds of
    30 on the wrong side, and LightGBM's ``max_delta_step`` of 1 to 5 helps.

    References
    ----------
    .. [1] Y. Jin, M. Wang, Q. Wu, X. Shi, Z. Fu, G. Wang, "Ultra-imbalanced classification guided
       by statistical information", arXiv 2409.04101, 2024.
    .. [2] A. Buja, W. Stuetzle, Y. Shen, "Loss Functions for Binary Class Probability Estimation
       and Classification: Structure and Applications", University of Pennsylvania, 2005.

    Examples
    --------
    >>> from imbalance_kit.losses import PriorResistantLoss
    >>> loss = PriorResistantLoss(a=0.5)
    >>> loss.value([0, 1], [0.0, 0.0]).tolist()
    [0.5, 0.5]
    >>> loss.posterior([0.0]).tolist()
    [[0.5, 0.5]]
    """

    name = "prior_resistant"
    probabilities = "link"
    two_classes_only = True
    _parameter_constraints: dict = {"a": [Interval(Real, 0, 1, closed="neither")]}

    def __init__(self, a=0.5):
        self.a = a

    def _factor(self):
        return self.a * (1.0 - self.a)

    def _lowest(self):
        return -_STEEPEST

    def _fill(self, table):
        power = np.array([self.a, 1.0 - self.a])
        table[POWER_P] = -power
        table[POWER_Q] = power - 1.0

    def _of_true_class(self, p, q, log_p, log_q, y_encoded):
        power = np.where(y_encoded == 1, 1.0 - self.a, self.a)
        return (1.0 - power) * np.exp(power * (log_q - log_p))
