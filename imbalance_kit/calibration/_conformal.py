"""Sets of classes that hold the true one with a given probability, for each class."""

import warnings
from numbers import Integral, Real
from typing import Any

import numpy as np
from sklearn.base import clone
from sklearn.frozen import FrozenEstimator
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import check_is_fitted

from imbalance_kit._held_out_rows import fitted_on_splits, splits_of
from imbalance_kit._meta_estimator import ClassifierWrapper, estimator_has
from imbalance_kit._sklearn_compat import HasMethods, Interval
from imbalance_kit._tables.labels import require_two_classes, spell
from imbalance_kit._tables.row_groups import group_numbers
from imbalance_kit._tables.rows import summed, take_rows
from imbalance_kit.calibration._conformity_scores import ConformityScores
from imbalance_kit.calibration._held_out_scores import as_scores, method_of
from imbalance_kit.calibration._prior import class_shares, encode_with
from imbalance_kit.kernels.short_rows import in_blocks


class ConformalClassifier(ClassifierWrapper):
    """Sets of classes that hold the true class as often as wanted, for each class by itself.

    Parameters
    ----------
    estimator : classifier with ``predict_proba`` or ``decision_function``
        Cloned and fitted once for each fold. Of a ``FrozenEstimator`` all rows given calibrate the
        sets; they must not be its own training rows.

    confidence : float, default=0.9
        Share of the rows of each class whose set is to hold that class.

    cv : int, cross-validation generator or iterable, default=5
        Folds: each estimator is fitted on the other folds and its scores are compared with those of
        its own fold. A number means stratified ones, fewer where a class has fewer rows. A
        splitter with a single split gives the guarantee without the factor of two.

    n_jobs : int or None, default=None
        Folds fitted at the same time. The result does not depend on it.

    Attributes
    ----------
    estimator_ : classifier
        The first of `estimators_`.

    estimators_ : list of classifiers
        Fitted estimators, one for each fold.

    n_calibration_ : ndarray of shape (n_classes,)
        Weight of the calibration rows of each class, or number of its groups. p-values are not
        below ``1 / (n_calibration_ + 1)``.

    classes_ : ndarray of shape (n_classes,)
        Class labels.

    n_features_in_ : int
        Number of columns of X, where the estimator has it.

    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Names of the columns, when all are strings.

    See Also
    --------
    VennAbersClassifier : Calibrated probabilities with an interval each.

    imbalance_kit.metrics.metric_interval : How far a metric on test rows is due to chance.

    Notes
    -----
    For each row and class, the p-value is the share of the calibration rows *of that class* whose
    score for it is not above the new row's, the new row counted among them [1]_, [2]_. The set has
    the classes whose p-value is above ``1 - confidence``. Sets that are calibrated on all rows
    together hold 90 % of the true classes by missing the rare one nearly always; these hold 90 % of
    the rows of each class. Where classes cannot be told apart the set has several, which is what a
    person should look at; where a row is like none, it is empty.

    **Guarantee.** With a frozen estimator, or a splitter of a single split, the set of a new row of
    class k holds k with a probability of at least `confidence`, whatever the estimator and the
    distribution are, if the rows of a class are exchangeable. Without ties among scores it is
    exactly ``ceil(confidence * (n + 1)) / (n + 1)`` for n calibration rows of the class. Class
    shares may differ from those of training. It is a mean over calibration samples: with few rows
    of a class the coverage of one sample varies.

    **Folds.** With several folds, the p-value compares a row's score from each estimator with those
    of that estimator's held-out rows [3]_. All rows are used for both purposes. What is proven is a
    share missed of about ``2 * (1 - confidence)`` at most [4]_; what is observed is near
    `confidence`.

    **Few rows.** A class of n calibration rows is in every set where ``n < 1 / (1 - confidence) -
    1``, such as n < 9 for 90 %; there is a warning.

    **Weights** are repetitions: a row of weight 2 counts twice, the new row once. **Groups** of
    rows that are alike, given to ``fit`` as `groups`, count once each for a class: every row gets
    one over the number of its group's rows of the class. The guarantee is then for a row of a new
    group [5]_.

    The estimators' fits, and O(log n) for each row, class and fold at ``predict_set``.

    References
    ----------
    .. [1] V. Vovk, D. Lindsay, I. Nouretdinov, A. Gammerman. "Mondrian Confidence Machine".
       Technical report, Royal Holloway, University of London, 2003.
    .. [2] V. Vovk. "Conditional validity of inductive conformal predictors". Asian Conference on
       Machine Learning, 2012.
    .. [3] V. Vovk. "Cross-conformal predictors". Annals of Mathematics and Artificial Intelligence
       74, 2015.
    .. [4] R. F. Barber, E. J. Candès, A. Ramdas, R. J. Tibshirani. "Predictive inference with the
       jackknife+". Annals of Statistics 49, 2021.
    .. [5] Y. Lee, R. F. Barber, R. Willett. "Distribution-free inference with hierarchical data".
       arXiv 2306.06342, 2023.

    Examples
    --------
    >>> from sklearn.datasets import make_classification
    >>> from sklearn.linear_model import LogisticRegression
    >>> from imbalance_kit.calibration import ConformalClassifier
    >>> X, y = make_classification(n_samples=8000, weights=[0.95], random_state=0)
    >>> model = ConformalClassifier(LogisticRegression(), confidence=0.9).fit(X[::2], y[::2])
    >>> sets = model.predict_set(X[1::2])
    >>> rare = y[1::2] == 1
    >>> bool(abs(sets[rare, 1].mean() - 0.9) < 0.06), bool(abs(sets[~rare, 0].mean() - 0.9) < 0.03)
    (True, True)
    """

    _parameter_constraints: dict = {
        "estimator": [HasMethods(["fit", "predict"])],
        "confidence": [Interval(Real, 0, 1, closed="neither")],
        "cv": ["cv_object"],
        "n_jobs": [Integral, None],
    }

    def __init__(self, estimator, *, confidence=0.9, cv=5, n_jobs=None):
        self.estimator = estimator
        self.confidence = confidence
        self.cv = cv
        self.n_jobs = n_jobs

    def predict_p_values(self, X):
        """How usual each row would be in each class.

        Parameters
        ----------
        X : {array-like, dataframe, sparse matrix} of shape (n_samples, n_features)
            The table.

        Returns
        -------
        p_values : ndarray of shape (n_samples, n_classes)
            Small where few rows of the class have scores as low. Of rows of the class, a share of
            at most p has a p-value of p or less.
        """
        check_is_fitted(self, "estimators_")
        X, methods = summed(X), [method_of(fitted) for fitted in self.estimators_]
        responses = [
            getattr(fitted, method)(X)
            for fitted, method in zip(self.estimators_, methods, strict=True)
        ]
        searches = [each.searches(len(responses[0])) for each in self._calibration_]

        def of_part(*parts: np.ndarray) -> np.ndarray:
            below = np.zeros((len(parts[0]), len(self.classes_)))
            folds = zip(parts, methods, self._calibration_, searches, strict=True)
            for response, method, calibration, found in folds:
                scores = as_scores(response, method, len(self.classes_))
                below += calibration.weight_up_to(scores, found)
            return (1.0 + below) / (1.0 + self.n_calibration_)

        return in_blocks(of_part, *responses)

    def predict_set(self, X, confidence=None):
        """Which classes each row may have.

        Parameters
        ----------
        X : {array-like, dataframe, sparse matrix} of shape (n_samples, n_features)
            The table.

        confidence : float, default=None
            Another level than that of the classifier.

        Returns
        -------
        sets : ndarray of bool of shape (n_samples, n_classes)
            True where the class is in the row's set, in the order of ``classes_``.
        """
        confidence = self.confidence if confidence is None else confidence
        if not 0 < confidence < 1:
            raise ValueError(f"confidence must lie between 0 and 1; got {confidence}.")
        p_values = self.predict_p_values(X)
        _warn_of_few(self.classes_, self.n_calibration_, confidence)
        # p-values are multiples of 1 / (n + 1), and rounding must not lift one over an equal level
        return p_values > (1.0 - confidence) * (1.0 + 1e-12) + 1e-15

    @available_if(estimator_has("predict_proba"))
    def predict_proba(self, X):
        """Mean probability of each class over the estimators of the folds.

        Parameters
        ----------
        X : {array-like, dataframe, sparse matrix} of shape (n_samples, n_features)
            The table.

        Returns
        -------
        proba : ndarray of shape (n_samples, n_classes)
            Probabilities, as the estimators give them: sets calibrate sets, not these.
        """
        check_is_fitted(self, "estimators_")
        X = summed(X)
        total = self.estimators_[0].predict_proba(X)
        for fitted in self.estimators_[1:]:
            total = total + fitted.predict_proba(X)
        return total / len(self.estimators_)

    def predict(self, X):
        """Most probable class of each row, or that of the largest mean score.

        Parameters
        ----------
        X : {array-like, dataframe, sparse matrix} of shape (n_samples, n_features)
            The table.

        Returns
        -------
        y : ndarray of shape (n_samples,)
            Class labels.
        """
        check_is_fitted(self, "estimators_")
        if hasattr(self, "predict_proba"):
            return super().predict(X)
        scores = np.mean([_scores_by_class(fitted, X) for fitted in self.estimators_], axis=0)
        return self.classes_[scores.argmax(axis=1)]

    def _learn(
        self, X: Any, y: np.ndarray, weight: np.ndarray | None, params: dict[str, Any]
    ) -> Any:
        require_two_classes(np.unique(y))
        groups = params.get("groups")
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
        class_shares(y, classes, weight)  # raises where a class has no weight
        y_encoded = encode_with(y, classes)
        counted = np.ones(len(y)) if weight is None else np.asarray(weight, dtype=np.float64)
        # a row that several splits hold out counts once in all
        tested = np.bincount(np.concatenate(held_out), minlength=len(y))
        counted = counted / np.maximum(tested, 1)
        if groups is not None:
            counted = _once_for_each_group(counted * (tested > 0), y_encoded, groups, tested)
        calibration = [
            ConformityScores(
                _scores_by_class(fitted, take_rows(X, rows)), y_encoded[rows], counted[rows]
            )
            for fitted, rows in zip(estimators, held_out, strict=True)
        ]
        n_calibration = np.sum([each.weight for each in calibration], axis=0)
        if (n_calibration <= 0).any():
            label = classes[np.argmin(n_calibration)]
            raise ValueError(
                f"The splits of cv hold out no row of class {spell(label)}, so its sets cannot be "
                "calibrated. Use stratified splits, larger test parts, or folds."
            )
        self._calibration_ = calibration
        self.n_calibration_ = n_calibration
        self.estimators_ = estimators
        return estimators[0]


