"""NearMiss: keep the rows of large classes by their distances to the smallest class."""

import warnings
from numbers import Integral
from typing import Any

import numpy as np
from scipy import sparse
from sklearn.base import clone
from sklearn.metrics.pairwise import euclidean_distances

from imbalance_kit._neighbors.custom import NEIGHBORS, at_most
from imbalance_kit._neighbors.nearest import nearest_rows
from imbalance_kit._sampling.base import CATEGORICAL_FEATURES, BaseUnderSampler
from imbalance_kit._sampling.mixed_metrics import METRIC, metric_of_table
from imbalance_kit._sampling.targets import Part
from imbalance_kit._sklearn_compat import Interval
from imbalance_kit._tables.imputation import embed
from imbalance_kit._tables.labels import spell
from imbalance_kit._tables.magnitude import centred
from imbalance_kit._tables.points import Mixed, as_table, measure

_BLOCK_ELEMENTS = 1 << 20  # pairs of rows that are measured together
_DIFFERENCES = 1 << 16  # that are found at a time, so that they stay in the cache
_FEW_PAIRS = 1 << 16  # pairs of rows up to which measuring all of them is as fast
_LARGEST_SINGLE, _SMALLEST_SINGLE = 2.0**50, 2.0**-50  # numbers whose squares float32 adds up


class NearMiss(BaseUnderSampler):
    """Keep the rows of large classes that are near the smallest class.

    Version 1 keeps the rows whose mean distance to their nearest rows of the smallest class is
    smallest; version 2 those whose mean distance to their farthest rows of the smallest class is
    smallest. Version 3 first takes the nearest rows of every row of the smallest class, and of
    these keeps those whose mean distance to their nearest rows of the smallest class is largest.

    Parameters
    ----------
    sampling_strategy : float, str, dict or callable, default="auto"
        Which classes to resample, and to how many rows. A float is the wanted ratio of the
        small class to the large one (two classes only); a str names the classes to even out
        ("majority", "not minority", "not majority", "all"; "minority" for over-samplers); a
        dict maps classes to numbers of rows; a callable takes y and returns such a dict.

    version : {1, 2, 3}, default=1
        Which of the three rules decides.

    n_neighbors : int or neighbours estimator, default=3
        Rows of the smallest class whose distances are averaged, found exactly; or an object with
        ``fit`` and ``kneighbors``, which gets complete numbers, nominal columns one-hot.

    n_neighbors_ver3 : int or neighbours estimator, default=3
        Nearest rows of a large class that version 3 takes for each row of the smallest class;
        or such an object.

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
        Rows kept of each resampled class.

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
    RandomUnderSampler : Keep rows by chance.

    TomekLinks : Drop rows near the smallest class instead.

    Notes
    -----
    Counts are exact in versions 1 and 2. Version 3 can only keep rows that its first step took;
    where these are too few it keeps them all and warns. Rows come out class by class, those kept
    first before the others; of equally good ones the first in the table. Cost for n rows of a
    class and m of the smallest is O(n m d) at most; version 2 always measures all of these
    distances, some rows at a time. Missing values are left out of a distance. A
    smallest class with fewer rows than `n_neighbors` uses those
    it has, with a warning.

    References
    ----------
    .. [1] J. Zhang, I. Mani, "kNN Approach to Unbalanced Data Distributions: A Case Study
       Involving Information Extraction", ICML Workshop on Learning from Imbalanced Datasets,
       2003.

    Examples
    --------
    >>> import numpy as np
    >>> from imbalance_kit.under_sampling import NearMiss
    >>> X = np.array([[0.0], [1.0], [2.0], [3.0], [4.1], [5.0]])
    >>> y = np.array([0, 0, 0, 0, 1, 1])
    >>> X_res, y_res = NearMiss(n_neighbors=2).fit_resample(X, y)
    >>> X_res.ravel().tolist()
    [3.0, 2.0, 4.1, 5.0]
    """

    _parameter_constraints: dict = {
        **BaseUnderSampler._parameter_constraints,
        "version": [Interval(Integral, 1, 3, closed="both")],
        "n_neighbors": NEIGHBORS,
        "n_neighbors_ver3": NEIGHBORS,
        "n_jobs": [Integral, None],
        "categorical_features": CATEGORICAL_FEATURES,
        "metric": METRIC,
    }

    def __init__(
        self,
        *,
        sampling_strategy="auto",
        version=1,
        n_neighbors=3,
        n_neighbors_ver3=3,
        n_jobs=None,
        categorical_features="auto",
        metric="euclidean",
    ):
        super().__init__(sampling_strategy=sampling_strategy)
        self.version = version
        self.n_neighbors = n_neighbors
        self.n_neighbors_ver3 = n_neighbors_ver3
        self.n_jobs = n_jobs
        self.categorical_features = categorical_features
        self.metric = metric

    def _keep_all(self, opened, parts, rng):
        points = metric_of_table(opened.points, self.metric)
        minority = min((part.rows for part in parts), key=len)
        k = at_most(self.n_neighbors, len(minority))
        kept = [
            part.rows if part.n is None else self._nearest_of(points, part, minority, k)
            for part in parts
        ]
        return np.concatenate(kept)

    def _nearest_of(self, points: Any, part: Part, minority: np.ndarray, k: Any) -> np.ndarray:
        """The ``part.n`` best rows of a class, best first."""
        class_rows, n = part.rows, part.n or 0
        if self.version == 2:
            count = int(k if isinstance(k, Integral) else k.n_neighbors)
            badness = _farthest_sums(points, class_rows, minority, count)
        elif self.version == 1:
            badness = _nearest(k, points, minority, class_rows, self.n_jobs)[0].sum(axis=1)
        else:
            first = at_most(self.n_neighbors_ver3, len(class_rows), "n_neighbors_ver3")
            near = _nearest(first, points, class_rows, minority, self.n_jobs)[1]
            class_rows = class_rows[np.unique(near)]
            badness = -_nearest(k, points, minority, class_rows, self.n_jobs)[0].sum(axis=1)
            if len(class_rows) < n:
                warnings.warn(
                    f"Class {spell(part.key)} was to keep {n} rows, but only {len(class_rows)} of "
                    "its rows are among the nearest of the smallest class; those are kept. Raise "
                    "n_neighbors_ver3 to have more.",
                    UserWarning,
                    stacklevel=2,
                )
        return class_rows[np.argsort(badness, kind="stable")[:n]]


