"""Boosting by SAMME: what all boosters share besides the loop."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from numbers import Real
from typing import Any

import numpy as np
from scipy.special import softmax
from sklearn.tree import DecisionTreeClassifier

from imbalance_kit._sklearn_compat import Interval
from imbalance_kit.calibration._prior import correct_prior_of_trained
from imbalance_kit.ensemble._learners.predictions import predict_encoded
from imbalance_kit.ensemble._loop.base import BaseImbalanceEnsemble
from imbalance_kit.ensemble._loop.fitting import Draw, Fitting

_LOWEST = np.finfo(np.float64).eps  # as in scikit-learn: no weight ever vanishes
_LARGEST_EXPONENT = 50.0


@dataclass(frozen=True, kw_only=True)
class BoostingState:
    """Where boosting stands. It follows from the learners, so that a warm start finds it again.

    Attributes
    ----------
    X : table
        The rows that learners are scored on.

    y_encoded : ndarray of shape (n_scored,)
        Position of the class of each.

    weight : ndarray of shape (n_scored,)
        Their weights, which add up to one.

    first_weight : ndarray of shape (n_scored,)
        The weights before the first round.

    errors : tuple of float
        Weighted error of each learner.

    finished : bool
        Whether a learner had no error, so that nothing is left to boost.

    even : bool
        Whether the first weights were replaced by such that all classes weigh the same, and
        learners are trained on draws whose classes weigh what they do when learners are scored.
    """

    X: Any
    y_encoded: np.ndarray
    weight: np.ndarray
    first_weight: np.ndarray
    errors: tuple[float, ...] = ()
    finished: bool = False
    even: bool = False

    @property
    def weight_of_learners(self) -> np.ndarray:
        """The weights as learners are given them: about one a row instead of one in all.

        Many learners have penalties or minima on the scale of one row (``C``, ``min_child_weight``)
        and would learn nothing. The factor is a power of two, so that trees stay the same to the
        bit.
        """
        return self.weight * 2.0 ** np.round(np.log2(len(self.weight)))

    def weight_of_drawn(self, rows: np.ndarray) -> np.ndarray:
        """The same for learners of a draw; with `even`, classes weigh in it what they do here."""
        weight = self.weight_of_learners
        if not self.even:
            return weight
        drawn = np.bincount(self.y_encoded[rows], weights=weight[rows])
        here = np.bincount(self.y_encoded, weights=weight, minlength=len(drawn))[: len(drawn)]
        factor = np.divide(here, drawn, out=np.ones_like(here), where=drawn > 0)
        return weight * factor[np.minimum(self.y_encoded, len(drawn) - 1)]


class BaseBoosting(BaseImbalanceEnsemble):
    """Learners one after another, each on rows that weigh more where the last ones were wrong.

    A method overrides `_draw` (which rows with which weights a learner gets) or `_growth` (how
    weights change), and with it `_error`.
    """

    _parameter_constraints: dict = {
        **BaseImbalanceEnsemble._parameter_constraints,
        "learning_rate": [Interval(Real, 0, None, closed="neither")],
        "early_termination": ["boolean"],
    }
    _needs_weight = True
    _needs_proba = False
    learning_rate: float
    early_termination: bool
    _even: bool  # fitted: whether classes weighed the same in the beginning

    def _default_estimator(self) -> Any:
        return DecisionTreeClassifier(max_depth=1)

    def _learners_per_round(self) -> int | None:
        return 1

    def _begin(self, fitting: Fitting, rng: np.random.RandomState) -> BoostingState:
        weight = normalised(initial_weight(fitting))
        return BoostingState(
            X=fitting.X, y_encoded=fitting.y_encoded, weight=weight, first_weight=weight
        )

    def _draw(self, fitting: Fitting, state: Any, number: int, rng: np.random.RandomState) -> Draw:
        return Draw(fitting.everything, row_weight=state.weight_of_learners)

    def _error(self, state: Any, predicted: np.ndarray) -> float:
        """Error of a learner, from the classes it predicts; 0 is perfect, 1 - 1 / K a guess."""
        wrong = predicted != state.y_encoded
        return float(state.weight[wrong].sum() / state.weight.sum())

    def _growth(self, state: Any, predicted: np.ndarray, alpha: float) -> np.ndarray:
        """What each row's weight is multiplied by, after a learner of weight `alpha`."""
        return np.where(predicted != state.y_encoded, bounded_exp(alpha), 1.0)

    def _learned(self, fitting, state, number, learner, rng):
        if state.finished:  # a warm start after a learner without error
            return None, state
        predicted = predict_encoded(learner, state.X, len(self.classes_), fitting.n_threads)
        error, n_classes = self._error(state, predicted), len(self.classes_)
        if error <= 0:
            return 1.0, replace(state, errors=(*state.errors, 0.0), finished=True)
        errors = (*state.errors, error)
        if error >= 1.0 - 1.0 / n_classes:
            if not self.early_termination:
                return 0.0, restarted(replace(state, errors=errors), n_classes)
            if number == 0:
                raise ValueError(self._no_learner())
            return None, state
        alpha = self.learning_rate * (np.log((1.0 - error) / error) + np.log(n_classes - 1.0))
        weight = normalised(state.weight * self._growth(state, predicted, alpha))
        return float(alpha), replace(state, errors=errors, weight=weight)

    def _record(self, state: Any) -> None:
        self.estimator_errors_ = list(state.errors)
        self._even = state.even

    def _finished(self, state: Any) -> bool:
        return state.finished

    def _conclude(self, fitting: Fitting, X: Any, y: np.ndarray) -> None:
        if not any(self.estimator_weights_):
            raise ValueError(self._no_learner())

    def _no_learner(self) -> str:
        way_out = "Give an estimator that separates the classes better, such as a deeper tree"
        if self.early_termination:
            way_out = f"Set early_termination=False to go on after such a learner. Or: {way_out}"
        return (
            f"The base learner of {type(self).__name__} is worse than random on the weighted "
            f"training data, so nothing can be boosted. {way_out}, or more rows of the small "
            "classes."
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
            With two classes one number, from -2 (all learners vote for the first class) to 2. With
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
            What ``decision_function`` would return with the learners so far.
        """
        refusal = "The decision function needs a table in memory; X is not."
        return self._decisions(self._open_in_memory(X, refusal))

    def _decisions(self, X: Any) -> Iterator[np.ndarray]:
        for total, weight in self._votes_so_far(X):
            score = total / (weight or 1.0)
            yield score[:, 1] - score[:, 0] if len(self.classes_) == 2 else score

    def _vote(self, learner, number, X):
        weight, n_classes = self.estimator_weights_[number], len(self.classes_)
        predicted = predict_encoded(learner, X, n_classes)
        if n_classes == 2:
            positive = np.where(predicted == 1, weight, -weight)
            return np.column_stack([-positive, positive])
        votes = np.full((len(predicted), n_classes), -weight / (n_classes - 1))
        votes[np.arange(len(predicted)), predicted] = weight
        return votes

    def _from_votes(self, total, weight):
        return softmax(total / (weight or 1.0) / (len(self.classes_) - 1), axis=1)

    def _corrected(self, total, weight):
        if not self.recalibrate:
            return self._from_votes(total, weight)
        # How many learners are in the sum is found again from the sum of their weights: these are
        # added up in the same order wherever votes are, so that the numbers are the same floats.
        n_learners = int(np.searchsorted(np.cumsum(self.estimator_weights_), weight)) + 1
        no_weight = np.equal(self.estimator_weights_[:n_learners], 0)
        # A learner without weight ends a run of boosting, after which weights begin again. Runs
        # answer the same question, so their log odds are averaged, not added.
        n_runs = np.sum(~no_weight & np.append(True, no_weight[:-1]))
        proba = from_score(total / max(n_runs, 1))
        # the log odds are a mean over the runs, so the learners that count are those of a mean run
        seen = self._shares_seen(np.sum(~no_weight) / max(n_runs, 1))
        if self._even:
            seen = np.full(len(self.classes_), 1.0 / len(self.classes_))
        return correct_prior_of_trained(proba, trained_on=seen, true_prior=self.prior_)

    def _shares_seen(self, n_learners: float) -> np.ndarray:
        """Class shares, as rows and weights show them to that many learners of a run."""
        return self.resampled_prior_


def restarted(state: Any, n_classes: int) -> Any:
    """The state after a learner that is no better than a guess: the first weights again.

    If no learner was better so far, all classes weigh the same from then on, in the draws too.
    Learners of balanced draws may be worse than a guess on the table as it is, whatever is drawn,
    where nearly all of its rows are in one class; learners that are trained on what they are
    scored on are not.
    """
    if min(state.errors) < 1.0 - 1.0 / n_classes or state.even:
        return replace(state, weight=state.first_weight)
    by_class = np.bincount(state.y_encoded, weights=state.first_weight)
    by_class[by_class == 0] = 1.0
    weight = normalised(state.first_weight / by_class[state.y_encoded])
    return replace(state, weight=weight, first_weight=weight, even=True)


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


def initial_weight(fitting: Fitting) -> np.ndarray:
    """Weights to begin with, the user's; only their ratios matter."""
    return np.ones(len(fitting.y_encoded)) if fitting.weight is None else fitting.weight


def normalised(weight: np.ndarray) -> np.ndarray:
    """Weights that add up to one; those that are not zero stay above the rounding error."""
    shares = weight / weight.sum()
    return np.where(shares > 0, np.maximum(shares, _LOWEST), np.where(weight > 0, _LOWEST, 0.0))
