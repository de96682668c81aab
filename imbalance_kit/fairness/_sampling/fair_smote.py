"""Fair-SMOTE: every cell of a group and a class grown to the size of the largest."""

import warnings
from numbers import Integral, Real
from typing import Any

import numpy as np
from scipy import sparse
from sklearn.linear_model import LogisticRegression

from imbalance_kit._neighbors.custom import NEIGHBORS, find_neighbors
from imbalance_kit._sampling.base import CATEGORICAL_FEATURES, Rng
from imbalance_kit._sklearn_compat import Interval
from imbalance_kit._tables.labels import spell
from imbalance_kit._tables.points import Mixed, stack
from imbalance_kit.fairness._sampling.base import (
    BaseFairSampler,
    Data,
    Drawn,
    linear_model,
    scaled,
    without_columns,
)
from imbalance_kit.over_sampling._base import metric_of_class

_BLOCK_CELLS = 1 << 18  # cells of a sparse table that are dense at a time


class FairSMOTE(BaseFairSampler):
    """Makes rows until every cell of a group and a class is as large as the largest.

    A new row is a row of the cell moved by the difference of two of its neighbours in the cell.

    Parameters
    ----------
    sensitive_features : str, int, array-like or None, default=None
        Columns of X that hold the sensitive features, by name or position; several form groups by
        their combinations. None: they are given beside X.

    k_neighbors : int or neighbours estimator, default=5
        Neighbours that a row may go towards. An object with ``kneighbors`` (for instance an
        approximate search) is fitted on the rows of each class; as it also finds the row
        itself, give it one neighbour more.

    mutation : float, default=0.8
        How much of the difference of the two neighbours is added to a number.

    crossover : float, default=0.8
        Chance of each value of a new row to differ from its row's.

    situation_testing : bool, default=False
        Drop rows, old and new, whose predicted class changes with the group alone, by a logistic
        regression on the balanced table.

    random_state : int, RandomState instance or None, default=None
        Seed of the draws. An int gives the same rows at every call.

    categorical_features : "auto", array-like or None, default="auto"
        Nominal columns: positions, names or a mask. "auto" takes the columns of a dataframe
        that hold categories, strings or booleans; None takes every column as numeric.

    n_jobs : int or None, default=None
        Threads of the neighbour search. The result does not depend on it.

    Attributes
    ----------
    n_discordant_ : int
        Rows that situation testing dropped.

    sampling_strategy_ : dict
        Rows of each class that came in.

    groups_ : tuple
        The groups, sorted.

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
    FairBalance : The same sizes by weights (``variant=True``), without made rows.

    imbalance_kit.over_sampling.SMOTE : Even out classes alone.

    Notes
    -----
    Counts are exact without situation testing: originals come first, unchanged, then the new rows
    cell by cell. Any number of groups and classes. Cells without rows stay empty, with a warning. A
    cell with fewer than `k_neighbors` + 1 rows uses those it has, one of a single row is copied.
    With one group it evens out the classes.

    Numbers become ``p + mutation * (c1 - c2)``, cut to the range of the cell (the authors' code
    takes absolute values instead, which turns negative numbers positive). Nominal columns, and
    number columns of two values, take the value of one of the three rows. So columns that are the
    same in the whole cell, such as the sensitive ones, stay. Distances mind the scale of columns.

    Situation testing keeps the rows on which the group makes no difference to a linear model: it
    removes what the model would learn the group's effect from. It does not make the labels right.

    Groups are needed in ``fit_resample`` alone, not to predict. Cost is that of the neighbours
    inside cells, and O(n d).

    References
    ----------
    .. [1] J. Chakraborty, S. Majumder, T. Menzies, "Bias in Machine Learning Software: Why? How?
       What to Do?", ACM Joint European Software Engineering Conference and Symposium on the
       Foundations of Software Engineering (ESEC/FSE), 2021.

    Examples
    --------
    >>> import numpy as np
    >>> from imbalance_kit.fairness import FairSMOTE
    >>> rng = np.random.RandomState(0)
    >>> group, y = np.repeat(["f", "m"], [30, 70]), np.repeat([1, 0, 1, 0], [10, 20, 40, 30])
    >>> X_res, y_res = FairSMOTE(random_state=0).fit_resample(
    ...     rng.normal(size=(100, 2)), y, sensitive_features=group
    ... )
    >>> np.bincount(y_res).tolist()
    [80, 80]
    """

    _sampling_type = "over-sampling"
    _parameter_constraints: dict = {
        **BaseFairSampler._parameter_constraints,
        "k_neighbors": NEIGHBORS,
        "mutation": [Interval(Real, 0, None, closed="left")],
        "crossover": [Interval(Real, 0, 1, closed="both")],
        "situation_testing": ["boolean"],
        "random_state": ["random_state"],
        "categorical_features": CATEGORICAL_FEATURES,
        "n_jobs": [Integral, None],
    }

    def __init__(
        self,
        *,
        sensitive_features=None,
        k_neighbors=5,
        mutation=0.8,
        crossover=0.8,
        situation_testing=False,
        random_state=None,
        categorical_features="auto",
        n_jobs=None,
    ):
        self.sensitive_features = sensitive_features
        self.k_neighbors = k_neighbors
        self.mutation = mutation
        self.crossover = crossover
        self.situation_testing = situation_testing
        self.random_state = random_state
        self.categorical_features = categorical_features
        self.n_jobs = n_jobs

    def _draw(self, data: Data, rng: Rng) -> Drawn:
        counts = data.counts
        largest = counts.max()
        discrete = _two_valued(data.points)
        seeds, made = [], []
        for cell, n in enumerate(counts.ravel().tolist()):
            if n == 0:
                group, code = divmod(cell, len(data.classes))
                warnings.warn(
                    f"The group {data.groups.spell(group)} has no rows of class "
                    f"{spell(data.classes[code])}, so none are made there.",
                    UserWarning,
                    stacklevel=4,
                )
            if n in (0, largest):
                continue
            own = np.flatnonzero(data.cells == cell)
            trio = self._trios(data.points, own, int(largest) - n, rng)
            seeds.append(trio[0])
            made.append(self._make(data.points, own, trio, discrete, rng))
        rows = np.concatenate([np.arange(data.n_rows), *seeds])
        origin = np.where(np.arange(len(rows)) < data.n_rows, rows, -1)
        points = stack(made) if made else None
        self.n_discordant_ = 0
        if self.situation_testing:
            stays = self._concordant(data, rows, points)
            self.n_discordant_ = int((~stays).sum())
            if points is not None:
                points = points[np.flatnonzero(stays[data.n_rows :])]
            rows, origin = rows[stays], origin[stays]
        if points is not None and points.shape[0] == 0:
            points = None
        return Drawn(rows, values_from=origin, points=points)

    def _trios(self, points: Any, own: np.ndarray, n: int, rng: Rng) -> np.ndarray:
        """Rows to start from and two neighbours of each, of shape (3, n)."""
        parent = rng.randint(len(own), size=n)
        if len(own) == 1:
            return np.broadcast_to(own[parent], (3, n))
        search = self.k_neighbors
        if isinstance(search, Integral):
            search = min(int(search), len(own) - 1)
        near = own[find_neighbors(search, metric_of_class(points, own)[own], n_jobs=self.n_jobs)]
        k = near.shape[1]
        first = rng.randint(k, size=n)
        second = (first + rng.randint(1, max(k, 2), size=n)) % k  # another one where there is
        return np.stack([own[parent], near[parent, first], near[parent, second]])

    def _make(
        self, points: Any, own: np.ndarray, trio: np.ndarray, discrete: np.ndarray, rng: Rng
    ) -> Any:
        numbers = points.numbers if isinstance(points, Mixed) else points
        made = self._numbers(numbers, own, trio, discrete, rng)
        if not isinstance(points, Mixed):
            return made
        shape = trio.shape[1], points.codes.shape[1]
        choice = np.where(rng.uniform(size=shape) < self.crossover, rng.randint(3, size=shape), 0)
        codes = np.take_along_axis(points.codes[trio], choice[None], axis=0)[0]
        return Mixed(made, codes, points.weights)

    def _numbers(
        self, numbers: Any, own: np.ndarray, trio: np.ndarray, discrete: np.ndarray, rng: Rng
    ) -> Any:
        n, n_columns = trio.shape[1], numbers.shape[1]
        if n_columns == 0:
            return np.empty((n, 0), dtype=numbers.dtype)
        low, high = _range(numbers[own])
        step = max(1, _BLOCK_CELLS // n_columns)
        parts = []
        for first in range(0, n, step):
            block = trio[:, first : first + step]
            parent, one, other = (_dense(numbers[rows]) for rows in block)
            moved = np.clip(parent + self.mutation * (one - other), low, high)
            choice = rng.randint(3, size=parent.shape)
            taken = np.where(choice == 0, parent, np.where(choice == 1, one, other))
            moved = np.where(discrete | np.isnan(moved), taken, moved)
            new = np.where(rng.uniform(size=parent.shape) < self.crossover, moved, parent)
            new = new.astype(numbers.dtype)
            parts.append(sparse.csr_array(new) if sparse.issparse(numbers) else new)
        return stack(parts)

    def _concordant(self, data: Data, rows: np.ndarray, points: Any) -> np.ndarray:
        """Whether the predicted class of each row is the same whatever its group."""
        n_groups = data.groups.n_groups
        if n_groups == 1:
            return np.ones(len(rows), dtype=bool)
        both = data.points if points is None else stack([data.points, points])
        features = scaled(without_columns(data, both, self._sensitive_positions(data)))
        codes, group = data.codes[rows], data.groups.codes[rows]

        def placed(group: np.ndarray) -> Any:
            belongs = np.eye(n_groups)[group]
            if sparse.issparse(features):
                return sparse.hstack([features, sparse.csr_array(belongs)], format="csr")
            return np.hstack([features, belongs])

        model: LogisticRegression = linear_model().fit(placed(group), codes)
        said = [model.predict(placed(np.full(len(rows), code))) for code in range(n_groups)]
        stays = np.all([answer == said[0] for answer in said], axis=0)
        left = np.bincount(codes[stays], minlength=len(data.classes))
        if not left.all():
            raise ValueError(
                f"Situation testing drops every row of class {spell(data.classes[left.argmin()])}: "
                "the group decides what a linear model predicts. Set situation_testing=False."
            )
        return stays


def _two_valued(points: Any) -> np.ndarray:
    """Which number columns hold at most two values, so that nothing lies between."""
    numbers = points.numbers if isinstance(points, Mixed) else points
    if numbers.shape[1] == 0:
        return np.empty(0, dtype=bool)
    low, high = _range(numbers)
    if sparse.issparse(numbers):
        between = np.zeros(numbers.shape[1], dtype=bool)
        entries = sparse.coo_array(numbers)
        inside = (entries.data > low[entries.coords[1]]) & (entries.data < high[entries.coords[1]])
        between[entries.coords[1][inside]] = True
        return ~between & ~((low < 0) & (high > 0))  # a zero between the two counts as well
    return np.asarray(~((numbers > low) & (numbers < high)).any(axis=0))


def _range(numbers: Any) -> tuple[np.ndarray, np.ndarray]:
    """Smallest and largest number of each column; 0 and 0 for a column without any."""
    if sparse.issparse(numbers):
        entries = sparse.csc_array(numbers)
        low, high = (np.zeros(entries.shape[1]) for _ in range(2))
        for j in range(entries.shape[1]):
            own = entries.data[entries.indptr[j] : entries.indptr[j + 1]]
            ends = [0.0] if len(own) < entries.shape[0] else []  # a zero that is not stored
            own = own[~np.isnan(own)]
            if len(own) or ends:
                low[j], high[j] = min([*ends, *own]), max([*ends, *own])
        return low, high
    present = np.isfinite(numbers)
    low = np.min(numbers, axis=0, initial=np.inf, where=present)
    high = np.max(numbers, axis=0, initial=-np.inf, where=present)
    empty = ~present.any(axis=0)
    low[empty], high[empty] = 0.0, 0.0
    return low, high


def _dense(numbers: Any) -> np.ndarray:
    return numbers.toarray() if sparse.issparse(numbers) else numbers
