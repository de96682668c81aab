"""Condensing: rows leave that the rows kept so far classify anyway."""

from numbers import Integral
from typing import Any, Protocol

import numpy as np
from sklearn.base import clone

from imbalance_kit._neighbors.custom import NEIGHBORS, at_most
from imbalance_kit._neighbors.nearest import nearest_rows
from imbalance_kit._sampling.base import CATEGORICAL_FEATURES, BaseCleaningSampler, Rng
from imbalance_kit._sampling.mixed_metrics import METRIC, metric_of_table
from imbalance_kit._sampling.records import Opened
from imbalance_kit._sampling.targets import Part, resampled
from imbalance_kit._sklearn_compat import Interval
from imbalance_kit._tables.imputation import embed
from imbalance_kit.kernels.order import precede
from imbalance_kit.under_sampling._edited import agreement
from imbalance_kit.under_sampling._tomek import tomek_links

_BLOCK = 512  # rows of a class that are tried together


class _BaseCondensing(BaseCleaningSampler):
    """Seeds of a class, and those of its other rows that `_joining` adds to them."""

    _parameter_constraints: dict = {
        **BaseCleaningSampler._parameter_constraints,
        "random_state": ["random_state"],
        "n_neighbors": [*NEIGHBORS, None],
        "n_seeds_S": [Interval(Integral, 1, None, closed="left")],
        "n_jobs": [Integral, None],
        "categorical_features": CATEGORICAL_FEATURES,
        "metric": METRIC,
    }

    def __init__(
        self,
        *,
        sampling_strategy="auto",
        random_state=None,
        n_neighbors=None,
        n_seeds_S=1,
        n_jobs=None,
        categorical_features="auto",
        metric="euclidean",
    ):
        super().__init__(sampling_strategy=sampling_strategy)
        self.random_state = random_state
        self.n_neighbors = n_neighbors
        self.n_seeds_S = n_seeds_S
        self.n_jobs = n_jobs
        self.categorical_features = categorical_features
        self.metric = metric

    def _kept_by_seeds(
        self, points: Any, opened: Opened, parts: tuple[Part, ...], rng: Rng
    ) -> np.ndarray:
        """Rows class by class: seeds and those that join them, or all of a class."""
        small = min(range(len(parts)), key=lambda i: len(parts[i].rows))
        minority = parts[small].rows
        kept = []
        for i, part in enumerate(parts):
            rows = part.rows
            if part.n is not None:
                drawn = rows[rng.randint(0, len(rows), size=self.n_seeds_S)]
                # each once, in the order of the draw, as imbalanced-learn has them
                seeds = drawn[np.sort(np.unique(drawn, return_index=True)[1])]
                others = np.setdiff1d(rows, seeds)
                rows = seeds
                if i != small:  # no other class could outvote the smallest
                    voters = self._voters(points, minority, seeds, others, i < small)
                    rows = np.concatenate([seeds, self._joining(voters, seeds, others)])
            kept.append(rows)
        return np.concatenate(kept)

    def _voters(
        self,
        points: Any,
        minority: np.ndarray,
        seeds: np.ndarray,
        others: np.ndarray,
        wins_ties: bool,
    ) -> "_Voters":
        search = 1 if self.n_neighbors is None else self.n_neighbors
        if not isinstance(search, Integral):
            return _VotersByEstimator(search, embed(points), minority, wins_ties)
        k = at_most(int(search), len(minority) + len(seeds))
        return _NearestVoters(points, minority, others, k, wins_ties, self.n_jobs)

    def _joining(self, voters: "_Voters", seeds: np.ndarray, others: np.ndarray) -> np.ndarray:
        """Those of the other rows that are kept."""
        raise NotImplementedError


