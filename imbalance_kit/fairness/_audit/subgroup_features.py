"""Columns of a table as features with few values, by which subgroups are described."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import narwhals.stable.v2 as nw
import numpy as np

from imbalance_kit._tables.labels import spell
from imbalance_kit._tables.rows import is_frame
from imbalance_kit.fairness._groups.table_columns import MISSING_LABEL, column_of, distinct


@dataclass(frozen=True)
class Feature:
    """One column of X with few different values: ranges, where it holds many numbers.

    Attributes
    ----------
    name : str
        Of the column.

    of_row : ndarray of shape (n_samples,)
        Position of each row's value in `values`.

    values : list of str
        The values as text.

    numbers : ndarray of shape (n_samples,) or None
        The numbers, scaled to 0 to 1, where `values` are ranges of them.
    """

    name: str
    of_row: np.ndarray
    values: list[str]
    numbers: np.ndarray | None


def read_features(X: Any, features: Sequence[str | int] | None, n_bins: int) -> list[Feature]:
    """The columns to look at, all or those that are named."""
    names: Sequence[str | int]
    if is_frame(X):
        names = nw.from_native(X, eager_only=True).columns
    else:
        X = X if hasattr(X, "shape") else np.asarray(X)
        names = range(X.shape[1])
    wanted = names if features is None else list(features)
    return [_feature(column_of(X, name), name, n_bins) for name in wanted]


def _feature(values: np.ndarray, name: str | int, n_bins: int) -> Feature:
    title = name if isinstance(name, str) else f"column {name}"
    if values.dtype.kind in "fiu":
        known = np.isfinite(values)
        if len(np.unique(values[known])) > n_bins:
            return _cut(values.astype(np.float64), known, title, n_bins)
    of_row, labels = distinct(values)
    texts = [label if isinstance(label, str) else spell(label) for label in labels]
    return Feature(title, of_row, [f"{title}={text}" for text in texts], None)


def _cut(values: np.ndarray, known: np.ndarray, title: str, n_bins: int) -> Feature:
    """A number in ranges that hold about equally many rows."""
    inner = np.unique(np.quantile(values[known], np.arange(1, n_bins) / n_bins))
    # with many equal numbers quantiles coincide with the ends, and ranges there would be empty
    inner = inner[(inner > values[known].min()) & (inner <= values[known].max())]
    of_row = np.where(known, np.searchsorted(inner, values, side="right"), len(inner) + 1)
    texts = [f"{title} < {inner[0]:g}"] if len(inner) else [f"{title} any"]
    texts += [f"{low:g} <= {title} < {high:g}" for low, high in pairwise(inner)]
    texts += [f"{title} >= {inner[-1]:g}"] if len(inner) else []
    low, high = values[known].min(), values[known].max()
    numbers = np.where(known, (values - low) / (high - low), 0.5)
    return Feature(title, of_row.astype(np.intp), [*texts, f"{title}={MISSING_LABEL}"], numbers)


def value_shares(features: list[Feature], subgroups: Sequence[np.ndarray]) -> list[np.ndarray]:
    """For each feature the shares of its values (columns) in each subgroup (rows)."""
    return [
        np.array(
            [
                np.bincount(feature.of_row[rows], minlength=len(feature.values)) / max(len(rows), 1)
                for rows in subgroups
            ]
        )
        for feature in features
    ]
