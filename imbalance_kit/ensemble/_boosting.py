"""Boosting by SAMME: what all boosters share besides the loop."""

from collections.abc import Iterator
from numbers import Real
from typing import Any

import numpy as np
from scipy.special import softmax
from sklearn.tree import DecisionTreeClassifier

from imbalance_kit._sklearn_compat import Interval
from imbalance_kit.calibration import correct_prior
from imbalance_kit.ensemble._larger_than_memory.stored import StoredTable
from imbalance_kit.ensemble._learners.predictions import predicted_codes
from imbalance_kit.ensemble._loop.base import ENSEMBLE, BaseImbalanceEnsemble
from imbalance_kit.ensemble._loop.fitting import Draw, Fitting

BOOSTING: dict = {
    **ENSEMBLE,
    "learning_rate": [Interval(Real, 0, None, closed="neither")],
    "early_termination": ["boolean"],
}

_LOWEST = np.finfo(np.float64).eps  # as in scikit-learn: no weight ever vanishes
_LARGEST_EXPONENT = 50.0


class BaseBoosting(BaseImbalanceEnsemble):
    """Learners one after another, each on rows that weigh more where the last ones were wrong.

    A method overrides `_draw` (which rows with which weights a learner gets) or `_reweigh` (how
    weights change), and with it `_measure` (the error) and `_first_weight`.

    `fitting.memory` holds the table that learners are judged on ("X", "codes") and the weights
    of its rows ("weight"), which add up to one. They follow from the learners alone, so a warm
    start finds them again.
    """

    _needs_weight = True
    _needs_proba = False
    learning_rate: float
    early_termination: bool

    def _default_estimator(self) -> Any:
        return DecisionTreeClassifier(max_depth=1)

    def _learners_per_round(self) -> int | None:
        return 1

    def _begin(self, fitting: Fitting) -> None:
        self.estimator_errors_: list[float] = []
        fitting.memory.update(X=fitting.X, codes=fitting.codes, done=False)
        self._start(fitting, self._first_weight(fitting))

    def _start(self, fitting: Fitting, weight: np.ndarray) -> None:
        fitting.memory["first"] = fitting.memory["weight"] = _normalised(weight)

    def _first_weight(self, fitting: Fitting) -> np.ndarray:
        """Weights to begin with; only their ratios matter."""
        return np.ones(len(fitting.codes)) if fitting.weight is None else fitting.weight

    def _draw(self, fitting: Fitting, number: int, rng: np.random.RandomState) -> Draw:
        return Draw(fitting.everything, row_weight=fitting.memory["weight"])

    def _measure(self, fitting: Fitting, said: np.ndarray) -> float:
        """Error of a learner that says classes `said`; 0 is perfect, 1 - 1 / K a guess."""
        weight = fitting.memory["weight"]
        return float(weight[said != fitting.memory["codes"]].sum() / weight.sum())

    def _reweigh(self, fitting: Fitting, said: np.ndarray, alpha: float) -> np.ndarray:
        """What each row's weight is multiplied by, after a learner of weight `alpha`."""
        return np.where(said != fitting.memory["codes"], bounded_exp(alpha), 1.0)

    def _learned(self, fitting, number, learner, rng):
        memory = fitting.memory
        if memory["done"]:  # a warm start after a learner without error
            return None
        said = predicted_codes(learner, memory["X"], self.classes_, fitting.n_threads)
        error = self._measure(fitting, said)
        n_classes = len(self.classes_)
        if error <= 0:
            memory["done"] = True
            self.estimator_errors_.append(0.0)
            return 1.0
        if error >= 1.0 - 1.0 / n_classes:
            if not self.early_termination:
                memory["weight"] = memory["first"]
                self.estimator_errors_.append(error)
                return 0.0
            if number == 0:
                raise ValueError(self._no_learner())
            return None
        alpha = self.learning_rate * (np.log((1.0 - error) / error) + np.log(n_classes - 1.0))
        memory["weight"] = _normalised(memory["weight"] * self._reweigh(fitting, said, alpha))
        self.estimator_errors_.append(error)
        return float(alpha)

    def _finished(self, fitting: Fitting) -> bool:
        return fitting.memory["done"]

    def _conclude(self, fitting: Fitting) -> None:
        if not any(self.estimator_weights_):
            raise ValueError(self._no_learner())

    def _no_learner(self) -> str:
        return (
            f"The base learner of {type(self).__name__} is worse than random on the weighted "
            "training data, so nothing can be boosted. Give an estimator that fits better, or "
            "more rows of the small classes."
        )

    # --- predictions --------------------------------------------------------------------------

    def decision_function(self, X):
        """Vote of the learners, by their weights.

        Parameters
        ----------
        X : {array-like, dataframe, sparse matrix} of shape (n_samples, n_features)
            The table.

        Returns
        -------
        score : ndarray of shape (n_samples,) or (n_samples, n_classes)
            With two classes one number, from -2 (all learners say the first class) to 2. With
            more, one for each class, up to 1.
        """
        *_, last = self.staged_decision_function(X)
        return last

    def staged_decision_function(self, X):
        """Votes after one learner, after two, and so on.

        Parameters
        ----------
        X : {array-like, dataframe, sparse matrix} of shape (n_samples, n_features)
            The table.

        Returns
        -------
        stages : generator of ndarray of shape (n_samples,) or (n_samples, n_classes)
            What ``decision_function`` would say with the learners so far.
        """
        X = self._open_for_prediction(X)
        if isinstance(X, StoredTable):
            raise ValueError("The decision function needs a table in memory; X is not.")
        return self._scores(X)

    def _scores(self, X: Any) -> Iterator[np.ndarray]:
        for total, said in self._votes_so_far(X):
            score = total / (said or 1.0)
            yield score[:, 1] - score[:, 0] if len(self.classes_) == 2 else score

    def _vote(self, learner, number, X):
        weight, n_classes = self.estimator_weights_[number], len(self.classes_)
        codes = predicted_codes(learner, X, self.classes_)
        if n_classes == 2:
            positive = np.where(codes == 1, weight, -weight)
            return np.column_stack([-positive, positive])
        votes = np.full((len(codes), n_classes), -weight / (n_classes - 1))
        votes[np.arange(len(codes)), codes] = weight
        return votes

    def _from_votes(self, total, said):
        return softmax(total / (said or 1.0) / (len(self.classes_) - 1), axis=1)

    def _corrected(self, total, said):
        if not self.recalibrate:
            return self._from_votes(total, said)
        # the learners so far: weights are added up in the same order wherever votes are
        n_heard = int(np.searchsorted(np.cumsum(self.estimator_weights_), said)) + 1
        silent = np.equal(self.estimator_weights_[:n_heard], 0)
        # each learner without weight ends a run; runs answer the same question
        n_runs = np.sum(~silent & np.append(True, silent[:-1]))
        proba = from_score(total / max(n_runs, 1))
        leaning = self._leaning(n_heard)
        return correct_prior(proba, trained_on=leaning, true_prior=self.prior_)

    def _leaning(self, n_heard: int) -> np.ndarray:
        """Class shares, as rows and weights show them to the learners."""
        return self.resampled_prior_


def from_score(total: np.ndarray) -> np.ndarray:
    """Probabilities from a sum of weighted votes, as the exponential loss means them.

    With K classes SAMME minimises the mean of ``exp(-f_y / (K - 1))``, where f adds up
    ``(K - 1)**2 / K`` times the weighted votes, and the least is where ``f / (K - 1)`` is the
    log of the probabilities, up to a constant. With two classes this is the half log odds of
    AdaBoost.
    """
    n_classes = total.shape[1]
    return softmax((n_classes - 1) / n_classes * total, axis=1)


def bounded_exp(exponent: Any) -> Any:
    """The exponential, of at most 50."""
    return np.exp(np.minimum(exponent, _LARGEST_EXPONENT))


def _normalised(weight: np.ndarray) -> np.ndarray:
    """Weights that add up to one; those that are not zero stay above the rounding error."""
    shares = weight / weight.sum()
    return np.where(shares > 0, np.maximum(shares, _LOWEST), np.where(weight > 0, _LOWEST, 0.0))
