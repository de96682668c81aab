"""Base of the samplers that go from a row towards neighbours of its class."""

import warnings
from copy import deepcopy
from numbers import Integral
from typing import Any

import numpy as np
from sklearn.base import clone
from sklearn.neighbors import NearestNeighbors
from sklearn.utils.validation import check_is_fitted

from imbalance_kit._neighbors.custom import NEIGHBORS, find_neighbors
from imbalance_kit._sampling.base import CATEGORICAL_FEATURES, BaseOverSampler, Rng
from imbalance_kit._sampling.mixed_metrics import metric_of_class
from imbalance_kit._sampling.plans import Plan
from imbalance_kit._sampling.records import Opened
from imbalance_kit._sampling.targets import Part
from imbalance_kit._sklearn_compat import StrOptions
from imbalance_kit._tables.labels import spell
from imbalance_kit._tables.magnitude import in_safe_units
from imbalance_kit._tables.points import Mixed

# Constraints of the parameters that samplers share whose rows come from neighbours in a class.
OF_NEIGHBORS: dict = {
    **BaseOverSampler._parameter_constraints,
    "random_state": ["random_state"],
    "small_class": [StrOptions({"shrink", "raise", "copy"})],
    "categorical_features": CATEGORICAL_FEATURES,
    "n_jobs": [Integral, None],
}


class BaseSMOTE(BaseOverSampler):
    """Neighbours within a class, and the draw of SMOTE. A method writes `_plan` alone."""

    _parameter_constraints: dict = {**OF_NEIGHBORS, "k_neighbors": NEIGHBORS}

    def __init__(
        self,
        *,
        sampling_strategy="auto",
        random_state=None,
        k_neighbors=5,
        small_class="shrink",
        categorical_features="auto",
        n_jobs=None,
    ):
        super().__init__(sampling_strategy=sampling_strategy)
        self.random_state = random_state
        self.k_neighbors = k_neighbors
        self.small_class = small_class
        self.categorical_features = categorical_features
        self.n_jobs = n_jobs

    @property
    def nn_k_(self) -> Any:
        """What `k_neighbors` stands for; not fitted."""
        check_is_fitted(self)
        return neighbors_estimator(self.k_neighbors, self.n_jobs)

    def _near_in_class(
        self, opened: Opened, part: Part, queries: np.ndarray | None = None
    ) -> np.ndarray:
        """Rows that are the nearest of the same class; `queries` as in `near_in_class`."""
        return near_in_class(
            opened.points,
            part.rows,
            part.key,
            self.k_neighbors,
            small_class=self.small_class,
            n_jobs=self.n_jobs,
            queries=queries,
        )

    def _near_anywhere(
        self, opened: Opened, part: Part, search: Any, queries: np.ndarray | None = None
    ) -> np.ndarray:
        """Nearest rows of any class; `queries` as in `near_anywhere`."""
        return near_anywhere(opened.points, part.rows, search, n_jobs=self.n_jobs, queries=queries)


def neighbors_estimator(search: Any, n_jobs: int | None) -> Any:
    """A number of neighbours as imbalanced-learn keeps it: with one more, for the row itself."""
    if isinstance(search, Integral):
        return NearestNeighbors(n_neighbors=int(search) + 1, n_jobs=n_jobs)
    return clone(search)


def near_in_class(
    points: Any,
    class_rows: np.ndarray,
    label: Any,
    search: Any,
    *,
    small_class: str = "shrink",
    n_jobs: int | None = None,
    queries: np.ndarray | None = None,
    name: str = "k_neighbors",
) -> np.ndarray:
    """Rows that are the nearest of the same class.

    Parameters
    ----------
    points : ndarray, CSR matrix or array, or Mixed
        All points.

    class_rows : ndarray of shape (n_class,)
        Rows of the class.

    label : label
        The class, for messages.

    search : int or neighbours estimator
        How many neighbours, or the user's own search.

    small_class : {"shrink", "raise", "copy"}, default="shrink"
        What to do where the class has too few rows.

    n_jobs : int or None, default=None
        Threads.

    queries : ndarray of shape (n_queries,), default=None
        Positions in `class_rows` of the rows whose neighbours are wanted; None: all.

    name : str, default="k_neighbors"
        The parameter that `search` is, for messages.

    Returns
    -------
    ndarray of shape (n_queries, k)
        Rows of the table. There are fewer columns in a class that is too small, and none where its
        rows are to be copied.
    """
    if isinstance(search, Integral):
        search = k_for(int(search), len(class_rows), label, small_class, name)
        if search == 0:
            n_queries = len(class_rows if queries is None else queries)
            return np.empty((n_queries, 0), dtype=np.int64)
    if isinstance(points, Mixed):
        measured = metric_of_class(points, class_rows)[class_rows]
    else:  # only what a nominal mismatch counts may follow from rows of other classes
        measured = points[class_rows]
        if not isinstance(search, Integral):  # the exact search chooses units itself
            measured = in_safe_units(measured)
    return class_rows[find_neighbors(search, measured, rows=queries, n_jobs=n_jobs)]


