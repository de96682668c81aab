"""Assembled SMOTE: the border of a small class in linear parts, and new rows within them."""

from numbers import Integral, Real
from typing import Any

import numpy as np
from scipy import sparse
from scipy.sparse.csgraph import minimum_spanning_tree

from imbalance_kit._neighbors.custom import n_neighbors_of
from imbalance_kit._neighbors.nearest import nearest_rows
from imbalance_kit._sampling.mixed_metrics import metric_of_class
from imbalance_kit._sampling.plans import Plan
from imbalance_kit._sklearn_compat import Interval
from imbalance_kit._tables.imputation import embed
from imbalance_kit._tables.points import Mixed
from imbalance_kit.over_sampling._base import BaseSMOTE, draw_between

_ROWS_OF_DIRECTION = 64  # rows that the direction of a region is found from, at most


class AssembledSMOTE(BaseSMOTE):
    """Make rows within parts of a small class whose border runs in one direction.

    Rows of the class with another class among their neighbours are its border. Parts of the
    border are joined along their shortest links as long as they run in similar directions; a new
    row lies between two rows of one part. The rows inside the class are one more part.

    Parameters
    ----------
    sampling_strategy : float, str, dict or callable, default="auto"
        Which classes to resample, and to how many rows. A float is the wanted ratio of the
        small class to the large one (two classes only); a str names the classes to even out
        ("majority", "not minority", "not majority", "all"; "minority" for over-samplers); a
        dict maps classes to numbers of rows; a callable takes y and returns such a dict.

    random_state : int, RandomState instance or None, default=None
        Seed of the draws. An int gives the same rows at every call.

    k_neighbors : int or neighbours estimator, default=5
        Neighbours that a row may go towards. An object with ``kneighbors`` (for instance an
        approximate search) is fitted on the rows of each class; as it also finds the row
        itself, give it one neighbour more.

    min_size : int, default=2
        Rows of a part below which it is joined to the nearest one whatever its direction.

    min_cosine : float, default=0.3
        Parts are joined if the cosine of the angle of their directions is above this.

    small_class : {"shrink", "raise", "copy"}, default="shrink"
        What to do about a class with no more than `k_neighbors` rows: use the neighbours there
        are, with a warning; raise a ``ValueError``; or copy its rows.

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
    BorderlineSMOTE : Start from the border alone.

    KMeansSMOTE : Make rows within clusters of the whole table.

    Notes
    -----
    Counts are exact, and originals come first, unchanged. Every row of the class is as likely to
    be a seed, so a part gets new rows by its size. A row that is alone in its part goes towards
    its neighbours in the class.

    Links are those of a minimum spanning tree over the `k_neighbors` nearest rows within the
    border, taken in order of length once, so that parts without such a link stay apart. The
    direction of a part is the first principal component, of at most 64 of its rows, evenly taken,
    so that cost does not grow with the part.

    Cost is that of the neighbours of the class's rows among all rows, at most O(m n d) for m rows
    out of n in d columns, and a principal component for each link between two parts.

    With nominal columns the metric is that of SMOTE-NC, directions are those of one-hot columns,
    and the new row takes the value most frequent among the seed's neighbours in its part. A
    numeric value is missing in a new row only if both parents miss it; directions are found with
    column medians for missing numbers.

    References
    ----------
    .. [1] B. Zhou, C. Yang, H. Guo, J. Hu, "A quasi-linear SVM combined with assembled SMOTE for
       imbalanced data classification", The 2013 International Joint Conference on Neural Networks
       (IJCNN), 2013.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.datasets import make_classification
    >>> from imbalance_kit.over_sampling import AssembledSMOTE
    >>> X, y = make_classification(n_samples=500, weights=[0.9], flip_y=0, random_state=0)
    >>> np.bincount(y).tolist()
    [451, 49]
    >>> X_res, y_res = AssembledSMOTE(random_state=0).fit_resample(X, y)
    >>> np.bincount(y_res).tolist()
    [451, 451]
    """

    _parameter_constraints: dict = {
        **BaseSMOTE._parameter_constraints,
        "min_size": [Interval(Integral, 1, None, closed="left")],
        "min_cosine": [Interval(Real, 0, 1, closed="both")],
    }

    def __init__(
        self,
        *,
        sampling_strategy="auto",
        random_state=None,
        k_neighbors=5,
        min_size=2,
        min_cosine=0.3,
        small_class="shrink",
        categorical_features="auto",
        n_jobs=None,
    ):
        super().__init__(
            sampling_strategy=sampling_strategy,
            random_state=random_state,
            k_neighbors=k_neighbors,
            small_class=small_class,
            categorical_features=categorical_features,
            n_jobs=n_jobs,
        )
        self.min_size = min_size
        self.min_cosine = min_cosine

    def _plan(self, opened, part, rng):
        class_rows, n = part.rows, part.n
        near = self._near_in_class(opened, part)
        if near.shape[1] == 0:
            return draw_between(opened.points, class_rows, near, n, rng)
        around = self._near_anywhere(opened, part, self.k_neighbors)
        border = np.flatnonzero((~opened.in_parts(part)[around]).any(axis=1))
        points = metric_of_class(opened.points, class_rows)[class_rows]
        region = np.zeros(len(class_rows), dtype=np.int64)  # the rows inside are region 0
        region[border] = 1 + self._border_regions(points[border])
        # Rows of a region have neighbours in it alone. One with fewer than k has them in the first
        # columns of `near`, and a row that is a region by itself keeps those in its class.
        n_near = np.full(len(class_rows), near.shape[1])
        order = np.argsort(region, kind="stable")
        for rows in np.split(order, np.cumsum(np.bincount(region))[:-1]):
            k = min(near.shape[1], len(rows) - 1)
            if k > 0:
                _, found = nearest_rows(points[rows], k, n_jobs=self.n_jobs)
                near[rows, :k] = class_rows[rows[found]]
                n_near[rows] = k
        row = rng.randint(0, len(class_rows), size=n)
        partner = near[row, rng.randint(0, n_near[row])]
        voters = None
        if isinstance(opened.points, Mixed):
            # voters are a rectangle, so the first neighbours of short lists vote again
            voters = near[row[:, None], np.arange(near.shape[1]) % n_near[row][:, None]]
        return Plan(seed=class_rows[row], partner=partner, gap=rng.uniform(size=n), voters=voters)

    def _border_regions(self, points: Any) -> np.ndarray:
        """Region of each row of the border, numbered from 0."""
        n_rows = points.shape[0]
        k = min(n_neighbors_of(self.k_neighbors), n_rows - 1)
        if k < 1:
            return np.zeros(n_rows, dtype=np.int64)
        squared, near = nearest_rows(points, k, n_jobs=self.n_jobs)
        return assemble_clusters(
            embed(points), shortest_links(squared, near), self.min_size, self.min_cosine
        )


