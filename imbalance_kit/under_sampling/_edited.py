"""Editing: rows leave whose neighbours belong to other classes."""

from numbers import Integral
from typing import Any, Protocol

import numpy as np
from sklearn.base import clone

from imbalance_kit._neighbors.custom import NEIGHBORS, at_most, find_neighbors, n_neighbors_of
from imbalance_kit._neighbors.leaving_rows import Survivors
from imbalance_kit._sampling.base import CATEGORICAL_FEATURES, BaseCleaningSampler
from imbalance_kit._sampling.mixed_metrics import METRIC, metric_of_table
from imbalance_kit._sampling.strategy import resolve_targets
from imbalance_kit._sampling.targets import Classes, resampled
from imbalance_kit._sklearn_compat import Interval, StrOptions

# Constraints of the parameters that all editors share.
EDITING: dict = {
    **BaseCleaningSampler._parameter_constraints,
    "n_neighbors": NEIGHBORS,
    "kind_sel": [StrOptions({"all", "mode"})],
    "n_jobs": [Integral, None],
    "categorical_features": CATEGORICAL_FEATURES,
    "metric": METRIC,
}


class EditedNearestNeighbours(BaseCleaningSampler):
    """Drop rows of large classes that have neighbours of other classes.

    Parameters
    ----------
    sampling_strategy : str, list or callable, default="auto"
        Classes from which rows may be dropped: a str as in the other samplers, a list of
        labels, or a callable that takes y and returns such a list. "auto" takes all but the
        smallest.

    n_neighbors : int or neighbours estimator, default=3
        Nearest rows that decide, found exactly; or an object with ``fit`` and
        ``kneighbors``, for instance an approximate search, which also finds the row itself and
        so stands for one neighbour fewer than it was made for.

    kind_sel : {"all", "mode"}, default="all"
        A row stays if all its neighbours are of its class, or if its class is the most frequent
        one among them (of equally frequent ones the smallest label).

    n_jobs : int or None, default=None
        Threads of the neighbour search. The result does not depend on it.

    categorical_features : "auto", array-like or None, default="auto"
        Nominal columns: positions, names or a mask. "auto" takes the columns
        that hold categories, strings or booleans; None takes every column as numeric.

    metric : {"euclidean", "heom"}, default="euclidean"
        Distance of two rows. "euclidean" takes numbers as they are, and a mismatch of nominal
        values counts the median of the standard deviations of the number columns. "heom" divides
        numbers by their ranges, and a mismatch counts 1.

    Attributes
    ----------
    sampling_strategy_ : dict
        Classes from which rows may be dropped.

    sample_indices_ : ndarray of shape (n_samples_new,)
        Input row that each output row comes from.

    sample_weight_ : ndarray of shape (n_samples_new,) or None
        Weights of the output rows, when weights were given.

    n_features_in_ : int
        Number of columns of X.

    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Names of the columns, when all are strings.

    See Also
    --------
    RepeatedEditedNearestNeighbours : Edit until nothing changes.

    AllKNN : Edit with one neighbour, with two, and so on.

    NeighbourhoodCleaningRule : Also drop what surrounds misjudged rows of the smallest class.

    Notes
    -----
    The number of rows dropped follows from the data; classes stay imbalanced. Rows come out
    class by class. Cost is that of the nearest rows of every row: at most O(n^2 d), less with
    few columns or much structure. A row is never its own neighbour, even if it has duplicates;
    equally near rows come in their order. Missing values are left out of a distance.
    Tables with too few rows use the neighbours there are, with a warning.

    References
    ----------
    .. [1] D. L. Wilson, "Asymptotic Properties of Nearest Neighbor Rules Using Edited Data",
       IEEE Transactions on Systems, Man, and Cybernetics 2, 1972.

    Examples
    --------
    >>> import numpy as np
    >>> from imbalance_kit.under_sampling import EditedNearestNeighbours
    >>> X = np.array([[0.0], [1.0], [2.1], [3.3], [4.0], [9.0]])
    >>> y = np.array([0, 0, 0, 0, 1, 1])
    >>> X_res, y_res = EditedNearestNeighbours(n_neighbors=2).fit_resample(X, y)
    >>> X_res.ravel().tolist()
    [0.0, 1.0, 2.1, 4.0, 9.0]
    """

    _parameter_constraints: dict = EDITING

    def __init__(
        self,
        *,
        sampling_strategy="auto",
        n_neighbors=3,
        kind_sel="all",
        n_jobs=None,
        categorical_features="auto",
        metric="euclidean",
    ):
        super().__init__(sampling_strategy=sampling_strategy)
        self.n_neighbors = n_neighbors
        self.kind_sel = kind_sel
        self.n_jobs = n_jobs
        self.categorical_features = categorical_features
        self.metric = metric

    def _keep_all(self, opened, parts, rng):
        y_encoded = opened.target.y_encoded
        queries = np.flatnonzero(opened.in_parts(*resampled(parts)))
        search = at_most(self.n_neighbors, opened.n_rows - 1)
        near = find_neighbors(
            search, metric_of_table(opened.points, self.metric), rows=queries, n_jobs=self.n_jobs
        )
        agree = agreement(y_encoded[queries], y_encoded[near], self.kind_sel)
        return _by_class(np.delete(np.arange(opened.n_rows), queries[~agree]), y_encoded)


