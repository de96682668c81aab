"""A classifier trained on a table that was sampled by class, corrected for it."""

from collections.abc import Mapping
from numbers import Real
from typing import Any

import numpy as np

from imbalance_kit._meta_estimator import ClassifierWrapper
from imbalance_kit._sklearn_compat import HasMethods, Interval, StrOptions
from imbalance_kit._tables.labels import spell
from imbalance_kit.calibration._already_calibrated import ADAPTED, CALIBRATED
from imbalance_kit.calibration._prior import class_shares, correct_prior


class PriorCorrectedClassifier(ClassifierWrapper):
    """Correct probabilities when the training table was sampled by class.

    For tables that arrive balanced, such as case-control data or logs of which only every
    hundredth harmless row was kept; and for estimators with class weights.

    Parameters
    ----------
    estimator : classifier with ``predict_proba``
        Cloned and fitted.

    true_prior : dict or array-like of shape (n_classes,), default=None
        Class shares where the probabilities are used, by label or in the order of the sorted
        labels. Only their ratios matter.

    sampling_rate : float or dict, default=None
        Share of the rows of a class that was kept, by label; classes that are not named were
        kept whole. A number is the rate of the largest class of y. More than 1 means rows were
        repeated. Give either this or `true_prior`.

    trained_on : "balanced", dict or array-like of shape (n_classes,), default=None
        Class shares that the training of the estimator amounts to. None stands for those of y;
        "balanced" for equal ones, which ``class_weight="balanced"`` makes. With it `true_prior`
        and `sampling_rate` may both be left out: y then has the true shares.

    Attributes
    ----------
    estimator_ : classifier
        The fitted estimator.

    classes_ : ndarray of shape (n_classes,)
        Class labels.

    prior_ : ndarray of shape (n_classes,)
        Class shares of the y given to ``fit``, weighted where weights were given.

    trained_on_ : ndarray of shape (n_classes,)
        Class shares that the estimator was trained on: `prior_`, or those of `trained_on`.

    true_prior_ : ndarray of shape (n_classes,)
        Class shares that the probabilities are corrected to.

    n_features_in_ : int
        Number of columns of X, where the estimator has it.

    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Names of the columns, when all are strings.

    See Also
    --------
    correct_prior : The formula by itself.

    LabelShiftClassifier : Estimates the class shares of rows without labels.

    imbalance_kit.compose.ResampledClassifier : Samples the table itself, and corrects for it.

    Notes
    -----
    Each class is multiplied by its true share over its share in training, and rows are
    normalised again. This is exact when rows were sampled at random within each class and the
    estimator is calibrated on the table it was trained on. Class weights amount to training on
    other shares than those of y: give those in `trained_on`.

    A ``FrozenEstimator`` is taken as trained on the class shares of the y given to ``fit``: give
    it the labels it was trained on. X is then not used.

    With two classes the order of rows does not change. ``predict`` gives the most probable class
    after the correction, which is seldom the rare one: tune the threshold with scikit-learn's
    ``TunedThresholdClassifierCV``.

    Predicting costs O(n_samples * n_classes) beside the estimator.

    References
    ----------
    .. [1] C. Elkan, "The Foundations of Cost-Sensitive Learning", International Joint Conference
       on Artificial Intelligence, 2001.
    .. [2] G. King, L. Zeng, "Logistic Regression in Rare Events Data", Political Analysis, 2001.
    .. [3] A. Dal Pozzolo, O. Caelen, R. A. Johnson, G. Bontempi, "Calibrating Probability with
       Undersampling for Unbalanced Classification", IEEE Symposium Series on Computational
       Intelligence, 2015.

    Examples
    --------
    A table of which all positive rows were kept, but only 5 % of the others:

    >>> import numpy as np
    >>> from sklearn.datasets import make_classification
    >>> from sklearn.linear_model import LogisticRegression
    >>> from imbalance_kit.calibration import PriorCorrectedClassifier
    >>> X, y = make_classification(n_samples=20_000, weights=[0.97], random_state=0)
    >>> kept = (y == 1) | (np.random.default_rng(0).random(len(y)) < 0.05)
    >>> model = PriorCorrectedClassifier(LogisticRegression(), sampling_rate={0: 0.05})
    >>> model = model.fit(X[kept], y[kept])
    >>> bool(abs(model.predict_proba(X)[:, 1].mean() - y.mean()) < 0.005)
    True

    Class weights, corrected for:

    >>> weighted = LogisticRegression(class_weight="balanced")
    >>> model = PriorCorrectedClassifier(weighted, trained_on="balanced").fit(X, y)
    >>> raw = model.estimator_.predict_proba(X)[:, 1].mean() - y.mean()
    >>> bool(abs(model.predict_proba(X)[:, 1].mean() - y.mean()) < 0.1 * raw)
    True
    """

    _parameter_constraints: dict = {
        "estimator": [HasMethods(["fit", "predict_proba"])],
        "true_prior": [dict, "array-like", None],
        "sampling_rate": [dict, Interval(Real, 0, None, closed="neither"), None],
        "trained_on": [StrOptions({"balanced"}), dict, "array-like", None],
    }

    def __init__(self, estimator, *, true_prior=None, sampling_rate=None, trained_on=None):
        self.estimator = estimator
        self.true_prior = true_prior
        self.sampling_rate = sampling_rate
        self.trained_on = trained_on

    def _learn(
        self, X: Any, y: np.ndarray, weight: np.ndarray | None, params: dict[str, Any]
    ) -> Any:
        given = (self.true_prior is not None) + (self.sampling_rate is not None)
        if given == 2 or (given == 0 and self.trained_on is None):
            raise ValueError(
                "Give exactly one of true_prior and sampling_rate; got "
                f"{'both' if given else 'neither'}. true_prior holds the true class shares, "
                "sampling_rate the share of each class that was kept. Only with trained_on both "
                "may be left out, where y has the true shares."
            )
        estimator = super()._learn(X, y, weight, params)
        classes = estimator.classes_
        self.prior_ = class_shares(y, classes, weight)
        self.trained_on_ = self.prior_
        if isinstance(self.trained_on, str):
            self.trained_on_ = np.full(len(classes), 1.0 / len(classes))
        elif self.trained_on is not None:
            self.trained_on_ = read_shares("trained_on", self.trained_on, classes)
        true = self.prior_
        if self.true_prior is not None:
            true = read_shares("true_prior", self.true_prior, classes)
        elif self.sampling_rate is not None:
            true = self.prior_ / _read_rates(self.sampling_rate, classes, self.prior_)
        self.true_prior_ = true / true.sum()
        return estimator

    def _state_of_probabilities(self) -> str | None:
        to_others = self.true_prior is not None or self.sampling_rate is not None
        return ADAPTED if to_others else CALIBRATED

    def _correct(self, proba: np.ndarray) -> np.ndarray:
        return correct_prior(proba, trained_on=self.trained_on_, true_prior=self.true_prior_)


