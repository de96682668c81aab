"""Costs of single rows: arrays by row and decision, or by row, true class and decision."""

from typing import Any

import numpy as np

# Rows are true classes, columns predicted classes, as in a CostMatrix.
_BY_DECISION = "(n_samples, n_classes), the cost of each decision on a row whose class is known"
_BY_TRUTH = "(n_samples, n_classes, n_classes), a full matrix for each row, true classes as rows"


def example_costs(
    *,
    false_positive: Any,
    false_negative: Any,
    true_positive: Any = 0.0,
    true_negative: Any = 0.0,
    classes: Any = None,
) -> np.ndarray:
    """Costs of each row for two classes, from prices that are numbers or differ by row.

    Parameters
    ----------
    false_positive, false_negative, true_positive, true_negative : float or array-like of shape \
(n_samples,)
        What each outcome costs; a gain is negative.

    classes : sequence of two labels, default=None
        Negative and positive class. None means that the positive one is the second in sorted
        order, as 1 is of 0 and 1; give them where labels are words.

    Returns
    -------
    cost : ndarray of shape (n_samples, 2, 2)
        By row: true classes as rows, predicted classes as columns, in sorted order of the
        classes. To be given as `cost`.

    Raises
    ------
    ValueError
        If a price is not finite, no price differs by row, the lengths differ, or `classes` are
        not two different labels.

    See Also
    --------
    CostMatrix.from_prices : The same where prices are numbers, or stand in columns of X.

    Examples
    --------
    >>> from imbalance_kit.cost import example_costs
    >>> example_costs(false_positive=5, false_negative=[100.0, 40.0]).tolist()
    [[[0.0, 5.0], [100.0, 0.0]], [[0.0, 5.0], [40.0, 0.0]]]

    "fraud" comes before "ok", so its costs are in the first row:

    >>> example_costs(false_positive=5, false_negative=[100.0], classes=["ok", "fraud"]).tolist()
    [[[0.0, 100.0], [5.0, 0.0]]]
    """
    given = [true_negative, false_positive, false_negative, true_positive]
    prices = [np.asarray(price, dtype=np.float64) for price in given]
    lengths = {len(price) for price in prices if price.ndim == 1}
    if len(lengths) != 1 or any(price.ndim > 1 for price in prices):
        raise ValueError(
            "Prices must be numbers or one-dimensional arrays of one length, and at least one an "
            f"array; got shapes {[price.shape for price in prices]} (true negative, false "
            "positive, false negative, true positive)."
        )
    cost = np.stack(np.broadcast_arrays(*prices), axis=-1).reshape(-1, 2, 2)
    _require_finite(cost)
    if classes is None:
        return cost
    labels = np.asarray(classes).tolist()
    if len(labels) != 2 or labels[0] == labels[1]:
        raise ValueError(f"classes must be the negative and the positive class; got {labels}.")
    return cost if labels[0] < labels[1] else cost[:, ::-1, ::-1].copy()


def check_cost(cost: Any, n_rows: int, n_classes: int, *, full: bool = False) -> np.ndarray:
    """Costs of rows as an array, checked.

    Parameters
    ----------
    cost : array-like
        As a user gives it.

    n_rows, n_classes : int
        What it must be for.

    full : bool, default=False
        Whether the true classes are unknown, so that nothing but full matrices will do.

    Returns
    -------
    cost : ndarray of shape (n_rows, n_classes) or (n_rows, n_classes, n_classes)
    """
    array = np.asarray(cost, dtype=np.float64)
    by_truth = array.shape == (n_rows, n_classes, n_classes)
    by_decision = array.shape == (n_rows, n_classes)
    if not by_truth and (full or not by_decision):
        accepted = _BY_TRUTH if full else f"{_BY_DECISION}; or {_BY_TRUTH}"
        raise ValueError(
            f"cost has shape {array.shape} for {n_rows} rows and {n_classes} classes. Expected "
            f"{accepted}. example_costs makes such an array from prices."
        )
    _require_finite(array)
    return array


def of_true_class(cost: np.ndarray, y_encoded: np.ndarray) -> np.ndarray:
    """Cost of each decision, of shape (n_rows, n_classes), once the true classes are known."""
    return cost if cost.ndim == 2 else cost[np.arange(len(cost)), y_encoded]


def _require_finite(cost: np.ndarray) -> None:
    if not np.isfinite(cost).all():
        raise ValueError(
            f"Costs must be finite; {int((~np.isfinite(cost)).sum())} of {cost.size} are not."
        )
