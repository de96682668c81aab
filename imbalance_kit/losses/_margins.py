"""Cross entropy on shifted scores: by the class shares, or by a margin for rare classes."""

from numbers import Real

import numpy as np

from imbalance_kit._sklearn_compat import Interval
from imbalance_kit.kernels.loss_terms import WEIGHT
from imbalance_kit.losses._cross_entropy import effective_number_weights
from imbalance_kit.losses._pointwise import PointwiseLoss

_DEFERRED_UNTIL = 0.8  # share of the rounds
_DEFERRED_BETA = 0.9999


class LogitAdjustedLoss(PointwiseLoss):
    """Cross entropy on scores to which the log class shares are added.

    Parameters
    ----------
    tau : float, default=1.0
        Factor of the log shares; 0 is cross entropy.

    See Also
    --------
    BalancedSoftmaxLoss : The same with a factor of 1.

    Notes
    -----
    The loss is ``CE(Z + tau * log(prior), y)``. At ``tau=1`` the link's probabilities are those
    that hold if all classes were equally frequent, and so its decisions maximise balanced
    accuracy; `posterior` adds the shares again. Boosting from a first score of ``tau * log(prior)``
    that is left out of predictions is the same.

    References
    ----------
    .. [1] A. K. Menon, S. Jayasumana, A. S. Rawat, H. Jain, A. Veit, S. Kumar, "Long-Tail Learning
       via Logit Adjustment", International Conference on Learning Representations (ICLR), 2021.

    Examples
    --------
    >>> import numpy as np
    >>> from imbalance_kit.losses import LogitAdjustedLoss
    >>> y = np.repeat([0, 1], [90, 10])
    >>> loss = LogitAdjustedLoss().prepare(y)
    >>> loss.posterior([0.0]).round(6).tolist()
    [[0.9, 0.1]]
    """

    name = "logit_adjusted"
    _parameter_constraints: dict = {"tau": [Interval(Real, 0, None, closed="left")]}

    def __init__(self, tau=1.0):
        self.tau = tau

    def _needs_counts(self):
        return True

    def _shift(self, class_weight_sum):
        return self.tau * np.log(self.prior_)

    def _first_guess(self):
        guess = super()._first_guess()
        shift = self._shift(self.prior_)
        if self.n_classes_ == 2:
            return guess - float(shift[1] - shift[0])
        guess = guess - shift
        return guess - np.log(np.exp(guess).sum())

    def _of_true_class(self, p, q, log_p, log_q, y_encoded):
        return -log_p


class BalancedSoftmaxLoss(LogitAdjustedLoss):
    """Cross entropy of a softmax whose terms are multiplied by the class shares.

    See Also
    --------
    LogitAdjustedLoss : With a factor of the log shares.

    Notes
    -----
    It has no parameters: it is `LogitAdjustedLoss` at ``tau=1``.

    References
    ----------
    .. [1] J. Ren, C. Yu, S. Sheng, X. Ma, H. Zhao, S. Yi, H. Li, "Balanced Meta-Softmax for
       Long-Tailed Visual Recognition", Advances in Neural Information Processing Systems 33, 2020.

    Attributes
    ----------
    prior_ : ndarray of shape (n_classes,)
        Class shares, after `prepare`.

    Examples
    --------
    >>> import numpy as np
    >>> from imbalance_kit.losses import BalancedSoftmaxLoss
    >>> y = np.repeat([0, 1, 2], [80, 15, 5])
    >>> BalancedSoftmaxLoss().prepare(y).posterior([[0.0, 0.0, 0.0]]).round(6).tolist()
    [[0.8, 0.15, 0.05]]
    """

    name = "balanced_softmax"
    tau = 1.0
    _parameter_constraints: dict = {}

    def __init__(self):
        pass


class LDAMLoss(PointwiseLoss):
    """Cross entropy with a margin for the true class that is larger for rare classes.

    Parameters
    ----------
    max_margin : float, default=0.5
        Margin of the rarest class; those of the others are less by the fourth root of their
        rows.

    scale : float, default=1.0
        Factor of scores less margins.

    deferred : bool, default=True
        Whether classes are weighted by effective number in the last fifth of the rounds. It
        needs their number, from `prepare` or from ImbalancedLGBMClassifier.

    Attributes
    ----------
    margins_ : ndarray of shape (n_classes,)
        Margins, after `prepare`.

    probabilities : {"posterior", "none"}
        With `deferred` the probabilities of scores change during training and are not known.

    See Also
    --------
    LogitAdjustedLoss : Scores moved by the log class shares.

    Notes
    -----
    The loss is ``CE(scale * (Z - m_y), y)``, the margin m of the true class y being subtracted from
    its score. The authors' scale of 30 is for scores between -1 and 1. Trees find their own scale;
    between 1 and 3 the margins matter. Weights are those of ``ClassBalancedLoss(beta=0.9999)``.

    The loss counts rounds by its calls, so a prepared one serves one fit.

    References
    ----------
    .. [1] K. Cao, C. Wei, A. Gaidon, N. Arechiga, T. Ma, "Learning Imbalanced Datasets with
       Label-Distribution-Aware Margin Loss", Advances in Neural Information Processing Systems
       32, 2019.

    Examples
    --------
    >>> import numpy as np
    >>> from imbalance_kit.losses import LDAMLoss
    >>> y = np.repeat([0, 1, 2], [1000, 100, 10])
    >>> LDAMLoss().prepare(y).margins_.round(4).tolist()
    [0.1581, 0.2812, 0.5]
    """

    name = "ldam"
    _parameter_constraints: dict = {
        "max_margin": [Interval(Real, 0, None, closed="left")],
        "scale": [Interval(Real, 0, None, closed="neither")],
        "deferred": ["boolean"],
    }

    def __init__(self, max_margin=0.5, scale=1.0, deferred=True):
        self.max_margin = max_margin
        self.scale = scale
        self.deferred = deferred

    @property
    def probabilities(self):
        return "none" if self.deferred else "posterior"

    def _needs_counts(self):
        return True

    def _link_scale(self):
        return self.scale

    def _margin(self, class_weight_sum):
        return self.margins_

    def _settle(self, class_weight_sum, n_rounds):
        relative = self.prior_**-0.25
        self.margins_ = self.max_margin * relative / relative.max()
        super()._settle(class_weight_sum, n_rounds)
        self._round_ = 0  # LightGBM gives no round to its objective, so calls are counted
        self._first_weighted_ = np.inf
        if self.deferred and n_rounds is not None:
            self._first_weighted_ = _DEFERRED_UNTIL * n_rounds
            late = effective_number_weights(class_weight_sum, _DEFERRED_BETA)
            self._late_weight_ = self.class_weight_ * late

    def _begin_round(self):
        self._round_ += 1
        if self._round_ > self._first_weighted_:
            self._table_[WEIGHT] = self._late_weight_

    def _of_true_class(self, p, q, log_p, log_q, y_encoded):
        return -log_p
