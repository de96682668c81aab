"""Rows as points with a metric, and as complete numbers: the inputs of every measure here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import sparse
from scipy.spatial.distance import cdist

from imbalance_kit._neighbors.nearest import nearest_rows
from imbalance_kit._sampling.mixed_metrics import hvdm, metric_of_table
from imbalance_kit._sampling.shares import split_by_shares
from imbalance_kit._tables.containers import nominal_positions, open_table
from imbalance_kit._tables.imputation import complete
from imbalance_kit._tables.labels import encode, read_single_labels, require_two_classes, spell
from imbalance_kit._tables.points import Mixed, Rows, as_table, has_missing, measure
from imbalance_kit._tables.row_labels import warn_of_other_order

METRICS = ("heom", "hvdm", "euclidean")
_BLOCK = 128  # rows whose distances to all others are computed together


@dataclass(frozen=True)
class Problem:
    """A table and its classes.

    Attributes
    ----------
    points : Mixed or csr_array
        Numbers, with NaN where missing, and codes of nominal columns.
    classes : ndarray
        Sorted.
    y_encoded : ndarray of shape (n_rows,)
        Position of each row's class.
    counts : ndarray
        Rows of each class.
    """

    points: Rows
    classes: np.ndarray
    y_encoded: np.ndarray
    counts: np.ndarray

    @property
    def rarest(self) -> int:
        """Position of the rarest class; of equally rare ones the last."""
        return int(len(self.counts) - 1 - np.argmin(self.counts[::-1]))

    def take(self, rows: np.ndarray) -> Problem:
        """Some rows; all classes keep their positions."""
        y_encoded = self.y_encoded[rows]
        counts = np.bincount(y_encoded, minlength=len(self.classes))
        return Problem(self.points[rows], self.classes, y_encoded, counts)

    def position_of(self, label: Any) -> int:
        """Position of a class; the rarest for None."""
        if label is None:
            return self.rarest
        found = np.flatnonzero(self.classes == label)
        if not len(found):
            known = ", ".join(map(spell, self.classes[:20]))
            raise ValueError(
                f"label={spell(label)} is not a class of y. Give one of {known}, or None for the "
                "rarest."
            )
        return int(found[0])


def read_problem(
    X: Any, y: Any, categorical_features: Any = "auto", *, two_classes: bool = True
) -> Problem:
    """Read a table in any container, and its labels."""
    warn_of_other_order(X, y=y)
    table = open_table(X)
    labels = read_single_labels(y)
    if table.n_rows != len(labels):
        raise ValueError(
            f"X has {table.n_rows} rows and y has {len(labels)} labels; expected one label for "
            "every row."
        )
    classes, y_encoded = encode(labels)
    if two_classes:
        require_two_classes(classes)
    kinds = table.kinds(categorical_features)
    points = table.points(nominal_positions(kinds))
    table.warn_of_columns(kinds)
    # as_table would make a small sparse table dense; measures that need it do so for their rows
    rows = as_table(points, stay_sparse=True) if sparse.issparse(points) else as_table(points)
    values = rows.numbers if isinstance(rows, Mixed) else rows.data
    if np.isinf(values).any():
        raise ValueError(
            "X contains infinity; expected finite numbers or missing values. Replace infinities "
            "first."
        )
    counts = np.bincount(y_encoded, minlength=len(classes))
    return Problem(rows, classes, y_encoded.astype(np.intp), counts)


def in_metric(problem: Problem, metric: str) -> Rows:
    """Points whose (nan-aware) squared Euclidean distances are those of a metric, squared."""
    points = problem.points
    if metric not in METRICS:
        raise ValueError(f"metric must be one of {', '.join(METRICS)}; got {metric!r}.")
    if metric == "hvdm":
        return hvdm(points, problem.y_encoded, len(problem.classes))
    measured = metric_of_table(points, metric)
    if not isinstance(measured, Mixed):
        return measured
    numbers = measured.numbers
    if numbers.shape[1] and np.isnan(numbers).all(axis=1).any():
        # a row without any number would be infinitely far from all others, whatever its levels
        numbers = np.hstack([numbers, np.zeros((len(numbers), 1))])
    return Mixed(numbers, measured.category_codes, measured.weights)


def neighbors_of(points: Rows, k: int, rows: np.ndarray | None = None, n_jobs: Any = None) -> Any:
    """Row numbers of the k nearest rows; a k that is too large is refused with the range."""
    n_rows = points.shape[0]
    if not 1 <= k < n_rows:
        raise ValueError(
            f"k={k} neighbours need a table of at least {k + 1} rows and k must be at least 1; X "
            f"has {n_rows} rows. Give a k from 1 to {max(n_rows - 1, 1)}."
        )
    return nearest_rows(points, k, rows=rows, n_jobs=n_jobs)[1]


def distances(points: Rows) -> np.ndarray:
    """All pairwise distances; n**2 * 8 bytes."""
    if sparse.issparse(points):
        used = np.unique(points.indices)
        points = as_table(points[:, used], stay_sparse=False)
    n_rows = points.shape[0]
    if has_missing(points):
        squared = np.zeros((n_rows, n_rows))
        for start in range(0, n_rows, _BLOCK):
            part = slice(start, start + _BLOCK)
            measure(squared[part], points[part], points)
    else:
        squared = np.zeros((n_rows, n_rows))
        if points.numbers.shape[1]:
            squared += cdist(points.numbers, points.numbers, "sqeuclidean")
        if points.category_codes.shape[1]:
            squared += cdist(
                points.category_codes, points.category_codes, "hamming", w=points.weights
            ) * (points.weights.sum())
    return np.sqrt(squared)


def as_one_hot(points: Rows, max_levels: int | None = None) -> np.ndarray:
    """Complete numbers: medians for missing values, 0-1 columns for the levels of nominal ones.

    Parameters
    ----------
    points : Mixed or csr_array
    max_levels : int, optional
        Columns for a nominal column at most: of its most frequent levels.
    """
    if sparse.issparse(points):
        points = as_table(points, stay_sparse=False)
    points = complete(points)
    blocks = [points.numbers]
    for column in points.category_codes.T:
        levels, counts = np.unique(column, return_counts=True)
        kept = levels[np.argsort(-counts, kind="stable")][:max_levels]
        # the second of two levels is one minus the first
        kept = kept[:1] if len(levels) == 2 else kept
        blocks.append((column[:, None] == kept).astype(np.float64))
    return np.hstack(blocks)


def stratified_rows(
    y_encoded: np.ndarray, n_rows: int, rng: np.random.RandomState, at_least: int = 2
) -> np.ndarray:
    """Draw rows with the class shares of the table, sorted; all rows of a table small enough.

    A class keeps at least ``at_least`` rows (all of a smaller one), so the sample may be a little
    larger than requested.
    """
    if len(y_encoded) <= n_rows:
        return np.arange(len(y_encoded))
    counts = np.bincount(y_encoded)
    shares = split_by_shares(n_rows, counts)
    wanted = np.minimum(np.maximum(shares, at_least), counts)
    drawn = [
        rng.choice(np.flatnonzero(y_encoded == code), size=wanted[code], replace=False)
        for code in np.flatnonzero(wanted)
    ]
    return np.sort(np.concatenate(drawn))
