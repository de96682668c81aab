"""Variance of areas under the ROC curve without resampling, for rows and for groups of rows."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from imbalance_kit.metrics._evaluated import EvaluatedRows, ScoredRows


def placements(
    event: NDArray[np.bool_], score: NDArray[np.float64], weight: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Share of the other class that each row is on the right side of; ties count half.

    Parameters
    ----------
    event : ndarray of shape (n,)
        Which rows are of the positive class.

    score : ndarray of shape (n,)
        Higher for the positive class.

    weight : ndarray of shape (n,)
        Weights of the rows.

    Returns
    -------
    shares : ndarray of shape (n,)
        Of a positive row the share of negative weight below it, of a negative row the share of
        positive weight above it.
    """
    _, level = np.unique(score, return_inverse=True)
    shares = np.empty(len(score))
    for rows, others in ((event, ~event), (~event, event)):
        at_level = np.bincount(level[others], weights=weight[others], minlength=level.max() + 1)
        below = np.cumsum(at_level) - at_level / 2.0
        shares[rows] = below[level[rows]] / at_level.sum()
    shares[~event] = 1.0 - shares[~event]
    return shares


def areas_with_influence(scored: ScoredRows) -> tuple[float, NDArray[np.float64]]:
    """Area under the ROC curve, macro for more than two classes, and what each row adds to it."""
    rows = scored.rows
    weight = np.ones(len(rows.y)) if rows.weight is None else rows.weight
    areas, influences = [], []
    for event, score in scored.tasks():
        shares = placements(event, score, weight)
        area = np.average(shares[event], weights=weight[event])
        of_class = np.where(event, weight[event].sum(), weight[~event].sum())
        areas.append(area)
        influences.append(weight * (shares - area) / of_class)
    return float(np.mean(areas)), np.mean(influences, axis=0)


def covariance_of_areas(rows: EvaluatedRows, influences: NDArray[np.float64]) -> np.ndarray:
    """Covariance of the areas of several models on the same rows.

    Parameters
    ----------
    rows : EvaluatedRows
        The rows.

    influences : ndarray of shape (n_models, n)
        From `areas_with_influence`.

    Returns
    -------
    covariance : ndarray of shape (n_models, n_models)

    Notes
    -----
    For single rows of two classes this is DeLong's estimate, for groups Obuchowski's: the
    influences of a group's rows of one class are added up, and those of two classes are correlated
    through the groups that hold both.
    """
    n_models, n_classes = len(influences), len(rows.classes)
    held = rows.unit * n_classes + rows.y_encoded
    by_class = np.stack(
        [np.bincount(held, weights=one, minlength=rows.n_units * n_classes) for one in influences]
    ).reshape(n_models, rows.n_units, n_classes)
    n_units = rows.units_by_class()
    within = np.sqrt(n_units / np.maximum(n_units - 1, 1))
    total = np.sqrt(rows.n_units / max(rows.n_units - 1, 1)) * by_class
    whole = total.sum(axis=2)
    # a square of sums over classes has cross terms and squares, and these have factors of their own
    squares = (by_class * within, total)
    own, counted = (np.einsum("aic,bic->ab", part, part) for part in squares)
    return whole @ whole.T - counted + own
