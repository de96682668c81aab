"""A bag over any sampler."""

from collections.abc import Mapping
from inspect import signature
from numbers import Real
from typing import Any

import numpy as np
from sklearn.base import clone
from sklearn.utils.validation import check_is_fitted

from imbalance_kit._sampling.strategy import resolve_targets
from imbalance_kit._sklearn_compat import HasMethods, set_random_states
from imbalance_kit._tables.labels import spell
from imbalance_kit._tables.rows import take_rows
from imbalance_kit.ensemble._learners.column_subsets import MAX_FEATURES, on_columns
from imbalance_kit.ensemble._learners.trainers import takes_weight
from imbalance_kit.ensemble._loop.base import constraints_without
from imbalance_kit.ensemble._loop.bootstraps import (
    MAX_SAMPLES,
    bag_size,
    draw_rows,
    wanted_in_bag,
)
from imbalance_kit.ensemble._loop.fitting import Draw
from imbalance_kit.ensemble._loop.out_of_bag import OutOfBagEnsemble
from imbalance_kit.ensemble._loop.schedule import SCHEDULE, rows_in_round
from imbalance_kit.ensemble._loop.voting import DecisionsOfLearners

_WITH_NUMBERS = ("over-sampling", "under-sampling")


class ResamplingBaggingClassifier(DecisionsOfLearners, OutOfBagEnsemble):
    """Learners on bootstraps that a sampler resamples.

    Parameters
    ----------
    estimator : classifier, default=None
        The base learner, cloned for each round. None stands for a decision tree of full depth. One
        without ``predict_proba`` votes for the class that it predicts.

    sampler : object with ``fit_resample``, default=None
        Any sampler of this package or of imbalanced-learn, cloned and seeded for each learner.
        None leaves the data as it is: plain bagging, the baseline.

    n_estimators : int, default=50
        Number of learners.

    sampler_first : bool, default=False
        Whether the sampler sees the whole table and bootstraps are drawn from what it returns,
        instead of a bootstrap being drawn from the table and resampled.

    max_samples : int, float or None, default=1.0
        Rows of the table that a learner's bag is drawn from it: a number or a share; None for
        all.

    max_features : int or float, default=1.0
        Columns that a learner is trained on, drawn at random: a number or a share.

    bootstrap : bool, default=True
        Whether learners see bootstraps of the table, a row of which may occur more than once.

    bootstrap_features : bool, default=False
        Whether a column may be drawn more than once.

    oob_score : bool or callable, default=False
        Whether to score the fit on rows that learners were not trained on: by accuracy, or by a
        function of true and predicted labels.

    schedule : {"uniform", "progressive", "cooldown"}, default="uniform"
        How the numbers of rows change over the rounds: not at all, from those of the table to those
        of the sampler, or the other way round.

    recalibrate : bool, default=False
        Correct the predicted probabilities for the change of the class shares.

    n_iter_no_change : int or None, default=None
        Stop when this many learners in a row did not better the average precision, that of the
        rarer of two classes or the mean over more, on rows held out of the fit. None holds nothing
        out and trains all learners.

    validation_fraction : float, default=0.1
        Share of each class to hold out, where `n_iter_no_change` is set.

    tol : float, default=0.0001
        What counts as better.

    random_state : int, RandomState instance or None, default=None
        Seed of the draws and of the base learners.

    n_jobs : int or None, default=None
        Threads that train learners side by side and predict. The result does not depend on it.

    warm_start : bool, default=False
        Keep the learners of the earlier ``fit`` and add to them.

    verbose : int, default=0
        Print a line for each learner.

    Attributes
    ----------
    estimators_ : list of classifiers
        The learners.

    estimators_samples_ : list of ndarray
        Rows each learner was trained on.

    estimators_features_ : list of ndarray
        Columns each learner was trained on; built on access.

    estimator_weights_ : list of float
        Weight of each learner in the vote.

    feature_importances_ : ndarray of shape (`n_features_in_`,)
        Mean importance of each column, where the learners have importances.

    oob_decision_function_ : ndarray of shape (n_samples, n_classes)
        Only with `oob_score`: probabilities of each row of the table given to ``fit`` by the
        learners that were not trained on it; NaN where there is none.

    oob_score_ : float
        Only with `oob_score`: the score of the classes these make most probable.

    validation_scores_ : list of float
        Only with `n_iter_no_change`: average precision on the held-out rows, learner by learner.

    classes_ : ndarray of shape (n_classes,)
        Class labels.

    sampling_strategy_ : dict
        Empty: the sampler settles the numbers, bag by bag.

    prior_ : ndarray of shape (n_classes,)
        Class shares of the data given to ``fit``, weighted where weights were given.

    resampled_prior_ : ndarray of shape (n_classes,)
        Class shares of what a learner saw.

    n_features_in_ : int
        Number of columns of X.

    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Names of the columns, when all are strings.

    See Also
    --------
    UnderBaggingClassifier : The same as with a random under-sampler, faster.

    OverBaggingClassifier : The same as with a random over-sampler.

    SMOTEBaggingClassifier : With SMOTE, its share changing from learner to learner.

    imbalance_kit.compose.ResampledClassifier : One learner on resampled data.

    Notes
    -----
    A round costs what the sampler and the base learner cost on a bootstrap. With `sampler_first` a
    sampler without ``random_state`` runs once, any other once per learner. Which classes are
    resampled, and to how many rows, follows from the sampler's own `sampling_strategy`. A bootstrap
    that by chance is past that number or ratio keeps what it holds.

    **Out of bag.** Where a sampler selects or copies rows, those it leaves out count as unseen.
    Where it makes synthetic rows, every row that it was given counts as seen: with `sampler_first`
    that is the table, and there are no out-of-bag scores.

    **Weights** are given to samplers that take them, and go with the rows. Where a sampler does not
    report which row a synthetic one comes from (imbalanced-learn's over-samplers), synthetic rows
    count as rows of their class in ``estimators_samples_``, and fitting with weights is an error.

    Probabilities are those of resampled data. `recalibrate` corrects for the class shares: exactly
    so for random samplers, approximately otherwise.

    References
    ----------
    .. [1] L. Breiman, "Bagging Predictors", Machine Learning 24, 1996.

    .. [2] M. Galar, A. Fernandez, E. Barrenechea, H. Bustince, F. Herrera, "A Review on Ensembles
       for the Class Imbalance Problem: Bagging-, Boosting-, and Hybrid-Based Approaches", IEEE
       Transactions on Systems, Man, and Cybernetics C 42, 2012.

    Examples
    --------
    >>> from sklearn.datasets import make_classification
    >>> from imbalance_kit.ensemble import ResamplingBaggingClassifier
    >>> from imbalance_kit.under_sampling import TomekLinks
    >>> X, y = make_classification(n_samples=1000, weights=[0.95], random_state=0)
    >>> model = ResamplingBaggingClassifier(sampler=TomekLinks(), n_estimators=5, random_state=0)
    >>> model.fit(X, y).predict_proba(X).shape
    (1000, 2)
    """

    _parameter_constraints: dict = {
        **constraints_without(OutOfBagEnsemble, "sampling_strategy"),
        **SCHEDULE,
        **MAX_SAMPLES,
        **MAX_FEATURES,
        "sampler": [HasMethods(["fit_resample"]), None],
        "sampler_first": ["boolean"],
        "bootstrap": ["boolean"],
    }
    sampling_strategy: Any = "auto"

    def __init__(
        self,
        estimator=None,
        sampler=None,
        *,
        n_estimators=50,
        sampler_first=False,
        max_samples=1.0,
        max_features=1.0,
        bootstrap=True,
        bootstrap_features=False,
        oob_score=False,
        schedule="uniform",
        recalibrate=False,
        n_iter_no_change=None,
        validation_fraction=0.1,
        tol=1e-4,
        random_state=None,
        n_jobs=None,
        warm_start=False,
        verbose=0,
    ):
        self.estimator = estimator
        self.sampler = sampler
        self.n_estimators = n_estimators
        self.sampler_first = sampler_first
        self.max_samples = max_samples
        self.max_features = max_features
        self.bootstrap = bootstrap
        self.bootstrap_features = bootstrap_features
        self.oob_score = oob_score
        self.schedule = schedule
        self.recalibrate = recalibrate
        self.n_iter_no_change = n_iter_no_change
        self.validation_fraction = validation_fraction
        self.tol = tol
        self.random_state = random_state
        self.n_jobs = n_jobs
        self.warm_start = warm_start
        self.verbose = verbose

    def _prototype(self):
        return on_columns(super()._prototype(), self.max_features, self.bootstrap_features)

    @property
    def estimators_features_(self) -> list[np.ndarray]:
        """Columns that each learner was trained on."""
        check_is_fitted(self)
        everything = np.arange(self.n_features_in_)
        return [getattr(learner, "columns_", everything) for learner in self.estimators_]

    def _targets(self, y):
        """Only checks what the sampler asks for; it settles the numbers itself, bag by bag."""
        strategy = self._strategy_of_sampler()
        kind = getattr(self.sampler, "_sampling_type", None)
        if strategy is not None and kind in _WITH_NUMBERS:
            resolve_targets(strategy, y, kind)
        else:
            resolve_targets("auto", y, "under-sampling")
        return {}

    def _strategy_of_sampler(self) -> Any:
        """The `sampling_strategy` that the sampler works by; None where it has none."""
        return None if self.sampler is None else _strategy_of(self.sampler)

    def _begin(self, fitting, rng):
        kind = getattr(self.sampler, "_sampling_type", None)
        numbers = kind in _WITH_NUMBERS and self._strategy_of_sampler() is not None
        if self.schedule != "uniform" and not numbers:
            raise ValueError(
                f"schedule={self.schedule!r} changes numbers of rows, and "
                f"{type(self.sampler).__name__} takes none. Give a sampler with a "
                'sampling_strategy, or schedule="uniform".'
            )
        always_same = self.sampler is not None and not any(
            name.endswith("random_state") for name in self.sampler.get_params()
        )
        if self.sampler_first and always_same and self.schedule == "uniform":
            # it draws nothing, so that the seed is of no account
            everything = np.arange(len(fitting.y_encoded))
            return self._resample(fitting, everything, 0, np.random.RandomState(0))
        return None

    def _draw(self, fitting, state, number, rng):
        """A draw; the state is what the sampler gives for the table, if that is always the same."""
        if not self.sampler_first:
            return self._resample(fitting, self._bag(fitting.y_encoded, rng), number, rng)
        whole = state
        if whole is None:
            everything = np.arange(len(fitting.y_encoded))
            whole = self._resample(fitting, everything, number, rng)
        return self._bag_of(whole, fitting, rng)

    def _bag(self, y_encoded, rng):
        size = bag_size(self.max_samples, len(y_encoded))
        return draw_rows(y_encoded, size, self.classes_, bootstrap=self.bootstrap, rng=rng)

    def _bag_of(self, draw, fitting, rng):
        """A bag of the rows that a sampler returned."""
        bag = self._bag(fitting.y_encoded[draw.rows], rng)
        table = None if draw.table is None else take_rows(draw.table, bag, reset_index=True)
        weight = None if draw.weight is None else draw.weight[bag]
        return Draw(draw.rows[bag], table=table, weight=weight, in_bag=draw.in_bag)

    def _seeded_sampler(self, rng):
        sampler = clone(self.sampler)
        set_random_states(sampler, rng)
        return sampler

    def _resample(self, fitting, bag, number, rng):
        """What the sampler returns for a bag."""
        if self.sampler is None:
            return Draw(bag)
        sampler = self._seeded_sampler(rng)
        y, weight = fitting.y[bag], None if fitting.weight is None else fitting.weight[bag]
        strategy = _strategy_of(sampler)
        if fitting.schedule != "uniform" or isinstance(strategy, Real | Mapping):
            numbers = self._numbers_of_round(sampler, fitting, y, number)
            sampler.set_params(sampling_strategy=numbers)
        given = {}
        if weight is not None and "sample_weight" in signature(sampler.fit_resample).parameters:
            given["sample_weight"] = weight
        X = take_rows(fitting.X, bag, reset_index=True)
        resampled, y_resampled = sampler.fit_resample(X, y, **given)
        rows = getattr(sampler, "sample_indices_", None)
        if rows is None:
            if weight is not None:
                raise ValueError(
                    f"sample_weight cannot be carried past {type(sampler).__name__}, which does "
                    "not report where its rows come from (no sample_indices_). Use a sampler of "
                    "imbalance_kit, or fit without weights."
                )
            return Draw(bag[_rows_of_classes(y, y_resampled)], table=resampled, in_bag=bag)
        rows = np.asarray(rows)
        weight = self._weight_from(sampler, weight, rows)
        if _only_selects(sampler):
            return Draw(bag[rows], weight=weight)
        return Draw(bag[rows], table=resampled, weight=weight, in_bag=bag)

    def _numbers_of_round(self, sampler, fitting, y, number):
        """Rows of each class that the sampler is to leave, as far as the bag allows."""
        strategy, kind = sampler.sampling_strategy, sampler._sampling_type
        if callable(strategy):
            strategy = strategy(y)
        counts = np.bincount(np.searchsorted(self.classes_, y), minlength=len(self.classes_))
        wanted = wanted_in_bag(strategy, self.classes_, counts, kind)
        rows = rows_in_round(
            counts, wanted, fitting.schedule, fitting.round_of(number), fitting.n_rounds
        )
        changed = rows != counts
        return dict(zip(self.classes_[changed].tolist(), rows[changed].tolist(), strict=True))

    def _weight_from(self, sampler, given, rows):
        """Weights that a sampler set itself; None where they are those of the rows."""
        weight = getattr(sampler, "sample_weight_", None)
        if weight is None or (given is not None and np.array_equal(weight, given[rows])):
            return None
        learner = self._prototype()
        if not takes_weight(learner):
            raise ValueError(
                f"{type(sampler).__name__} weighs rows, but {type(learner).__name__}.fit takes no "
                "sample_weight. Give an estimator that does."
            )
        return weight


def _strategy_of(sampler: Any) -> Any:
    """Its `sampling_strategy`; None where that is no parameter of it."""
    return sampler.get_params(deep=False).get("sampling_strategy")


def _only_selects(sampler: Any) -> bool:
    """Whether every row that came out of a sampler is one that went in, unchanged."""
    origin = getattr(sampler, "sample_origin_", None)
    if origin is not None:
        return bool(np.min(origin, initial=0) >= 0)
    return sampler._sampling_type != "over-sampling"


def _rows_of_classes(y: np.ndarray, y_resampled: np.ndarray) -> np.ndarray:
    """For each label in `y_resampled` a row of `y` with that label, all of them in turn."""
    rows = np.empty(len(y_resampled), dtype=np.int64)
    for label in np.unique(y_resampled):
        class_rows = np.flatnonzero(y == label)
        places = np.flatnonzero(y_resampled == label)
        if len(class_rows) == 0:
            raise ValueError(
                f"The sampler made rows of class {spell(label)}, of which it was given none."
            )
        rows[places] = np.resize(class_rows, len(places))
    return rows
