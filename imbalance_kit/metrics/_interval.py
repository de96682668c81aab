"""An interval around the value of a metric on test rows."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import stats
from sklearn.utils import check_random_state

from imbalance_kit._sklearn_compat import n_samples_of
from imbalance_kit._tables.rows import take_rows
from imbalance_kit.metrics._bootstrap import interval_of
from imbalance_kit.metrics._delong import areas_with_influence, covariance_of_areas
from imbalance_kit.metrics._evaluated import (
    EvaluatedRows,
    ScoredRows,
    read_model_scores,
    read_rows,
    require_two_units,
)
from imbalance_kit.metrics._resampling import as_values, resampled_values, warn_of_undefined
from imbalance_kit.metrics._weighted_metrics import Values, named_metric, values_of


@dataclass(frozen=True)
class MetricInterval:
    """The value of a metric on some rows, with an interval for that on all such rows.

    Attributes
    ----------
    metric : str
        What was measured.

    estimate : float
        Its value on the rows.

    low, high : float
        The interval; NaN where the rows do not determine it.

    standard_error : float
        Standard deviation of the value over samples like this one.

    confidence : float
        Coverage aimed at.

    method : str
        How the interval was found.

    n_units : int
        Rows that were drawn from, or groups of rows.

    n_rarest : int
        Those that hold the rarest class; they decide how wide the interval is.

    See Also
    --------
    metric_interval : The function that makes it.
    """

    metric: str
    estimate: float
    low: float
    high: float
    standard_error: float
    confidence: float
    method: str
    n_units: int
    n_rarest: int

    def __str__(self) -> str:
        return (
            f"{self.metric} {self.estimate:.3f} [{self.low:.3f}, {self.high:.3f}] "
            f"({100 * self.confidence:g} %, {self.n_rarest} of the rarest class)"
        )


def metric_interval(
    metric: str | Callable[..., float],
    y: Any,
    score: Any,
    *,
    groups: Any = None,
    sample_weight: Any = None,
    pos_label: Any = None,
    labels: Any = None,
    metric_params: Mapping[str, Any] | None = None,
    method: str = "bootstrap",
    stratify: bool = False,
    confidence: float = 0.95,
    n_resamples: int = 1000,
    random_state: Any = None,
) -> MetricInterval:
    """Value of a metric on test rows, with an interval for that on all rows like them.

    Parameters
    ----------
    metric : {"auprc", "auroc", "recall_at_precision", "brier", "log_loss", "expected_cost"} or \
