"""Pairs of comparable rows from two groups: to train on, and to compare outcomes."""

from numbers import Integral, Real
from typing import Any

import numpy as np
from scipy import sparse

from imbalance_kit._sampling.base import CATEGORICAL_FEATURES, Rng
from imbalance_kit._sampling.records import Resampled
from imbalance_kit._sklearn_compat import Interval, StrOptions
from imbalance_kit._tables.containers import ColumnTable, resolve_columns
from imbalance_kit._tables.points import Mixed
from imbalance_kit.fairness._groups.group_reading import positions_of
from imbalance_kit.fairness._sampling.base import (
    BaseFairSampler,
    OpenedGroups,
    without_columns,
)
from imbalance_kit.fairness._sampling.match_balance import balance, names_of, outcome_gap
from imbalance_kit.fairness._sampling.pairs import pairs_within
from imbalance_kit.fairness._sampling.point_columns import binned_columns, blocks_of, split_columns


class CounterfactualMatcher(BaseFairSampler):
    """Keeps pairs of comparable rows of two groups, each row in one pair at most.

    Rows are comparable if they agree in nominal columns and in the ranges that number columns are
    cut into; among such rows the nearest are paired.

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
        "greedy" takes the nearest pair first. "optimal" minimises the total distance of
        pairs of rows that are comparable, which takes their number squared in memory.

    swap : bool, default=False
        Exchange the sensitive columns of the two rows of a pair with probability one half, so that
        they carry no information on anything else. Needs sensitive features that are columns of X.

    random_state : int, RandomState instance or None, default=None
        Seed of the draws. An int gives the same rows at every call.

    categorical_features : "auto", array-like or None, default="auto"
        Nominal columns: positions, names or a mask. "auto" takes the columns
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

    The outcome gap is that between comparable rows, as far as the matched columns make them
    comparable: a column that is not there is not matched on. A column that the group causes
    takes part of the group's effect away when it is matched on. Matched training data are balanced;
    a model trained on them need not treat the two rows of a pair alike, as the study found.

    Among rows with more than a million comparable pairs the nearest 16 or more partners of each row
    are looked at, in rounds, so that nearest-first holds within a round. Groups are needed in
    ``fit_resample`` alone, not to predict. Cost: the neighbours among comparable rows. Missing
    numbers are filled with medians for the distance, and are a range of their own.

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

    def _resample_groups(self, opened: OpenedGroups, rng: Rng) -> Resampled:
        self._set_unmatched()
        n_groups = opened.groups.n_groups
        if n_groups == 1:
            return Resampled.selection(np.arange(opened.n_rows))
        if n_groups > 2:
            raise ValueError(
                "CounterfactualMatcher pairs rows of two groups; there are "
                f"{n_groups}: {list(opened.groups.labels)}. Keep the rows of "
                "two, or give one against the rest."
            )
        sensitive = positions_of(self.sensitive_features, opened.table.X)
        if self.swap and not len(sensitive):
            raise ValueError(
                "swap=True exchanges sensitive columns of X, but sensitive_features were given "
                "beside X. Put them into X and name them in the constructor."
            )
        left_out = self._left_out(opened, sensitive)
        points = without_columns(opened, opened.points, left_out)
        numbers, levels = split_columns(points)
        pairs = pairs_within(
            blocks_of(np.column_stack([levels, binned_columns(points, self.n_bins)])),
            opened.groups,
            numbers,
            caliper=self.caliper,
            method=self.method,
            n_jobs=self.n_jobs,
        )
        self.pairs_ = pairs
        names = names_of(opened, points, left_out)
        self.balance_, self.balance_names_ = balance(opened, numbers, levels, names, pairs)
        fewest = int(opened.groups.weight_sums(None).min())
        self.unmatched_share_ = 1.0 - len(pairs) / fewest
        if not len(pairs):
            raise ValueError(
                f"No two rows of the groups {list(opened.groups.labels)} are comparable. Raise "
                "caliper, lower n_bins, or match on fewer columns."
            )
        if len(opened.target.classes) == 2:
            self.outcome_gap_, self.outcome_p_value_ = outcome_gap(opened.y_encoded, pairs)
        rows = np.sort(pairs.ravel())
        if not self.swap:
            return Resampled.selection(rows)
        # with a half chance each, the sensitive columns become independent of all else in the pairs
        swapped = pairs[rng.uniform(size=len(pairs)) < 0.5]
        partner = np.full(opened.n_rows, -1, dtype=np.intp)
        partner[swapped[:, 0]], partner[swapped[:, 1]] = swapped[:, 1], swapped[:, 0]
        is_swapped = partner[rows] >= 0
        if not is_swapped.any():
            return Resampled.selection(rows)
        changed = rows[is_swapped]
        return Resampled(rows, is_swapped, _exchanged(opened, changed, partner[changed], sensitive))

    def _set_unmatched(self) -> None:
        """Set the attributes that stay as they are where there is nothing to match."""
        self.pairs_ = np.empty((0, 2), dtype=np.intp)
        self.balance_ = np.empty((0, 2))
        self.balance_names_ = []
        self.unmatched_share_ = 0.0
        self.outcome_gap_ = self.outcome_p_value_ = float("nan")

    def _left_out(self, opened: OpenedGroups, sensitive: np.ndarray) -> np.ndarray:
        """Positions of the columns that are not matched on."""
        if self.columns is None:
            return sensitive
        table = opened.table
        names = table.columns.names if isinstance(table, ColumnTable) else None
        try:
            chosen = resolve_columns(self.columns, table.n_columns, names, ())
        except ValueError as error:
            raise ValueError(str(error).replace("categorical_features", "columns")) from error
        return np.setdiff1d(np.arange(table.n_columns), chosen)


def _exchanged(
    opened: OpenedGroups, rows: np.ndarray, partner: np.ndarray, positions: np.ndarray
) -> Any:
    """These rows with the sensitive columns of their partners."""
    points = opened.points
    if not isinstance(points, Mixed):
        new, others = points[rows], points[partner]
        if sparse.issparse(points):
            new, others = new.toarray(), others.toarray()
        exchanged = np.isin(opened.column_order, positions)
        new[:, exchanged] = others[:, exchanged]
        return sparse.csr_array(new) if sparse.issparse(points) else new
    numbers, category_codes = points.numbers[rows].copy(), points.category_codes[rows].copy()
    exchanged = np.isin(opened.column_order, positions)
    in_numbers, in_codes = np.split(exchanged, [numbers.shape[1]])
    numbers[:, in_numbers] = points.numbers[partner][:, in_numbers]
    category_codes[:, in_codes] = points.category_codes[partner][:, in_codes]
    return Mixed(numbers, category_codes, points.weights)
