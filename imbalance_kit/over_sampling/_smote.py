"""SMOTE: new rows between a row and its neighbours of the same class."""

from imbalance_kit.over_sampling._base import BaseSMOTE, draw_between


class SMOTE(BaseSMOTE):
    """Make rows between rows of a small class and their neighbours (SMOTE).

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

    nn_k_ : neighbours estimator
        What `k_neighbors` stands for, with one neighbour more for the row itself; not fitted, built
        on access.

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

    def _plan(self, opened, part, rng):
        near = self._near_in_class(opened, part)
        return draw_between(opened.points, part.rows, near, part.n, rng)
