"""Antidote data: comparable rows of other groups, with the label of the row."""

import warnings
from numbers import Integral, Real

import numpy as np
from scipy import sparse

from imbalance_kit._sampling.base import CATEGORICAL_FEATURES, Rng
from imbalance_kit._sampling.records import Resampled
from imbalance_kit._sklearn_compat import HasMethods, Interval, StrOptions
from imbalance_kit.fairness._groups.group_reading import positions_of
from imbalance_kit.fairness._sampling.base import (
    BaseFairSampler,
    OpenedGroups,
    without_columns,
)
from imbalance_kit.fairness._sampling.matched_counterparts import nearest_comparable
from imbalance_kit.fairness._sampling.modelled_counterparts import (
    moved_rows,
    plausible,
    restore_missing,
)


class AntidoteSampler(BaseFairSampler):
    """Adds counterparts of rows in other groups, with the same label, so that groups differ less.

    A counterpart differs from its row in the group and in what depends on the group.

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
        For "modelled": predicts a number column from the groups and the columns before it.
        None stands for scikit-learn's histogram boosting, which levels are always modelled by.

    plausibility : float, default=0.95
        For "modelled": synthetic rows are dropped that are farther from the other group than this
        share of its rows are from each other; 1 drops none.

    random_state : int, RandomState instance or None, default=None
        Seed of the draws. An int gives the same rows at every call.

    categorical_features : "auto", array-like or None, default="auto"
        Nominal columns: positions, names or a mask. "auto" takes the columns
        that hold categories, strings or booleans; None takes every column as numeric.

    n_jobs : int or None, default=None
        Threads of the neighbour search. The result does not depend on it.

    Attributes
    ----------
    matched_share_ : float
        Share of the rows chosen by `share` that have a counterpart.

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

    FairSMOTE : Synthetic rows inside groups.

    Notes
    -----
    Originals come first, unchanged, then the counterparts in the order of their rows, which
    ``sample_indices_`` names; label and weight are the row's. With "matched" ``sample_origin_`` is
    the real row whose values a counterpart has. With more than two groups the other group is drawn.
    With one group nothing is added. Any number of classes.

    The paper trains a generative network on comparable pairs. "modelled" is an analogue without
    one: each column that depends on the group is modelled from the group and the columns before it,
    and a row moves by the difference of two predictions. Sensitive columns of X get the values
    of the other group. The order of the columns matters: put causes before effects. The models get
    medians for missing numbers; they stay missing in the rows.

    The aim is that comparable people get the same prediction. Where the label does depend on the
    group among comparable people, counterparts have wrong labels, and accuracy falls. Neither
    method can separate what the group causes from what is only correlated with it.

    Groups are needed in ``fit_resample`` alone, not to predict; a model may still use the sensitive
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

    def _resample_groups(self, opened: OpenedGroups, rng: Rng) -> Resampled:
        originals = np.arange(opened.n_rows)
        groups, points = opened.groups, opened.points
        self.matched_share_ = 0.0
        if groups.n_groups == 1:
            return Resampled.selection(originals)
        n = max(1, round(self.share * opened.n_rows))
        seeds = np.sort(rng.choice(opened.n_rows, size=n, replace=False))
        # a number from 1 to n_groups - 1 added to that of the group is any other group
        wanted = (groups.of_row + rng.randint(1, groups.n_groups, size=opened.n_rows)) % (
            groups.n_groups
        )
        sensitive = positions_of(self.sensitive_features, opened.table.X)
        if self.method == "matched":
            compared = without_columns(opened, points, sensitive)
            found = nearest_comparable(compared, groups, wanted, self.caliper)[seeds]
            has = found >= 0
            self._set_share(has, "Raise caliper, or use method='modelled'.")
            return Resampled.selection(
                np.concatenate([originals, seeds[has]]),
                values_from=np.concatenate([originals, found[has]]),
            )
        fixed = np.flatnonzero(np.isin(opened.column_order, sensitive))
        moved = moved_rows(
            points,
            groups,
            seeds,
            wanted[seeds],
            fixed,
            estimator=self.estimator,
            min_effect=self.min_effect,
            rng=rng,
        )
        has = plausible(points, groups, moved, wanted[seeds], self.plausibility, self.n_jobs)
        self._set_share(has, "Raise plausibility.")
        rows = np.concatenate([originals, seeds[has]])
        moved = moved[np.flatnonzero(has)]
        restore_missing(points, seeds[has], moved, fixed)
        if sparse.issparse(points):
            moved = sparse.csr_array(moved)
        return Resampled(rows, np.arange(len(rows)) >= opened.n_rows, moved)

    def _set_share(self, has: np.ndarray, advice: str) -> None:
        self.matched_share_ = float(has.mean())
        if not has.any():
            warnings.warn(
                f"None of {len(has)} rows has a counterpart in another group, so nothing is added. "
                f"{advice}",
                UserWarning,
                stacklevel=5,
            )
