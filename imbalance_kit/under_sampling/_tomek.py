"""Tomek links: pairs of rows of two classes that are each other's nearest."""

from numbers import Integral
from typing import Any

import numpy as np

from imbalance_kit._neighbors.nearest import nearest_rows
from imbalance_kit._sampling.base import CATEGORICAL_FEATURES, BaseCleaningSampler
from imbalance_kit._sampling.mixed_metrics import METRIC, metric_of_table
from imbalance_kit._sampling.targets import resampled


class TomekLinks(BaseCleaningSampler):
    """Drop rows of large classes that form a Tomek link with a row of another class.

    Two rows of different classes form a link when each is the other's nearest row.

    Parameters
    ----------
    sampling_strategy : str, list or callable, default="auto"
        Classes from which rows may be dropped: a str as in the other samplers, a list of
        labels, or a callable that takes y and returns such a list. "auto" takes all but the
        smallest.

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
    RandomUnderSampler : Drop rows until the classes are balanced.

    Notes
    -----
    The number of rows dropped follows from the data; classes stay imbalanced. Cost is that of
    the nearest row of every row: at most O(n^2 d), less with few columns. A row is never its
    own neighbour, even if it has duplicates; of equally near rows the first counts.

    References
    ----------
    .. [1] I. Tomek, "Two Modifications of CNN", IEEE Transactions on Systems, Man, and
       Cybernetics 6, 1976.

    Examples
    --------
    >>> import numpy as np
    >>> from imbalance_kit.under_sampling import TomekLinks
    >>> X = np.array([[0.0], [1.0], [2.0], [2.1], [5.0]])
    >>> y = np.array([0, 0, 0, 1, 1])
    >>> X_res, y_res = TomekLinks().fit_resample(X, y)
    >>> X_res.ravel().tolist()
    [0.0, 1.0, 2.1, 5.0]
    """

    _parameter_constraints: dict = {
        **BaseCleaningSampler._parameter_constraints,
        "n_jobs": [Integral, None],
        "categorical_features": CATEGORICAL_FEATURES,
        "metric": METRIC,
    }

    def __init__(
        self,
        *,
        sampling_strategy="auto",
        n_jobs=None,
        categorical_features="auto",
        metric="euclidean",
    ):
        super().__init__(sampling_strategy=sampling_strategy)
        self.n_jobs = n_jobs
        self.categorical_features = categorical_features
        self.metric = metric

    def _keep_all(self, opened, parts, rng):
        linked = tomek_links(
            metric_of_table(opened.points, self.metric), opened.target.y_encoded, self.n_jobs
        )
        return np.flatnonzero(~(linked & opened.in_parts(*resampled(parts))))


def tomek_links(X: Any, y: np.ndarray, n_jobs: int | None = None) -> np.ndarray:
    """Find the rows that are each other's nearest with a row of another class.

    Parameters
    ----------
    X : ndarray, CSR matrix or array, or Mixed, of shape (n_rows, n_columns)
        The points.

    y : ndarray of shape (n_rows,)
        Class labels.

    n_jobs : int or None, default=None
        Threads of the neighbour search.

    Returns
    -------
    linked : ndarray of shape (n_rows,), bool
        Whether a row is one of such a pair.
    """
    y_encoded = np.unique(y, return_inverse=True)[1]
    # One row of every link is outside the largest class, so most rows need no search.
    largest = np.bincount(y_encoded).argmax()
    nearest = np.full(len(y), -1)
    linked = np.zeros(len(y), dtype=bool)
    queries = np.flatnonzero(y_encoded != largest)
    if not len(queries):
        return linked
    nearest[queries] = nearest_rows(X, 1, rows=queries, n_jobs=n_jobs)[1][:, 0]
    partners = np.unique(nearest[queries])
    partners = partners[y_encoded[partners] == largest]
    nearest[partners] = nearest_rows(X, 1, rows=partners, n_jobs=n_jobs)[1][:, 0]
    candidates = queries[y_encoded[nearest[queries]] != y_encoded[queries]]
    candidates = candidates[nearest[nearest[candidates]] == candidates]
    linked[candidates] = linked[nearest[candidates]] = True
    return linked
