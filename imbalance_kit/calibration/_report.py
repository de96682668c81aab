"""Calibration of the probabilities of any classifier: numbers, a verdict and a figure."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.utils import check_array
from sklearn.utils.validation import check_consistent_length

from imbalance_kit._sklearn_compat import check_sample_weight
from imbalance_kit._tables.labels import count, encode, read_single_labels
from imbalance_kit._tables.positive_class import category_order, positive_or_rarest
from imbalance_kit._tables.row_groups import group_numbers
from imbalance_kit._tables.row_labels import warn_of_other_order
from imbalance_kit.calibration._class_calibration import ClassCalibration, calibration_of
from imbalance_kit.calibration._reliability_display import ReliabilityDisplay
from imbalance_kit.calibration._report_tables import as_frame, as_text, position_of

_ROUNDING = 1e-3  # of the sum of a row's probabilities; a softmax in float32 is off by far less


class CalibrationReport:
    """Frequencies that a classifier predicts, against those observed.

    Made by :meth:`from_estimator` or :meth:`from_predictions`. Two classes are reported on as
    one, the positive one; more than two each against the rest.

    Parameters
    ----------
    by_class : dict
        A :class:`ClassCalibration` by class label.

    n_rows : int
        Rows of positive weight.

    brier_score : float
        Mean squared error of the probabilities: of the positive class of two, summed over more.

    log_loss : float
        Mean negative logarithm of the probability of the true class.

    calibration_error : float
        Mean over the classes of their expected calibration errors.

    n_bins : int
        Largest number of bins.

    strategy : {"quantile", "uniform"}
        How rows were put into bins.

    name : str
        Name of the model, for titles and legends.

    note : str, default=None
        That the rarest class is reported on, where labels do not show which one is positive.

    See Also
    --------
    imbalance_kit.metrics.expected_calibration_error : The calibration error alone.

    sklearn.calibration.CalibrationDisplay : A reliability curve without intervals.

    sklearn.calibration.CalibratedClassifierCV : Learns a correction from held-out rows.

    Notes
    -----
    Use rows that the classifier was not fitted on. O(n_samples log(n_samples)) per class.

    **Bins** hold about equal numbers of rows by default: with a rare class nearly all rows fall
    into the first of ten bins of equal width. Equal probabilities share a bin.

    **Intervals** of observed shares are Clopper-Pearson's: they hold the share of similar rows
    with a probability of `confidence` or more. Those of intercept and slope are Wald's.

    **The Brier score** is split into reliability, resolution and uncertainty [1]_ and the two
    terms of what happens inside bins [2]_, so that the parts add up to the score exactly. All of
    them depend on the bins; only the score and the uncertainty do not. With few rows in a bin
    reliability is overstated, by about the mean of ``observed * (1 - observed) / rows``.

    **Intercept and slope** come from a logistic regression of the event on the log odds of the
    probability [3]_. The intercept at a slope of 1 is negative where too much is predicted. A
    slope below 1 means that probabilities are too extreme, as those of an overfitted model are;
    above 1 not extreme enough.

    **The verdict** tests whether the sum of the probabilities, the slope and Spiegelhalter's test
    [4]_ agree with calibration, each at the level `confidence`. So calibrated probabilities are
    rejected more often than one minus that, at most three times as often. There is none where the
    class or the rest has fewer than 10 rows.

    **Weights** count as repetitions: a row of weight 2 is two rows, in the intervals, too. Scale
    weights that are no counts so that their mean is 1.

    **Groups** of rows that are alike: shares have the intervals of as many independent rows as tell
    as much [6]_, intercept, slope and Spiegelhalter's test the variance of sums over groups, with
    Student's quantiles for the number of groups.

    References
    ----------
    .. [1] A. H. Murphy, "A New Vector Partition of the Probability Score", Journal of Applied
       Meteorology 12(4), 1973.
    .. [2] D. B. Stephenson, C. A. S. Coelho, I. T. Jolliffe, "Two Extra Components in the Brier
       Score Decomposition", Weather and Forecasting 23(4), 2008.
    .. [3] D. R. Cox, "Two further applications of a model for binary regression", Biometrika
       45(3/4), 1958.
    .. [4] D. J. Spiegelhalter, "Probabilistic prediction in patient management and clinical
       trials", Statistics in Medicine 5(5), 1986.
    .. [5] B. Van Calster, D. J. McLernon, M. van Smeden, L. Wynants, E. W. Steyerberg,
       "Calibration: the Achilles heel of predictive analytics", BMC Medicine 17, 2019.
    .. [6] E. L. Korn, B. I. Graubard, "Confidence intervals for proportions with small expected
       number of positive counts estimated from survey data", Survey Methodology 24, 1998.

    Examples
    --------
    >>> from sklearn.datasets import make_classification
    >>> from sklearn.linear_model import LogisticRegression
    >>> from sklearn.model_selection import train_test_split
    >>> from imbalance_kit.calibration import CalibrationReport
    >>> X, y = make_classification(n_samples=4000, weights=[0.95], random_state=0)
    >>> X_train, X_test, y_train, y_test = train_test_split(X, y, stratify=y, random_state=0)
    >>> balanced = LogisticRegression(class_weight="balanced").fit(X_train, y_train)
    >>> report = CalibrationReport.from_estimator(balanced, X_test, y_test)
    >>> report.by_class[1].ratio > 2
    True
    >>> print(report.by_class[1].verdict)  # doctest: +ELLIPSIS
    predicts ... times as many rows as there are...
    """

    def __init__(
        self,
        *,
        by_class: dict[Any, ClassCalibration],
        n_rows: int,
        brier_score: float,
        log_loss: float,
        calibration_error: float,
        n_bins: int,
        strategy: str,
        name: str,
        note: str | None = None,
    ) -> None:
        self.by_class = by_class
        self.n_rows = n_rows
        self.brier_score = brier_score
        self.log_loss = log_loss
        self.calibration_error = calibration_error
        self.n_bins = n_bins
        self.strategy = strategy
        self.name = name
        self.note = note

    @classmethod
    def from_estimator(
        cls,
        estimator: Any,
        X: Any,
        y: Any,
        *,
        sample_weight: Any = None,
        groups: Any = None,
        pos_label: Any = None,
        n_bins: int = 10,
        strategy: str = "quantile",
        confidence: float = 0.95,
        clip: float = 1e-6,
        name: str | None = None,
    ) -> CalibrationReport:
        """Report on the predictions of a fitted classifier.

        Parameters
        ----------
        estimator : classifier
            Fitted, with ``predict_proba``.

        X : {array-like, dataframe, sparse matrix} of shape (n_samples, n_features)
            Rows that it was not fitted on.

        y : array-like of shape (n_samples,)
            Their classes.

        sample_weight : array-like of shape (n_samples,), default=None
            Weights of the rows; a row of weight 2 counts as two rows.

        groups : array-like of shape (n_samples,), default=None
            What rows belong to, such as a patient or a machine. Intervals and tests then count
            groups. None for independent rows.

        pos_label : label, default=None
            The class to report on. None stands for each of more than two classes, and of two for
            1 of labels 0/1 or -1/1, for True, for the higher one of ordered categories, and else
            for the rarest class, as `note` states. Where there are more than two and one is given,
            the report is on that class against the rest.

        n_bins : int, default=10
            Number of bins, at most.

        strategy : {"quantile", "uniform"}, default="quantile"
            Bins with about equal numbers of rows, or of equal width.

        confidence : float, default=0.95
            Level of all intervals.

        clip : float, default=1e-6
            Probabilities nearer to 0 or 1 than this are moved there for log loss, intercept and
            slope, which are not finite otherwise.

        name : str, default=None
            For titles and legends; None stands for the name of the estimator's class.

        Returns
        -------
        report : CalibrationReport
        """
        if not hasattr(estimator, "predict_proba"):
            raise ValueError(
                f"{type(estimator).__name__} has no predict_proba: there are no probabilities to "
                "report on. Wrap it in scikit-learn's CalibratedClassifierCV."
            )
        return cls.from_predictions(
            y,
            estimator.predict_proba(X),
            labels=estimator.classes_,
            sample_weight=sample_weight,
            groups=groups,
            pos_label=pos_label,
            n_bins=n_bins,
            strategy=strategy,
            confidence=confidence,
            clip=clip,
            name=type(estimator).__name__ if name is None else name,
        )

    @classmethod
    def from_predictions(
        cls,
        y_true: Any,
        y_proba: Any,
        *,
        labels: Any = None,
        sample_weight: Any = None,
        groups: Any = None,
        pos_label: Any = None,
        n_bins: int = 10,
        strategy: str = "quantile",
        confidence: float = 0.95,
        clip: float = 1e-6,
        name: str | None = None,
    ) -> CalibrationReport:
        """Report on probabilities.

        Parameters
        ----------
        y_true : array-like of shape (n_samples,)
            True classes.

        y_proba : array-like of shape (n_samples,) or (n_samples, n_classes)
            Predicted probabilities: of the positive of two classes, or one column per class.

        labels : array-like of shape (n_classes,), default=None
            The class of each column; None stands for the sorted values of `y_true`. With
            probabilities of one dimension the second of two is positive.

        sample_weight : array-like of shape (n_samples,), default=None
            Weights of the rows; a row of weight 2 counts as two rows.

        groups : array-like of shape (n_samples,), default=None
            What rows belong to, such as a patient or a machine. Intervals and tests then count
            groups. None for independent rows.

        pos_label : label, default=None
            The class to report on. None stands for each of more than two classes, and of two for
            1 of labels 0/1 or -1/1, for True, for the higher one of ordered categories, and else
            for the rarest class, as `note` states. Where there are more than two and one is given,
            the report is on that class against the rest.

        n_bins : int, default=10
            Number of bins, at most.

        strategy : {"quantile", "uniform"}, default="quantile"
            Bins with about equal numbers of rows, or of equal width.

        confidence : float, default=0.95
            Level of all intervals.

        clip : float, default=1e-6
            Probabilities nearer to 0 or 1 than this are moved there for log loss, intercept and
            slope, which are not finite otherwise.

        name : str, default=None
            For titles and legends; None stands for "predictions".

        Returns
        -------
        report : CalibrationReport
        """
        if strategy not in ("quantile", "uniform"):
            raise ValueError(f"strategy must be 'quantile' or 'uniform', got {strategy!r}.")
        if n_bins < 1:
            raise ValueError(f"n_bins must be at least 1, got {n_bins}.")
        if not 0 < confidence < 1 or not 0 < clip < 0.5:
            raise ValueError(
                "confidence must lie between 0 and 1 and clip between 0 and .5; got "
                f"confidence={confidence}, clip={clip}."
            )
        warn_of_other_order(
            y_true, y_proba=y_proba, sample_weight=sample_weight, groups=groups, stacklevel=3
        )
        y = read_single_labels(y_true)
        proba = check_array(y_proba, ensure_2d=False, dtype=np.float64, input_name="y_proba")
        check_consistent_length(y, proba)
        weight = check_sample_weight(
            sample_weight, proba, dtype=np.float64, ensure_non_negative=True
        )
        used = weight > 0
        if not used.any():
            raise ValueError("sample_weight is 0 for every row: there is nothing to report on.")
        unit = None if groups is None else group_numbers(groups, len(y))[used]
        if unit is not None and len(np.unique(unit)) < 2:
            raise ValueError(
                "groups must name at least 2 groups of rows with positive weight; got 1."
            )
        y, proba, weight = y[used], proba[used], weight[used]
        order = category_order(y_true)
        classes, y_encoded, proba, pos_label, note = _columns(
            y, proba, labels, pos_label, weight, order
        )
        if pos_label is not None:
            positive = position_of(pos_label, classes)
            event = y_encoded == positive
            shown = [(classes[positive], event, proba[:, positive])]
            true = np.where(event, proba[:, positive], 1.0 - proba[:, positive])
        else:
            shown = [(label, y_encoded == k, proba[:, k]) for k, label in enumerate(classes)]
            true = proba[np.arange(len(y_encoded)), y_encoded]
        by_class = {
            label: calibration_of(
                label,
                event,
                column,
                weight,
                n_bins=n_bins,
                strategy=strategy,
                confidence=confidence,
                clip=clip,
                unit=unit,
            )
            for label, event, column in shown
        }
        each = list(by_class.values())
        return cls(
            by_class=by_class,
            n_rows=len(y_encoded),
            brier_score=float(sum(one.brier.score for one in each)),
            log_loss=float(-np.average(np.log(np.clip(true, clip, 1.0 - clip)), weights=weight)),
            calibration_error=float(np.mean([one.calibration_error for one in each])),
            n_bins=n_bins,
            strategy=strategy,
            name="predictions" if name is None else name,
            note=note,
        )

    @staticmethod
    def compare(reports: Mapping[str, CalibrationReport]) -> CalibrationComparison:
        """Put reports side by side.

        Parameters
        ----------
        reports : dict
            Reports by name, on the same rows and classes.

        Returns
        -------
        comparison : CalibrationComparison
        """
        return CalibrationComparison(dict(reports))

    @property
    def table(self) -> dict[str, list]:
        """Bins of every class as columns: predicted and observed frequency of each."""
        columns: dict[str, list] = {}
        for calibration in self.by_class.values():
            for name, values in calibration.bin_columns().items():
                columns.setdefault(name, []).extend(values)
        return columns

    @property
    def summary(self) -> dict[str, list]:
        """One row per class as columns: shares, intercept, slope, scores and verdict."""
        rows = [calibration.as_row() for calibration in self.by_class.values()]
        return {name: [row[name] for row in rows] for name in rows[0]}

    def to_frame(self, of: str = "table") -> Any:
        """The report as a pandas DataFrame.

        Parameters
        ----------
        of : {"table", "summary"}, default="table"
            Bins, or one row per class.

        Returns
        -------
        frame : pandas.DataFrame
        """
        return as_frame({"table": lambda: self.table, "summary": lambda: self.summary}, of)

    def plot(self, ax: Any = None, *, label: Any = None, **options: Any) -> ReliabilityDisplay:
        """Draw the reliability curve of each class, or of one.

        Parameters
        ----------
        ax : matplotlib Axes, or two of them, default=None
            Where to draw the curve, and the histogram of the probabilities below; no histogram
            with one. None makes a new figure with both.

        label : label, default=None
            The class to draw; None stands for all of them.

        **options : dict
            Further arguments of :meth:`ReliabilityDisplay.plot`.

        Returns
        -------
        display : ReliabilityDisplay
        """
        shown = self.by_class
        if label is not None:
            shown = {label: _class_of(self, label)}
        alone = len(shown) == 1
        curves = {self.name if alone else str(key): one for key, one in shown.items()}
        return ReliabilityDisplay(curves).plot(ax, **options)

    def __repr__(self) -> str:
        shown = ", ".join(map(str, self.by_class))
        return f"<CalibrationReport of {self.name}: {self.n_rows} rows, class {shown}>"

    def __str__(self) -> str:
        lines = [
            f"Calibration of {self.name}: {self.n_rows} rows, {self.n_bins} {self.strategy} bins",
            f"Brier score {self.brier_score:.4f}, log loss {self.log_loss:.4f}, "
            f"calibration error {self.calibration_error:.4f}",
        ]
        lines += [self.note] if self.note else []
        if len(self.by_class) == 1:
            (calibration,) = self.by_class.values()
            bins = {name: values for name, values in self.table.items() if name != "class"}
            return "\n".join([*lines, "", calibration.described(), "", as_text(bins)])
        names = ["class", "rows", "predicted", "observed", "ratio", "slope", "calibration_error"]
        lines += ["", as_text({name: self.summary[name] for name in names}), ""]
        lines += [f"class {one.label}: {one.verdict}" for one in self.by_class.values()]
        return "\n".join(lines)


@dataclass(frozen=True)
class CalibrationComparison:
    """Calibration reports side by side; made by :meth:`CalibrationReport.compare`.

    Attributes
    ----------
    reports : dict
        A :class:`CalibrationReport` by name.
    """

    reports: dict[str, CalibrationReport]

    @property
    def summary(self) -> dict[str, list]:
        """One row per report and class as columns."""
        columns: dict[str, list] = {}
        for name, report in self.reports.items():
            summary = report.summary
            columns.setdefault("name", []).extend([name] * len(summary["class"]))
            for key, values in summary.items():
                columns.setdefault(key, []).extend(values)
        return columns

    def to_frame(self) -> Any:
        """The comparison as a pandas DataFrame.

        Returns
        -------
        frame : pandas.DataFrame
            One row per report and class.
        """
        return as_frame({"summary": lambda: self.summary}, "summary")

    def plot(self, ax: Any = None, *, label: Any = None, **options: Any) -> ReliabilityDisplay:
        """Draw the reliability curves of all reports.

        Parameters
        ----------
        ax : matplotlib Axes, or two of them, default=None
            Where to draw the curves, and the histogram of the probabilities below; no histogram
            with one. None makes a new figure with both.

        label : label, default=None
            The class to draw; needed where the reports have more than one.

        **options : dict
            Further arguments of :meth:`ReliabilityDisplay.plot`.

        Returns
        -------
        display : ReliabilityDisplay
        """
        curves = {}
        for name, report in self.reports.items():
            if label is None and len(report.by_class) > 1:
                raise ValueError(
                    f"Give `label`, the class to draw: {name!r} reports on {list(report.by_class)}."
                )
            curves[name] = _class_of(report, label)
        return ReliabilityDisplay(curves).plot(ax, **options)

    def __str__(self) -> str:
        names = ["name", "class", "ratio", "slope", "brier_score", "log_loss", "calibration_error"]
        lines = [as_text({name: self.summary[name] for name in names}), ""]
        for name, report in self.reports.items():
            lines += [
                f"{name}, class {one.label}: {one.verdict}" for one in report.by_class.values()
            ]
        return "\n".join(lines)


def _class_of(report: CalibrationReport, label: Any) -> ClassCalibration:
    """The calibration of one class; None stands for the only one, or the first."""
    classes = list(report.by_class)
    chosen = classes[0] if label is None else classes[position_of(label, classes)]
    return report.by_class[chosen]


def _columns(
    y: np.ndarray,
    proba: np.ndarray,
    labels: Any,
    pos_label: Any,
    weight: np.ndarray,
    order: list | None,
) -> tuple[list, np.ndarray, np.ndarray, Any, str | None]:
    """Classes, the position of each row's, a column per class, the positive class and a note.

    The positive class is None where each of more than two is reported on.
    """
    found, y_encoded = encode(y)
    given = found if labels is None else read_single_labels(labels)
    classes = [label.item() if isinstance(label, np.generic) else label for label in given]
    n_columns = 2 if proba.ndim == 1 else proba.shape[1]
    if len(classes) != n_columns:
        raise ValueError(
            f"y_proba describes {n_columns} classes, but there are {len(classes)}: {classes}. "
            "Give `labels`, the class of each column, where y_true lacks one."
        )
    if n_columns < 2:
        raise ValueError(
            "y_proba needs a column for each of two classes or more, or one dimension."
        )
    y_encoded = np.array([position_of(label, classes) for label in found])[y_encoded]
    low, high = proba.min(), proba.max()
    if low < -_ROUNDING or high > 1.0 + _ROUNDING:
        raise ValueError(f"y_proba must lie in [0, 1], got values from {low:g} to {high:g}.")
    note = None
    if n_columns == 2:
        if pos_label is None and proba.ndim == 1 and labels is not None:
            pos_label = classes[1]
        rows = count(y_encoded, 2, weight)
        pos_label, note = positive_or_rarest(classes, rows, pos_label, order=order)
        if note is not None and proba.ndim == 1:
            warnings.warn(
                f"In y_true {note} The probabilities are read as those of that class.",
                UserWarning,
                stacklevel=3,
            )
    if proba.ndim == 1:
        both = [1.0 - proba, proba] if classes[1] == pos_label else [proba, 1.0 - proba]
        proba = np.column_stack(both)
    off = np.abs(proba.sum(axis=1) - 1.0).max()
    if off > _ROUNDING:
        raise ValueError(
            f"The probabilities of a row must sum to 1; one row is off by {off:g}. Normalise "
            "scores of single classes first."
        )
    return classes, y_encoded, np.clip(proba, 0.0, 1.0), pos_label, note
