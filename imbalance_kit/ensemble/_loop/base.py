"""The fit loop that every ensemble shares; a method answers what a round learns from."""

import time
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import replace
from functools import partial
from numbers import Integral, Real
from typing import Any, NamedTuple
from warnings import warn

import numpy as np
from joblib import effective_n_jobs
from sklearn.base import MetaEstimatorMixin
from sklearn.tree import DecisionTreeClassifier
from sklearn.utils import check_random_state, get_tags

from imbalance_kit._meta_estimator import forget
from imbalance_kit._pickled_rows import OfRows
from imbalance_kit._sampling.base import BaseUnderSampler
from imbalance_kit._sampling.strategy import resolve_targets
from imbalance_kit._sklearn_compat import (
    CallbackSupport,
    HasMethods,
    Interval,
    check_sample_weight,
    fit_context,
    with_callbacks,
)
from imbalance_kit._split_layout import held_out_part
from imbalance_kit._tables.column_warnings import each_warning_once
from imbalance_kit._tables.labels import count, encode, spell
from imbalance_kit._tables.rows import take_rows
from imbalance_kit._threads import each_in_threads
from imbalance_kit.ensemble._larger_than_memory.opening import rows_in_play
from imbalance_kit.ensemble._learners.categories import takes_categories
from imbalance_kit.ensemble._learners.class_codes import for_codes
from imbalance_kit.ensemble._learners.predictions import as_read_by
from imbalance_kit.ensemble._learners.trainers import Trainer, takes_weight, trainer_for
from imbalance_kit.ensemble._loop.fitting import Draw, Fitting
from imbalance_kit.ensemble._loop.stopping import Stopping
from imbalance_kit.ensemble._loop.voting import VotingLearners

_SEEDS = np.iinfo(np.int32).max
_AT_A_TIME = 8  # independent learners per thread between two looks at callbacks and stopping


class Trained(NamedTuple):
    """A fitted learner, and what it was trained on."""

    learner: Any
    draw: Draw
    seconds: float


