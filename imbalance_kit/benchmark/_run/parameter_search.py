"""Search of the parameters of a method and its learner, inside the training part of a cell.

Trial 0 is the defaults, so what is found is never worse than they are on the inner folds. The
draws of trial *n* are seeded by the cell and *n*, and trials are kept when they are finished, so
a search that was stopped at any moment goes on to the result it would have had.
"""

from __future__ import annotations

import math
import pickle
import time
import warnings
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.base import clone
from sklearn.pipeline import Pipeline

from imbalance_kit.benchmark._metrics.metric import METRICS
from imbalance_kit.benchmark._metrics.stored_predictions import Predictions
from imbalance_kit.benchmark._run.inner_splits import respect_layout
from imbalance_kit.benchmark._run.trial_storage import open_study, reaching, silent_optuna

if TYPE_CHECKING:
    import optuna
    from numpy.typing import NDArray

    from imbalance_kit._split_layout import Rows
    from imbalance_kit.benchmark._methods.learners import Learner
    from imbalance_kit.benchmark._methods.method import Method
    from imbalance_kit.benchmark._methods.search_settings import Search
    from imbalance_kit.benchmark._methods.spaces import Space
    from imbalance_kit.benchmark._run.cell import Cell
    from imbalance_kit.benchmark._run.table import Table

    Fold = tuple[Rows, Rows]
    Parameters = dict[str, dict[str, Any]]


@dataclass(frozen=True)
class Found:
    """What a search has found.

    Attributes
    ----------
    parameters : dict
        ``{"learner": {name: value}, "method": {path: value}}``, plain values that JSON holds;
        empty where the defaults are best.
    value : float
        Mean of the metric over the inner folds; NaN if there was nothing to search.
    n_trials, n_failed : int
        Trials, and those of them that failed.
    seconds : float
        Time of all trials, those of earlier runs included.
    """

    parameters: Parameters = field(default_factory=lambda: {"learner": {}, "method": {}})
    value: float = math.nan
    n_trials: int = 0
    n_failed: int = 0
    seconds: float = 0.0


def search(
    cell: Cell,
    table: Table,
    training: Rows,
    *,
    folds: Iterable[Fold] | None = None,
    storage: str | None = None,
) -> Found:
    """Search the parameters of a cell's method and learner on its training rows.

    Parameters
    ----------
    cell : Cell
        Its ``protocol.search`` has the settings.
    table : Table
    training : ndarray of int
        Row numbers of the training part; nothing else is used.
    folds : iterable of (ndarray, ndarray), default=None
        Row numbers of the table to learn from and to validate on, for each inner fold. None splits
        the training part as the table is split: stratified, by groups or by time.
    storage : str, default=None
        An Optuna storage, such as ``"sqlite:///trials.db"``. Finished trials are kept there under
        the key of the cell, and a search goes on behind those it finds. None keeps them nowhere.

    Returns
    -------
    Found

    Raises
    ------
    RuntimeError
        If every trial failed.
    OutOfReachError
        If the storage cannot be used.

    Notes
    -----
    A trial fits the method once on each inner fold. What is added for each trial is about 10 ms
    for the choice of the next point among eight parameters and 8 ms to keep it in SQLite.
    Tree-structured Parzen estimators choose; the first ten trials are drawn at random.

    References
    ----------
    J. Bergstra, R. Bardenet, Y. Bengio, B. Kegl, "Algorithms for Hyper-Parameter Optimization",
    NeurIPS, 2011.
    """
    how: Search = cell.protocol.search
    spaces = spaces_of(cell.method, cell.learner)
    if how.trials == 0 or not any(spaces.values()):
        return Found()
    if folds is None:
        rng = np.random.RandomState(cell.split_seed)
        folds = table.layout.folds(training, how.folds, rng)
    inner = _Inner(table, folds)
    with silent_optuna() as optuna:
        trials = _Trials(optuna, storage, cell.key)
        while trials.n_trials < how.trials and trials.seconds < (how.seconds or math.inf):
            _one_trial(optuna, trials, cell, spaces, inner)
        return trials.found(how)


def spaces_of(method: Method, learner: Learner) -> dict[str, Space]:
    """Spaces of the two parts of a pair; that of a learner which the method does not use is empty.

    Parameters
    ----------
    method : Method
    learner : Learner

    Returns
    -------
    dict
        With the keys "learner" and "method".
    """
    return {"learner": {} if method.own_learners else learner.space, "method": method.space}


def build(method: Method, learner: Learner, seed: int, found: Parameters) -> Any:
    """Return the unfitted classifier of a pair with what a search has found.

    Parameters
    ----------
    method : Method
    learner : Learner
    seed : int
    found : dict
        ``Found.parameters``, also after a way through JSON.

    Returns
    -------
    classifier
    """
    model = method.build(learner.with_parameters(found.get("learner", {})), seed)
    of_method = found.get("method", {})
    if not of_method:
        return model
    given = {
        path: method.space[path].parameter(value) if path in method.space else value
        for path, value in of_method.items()
    }
    # a copy, because parts may be shared by all that the method builds
    return clone(model).set_params(**given)


def probabilities_by_class(model: Any, X: Any, n_classes: int) -> NDArray[np.float64]:
    """Probabilities of all classes of a table, 0 for one that the fitted rows lacked.

    Parameters
    ----------
    model : fitted classifier
        Its ``classes_`` are encoded classes.
    X : table of shape (n, d)
    n_classes : int

    Returns
    -------
    ndarray of shape (n, n_classes)

    Raises
    ------
    ValueError
        If a probability is not finite.
    """
    proba = np.asarray(model.predict_proba(X), dtype=np.float64)
    if not np.isfinite(proba).all():
        raise ValueError("predict_proba returned values that are not finite.")
    columns = np.zeros((len(proba), n_classes))
    columns[:, np.asarray(model.classes_, dtype=np.int64)] = proba
    return columns


