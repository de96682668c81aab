"""Net benefit: what decisions at a threshold are worth, in true positives per row."""

from typing import Any, NamedTuple

import numpy as np
from sklearn.utils import check_array, column_or_1d
from sklearn.utils.validation import check_consistent_length

from imbalance_kit._sklearn_compat import check_sample_weight
from imbalance_kit._tables.labels import encode, read_single_labels, spell
from imbalance_kit._tables.positive_class import category_order, positive_class
from imbalance_kit._tables.row_labels import warn_of_other_order


class Predicted(NamedTuple):
    """Rows of positive weight: whether each is positive, its probability and its weight."""

    positive: np.ndarray
    proba: np.ndarray
    weight: np.ndarray
    rows: np.ndarray  # where each stood
    pos_label: Any


def net_benefit(
    y_true: Any,
    y_score: Any,
    thresholds: Any,
    *,
    pos_label: Any = None,
    prevalence: float | None = None,
    sample_weight: Any = None,
) -> Any:
    """True positives per row, less false positives at the price that a threshold stands for.

    Who acts on a row from a probability of ``t`` on holds a false positive to be worth
    ``t / (1 - t)`` of a true one. With ``TP`` and ``FP`` of ``n`` rows the net benefit is
    ``TP / n - FP / n * t / (1 - t)``: 0 for acting on no row, the share of positives for perfect
    decisions.

    Parameters
    ----------
    y_true : array-like of shape (n,)
        True classes, two of them.
    y_score : array-like of shape (n,)
        Probability of the positive class. A row is acted on where it is at least the threshold.
    thresholds : float or array-like of shape (n_thresholds,)
        Threshold probabilities, at least 0 and below 1.
    pos_label : label, default=None
        The positive class. None stands for 1 of labels 0/1 or -1/1, for True, and for the higher
        one of ordered categories; other labels need it.
    prevalence : float or None, default=None
        Share of positives where the decisions are made, if the rows are a sample with another one,
        such as cases and controls. None stands for the share in these rows.
    sample_weight : array-like of shape (n,), default=None
        Weights of the rows; a row of weight 2 counts as two rows.

    Returns
    -------
    float or ndarray of shape (n_thresholds,)
        Net benefit at each threshold; one number where `thresholds` is one.

    Raises
    ------
    ValueError
        If there are more than two classes, it is not known which one is positive, a probability is
        missing or outside [0, 1], a threshold is outside [0, 1), or `prevalence` is given and a
        class has no row.

    See Also
    --------
    imbalance_kit.cost.decision_curve : Beside that of acting on all rows, with intervals.
    imbalance_kit.cost.profit_curve : With the prices of all four outcomes.

    Notes
    -----
    A difference of .01 is one more true positive in a hundred rows, at no more false positives.
    The threshold is a statement about prices, not a parameter to be tuned: values at different
    thresholds are in different units. Probabilities that are not calibrated lose net benefit.
    O(n log n).

    References
    ----------
    .. [1] A. J. Vickers, E. B. Elkin, "Decision curve analysis: a novel method for evaluating
       prediction models", Medical Decision Making 26(6), 2006.

    Examples
    --------
    Two of ten rows are positive. At .2 one false positive costs a quarter of a true one:

    >>> from imbalance_kit.metrics import net_benefit
    >>> y_true = [1, 1, 0, 0, 0, 0, 0, 0, 0, 0]
    >>> y_score = [0.9, 0.3, 0.4, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1]
    >>> net_benefit(y_true, y_score, 0.2)
    0.175
    >>> net_benefit(y_true, y_score, [0.2, 0.5]).tolist()
    [0.175, 0.1]
    """
    cuts = read_thresholds(thresholds)
    rows = read_predicted(y_true, y_score, pos_label, sample_weight, prevalence)
    cells = Cells(rows.positive, rows.proba, cuts)
    values = cells.net_benefit(cells.total(rows.weight), prevalence)
    return float(values[0]) if np.ndim(thresholds) == 0 else values


