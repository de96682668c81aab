"""Differences of models on the same test rows, for all comparisons together."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from scipy import stats
from sklearn.utils import check_random_state

from imbalance_kit._sklearn_compat import n_samples_of
from imbalance_kit.metrics._bootstrap import interval_of, widening
from imbalance_kit.metrics._comparison import ModelComparison
from imbalance_kit.metrics._delong import areas_with_influence, covariance_of_areas
from imbalance_kit.metrics._evaluated import (
    EvaluatedRows,
    read_model_scores,
    read_rows,
    require_two_units,
)
from imbalance_kit.metrics._interval import (
    check_of_callable,
    check_options,
    estimate_of,
    inside_range,
    scores_as_given,
)
from imbalance_kit.metrics._multiple_tests import better_or_worse, compared_pairs, holm, max_t
from imbalance_kit.metrics._resampling import as_values, resampled_values, warn_of_undefined
from imbalance_kit.metrics._weighted_metrics import Values, named_metric, values_of

_NORMAL_DRAWS = 20_000  # from which the largest of several normal statistics is known


def compare_models(
    metric: str | Callable[..., float],
    y: Any,
    scores: Mapping[str, Any],
    *,
    reference: str | None = None,
    groups: Any = None,
    sample_weight: Any = None,
    pos_label: Any = None,
    labels: Any = None,
    metric_params: Mapping[str, Any] | None = None,
    greater_is_better: bool | None = None,
    method: str = "bootstrap",
    correction: str | None = "max-t",
    stratify: bool = False,
    confidence: float = 0.95,
    n_resamples: int = 1000,
    random_state: Any = None,
) -> ModelComparison:
    """Compare the scores of models for the same test rows.

    Parameters
    ----------
    metric : {"auprc", "auroc", "recall_at_precision", "brier", "log_loss", "expected_cost"} or \
