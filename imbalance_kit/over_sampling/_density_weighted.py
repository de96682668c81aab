"""Over-samplers that draw the rows they start from by weight: near the border, or by density."""

from numbers import Integral, Real
from typing import Any

import numpy as np
from sklearn.metrics.pairwise import euclidean_distances

from imbalance_kit._neighbors.nearest import nearest_rows
from imbalance_kit._sampling.base import BaseOverSampler
from imbalance_kit._sampling.mixed_metrics import metric_of_class
from imbalance_kit._sampling.plans import Plan
from imbalance_kit._sampling.records import Opened
from imbalance_kit._sampling.targets import Part
from imbalance_kit._sklearn_compat import Interval
from imbalance_kit._tables.imputation import embed
from imbalance_kit._tables.magnitude import Units
from imbalance_kit._tables.points import Mixed
from imbalance_kit.over_sampling._base import (
    OF_NEIGHBORS,
    draw_between,
    draw_copies,
    fall_back,
    k_for,
)

_BLOCK_ELEMENTS = 1 << 20  # distances held at a time


class ProWSyn(BaseOverSampler):
    """Make more rows where a small class is near the others (proximity weighted SMOTE).

    Each row of the other classes points at the nearest rows of the small class; the rows pointed
    at are its first level. They are set aside and the next level is found among the rest. A new
    row lies between two rows of a level, and the nearer levels are drawn more often.

    Parameters
    ----------
    sampling_strategy : float, str, dict or callable, default="auto"
        Which classes to resample, and to how many rows. A float is the wanted ratio of the
        small class to the large one (two classes only); a str names the classes to even out
        ("majority", "not minority", "not majority", "all"; "minority" for over-samplers); a
        dict maps classes to numbers of rows; a callable takes y and returns such a dict.

    random_state : int, RandomState instance or None, default=None
        Seed of the draws. An int gives the same rows at every call.

    n_neighbors : int, default=5
        Rows of the class that each row of the other classes points at, at each level.

    n_levels : int, default=5
        Levels that the class is cut into; the last one holds the rows left over.

    theta : float, default=1.0
        How fast the weight falls: level i is drawn with a weight of exp(-theta * (i - 1)).

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
    SMOBD : Weights by the density of the class instead.

    SMOTE : Every row of the class is as likely.

    Notes
    -----
    Counts are exact, and originals come first, unchanged. The weight of a level does not depend
    on how many rows it has, so a row of a small level starts more new rows; in this form [2]_
    compares the method. A level of one row makes none, unless all levels are such; then all rows
    of the class are one level.

    The two rows of a level are any two, so that new rows may lie outside the class where it is
    not convex. Cost is at most `n_levels` - 1 times O(n m d) for a class of m rows out of n, in d
    columns.

    With nominal columns the metric is that of SMOTE-NC, and the new row takes the values of one
    of its two parents. A numeric value is missing in a new row only if both parents miss it.

    References
    ----------
    .. [1] S. Barua, Md. M. Islam, K. Murase, "ProWSyn: Proximity Weighted Synthetic Oversampling
       Technique for Imbalanced Data Set Learning", Advances in Knowledge Discovery and Data
       Mining (PAKDD), 2013.

    .. [2] G. Kovács, "An empirical comparison and evaluation of minority oversampling techniques
       on a large number of imbalanced datasets", Applied Soft Computing 83, 2019.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.datasets import make_classification
    >>> from imbalance_kit.over_sampling import ProWSyn
    >>> X, y = make_classification(n_samples=500, weights=[0.9], flip_y=0, random_state=0)
    >>> np.bincount(y).tolist()
    [451, 49]
    >>> X_res, y_res = ProWSyn(random_state=0).fit_resample(X, y)
    >>> np.bincount(y_res).tolist()
    [451, 451]
    """

    _parameter_constraints: dict = {
        **OF_NEIGHBORS,
        "n_neighbors": [Interval(Integral, 1, None, closed="left")],
        "n_levels": [Interval(Integral, 1, None, closed="left")],
        "theta": [Interval(Real, 0, None, closed="left")],
    }

    def __init__(
        self,
        *,
        sampling_strategy="auto",
        random_state=None,
        n_neighbors=5,
        n_levels=5,
        theta=1.0,
        small_class="shrink",
        categorical_features="auto",
        n_jobs=None,
    ):
        super().__init__(sampling_strategy=sampling_strategy)
        self.random_state = random_state
        self.n_neighbors = n_neighbors
        self.n_levels = n_levels
        self.theta = theta
        self.small_class = small_class
        self.categorical_features = categorical_features
        self.n_jobs = n_jobs

    def _plan(self, opened, part, rng):
        class_rows, n = part.rows, part.n
        k = k_for(self.n_neighbors, len(class_rows), part.key, self.small_class, "n_neighbors")
        if k == 0:
            return draw_copies(class_rows, n, rng)
        level = self._levels(opened, part, k)
        size = np.bincount(level)
        # Two rows make a line, so a level needs two; if none has them all rows are one level.
        if not (size > 1).any():
            level[:] = 0
            size = np.array([len(class_rows)])
        steps = np.arange(len(size)) - np.argmax(size > 1)  # so that no weight underflows
        weight = np.where(size > 1, np.exp(-self.theta * np.maximum(steps, 0)), 0.0)
        drawn = rng.choice(len(size), size=n, p=weight / weight.sum())
        by_level = class_rows[np.argsort(level, kind="stable")]
        first = (np.cumsum(size) - size)[drawn]
        place = rng.randint(0, size[drawn])
        other = (place + rng.randint(1, size[drawn])) % size[drawn]
        seed, partner = by_level[first + place], by_level[first + other]
        voters = np.column_stack([seed, partner]) if isinstance(opened.points, Mixed) else None
        return Plan(seed=seed, partner=partner, gap=rng.uniform(size=n), voters=voters)

    def _levels(self, opened: Opened, part: Part, k: int) -> np.ndarray:
        """Level of each row of the class, the nearest to the other classes being 0."""
        class_rows = part.rows
        points = metric_of_class(opened.points, class_rows)
        others = points[np.flatnonzero(~opened.in_parts(part))]
        level = np.full(len(class_rows), self.n_levels - 1)
        remaining = np.arange(len(class_rows))
        for i in range(self.n_levels - 1):
            if len(remaining) <= k:
                level[remaining] = i
                break
            of_class = points[class_rows[remaining]]
            _, near = nearest_rows(of_class, k, queries=others, n_jobs=self.n_jobs)
            is_near = np.zeros(len(remaining), dtype=bool)
            is_near[near.ravel()] = True
            level[remaining[is_near]] = i
            remaining = remaining[~is_near]
        return level


