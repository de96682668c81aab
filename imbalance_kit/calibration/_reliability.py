"""Predicted and observed frequency of one class: numbers only, arrays in and out.

Every function takes ``event``, which is 1.0 where a row belongs to the class and 0.0 elsewhere, the
probability of the class, and the weight of each row; a row of weight 2 counts as two rows.
"""

from dataclasses import dataclass
from math import inf, nan, sqrt

import numpy as np
from numpy.typing import NDArray
from scipy.special import betaincinv, expit, logit
from scipy.stats import norm

from imbalance_kit.calibration._grouped_rows import effective_rows, group_variance

Floats = NDArray[np.float64]

_MOST_STEPS = 200  # of Newton's method; it takes about 8
_CLOSE = 1e-12


@dataclass(frozen=True)
class ReliabilityTable:
    """Bins of rows with similar probabilities, lowest first; no bin is empty."""

    rows: Floats
    lowest: Floats
    highest: Floats
    predicted: Floats
    observed: Floats
    observed_low: Floats
    observed_high: Floats


@dataclass(frozen=True)
class BrierParts:
    """Parts of the Brier score of one class; they add up to it whatever the bins.

    ``score = reliability - resolution + uncertainty + within_variance - within_covariance``.

    Attributes
    ----------
    score : float
        Mean of ``(probability - event) ** 2``.

    reliability : float
        Mean over bins of ``(predicted - observed) ** 2``; 0 is best.

    resolution : float
        Mean over bins of ``(observed - share of the class) ** 2``; more is better.

    uncertainty : float
        Score of the constant that is the share of the class.

    within_variance, within_covariance : float
        What the bins hide: the variance of the probabilities inside bins, and twice their
        covariance with the event.
    """

    score: float
    reliability: float
    resolution: float
    uncertainty: float
    within_variance: float
    within_covariance: float


@dataclass(frozen=True)
class CalibrationLine:
    """Observed log odds as a line of the predicted ones, with standard errors."""

    offset: float  # the intercept when the slope is held at 1
    offset_error: float
    intercept: float
    intercept_error: float
    slope: float
    slope_error: float


def share_interval(events: Floats, rows: Floats, confidence: float = 0.95) -> tuple[Floats, Floats]:
    """Clopper-Pearson limits of a share; counts may be sums of weights.

    The quantile has no value at a count of 0; there the limits are 0 and 1 by definition.
    """
    tail = (1.0 - confidence) / 2.0
    others = np.maximum(rows - events, 0.0)
    low = np.where(events > 0, betaincinv(np.maximum(events, 1e-300), others + 1.0, tail), 0.0)
    high = np.where(
        others > 0, betaincinv(events + 1.0, np.maximum(others, 1e-300), 1.0 - tail), 1.0
    )
    return low, high


def reliability_table(
    event: Floats,
    proba: Floats,
    weight: Floats,
    bins: NDArray[np.intp],
    confidence: float = 0.95,
    unit: NDArray[np.intp] | None = None,
) -> ReliabilityTable:
    """Mean probability and share of events of each bin; `unit` has groups of rows."""
    rows: Floats = np.bincount(bins, weights=weight).astype(np.float64)
    events: Floats = np.bincount(bins, weights=weight * event).astype(np.float64)
    lowest = np.full(len(rows), inf)
    highest = np.full(len(rows), -inf)
    np.minimum.at(lowest, bins, proba)
    np.maximum.at(highest, bins, proba)
    told_by = rows
    if unit is not None:
        inside = [np.flatnonzero(bins == number) for number in range(len(rows))]
        told_by = np.array(
            [effective_rows(event[one], weight[one], unit[one], confidence) for one in inside]
        )
    low, high = share_interval(events / rows * told_by, told_by, confidence)
    return ReliabilityTable(
        rows=rows,
        lowest=lowest,
        highest=highest,
        predicted=np.bincount(bins, weights=weight * proba) / rows,
        observed=events / rows,
        observed_low=low,
        observed_high=high,
    )


def brier_parts(event: Floats, proba: Floats, weight: Floats, bins: NDArray[np.intp]) -> BrierParts:
    """Brier score and parts that add up to it whatever the bins (Stephenson and others 2008)."""
    total = weight.sum()
    rows = np.bincount(bins, weights=weight)
    predicted = np.bincount(bins, weights=weight * proba) / rows
    observed = np.bincount(bins, weights=weight * event) / rows
    share = float(weight @ event / total)
    apart = proba - predicted[bins]
    return BrierParts(
        score=float(weight @ (proba - event) ** 2 / total),
        reliability=float(rows @ (predicted - observed) ** 2 / total),
        resolution=float(rows @ (observed - share) ** 2 / total),
        uncertainty=share * (1.0 - share),
        within_variance=float(weight @ apart**2 / total),
        within_covariance=float(2.0 * (weight @ (apart * (event - observed[bins]))) / total),
    )


def log_loss_of(event: Floats, proba: Floats, weight: Floats) -> float:
    """Mean negative log-likelihood; `proba` lies inside (0, 1)."""
    losses = np.where(event == 1.0, -np.log(proba), -np.log1p(-proba))
    return float(weight @ losses / weight.sum())


