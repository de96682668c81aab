"""The rows of the large classes, and what the learners so far say of them."""

from collections.abc import Callable
from typing import Any

import numpy as np

from imbalance_kit._tables.rows import take_rows
from imbalance_kit.ensemble._learners.base_learners import class_probabilities
from imbalance_kit.ensemble._loop.fitting import Fitting
from imbalance_kit.under_sampling._self_paced import draw_self_paced, measure_hardness

# predicting a few rows too many costs less than a copy of most of the table
NEARLY_ALL = 0.8


class Crowd:
    """Mean probability that learners give to the true class of each row of the large classes.

    Parameters
    ----------
    fitting : Fitting
        The fit; its table must not change.

    classes : ndarray of shape (n_classes,)
        Labels, in the order of their codes.
    """

    def __init__(self, fitting: Fitting, classes: np.ndarray) -> None:
        self.n_learners = 0
        self._classes = classes
        self._members = fitting.members
        self._n_threads = fitting.n_threads
        self._large = [
            code for code, own in enumerate(fitting.members) if fitting.wanted[code] < len(own)
        ]
        n_large = sum(len(fitting.members[code]) for code in self._large)
        everything = n_large > NEARLY_ALL * len(fitting.codes)
        rows = np.arange(len(fitting.codes))
        if not everything:
            rows = np.flatnonzero(np.isin(fitting.codes, self._large))
        self._X: Any = fitting.X if everything else take_rows(fitting.X, rows)
        self._codes = fitting.codes if everything else fitting.codes[rows]
        self._place = {code: np.searchsorted(rows, fitting.members[code]) for code in self._large}
        self._total = np.zeros(len(rows))

    def hear(self, learner: Any) -> None:
        """Add what one more learner says."""
        self.n_learners += 1
        if self._large:
            proba = class_probabilities(learner, self._X, self._classes, self._n_threads)
            self._total += np.take_along_axis(proba, self._codes[:, None], axis=1)[:, 0]

    def p_true(self, code: int) -> np.ndarray:
        """Probability of the true class of each row of a large class, in the order of its rows."""
        return self._total[self._place[code]] / max(self.n_learners, 1)

    def draw(
        self,
        code: int,
        n: int,
        rng: np.random.RandomState,
        *,
        hardness: str | Callable,
        **how: Any,
    ) -> np.ndarray:
        """Draw rows of a large class by hardness; `how` is that of `draw_self_paced`."""
        own = measure_hardness(hardness, self.p_true(code))
        return self._members[code][draw_self_paced(own, n, rng=rng, **how)]


def crowd_of(fitting: Fitting, classes: np.ndarray) -> Any:
    """The rows of the large classes, asked where they are."""
    if hasattr(fitting.X, "crowd"):
        return fitting.X.crowd(fitting, classes)
    return Crowd(fitting, classes)
