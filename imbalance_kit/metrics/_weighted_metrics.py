"""Metrics of many weightings of the same rows at once: what a bootstrap needs.

A resample is a number of repetitions of each row, and for these metrics a row that is repeated
twice is a row of weight 2. So scores are sorted once for all resamples.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from imbalance_kit.metrics._evaluated import ScoredRows

Values = Callable[[NDArray[np.float64]], NDArray[np.float64]]


@dataclass(frozen=True)
class NamedMetric:
    """A metric that is known by name.

    Attributes
    ----------
    title : str
        For tables and figures.

    make : callable
        From scored rows, and the parameters, to a function of weights of shape (n_draws, n) that
        returns values of shape (n_draws,).

    higher_is_better : bool
        Which direction is better.

    lowest, highest : float
        Smallest and largest value there is.

    of_probabilities : bool
        Whether scores must be probabilities.

    needs : str or None
        Parameter that must be given.
    """

    title: str
    make: Callable[..., Values]
    higher_is_better: bool = True
    lowest: float = 0.0
    highest: float = 1.0
    of_probabilities: bool = False
    needs: str | None = None

    def range_for(self, n_classes: int) -> tuple[float, float]:
        """Smallest and largest value; the Brier score of more than two classes is a sum."""
        single = self.make is _brier and n_classes == 2
        return self.lowest, 1.0 if single else self.highest


def named_metric(name: str, parameters: Mapping[str, Any]) -> NamedMetric:
    """The metric of this name; its parameters are checked."""
    if name not in NAMED:
        raise ValueError(
            f"metric must be a function of (y, score), or one of {', '.join(NAMED)}; got {name!r}."
        )
    metric = NAMED[name]
    wanted = set() if metric.needs is None else {metric.needs}
    if set(parameters) != wanted:
        expected = f"metric_params={{{metric.needs!r}: ...}}" if wanted else "no metric_params"
        raise ValueError(f"metric={name!r} takes {expected}; got {dict(parameters)}.")
    return metric


def values_of(metric: NamedMetric, scored: ScoredRows, parameters: Mapping[str, Any]) -> Values:
    """The function of weights for the scores of a model."""
    if metric.of_probabilities:
        columns = scored.columns
        off = np.abs(columns.sum(axis=1) - 1.0).max()
        if columns.min() < -1e-6 or columns.max() > 1.0 + 1e-6 or off > 1e-3:
            raise ValueError(
                f"{metric.title} needs probabilities in [0, 1] that add up to 1 for each row; got "
                f"scores from {columns.min():g} to {columns.max():g}"
                f"{f', and a row whose sum is off by {off:g}' if off > 1e-3 else ''}."
            )
    return metric.make(scored, **parameters)


def _mean_over_tasks(scored: ScoredRows, of_task: Callable[..., Values]) -> Values:
    each = [of_task(event, score) for event, score in scored.tasks()]
    return lambda weights: np.mean([values(weights) for values in each], axis=0)


def falling(score: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Order of falling score, and the last place of each run of equal scores in it."""
    order = np.argsort(-score, kind="stable")
    return order, np.append(np.flatnonzero(np.diff(score[order])), len(score) - 1)


