"""Rows to be evaluated: their classes, scores and weights, and which of them belong together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.utils import check_array
from sklearn.utils.validation import check_consistent_length

from imbalance_kit._sklearn_compat import check_sample_weight
from imbalance_kit._tables.labels import encode, read_single_labels, spell
from imbalance_kit._tables.positive_class import category_order, positive_class
from imbalance_kit._tables.row_groups import group_numbers
from imbalance_kit._tables.row_labels import warn_of_other_order


@dataclass(frozen=True)
class EvaluatedRows:
    """Rows with their true class, and the units that a bootstrap draws.

    Attributes
    ----------
    y : ndarray of shape (n,)
        Labels.

    y_encoded : ndarray of shape (n,)
        Positions of the labels among `classes`.

    classes : list
        Labels, in the order of the columns of scores.

    order : list or None
        All labels of an ordered category, the lowest first.

    weight : ndarray of shape (n,) or None
        Weights of the rows, none of them zero.

    used : ndarray of shape (n_given,)
        Which of the rows given these are.

    unit : ndarray of shape (n,)
        Number of the unit of each row: of its group, or of the row itself.

    n_units : int
        Number of units.

    grouped : bool
        Whether units are groups.
    """

    y: np.ndarray
    y_encoded: np.ndarray
    classes: list
    order: list | None
    weight: np.ndarray | None
    used: np.ndarray
    unit: np.ndarray
    n_units: int
    grouped: bool

    def units_by_class(self) -> np.ndarray:
        """Number of units that hold rows of each class."""
        pairs = np.unique(self.unit * len(self.classes) + self.y_encoded)
        return np.bincount(pairs % len(self.classes), minlength=len(self.classes))


@dataclass(frozen=True)
class ScoredRows:
    """Scores of evaluated rows by one model.

    Attributes
    ----------
    rows : EvaluatedRows
        The rows.

    columns : ndarray of shape (n, n_classes)
        A score for each class. Scores of one dimension are the positive class's, with their
        difference from 1 as those of the other.

    positive : int or None
        Position of the positive one of two classes; None for more.
    """

    rows: EvaluatedRows
    columns: np.ndarray
    positive: int | None

    def tasks(self) -> list[tuple[np.ndarray, np.ndarray]]:
        """Event and score of the positive class, or of each of more than two against the rest."""
        codes = range(len(self.rows.classes)) if self.positive is None else [self.positive]
        return [(self.rows.y_encoded == code, self.columns[:, code]) for code in codes]


def read_rows(
    y: Any, *, groups: Any = None, sample_weight: Any = None, labels: Any = None
) -> EvaluatedRows:
    """Check true classes, weights and groups, and leave out rows of weight zero.

    Parameters
    ----------
    y : array-like of shape (n,)
        True classes.

    groups : array-like of shape (n,), default=None
        What is drawn as a whole; None for single rows.

    sample_weight : array-like of shape (n,), default=None
        Weights, none negative.

    labels : array-like of shape (n_classes,), default=None
        Classes in the order of columns; None for the sorted ones of `y`.
    """
    warn_of_other_order(y, sample_weight=sample_weight, groups=groups, stacklevel=5)
    truth = read_single_labels(y)
    found, y_encoded = encode(truth)
    classes = found.tolist()
    if labels is not None:
        classes = read_single_labels(labels).tolist()
        unknown = [label for label in found.tolist() if label not in classes]
        if unknown:
            raise ValueError(f"y holds classes that labels lacks: {unknown}.")
        y_encoded = np.array([classes.index(label) for label in found.tolist()])[y_encoded]
    weight, used = None, np.arange(len(truth))
    if sample_weight is not None:
        weight = check_sample_weight(
            sample_weight, truth, dtype=np.float64, ensure_non_negative=True
        )
        used = np.flatnonzero(weight > 0)
        weight = weight[used]
    unit = np.arange(len(used)) if groups is None else group_numbers(groups, len(truth))[used]
    numbers, unit = np.unique(unit, return_inverse=True)
    rows = EvaluatedRows(
        truth[used],
        y_encoded.astype(np.intp)[used],
        classes,
        category_order(y),
        weight,
        used,
        unit,
        len(numbers),
        groups is not None,
    )
    by_class = rows.units_by_class()
    if (by_class > 0).sum() < 2:
        raise ValueError(
            "y must hold rows of at least two classes with positive weight; got "
            f"{[label for label, n in zip(classes, by_class, strict=True) if n]}."
        )
    return rows


def require_two_units(rows: EvaluatedRows) -> int:
    """Refuse a class of a single row or group; the number of units of the rarest class."""
    by_class = rows.units_by_class()
    for label, n in zip(rows.classes, by_class, strict=True):
        what = "group" if rows.grouped else "row"
        held = f"rows in {n} group" if rows.grouped else f"{n} row"
        if n < 2:
            raise ValueError(
                f"Class {spell(label)} has {held}{'' if n == 1 else 's'}; an interval needs at "
                f"least 2 {what}s of each class. Leave the class out, or join it with another."
            )
    return int(by_class.min())


def read_model_scores(
    rows: EvaluatedRows,
    score: Any,
    *,
    n_given: int,
    pos_label: Any = None,
    labels: Any = None,
    name: str = "score",
) -> ScoredRows:
    """Check the scores of one model.

    Parameters
    ----------
    rows : EvaluatedRows
        What `read_rows` made of the true classes.

    score : array-like of shape (n_given,) or (n_given, n_classes)
        Scores of all rows that were given.

    n_given : int
        Number of these.

    pos_label, labels : object
        As the user gave them.

    name : str, default="score"
        What to call the scores in a message.
    """
    values = check_array(score, ensure_2d=False, dtype=np.float64, input_name=name)
    check_consistent_length(np.empty(n_given), values)
    values = values[rows.used]
    if values.ndim == 2 and values.shape[1] == 1:
        values = values[:, 0]
    n_columns = 2 if values.ndim == 1 else values.shape[1]
    if n_columns != len(rows.classes):
        raise ValueError(
            f"{name} describes {n_columns} classes, but there are {len(rows.classes)}: "
            f"{rows.classes}. Give a column for each class, in the order of `labels`."
        )
    if n_columns > 2:
        if pos_label is not None:
            raise ValueError(
                f"pos_label is for two classes; there are {n_columns}. For one class against the "
                "rest give y == label and its column."
            )
        return ScoredRows(rows, values, None)
    if pos_label is None and (labels is not None or values.ndim == 2):
        pos_label = rows.classes[1]  # the order is that of `labels`, or of the columns
    positive = rows.classes.index(positive_class(rows.classes, pos_label, order=rows.order, of="y"))
    if values.ndim == 1:
        values = np.column_stack([1.0 - values, values] if positive else [values, 1.0 - values])
    return ScoredRows(rows, values, positive)
