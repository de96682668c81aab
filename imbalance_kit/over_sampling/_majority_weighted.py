"""MWMOTE: rows that matter most near the border, and partners from the same cluster only."""

import warnings
from numbers import Integral, Real
from typing import Any

import numpy as np
from scipy import sparse
from scipy.cluster.hierarchy import fcluster, linkage
from scipy.spatial.distance import cdist, pdist, squareform
from sklearn.metrics import pairwise_distances

from imbalance_kit._neighbors.nearest import nearest_rows
from imbalance_kit._sampling.base import CATEGORICAL_FEATURES, BaseOverSampler, Rng
from imbalance_kit._sampling.mixed_metrics import metric_of_class
from imbalance_kit._sampling.plans import Plan
from imbalance_kit._sklearn_compat import Interval
from imbalance_kit._tables.imputation import embed
from imbalance_kit._tables.labels import spell
from imbalance_kit._tables.magnitude import Units
from imbalance_kit._tables.points import Mixed
from imbalance_kit.over_sampling._base import draw_between, draw_copies, fall_back

_CLUSTERED = 4000  # rows that average linkage clusters: 64 MB of distances
_BLOCK_ELEMENTS = 1 << 20  # distances held at a time


class MWMOTE(BaseOverSampler):
    """Make rows inside clusters of a small class, most from rows that are hard to learn (MWMOTE).

    Parameters
    ----------
    sampling_strategy : float, str, dict or callable, default="auto"
        Which classes to resample, and to how many rows. A float is the wanted ratio of the
        small class to the large one (two classes only); a str names the classes to even out
        ("majority", "not minority", "not majority", "all"; "minority" for over-samplers); a
        dict maps classes to numbers of rows; a callable takes y and returns such a dict.

    random_state : int, RandomState instance or None, default=None
        Seed of the draws. An int gives the same rows at every call.

    k1 : int, default=5
        Neighbours among all rows. A row with none of its class among them is noise: it does
        not help to find the border.

    k2 : int, default=3
        Neighbours in the other classes, of each row that is not noise. Together they are the
        border of the other classes.

    k3 : int or None, default=None
        Neighbours in the class, of each row of that border. Together they are the rows to start
        from. None takes half the rows of the class.

    cf_th : float, default=5.0
        Closeness, the number of columns over the distance, above which a row of the class does
        not count as any closer to a row of the border.

    cp : float, default=3.0
        Clusters are merged while the mean distance between their rows is at most `cp` times the
        mean distance of a row to its nearest. Larger values give fewer, larger clusters.

    categorical_features : "auto", array-like or None, default="auto"
        Nominal columns: positions, names or a mask. "auto" takes the columns
        that hold categories, strings or booleans; None takes every column as numeric.

    n_jobs : int or None, default=None
        Threads of the neighbour search. The result does not depend on it.

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

    n_features_in_ : int
        Number of columns of X.

    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Names of the columns, when all are strings.

    See Also
    --------
    SMOTE : Every row alike, and partners among the nearest.

    Notes
    -----
    Counts are exact, and originals come first, unchanged. Numbers of neighbours larger than the
    rows there are are cut to that. Of a class of m rows, with b rows on the border of the others,
    cost is O(m n d) for the neighbours, O(b m d) for the weights and O(m^2 d) for average linkage;
    of a class above 4,000 rows, 4,000 drawn at random are clustered and the others join the
    cluster of the nearest of them, so memory stays below 300 MB.

    A row alone in its cluster has no partner there, so it is not started from. Where no row is
    left to start from, the draw is that of SMOTE with `k1` neighbours, with a warning. The
    paper's CMAX scales all weights alike and changes nothing, so it is no parameter.

    Of rows of the class that are equally far from a row of the border, all or none count among
    its `k3`. With nominal columns distances are those of SMOTE-NC, and the `k1` nearest rows of
    the class vote. Weights and clusters are those of a copy with column medians where values are
    missing; a numeric value is missing in a new row only if both parents miss it.

    References
    ----------
    .. [1] S. Barua, M. M. Islam, X. Yao, K. Murase, "MWMOTE - Majority Weighted Minority
       Oversampling Technique for Imbalanced Data Set Learning", IEEE Transactions on Knowledge
       and Data Engineering 26(2), 2014.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.datasets import make_classification
    >>> from imbalance_kit.over_sampling import MWMOTE
    >>> X, y = make_classification(n_samples=500, weights=[0.9], flip_y=0, random_state=0)
    >>> X_res, y_res = MWMOTE(random_state=0).fit_resample(X, y)
    >>> np.bincount(y_res).tolist()
    [451, 451]
    """

    _parameter_constraints: dict = {
        **BaseOverSampler._parameter_constraints,
        "random_state": ["random_state"],
        "k1": [Interval(Integral, 1, None, closed="left")],
        "k2": [Interval(Integral, 1, None, closed="left")],
        "k3": [Interval(Integral, 1, None, closed="left"), None],
        "cf_th": [Interval(Real, 0, None, closed="neither")],
        "cp": [Interval(Real, 0, None, closed="left")],
        "categorical_features": CATEGORICAL_FEATURES,
        "n_jobs": [Integral, None],
    }

    def __init__(
        self,
        *,
        sampling_strategy="auto",
        random_state=None,
        k1=5,
        k2=3,
        k3=None,
        cf_th=5.0,
        cp=3.0,
        categorical_features="auto",
        n_jobs=None,
    ):
        super().__init__(sampling_strategy=sampling_strategy)
        self.random_state = random_state
        self.k1 = k1
        self.k2 = k2
        self.k3 = k3
        self.cf_th = cf_th
        self.cp = cp
        self.categorical_features = categorical_features
        self.n_jobs = n_jobs

    def _plan(self, opened, part, rng):
        class_rows, n = part.rows, part.n
        if len(class_rows) == 1:
            warnings.warn(
                f"Class {spell(part.key)} has 1 row, too few for MWMOTE: its one row is copied.",
                UserWarning,
                stacklevel=2,
            )
            return draw_copies(class_rows, n, rng)
        in_class = opened.in_parts(part)
        units = Units(opened.points)
        points = metric_of_class(units.apply(opened.points), class_rows)
        clean = self._not_noise(points, in_class, class_rows)
        # A closeness is one over a distance. Distances in these units lie between the ends of a
        # cut that changes no order, and squares stay finite.
        most = float(np.clip(np.ldexp(self.cf_th, -units.exponent), 2.0**-400, 2.0**500))
        weights = self._weights(points, class_rows, np.flatnonzero(~in_class), clean, most)
        cluster = self._clusters(points[class_rows], clean, rng)
        size = np.bincount(cluster)
        weights[size[cluster] == 1] = 0.0  # no partner
        near = self._voters(points, class_rows)
        if not weights.any():
            fall_back(self, part.key, "no row near the others shares its cluster with another")
            everyone = np.arange(len(class_rows))
            return draw_between(opened.points, class_rows, near(everyone), n, rng)
        seed = rng.choice(len(class_rows), size=n, p=weights / weights.sum())
        partner = _another_of_cluster(cluster, size, seed, rng)
        gap = rng.uniform(size=n)
        voters = near(seed) if isinstance(opened.points, Mixed) else None
        return Plan(class_rows[seed], class_rows[partner], gap, voters)

    def _not_noise(self, points: Any, in_class: np.ndarray, class_rows: np.ndarray) -> np.ndarray:
        """Which rows of the class have another of it among their nearest rows."""
        k = min(self.k1, len(in_class) - 1)
        near = nearest_rows(points, k, rows=class_rows, n_jobs=self.n_jobs)[1]
        return np.any(in_class[near], axis=1)

    def _weights(
        self,
        points: Any,
        class_rows: np.ndarray,
        others: np.ndarray,
        clean: np.ndarray,
        most: float,
    ) -> np.ndarray:
        """How much each row of the class matters; most are far from the border and get 0."""
        weights = np.zeros(len(class_rows))
        if not clean.any():
            return weights
        k2 = min(self.k2, len(others))
        queries = points[class_rows[clean]]
        found = nearest_rows(points[others], k2, queries=queries, n_jobs=self.n_jobs)[1]
        border, numbers = others[np.unique(found)], embed(points)
        of_class = numbers[class_rows]
        step = max(1, _BLOCK_ELEMENTS // len(class_rows))
        n_columns = points.shape[1]
        if isinstance(points, Mixed):  # a column of one level is none
            codes = points.category_codes
            n_columns = max(n_columns - int((codes == codes[0]).all(axis=0).sum()), 1)
        for first in range(0, len(border), step):
            distances = _distances(numbers[border[first : first + step]], of_class)
            weights += self._information(distances, n_columns, most).sum(axis=0)
        return weights

    def _information(self, distances: np.ndarray, n_columns: int, most: float) -> np.ndarray:
        """Closeness times density: the weight each row of the border gives to each of the class."""
        k3 = min(self.k3 or distances.shape[1] // 2, distances.shape[1])
        farthest = np.partition(distances, k3 - 1, axis=1)[:, k3 - 1 : k3]
        with np.errstate(divide="ignore"):
            closeness = np.minimum(n_columns / distances, most)
        closeness[distances > farthest] = 0.0
        return closeness * closeness / closeness.sum(axis=1, keepdims=True)

    def _clusters(self, points: Any, clean: np.ndarray, rng: Rng) -> np.ndarray:
        """Cluster of each row of the class, numbered from 0."""
        n_rows = points.shape[0]
        if n_rows <= _CLUSTERED:
            return self._linked(points, clean)
        sample = np.sort(rng.choice(n_rows, size=_CLUSTERED, replace=False))
        cluster = self._linked(points[sample], clean[sample])
        nearest = nearest_rows(points[sample], 1, queries=points, n_jobs=self.n_jobs)[1][:, 0]
        nearest[sample] = np.arange(_CLUSTERED)  # a copy may stand before the row itself
        return cluster[nearest]

    def _linked(self, points: Any, clean: np.ndarray) -> np.ndarray:
        spaced = points[clean] if clean.sum() > 1 else points
        spacing = np.sqrt(nearest_rows(spaced, 1, n_jobs=self.n_jobs)[0])
        spacing = spacing[np.isfinite(spacing)]
        farthest = self.cp * spacing.mean() if len(spacing) else 0.0
        numbers = embed(points)
        if sparse.issparse(numbers):
            distances = squareform(_distances(numbers, numbers), checks=False)
        else:
            distances = pdist(numbers)
        return fcluster(linkage(distances, "average"), farthest, criterion="distance") - 1

    def _voters(self, points: Any, class_rows: np.ndarray) -> Any:
        """A function from places in the class to the nearest rows of it."""
        k = min(self.k1, len(class_rows) - 1)

        def near(places: np.ndarray) -> np.ndarray:
            queries, back = np.unique(places, return_inverse=True)
            found = nearest_rows(points[class_rows], k, rows=queries, n_jobs=self.n_jobs)[1]
            return class_rows[found][back]

        return near


def _distances(rows: Any, others: Any) -> np.ndarray:
    return pairwise_distances(rows, others) if sparse.issparse(rows) else cdist(rows, others)


def _another_of_cluster(
    cluster: np.ndarray, size: np.ndarray, seed: np.ndarray, rng: Rng
) -> np.ndarray:
    """For each seed another row of its cluster, each with the same chance."""
    order = np.argsort(cluster, kind="stable")
    start = np.cumsum(size) - size
    place = np.empty(len(cluster), dtype=np.int64)
    place[order] = np.arange(len(cluster)) - start[cluster[order]]
    own_cluster = cluster[seed]
    drawn = (rng.uniform(size=len(seed)) * (size[own_cluster] - 1)).astype(np.int64)
    drawn += drawn >= place[seed]  # past the seed itself
    return order[start[own_cluster] + drawn]
