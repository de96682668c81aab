"""Losses of the overlap between positive rows and rows predicted positive."""

from copy import copy
from numbers import Real

import numpy as np
from scipy.special import expit

from imbalance_kit._sklearn_compat import Interval
from imbalance_kit.kernels.loss_terms import LEAST_SHARE, dice_terms, tversky_terms
from imbalance_kit.losses._base import Loss
from imbalance_kit.losses._pointwise import as_kernels_take_them


class OverlapLoss(Loss):
    """Base of the losses that are of two classes and determine no probabilities."""

    probabilities = "none"
    two_classes_only = True

    def _best_constant(self):
        # the best constant is infinite, or there is none; that of cross entropy is a start
        return self._first_guess()

    def _least(self, first, second, p, y_encoded):
        """The Hessian, or a share of the slope where it is smaller: these losses are not convex.

        A Hessian near 0 or below makes LightGBM's step, gradient over Hessian, arbitrarily long.
        """
        true = np.where(y_encoded == 1, p, 1.0 - p)
        return np.maximum(second, LEAST_SHARE * np.abs(first) * true)

    def _kernel_arguments(self, y, raw, weight):
        y, weight = as_kernels_take_them(y, weight)
        grad, hess = (np.empty(raw.shape, dtype=np.float32) for _ in range(2))
        return y, np.ascontiguousarray(raw), weight, grad, hess


class DiceLoss(OverlapLoss):
    """One minus the Dice coefficient of each row, self-adjusting or not.

    Parameters
    ----------
    alpha : float, default=0.0
        Power of ``1 - p`` that p is multiplied by, so that confident rows count for less; 0 is the
        plain Dice coefficient.

    smooth : float, default=1.0
        What is added above and below the fraction bar. With a small one, negative rows pull at
        their score only where it is next to -inf.

    See Also
    --------
    TverskyLoss : Of all rows at once.

    Notes
    -----
    With p the probability of the positive class, ``t = (1 - p)^alpha * p`` and s the smoothing, a
    row costs ``1 - (2 * t * y + s) / (t + y + s)``. The paper's loss is of each row; its code adds
    up a batch first.

    Not for probabilities: the least expected loss of a row is at one end or the other, and scores
    have no meaning beyond their order. It is not convex, so the Hessian is replaced for half of all
    scores. Boosting starts at 0: from the log odds of a rare class every row but the highest goes
    down without limit. How well it ranks varies more from table to table than with others.

    References
    ----------
    .. [1] X. Li, X. Sun, Y. Meng, J. Liang, F. Wu, J. Li, "Dice Loss for Data-imbalanced NLP
       Tasks", Annual Meeting of the Association for Computational Linguistics (ACL), 2020.

    Examples
    --------
    >>> from imbalance_kit.losses import DiceLoss
    >>> DiceLoss().value([1, 0], [0.0, 0.0]).round(4).tolist()
    [0.2, 0.3333]
    """

    name = "dice"
    _parameter_constraints: dict = {
        "alpha": [Interval(Real, 0, None, closed="left")],
        "smooth": [Interval(Real, 0, None, closed="neither")],
    }

    def __init__(self, alpha=0.0, smooth=1.0):
        self.alpha = alpha
        self.smooth = smooth

    def _best_constant(self):
        return 0.0

    def _values(self, y_encoded, raw, weight):
        t = expit(-raw) ** self.alpha * expit(raw)
        value = 1.0 - (2.0 * t * y_encoded + self.smooth) / (t + y_encoded + self.smooth)
        return self.class_weight_[y_encoded] * value

    def _derivatives(self, y_encoded, raw, weight):
        p, q = expit(raw), expit(-raw)
        first, second = dice_terms(p, q, y_encoded, q**self.alpha * p, self.alpha, self.smooth)
        row_weight = self.class_weight_[y_encoded] * (1.0 if weight is None else weight)
        return row_weight * first, row_weight * self._least(first, second, p, y_encoded)

    def _compiled_gradients(self, y, raw, weight):
        from imbalance_kit.kernels import losses as kernels

        *given, grad, hess = self._kernel_arguments(y, raw, weight)
        constants = self.class_weight_, self.alpha, self.smooth, self.hessian_scale_
        kernels.dice(*given, *constants, grad, hess)
        return grad, hess