class Cells:
    """Rows by class and by how many thresholds they reach, which is all that net benefit needs.

    Parameters
    ----------
    positive : ndarray of bool of shape (n,)
        Rows of the positive class.

    proba : ndarray of shape (n,)
        Their probabilities.

    thresholds : ndarray of shape (m,)
        In any order.
    """

    def __init__(self, positive: np.ndarray, proba: np.ndarray, thresholds: np.ndarray) -> None:
        order = np.argsort(thresholds, kind="stable")
        self._rank = np.argsort(order, kind="stable")
        self._price = thresholds / (1.0 - thresholds)
        reached = np.searchsorted(thresholds[order], proba, side="right")
        self.of_row = reached + positive * (len(thresholds) + 1)

    def total(self, weight: np.ndarray) -> np.ndarray:
        """Weight of the rows in each cell."""
        return np.bincount(self.of_row, weights=weight, minlength=2 * (len(self._rank) + 1))

    def net_benefit(
        self, weight: np.ndarray, prevalence: float | None, *, everywhere: bool = False
    ) -> np.ndarray:
        """Net benefit at each threshold, from the weights of the cells on the last axis.

        With `everywhere` that of acting on all rows.
        """
        by_class = weight.reshape(*weight.shape[:-1], 2, -1)
        reached = by_class[..., ::-1].cumsum(axis=-1)[..., ::-1]
        n_rows = reached[..., :1]
        acted = np.broadcast_to(n_rows, reached[..., 1:].shape) if everywhere else reached[..., 1:]
        false, found = np.moveaxis(acted[..., self._rank], -2, 0)
        if prevalence is None:
            return (found - false * self._price) / n_rows.sum(axis=-2)
        # a resample may lack a class; then there is no decision on it either
        negatives, positives = np.moveaxis(np.maximum(n_rows, np.finfo(float).tiny), -2, 0)
        return prevalence * found / positives - (1.0 - prevalence) * false / negatives * self._price


def read_thresholds(thresholds: Any) -> np.ndarray:
    """Threshold probabilities as an array of one dimension."""
    cuts = np.atleast_1d(np.asarray(thresholds, dtype=np.float64))
    if cuts.ndim != 1 or not len(cuts):
        raise ValueError(
            f"thresholds must be a number or one-dimensional, got an array of shape {cuts.shape}."
        )
    if not ((cuts >= 0.0) & (cuts < 1.0)).all():
        raise ValueError(
            "thresholds must be probabilities of at least 0 and below 1, where a false positive "
            f"has a finite price; got values from {cuts.min():g} to {cuts.max():g}."
        )
    return cuts


def read_predicted(
    y_true: Any, y_score: Any, pos_label: Any, sample_weight: Any, prevalence: float | None
) -> Predicted:
    """Check probabilities of the positive class and their labels; rows of weight 0 are left out.

    A sample may hold one class only, where it is known which one is positive.
    """
    warn_of_other_order(y_true, y_score=y_score, sample_weight=sample_weight)
    y = read_single_labels(y_true)
    proba = column_or_1d(
        check_array(y_score, ensure_2d=False, dtype=np.float64, input_name="y_score")
    )
    check_consistent_length(y, proba)
    weight = check_sample_weight(sample_weight, proba, dtype=np.float64, ensure_non_negative=True)
    if proba.min() < 0.0 or proba.max() > 1.0:
        raise ValueError(
            "y_score must be probabilities in [0, 1], since a threshold is a price; got values "
            f"from {proba.min():g} to {proba.max():g}. Calibrate scores first."
        )
    classes = encode(y)[0].tolist()
    pos_label = _positive_of(classes, pos_label, category_order(y_true))
    used = np.flatnonzero(weight > 0)
    if not len(used):
        raise ValueError("No row has a positive weight.")
    positive = y[used] == pos_label
    if prevalence is not None:
        if not 0.0 < prevalence < 1.0:
            raise ValueError(f"prevalence must be between 0 and 1, got {prevalence!r}.")
        if positive.all() or not positive.any():
            raise ValueError("With prevalence both classes need rows of positive weight.")
    return Predicted(positive, proba[used], weight[used], used, pos_label)


def _positive_of(classes: list, pos_label: Any, order: list | None) -> Any:
    if len(classes) > 2:
        raise ValueError(
            f"Net benefit needs two classes in y_true; got {classes}. For one class against the "
            "rest give y_true == label."
        )
    if len(classes) == 2:
        return positive_class(classes, pos_label, order=order)
    if pos_label is not None:
        return pos_label
    if isinstance(classes[0], int | float) and classes[0] in (-1, 0, 1):
        return 1
    raise ValueError(
        f"y_true holds {spell(classes[0])} only, so that it does not show which class is positive. "
        "Give pos_label."
    )