class RepeatedEditedNearestNeighbours(BaseCleaningSampler):
    """Drop rows that have neighbours of other classes, again and again.

    It ends when no row leaves, when another class has become smaller than the smallest one was,
    when a class has vanished, or after `max_iter` rounds.

    Parameters
    ----------
    sampling_strategy : str, list or callable, default="auto"
        Classes from which rows may be dropped: a str as in the other samplers, a list of
        labels, or a callable that takes y and returns such a list. "auto" takes all but the
        smallest.

    n_neighbors : int or neighbours estimator, default=3
        Nearest rows that decide, found exactly; or an object with ``fit`` and
        ``kneighbors``, for instance an approximate search, which also finds the row itself and
        so stands for one neighbour fewer than it was made for.

    max_iter : int, default=100
        Most rounds.

    kind_sel : {"all", "mode"}, default="all"
        A row stays if all its neighbours are of its class, or if its class is the most frequent
        one among them (of equally frequent ones the smallest label).

    n_jobs : int or None, default=None
        Threads of the neighbour search. The result does not depend on it.

    categorical_features : "auto", array-like or None, default="auto"
        Nominal columns: positions, names or a mask. "auto" takes the columns
        that hold categories, strings or booleans; None takes every column as numeric.

    metric : {"euclidean", "heom"}, default="euclidean"
        Distance of two rows. "euclidean" takes numbers as they are, and a mismatch of nominal
        values counts the median of the standard deviations of the number columns. "heom" divides
        numbers by their ranges, and a mismatch counts 1.

    Attributes
    ----------
    sampling_strategy_ : dict
        Classes from which rows may be dropped.

    sample_indices_ : ndarray of shape (n_samples_new,)
        Input row that each output row comes from.

    sample_weight_ : ndarray of shape (n_samples_new,) or None
        Weights of the output rows, when weights were given.

    n_iter_ : int
        Rounds that were made, the last one, in which no row left, included.

    n_features_in_ : int
        Number of columns of X.

    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Names of the columns, when all are strings.

    See Also
    --------
    EditedNearestNeighbours : One round.

    AllKNN : Rounds with one neighbour, with two, and so on.

    Notes
    -----
    The number of rows dropped follows from the data; classes stay imbalanced. Rows come out
    class by class. The neighbours are found once, O(n^2 d) at most, and searched again only for
    rows that have lost theirs. The classes that `sampling_strategy` stands for are determined anew
    in each round. A row is never its own neighbour, even if it has duplicates; equally near rows
    come in their order. Missing values are left out of a distance.

    References
    ----------
    .. [1] I. Tomek, "An Experiment with the Edited Nearest-Neighbor Rule", IEEE Transactions on
       Systems, Man, and Cybernetics 6, 1976.

    Examples
    --------
    >>> import numpy as np
    >>> from imbalance_kit.under_sampling import RepeatedEditedNearestNeighbours
    >>> X = np.array([[0.0], [1.0], [2.1], [3.3], [4.5], [4.8], [9.0]])
    >>> y = np.array([0, 0, 0, 0, 0, 1, 1])
    >>> sampler = RepeatedEditedNearestNeighbours(n_neighbors=2)
    >>> X_res, y_res = sampler.fit_resample(X, y)
    >>> X_res.ravel().tolist(), sampler.n_iter_
    ([0.0, 1.0, 2.1, 4.8, 9.0], 3)
    """

    _parameter_constraints: dict = {
        **EDITING,
        "max_iter": [Interval(Integral, 1, None, closed="left")],
    }

    def __init__(
        self,
        *,
        sampling_strategy="auto",
        n_neighbors=3,
        max_iter=100,
        kind_sel="all",
        n_jobs=None,
        categorical_features="auto",
        metric="euclidean",
    ):
        super().__init__(sampling_strategy=sampling_strategy)
        self.n_neighbors = n_neighbors
        self.max_iter = max_iter
        self.kind_sel = kind_sel
        self.n_jobs = n_jobs
        self.categorical_features = categorical_features
        self.metric = metric

    def _keep_all(self, opened, parts, rng):
        target = opened.target
        search = at_most(self.n_neighbors, opened.n_rows - 1)
        remaining = _remaining_rows(
            search, metric_of_table(opened.points, self.metric), self.n_jobs
        )
        k = n_neighbors_of(search)
        cleaned = [part.key for part in resampled(parts)]
        n_iter, going_on = 0, True
        while going_on:
            n_iter += 1
            dropped = _dropped(remaining, k, target, cleaned, self.kind_sel)
            remaining.leave(dropped)
            sizes = np.bincount(target.y_encoded[remaining.rows], minlength=len(target.classes))
            going_on = (
                len(dropped) > 0
                and sizes.min() > 0
                and not _overtaken(sizes, target)
                and n_iter < self.max_iter
            )
            if going_on:
                cleaned = _cleaned_classes(self.sampling_strategy, target.labels[remaining.rows])
        self.n_iter_ = n_iter
        return _by_class(remaining.rows, target.y_encoded)