def calibration_line(
    event: Floats, proba: Floats, weight: Floats, unit: NDArray[np.intp] | None = None
) -> CalibrationLine:
    """Logistic regression of the event on the log odds that were predicted (Cox 1958).

    `proba` lies inside (0, 1). A slope of 1 and an intercept of 0 is calibration. Where the
    probability separates the events from the others the slope has no finite estimate: it is ``inf``
    (``-inf`` in reverse order), and the rest NaN. With groups of rows (`unit`) the errors are those
    of sums over groups.
    """
    odds = logit(proba)
    used = weight > 0
    event, odds, weight = event[used], odds[used], weight[used]
    unit = None if unit is None else unit[used]
    is_event = event == 1.0
    if is_event.all() or not is_event.any():
        return CalibrationLine(nan, nan, nan, nan, nan, nan)
    offset, offset_error = _offset(event, odds, weight, unit)
    inside, outside = odds[is_event], odds[~is_event]
    if odds.min() == odds.max():  # a constant has no slope
        return CalibrationLine(offset, offset_error, nan, nan, nan, nan)
    if outside.max() <= inside.min():
        return CalibrationLine(offset, offset_error, nan, nan, inf, nan)
    if inside.max() <= outside.min():
        return CalibrationLine(offset, offset_error, nan, nan, -inf, nan)

    # Centred and scaled, so that the two unknowns are of one size and nearly independent.
    centre = weight @ odds / weight.sum()
    spread = sqrt(weight @ (odds - centre) ** 2 / weight.sum())
    design = np.column_stack([np.ones_like(odds), (odds - centre) / spread])
    found, covariance = _newton(design, event, weight, np.array([offset + centre, spread]))
    if unit is not None:
        terms = design * (weight * (event - expit(design @ found)))[:, None]
        covariance = covariance @ group_variance(terms, unit) @ covariance
    back = np.array([[1.0, -centre / spread], [0.0, 1.0 / spread]])
    intercept, slope = back @ found
    errors = np.sqrt(np.diag(back @ covariance @ back.T))
    return CalibrationLine(
        offset, offset_error, float(intercept), float(errors[0]), float(slope), float(errors[1])
    )


def _offset(
    event: Floats, odds: Floats, weight: Floats, unit: NDArray[np.intp] | None
) -> tuple[float, float]:
    """What to add to all log odds so that as many events are expected as there are."""
    wanted = weight @ event
    low, high = _bracket(odds, wanted / weight.sum())
    at = (low + high) / 2.0
    for _ in range(_MOST_STEPS):
        shifted = expit(odds + at)
        surplus = weight @ shifted - wanted
        low, high = (low, at) if surplus > 0 else (at, high)
        slope = weight @ (shifted * (1.0 - shifted))
        step = at - surplus / slope if slope > 0 else inf
        # Newton's step where it stays between the limits, else the middle: far from the root all
        # probabilities are at 0 or 1, the slope is next to 0 and the step leaves any interval
        following = step if low < step < high else (low + high) / 2.0
        if abs(following - at) <= _CLOSE * max(1.0, abs(at)):
            at = following
            break
        at = following
    shifted = expit(odds + at)
    information = weight @ (shifted * (1.0 - shifted))
    variance = information
    if unit is not None:
        variance = group_variance(weight * (event - shifted), unit)
    return float(at), float(np.sqrt(variance) / information)


def _bracket(odds: Floats, share: float) -> tuple[float, float]:
    """Limits of the offset: with them every row alone is below, or above, the wanted share."""
    wanted = logit(share)
    return float(wanted - odds.max() - 1.0), float(wanted - odds.min() + 1.0)


def _newton(design: Floats, event: Floats, weight: Floats, start: Floats) -> tuple[Floats, Floats]:
    """Maximum likelihood of a logistic model that has one, and its covariance."""
    found = start
    value = _deviance(design @ found, event, weight)
    for _ in range(_MOST_STEPS):
        expected = expit(design @ found)
        gradient = design.T @ (weight * (event - expected))
        information = (design.T * (weight * expected * (1.0 - expected))) @ design
        ridge = _CLOSE * np.trace(information) * np.eye(len(found))  # far off it may be singular
        step = np.linalg.solve(information + ridge, gradient)
        size = 1.0
        while size > _CLOSE:
            following = found + size * step
            reached = _deviance(design @ following, event, weight)
            if reached <= value:
                break
            size /= 2.0
        else:
            break
        done = np.abs(size * step).max() <= 1e-10 * max(1.0, np.abs(found).max())
        found, value = following, reached
        if done:
            break
    expected = expit(design @ found)
    information = (design.T * (weight * expected * (1.0 - expected))) @ design
    return found, np.linalg.pinv(information)


def _deviance(raw: Floats, event: Floats, weight: Floats) -> float:
    """Negative log likelihood of the events under scores."""
    return float(weight @ (np.logaddexp(0.0, raw) - event * raw))


def spiegelhalter_test(
    event: Floats, proba: Floats, weight: Floats, unit: NDArray[np.intp] | None = None
) -> tuple[float, float]:
    """Spiegelhalter's z of the Brier score against its expectation if `proba` were true, and p.

    With groups of rows (`unit`) its variance is that of sums over groups.
    """
    factor = 1.0 - 2.0 * proba
    if unit is None:
        spread = np.sqrt(weight @ (factor**2 * proba * (1.0 - proba)))
    else:
        spread = np.sqrt(group_variance(weight * (event - proba) * factor, unit))
    if spread == 0.0:
        return nan, nan
    z = float(weight @ ((event - proba) * factor) / spread)
    return z, float(2.0 * norm.sf(abs(z)))
