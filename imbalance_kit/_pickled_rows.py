"""Pickles of fitted estimators leave out what they hold for each training row.

Which rows a learner was trained on is most of a pickled ensemble, grows with the table, and is of
no use for predictions. It is left out of pickles (and of what joblib writes and sends to worker
processes) unless it is asked for. Copies within a process keep everything.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from copy import copy, deepcopy
from multiprocessing import parent_process
from typing import Any

from sklearn.base import BaseEstimator

_asked_for: ContextVar[bool] = ContextVar("rows are kept in pickles", default=False)
# Fitted attributes of samplers and weighers with an entry for each row.
_OF_ROWS = (
    "sample_indices_",
    "sample_origin_",
    "sample_weight_",
    "hardness_",
    "in_danger_indices_",
    "flipped_indices_",
)


@contextmanager
def rows_in_pickles() -> Iterator[None]:
    """Keep the training rows in what is pickled inside a ``with`` block.

    Pickles of fitted ensembles and wrappers leave out what has an entry for each training row,
    such as ``estimators_samples_``: predictions do not need it, and it is most of a pickle. The
    same holds for ``joblib.dump``. Inside this block everything is written.

    Returns
    -------
    block : context manager
        What a ``with`` statement takes; it has no value of its own.

    Notes
    -----
    Left out are ``estimators_samples_`` of the ensembles and of
    :class:`~imbalance_kit.cost.MetaCostClassifier`, ``relabelled_`` of the latter, and what the
    fitted sampler of :class:`~imbalance_kit.compose.ResampledClassifier` and the fitted weigher of
    :class:`~imbalance_kit.compose.WeightedClassifier` hold for each row. Everything is kept

    - in a sampler or weigher that is pickled on its own;
    - in ``copy.copy`` and ``copy.deepcopy``;
    - in an ensemble with ``warm_start=True``, whose next ``fit`` needs it;
    - in a worker process, where it is pickled to get back to the process that started it: a
      ``cross_validate`` with ``return_estimator=True`` returns the same for any ``n_jobs``.

    Out-of-bag predictions, which a fit makes on request, stay too.

    Examples
    --------
    >>> import pickle
    >>> from sklearn.datasets import make_classification
    >>> from imbalance_kit.ensemble import UnderBaggingClassifier, rows_in_pickles
    >>> X, y = make_classification(weights=[0.9], random_state=0)
    >>> model = UnderBaggingClassifier(n_estimators=5, random_state=0).fit(X, y)
    >>> small = pickle.dumps(model)
    >>> with rows_in_pickles():
    ...     whole = pickle.dumps(model)
    >>> len(small) < len(whole), hasattr(pickle.loads(small), "estimators_samples_")
    (True, False)
    >>> len(pickle.loads(whole).estimators_samples_)
    5
    """
    token = _asked_for.set(True)
    try:
        yield
    finally:
        _asked_for.reset(token)


class OfRows:
    """A fitted attribute with entries for training rows, which pickles leave out.

    It stands in the class. Where the object has the attribute that one is found first, so this is
    only asked where it is missing, and explains why.
    """

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    def __get__(self, estimator: Any, owner: type | None = None) -> Any:
        if estimator is None:
            return self
        raise AttributeError(
            f"{type(estimator).__name__} has no {self._name}. It is there after fit, but pickles "
            "leave it out, as it holds rows of the training table. To keep it, pickle the "
            "estimator within imbalance_kit.ensemble.rows_in_pickles()."
        )


class PickledWithoutRows(BaseEstimator):
    """An estimator whose pickles leave out its attributes that are `OfRows`."""

    # Fitted samplers and weighers, which are pickled without what they hold for each row.
    _parts_with_rows: tuple[str, ...] = ()

    def __getstate__(self) -> dict[str, Any]:
        state = super().__getstate__()
        if _asked_for.get() or parent_process() is not None or getattr(self, "warm_start", False):
            return state
        # the state may be the very dictionary of the estimator
        kept = {
            name: value
            for name, value in state.items()
            if not isinstance(getattr(type(self), name, None), OfRows)
        }
        for name in self._parts_with_rows:
            if name in kept:
                kept[name] = _without_rows(kept[name])
        return kept

    def __copy__(self) -> Any:
        made: Any = type(self).__new__(type(self))
        made.__dict__.update(vars(self))
        return made

    def __deepcopy__(self, memo: dict[int, Any]) -> Any:
        made: Any = type(self).__new__(type(self))
        memo[id(self)] = made
        made.__dict__.update(deepcopy(vars(self), memo))
        return made


def _without_rows(fitted: Any) -> Any:
    """A fitted sampler or weigher, or several, without what they hold for each row."""
    if isinstance(fitted, list | tuple) and type(fitted) in (list, tuple):
        return type(fitted)(map(_without_rows, fitted))
    if not isinstance(fitted, BaseEstimator):
        return fitted
    light = copy(fitted)
    for name, value in list(vars(light).items()):
        if name in _OF_ROWS:
            delattr(light, name)
        else:
            setattr(light, name, _without_rows(value))
    return light