class SMOBD(BaseOverSampler):
    """Make more rows where a small class is dense, none from its outliers (density-based SMOTE).

    Parameters
    ----------
    sampling_strategy : float, str, dict or callable, default="auto"
        Which classes to resample, and to how many rows. A float is the wanted ratio of the
        small class to the large one (two classes only); a str names the classes to even out
        ("majority", "not minority", "not majority", "all"; "minority" for over-samplers); a
        dict maps classes to numbers of rows; a callable takes y and returns such a dict.

    random_state : int, RandomState instance or None, default=None
        Seed of the draws. An int gives the same rows at every call.

    n_neighbors : int, default=5
        Neighbours that a row may go towards; the distance to the last of them is the row's core
        distance.

    eta : float, default=0.5
        Share of the core distance in the weight of a row; the rest is the share of the number of
        rows within `radius`. Both are scaled to a largest value of 1.

    noise_threshold : float, default=1.8
        Rows whose core distance and reachability distance both exceed this many times their
        mean are noise: no new row starts from them.

    radius : float or None, default=None
        How far rows count as near; None for the mean core distance of the class.

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
    ProWSyn : Weights by the nearness of the other classes instead.

    SMOTE : Every row of the class is as likely.

    Notes
    -----
    Counts are exact, and originals come first, unchanged. Core and reachability distance are
    those of the OPTICS clustering. The reachability that OPTICS gives depends on the order in
    which it visits the rows; here it is the smallest one that a row's `n_neighbors` nearest rows
    give: the larger of their core distance and their distance. A fixed radius needs columns of a
    known scale, hence the mean core distance where none is given.

    Cost is O(m^2 d) for a class of m rows in d columns. If every row is noise, rows are drawn as
    in SMOTE, with a warning.

    With nominal columns the metric is that of SMOTE-NC, and the new row takes the value most
    frequent among the seed's neighbours. A numeric value is missing in a new row only if both
    parents miss it; rows within the radius are counted with column medians for missing numbers.

    References
    ----------
    .. [1] Q. Cao, S. Wang, "Applying Over-sampling Technique Based on Data Density and
       Cost-sensitive SVM to Imbalanced Learning", International Conference on Information
       Management, Innovation Management and Industrial Engineering (ICIII), 2011.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.datasets import make_classification
    >>> from imbalance_kit.over_sampling import SMOBD
    >>> X, y = make_classification(n_samples=500, weights=[0.9], flip_y=0, random_state=0)
    >>> np.bincount(y).tolist()
    [451, 49]
    >>> X_res, y_res = SMOBD(random_state=0).fit_resample(X, y)
    >>> np.bincount(y_res).tolist()
    [451, 451]
    """

    _parameter_constraints: dict = {
        **OF_NEIGHBORS,
        "n_neighbors": [Interval(Integral, 1, None, closed="left")],
        "eta": [Interval(Real, 0, 1, closed="both")],
        "noise_threshold": [Interval(Real, 0, None, closed="left")],
        "radius": [Interval(Real, 0, None, closed="neither"), None],
    }

    def __init__(
        self,
        *,
        sampling_strategy="auto",
        random_state=None,
        n_neighbors=5,
        eta=0.5,
        noise_threshold=1.8,
        radius=None,
        small_class="shrink",
        categorical_features="auto",
        n_jobs=None,
    ):
        super().__init__(sampling_strategy=sampling_strategy)
        self.random_state = random_state
        self.n_neighbors = n_neighbors
        self.eta = eta
        self.noise_threshold = noise_threshold
        self.radius = radius
        self.small_class = small_class
        self.categorical_features = categorical_features
        self.n_jobs = n_jobs

    def _plan(self, opened, part, rng):
        class_rows, n = part.rows, part.n
        k = k_for(self.n_neighbors, len(class_rows), part.key, self.small_class, "n_neighbors")
        if k == 0:
            return draw_copies(class_rows, n, rng)
        points = opened.points[class_rows]
        units = Units(points)
        radius = None if self.radius is None else np.ldexp(self.radius, units.exponent)
        points = metric_of_class(units.apply(points), np.arange(len(class_rows)))
        squared, near = nearest_rows(points, k, n_jobs=self.n_jobs)
        density = self._density(points, np.sqrt(squared), near, radius)
        if not density.any():
            fall_back(self, part.key, "every row is noise; raise noise_threshold")
            return draw_between(opened.points, class_rows, class_rows[near], n, rng)
        row = rng.choice(len(class_rows), size=n, p=density / density.sum())
        partner = class_rows[near[row, rng.randint(0, k, size=n)]]
        voters = class_rows[near[row]] if isinstance(opened.points, Mixed) else None
        return Plan(seed=class_rows[row], partner=partner, gap=rng.uniform(size=n), voters=voters)

    def _density(
        self, points: Any, distance: np.ndarray, near: np.ndarray, radius: float | None
    ) -> np.ndarray:
        """Weight of each row; 0 for noise."""
        known = np.isfinite(distance)  # rows without a common column are infinitely far
        distance = np.where(known, distance, 1.1 * distance.max(initial=0.0, where=known))
        core = distance[:, -1]
        reach = np.maximum(core[near], distance).min(axis=1)
        noise = (core > self.noise_threshold * core.mean()) & (
            reach > self.noise_threshold * reach.mean()
        )
        n_near = count_within(points, core.mean() if radius is None else radius)
        spread = core / core.max() if core.max() > 0 else core
        density = self.eta * spread + (1.0 - self.eta) * n_near / n_near.max()
        if not density.any():  # only copies of one row, and no weight on their number
            density = np.ones(len(core))
        return np.where(noise, 0.0, density)


def count_within(points: Any, radius: float) -> np.ndarray:
    """How many rows, the row itself too, are within `radius` of each row.

    Rows at exactly that distance count, whatever the rounding.
    """
    numbers = embed(points)
    if isinstance(numbers, np.ndarray):
        numbers = numbers.astype(np.float64)
        numbers -= numbers.mean(axis=0)  # so that little cancels in the products
    n_rows = numbers.shape[0]
    limit = radius**2 * (1.0 + 1e-9)
    step = max(1, _BLOCK_ELEMENTS // n_rows)
    counts = np.empty(n_rows, dtype=np.int64)
    for first in range(0, n_rows, step):
        block = slice(first, first + step)
        squared = euclidean_distances(numbers[block], numbers, squared=True)
        counts[block] = (squared <= limit).sum(axis=1)
    return np.maximum(counts, 1)  # the row itself
