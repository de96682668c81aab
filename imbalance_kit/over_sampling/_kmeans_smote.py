"""KMeansSMOTE: SMOTE inside the clusters where a class has its share."""

import warnings
from dataclasses import dataclass
from numbers import Integral, Real
from typing import Any

import numpy as np
from sklearn.base import clone
from sklearn.cluster import MiniBatchKMeans
from sklearn.metrics.pairwise import euclidean_distances
from sklearn.utils.validation import check_is_fitted

from imbalance_kit._neighbors.custom import find_neighbors, n_neighbors_of
from imbalance_kit._sampling.base import Rng
from imbalance_kit._sampling.mixed_metrics import metric_of_class
from imbalance_kit._sampling.plans import Plan, join_plans
from imbalance_kit._sampling.shares import split_by_shares
from imbalance_kit._sampling.targets import Part
from imbalance_kit._sklearn_compat import HasMethods, Interval, StrOptions
from imbalance_kit._tables.imputation import embed
from imbalance_kit._tables.labels import spell
from imbalance_kit._tables.magnitude import Units
from imbalance_kit.over_sampling._base import (
    BaseSMOTE,
    draw_between,
    near_in_class,
    seeded_clone,
)

_BLOCK_ELEMENTS = 1 << 20  # distances that are measured in one go


class KMeansSMOTE(BaseSMOTE):
    """Make rows inside clusters that hold enough of a small class, most in the sparsest.

    Parameters
    ----------
    sampling_strategy : float, str, dict or callable, default="auto"
        Which classes to resample, and to how many rows. A float is the wanted ratio of the
        small class to the large one (two classes only); a str names the classes to even out
        ("majority", "not minority", "not majority", "all"; "minority" for over-samplers); a
        dict maps classes to numbers of rows; a callable takes y and returns such a dict.

    random_state : int, RandomState instance or None, default=None
        Seed of the draws. An int gives the same rows at every call.

    k_neighbors : int or neighbours estimator, default=2
        Neighbours that a row may go towards. An object with ``kneighbors`` (for instance an
        approximate search) is fitted on the rows of each class; as it also finds the row
        itself, give it one neighbour more.

    n_jobs : int or None, default=None
        Threads of the neighbour search. The result does not depend on it.

    kmeans_estimator : int, clusterer or None, default=None
        Number of clusters, or a k-means estimator. None takes ``MiniBatchKMeans()``.

    cluster_balance_threshold : "auto" or float, default="auto"
        Share of the class in a cluster from which on rows are made there. "auto" takes half of
        the share that the class has among all new rows: one half for two classes.

    density_exponent : "auto" or float, default="auto"
        Power of the mean distance in a cluster that counts as its sparsity. "auto" lets it grow
        with the rows of the class in the cluster, as imbalanced-learn does (the paper takes the
        number of columns).

    small_class : {"shrink", "raise", "copy"}, default="shrink"
        What to do about a class with no more than `k_neighbors` rows: use the neighbours there
        are, with a warning; raise a ``ValueError``; or copy its rows.

    categorical_features : "auto", array-like or None, default="auto"
        Nominal columns: positions, names or a mask. "auto" takes the columns
        that hold categories, strings or booleans; None takes every column as numeric.

    Attributes
    ----------
    sampling_strategy_ : dict
        Rows made of each class.

    sample_indices_ : ndarray of shape (n_samples_new,)
        Input row that each output row comes from.

    sample_origin_ : ndarray of shape (n_samples_new,)
        Input row that each output row equals, or -1 for a new row.

    sample_weight_ : ndarray of shape (n_samples_new,) or None
        Weights of the output rows, when weights were given.

    nn_k_ : neighbours estimator
        What `k_neighbors` stands for, with one neighbour more for the row itself; not fitted, built
        on access.

    kmeans_estimator_ : clusterer
        What `kmeans_estimator` stands for; not fitted, built on access.

    n_features_in_ : int
        Number of columns of X.

    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Names of the columns, when all are strings.

    See Also
    --------
    SMOTE : Without clusters.

    Notes
    -----
    Counts are exact, and originals come first, unchanged: the new rows are
    split over the clusters by largest remainders (imbalanced-learn rounds up, and makes up to
    one row too many for each cluster).

    A cluster takes part if its share of the class reaches the threshold and it holds more than
    `k_neighbors` rows of the class. Where none does (imbalanced-learn raises an error, with its
    defaults on many tables), the threshold is halved until one does; where no cluster holds
    enough rows, new rows start from all rows of the class, as in
    :class:`~imbalance_kit.over_sampling.SMOTE`. There is a warning. Fewer clusters than wanted
    are no error, nor are fewer rows than clusters.

    Cost is that of the clustering, and of the distances within the class in each cluster: at
    most O(m^2 d) for a class of m rows; these are measured some rows at a time. Clusters and
    sparsity get missing numbers as column medians and nominal columns as one-hot columns with
    the metric of SMOTE-NC; new rows are then made as in SMOTE.

    References
    ----------
    .. [1] G. Douzas, F. Bacao, F. Last, "Improving Imbalanced Learning through a Heuristic
       Oversampling Method Based on K-Means and SMOTE", Information Sciences 465, 2018.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.datasets import make_blobs
    >>> from imbalance_kit.over_sampling import KMeansSMOTE
    >>> X, y = make_blobs([100, 20, 30], centers=[[0, 0], [9, 0], [0, 9]], random_state=0)
    >>> y = np.minimum(y, 1)
    >>> X_res, y_res = KMeansSMOTE(random_state=0, kmeans_estimator=3).fit_resample(X, y)
    >>> np.bincount(y_res).tolist()
    [100, 100]
    """

    _parameter_constraints: dict = {
        **BaseSMOTE._parameter_constraints,
        "kmeans_estimator": [
            HasMethods(["fit", "predict"]),
            Interval(Integral, 1, None, closed="left"),
            None,
        ],
        "cluster_balance_threshold": [StrOptions({"auto"}), Real],
        "density_exponent": [StrOptions({"auto"}), Real],
    }

    def __init__(
        self,
        *,
        sampling_strategy="auto",
        random_state=None,
        k_neighbors=2,
        n_jobs=None,
        kmeans_estimator=None,
        cluster_balance_threshold="auto",
        density_exponent="auto",
        small_class="shrink",
        categorical_features="auto",
    ):
        super().__init__(
            sampling_strategy=sampling_strategy,
            random_state=random_state,
            k_neighbors=k_neighbors,
            small_class=small_class,
            categorical_features=categorical_features,
            n_jobs=n_jobs,
        )
        self.kmeans_estimator = kmeans_estimator
        self.cluster_balance_threshold = cluster_balance_threshold
        self.density_exponent = density_exponent

    @property
    def kmeans_estimator_(self) -> Any:
        """What `kmeans_estimator` stands for; not fitted."""
        check_is_fitted(self)
        return clusterer(self.kmeans_estimator, self.random_state)

    def _plan_all(self, opened, parts, rng):
        n_total = sum(part.n or 0 for part in parts)
        settings = ClusterSettings(
            k_neighbors=self.k_neighbors,
            kmeans_estimator=self.kmeans_estimator,
            cluster_balance_threshold=self.cluster_balance_threshold,
            density_exponent=self.density_exponent,
            small_class=self.small_class,
            n_jobs=self.n_jobs,
        )
        for part in parts:
            if part.n:
                yield part, plan_in_clusters(opened.points, part, n_total, settings, rng)


