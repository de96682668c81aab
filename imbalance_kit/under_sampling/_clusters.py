"""Under-sampling by clusters: centroids in place of rows, or a share of every cluster."""

from numbers import Integral
from typing import Any

import numpy as np
from scipy import sparse
from sklearn.base import clone

from imbalance_kit._neighbors.nearest import nearest_rows
from imbalance_kit._sampling.base import (
    CATEGORICAL_FEATURES,
    BaseReplacingUnderSampler,
    BaseUnderSampler,
    Rng,
)
from imbalance_kit._sampling.errors import FittedAttributeError
from imbalance_kit._sampling.records import Opened, Resampled
from imbalance_kit._sampling.shares import split_by_shares
from imbalance_kit._sampling.targets import Part
from imbalance_kit._sklearn_compat import HasMethods, Interval, StrOptions
from imbalance_kit._tables.magnitude import Units
from imbalance_kit._tables.points import Mixed, stack
from imbalance_kit.under_sampling._kmeans import (
    Clusters,
    draw,
    k_means,
    membership,
    numbers_to_cluster,
    squares_between,
)

_SAME = 1.0 + 1e-9  # the two rows of a pair are as near to its centre, whatever the rounding


class ClusterCentroids(BaseReplacingUnderSampler):
    """Put the centroids of as many clusters as rows are wanted in the place of a large class.

    Parameters
    ----------
    sampling_strategy : float, str, dict or callable, default="auto"
        Which classes to resample, and to how many rows. A float is the wanted ratio of the
        small class to the large one (two classes only); a str names the classes to even out
        ("majority", "not minority", "not majority", "all"; "minority" for over-samplers); a
        dict maps classes to numbers of rows; a callable takes y and returns such a dict.

    random_state : int, RandomState instance or None, default=None
        Seed of the draws. An int gives the same rows at every call.

    estimator : clusterer with ``n_clusters``, default=None
        Finds the clusters; it is cloned, and must leave ``cluster_centers_``. None stands for
        k-means.

    voting : {"auto", "hard", "soft"}, default="auto"
        "soft" gives the centroids, "hard" the rows next to them; "auto" is "hard" for sparse
        tables and "soft" for others.

    categorical_features : "auto", array-like or None, default="auto"
        Nominal columns: positions, names or a mask. "auto" takes the columns
        that hold categories, strings or booleans; None takes every column as numeric.

    Attributes
    ----------
    sampling_strategy_ : dict
        Rows kept of each resampled class.

    sample_indices_ : ndarray of shape (n_samples_new,)
        Input row that each output row comes from.

    sample_origin_ : ndarray of shape (n_samples_new,)
        Input row that each output row equals, or -1 for a new row.

    sample_weight_ : ndarray of shape (n_samples_new,) or None
        Weights of the output rows, when weights were given.

    voting_ : {"hard", "soft"}
        What "auto" stands for.

    estimator_ : clusterer
        Only with an `estimator`: its clone, fitted on the class that was clustered last.

    n_features_in_ : int
        Number of columns of X.

    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Names of the columns, when all are strings.

    See Also
    --------
    SubclassUnderSampler : Keep rows from each of few clusters.

    sklearn.cluster.KMeans : The clustering behind it.

    Notes
    -----
    Counts are exact; a class that has as many rows as wanted stays as it is. Seeds, steps and
    the rule to stop are those of scikit-learn's KMeans with its defaults, so the centroids are
    imbalanced-learn's, except where rounding decides between two equally good seeds (in large
    tables the two rows of a pair, for instance); most distances of the search for seeds, which
    takes nearly all of its time, are ruled out instead of measured. Cost is at most
    O(n k d log k) for n rows in k clusters, and O(n k d) for each step.

    A centroid stands, in ``sample_indices_`` and for its weight, for the row of its cluster that
    is nearest to it. With "hard" voting each row is taken once: where two centroids share their
    nearest row, which imbalanced-learn then gives twice, the further centroid gets the next. Of
    equally near rows, such as the two of a cluster of two, the first counts (there rounding).

    Missing numbers are medians for the clustering; a number is missing in a centroid only if
    all rows of the cluster miss it. Two different nominal values count as far apart as the
    median standard deviation of the number columns, as in SMOTE-NC, and a centroid takes the
    most frequent one. Sparse tables stay sparse.

    References
    ----------
    .. [1] W.-C. Lin, C.-F. Tsai, Y.-H. Hu, J.-S. Jhang, "Clustering-Based Undersampling in
       Class-Imbalanced Data", Information Sciences 409-410, 2017.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.datasets import make_classification
    >>> from imbalance_kit.under_sampling import ClusterCentroids
    >>> X, y = make_classification(n_samples=500, weights=[0.9], flip_y=0, random_state=0)
    >>> X_res, y_res = ClusterCentroids(random_state=0).fit_resample(X, y)
    >>> np.bincount(y_res).tolist()
    [49, 49]
    """

    _parameter_constraints: dict = {
        **BaseReplacingUnderSampler._parameter_constraints,
        "random_state": ["random_state"],
        "estimator": [HasMethods(["fit", "predict"]), None],
        "voting": [StrOptions({"auto", "hard", "soft"})],
        "categorical_features": CATEGORICAL_FEATURES,
    }

    def __init__(
        self,
        *,
        sampling_strategy="auto",
        random_state=None,
        estimator=None,
        voting="auto",
        categorical_features="auto",
    ):
        super().__init__(sampling_strategy=sampling_strategy)
        self.random_state = random_state
        self.estimator = estimator
        self.voting = voting
        self.categorical_features = categorical_features

    def _resample(self, opened, parts, rng):
        is_sparse = sparse.issparse(opened.points)
        hard = self.voting == "hard" or (self.voting == "auto" and is_sparse)
        estimator = _clusterer(self.estimator, rng)
        self.voting_ = "hard" if hard else "soft"
        if estimator is not None:
            self.estimator_ = estimator
        rows, synthetic, centroids = [], [], []
        for part in parts:
            class_rows = part.rows
            n = len(class_rows) if part.n is None else part.n
            if n in (0, len(class_rows)):
                if part.n and estimator is None:
                    # so that the next class gets the draws that imbalanced-learn gives it
                    draw(len(class_rows), n, rng)
                rows.append(class_rows[:n])
                synthetic.append(np.zeros(n, dtype=bool))
                continue
            points = opened.points[class_rows]
            numbers, units = numbers_to_cluster(points)
            found = k_means(numbers, n, rng) if estimator is None else _fit(estimator, numbers, n)
            nearest = _nearest_free_rows if hard else _nearest_of_cluster
            rows.append(class_rows[nearest(numbers, found)])
            synthetic.append(np.full(n, not hard))
            if not hard:
                centroids.append(_centroids(points, found, units))
        return Resampled(
            np.concatenate(rows),
            np.concatenate(synthetic),
            stack(centroids) if centroids else None,
        )