class AllKNN(BaseCleaningSampler):
    """Drop rows that have neighbours of other classes, looking at more neighbours each round.

    The first round uses the nearest row, the last one at `n_neighbors`. It ends earlier when
    another class has become smaller than the smallest one was, or when a class has vanished.

    Parameters
    ----------
    sampling_strategy : str, list or callable, default="auto"
        Classes from which rows may be dropped: a str as in the other samplers, a list of
        labels, or a callable that takes y and returns such a list. "auto" takes all but the
        smallest.

    n_neighbors : int or neighbours estimator, default=3
        Nearest rows that decide, found exactly; or an object with ``fit`` and
        ``kneighbors``, for instance an approximate search, which also finds the row itself and
        so stands for one neighbour fewer than it was made for.

    kind_sel : {"all", "mode"}, default="all"
        A row stays if all its neighbours are of its class, or if its class is the most frequent
        one among them (of equally frequent ones the smallest label).

    allow_minority : bool, default=False
        Whether to go on when another class has become smaller than the smallest one was.

    n_jobs : int or None, default=None
        Threads of the neighbour search. The result does not depend on it.

    categorical_features : "auto", array-like or None, default="auto"
        Nominal columns: positions, names or a mask. "auto" takes the columns
        that hold categories, strings or booleans; None takes every column as numeric.

    metric : {"euclidean", "heom"}, default="euclidean"
        Distance of two rows. "euclidean" takes numbers as they are, and a mismatch of nominal
        values counts the median of the standard deviations of the number columns. "heom" divides
        numbers by their ranges, and a mismatch counts 1.

    Attributes
    ----------
    sampling_strategy_ : dict
        Classes from which rows may be dropped.

    sample_indices_ : ndarray of shape (n_samples_new,)
        Input row that each output row comes from.

    sample_weight_ : ndarray of shape (n_samples_new,) or None
        Weights of the output rows, when weights were given.

    n_features_in_ : int
        Number of columns of X.

    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Names of the columns, when all are strings.

    See Also
    --------
    EditedNearestNeighbours : One round.

    RepeatedEditedNearestNeighbours : Rounds with the same number of neighbours.

    Notes
    -----
    The number of rows dropped follows from the data; classes stay imbalanced. Rows come out
    class by class. The neighbours are found once, O(n^2 d) at most, and searched again only for
    rows that have lost theirs. The classes that `sampling_strategy` stands for are determined anew
    in each round. A row is never its own neighbour, even if it has duplicates; equally near rows
    come in their order. Missing values are left out of a distance.

    References
    ----------
    .. [1] I. Tomek, "An Experiment with the Edited Nearest-Neighbor Rule", IEEE Transactions on
       Systems, Man, and Cybernetics 6, 1976.

    Examples
    --------
    >>> import numpy as np
    >>> from imbalance_kit.under_sampling import AllKNN
    >>> X = np.array([[0.0], [1.0], [2.1], [3.3], [4.5], [4.8], [9.0]])
    >>> y = np.array([0, 0, 0, 0, 0, 1, 1])
    >>> X_res, y_res = AllKNN(n_neighbors=2).fit_resample(X, y)
    >>> X_res.ravel().tolist()
    [0.0, 1.0, 2.1, 4.8, 9.0]
    """

    _parameter_constraints: dict = {
        **EDITING,
        "allow_minority": ["boolean"],
    }

    def __init__(
        self,
        *,
        sampling_strategy="auto",
        n_neighbors=3,
        kind_sel="all",
        allow_minority=False,
        n_jobs=None,
        categorical_features="auto",
        metric="euclidean",
    ):
        super().__init__(sampling_strategy=sampling_strategy)
        self.n_neighbors = n_neighbors
        self.kind_sel = kind_sel
        self.allow_minority = allow_minority
        self.n_jobs = n_jobs
        self.categorical_features = categorical_features
        self.metric = metric

    def _keep_all(self, opened, parts, rng):
        target = opened.target
        search = at_most(self.n_neighbors, opened.n_rows - 1)
        remaining = _remaining_rows(
            search, metric_of_table(opened.points, self.metric), self.n_jobs
        )
        cleaned = [part.key for part in resampled(parts)]
        for k in range(1, n_neighbors_of(search) + 1):
            remaining.leave(_dropped(remaining, k, target, cleaned, self.kind_sel))
            sizes = np.bincount(target.y_encoded[remaining.rows], minlength=len(target.classes))
            overtaken = not self.allow_minority and _overtaken(sizes, target)
            if (sizes == 0).any() or overtaken:
                break
            cleaned = _cleaned_classes(self.sampling_strategy, target.labels[remaining.rows])
        return _by_class(remaining.rows, target.y_encoded)


