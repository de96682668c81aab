"""Curves over all thresholds of a classifier for two classes: arrays in, arrays out.

A block of rows with equal scores is one step of every curve: no threshold separates them.
"""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import isotonic_regression
from sklearn.utils import check_array, column_or_1d
from sklearn.utils.validation import check_consistent_length

from imbalance_kit._sklearn_compat import check_sample_weight
from imbalance_kit._tables.labels import count, encode, read_single_labels
from imbalance_kit._tables.positive_class import category_order, positive_class
from imbalance_kit._tables.row_labels import warn_of_other_order
from imbalance_kit.cost._matrix import as_cost_matrix, name_positive
from imbalance_kit.cost._row_costs import check_cost, of_true_class

Floats = NDArray[np.float64]


class Scored(NamedTuple):
    """Rows of positive weight, by falling score."""

    positive: NDArray[np.bool_]
    score: Floats
    weight: Floats
    ends: NDArray[np.intp]  # last row of each block of equal scores
    rows: NDArray[np.intp]  # where each row stood
    y_encoded: NDArray[np.intp]
    classes: list
    pos_code: int


def cost_curve(
    y_true: Any, y_score: Any, *, pos_label: Any = None, sample_weight: Any = None
) -> tuple[Floats, Floats, Floats]:
    """Least normalised expected cost over all thresholds, for every price and class share at once.

    Parameters
    ----------
    y_true : array-like of shape (n_samples,)
        True classes, two of them.

    y_score : array-like of shape (n_samples,)
        Probability or any score of the positive class.

    pos_label : label, default=None
        The positive class. None stands for 1 of labels 0/1 or -1/1, for True, and for the higher
        one of ordered categories; other labels need it.

    sample_weight : array-like of shape (n_samples,), default=None
        Weights of the rows.

    Returns
    -------
    probability_cost : ndarray of shape (n_points,)
        From 0 to 1, where the cheapest threshold changes. With ``p`` the share of positives
        where the classifier is used it is
        ``p * c_fn / (p * c_fn + (1 - p) * c_fp)``.

    cost : ndarray of shape (n_points,)
        Expected cost there, as a share of that of deciding everything wrong. Between the points
        the curve is straight.

    thresholds : ndarray of shape (n_points - 1,)
        The cheapest threshold between two points: rows with a score of at least it are decided
        to be positive.

    Raises
    ------
    ValueError
        If there are not two classes, it is not known which one is positive, or a score is missing.

    See Also
    --------
    CostCurveDisplay : Draws it.

    brier_curve : Cost of deciding by the probabilities as they are.

    Notes
    -----
    Each threshold with its rates is a line ``fnr * x + fpr * (1 - x)`` over the probability cost
    x; the curve is their lower envelope. Deciding all rows alike costs ``min(x, 1 - x)``. The
    thresholds are chosen on the rows that are scored, so that the curve is a bound which no
    threshold undercuts. O(n log n).

    References
    ----------
    .. [1] C. Drummond, R. C. Holte, "Cost curves: An improved method for visualizing classifier
       performance", Machine Learning 65(1), 2006.

    Examples
    --------
    >>> from imbalance_kit.cost import cost_curve
    >>> probability_cost, cost, thresholds = cost_curve([0, 0, 1, 1], [0.1, 0.6, 0.4, 0.9])
    >>> probability_cost.round(3).tolist(), cost.tolist()
    ([0.0, 0.0, 0.5, 1.0, 1.0], [0.0, 0.0, 0.25, 0.0, 0.0])
    >>> thresholds.tolist()
    [inf, 0.9, 0.4, 0.1]
    """
    rows = read_scored(y_true, y_score, pos_label, sample_weight)
    positives, negatives = _steps(rows)
    # The hull of the ROC curve and the isotonic fit of the labels have the same blocks.
    heights = (positives / (positives + negatives))[::-1]
    fitted = isotonic_regression(heights, weights=(positives + negatives)[::-1])
    borders = len(heights) - np.asarray(fitted.blocks)[::-1]
    found = np.append(0.0, np.cumsum(positives)[borders[1:] - 1]) / positives.sum()
    alarms = np.append(0.0, np.cumsum(negatives)[borders[1:] - 1]) / negatives.sum()
    up, along = np.diff(found), np.diff(alarms)
    at = along / (along + up)
    at = np.maximum.accumulate(at)  # rounding must not make the curve go back
    cost = (1.0 - found[:-1]) * at + alarms[:-1] * (1.0 - at)
    thresholds = np.append(np.inf, rows.score[rows.ends][borders[1:] - 1])
    return np.concatenate([[0.0], at, [1.0]]), np.concatenate([[0.0], cost, [0.0]]), thresholds


