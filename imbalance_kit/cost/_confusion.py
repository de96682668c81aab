"""Metrics of labels as functions of confusion matrices, of many at once.

True classes are rows, predicted classes columns; leading axes are a stack of matrices. Cells hold
counts or weights. Values are those of scikit-learn's scorers of the same names.
"""

from collections.abc import Callable

import numpy as np


def confusion(
    true: np.ndarray, said: np.ndarray, n_classes: int, weight: np.ndarray | None = None
) -> np.ndarray:
    """Matrix of shape (n_classes, n_classes): true classes as rows, predicted as columns."""
    cells = true.astype(np.intp) * n_classes + said
    mass = np.bincount(cells, weights=weight, minlength=n_classes**2)
    return mass.reshape(n_classes, n_classes).astype(np.float64)


def _ratio(part: np.ndarray, whole: np.ndarray) -> np.ndarray:
    """0 where the whole is."""
    return np.where(whole > 0, part / np.where(whole > 0, whole, 1.0), 0.0)


def _parts(matrices: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Right, true and predicted mass of each class."""
    return np.diagonal(matrices, axis1=-2, axis2=-1), matrices.sum(-1), matrices.sum(-2)


def _mean_where(values: np.ndarray, counted: np.ndarray) -> np.ndarray:
    return _ratio(np.where(counted, values, 0.0).sum(-1), counted.sum(-1))


def accuracy(matrices: np.ndarray) -> np.ndarray:
    """Share of right decisions."""
    return _ratio(np.trace(matrices, axis1=-2, axis2=-1), matrices.sum((-2, -1)))


def balanced_accuracy(matrices: np.ndarray) -> np.ndarray:
    """Mean recall of the classes that occur."""
    right, true, _ = _parts(matrices)
    return _mean_where(_ratio(right, true), true > 0)


def recall_macro(matrices: np.ndarray) -> np.ndarray:
    """Mean recall of the classes that occur or are predicted."""
    right, true, said = _parts(matrices)
    return _mean_where(_ratio(right, true), true + said > 0)


def precision_macro(matrices: np.ndarray) -> np.ndarray:
    """Mean precision of the classes that occur or are predicted."""
    right, true, said = _parts(matrices)
    return _mean_where(_ratio(right, said), true + said > 0)


def f1_macro(matrices: np.ndarray) -> np.ndarray:
    """Mean F1 of the classes that occur or are predicted."""
    right, true, said = _parts(matrices)
    return _mean_where(_ratio(2.0 * right, true + said), true + said > 0)


def f1_weighted(matrices: np.ndarray) -> np.ndarray:
    """Mean F1 of the classes, weighted by how often they occur."""
    right, true, said = _parts(matrices)
    return _ratio((_ratio(2.0 * right, true + said) * true).sum(-1), true.sum(-1))


def jaccard_macro(matrices: np.ndarray) -> np.ndarray:
    """Mean overlap of rows that are, and are predicted as, a class that occurs or is predicted."""
    right, true, said = _parts(matrices)
    return _mean_where(_ratio(right, true + said - right), true + said > 0)


def matthews_corrcoef(matrices: np.ndarray) -> np.ndarray:
    """Matthews correlation coefficient; 0 where one side is constant."""
    right, true, said = _parts(matrices)
    n = matrices.sum((-2, -1))
    covariance = right.sum(-1) * n - (true * said).sum(-1)
    spread = (n**2 - (true**2).sum(-1)) * (n**2 - (said**2).sum(-1))
    rounding = 1e-12 * n**4
    return np.where(spread > rounding, covariance / np.sqrt(np.maximum(spread, rounding)), 0.0)


CONFUSION_METRICS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    metric.__name__: metric
    for metric in (
        accuracy,
        balanced_accuracy,
        f1_macro,
        f1_weighted,
        jaccard_macro,
        matthews_corrcoef,
        precision_macro,
        recall_macro,
    )
}
