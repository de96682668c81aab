"""XGBoost under one loss: the objective, what is refused, and the classifier."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import sparse
from sklearn.base import clone

from imbalance_kit.losses._base import Loss
from imbalance_kit.losses._engine import (
    Engine,
    given_parameters,
    not_installed,
    refuse_objective,
    refuse_other,
    refuse_what_has_no_effect,
    start_of,
    threads_of,
)
from imbalance_kit.losses._loss_classifier import LossClassifier

# What XGBoost calls its objective by default, and what a fit leaves in an estimator.
_USUAL = ("binary:logistic", "multi:softprob")
_WITHOUT_EFFECT = {"scale_pos_weight": 1}
_INSTEAD = {
    "base_score": "boosting starts at the best constant under the loss",
    "early_stopping_rounds": "set n_iter_no_change of the classifier",
}


class XGBoostObjective:
    """A loss as XGBoost takes an objective.

    Parameters
    ----------
    loss : loss of this package
        Such as ``FocalLoss()``. One that was not prepared computes the class shares from the
        labels that XGBoost passes.

    See Also
    --------
    ImbalancedXGBClassifier : Does the rest: first scores, probabilities, stopping.
    CatBoostObjective : The same for CatBoost.

    Notes
    -----
    It serves ``XGBClassifier(objective=...)``, where it is called with labels, scores and perhaps
    weights, and ``xgboost.train(obj=...)``, where it is called with scores and a ``DMatrix``.

    Gradients are those that LightGBM gets. So are Hessians of two classes. Those of K classes are
    multiplied by ``2 * (K - 1) / K``: LightGBM's objective has a factor of ``K / (K - 1)`` in
    them, XGBoost's one of 2, so that under cross entropy XGBoost's own model comes out.

    A call costs one pass over the scores, O(n K) for n rows and K classes.

    Examples
    --------
    >>> from imbalance_kit.losses import FocalLoss, XGBoostObjective
    >>> objective = XGBoostObjective(FocalLoss(gamma=2))
    >>> gradient, hessian = objective([0.0, 1.0], [-1.0, -1.0])
    >>> bool(gradient[0] > 0 > gradient[1] and hessian.min() > 0)
    True
    """

    def __init__(self, loss: Loss):
        self.loss = loss

    def __call__(self, y, raw, sample_weight=None):
        """Gradient and Hessian, in float32."""
        if hasattr(raw, "get_label"):  # xgboost.train gives scores first, then the DMatrix
            y, raw, given = raw.get_label(), y, raw.get_weight()
            sample_weight = given if len(given) else None
        raw = _as_losses_take_it(raw)
        grad, hess = self.loss(y, raw, sample_weight)
        if raw.ndim == 2:
            n_classes = raw.shape[1]
            hess = hess * np.float32(2.0 * (n_classes - 1) / n_classes)
        return grad, hess

    def mean_loss(self, y, raw, sample_weight=None):
        """Mean loss, as ``XGBClassifier(eval_metric=...)`` takes it.

        Parameters
        ----------
        y : array-like of shape (n_samples,)
            Positions of the rows' classes.

        raw : array-like of shape (n_samples,) or (n_samples, n_classes)
            Scores.

        sample_weight : array-like of shape (n_samples,), default=None
            Weights of the rows.

        Returns
        -------
        value : float
            The mean, to be minimised.
        """
        return self.loss.eval_metric(y, _as_losses_take_it(raw), sample_weight)[1]


def _as_losses_take_it(raw: Any) -> np.ndarray:
    """Scores of two classes as one dimension, whichever shape the version of XGBoost gives."""
    raw = np.asarray(raw, dtype=np.float64)
    return raw[:, 0] if raw.ndim == 2 and raw.shape[1] == 1 else raw


class XGBoostEngine(Engine):
    """XGBoost, which is imported when something is fitted."""

    round_names = ("num_boost_round", "n_estimators")

    def configured(self, estimator, n_jobs):
        try:
            from xgboost import XGBClassifier, XGBRFClassifier
        except ImportError as error:
            raise not_installed("ImbalancedXGBClassifier", "xgboost") from error
        if estimator is None:
            estimator = XGBClassifier(
                grow_policy="lossguide",
                max_depth=0,
                max_leaves=15,
                learning_rate=0.1,
                min_child_weight=1e-3,
            )
        if not isinstance(estimator, XGBClassifier):
            raise ValueError(
                f"estimator must be an XGBClassifier or None; got {type(estimator).__name__}. Its "
                "trees are trained under `loss`."
            )
        given = given_parameters(estimator)
        if isinstance(estimator, XGBRFClassifier):
            raise ValueError(
                "XGBRFClassifier grows a forest, whose trees do not follow the gradient of a loss. "
                "Use XGBClassifier."
            )
        if given.get("booster") == "gblinear":
            raise ValueError("booster='gblinear' grows no trees. Use 'gbtree' or 'dart'.")
        refuse_objective(given, ["objective"], _USUAL)
        refuse_what_has_no_effect(given, _WITHOUT_EFFECT)
        refuse_other(given, _INSTEAD)
        learner = clone(estimator)
        settled = {"verbosity": 0, "n_estimators": 100}
        threads = threads_of(estimator.n_jobs, n_jobs)
        return learner.set_params(**settled | given | {"n_jobs": threads})

    def train(self, learner, loss, part, held_out, patience, n_nominal):
        objective = XGBoostObjective(loss)
        learner.set_params(
            objective=objective,
            # a score of 0 by the link of the objective whose name XGBoost puts in the place of ours
            base_score=0.5 if loss.n_classes_ == 2 else 0.0,
            **_kinds(part.Z.shape[1], n_nominal),
        )
        stopping: dict[str, Any] = {}
        if patience is not None:
            assert held_out is not None
            learner.set_params(
                eval_metric=objective.mean_loss,
                early_stopping_rounds=patience,
                disable_default_eval_metric=True,
            )
            weight = held_out.weight
            stopping = {
                "eval_set": [(_dense(held_out.Z), held_out.y_encoded)],
                "sample_weight_eval_set": None if weight is None else [weight],
                "base_margin_eval_set": [held_out.start(loss.init_score_)],
            }
        learner.fit(
            _dense(part.Z),
            part.y_encoded,
            sample_weight=part.weight,
            base_margin=part.start(loss.init_score_),
            verbose=False,
            **stopping,
        )
        if patience is None:
            return learner, []
        (found,) = learner.evals_result()["validation_0"].values()
        return learner, [float(score) for score in found]

    def raw_scores(self, learner, Z, init_score, n_nominal):
        start = start_of(init_score, Z.shape[0])
        raw = learner.predict(_dense(Z), output_margin=True, base_margin=start)
        return _as_losses_take_it(raw).reshape(start.shape)

    def n_rounds(self, learner):
        stopped = learner.get_params().get("early_stopping_rounds") is not None
        best = learner.best_iteration + 1 if stopped else None
        return int(best or learner.get_booster().num_boosted_rounds())


def _dense(Z: Any) -> Any:
    """A matrix with its zeros: XGBoost takes what a sparse one does not store for missing."""
    return Z.toarray() if sparse.issparse(Z) else Z


def _kinds(n_columns: int, n_nominal: int) -> dict[str, Any]:
    """Which columns hold categories, the last ones, in XGBoost's words."""
    if not n_nominal:
        return {}
    kinds = ["q"] * (n_columns - n_nominal) + ["c"] * n_nominal
    return {"feature_types": kinds, "enable_categorical": True}


