"""From probabilities and costs to decisions and weights, on arrays.

True classes are rows, predicted classes columns.
"""

from typing import Any

import numpy as np

from imbalance_kit._tables.labels import spell
from imbalance_kit.kernels.short_rows import first_true, row_maxima, row_minima


def mean_over_classes(proba: Any, costs: np.ndarray) -> np.ndarray:
    """Expected cost of each decision, from one matrix or from one for each row.

    Rows of a matrix are true classes, columns predicted classes.
    """
    proba = np.asarray(proba, dtype=np.float64)
    if proba.ndim != 2 or proba.shape[1] != costs.shape[-1]:
        raise ValueError(
            f"Expected one probability for each of {costs.shape[-1]} classes, got an array of "
            f"shape {proba.shape}."
        )
    if costs.ndim == 2:
        return proba @ costs
    if len(costs) != len(proba):
        raise ValueError(f"There are costs for {len(costs)} rows, but {len(proba)} rows.")
    return np.einsum("nk,nkj->nj", proba, costs)


def cheapest(expected: np.ndarray) -> np.ndarray:
    """Position of the least of each row; the first of those that differ by rounding only.

    Sums over classes round differently by decision, and equal costs should not be decided by that.
    """
    if expected.ndim == 2 and expected.shape[1] == 2:
        first, second = expected[:, 0], expected[:, 1]
        largest = np.maximum(np.abs(first), np.abs(second))
        largest *= 1e-12
        return (first > np.add(second, largest, out=largest)).astype(np.intp)
    bound = row_minima(expected) + 1e-12 * row_maxima(np.abs(expected))
    return first_true(expected <= bound[:, None])


def class_weights(costs: np.ndarray, classes: Any) -> np.ndarray:
    """Mean over wrong decisions of what they cost more than the right one, by true class (row)."""
    n_classes = len(costs)
    right = np.diagonal(costs)
    surplus = (costs.sum(axis=1) - right) / max(n_classes - 1, 1) - right
    if surplus.min() < 0:
        label = classes[int(surplus.argmin())]
        raise ValueError(
            f"On rows of class {spell(label)} wrong decisions cost less than the right one, so no "
            "weight stands for these costs. Rows of the matrix are true classes, columns "
            "predicted classes: check that it is not transposed."
        )
    if not surplus.max() > 0:
        raise ValueError("All decisions cost the same: there is nothing to weigh.")
    return surplus
