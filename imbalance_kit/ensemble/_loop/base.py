"""The fit loop that every ensemble shares; a method answers what a round learns from."""

import time
from collections.abc import Iterator
from dataclasses import replace
from numbers import Integral, Real
from typing import Any
from warnings import warn

import numpy as np
from joblib import effective_n_jobs
from sklearn.base import BaseEstimator, ClassifierMixin, MetaEstimatorMixin
from sklearn.tree import DecisionTreeClassifier
from sklearn.utils import check_random_state, get_tags
from sklearn.utils.validation import check_consistent_length, check_is_fitted, validate_data

from imbalance_kit._sampling.base import BaseUnderSampler
from imbalance_kit._sampling.shares import stratified_part
from imbalance_kit._sampling.strategy import resolve_targets
from imbalance_kit._sklearn_compat import (
    CallbackSupport,
    HasMethods,
    Interval,
    check_sample_weight,
    fit_context,
    n_samples_of,
    with_callbacks,
)
from imbalance_kit._tables.labels import count, encode, read_single_labels
from imbalance_kit._tables.rows import is_frame, take_rows
from imbalance_kit._threads import each_in_threads
from imbalance_kit.calibration._prior import correct_prior, require_every_class
from imbalance_kit.ensemble._larger_than_memory.stored import (
    StoredTable,
    as_learned,
    open_for_training,
    open_table,
    rows_in_play,
)
from imbalance_kit.ensemble._learners.base_learners import (
    Trainer,
    as_read_by,
    by_parts,
    class_probabilities,
    trainer_for,
)
from imbalance_kit.ensemble._loop.fitting import Draw, Fitting
from imbalance_kit.ensemble._loop.stopping import Stopping

