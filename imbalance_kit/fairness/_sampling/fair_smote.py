"""Fair-SMOTE: synthetic rows until each group has as many rows of each class as any other."""

import warnings
from numbers import Integral, Real
from typing import Any

import numpy as np
from scipy import sparse

from imbalance_kit._neighbors.custom import NEIGHBORS, find_neighbors
from imbalance_kit._sampling.base import CATEGORICAL_FEATURES, Rng
from imbalance_kit._sampling.mixed_metrics import metric_of_class
from imbalance_kit._sampling.records import Resampled
from imbalance_kit._sklearn_compat import Interval
from imbalance_kit._tables.labels import spell
from imbalance_kit._tables.points import Mixed, stack
from imbalance_kit.fairness._groups.group_reading import positions_of
from imbalance_kit.fairness._sampling.base import (
    BaseFairSampler,
    OpenedGroups,
    without_columns,
)
from imbalance_kit.fairness._sampling.linear_models import linear_model, scaled
from imbalance_kit.fairness._sampling.point_columns import at_most_two_values, number_ranges

_BLOCK_ELEMENTS = 1 << 18  # elements of a sparse table that are dense at a time


class FairSMOTE(BaseFairSampler):
    """Adds synthetic rows until all pairs of a group and a class have as many rows as the largest.

    A synthetic row is a row moved by the difference of two of its neighbours of its group and
    class.

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
        Chance of each value of a synthetic row to differ from its seed row's.

    situation_testing : bool, default=False
        Drop rows, old and new, whose predicted class changes with the group alone, by a logistic
        regression on the balanced table.

    random_state : int, RandomState instance or None, default=None
        Seed of the draws. An int gives the same rows at every call.

    categorical_features : "auto", array-like or None, default="auto"
        Nominal columns: positions, names or a mask. "auto" takes the columns
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
    FairBalance : The same sizes by weights (``variant=True``), without synthetic rows.

    imbalance_kit.over_sampling.SMOTE : Even out classes alone.

    Notes
    -----
    Counts are exact without situation testing: originals come first, unchanged, then the synthetic
    rows, by group and class. Any number of groups and classes. A class that a group does not have
    stays empty there, with a warning. With fewer than `k_neighbors` + 1 rows those that are there
    are used, a single row is copied. With one group it evens out the classes.

    Numbers become ``p + mutation * (c1 - c2)``, cut to the range in the group and class (the
    authors' code takes absolute values instead, which turns negative numbers positive). Nominal
    columns, and number columns of two values, take the value of one of the three rows. So columns
    that are the same in the whole group and class, such as the sensitive ones, stay. Distances
    depend on the scale of columns.

    Situation testing keeps the rows on which the group makes no difference to a linear model: it
    removes what the model would learn the group's effect from. It does not make the labels right.

    Groups are needed in ``fit_resample`` alone, not to predict. Cost is that of the neighbours
    inside groups and classes, and O(n d).

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

    def _resample_groups(self, opened: OpenedGroups, rng: Rng) -> Resampled:
        pairs = opened.group_classes
        counts = pairs.counts
        largest = int(counts.max())
        numbers = opened.points.numbers if isinstance(opened.points, Mixed) else opened.points
        discrete = at_most_two_values(numbers)
        seeds, parts = [], []
        for number, n in enumerate(counts.ravel().tolist()):
            if n == 0:
                group, label = divmod(number, len(pairs.classes))
                warnings.warn(
                    f"The group {opened.groups.spell(group)} has no rows of class "
                    f"{spell(pairs.classes[label])}, so none are made there.",
                    UserWarning,
                    stacklevel=4,
                )
            if n in (0, largest):
                continue
            rows = np.flatnonzero(pairs.of_row == number)
            trios = self._trios(opened.points, rows, largest - n, rng)
            seeds.append(trios[0])
            parts.append(self._synthetic(opened.points, rows, trios, discrete, rng))
        rows = np.concatenate([np.arange(opened.n_rows), *seeds])
        synthetic = np.arange(len(rows)) >= opened.n_rows
        points = stack(parts) if parts else None
        self.n_discordant_ = 0
        if self.situation_testing:
            stays = self._concordant(opened, rows, points)
            self.n_discordant_ = int((~stays).sum())
            if points is not None:
                points = points[np.flatnonzero(stays[opened.n_rows :])]
            rows, synthetic = rows[stays], synthetic[stays]
        return Resampled(rows, synthetic, points)

    def _trios(self, points: Any, rows: np.ndarray, n: int, rng: Rng) -> np.ndarray:
        """Rows to start from and two neighbours of each, of shape (3, n)."""
        parent = rng.randint(len(rows), size=n)
        if len(rows) == 1:
            return np.broadcast_to(rows[parent], (3, n))
        search = self.k_neighbors
        if isinstance(search, Integral):
            search = min(int(search), len(rows) - 1)
        measured = metric_of_class(points, rows)[rows]
        near = rows[find_neighbors(search, measured, n_jobs=self.n_jobs)]
        k = near.shape[1]
        first = rng.randint(k, size=n)
        second = (first + rng.randint(1, max(k, 2), size=n)) % k  # another one where there is
        return np.stack([rows[parent], near[parent, first], near[parent, second]])

    def _synthetic(
        self, points: Any, rows: np.ndarray, trios: np.ndarray, discrete: np.ndarray, rng: Rng
    ) -> Any:
        """The points of synthetic rows of one group and class, of which `rows` are the rows."""
        numbers = points.numbers if isinstance(points, Mixed) else points
        new = self._synthetic_numbers(numbers, rows, trios, discrete, rng)
        if not isinstance(points, Mixed):
            return new
        shape = trios.shape[1], points.category_codes.shape[1]
        choice = np.where(rng.uniform(size=shape) < self.crossover, rng.randint(3, size=shape), 0)
        category_codes = np.take_along_axis(points.category_codes[trios], choice[None], axis=0)[0]
        return Mixed(new, category_codes, points.weights)

    def _synthetic_numbers(
        self, numbers: Any, rows: np.ndarray, trios: np.ndarray, discrete: np.ndarray, rng: Rng
    ) -> Any:
        n, n_columns = trios.shape[1], numbers.shape[1]
        if n_columns == 0:
            return np.empty((n, 0), dtype=numbers.dtype)
        low, high = number_ranges(numbers[rows])
        step = max(1, _BLOCK_ELEMENTS // n_columns)
        parts = []
        for first in range(0, n, step):
            block = trios[:, first : first + step]
            parent, one, other = (_dense(numbers[each]) for each in block)
            moved = np.clip(parent + self.mutation * (one - other), low, high)
            choice = rng.randint(3, size=parent.shape)
            taken = np.where(choice == 0, parent, np.where(choice == 1, one, other))
            # a difference with a missing number is missing: then the number of one of the rows,
            # so that a synthetic value is missing no more often than theirs
            moved = np.where(discrete | np.isnan(moved), taken, moved)
            new = np.where(rng.uniform(size=parent.shape) < self.crossover, moved, parent)
            new = new.astype(numbers.dtype)
            parts.append(sparse.csr_array(new) if sparse.issparse(numbers) else new)
        return stack(parts)

    def _concordant(self, opened: OpenedGroups, rows: np.ndarray, points: Any) -> np.ndarray:
        """Whether the predicted class of each row is the same whatever its group."""
        n_groups = opened.groups.n_groups
        if n_groups == 1:
            return np.ones(len(rows), dtype=bool)
        all_points = opened.points if points is None else stack([opened.points, points])
        sensitive = positions_of(self.sensitive_features, opened.table.X)
        # the group enters as indicators alone: its columns of X would contradict a changed group
        features = scaled(without_columns(opened, all_points, sensitive))
        y_encoded, group = opened.y_encoded[rows], opened.groups.of_row[rows]

        def in_groups(group: np.ndarray) -> Any:
            indicators = np.eye(n_groups)[group]
            if sparse.issparse(features):
                return sparse.hstack([features, sparse.csr_array(indicators)], format="csr")
            return np.hstack([features, indicators])

        model = linear_model().fit(in_groups(group), y_encoded)
        predicted = [model.predict(in_groups(np.full(len(rows), g))) for g in range(n_groups)]
        stays = np.all([each == predicted[0] for each in predicted], axis=0)
        left = np.bincount(y_encoded[stays], minlength=len(opened.target.classes))
        if not left.all():
            label = spell(opened.target.classes[left.argmin()])
            raise ValueError(
                f"Situation testing drops every row of class {label}: the group decides what a "
                "linear model predicts. Set situation_testing=False."
            )
        return stays


def _dense(numbers: Any) -> np.ndarray:
    return numbers.toarray() if sparse.issparse(numbers) else numbers
