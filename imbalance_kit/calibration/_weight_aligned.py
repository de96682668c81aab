"""Class scores of a trained model, scaled so that rare classes are not at a disadvantage."""

from numbers import Integral, Real
from typing import Any

import numpy as np
from sklearn.frozen import FrozenEstimator
from sklearn.utils.metaestimators import available_if

from imbalance_kit._held_out_rows import HeldOut, held_out_predictions
from imbalance_kit._meta_estimator import require_fitted
from imbalance_kit._sklearn_compat import HasMethods, Interval, StrOptions
from imbalance_kit.calibration import _aligning as aligning
from imbalance_kit.calibration._held_out_scores import ScoreWrapper
from imbalance_kit.calibration._prior import class_shares, correct_prior, encode_with
from imbalance_kit.calibration._scaling import fit_scaling, rows_of
from imbalance_kit.calibration._tuning import middle_of_the_best, score_decisions
from imbalance_kit.kernels.short_rows import first_largest, softmax_of_rows

TAUS = np.linspace(0.0, 1.0, 21)


def _has_probabilities(self: Any) -> bool:
    estimator = getattr(self, "estimator_", self.estimator)
    return self.method == "bias_correction" or hasattr(estimator, "predict_proba")


def _rows_of_balanced(prior: np.ndarray, n_rows: float) -> float:
    """Kish's number of rows under weights that balance the classes: few where one is rare."""
    return float(len(prior) ** 2 * n_rows / (1.0 / prior).sum())


