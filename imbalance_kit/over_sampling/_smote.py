"""SMOTE: a new row between a row and one of its neighbours of the same class."""

import warnings
from numbers import Integral
from typing import Any

import numpy as np
from sklearn.base import clone

from imbalance_kit._base import CATEGORICAL_FEATURES, BaseOverSampler
from imbalance_kit._gateway import HasMethods, Interval, StrOptions
from imbalance_kit._neighbors import Mixed, nearest_rows
from imbalance_kit._plan import Plan
from imbalance_kit._targets import spell


class SMOTE(BaseOverSampler):
    """Make rows between rows of a small class and their neighbours (SMOTE).

    Parameters
    ----------
    sampling_strategy : float, str, dict or callable, default="auto"
        Which classes to resample, and to how many rows. A float is the wanted ratio of the
        small class to the large one (two classes only); a str says which classes to even out
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
        Nominal columns: positions, names or a mask. "auto" takes the columns of a dataframe
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
    RandomOverSampler : Draw rows again instead of making new ones.

    imbalance_kit.compose.ResampledClassifier : Resample inside ``fit`` only.

    Notes
    -----
    Counts are exact, and originals come first, unchanged. Cost is that of the neighbours within
    the class: at most O(m^2 d) for a class of m rows, less with few columns.

    With nominal columns the metric is that of SMOTE-NC [1]_: two different values count as far
    apart as the median standard deviation of the numeric columns in the class. The new row takes
    the value most frequent among the seed's neighbours. A numeric value is missing in a new row
    only if both parents miss it.

    New rows lie inside the class only where the class is convex. The class shares of the
    training data change, so predicted probabilities do too: see
    :class:`~imbalance_kit.compose.ResampledClassifier` with ``recalibrate=True``.

    References
    ----------
    .. [1] N. V. Chawla, K. W. Bowyer, L. O. Hall, W. P. Kegelmeyer, "SMOTE: Synthetic Minority
       Over-sampling Technique", Journal of Artificial Intelligence Research 16, 2002.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.datasets import make_classification
    >>> from imbalance_kit.over_sampling import SMOTE
    >>> X, y = make_classification(n_samples=500, weights=[0.9], flip_y=0, random_state=0)
    >>> np.bincount(y).tolist()
    [451, 49]
    >>> X_res, y_res = SMOTE(random_state=0).fit_resample(X, y)
    >>> np.bincount(y_res).tolist()
    [451, 451]
    """

    _parameter_constraints: dict = {
        **BaseOverSampler._parameter_constraints,
        "random_state": ["random_state"],
        "k_neighbors": [
            Interval(Integral, 1, None, closed="left"),
            HasMethods(["kneighbors", "kneighbors_graph"]),
        ],
        "small_class": [StrOptions({"shrink", "raise", "copy"})],
        "categorical_features": CATEGORICAL_FEATURES,
        "n_jobs": [Integral, None],
    }

    def __init__(
        self,
        *,
        sampling_strategy="auto",
        random_state=None,
        k_neighbors=5,
        small_class="shrink",
        categorical_features="auto",
        n_jobs=None,
    ):
        super().__init__(sampling_strategy=sampling_strategy)
        self.random_state = random_state
        self.k_neighbors = k_neighbors
        self.small_class = small_class
        self.categorical_features = categorical_features
        self.n_jobs = n_jobs

    def _plan(self, X, y, label, n, rng):
        own = np.flatnonzero(y == label)
        near = own[self._neighbors_within(_metric_of_class(X[own]), label)]
        if near.shape[1] == 0:
            seed = own[rng.randint(0, len(own), size=n)]
            return Plan(seed=seed, partner=seed, gap=np.zeros(n))
        pair = rng.randint(0, near.size, size=n)
        gap = rng.uniform(size=n)
        row, column = np.divmod(pair, near.shape[1])
        voters = near[row] if isinstance(X, Mixed) else None
        return Plan(seed=own[row], partner=near[row, column], gap=gap, voters=voters)

    def _neighbors_within(self, X: Any, label: Any) -> np.ndarray:
        """Positions within the class of each row's neighbours, of shape (n_rows, k)."""
        if not isinstance(self.k_neighbors, Integral):
            return _neighbors_by_estimator(self.k_neighbors, X)
        k = self._k_for(X.shape[0], label)
        return nearest_rows(X, k, n_jobs=self.n_jobs)[1] if k else np.empty((X.shape[0], 0), int)

    def _k_for(self, n_rows: int, label: Any) -> int:
        """Neighbours to ask for in a class of `n_rows` rows, by `small_class`."""
        if n_rows > self.k_neighbors:
            return self.k_neighbors
        if self.small_class == "raise":
            raise ValueError(
                f"Class {spell(label)} has {n_rows} samples; k_neighbors={self.k_neighbors} needs "
                f"at least {self.k_neighbors + 1}. Lower k_neighbors, use small_class='shrink', "
                "or use RandomOverSampler."
            )
        if self.small_class == "copy":
            return 0
        if n_rows == 1:
            what = "its one row is copied"
        else:
            what = f"each uses the {n_rows - 1} neighbours it has"
        warnings.warn(
            f"Class {spell(label)} has {n_rows} rows, too few for k_neighbors={self.k_neighbors}: "
            f"{what}. Set small_class to 'raise' or 'copy' to have it otherwise.",
            UserWarning,
            stacklevel=2,
        )
        return n_rows - 1


def _metric_of_class(points: Any) -> Any:
    """Mixed points of one class with SMOTE-NC's distance: a mismatch counts the median spread."""
    if not isinstance(points, Mixed):
        return points
    n_nominal = points.codes.shape[1]
    if points.numbers.shape[1] == 0:
        return Mixed(points.numbers, points.codes, np.ones(n_nominal))
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Degrees of freedom", RuntimeWarning)  # empty columns
        spread = np.nanstd(points.numbers.astype(np.float64), axis=0)
    median = np.nan_to_num(np.nanmedian(spread)) if np.isfinite(spread).any() else 0.0
    return Mixed(points.numbers, points.codes, np.full(n_nominal, median**2))


def _neighbors_by_estimator(estimator: Any, X: Any) -> np.ndarray:
    """Ask a foreign search, and take the row itself out wherever it stands in the answer."""
    if isinstance(X, Mixed):
        raise ValueError(
            "k_neighbors as an estimator measures distances on numbers only, but X has nominal "
            "columns. Give an int, or encode the columns and set categorical_features=None."
        )
    found = clone(estimator).fit(X).kneighbors(X, return_distance=False)
    itself = found == np.arange(len(found))[:, None]
    itself[~itself.any(axis=1), -1] = True
    return found[~itself].reshape(len(found), -1)
