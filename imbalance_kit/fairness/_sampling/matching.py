"""Pairs of comparable rows from two groups: to train on, and to compare outcomes."""

from itertools import pairwise
from numbers import Integral, Real
from typing import Any

import numpy as np
from scipy import sparse, stats
from scipy.optimize import linear_sum_assignment

from imbalance_kit._neighbors.nearest import nearest_rows
from imbalance_kit._sampling.base import CATEGORICAL_FEATURES, Rng
from imbalance_kit._sklearn_compat import Interval, StrOptions
from imbalance_kit._tables.containers import resolve_columns
from imbalance_kit._tables.points import Mixed
from imbalance_kit.fairness._sampling.base import BaseFairSampler, Data, Drawn, without_columns
from imbalance_kit.fairness._sampling.counterparts import blocks_of, split_columns, two_valued
from imbalance_kit.fairness._sampling.fair_density import binned_columns

_ALL_PAIRS = 1 << 20  # pairs of a cell that are all looked at
_FEWEST = 16  # nearest rows that are looked at in a larger one


class CounterfactualMatcher(BaseFairSampler):
    """Keeps pairs of comparable rows of two groups, each row in one pair at most.

    Rows are comparable if they agree in nominal columns and in the ranges that number columns are
    cut into; inside such a cell the nearest are paired.

    Parameters
    ----------
    sensitive_features : str, int, array-like or None, default=None
        Columns of X that hold the sensitive features, by name or position; several form groups by
        their combinations. None: they are given beside X.

    columns : list of str or int, default=None
        Columns to match on, by name or position: those that the group does not cause, or through
        which it may act. None takes all but the sensitive ones.

    n_bins : int, default=5
        Ranges that a number column with more values is cut into.

    caliper : float, default=0.2
        Largest distance of a pair: the Mahalanobis distance over the square root of the number of
        columns, so in standard deviations.

    method : {"greedy", "optimal"}, default="greedy"
        "greedy" takes the nearest pair first. "optimal" minimises the total distance of the pairs
        of a cell, which takes its rows squared in memory.

    swap : bool, default=False
        Exchange the sensitive columns of the two rows of a pair with probability one half, so that
        they say nothing about anything else. Needs sensitive features that are columns of X.

    random_state : int, RandomState instance or None, default=None
        Seed of the draws. An int gives the same rows at every call.

    categorical_features : "auto", array-like or None, default="auto"
        Nominal columns: positions, names or a mask. "auto" takes the columns of a dataframe
        that hold categories, strings or booleans; None takes every column as numeric.

    n_jobs : int or None, default=None
        Threads of the neighbour search. The result does not depend on it.

    Attributes
    ----------
    pairs_ : ndarray of shape (n_pairs, 2)
        Rows of each pair: one of the first group, one of the second.

    balance_ : ndarray of shape (n_matched_columns, 2)
        Standardised difference of the groups' means before and after matching, for each column
        matched on (a level is a column); below 0.1 after matching is usually called balanced.

    balance_names_ : list of str
        Names of the rows of ``balance_``: a column, or a column and one of its levels.

    unmatched_share_ : float
        Share of the rows of the smaller group without a partner.

    outcome_gap_ : float
        Mean over the pairs of the positive outcome of the second group minus that of the first;
        NaN where there are more than two classes or no pairs.

    outcome_p_value_ : float
        Of McNemar's exact test that this gap is 0.

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
    AntidoteSampler : Keep all rows and add counterparts.

    FairSampler : Even out rates without looking at columns.

    Notes
    -----
    Rows come out in their order, those in no pair are left out. With `swap` a row whose sensitive
    columns were exchanged is new in ``sample_origin_`` and keeps its label. Exactly two groups;
    with one group nothing changes. Any number of classes.

    Pairs say what the outcome gap is between comparable rows, as far as the matched columns make
    them comparable: a column that is not there is not matched on. A column that the group causes
    takes part of the group's effect away when it is matched on. Matched training data are balanced;
    a model trained on them need not treat the two rows of a pair alike, as the study found.

    In cells with more than a million pairs of rows the nearest 16 or more partners of each row are
    looked at, in rounds, so that nearest-first holds within a round. Groups are needed in
    ``fit_resample`` alone, not to predict. Cost: the neighbours inside cells. Missing numbers are
    filled with medians for the distance, and are a range of their own for the cells.

    References
    ----------
    .. [1] S. Ghoba, N. Colaner, "Counterfactual Fairness in Mortgage Lending via Matching and
       Randomization", NeurIPS Workshop on Algorithmic Fairness through the Lens of Causality and
       Robustness, 2021.
    .. [2] S. M. Iacus, G. King, G. Porro, "Causal Inference without Balance Checking: Coarsened
       Exact Matching", Political Analysis 20, 2012.

    Examples
    --------
    >>> import numpy as np
    >>> from imbalance_kit.fairness import CounterfactualMatcher
    >>> rng = np.random.RandomState(0)
    >>> group, income = rng.randint(2, size=2000), rng.normal(size=2000)
    >>> income += group
    >>> y = (rng.uniform(size=2000) < 0.3 + 0.2 * group + 0.1 * (income > 0)).astype(int)
    >>> matcher = CounterfactualMatcher(sensitive_features=0)
    >>> X_res, y_res = matcher.fit_resample(np.column_stack([group, income]), y)
    >>> before, after = matcher.balance_[0]
    >>> bool(before > 0.9 and after < 0.1)
    True
    >>> bool(0.1 < matcher.outcome_gap_ < 0.3)
    True
    """

    _parameter_constraints: dict = {
        **BaseFairSampler._parameter_constraints,
        "columns": [list, None],
        "n_bins": [Interval(Integral, 1, None, closed="left")],
        "caliper": [Interval(Real, 0, None, closed="left")],
        "method": [StrOptions({"greedy", "optimal"})],
        "swap": ["boolean"],
        "random_state": ["random_state"],
        "categorical_features": CATEGORICAL_FEATURES,
        "n_jobs": [Integral, None],
    }

    def __init__(
        self,
        *,
        sensitive_features=None,
        columns=None,
        n_bins=5,
        caliper=0.2,
        method="greedy",
        swap=False,
        random_state=None,
        categorical_features="auto",
        n_jobs=None,
    ):
        self.sensitive_features = sensitive_features
        self.columns = columns
        self.n_bins = n_bins
        self.caliper = caliper
        self.method = method
        self.swap = swap
        self.random_state = random_state
        self.categorical_features = categorical_features
        self.n_jobs = n_jobs

    def _draw(self, data: Data, rng: Rng) -> Drawn:
        self._report_nothing()
        if data.groups.n_groups == 1:
            return Drawn(np.arange(data.n_rows))
        if data.groups.n_groups > 2:
            raise ValueError(
                "CounterfactualMatcher pairs rows of two groups; there are "
                f"{data.groups.n_groups}: {list(data.groups.labels)}. Keep the rows of "
                "two, or give one against the rest."
            )
        sensitive = self._sensitive_positions(data)
        if self.swap and not len(sensitive):
            raise ValueError(
                "swap=True exchanges sensitive columns of X, but sensitive_features were given "
                "beside X. Put them into X and name them in the constructor."
            )
        left_out = self._left_out(data, sensitive)
        points = without_columns(data, data.points, left_out)
        numbers, levels = split_columns(points)
        self.pairs_ = self._pairs(data, points, numbers, levels)
        self._report(data, numbers, levels, _names_of(data, points, left_out))
        rows = np.sort(self.pairs_.ravel())
        if not len(rows):
            raise ValueError(
                f"No two rows of the groups {list(data.groups.labels)} are comparable. Raise "
                "caliper, lower n_bins, or match on fewer columns."
            )
        if not self.swap:
            return Drawn(rows)
        swapped = self.pairs_[rng.uniform(size=len(self.pairs_)) < 0.5]
        partner = np.full(data.n_rows, -1, dtype=np.intp)
        partner[swapped[:, 0]], partner[swapped[:, 1]] = swapped[:, 1], swapped[:, 0]
        changed = rows[partner[rows] >= 0]
        if not len(changed):
            return Drawn(rows)
        origin = np.where(partner[rows] >= 0, -1, rows)
        return Drawn(
            rows, values_from=origin, points=_exchanged(data, changed, partner[changed], sensitive)
        )

    def _report_nothing(self) -> None:
        self.pairs_ = np.empty((0, 2), dtype=np.intp)
        self.balance_ = np.empty((0, 2))
        self.balance_names_: list[str] = []
        self.unmatched_share_ = 0.0
        self.outcome_gap_ = self.outcome_p_value_ = float("nan")

    def _left_out(self, data: Data, sensitive: np.ndarray) -> np.ndarray:
        """Positions of the columns that are not matched on."""
        if self.columns is None:
            return sensitive
        names = data.table.columns.names if hasattr(data.table, "columns") else None
        try:
            chosen = resolve_columns(self.columns, data.table.n_columns, names, ())
        except ValueError as error:
            raise ValueError(str(error).replace("categorical_features", "columns")) from error
        return np.setdiff1d(np.arange(data.table.n_columns), chosen)

    def _pairs(
        self, data: Data, points: Any, numbers: np.ndarray, levels: np.ndarray
    ) -> np.ndarray:
        white = _whitened(numbers)
        cell = blocks_of(np.column_stack([levels, binned_columns(points, self.n_bins)]))
        order = np.argsort(cell, kind="stable")
        edges = np.flatnonzero(np.diff(cell[order], prepend=-1, append=-1))
        limit = self.caliper**2 * max(1, numbers.shape[1])
        parts = [np.empty((0, 2), dtype=np.intp)]
        for first, last in pairwise(edges):
            members = order[first:last]
            one, other = (members[data.groups.codes[members] == group] for group in (0, 1))
            if not (len(one) and len(other)):
                continue
            if self.method == "optimal":
                parts.append(_optimal(white, one, other, limit))
            else:
                parts.append(_greedy(white, one, other, limit, self.n_jobs))
        pairs = np.concatenate(parts)
        return pairs[np.argsort(pairs[:, 0], kind="stable")]

    def _report(
        self, data: Data, numbers: np.ndarray, levels: np.ndarray, names: tuple[list, list]
    ) -> None:
        columns = [numbers]
        self.balance_names_ = list(names[0])
        for (name, position), column in zip(names[1], levels.T, strict=True):
            values = np.unique(column)
            values = values[1:] if len(values) == 2 else values
            columns.append((column[:, None] == values).astype(np.float64))
            self.balance_names_ += [_level(data, name, position, value) for value in values]
        told = np.hstack(columns)
        one, other = (data.groups.members(group) for group in (0, 1))
        spread = np.sqrt((told[one].var(axis=0) + told[other].var(axis=0)) / 2.0)
        spread = np.where(spread > 0, spread, 1.0)
        before = np.abs(told[one].mean(axis=0) - told[other].mean(axis=0)) / spread
        self.unmatched_share_ = 1.0 - len(self.pairs_) / min(len(one), len(other))
        if not len(self.pairs_):
            self.balance_ = np.column_stack([before, np.full(len(before), np.nan)])
            return
        left, right = self.pairs_.T
        after = np.abs(told[left].mean(axis=0) - told[right].mean(axis=0)) / spread
        self.balance_ = np.column_stack([before, after])
        if len(data.classes) == 2:
            gap = data.codes[right] - data.codes[left]
            n_up, n_different = int((gap > 0).sum()), int((gap != 0).sum())
            self.outcome_gap_ = float(gap.mean())
            self.outcome_p_value_ = (
                float(stats.binomtest(n_up, n_different).pvalue) if n_different else 1.0
            )


