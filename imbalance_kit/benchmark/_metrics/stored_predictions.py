"""Predictions of one cell, and what several metrics take from them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from imbalance_kit._confusion import confusion

Floats = NDArray[np.float64]
Encoded = NDArray[np.integer]


@dataclass(frozen=True)
class Predictions:
    """What was predicted for some rows, and what is true.

    Attributes
    ----------
    y_encoded, decision : ndarray of shape (n,)
        True and decided classes 0..K-1; the last is the rarest class.
    proba : ndarray of shape (n, K)
    sensitive_groups : sequence of ndarray of shape (n,)
        Group of each row, for each sensitive column.
    """

    y_encoded: Encoded
    proba: Floats
    decision: Encoded
    sensitive_groups: Sequence[Encoded] = ()

    @property
    def n_classes(self) -> int:
        return self.proba.shape[1]

    def decided(self, decision: Encoded) -> "Predictions":
        """The same probabilities with other decisions."""
        return replace(self, decision=decision)

    @cached_property
    def events(self) -> Floats:
        """1 in the column of the true class, else 0."""
        events = np.zeros(self.proba.shape)
        events[np.arange(len(events)), self.y_encoded] = 1.0
        return events

    @cached_property
    def confusion(self) -> Floats:
        """Counts: true classes as rows, decided classes as columns."""
        return confusion(self.y_encoded, self.decision, self.n_classes)

    @cached_property
    def ranking(self) -> tuple[float, float]:
        """Average precision and area under the ROC curve, from one sort of each column.

        Of the rare one of two classes, else the mean over the classes that occur, one against the
        rest; NaN where there is none.
        """
        n_rows = len(self.events)
        n_positive = self.events.sum(axis=0)
        columns = [1] if self.n_classes == 2 else range(self.n_classes)
        ranked = [code for code in columns if 0 < n_positive[code] < n_rows]
        if not ranked:
            return float("nan"), float("nan")
        each = [rank_quality(self.events[:, code], self.proba[:, code]) for code in ranked]
        average_precision, area = np.mean(each, axis=0)
        return float(average_precision), float(area)


def rank_quality(event: Floats, score: Floats) -> tuple[float, float]:
    """Average precision and area under the ROC curve of one column, from one sort.

    Equal to scikit-learn's, whose checks of the input cost twenty times this arithmetic on the
    few hundred rows of a usual test part. Equal scores are one step of both curves.
    """
    order = np.argsort(-score, kind="stable")
    ends = np.flatnonzero(np.append(np.diff(score[order]) != 0, True))
    true = np.cumsum(event[order])[ends]
    false = ends + 1 - true
    average_precision = np.sum(np.diff(true, prepend=0.0) * true / (ends + 1)) / true[-1]
    heights = (true + np.append(0.0, true[:-1])) / 2.0
    area = np.sum(np.diff(false, prepend=0.0) * heights) / (true[-1] * false[-1])
    return float(average_precision), float(area)