@dataclass(frozen=True)
class ClusterSettings:
    """How rows are planned inside clusters; the names are those of `KMeansSMOTE`."""

    k_neighbors: Any
    kmeans_estimator: Any
    cluster_balance_threshold: float | str
    density_exponent: float | str
    small_class: str = "shrink"
    n_jobs: int | None = None


def plan_in_clusters(
    points: Any, part: Part, n_total: int, settings: ClusterSettings, rng: Rng
) -> Plan:
    """Plan rows of one class inside clusters that hold enough of it, most in the sparsest.

    Parameters
    ----------
    points : ndarray, CSR matrix or array, or Mixed
        All points; they are clustered anew for each class, whose metric they get.

    part : Part
        The class and how many rows to make of it.

    n_total : int
        Rows to make of all classes, for ``cluster_balance_threshold="auto"``.

    settings : ClusterSettings
        Parameters of the method.

    rng : RandomState
        Clusters first, then draws cluster by cluster.

    Returns
    -------
    Plan
        ``part.n`` rows; as SMOTE's, with a warning, where no cluster holds enough rows.
    """
    class_rows, n_new = part.rows, part.n or 0
    measured = metric_of_class(points, class_rows)
    # float32 would be summed up in float32
    numbers = embed(measured).astype(np.float64)
    cluster = _clusters(numbers, settings.kmeans_estimator, rng)
    chosen = _chosen_clusters(cluster, part, n_total, settings)
    if not chosen:
        near = near_in_class(
            points,
            class_rows,
            part.key,
            settings.k_neighbors,
            small_class=settings.small_class,
            n_jobs=settings.n_jobs,
        )
        return draw_between(points, class_rows, near, n_new, rng)
    rows_by_cluster = [class_rows[cluster[class_rows] == number] for number in chosen]
    counts = split_by_shares(n_new, _sparsity(numbers, rows_by_cluster, settings.density_exponent))
    search = settings.k_neighbors
    search = int(search) if isinstance(search, Integral) else search
    plans = []
    for rows, n in zip(rows_by_cluster, counts, strict=True):
        near = rows[find_neighbors(search, measured[rows], n_jobs=settings.n_jobs)]
        plans.append(draw_between(points, rows, near, n, rng))
    return join_plans(plans)


