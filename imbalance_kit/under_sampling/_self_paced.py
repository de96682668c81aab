"""Self-paced under-sampling: draw rows of large classes by how hard they are.

The functions are shared with :mod:`imbalance_kit.ensemble`, where hardness comes from the
learners trained so far; the sampler gets it from out-of-fold predictions.
"""

from collections.abc import Callable
from numbers import Integral, Real

import numpy as np

from imbalance_kit._sampling.base import Rng
from imbalance_kit._sampling.shares import split_by_shares
from imbalance_kit._sklearn_compat import Interval, StrOptions
from imbalance_kit.under_sampling._out_of_fold import (
    BasePredictingUnderSampler,
    p_true_out_of_fold,
)

HARDNESS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "absolute": lambda p: 1.0 - p,
    "squared": lambda p: (1.0 - p) ** 2,
    "cross_entropy": lambda p: -np.log(np.clip(p, 1e-6, 1.0)),
}

# A bin of rows that are all perfectly easy would otherwise get an infinite share.
_SMALLEST_MEAN = 1e-6


def measure_hardness(hardness: str | Callable, p_true: np.ndarray) -> np.ndarray:
    """Hardness of rows from the predicted probability of their true class.

    Parameters
    ----------
    hardness : {"absolute", "squared", "cross_entropy"} or callable
        ``1 - p``, ``(1 - p)**2``, ``-log(p)`` (cut off at p = 1e-6), or a function of p.

    p_true : ndarray of shape (n_samples,)
        Probability of the true class.

    Returns
    -------
    hardness : ndarray of shape (n_samples,)
        Larger is harder.
    """
    if not callable(hardness):
        return HARDNESS[hardness](p_true)
    values = np.asarray(hardness(p_true), dtype=np.float64)
    if values.shape != p_true.shape or not np.isfinite(values).all():
        raise ValueError(
            "hardness as a callable takes the probabilities of the true class, of shape "
            f"{p_true.shape}, and must return as many finite numbers; it returned shape "
            f"{values.shape} with {np.count_nonzero(~np.isfinite(values))} not finite."
        )
    return values


