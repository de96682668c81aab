"""LVQ-SMOTE: rows near one vector of a class's codebook, moved to another vector of it."""

import warnings
from dataclasses import dataclass
from numbers import Integral
from typing import Any

import numpy as np
from scipy import sparse
from sklearn.cluster import KMeans
from sklearn.exceptions import ConvergenceWarning
from threadpoolctl import threadpool_limits

from imbalance_kit._neighbors.nearest import nearest_rows
from imbalance_kit._sampling.base import BaseOverSampler, Rng
from imbalance_kit._sampling.mixed_metrics import metric_of_class
from imbalance_kit._sampling.plans import Plan, realise, realise_by
from imbalance_kit._sklearn_compat import Interval
from imbalance_kit._tables.imputation import embed
from imbalance_kit._tables.magnitude import Units
from imbalance_kit._tables.points import Mixed
from imbalance_kit.over_sampling._base import OF_NEIGHBORS, draw_copies, k_for


@dataclass(frozen=True)
class _Moved(Plan):
    """A plan whose rows are their seeds, moved from one vector of a codebook to another.

    Attributes
    ----------
    codebook : ndarray of shape (n_codes, n_numbers)
        The vectors.

    source, target : ndarray of shape (n_new,)
        Vector that each row is near, and the one it is moved to.
    """

    codebook: Any = None
    source: Any = None
    target: Any = None


class LVQSMOTE(BaseOverSampler):
    """Make rows by repeating near one vector of a class's codebook what is found near another.

    A codebook has a vector for each part of the class. Two vectors are drawn, then the two others
    that lie to each other most nearly as these do; a row near the one of these is moved to the one
    drawn first.

    Parameters
    ----------
    sampling_strategy : float, str, dict or callable, default="auto"
        Which classes to resample, and to how many rows. A float is the wanted ratio of the
        small class to the large one (two classes only); a str names the classes to even out
        ("majority", "not minority", "not majority", "all"; "minority" for over-samplers); a
        dict maps classes to numbers of rows; a callable takes y and returns such a dict.

    random_state : int, RandomState instance or None, default=None
        Seed of the draws. An int gives the same rows at every call.

    n_codebook : int, default=10
        Vectors of each class; fewer in a class with fewer different rows.

    n_neighbors : int, default=5
        Rows nearest to a code that may be moved from it.

    small_class : {"shrink", "raise", "copy"}, default="shrink"
        What to do about a class with no more than `n_neighbors` rows: use the neighbours there
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
    PolynomFitSMOTE : Lines and curves through the whole class.

    SMOTE : Lines between nearest rows.

    Notes
    -----
    Counts are exact, and originals come first, unchanged. New rows reach beyond the class: that
    is the purpose of the method.

    The codebook holds the centres of k-means within the class, the form in which [2]_ compares the
    method; the paper [1]_ trains it with learning vector quantization and takes what it repeats
    from a collection of other data sets. A row that is itself a vector has no offset to what
    surrounds it, so the next nearest row is taken. With three vectors or fewer any other is taken.

    Cost is that of k-means, O(m d) for each vector and iteration in a class of m rows and d
    columns, and O(c^4) for c vectors. New rows of a sparse table have values wherever the vectors
    have, that is almost everywhere.

    With nominal columns vectors are found with a mismatch counted as in SMOTE-NC, and the new row
    takes the value most frequent among the rows nearest to the vector it is moved to. Vectors are
    those of a copy with column medians for missing numbers; a new row misses what its seed misses.

    References
    ----------
    .. [1] M. Nakamura, Y. Kajiwara, A. Otsuka, H. Kimura, "LVQ-SMOTE - Learning Vector
       Quantization based Synthetic Minority Over-sampling Technique for biomedical data",
       BioData Mining 6, 2013.

    .. [2] G. Kovács, "An empirical comparison and evaluation of minority oversampling techniques
       on a large number of imbalanced datasets", Applied Soft Computing 83, 2019.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.datasets import make_classification
    >>> from imbalance_kit.over_sampling import LVQSMOTE
    >>> X, y = make_classification(n_samples=500, weights=[0.9], flip_y=0, random_state=0)
    >>> np.bincount(y).tolist()
    [451, 49]
    >>> X_res, y_res = LVQSMOTE(random_state=0).fit_resample(X, y)
    >>> np.bincount(y_res).tolist()
    [451, 451]
    """

    _parameter_constraints: dict = {
        **OF_NEIGHBORS,
        "n_codebook": [Interval(Integral, 1, None, closed="left")],
        "n_neighbors": [Interval(Integral, 1, None, closed="left")],
    }

    def __init__(
        self,
        *,
        sampling_strategy="auto",
        random_state=None,
        n_codebook=10,
        n_neighbors=5,
        small_class="shrink",
        categorical_features="auto",
        n_jobs=None,
    ):
        super().__init__(sampling_strategy=sampling_strategy)
        self.random_state = random_state
        self.n_codebook = n_codebook
        self.n_neighbors = n_neighbors
        self.small_class = small_class
        self.categorical_features = categorical_features
        self.n_jobs = n_jobs

    def _plan(self, opened, part, rng):
        class_rows, n = part.rows, part.n
        k = k_for(self.n_neighbors, len(class_rows), part.key, self.small_class, "n_neighbors")
        if k == 0:
            return draw_copies(class_rows, n, rng)
        units = Units(opened.points[class_rows], centre=True)
        points = units.apply(opened.points[class_rows])
        points = embed(metric_of_class(points, np.arange(len(class_rows)))).astype(np.float64)
        codebook = find_codebook(points, self.n_codebook, rng)
        n_codes = len(codebook)
        queries = sparse.csr_array(codebook) if sparse.issparse(points) else codebook
        # One more than wanted: the mean of a single row is that row, which is no neighbour of it.
        squared, near = nearest_rows(points, k + 1, queries=queries, n_jobs=self.n_jobs)
        itself = (squared[:, 0] == 0).astype(np.int64)
        target = rng.randint(0, n_codes, size=n)
        step = rng.randint(1, n_codes, size=n) if n_codes > 1 else 0
        other = (target + step) % n_codes
        source = match_offsets(codebook)[target, other] if n_codes > 3 else other
        seed = class_rows[near[source, itself[source] + rng.randint(0, k, size=n)]]
        is_mixed = isinstance(opened.points, Mixed)
        n_numbers = opened.points.numbers.shape[1] if is_mixed else codebook.shape[1]
        return _Moved(
            seed=seed,
            partner=seed,
            gap=np.zeros(n),
            voters=class_rows[near[target, :k]] if is_mixed else None,
            # `embed` puts the numbers first; the columns behind them stand for levels, which vote.
            # Only differences of vectors are used, in which an offset does not matter.
            codebook=np.ldexp(codebook[:, :n_numbers], -units.exponent),
            source=source,
            target=target,
        )

    def _realise(self, opened, part, plan, rng):
        if not isinstance(plan, _Moved):
            return realise(opened.points, plan, rng)

        def move(start, _, block):
            return start + (plan.codebook[plan.target[block]] - plan.codebook[plan.source[block]])

        return realise_by(move, opened.points, plan, rng)