class ImbalancedXGBClassifier(LossClassifier):
    """XGBoost trained under a loss for rare classes.

    Parameters
    ----------
    estimator : XGBClassifier or None, default=None
        Cloned and fitted under the loss. None stands for ``XGBClassifier(grow_policy="lossguide",
        max_depth=0, max_leaves=15, learning_rate=0.1, min_child_weight=1e-3)``.

    loss : str or loss of this package, default="focal"
        The loss to minimise, such as ``FocalLoss(gamma=1)``, which is cloned, or the name of
        one with its defaults: "alpha", "asymmetric", "balanced_softmax", "class_balanced",
        "cross_entropy", "dice", "focal", "ldam", "logit_adjusted", "poly1", "prior_resistant",
        "tversky".

    recalibrate : bool, default=True
        Predict the class probabilities that follow from the scores under the loss, and decide by
        them. Without it probabilities are the sigmoid or softmax of the scores, which under most
        losses is too large for rare classes.

    n_iter_no_change : int or None, default=None
        Stop when this many rounds in a row did not better the loss on rows held out of the fit.
        None trains all rounds.

    validation_fraction : float, default=0.1
        Share of each class to hold out, where rows are needed and none are given to ``fit``.

    categorical_features : "auto", array-like or None, default="auto"
        Nominal columns: positions, names or a mask. "auto" takes the columns
        that hold categories, strings or booleans; None takes every column as numeric.

    random_state : int, RandomState instance or None, default=None
        Seed of the draws and of the base learners.

    n_jobs : int or None, default=None
        Threads that train and predict. None leaves it to the estimator, and stands for one thread
        if that has none.

    Attributes
    ----------
    estimator_ : XGBClassifier
        The fitted estimator. Its classes are positions in `classes_`, and its raw scores lack
        `init_score_`.

    loss_ : loss
        The loss, prepared for the classes.

    init_score_ : float or ndarray of shape (n_classes,)
        The scores boosting starts from; part of every prediction.

    best_iteration_ : int
        Rounds that predictions are made of.

    validation_scores_ : list of float
        Only with `n_iter_no_change`: mean loss on the held-out rows, round by round.

    temperature_ : float
        Only with `recalibrate`, for a loss that determines no probabilities: what scores are
        divided by.

    biases_ : ndarray of shape (n_classes,)
        Only with `recalibrate`, for a loss that determines no probabilities: what is added to
        scores then.

    feature_importances_ : ndarray of shape (`n_features_in_`,)
        Importance of each column, as XGBoost counts it.

    classes_ : ndarray of shape (n_classes,)
        Class labels.

    n_features_in_ : int
        Number of columns of X.

    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Names of the columns, when all are strings.

    See Also
    --------
    ImbalancedLGBMClassifier : The same with LightGBM; its notes are about all three.
    ImbalancedCatBoostClassifier : The same with CatBoost.
    XGBoostObjective : The loss as an objective of XGBoost itself.

    Notes
    -----
    It needs xgboost, which ``pip install "imbalance-kit[boosters]"`` brings.

    Weights, probabilities, stopping and levels are as in `ImbalancedLGBMClassifier`. Boosting
    starts at the constant that is best under the loss, given as ``base_margin``. XGBoost has no
    weights of classes, and its ``scale_pos_weight`` does nothing under an objective from outside:
    give ``loss=CrossEntropyLoss(class_weight=...)``.

    Under "cross_entropy" the model is XGBoost's own. XGBoost computes in single precision, so that
    scores are those of LightGBM's classifier to about seven digits at most. A sparse table is made
    dense, since XGBoost takes what is not stored for missing.

    A round costs one pass over the scores more, O(n K) for n rows and K classes.

    References
    ----------
    .. [1] T. Chen, C. Guestrin, "XGBoost: A Scalable Tree Boosting System", ACM SIGKDD Conference
       on Knowledge Discovery and Data Mining, 2016.
    .. [2] C. Wang, C. Deng, S. Wang, "Imbalance-XGBoost: Leveraging weighted and focal losses for
       binary label-imbalanced classification with XGBoost", Pattern Recognition Letters 136, 2020.

    Examples
    --------
    >>> from sklearn.datasets import make_classification
    >>> from imbalance_kit.losses import FocalLoss, ImbalancedXGBClassifier
    >>> X, y = make_classification(n_samples=2000, weights=[0.95], random_state=0)
    >>> model = ImbalancedXGBClassifier(loss=FocalLoss(gamma=1)).fit(X, y)
    >>> bool(abs(model.predict_proba(X)[:, 1].mean() - y.mean()) < 0.02)
    True
    """

    _engine = XGBoostEngine()
