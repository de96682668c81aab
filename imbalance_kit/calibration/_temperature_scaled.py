"""A classifier with its probabilities scaled by a temperature."""

from numbers import Integral
from typing import Any

import numpy as np

from imbalance_kit._sklearn_compat import HasMethods
from imbalance_kit.calibration._already_calibrated import (
    CALIBRATED,
    warn_of_calibration_undone,
)
from imbalance_kit.calibration._held_out_scores import ScoreWrapper
from imbalance_kit.calibration._prior import class_shares, encode_with
from imbalance_kit.calibration._temperature_fit import apply_temperature, fit_temperature


class TemperatureScaledClassifier(ScoreWrapper):
    """Calibrate with one temperature and one bias for each class.

    Parameters
    ----------
    estimator : classifier with ``predict_proba`` or ``decision_function``
        Cloned and fitted. For one without probabilities the decision values are scaled.

    biases : bool, default=True
        Whether to fit a bias for each class beside the temperature: bias-corrected temperature
        scaling. Without biases the shares of rare classes stay as wrong as they are.

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

    temperature_ : float
        What log probabilities are divided by: above 1 the estimator was over-confident.

    biases_ : ndarray of shape (n_classes,)
        What is added afterwards; their sum is 0.

    classes_ : ndarray of shape (n_classes,)
        Class labels.

    n_features_in_ : int
        Number of columns of X, where the estimator has it.

    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Names of the columns, when all are strings.

    See Also
    --------
    sklearn.calibration.CalibratedClassifierCV : Sigmoid and isotonic calibration, and from
        version 1.8 on temperature scaling without biases.

    VennAbersClassifier : Calibration with an interval around each probability.

    LabelShiftClassifier : Does this, and corrects for class shares that change.

    Notes
    -----
    Probabilities are ``softmax(z / T + b)``, where z are log probabilities (never below
    log 2.2e-16). T and b have the least log loss on held-out predictions, weighted where weights
    are given. On these predictions the mean probability of each class is then its share. A normal
    prior of 1 / T around 1, with a standard deviation of a half, is worth a few rows: without it
    few rows, or rows that the model separates, send T to 0. The loss is convex and is minimised
    by Newton's method to rounding; T stays between .01 and 100.

    With two classes and biases this is Platt's sigmoid on log-odds, with the prior in place of his
    smoothing of labels. Without biases, scikit-learn's own ``method="temperature"`` with
    ``ensemble=False`` does the same but for the prior. Temperature scaling has few parameters and
    does well on few rows; it cannot repair a curve that bends twice, which isotonic calibration or
    :class:`VennAbersClassifier` can, given some thousand rows.

    Cost: the folds' fits, then O(n_samples * n_classes ** 2) for each of some ten steps.

    References
    ----------
    .. [1] C. Guo, G. Pleiss, Y. Sun, K. Q. Weinberger, "On Calibration of Modern Neural
       Networks", International Conference on Machine Learning, 2017.
    .. [2] A. Alexandari, A. Kundaje, A. Shrikumar, "Maximum Likelihood with Bias-Corrected
       Calibration is Hard-To-Beat at Label Shift Adaptation", International Conference on
       Machine Learning, 2020.

    Examples
    --------
    >>> from sklearn.datasets import make_classification
    >>> from sklearn.metrics import log_loss
    >>> from sklearn.naive_bayes import GaussianNB
    >>> from imbalance_kit.calibration import TemperatureScaledClassifier
    >>> X, y = make_classification(n_samples=4000, weights=[0.9], n_redundant=10, random_state=0)
    >>> plain = GaussianNB().fit(X[::2], y[::2])
    >>> scaled = TemperatureScaledClassifier(GaussianNB()).fit(X[::2], y[::2])
    >>> scaled.temperature_ > 1
    True
    >>> losses = [log_loss(y[1::2], model.predict_proba(X[1::2])) for model in (scaled, plain)]
    >>> losses[0] < losses[1]
    True
    """

    _parameter_constraints: dict = {
        "estimator": [HasMethods(["fit", "predict"])],
        "biases": ["boolean"],
        "cv": ["cv_object"],
        "n_jobs": [Integral, None],
    }

    def __init__(self, estimator, *, biases=True, cv=5, n_jobs=None):
        self.estimator = estimator
        self.biases = biases
        self.cv = cv
        self.n_jobs = n_jobs

    def _learn(
        self, X: Any, y: np.ndarray, weight: np.ndarray | None, params: dict[str, Any]
    ) -> Any:
        warn_of_calibration_undone(
            self.estimator,
            type(self).__name__,
            "Calibrate the model inside, and correct after that.",
        )
        estimator = super()._learn(X, y, weight, params)
        classes = estimator.classes_
        class_shares(y, classes, weight)  # raises where a class has no weight
        held_out = self._held_out_scores(X, y, params, classes)
        y_encoded = held_out.part(encode_with(y, classes))
        self.temperature_, self.biases_ = fit_temperature(
            held_out.predictions, y_encoded, held_out.part(weight), self.biases
        )
        return estimator

    def _state_of_probabilities(self) -> str | None:
        return CALIBRATED

    def _from_scores(self, scores: np.ndarray) -> np.ndarray:
        return apply_temperature(scores, self.temperature_, self.biases_)
