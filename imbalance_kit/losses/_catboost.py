"""CatBoost under one loss: the objective, what is refused, and the classifier."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import sparse
from sklearn.base import clone

from imbalance_kit.losses._base import Loss
from imbalance_kit.losses._engine import (
    Engine,
    TrainingPart,
    given_parameters,
    not_installed,
    refuse_objective,
    refuse_other,
    refuse_what_has_no_effect,
    start_of,
    threads_of,
)
from imbalance_kit.losses._loss_classifier import LossClassifier

_OBJECTIVES = ("loss_function", "objective")
_WITHOUT_EFFECT = {"scale_pos_weight": 1.0, "auto_class_weights": "None"}
_STOP = "set n_iter_no_change of the classifier"
_INSTEAD = {
    "class_weights": "give loss=CrossEntropyLoss(class_weight=...)",
    "eval_metric": "rounds are scored by the mean loss",
    "cat_features": "name them in categorical_features of the classifier",
    "early_stopping_rounds": _STOP,
    "od_wait": _STOP,
    "od_pval": _STOP,
    "od_type": _STOP,
}
_LOGGING = ("verbose", "verbose_eval", "silent", "logging_level")
_THREADS = "thread_count"
_SEEDS = ("random_seed", "random_state")


class CatBoostObjective:
    """A loss as CatBoost takes an objective, and the metric that goes with it.

    Parameters
    ----------
    loss : loss of this package
        Prepared, as ``FocalLoss().prepare(y)`` is: CatBoost asks for the derivatives of a few rows
        at a time, which do not tell the class shares.

    Raises
    ------
    ValueError
        If the loss was not prepared.

    See Also
    --------
    ImbalancedCatBoostClassifier : Does the rest: first scores, probabilities, stopping.
    XGBoostObjective : The same for XGBoost.

    Notes
    -----
    Give one and the same object as ``loss_function`` and as ``eval_metric``: after each round the
    metric gets the scores of all rows, and so the objective knows what a loss of all rows at once
    (Tversky) or one that changes with the rounds (LDAM) needs. CatBoost copies its parameters
    deeply, and a copy of this object is itself. It serves one fit. All rows have to start from
    the same scores. For K classes CatBoost needs ``classes_count=K`` too.

    CatBoost maximises, so that derivatives are the negatives of LightGBM's. Those of K classes are
    taken one row at a time, with the diagonal of the Hessian alone, as LightGBM has it; CatBoost's
    own objective takes all of it, so that its leaves have other values under cross entropy.

    A call for two classes is one pass over its rows, O(n) for n rows. A row of more classes takes
    some microseconds.

    Examples
    --------
    >>> import numpy as np
    >>> from imbalance_kit.losses import CatBoostObjective, FocalLoss
    >>> y = np.repeat([0, 1], [90, 10])
    >>> objective = CatBoostObjective(FocalLoss(gamma=2).prepare(y))
    >>> first, second = objective.calc_ders_range([-1.0, -1.0], [0.0, 1.0], None).T
    >>> bool(first[0] < 0 < first[1] and second.max() < 0)
    True
    """

    no_jit = True  # or CatBoost tries to compile the methods, and warns that it cannot

    def __init__(self, loss: Loss):
        if not hasattr(loss, "n_classes_"):
            raise ValueError(
                f"CatBoostObjective needs a prepared loss; this {type(loss).__name__} is not. Give "
                f"{type(loss).__name__}(...).prepare(y, sample_weight)."
            )
        self.loss = loss
        self._now: Loss | None = None  # the loss at the scores of the round
        self._asked = False  # whether derivatives were asked for since the training rows came
        loss._begin_round()

    def __deepcopy__(self, memo):
        return self

    def calc_ders_range(self, approxes, targets, weights):
        """Derivatives of rows of two classes.

        Parameters
        ----------
        approxes : array-like of shape (n_rows,)
            Scores.

        targets : array-like of shape (n_rows,)
            Positions of the rows' classes.

        weights : array-like of shape (n_rows,) or None
            Their weights.

        Returns
        -------
        derivatives : ndarray of shape (n_rows, 2)
            First and second derivatives of what CatBoost maximises.
        """
        y, raw = np.asarray(targets), np.asarray(approxes, dtype=np.float64)
        self._asked = True
        if self._now is None:  # in the first round all rows have the same score
            self._now = self.loss._of_all_rows(y, raw[0], None)
        weight = None if weights is None else np.asarray(weights)
        return -np.column_stack(self._now._gradients(y, raw, weight))

    def calc_ders_multi(self, approxes, target, weight):
        """Derivatives of one row of more than two classes.

        Parameters
        ----------
        approxes : array-like of shape (n_classes,)
            Scores.

        target : float
            Position of its class.

        weight : float
            Its weight.

        Returns
        -------
        first, second : tuple
            First derivatives, and the matrix of second ones, of what CatBoost maximises.
        """
        self._asked = True
        grad, hess = self.loss._row_derivatives(int(target), np.asarray(approxes).tolist())
        factor = -weight * self.loss.hessian_scale_
        second = [[0.0] * len(hess) for _ in hess]
        for k, value in enumerate(hess):
            second[k][k] = factor * value
        return [factor * value for value in grad], second

    def is_max_optimal(self):
        """Whether the metric is better the larger it is.

        Returns
        -------
        answer : bool
            False: it is a loss.
        """
        return False

    def evaluate(self, approxes, target, weight):
        """Sum of the losses of rows; the first call after derivatives is about the training rows.

        Parameters
        ----------
        approxes : sequence of array-like of shape (n_rows,)
            Scores, one array for two classes, else one per class.

        target : array-like of shape (n_rows,)
            Positions of the rows' classes.

        weight : array-like of shape (n_rows,) or None
            Their weights.

        Returns
        -------
        loss, weight : tuple of float
            Sums over the rows.
        """
        y = np.asarray(target)
        weight = None if weight is None else np.asarray(weight, dtype=np.float64)
        raw = np.array(approxes[0]) if len(approxes) == 1 else np.column_stack(approxes)
        if self._asked:
            self._asked = False
            self._now = self.loss._of_all_rows(y, raw, weight)
            self.loss._begin_round()
        total = float(len(y) if weight is None else weight.sum())
        return self.loss.eval_metric(y, raw, weight)[1] * total, total

    def get_final_error(self, error, weight):
        """The mean of what `evaluate` gave.

        Parameters
        ----------
        error : float
            Sum of losses.

        weight : float
            Sum of weights.

        Returns
        -------
        mean : float
            Their ratio.
        """
        return error / weight


class CatBoostEngine(Engine):
    """CatBoost, which is imported when something is fitted."""

    round_names = ("n_estimators", "num_boost_round", "num_trees", "iterations")

    def configured(self, estimator, n_jobs):
        try:
            from catboost import CatBoostClassifier
        except ImportError as error:
            raise not_installed("ImbalancedCatBoostClassifier", "catboost") from error
        if estimator is None:
            estimator = CatBoostClassifier(iterations=100, learning_rate=0.1)
        if not isinstance(estimator, CatBoostClassifier):
            raise ValueError(
                "estimator must be a CatBoostClassifier or None; got "
                f"{type(estimator).__name__}. Its trees are trained under `loss`."
            )
        given = given_parameters(estimator)
        refuse_objective(given, _OBJECTIVES)
        refuse_what_has_no_effect(given, _WITHOUT_EFFECT)
        refuse_other(given, _INSTEAD)
        learner = clone(estimator)
        settled: dict[str, Any] = {"allow_writing_files": False}
        if not any(name in given for name in self.round_names):
            settled["iterations"] = 1000  # its own default, which it does not tell
        if not any(name in given for name in _LOGGING):
            settled["logging_level"] = "Silent"
        settled[_THREADS] = threads_of(given.get(_THREADS), n_jobs)
        return learner.set_params(**{**settled, **_without(given, _THREADS)})

    def seed(self, learner, seed):
        given = given_parameters(learner)
        learner.set_params(**{next((s for s in _SEEDS if s in given), _SEEDS[0]): seed})

    def train(self, learner, loss, part, held_out, patience, n_nominal):
        from catboost import CatBoostError, Pool

        def pool(rows: TrainingPart) -> Any:
            return Pool(
                _as_catboost_takes_it(rows.Z, n_nominal),
                label=rows.y_encoded,
                weight=rows.weight,
                cat_features=_nominal(rows.Z.shape[1], n_nominal),
                baseline=rows.start(loss.init_score_),
            )

        objective = CatBoostObjective(loss)
        learner.set_params(loss_function=objective, eval_metric=objective, metric_period=1)
        if loss.n_classes_ > 2:
            learner.set_params(classes_count=loss.n_classes_)
        stopping: dict[str, Any] = {}
        if patience is not None:
            assert held_out is not None
            stopping = {
                "eval_set": pool(held_out),
                "early_stopping_rounds": patience,
                "use_best_model": True,
            }
        try:
            learner.fit(pool(part), **stopping)
        except CatBoostError as error:
            if "features are either constant or ignored" not in str(error):
                raise
            return learner, []  # not fitted: nothing is added to the first score
        if patience is None:
            return learner, []
        (found,) = learner.get_evals_result()["validation"].values()
        return learner, [float(score) for score in found]

    def raw_scores(self, learner, Z, init_score, n_nominal):
        start = start_of(init_score, Z.shape[0])
        if not learner.is_fitted():
            return start
        raw = learner.predict(
            _as_catboost_takes_it(Z, n_nominal),
            prediction_type="RawFormulaVal",
            thread_count=learner.get_params()[_THREADS],
        )
        return np.asarray(raw, dtype=np.float64).reshape(start.shape) + start

    def n_rounds(self, learner):
        return int(learner.tree_count_ or 0) if learner.is_fitted() else 0

    def importances(self, learner, n_columns):
        if not learner.is_fitted():
            return np.zeros(n_columns)
        return super().importances(learner, n_columns)


def _without(given: dict[str, Any], name: str) -> dict[str, Any]:
    return {key: value for key, value in given.items() if key != name}


def _nominal(n_columns: int, n_nominal: int) -> list[int]:
    """Positions of the columns that hold categories, the last ones."""
    return list(range(n_columns - n_nominal, n_columns))


def _as_catboost_takes_it(Z: Any, n_nominal: int) -> Any:
    """The matrix, or a frame whose nominal columns hold whole numbers; missing is a level."""
    if sparse.issparse(Z):  # it takes 32-bit positions alone
        positions = (np.asarray(part, dtype=np.int32) for part in (Z.indices, Z.indptr))
        return sparse.csr_matrix((Z.data, *positions), shape=Z.shape)
    if not n_nominal:
        return np.ascontiguousarray(Z)
    import pandas as pd  # CatBoost needs it itself

    frame = pd.DataFrame(Z)
    for column in frame.columns[-n_nominal:]:
        frame[column] = frame[column].fillna(-1.0).astype(np.int64)
    return frame


class ImbalancedCatBoostClassifier(LossClassifier):
    """CatBoost trained under a loss for rare classes.

    Parameters
    ----------
    estimator : CatBoostClassifier or None, default=None
        Cloned and fitted under the loss. None stands for
        ``CatBoostClassifier(iterations=100, learning_rate=0.1)``.

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
    estimator_ : CatBoostClassifier
        The fitted estimator. Its classes are positions in `classes_`, and its raw scores lack
        `init_score_`. Where no column can be split it is not fitted.

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
        Importance of each column, as CatBoost counts it.

    classes_ : ndarray of shape (n_classes,)
        Class labels.

    n_features_in_ : int
        Number of columns of X.

    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Names of the columns, when all are strings.

    See Also
    --------
    ImbalancedLGBMClassifier : The same with LightGBM; its notes are about all three.
    ImbalancedXGBClassifier : The same with XGBoost.
    CatBoostObjective : The loss as an objective of CatBoost itself.

    Notes
    -----
    It needs catboost, which ``pip install "imbalance-kit[boosters]"`` brings.

    Weights, probabilities, stopping and levels are as in `ImbalancedLGBMClassifier`. Boosting
    starts at the constant that is best under the loss, given as ``baseline``. Weights of classes
    are given as ``loss=CrossEntropyLoss(class_weight=...)``. A missing level is a level of its own.

    Under "cross_entropy" the model of two classes is CatBoost's own, with one Newton step for each
    leaf (``leaf_estimation_iterations=1``).

    For two classes a round costs some passes over the scores more, O(n) for n rows, in blocks of a
    few hundred. For K classes CatBoost asks for one row at a time, twice a round, O(n K); a fit
    then takes some four times as long as under CatBoost's own objective
    (``benchmarks/bench_loss_engines.py``). Threads share the interpreter, and speed up the rest
    alone.

    References
    ----------
    .. [1] L. Prokhorenkova, G. Gusev, A. Vorobev, A. V. Dorogush, A. Gulin, "CatBoost: Unbiased
       Boosting with Categorical Features", Advances in Neural Information Processing Systems 31,
       2018.

    Examples
    --------
    >>> from sklearn.datasets import make_classification
    >>> from imbalance_kit.losses import FocalLoss, ImbalancedCatBoostClassifier
    >>> X, y = make_classification(n_samples=2000, weights=[0.95], random_state=0)
    >>> model = ImbalancedCatBoostClassifier(loss=FocalLoss(gamma=1)).fit(X, y)
    >>> bool(abs(model.predict_proba(X)[:, 1].mean() - y.mean()) < 0.02)
    True
    """

    _engine = CatBoostEngine()