def _whitened(numbers: np.ndarray) -> np.ndarray:
    """Numbers whose Euclidean distance is the Mahalanobis distance."""
    if numbers.shape[1] == 0:
        return np.zeros((len(numbers), 1))
    covariance = np.atleast_2d(np.cov(numbers, rowvar=False))
    values, vectors = np.linalg.eigh(covariance)
    kept = values > 1e-12 * values.max(initial=0.0)
    return (numbers - numbers.mean(axis=0)) @ (vectors[:, kept] / np.sqrt(values[kept]))


def _greedy(
    white: np.ndarray, one: np.ndarray, other: np.ndarray, limit: float, n_jobs: int | None
) -> np.ndarray:
    """Nearest pairs first, until none is within the limit (of squared distances)."""
    found = []
    while len(one) and len(other):
        k = min(len(other), max(_FEWEST, _ALL_PAIRS // len(one)))
        distance, position = nearest_rows(white[other], k, queries=white[one], n_jobs=n_jobs)
        row, rank = np.nonzero(distance <= limit)
        order = np.lexsort((position[row, rank], row, distance[row, rank]))
        free_one, free_other = np.ones(len(one), dtype=bool), np.ones(len(other), dtype=bool)
        taken = []
        for i, j in zip(row[order].tolist(), position[row, rank][order].tolist(), strict=True):
            if free_one[i] and free_other[j]:
                free_one[i] = free_other[j] = False
                taken.append((one[i], other[j]))
        if not taken:
            break
        found.extend(taken)
        if k == len(other):  # every pair was looked at
            break
        one, other = one[free_one], other[free_other]
    return np.array(found, dtype=np.intp).reshape(-1, 2)


def _optimal(white: np.ndarray, one: np.ndarray, other: np.ndarray, limit: float) -> np.ndarray:
    """As many pairs within the limit as possible, of the smallest total distance."""
    distance = ((white[one][:, None] - white[other][None]) ** 2).sum(axis=2)
    too_far = distance > limit
    price = np.sqrt(distance)
    price[too_far] = (price[~too_far].sum() if (~too_far).any() else 0.0) + 1.0
    left, right = linear_sum_assignment(price)
    near = ~too_far[left, right]
    return np.column_stack([one[left[near]], other[right[near]]])


def _exchanged(data: Data, rows: np.ndarray, partner: np.ndarray, positions: np.ndarray) -> Any:
    """These rows with the sensitive columns of their partners."""
    points = data.points
    if not isinstance(points, Mixed):
        made = points[rows]
        made = made.toarray() if sparse.issparse(made) else made
        others = points[partner]
        others = others.toarray() if sparse.issparse(others) else others
        made[:, positions] = others[:, positions]
        return sparse.csr_array(made) if sparse.issparse(points) else made
    numeric = np.setdiff1d(np.arange(data.table.n_columns), data.nominal)
    numbers, codes = points.numbers[rows].copy(), points.codes[rows].copy()
    moved = np.isin(numeric, positions)
    numbers[:, moved] = points.numbers[partner][:, moved]
    moved = np.isin(np.sort(data.nominal), positions)
    codes[:, moved] = points.codes[partner][:, moved]
    return Mixed(numbers, codes, points.weights)


def _names_of(data: Data, points: Any, left_out: np.ndarray) -> tuple[list, list]:
    """Names of the measured columns, and names and positions of those that are equal or not.

    Columns of two numbers have no position: their larger number is meant.
    """
    names = data.table.columns.names if hasattr(data.table, "columns") else None
    numeric = np.setdiff1d(np.arange(data.table.n_columns), [*data.nominal, *left_out])
    nominal = np.setdiff1d(np.sort(data.nominal), left_out)

    def name(position: int) -> str:
        return f"column {position}" if names is None else names[position]

    two = two_valued(points)
    equal = [(name(position), position) for position in nominal.tolist()]
    equal += [(name(position), None) for position in numeric[two].tolist()]
    return [name(position) for position in numeric[~two].tolist()], equal


def _level(data: Data, name: str, position: int | None, value: float) -> str:
    if position is None:
        return name
    examples = data.table._levels_of(position)[1]
    shown = data.table.columns.column(position, examples[[int(value)]])
    return f"{name}={np.asarray(shown).tolist()[0]}"