class WeightAlignedClassifier(ScoreWrapper):
    """Bring the scores of rare and frequent classes to a common scale after training.

    Parameters
    ----------
    estimator : classifier
        Cloned and fitted. ``"tau_norm"`` and ``"weight_align"`` need a linear model, or a
        pipeline that ends in one; ``"bias_correction"`` takes any classifier with
        ``predict_proba`` or ``decision_function``.

    method : {"tau_norm", "weight_align", "bias_correction"}, default="tau_norm"
        ``"tau_norm"``: each class's weights over their length to the power tau.
        ``"weight_align"``: the weights of rare classes (share below 1 / n_classes) times the
        ratio of the mean lengths, frequent over rare, to the power tau.
        ``"bias_correction"``: each class's score is stretched and shifted so that the log loss
        on held-out rows is least, every class counting alike. A weak prior of the stretching
        around 1 keeps few rows from moving it far.

    tau : float or "auto", default="auto"
        From 0, nothing changes, to 1. "auto" takes the best of 0, .05, ..., 1 on held-out rows;
        of several that tie, the one in the middle. Not used by ``"bias_correction"``.

    scoring : str or callable, default="balanced_accuracy"
        For ``tau="auto"``: a scorer of labels.

    cv : int, cross-validation generator or iterable, default=5
        Folds of the held-out predictions; a number means stratified ones, fewer where a class
        has fewer rows. Splits need not be a partition: rows that none holds out take no part, and
        where several hold one out the first counts. Splitters of groups read the `groups` given to
        ``fit``. Ignored for a ``FrozenEstimator``, whose own training rows must not be
        given again.

    n_jobs : int or None, default=None
        Folds predicted at the same time. The result does not depend on it.

    Attributes
    ----------
    estimator_ : classifier
        The estimator, fitted on all rows.

    aligned_ : classifier
        Only with ``"tau_norm"`` and ``"weight_align"``: a copy of it with aligned weights.

    prior_ : ndarray of shape (n_classes,)
        Class shares of the y given to ``fit``, weighted where weights were given.

    scales_ : ndarray of shape (n_classes,) or (1,)
        Factor of each class's weights or scores; one factor of 1 where two classes share one
        weight vector.

    offsets_ : ndarray of shape (n_classes,) or (1,)
        What is added to each class's score; with ``"tau_norm"`` and ``"weight_align"`` the
        change of the intercepts.

    tau_ : float
        Only with ``"tau_norm"`` and ``"weight_align"``: the tau used.

    taus_ : ndarray of shape (n_taus,)
        Only with ``tau="auto"``: those tried.

    scores_ : ndarray of shape (n_taus,)
        Only with ``tau="auto"``: the score of each on all held-out rows together.

    classes_ : ndarray of shape (n_classes,)
        Class labels.

    n_features_in_ : int
        Number of columns of X, where the estimator has it.

    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Names of the columns, when all are strings.

    See Also
    --------
    LogitAdjustedClassifier : Moves decisions by class shares; needs no linear model.

    TemperatureScaledClassifier : Scales all classes alike, for calibrated probabilities.

    Notes
    -----
    **Intercepts.** The published methods have none. Here they are multiplied by ``1 - tau``, so
    that 0 changes nothing and 1 is the published form. An intercept mostly carries the class
    share; but in features that are not centred it also carries the origin: put a
    ``StandardScaler`` before the model.

    **Two classes** share one weight vector, and no scaling of it changes a decision. There
    ``"tau_norm"`` and ``"weight_align"`` lower the intercept by tau times the log ratio of class
    shares, which is logit adjustment. Scores that are not log-odds (support vector machines,
    ridge) need the tuned tau.

    **Probabilities.** With ``"tau_norm"`` and ``"weight_align"`` they are those that the model
    has with its aligned weights, where it has any, and they are not calibrated. With
    ``"bias_correction"`` decisions are made as if classes were equally frequent, while
    ``predict_proba`` is corrected to the true class shares and stays calibrated; so the most
    probable class is not always the one predicted.

    ``"bias_correction"`` has two numbers for each class where the published one has two in all,
    which serves boosters as well, whose scores it stretches class by class.

    Nothing is gained over :class:`LogitAdjustedClassifier` where probabilities are calibrated.

    Cost: the folds' fits for ``tau="auto"`` and ``"bias_correction"``, then 21 scores or some
    ten steps of O(n_samples * n_classes ** 2).

    References
    ----------
    .. [1] B. Kang, S. Xie, M. Rohrbach, Z. Yan, A. Gordo, J. Feng, Y. Kalantidis, "Decoupling
       Representation and Classifier for Long-Tailed Recognition", International Conference on
       Learning Representations, 2020.
    .. [2] B. Zhao, X. Xiao, G. Gan, B. Zhang, S.-T. Xia, "Maintaining Discrimination and Fairness
       in Class Incremental Learning", Computer Vision and Pattern Recognition, 2020.
    .. [3] Y. Wu, Y. Chen, L. Wang, Y. Ye, Z. Liu, Y. Guo, Y. Fu, "Large Scale Incremental
       Learning", Computer Vision and Pattern Recognition, 2019.

    Examples
    --------
    >>> from sklearn.datasets import make_classification
    >>> from sklearn.linear_model import LogisticRegression
    >>> from sklearn.metrics import balanced_accuracy_score
    >>> from imbalance_kit.calibration import WeightAlignedClassifier
    >>> X, y = make_classification(
    ...     n_samples=6000, n_classes=3, n_informative=4, weights=[0.9, 0.08], random_state=0
    ... )
    >>> model = WeightAlignedClassifier(LogisticRegression()).fit(X[::2], y[::2])
    >>> aligned = balanced_accuracy_score(y[1::2], model.predict(X[1::2]))
    >>> plain = balanced_accuracy_score(y[1::2], model.estimator_.predict(X[1::2]))
    >>> bool(aligned > plain + 0.05)
    True
    """

    _parameter_constraints: dict = {
        "estimator": [HasMethods(["fit", "predict"])],
        "method": [StrOptions({*aligning.METHODS, "bias_correction"})],
        "tau": [StrOptions({"auto"}), Interval(Real, 0, 1, closed="both")],
        "scoring": [str, callable],
        "cv": ["cv_object"],
        "n_jobs": [Integral, None],
    }

    def __init__(
        self,
        estimator,
        *,
        method="tau_norm",
        tau="auto",
        scoring="balanced_accuracy",
        cv=5,
        n_jobs=None,
    ):
        self.estimator = estimator
        self.method = method
        self.tau = tau
        self.scoring = scoring
        self.cv = cv
        self.n_jobs = n_jobs

    def predict(self, X):
        """Class of each row.

        Parameters
        ----------
        X : {array-like, dataframe, sparse matrix} of shape (n_samples, n_features)
            The table.

        Returns
        -------
        y : ndarray of shape (n_samples,)
            The class with the largest aligned score.
        """
        require_fitted(self, "estimator_")
        if self.method != "bias_correction":
            return self.aligned_.predict(X)
        return self.classes_[first_largest(self._scaled(self._scores(X)))]

    @available_if(_has_probabilities)
    def predict_proba(self, X):
        """Probability of each class.

        Parameters
        ----------
        X : {array-like, dataframe, sparse matrix} of shape (n_samples, n_features)
            The table.

        Returns
        -------
        proba : ndarray of shape (n_samples, n_classes)
            Probabilities: with ``"bias_correction"`` under the true class shares.
        """
        require_fitted(self, "estimator_")
        if self.method != "bias_correction":
            return self.aligned_.predict_proba(X)
        return super().predict_proba(X)

    def decision_function(self, X):
        """Aligned scores.

        Parameters
        ----------
        X : {array-like, dataframe, sparse matrix} of shape (n_samples, n_features)
            The table.

        Returns
        -------
        scores : ndarray of shape (n_samples, n_classes) or (n_samples,)
            One for each class; for two classes the second less the first.
        """
        require_fitted(self, "estimator_")
        if self.method != "bias_correction":
            return self.aligned_.decision_function(X)
        scores = self._scaled(self._scores(X))
        return scores[:, 1] - scores[:, 0] if len(self.classes_) == 2 else scores

    def _learn(
        self, X: Any, y: np.ndarray, weight: np.ndarray | None, params: dict[str, Any]
    ) -> Any:
        estimator = super()._learn(X, y, weight, params)
        classes = estimator.classes_
        self.prior_ = class_shares(y, classes, weight)
        if self.method == "bias_correction":
            y_encoded = encode_with(y, classes)
            # every class counts alike, whatever its share
            balanced = (1.0 / self.prior_)[y_encoded] * (1.0 if weight is None else weight)
            held_out = self._held_out_scores(X, y, params, classes)
            n_rows = rows_of(np.ones(len(y)) if weight is None else weight)
            self.scales_, self.offsets_ = fit_scaling(
                held_out.predictions,
                held_out.part(y_encoded),
                held_out.part(balanced),
                shared=False,
                biases=True,
                n_rows=_rows_of_balanced(self.prior_, n_rows),
            )
            return estimator
        part = aligning.linear_part(estimator)
        if self.tau == "auto":
            self.taus_ = TAUS.copy()
            self.scores_ = self._score_taus(X, y, weight, params, classes)
            self.tau_ = float(self.taus_[middle_of_the_best(self.scores_)])
        else:
            self.tau_ = float(self.tau)
        bias = np.asarray(part.intercept_)
        move = aligning.alignment(part.coef_, self.prior_, self.method, self.tau_)
        self.scales_, kept, shift = move
        self.offsets_ = np.broadcast_to(bias * (kept - 1.0) + shift, len(self.scales_)).copy()
        self.aligned_ = aligning.aligned(estimator, *move)
        return estimator

    def _score_taus(
        self,
        X: Any,
        y: np.ndarray,
        weight: np.ndarray | None,
        params: dict[str, Any],
        classes: np.ndarray,
    ) -> np.ndarray:
        """Score of each tau on rows that were not trained on."""
        every = aligning.EveryTau(self.estimator, method=self.method, taus=TAUS.tolist())
        if isinstance(self.estimator, FrozenEstimator):
            decided = HeldOut(every.fit(X, y, **params).decision_function(X))
        else:
            decided = held_out_predictions(
                every,
                X,
                y,
                cv=self.cv,
                params=params,
                method="decision_function",
                n_jobs=self.n_jobs,
            )
        return score_decisions(
            decided.predictions.astype(np.intp).T,
            decided.part(y),
            classes,
            scoring=self.scoring,
            weight=decided.part(weight),
        )

    def _scaled(self, scores: np.ndarray) -> np.ndarray:
        """Scores under which all classes count alike."""
        return self.scales_ * scores + self.offsets_

    def _from_scores(self, scores: np.ndarray) -> np.ndarray:
        balanced = softmax_of_rows(self._scaled(scores))
        equal = np.full(len(self.prior_), 1.0 / len(self.prior_))
        return correct_prior(balanced, trained_on=equal, true_prior=self.prior_)
