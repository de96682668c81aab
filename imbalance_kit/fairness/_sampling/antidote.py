"""Antidote data: comparable rows of other groups, with the label of the row they answer."""

import warnings
from numbers import Integral, Real
from typing import Any

import numpy as np
from scipy import sparse
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor

from imbalance_kit._neighbors.nearest import nearest_rows
from imbalance_kit._sampling.base import CATEGORICAL_FEATURES, Rng
from imbalance_kit._sklearn_compat import HasMethods, Interval, StrOptions
from imbalance_kit._tables.imputation import complete
from imbalance_kit._tables.points import Mixed
from imbalance_kit.fairness._sampling.base import BaseFairSampler, Data, Drawn, without_columns
from imbalance_kit.fairness._sampling.counterparts import nearest_comparable, transport

_SMALL_TABLE = 20  # rows in a leaf of the default learners, which a small group must allow


class AntidoteSampler(BaseFairSampler):
    """Adds counterparts of rows in other groups, with the same label, so that the group tells less.

    A counterpart differs from its row in the group and in what goes along with the group.

    Parameters
    ----------
    sensitive_features : str, int, array-like or None, default=None
        Columns of X that hold the sensitive features, by name or position; several form groups by
        their combinations. None: they are given beside X.

    method : {"matched", "modelled"}, default="matched"
        "matched" takes the nearest real row of another group in which no column differs by more
        than `caliper`. "modelled" moves the row to the other group, column by column.

    share : float, default=1.0
        Share of the rows that get a counterpart, as far as they have one.

    caliper : float, default=0.1
        For "matched": largest difference of a number column, as a share of its range. Nominal
        columns, and number columns of two values, must be equal.

    min_effect : float, default=0.1
        For "modelled": columns move whose means (frequencies of levels) differ by more than this
        many standard deviations between two groups.

    estimator : regressor, default=None
        For "modelled": says what a number column is, from the groups and the columns before it.
        None stands for scikit-learn's histogram boosting, which levels are always modelled by.

    plausibility : float, default=0.95
        For "modelled": made rows are dropped that are farther from the other group than this share
        of its rows are from each other; 1 drops none.

    random_state : int, RandomState instance or None, default=None
        Seed of the draws. An int gives the same rows at every call.

    categorical_features : "auto", array-like or None, default="auto"
        Nominal columns: positions, names or a mask. "auto" takes the columns of a dataframe
        that hold categories, strings or booleans; None takes every column as numeric.

    n_jobs : int or None, default=None
        Threads of the neighbour search. The result does not depend on it.

    Attributes
    ----------
    matched_share_ : float
        Share of the rows asked for that have a counterpart.

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
    CounterfactualMatcher : Keep matched rows alone.

    FairSMOTE : Make rows inside groups.

    Notes
    -----
    Originals come first, unchanged, then the counterparts in the order of their rows, which
    ``sample_indices_`` names; label and weight are the row's. With "matched" ``sample_origin_`` is
    the real row whose values a counterpart has. With more than two groups the other group is drawn.
    With one group nothing is added. Any number of classes.

    The paper trains a generative network on comparable pairs. "modelled" is an analogue without
    one: each column that depends on the group is modelled from the group and the columns before it,
    and a row moves by the difference of what the model says. Sensitive columns of X get the values
    of the other group. The order of the columns matters: put causes before effects. The models see
    missing numbers as medians; they stay missing in the rows.

    The aim is that comparable people get the same answer. Where the label does depend on the group
    among comparable people, counterparts say otherwise, and accuracy falls. Neither method knows
    what is caused by the group and what only goes along with it.

    Groups are needed in ``fit_resample`` alone, not to predict; a model may still see the sensitive
    columns. Cost: a tree search inside blocks of equal levels, O(n log n) for few columns; or two
    models for each moved column.

    References
    ----------
    .. [1] P. Li, E. Xia, H. Liu, "Learning Antidote Data to Individual Unfairness", International
       Conference on Machine Learning (ICML), 2023.

    Examples
    --------
    >>> import numpy as np
    >>> from imbalance_kit.fairness import AntidoteSampler
    >>> rng = np.random.RandomState(0)
    >>> group, score = rng.randint(2, size=400), rng.normal(size=400)
    >>> X = np.column_stack([group, score, score + group])
    >>> y = (score > 0).astype(int)
    >>> sampler = AntidoteSampler(sensitive_features=0, method="modelled", random_state=0)
    >>> X_res, y_res = sampler.fit_resample(X, y)
    >>> added, rows = X_res[400:], sampler.sample_indices_[400:]
    >>> bool((added[:, 0] == 1 - group[rows]).all() and (y_res[400:] == y[rows]).all())
    True
    """

    _parameter_constraints: dict = {
        **BaseFairSampler._parameter_constraints,
        "method": [StrOptions({"matched", "modelled"})],
        "share": [Interval(Real, 0, 1, closed="right")],
        "caliper": [Interval(Real, 0, 1, closed="both")],
        "min_effect": [Interval(Real, 0, None, closed="left")],
        "estimator": [HasMethods(["fit", "predict"]), None],
        "plausibility": [Interval(Real, 0, 1, closed="right")],
        "random_state": ["random_state"],
        "categorical_features": CATEGORICAL_FEATURES,
        "n_jobs": [Integral, None],
    }

    def __init__(
        self,
        *,
        sensitive_features=None,
        method="matched",
        share=1.0,
        caliper=0.1,
        min_effect=0.1,
        estimator=None,
        plausibility=0.95,
        random_state=None,
        categorical_features="auto",
        n_jobs=None,
    ):
        self.sensitive_features = sensitive_features
        self.method = method
        self.share = share
        self.caliper = caliper
        self.min_effect = min_effect
        self.estimator = estimator
        self.plausibility = plausibility
        self.random_state = random_state
        self.categorical_features = categorical_features
        self.n_jobs = n_jobs

    def _draw(self, data: Data, rng: Rng) -> Drawn:
        originals = np.arange(data.n_rows)
        self.matched_share_ = 0.0
        n_groups = data.groups.n_groups
        if n_groups == 1:
            return Drawn(originals)
        n = max(1, round(self.share * data.n_rows))
        asked = np.sort(rng.choice(data.n_rows, size=n, replace=False))
        wanted = (data.groups.codes + rng.randint(1, n_groups, size=data.n_rows)) % n_groups
        if self.method == "matched":
            bare = without_columns(data, data.points, self._sensitive_positions(data))
            found = nearest_comparable(bare, data.groups, wanted, self.caliper)[asked]
            has = found >= 0
            self._say_share(has, "Raise caliper, or use method='modelled'.")
            return Drawn(
                np.concatenate([originals, asked[has]]),
                values_from=np.concatenate([originals, found[has]]),
            )
        made = self._moved(data, asked, wanted[asked], rng)
        has = self._plausible(data, made, wanted[asked])
        self._say_share(has, "Raise plausibility.")
        rows = np.concatenate([originals, asked[has]])
        if not has.any():
            return Drawn(rows)
        made = made[np.flatnonzero(has)]
        self._leave_gaps(data, asked[has], made)
        if sparse.issparse(data.points):
            made = sparse.csr_array(made)
        origin = np.where(np.arange(len(rows)) < data.n_rows, rows, -1)
        return Drawn(rows, values_from=origin, points=made)

    def _leave_gaps(self, data: Data, rows: np.ndarray, made: Any) -> None:
        """A number that its row does not have is not made up; sensitive columns are set already."""
        known = data.points.numbers if isinstance(data.points, Mixed) else data.points
        known = known[rows]
        gaps = np.isnan(known.toarray() if sparse.issparse(known) else known)
        fixed = self._sensitive_in(data, made)
        gaps[:, fixed[fixed < gaps.shape[1]]] = False
        numbers = made.numbers if isinstance(made, Mixed) else made
        numbers[gaps] = np.nan

    def _say_share(self, has: np.ndarray, advice: str) -> None:
        self.matched_share_ = float(has.mean())
        if not has.any():
            warnings.warn(
                f"None of {len(has)} rows has a counterpart in another group, so nothing is added. "
                f"{advice}",
                UserWarning,
                stacklevel=5,
            )

    def _moved(self, data: Data, rows: np.ndarray, wanted: np.ndarray, rng: Rng) -> Any:
        """These rows as they would be in other groups; a dense array or Mixed."""
        full = complete(data.points)
        if sparse.issparse(full):
            full = full.toarray()
        moves = self._moving(data, full)
        fixed = self._sensitive_in(data, full)
        moves[fixed] = False
        seed = rng.randint(np.iinfo(np.int32).max)
        fewest = int(np.bincount(data.groups.codes).min())
        leaf = max(1, min(_SMALL_TABLE, fewest // 2))
        classifier = HistGradientBoostingClassifier(
            max_iter=50, min_samples_leaf=leaf, random_state=seed
        )
        regressor = self.estimator
        if regressor is None:
            regressor = HistGradientBoostingRegressor(
                max_iter=50, min_samples_leaf=leaf, random_state=seed
            )
        moved = transport(
            full, data.groups, rows, wanted, moves, fixed, (regressor, classifier), rng
        )
        example = np.array(
            [data.groups.members(group)[0] for group in range(data.groups.n_groups)]
        )[wanted]
        n_numbers = (full.numbers if isinstance(full, Mixed) else full).shape[1]
        for j in fixed.tolist():
            if j < n_numbers:
                numbers = moved.numbers if isinstance(moved, Mixed) else moved
                # not from the filled copy: a group may be that of the missing values
                known = data.points.numbers if isinstance(full, Mixed) else data.points
                numbers[:, j] = (full if sparse.issparse(known) else known)[example, j]
            else:
                moved.codes[:, j - n_numbers] = full.codes[example, j - n_numbers]
        return moved

    def _sensitive_in(self, data: Data, points: Any) -> np.ndarray:
        """Places of the sensitive columns among the columns of the points, numbers first."""
        positions = self._sensitive_positions(data)
        if not isinstance(points, Mixed):
            return positions
        numeric = np.setdiff1d(np.arange(data.table.n_columns), data.nominal)
        order = np.concatenate([numeric, np.sort(data.nominal)])
        return np.flatnonzero(np.isin(order, positions))

    def _moving(self, data: Data, points: Any) -> np.ndarray:
        """Whether each column differs enough between two groups, numbers first."""
        numbers = points.numbers if isinstance(points, Mixed) else points
        codes = points.codes if isinstance(points, Mixed) else np.empty((data.n_rows, 0))
        return (
            np.array(
                [self._effect(data, column) for column in numbers.T]
                + [
                    max(self._effect(data, column == level) for level in np.unique(column))
                    for column in codes.T
                ]
            )
            > self.min_effect
        )

    @staticmethod
    def _effect(data: Data, column: np.ndarray) -> float:
        """Largest difference of two groups' means, in standard deviations."""
        column = column.astype(np.float64)
        spread = column.std()
        if spread == 0:
            return 0.0
        counts = np.bincount(data.groups.codes, minlength=data.groups.n_groups)
        means = np.bincount(data.groups.codes, weights=column) / counts
        return float((means.max() - means.min()) / spread)

    def _plausible(self, data: Data, made: Any, wanted: np.ndarray) -> np.ndarray:
        """Whether made rows are as near to their group as its own rows are to each other."""
        good = np.ones(len(wanted), dtype=bool)
        if self.plausibility == 1:
            return good
        points = complete(data.points)
        if sparse.issparse(points):
            points = points.toarray()
        spread = (points.numbers if isinstance(points, Mixed) else points).std(axis=0)
        points, made = (_by_spread(table, spread) for table in (points, made))
        for group in np.unique(wanted):
            own, asking = data.groups.members(group), np.flatnonzero(wanted == group)
            if len(own) < 2:
                continue
            there = points[own]
            usual = nearest_rows(there, 1, n_jobs=self.n_jobs)[0].ravel()
            far = nearest_rows(there, 1, queries=made[asking], n_jobs=self.n_jobs)[0].ravel()
            good[asking] = far <= np.quantile(usual, self.plausibility)
        return good


def _by_spread(points: Any, spread: np.ndarray) -> Any:
    """Numbers in standard deviations; a mismatch of levels counts as one."""
    spread = np.where(spread > 0, spread, 1.0)
    if isinstance(points, Mixed):
        return Mixed(points.numbers / spread, points.codes, np.ones(points.codes.shape[1]))
    return points / spread