def brier_curve(
    y_true: Any, y_proba: Any, *, pos_label: Any = None, sample_weight: Any = None
) -> tuple[Floats, Floats]:
    """Expected cost for every price of deciding by the probabilities as they are.

    Parameters
    ----------
    y_true : array-like of shape (n_samples,)
        True classes, two of them.

    y_proba : array-like of shape (n_samples,)
        Probability of the positive class.

    pos_label : label, default=None
        The positive class. None stands for 1 of labels 0/1 or -1/1, for True, and for the higher
        one of ordered categories; other labels need it.

    sample_weight : array-like of shape (n_samples,), default=None
        Weights of the rows.

    Returns
    -------
    cost_proportion : ndarray of shape (n_points,)
        ``c_fp / (c_fp + c_fn)``, which is the threshold that a calibrated probability calls for,
        from 0 to 1. Each probability stands there twice, before and after its rows change sides.

    cost : ndarray of shape (n_points,)
        Mean cost per row of deciding for the positive class where its probability is at least
        the cost proportion, with prices that sum to 2. Between the points the curve is straight.

    Raises
    ------
    ValueError
        If there are not two classes, it is not known which one is positive, or a probability is
        missing or outside [0, 1].

    See Also
    --------
    CostCurveDisplay : Draws it, with ``kind="brier"``.

    cost_curve : What the best threshold would cost.

    Notes
    -----
    The area below the curve is the Brier score, exactly [1]_: probabilities that cost little at
    every price have a low one. O(n log n).

    References
    ----------
    .. [1] J. Hernandez-Orallo, P. Flach, C. Ferri, "Brier Curves: a New Cost-Based Visualisation
       of Classifier Performance", International Conference on Machine Learning, 2011.

    Examples
    --------
    >>> import numpy as np
    >>> from imbalance_kit.cost import brier_curve
    >>> proportion, cost = brier_curve([0, 0, 1, 1], [0.1, 0.6, 0.4, 0.9])
    >>> area = np.trapezoid(cost, proportion)
    >>> bool(np.isclose(area, (0.1**2 + 0.6**2 + 0.6**2 + 0.1**2) / 4))
    True
    """
    rows = read_scored(y_true, y_proba, pos_label, sample_weight)
    if rows.score[0] > 1.0 or rows.score[-1] < 0.0:
        raise ValueError(
            f"y_proba must lie in [0, 1], got values from {rows.score[-1]:g} to "
            f"{rows.score[0]:g}. For other scores use cost_curve."
        )
    positives, negatives = (each[::-1] / rows.weight.sum() for each in _steps(rows))
    at = rows.score[rows.ends][::-1]
    missed = np.append(0.0, np.cumsum(positives))
    false = negatives.sum() - np.append(0.0, np.cumsum(negatives))
    proportion = np.concatenate([[0.0], np.repeat(at, 2), [1.0]])
    missed, false = np.repeat(missed, 2), np.repeat(false, 2)
    return proportion, 2.0 * (proportion * false + (1.0 - proportion) * missed)