def _nearest(
    search: Any, X: Any, among: np.ndarray, queries: np.ndarray, n_jobs: int | None
) -> tuple[np.ndarray, np.ndarray]:
    """Distances to the nearest of some rows, and their positions among these."""
    if isinstance(search, Integral):
        squares, near = nearest_rows(X[among], int(search), queries=X[queries], n_jobs=n_jobs)
        return np.sqrt(squares), near
    numbers = embed(X)
    return clone(search).fit(numbers[among]).kneighbors(numbers[queries])


def _farthest_sums(X: Any, class_rows: np.ndarray, minority: np.ndarray, k: int) -> np.ndarray:
    """Sum of the distances from each row of a class to its k farthest of the smallest class."""
    table = as_table(centred(X))
    singles = _singles(table) if len(class_rows) * len(minority) > _FEW_PAIRS else None
    if singles is not None:
        return _farthest_sums_by_products(table, singles, class_rows, minority, k)
    sums = np.empty(len(class_rows))
    others = table[minority]
    step = max(1, _BLOCK_ELEMENTS // len(minority))
    for start in range(0, len(class_rows), step):
        block = table[class_rows[start : start + step]]
        if sparse.issparse(table) and not np.isnan(table.data).any():
            # far rows lose nothing to the rounding of products
            squares = euclidean_distances(block, others, squared=True)
        else:
            squares = np.zeros((block.shape[0], len(minority)))
            with np.errstate(over="ignore", under="ignore"):
                measure(squares, block, others)
        squares.partition(len(minority) - k, axis=1)
        largest = np.sort(squares[:, len(minority) - k :], axis=1)
        sums[start : start + step] = np.sqrt(largest).cumsum(axis=1)[:, -1]
    return sums


def _singles(table: Any) -> np.ndarray | None:
    """A table of complete numbers in float32, from near its centre; None for any other one."""
    if not isinstance(table, Mixed) or table.category_codes.shape[1]:
        return None
    numbers = table.numbers
    with np.errstate(over="ignore", under="ignore", invalid="ignore"):
        singles = (numbers - np.median(numbers[:: max(1, len(numbers) // 128)], axis=0)).astype(
            np.float32
        )
        largest = np.abs(singles).max()  # NaN where a number is missing
    return singles if _SMALLEST_SINGLE < largest < _LARGEST_SINGLE else None


def _farthest_sums_by_products(
    table: Mixed, singles: np.ndarray, class_rows: np.ndarray, minority: np.ndarray, k: int
) -> np.ndarray:
    """The same by products of matrices: these select pairs that may count, and those are measured.

    Half the squared distance of two rows is h + g - p, with the halves of their squared lengths
    and their product. Found in float32, it is off by at most (n_columns + 16) 2**-24 (h + g), in
    whatever order the product is added up.
    """
    n_columns = singles.shape[1]
    bound = 1.02 * (n_columns + 16) * 2.0**-24
    vanished = n_columns * 2.0**-140  # terms too small for float32
    halves = 0.5 * np.einsum("ij,ij->i", singles, singles, dtype=np.float64)
    others, other_halves = singles[minority], halves[minority]
    at_least = ((1.0 - bound) * other_halves).astype(np.float32)
    spare = (2.0 * bound * other_halves).astype(np.float32)
    sums = np.empty(len(class_rows))
    step = max(1, _BLOCK_ELEMENTS // len(minority))
    for start in range(0, len(class_rows), step):
        rows = class_rows[start : start + step]
        # the least that half the squared distance can be, but for the half that the row adds
        least = at_least - singles[rows] @ others.T
        kth = np.partition(least, len(minority) - k, axis=1)[:, len(minority) - k]
        least += spare
        limit = kth - (2.0 * bound * halves[rows] + vanished).astype(np.float32)
        query, other = np.nonzero(least >= limit[:, None])
        squares = _squares_of_pairs(table.numbers, rows[query], minority[other])
        order = np.lexsort((squares, query))
        ends = np.cumsum(np.bincount(query, minlength=len(rows)))
        # ascending within a row, of which the last k count
        largest = squares[order][ends[:, None] + np.arange(-k, 0)]
        sums[start : start + step] = np.sqrt(largest).cumsum(axis=1)[:, -1]
    return sums


def _squares_of_pairs(numbers: np.ndarray, rows: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Squared distances of pairs of rows, added up by column as everywhere."""
    squares = np.empty(len(rows))
    step = max(1, _DIFFERENCES // numbers.shape[1])
    for start in range(0, len(rows), step):
        pairs = slice(start, start + step)
        differences = numbers[rows[pairs]] - numbers[others[pairs]]
        differences *= differences
        # down the first axis the columns are added one after the other
        squares[pairs] = np.add.reduce(np.ascontiguousarray(differences.T), axis=0)
    return squares
