"""Losses that attend less to rows that are right already."""

from numbers import Real

import numpy as np

from imbalance_kit._sklearn_compat import Interval
from imbalance_kit.kernels.loss_terms import EASE, POWER_Q, TERM_LOG
from imbalance_kit.losses._cross_entropy import weights_of_classes
from imbalance_kit.losses._pointwise import PointwiseLoss


class FocalLoss(PointwiseLoss):
    """Cross entropy times a power of the probability of being wrong.

    Parameters
    ----------
    gamma : float, default=2.0
        The power; 0 is cross entropy.

    alpha : float, array-like or None, default=None
        Factor of the positive class, the other having ``1 - alpha``; or one factor per class.
        None weighs all alike.

    See Also
    --------
    AsymmetricLoss : A power for each class.

    Notes
    -----
    For a probability p of the true class the loss is ``-(1 - p)^gamma * log(p)``. Rows that are
    right with certainty count for less, which on a table of few rare rows is most of them.

    It is not proper: its least expected loss is at scores too near to 0, and so the link's
    probabilities are too near to one half. `posterior` is the closed form of the correction [2]_.
    The Hessian is negative for rows far on the wrong side and is clipped there.

    References
    ----------
    .. [1] T.-Y. Lin, P. Goyal, R. Girshick, K. He, P. Dollár, "Focal Loss for Dense Object
       Detection", International Conference on Computer Vision (ICCV), 2017.
    .. [2] N. Charoenphakdee, J. Vongkulbhisal, N. Chairatanakul, M. Sugiyama, "On Focal Loss for
       Class-Posterior Probability Estimation: A Theoretical Perspective", Conference on Computer
       Vision and Pattern Recognition (CVPR), 2021.

    Examples
    --------
    >>> from imbalance_kit.losses import FocalLoss
    >>> FocalLoss(gamma=2, alpha=0.25).value([1, 1], [2.0, -2.0]).round(4).tolist()
    [0.0005, 0.4125]
    """

    name = "focal"
    _parameter_constraints: dict = {
        "gamma": [Interval(Real, 0, None, closed="left")],
        "alpha": [Interval(Real, 0, 1, closed="neither"), "array-like", None],
    }

    def __init__(self, gamma=2.0, alpha=None):
        self.gamma = gamma
        self.alpha = alpha

    def _class_weights(self, class_weight_sum, classes):
        alpha = self.alpha
        if isinstance(alpha, Real):
            if len(class_weight_sum) > 2:
                raise ValueError(
                    "alpha as a number is for two classes; y has "
                    f"{len(class_weight_sum)}. Give one number per class."
                )
            alpha = [1.0 - alpha, alpha]
        return weights_of_classes(alpha, class_weight_sum, classes)

    def _fill(self, table):
        table[POWER_Q] = table[TERM_LOG] = self.gamma

    def _of_true_class(self, p, q, log_p, log_q, y_encoded):
        return -np.exp(self.gamma * log_q) * log_p


class AsymmetricLoss(PointwiseLoss):
    """Focal loss with a power for each of two classes, and a margin for sure negatives.

    Parameters
    ----------
    gamma_positive : float, default=1.0
        The power for the positive class.

    gamma_negative : float, default=4.0
        The power for the negative class.

    margin : float, default=0.05
        Probability of the positive class up to which a negative row costs nothing.

    detach_focus : bool, default=False
        Whether gradients leave the power out of the derivative: those of cross entropy times
        the power, as the authors' code has it.

    See Also
    --------
    FocalLoss : One power, and any number of classes.

    Notes
    -----
    With p the probability of the positive class a positive row costs ``-(1 - p)^a * log(p)`` and a
    negative one ``-m^b * log(1 - m)``, where m is p less the margin, and at least 0. `value` is
    that also with `detach_focus`.

    It is not proper. `posterior` has a closed form; scores whose p is within the margin mean
    that the positive class is not there at all, so ranks of the surest negatives are lost in it.

    References
    ----------
    .. [1] T. Ridnik, E. Ben-Baruch, N. Zamir, A. Noy, I. Friedman, M. Protter, L. Zelnik-Manor,
       "Asymmetric Loss For Multi-Label Classification", International Conference on Computer
       Vision (ICCV), 2021.

    Examples
    --------
    >>> from imbalance_kit.losses import AsymmetricLoss
    >>> AsymmetricLoss().value([0, 0, 1], [-4.0, 0.0, 0.0]).round(4).tolist()
    [0.0, 0.0245, 0.3466]
    """

    name = "asymmetric"
    two_classes_only = True
    _parameter_constraints: dict = {
        "gamma_positive": [Interval(Real, 0, None, closed="left")],
        "gamma_negative": [Interval(Real, 0, None, closed="left")],
        "margin": [Interval(Real, 0, 1, closed="left")],
        "detach_focus": ["boolean"],
    }

    def __init__(self, gamma_positive=1.0, gamma_negative=4.0, margin=0.05, detach_focus=False):
        self.gamma_positive = gamma_positive
        self.gamma_negative = gamma_negative
        self.margin = margin
        self.detach_focus = detach_focus

    def _fill(self, table):
        table[POWER_Q] = [self.gamma_negative, self.gamma_positive]
        if not self.detach_focus:
            table[TERM_LOG] = table[POWER_Q]
        table[EASE, 0] = self.margin

    def _of_true_class(self, p, q, log_p, log_q, y_encoded):
        gamma = np.where(y_encoded == 1, self.gamma_positive, self.gamma_negative)
        return -np.exp(gamma * log_q) * log_p