def read_shares(name: str, shares: Any, classes: np.ndarray) -> np.ndarray:
    """Class shares in the order of the classes."""
    if isinstance(shares, Mapping):
        _require_known(name, shares, classes)
        missing = [label for label in classes.tolist() if label not in shares]
        if missing:
            raise ValueError(f"{name} needs a share for every class; there is none for {missing}.")
        shares = [shares[label] for label in classes.tolist()]
    values = np.asarray(shares, dtype=np.float64)
    if values.shape != classes.shape:
        raise ValueError(
            f"{name} needs one share per class: expected {len(classes)} for "
            f"{classes.tolist()}, got an array of shape {values.shape}."
        )
    if not np.isfinite(values).all() or values.min() < 0 or values.sum() == 0:
        raise ValueError(
            f"The shares in {name} must be finite, not negative and not all 0; got "
            f"{values.tolist()}."
        )
    return values


def _read_rates(rates: Any, classes: np.ndarray, prior: np.ndarray) -> np.ndarray:
    """Share of the rows that was kept, by class; more than 1 where rows were repeated."""
    if not isinstance(rates, Mapping):
        largest = np.flatnonzero(prior == prior.max())
        if len(largest) > 1:
            raise ValueError(
                "sampling_rate as a number is that of the largest class of y, but the classes "
                f"{classes[largest].tolist()} are equally large. Name the class: "
                f"sampling_rate={{{spell(classes[largest[0]])}: {rates}}}."
            )
        rates = {classes.tolist()[largest[0]]: rates}
    _require_known("sampling_rate", rates, classes)
    values = np.array([rates.get(label, 1.0) for label in classes.tolist()], dtype=np.float64)
    if not np.isfinite(values).all() or values.min() <= 0:
        raise ValueError(
            f"The rates in sampling_rate must be finite and more than 0; got {dict(rates)}."
        )
    return values


def _require_known(name: str, by_label: Mapping, classes: np.ndarray) -> None:
    unknown = [label for label in by_label if label not in set(classes.tolist())]
    if unknown:
        raise ValueError(
            f"{name} names the classes {unknown}, which y does not hold; y has "
            f"{classes.tolist()}. Use the labels exactly as they stand in y."
        )