def lift_curve(
    y_true: Any, y_score: Any, *, pos_label: Any = None, sample_weight: Any = None
) -> tuple[Floats, Floats, Floats, Floats]:
    """Share of the positives among the rows with the highest scores, for every share of rows.

    Parameters
    ----------
    y_true : array-like of shape (n_samples,)
        True classes, two of them.

    y_score : array-like of shape (n_samples,)
        Probability or any score of the positive class.

    pos_label : label, default=None
        The positive class. None stands for 1 of labels 0/1 or -1/1, for True, and for the higher
        one of ordered categories; other labels need it.

    sample_weight : array-like of shape (n_samples,), default=None
        Weights of the rows.

    Returns
    -------
    share : ndarray of shape (n_points,)
        Share of the rows that are acted on, from 0 to 1.

    gain : ndarray of shape (n_points,)
        Share of the positives among them, of all positives: the recall.

    lift : ndarray of shape (n_points,)
        ``gain / share``: how many times as many positives are found as among rows drawn at
        random. At a share of 0 it is that of the first step.

    thresholds : ndarray of shape (n_points,)
        Lowest score of the rows acted on; infinite at a share of 0.

    Raises
    ------
    ValueError
        If there are not two classes, it is not known which one is positive, or a score is missing.

    See Also
    --------
    LiftCurveDisplay : Draws it.

    Notes
    -----
    Between two points rows with equal scores are in random order: the gain is straight there.
    O(n log n).

    References
    ----------
    .. [1] M. Vuk, T. Curk, "ROC Curve, Lift Chart and Calibration Plot", Metodoloski zvezki 3(1),
       2006.

    Examples
    --------
    >>> from imbalance_kit.cost import lift_curve
    >>> share, gain, lift, thresholds = lift_curve([0, 0, 1, 0], [0.1, 0.6, 0.8, 0.3])
    >>> share.tolist(), gain.tolist()
    ([0.0, 0.25, 0.5, 0.75, 1.0], [0.0, 1.0, 1.0, 1.0, 1.0])
    >>> lift.round(2).tolist()
    [4.0, 4.0, 2.0, 1.33, 1.0]
    """
    rows = read_scored(y_true, y_score, pos_label, sample_weight)
    positives, negatives = _steps(rows)
    share = np.cumsum(positives + negatives) / (positives.sum() + negatives.sum())
    gain = np.cumsum(positives) / positives.sum()
    lift = gain / share
    return (
        np.append(0.0, share),
        np.append(0.0, gain),
        np.append(lift[0], lift),
        np.append(np.inf, rows.score[rows.ends]),
    )