def bin_shares(
    hardness: np.ndarray, *, k_bins: int, alpha: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Cut rows into hardness bins, and find how much of a draw each bin should give.

    Bins are of equal width between the smallest and the largest hardness, which must differ. A
    bin's share is ``1 / (mean hardness + alpha)``: at ``alpha=0`` every bin contributes the same
    total hardness, at infinity the same number of rows.

    Parameters
    ----------
    hardness : ndarray of shape (n_samples,)
        Hardness of the rows of one class.

    k_bins : int
        Number of bins.

    alpha : float
        Self-paced factor, at least 0.

    Returns
    -------
    bins : ndarray of shape (n_samples,)
        Bin of each row.

    population : ndarray of shape (k_bins,)
        Rows in each bin.

    share : ndarray of shape (k_bins,)
        Share of each bin, not normalised; 0 for an empty one.
    """
    low, high = hardness.min(), hardness.max()
    bins = bins_between(hardness, low, high, k_bins)
    population = np.bincount(bins, minlength=k_bins)
    total = np.bincount(bins, weights=hardness, minlength=k_bins)
    return bins, population, shares_of_bins(population, total, alpha)


def bins_between(hardness: np.ndarray, low: float, high: float, k_bins: int) -> np.ndarray:
    """Bin of each row, by equal widths between two different values."""
    # Means of few hard votes fall on the edges of bins: without the margin rounding decides.
    bins = hardness - low
    bins /= high - low
    bins *= k_bins
    bins += 1e-9
    # of numbers that are not negative the integer part is the floor
    return np.minimum(bins.astype(np.intp), k_bins - 1)


def shares_of_bins(population: np.ndarray, total: np.ndarray, alpha: float) -> np.ndarray:
    """Share of each bin from its number of rows and the sum of their hardness."""
    mean = np.maximum(total / np.maximum(population, 1), _SMALLEST_MEAN)
    share = np.ones(len(mean)) if np.isinf(alpha) else 1.0 / (mean + alpha)
    share[population == 0] = 0.0
    return share


def counts_by_shares(
    n: int, population: np.ndarray, share: np.ndarray, replacement: bool
) -> np.ndarray:
    """Rows to draw from each bin; what a full bin cannot give comes from the others."""
    share = share.copy()
    counts = np.zeros(len(share), dtype=np.int64)
    available = np.where(population > 0, n, 0) if replacement else population
    while (n_wanted := n - counts.sum()) > 0:
        share[available == 0] = 0.0
        counts += np.minimum(split_by_shares(n_wanted, share), available)
        available = available if replacement else population - counts
    return counts


def bin_counts(
    hardness: np.ndarray, n: int, *, k_bins: int, alpha: float, replacement: bool
) -> tuple[np.ndarray, np.ndarray]:
    """How many rows to draw from each hardness bin.

    Parameters
    ----------
    hardness, k_bins, alpha
        See `bin_shares`.

    n : int
        Rows to draw; at most ``n_samples`` without replacement.

    replacement : bool
        Without it no bin gives more rows than it holds; what is left goes to the other bins,
        in proportion to their shares.

    Returns
    -------
    bins : ndarray of shape (n_samples,)
        Bin of each row.

    counts : ndarray of shape (k_bins,)
        Rows to draw from each bin; they add up to `n`.
    """
    bins, population, share = bin_shares(hardness, k_bins=k_bins, alpha=alpha)
    return bins, counts_by_shares(n, population, share, replacement)


def draw_self_paced(
    hardness: np.ndarray,
    n: int,
    *,
    k_bins: int,
    alpha: float,
    sampling: str,
    replacement: bool,
    rng: Rng,
) -> np.ndarray:
    """Draw n rows of one class by hardness.

    Parameters
    ----------
    hardness : ndarray of shape (n_samples,)
        Hardness of the rows.

    n, k_bins, alpha, replacement
        See `bin_counts`.

    sampling : {"hard", "soft"}
        "hard" draws the exact number from each bin; "soft" gives every row its bin's
        probability and draws all rows at once.

    rng : RandomState
        Source of the draws.

    Returns
    -------
    rows : ndarray of shape (n,)
        Positions in `hardness`.
    """
    if hardness.min() == hardness.max():
        return rng.choice(len(hardness), size=n, replace=replacement)
    if sampling == "soft":
        bins, population, share = bin_shares(hardness, k_bins=k_bins, alpha=alpha)
        chance = (share / np.maximum(population, 1))[bins]
        return rng.choice(len(hardness), size=n, replace=replacement, p=chance / chance.sum())
    bins, counts = bin_counts(hardness, n, k_bins=k_bins, alpha=alpha, replacement=replacement)
    # numpy sorts short integers by counting, many times faster
    order = np.argsort(bins.astype(np.int16) if k_bins < 2**15 else bins, kind="stable")
    starts = np.concatenate([[0], np.cumsum(np.bincount(bins, minlength=k_bins))])
    drawn = [
        order[start:stop][rng.choice(stop - start, size=count, replace=replacement)]
        for start, stop, count in zip(starts, starts[1:], counts, strict=False)
        if count
    ]
    return np.concatenate(drawn)


class SelfPacedUnderSampler(BasePredictingUnderSampler):
    """Keep part of each large class, drawn from bins of how hard its rows are to predict.

    Hardness is one minus the out-of-fold probability of the row's class (or another
    function of it). Rows are cut into bins of equal hardness width, and each bin gives
    ``1 / (mean hardness + alpha)`` shares of the rows: many easy rows, yet never only easy ones.

    Parameters
    ----------
    sampling_strategy : float, str, dict or callable, default="auto"
        Which classes to resample, and to how many rows. A float is the wanted ratio of the
        small class to the large one (two classes only); a str names the classes to even out
        ("majority", "not minority", "not majority", "all"; "minority" for over-samplers); a
        dict maps classes to numbers of rows; a callable takes y and returns such a dict.

    estimator : classifier with ``predict_proba``, default=None
        Gives the probabilities; it is cloned and gets X as it came. None stands for 50 LightGBM
        trees, for which nominal columns are turned into codes.

    k_bins : int, default=5
        Number of hardness bins.

    hardness : {"absolute", "squared", "cross_entropy"} or callable, default="absolute"
        ``1 - p``, ``(1 - p)**2`` or ``-log(p)`` of the probability p of the true class, or a
        function of p.

    alpha : float, default=1.0
        Self-paced factor, at least 0: 0 makes the bins contribute equal total hardness,
        ``float("inf")`` equal numbers of rows.

    sampling : {"hard", "soft"}, default="hard"
        Whether bins give exact numbers of rows, or each row its bin's probability.

    replacement : bool, default=False
        Whether a row may be drawn more than once.

    cv : int, default=5
        Folds of the out-of-fold predictions, fewer where a class has fewer rows.

    categorical_features : "auto", array-like or None, default="auto"
        Nominal columns: positions, names or a mask. "auto" takes the columns
        that hold categories, strings or booleans; None takes every column as numeric.

    random_state : int, RandomState instance or None, default=None
        Seed of the draws. An int gives the same rows at every call.

    n_jobs : int or None, default=None
        Folds predicted at the same time. The result does not depend on it.

    Attributes
    ----------
    sampling_strategy_ : dict
        Rows kept of each resampled class.

    hardness_ : ndarray of shape (n_samples,)
        Hardness of every input row.

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
    imbalance_kit.ensemble.SelfPacedEnsembleClassifier : The ensemble this draw comes from.

    RandomUnderSampler : Draw without looking at the rows.

    Notes
    -----
    Counts are exact. Cost is `cv` fits on the table; the draw itself is O(n). No distances are
    used. Because the draw depends on the rows, prior correction of the probabilities is only
    approximate.

    References
    ----------
    .. [1] Z. Liu, W. Cao, Z. Gao, J. Bian, H. Chen, Y. Chang, T.-Y. Liu, "Self-paced Ensemble for
       Highly Imbalanced Massive Data Classification", IEEE International Conference on Data
       Engineering (ICDE), 2020.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.datasets import make_classification
    >>> from imbalance_kit.under_sampling import SelfPacedUnderSampler
    >>> X, y = make_classification(n_samples=500, weights=[0.9], flip_y=0, random_state=0)
    >>> X_res, y_res = SelfPacedUnderSampler(random_state=0).fit_resample(X, y)
    >>> np.bincount(y_res).tolist()
    [49, 49]
    """

    _parameter_constraints: dict = {
        **BasePredictingUnderSampler._parameter_constraints,
        "k_bins": [Interval(Integral, 1, None, closed="left")],
        "hardness": [StrOptions(set(HARDNESS)), callable],
        "alpha": [Interval(Real, 0, None, closed="both")],  # infinity included
        "sampling": [StrOptions({"hard", "soft"})],
        "replacement": ["boolean"],
        "cv": [Interval(Integral, 2, None, closed="left")],
        "n_jobs": [Integral, None],
    }

    def __init__(
        self,
        *,
        sampling_strategy="auto",
        estimator=None,
        k_bins=5,
        hardness="absolute",
        alpha=1.0,
        sampling="hard",
        replacement=False,
        cv=5,
        categorical_features="auto",
        random_state=None,
        n_jobs=None,
    ):
        super().__init__(sampling_strategy=sampling_strategy)
        self.estimator = estimator
        self.k_bins = k_bins
        self.hardness = hardness
        self.alpha = alpha
        self.sampling = sampling
        self.replacement = replacement
        self.cv = cv
        self.categorical_features = categorical_features
        self.random_state = random_state
        self.n_jobs = n_jobs

    def _keep_all(self, opened, parts, rng):
        p_true = p_true_out_of_fold(
            self._learner(),
            self._training_table(opened),
            opened.target.labels,
            cv=self.cv,
            n_jobs=self.n_jobs,
            rng=rng,
        )
        hardness = measure_hardness(self.hardness, p_true)
        self.hardness_ = hardness
        kept = []
        for part in parts:
            rows = part.rows
            if part.n is not None:
                drawn = draw_self_paced(
                    hardness[rows],
                    part.n,
                    k_bins=self.k_bins,
                    alpha=self.alpha,
                    sampling=self.sampling,
                    replacement=self.replacement,
                    rng=rng,
                )
                rows = rows[drawn]
            kept.append(rows)
        return np.concatenate(kept)