callable
        What to measure. A function is called as ``metric(y, score)``, with rows repeated as often
        as they are drawn, and with ``sample_weight`` where weights are given. It may take predicted
        classes as scores.

    y : array-like of shape (n,)
        True classes.

    score : array-like of shape (n,) or (n, n_classes)
        Scores: of the positive of two classes, or a column for each class. "brier", "log_loss" and
        "expected_cost" need probabilities. For more than two classes the ranking metrics are means
        over the classes, each against the rest, and the Brier score is a sum.

    groups : array-like of shape (n,), default=None
        What rows belong to, such as a patient or a machine. Groups are drawn as a whole, so that
        rows that are alike do not count as evidence of their own. None for independent rows.

    sample_weight : array-like of shape (n,), default=None
        Weights of the rows. A row is drawn as one row whatever its weight; where weights are
        numbers of repetitions, repeat the rows instead.

    pos_label : label, default=None
        The positive one of two classes. None stands for the second of `labels` or columns, else
        for 1 of labels 0/1 or -1/1, for True, and for the higher one of ordered categories; scores
        of one dimension need it for other labels.

    labels : array-like of shape (n_classes,), default=None
        The class of each column; None for the sorted values of `y`.

    metric_params : dict, default=None
        ``{"min_precision": 0.9}`` for "recall_at_precision"; ``{"cost_matrix": ...}``, with true
        classes as rows and decisions as columns, in the order of `labels`, for "expected_cost",
        which takes the decision of the lowest expected cost.

    method : {"bootstrap", "delong"}, default="bootstrap"
        "delong" is for "auroc": a variance in closed form, on the scale of log odds.

    stratify : bool, default=False
        Whether to draw within each class. Right only where the numbers of rows by class were fixed
        when the rows were chosen, as in a case-control study. Elsewhere the number of positives is
        as much chance as they are, and intervals that ignore it are too narrow.

    confidence : float, default=0.95
        Coverage aimed at.

    n_resamples : int, default=1000
        Bootstrap samples.

    random_state : int, RandomState instance or None, default=None
        Seed of the draws.

    Returns
    -------
    interval : MetricInterval
        With ``estimate``, ``low`` and ``high``.

    Raises
    ------
    ValueError
        If a class has rows in fewer than two units, the metric is unknown, undefined on the rows
        or lacks a parameter, or scores do not fit the classes.

    See Also
    --------
    compare_models : Differences of models on the same rows.

    compare_cv_scores : Differences of models over the splits of cross-validation.

    Notes
    -----
    **Bootstrap.** Percentiles of the metric over resamples of rows or groups [1]_, moved away from
    the estimate by ``t / z * sqrt(n / (n - 1))``, where n is the number of units that hold the
    rarest class, t and z the quantiles of Student's distribution of n - 1 degrees of freedom and of
    the normal one [2]_: the bootstrap alone is too narrow for few positives. A resample that lacks
    a class is drawn again. The guide has the coverage for 20, 50 and 200 positives.

    **DeLong.** The variance of [3]_ in O(n log n), that of [4]_ with groups, on the scale of log
    odds with Student's quantiles.

    **Perfect values.** Where every resample has the same extreme value, such as an AUROC of 1, the
    interval is that of a share of n cases without failure [5]_. Other metrics that do not vary get
    NaN and a warning.

    The interval is about chance in the test rows. It does not hold what another training sample
    would change; for that see :func:`compare_cv_scores`.

    O(n_resamples * n) for metrics by name, and as many calls as resamples for a function.

    References
    ----------
    .. [1] B. Efron, "Bootstrap methods: another look at the jackknife", Annals of Statistics 7,
       1979.
    .. [2] T. Hesterberg, "What teachers should know about the bootstrap", The American
       Statistician 69, 2015.
    .. [3] E. R. DeLong, D. M. DeLong, D. L. Clarke-Pearson, "Comparing the areas under two or more
       correlated receiver operating characteristic curves: a nonparametric approach", Biometrics
       44, 1988; X. Sun, W. Xu, "Fast implementation of DeLong's algorithm", IEEE Signal Processing
       Letters 21, 2014.
    .. [4] N. A. Obuchowski, "Nonparametric analysis of clustered ROC curve data", Biometrics 53,
       1997.
    .. [5] C. J. Clopper, E. S. Pearson, "The use of confidence or fiducial limits illustrated in
       the case of the binomial", Biometrika 26, 1934.

    Examples
    --------
    >>> import numpy as np
    >>> from imbalance_kit.metrics import metric_interval
    >>> rng = np.random.default_rng(0)
    >>> y = rng.random(2000) < 0.03
    >>> score = rng.normal(size=2000) + 2 * y
    >>> found = metric_interval("auprc", y, score, random_state=0)
    >>> found.low < found.estimate < found.high
    True
    """
    parameters = dict(metric_params or {})
    check_options(metric, method, stratify, confidence, n_resamples)
    rows = read_rows(y, groups=groups, sample_weight=sample_weight, labels=labels)
    n_given = n_samples_of(y)
    if callable(metric):
        check_of_callable(parameters, pos_label)
        values = as_values(metric, rows, scores_as_given(score, rows, n_given))
        title, limits = getattr(metric, "__name__", type(metric).__name__), (-np.inf, np.inf)
        scored = None
    else:
        record = named_metric(metric, parameters)
        scored = read_model_scores(rows, score, n_given=n_given, pos_label=pos_label, labels=labels)
        values = values_of(record, scored, parameters)
        title, limits = record.title, record.range_for(len(rows.classes))
    n_rarest = require_two_units(rows)
    if method == "delong":
        assert scored is not None
        found = _by_delong(scored, n_rarest, confidence)
    else:
        found = _by_bootstrap(
            rows,
            values,
            title,
            n_rarest,
            confidence,
            n_resamples,
            check_random_state(random_state),
            stratify,
        )
    estimate, error, low, high = found
    low, high = inside_range(
        estimate, error, (low, high), limits, n_rarest=n_rarest, confidence=confidence, title=title
    )
    return MetricInterval(
        title,
        estimate,
        low,
        high,
        error,
        confidence,
        method,
        rows.n_units,
        n_rarest,
    )


def check_options(
    metric: Any, method: str, stratify: bool, confidence: float, n_resamples: int
) -> None:
    if not callable(metric) and not isinstance(metric, str):
        raise ValueError(f"metric must be a name or a function of (y, score); got {metric!r}.")
    if method not in ("bootstrap", "delong"):
        raise ValueError(f"method must be 'bootstrap' or 'delong'; got {method!r}.")
    if method == "delong" and metric != "auroc":
        raise ValueError(
            f"method='delong' is for metric='auroc'; got {metric!r}. Use method='bootstrap'."
        )
    if method == "delong" and stratify:
        raise ValueError("stratify is for method='bootstrap'; DeLong's variance is by class.")
    check_level(confidence, n_resamples)


def check_level(confidence: float, n_resamples: int) -> None:
    """Refuse a level or a number of resamples that gives no interval."""
    if not 0 < confidence < 1:
        raise ValueError(f"confidence must lie between 0 and 1; got {confidence}.")
    needed = int(np.ceil(2 / (1 - confidence)))
    if n_resamples < needed:
        raise ValueError(
            f"n_resamples must be at least {needed} for confidence={confidence:g}, and should be "
            f"20 times as many; got {n_resamples}."
        )


def check_of_callable(parameters: dict[str, Any], pos_label: Any) -> None:
    if parameters or pos_label is not None:
        raise ValueError(
            "metric_params and pos_label are for metrics by name. Bind them to the function: "
            "functools.partial(metric, ...)."
        )


def scores_as_given(score: Any, rows: EvaluatedRows, n_given: int) -> Any:
    """What a function is given: for the rows used, and an array where a list came."""
    values = np.asarray(score) if isinstance(score, list | tuple) else score
    if n_samples_of(values) != n_given:
        raise ValueError(
            f"score has {n_samples_of(values)} entries; expected one for each of {n_given} rows."
        )
    return take_rows(values, rows.used)


def _by_delong(
    scored: ScoredRows, n_rarest: int, confidence: float
) -> tuple[float, float, float, float]:
    area, influence = areas_with_influence(scored)
    error = float(np.sqrt(covariance_of_areas(scored.rows, influence[None])[0, 0]))
    if not 0 < area < 1:
        return area, 0.0, area, area
    reach = stats.t.ppf((1 + confidence) / 2, n_rarest - 1) * error / (area * (1 - area))
    odds = area / (1 - area) * np.exp([-reach, reach])
    low, high = odds / (1 + odds)
    return area, error, float(low), float(high)


def _by_bootstrap(
    rows: EvaluatedRows,
    values: Values,
    title: str,
    n_rarest: int,
    confidence: float,
    n_resamples: int,
    rng: np.random.RandomState,
    stratify: bool,
) -> tuple[float, float, float, float]:
    estimate = estimate_of(rows, values, title)
    draws = resampled_values(rows, [values], n_resamples, rng, stratify=stratify)
    warn_of_undefined(draws, title)
    low, high = interval_of(draws, np.array([estimate]), n_rarest, confidence)[:, 0]
    return estimate, float(np.nanstd(draws, ddof=1)), float(low), float(high)


def estimate_of(rows: EvaluatedRows, values: Values, title: str) -> float:
    """The metric on the rows as they are; it must be defined."""
    weight = np.ones(len(rows.y)) if rows.weight is None else rows.weight
    estimate = float(values(weight[None])[0])
    if np.isnan(estimate):
        raise ValueError(f"{title} is undefined (NaN) on these rows, so there is no interval.")
    return estimate


def inside_range(
    estimate: float,
    error: float,
    interval: tuple[float, float],
    limits: tuple[float, float],
    *,
    n_rarest: int,
    confidence: float,
    title: str,
) -> tuple[float, float]:
    """An interval within the range of a metric, and the one to give where nothing varies."""
    if error > 1e-12 * max(abs(estimate), 1.0):
        low, high = np.clip(interval, *limits)
        return float(low), float(high)
    share = ((1 - confidence) / 2) ** (1 / n_rarest)
    if limits == (0.0, 1.0) and estimate >= 1.0 - 1e-12:
        return share, 1.0
    if limits == (0.0, 1.0) and estimate <= 1e-12:
        return 0.0, 1.0 - share
    warnings.warn(
        f"{title} is {estimate:g} on every resample, so these rows do not show how far it may be "
        "from that on other rows. low and high are NaN.",
        UserWarning,
        stacklevel=3,
    )
    return np.nan, np.nan
