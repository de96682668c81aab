"""Class shares and calibration of a model in use, one batch after the other."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.utils import check_array

from imbalance_kit._tables.labels import read_single_labels
from imbalance_kit.calibration._calibration_martingale import CalibrationMartingale
from imbalance_kit.calibration._label_shift import LabelShift, estimate_label_shift
from imbalance_kit.calibration._prior import correct_prior
from imbalance_kit.calibration._prior_corrected import read_shares
from imbalance_kit.calibration._report_tables import as_frame

_ROUNDED = 1e-3  # what float16 and sums over a hundred classes may be off


@dataclass(frozen=True)
class CalibrationCheck:
    """Evidence of all labels so far against the probabilities.

    Attributes
    ----------
    n_batches : int
        Batches with labels so far.
    n_rows : int
        Their rows.
    observed : ndarray of shape (n_classes,)
        Rows of each class, by weight where there are weights.
    expected : ndarray of shape (n_classes,)
        Sums of the probabilities, likewise.
    class_log_e_values : ndarray of shape (n_classes,)
        Logarithm of the evidence against the probabilities of each class; with two classes, both
        are one.
    log_e_value : float
        Logarithm of the mean evidence over the classes.
    p_value : float
        Valid at every look: while probabilities are right, it ever falls to a with probability a at
        most. One over the greatest evidence so far.
    alarm : bool
        Whether the p-value is at most the false-alarm rate.
    """

    n_batches: int
    n_rows: int
    observed: np.ndarray
    expected: np.ndarray
    class_log_e_values: np.ndarray
    log_e_value: float
    p_value: float
    alarm: bool

    @property
    def e_value(self) -> float:
        """Evidence against calibration: 1 at first, about as much later if there is none."""
        with np.errstate(over="ignore"):
            return float(np.exp(self.log_e_value))


class CalibrationMonitor:
    """Class shares without labels, and calibration as labels come in, for a model in use.

    For a job that runs every week: it takes the model's probabilities, not the model, so it does
    not matter where or by what those were computed.

    Parameters
    ----------
    classes : array-like of shape (n_classes,)
        Class labels in the order of the columns of the probabilities: the `classes_` of the model.

    source_prior : dict or array-like of shape (n_classes,)
        Class shares that the probabilities are calibrated for, by label or in the order of
        `classes`. Take the mean probabilities of labelled rows that the model was not fitted on,
        so that rows without a shift give exactly no shift.

    false_alarm_rate : float, default=0.01
        Probability of ever raising an alarm, however often one looks, while probabilities are
        right.

    Attributes
    ----------
    prior : ndarray of shape (n_classes,)
        Class shares of the latest rows without labels; `source_prior` before.

    prior_error : ndarray of shape (n_classes,)
        Their standard errors; NaN before.

    checks : list of CalibrationCheck
        One for each batch with labels since the start, or since `reset`.

    Raises
    ------
    ValueError
        If there are fewer than two classes, a label stands twice, a share is not positive or the
        rate does not lie between 0 and 1.

    See Also
    --------
    LabelShiftClassifier : A classifier that estimates class shares and corrects for them itself.

    correct_prior : The correction by itself.

    CalibrationReport : Calibration of one sample in detail, looked at once.

    Notes
    -----
    **Class shares** are those of :func:`estimate_label_shift` (``method="em"``), with the standard
    errors of its likelihood: the sampling error of the rows. Errors of the calibration come on
    top. The assumption is label shift: within each class rows look as they did before.

    **The test** multiplies, over all labelled rows, the likelihood ratio of each of 54 fixed
    alternatives to the probability that was predicted: log odds that are shifted or stretched.
    The mean over them and over the batch with which a change came is a test martingale: it
    starts at 1, is expected to stay there while each row has its class with the probability that
    was predicted, and reaches ``1 / false_alarm_rate`` with at most that probability, ever [1]_,
    [2]_. So it may be looked at after every batch, and monitoring may stop or go on at will. Each
    class is tested against the rest, and the mean of their evidence is evidence too [3]_. In
    return a change is found later than by a test that is done once. A change of the odds by less
    than about 5 % is not looked for.

    **What has to hold.** Probabilities must be fixed before their labels are known. Labels may be
    missing, late, or asked for where the probability is high: which rows have one may depend on
    probabilities and on earlier labels, but not on the label itself. Rows must not depend on each
    other given their probabilities. For clusters of rows that do, such as visits of a patient, give
    each row the weight 1 / (rows of its cluster) and each cluster in one batch: then the rate
    holds whatever the dependence.

    **Probabilities of exactly 0** for a class that then occurs are refuted by one row, and the
    evidence is infinite. Forests predict them often: calibrate first.

    **After a correction for shares.** Give `update` the probabilities that were in use. Those that
    are corrected for estimated shares inherit their error, which with many more labelled than
    unlabelled rows will be found.

    Cost: 54 logarithms a row and class; the state does not grow with the rows.

    References
    ----------
    .. [1] J. Ville, "Étude critique de la notion de collectif", Gauthier-Villars, 1939.
    .. [2] G. Shafer, A. Shen, N. Vereshchagin, V. Vovk, "Test Martingales, Bayes Factors and
       p-Values", Statistical Science, 2011.
    .. [3] V. Vovk, R. Wang, "E-values: Calibration, Combination and Applications", The Annals of
       Statistics, 2021.
    .. [4] M. Saerens, P. Latinne, C. Decaestecker, "Adjusting the Outputs of a Classifier to New
       a Priori Probabilities: A Simple Procedure", Neural Computation, 2002.

    Examples
    --------
    Probabilities are right for ten weeks, then the true odds are three times as high:

    >>> import numpy as np
    >>> from imbalance_kit.calibration import CalibrationMonitor
    >>> rng = np.random.default_rng(0)
    >>> monitor = CalibrationMonitor(["fine", "leak"], source_prior={"fine": 0.95, "leak": 0.05})
    >>> def week(factor):
    ...     leak = rng.beta(0.5, 9.5, size=500)
    ...     true = factor * leak / (1 - leak + factor * leak)
    ...     y = np.where(rng.random(500) < true, "leak", "fine")
    ...     return np.column_stack([1 - leak, leak]), y
    >>> for _ in range(10):
    ...     check = monitor.update(*week(1))
    >>> check.alarm
    False
    >>> for _ in range(3):
    ...     check = monitor.update(*week(3))
    >>> check.alarm
    True
    """

    checks: list[CalibrationCheck]
    _martingale: CalibrationMartingale
    _most_evidence: float

    def __init__(self, classes: Any, *, source_prior: Any, false_alarm_rate: float = 0.01) -> None:
        self.classes = read_single_labels(classes)
        labels = self.classes.tolist()
        if len(labels) < 2 or len(set(labels)) < len(labels):
            raise ValueError(
                f"classes needs two or more different labels, got {labels}. Give the classes_ of "
                "the model."
            )
        shares = read_shares("source_prior", source_prior, self.classes)
        if shares.min() <= 0:
            raise ValueError(
                f"The shares in source_prior must be positive; got {shares.tolist()}. Leave out a "
                "class that the model cannot predict."
            )
        if not 0 < false_alarm_rate < 1:
            raise ValueError(
                f"false_alarm_rate must lie between 0 and 1; got {false_alarm_rate}. .01 allows "
                "one false alarm in a hundred monitored models."
            )
        self.source_prior = shares / shares.sum()
        self.false_alarm_rate = false_alarm_rate
        self.prior = self.source_prior
        self.prior_error = np.full(len(shares), np.nan)
        self.reset()

    def __repr__(self) -> str:
        return (
            f"CalibrationMonitor(classes={self.classes.tolist()}, "
            f"source_prior={self.source_prior.tolist()}, false_alarm_rate={self.false_alarm_rate})"
        )

    def estimate_prior(self, proba: Any) -> LabelShift:
        """Class shares of rows without labels, which `correct` and `threshold` use from now on.

        Parameters
        ----------
        proba : array-like of shape (n_samples, n_classes) or (n_samples,)
            The model's probabilities; with two classes those of the second will do.

        Returns
        -------
        shift : LabelShift
            Shares, their standard errors, and rounds.
        """
        shift = estimate_label_shift(self._read(proba), source_prior=self.source_prior)
        self.prior, self.prior_error = shift.prior, shift.error
        return shift

    def correct(self, proba: Any) -> np.ndarray:
        """Probabilities under the latest class shares.

        Parameters
        ----------
        proba : array-like of shape (n_samples, n_classes) or (n_samples,)
            The model's probabilities; with two classes those of the second will do.

        Returns
        -------
        corrected : ndarray of shape (n_samples, n_classes)
            Probabilities for all classes.
        """
        proba = self._read(proba)
        return correct_prior(proba, trained_on=self.source_prior, true_prior=self.prior)

    def threshold(self, wanted: float) -> float:
        """Threshold on the model's probability that equals one on the corrected probability.

        Parameters
        ----------
        wanted : float
            Threshold on the corrected probability of the second of two classes: with costs, those
            of a false alarm over the sum of those of a false alarm and a miss.

        Returns
        -------
        threshold : float
            For the model's own probability of the second class, where correcting every row is not
            wanted or not possible. It holds until shares are estimated again.
        """
        if len(self.classes) != 2:
            raise ValueError(
                f"A threshold decides between two classes; there are {len(self.classes)}. Decide "
                "by the corrected probabilities of correct()."
            )
        if not 0 <= wanted <= 1:
            raise ValueError(f"wanted is a probability between 0 and 1; got {wanted}.")
        if self.prior.min() <= 0:
            raise ValueError(
                f"A class has an estimated share of 0 ({self.prior.tolist()}), so no threshold "
                "stands for another. Estimate the shares from more rows."
            )
        at = np.array([[1.0 - wanted, wanted]])
        return float(correct_prior(at, trained_on=self.prior, true_prior=self.source_prior)[0, 1])

    def update(self, proba: Any, y: Any, sample_weight: Any = None) -> CalibrationCheck:
        """Test the probabilities with one more batch of labels.

        Parameters
        ----------
        proba : array-like of shape (n_samples, n_classes) or (n_samples,)
            Probabilities as they were predicted, before labels were known; with two classes those
            of the second will do.

        y : array-like of shape (n_samples,)
            Labels.

        sample_weight : array-like of shape (n_samples,), default=None
            How much of its evidence each row counts for, between 0 and 1.

        Returns
        -------
        check : CalibrationCheck
            The evidence of all labels since the start, or since `reset`.
        """
        proba = self._read(proba)
        event = self._read_events(y, len(proba))
        weight = _read_weight(sample_weight, len(proba))
        tested = slice(1, None) if len(self.classes) == 2 else slice(None)
        self._martingale.add(proba[:, tested], event[:, tested], weight)
        counted = np.ones(len(proba)) if weight is None else weight
        by_class = self._martingale.log_e_values
        log_e_value = float(np.logaddexp.reduce(by_class) - np.log(len(by_class)))
        self._most_evidence = max(self._most_evidence, log_e_value)
        before = self.checks[-1] if self.checks else None
        p_value = float(np.exp(-self._most_evidence))
        check = CalibrationCheck(
            n_batches=self._martingale.n_batches,
            n_rows=len(proba) + (before.n_rows if before else 0),
            observed=counted @ event + (before.observed if before else 0.0),
            expected=counted @ proba + (before.expected if before else 0.0),
            class_log_e_values=np.broadcast_to(by_class, len(self.classes)).copy(),
            log_e_value=log_e_value,
            p_value=p_value,
            alarm=p_value <= self.false_alarm_rate,
        )
        self.checks.append(check)
        return check

    def reset(self) -> "CalibrationMonitor":
        """Forget all labels: after a new model or calibration. The false-alarm rate starts anew.

        Returns
        -------
        self : CalibrationMonitor
            The monitor, with the class shares it had.
        """
        n_tested = 1 if len(self.classes) == 2 else len(self.classes)
        self._martingale = CalibrationMartingale(self.source_prior[-n_tested:])
        self._most_evidence = 0.0
        self.checks = []
        return self

    def to_frame(self) -> Any:
        """The checks as a pandas DataFrame.

        Returns
        -------
        frame : pandas.DataFrame
            One row per check and class.
        """
        return as_frame({"checks": self._columns}, "checks")

    def _columns(self) -> dict[str, list]:
        checks, n_classes = self.checks, len(self.classes)
        by_class = {
            "observed": [value for check in checks for value in check.observed.tolist()],
            "expected": [value for check in checks for value in check.expected.tolist()],
            "class_log_e_value": [
                value for check in checks for value in check.class_log_e_values.tolist()
            ],
        }
        names = ("n_batches", "n_rows", "log_e_value", "p_value", "alarm")
        of_check = {
            name: [getattr(check, name) for check in checks for _ in range(n_classes)]
            for name in names
        }
        return {"class": self.classes.tolist() * len(checks), **by_class, **of_check}

    def _read(self, proba: Any) -> np.ndarray:
        """Probabilities of all classes, checked."""
        labels = self.classes.tolist()
        values = check_array(proba, dtype=np.float64, ensure_2d=False, input_name="proba")
        if values.ndim == 1 and len(labels) == 2:
            values = np.column_stack([1.0 - values, values])
        if values.ndim != 2 or values.shape[1] != len(labels):
            raise ValueError(
                f"proba needs one column for each of the classes {labels}, in that order; got an "
                f"array of shape {values.shape}."
            )
        if values.min() < 0 or values.max() > 1 + _ROUNDED:
            raise ValueError(
                f"proba holds values from {values.min():.3g} to {values.max():.3g}; expected "
                "probabilities. Give predict_proba, not decision_function."
            )
        off = np.abs(values.sum(axis=1) - 1.0)
        if off.max() > _ROUNDED:
            row = int(off.argmax())
            raise ValueError(
                f"The probabilities of a row must add up to 1; those of row {row} add up to "
                f"{values[row].sum():.4g}."
            )
        return values.clip(max=1.0)

    def _read_events(self, y: Any, n_rows: int) -> np.ndarray:
        """Which class each row has, one column per class."""
        y = read_single_labels(y)
        if len(y) != n_rows:
            raise ValueError(f"proba has {n_rows} rows and y has {len(y)} labels; give the same.")
        event = y[:, None] == self.classes
        if not event.any(axis=1).all():
            unknown = np.unique(y[~event.any(axis=1)]).tolist()
            raise ValueError(
                f"y holds the labels {unknown}; expected those in classes: "
                f"{self.classes.tolist()}. A class that the model does not know needs a new model."
            )
        return event


def _read_weight(sample_weight: Any, n_rows: int) -> np.ndarray | None:
    if sample_weight is None:
        return None
    weight = check_array(
        sample_weight, dtype=np.float64, ensure_2d=False, input_name="sample_weight"
    )
    if weight.shape != (n_rows,):
        raise ValueError(
            f"sample_weight needs one number for each of {n_rows} rows, got an array of shape "
            f"{weight.shape}."
        )
    if weight.min() < 0 or weight.max() > 1:
        raise ValueError(
            f"sample_weight must lie between 0 and 1; got {weight.min():.3g} to "
            f"{weight.max():.3g}. A row that counts more than once would be more evidence than it "
            "is: scale the weights by their largest."
        )
    return weight
