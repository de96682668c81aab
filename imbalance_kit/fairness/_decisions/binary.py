"""Decisions between two classes need a target of two."""

import numpy as np

from imbalance_kit._tables.labels import spell


def require_binary(y: np.ndarray) -> np.ndarray:
    """The classes of y; more than two are refused, in the words that scikit-learn's checks want."""
    classes = np.unique(y)
    if len(classes) > 2:
        raise ValueError(
            "Only binary classification is supported. The type of the target is multiclass: "
            f"y has {len(classes)} classes. Choose one and compare it with the rest, for "
            f"example y == {spell(classes[-1])}."
        )
    return classes
