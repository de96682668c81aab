"""The inputs of every audit: true classes, decisions, weights, and which class is positive."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.utils import check_array
from sklearn.utils.validation import check_consistent_length

from imbalance_kit._sklearn_compat import check_sample_weight
from imbalance_kit._tables.labels import read_single_labels, spell
from imbalance_kit._tables.positive_class import category_order, positive_or_rarest
from imbalance_kit._tables.row_labels import warn_of_other_order
from imbalance_kit.fairness._audit.rates import outcomes


@dataclass(frozen=True)
class AuditInputs:
    """Decisions on rows, as one class against the rest.

    Attributes
    ----------
    positive, decided : ndarray of bool
        Whether a row is of the positive class, and whether it was decided to be.

    weight : ndarray or None
        Weights of the rows; None where all count alike.

    proba : ndarray or None
        Probabilities of the positive class.

    pos_label : label
        The positive class.

    note : str or None
        That the rarest class was taken as positive, where labels do not show which one is.
    """

    positive: np.ndarray
    decided: np.ndarray
    weight: np.ndarray | None
    proba: np.ndarray | None
    pos_label: Any
    note: str | None = None

    @property
    def n_rows(self) -> int:
        return len(self.positive)

    @property
    def outcome(self) -> np.ndarray:
        """Position of each row's outcome among the four."""
        return outcomes(self.positive, self.decided)


def read_audit_inputs(
    y_true: Any,
    y_pred: Any,
    *,
    y_proba: Any = None,
    pos_label: Any = None,
    sample_weight: Any = None,
    **beside: Any,
) -> AuditInputs:
    """Check the inputs and find the positive class: named, shown by labels, or the rarest.

    What else there is with an entry for each row is looked at for its order alone.
    """
    warn_of_other_order(
        y_true,
        y_pred=y_pred,
        y_proba=y_proba,
        sample_weight=sample_weight,
        **beside,
    )
    y, decided = read_single_labels(y_true), read_single_labels(y_pred)
    check_consistent_length(y, decided)
    try:
        classes = sorted({*np.unique(y).tolist(), *np.unique(decided).tolist()})
    except TypeError:
        raise ValueError(
            "y_true and y_pred hold labels of different kinds (text and numbers), so no decision "
            "can be right. Give decisions in the labels of y_true."
        ) from None
    if pos_label is None:
        if len(classes) > 2:
            raise ValueError(
                f"There are {len(classes)} classes: {classes}. Rates of decisions are those of one "
                "class against the rest: give pos_label, and audit the classes one by one."
            )
        if len(classes) < 2:
            raise ValueError(
                f"There is one class only, {spell(classes[0])}, in y_true and y_pred. Give "
                "pos_label where the other class is absent."
            )
    # with one class alone the positive one may be the class that does not occur
    elif pos_label not in classes and len(classes) > 1:
        raise ValueError(f"There is no class {spell(pos_label)}; the classes are {classes}.")
    weight = None
    if sample_weight is not None:
        weight = check_sample_weight(
            sample_weight, np.zeros(len(y)), dtype=np.float64, ensure_non_negative=True
        )
        if not weight.sum() > 0:
            raise ValueError("sample_weight is 0 for every row: there is nothing to audit.")
    note = None
    if pos_label is None:
        rows = [np.sum(y == label, dtype=float) for label in classes]
        pos_label, note = positive_or_rarest(classes, rows, order=category_order(y_true))
    return AuditInputs(
        y == pos_label,
        decided == pos_label,
        weight,
        _positive_column(y_proba, y, classes, pos_label),
        pos_label,
        note,
    )


def _positive_column(
    y_proba: Any, y: np.ndarray, classes: list, pos_label: Any
) -> np.ndarray | None:
    """Probabilities of the positive class."""
    if y_proba is None:
        return None
    proba = check_array(y_proba, ensure_2d=False, dtype=np.float64, input_name="y_proba")
    check_consistent_length(y, proba)
    if proba.ndim == 2:
        if proba.shape[1] != len(classes):
            raise ValueError(
                f"y_proba has {proba.shape[1]} columns for {len(classes)} classes. Give the column "
                "of the positive class alone."
            )
        proba = proba[:, classes.index(pos_label)]
    if proba.min() < 0 or proba.max() > 1:
        raise ValueError(
            f"y_proba must lie in [0, 1], got values from {proba.min():g} to {proba.max():g}."
        )
    return proba