class _RemainingRows(Protocol):
    """Rows that did not leave yet, and their nearest."""

    rows: np.ndarray

    def leave(self, rows: np.ndarray) -> None: ...

    def nearest(self, k: int, rows: np.ndarray | None = None) -> np.ndarray: ...


class _RemainingByEstimator:
    """As `Survivors`, by a search that the user gave: it is fitted anew whenever rows left."""

    def __init__(self, search: Any, X: Any) -> None:
        self.rows = np.arange(X.shape[0])
        self._search = search
        self._X = X

    def leave(self, rows: np.ndarray) -> None:
        self.rows = np.setdiff1d(self.rows, rows)

    def nearest(self, k: int, rows: np.ndarray | None = None) -> np.ndarray:
        queries = self.rows if rows is None else rows
        # one more, as such a search finds the row itself too
        search = clone(self._search).set_params(n_neighbors=k + 1)
        positions = np.searchsorted(self.rows, queries)
        return self.rows[find_neighbors(search, self._X[self.rows], rows=positions)]


def _remaining_rows(search: Any, X: Any, n_jobs: int | None) -> _RemainingRows:
    if isinstance(search, Integral):
        return Survivors(X, int(search), n_jobs)
    return _RemainingByEstimator(search, X)


def _dropped(
    remaining: _RemainingRows, k: int, target: Classes, cleaned: list, kind: str
) -> np.ndarray:
    """Rows of the cleaned classes that one round of editing drops."""
    queries = remaining.rows[np.isin(target.labels[remaining.rows], cleaned)]
    near = remaining.nearest(min(k, len(remaining.rows) - 1), rows=queries)
    return queries[~agreement(target.y_encoded[queries], target.y_encoded[near], kind)]


def _cleaned_classes(sampling_strategy: Any, labels: np.ndarray) -> list:
    """Classes to clean, given the labels that remain: the large ones may have changed."""
    return list(resolve_targets(sampling_strategy, labels, "clean-sampling"))


def _overtaken(sizes: np.ndarray, target: Classes) -> bool:
    """Whether a class has become smaller than the smallest one was."""
    # imbalanced-learn stops there too: with another smallest class it would clean another one.
    before = np.bincount(target.y_encoded)
    small = np.argmin(before)
    return bool((np.delete(sizes, small) < before[small]).any())


def _by_class(rows: np.ndarray, y_encoded: np.ndarray) -> np.ndarray:
    """Rows class by class, as imbalanced-learn puts them."""
    return rows[np.argsort(y_encoded[rows], kind="stable")]


def agreement(classes: np.ndarray, near: np.ndarray, kind: str) -> np.ndarray:
    """Whether neighbours agree with the class of a row.

    Parameters
    ----------
    classes : ndarray of shape (n_rows,)
        Encoded classes of the rows.

    near : ndarray of shape (n_rows, k)
        Encoded classes of their neighbours.

    kind : {"all", "mode"}
        All of them, or the most frequent class among them (the smallest of equally frequent).

    Returns
    -------
    ndarray of shape (n_rows,), bool
    """
    same = near == classes[:, None]
    if kind == "all":
        return same.all(axis=1)
    votes = same.sum(axis=1)
    agree = votes > 0
    # column by column: a table of votes by class would be large where there are many classes
    for rival in near.T:
        rival_votes = (near == rival[:, None]).sum(axis=1)
        agree &= (rival_votes < votes) | ((rival_votes == votes) & (rival >= classes))
    return agree
