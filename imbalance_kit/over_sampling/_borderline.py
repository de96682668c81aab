"""Over-samplers that work at the border of a class: BorderlineSMOTE and SVMSMOTE."""

from dataclasses import replace
from numbers import Integral, Real
from typing import Any

import numpy as np
from sklearn.svm import SVC
from sklearn.utils.validation import check_is_fitted

from imbalance_kit._neighbors.custom import NEIGHBORS
from imbalance_kit._sampling.base import Rng
from imbalance_kit._sampling.errors import FittedAttributeError
from imbalance_kit._sampling.mixed_metrics import metric_of_class
from imbalance_kit._sampling.plans import Plan, join_plans
from imbalance_kit._sampling.records import Opened
from imbalance_kit._sampling.targets import Part
from imbalance_kit._sklearn_compat import HasMethods, Interval, StrOptions
from imbalance_kit._tables.imputation import embed
from imbalance_kit._tables.points import Mixed
from imbalance_kit.over_sampling._base import (
    BaseSMOTE,
    draw_between,
    fall_back,
    neighbors_estimator,
    seeded_clone,
)


class BorderlineSMOTE(BaseSMOTE):
    """Make rows from the rows of a small class that other classes surround (Borderline-SMOTE).

    A row is in danger if at least half of its `m_neighbors` nearest rows, but not all, are of
    other classes. New rows start from rows in danger only.

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

    m_neighbors : int or neighbours estimator, default=10
        Neighbours, of any class, that decide whether a row is in danger.

    kind : {"borderline-1", "borderline-2"}, default="borderline-1"
        "borderline-1" goes towards neighbours of the class; "borderline-2" towards neighbours
        of any class, and at most half of the way towards those of another class.

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

    nn_k_ : neighbours estimator
        What `k_neighbors` stands for, with one neighbour more for the row itself; not fitted, built
        on access.

    nn_m_ : neighbours estimator
        The same for `m_neighbors`.

    in_danger_indices_ : dict
        For each over-sampled class that has rows in danger, these rows of X.

    in_danger_indices : dict
        The same, by imbalanced-learn's name.

    n_features_in_ : int
        Number of columns of X.

    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Names of the columns, when all are strings.

    See Also
    --------
    SVMSMOTE : Start from the support vectors of a class.

    ADASYN : Make the more rows from a row, the more rows of other classes are near it.

    Notes
    -----
    Counts are exact, and originals come first, unchanged. Where no row of a class is in danger,
    there is a warning and new rows start from all its rows, as in
    :class:`~imbalance_kit.over_sampling.SMOTE` (imbalanced-learn makes none). Cost is that of
    the nearest rows of the class's m rows among all n: at most O(m n d), less with few columns.

    With nominal columns the metric is that of SMOTE-NC, and a new row takes the value most
    frequent among the neighbours of its seed within the class, for "borderline-2" too: no value
    of another class comes in. A numeric value is missing in a new row only if both parents
    miss it.

    References
    ----------
    .. [1] H. Han, W.-Y. Wang, B.-H. Mao, "Borderline-SMOTE: A New Over-Sampling Method in
       Imbalanced Data Sets Learning", International Conference on Intelligent Computing, 2005.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.datasets import make_classification
    >>> from imbalance_kit.over_sampling import BorderlineSMOTE
    >>> X, y = make_classification(n_samples=500, weights=[0.9], class_sep=0.5, random_state=0)
    >>> np.bincount(y).tolist()
    [450, 50]
    >>> X_res, y_res = BorderlineSMOTE(random_state=0).fit_resample(X, y)
    >>> np.bincount(y_res).tolist()
    [450, 450]
    """

    _parameter_constraints: dict = {
        **BaseSMOTE._parameter_constraints,
        "m_neighbors": NEIGHBORS,
        "kind": [StrOptions({"borderline-1", "borderline-2"})],
    }

    in_danger_indices_: dict[Any, np.ndarray]

    def __init__(
        self,
        *,
        sampling_strategy="auto",
        random_state=None,
        k_neighbors=5,
        m_neighbors=10,
        kind="borderline-1",
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
        self.kind = kind

    @property
    def nn_m_(self) -> Any:
        """What `m_neighbors` stands for; not fitted."""
        check_is_fitted(self)
        return neighbors_estimator(self.m_neighbors, self.n_jobs)

    @property
    def in_danger_indices(self) -> dict[Any, np.ndarray]:
        """The rows in danger, by imbalanced-learn's name."""
        check_is_fitted(self, "in_danger_indices_")
        return self.in_danger_indices_

    def _plan_all(self, opened, parts, rng):
        self.in_danger_indices_ = {}
        return super()._plan_all(opened, parts, rng)

    def _plan(self, opened, part, rng):
        points, class_rows = opened.points, part.rows
        other_class = ~opened.in_parts(part)
        around, near_any = self._near_of_any_class(opened, part)
        n_foreign = other_class[around].sum(axis=1)
        in_danger = np.flatnonzero(_in_danger(n_foreign, around.shape[1]))
        if len(in_danger):
            self.in_danger_indices_[part.key] = class_rows[in_danger]
        else:
            why = "no row is in danger (half of its neighbours of other classes or more, not all)"
            fall_back(self, part.key, why)
            return draw_between(points, class_rows, self._near_in_class(opened, part), part.n, rng)
        seeds = class_rows[in_danger]
        if self.kind == "borderline-1":
            near = self._near_in_class(opened, part, in_danger)
            return draw_between(points, seeds, near, part.n, rng)
        if near_any is None:  # a search of the user's
            near_any = self._near_anywhere(opened, part, self.k_neighbors)
        plan = draw_between(points, seeds, near_any[in_danger], part.n, rng)
        # Towards a row of another class only the nearer half of the way is safe. The factors are
        # drawn after all gaps, and only where they are needed, as imbalanced-learn does.
        across = other_class[plan.partner]
        gap = plan.gap.copy()
        gap[across] *= rng.uniform(0.0, 0.5, size=across.sum())
        voters = None
        if isinstance(points, Mixed):
            # Levels are of rows of the class, whichever class the partner is of.
            near = self._near_in_class(opened, part, in_danger)
            voters = near[np.searchsorted(seeds, plan.seed)]
        return Plan(seed=plan.seed, partner=plan.partner, gap=gap, voters=voters)

    def _near_of_any_class(
        self, opened: Opened, part: Part
    ) -> tuple[np.ndarray, np.ndarray | None]:
        """The nearest `m_neighbors`, and `k_neighbors` where one search finds both."""
        m, k = self.m_neighbors, self.k_neighbors
        if self.kind == "borderline-2" and isinstance(m, Integral) and isinstance(k, Integral):
            near = self._near_anywhere(opened, part, max(int(m), int(k)))
            return near[:, : int(m)], near[:, : int(k)]
        return self._near_anywhere(opened, part, m), None


class SVMSMOTE(BaseSMOTE):
    """Make rows from the support vectors of a small class (SVM-SMOTE).

    A support vector surrounded by other classes alone is noise and left out. From one that other
    classes surround (see `BorderlineSMOTE`), new rows go towards neighbours of the class; from a
    safe one they go away from them, so that the class spreads outwards.

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

    m_neighbors : int or neighbours estimator, default=10
        Neighbours, of any class, that decide whether a row is in danger.

    svm_estimator : estimator or None, default=None
        Support vector machine that finds support vectors: it must leave their rows in
        ``support_``. None takes ``SVC()``.

    out_step : float, default=0.5
        How far a row may go away from a neighbour, in shares of their distance.

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

    nn_k_ : neighbours estimator
        What `k_neighbors` stands for, with one neighbour more for the row itself; not fitted, built
        on access.

    nn_m_ : neighbours estimator
        The same for `m_neighbors`.

    n_features_in_ : int
        Number of columns of X.

    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Names of the columns, when all are strings.

    See Also
    --------
    BorderlineSMOTE : Find the border by neighbours alone, which is faster.

    Notes
    -----
    Counts are exact, and originals come first, unchanged; imbalanced-learn makes too few rows
    where all support vectors are in danger or all are safe. Where a class has no support vector
    that is not noise, there is a warning and new rows start from all its rows, as in
    :class:`~imbalance_kit.over_sampling.SMOTE` (there an error). The support vector machine is
    fitted once for all classes and takes most of the time: between O(n^2 d) and O(n^3 d). Scale
    the columns first, or it learns little.

    The machine gets missing numbers as column medians and nominal columns as one-hot columns;
    neighbours, values of nominal columns and missing values in new rows are those of `SMOTE`.

    References
    ----------
    .. [1] H. M. Nguyen, E. W. Cooper, K. Kamei, "Borderline Over-Sampling for Imbalanced Data
       Classification", International Journal of Knowledge Engineering and Soft Data Paradigms
       3(1), 2011.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.datasets import make_classification
    >>> from imbalance_kit.over_sampling import SVMSMOTE
    >>> X, y = make_classification(n_samples=500, weights=[0.9], flip_y=0, random_state=0)
    >>> np.bincount(y).tolist()
    [451, 49]
    >>> X_res, y_res = SVMSMOTE(random_state=0).fit_resample(X, y)
    >>> np.bincount(y_res).tolist()
    [451, 451]
    """

    _parameter_constraints: dict = {
        **BaseSMOTE._parameter_constraints,
        "m_neighbors": NEIGHBORS,
        "svm_estimator": [HasMethods(["fit", "predict"]), None],
        "out_step": [Interval(Real, 0, 1, closed="both")],
    }

    def __init__(
        self,
        *,
        sampling_strategy="auto",
        random_state=None,
        k_neighbors=5,
        m_neighbors=10,
        svm_estimator=None,
        out_step=0.5,
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
        self.svm_estimator = svm_estimator
        self.out_step = out_step

    @property
    def nn_m_(self) -> Any:
        """What `m_neighbors` stands for; not fitted."""
        check_is_fitted(self)
        return neighbors_estimator(self.m_neighbors, self.n_jobs)

    def _plan_all(self, opened, parts, rng):
        support = None  # the support vectors are those of all classes, so one fit is enough
        for part in parts:
            if not part.n:
                continue
            # SVC draws a number at each fit, and imbalanced-learn fits it for each class: without
            # the draw the second class would get other rows than there.
            seed = rng.randint(np.iinfo("i").max) if self.svm_estimator is None else None
            if support is None:
                labels = opened.target.labels
                support = self._support_vectors(opened.points, labels, seed, rng)
            yield part, self._plan_from(support, opened, part, rng)

    def _plan_from(self, support: np.ndarray, opened: Opened, part: Part, rng: Rng) -> Plan:
        """Plan the rows of one class from its support vectors."""
        points, class_rows, n = opened.points, part.rows, part.n or 0
        in_class = opened.in_parts(part)
        support = support[in_class[support]]
        around = self._near_anywhere(opened, part, self.m_neighbors, support)
        n_foreign, m = (~in_class[around]).sum(axis=1), around.shape[1]
        support, n_foreign = support[n_foreign < m], n_foreign[n_foreign < m]
        if len(support) == 0:
            why = "all its support vectors are noise (they have neighbours of other classes alone)"
            fall_back(self, part.key, why)
            return draw_between(points, class_rows, self._near_in_class(opened, part), n, rng)
        in_danger = _in_danger(n_foreign, m)
        near = self._near_in_class(opened, part, np.searchsorted(class_rows, support))
        # Drawn even where all rows go one way, as in imbalanced-learn.
        n_inward = int(rng.beta(10, 10) * (n + 1))
        if in_danger.all() or not in_danger.any():
            n_inward = n if in_danger.all() else 0
        plans = []
        if in_danger.any():
            plans.append(draw_between(points, support[in_danger], near[in_danger], n_inward, rng))
        if not in_danger.all():
            n_outward = n - n_inward
            plan = draw_between(points, support[~in_danger], near[~in_danger], n_outward, rng)
            plans.append(replace(plan, gap=-self.out_step * plan.gap))
        return join_plans(plans)

    def _support_vectors(
        self, points: Any, labels: np.ndarray, seed: int | None, rng: Rng
    ) -> np.ndarray:
        """Rows of all support vectors, ascending."""
        if self.svm_estimator is None:
            machine = SVC(random_state=seed)
        else:
            machine = seeded_clone(self.svm_estimator, rng)
        everyone = np.arange(len(labels))
        machine.fit(embed(metric_of_class(points, everyone)), labels)
        if not hasattr(machine, "support_"):
            raise FittedAttributeError(
                "svm_estimator must leave the rows of its support vectors in support_; "
                f"{type(machine).__name__} has none after fit. Give an SVC or NuSVC."
            )
        return np.sort(machine.support_).astype(np.int64)


def _in_danger(n_foreign: np.ndarray, m: int) -> np.ndarray:
    """Whether half of the neighbours or more are of other classes, but not all."""
    return (2 * n_foreign >= m) & (n_foreign < m)