def profit_curve(
    y_true: Any,
    y_score: Any,
    *,
    cost_matrix: Any = None,
    cost: Any = None,
    pos_label: Any = None,
    sample_weight: Any = None,
) -> tuple[Floats, Floats, Floats]:
    """Mean profit of acting on the rows with the highest scores, for every share of rows.

    Parameters
    ----------
    y_true : array-like of shape (n_samples,)
        True classes, two of them.

    y_score : array-like of shape (n_samples,)
        Probability or any score of the positive class, or of what acting on a row is worth.

    cost_matrix : CostMatrix, array-like, dict or "balanced", default=None
        Rows are true classes, columns predicted classes. Gains are negative costs. None, without
        `cost`, counts every error as one.

    cost : array-like of shape (n_samples, 2) or (n_samples, 2, 2), default=None
        Costs of the rows in place of `cost_matrix`: of each decision, or full matrices with true
        classes as rows and predicted classes as columns.

    pos_label : label, default=None
        The positive class: to act on a row is to decide for it. None stands for 1 of labels 0/1
        or -1/1, for True, and for the higher one of ordered categories; other labels need it. It
        is also the second class of a matrix without labels, where y_true does not show it.

    sample_weight : array-like of shape (n_samples,), default=None
        Weights of the rows.

    Returns
    -------
    share : ndarray of shape (n_points,)
        Share of the rows that are acted on, from 0 to 1.

    profit : ndarray of shape (n_points,)
        Minus the mean cost per row, of all rows, acted on or not.

    thresholds : ndarray of shape (n_points,)
        Lowest score of the rows acted on; infinite at a share of 0.

    Raises
    ------
    ValueError
        If there are not two classes, it is not known which one is positive, a score is missing, or
        costs do not fit.

    See Also
    --------
    ProfitCurveDisplay : Draws it.

    expected_cost : What given decisions cost.

    Notes
    -----
    The best point is best on these rows, and too optimistic for others: choose the threshold
    elsewhere, for instance with :class:`ThresholdedClassifierCV`. O(n log n).

    References
    ----------
    .. [1] F. Provost, T. Fawcett, "Data Science for Business", O'Reilly, 2013, chapter 8.
    .. [2] A. C. Bahnsen, D. Aouada, B. Ottersten, "Example-dependent cost-sensitive decision
       trees", Expert Systems with Applications 42(19), 2015.

    Examples
    --------
    >>> from imbalance_kit.cost import CostMatrix, profit_curve
    >>> mailing = CostMatrix.from_prices(false_positive=1, false_negative=0, true_positive=-9)
    >>> share, profit, _ = profit_curve([0, 1, 0, 0], [0.3, 0.6, 0.8, 0.1], cost_matrix=mailing)
    >>> profit.tolist()
    [0.0, -0.25, 2.0, 1.75, 1.5]
    """
    if cost is not None and cost_matrix is not None:
        raise ValueError("Give costs of rows as `cost`, or a cost_matrix for all, not both.")
    if cost is not None:
        cost = check_cost(cost, len(read_single_labels(y_true)), 2)
    rows = read_scored(y_true, y_score, pos_label, sample_weight)
    if cost is not None:
        by_decision = of_true_class(cost[rows.rows], rows.y_encoded)
    elif cost_matrix is None:
        by_decision = 1.0 - np.eye(2)[rows.y_encoded]
    else:
        counts = count(rows.y_encoded, 2, rows.weight)
        positive = rows.classes[rows.pos_code]
        matrix = name_positive(as_cost_matrix(cost_matrix), rows.classes, positive)
        by_decision = matrix.resolve(rows.classes, counts)[rows.y_encoded]
    saved = by_decision[:, 1 - rows.pos_code] - by_decision[:, rows.pos_code]
    total = rows.weight.sum()
    idle = -(rows.weight @ by_decision[:, 1 - rows.pos_code])
    acted = np.cumsum(rows.weight * saved)[rows.ends]
    share = np.cumsum(rows.weight)[rows.ends] / total
    return (
        np.append(0.0, share),
        np.append(idle, idle + acted) / total + 0.0,  # no minus in front of a zero
        np.append(np.inf, rows.score[rows.ends]),
    )


def read_scored(y_true: Any, y_score: Any, pos_label: Any, sample_weight: Any) -> Scored:
    """Check what all curves take, and sort it by falling score."""
    warn_of_other_order(y_true, y_score=y_score, sample_weight=sample_weight)
    y = read_single_labels(y_true)
    score = column_or_1d(
        check_array(y_score, ensure_2d=False, dtype=np.float64, input_name="y_score")
    )
    check_consistent_length(y, score)
    weight = check_sample_weight(sample_weight, score, dtype=np.float64, ensure_non_negative=True)
    found, y_encoded = encode(y)
    classes = found.tolist()
    if len(classes) != 2:
        raise ValueError(
            f"Curves over thresholds need exactly two classes in y_true; got {classes}. For one "
            "class against the rest give y_true == label."
        )
    pos_label = positive_class(classes, pos_label, order=category_order(y_true))
    used = np.flatnonzero(weight > 0)
    order = used[np.argsort(-score[used], kind="stable")]
    y_encoded = y_encoded[order].astype(np.intp)
    pos_code = classes.index(pos_label)
    positive = y_encoded == pos_code
    if positive.all() or not positive.any():
        raise ValueError("Both classes need rows of positive weight.")
    score = score[order]
    ends = np.append(np.flatnonzero(np.diff(score)), len(score) - 1)
    return Scored(positive, score, weight[order], ends, order, y_encoded, classes, pos_code)


def _steps(rows: Scored) -> tuple[Floats, Floats]:
    """Weight of the positives and negatives in each block of equal scores."""
    starts = np.append(0, rows.ends[:-1] + 1)
    positives = np.add.reduceat(np.where(rows.positive, rows.weight, 0.0), starts)
    negatives = np.add.reduceat(np.where(rows.positive, 0.0, rows.weight), starts)
    return positives, negatives
