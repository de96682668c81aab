"""Metrics of decisions as functions of confusion matrices, of many at once.

True classes are rows, predicted classes columns; leading axes are a stack of matrices, so that all
thresholds of a search are scored in one pass. Elements hold counts or weights. Values are those of
scikit-learn's scorers of the same names, unless the docstring says otherwise.
"""

from collections.abc import Callable

import numpy as np


def confusion(
    y_encoded: np.ndarray,
    decision: np.ndarray,
    n_classes: int,
    weight: np.ndarray | None = None,
) -> np.ndarray:
    """Matrix of shape (n_classes, n_classes): true classes as rows, predicted as columns."""
    elements = y_encoded.astype(np.intp) * n_classes + decision
    counts = np.bincount(elements, weights=weight, minlength=n_classes**2)
    return counts.reshape(n_classes, n_classes).astype(np.float64)


def _ratio(part: np.ndarray, whole: np.ndarray) -> np.ndarray:
    """0 where the whole is."""
    return np.where(whole > 0, part / np.where(whole > 0, whole, 1.0), 0.0)


def _sums(matrices: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Correct, true and predicted rows of each class."""
    return np.diagonal(matrices, axis1=-2, axis2=-1), matrices.sum(-1), matrices.sum(-2)


def _mean_where(values: np.ndarray, counted: np.ndarray) -> np.ndarray:
    return _ratio(np.where(counted, values, 0.0).sum(-1), counted.sum(-1))


def accuracy(matrices: np.ndarray) -> np.ndarray:
    """Share of correct decisions."""
    return _ratio(np.trace(matrices, axis1=-2, axis2=-1), matrices.sum((-2, -1)))


def balanced_accuracy(matrices: np.ndarray) -> np.ndarray:
    """Mean recall of the classes that occur."""
    correct, true, _ = _sums(matrices)
    return _mean_where(_ratio(correct, true), true > 0)


def g_mean(matrices: np.ndarray) -> np.ndarray:
    """Geometric mean of the recalls of the classes that occur; no scorer of scikit-learn."""
    correct, true, _ = _sums(matrices)
    with np.errstate(divide="ignore"):
        # a class that does not occur must not contribute the logarithm of zero
        logs = np.where(true > 0, np.log(_ratio(correct, true)), 0.0)
    return np.exp(_ratio(logs.sum(-1), (true > 0).sum(-1)))


def recall_macro(matrices: np.ndarray) -> np.ndarray:
    """Mean recall of the classes that occur or are predicted."""
    correct, true, predicted = _sums(matrices)
    return _mean_where(_ratio(correct, true), true + predicted > 0)


def precision_macro(matrices: np.ndarray) -> np.ndarray:
    """Mean precision of the classes that occur or are predicted."""
    correct, true, predicted = _sums(matrices)
    return _mean_where(_ratio(correct, predicted), true + predicted > 0)


def _f1(matrices: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """F1 of each class, and its true and predicted rows."""
    correct, true, predicted = _sums(matrices)
    return _ratio(2.0 * correct, true + predicted), true, predicted


def f1_macro(matrices: np.ndarray) -> np.ndarray:
    """Mean F1 of the classes that occur or are predicted, as scikit-learn's scorer."""
    f1, true, predicted = _f1(matrices)
    return _mean_where(f1, true + predicted > 0)


def f1_macro_occurring(matrices: np.ndarray) -> np.ndarray:
    """Mean F1 of the classes that occur; no scorer of scikit-learn.

    A rare class may have no row in a small test part. Then a single wrong decision for it would
    put a zero into the mean of ``f1_macro`` and outweigh all other decisions.
    """
    f1, true, _ = _f1(matrices)
    return _mean_where(f1, true > 0)


def f1_weighted(matrices: np.ndarray) -> np.ndarray:
    """Mean F1 of the classes, weighted by how often they occur."""
    f1, true, _ = _f1(matrices)
    return _ratio((f1 * true).sum(-1), true.sum(-1))


def jaccard_macro(matrices: np.ndarray) -> np.ndarray:
    """Mean overlap of rows that are, and are predicted as, a class that occurs or is predicted."""
    correct, true, predicted = _sums(matrices)
    return _mean_where(_ratio(correct, true + predicted - correct), true + predicted > 0)


def matthews_corrcoef(matrices: np.ndarray) -> np.ndarray:
    """Matthews correlation coefficient; 0 where one side is constant."""
    correct, true, predicted = _sums(matrices)
    n = matrices.sum((-2, -1))
    covariance = correct.sum(-1) * n - (true * predicted).sum(-1)
    spreads = n**2 - (true**2).sum(-1), n**2 - (predicted**2).sum(-1)
    # with weights a constant side leaves the rounding of n ** 2; each side is held against it by
    # itself, because their product may be small where both have a very rare class
    rounding = 1e-12 * n**2
    varied = (spreads[0] > rounding) & (spreads[1] > rounding)
    product = np.where(varied, spreads[0] * spreads[1], 1.0)
    return np.where(varied, covariance / np.sqrt(product), 0.0)


#: What scikit-learn has a scorer of the same name for.
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
