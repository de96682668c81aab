"""Decisions by log probabilities less a multiple of the log class shares."""

from numbers import Integral, Real
from typing import Any

import numpy as np

from imbalance_kit._held_out_rows import held_out_predictions
from imbalance_kit._meta_estimator import ClassifierWrapper
from imbalance_kit._sklearn_compat import HasMethods, Interval, StrOptions
from imbalance_kit.calibration._already_calibrated import state_of_probabilities
from imbalance_kit.calibration._prior import class_shares
from imbalance_kit.calibration._temperature_fit import log_of
from imbalance_kit.calibration._tuning import middle_of_the_best, score_decisions
from imbalance_kit.kernels.short_rows import first_largest, scaled_columns

TAUS = np.linspace(0.0, 2.0, 41)


class LogitAdjustedClassifier(ClassifierWrapper):
    """Decide for rare classes by one number, for two classes or many.

    The decision is the class with the largest ``log p - tau * log prior``.

    Parameters
    ----------
    estimator : classifier with ``predict_proba``
        Cloned and fitted.

    tau : float or "auto", default="auto"
        0 leaves decisions as they are; 1 is the best for mean recall where probabilities are
        calibrated. "auto" takes the best of 0, .05, ..., 2 on held-out rows; of several that
        tie, the one in the middle.

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

    prior_ : ndarray of shape (n_classes,)
        Class shares of the y given to ``fit``, weighted where weights were given.

    tau_ : float
        The tau of decisions.

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
    sklearn.model_selection.TunedThresholdClassifierCV : The tuned threshold for two classes.

    WeightAlignedClassifier : Corrects the scores of a model instead of its decisions.

    Notes
    -----
    Only ``predict`` and ``decision_function`` are adjusted. ``predict_proba`` gives the
    estimator's probabilities: adjusted ones would be too large for rare classes. So the most
    probable class is not always the one predicted, as in scikit-learn's tuned threshold.

    With two classes tau moves the threshold on the probability of the second class from .5
    (tau 0) to its share (tau 1); scikit-learn's ``TunedThresholdClassifierCV`` tunes that
    threshold directly and is the better choice. With K classes tau is one number where free
    thresholds would be K - 1, so that few rare rows suffice to tune it. That tau 1 has the best
    mean recall is exact for calibrated probabilities: calibrate first where they are not, or
    let tau be tuned.

    Cost: the folds' fits for ``tau="auto"``, then 41 scores.

    References
    ----------
    .. [1] A. K. Menon, S. Jayasumana, A. S. Rawat, H. Jain, A. Veit, S. Kumar, "Long-Tail
       Learning via Logit Adjustment", International Conference on Learning Representations,
       2021.

    Examples
    --------
    >>> from sklearn.datasets import make_classification
    >>> from sklearn.linear_model import LogisticRegression
    >>> from sklearn.metrics import balanced_accuracy_score
    >>> from imbalance_kit.calibration import LogitAdjustedClassifier
    >>> X, y = make_classification(
    ...     n_samples=6000, n_classes=3, n_informative=4, weights=[0.9, 0.08], random_state=0
    ... )
    >>> model = LogitAdjustedClassifier(LogisticRegression()).fit(X[::2], y[::2])
    >>> adjusted = balanced_accuracy_score(y[1::2], model.predict(X[1::2]))
    >>> plain = balanced_accuracy_score(y[1::2], model.estimator_.predict(X[1::2]))
    >>> bool(adjusted > plain + 0.05)
    True
    """

    _parameter_constraints: dict = {
        "estimator": [HasMethods(["fit", "predict_proba"])],
        "tau": [StrOptions({"auto"}), Interval(Real, None, None, closed="neither")],
        "scoring": [str, callable],
        "cv": ["cv_object"],
        "n_jobs": [Integral, None],
    }

    def __init__(self, estimator, *, tau="auto", scoring="balanced_accuracy", cv=5, n_jobs=None):
        self.estimator = estimator
        self.tau = tau
        self.scoring = scoring
        self.cv = cv
        self.n_jobs = n_jobs

    def decision_function(self, X):
        """Adjusted scores.

        Parameters
        ----------
        X : {array-like, dataframe, sparse matrix} of shape (n_samples, n_features)
            The table.

        Returns
        -------
        scores : ndarray of shape (n_samples, n_classes) or (n_samples,)
            ``log p - tau * log prior``; for two classes the second column less the first.
        """
        scores = log_of(self.predict_proba(X)) - self.tau_ * np.log(self.prior_)
        return scores[:, 1] - scores[:, 0] if len(self.classes_) == 2 else scores

    def _learn(
        self, X: Any, y: np.ndarray, weight: np.ndarray | None, params: dict[str, Any]
    ) -> Any:
        estimator = super()._learn(X, y, weight, params)
        classes = estimator.classes_
        self.prior_ = class_shares(y, classes, weight)
        if self.tau != "auto":
            self.tau_ = float(self.tau)
            return estimator
        held_out = held_out_predictions(
            self.estimator, X, y, cv=self.cv, params=params, n_jobs=self.n_jobs
        )
        self.taus_ = TAUS.copy()
        self.scores_ = score_decisions(
            (_adjusted(held_out.predictions, self.prior_, tau) for tau in self.taus_),
            held_out.part(y),
            classes,
            scoring=self.scoring,
            weight=held_out.part(weight),
        )
        self.tau_ = float(self.taus_[middle_of_the_best(self.scores_)])
        return estimator

    def _state_of_probabilities(self) -> str | None:
        return state_of_probabilities(self.estimator)

    def _decide(self, proba: np.ndarray) -> np.ndarray:
        return _adjusted(proba, self.prior_, self.tau_)


def _adjusted(proba: np.ndarray, prior: np.ndarray, tau: float) -> np.ndarray:
    """Positions of the classes decided for.

    The product has the same largest class as the logarithms, without cutting a probability of 0 to
    the least number that has one.
    """
    return first_largest(scaled_columns(proba, prior**-tau))