class CondensedNearestNeighbour(_BaseCondensing):
    """Keep those rows of large classes that the rows kept before them misclassify.

    For each class the kept set starts with the smallest class and a few rows drawn from the
    class. Its rows are then tried once, in order: one that the nearest kept rows give to the
    smallest class joins them.

    Parameters
    ----------
    sampling_strategy : str, list or callable, default="auto"
        Classes from which rows may be dropped: a str as in the other samplers, a list of
        labels, or a callable that takes y and returns such a list. "auto" takes all but the
        smallest.

    random_state : int, RandomState instance or None, default=None
        Seed of the draws. An int gives the same rows at every call.

    n_neighbors : int, neighbours estimator or None, default=None
        Nearest kept rows that vote, found exactly; None is one. Or an object with ``fit`` and
        ``kneighbors``; one that also has ``predict`` classifies itself. Such an object gets
        complete numbers, and it is fitted anew for every row that joins.

    n_seeds_S : int, default=1
        Rows of a class to start with. Drawn with replacement, so there may be fewer.

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
    OneSidedSelection : One step of this, then drop the border.

    EditedNearestNeighbours : The opposite: drop what neighbours misclassify.

    Notes
    -----
    The number of rows kept follows from the data and the draw. Rows come out class by class, in
    the order in which they joined. The cost is at most that of the distances between the rows of
    a class and its m kept ones, O(n m d): a row is done as soon as enough kept rows are nearer
    than the smallest class. Equally near rows come in their order in the table. Missing values
    are left out of a distance. A row is tried once; Hart's rule would go on until no row joins.

    References
    ----------
    .. [1] P. Hart, "The Condensed Nearest Neighbor Rule", IEEE Transactions on Information
       Theory 14, 1968.

    Examples
    --------
    >>> import numpy as np
    >>> from imbalance_kit.under_sampling import CondensedNearestNeighbour
    >>> X = np.array([[0.0], [1.0], [2.0], [7.0], [8.0], [9.0], [4.0], [5.0]])
    >>> y = np.array([0, 0, 0, 0, 0, 0, 1, 1])
    >>> sampler = CondensedNearestNeighbour(random_state=0)
    >>> X_res, y_res = sampler.fit_resample(X, y)
    >>> X_res.ravel().tolist()
    [8.0, 0.0, 4.0, 5.0]
    """

    def _keep_all(self, opened, parts, rng):
        return self._kept_by_seeds(metric_of_table(opened.points, self.metric), opened, parts, rng)

    def _joining(self, voters, seeds, others):
        return voters.joining(seeds, others)


class OneSidedSelection(_BaseCondensing):
    """Keep rows of large classes that a few seeds misclassify, then drop Tomek links.

    For each class the seeds are the smallest class and a few rows drawn from the class; its
    other rows stay if the nearest seeds give them to the smallest class. Of what is left, rows
    of the large classes that form a Tomek link leave too.

    Parameters
    ----------
    sampling_strategy : str, list or callable, default="auto"
        Classes from which rows may be dropped: a str as in the other samplers, a list of
        labels, or a callable that takes y and returns such a list. "auto" takes all but the
        smallest.

    random_state : int, RandomState instance or None, default=None
        Seed of the draws. An int gives the same rows at every call.

    n_neighbors : int, neighbours estimator or None, default=None
        Nearest seeds that vote, found exactly; None is one. Or an object with ``fit`` and
        ``kneighbors``; one that also has ``predict`` classifies itself. Such an object gets
        complete numbers.

    n_seeds_S : int, default=1
        Rows of a class to start with. Drawn with replacement, so there may be fewer.

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
    CondensedNearestNeighbour : Let the kept rows grow.

    TomekLinks : The second step alone.

    Notes
    -----
    The number of rows kept follows from the data and the draw. Rows come out class by class, the
    seeds of a class first. Cost is that of the nearest row of the smallest class for every row,
    and of the Tomek links of what is left. Equally near rows come in their order in the table.
    Missing values are left out of a distance.

    References
    ----------
    .. [1] M. Kubat, S. Matwin, "Addressing the Curse of Imbalanced Training Sets: One-Sided
       Selection", International Conference on Machine Learning, 1997.

    Examples
    --------
    >>> import numpy as np
    >>> from imbalance_kit.under_sampling import OneSidedSelection
    >>> X = np.array([[0.0], [1.0], [3.1], [7.0], [8.0], [9.0], [4.0], [5.0]])
    >>> y = np.array([0, 0, 0, 0, 0, 0, 1, 1])
    >>> sampler = OneSidedSelection(random_state=0)
    >>> X_res, y_res = sampler.fit_resample(X, y)
    >>> X_res.ravel().tolist()
    [8.0, 0.0, 1.0, 4.0, 5.0]
    """

    def _keep_all(self, opened, parts, rng):
        points, y_encoded = metric_of_table(opened.points, self.metric), opened.target.y_encoded
        kept = self._kept_by_seeds(points, opened, parts, rng)
        ascending = np.sort(kept)  # equally near rows come in their order in the table
        linked = tomek_links(points[ascending], y_encoded[ascending], self.n_jobs)
        dropped = ascending[linked & opened.in_parts(*resampled(parts))[ascending]]
        return kept[~np.isin(kept, dropped)]

    def _joining(self, voters, seeds, others):
        return others[voters.misclassified(seeds, others)]


class _Voters(Protocol):
    """The smallest class and the rows kept of another one, which vote on the class of a row."""

    def misclassified(self, kept: np.ndarray, queries: np.ndarray) -> np.ndarray:
        """Whether rows are given to the smallest class."""

    def joining(self, kept: np.ndarray, queries: np.ndarray) -> np.ndarray:
        """Rows that are misclassified in their turn, after those before them joined the kept."""