def _cumulated(
    event: np.ndarray, score: np.ndarray
) -> Callable[[np.ndarray], tuple[np.ndarray, np.ndarray]]:
    """From weights to those of the events, and of all, at each threshold and above."""
    order, ends = falling(score)
    events = event[order]

    def above(weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        ordered = weights[:, order]
        everything = np.cumsum(ordered, axis=1)[:, ends]
        ordered *= events
        return np.cumsum(ordered, axis=1)[:, ends], everything

    return above


def _precision(hits: np.ndarray, everything: np.ndarray) -> np.ndarray:
    return np.divide(hits, everything, out=np.zeros_like(hits), where=everything > 0)


def _average_precision(scored: ScoredRows) -> Values:
    def of_task(event: np.ndarray, score: np.ndarray) -> Values:
        above = _cumulated(event, score)

        def values(weights: np.ndarray) -> np.ndarray:
            hits, everything = above(weights)
            steps = np.diff(hits, axis=1, prepend=0.0)
            return (steps * _precision(hits, everything)).sum(axis=1) / hits[:, -1]

        return values

    return _mean_over_tasks(scored, of_task)


def _area_under_roc(scored: ScoredRows) -> Values:
    def of_task(event: np.ndarray, score: np.ndarray) -> Values:
        above = _cumulated(event, score)

        def values(weights: np.ndarray) -> np.ndarray:
            hits, everything = above(weights)
            misses = everything - hits
            # trapezoids: half of the pairs of equal scores count
            width = np.diff(misses, axis=1, prepend=0.0)
            height = hits - np.diff(hits, axis=1, prepend=0.0) / 2.0
            return (width * height).sum(axis=1) / (hits[:, -1] * misses[:, -1])

        return values

    return _mean_over_tasks(scored, of_task)


def _recall_at_precision(scored: ScoredRows, min_precision: float) -> Values:
    if not 0 < min_precision <= 1:
        raise ValueError(f"min_precision must lie in (0, 1]; got {min_precision}.")

    def of_task(event: np.ndarray, score: np.ndarray) -> Values:
        above = _cumulated(event, score)

        def values(weights: np.ndarray) -> np.ndarray:
            hits, everything = above(weights)
            # a precision that is met exactly must not be lost to rounding
            met = _precision(hits, everything) >= min_precision * (1.0 - 1e-12)
            return np.where(met, hits, 0.0).max(axis=1) / hits[:, -1]

        return values

    return _mean_over_tasks(scored, of_task)


def _mean_of_rows(losses: np.ndarray) -> Values:
    return lambda weights: weights @ losses / weights.sum(axis=1)


def _brier(scored: ScoredRows) -> Values:
    if scored.positive is not None:
        ((event, score),) = scored.tasks()
        return _mean_of_rows((score - event) ** 2)
    true = np.eye(len(scored.rows.classes))[scored.rows.y_encoded]
    return _mean_of_rows(((scored.columns - true) ** 2).sum(axis=1))


def _log_loss(scored: ScoredRows) -> Values:
    true = scored.columns[np.arange(len(scored.columns)), scored.rows.y_encoded]
    # as scikit-learn clips
    return _mean_of_rows(-np.log(np.clip(true, np.finfo(np.float64).eps, 1.0)))


def _expected_cost(scored: ScoredRows, cost_matrix: Any) -> Values:
    costs = np.asarray(cost_matrix, dtype=np.float64)
    n_classes = len(scored.rows.classes)
    if costs.shape != (n_classes, n_classes) or not np.isfinite(costs).all():
        raise ValueError(
            f"cost_matrix must have {n_classes} rows (true classes) and as many columns (decisions)"
            f", in the order of {scored.rows.classes}, all finite; got shape {costs.shape}."
        )
    decided = (scored.columns @ costs).argmin(axis=1)
    return _mean_of_rows(costs[scored.rows.y_encoded, decided])


NAMED = {
    "auprc": NamedMetric("AUPRC", _average_precision),
    "auroc": NamedMetric("AUROC", _area_under_roc),
    "recall_at_precision": NamedMetric(
        "recall at precision", _recall_at_precision, needs="min_precision"
    ),
    "brier": NamedMetric(
        "Brier score", _brier, higher_is_better=False, highest=2.0, of_probabilities=True
    ),
    "log_loss": NamedMetric(
        "log loss", _log_loss, higher_is_better=False, highest=np.inf, of_probabilities=True
    ),
    "expected_cost": NamedMetric(
        "expected cost",
        _expected_cost,
        higher_is_better=False,
        lowest=-np.inf,
        highest=np.inf,
        of_probabilities=True,
        needs="cost_matrix",
    ),
}
