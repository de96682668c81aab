"""A classifier that corrects for class shares which change after training."""

import warnings
from numbers import Integral, Real
from typing import Any

import numpy as np

from imbalance_kit._sklearn_compat import HasMethods, Interval, StrOptions
from imbalance_kit._tables.labels import spell
from imbalance_kit.calibration._already_calibrated import (
    ADAPTED,
    CALIBRATED,
    state_of_probabilities,
    warn_of_calibration_undone,
)
from imbalance_kit.calibration._held_out_scores import ScoreWrapper
from imbalance_kit.calibration._label_shift import (
    METHODS,
    PREDICTIONS,
    ConfusionSolver,
    LabelShift,
    Moments,
    as_predictions,
    most_likely_shares,
)
from imbalance_kit.calibration._prior import class_shares, encode_with
from imbalance_kit.calibration._temperature_fit import apply_temperature, fit_temperature


class LabelShiftClassifier(ScoreWrapper):
    """Estimate the class shares of new rows without their labels, and correct for them.

    Parameters
    ----------
    estimator : classifier with ``predict_proba`` or ``decision_function``
        Cloned and fitted.

    method : {"em", "bbse"}, default="em"
        How ``adapt`` estimates the shares. ``"em"``: those of greatest likelihood. ``"bbse"``:
        those that explain the mean prediction, by a confusion matrix of held-out rows.

    predictions : {"soft", "hard"}, default="soft"
        For ``method="bbse"``: whether predictions are probabilities or the most probable class.

    calibrate : bool, default=True
        Calibrate by bias-corrected temperature scaling on held-out rows first.

    forgetting : float, default=0.0
        Share of the weight of earlier rows that each ``partial_adapt`` takes away. After b more
        batches a row counts ``(1 - forgetting) ** b``.

    window : int, default=100000
        For ``method="em"``: how many rows ``partial_adapt`` keeps, the latest ones.

    cv : int, cross-validation generator or iterable, default=5
        Folds of the held-out predictions; a number means stratified ones, fewer where a class
        has fewer rows. Splits need not be a partition: rows that none holds out take no part, and
        where several hold one out the first counts. Splitters of groups read the `groups` given to
        ``fit``. Ignored for a ``FrozenEstimator``, whose own training rows must not be
        given again.

    tol : float, default=1e-06
        For ``method="em"``: stop when no share moves by more.

    max_iter : int, default=1000
        For ``method="em"``: most rounds.

    n_jobs : int or None, default=None
        Folds predicted at the same time. The result does not depend on it.

    Attributes
    ----------
    estimator_ : classifier
        The estimator, fitted on all rows.

    temperature_ : float
        Temperature of the calibration; 1 without.

    biases_ : ndarray of shape (n_classes,)
        Biases of the calibration; 0 without.

    confusion_ : ndarray of shape (n_classes, n_classes)
        Weighted mean of the held-out rows' predictions by true class (columns); its sum is 1.

    prior_ : ndarray of shape (n_classes,)
        Class shares that stand for no shift: the mean calibrated probabilities of held-out rows
        (``"em"``), or the shares of the labels (``"bbse"``). With calibration both are equal to
        about seven digits.

    target_prior_ : ndarray of shape (n_classes,)
        Class shares that probabilities are corrected to; `prior_` before ``adapt``.

    target_prior_error_ : ndarray of shape (n_classes,)
        Standard errors of `target_prior_` for the number of rows seen; NaN before ``adapt``.

    n_adapted_ : float
        Rows that `target_prior_` was estimated from, earlier ones counted in part.

    n_iter_ : int
        Rounds of the latest estimate; 1 before ``adapt``.

    classes_ : ndarray of shape (n_classes,)
        Class labels.

    n_features_in_ : int
        Number of columns of X, where the estimator has it.

    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Names of the columns, when all are strings.

    See Also
    --------
    estimate_label_shift : The estimate by itself.

    PriorCorrectedClassifier : For shares that are known.

    TemperatureScaledClassifier : The calibration by itself.

    CalibrationMonitor : Shares from a served model's probabilities, and a test as labels come in.

    Notes
    -----
    The assumption is label shift: within each class rows look as they did in training, only the
    class shares changed. It cannot be tested without labels. New kinds of rows, or a class that
    training did not have, make the estimate wrong.

    **Which method.** Calibrated EM is the more exact in published comparisons [3]_. BBSE needs
    no calibrated probabilities, and its state is K + K * K numbers, however long the stream.

    **Streams.** ``adapt`` forgets everything before it, so one ``partial_adapt`` after ``reset``
    equals ``adapt``. With ``forgetting=0`` several batches equal ``adapt`` on all their rows:
    for BBSE to rounding; for EM exactly, as long as they fit into `window`, since it keeps their
    calibrated probabilities and always begins at `prior_`. Beyond that EM uses the latest
    `window` rows.

    **How sure.** `target_prior_error_` is the sampling error of the rows adapted to; errors of
    calibration and of the confusion matrix come on top. A warning appears when some class's
    share is so uncertain that two standard errors exceed both its old and its new share.

    With two classes the correction does not change the order of rows. ``sample_weight`` counts
    in the calibration and in `prior_`.

    Cost: the folds' fits; ``adapt`` takes O(n_samples * n_classes) a round beside predicting.

    References
    ----------
    .. [1] M. Saerens, P. Latinne, C. Decaestecker, "Adjusting the Outputs of a Classifier to New
       a Priori Probabilities: A Simple Procedure", Neural Computation, 2002.
    .. [2] Z. C. Lipton, Y.-X. Wang, A. Smola, "Detecting and Correcting for Label Shift with
       Black Box Predictors", International Conference on Machine Learning, 2018.
    .. [3] A. Alexandari, A. Kundaje, A. Shrikumar, "Maximum Likelihood with Bias-Corrected
       Calibration is Hard-To-Beat at Label Shift Adaptation", International Conference on
       Machine Learning, 2020.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.linear_model import LogisticRegression
    >>> from imbalance_kit.calibration import LabelShiftClassifier
    >>> rng = np.random.default_rng(0)
    >>> def draw(n_first, n_second):
    ...     return np.concatenate([rng.normal(0, 1, n_first), rng.normal(2, 1, n_second)])[:, None]
    >>> X, y = draw(9500, 500), np.repeat([0, 1], [9500, 500])
    >>> model = LabelShiftClassifier(LogisticRegression()).fit(X, y)
    >>> shifted = model.adapt(draw(7000, 3000)).target_prior_
    >>> bool(abs(shifted[1] - 0.3) < 0.05)
    True
    """

    _parameter_constraints: dict = {
        "estimator": [HasMethods(["fit", "predict"])],
        "method": [StrOptions(set(METHODS))],
        "predictions": [StrOptions(set(PREDICTIONS))],
        "calibrate": ["boolean"],
        "forgetting": [Interval(Real, 0, 1, closed="left")],
        "window": [Interval(Integral, 1, None, closed="left")],
        "cv": ["cv_object"],
        "tol": [Interval(Real, 0, None, closed="left")],
        "max_iter": [Interval(Integral, 1, None, closed="left")],
        "n_jobs": [Integral, None],
    }

    def __init__(
        self,
        estimator,
        *,
        method="em",
        predictions="soft",
        calibrate=True,
        forgetting=0.0,
        window=100_000,
        cv=5,
        tol=1e-6,
        max_iter=1000,
        n_jobs=None,
    ):
        self.estimator = estimator
        self.method = method
        self.predictions = predictions
        self.calibrate = calibrate
        self.forgetting = forgetting
        self.window = window
        self.cv = cv
        self.tol = tol
        self.max_iter = max_iter
        self.n_jobs = n_jobs

    def adapt(self, X):
        """Estimate the class shares of rows without labels, and predict for them from now on.

        Parameters
        ----------
        X : {array-like, dataframe, sparse matrix} of shape (n_samples, n_features)
            The table. Rows of earlier calls are dropped.

        Returns
        -------
        self : object
            The classifier with `target_prior_` set.
        """
        calibrated = self._calibrated(X)
        return self.reset()._update(calibrated)

    def partial_adapt(self, X):
        """Update the estimate with one more batch of a stream.

        Parameters
        ----------
        X : {array-like, dataframe, sparse matrix} of shape (n_samples, n_features)
            The batch.

        Returns
        -------
        self : object
            The classifier with `target_prior_` set.
        """
        return self._update(self._calibrated(X))

    def reset(self):
        """Drop all rows adapted to: back to the class shares of training.

        Returns
        -------
        self : object
            The classifier as it was after ``fit``.
        """
        self.target_prior_ = self.prior_
        self.target_prior_error_ = np.full(len(self.prior_), np.nan)
        self.n_adapted_ = 0.0
        self.n_iter_ = 1
        self._stream_ = self._empty_stream()
        return self

    def _learn(
        self, X: Any, y: np.ndarray, weight: np.ndarray | None, params: dict[str, Any]
    ) -> Any:
        if not self.calibrate and not hasattr(self.estimator, "predict_proba"):
            raise ValueError(
                "calibrate=False needs an estimator with predict_proba; "
                f"{type(self.estimator).__name__} has none. Set calibrate=True."
            )
        if self.calibrate:
            warn_of_calibration_undone(
                self.estimator,
                "calibration",
                "Give the model inside: shares are corrected once.",
            )
        estimator = super()._learn(X, y, weight, params)
        classes = estimator.classes_
        shares = class_shares(y, classes, weight)
        held_out = self._held_out_scores(X, y, params, classes)
        scores, weight = held_out.predictions, held_out.part(weight)
        y_encoded = held_out.part(encode_with(y, classes))
        self.temperature_, self.biases_ = 1.0, np.zeros(len(classes))
        if self.calibrate:
            self.temperature_, self.biases_ = fit_temperature(scores, y_encoded, weight)
        calibrated = apply_temperature(scores, self.temperature_, self.biases_)
        row_weight = np.ones(len(y_encoded)) if weight is None else weight
        true_class = np.zeros((len(y_encoded), len(classes)))
        true_class[np.arange(len(y_encoded)), y_encoded] = row_weight / row_weight.sum()
        self.confusion_ = as_predictions(calibrated, self.predictions).T @ true_class
        if self.method == "em":
            # The shares of the labels differ from the mean probabilities by a rounding, which EM
            # would report as a shift; started from the latter it stays where no row changed.
            self.prior_ = np.average(calibrated, axis=0, weights=row_weight)
        else:
            self.prior_ = shares
        self.reset()
        return estimator

    def _state_of_probabilities(self) -> str | None:
        if getattr(self, "n_adapted_", 0.0) > 0:
            return ADAPTED
        return CALIBRATED if self.calibrate else state_of_probabilities(self.estimator)

    def _calibrated(self, X: Any) -> np.ndarray:
        return apply_temperature(self._scores(X), self.temperature_, self.biases_)

    def _empty_stream(self) -> "_LatestRows | _MeanPrediction":
        """What the estimate is made from, before any batch."""
        if self.method == "em":
            return _LatestRows(self.prior_, self.window, tol=self.tol, max_iter=self.max_iter)
        return _MeanPrediction(self.prior_, self.confusion_, self.predictions)

    def _update(self, calibrated: np.ndarray) -> "LabelShiftClassifier":
        shift = self._stream_.update(calibrated, kept=1.0 - self.forgetting)
        self.n_adapted_ = float(self._stream_.n_rows)
        self.target_prior_, self.target_prior_error_ = shift.prior, shift.error
        self.n_iter_ = shift.n_iter
        _warn_if_uncertain(shift, self.prior_, self.classes_, self.n_adapted_)
        return self

    def _from_scores(self, scores: np.ndarray) -> np.ndarray:
        biases = self.biases_
        if self.target_prior_ is not self.prior_:  # not adapted: the correction would round
            with np.errstate(divide="ignore"):  # a class whose share is 0 has no probability
                biases = biases + np.log(self.target_prior_ / self.prior_)
        return apply_temperature(scores, self.temperature_, biases)