# Constraints of the parameters that every ensemble has.
ENSEMBLE: dict = {
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

_SEEDS = np.iinfo(np.int32).max
_AT_A_TIME = 8  # independent learners per thread between two looks at callbacks and stopping


class BaseImbalanceEnsemble(CallbackSupport, ClassifierMixin, MetaEstimatorMixin, BaseEstimator):
    """Learners, each trained on what its round draws, and one vote over them.

    A method overrides `_draw`. One whose rounds look at the learners before them overrides
    `_learners_per_round`, `_begin` and `_learned` too.
    """

    _sampling_type = "under-sampling"
    _needs_weight = False  # whether the base learner must take weights
    _needs_proba = True  # whether it must give probabilities
    _reads_stored = False  # whether X may be a file or a dask collection
    _reads_numbers = False  # whether the learners see an array where X has names of columns
    _not_features: tuple[str, ...] = ()  # columns of a file that are labels or weights
    classes_: np.ndarray

    def _default_estimator(self) -> Any:
        """The base learner when none is given."""
        return DecisionTreeClassifier()

    def _learners_per_round(self) -> int | None:
        """Learners that do not look at each other; None if none ever does."""
        return None

    def _begin(self, fitting: Fitting) -> None:
        """Set up what the method keeps from round to round."""

    def _draw(self, fitting: Fitting, number: int, rng: np.random.RandomState) -> Draw:
        """What a learner is trained on. May run in threads: it must not change `fitting`."""
        raise NotImplementedError

    def _learned(
        self, fitting: Fitting, number: int, learner: Any, rng: np.random.RandomState
    ) -> float | None:
        """Take in what a learner has to say; its weight in the vote, or None to end without it."""
        return 1.0

    @with_callbacks
    @fit_context(prefer_skip_nested_validation=False)
    def fit(self, X, y, sample_weight=None):
        """Train the learners.

        Parameters
        ----------
        X : {array-like, dataframe, sparse matrix} of shape (n_samples, n_features)
            The table. Missing values and nominal columns reach the base learner as they are.
            Ensembles whose notes say so also take a ``numpy.memmap``, the path of a Parquet file
            or of a folder of them, a dask array or a dask dataframe, and do not read it whole.

        y : array-like of shape (n_samples,)
            Class labels; the name of a column where X is a path or a dask dataframe that holds
            them, the other columns being the features.

        sample_weight : array-like of shape (n_samples,), default=None
            Weights of the rows, passed on to the base learner with the rows drawn; a name as
            for y.

        Returns
        -------
        self : object
            The fitted ensemble.
        """
        X, y, sample_weight = open_for_training(self, X, y, sample_weight)
        X, y = self._check_training_data(X, y)
        prototype = self._prototype()
        weight = None if sample_weight is None else check_sample_weight(sample_weight, y)
        self._check_learner(prototype, weight is not None)
        classes, codes = encode(y)
        done = self._learners_done(classes)
        self.classes_ = classes
        rng = check_random_state(self.random_state)
        opening = np.random.RandomState(rng.randint(_SEEDS))
        seeds = rng.randint(_SEEDS, size=self.n_estimators)
        stopping, in_play = self._hold_out(X, codes, weight, opening)
        fitting = self._open_fitting(X, y, codes, weight, in_play, opening)
        trainer = trainer_for(prototype, fitting.X)
        trainer.open(fitting.X, opening)
        self._open_priors(codes, weight)
        self._begin(fitting)
        for number, learner in enumerate(self.estimators_):
            self._learned(fitting, number, learner, _second(seeds[number]))
            self._tell(stopping, number)

        watched = self._open_rounds(self.n_estimators - done, X, y)
        for number, learner, draw, seconds in self._train(fitting, trainer, seeds, done):
            with self._round(watched, X, y) as stop:
                say = self._learned(fitting, number, learner, _second(seeds[number]))
                if say is not None:
                    self.estimators_.append(learner)
                    self.estimator_weights_.append(say)
                    self.estimators_samples_.append(fitting.numbers_of(draw.rows))
                    self._saw(fitting, draw)
                    self._tell(stopping, number)
            if say is None:
                break
            if self.verbose:
                print(
                    f"[{type(self).__name__}] round {number + 1} of {self.n_estimators}: "
                    f"{len(draw.rows)} rows, {seconds:.2f} s"
                )
            if stop or self._finished(fitting) or (stopping and stopping.enough()):
                break
        self._conclude(fitting)
        self._close_rounds(watched, X, y)
        return self

    def _train(
        self, fitting: Fitting, trainer: Trainer, seeds: np.ndarray, done: int
    ) -> Iterator[tuple[int, Any, Draw, float]]:
        """Fitted learners one after another; those of a round are trained side by side."""
        n_threads = effective_n_jobs(self.n_jobs)
        independent = self._learners_per_round() is None
        size = (
            (_AT_A_TIME * n_threads if n_threads > 1 else 1) if independent else fitting.per_round
        )

        def one(number: int) -> tuple[int, Any, Draw, float]:
            started = time.perf_counter()
            rng = np.random.RandomState(seeds[number])
            draw = self._draw(fitting, number, rng)
            learner = trainer.fresh(rng)
            if draw.made is None and draw.weight is None:
                weight = fitting.weight if draw.row_weight is None else draw.row_weight
                rows = None if fitting.is_everything(draw.rows) else draw.rows
                learner = trainer.fit(learner, fitting.X, fitting.y, weight, rows)
            else:
                made = take_rows(fitting.X, draw.rows) if draw.made is None else draw.made
                weight = draw.weight
                if weight is None and fitting.weight is not None:
                    weight = fitting.weight[draw.rows]
                learner = trainer.fit(learner, made, fitting.y[draw.rows], weight)
            # its rows are still wanted, a table of made rows is not
            return number, learner, replace(draw, made=None), time.perf_counter() - started

        first = done
        while first < self.n_estimators:
            # a warm start may begin within a round
            last = min((first // size + 1) * size, self.n_estimators)
            numbers = range(first, last)
            yield from each_in_threads(one, numbers, n_threads)
            first = last

    def _finished(self, fitting: Fitting) -> bool:
        """Whether there is nothing left to learn."""
        return False

    def _conclude(self, fitting: Fitting) -> None:
        """Set what is only known when all learners are there."""

    # --- predictions --------------------------------------------------------------------------

    def predict_proba(self, X):
        """Probability of each class, by the vote of all learners.

        Parameters
        ----------
        X : {array-like, dataframe, sparse matrix} of shape (n_samples, n_features)
            The table, or a path or dask collection as in ``fit``, which is asked block by block.

        Returns
        -------
        proba : ndarray of shape (n_samples, n_classes)
            Probabilities, corrected for the change of class shares when `recalibrate` is set.
        """
        X = self._open_for_prediction(X)
        if isinstance(X, StoredTable):
            return X.over_blocks(self)
        return self._proba_in_parts(X)

    def predict(self, X):
        """Most probable class of each row.

        Parameters
        ----------
        X : {array-like, dataframe, sparse matrix} of shape (n_samples, n_features)
            The table, or a path or dask collection as in ``fit``, which is asked block by block.

        Returns
        -------
        y : ndarray of shape (n_samples,)
            Class labels.
        """
        proba = self.predict_proba(X)
        return self.classes_[proba.argmax(axis=1)]

    def staged_predict_proba(self, X):
        """Probabilities after one learner, after two, and so on.

        Parameters
        ----------
        X : {array-like, dataframe, sparse matrix} of shape (n_samples, n_features)
            The table.

        Returns
        -------
        stages : generator of ndarray of shape (n_samples, n_classes)
            What ``predict_proba`` would say with the learners so far.
        """
        X = self._open_for_prediction(X)
        if isinstance(X, StoredTable):
            raise ValueError("Stages need a table in memory; X is not. Give it in parts.")
        return (self._corrected(total.copy(), said) for total, said in self._votes_so_far(X))

    def staged_predict(self, X):
        """Most probable classes after one learner, after two, and so on.

        Parameters
        ----------
        X : {array-like, dataframe, sparse matrix} of shape (n_samples, n_features)
            The table.

        Returns
        -------
        stages : generator of ndarray of shape (n_samples,)
            What ``predict`` would say with the learners so far.
        """
        return (self.classes_[proba.argmax(axis=1)] for proba in self.staged_predict_proba(X))

    @property
    def feature_importances_(self) -> np.ndarray:
        """Importance of each column, the mean over the learners; only where they have any."""
        check_is_fitted(self)
        own = [learner.feature_importances_ for learner in self.estimators_]
        return np.average(own, axis=0, weights=self.estimator_weights_)

    def _vote(self, learner: Any, number: int, X: Any) -> np.ndarray:
        """What a learner adds to the vote on each row."""
        return class_probabilities(learner, X, self.classes_)

    def _from_votes(self, total: np.ndarray, said: float) -> np.ndarray:
        """Probabilities from the sum of the votes and of the learners' weights."""
        return total / said

    def _corrected(self, total: np.ndarray, said: float) -> np.ndarray:
        """Probabilities as they are given out."""
        proba = self._from_votes(total, said)
        if not self.recalibrate:
            return proba
        return correct_prior(proba, trained_on=self.resampled_prior_, true_prior=self.prior_)

    def _proba_in_parts(self, X: Any) -> np.ndarray:
        """Probabilities, by as many threads as may be used."""
        X = as_read_by(self.estimators_[0], X)
        return by_parts(self._proba, X, effective_n_jobs(self.n_jobs))

    def _proba(self, X: Any) -> np.ndarray:
        *_, (total, said) = self._votes_so_far(X)
        return self._corrected(total, said)

    def _votes_so_far(self, X: Any) -> Iterator[tuple[np.ndarray, float]]:
        """Summed in the order of the learners, so that threads do not change the result."""
        total = np.zeros((n_samples_of(X), len(self.classes_)))
        said = 0.0
        for number, learner in enumerate(self.estimators_):
            total += self._vote(learner, number, X)
            said += self.estimator_weights_[number]
            yield total, said

    def _open_for_prediction(self, X: Any) -> Any:
        check_is_fitted(self)
        X = self._check_table(open_table(self, X), reset=False)
        return as_read_by(self.estimators_[0], as_learned(self, X))

    # --- what comes in ------------------------------------------------------------------------

    def _prototype(self) -> Any:
        """The base learner that is cloned for each round."""
        return self._default_estimator() if self.estimator is None else self.estimator

    def _check_learner(self, learner: Any, weighted: bool) -> None:
        name = type(learner).__name__
        if self._needs_proba and not hasattr(learner, "predict_proba"):
            raise ValueError(
                f"estimator must implement predict_proba; {name} does not. "
                "Wrap it in scikit-learn's CalibratedClassifierCV."
            )
        takes_weight = Trainer(learner).takes_weight
        if weighted and not takes_weight:
            raise ValueError(f"sample_weight was given, but {name}.fit does not take it.")
        if self._needs_weight and not takes_weight:
            raise ValueError(
                f"{type(self).__name__} weighs rows, but {name}.fit takes no sample_weight. Give "
                "an estimator that does."
            )

    def _check_training_data(self, X: Any, y: Any) -> tuple[Any, np.ndarray]:
        if y is None:
            raise ValueError(
                f"{type(self).__name__} requires y to be passed, but the target y is None."
            )
        X = self._check_table(X, reset=True)
        y = read_single_labels(y)
        check_consistent_length(X, y)
        return X, y

    def _check_table(self, X: Any, *, reset: bool) -> Any:
        """Dataframes stay what they are (the base may be a pipeline that needs the columns)."""
        if isinstance(X, StoredTable):
            validate_data(self, X=X.head(), reset=reset, skip_check_array=True)
            return X
        if is_frame(X):
            return validate_data(self, X=X, reset=reset, skip_check_array=True)
        return validate_data(
            self, X=X, reset=reset, accept_sparse="csr", dtype=None, ensure_all_finite=False
        )

    def _hold_out(
        self, X: Any, codes: np.ndarray, weight: np.ndarray | None, rng: np.random.RandomState
    ) -> tuple[Stopping | None, np.ndarray | None]:
        """Who says when to stop, and the rows left to learn from; None for all of them."""
        if self.n_iter_no_change is None:
            return None, None
        learning, held_out = stratified_part(codes, self.validation_fraction, rng)
        stopping = Stopping(
            as_read_by(self._prototype(), take_rows(X, held_out)),
            codes[held_out],
            None if weight is None else weight[held_out],
            patience=self.n_iter_no_change,
            tol=self.tol,
        )
        return stopping, learning

    def _tell(self, stopping: Stopping | None, number: int) -> None:
        if stopping is not None:
            votes = self._vote(self.estimators_[number], number, stopping.X)
            stopping.hear(votes, self.estimator_weights_[number], self._from_votes)
            self.validation_scores_ = list(stopping.scores)

    def _open_fitting(
        self,
        X: Any,
        y: np.ndarray,
        codes: np.ndarray,
        weight: np.ndarray | None,
        in_play: np.ndarray | None,
        rng: np.random.RandomState,
    ) -> Fitting:
        codes = codes if in_play is None else codes[in_play]
        natural = count(codes, len(self.classes_))
        self.sampling_strategy_ = self._targets(y if in_play is None else y[in_play])
        wanted = self._wanted(natural)
        chosen = None if getattr(X, "stays", False) else self._pool(codes, wanted, rng)
        if chosen is not None:
            in_play = chosen if in_play is None else in_play[chosen]
            codes = codes[chosen]
        codes = codes.astype(np.intp)
        per_round = self._learners_per_round() or 1

        def part(values: Any) -> Any:
            return values if in_play is None or values is None else take_rows(values, in_play)

        return Fitting(
            X=as_read_by(self._prototype(), rows_in_play(X, in_play, (wanted >= natural)[codes])),
            y=part(y),
            codes=codes,
            weight=part(weight),
            natural=natural,
            wanted=wanted,
            n_rounds=-(-self.n_estimators // per_round),
            per_round=per_round,
            schedule=getattr(self, "schedule", "uniform"),
            origin=in_play,
            n_threads=effective_n_jobs(self.n_jobs),
        )

    def _targets(self, y: np.ndarray) -> dict[Any, int]:
        return resolve_targets(self.sampling_strategy, y, self._sampling_type)

    def _wanted(self, natural: np.ndarray) -> np.ndarray:
        """Rows of each class in a round."""
        rows = [self.sampling_strategy_.get(label, None) for label in self.classes_.tolist()]
        if self._sampling_type == "over-sampling":  # there the strategy says how many to add
            return natural + np.array([n or 0 for n in rows])
        return np.array([own if n is None else n for n, own in zip(rows, natural, strict=True)])

    def _leaves_partitions(self) -> bool:
        """Whether the rounds leave the rows of a dask collection where they are."""
        return False

    def _pool(
        self, codes: np.ndarray, wanted: np.ndarray, rng: np.random.RandomState
    ) -> np.ndarray | None:
        """Rows that the rounds choose from; None for all of them."""
        return None

    def _open_priors(self, codes: np.ndarray, weight: np.ndarray | None) -> None:
        """Class shares of the table, and of what the learners of an earlier fit saw."""
        mass = count(codes, len(self.classes_), weight).astype(np.float64)
        if self.recalibrate:
            require_every_class(mass, self.classes_)
        self.prior_ = mass / mass.sum()
        if not self.estimators_:
            self.resampled_prior_ = np.zeros(len(mass))

    def _saw(self, fitting: Fitting, draw: Draw) -> None:
        """Add the class shares of the newest learner's rows to the mean over the learners."""
        mass = np.bincount(
            fitting.codes[draw.rows],
            weights=self._weight_seen(fitting, draw),
            minlength=len(self.classes_),
        )
        step = (mass / mass.sum() - self.resampled_prior_) / len(self.estimators_)
        self.resampled_prior_ = self.resampled_prior_ + step

    def _weight_seen(self, fitting: Fitting, draw: Draw) -> np.ndarray | None:
        """Weights by which the drawn rows make up the class shares: the user's."""
        return None if fitting.weight is None else fitting.weight[draw.rows]

    def _learners_done(self, classes: np.ndarray) -> int:
        if not (self.warm_start and hasattr(self, "estimators_")):
            self.estimators_: list = []
            self.estimators_samples_: list[np.ndarray] = []
            self.estimator_weights_: list[float] = []
        done = len(self.estimators_)
        if done and not np.array_equal(classes, self.classes_):
            raise ValueError(
                f"warm_start needs the classes of the earlier fit, {self.classes_.tolist()}; "
                f"y has {classes.tolist()}."
            )
        if self.n_estimators < done:
            raise ValueError(
                f"n_estimators={self.n_estimators} must be at least the {done} learners that "
                "are there when warm_start=True."
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


def _second(seed: int) -> np.random.RandomState:
    """What a round may draw from when its learner is there; the same after a warm start."""
    return np.random.RandomState([seed, 1])