def _scores_by_class(estimator: Any, X: Any) -> np.ndarray:
    method = method_of(estimator)
    response = getattr(estimator, method)(summed(X))
    return as_scores(response, method, len(estimator.classes_))


def _once_for_each_group(
    counted: np.ndarray, y_encoded: np.ndarray, groups: Any, tested: np.ndarray
) -> np.ndarray:
    """Weights that add up to one over a group's rows of one class, over all splits."""
    group = group_numbers(groups, len(y_encoded))
    pair = group * (int(y_encoded.max()) + 1) + y_encoded
    total = np.bincount(pair, weights=counted * tested)[pair]
    return np.divide(counted, total, out=np.zeros_like(counted), where=total > 0)


def _warn_of_few(classes: np.ndarray, n_calibration: np.ndarray, confidence: float) -> None:
    needed = int(np.ceil(round(1.0 / (1.0 - confidence), 9))) - 1
    always = [
        f"{spell(label)} ({n:g})"
        for label, n in zip(classes, n_calibration, strict=True)
        if n + 1e-9 < needed
    ]
    if always:
        warnings.warn(
            f"Every set at confidence {confidence:g} holds the classes with fewer than {needed} "
            f"calibration rows or groups: {', '.join(always)}. Use more rows, or a lower level.",
            UserWarning,
            stacklevel=3,
        )
