"""Over-samplers that use what surrounds a row, or a new row, before they make it."""

import warnings
from dataclasses import dataclass
from numbers import Integral, Real
from typing import Any

import numpy as np

from imbalance_kit._neighbors.nearest import nearest_rows
from imbalance_kit._sampling.mixed_metrics import metric_of_class
from imbalance_kit._sampling.plans import Plan, realise
from imbalance_kit._sklearn_compat import Interval
from imbalance_kit._tables.labels import spell
from imbalance_kit._tables.magnitude import Units
from imbalance_kit._tables.points import Mixed, stack
from imbalance_kit.over_sampling._base import BaseSMOTE, draw_between, fall_back

_FEWEST_DRAWN = 20  # new rows of a round of rejection: one at a time would take many rounds


class SafeLevelSMOTE(BaseSMOTE):
    """Make rows nearer to the safer of two rows of a small class (Safe-Level-SMOTE).

    The safe level of a row is how many of its nearest rows, of all classes, are of its class.

    Parameters
    ----------
    sampling_strategy : float, str, dict or callable, default="auto"
        Which classes to resample, and to how many rows. A float is the wanted ratio of the
        small class to the large one (two classes only); a str names the classes to even out
        ("majority", "not minority", "not majority", "all"; "minority" for over-samplers); a
        dict maps classes to numbers of rows; a callable takes y and returns such a dict.

    random_state : int, RandomState instance or None, default=None
        Seed of the draws. An int gives the same rows at every call.

    k_neighbors : int or neighbours estimator, default=5
        Neighbours that a row may go towards. An object with ``kneighbors`` (for instance an
        approximate search) is fitted on the rows of each class; as it also finds the row
        itself, give it one neighbour more.

    small_class : {"shrink", "raise", "copy"}, default="shrink"
        What to do about a class with no more than `k_neighbors` rows: use the neighbours there
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
    LeeSMOTE : Reject new rows that are surrounded by other classes.

    BorderlineSMOTE : Start from rows in danger.

    Notes
    -----
    Counts are exact, and originals come first, unchanged. With safe levels s of the seed and t
    of the neighbour it goes towards, the share of the way is uniform between 0 and 1 if s = t,
    between 0 and t / s if s > t (near the seed), and between 1 - s / t and 1 if s < t (near the
    neighbour). So a row next to one without safety is copied: some new rows equal old ones.
    Pairs where both levels are 0 are not drawn; without any other pair rows are drawn as in
    SMOTE, with a warning.

    The seed goes towards a row of its class, along a line. So is it in the paper's text, too, while
    its listing draws the share anew for each column. Cost is that of the neighbours of the
    class's rows among all rows: at most O(m n d) for m rows out of n in d columns.

    With nominal columns the metric is that of SMOTE-NC, and the new row takes the value most
    frequent among the seed's neighbours. A numeric value is missing in a new row only if both
    parents miss it.

    References
    ----------
    .. [1] C. Bunkhumpornpat, K. Sinapiromsaran, C. Lursinsap, "Safe-Level-SMOTE:
       Safe-Level-Synthetic Minority Over-Sampling TEchnique for Handling the Class Imbalanced
       Problem", Advances in Knowledge Discovery and Data Mining (PAKDD), 2009.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.datasets import make_classification
    >>> from imbalance_kit.over_sampling import SafeLevelSMOTE
    >>> X, y = make_classification(n_samples=500, weights=[0.9], flip_y=0, random_state=0)
    >>> np.bincount(y).tolist()
    [451, 49]
    >>> X_res, y_res = SafeLevelSMOTE(random_state=0).fit_resample(X, y)
    >>> np.bincount(y_res).tolist()
    [451, 451]
    """

    def _plan(self, opened, part, rng):
        class_rows, n = part.rows, part.n
        near = self._near_in_class(opened, part)
        if near.shape[1] == 0:
            return draw_between(opened.points, class_rows, near, n, rng)
        around = self._near_anywhere(opened, part, self.k_neighbors)
        level = opened.in_parts(part)[around].sum(axis=1)
        of_seed = np.broadcast_to(level[:, None], near.shape)
        # near rows are of the class, so the level of each is known already
        of_partner = level[np.searchsorted(class_rows, near)]
        pairs = np.flatnonzero((of_seed > 0) | (of_partner > 0))
        if len(pairs) == 0:
            fall_back(self, part.key, "none of its rows has a row of its class nearby")
            return draw_between(opened.points, class_rows, near, n, rng)
        pair = pairs[rng.randint(0, len(pairs), size=n)]
        # The safe levels of seed and partner, in the paper's letters: the new row lies in the part
        # of the line, as wide as their ratio, at the end of the safer one.
        s, t = of_seed.ravel()[pair], of_partner.ravel()[pair]
        width = np.minimum(s, t) / np.maximum(s, t)
        gap = np.where(s < t, 1.0 - width, 0.0) + width * rng.uniform(size=n)
        row = pair // near.shape[1]
        voters = near[row] if isinstance(opened.points, Mixed) else None
        return Plan(seed=class_rows[row], partner=near.ravel()[pair], gap=gap, voters=voters)


