"""A tree that writes down what it is trained on."""

from typing import ClassVar

import numpy as np
from sklearn.tree import DecisionTreeClassifier


class RecordingTree(DecisionTreeClassifier):
    """Every fit adds its table, labels and weights (scaled to add up to one) to `seen`.

    With ``min_samples_split=3`` an ensemble does not count repeated rows as one of more weight.
    """

    seen: ClassVar[list] = []

    def fit(self, X, y, sample_weight=None, check_input=True):
        weight = np.ones(len(y)) if sample_weight is None else sample_weight
        self.seen.append((X.copy(), y.copy(), weight / weight.sum()))
        return super().fit(X, y, sample_weight=sample_weight, check_input=check_input)


def recorded(model, X, y, **given):
    """The fitted model, and what each of its learners was trained on."""
    RecordingTree.seen.clear()
    return model.fit(X, y, **given), list(RecordingTree.seen)