def near_anywhere(
    points: Any,
    class_rows: np.ndarray,
    search: Any,
    *,
    n_jobs: int | None = None,
    queries: np.ndarray | None = None,
) -> np.ndarray:
    """Rows of any class that are the nearest, by the distance of one class.

    Parameters
    ----------
    points, class_rows, search, n_jobs
        See `near_in_class`. A number of neighbours larger than the rows there are is cut to that.

    queries : ndarray of shape (n_queries,), default=None
        Rows of the table whose neighbours are wanted; None: those of the class.

    Returns
    -------
    ndarray of shape (n_queries, k)
        Rows of the table.
    """
    if isinstance(search, Integral):
        search = min(int(search), points.shape[0] - 1)
    queries = class_rows if queries is None else queries
    measured = points
    if isinstance(points, Mixed) or not isinstance(search, Integral):
        measured = metric_of_class(points, class_rows)  # the exact search chooses units itself
    return find_neighbors(search, measured, rows=queries, n_jobs=n_jobs)


def draw_between(X: Any, seeds: np.ndarray, near: np.ndarray, n: int, rng: Rng) -> Plan:
    """The draw of SMOTE: `n` times a seed, one of its neighbours, and how far to go.

    Parameters
    ----------
    X : ndarray, CSR matrix or array, or Mixed
        The points; nominal columns get the votes of the seed's neighbours.

    seeds : ndarray of shape (n_seeds,)
        Rows to start from.

    near : ndarray of shape (n_seeds, k)
        Rows each may go towards; without any the seeds are copied.

    n : int
        Rows to make.

    rng : RandomState
        Draws, in imbalanced-learn's order.

    Returns
    -------
    Plan
        `n` new rows.
    """
    if near.shape[1] == 0:
        return draw_copies(seeds, n, rng)
    # One number for seed and neighbour, then the gaps: with two draws the rows would be others
    # than imbalanced-learn's.
    pair = rng.randint(0, near.size, size=n)
    gap = rng.uniform(size=n)
    row, column = np.divmod(pair, near.shape[1])
    voters = near[row] if isinstance(X, Mixed) else None
    return Plan(seed=seeds[row], partner=near[row, column], gap=gap, voters=voters)


def draw_copies(seeds: np.ndarray, n: int, rng: Rng) -> Plan:
    """`n` times a seed as it is."""
    copied = seeds[rng.randint(0, len(seeds), size=n)]
    return Plan(seed=copied, partner=copied, gap=np.zeros(n))


def fall_back(sampler: Any, label: Any, why: str) -> None:
    """Warn that a class is resampled as by SMOTE."""
    warnings.warn(
        f"{type(sampler).__name__} draws class {spell(label)} as SMOTE does: {why}.",
        UserWarning,
        stacklevel=3,
    )


def k_for(k: int, n_rows: int, label: Any, small_class: str, name: str = "k_neighbors") -> int:
    """Neighbours to search for in a class of `n_rows` rows, by `small_class`; 0 for copies."""
    if n_rows > k:
        return k
    if small_class == "raise":
        raise ValueError(
            f"Class {spell(label)} has {n_rows} samples; {name}={k} needs at least {k + 1}. "
            f"Lower {name}, use small_class='shrink', or use RandomOverSampler."
        )
    if small_class == "copy":
        return 0
    if n_rows == 1:
        what = "its one row is copied"
    else:
        what = f"each uses the {n_rows - 1} neighbours it has"
    warnings.warn(
        f"Class {spell(label)} has {n_rows} row{'s' * (n_rows > 1)}, too few for {name}={k}: "
        f"{what}. Set small_class to 'raise' or 'copy' to have it otherwise.",
        UserWarning,
        stacklevel=2,
    )
    return n_rows - 1


def seeded_clone(estimator: Any, rng: Rng) -> Any:
    """Clone; one without a seed gets one from a copy of `rng`, which does not move on itself."""
    # imbalanced-learn leaves the estimator unseeded and draws nothing here, so the draws that
    # follow must not depend on it either.
    seeded = clone(estimator)
    if "random_state" in seeded.get_params(deep=False) and seeded.random_state is None:
        seeded.set_params(random_state=deepcopy(rng).randint(np.iinfo("i").max))
    return seeded