class SubclassUnderSampler(BaseUnderSampler):
    """Keep rows from every part of each large class, in proportion to the sizes of the parts.

    Each large class is clustered into parts of about the size of the smallest class, its
    subclasses; each part gives its share of the rows, and none is forgotten as long as there are
    as many rows to keep as parts. A random draw from the whole class may lose the small parts.

    Parameters
    ----------
    sampling_strategy : float, str, dict or callable, default="auto"
        Which classes to resample, and to how many rows. A float is the wanted ratio of the
        small class to the large one (two classes only); a str names the classes to even out
        ("majority", "not minority", "not majority", "all"; "minority" for over-samplers); a
        dict maps classes to numbers of rows; a callable takes y and returns such a dict.

    n_parts : "auto" or int, default="auto"
        Parts of each resampled class, at most one for each row. "auto" divides the rows of the
        class by those of the smallest class.

    selection : {"random", "central"}, default="random"
        Which rows a part gives: drawn at random, or those nearest to its centre.

    categorical_features : "auto", array-like or None, default="auto"
        Nominal columns: positions, names or a mask. "auto" takes the columns
        that hold categories, strings or booleans; None takes every column as numeric.

    random_state : int, RandomState instance or None, default=None
        Seed of the draws. An int gives the same rows at every call.

    Attributes
    ----------
    sampling_strategy_ : dict
        Rows kept of each resampled class.

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
    ClusterCentroids : As many clusters as rows are wanted, and their centroids.

    RandomUnderSampler : Draw without looking at the rows.

    Notes
    -----
    Counts are exact: a part's share is rounded by largest remainder, and a part whose share
    rounds to nothing takes one row from the part that gives most. Where fewer rows are wanted
    than there are parts the largest parts give one each. The clusters are those of k-means.
    Yen and Lee [1]_ cluster all classes together and prefer clusters with few rows of the small
    class; here each large class is divided for itself, so what is kept looks like the class
    [2]_, and prior correction of the probabilities stays a good approximation.

    Cost is that of k-means, O(n k d) for each step with n rows in k parts. For the clustering
    missing numbers are medians, and two different nominal values count as far apart as the
    median standard deviation of the number columns.

    References
    ----------
    .. [1] S.-J. Yen, Y.-S. Lee, "Cluster-Based Under-Sampling Approaches for Imbalanced Data
       Distributions", Expert Systems with Applications 36, 2009.
    .. [2] T. Jo, N. Japkowicz, "Class Imbalances versus Small Disjuncts", ACM SIGKDD
       Explorations Newsletter 6, 2004.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.datasets import make_classification
    >>> from imbalance_kit.under_sampling import SubclassUnderSampler
    >>> X, y = make_classification(n_samples=500, weights=[0.9], flip_y=0, random_state=0)
    >>> X_res, y_res = SubclassUnderSampler(random_state=0).fit_resample(X, y)
    >>> np.bincount(y_res).tolist()
    [49, 49]
    """

    _parameter_constraints: dict = {
        **BaseUnderSampler._parameter_constraints,
        "n_parts": [StrOptions({"auto"}), Interval(Integral, 1, None, closed="left")],
        "selection": [StrOptions({"random", "central"})],
        "categorical_features": CATEGORICAL_FEATURES,
        "random_state": ["random_state"],
    }

    def __init__(
        self,
        *,
        sampling_strategy="auto",
        n_parts="auto",
        selection="random",
        categorical_features="auto",
        random_state=None,
    ):
        super().__init__(sampling_strategy=sampling_strategy)
        self.n_parts = n_parts
        self.selection = selection
        self.categorical_features = categorical_features
        self.random_state = random_state

    def _keep_all(self, opened, parts, rng):
        smallest = min(len(part.rows) for part in parts)
        kept = [
            part.rows if part.n is None else self._keep_of_clusters(opened, part, smallest, rng)
            for part in parts
        ]
        return np.concatenate(kept)

    def _keep_of_clusters(self, opened: Opened, part: Part, smallest: int, rng: Rng) -> np.ndarray:
        """Rows of one class that stay; with "auto" its clusters are as large as `smallest`."""
        class_rows, n_parts = part.rows, self.n_parts
        if n_parts == "auto":
            n_parts = round(len(class_rows) / smallest)
        numbers, _ = numbers_to_cluster(opened.points[class_rows])
        found = k_means(numbers, min(max(1, n_parts), len(class_rows)), rng)
        sizes = np.bincount(found.owner, minlength=found.centres.shape[0])
        if self.selection == "central":
            preference = squares_between(numbers, found.centres, found.owner)
        else:
            preference = rng.uniform(size=len(class_rows))
        order = np.lexsort((preference, found.owner))
        rank = np.arange(len(class_rows)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
        chosen = order[rank < np.repeat(shares_of_parts(sizes, part.n or 0), sizes)]
        return class_rows[np.sort(chosen)]


def shares_of_parts(sizes: np.ndarray, n: int) -> np.ndarray:
    """How many of `n` rows each part gives: by size, and one of each part if possible.

    Parameters
    ----------
    sizes : ndarray of shape (n_parts,)
        Rows of the parts; empty ones give nothing.

    n : int
        Rows wanted in all.

    Returns
    -------
    shares : ndarray of shape (n_parts,)
        They add up to `n`; none is larger than its part.
    """
    shares = split_by_shares(n, sizes)
    while True:
        without = np.flatnonzero((shares == 0) & (sizes > 0))
        giving = shares.argmax()
        if not len(without) or shares[giving] <= 1:
            return shares
        shares[giving] -= 1
        shares[without[sizes[without].argmax()]] += 1


def _clusterer(estimator: Any, rng: Rng) -> Any:
    """A clone of the user's clusterer, seeded, whose number of clusters can be set."""
    if estimator is None:
        return None
    estimator = clone(estimator)
    parameters = estimator.get_params()
    if "n_clusters" not in parameters:
        raise ValueError(
            "`estimator` should be a clustering estimator exposing a parameter `n_clusters` and a "
            f"fitted parameter `cluster_centers_`, such as MiniBatchKMeans; got "
            f"{type(estimator).__name__}, which has no n_clusters."
        )
    if "random_state" in parameters and parameters["random_state"] is None:
        estimator.set_params(random_state=rng)
    return estimator


def _fit(estimator: Any, numbers: Any, n_clusters: int) -> Clusters:
    estimator.set_params(n_clusters=n_clusters).fit(numbers)
    centres = getattr(estimator, "cluster_centers_", None)
    if centres is None:
        raise FittedAttributeError(
            "`estimator` should be a clustering estimator exposing a fitted parameter "
            f"`cluster_centers_`, such as MiniBatchKMeans; {type(estimator).__name__} has none "
            "after fit."
        )
    if len(centres) != n_clusters:
        raise ValueError(
            f"{type(estimator).__name__} was to find {n_clusters} cluster_centers_ and left "
            f"{len(centres)} of them. Use a clusterer that keeps to n_clusters, such as "
            "MiniBatchKMeans."
        )
    if sparse.issparse(numbers):
        centres = sparse.csr_array(centres)
    owner = estimator.labels_ if hasattr(estimator, "labels_") else estimator.predict(numbers)
    return Clusters(centres, np.asarray(owner, dtype=np.int64))


def _nearest_of_cluster(numbers: Any, found: Clusters) -> np.ndarray:
    """For each cluster the row of it that is nearest to its centre; each row once."""
    apart = squares_between(numbers, found.centres, found.owner)
    least = np.full(found.centres.shape[0], np.inf)
    np.minimum.at(least, found.owner, apart)
    further = apart > least[found.owner] * _SAME
    order = np.lexsort((further, found.owner))
    clusters, first = np.unique(found.owner[order], return_index=True)
    rows = np.full(found.centres.shape[0], -1, dtype=np.int64)
    rows[clusters] = order[first]
    free = np.setdiff1d(np.arange(len(apart)), order[first])
    without = np.flatnonzero(rows < 0)  # clusters of copies that went to one of them
    rows[without] = free[: len(without)]
    return rows


def _nearest_free_rows(numbers: Any, found: Clusters) -> np.ndarray:
    """For each centre the nearest row; of centres that share it the nearest has it."""
    centres = found.centres
    rows = np.full(centres.shape[0], -1, dtype=np.int64)
    free = np.arange(numbers.shape[0])
    queries = np.arange(len(rows))
    n_near = 2  # enough to find pairs
    while len(queries):
        n_near = min(n_near, len(free))
        distances, near = nearest_rows(numbers[free], n_near, queries=centres[queries])
        same = distances <= distances[:, :1] * _SAME
        distances = np.where(same, distances[:, :1], distances)
        near = np.take_along_axis(near, np.lexsort((near, distances), axis=1), axis=1)
        taken = np.zeros(len(free), dtype=bool)
        for flat in np.argsort(distances, axis=None, kind="stable"):
            query, choice = divmod(int(flat), n_near)
            if rows[queries[query]] < 0 and not taken[near[query, choice]]:
                rows[queries[query]] = free[near[query, choice]]
                taken[near[query, choice]] = True
        free, queries = free[~taken], queries[rows[queries] < 0]
        n_near *= 4
    return rows


def _centroids(points: Any, found: Clusters, units: Units) -> Any:
    """The centres as points: missing where nothing is known, and with levels in nominal columns."""
    if isinstance(points, Mixed):
        numbers = _known_means(points.numbers, found, units)
        return Mixed(numbers, _modes(points.category_codes, found), points.weights)
    values = points.data if sparse.issparse(points) else points
    if not np.isnan(values).any():
        return units.restore(found.centres).astype(points.dtype)
    return _known_means(points, found, units)


def _known_means(table: Any, found: Clusters, units: Units) -> Any:
    """Means of what is known; missing where all rows of a cluster miss it."""
    numbers = units.apply(table)
    belongs = membership(_owner_of_all(found), found.centres.shape[0])
    if not sparse.issparse(numbers):
        present = ~np.isnan(numbers)
        sums = belongs @ np.where(present, numbers, 0.0).astype(np.float64)
        with np.errstate(invalid="ignore"):
            means = sums / (belongs @ present.astype(np.float64))
        return units.restore(means).astype(table.dtype)
    known, is_missing = sparse.csr_array(numbers), sparse.csr_array(numbers)
    known.data = np.nan_to_num(numbers.data)
    is_missing.data = np.isnan(numbers.data).astype(np.float64)
    sums, missing = sparse.csr_array(belongs @ known), sparse.coo_array(belongs @ is_missing)
    sizes = np.asarray(belongs.sum(axis=1)).ravel()
    means = sums.multiply(1.0 / sizes[:, None]).tocsr()
    # Where some are missing the sum belongs to fewer rows; where all are, 0 * inf is missing.
    n_known = sizes[missing.row] - missing.data
    stretch = sizes[missing.row] / np.maximum(n_known, 1.0) - 1.0
    stretched = means.multiply(
        sparse.csr_array((stretch, (missing.row, missing.col)), shape=means.shape)
    )
    all_missing = np.where(n_known == 0.0, np.nan, 0.0)
    unknown = sparse.csr_array((all_missing, (missing.row, missing.col)), shape=means.shape)
    return units.restore(sparse.csr_array(means + stretched + unknown)).astype(table.dtype)


def _modes(category_codes: np.ndarray, found: Clusters) -> np.ndarray:
    """The most frequent level of each cluster and column; of equally frequent ones the first."""
    owner, n_clusters = _owner_of_all(found), found.centres.shape[0]
    modes = np.empty((n_clusters, category_codes.shape[1]), dtype=category_codes.dtype)
    for column in range(category_codes.shape[1]):
        levels, place = np.unique(category_codes[:, column], return_inverse=True)
        pairs, votes = np.unique(owner * len(levels) + place, return_counts=True)
        cluster, level = np.divmod(pairs, len(levels))
        order = np.lexsort((level, -votes, cluster))
        clusters, first = np.unique(cluster[order], return_index=True)
        modes[clusters, column] = levels[level[order][first]]
    return modes


def _owner_of_all(found: Clusters) -> np.ndarray:
    """The owners, with a row for each cluster that has none (where rows are copies)."""
    sizes = np.bincount(found.owner, minlength=found.centres.shape[0])
    owner = found.owner.copy()
    for cluster in np.flatnonzero(sizes == 0):
        giving = sizes.argmax()
        row = np.flatnonzero(owner == giving)[-1]
        owner[row] = cluster
        sizes[giving] -= 1
        sizes[cluster] += 1
    return owner
