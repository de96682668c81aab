"""Metrics of one set of predictions."""

import numpy as np

from imbalance_kit.benchmark._metrics.tuned_thresholds import (
    DECISION_METRICS,
    Codes,
    Floats,
    confusion,
)
from imbalance_kit.metrics import expected_calibration_error

RANKING = ("auprc", "auroc")
CALIBRATION = ("brier", "log_loss", "calibration_error")
METRICS = (
    *RANKING,
    *DECISION_METRICS,
    *(f"{name}_tuned" for name in DECISION_METRICS),
    *CALIBRATION,
)
CALIBRATION_BINS = 10
SMALLEST_PROBABILITY = 1e-15  # below, a log loss says more about rounding than about the method


def measure(y: Codes, proba: Floats, decision: Codes) -> dict[str, float]:
    """Metrics of one set of predictions, without the tuned ones.

    Parameters
    ----------
    y, decision : ndarray of shape (n,)
        True and decided class codes 0..K-1; the last code is the rarest class.
    proba : ndarray of shape (n, K)
    """
    n_rows, n_classes = proba.shape
    events = np.zeros((n_rows, n_classes))
    events[np.arange(n_rows), y] = 1.0
    # for two classes the rare one alone; else every class that occurs
    occurring = [1] if n_classes == 2 else np.flatnonzero(events.any(axis=0)).tolist()
    ranked = [code for code in occurring if 0 < events[:, code].sum() < n_rows]
    each = [rank_quality(events[:, code], proba[:, code]) for code in ranked]
    mean = np.mean(each, axis=0) if each else np.full(len(RANKING), np.nan)
    values = dict(zip(RANKING, map(float, mean), strict=True))
    decided = confusion(y, decision, n_classes)
    values.update({name: float(metric(decided)) for name, metric in DECISION_METRICS.items()})
    squares = (proba - events) ** 2
    values["brier"] = float((squares[:, 1] if n_classes == 2 else squares.sum(axis=1)).mean())
    clipped = np.clip(proba[np.arange(n_rows), y], SMALLEST_PROBABILITY, 1.0)
    values["log_loss"] = float(-np.log(clipped).mean())
    values["calibration_error"] = expected_calibration_error(
        y,
        np.clip(proba, 0.0, 1.0),
        n_bins=CALIBRATION_BINS,
        strategy="quantile",
        labels=np.arange(n_classes),
    )
    return values


def rank_quality(event: Floats, score: Floats) -> tuple[float, float]:
    """Average precision and area under the ROC curve of one column, from one sort.

    Equal to scikit-learn's, whose checks of the input cost twenty times this arithmetic on the
    few hundred rows of a usual test part. Equal scores are one step of both curves.
    """
    order = np.argsort(-score, kind="stable")
    ends = np.flatnonzero(np.append(np.diff(score[order]) != 0, True))
    true = np.cumsum(event[order])[ends]
    false = ends + 1 - true
    average_precision = np.sum(np.diff(true, prepend=0.0) * true / (ends + 1)) / true[-1]
    heights = (true + np.append(0.0, true[:-1])) / 2.0
    area = np.sum(np.diff(false, prepend=0.0) * heights) / (true[-1] * false[-1])
    return float(average_precision), float(area)
