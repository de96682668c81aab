"""The fit loop that every ensemble shares; a method answers which rows a round learns from."""

import time
from dataclasses import dataclass, field
from typing import Any
from warnings import warn

import numpy as np
from joblib import Parallel, delayed, effective_n_jobs
from sklearn.base import BaseEstimator, ClassifierMixin, MetaEstimatorMixin, clone
from sklearn.tree import BaseDecisionTree, DecisionTreeClassifier
from sklearn.utils import check_random_state, get_tags
from sklearn.utils.validation import (
    check_consistent_length,
    check_is_fitted,
    has_fit_parameter,
    validate_data,
)

from imbalance_kit._gateway import (
    CallbackSupport,
    check_sample_weight,
    fit_context,
    n_samples_of,
    set_random_states,
    with_callbacks,
)
from imbalance_kit._rows import is_frame, take_rows
from imbalance_kit._targets import read_single_labels, resolve_targets
from imbalance_kit.calibration import correct_prior, require_every_class


@dataclass
class Fitting:
    """What the hooks of a method may look at while ``fit`` runs.

    Attributes
    ----------
    X : table
        The training table, as the base learner gets it.

    codes : ndarray of shape (n_samples,)
        Position of each row's class in ``classes_``.

    targets : dict
        Rows a round should hold of each class to be reduced, by class position.

    n_rounds : int
        Rounds of the whole fit, those done before a warm start included.

    number : int
        The round at hand, from 0.

    memory : dict
        What a method keeps from round to round.
    """

    X: Any
    codes: np.ndarray
    targets: dict[int, int]
    n_rounds: int
    number: int = 0
    memory: dict[str, Any] = field(default_factory=dict)