@dataclass(frozen=True)
class _Tested(Plan):
    """A plan whose rows are made already, and were tested.

    Attributes
    ----------
    points : of the kind of ``Opened.points``, with n_new rows
        The rows.

    foreign : ndarray of shape (n_new,)
        Share of other classes among the nearest rows of each.
    """

    points: Any = None
    foreign: Any = None


class LeeSMOTE(BaseSMOTE):
    """Make rows as SMOTE does, but none that other classes surround (SMOTE with rejection).

    Parameters
    ----------
    sampling_strategy : float, str, dict or callable, default="auto"
        Which classes to resample, and to how many rows. A float is the wanted ratio of the
        small class to the large one (two classes only); a str names the classes to even out
        ("majority", "not minority", "not majority", "all"; "minority" for over-samplers); a
        dict maps classes to numbers of rows; a callable takes y and returns such a dict.

    random_state : int, RandomState instance or None, default=None
        Seed of the draws. An int gives the same rows at every call.

    k_neighbors : int or neighbours estimator, default=5
        Neighbours that a row may go towards. An object with ``kneighbors`` (for instance an
        approximate search) is fitted on the rows of each class; as it also finds the row
        itself, give it one neighbour more.

    m_neighbors : int, default=5
        Rows of any class nearest to a new row that decide on it.

    rejection_level : float, default=0.5
        Share of other classes among these at which a new row is rejected.

    max_rounds : int, default=5
        How often rejected rows are drawn again.

    small_class : {"shrink", "raise", "copy"}, default="shrink"
        What to do about a class with no more than `k_neighbors` rows: use the neighbours there
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
    SMOTE : The same without rejection.

    SafeLevelSMOTE : Use what surrounds the parents instead.

    Notes
    -----
    Counts are exact, and originals come first, unchanged. After `max_rounds` rounds the rejected
    rows with the fewest other classes around fill up what is missing, with one warning for each
    class. The paper draws until enough rows are accepted, which need not end.

    Cost is that of SMOTE and of the neighbours of each drawn row among all rows: O(q n d) for
    q drawn rows, which is the number of new rows where all are accepted and at most `max_rounds`
    times that.

    With nominal columns the metric is that of SMOTE-NC, and the new row takes the value most
    frequent among the seed's neighbours. A numeric value is missing in a new row only if both
    parents miss it. Rows that are copied, because their class is too small, are not tested.

    References
    ----------
    .. [1] J. Lee, N.-R. Kim, J.-H. Lee, "An Over-sampling Technique with Rejection for Imbalanced
       Class Learning", Proceedings of the 9th International Conference on Ubiquitous Information
       Management and Communication (IMCOM), 2015.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.datasets import make_classification
    >>> from imbalance_kit.over_sampling import LeeSMOTE
    >>> X, y = make_classification(n_samples=500, weights=[0.9], flip_y=0, random_state=0)
    >>> np.bincount(y).tolist()
    [451, 49]
    >>> X_res, y_res = LeeSMOTE(random_state=0).fit_resample(X, y)
    >>> np.bincount(y_res).tolist()
    [451, 451]
    """

    _parameter_constraints: dict = {
        **BaseSMOTE._parameter_constraints,
        "m_neighbors": [Interval(Integral, 1, None, closed="left")],
        "rejection_level": [Interval(Real, 0, 1, closed="right")],
        "max_rounds": [Interval(Integral, 1, None, closed="left")],
    }

    def __init__(
        self,
        *,
        sampling_strategy="auto",
        random_state=None,
        k_neighbors=5,
        m_neighbors=5,
        rejection_level=0.5,
        max_rounds=5,
        small_class="shrink",
        categorical_features="auto",
        n_jobs=None,
    ):
        super().__init__(
            sampling_strategy=sampling_strategy,
            random_state=random_state,
            k_neighbors=k_neighbors,
            small_class=small_class,
            categorical_features=categorical_features,
            n_jobs=n_jobs,
        )
        self.m_neighbors = m_neighbors
        self.rejection_level = rejection_level
        self.max_rounds = max_rounds

    def _plan(self, opened, part, rng):
        class_rows, n = part.rows, part.n
        near = self._near_in_class(opened, part)
        if near.shape[1] == 0:
            return draw_between(opened.points, class_rows, near, n, rng)
        units = Units(opened.points)
        points = metric_of_class(units.apply(opened.points), class_rows)
        other_class = ~opened.in_parts(part)
        m = min(self.m_neighbors, opened.n_rows)
        drawn, n_rejected = None, n
        for _ in range(self.max_rounds):
            n_drawn = max(n_rejected, _FEWEST_DRAWN)
            plan = draw_between(opened.points, class_rows, near, n_drawn, rng)
            new = realise(opened.points, plan, rng)
            _, around = nearest_rows(points, m, queries=units.apply(new), n_jobs=self.n_jobs)
            foreign = other_class[around].mean(axis=1)
            tested = _Tested(plan.seed, plan.partner, plan.gap, points=new, foreign=foreign)
            drawn = tested if drawn is None else _joined(drawn, tested)
            # accepted rows in the order they were drawn, then the least surrounded ones
            rejected = drawn.foreign >= self.rejection_level
            best = np.argsort(np.where(rejected, drawn.foreign, -1.0), kind="stable")[:n]
            drawn = _picked(drawn, best)
            n_rejected = np.count_nonzero(rejected[best])
            if n_rejected == 0:
                return drawn
        warnings.warn(
            f"Class {spell(part.key)}: {n_rejected} of {n} new rows have a share of "
            f"rejection_level={self.rejection_level} or more of other classes around them, after "
            f"{self.max_rounds} rounds; they are the least surrounded that were drawn. Raise "
            "rejection_level or max_rounds.",
            UserWarning,
            stacklevel=2,
        )
        return drawn

    def _realise(self, opened, part, plan, rng):
        return plan.points if isinstance(plan, _Tested) else realise(opened.points, plan, rng)


def _joined(one: _Tested, other: _Tested) -> _Tested:
    return _Tested(
        np.concatenate([one.seed, other.seed]),
        np.concatenate([one.partner, other.partner]),
        np.concatenate([one.gap, other.gap]),
        points=stack([one.points, other.points]),
        foreign=np.concatenate([one.foreign, other.foreign]),
    )


def _picked(tested: _Tested, rows: np.ndarray) -> _Tested:
    return _Tested(
        tested.seed[rows],
        tested.partner[rows],
        tested.gap[rows],
        points=tested.points[rows],
        foreign=tested.foreign[rows],
    )
