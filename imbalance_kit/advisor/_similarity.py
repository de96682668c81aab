"""How alike two tables are, by their meta-features."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

# Counts and ratios: a table of 200 rows differs from one of 2,000 as this one from one of 20,000.
_BY_LOGARITHM = frozenset(
    ("n_rows", "n_features", "n_classes", "n_smallest", "smallest_per_feature", "n_clusters")
)
_FARTHEST = 3.0  # robust standard deviations; beyond, farther is not more different

FEATURES = (
    "n_rows",
    "n_features",
    "n_classes",
    "n_smallest",
    "log_imbalance",
    "nominal_share",
    "missing_share",
    "safe_share",
    "outlier_share",
    "N1",
    "stump",
    "nearest",
    "naive_bayes",
    "logistic",
)


def distances_to(
    tables: pd.DataFrame, facts: Mapping[str, float], features: tuple[str, ...] = FEATURES
) -> np.ndarray:
    """Distance of one table to each of others.

    Features are scaled by the median and the spread of the quartiles of the others, so that no
    unusual table stretches the scale. A feature that a table does not define is taken as usual.

    Parameters
    ----------
    tables : DataFrame of shape (n_tables, ...)
        Meta-features of the other tables.
    facts : mapping of str to float
        Meta-features of the one.
    features : tuple of str
        Which to look at.

    Returns
    -------
    ndarray of shape (n_tables,)
        Root mean square of the differences over the features.
    """
    others = np.column_stack([_scale_of(name, tables[name]) for name in features])
    here = np.array([_scale_of(name, facts.get(name, np.nan)) for name in features], dtype=float)
    with np.errstate(all="ignore"):
        low, middle, high = np.nanpercentile(others, [25, 50, 75], axis=0)
        spread = (high - low) / 1.349
        spread = np.where(spread > 0, spread, np.nanstd(others, axis=0))
    spread = np.where(np.isfinite(spread) & (spread > 1e-12), spread, 1.0)
    middle = np.nan_to_num(middle)
    others = np.nan_to_num(np.clip((others - middle) / spread, -_FARTHEST, _FARTHEST))
    here = np.nan_to_num(np.clip((here - middle) / spread, -_FARTHEST, _FARTHEST))
    return np.sqrt(((others - here) ** 2).mean(axis=1))


def _scale_of(name: str, values: object) -> np.ndarray:
    numbers = np.asarray(values, dtype=float)
    return np.log1p(numbers) if name in _BY_LOGARITHM else numbers


def similarities(distance: np.ndarray, bandwidth: float) -> np.ndarray:
    """Kernel weights, 1 for an equal table."""
    return np.exp(-0.5 * (distance / bandwidth) ** 2)
