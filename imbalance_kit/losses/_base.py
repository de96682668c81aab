"""What every loss does around its formula: counts, first scores, the size of the Hessian."""

from collections.abc import Sequence
from copy import copy
from typing import Any

import numpy as np
from scipy.optimize import brentq
from sklearn.base import BaseEstimator

_FARTHEST = 50.0  # score of a constant prediction, where nothing nearer is the least
_LEAST_SHARE = 1e-12  # of a class without any weight


class Loss(BaseEstimator):
    """Base of the losses: callables that LightGBM takes as an objective.

    An estimator only in that it has parameters, so that it clones, prints, and a grid search
    reaches it. After `prepare`, or by itself in each call, a loss knows the class shares and has
    the attributes below.

    Attributes
    ----------
    n_classes_ : int
        Number of classes.

    prior_ : ndarray of shape (n_classes,)
        Class shares, weighted where weights were given.

    class_weight_ : ndarray of shape (n_classes,)
        Factor of the loss of each class.

    init_score_ : float or ndarray of shape (n_classes,)
        The score, or scores, that a constant prediction does best with.

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
        """Gradient and Hessian, with three arguments, for with two LightGBM drops weights."""
        y, raw = np.asarray(y), np.asarray(raw, dtype=np.float64)
        ready = self._prepared_for(y, raw, weight)
        ready._begin_round()
        if weight is not None:
            weight = np.asarray(weight)
        return ready._gradients(y, raw, weight)

    def prepare(self, y, weight=None, *, n_rounds=None, classes=None, class_weight=None):
        """Return a copy that knows the class shares.

        Parameters
        ----------
        y : array-like of shape (n_samples,)
            Positions of the rows' classes, from 0.

        weight : array-like of shape (n_samples,), default=None
            Weights of the rows.

        n_rounds : int, default=None
            Rounds of boosting to come, for losses that change on the way.

        classes : array-like of shape (n_classes,), default=None
            Labels of the classes. None stands for their positions up to the last in `y`.

        class_weight : array-like of shape (n_classes,), default=None
            Factors of the classes beside those that the loss has itself.

        Returns
        -------
        ready : Loss
            The prepared copy; a clone of it is not prepared.
        """
        codes = np.asarray(y).astype(np.intp)
        n_classes = max(int(codes.max(initial=0)) + 1, 2) if classes is None else len(classes)
        mass = np.bincount(codes, weights=weight, minlength=n_classes)
        return self._prepare(mass, n_rounds, classes, class_weight)

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
        """Score, or scores, that a constant prediction does best with.

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
        """Probabilities as the loss reads its scores.

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
        """Class probabilities that the scores mean, where the model minimises the loss.

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

    # --- what a loss says about itself ---------------------------------------------------------

    def _class_weights(self, mass: np.ndarray, classes: Sequence) -> np.ndarray:
        """Factor of the loss of each class."""
        return np.ones(len(mass))

    def _settle(self, mass: np.ndarray, n_rounds: int | None) -> None:
        """Keep what the formula needs to know about the classes."""

    def _needs_counts(self) -> bool:
        """Whether the formula depends on how many rows the classes have."""
        return False

    def _link_scale(self) -> float:
        return 1.0

    def _begin_round(self) -> None:
        """Notice that a round of boosting begins."""

    def _derivatives(
        self, codes: np.ndarray, raw: np.ndarray, weight: np.ndarray | None
    ) -> tuple[np.ndarray, np.ndarray]:
        """Gradient and Hessian in float64, in numpy, without ``hessian_scale_``."""
        raise NotImplementedError

    def _gradients(
        self, y: np.ndarray, raw: np.ndarray, weight: np.ndarray | None
    ) -> tuple[np.ndarray, np.ndarray]:
        """The same in float32, as LightGBM takes it, with ``hessian_scale_``."""
        grad, hess = self._derivatives(y.astype(np.intp), raw, weight)
        scale = self.hessian_scale_
        return (scale * grad).astype(np.float32), (scale * hess).astype(np.float32)

    def _values(self, codes: np.ndarray, raw: np.ndarray, weight: np.ndarray | None) -> np.ndarray:
        raise NotImplementedError

    # --- what follows --------------------------------------------------------------------------

    def _prepare(
        self, mass: np.ndarray, n_rounds: int | None, classes: Any, class_weight: Any
    ) -> "Loss":
        self._validate_params()
        n_classes = len(mass)
        if not mass.sum() > 0:
            raise ValueError("A loss needs rows of positive weight; there are none in any class.")
        if self.two_classes_only and n_classes > 2:
            raise ValueError(
                f"{type(self).__name__} is for two classes; y has {n_classes}. Put the classifier "
                "into sklearn.multiclass.OneVsRestClassifier, or take another loss."
            )
        ready = copy(self)
        ready.__dict__.pop("_memo", None)
        ready.n_classes_ = n_classes
        ready.prior_ = np.maximum(mass / mass.sum(), _LEAST_SHARE)
        labels = range(n_classes) if classes is None else classes
        ready.class_weight_ = ready._class_weights(mass, labels)
        if class_weight is not None:
            ready.class_weight_ = ready.class_weight_ * np.asarray(class_weight, dtype=np.float64)
        ready._settle(mass, n_rounds)
        ready.init_score_ = ready._best_constant()
        ready.hessian_scale_ = ready._ratio_of_hessians()
        return ready

    def _prepared_for(self, y: np.ndarray, raw: np.ndarray, weight: Any) -> Any:
        """Itself if prepared; if not, a copy prepared for these labels, kept for the next call."""
        if hasattr(self, "n_classes_"):
            return self
        n_classes = raw.shape[1] if raw.ndim == 2 else 2
        mass = np.bincount(y.astype(np.intp), weights=weight, minlength=n_classes)
        key = (mass.tobytes(), str(self.get_params()))
        if getattr(self, "_memo", (None,))[0] != key:
            self._memo = (key, self._prepare(mass, None, None, None))
        return self._memo[1]

    def _prepared_without_counts(self, raw: np.ndarray) -> Any:
        if hasattr(self, "n_classes_"):
            return self
        if self._needs_counts():
            raise ValueError(
                f"What scores of {type(self).__name__} mean depends on the class shares. Call "
                "prepare(y, weight) first, with the labels of the training data."
            )
        n_classes = raw.shape[1] if raw.ndim == 2 else 2
        return self._prepare(np.ones(n_classes), None, None, None)

    def _at_constant(self, score: Any) -> tuple[np.ndarray, np.ndarray]:
        """Derivatives for one row of each class, weighted by the class's share."""
        codes = np.arange(self.n_classes_)
        if self.n_classes_ == 2:
            raw = np.full(2, float(score))
        else:
            raw = np.tile(score, (self.n_classes_, 1))
        return self._derivatives(codes, raw, self.prior_)

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

        if abs(slope(guess)) <= 1e-15 * np.sum(self.prior_ * self.class_weight_):
            return guess
        low, high = slope(-_FARTHEST), slope(_FARTHEST)
        if low >= 0 or high <= 0:
            return -_FARTHEST if low >= 0 else _FARTHEST
        return float(brentq(slope, -_FARTHEST, _FARTHEST, xtol=1e-13, rtol=1e-14))

    def _ratio_of_hessians(self) -> float:
        """Hessian of cross entropy over that of this loss, both at their best constant.

        LightGBM's least weight of a leaf, its penalties and its least gain are absolute numbers,
        chosen for cross entropy.
        """
        share = self.prior_ * self.class_weight_
        total, k = share.sum(), self.n_classes_
        spread = total * np.sum(share / total * (1.0 - share / total))
        usual = spread / 2.0 if k == 2 else spread * k / (k - 1.0)
        own = self._at_constant(self.init_score_)[1].sum()
        return float(usual / own) if own > 0 and np.isfinite(usual / own) else 1.0


def two_columns(raw: Any) -> np.ndarray:
    """Scores as one column per class: of two classes the first has the score 0."""
    raw = np.asarray(raw, dtype=np.float64)
    return np.column_stack([np.zeros(len(raw)), raw]) if raw.ndim == 1 else raw


def softmax(scores: np.ndarray) -> np.ndarray:
    """Shares in proportion to the exponentials of the scores, row by row."""
    exponentials = np.exp(scores - scores.max(axis=1, keepdims=True))
    return exponentials / exponentials.sum(axis=1, keepdims=True)
