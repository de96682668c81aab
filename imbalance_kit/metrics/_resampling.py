"""Values of a metric on bootstrap samples of rows, or of groups of rows."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from imbalance_kit._tables.rows import take_rows
from imbalance_kit.metrics._bootstrap import counts_of
from imbalance_kit.metrics._evaluated import EvaluatedRows
from imbalance_kit.metrics._weighted_metrics import Values

_ELEMENTS = 4_000_000  # weights held at once
_ATTEMPTS = 1000


def unit_counts(
    rows: EvaluatedRows, n_draws: int, rng: np.random.RandomState, *, stratify: bool
) -> Iterator[np.ndarray]:
    """Blocks of resamples: how often each unit is drawn, shape (some, n_units).

    A resample without rows of some class is drawn again: no metric is defined on it, nor would
    one have been on such a test set.
    """
    n_classes = len(rows.classes)
    held = np.zeros((rows.n_units, n_classes))
    held[rows.unit, rows.y_encoded] = 1.0
    strata = [np.arange(rows.n_units)]
    if stratify:
        # a group counts for the rarest class that it holds
        rarity = np.argsort(held.sum(axis=0), kind="stable")
        rarest = rarity[held[:, rarity].argmax(axis=1)]
        strata = [np.flatnonzero(rarest == code) for code in range(n_classes)]
        strata = [units for units in strata if len(units)]
    at_once = max(1, min(n_draws, _ELEMENTS // max(len(rows.y), 1)))
    left = n_draws
    while left:
        counts = _drawn(strata, min(at_once, left), rows.n_units, rng)
        for _ in range(_ATTEMPTS):
            lacking = np.flatnonzero(((counts @ held) == 0).any(axis=1))
            if not len(lacking):
                break
            counts[lacking] = _drawn(strata, len(lacking), rows.n_units, rng)
        else:
            raise ValueError(
                "Nearly every resample lacks a class: too few "
                f"{'groups' if rows.grouped else 'rows'} hold it for an interval."
            )
        left -= len(counts)
        yield counts


def _drawn(
    strata: list[np.ndarray], n_draws: int, n_units: int, rng: np.random.RandomState
) -> np.ndarray:
    counts = np.zeros((n_draws, n_units))
    for units in strata:
        counts[:, units] = counts_of(rng.randint(len(units), size=(n_draws, len(units))))
    return counts


def resampled_values(
    rows: EvaluatedRows,
    metrics: Sequence[Values],
    n_draws: int,
    rng: np.random.RandomState,
    *,
    stratify: bool,
) -> np.ndarray:
    """Values of metrics on the same resamples, shape (n_draws, n_metrics)."""
    blocks = []
    for counts in unit_counts(rows, n_draws, rng, stratify=stratify):
        weights = counts[:, rows.unit]
        if rows.weight is not None:
            weights *= rows.weight
        blocks.append(np.column_stack([metric(weights) for metric in metrics]))
    return np.concatenate(blocks)


def as_values(function: Callable[..., Any], rows: EvaluatedRows, score: Any) -> Values:
    """Any function of (y, score) as one of weights: rows are repeated as often as they are drawn.

    Parameters
    ----------
    function : callable
        Called with labels and scores, and with `sample_weight` where weights were given.

    rows : EvaluatedRows
        The rows.

    score : array-like
        Scores of these rows, of any kind.
    """
    every_row = np.arange(len(rows.y))

    def value(repeated: np.ndarray) -> float:
        weight = {} if rows.weight is None else {"sample_weight": rows.weight[repeated]}
        found = function(rows.y[repeated], take_rows(score, repeated), **weight)
        if np.ndim(found) != 0:
            raise ValueError(
                f"metric must return one number; got an array of shape {np.shape(found)}."
            )
        return float(found)

    def values(weights: np.ndarray) -> np.ndarray:
        counts = weights if rows.weight is None else weights / rows.weight
        return np.array(
            [value(np.repeat(every_row, one.round().astype(np.intp))) for one in counts]
        )

    return values


def warn_of_undefined(draws: np.ndarray, title: str) -> None:
    """Say how often a metric was undefined; those resamples are left out."""
    n_undefined = int(np.isnan(draws).sum())
    if n_undefined:
        warnings.warn(
            f"{title} is undefined (NaN) on {n_undefined} of {len(draws)} resamples, which are "
            "left out. The limits are those of samples on which it is defined.",
            UserWarning,
            stacklevel=4,
        )