def find_codebook(points: Any, n_codes: int, rng: Rng) -> np.ndarray:
    """Centres of k-means; one that has a single row equals it."""
    n_rows = points.shape[0]
    k_means = KMeans(min(n_codes, n_rows), n_init=1, random_state=rng)
    # One thread: sums do not depend on their number, and on small classes they wait for each other.
    with warnings.catch_warnings(), threadpool_limits(1, user_api="openmp"):
        warnings.simplefilter("ignore", ConvergenceWarning)  # fewer different rows than vectors
        _, code = np.unique(k_means.fit_predict(points), return_inverse=True)
    # Again from the rows, as k-means shifts them on the way.
    belongs = sparse.csr_array((np.ones(n_rows), (code, np.arange(n_rows))))
    sums = belongs @ points
    return (sums.toarray() if sparse.issparse(sums) else sums) / np.bincount(code)[:, None]


def match_offsets(codebook: np.ndarray) -> np.ndarray:
    """For vectors a and b, the first of the two others whose offset is most like that of a and b.

    Parameters
    ----------
    codebook : ndarray of shape (n_codes, n_columns)
        Four vectors at least.

    Returns
    -------
    ndarray of shape (n_codes, n_codes)
        The vector to take rows near; on the diagonal nothing useful.
    """
    n_codes = len(codebook)
    centred = codebook - codebook.mean(axis=0)
    product = centred @ centred.T
    length = np.diag(product)[:, None] + np.diag(product) - 2.0 * product
    length[np.diag_indices(n_codes)] = np.inf  # no vector is a pair with itself
    best = np.empty((n_codes, n_codes), dtype=np.int64)
    everyone = np.arange(n_codes)
    for a in everyone:  # over vectors, not rows; all at once would take n_codes**4 numbers
        # squared distance of offsets b - i - j, but for what only depends on a and b
        similar = product[a][:, None] - product[a] - product[:, :, None] + product[:, None, :]
        unlike = length - 2.0 * similar
        unlike[:, a, :] = unlike[:, :, a] = np.inf
        unlike[everyone, everyone, :] = unlike[everyone, :, everyone] = np.inf
        best[a] = unlike.reshape(n_codes, -1).argmin(axis=1) // n_codes
    return best
