"""Rows drawn from a density that is fair by construction and close to the data."""

from numbers import Integral, Real

import numpy as np

from imbalance_kit._sampling.base import CATEGORICAL_FEATURES, Rng
from imbalance_kit._sampling.records import Resampled
from imbalance_kit._sampling.shares import split_by_shares
from imbalance_kit._sklearn_compat import Interval, StrOptions
from imbalance_kit.fairness._groups.group_classes import GroupClasses
from imbalance_kit.fairness._sampling.base import (
    BaseFairSampler,
    OpenedGroups,
    rows_by_counts,
    systematic_counts,
)
from imbalance_kit.fairness._sampling.density_boosting import (
    BoostedDensity,
    boost_density,
    leverages,
)
from imbalance_kit.fairness._sampling.point_columns import binned_columns


class FairDensitySampler(BaseFairSampler):
    """Draws rows from a density that starts fair and is boosted towards the data, within a bound.

    At the start all groups are equally frequent and have the same positive rate. Trees that
    separate data from density then move it, with leverages that bound what they can undo.

    Parameters
    ----------
    sensitive_features : str, int, array-like or None, default=None
        Columns of X that hold the sensitive features, by name or position; several form groups by
        their combinations. None: they are given beside X.

    representation_rate : float, default=0.8
        Least ratio of the share of any group to that of any other; 1 stays at the fair start.

    leverage : {"exact", "relative"}, default="exact"
        "exact" keeps `representation_rate` whatever the number of rounds. "relative" goes further
        towards the data and keeps ``guaranteed_rate_`` instead.

    n_rounds : int, default=32
        Rounds of boosting.

    max_depth : int, default=8
        Depth of the trees.

    n_bins : int, default=5
        Ranges that a number column with more values is cut into.

    n_samples : int, default=None
        Rows to return; None returns as many as there are.

    mode : {"sample", "weight"}, default="sample"
        Whether to draw rows, or to keep every row and give it a weight: its new share over its old
        one, in ``sample_weight_``.

    random_state : int, RandomState instance or None, default=None
        Seed of the draws. An int gives the same rows at every call.

    categorical_features : "auto", array-like or None, default="auto"
        Nominal columns: positions, names or a mask. "auto" takes the columns
        that hold categories, strings or booleans; None takes every column as numeric.

    Attributes
    ----------
    representation_rate_ : float
        Least ratio of group shares in the density.

    guaranteed_rate_ : float
        What the leverages guarantee it to be at least.

    statistical_rate_ : float
        Least ratio of the groups' positive rates in the density; 1 with one group.

    divergences_ : list of float
        Kullback-Leibler divergence of the data to the density, at the start and after each round.

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
    FairSampler : Independence at the sizes that groups have.

    FairBalance : Equal groups and classes by weights.

    Notes
    -----
    The points of the density are the combinations of group, class and binned columns that the data
    hold; within one, rows are alike. So no row is synthetic, there is no limit on the number of
    columns, and all rates are computed, not estimated. (The paper's density covers all
    combinations, and its classifiers are fitted on drawn fake rows; here they get the shares as
    weights.) The start keeps the distribution of the columns within each group and class; positive
    rates below the highest are raised to it.

    **Guarantee.** No share moves by more than a factor of ``exp(sum of leverages * log 2)`` either
    way, up to one constant for all. From a start with equal groups the representation rate
    therefore stays above `representation_rate` ("exact"). For the positive rates the same argument
    gives the square of it. Rows that are drawn have the rates of the density to rounding.

    Exactly two classes are needed if there is more than one group. With one group nothing changes.
    Groups are needed in ``fit_resample`` alone, not to predict. Weights given do not count in the
    density. Cost is that of one tree for each round on the distinct points; "exact" stops when its
    leverages move nothing, after some 30.

    References
    ----------
    .. [1] A. Soen, H. Husain, R. Nock, "Fair Densities via Boosting the Sufficient Statistics of
       Exponential Families", International Conference on Machine Learning (ICML), 2023.

    Examples
    --------
    >>> import numpy as np
    >>> from imbalance_kit.fairness import FairDensitySampler
    >>> group = np.repeat(["f", "m"], [200, 800])
    >>> y = np.repeat([1, 0, 1, 0], [40, 160, 400, 400])
    >>> X = np.random.RandomState(0).normal(size=(1000, 2)) + y[:, None]
    >>> sampler = FairDensitySampler(random_state=0)
    >>> _, y_res = sampler.fit_resample(X, y, sensitive_features=group)
    >>> bool(sampler.representation_rate_ >= 0.8)
    True
    >>> np.unique(group[sampler.sample_indices_], return_counts=True)[1].min() >= 440
    np.True_
    """

    _parameter_constraints: dict = {
        **BaseFairSampler._parameter_constraints,
        "representation_rate": [Interval(Real, 0, 1, closed="right")],
        "leverage": [StrOptions({"exact", "relative"})],
        "n_rounds": [Interval(Integral, 0, None, closed="left")],
        "max_depth": [Interval(Integral, 1, None, closed="left")],
        "n_bins": [Interval(Integral, 2, None, closed="left")],
        "n_samples": [Interval(Integral, 1, None, closed="left"), None],
        "mode": [StrOptions({"sample", "weight"})],
        "random_state": ["random_state"],
        "categorical_features": CATEGORICAL_FEATURES,
    }

    def __init__(
        self,
        *,
        sensitive_features=None,
        representation_rate=0.8,
        leverage="exact",
        n_rounds=32,
        max_depth=8,
        n_bins=5,
        n_samples=None,
        mode="sample",
        random_state=None,
        categorical_features="auto",
    ):
        self.sensitive_features = sensitive_features
        self.representation_rate = representation_rate
        self.leverage = leverage
        self.n_rounds = n_rounds
        self.max_depth = max_depth
        self.n_bins = n_bins
        self.n_samples = n_samples
        self.mode = mode
        self.random_state = random_state
        self.categorical_features = categorical_features

    def _resample_groups(self, opened: OpenedGroups, rng: Rng) -> Resampled:
        rows, n_rows = opened.group_classes, opened.n_rows
        counts = rows.counts
        binned = binned_columns(opened.points, self.n_bins)
        # one point of the density for all rows that are alike in group, class and bins
        keys = np.column_stack([opened.groups.of_row, opened.y_encoded, binned])
        points, first, point_of_row, n_alike = np.unique(
            keys, axis=0, return_index=True, return_inverse=True, return_counts=True
        )
        point_of_row = point_of_row.ravel()
        group_class = rows.of_row[first]
        real = n_alike / n_rows
        # The start keeps the distribution of the columns within each group and class and moves the
        # shares of these. No share is 0 where there is a point; elsewhere the bound avoids 0 / 0.
        moved = self._fair_shares(rows, counts) / (counts / n_rows).clip(1e-300)
        start = real * moved.ravel()[group_class]
        boosted = boost_density(
            points.astype(np.float64),
            real,
            start,
            leverages(self.leverage, self.representation_rate, self.n_rounds),
            self.max_depth,
        )
        shares = np.bincount(group_class, weights=boosted.shares, minlength=counts.size)
        self._set_rates(boosted, shares.reshape(counts.shape))
        expected = (boosted.shares / n_alike)[point_of_row]
        if self.mode == "weight":
            return Resampled.selection(np.arange(n_rows), weight=expected * n_rows)
        times = np.zeros(n_rows, dtype=np.intp)
        n_out = n_rows if self.n_samples is None else int(self.n_samples)
        for number, n in enumerate(split_by_shares(n_out, shares).tolist()):
            if n:
                candidates = np.flatnonzero(rows.of_row == number)
                times[candidates] = systematic_counts(expected[candidates], n, rng)
        return Resampled.selection(rows_by_counts(times))

    def _set_rates(self, boosted: BoostedDensity, shares: np.ndarray) -> None:
        """Set the attributes that describe the density, given its shares by group and class."""
        self.divergences_ = boosted.divergences
        self.guaranteed_rate_ = float(np.exp(-2.0 * boosted.total_leverage))
        self.representation_rate_ = _least_ratio(shares.sum(axis=1))
        self.statistical_rate_ = _least_ratio(shares[:, 1] / shares.sum(axis=1))
        if len(shares) == 1:
            self.statistical_rate_ = 1.0

    def _fair_shares(self, rows: GroupClasses, counts: np.ndarray) -> np.ndarray:
        """Shares of groups and classes to start from: equal groups of equal positive rates."""
        n_groups = rows.groups.n_groups
        if n_groups == 1:
            return counts / counts.sum()
        rows.require_two_classes(self, "as it raises positive rates")
        rows.require_all(counts)
        positive = (counts[:, 1] / counts.sum(axis=1)).max()
        share = np.array([1.0 - positive, positive]) / n_groups
        return np.tile(share, (n_groups, 1))


def _least_ratio(values: np.ndarray) -> float:
    return float(values.min() / values.max())
