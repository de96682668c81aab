"""SMOTE followed by a filter that drops rows which trees on parts of the table get wrong."""

from numbers import Integral, Real
from typing import Any

import joblib
import numpy as np
from scipy import sparse
from sklearn.base import clone
from sklearn.preprocessing import maxabs_scale
from sklearn.tree import DecisionTreeClassifier

from imbalance_kit._sampling.base import Rng
from imbalance_kit._sampling.records import Resampled
from imbalance_kit._sklearn_compat import HasMethods, Interval, StrOptions, set_random_states
from imbalance_kit._tables.imputation import complete, embed
from imbalance_kit._tables.magnitude import column_ends
from imbalance_kit._tables.points import Mixed, stack
from imbalance_kit.over_sampling._smote import SMOTE

_COARSE = 2.0**14  # offset for half the range of a column from which on float32 rounds too much


class SMOTEIPF(SMOTE):
    """SMOTE, then drop what looks like noise by votes of trees (SMOTE-IPF).

    Every round splits all rows, old and new, into partitions, fits a learner on each and drops
    the rows that they get wrong, until rounds find next to nothing.

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

    estimator : classifier, default=None
        Learner of the filter; None takes a decision tree. It gets complete numbers: column
        medians where values are missing, nominal columns as one column for each level.

    n_partitions : int, default=9
        Parts of the table, each with one learner.

    voting : {"majority", "consensus"}, default="majority"
        Drop a row if more than half the learners get it wrong, or only if all of them do.

    n_iter_no_change : int, default=3
        The filter stops after so many rounds in a row that drop hardly anything.

    tol : float, default=0.01
        What that is: less than this share of the rows that came into the filter.

    small_class : {"shrink", "raise", "copy"}, default="shrink"
        What to do about a class with no more than `k_neighbors` rows: use the neighbours there
        are, with a warning; raise a ``ValueError``; or copy its rows.

    categorical_features : "auto", array-like or None, default="auto"
        Nominal columns: positions, names or a mask. "auto" takes the columns
        that hold categories, strings or booleans; None takes every column as numeric.

    n_jobs : int or None, default=None
        Threads of the neighbour search and of the filter. The result does not depend on it.

    Attributes
    ----------
    sampling_strategy_ : dict
        Rows made of each class, before the filter.

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
    SMOTE : The same without the filter.

    Notes
    -----
    Counts are not exact: `sampling_strategy` sets how many rows there are before the filter,
    which drops old and new rows of every class. Where nothing has to be made, nothing is
    filtered. Old rows that stay come first, in their order. Cost is that of SMOTE, and in each
    round that of `n_partitions` learners on a part of the rows each and their predictions for
    all: a few rounds where classes are apart, dozens where they overlap. There the filter drops a
    good part of both; a larger `tol` ends it sooner, ``voting="consensus"`` drops less.

    Each class is dealt out evenly to the partitions. A learner whose part holds no row of a
    class does not vote on the rows of that class, and a round that would take the last rows of a
    class takes none of that class: no class disappears.

    References
    ----------
    .. [1] J. A. Saez, J. Luengo, J. Stefanowski, F. Herrera, "SMOTE-IPF: Addressing the noisy and
       borderline examples problem in imbalanced classification by a re-sampling method with
       filtering", Information Sciences 291, 2015.

    .. [2] T. M. Khoshgoftaar, P. Rebours, "Improving Software Quality Prediction by Noise
       Filtering Techniques", Journal of Computer Science and Technology 22, 2007.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.datasets import make_classification
    >>> from imbalance_kit.over_sampling import SMOTEIPF
    >>> X, y = make_classification(n_samples=500, weights=[0.9], flip_y=0.1, random_state=0)
    >>> X_res, y_res = SMOTEIPF(random_state=0).fit_resample(X, y)
    >>> bool((np.bincount(y_res) < np.bincount(y).max()).all())
    True
    """

    _parameter_constraints: dict = {
        **SMOTE._parameter_constraints,
        "estimator": [HasMethods(["fit", "predict"]), None],
        "n_partitions": [Interval(Integral, 2, None, closed="left")],
        "voting": [StrOptions({"majority", "consensus"})],
        "n_iter_no_change": [Interval(Integral, 1, None, closed="left")],
        "tol": [Interval(Real, 0, 1, closed="right")],
    }

    def __init__(
        self,
        *,
        sampling_strategy="auto",
        random_state=None,
        k_neighbors=5,
        estimator=None,
        n_partitions=9,
        voting="majority",
        n_iter_no_change=3,
        tol=0.01,
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
        self.estimator = estimator
        self.n_partitions = n_partitions
        self.voting = voting
        self.n_iter_no_change = n_iter_no_change
        self.tol = tol

    def _resample(self, opened, parts, rng):
        over_sampled = super()._resample(opened, parts, rng)
        if over_sampled.points is None:
            return over_sampled
        y_encoded = opened.target.y_encoded[over_sampled.rows]
        numbers = _trainable(stack([opened.points, over_sampled.points]))
        if self.estimator is None:
            numbers = numbers.astype(np.float32)  # as trees count, once instead of every time
        remaining = self._filter(numbers, y_encoded, rng)
        synthetic = remaining >= opened.n_rows
        points = over_sampled.points[remaining[synthetic] - opened.n_rows]
        return Resampled(over_sampled.rows[remaining], synthetic, points)

    def _filter(self, numbers: Any, y_encoded: np.ndarray, rng: Rng) -> np.ndarray:
        """Rows that the filter leaves."""
        remaining, n_quiet = np.arange(len(y_encoded)), 0
        while n_quiet < self.n_iter_no_change:
            noisy = self._noisy(numbers[remaining], y_encoded[remaining], rng)
            n_quiet = n_quiet + 1 if noisy.sum() < self.tol * len(y_encoded) else 0
            remaining = remaining[~noisy]
        return remaining

    def _noisy(self, numbers: Any, y_encoded: np.ndarray, rng: Rng) -> np.ndarray:
        """Which rows one round drops."""
        partition = _partitions(y_encoded, self.n_partitions, rng)
        learners = [self._learner(rng) for _ in range(partition.max() + 1)]
        ballots = joblib.Parallel(n_jobs=self.n_jobs, prefer="threads", return_as="generator")(
            joblib.delayed(_ballot)(learner, numbers, y_encoded, partition == i)
            for i, learner in enumerate(learners)
        )
        n_wrong, n_voters = np.zeros(len(y_encoded), dtype=int), np.zeros(len(y_encoded), dtype=int)
        for votes, wrong in ballots:
            n_voters += votes
            n_wrong += wrong
        wanted = n_voters if self.voting == "consensus" else n_voters // 2 + 1
        noisy = n_wrong >= wanted
        n_remaining = np.bincount(y_encoded[~noisy], minlength=y_encoded.max() + 1)
        # a class must not vanish, however noisy it looks
        return noisy & (n_remaining[y_encoded] > 0)

    def _learner(self, rng: Rng) -> Any:
        learner = DecisionTreeClassifier() if self.estimator is None else clone(self.estimator)
        set_random_states(learner, rng)
        return learner


def _ballot(
    learner: Any, numbers: Any, y_encoded: np.ndarray, rows: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Rows that a learner of some rows votes on, and those it predicts another class for."""
    learner.fit(numbers[rows], y_encoded[rows])
    votes = np.isin(y_encoded, y_encoded[rows])
    return votes, votes & (learner.predict(numbers) != y_encoded)


def _partitions(y_encoded: np.ndarray, n_partitions: int, rng: Rng) -> np.ndarray:
    """Partition of each row; all are of one size, and so is each class in them."""
    shuffled = rng.permutation(len(y_encoded))
    order = shuffled[np.argsort(y_encoded[shuffled], kind="stable")]
    partition = np.empty(len(y_encoded), dtype=np.int64)
    partition[order] = np.arange(len(y_encoded)) % n_partitions
    return partition


def _trainable(points: Any) -> Any:
    """Complete numbers that a tree can take, which counts in single precision."""
    points = complete(points)
    if sparse.issparse(points):
        numbers = embed(points)
        largest = np.abs(numbers.data).max(initial=0.0)
        return numbers if largest < np.finfo(np.float32).max else maxabs_scale(numbers)
    numbers = points.numbers if isinstance(points, Mixed) else points
    low, high = column_ends(numbers)
    half, middle = high / 2.0 - low / 2.0, high / 2.0 + low / 2.0
    coarse = (half > 0.0) & (np.abs(middle) > _COARSE * half)
    coarse |= (half > 0.0) & ~((half > 1e-30) & (half < 1e30))
    coarse |= np.abs(middle) > 1e30
    if coarse.any():
        # Each column by itself: a tree compares the numbers of one column only.
        numbers = numbers.astype(np.float64)
        divisor = np.where(half > 0.0, half, 1.0)[coarse]
        numbers[:, coarse] = numbers[:, coarse] / divisor - middle[coarse] / divisor
        if isinstance(points, Mixed):
            points = Mixed(numbers, points.category_codes, points.weights)
        else:
            points = numbers
    return embed(points)
