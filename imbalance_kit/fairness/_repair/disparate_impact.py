"""Makes the distribution of every column the same in all groups, keeping ranks within groups."""

from numbers import Real
from typing import Any

import numpy as np

from imbalance_kit._sklearn_compat import Interval
from imbalance_kit.fairness._groups.group_reading import SENSITIVE_FEATURES
from imbalance_kit.fairness._repair.base import FairTransformer
from imbalance_kit.fairness._repair.number_columns import is_numeric, read_numbers, with_numbers


class DisparateImpactRemover(FairTransformer):
    """Repair columns so that groups cannot be inferred from any of them.

    Parameters
    ----------
    repair_level : float, default=1
        How far each value moves towards the repaired one, from 0 (not at all) to 1.

    sensitive_features : str, int, array-like or None, default=None
        Columns of X that hold the sensitive features, by name or position; several form groups by
        their combinations. None: they are given beside X.

    drop_sensitive : bool, default=True
        Whether the columns that `sensitive_features` names are left out of what comes out.

    Attributes
    ----------
    quantiles_ : list of dict
        One entry per repaired column: by group, the distinct values of ``fit`` and their levels.

    repaired_columns_ : ndarray of int
        Positions of the columns of X that are repaired: those that hold numbers.

    groups_ : tuple
        The groups; several sensitive features give tuples.

    n_features_in_ : int
        Number of columns of X.

    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Names of the columns, when all are strings.

    See Also
    --------
    CorrelationRemover : Takes out linear dependence only, and changes values less.

    FairThresholdClassifier : Changes decisions instead of the table.

    Notes
    -----
    Needs the groups at predict time too. A value x of group g becomes ``x + repair_level *
    (A(q) - Q_g(q))``, where q is its level among the rows of g in ``fit``, Q_g the quantile
    function of g, and A(q) the median of all groups' quantile functions at q. Quantile functions
    are straight lines between distinct values, which stand at the middle of their ranks; beyond
    the ends a value moves as the end does, so that new rows are repaired as well. With a full
    repair the groups' distributions agree but for ties, and order within a group is kept. Values
    that many rows share move together, to the middle of their ranks.

    Columns that hold no numbers pass unchanged, and a missing value stays missing: both may still
    reveal the groups. So may combinations of columns, as each is repaired by itself.

    Exact, in O(n_samples * log(n_samples)) for each column.

    References
    ----------
    .. [1] M. Feldman, S. A. Friedler, J. Moeller, C. Scheidegger, S. Venkatasubramanian,
       "Certifying and Removing Disparate Impact", Conference on Knowledge Discovery and Data
       Mining (KDD), 2015.

    Examples
    --------
    >>> import numpy as np
    >>> from imbalance_kit.fairness import DisparateImpactRemover
    >>> rng = np.random.RandomState(0)
    >>> group = rng.randint(0, 2, size=1000)
    >>> X = np.column_stack([group, rng.normal(size=1000) + 2 * group])
    >>> X_new = DisparateImpactRemover(sensitive_features=0).fit_transform(X)
    >>> difference = X_new[group == 1].mean() - X_new[group == 0].mean()
    >>> bool(abs(difference) < 0.05)
    True
    """

    _parameter_constraints: dict = {
        "repair_level": [Interval(Real, 0, 1, closed="both")],
        "sensitive_features": SENSITIVE_FEATURES,
        "drop_sensitive": ["boolean"],
    }

    def __init__(self, *, repair_level=1, sensitive_features=None, drop_sensitive=True):
        self.repair_level = repair_level
        self.sensitive_features = sensitive_features
        self.drop_sensitive = drop_sensitive

    def _learn(self, X: Any, y: Any, weight: np.ndarray | None, given: Any) -> None:
        groups = self._reader.learn(X, given)
        self.groups_ = groups.labels
        self.repaired_columns_ = self._kept[is_numeric(X, self._kept)]
        numbers = self._numbers(X)
        rows_of = [groups.rows_of(group) for group in range(groups.n_groups)]
        self.quantiles_ = []
        for column in numbers.T:
            found = {}
            for label, rows in zip(groups.labels, rows_of, strict=True):
                row_weight = None if weight is None else weight[rows]
                values, levels = quantile_function(column[rows], row_weight)
                if len(values):
                    found[label] = values, levels
            self.quantiles_.append(found)

    def _repair(self, X: Any, given: Any) -> Any:
        groups = self._reader.read(X, given)
        numbers = self._numbers(X)
        rows_of = [groups.rows_of(group) for group in range(groups.n_groups)]
        for column, found in zip(numbers.T, self.quantiles_, strict=True):
            for label, rows in zip(groups.labels, rows_of, strict=True):
                if label in found and len(found) > 1:
                    values, levels = found[label]
                    old = column[rows].astype(np.float64)
                    inside = np.clip(
                        old, values[0], values[-1]
                    )  # beyond an end, the move of the end
                    move = _between_groups(found, np.interp(inside, values, levels)) - inside
                    column[rows] = old + self.repair_level * move
        return with_numbers(X, self.repaired_columns_, numbers, self._columns_out())

    def _numbers(self, X: Any) -> np.ndarray:
        if not len(self.repaired_columns_):
            return np.empty((X.shape[0], 0))
        return read_numbers(X, self.repaired_columns_, type(self).__name__, allow_missing=True)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        tags.input_tags.categorical = True
        return tags


def quantile_function(
    values: np.ndarray, weight: np.ndarray | None
) -> tuple[np.ndarray, np.ndarray]:
    """Distinct known values in order, and the share of rows below each with half of those on it."""
    known = ~np.isnan(values)
    if weight is not None:
        known &= weight > 0
        weight = weight[known]
    points, place = np.unique(values[known].astype(np.float64), return_inverse=True)
    sums = np.bincount(place, weights=weight, minlength=len(points)).astype(np.float64)
    total = sums.sum()
    # the middle of its ranks: a value that many rows share is then the same from either end
    return points, (np.cumsum(sums) - sums / 2.0) / (total if total > 0 else 1.0)


def _between_groups(found: dict, levels: np.ndarray) -> np.ndarray:
    """Median over the groups of their quantile functions."""
    functions = [np.interp(levels, of_points, points) for points, of_points in found.values()]
    return np.median(functions, axis=0)
