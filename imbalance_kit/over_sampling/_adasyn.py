"""ADASYN: the more rows of other classes near a row, the more new rows start from it."""

import numpy as np

from imbalance_kit._neighbors.custom import NEIGHBORS
from imbalance_kit._sampling.base import BaseOverSampler, Rng
from imbalance_kit._sampling.plans import Plan
from imbalance_kit._sampling.records import Opened
from imbalance_kit._sampling.targets import Part
from imbalance_kit._tables.points import Mixed
from imbalance_kit.over_sampling._base import (
    OF_NEIGHBORS,
    draw_between,
    fall_back,
    near_anywhere,
    near_in_class,
)


class ADASYN(BaseOverSampler):
    """Make more rows where a small class is harder to learn (adaptive synthetic sampling).

    A row gets new rows in proportion to the share of other classes among its nearest rows.

    Parameters
    ----------
    sampling_strategy : float, str, dict or callable, default="auto"
        Which classes to resample, and to how many rows. A float is the wanted ratio of the
        small class to the large one (two classes only); a str names the classes to even out
        ("majority", "not minority", "not majority", "all"; "minority" for over-samplers); a
        dict maps classes to numbers of rows; a callable takes y and returns such a dict.

    random_state : int, RandomState instance or None, default=None
        Seed of the draws. An int gives the same rows at every call.

    n_neighbors : int or neighbours estimator, default=5
        Neighbours: of any class to decide how many new rows a row gets, of its class to go
        towards. An object with ``kneighbors`` also finds the row itself, so give it one
        neighbour more.

    small_class : {"shrink", "raise", "copy"}, default="shrink"
        What to do about a class with no more than `n_neighbors` rows: use the neighbours there
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
    SMOTE : As many new rows from one row as from another.

    BorderlineSMOTE : New rows from rows near other classes only.

    Notes
    -----
    Counts are exact, and originals come first, unchanged: shares are rounded as in
    imbalanced-learn, and where that gives some rows too many or too few, the rows whose rounding
    was the largest give them up or get them (ties at random). Where no row has a neighbour of
    another class, there is a warning and all rows count alike, as in
    :class:`~imbalance_kit.over_sampling.SMOTE` (imbalanced-learn raises an error). Cost is that
    of the nearest rows of the class's m rows among all n: at most O(m n d), less with few
    columns.

    With nominal columns the metric is that of SMOTE-NC, and a new row takes the value most
    frequent among the neighbours of its seed within the class. A numeric value is missing in a
    new row only if both parents miss it.

    References
    ----------
    .. [1] H. He, Y. Bai, E. A. Garcia, S. Li, "ADASYN: Adaptive Synthetic Sampling Approach for
       Imbalanced Learning", IEEE International Joint Conference on Neural Networks, 2008.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.datasets import make_classification
    >>> from imbalance_kit.over_sampling import ADASYN
    >>> X, y = make_classification(n_samples=500, weights=[0.9], flip_y=0, random_state=0)
    >>> np.bincount(y).tolist()
    [451, 49]
    >>> X_res, y_res = ADASYN(random_state=0).fit_resample(X, y)
    >>> np.bincount(y_res).tolist()
    [451, 451]
    """

    _parameter_constraints: dict = {
        **OF_NEIGHBORS,
        "n_neighbors": NEIGHBORS,
    }

    def __init__(
        self,
        *,
        sampling_strategy="auto",
        random_state=None,
        n_neighbors=5,
        small_class="shrink",
        categorical_features="auto",
        n_jobs=None,
    ):
        super().__init__(sampling_strategy=sampling_strategy)
        self.random_state = random_state
        self.n_neighbors = n_neighbors
        self.small_class = small_class
        self.categorical_features = categorical_features
        self.n_jobs = n_jobs

    def _plan(self, opened, part, rng):
        points, class_rows, n = opened.points, part.rows, part.n
        search = self.n_neighbors
        near = near_anywhere(points, class_rows, search, n_jobs=self.n_jobs)
        n_foreign = (~opened.in_parts(part)[near]).sum(axis=1)
        if not n_foreign.any():
            fall_back(self, part.key, "none of its rows has a neighbour of another class")
            return draw_between(points, class_rows, self._near_in_class(opened, part), n, rng)
        counts = share_out(n, n_foreign, rng)
        seeds = np.flatnonzero(counts)
        near = self._near_in_class(opened, part, seeds)
        row = np.repeat(np.arange(len(seeds)), counts[seeds])
        seed = class_rows[seeds[row]]
        if near.shape[1] == 0:
            return Plan(seed=seed, partner=seed, gap=np.zeros(n))
        # Partners before gaps, as in imbalanced-learn; SMOTE's pairs would be other draws.
        column = rng.choice(near.shape[1], size=n)
        voters = near[row] if isinstance(points, Mixed) else None
        return Plan(seed=seed, partner=near[row, column], gap=rng.uniform(size=n), voters=voters)

    def _near_in_class(
        self, opened: Opened, part: Part, queries: np.ndarray | None = None
    ) -> np.ndarray:
        return near_in_class(
            opened.points,
            part.rows,
            part.key,
            self.n_neighbors,
            small_class=self.small_class,
            n_jobs=self.n_jobs,
            queries=queries,
            name="n_neighbors",
        )


def share_out(n: int, weight: np.ndarray, rng: Rng) -> np.ndarray:
    """Share `n` rows out by weight: rounded shares, then the worst rounded corrected by one.

    The worst rounded are those of the largest remainder; between equal ones `rng` decides, and
    it draws only where rounding did not give `n` already.
    """
    exact = weight / weight.sum() * n
    counts = np.rint(exact).astype(np.int64)
    excess = int(counts.sum()) - n
    if excess:
        off = (counts - exact) * np.sign(excess)
        # the last key counts first; without the draw rows at the top would get more every time
        worst = np.lexsort((rng.permutation(len(off)), -off))
        counts[worst[: abs(excess)]] -= np.sign(excess)
    return counts