class BaseImbalanceEnsemble(CallbackSupport, MetaEstimatorMixin, VotingLearners):
    """Learners, each trained on what its round draws, and one vote over them.

    A method overrides `_draw`. One whose rounds look at the learners before them also overrides
    `_learners_per_round`, and keeps what it found in a state of its own, a frozen record:
    `_begin` returns the first one, `_learned` the next one, and nothing is left on the ensemble
    but the fitted attributes that `_record` and `_conclude` set.

    A constructor takes those of the parameters below that the method has; the others keep the
    values given here.

    Parameters
    ----------
    estimator : classifier, default=None
        The base learner, cloned for each round. None stands for a decision tree.

    n_estimators : int, default=50
        Number of learners.

    random_state : int, RandomState instance or None, default=None
        Seed of the draws and of the base learners.

    Attributes
    ----------
    estimators_ : list of classifiers
        The fitted learners. Their labels are positions in `classes_`.

    estimator_weights_ : list of float
        Their weights in the vote.

    estimators_samples_ : list of ndarray
        The rows that each was trained on.

    classes_ : ndarray of shape (n_classes,)
        Class labels.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.datasets import make_classification
    >>> from imbalance_kit.base import BaseImbalanceEnsemble, Draw
    >>> class HalvesClassifier(BaseImbalanceEnsemble):
    ...     def __init__(self, estimator=None, *, n_estimators=10, random_state=None):
    ...         self.estimator = estimator
    ...         self.n_estimators = n_estimators
    ...         self.random_state = random_state
    ...
    ...     def _draw(self, fitting, state, number, rng):
    ...         n_rows = len(fitting.y)
    ...         return Draw(rng.choice(n_rows, n_rows // 2, replace=False))
    >>> X, y = make_classification(random_state=0)
    >>> model = HalvesClassifier(random_state=0).fit(X, y)
    >>> [len(rows) for rows in model.estimators_samples_[:2]]
    [50, 50]
    """

    _parameter_constraints: dict = {
        "estimator": [HasMethods(["fit", "predict"]), None],
        "n_estimators": [Interval(Integral, 1, None, closed="left")],
        "sampling_strategy": BaseUnderSampler._parameter_constraints["sampling_strategy"],
        "recalibrate": ["boolean"],
        "n_iter_no_change": [Interval(Integral, 1, None, closed="left"), None],
        "validation_fraction": [Interval(Real, 0, 1, closed="neither")],
        "tol": [Interval(Real, 0, None, closed="left")],
        "random_state": ["random_state"],
        "n_jobs": [Integral, None],
        "warm_start": ["boolean"],
        "verbose": ["verbose"],
    }
    _sampling_type = "under-sampling"
    _resamples = True  # whether rounds have other numbers of rows than the table
    _needs_weight = False  # whether the base learner must take weights
    _needs_proba = True  # whether probabilities vote where it has them

    # What holds for a method whose constructor does not take the parameter.
    estimator: Any = None
    n_estimators: int = 50
    sampling_strategy: Any = "auto"
    recalibrate: bool = False
    n_iter_no_change: int | None = None
    validation_fraction: float = 0.1
    tol: float = 0.0
    random_state: Any = None
    n_jobs: int | None = None
    warm_start: bool = False
    verbose: int = 0
    # fitted, beside the attributes documented
    _seeds: list[int]  # of the learners
    _held_out: Any = OfRows()  # whether each row with weight was held out; None where none was

    def _default_estimator(self) -> Any:
        """The base learner when none is given."""
        return DecisionTreeClassifier()

    def _learners_per_round(self) -> int | None:
        """Learners that do not look at each other; None if none ever does."""
        return None

    def _begin(self, fitting: Fitting, rng: np.random.RandomState) -> Any:
        """The state of the method before the first round; None if it has none."""

    def _draw(self, fitting: Fitting, state: Any, number: int, rng: np.random.RandomState) -> Draw:
        """What a learner is trained on. May run in threads."""
        raise NotImplementedError

    def _learned(
        self, fitting: Fitting, state: Any, number: int, learner: Any, rng: np.random.RandomState
    ) -> tuple[float | None, Any]:
        """Weight of a new learner in the vote, and the next state; no weight ends without it."""
        return 1.0, state

    def _record(self, state: Any) -> None:
        """Set the fitted attributes that follow from a state, before and after each round."""

    def _finished(self, state: Any) -> bool:
        """Whether there is nothing left to learn."""
        return False

    def _conclude(self, fitting: Fitting, X: Any, y: np.ndarray) -> None:
        """Set what is only known when all learners are there, from the table given to ``fit``."""

    @with_callbacks
    @fit_context(prefer_skip_nested_validation=False)
    def fit(self, X, y, sample_weight=None, *, groups=None):
        """Train the learners.

        Parameters
        ----------
        X : {array-like, dataframe, sparse matrix} of shape (n_samples, n_features)
            The table. Missing values and nominal columns reach the base learner as they are.
            Ensembles whose notes state it also take a ``numpy.memmap``, the path of a Parquet file
            or of a folder of them, a dask array or a dask dataframe, and do not read it whole.

        y : array-like of shape (n_samples,)
            Class labels; the name of a column where X is a path or a dask dataframe that holds
            them, the other columns being the features. Base learners are trained on the positions
            of the labels in ``classes_``.

        sample_weight : array-like of shape (n_samples,), default=None
            Weights of the rows, none negative, passed on to the base learner with the rows drawn;
            a name as for y. Rounds even out numbers of rows, whatever these weigh. Rows of weight
            zero are left out, as if the table did not hold them.

        groups : array-like of shape (n_samples,), default=None
            What rows belong to. The part that is held out with `n_iter_no_change` is of whole
            groups; without, they are not used.

        Returns
        -------
        self : object
            The fitted ensemble.
        """
        X, y, sample_weight = self._open_for_training(X, y, sample_weight)
        prototype = self._prototype()
        weight, kept = rows_with_weight(sample_weight, y)
        self._check_learner(prototype, weight is not None)
        labels = y if kept is None else y[kept]
        classes, y_encoded = encode(labels)
        if kept is not None and len(classes) < 2:
            raise ValueError(
                f"Only class {spell(classes[0])} has rows of positive weight; expected at least 2 "
                "classes. Check sample_weight."
            )
        done = self._learners_done(classes, len(y))
        self.classes_ = classes
        # The order of these draws is that of the results: a seed for everything before the first
        # round, then one for each learner, so that a warm start gives a learner the same seed.
        rng = check_random_state(self.random_state)
        opening = np.random.RandomState(rng.randint(_SEEDS))
        seeds = rng.randint(_SEEDS, size=self.n_estimators)
        stopping, in_play = self._hold_out(X, y_encoded, weight, groups, kept, done, opening)
        fitting = self._open_fitting(X, labels, y_encoded, weight, in_play, kept, opening)
        self._open_priors(y_encoded, weight)
        state = self._begin(fitting, np.random.RandomState(opening.randint(_SEEDS)))
        # After a warm start the state follows from the learners that are there.
        for number, learner in enumerate(self.estimators_):
            _, state = self._learned(fitting, state, number, learner, _second(seeds[number]))
            self._score(stopping, number)
        self._record(state)
        callbacks = self._open_rounds(self.n_estimators - done, X, y)
        one_round = partial(self._round, callbacks, X, y)
        with each_warning_once():
            self._run_rounds(fitting, state, stopping, seeds, done, one_round)
        self._conclude(fitting, X, y)
        self._close_rounds(callbacks, X, y)
        return self

    def _run_rounds(
        self,
        fitting: Fitting,
        state: Any,
        stopping: Stopping | None,
        seeds: np.ndarray,
        done: int,
        one_round: Callable[[], AbstractContextManager[list[bool]]],
    ) -> None:
        """Train learners until there are enough."""
        trainer = trainer_for(for_codes(self._prototype(), self.classes_), fitting.X)
        trainer.open(fitting.X)
        warned = False

        def train(number: int) -> Trained:
            rng = np.random.RandomState(seeds[number])
            return self._train(fitting, state, trainer, number, rng)

        for numbers in self._side_by_side(fitting, done):
            trained = each_in_threads(train, numbers, fitting.n_threads)
            for number, (learner, draw, seconds) in zip(numbers, trained, strict=True):
                with one_round() as stop:
                    vote_weight, state = self._learned(
                        fitting, state, number, learner, _second(seeds[number])
                    )
                    if vote_weight is not None:
                        self.estimators_.append(learner)
                        self.estimator_weights_.append(vote_weight)
                        self.estimators_samples_.append(fitting.numbers_of(draw.rows))
                        self._seeds.append(int(seeds[number]))
                        self._add_draw(fitting, draw)
                        self._score(stopping, number)
                    self._record(state)
                if vote_weight is None:
                    return
                if draw.warning and not warned:
                    warn(draw.warning, UserWarning, stacklevel=5)
                    warned = True
                if self.verbose:
                    print(
                        f"[{type(self).__name__}] round {number + 1} of {self.n_estimators}: "
                        f"{len(draw.rows)} rows, {seconds:.2f} s"
                    )
                if stop or self._finished(state) or (stopping and stopping.enough()):
                    return

    def _side_by_side(self, fitting: Fitting, done: int) -> list[range]:
        """Numbers of the learners that are trained at the same time.

        Learners of a round may be: none of them looks at another. Those of methods without rounds
        are trained a few at a time, because all of them may be more than early stopping keeps.
        """
        size = fitting.per_round
        if self._learners_per_round() is None:
            size = _AT_A_TIME * fitting.n_threads if fitting.n_threads > 1 else 1
        # a warm start may begin within a round
        starts = [done, *range((done // size + 1) * size, self.n_estimators, size)]
        ends = [*starts[1:], self.n_estimators]
        return [range(start, end) for start, end in zip(starts, ends, strict=True) if start < end]

    def _train(
        self,
        fitting: Fitting,
        state: Any,
        trainer: Trainer,
        number: int,
        rng: np.random.RandomState,
    ) -> Trained:
        """Draw what a learner is trained on, and train it."""
        started = time.perf_counter()
        draw = self._draw(fitting, state, number, rng)
        learner = trainer.fresh(rng)
        if draw.table is None and draw.weight is None:
            weight = fitting.weight if draw.row_weight is None else draw.row_weight
            rows = None if fitting.is_everything(draw.rows) else draw.rows
            learner = trainer.fit(learner, fitting.X, fitting.y_encoded, weight, rows)
        else:
            X = take_rows(fitting.X, draw.rows) if draw.table is None else draw.table
            weight = draw.weight
            if weight is None and fitting.weight is not None:
                weight = fitting.weight[draw.rows]
            learner = trainer.fit(learner, X, fitting.y_encoded[draw.rows], weight)
        # its rows are still wanted, a table of synthetic rows is not
        return Trained(learner, replace(draw, table=None), time.perf_counter() - started)

    # --- before the first round ---------------------------------------------------------------

    def _prototype(self) -> Any:
        """The base learner that is cloned for each round."""
        return self._default_estimator() if self.estimator is None else self.estimator

    def _takes_categories(self) -> bool:
        return takes_categories(self._prototype())

    def _check_learner(self, learner: Any, weighted: bool) -> None:
        name = type(learner).__name__
        if self.recalibrate and self._needs_proba and not hasattr(learner, "predict_proba"):
            raise ValueError(
                f"recalibrate=True corrects probabilities, and {name} has no predict_proba: its "
                "votes are not probabilities. Wrap it in scikit-learn's CalibratedClassifierCV, or "
                "set recalibrate=False."
            )
        if weighted and not takes_weight(learner):
            raise ValueError(f"sample_weight was given, but {name}.fit does not take it.")
        if self._needs_weight and not takes_weight(learner):
            raise ValueError(
                f"{type(self).__name__} weighs rows, but {name}.fit takes no sample_weight. Give "
                "an estimator that does."
            )

    def _hold_out(
        self,
        X: Any,
        y_encoded: np.ndarray,
        weight: np.ndarray | None,
        groups: Any,
        kept: np.ndarray | None,
        done: int,
        rng: np.random.RandomState,
    ) -> tuple[Stopping | None, np.ndarray | None]:
        """What decides when to stop, and the rows left to learn from; None for all of them."""
        earlier = self._held_out if done else None
        self._held_out = None
        if self.n_iter_no_change is None:
            forget(self, "validation_scores_")
            return None, None
        if groups is not None and kept is not None:
            groups = take_rows(groups, kept)
        learning, held_out = held_out_part(y_encoded, groups, self.validation_fraction, rng)
        if done:
            # the learners that are there have seen all rows but those of their own fit
            if earlier is None or len(earlier) != len(y_encoded):
                raise ValueError(
                    "With warm_start the same rows stay held out for n_iter_no_change, and the "
                    f"earlier fit held out none of these {len(y_encoded)}. Set n_iter_no_change in "
                    "the first fit and give the same table, or set warm_start=False."
                )
            learning, held_out = np.flatnonzero(~earlier), np.flatnonzero(earlier)
        self._held_out = np.zeros(len(y_encoded), dtype=bool)
        self._held_out[held_out] = True
        stopping = Stopping(
            as_read_by(
                self._prototype(), take_rows(X, held_out if kept is None else kept[held_out])
            ),
            y_encoded[held_out],
            None if weight is None else weight[held_out],
            patience=self.n_iter_no_change,
            tol=self.tol,
        )
        return stopping, learning

    def _score(self, stopping: Stopping | None, number: int) -> None:
        """Score the vote up to a learner on the rows held out."""
        if stopping is not None:
            votes = self._vote(self.estimators_[number], number, stopping.X)
            stopping.update(votes, self.estimator_weights_[number], self._from_votes)
            self.validation_scores_ = list(stopping.scores)

    def _open_fitting(
        self,
        X: Any,
        y: np.ndarray,
        y_encoded: np.ndarray,
        weight: np.ndarray | None,
        in_play: np.ndarray | None,
        kept: np.ndarray | None,
        rng: np.random.RandomState,
    ) -> Fitting:
        """What the hooks may look at: of the table, the rows that rounds choose from."""
        y_encoded = y_encoded if in_play is None else y_encoded[in_play]
        class_counts = count(y_encoded, len(self.classes_))
        targets = self._targets(y if in_play is None else y[in_play])
        wanted = self._wanted(class_counts, targets)
        pool = None if getattr(X, "stays", False) else self._pool(y_encoded, wanted, rng)
        if pool is not None:
            in_play = pool if in_play is None else in_play[pool]
            y_encoded = y_encoded[pool]
        y_encoded = y_encoded.astype(np.intp)
        per_round = self._learners_per_round() or 1
        whole = (wanted >= class_counts)[y_encoded]
        if self._resamples:
            self.sampling_strategy_ = targets

        def part(values: Any) -> Any:
            return values if in_play is None or values is None else take_rows(values, in_play)

        # in the table given to `fit`, which also holds the rows without weight
        numbers = in_play
        if kept is not None:
            numbers = kept if in_play is None else kept[in_play]
        return Fitting(
            X=as_read_by(self._prototype(), rows_in_play(X, numbers, whole)),
            y=part(y),
            y_encoded=y_encoded,
            weight=self._row_weight(part(weight), y_encoded),
            classes=self.classes_,
            class_counts=class_counts,
            wanted=wanted,
            sampling_type=self._sampling_type,
            sampling_strategy=getattr(self, "sampling_strategy", None),
            targets=targets,
            n_rounds=-(-self.n_estimators // per_round),
            per_round=per_round,
            schedule=getattr(self, "schedule", "uniform"),
            row_numbers=numbers,
            n_threads=effective_n_jobs(self.n_jobs),
            kept=kept,
        )

    def _targets(self, y: np.ndarray) -> dict[Any, int]:
        """Numbers of rows by class, of the classes that are resampled."""
        return resolve_targets(self.sampling_strategy, y, self._sampling_type)

    def _wanted(self, class_counts: np.ndarray, targets: Mapping[Any, int]) -> np.ndarray:
        """Rows of each class in a round."""
        rows = [targets.get(label, None) for label in self.classes_.tolist()]
        if self._sampling_type == "over-sampling":  # there the numbers are those of rows to add
            return class_counts + np.array([n or 0 for n in rows])
        return np.array(
            [n_all if n is None else n for n, n_all in zip(rows, class_counts, strict=True)]
        )

    def _pool(
        self, y_encoded: np.ndarray, wanted: np.ndarray, rng: np.random.RandomState
    ) -> np.ndarray | None:
        """Rows that the rounds choose from; None for all of them."""
        return None

    def _row_weight(self, weight: np.ndarray | None, y_encoded: np.ndarray) -> np.ndarray | None:
        """Weights of the rows in play, from those of the user."""
        return weight

    # --- class shares -------------------------------------------------------------------------

    def _open_priors(self, y_encoded: np.ndarray, weight: np.ndarray | None) -> None:
        """Class shares of the table, and of what the learners of an earlier fit saw."""
        class_weight_sum = count(y_encoded, len(self.classes_), weight).astype(np.float64)
        self.prior_ = class_weight_sum / class_weight_sum.sum()
        if not self.estimators_:
            self.resampled_prior_ = np.zeros(len(self.prior_))

    def _add_draw(self, fitting: Fitting, draw: Draw) -> None:
        """Add the class shares of the newest learner's rows to the mean over the learners."""
        class_weight_sum = np.bincount(
            fitting.y_encoded[draw.rows],
            weights=self._weight_seen(fitting, draw),
            minlength=len(self.classes_),
        )
        shares = class_weight_sum / class_weight_sum.sum()
        step = (shares - self.resampled_prior_) / len(self.estimators_)
        self.resampled_prior_ = self.resampled_prior_ + step

    def _weight_seen(self, fitting: Fitting, draw: Draw) -> np.ndarray | None:
        """Weights by which the drawn rows make up the class shares: the user's."""
        return None if fitting.weight is None else fitting.weight[draw.rows]

    # --- warm start ---------------------------------------------------------------------------

    def _learners_done(self, classes: np.ndarray, n_rows: int) -> int:
        """Learners of an earlier fit that are kept; `n_rows` are those of the table given."""
        kept = self.warm_start and hasattr(self, "estimators_")
        if kept and not hasattr(self, "estimators_samples_"):
            raise ValueError(
                "warm_start needs the rows of the learners that are there, which were left out "
                "when this ensemble was pickled. Set warm_start=True before it is pickled, or "
                "pickle it within imbalance_kit.ensemble.rows_in_pickles()."
            )
        # copies: if this fit fails, the earlier one is to be what it was
        self.estimators_ = list(self.estimators_) if kept else []
        self.estimators_samples_ = list(self.estimators_samples_) if kept else []
        self.estimator_weights_ = list(self.estimator_weights_) if kept else []
        self._seeds = list(self._seeds) if kept else []
        done = len(self.estimators_)
        if done and not np.array_equal(classes, self.classes_):
            raise ValueError(
                f"warm_start needs the classes of the earlier fit, {self.classes_.tolist()}; "
                f"y has {classes.tolist()}."
            )
        if self.n_estimators < done:
            raise ValueError(
                f"n_estimators={self.n_estimators} must be larger or equal to the {done} learners "
                "that are there when warm_start=True."
            )
        if self.n_estimators == done:
            warn(
                "Warm-start fitting without increasing n_estimators does not add learners.",
                UserWarning,
                stacklevel=3,
            )
        return done

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        inner = get_tags(self._prototype())
        tags.input_tags.sparse = inner.input_tags.sparse
        tags.input_tags.allow_nan = inner.input_tags.allow_nan
        return tags


def constraints_without(ensemble: type[BaseImbalanceEnsemble], *names: str) -> dict[str, Any]:
    """Constraints of an ensemble's parameters, for one that lacks some of them."""
    inherited = ensemble._parameter_constraints
    return {name: allowed for name, allowed in inherited.items() if name not in names}


def rows_with_weight(
    sample_weight: Any, y: np.ndarray
) -> tuple[np.ndarray | None, np.ndarray | None]:
    """Weights of the rows that have any, and the numbers of these; None where all have."""
    if sample_weight is None:
        return None, None
    weight = check_sample_weight(sample_weight, y, ensure_non_negative=True)
    kept = np.flatnonzero(weight)
    return (weight, None) if len(kept) == len(weight) else (weight[kept], kept)


def _second(seed: int) -> np.random.RandomState:
    """What a round may draw from when its learner is there; the same after a warm start."""
    return np.random.RandomState([seed, 1])