class BaseImbalanceEnsemble(CallbackSupport, ClassifierMixin, MetaEstimatorMixin, BaseEstimator):
    """Learners trained one after another, each on rows chosen for its round.

    A method overrides `_rows`; one that learns from the learners before it overrides `_begin`
    and `_learned` too.
    """

    classes_: np.ndarray

    def _begin(self, fitting: Fitting) -> None:
        """Set up what the method keeps from round to round."""

    def _rows(self, fitting: Fitting, rng: np.random.RandomState) -> np.ndarray:
        """Rows that this round learns from."""
        raise NotImplementedError

    def _learned(self, fitting: Fitting, estimator: Any) -> None:
        """Take in what a round's learner has to say."""

    @with_callbacks
    @fit_context(prefer_skip_nested_validation=False)
    def fit(self, X, y, sample_weight=None):
        """Train the learners.

        Parameters
        ----------
        X : {array-like, dataframe, sparse matrix} of shape (n_samples, n_features)
            The table. Missing values and nominal columns reach the base learner as they are.

        y : array-like of shape (n_samples,)
            Class labels.

        sample_weight : array-like of shape (n_samples,), default=None
            Weights of the rows, passed on to the base learner with the rows drawn.

        Returns
        -------
        self : object
            The fitted ensemble.
        """
        X, y = self._check_training_data(X, y)
        learner = DecisionTreeClassifier() if self.estimator is None else self.estimator
        if not hasattr(learner, "predict_proba"):
            raise ValueError(
                f"estimator must implement predict_proba; {type(learner).__name__} does not. "
                "Wrap it in scikit-learn's CalibratedClassifierCV."
            )
        weight = None
        if sample_weight is not None:
            weight = check_sample_weight(sample_weight, y)
            if not has_fit_parameter(learner, "sample_weight"):
                raise ValueError(
                    f"sample_weight was given, but {type(learner).__name__}.fit does not take it."
                )
        X = _as_learner_reads(X, learner)
        fitting = self._open_fitting(X, y, weight)
        done = self._learners_done()
        seeds = check_random_state(self.random_state).randint(
            np.iinfo(np.int32).max, size=self.n_estimators
        )
        self._begin(fitting)
        for estimator in self.estimators_:
            self._learned(fitting, estimator)
            fitting.number += 1

        watched = self._open_rounds(self.n_estimators - done, X, y)
        for seed in seeds[done:]:
            started = time.perf_counter()
            with self._round(watched, X, y) as stop:
                rng = np.random.RandomState(seed)
                rows = self._rows(fitting, rng)
                estimator = clone(learner)
                set_random_states(estimator, rng)
                given = {} if weight is None else {"sample_weight": weight[rows]}
                estimator.fit(take_rows(X, rows), y[rows], **given)
                self.estimators_.append(estimator)
                self.estimators_samples_.append(rows)
                self._learned(fitting, estimator)
                fitting.number += 1
            if self.verbose:
                print(
                    f"[{type(self).__name__}] round {fitting.number} of {self.n_estimators}: "
                    f"{len(rows)} rows, {time.perf_counter() - started:.2f} s"
                )
            if stop:
                break
        self._close_rounds(watched, X, y)
        return self

    def predict_proba(self, X):
        """Probability of each class: the mean over the learners.

        Parameters
        ----------
        X : {array-like, dataframe, sparse matrix} of shape (n_samples, n_features)
            The table.

        Returns
        -------
        proba : ndarray of shape (n_samples, n_classes)
            Probabilities, corrected for the change of class shares when `recalibrate` is set.
        """
        check_is_fitted(self)
        X = _as_learner_reads(self._check_table(X, reset=False), self.estimators_[0])
        n_rows = n_samples_of(X)
        n_parts = max(1, min(effective_n_jobs(self.n_jobs), n_rows))
        if n_parts == 1:
            proba = self._mean_proba(X)
        else:
            parts = np.array_split(np.arange(n_rows), n_parts)
            proba = np.concatenate(
                Parallel(n_jobs=n_parts, prefer="threads")(
                    delayed(self._mean_proba)(take_rows(X, part)) for part in parts
                )
            )
        if not self.recalibrate:
            return proba
        return correct_prior(proba, trained_on=self.resampled_prior_, true_prior=self.prior_)

    def predict(self, X):
        """Most probable class of each row.

        Parameters
        ----------
        X : {array-like, dataframe, sparse matrix} of shape (n_samples, n_features)
            The table.

        Returns
        -------
        y : ndarray of shape (n_samples,)
            Class labels.
        """
        proba = self.predict_proba(X)
        return self.classes_[proba.argmax(axis=1)]

    def _mean_proba(self, X: Any) -> np.ndarray:
        """Summed in the order of the learners, so that threads do not change the result."""
        total = np.zeros((n_samples_of(X), len(self.classes_)))
        for estimator in self.estimators_:
            total += estimator.predict_proba(X)
        return total / len(self.estimators_)

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
        if is_frame(X):
            return validate_data(self, X=X, reset=reset, skip_check_array=True)
        return validate_data(
            self, X=X, reset=reset, accept_sparse="csr", dtype=None, ensure_all_finite=False
        )

    def _open_fitting(self, X: Any, y: np.ndarray, weight: np.ndarray | None) -> Fitting:
        targets = resolve_targets(self.sampling_strategy, y, "under-sampling")
        classes, codes = np.unique(y, return_inverse=True)
        if (
            self.warm_start
            and hasattr(self, "classes_")
            and not np.array_equal(classes, self.classes_)
        ):
            raise ValueError(
                f"warm_start needs the classes of the earlier fit, {self.classes_.tolist()}; "
                f"y has {classes.tolist()}."
            )
        self.classes_ = classes
        self.sampling_strategy_ = targets
        counts = np.bincount(codes)
        mass = np.bincount(codes, weights=weight)
        if self.recalibrate:
            require_every_class(mass, classes)
        kept = [targets.get(label, n) for label, n in zip(classes.tolist(), counts, strict=True)]
        shares = mass / counts * kept
        self.prior_ = mass / mass.sum()
        self.resampled_prior_ = shares / shares.sum()
        by_position = {
            k: targets[label]
            for k, label in enumerate(classes.tolist())
            if targets.get(label, counts[k]) < counts[k]
        }
        return Fitting(X=X, codes=codes, targets=by_position, n_rounds=self.n_estimators)

    def _learners_done(self) -> int:
        if not (self.warm_start and hasattr(self, "estimators_")):
            self.estimators_: list = []
            self.estimators_samples_: list[np.ndarray] = []
        done = len(self.estimators_)
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
        inner = get_tags(DecisionTreeClassifier() if self.estimator is None else self.estimator)
        tags.input_tags.sparse = inner.input_tags.sparse
        tags.input_tags.allow_nan = inner.input_tags.allow_nan
        return tags


def _as_learner_reads(X: Any, learner: Any) -> Any:
    """The cast that scikit-learn's trees would make in every round, made once."""
    if isinstance(learner, BaseDecisionTree) and isinstance(X, np.ndarray):
        return X.astype(np.float32, copy=False) if X.dtype.kind == "f" else X
    return X