def shortest_links(squared: np.ndarray, near: np.ndarray) -> np.ndarray:
    """Links of the minimum spanning tree over nearest rows, shortest first.

    Parameters
    ----------
    squared, near : ndarray of shape (n_rows, k)
        Squared distances and numbers of the nearest rows.

    Returns
    -------
    ndarray of shape (n_links, 2)
        Two rows each; n_rows - 1 links if the nearest rows connect all.
    """
    n_rows, k = near.shape
    links = np.column_stack([np.repeat(np.arange(n_rows), k), near.ravel()])
    links.sort(axis=1)
    links, first = np.unique(links, axis=0, return_index=True)
    # The tree is over the ranks of the lengths: ties are settled, and no length is 0, which
    # scipy would take for no link.
    order = np.argsort(squared.ravel()[first], kind="stable")
    rank = np.empty(len(links), dtype=np.float64)
    rank[order] = np.arange(1, len(links) + 1)
    ends = links.astype(np.int32)  # scipy before 1.15 takes no longer numbers of rows here
    graph = sparse.csr_array((rank, (ends[:, 0], ends[:, 1])), shape=(n_rows, n_rows))
    kept = minimum_spanning_tree(graph).data.astype(np.int64) - 1
    return links[order[np.sort(kept)]]


def assemble_clusters(
    numbers: Any, links: np.ndarray, min_size: int = 2, min_cosine: float = 0.3
) -> np.ndarray:
    """Join rows along links into regions that run in one direction.

    Parameters
    ----------
    numbers : ndarray, or CSR matrix or array, of shape (n_rows, n_columns)
        Complete numbers.

    links : ndarray of shape (n_links, 2)
        Links in the order in which they are tried.

    min_size, min_cosine : int, float
        See `AssembledSMOTE`.

    Returns
    -------
    ndarray of shape (n_rows,)
        Region of each row, numbered from 0.
    """
    n_rows = numbers.shape[0]
    region = list(range(n_rows))
    rows_of = [[row] for row in region]
    direction: dict[int, np.ndarray] = {}
    for one, other in links.tolist():
        a, b = region[one], region[other]
        if len(rows_of[a]) < len(rows_of[b]):
            a, b = b, a
        if len(rows_of[b]) >= min_size:
            for each in (a, b):
                if each not in direction:
                    direction[each] = _direction(numbers, rows_of[each])
            if not _alike(direction[a], direction[b], min_cosine):
                continue
        for row in rows_of[b]:
            region[row] = a
        rows_of[a] += rows_of[b]
        rows_of[b] = []
        direction.pop(a, None)
        direction.pop(b, None)
    return np.unique(region, return_inverse=True)[1]


def _alike(one: np.ndarray, other: np.ndarray, min_cosine: float) -> bool:
    """Whether two regions run in one direction; one of equal rows has none and joins any."""
    return abs(one @ other) > min_cosine or not (one.any() and other.any())


def _direction(numbers: Any, rows: list[int]) -> np.ndarray:
    """First principal component, of length 1; all zeros for rows that are all equal."""
    if len(rows) > _ROWS_OF_DIRECTION:
        step = np.linspace(0, len(rows) - 1, _ROWS_OF_DIRECTION).astype(np.int64)
        rows = np.sort(rows)[step].tolist()
    taken = numbers[rows]
    taken = taken.toarray() if sparse.issparse(taken) else taken
    if (taken == taken[0]).all():
        return np.zeros(taken.shape[1])
    centred = taken.astype(np.float64)
    centred -= centred.mean(axis=0)
    largest = np.abs(centred).max()
    if not 2.0**-400 < largest < 2.0**400:  # its squares would vanish or overflow
        centred = np.ldexp(centred, -np.frexp(largest)[1])
    if len(rows) <= centred.shape[1]:
        component = centred.T @ np.linalg.eigh(centred @ centred.T)[1][:, -1]
    else:
        component = np.linalg.eigh(centred.T @ centred)[1][:, -1]
    return component / np.sqrt(component @ component)
