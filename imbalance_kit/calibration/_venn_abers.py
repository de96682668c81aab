"""Calibration by isotonic regression with a new row added once with each label."""

from collections.abc import Callable
from functools import partial
from numbers import Integral
from typing import Any

import numpy as np
from sklearn.base import clone
from sklearn.frozen import FrozenEstimator

from imbalance_kit._held_out_rows import fitted_on_splits, splits_of
from imbalance_kit._meta_estimator import ClassifierWrapper, require_fitted
from imbalance_kit._sklearn_compat import HasMethods
from imbalance_kit._tables.labels import require_two_classes
from imbalance_kit._tables.rows import summed, take_rows
from imbalance_kit.calibration._already_calibrated import (
    CALIBRATED,
    warn_of_calibration_undone,
)
from imbalance_kit.calibration._held_out_scores import method_of
from imbalance_kit.calibration._isotonic_pair import IsotonicPair
from imbalance_kit.calibration._prior import class_shares, encode_with
from imbalance_kit.kernels.short_rows import divide_rows, in_blocks, of_both, row_sums


class VennAbersClassifier(ClassifierWrapper):
    """Calibrated probabilities, each with an interval of its two possible values.

    Parameters
    ----------
    estimator : classifier with ``predict_proba`` or ``decision_function``
        Cloned and fitted once for each fold. A ``FrozenEstimator`` is calibrated on all rows
        given, which must not be its own training rows.

    cv : int, cross-validation generator or iterable, default=5
        Folds: each estimator is fitted on the other folds and calibrated on its own. A number
        means stratified ones, fewer where a class has fewer rows. A splitter with a single split
        gives the inductive predictor with its guarantee.

    n_jobs : int or None, default=None
        Folds fitted at the same time. The result does not depend on it.

    Attributes
    ----------
    estimator_ : classifier
        The first of `estimators_`.

    estimators_ : list of classifiers
        Fitted estimators, one for each fold.

    classes_ : ndarray of shape (n_classes,)
        Class labels.

    n_features_in_ : int
        Number of columns of X, where the estimator has it.

    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Names of the columns, when all are strings.

    See Also
    --------
    sklearn.calibration.CalibratedClassifierCV : Isotonic calibration without intervals.

    TemperatureScaledClassifier : Fewer parameters, for few rows.

    Notes
    -----
    A new row is added to the calibration rows twice, with label 0 and with label 1, and isotonic
    regression of labels on scores is fitted each time. The row's two values p0 <= p1 are the
    interval, and ``p1 / (1 - p0 + p1)`` the probability, which is never exactly 0 or 1. If the
    rows are exchangeable, one of p0 and p1 is perfectly calibrated. The interval is not a
    confidence interval for the probability given a row's features: it is narrow where
    calibration rows are dense, and wide where few of a class were seen.

    **Folds.** With several folds the probability is the geometric mean of p1 over its sum with
    that of 1 - p0 [2]_. The interval joins the odds of the folds in the same way and always
    holds the probability. All rows are used for both purposes, but the guarantee is that of one
    split only.

    **More than two classes.** One class against the rest; probabilities are scaled to add up to
    one, intervals are left as they are.

    **Weights** are repetitions: a row of weight 2 counts twice. The new row counts once, so their
    scale matters; divide weights that are no counts by their mean.

    The values for every possible new score are found at ``fit``, in O(n log n) for each class;
    ``predict`` takes O(log n) a row and fold beside the estimators. They are the exact ones.

    References
    ----------
    .. [1] V. Vovk, I. Petej, "Venn-Abers Predictors", Uncertainty in Artificial Intelligence,
       2014.
    .. [2] V. Vovk, I. Petej, V. Fedorova, "Large-Scale Probabilistic Predictors with and without
       Guarantees of Validity", Neural Information Processing Systems, 2015.

    Examples
    --------
    >>> from sklearn.datasets import make_classification
    >>> from sklearn.naive_bayes import GaussianNB
    >>> from imbalance_kit.calibration import VennAbersClassifier
    >>> X, y = make_classification(n_samples=4000, weights=[0.9], random_state=0)
    >>> model = VennAbersClassifier(GaussianNB()).fit(X[::2], y[::2])
    >>> low, high = model.predict_interval(X[1::2]).T
    >>> proba = model.predict_proba(X[1::2])[:, 1]
    >>> bool(((low <= proba) & (proba <= high)).all())
    True
    >>> bool(abs(proba.mean() - y[1::2].mean()) < 0.02)
    True
    """

    _parameter_constraints: dict = {
        "estimator": [HasMethods(["fit", "predict"])],
        "cv": ["cv_object"],
        "n_jobs": [Integral, None],
    }

    def __init__(self, estimator, *, cv=5, n_jobs=None):
        self.estimator = estimator
        self.cv = cv
        self.n_jobs = n_jobs

    def predict_proba(self, X):
        """Probability of each class.

        Parameters
        ----------
        X : {array-like, dataframe, sparse matrix} of shape (n_samples, n_features)
            The table.

        Returns
        -------
        proba : ndarray of shape (n_samples, n_classes)
            Probabilities.
        """
        return self._of_scores(X, self._probabilities)

    def predict_interval(self, X):
        """Interval around each probability.

        Parameters
        ----------
        X : {array-like, dataframe, sparse matrix} of shape (n_samples, n_features)
            The table.

        Returns
        -------
        interval : ndarray of shape (n_samples, 2) or (n_samples, n_classes, 2)
            Lower and upper end: for the second of two classes, or for each of more classes
            against the rest.
        """
        return self._of_scores(X, self._intervals)

    def _learn(
        self, X: Any, y: np.ndarray, weight: np.ndarray | None, params: dict[str, Any]
    ) -> Any:
        require_two_classes(np.unique(y))
        warn_of_calibration_undone(
            self.estimator,
            type(self).__name__,
            "Calibrate the model inside, and correct after that.",
        )
        if isinstance(self.estimator, FrozenEstimator):
            # fitting a frozen estimator does nothing
            estimators = [clone(self.estimator).fit(X, y)]
            held_out = [np.arange(len(y))]
        else:
            splits, params = splits_of(self.estimator, X, y, cv=self.cv, params=params)
            estimators = fitted_on_splits(
                self.estimator, X, y, splits=splits, params=params, n_jobs=self.n_jobs
            )
            held_out = [test for _, test in splits]
        classes = estimators[0].classes_
        for fitted in estimators:
            if not np.array_equal(fitted.classes_, classes):
                raise ValueError(
                    "Every fold must train on every class; one has only "
                    f"{fitted.classes_.tolist()}. Use stratified folds, or fewer."
                )
        class_shares(y, classes, weight)  # raises where a class has no weight
        y_encoded = encode_with(y, classes)
        row_weight = np.ones(len(y)) if weight is None else np.asarray(weight, dtype=np.float64)
        self._calibrators_ = [
            _calibrators_of(fitted, take_rows(X, rows), y_encoded[rows], row_weight[rows])
            for fitted, rows in zip(estimators, held_out, strict=True)
        ]
        self.estimators_ = estimators
        return estimators[0]

    def _state_of_probabilities(self) -> str | None:
        return CALIBRATED

    def _of_scores(self, X: Any, function: Callable[..., np.ndarray]) -> np.ndarray:
        """What a function makes of the scores of rows, part by part."""
        require_fitted(self, "estimators_")
        X = summed(X)
        scores = [_scores_against_the_rest(fitted, X) for fitted in self.estimators_]
        searches = [
            [pair.search(len(of_fold)) for pair in pairs]
            for of_fold, pairs in zip(scores, self._calibrators_, strict=True)
        ]
        return in_blocks(partial(function, searches), *scores)

    def _probabilities(self, searches: list, *scores: np.ndarray) -> np.ndarray:
        chance, against = self._means_over_folds(searches, scores, [(1, False), (0, True)])
        against += chance
        chance /= against
        if len(self.classes_) == 2:
            return of_both(chance[:, 0])
        divide_rows(chance, row_sums(chance))
        return chance

    def _intervals(self, searches: list, *scores: np.ndarray) -> np.ndarray:
        of = [(label, against) for label in (0, 1) for against in (False, True)]
        low, not_low, high, not_high = self._means_over_folds(searches, scores, of)
        interval = np.stack([low / (low + not_low), high / (high + not_high)], axis=-1)
        return interval[:, 0] if len(self.classes_) == 2 else interval

    def _means_over_folds(
        self, searches: list, scores: tuple[np.ndarray, ...], of: list[tuple[int, bool]]
    ) -> np.ndarray:
        """Geometric means, shape (len(of), n_rows, n_columns), of p0, p1 or what they leave to 1.

        Parameters
        ----------
        searches : list of lists
            One for each fold and column.

        scores : tuple of ndarrays of shape (n_rows, n_columns)
            Scores by each fold's estimator.

        of : list of (int, bool)
            The label that the new row had, and whether the value is taken from 1.
        """
        total = np.zeros((len(of), *scores[0].shape))
        folds = zip(self._calibrators_, searches, scores, strict=True)
        with np.errstate(divide="ignore"):
            for pairs, found, of_fold in folds:
                for k, (pair, search) in enumerate(zip(pairs, found, strict=True)):
                    places = pair.places(of_fold[:, k], search)
                    values = pair.with_zero, pair.with_one
                    for sums, (label, against) in zip(total, of, strict=True):
                        sums[:, k] += _logs_at(values[label], places[label], against)
        total /= len(searches)
        return np.exp(total, out=total)