class _LatestRows:
    """A stream for EM: the latest rows' probabilities, older batches with less weight."""

    def __init__(self, prior: np.ndarray, size: int, *, tol: float, max_iter: int) -> None:
        self.prior = prior
        self.size = size
        self.tol = tol
        self.max_iter = max_iter
        self.proba = np.empty((0, len(prior)))
        self.weight = np.empty(0)

    @property
    def n_rows(self) -> float:
        return self.weight.sum()

    def update(self, calibrated: np.ndarray, *, kept: float) -> LabelShift:
        self.proba = np.concatenate([self.proba, calibrated])[-self.size :]
        added = np.ones(len(calibrated))
        self.weight = np.concatenate([kept * self.weight, added])[-self.size :]
        return most_likely_shares(
            self.proba, self.weight, self.prior, tol=self.tol, max_iter=self.max_iter
        )


class _MeanPrediction:
    """A stream for BBSE: sums over predictions, so that no row has to be kept."""

    def __init__(self, prior: np.ndarray, confusion: np.ndarray, predictions: str) -> None:
        self.solver = ConfusionSolver(confusion, prior)
        self.predictions = predictions
        self.moments = Moments(len(prior))

    @property
    def n_rows(self) -> float:
        return self.moments.weight

    def update(self, calibrated: np.ndarray, *, kept: float) -> LabelShift:
        self.moments.add(as_predictions(calibrated, self.predictions), kept)
        return self.solver.solve(self.moments)


def _warn_if_uncertain(
    shift: LabelShift, before: np.ndarray, classes: np.ndarray, n_rows: float
) -> None:
    """Warn where a batch is too small: the standard error is half the share or more."""
    uncertain = 2 * shift.error > np.maximum(before, shift.prior)
    if not uncertain.any():
        return
    worst = int(np.argmax(np.where(uncertain, shift.error / np.maximum(before, shift.prior), 0.0)))
    verb = "row is" if round(n_rows) == 1 else "rows are"
    warnings.warn(
        f"{n_rows:.0f} {verb} few for class shares: for class {spell(classes[worst])} the "
        f"estimate is {shift.prior[worst]:.3g} with a standard error of "
        f"{shift.error[worst]:.2g}, where training had {before[worst]:.3g}. Adapt to more rows, "
        "or keep the shares of training with reset().",
        UserWarning,
        stacklevel=4,
    )