callable
        What to measure, as for :func:`metric_interval`.

    y : array-like of shape (n,)
        True classes.

    scores : dict of array-like of shape (n,) or (n, n_classes)
        Scores by name of the model, all for the same rows in the same order.

    reference : str, default=None
        The model to compare the others with. None compares each with each, which corrects for more
        comparisons.

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
        Parameters of a metric by name, as for :func:`metric_interval`.

    greater_is_better : bool, default=None
        Direction of a function; None stands for True. It is known for metrics by name.

    method : {"bootstrap", "delong"}, default="bootstrap"
        "delong" is for "auroc": the covariance of the areas in closed form.

    correction : {"max-t", "holm", None}, default="max-t"
        How p-values and intervals are corrected for several comparisons; None for not at all.

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
    comparison : ModelComparison
        Tables of scores and differences, ``to_frame`` and ``to_latex``.

    Raises
    ------
    ValueError
        If there are fewer than two models, an option is unknown, a class has rows in fewer than two
        units, or scores do not fit the classes.

    See Also
    --------
    metric_interval : For one model.

    compare_cv_scores : For the scores of cross-validation, where each model is trained anew.

    Notes
    -----
    All models are measured on the same resamples, so that what is hard or easy about the rows
    cancels in a difference. Its standard error is that of the resamples; p-values compare the
    difference over it with the resampled ones around their mean, widened for few units of the
    rarest class as in :func:`metric_interval`. The smallest p-value is ``1 / (n_resamples + 1)``.

    **max-t** takes the largest studentised difference of each resample and goes down from the most
    significant comparison [1]_, [2]_. It is the default because scores of models on the same rows
    are strongly correlated, and the resamples show how: where differences are about equally
    distributed it rejects what **Holm**'s rule [3]_ rejects and more, and its intervals hold for
    all comparisons together. Holm's factors also need more resamples, for no p-value is below the
    smallest. Intervals with Holm are Bonferroni's.

    O(n_resamples * n) for each model.

    References
    ----------
    .. [1] P. H. Westfall, S. S. Young, "Resampling-based multiple testing", Wiley, 1993.
    .. [2] J. P. Romano, M. Wolf, "Exact and approximate stepdown methods for multiple hypothesis
       testing", Journal of the American Statistical Association 100, 2005.
    .. [3] S. Holm, "A simple sequentially rejective multiple test procedure", Scandinavian Journal
       of Statistics 6, 1979.

    Examples
    --------
    >>> import numpy as np
    >>> from imbalance_kit.metrics import compare_models
    >>> rng = np.random.default_rng(0)
    >>> y = rng.random(3000) < 0.05
    >>> scores = {"good": rng.normal(size=3000) + 2 * y, "poor": rng.normal(size=3000) + 0.5 * y}
    >>> compare_models("auprc", y, scores, reference="poor", random_state=0).differences["verdict"]
    ['better']
    """
    parameters = dict(metric_params or {})
    check_options(metric, method, stratify, confidence, n_resamples)
    if correction not in ("max-t", "holm", None):
        raise ValueError(f"correction must be 'max-t', 'holm' or None; got {correction!r}.")
    models = list(scores)
    pairs = compared_pairs(models, reference)
    rows = read_rows(y, groups=groups, sample_weight=sample_weight, labels=labels)
    n_given = n_samples_of(y)
    rng = check_random_state(random_state)
    if callable(metric):
        check_of_callable(parameters, pos_label)
        values = [
            as_values(metric, rows, scores_as_given(scores[model], rows, n_given))
            for model in models
        ]
        title, better = getattr(metric, "__name__", type(metric).__name__), greater_is_better
        limits_of_metric = (-np.inf, np.inf)
        n_rarest = require_two_units(rows)
        scored = []
    else:
        record = named_metric(metric, parameters)
        if greater_is_better not in (None, record.higher_is_better):
            raise ValueError(
                f"greater_is_better is for functions; of {metric!r} it is known to be "
                f"{record.higher_is_better}."
            )
        scored = [
            read_model_scores(
                rows,
                scores[model],
                n_given=n_given,
                pos_label=pos_label,
                labels=labels,
                name=f"scores[{model!r}]",
            )
            for model in models
        ]
        n_rarest = require_two_units(rows)
        values = [values_of(record, one, parameters) for one in scored]
        title, better = record.title, record.higher_is_better
        limits_of_metric = record.range_for(len(rows.classes))
    codes = np.array([[models.index(name) for name in pair] for pair in pairs])
    if method == "delong":
        found = _by_delong(scored, codes, n_rarest, confidence, rng)
    else:
        found = _by_bootstrap(
            rows, values, title, codes, n_rarest, confidence, n_resamples, rng, stratify
        )
    estimates, own_errors, limits, errors, statistics, p_values, draws = found
    intervals = [
        inside_range(
            estimate,
            error,
            (low, high),
            limits_of_metric,
            n_rarest=n_rarest,
            confidence=confidence,
            title=f"{title} of {model}",
        )
        for model, estimate, error, low, high in zip(
            models, estimates, own_errors, *limits, strict=True
        )
    ]
    differences = estimates[codes[:, 0]] - estimates[codes[:, 1]]
    adjusted = {"max-t": lambda: max_t(statistics, draws), "holm": lambda: holm(p_values)}.get(
        str(correction), lambda: p_values
    )()
    reach = _reach(draws, correction, confidence) * errors
    return ModelComparison(
        metric=title,
        scores={
            "model": models,
            "estimate": estimates.tolist(),
            "low": [low for low, _ in intervals],
            "high": [high for _, high in intervals],
        },
        differences={
            "model": [model for model, _ in pairs],
            "reference": [other for _, other in pairs],
            "difference": differences.tolist(),
            "low": (differences - reach).tolist(),
            "high": (differences + reach).tolist(),
            "p": p_values.tolist(),
            "p_adjusted": adjusted.tolist(),
            "verdict": better_or_worse(
                differences,
                adjusted,
                alpha=1 - confidence,
                greater_is_better=better is not False,
            ),
        },
        reference=reference,
        correction=correction,
        confidence=confidence,
        n=n_rarest,
    )


Found = tuple[np.ndarray, ...]


def _by_bootstrap(
    rows: EvaluatedRows,
    values: list[Values],
    title: str,
    codes: np.ndarray,
    n_rarest: int,
    confidence: float,
    n_resamples: int,
    rng: np.random.RandomState,
    stratify: bool,
) -> Found:
    estimates = np.array([estimate_of(rows, one, title) for one in values])
    drawn = resampled_values(rows, values, n_resamples, rng, stratify=stratify)
    undefined = np.isnan(drawn).any(axis=1)
    warn_of_undefined(np.where(undefined, np.nan, 0.0), title)
    drawn = drawn[~undefined]
    limits = interval_of(drawn, estimates, n_rarest, confidence)
    between = drawn[:, codes[:, 0]] - drawn[:, codes[:, 1]]
    errors = between.std(axis=0, ddof=1) if len(between) > 1 else np.zeros(len(codes))
    factor = widening(n_rarest, confidence)
    draws = _over(np.abs(between - between.mean(axis=0)), errors) * factor
    statistics = _over(np.abs(estimates[codes[:, 0]] - estimates[codes[:, 1]]), errors)
    p_values = (1 + (draws >= statistics).sum(axis=0)) / (1 + len(draws))
    return estimates, drawn.std(axis=0, ddof=1), limits, errors, statistics, p_values, draws


def _by_delong(
    scored: list[Any],
    codes: np.ndarray,
    n_rarest: int,
    confidence: float,
    rng: np.random.RandomState,
) -> Found:
    found = [areas_with_influence(one) for one in scored]
    areas = np.array([area for area, _ in found])
    covariance = covariance_of_areas(scored[0].rows, np.stack([one for _, one in found]))
    contrast = np.zeros((len(codes), len(areas)))
    contrast[np.arange(len(codes)), codes[:, 0]] = 1.0
    contrast[np.arange(len(codes)), codes[:, 1]] = -1.0
    between = contrast @ covariance @ contrast.T
    errors = np.sqrt(np.maximum(np.diag(between), 0.0))
    student = stats.t(n_rarest - 1)
    inside = np.clip(areas * (1 - areas), 1e-12, None)
    reach = student.ppf((1 + confidence) / 2) * np.sqrt(np.diag(covariance)) / inside
    odds = areas / np.maximum(1 - areas, 1e-12) * np.exp([-reach, reach])
    statistics = _over(np.abs(areas[codes[:, 0]] - areas[codes[:, 1]]), errors)
    values, vectors = np.linalg.eigh(_over(_over(between, errors).T, errors))
    root = vectors * np.sqrt(np.maximum(values, 0.0))
    # Student's distribution with one divisor for all: as many degrees of freedom as for one
    divisor = np.sqrt(rng.chisquare(n_rarest - 1, size=(_NORMAL_DRAWS, 1)) / (n_rarest - 1))
    draws = np.abs(rng.normal(size=(_NORMAL_DRAWS, len(codes))) @ root.T) / divisor
    own = np.sqrt(np.diag(covariance))
    return areas, own, odds / (1 + odds), errors, statistics, 2 * student.sf(statistics), draws


def _over(values: np.ndarray, errors: np.ndarray) -> np.ndarray:
    """Values over their standard errors; 0 where two models are one, for then both are 0."""
    return np.divide(values, errors, out=np.zeros_like(values), where=errors > 1e-15)


def _reach(draws: np.ndarray, correction: str | None, confidence: float) -> np.ndarray:
    """How many standard errors an interval reaches to each side."""
    n_comparisons = draws.shape[1]
    if correction == "max-t":
        return np.full(n_comparisons, np.quantile(draws.max(axis=1), confidence))
    alpha = (1 - confidence) / (n_comparisons if correction == "holm" else 1)
    return np.quantile(draws, 1 - alpha, axis=0)