class _NearestVoters:
    """The k nearest vote.

    Of k voters a row needs `quorum` from its class. It has them if that many kept rows are
    nearer than the (k - quorum + 1)-th nearest row of the smallest class. That reach never
    changes, and more kept rows can only bring more voters into it.
    """

    def __init__(
        self,
        X: Any,
        minority: np.ndarray,
        others: np.ndarray,
        k: int,
        wins_ties: bool,
        n_jobs: int | None,
    ) -> None:
        self._X = X
        self._n_jobs = n_jobs
        self._quorum = (k + 1) // 2 if wins_ties else k // 2 + 1
        self._reach = np.full(X.shape[0], np.inf)
        self._end = np.full(X.shape[0], X.shape[0])  # of equally far rows those before it count
        place = k - self._quorum + 1
        if place <= len(minority) and len(others):
            distances, rows = nearest_rows(X[minority], place, queries=X[others], n_jobs=n_jobs)
            self._reach[others] = distances[:, -1]
            self._end[others] = minority[rows[:, -1]]

    def misclassified(self, kept: np.ndarray, queries: np.ndarray) -> np.ndarray:
        return self._support(kept, queries) < self._quorum

    def joining(self, kept: np.ndarray, queries: np.ndarray) -> np.ndarray:
        joined = [kept]
        for start in range(0, len(queries), _BLOCK):
            block = queries[start : start + _BLOCK]
            support = self._support(np.concatenate(joined), block)
            open_ = support < self._quorum
            joined.append(self._join(block[open_], support[open_]))
        return np.concatenate(joined[1:]) if len(joined) > 1 else kept[:0]

    def _support(self, kept: np.ndarray, queries: np.ndarray) -> np.ndarray:
        """Kept rows within reach of each query, counted up to the quorum."""
        kept = np.sort(kept)
        k = min(self._quorum, len(kept))
        near = nearest_rows(self._X[kept], k, queries=self._X[queries], n_jobs=self._n_jobs)
        return self._within(queries, near[0], kept[near[1]]).sum(axis=1)

    def _within(self, queries: np.ndarray, distances: np.ndarray, rows: np.ndarray) -> np.ndarray:
        reach = self._reach[queries, None]
        return precede(distances, rows, reach, self._end[queries, None])

    def _join(self, rows: np.ndarray, support: np.ndarray) -> np.ndarray:
        """Those of a few rows that join, one after the other."""
        n_rows = len(rows)
        if n_rows < 2:
            return rows
        distances, others = nearest_rows(self._X[rows], n_rows - 1, n_jobs=self._n_jobs)
        helps = np.zeros((n_rows, n_rows), dtype=bool)  # [i, j]: row i is within reach of row j
        helps[others, np.arange(n_rows)[:, None]] = self._within(rows, distances, rows[others])
        joins = np.zeros(n_rows, dtype=bool)
        row = 0
        while row < n_rows:
            joins[row] = True
            support += helps[row]
            waiting = support[row + 1 :] < self._quorum
            row += 1 + (int(waiting.argmax()) if waiting.any() else n_rows)
        return rows[joins]


class _VotersByEstimator:
    """A classifier, or a search whose neighbours vote, that the user gave."""

    def __init__(self, search: Any, X: Any, minority: np.ndarray, wins_ties: bool) -> None:
        self._search = search
        self._X = X
        self._minority = minority
        self._wins_ties = wins_ties

    def misclassified(self, kept: np.ndarray, queries: np.ndarray) -> np.ndarray:
        rows = np.concatenate([self._minority, kept])
        # In the order of the labels, by which classifiers settle ties.
        foreign = np.ones(len(rows), dtype=int) if self._wins_ties else np.zeros(len(rows), int)
        foreign[len(self._minority) :] = 1 - foreign[0]
        of_row = 1 - foreign[0]
        search = clone(self._search)
        if hasattr(search, "predict"):
            return search.fit(self._X[rows], foreign).predict(self._X[queries]) != of_row
        near = search.fit(self._X[rows]).kneighbors(self._X[queries], return_distance=False)
        return ~agreement(np.full(len(queries), of_row), foreign[near], "mode")

    def joining(self, kept: np.ndarray, queries: np.ndarray) -> np.ndarray:
        joined = list(kept)
        while len(queries):
            wrong = self.misclassified(np.array(joined), queries)
            if not wrong.any():
                break
            first = int(wrong.argmax())
            joined.append(queries[first])
            queries = queries[first + 1 :]
        return np.array(joined[len(kept) :], dtype=np.int64)