def _calibrators_of(
    estimator: Any, X: Any, y_encoded: np.ndarray, weight: np.ndarray
) -> list[IsotonicPair]:
    """One for each class against the rest; of two classes, for the second only."""
    scores = _scores_against_the_rest(estimator, summed(X))
    positive = [1] if len(estimator.classes_) == 2 else range(len(estimator.classes_))
    return [
        IsotonicPair(column, (y_encoded == k).astype(np.float64), weight)
        for column, k in zip(scores.T, positive, strict=True)
    ]


def _scores_against_the_rest(estimator: Any, X: Any) -> np.ndarray:
    """One column per class; of two classes, the second's only.

    Isotonic regression reads nothing but their order, so that no score has to be a probability.
    """
    response = getattr(estimator, method_of(estimator))(X)
    if response.ndim == 1:
        return response[:, None]
    if response.shape[1] != len(estimator.classes_):
        raise ValueError(
            f"decision_function gives {response.shape[1]} columns for {len(estimator.classes_)} "
            "classes; expected one for each class."
        )
    return response[:, 1:] if response.shape[1] == 2 else response


def _logs_at(values: np.ndarray, places: np.ndarray, against: bool) -> np.ndarray:
    """Logarithms of values at some places, or of what they leave to 1; minus infinity of 0."""
    many = len(places) > len(values)
    wanted = values if many else values.take(places)
    logs = np.log(1.0 - wanted if against else wanted)
    return logs.take(places) if many else logs
