"""The metrics of the benchmark: one record holds all that scores, statistics and pages need.

To add a metric, add its record to ``METRICS``. Scores, ranks, the leaderboard, the search of
parameters, the report, exports and the advisor read this list.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from imbalance_kit._confusion import (
    balanced_accuracy,
    f1_macro_occurring,
    g_mean,
    matthews_corrcoef,
)
from imbalance_kit.benchmark._metrics.stored_predictions import Floats, Predictions
from imbalance_kit.metrics import expected_calibration_error

CALIBRATION_BINS = 10
# below, a log loss depends on rounding more than on the method
SMALLEST_PROBABILITY = 1e-15

RANKING, OWN, TUNED, CALIBRATION = "Ranking", "Own decision", "Tuned threshold", "Calibration"
#: Groups of metrics, in the order of the leaderboard's columns.
GROUPS = (RANKING, OWN, TUNED, CALIBRATION)
#: What pairs are ranked by where nothing else is named.
PRIMARY = "auprc"


@dataclass(frozen=True)
class Metric:
    """A metric: how it is called, computed, compared and imputed.

    Attributes
    ----------
    name : str
        Of its column.
    label : str
        Heading of its column in tables.
    meaning : str
        What it is, for readers of the report.
    group : str
        Heading over its column, one of ``GROUPS``.
    higher_is_better : bool
    of_predictions : callable or None
        Takes :class:`Predictions`, returns the value. None where ``of_confusion`` is given.
    of_confusion : callable or None
        Takes a stack of confusion matrices, returns a value for each: a metric of decisions, for
        which a threshold can be tuned.
    of_constant : callable or None
        Takes class shares, from the most to the least frequent class, and returns the expected
        value of a predictor that answers every row with them: what a failed cell gets. None for a
        metric in which such a predictor is perfect. A failed cell then stays NaN, so that it is
        not rewarded, and nobody is advised by that metric alone.
    tuned : bool
        Whether it is taken of the decision that is best for it on the validation part, instead of
        what ``predict`` decided.
    title : str
        Name in sentences, and with a capital in charts; the label by default.
    digits : int
        Decimals in tables.
    rope : float
        Half width of the region of practical equivalence: smaller differences do not matter.
    """

    name: str
    label: str
    meaning: str
    group: str
    higher_is_better: bool = True
    of_predictions: Callable[[Predictions], float] | None = None
    of_confusion: Callable[[Floats], Floats] | None = None
    of_constant: Callable[[Floats], float] | None = None
    tuned: bool = False
    title: str = ""
    digits: int = 3
    rope: float = 0.01

    def __post_init__(self) -> None:
        if (self.of_predictions is None) == (self.of_confusion is None):
            raise ValueError(f"Metric {self.name!r}: give of_predictions or of_confusion.")
        if not self.title:
            object.__setattr__(self, "title", self.label)
        if self.tuned and self.of_confusion is None:
            raise ValueError(f"Metric {self.name!r}: only a metric of decisions can be tuned.")

    def value(self, predictions: Predictions) -> float:
        """The metric of some predictions."""
        if self.of_confusion is not None:
            return float(self.of_confusion(predictions.confusion))
        if self.of_predictions is None:
            raise ValueError(f"Metric {self.name!r} cannot be computed.")
        return float(self.of_predictions(predictions))

    def imputed(self, shares: Floats) -> float:
        """Value of a failed cell."""
        return math.nan if self.of_constant is None else float(self.of_constant(shares))

    @property
    def full_label(self) -> str:
        """Label that needs no heading over it."""
        suffix = {TUNED: ", tuned", OWN: ", own"}.get(self.group, "")
        return f"{self.label}{suffix}"

    @property
    def hint(self) -> str:
        """Which way is better, beside an axis."""
        return (
            "better \N{RIGHTWARDS ARROW}" if self.higher_is_better else "\N{LEFTWARDS ARROW} better"
        )


def _of_decisions(
    name: str,
    label: str,
    meaning: str,
    of_confusion: Callable[[Floats], Floats],
    of_constant: Callable[[Floats], float],
    title: str,
) -> tuple[Metric, Metric]:
    """A metric of what ``predict`` decided, and the same at the tuned threshold."""
    own = Metric(
        name,
        label,
        meaning,
        OWN,
        of_confusion=of_confusion,
        of_constant=of_constant,
        title=title,
    )
    at_threshold = Metric(
        f"{name}_tuned",
        label,
        f"{title} at the tuned threshold",
        TUNED,
        of_confusion=of_confusion,
        of_constant=of_constant,
        tuned=True,
        title=f"{title}, tuned",
    )
    return own, at_threshold


def _brier(predictions: Predictions) -> float:
    squares = (predictions.proba - predictions.events) ** 2
    return float((squares[:, 1] if predictions.n_classes == 2 else squares.sum(axis=1)).mean())


def _log_loss(predictions: Predictions) -> float:
    of_true_class = predictions.proba[np.arange(len(predictions.proba)), predictions.y_encoded]
    return float(-np.log(np.clip(of_true_class, SMALLEST_PROBABILITY, 1.0)).mean())


def _calibration_error(predictions: Predictions) -> float:
    return expected_calibration_error(
        predictions.y_encoded,
        np.clip(predictions.proba, 0.0, 1.0),
        n_bins=CALIBRATION_BINS,
        strategy="quantile",
        labels=np.arange(predictions.n_classes),
    )


def _auprc_of_constant(shares: Floats) -> float:
    return shares[-1] if len(shares) == 2 else shares.mean()


def _f1_of_constant(shares: Floats) -> float:
    # the largest class is found with recall 1 and a precision of its share, the others never
    return 2 * shares[0] / (1 + shares[0]) / len(shares)


def _brier_of_constant(shares: Floats) -> float:
    return shares[0] * shares[1] if len(shares) == 2 else 1 - (shares**2).sum()


def _log_loss_of_constant(shares: Floats) -> float:
    occurring = shares[shares > 0]
    return -(occurring * np.log(occurring)).sum()


_RECORDS = (
    Metric(
        "auprc",
        "AUPRC",
        "average precision of the rarest class; with more than two classes the mean over classes, "
        "one against the rest",
        RANKING,
        of_predictions=lambda predictions: predictions.ranking[0],
        of_constant=_auprc_of_constant,
    ),
    Metric(
        "auroc",
        "AUROC",
        "area under the ROC curve; with more than two classes the mean over classes, one against "
        "the rest",
        RANKING,
        of_predictions=lambda predictions: predictions.ranking[1],
        of_constant=lambda shares: 0.5,
    ),
    *_of_decisions(
        "balanced_accuracy",
        "Bal. acc.",
        "balanced accuracy: mean of the classes' recalls",
        balanced_accuracy,
        lambda shares: 1 / len(shares),
        title="balanced accuracy",
    ),
    *_of_decisions(
        "macro_f1",
        "Macro-F1",
        "F1 of each class, averaged over classes",
        f1_macro_occurring,
        _f1_of_constant,
        title="macro-F1",
    ),
    *_of_decisions(
        "g_mean",
        "G-mean",
        "geometric mean of the classes' recalls",
        g_mean,
        lambda shares: 0.0,
        title="G-mean",
    ),
    *_of_decisions(
        "mcc",
        "MCC",
        "Matthews' correlation coefficient",
        matthews_corrcoef,
        lambda shares: 0.0,
        title="MCC",
    ),
    Metric(
        "brier",
        "Brier",
        "Brier score: mean squared error of the probabilities (of the rarest class with two "
        "classes, summed over classes with more)",
        CALIBRATION,
        higher_is_better=False,
        of_predictions=_brier,
        of_constant=_brier_of_constant,
        title="Brier score",
        digits=4,
        # at most the share of the rare class for any sensible model, so that a hundredth would
        # make every difference one that does not matter
        rope=0.002,
    ),
    Metric(
        "log_loss",
        "Log loss",
        "mean negative log-probability of the true class",
        CALIBRATION,
        higher_is_better=False,
        of_predictions=_log_loss,
        of_constant=_log_loss_of_constant,
        title="log loss",
    ),
    Metric(
        "calibration_error",
        "Cal. error",
        "expected calibration error: mean gap between predicted probability and observed share "
        "in ten bins of equally many rows, with more than two classes the mean over classes",
        CALIBRATION,
        higher_is_better=False,
        of_predictions=_calibration_error,
        title="calibration error",
    ),
)

METRICS: dict[str, Metric] = {metric.name: metric for metric in _RECORDS}


def constant_prior_scores(prior: list[float]) -> dict[str, float]:
    """Expected scores of a predictor that answers every row with the training class shares.

    Parameters
    ----------
    prior : list of float
        Class shares from the most to the least frequent class.

    Returns
    -------
    dict of str to float
        One value per metric.
    """
    shares = np.sort(np.asarray(prior, dtype=float))[::-1]
    return {name: metric.imputed(shares) for name, metric in METRICS.items()}


def measure_predictions(predictions: Predictions) -> dict[str, float]:
    """Every metric of one set of predictions that needs no tuning."""
    return {name: metric.value(predictions) for name, metric in METRICS.items() if not metric.tuned}


def decision_metrics(*, tuned: bool) -> dict[str, Callable[[Floats], Floats]]:
    """Functions of confusion matrices of the metrics that are tuned, or of those that are not."""
    return {
        name: metric.of_confusion
        for name, metric in METRICS.items()
        if metric.of_confusion is not None and metric.tuned == tuned
    }
