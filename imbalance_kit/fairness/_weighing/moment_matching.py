"""Weights that meet given shares and remove association, as near to the given ones as possible."""

from numbers import Real
from typing import Any

import numpy as np

from imbalance_kit._sklearn_compat import Interval, StrOptions
from imbalance_kit._tables.labels import spell
from imbalance_kit.fairness._groups.group_classes import GroupClasses
from imbalance_kit.fairness._groups.table_columns import column_of
from imbalance_kit.fairness._weighing.base import Weigher
from imbalance_kit.fairness._weighing.moments import match_moments, smallest_tolerance


class MomentMatching(Weigher):
    """Weights that meet given shares and remove association, and stay near to those of the rows.

    Parameters
    ----------
    sensitive_features : str, int, array-like or None, default=None
        Columns of X that hold the sensitive features, by name or position; several form groups by
        their combinations. None: they are given beside X.

    group_shares : "same", "equal" or dict, default="same"
        Share that each group gets of the total weight; a dict maps groups to shares.

    class_shares : "same", "equal" or dict, default="same"
        Share that each class gets of the total weight; a dict maps labels to shares.

    tolerance : float, default=0.0
        How far the share of a class inside a group may be from its share in all rows; for
        `columns`, how many standard deviations the mean in a group may be from the mean of all.

    columns : list of str or int, default=None
        Columns of numbers whose means are not to depend on the group either.

    divergence : {"entropy", "squares"}, default="entropy"
        What to keep small: the relative entropy of the weights to those of the rows, which keeps
        every weight positive, or the squared relative change, which may leave rows out.

    Attributes
    ----------
    sample_weight_ : ndarray of shape (n_samples,)
        Weights of the rows, multiplied by those that were given.

    effective_size_ : float
        Kish's effective number of rows, (sum w)² / sum w²: what the weights cost in precision.

    groups_ : tuple
        The groups, sorted.

    classes_ : ndarray of shape (n_classes,)
        Class labels.

    n_features_in_ : int
        Number of columns of X.

    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Names of the columns, when all are strings.

    See Also
    --------
    Reweighing : The closed form without columns and with shares as they are.

    WeightSampler : A subsample, or repeated rows, that meets the same moments.

    Notes
    -----
    All conditions are linear in the weights, so this is a convex problem with one solution: entropy
    balancing [1]_ with a tolerance [2]_. It is solved in the dual, which has a variable for each
    condition. Without `columns`, `tolerance=0` and shares as they are give the weights of
    :class:`Reweighing`. Conditions are met to about 1e-7. Where no weights meet them the error
    names the smallest tolerance that can be reached.

    Groups are needed in ``fit`` alone, not to predict. Only the named means are evened out; a model
    may still infer groups from other moments or other columns. Missing values of a column count
    as its mean.

    Cost is O(n) without columns. With m conditions each step is O(n m), and there are some dozens.

    References
    ----------
    .. [1] J. Hainmueller, "Entropy Balancing for Causal Effects: A Multivariate Reweighting Method
       to Produce Balanced Samples in Observational Studies", Political Analysis 20, 2012.
    .. [2] J. R. Zubizarreta, "Stable Weights that Balance Covariates for Estimation With Incomplete
       Outcome Data", Journal of the American Statistical Association 110, 2015.

    Examples
    --------
    >>> import numpy as np
    >>> from imbalance_kit.fairness import MomentMatching
    >>> rng = np.random.RandomState(0)
    >>> group = rng.randint(2, size=500)
    >>> y = (rng.uniform(size=500) < 0.3 + 0.3 * group).astype(int)
    >>> X = (rng.normal(size=500) + group)[:, None]
    >>> weigher = MomentMatching(columns=[0]).fit(X, y, sensitive_features=group)
    >>> weight = weigher.sample_weight_
    >>> means = [np.average(X[group == g, 0], weights=weight[group == g]) for g in (0, 1)]
    >>> bool(abs(means[1] - means[0]) < 1e-6)
    True
    """

    _parameter_constraints: dict = {
        **Weigher._parameter_constraints,
        "group_shares": [StrOptions({"same", "equal"}), dict],
        "class_shares": [StrOptions({"same", "equal"}), dict],
        "tolerance": [Interval(Real, 0, None, closed="left")],
        "columns": [list, None],
        "divergence": [StrOptions({"entropy", "squares"})],
    }

    def __init__(
        self,
        *,
        sensitive_features=None,
        group_shares="same",
        class_shares="same",
        tolerance=0.0,
        columns=None,
        divergence="entropy",
    ):
        self.sensitive_features = sensitive_features
        self.group_shares = group_shares
        self.class_shares = class_shares
        self.tolerance = tolerance
        self.columns = columns
        self.divergence = divergence

    def _weigh_rows(self, X, rows, given):
        weight_sums = rows.weight_sums(given)
        _require_weight(weight_sums, rows)
        group_share = _shares(
            self.group_shares,
            weight_sums.sum(axis=1),
            list(rows.groups.labels),
            "group_shares",
            "groups",
        )
        class_share = _shares(
            self.class_shares,
            weight_sums.sum(axis=0),
            rows.classes.tolist(),
            "class_shares",
            "classes",
        )
        if self.columns:
            group, label, base = rows.groups.of_row, rows.y_encoded, given / given.sum()
            numbers = _standard_columns(X, self.columns, base)
        else:
            # Without columns all rows of a group and class meet the same conditions, so one of
            # each is enough, whatever the number of rows.
            group, label = np.divmod(np.arange(weight_sums.size), len(rows.classes))
            base, numbers = weight_sums.ravel() / weight_sums.sum(), np.empty((weight_sums.size, 0))
        exact, exact_at = _fixed_shares(group, group_share, label, class_share)
        close = _associations(group, group_share, label, class_share, numbers)
        ratio = match_moments(base, exact, exact_at, close, self.tolerance, self.divergence)
        if ratio is None:
            raise ValueError(_why_not(base, exact, exact_at, close, self.tolerance))
        factors = ratio if self.columns else ratio[rows.of_row]
        weight = given * factors
        self.effective_size_ = float(weight.sum() ** 2 / (weight**2).sum())
        return factors


