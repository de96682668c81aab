"""Cross entropy with weights of classes: given, in inverse proportion, or by effective number."""

from collections.abc import Mapping, Sequence
from numbers import Real
from typing import Any

import numpy as np

from imbalance_kit._sklearn_compat import Interval, StrOptions
from imbalance_kit._tables.labels import spell
from imbalance_kit.losses._pointwise import PointwiseLoss


class CrossEntropyLoss(PointwiseLoss):
    """Cross entropy (log loss), with or without weights of the classes.

    Parameters
    ----------
    class_weight : "balanced", dict, array-like or None, default=None
        Factor of each class: "balanced" is in inverse proportion to its rows, a dict has class
        labels as keys (their positions from 0, where LightGBM calls the loss itself) and 1 for
        those it does not name, an array has one number per class. None weighs all alike.

    Attributes
    ----------
    probabilities : {"link", "posterior"}
        Without weights, scores mean their softmax.

    See Also
    --------
    ClassBalancedLoss : Weights by effective number.

    Notes
    -----
    The only loss that is proper without weights. With weights it is proper for other class shares,
    which `posterior` corrects for: ``eta_k`` in proportion to ``P_k / w_k``.

    Examples
    --------
    >>> from imbalance_kit.losses import CrossEntropyLoss
    >>> loss = CrossEntropyLoss(class_weight={1: 9.0})
    >>> loss.link([0.0]).tolist(), loss.posterior([0.0]).round(6).tolist()
    ([[0.5, 0.5]], [[0.9, 0.1]])
    """

    name = "cross_entropy"
    _parameter_constraints: dict = {
        "class_weight": [StrOptions({"balanced"}), dict, "array-like", None]
    }

    def __init__(self, class_weight=None):
        self.class_weight = class_weight

    @property
    def probabilities(self):
        return "link" if self.class_weight is None else "posterior"

    def _needs_counts(self):
        return isinstance(self.class_weight, str)

    def _class_weights(self, class_weight_sum, classes):
        return weights_of_classes(self.class_weight, class_weight_sum, classes)

    def _of_true_class(self, p, q, log_p, log_q, y_encoded):
        return -log_p


class ClassBalancedLoss(PointwiseLoss):
    """Cross entropy weighted by the effective number of rows.

    Parameters
    ----------
    beta : float, default=0.999
        From 0, no weights, to nearly 1, weights in inverse proportion to the rows.

    See Also
    --------
    CrossEntropyLoss : Weights that are given.

    Notes
    -----
    The effective number of a class of n rows is ``(1 - beta^n) / (1 - beta)``. Weights are in
    inverse proportion to it and add up to the number of classes. A class of far more than
    ``1 / (1 - beta)`` rows weighs as if it had so many. `posterior` takes the weights back.

    References
    ----------
    .. [1] Y. Cui, M. Jia, T.-Y. Lin, Y. Song, S. Belongie, "Class-Balanced Loss Based on Effective
       Number of Samples", Conference on Computer Vision and Pattern Recognition (CVPR), 2019.

    Examples
    --------
    >>> import numpy as np
    >>> from imbalance_kit.losses import ClassBalancedLoss
    >>> y = np.repeat([0, 1, 2], [1000, 100, 10])
    >>> ClassBalancedLoss(beta=0.999).prepare(y).class_weight_.round(5).tolist()
    [0.04216, 0.28, 2.67784]
    """

    name = "class_balanced"
    _parameter_constraints: dict = {"beta": [Interval(Real, 0, 1, closed="left")]}

    def __init__(self, beta=0.999):
        self.beta = beta

    def _needs_counts(self):
        return True

    def _class_weights(self, class_weight_sum, classes):
        return effective_number_weights(class_weight_sum, self.beta)

    def _of_true_class(self, p, q, log_p, log_q, y_encoded):
        return -log_p


def effective_number_weights(class_weight_sum: np.ndarray, beta: float) -> np.ndarray:
    """Inverse effective numbers of classes, with a mean of 1."""
    if beta == 0:
        return np.ones(len(class_weight_sum))
    # The formula is for whole rows: a class of less than one counts as one, which keeps its weight
    # finite. expm1 and log keep the digits of 1 - beta^n where beta is next to 1.
    effective = np.expm1(np.maximum(class_weight_sum, 1.0) * np.log(beta)) / np.expm1(np.log(beta))
    return len(class_weight_sum) / effective / np.sum(1.0 / effective)


def weights_of_classes(
    class_weight: Any, class_weight_sum: np.ndarray, classes: Sequence
) -> np.ndarray:
    """Factor of each class as scikit-learn's ``class_weight`` gives it, or one number per class."""
    n_classes = len(class_weight_sum)
    if class_weight is None:
        return np.ones(n_classes)
    if isinstance(class_weight, str):
        total = class_weight_sum.sum()
        return total / (n_classes * np.maximum(class_weight_sum, 1e-12 * total))
    if isinstance(class_weight, Mapping):
        known = list(classes)
        unknown = [spell(label) for label in class_weight if label not in known]
        if unknown:
            raise ValueError(
                f"class_weight names {', '.join(unknown)}, but the classes are "
                f"{', '.join(map(spell, known))}. Use the labels as they stand in y."
            )
        weights = np.array([class_weight.get(label, 1.0) for label in known], dtype=np.float64)
    else:
        weights = np.asarray(class_weight, dtype=np.float64)
    if weights.shape != (n_classes,) or not np.isfinite(weights).all() or weights.min() <= 0:
        raise ValueError(
            f"Weights of classes must be {n_classes} positive numbers, one per class; got "
            f"{weights.tolist()}."
        )
    return weights
