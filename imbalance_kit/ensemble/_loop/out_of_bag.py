"""Predictions for the rows that learners were not trained on."""

from collections.abc import Callable
from typing import Any
from warnings import warn

import numpy as np
from sklearn.metrics import accuracy_score

from imbalance_kit._meta_estimator import forget
from imbalance_kit._pickled_rows import OfRows
from imbalance_kit._tables.rows import take_rows
from imbalance_kit.ensemble._larger_than_memory.stored_table import StoredTable
from imbalance_kit.ensemble._learners.predictions import (
    NEARLY_ALL,
    as_read_by,
    class_probabilities,
)
from imbalance_kit.ensemble._loop.base import BaseImbalanceEnsemble
from imbalance_kit.ensemble._loop.fitting import Draw, Fitting


class OutOfBagEnsemble(BaseImbalanceEnsemble):
    """An ensemble whose learners do not look at each other and leave rows out.

    A row is out of a learner's bag if the learner was not trained on it, nor on a row made from
    it. Rows that were held out of the fit or are not in its pool are out of every bag.
    """

    _parameter_constraints: dict = {
        **BaseImbalanceEnsemble._parameter_constraints,
        "oob_score": ["boolean", callable],
    }
    oob_score: bool | Callable[[np.ndarray, np.ndarray], float]
    # fitted, beside `estimators_samples_`: the bag of each learner where it is another
    _bags: Any = OfRows()  # a list of ndarray or None
    _n_rows: set[int]  # of the tables that their numbers belong to

    def _learners_done(self, classes: np.ndarray, n_rows: int) -> int:
        done = super()._learners_done(classes, n_rows)
        self._bags = list(self._bags) if done else []
        self._n_rows = {*self._n_rows, n_rows} if done else {n_rows}
        if self.oob_score and len(self._n_rows) > 1:
            raise ValueError(
                "oob_score with warm_start needs the same table in all fits; these had "
                f"{sorted(self._n_rows)} rows, and which rows of this one the earlier learners saw "
                "is not known. Set oob_score=False, or warm_start=False."
            )
        forget(self, "oob_score_", "oob_decision_function_")
        return done

    def _open_for_training(self, X: Any, y: Any, weight: Any) -> tuple[Any, np.ndarray, Any]:
        X, y, weight = super()._open_for_training(X, y, weight)
        if self.oob_score and isinstance(X, StoredTable):
            raise ValueError(
                "oob_score needs a table in memory; X is not. Score the fit on another part of "
                "it instead."
            )
        return X, y, weight

    def _weight_seen(self, fitting: Fitting, draw: Draw) -> np.ndarray | None:
        if draw.weight is not None:
            return draw.weight
        if draw.row_weight is not None:
            return draw.row_weight[draw.rows]
        return super()._weight_seen(fitting, draw)

    def _add_draw(self, fitting: Fitting, draw: Draw) -> None:
        super()._add_draw(fitting, draw)
        self._bags.append(None if draw.in_bag is None else fitting.numbers_of(draw.in_bag))

    def _conclude(self, fitting: Fitting, X: Any, y: np.ndarray) -> None:
        super()._conclude(fitting, X, y)
        if not self.oob_score:
            return
        X = fitting.X if fitting.row_numbers is None else as_read_by(self._prototype(), X)
        total, n_votes = self._votes_out_of_bag(X, len(y), fitting.n_threads)
        known = n_votes > 0
        scored = known.copy()
        if fitting.kept is not None:  # rows without weight are predicted, and do not count
            scored[np.setdiff1d(np.arange(len(y)), fitting.kept)] = False
        self.oob_decision_function_ = np.full(total.shape, np.nan)
        self.oob_decision_function_[known] = self._corrected(
            total[known] / n_votes[known, None], weight=1.0
        )
        n_unknown = int(np.sum(~known))
        if n_unknown:
            warn(
                f"{n_unknown} of {len(y)} rows were in the bag of every learner and have no "
                "out-of-bag prediction (NaN). More learners leave out more rows.",
                UserWarning,
                stacklevel=5,
            )
        score = self.oob_score if callable(self.oob_score) else accuracy_score
        predicted = self.classes_[self.oob_decision_function_[scored].argmax(axis=1)]
        self.oob_score_ = float(score(y[scored], predicted)) if scored.any() else np.nan

    def _votes_out_of_bag(
        self, X: Any, n_rows: int, n_threads: int
    ) -> tuple[np.ndarray, np.ndarray]:
        """Votes on each row by the learners that left it out, and the number of these."""
        total = np.zeros((n_rows, len(self.classes_)))
        n_votes = np.zeros(n_rows)
        bags = zip(self.estimators_samples_, self._bags, strict=True)
        for learner, (drawn, bag) in zip(self.estimators_, bags, strict=True):
            outside = np.ones(n_rows, dtype=bool)
            outside[drawn if bag is None else bag] = False
            if outside.mean() > NEARLY_ALL:
                votes = class_probabilities(learner, X, len(self.classes_), n_threads)
                total[outside] += votes[outside]
            elif outside.any():
                rows = np.flatnonzero(outside)
                total[rows] += class_probabilities(
                    learner, take_rows(X, rows), len(self.classes_), n_threads
                )
            n_votes += outside
        return total, n_votes