class _Trials:
    """Trials that are finished: in memory, where the sampler looks, and in the storage."""

    def __init__(self, optuna: Any, storage: str | None, name: str):
        self.study: optuna.Study = optuna.create_study(direction="maximize")
        self._stored: optuna.Study | None = None
        self._storage = storage
        if storage is not None:
            self._stored, earlier = open_study(optuna, storage, name)
            self.study.add_trials(earlier)

    @property
    def n_trials(self) -> int:
        return len(self.study.get_trials(deepcopy=False))

    @property
    def seconds(self) -> float:
        trials = self.study.get_trials(deepcopy=False)
        return float(sum(trial.user_attrs["seconds"] for trial in trials))

    def add(self, trial: optuna.trial.FrozenTrial) -> None:
        """Store a trial that the study in memory has."""
        if self._stored is not None and self._storage is not None:
            with reaching(self._storage):
                self._stored.add_trial(trial)

    def found(self, how: Search) -> Found:
        trials = self.study.get_trials(deepcopy=False)
        best = None
        failed = [trial for trial in trials if trial.value is None]
        for trial in trials:
            if trial.value is not None and (best is None or trial.value > best.value):
                best = trial
        if best is None:
            raise RuntimeError(
                f"All {len(trials)} trials of the search failed, the defaults included. The first: "
                f"{failed[0].user_attrs['error']}"
            )
        parameters: Parameters = {"learner": {}, "method": {}}
        for name, value in best.params.items():
            part, _, path = name.partition(".")
            parameters[part][path] = value
        return Found(parameters, _sign(how) * best.value, len(trials), len(failed), self.seconds)


def _one_trial(
    optuna: Any,
    trials: _Trials,
    cell: Cell,
    spaces: dict[str, Space],
    inner: _Inner,
) -> None:
    position = trials.n_trials
    seed = int(np.random.SeedSequence([cell.seed, position]).generate_state(1)[0])
    # a new sampler for each trial: its draws then depend on the finished trials and its number
    # alone, not on whether the search was stopped in between
    trials.study.sampler = optuna.samplers.TPESampler(seed=seed)
    started = time.perf_counter()
    trial = trials.study.ask()
    drawn: Parameters = {"learner": {}, "method": {}}
    if position > 0:
        for part, space in spaces.items():
            for path in sorted(space):  # the order of the names is the order of the draws
                drawn[part][path] = space[path].suggest(trial, f"{part}.{path}")
    value = None
    try:
        value = inner.score(cell, drawn)
    except Exception as error:  # a point may break a method; the next one need not
        trial.set_user_attr(
            "error", f"{type(error).__name__}: {' '.join(str(error).split())}"[:500]
        )
    trial.set_user_attr("position", position)
    trial.set_user_attr("seconds", time.perf_counter() - started)
    state = None if value is not None else optuna.trial.TrialState.FAIL
    trials.add(trials.study.tell(trial, value, state=state))


class _Inner:
    """The inner folds, with what every trial does to a fold in the same way done once.

    Scaling and encoding have no parameter that is searched, and take longer than a tree on the
    few hundred rows of a usual table.
    """

    def __init__(self, table: Table, folds: Iterable[Fold]):
        with warnings.catch_warnings():
            # where a class has fewer rows than there are folds, it is in some of them
            warnings.filterwarnings("ignore", "The least populated class", UserWarning)
            self._folds = list(folds)
        self._table = table
        self._prepared: dict[tuple[int, bytes], tuple[Any, Any]] = {}

    def score(self, cell: Cell, drawn: Parameters) -> float:
        """Mean of the metric over the folds, turned so that larger is better."""
        how: Search = cell.protocol.search
        metric = METRICS[how.metric]
        y = self._table.learned
        values = []
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of points that may never be used
            for place, (learning, validation) in enumerate(self._folds):
                model = build(cell.method, cell.learner, cell.seed, drawn)
                model = respect_layout(model, self._table.layout.of(learning), cell.seed)
                model, X_training, X_validation = self._prepare(model, place)
                model.fit(X_training, y[learning])
                proba = probabilities_by_class(model, X_validation, len(self._table.classes))
                decision = np.zeros(len(validation), dtype=np.intp)
                if metric.of_confusion is not None:
                    decision = np.asarray(model.predict(X_validation)).astype(np.intp)
                values.append(metric.value(Predictions(y[validation], proba, decision)))
            # a ranking is NaN on a fold without a row of the rare class
            mean = float(np.nanmean(values))
        if not math.isfinite(mean):
            raise ValueError(f"{how.metric} cannot be taken on any inner fold.")
        return _sign(how) * mean

    def _prepare(self, model: Any, place: int) -> tuple[Any, Any, Any]:
        """The last step of a model, and the rows of a fold as that step gets them."""
        learning, validation = self._folds[place]
        X = self._table.X
        if type(model) is not Pipeline or len(model) < 2:
            return model, X.iloc[learning], X.iloc[validation]
        steps = model[:-1]
        key = place, pickle.dumps(steps)  # steps that differ are fitted anew
        if key not in self._prepared:
            prepared = steps.fit_transform(X.iloc[learning], self._table.learned[learning])
            self._prepared[key] = prepared, steps.transform(X.iloc[validation])
        return model[-1], *self._prepared[key]


def _sign(how: Search) -> float:
    return 1.0 if METRICS[how.metric].higher_is_better else -1.0