def clusterer(estimator: Any, random_state: Any) -> Any:
    """What a number of clusters, None or a clusterer stands for."""
    if estimator is None or isinstance(estimator, Integral):
        options = {} if estimator is None else {"n_clusters": int(estimator)}
        return MiniBatchKMeans(random_state=random_state, **options)
    return clone(estimator)


def _clusters(numbers: Any, estimator: Any, rng: Rng) -> np.ndarray:
    """Cluster of each row."""
    given = estimator is not None and not isinstance(estimator, Integral)
    machine = seeded_clone(estimator, rng) if given else clusterer(estimator, rng)
    if getattr(machine, "n_clusters", 0) > numbers.shape[0]:
        machine.set_params(n_clusters=numbers.shape[0])
    if hasattr(machine, "fit_predict"):
        return np.asarray(machine.fit_predict(numbers))
    return np.asarray(machine.fit(numbers).predict(numbers))


def _chosen_clusters(
    cluster: np.ndarray, part: Part, n_total: int, settings: ClusterSettings
) -> list[int]:
    """Numbers of the clusters to make rows in; none if no cluster holds enough of the class."""
    numbers, sizes = np.unique(cluster, return_counts=True)
    in_class = cluster[part.rows]
    counts = np.array([(in_class == number).sum() for number in numbers])
    shares = counts / sizes
    threshold: Any = settings.cluster_balance_threshold
    if len(numbers) == 1:
        threshold = -np.inf
    elif threshold == "auto":
        threshold = (part.n or 0) / n_total / 2
    n_near = n_neighbors_of(settings.k_neighbors)
    # The product may fall short of the count by rounding; imbalanced-learn compares it.
    enough = shares * sizes >= n_near + 1
    if (enough & (shares >= threshold)).any():
        return numbers[enough & (shares >= threshold)].tolist()
    if not enough.any():
        if counts.sum() > n_near:
            warnings.warn(
                f"No cluster holds more than k_neighbors rows of class {spell(part.key)}: new "
                "rows start from all its rows. Use fewer clusters.",
                UserWarning,
                stacklevel=4,
            )
        return []
    # imbalanced-learn raises an error here; a class is not left without rows for a parameter.
    lowered = threshold if threshold <= 1 else 1.0
    while not (enough & (shares >= lowered)).any():
        lowered /= 2
    warnings.warn(
        f"No cluster with a share of class {spell(part.key)} of at least {threshold:.3g} holds "
        f"more than k_neighbors rows of it: the threshold is lowered to {lowered:.3g}. Set "
        "cluster_balance_threshold, or use more clusters.",
        UserWarning,
        stacklevel=4,
    )
    return numbers[enough & (shares >= lowered)].tolist()


def _sparsity(numbers: Any, rows_by_cluster: list[np.ndarray], exponent: float | str) -> np.ndarray:
    """Sparsity of each cluster, up to a common factor: the power of the mean distance a row."""
    logs = np.array([_log_sparsity(numbers[rows], exponent) for rows in rows_by_cluster])
    if not np.isfinite(logs).any():  # every cluster is one point
        logs = np.zeros(len(rows_by_cluster))
    # In logs, and the largest taken as 1: with many rows the exponent is so high that the powers
    # themselves are infinite or 0.
    return np.exp(logs - logs.max())


def _log_sparsity(numbers: Any, exponent: float | str) -> float:
    """Log of the mean distance to the power of the exponent, per row."""
    size = numbers.shape[0]
    if exponent == "auto":
        exponent = np.log(size) ** 1.8 * (0.16 / np.log(1.6) ** 1.8)
    units = Units(numbers, centre=True)  # a cluster may be small, and far from the others
    mean = _sum_of_distances(units.apply(numbers)) / (size * size - size)
    with np.errstate(divide="ignore"):
        log_mean = np.log(mean) - units.exponent * np.log(2.0)
        return float(exponent * log_mean - np.log(size))


def _sum_of_distances(numbers: Any) -> float:
    size = numbers.shape[0]
    step = max(1, _BLOCK_ELEMENTS // size)
    total = 0.0
    for first in range(0, size, step):
        block = euclidean_distances(numbers[first : first + step], numbers)
        place = np.arange(len(block))
        block[place, first + place] = 0.0  # rounding leaves a trace
        total += block.sum(dtype=np.float64)
    return total
