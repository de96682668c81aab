"""Geometric SMOTE: new rows in a ball that reaches from a row to a neighbour."""

from numbers import Real
from typing import Any

import numpy as np
from scipy import sparse

from imbalance_kit._neighbors.nearest import nearest_rows
from imbalance_kit._sampling.mixed_metrics import metric_of_class
from imbalance_kit._sampling.plans import Plan, realise_by
from imbalance_kit._sampling.records import Opened
from imbalance_kit._sampling.targets import Part
from imbalance_kit._sklearn_compat import Interval, StrOptions
from imbalance_kit._tables.imputation import embed
from imbalance_kit._tables.magnitude import row_lengths
from imbalance_kit._tables.points import Mixed
from imbalance_kit.over_sampling._base import BaseSMOTE, draw_between

_BLOCK_ELEMENTS = 1 << 21


class GeometricSMOTE(BaseSMOTE):
    """Make rows in balls around rows of a small class, cut and squeezed (Geometric SMOTE).

    Parameters
    ----------
    sampling_strategy : float, str, dict or callable, default="auto"
        Which classes to resample, and to how many rows. A float is the wanted ratio of the
        small class to the large one (two classes only); a str names the classes to even out
        ("majority", "not minority", "not majority", "all"; "minority" for over-samplers); a
        dict maps classes to numbers of rows; a callable takes y and returns such a dict.

    random_state : int, RandomState instance or None, default=None
        Seed of the draws. An int gives the same rows at every call.

    truncation_factor : float, default=1.0
        How much of the ball is cut off, from -1 to 1. 0 keeps it whole, 1 keeps the half that
        faces the neighbour, -1 the half that faces away.

    deformation_factor : float, default=0.0
        How much the ball is squeezed towards the line to the neighbour, from 0 to 1. At 1 rows
        lie on that line, as SMOTE's do.

    selection_strategy : {"combined", "minority", "majority"}, default="combined"
        Where the ball ends: at one of the nearest rows of the same class, at the nearest row of
        any other class, or at the nearer of the two.

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
    SMOTE : New rows on the line itself.

    ROSE : Kernels of one width around every row.

    Notes
    -----
    Counts are exact, and originals come first, unchanged. Cost is that of the neighbours: within
    a class of m rows at most O(m^2 d), and for the nearest row of another class at most
    O(m n d), less with few columns.

    Points are uniform in the ball before it is cut; what falls into the part cut off is mirrored
    into the part kept. With many columns nearly all of a ball lies at its surface and at right
    angles to any one line, so new rows are about as far from the row they start from as the
    neighbour is: `deformation_factor` is what keeps them near the class then.

    Nominal columns get the votes of the row's neighbours in its class and the distances of
    SMOTE-NC. A numeric value is missing in a new row only if both rows miss it; distances that
    decide where a ball ends are taken with column medians for missing numbers. New rows of a
    sparse table have values in every column.

    References
    ----------
    .. [1] G. Douzas, F. Bacao, "Geometric SMOTE a geometrically enhanced drop-in replacement for
       SMOTE", Information Sciences 501, 2019.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.datasets import make_classification
    >>> from imbalance_kit.over_sampling import GeometricSMOTE
    >>> X, y = make_classification(n_samples=500, weights=[0.9], flip_y=0, random_state=0)
    >>> X_res, y_res = GeometricSMOTE(random_state=0).fit_resample(X, y)
    >>> np.bincount(y_res).tolist()
    [451, 451]
    """

    _parameter_constraints: dict = {
        **BaseSMOTE._parameter_constraints,
        "truncation_factor": [Interval(Real, -1, 1, closed="both")],
        "deformation_factor": [Interval(Real, 0, 1, closed="both")],
        "selection_strategy": [StrOptions({"combined", "minority", "majority"})],
    }

    def __init__(
        self,
        *,
        sampling_strategy="auto",
        random_state=None,
        truncation_factor=1.0,
        deformation_factor=0.0,
        selection_strategy="combined",
        k_neighbors=5,
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
        self.truncation_factor = truncation_factor
        self.deformation_factor = deformation_factor
        self.selection_strategy = selection_strategy

    def _plan(self, opened, part, rng):
        # The gaps are uniform: the share of the ball that lies nearer to its middle than the row.
        points, class_rows, n = opened.points, part.rows, part.n
        if self.selection_strategy == "majority" and not isinstance(points, Mixed):
            place = rng.randint(0, len(class_rows), size=n)
            partner = self._nearest_of_others(opened, part)[place]
            return Plan(seed=class_rows[place], partner=partner, gap=rng.uniform(size=n))
        plan = draw_between(points, class_rows, self._near_in_class(opened, part), n, rng)
        if self.selection_strategy == "minority":
            return plan
        other = self._nearest_of_others(opened, part)[np.searchsorted(class_rows, plan.seed)]
        if self.selection_strategy == "majority":
            return Plan(plan.seed, other, plan.gap, plan.voters)
        numbers = embed(metric_of_class(points, class_rows))
        to_other = _squared(numbers, plan.seed, other)
        nearer = to_other < _squared(numbers, plan.seed, plan.partner)
        return Plan(plan.seed, np.where(nearer, other, plan.partner), plan.gap, plan.voters)

    def _nearest_of_others(self, opened: Opened, part: Part) -> np.ndarray:
        """For each row of the class, the nearest row of another one."""
        points = metric_of_class(opened.points, part.rows)
        others = np.flatnonzero(~opened.in_parts(part))
        found = nearest_rows(points[others], 1, queries=points[part.rows], n_jobs=self.n_jobs)[1]
        return others[found[:, 0]]

    def _realise(self, opened, part, plan, rng):
        def move(start: np.ndarray, end: np.ndarray, block: slice) -> np.ndarray:
            ball = _in_ball(plan.gap[block], start.shape[1], rng)
            way = end.astype(np.float64) - start
            radius = row_lengths(way)[:, None]
            line = way / np.where(radius > 0, radius, 1.0)  # no direction between equal rows
            along = np.einsum("ij,ij->i", ball, line)[:, None]
            across = ball - along * line
            return start + radius * (
                self._kept_side(along) * line + (1 - self.deformation_factor) * across
            )

        return realise_by(move, opened.points, plan, rng)

    def _kept_side(self, along: np.ndarray) -> np.ndarray:
        """Where rows are along the line, those in the part cut off mirrored."""
        edge = self.truncation_factor
        cut = (along < edge - 1) if edge > 0 else (along > edge + 1)
        return np.where(cut, -along, along)


def _in_ball(shares: np.ndarray, d: int, rng: np.random.RandomState) -> np.ndarray:
    """Points of the unit ball: uniform, if the shares of its volume that they leave inside are."""
    if d == 0:
        return np.empty((len(shares), 0))
    # A normal vector has a uniform direction; the volume inside a radius grows with its power d.
    points = rng.normal(size=(len(shares), d))
    length = np.sqrt(np.einsum("ij,ij->i", points, points))
    return points * (shares ** (1.0 / d) / length)[:, None]


def _squared(numbers: Any, rows: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Squared distance of each row from the other beside it."""
    apart = np.empty(len(rows))
    step = max(1, _BLOCK_ELEMENTS // max(1, numbers.shape[1]))
    for first in range(0, len(rows), step):
        block = slice(first, first + step)
        way = numbers[rows[block]].astype(np.float64) - numbers[others[block]]
        squared = way.multiply(way) if sparse.issparse(way) else way * way
        apart[block] = np.asarray(squared.sum(axis=1)).ravel()
    return apart
