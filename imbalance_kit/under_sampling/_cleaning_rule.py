"""The neighbourhood cleaning rule: editing, also of what surrounds rows of the smallest class."""

from numbers import Integral, Real

import numpy as np
from sklearn.base import clone

from imbalance_kit._neighbors.custom import NEIGHBORS, at_most, find_neighbors
from imbalance_kit._sampling.base import CATEGORICAL_FEATURES, BaseCleaningSampler
from imbalance_kit._sampling.mixed_metrics import METRIC, metric_of_table
from imbalance_kit._sklearn_compat import HasMethods, Interval
from imbalance_kit._tables.imputation import embed
from imbalance_kit.under_sampling._edited import agreement


class NeighbourhoodCleaningRule(BaseCleaningSampler):
    """Drop rows that their neighbours outvote, and what surrounds outvoted rows of the small class.

    Parameters
    ----------
    sampling_strategy : str, list or callable, default="auto"
        Classes from which rows may be dropped: a str as in the other samplers, a list of
        labels, or a callable that takes y and returns such a list. "auto" takes all but the
        smallest.

    edited_nearest_neighbours : sampler or None, default=None
        What drops rows in the first step: an object with ``fit_resample`` that leaves
        ``sample_indices_``; it gets complete numbers, nominal columns one-hot. None edits with
        `n_neighbors` and a vote (``kind_sel="mode"``).

    n_neighbors : int or neighbours estimator, default=3
        Nearest rows that vote, found exactly; or an object with ``fit`` and
        ``kneighbors``, for instance an approximate search, which also finds the row itself and
        so stands for one neighbour fewer than it was made for.

    threshold_cleaning : float, default=0.5
        The second step drops rows of classes with more than this many times the rows of the
        smallest class.

    n_jobs : int or None, default=None
        Threads of the neighbour search. The result does not depend on it.

    categorical_features : "auto", array-like or None, default="auto"
        Nominal columns: positions, names or a mask. "auto" takes the columns
        that hold categories, strings or booleans; None takes every column as numeric.

    metric : {"euclidean", "heom"}, default="euclidean"
        Distance of two rows. "euclidean" takes numbers as they are, and a mismatch of nominal
        values counts the median of the standard deviations of the number columns. "heom" divides
        numbers by their ranges, and a mismatch counts 1.

    Attributes
    ----------
    sampling_strategy_ : dict
        Classes from which rows may be dropped.

    classes_to_clean_ : list
        Classes from which the second step may drop rows.

    sample_indices_ : ndarray of shape (n_samples_new,)
        Input row that each output row comes from.

    sample_weight_ : ndarray of shape (n_samples_new,) or None
        Weights of the output rows, when weights were given.

    n_features_in_ : int
        Number of columns of X.

    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Names of the columns, when all are strings.

    See Also
    --------
    EditedNearestNeighbours : The first step alone.

    OneSidedSelection : Drop what is redundant, then the border.

    Notes
    -----
    In the second step a row of the smallest class is outvoted among itself and its
    ``n_neighbors - 1`` nearest rows, as in imbalanced-learn; then all its `n_neighbors` nearest
    rows of large classes leave. The number of rows dropped follows from the data; classes stay
    imbalanced. Rows come out in their order. Cost is that of the nearest rows of every row: at
    most O(n^2 d). A row is never its own neighbour, even if it has duplicates; equally near rows
    come in their order. Missing values are left out of a distance.

    References
    ----------
    .. [1] J. Laurikkala, "Improving Identification of Difficult Small Classes by Balancing Class
       Distribution", Artificial Intelligence in Medicine (AIME), 2001.

    Examples
    --------
    >>> import numpy as np
    >>> from imbalance_kit.under_sampling import NeighbourhoodCleaningRule
    >>> X = np.array([[0.0], [1.0], [2.1], [3.3], [4.5], [4.8], [9.0]])
    >>> y = np.array([0, 0, 0, 0, 0, 1, 1])
    >>> X_res, y_res = NeighbourhoodCleaningRule().fit_resample(X, y)
    >>> X_res.ravel().tolist()
    [0.0, 1.0, 4.8, 9.0]
    """

    _parameter_constraints: dict = {
        **BaseCleaningSampler._parameter_constraints,
        "edited_nearest_neighbours": [HasMethods(["fit_resample"]), None],
        "n_neighbors": NEIGHBORS,
        "threshold_cleaning": [Interval(Real, 0, None, closed="neither")],
        "n_jobs": [Integral, None],
        "categorical_features": CATEGORICAL_FEATURES,
        "metric": METRIC,
    }

    def __init__(
        self,
        *,
        sampling_strategy="auto",
        edited_nearest_neighbours=None,
        n_neighbors=3,
        threshold_cleaning=0.5,
        n_jobs=None,
        categorical_features="auto",
        metric="euclidean",
    ):
        super().__init__(sampling_strategy=sampling_strategy)
        self.edited_nearest_neighbours = edited_nearest_neighbours
        self.n_neighbors = n_neighbors
        self.threshold_cleaning = threshold_cleaning
        self.n_jobs = n_jobs
        self.categorical_features = categorical_features
        self.metric = metric

    def _keep_all(self, opened, parts, rng):
        y_encoded = opened.target.y_encoded
        points = metric_of_table(opened.points, self.metric)
        sizes = np.array([len(part.rows) for part in parts])
        small = np.argmin(sizes)
        is_cleaned = np.array([part.n is not None for part in parts])
        large = is_cleaned & (sizes > sizes[small] * self.threshold_cleaning)
        self.classes_to_clean_ = opened.target.classes[large].tolist()

        # One search serves both rules: the editing, unless the user's editor does it, and the
        # neighbours of the smallest class.
        in_small = y_encoded == small
        edited = np.zeros(opened.n_rows, dtype=bool)
        if self.edited_nearest_neighbours is None:
            edited = is_cleaned[y_encoded]
        queries = np.flatnonzero(edited | in_small)
        search = at_most(self.n_neighbors, opened.n_rows - 1)
        near = find_neighbors(search, points, rows=queries, n_jobs=self.n_jobs)
        if self.edited_nearest_neighbours is None:
            remains = np.ones(opened.n_rows, dtype=bool)
            agree = agreement(y_encoded[queries], y_encoded[near], "mode")
            remains[queries] = agree | ~edited[queries]
        else:
            editor = clone(self.edited_nearest_neighbours)
            editor.fit_resample(embed(points), opened.target.labels)
            remains = np.isin(np.arange(opened.n_rows), editor.sample_indices_)

        queries, near = queries[in_small[queries]], near[in_small[queries]]
        # imbalanced-learn lets the row itself vote here in the place of its last neighbour
        voters = np.column_stack([queries, near[:, :-1]])
        outvoted = near[~agreement(y_encoded[queries], y_encoded[voters], "mode")].ravel()
        remains[outvoted[large[y_encoded[outvoted]]]] = False
        return np.flatnonzero(remains)
