"""What every loss does around its formula: class shares, first scores, the scale of the Hessian."""

from collections.abc import Sequence
from copy import copy
from typing import Any

import numpy as np
from scipy.optimize import brentq
from sklearn.base import BaseEstimator

_FARTHEST = 50.0  # score of a constant prediction, where the loss has no minimum nearer to 0
_LEAST_SHARE = 1e-12  # of a class without any weight
# Scores (rows, times classes for more than two) from which gradients come from compiled kernels.
# Loading numba takes .7 s of a process, and compiling 2 to 4 s where no cache is on disk. Processor
# seconds of the first fit in a new process, focal loss, 100 trees, 39 columns;
# benchmarks/bench_losses.py --first-fit prints them (the lower rows: on a busy machine):
#     rows         numpy    kernels on disk    kernels compiled
#     100,000       2.3           2.6                5.2
#     300,000       9.0           7.3                9.6
#     1,000,000    34.2          25.7               29.3    (asymmetric loss: 42.3, 22.3, 29.9)
KERNELS_FROM = 500_000


class Loss(BaseEstimator):
    """Base of the losses: callables that LightGBM takes as an objective.

    An estimator only in that it has parameters, so that it clones, prints, and a grid search
    reaches it. The attributes below depend on the class shares and exist after `prepare`. A loss
    that was not prepared computes them in each call.

    Attributes
    ----------
    n_classes_ : int
        Number of classes.

    prior_ : ndarray of shape (n_classes,)
        Class shares, weighted where weights were given.

    class_weight_ : ndarray of shape (n_classes,)
        Factor of the loss of each class.

    init_score_ : float or ndarray of shape (n_classes,)
        Score, or scores, of the constant prediction of least loss.

    hessian_scale_ : float
        Factor of gradient and Hessian.

    Examples
    --------
    >>> from imbalance_kit.losses import FocalLoss
    >>> loss = FocalLoss(gamma=2)
    >>> gradient, hessian = loss([0.0, 1.0], [-1.0, -1.0])
    >>> bool(gradient[0] > 0 > gradient[1] and hessian.min() > 0)
    True
    """

    #: Of what classes have the probability: of `link`, of `posterior`, or of "none".
    probabilities: Any = "posterior"
    two_classes_only = False
    name = ""
    _parameter_constraints: dict = {}

    def __call__(self, y, raw, weight=None):
        """Gradient and Hessian; LightGBM passes weights to functions of three arguments only."""
        y, raw = np.asarray(y), np.asarray(raw, dtype=np.float64)
        ready = self._prepared_for(y, raw, weight)
        ready._begin_round()
        if weight is not None:
            weight = np.asarray(weight)
        return ready._gradients(y, raw, weight)

    def prepare(self, y, weight=None, *, n_rounds=None, classes=None, class_weight=None):
        """Return a copy prepared for the class shares.

        Parameters
        ----------
        y : array-like of shape (n_samples,)
            Positions of the rows' classes, from 0.

        weight : array-like of shape (n_samples,), default=None
            Weights of the rows.

        n_rounds : int, default=None
            Rounds of boosting to come, for losses that change during training.

        classes : array-like of shape (n_classes,), default=None
            Labels of the classes. None stands for their positions up to the last in `y`.

        class_weight : array-like of shape (n_classes,), default=None
            Further factors of the classes, multiplied with those of the loss.

        Returns
        -------
        ready : Loss
            The prepared copy; a clone of it is not prepared.
        """
        y_encoded = np.asarray(y).astype(np.intp)
        n_classes = max(int(y_encoded.max(initial=0)) + 1, 2) if classes is None else len(classes)
        class_weight_sum = np.bincount(y_encoded, weights=weight, minlength=n_classes)
        return self._prepare(class_weight_sum, n_rounds, classes, class_weight)

    def value(self, y, raw):
        """Loss of each row.

        Parameters
        ----------
        y : array-like of shape (n_samples,)
            Positions of the rows' classes.

        raw : array-like of shape (n_samples,) or (n_samples, n_classes)
            Scores.

        Returns
        -------
        value : ndarray of shape (n_samples,)
            The formula, times the weight of the class. Gradients are its derivatives times
            ``hessian_scale_``.
        """
        y, raw = np.asarray(y), np.asarray(raw, dtype=np.float64)
        return self._prepared_for(y, raw, None)._values(y.astype(np.intp), raw, None)

    def init_score(self, y, weight=None):
        """Score, or scores, of the constant prediction of least loss.

        Parameters
        ----------
        y : array-like of shape (n_samples,)
            Positions of the rows' classes.

        weight : array-like of shape (n_samples,), default=None
            Weights of the rows.

        Returns
        -------
        score : float or ndarray of shape (n_classes,)
            One score for two classes. LightGBM does not start there by itself: give it as
            ``init_score`` for each row, and add it to raw predictions.
        """
        return self.prepare(y, weight).init_score_

    def link(self, raw):
        """Probabilities that the loss itself computes from scores.

        Parameters
        ----------
        raw : array-like of shape (n_samples,) or (n_samples, n_classes)
            Scores.

        Returns
        -------
        proba : ndarray of shape (n_samples, n_classes)
            Sigmoid or softmax of the scores.
        """
        return softmax(self._link_scale() * two_columns(raw))

    def posterior(self, raw):
        """Class probabilities that follow from the scores of a model that minimises the loss.

        Parameters
        ----------
        raw : array-like of shape (n_samples,) or (n_samples, n_classes)
            Scores.

        Returns
        -------
        proba : ndarray of shape (n_samples, n_classes)
            Probabilities under which these scores have the least expected loss.

        Raises
        ------
        ValueError
            If the loss does not determine them.
        """
        raise ValueError(
            f"The scores of {type(self).__name__} do not determine class probabilities. Fit a "
            "calibrator on rows held out of the fit, as ImbalancedLGBMClassifier does with "
            "recalibrate=True."
        )

    def eval_metric(self, y, raw, weight=None):
        """Mean loss, in the form that LightGBM takes as ``eval_metric``.

        Parameters
        ----------
        y : array-like of shape (n_samples,)
            Positions of the rows' classes.

        raw : array-like of shape (n_samples,) or (n_samples, n_classes)
            Scores.

        weight : array-like of shape (n_samples,), default=None
            Weights of the rows.

        Returns
        -------
        name, value, higher_is_better : tuple
            The name of the loss, its mean, and False.
        """
        y, raw = np.asarray(y), np.asarray(raw, dtype=np.float64)
        ready = self._prepared_for(y, raw, weight)
        if weight is not None:
            weight = np.asarray(weight, dtype=np.float64)
        values = ready._values(y.astype(np.intp), raw, weight)
        return self.name, float(np.average(values, weights=weight)), False

    # --- hooks ---------------------------------------------------------------------------------

    def _class_weights(self, class_weight_sum: np.ndarray, classes: Sequence) -> np.ndarray:
        """Factor of the loss of each class."""
        return np.ones(len(class_weight_sum))

    def _settle(self, class_weight_sum: np.ndarray, n_rounds: int | None) -> None:
        """Set the constants of the formula that depend on the classes; part of `prepare`."""

    def _needs_counts(self) -> bool:
        """Whether the formula depends on how many rows the classes have."""
        return False

    def _link_scale(self) -> float:
        """Factor of the scores in the link."""
        return 1.0

    def _begin_round(self) -> None:
        """Called before the gradients of each round of boosting."""

    def _of_all_rows(self, y: np.ndarray, raw: np.ndarray, weight: np.ndarray | None) -> "Loss":
        """The loss as it is at these scores of all rows, to be asked about some of them.

        Only a loss of all rows at once is another one then. A score that is a number is that of
        all rows it was prepared for.
        """
        return self

    def _row_derivatives(self, true: int, raw: Sequence[float]) -> tuple[Sequence, Sequence]:
        """Gradient and Hessian as `_derivatives` gives them, of one row of more than two classes.

        For a library that asks row by row; a method may have a shorter way.
        """
        grad, hess = self._derivatives(np.array([true]), np.array([raw]), None)
        return grad[0].tolist(), hess[0].tolist()

    def _derivatives(
        self, y_encoded: np.ndarray, raw: np.ndarray, weight: np.ndarray | None
    ) -> tuple[np.ndarray, np.ndarray]:
        """Gradient and Hessian in float64, in numpy, without ``hessian_scale_``."""
        raise NotImplementedError

    def _compiled_gradients(
        self, y: np.ndarray, raw: np.ndarray, weight: np.ndarray | None
    ) -> tuple[np.ndarray, np.ndarray] | None:
        """Gradient and Hessian as `_gradients` returns them, by a kernel; None without one."""
        return None

    def _values(
        self, y_encoded: np.ndarray, raw: np.ndarray, weight: np.ndarray | None
    ) -> np.ndarray:
        """Loss of each row, times the weight of its class."""
        raise NotImplementedError

    # --- what follows from them ----------------------------------------------------------------

    def _gradients(
        self, y: np.ndarray, raw: np.ndarray, weight: np.ndarray | None
    ) -> tuple[np.ndarray, np.ndarray]:
        """Gradient and Hessian in float32, as LightGBM takes them, with ``hessian_scale_``."""
        if raw.size >= KERNELS_FROM:
            compiled = self._compiled_gradients(y, raw, weight)
            if compiled is not None:
                return compiled
        grad, hess = self._derivatives(y.astype(np.intp), raw, weight)
        scale = self.hessian_scale_
        return (scale * grad).astype(np.float32), (scale * hess).astype(np.float32)

    def _prepare(
        self, class_weight_sum: np.ndarray, n_rounds: int | None, classes: Any, class_weight: Any
    ) -> "Loss":
        self._validate_params()
        n_classes = len(class_weight_sum)
        if not class_weight_sum.sum() > 0:
            raise ValueError("A loss needs rows of positive weight; there are none in any class.")
        if self.two_classes_only and n_classes > 2:
            raise ValueError(
                f"{type(self).__name__} is for two classes; y has {n_classes}. Put the classifier "
                "into sklearn.multiclass.OneVsRestClassifier, or take another loss."
            )
        ready = copy(self)
        ready.__dict__.pop("_memo", None)
        ready.n_classes_ = n_classes
        ready.prior_ = np.maximum(class_weight_sum / class_weight_sum.sum(), _LEAST_SHARE)
        labels = range(n_classes) if classes is None else classes
        ready.class_weight_ = ready._class_weights(class_weight_sum, labels)
        if class_weight is not None:
            ready.class_weight_ = ready.class_weight_ * np.asarray(class_weight, dtype=np.float64)
        ready._settle(class_weight_sum, n_rounds)
        ready.init_score_ = ready._best_constant()
        ready.hessian_scale_ = ready._ratio_of_hessians()
        return ready

    def _prepared_for(self, y: np.ndarray, raw: np.ndarray, weight: Any) -> Any:
        """Itself if prepared; if not, a copy prepared for these labels, kept for the next call.

        LightGBM calls an objective once a round with the same labels, and preparing solves for the
        best constant.
        """
        if hasattr(self, "n_classes_"):
            return self
        n_classes = raw.shape[1] if raw.ndim == 2 else 2
        class_weight_sum = np.bincount(y.astype(np.intp), weights=weight, minlength=n_classes)
        key = (class_weight_sum.tobytes(), str(self.get_params()))
        if getattr(self, "_memo", (None,))[0] != key:
            self._memo = (key, self._prepare(class_weight_sum, None, None, None))
        return self._memo[1]

    def _prepared_without_counts(self, raw: np.ndarray) -> Any:
        if hasattr(self, "n_classes_"):
            return self
        if self._needs_counts():
            raise ValueError(
                f"The probabilities of {type(self).__name__} depend on the class shares. Call "
                "prepare(y, weight) first, with the labels of the training data."
            )
        n_classes = raw.shape[1] if raw.ndim == 2 else 2
        return self._prepare(np.ones(n_classes), None, None, None)

    def _at_constant(self, score: Any) -> tuple[np.ndarray, np.ndarray]:
        """Derivatives for one row of each class, weighted by the class's share."""
        y_encoded = np.arange(self.n_classes_)
        if self.n_classes_ == 2:
            raw = np.full(2, float(score))
        else:
            raw = np.tile(score, (self.n_classes_, 1))
        return self._derivatives(y_encoded, raw, self.prior_)

    def _first_guess(self) -> Any:
        """The best constant of weighted cross entropy."""
        share = self.prior_ * self.class_weight_
        if self.n_classes_ == 2:
            return float(np.log(share[1]) - np.log(share[0]))
        return np.log(share / share.sum())

    def _best_constant(self) -> Any:
        """The score of two classes where the gradients of all rows add up to 0."""
        guess = self._first_guess()

        def slope(score: float) -> float:
            return float(self._at_constant(score)[0].sum())

        # cross entropy itself: the closed form is exact, a root finder would round it
        if abs(slope(guess)) <= 1e-15 * np.sum(self.prior_ * self.class_weight_):
            return guess
        low, high = slope(-_FARTHEST), slope(_FARTHEST)
        if low >= 0 or high <= 0:
            return -_FARTHEST if low >= 0 else _FARTHEST
        return float(brentq(slope, -_FARTHEST, _FARTHEST, xtol=1e-13, rtol=1e-14))

    def _ratio_of_hessians(self) -> float:
        """Hessian of cross entropy over that of this loss, both at their best constant.

        LightGBM's least weight of a leaf, its penalties and its least gain are absolute numbers,
        chosen for cross entropy. With this factor the same numbers fit a loss of another scale.
        """
        share = self.prior_ * self.class_weight_
        total, k = share.sum(), self.n_classes_
        spread = total * np.sum(share / total * (1.0 - share / total))
        usual = spread / 2.0 if k == 2 else spread * k / (k - 1.0)
        found = self._at_constant(self.init_score_)[1].sum()
        return float(usual / found) if found > 0 and np.isfinite(usual / found) else 1.0


def two_columns(raw: Any) -> np.ndarray:
    """Scores as one column per class: of two classes the first has the score 0.

    Their softmax is then the sigmoid of the one score.
    """
    raw = np.asarray(raw, dtype=np.float64)
    return np.column_stack([np.zeros(len(raw)), raw]) if raw.ndim == 1 else raw


def softmax(scores: np.ndarray) -> np.ndarray:
    """Shares in proportion to the exponentials of the scores, row by row."""
    # less the largest of the row, so that no exponential overflows
    exponentials = np.exp(scores - scores.max(axis=1, keepdims=True))
    return exponentials / exponentials.sum(axis=1, keepdims=True)