class TverskyLoss(OverlapLoss):
    """One minus the Tversky index of all rows: a soft F-beta score.

    Parameters
    ----------
    alpha : float, default=0.3
        Weight of false positives.

    beta : float, default=0.7
        Weight of false negatives. One half for both is the Dice coefficient, 1 for both the Jaccard
        index.

    smooth : float, default=1.0
        What is added above and below the fraction bar.

    See Also
    --------
    DiceLoss : Of each row.

    Notes
    -----
    With p the probabilities of the positive class the loss is ``1 - (TP + s) / (TP + alpha * FP +
    beta * FN + s)``, where TP, FP and FN are sums of p or ``1 - p`` over the rows, with the rows'
    weights in them. A row's `value` is that of all rows, so its mean is the loss. Gradients
    are those of the loss times the weight of all rows, so that they are of the size of other
    losses'.

    Not for probabilities: rows above a threshold that depends on all of them are pulled up and
    the others down, without limit. Boosting starts at the log odds of the classes.

    References
    ----------
    .. [1] S. S. M. Salehi, D. Erdogmus, A. Gholipour, "Tversky Loss Function for Image Segmentation
       Using 3D Fully Convolutional Deep Networks", Machine Learning in Medical Imaging, 2017.

    Examples
    --------
    >>> from imbalance_kit.losses import TverskyLoss
    >>> TverskyLoss(alpha=0.5, beta=0.5, smooth=0).value([1, 0], [0.0, 0.0]).tolist()
    [0.5, 0.5]
    """

    name = "tversky"
    _parameter_constraints: dict = {
        "alpha": [Interval(Real, 0, None, closed="left")],
        "beta": [Interval(Real, 0, None, closed="left")],
        "smooth": [Interval(Real, 0, None, closed="left")],
    }

    _sums_: tuple | None = None  # of all rows, where gradients are asked for some of them

    def __init__(self, alpha=0.3, beta=0.7, smooth=1.0):
        self.alpha = alpha
        self.beta = beta
        self.smooth = smooth

    def _settle(self, class_weight_sum, n_rounds):
        self._total_ = class_weight_sum.sum()

    def _at_constant(self, score):
        # the smoothing is an absolute number, so the rows have to be as many as they are
        y_encoded, raw = np.arange(2), np.full(2, float(score))
        grad, hess = self._derivatives(y_encoded, raw, self.prior_ * self._total_)
        return grad / self._total_, hess / self._total_

    def _fraction(self, y_encoded, p, row_weight):
        """Numerator and denominator of the index."""
        hits, missed = row_weight @ (y_encoded * p), row_weight @ (y_encoded * (1.0 - p))
        false_alarms = row_weight @ ((1 - y_encoded) * p)
        numerator = hits + self.smooth
        return numerator, numerator + self.alpha * false_alarms + self.beta * missed

    def _sums(self, y_encoded, p, row_weight):
        """Numerator, denominator, and the weight of these rows."""
        return *self._fraction(y_encoded, p, row_weight), row_weight.sum()

    def _values(self, y_encoded, raw, weight):
        row_weight = self.class_weight_[y_encoded] * (1.0 if weight is None else weight)
        numerator, denominator = self._fraction(y_encoded, expit(raw), row_weight)
        return np.full(len(raw), 1.0 - numerator / denominator)

    def _derivatives(self, y_encoded, raw, weight):
        p = expit(raw)
        row_weight = self.class_weight_[y_encoded] * (1.0 if weight is None else weight)
        *fraction, total = self._sums_ or self._sums(y_encoded, p, row_weight)
        first, second = tversky_terms(p, y_encoded, self.alpha, self.beta, *fraction)
        row_weight = row_weight * total
        return row_weight * first, row_weight * self._least(first, second, p, y_encoded)

    def _of_all_rows(self, y, raw, weight):
        y_encoded, raw = np.asarray(y).astype(np.intp), np.asarray(raw, dtype=np.float64)
        if raw.ndim == 0:  # the same for all: the classes as they were prepared for
            y_encoded, raw, weight = np.arange(2), np.full(2, raw), self.prior_ * self._total_
        row_weight = self.class_weight_[y_encoded] * (1.0 if weight is None else weight)
        ready = copy(self)
        ready._sums_ = self._sums(y_encoded, expit(raw), row_weight)
        return ready

    def _compiled_gradients(self, y, raw, weight):
        if self._sums_ is not None:
            return None  # the kernel adds up the rows it is given
        from imbalance_kit.kernels import losses as kernels

        *given, grad, hess = self._kernel_arguments(y, raw, weight)
        constants = self.class_weight_, self.alpha, self.beta, self.smooth, self.hessian_scale_
        kernels.tversky(*given, *constants, grad, hess)
        return grad, hess
