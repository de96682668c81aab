"""What the learners so far predict for the rows of the large classes."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from imbalance_kit._tables.rows import take_rows
from imbalance_kit.ensemble._larger_than_memory.stored_table import StoredTable
from imbalance_kit.ensemble._learners.predictions import NEARLY_ALL, class_probabilities
from imbalance_kit.ensemble._loop.fitting import Fitting
from imbalance_kit.under_sampling._self_paced import draw_self_paced, measure_hardness


@dataclass(frozen=True)
class MajorityScores:
    """Mean probability that learners give to the true class of each row of the large classes.

    Attributes
    ----------
    fitting : Fitting
        The fit.

    X : table
        The rows of the large classes, or the whole table where they are nearly all of it.

    of_true_class : ndarray of shape (n_scored,)
        Place of the probability of the true class of each row of X, among those of all classes row
        after row.

    places : dict of ndarray
        For each large class, by position, its rows in X.

    total : ndarray of shape (n_scored,)
        Sums of the probabilities.

    n_learners : int
        Learners in the sums.
    """

    fitting: Fitting
    X: Any
    of_true_class: np.ndarray
    places: dict[int, np.ndarray]
    total: np.ndarray
    n_learners: int = 0

    @classmethod
    def of_no_learner(cls, fitting: Fitting, large: list[int]) -> "MajorityScores":
        """Scores before the first learner; `large` are positions of classes."""
        n_large = sum(len(fitting.class_rows[position]) for position in large)
        X, y_encoded = fitting.X, fitting.y_encoded
        rows = np.arange(len(y_encoded))
        if n_large <= NEARLY_ALL * len(y_encoded):
            rows = np.flatnonzero(np.isin(y_encoded, large))
            X, y_encoded = take_rows(X, rows), y_encoded[rows]
        places = {
            position: np.searchsorted(rows, fitting.class_rows[position]) for position in large
        }
        of_true_class = np.arange(len(rows)) * len(fitting.classes) + y_encoded
        return cls(fitting, X, of_true_class, places, np.zeros(len(rows)))

    def updated(self, learner: Any) -> "MajorityScores":
        """Scores with one more learner."""
        total = self.total
        if self.places:
            n_classes, n_threads = len(self.fitting.classes), self.fitting.n_threads
            proba = class_probabilities(learner, self.X, n_classes, n_threads)
            total = total + proba.take(self.of_true_class)
        return replace(self, total=total, n_learners=self.n_learners + 1)

    def p_true(self, position: int) -> np.ndarray:
        """Probability of the true class of each row of a large class, in the order of its rows."""
        # the mean of the learners there are: an extra one of zeros would make all rows look hard
        return self.total[self.places[position]] / max(self.n_learners, 1)

    def draw(
        self,
        position: int,
        n: int,
        rng: np.random.RandomState,
        *,
        hardness: str | Callable,
        **how: Any,
    ) -> np.ndarray:
        """Draw rows of a large class by hardness; `how` is that of `draw_self_paced`."""
        measured = measure_hardness(hardness, self.p_true(position))
        return self.fitting.class_rows[position][draw_self_paced(measured, n, rng=rng, **how)]


def no_scores(fitting: Fitting) -> Any:
    """Scores before the first learner, kept where the rows are: here, or on partitions."""
    large = [
        position
        for position, rows in enumerate(fitting.class_rows)
        if fitting.wanted[position] < len(rows)
    ]
    X: Any = fitting.X
    if isinstance(X, StoredTable):  # rows that stay on partitions, the only kind that comes here
        from imbalance_kit.ensemble._larger_than_memory.partitioned_scores import PartitionedScores

        return PartitionedScores.of_no_learner(X, fitting.y_encoded, large, len(fitting.classes))
    return MajorityScores.of_no_learner(fitting, large)