def _require_weight(weight_sums: np.ndarray, rows: GroupClasses) -> None:
    """Refuse a group or a class whose rows all have weight 0."""
    of_group, of_class = weight_sums.sum(axis=1), weight_sums.sum(axis=0)
    if not (of_group > 0).all():
        raise ValueError(
            f"All rows of the group {rows.groups.spell(int(of_group.argmin()))} have weight 0, so "
            "no weights give it a share. Drop these rows first."
        )
    if not (of_class > 0).all():
        raise ValueError(
            f"All rows of class {spell(rows.classes[of_class.argmin()])} have weight 0, so no "
            "weights give it a share. Drop these rows first."
        )


def _standard_columns(X: Any, columns: list, base: np.ndarray) -> np.ndarray:
    """The named columns, of mean 0 and standard deviation 1 by the given weights."""
    standard = []
    for name in columns:
        try:
            column = np.asarray(column_of(X, name)).astype(np.float64)
        except (TypeError, ValueError) as error:
            raise ValueError(
                f"columns names {name!r}, which X does not have or which does not hold numbers "
                f"({error}). Give positions or names of columns of numbers."
            ) from error
        known = ~np.isnan(column)
        mean = np.average(column[known], weights=base[known]) if base[known].any() else 0.0
        off = np.where(known, column - mean, 0.0)
        spread = np.sqrt(base @ off**2)
        # a constant column meets its condition with any weights; scaled it would be 0 / 0
        if spread > 0:
            standard.append(off / spread)
    return np.column_stack(standard) if standard else np.empty((len(base), 0))


def _why_not(
    base: np.ndarray,
    exact: np.ndarray,
    exact_at: np.ndarray,
    close: np.ndarray,
    tolerance: float,
) -> str:
    """The message where no weights meet the conditions: what to change, and by how much."""
    reachable = smallest_tolerance(base, exact, exact_at, close)
    if reachable is None:
        return (
            "No weights give the wanted group_shares and class_shares together, whatever the "
            "tolerance. Ask for shares nearer to those of the data."
        )
    if reachable <= tolerance:
        return (
            f"Only extreme weights meet these shares with tolerance={tolerance}, too "
            "extreme to be found. Raise the tolerance a little, or name fewer columns."
        )
    return (
        f"No weights meet these shares with tolerance={tolerance}: the smallest tolerance "
        f"that can be reached is {reachable:.3g}. Raise it a little above that, name fewer "
        "columns, or merge small groups."
    )


def _fixed_shares(
    group: np.ndarray, group_share: np.ndarray, label: np.ndarray, class_share: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Features whose sums are the shares of groups and of classes (all but the last class)."""
    in_group = group[:, None] == np.arange(len(group_share))
    in_class = label[:, None] == np.arange(len(class_share) - 1)
    features = np.hstack([in_group, in_class]).astype(np.float64)
    return features, np.append(group_share, class_share[:-1])


def _associations(
    group: np.ndarray,
    group_share: np.ndarray,
    label: np.ndarray,
    class_share: np.ndarray,
    numbers: np.ndarray,
) -> np.ndarray:
    """Features whose sums are, in each group, a class share or a mean minus that of all rows."""
    if len(group_share) == 1:
        return np.empty((len(group), 0))
    in_class = (label[:, None] == np.arange(len(class_share))).astype(np.float64)
    # With exact independence the last group and the last class follow from the others; with a
    # tolerance they do not, and a redundant condition does no harm to a convex problem.
    compared = np.hstack([in_class, numbers])
    parts = []
    for position, share in enumerate(group_share):
        if share > 0:
            # the weighted sum of (in group) / share - 1 times x is mean in group minus mean of all
            parts.append(compared * ((group == position) / share - 1.0)[:, None])
    return np.hstack(parts)


def _shares(wanted: Any, present: np.ndarray, labels: list, name: str, what: str) -> np.ndarray:
    """Shares that add up to one, in the order of the labels."""
    if isinstance(wanted, str):
        return (
            present / present.sum() if wanted == "same" else np.full(len(labels), 1 / len(labels))
        )
    if set(wanted) != set(labels):
        raise ValueError(
            f"{name} names {list(wanted)}; expected a share for each of the {what} {labels}."
        )
    shares = np.array([wanted[label] for label in labels], dtype=np.float64)
    if not (shares >= 0).all() or abs(shares.sum() - 1.0) > 1e-6:
        raise ValueError(
            f"{name} are {shares.tolist()}; expected numbers that are not negative and add up to 1."
        )
    return shares / shares.sum()
