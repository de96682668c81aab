"""The calibration of one class against the rest, with a verdict in words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import norm

from imbalance_kit.calibration._grouped_rows import effective_rows
from imbalance_kit.calibration._reliability import (
    BrierParts,
    CalibrationLine,
    ReliabilityTable,
    brier_parts,
    calibration_line,
    log_loss_of,
    reliability_table,
    share_interval,
    spiegelhalter_test,
)
from imbalance_kit.metrics._bootstrap import student_factor
from imbalance_kit.metrics._calibration_error import bins_of

FEWEST = 10  # rows of the class, and of the rest, below which no verdict is given
EVEN_EDGES = np.linspace(0.0, 1.0, 10_001)


@dataclass(frozen=True)
class ClassCalibration:
    """Predicted and observed frequency of one class, and measures of their difference.

    Attributes
    ----------
    label : label
        The class.

    rows, events : float
        Weight of all rows, and of those of the class.

    predicted, observed : float
        Mean probability, and share of the class.

    observed_low, observed_high : float
        Clopper-Pearson interval of that share.

    intercept : float
        What to add to the log odds so that as many rows are predicted as there are; negative
        where too many are. 0 is calibration.

    intercept_low, intercept_high : float
        Its interval.

    slope : float
        Slope of the observed log odds over the predicted ones; below 1 probabilities are too
        extreme. Not finite where the probability separates the class from the rest without error,
        NaN where all probabilities are equal.

    slope_low, slope_high : float
        Its interval.

    slope_intercept : float
        The intercept that belongs to that slope.

    brier : BrierParts
        Brier score and its parts: ``score``, ``reliability``, ``resolution``, ``uncertainty``,
        ``within_variance``, ``within_covariance``.

    log_loss : float
        Log loss of the class against the rest.

    calibration_error : float
        Mean over the rows of the absolute error of their bin.

    z, p_value : float
        Spiegelhalter's test of the hypothesis that the probabilities are the true ones.

    confidence : float
        Level of the intervals.

    bins : ReliabilityTable
        Arrays ``rows``, ``lowest``, ``highest``, ``predicted``, ``observed``, ``observed_low``,
        ``observed_high``, one entry per bin.

    n_clipped : int
        Over-confident rows, whose probability was clipped for log loss, intercept and slope.

    even_counts, log_counts : ndarray
        Weight of the rows by probability, over 10,000 equal steps and over equal ratios.

    log_edges : ndarray
        Borders of the latter; what lies below the first is counted there.
    """

    label: Any
    rows: float
    events: float
    predicted: float
    observed: float
    observed_low: float
    observed_high: float
    intercept: float
    intercept_low: float
    intercept_high: float
    slope: float
    slope_low: float
    slope_high: float
    slope_intercept: float
    brier: BrierParts
    log_loss: float
    calibration_error: float
    z: float
    p_value: float
    confidence: float
    bins: ReliabilityTable
    n_clipped: int
    even_counts: NDArray[np.float64]
    log_counts: NDArray[np.float64]
    log_edges: NDArray[np.float64]

    @property
    def ratio(self) -> float:
        """Predicted over observed frequency; ``inf`` where no row is of the class."""
        return self.predicted / self.observed if self.observed > 0 else float("inf")

    @property
    def verdict(self) -> str:
        """The calibration in words."""
        fewest = min(self.events, self.rows - self.events)
        if fewest < FEWEST:
            which = "rows of the class" if self.events == fewest else "rows of the rest"
            return f"too few {which} ({fewest:g}) for a verdict"
        found = []
        if not self.observed_low <= self.predicted <= self.observed_high:
            found.append(_in_words(self.ratio))
        if np.isposinf(self.slope):
            found.append("the class is separated from the rest without error")
        elif np.isneginf(self.slope):
            found.append("the class is separated from the rest, in reverse order")
        elif self.slope_high < 1:
            found.append(f"probabilities are too extreme (slope {self.slope:.2f})")
        elif self.slope_low > 1:
            found.append(f"probabilities are not extreme enough (slope {self.slope:.2f})")
        if not found and self.p_value < 1 - self.confidence:
            found.append(f"a curve: mean and slope agree, Spiegelhalter's z is {self.z:.1f}")
        return "; ".join(found) or "no departure from calibration that chance would not explain"

    def as_row(self) -> dict[str, Any]:
        """The numbers as one row of a table.

        Returns
        -------
        row : dict
        """
        parts = self.brier
        return {
            "class": self.label,
            "rows": self.rows,
            "events": self.events,
            "predicted": self.predicted,
            "observed": self.observed,
            "observed_low": self.observed_low,
            "observed_high": self.observed_high,
            "ratio": self.ratio,
            "intercept": self.intercept,
            "intercept_low": self.intercept_low,
            "intercept_high": self.intercept_high,
            "slope": self.slope,
            "slope_low": self.slope_low,
            "slope_high": self.slope_high,
            "brier_score": parts.score,
            "reliability": parts.reliability,
            "resolution": parts.resolution,
            "uncertainty": parts.uncertainty,
            "within_variance": parts.within_variance,
            "within_covariance": parts.within_covariance,
            "log_loss": self.log_loss,
            "calibration_error": self.calibration_error,
            "z": self.z,
            "p_value": self.p_value,
            "verdict": self.verdict,
        }

    def bin_columns(self) -> dict[str, list]:
        """The bins as columns of a table.

        Returns
        -------
        columns : dict of list
        """
        bins = self.bins
        return {
            "class": [self.label] * len(bins.rows),
            "rows": bins.rows.tolist(),
            "lowest": bins.lowest.tolist(),
            "highest": bins.highest.tolist(),
            "predicted": bins.predicted.tolist(),
            "observed": bins.observed.tolist(),
            "observed_low": bins.observed_low.tolist(),
            "observed_high": bins.observed_high.tolist(),
        }

    def described(self) -> str:
        """The numbers as a few lines of text.

        Returns
        -------
        text : str
        """
        parts = self.brier
        within = parts.within_variance - parts.within_covariance
        lines = [
            f"class {self.label}: {self.events:g} of {self.rows:g} rows",
            f"  predicted / observed  {self.ratio:.3g}: {self.predicted:.4g} / {self.observed:.4g}"
            f" [{self.observed_low:.4g}, {self.observed_high:.4g}]",
            f"  intercept at slope 1  {self.intercept:.3f}"
            f" [{self.intercept_low:.3f}, {self.intercept_high:.3f}]",
            f"  slope                 {self.slope:.3f}"
            f" [{self.slope_low:.3f}, {self.slope_high:.3f}]",
            f"  Brier score           {parts.score:.5f} = reliability {parts.reliability:.5f}"
            f" - resolution {parts.resolution:.5f} + uncertainty {parts.uncertainty:.5f}"
            f" {'-' if within < 0 else '+'} within bins {abs(within):.5f}",
            f"  Spiegelhalter's z     {self.z:.2f}, p {self.p_value:.4f}",
        ]
        if self.n_clipped:
            lines.append(f"  over-confident        {self.n_clipped} rows at 0 or 1")
        return "\n".join([*lines, f"  verdict: {self.verdict}"])


def calibration_of(
    label: Any,
    event: NDArray[np.bool_],
    proba: NDArray[np.float64],
    weight: NDArray[np.float64],
    *,
    n_bins: int,
    strategy: str,
    confidence: float,
    clip: float,
    unit: NDArray[np.intp] | None = None,
) -> ClassCalibration:
    """Measure one class; all weights are positive. `unit` has the groups of rows, if any."""
    observed = event.astype(np.float64)
    bins = np.unique(bins_of(proba, n_bins, strategy, weight), return_inverse=True)[1]
    table = reliability_table(observed, proba, weight, bins, confidence, unit)
    inside = np.clip(proba, clip, 1.0 - clip)
    line: CalibrationLine = calibration_line(observed, inside, weight, unit)
    z_limit = float(norm.ppf(0.5 + confidence / 2.0))
    z, p_value = spiegelhalter_test(observed, proba, weight, unit)
    rows, events = weight.sum(), weight @ observed
    told_by = rows
    if unit is not None:
        z_limit *= float(student_factor(max(len(np.unique(unit)) - 1, 1), confidence))
        told_by = effective_rows(observed, weight, unit, confidence)
    low, high = share_interval(events / rows * told_by, told_by, confidence)
    log_edges = np.geomspace(clip, 1.0, 121)
    # rounding of the logarithm must not put a probability of clip or 1 outside
    in_log = np.clip(proba, clip, 1.0)
    return ClassCalibration(
        label=label,
        rows=float(rows),
        events=float(events),
        predicted=float(weight @ proba / rows),
        observed=float(events / rows),
        observed_low=float(low),
        observed_high=float(high),
        intercept=line.offset,
        intercept_low=line.offset - z_limit * line.offset_error,
        intercept_high=line.offset + z_limit * line.offset_error,
        slope=line.slope,
        slope_low=line.slope - z_limit * line.slope_error,
        slope_high=line.slope + z_limit * line.slope_error,
        slope_intercept=line.intercept,
        brier=brier_parts(observed, proba, weight, bins),
        log_loss=log_loss_of(observed, inside, weight),
        calibration_error=float(table.rows @ np.abs(table.predicted - table.observed) / rows),
        z=z,
        p_value=p_value,
        confidence=confidence,
        bins=table,
        n_clipped=int(np.count_nonzero(inside != proba)),
        even_counts=np.histogram(proba, EVEN_EDGES, weights=weight)[0],
        log_counts=np.histogram(in_log, log_edges, weights=weight)[0],
        log_edges=log_edges,
    )


def _in_words(ratio: float) -> str:
    """A ratio as a multiple, or in per cent where it is near to 1."""
    if ratio >= 1.5:
        return f"predicts {ratio:.2g} times as many rows as there are"
    if ratio <= 1 / 1.5:
        return f"predicts only {ratio:.2g} times as many rows as there are"
    more = "more" if ratio > 1 else "fewer"
    return f"predicts {abs(100 * (ratio - 1)):.2g} % {more} rows than there are"
