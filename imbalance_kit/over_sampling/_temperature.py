"""Temperature sampling: class sizes drawn together, all the way to balance or part of it."""

import warnings
from numbers import Integral, Real

import numpy as np
from imblearn.base import BaseSampler

from imbalance_kit._sampling.base import SamplerBase
from imbalance_kit._sampling.records import Resampled
from imbalance_kit._sampling.shares import split_by_shares
from imbalance_kit._sklearn_compat import Interval, StrOptions
from imbalance_kit._tables.labels import require_two_classes, spell


class TemperatureSampler(SamplerBase, BaseSampler):
    """Grow small classes and shrink large ones, to shares set by a temperature.

    Class k, of n_k rows, gets a share proportional to ``n_k ** (1 / tau)``.

    Parameters
    ----------
    tau : float, default=2.0
        Temperature. 1 keeps the shares as they are, infinity makes them equal, values between
        go part of the way. Values below 1 make large classes larger still, with a warning.

    n_total : "same" or int, default="same"
        Rows to return; "same" returns as many as there are. With ``mode="weight"``, what the
        weights of unweighted rows add up to.

    mode : {"sample", "weight"}, default="sample"
        Whether to draw rows, or to keep every row and give it a weight: its class's new share
        over its old one, in ``sample_weight_``.

    random_state : int, RandomState instance or None, default=None
        Seed of the draws. An int gives the same rows at every call.

    Attributes
    ----------
    sampling_strategy_ : dict
        Rows returned of each class.

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
    RandomOverSampler : Equal shares by growing alone.

    imbalance_kit.under_sampling.RandomUnderSampler : Equal shares by shrinking alone.

    Notes
    -----
    Counts are exact: the shares of `n_total` rounded by the largest remainders, so that they
    add up to it. A share that leaves a class without any row is an error. Rows that stay come
    first, in their order; behind them, class by class, the rows that are drawn again. A class
    that shrinks is drawn without replacement; one that grows keeps all its rows. Cost is O(n).
    The values of X are not used, so dates, words, missing and infinite values are fine.

    Drawing and weighting have the same objective in expectation. Weights use every row and
    repeat none; drawing makes a smaller table and evens out the steps of stochastic learners.
    With ``mode="weight"`` the rows are unchanged and the weights are in ``sample_weight_``;
    :class:`~imbalance_kit.compose.ResampledClassifier` passes them on to its estimator, a
    pipeline carries no weights past a sampler. Weights given to ``fit_resample`` are
    multiplied.

    References
    ----------
    .. [1] T. Li, H. Xu, W. Tan, K. Murray, D. Khashabi, "Upsample or Upweight? Balanced Training
       on Heavily Imbalanced Datasets", arXiv:2410.04579, 2024.

    Examples
    --------
    >>> import numpy as np
    >>> from imbalance_kit.over_sampling import TemperatureSampler
    >>> X, y = np.arange(1000.0)[:, None], np.repeat([0, 1, 2], [900, 90, 10])
    >>> X_res, y_res = TemperatureSampler(tau=2, random_state=0).fit_resample(X, y)
    >>> np.bincount(y_res).tolist()
    [703, 223, 74]
    >>> sampler = TemperatureSampler(tau=2, mode="weight")
    >>> X_same, y_same = sampler.fit_resample(X, y)
    >>> sampler.sample_weight_[[0, 900, 990]].round(3).tolist()
    [0.782, 2.472, 7.415]
    """

    _sampling_type = "bypass"
    _makes_rows = True
    _parameter_constraints: dict = {
        "tau": [Interval(Real, 0, np.inf, closed="right")],
        "n_total": [StrOptions({"same"}), Interval(Integral, 1, None, closed="left")],
        "mode": [StrOptions({"sample", "weight"})],
        "random_state": ["random_state"],
    }

    def __init__(self, *, tau=2.0, n_total="same", mode="sample", random_state=None):
        self.tau = tau
        self.n_total = n_total
        self.mode = mode
        self.random_state = random_state

    def _allowed_numbers(self):
        return False

    def _points(self, table):
        return None, ()

    def _parts(self, target):
        classes, y_encoded = target.classes, target.y_encoded
        require_two_classes(classes)
        counts = np.bincount(y_encoded)
        if self.mode == "weight":
            return target.parts_of(dict(zip(classes.tolist(), counts.tolist(), strict=True)))
        wanted = split_by_shares(self._n_total(target.n_rows), self._shares(counts))
        if not wanted.all():
            lost = ", ".join(spell(label) for label in classes[wanted == 0])
            raise ValueError(
                f"tau={self.tau} and n_total={self.n_total!r} leave no row of class {lost}. "
                "Raise tau or n_total."
            )
        return target.parts_of(dict(zip(classes.tolist(), wanted.tolist(), strict=True)))

    def _n_total(self, n_rows: int) -> int:
        return n_rows if self.n_total == "same" else self.n_total

    def _shares(self, counts: np.ndarray) -> np.ndarray:
        """Share of each class at this temperature."""
        if self.tau < 1:
            warnings.warn(
                f"tau={self.tau} is below 1: large classes get larger and small ones smaller. "
                "Use a tau above 1 to even them out.",
                UserWarning,
                stacklevel=2,
            )
        # in logs, and relative to the largest class, so that a small tau does not overflow
        shares = np.exp((np.log(counts) - np.log(counts.max())) / self.tau)
        return shares / shares.sum()

    def _resample(self, opened, parts, rng):
        n_rows = opened.n_rows
        if self.mode == "weight":
            counts = np.array([len(part.rows) for part in parts])
            shares = self._shares(counts)
            weight = (shares * self._n_total(n_rows) / counts)[opened.target.y_encoded]
            return Resampled.selection(np.arange(n_rows), weight=weight)
        # Rows that remain come in the order of the table, drawn copies behind them class by class.
        remains, added = np.ones(n_rows, dtype=bool), []
        for part in parts:
            n, n_class = part.n, len(part.rows)
            if n < n_class:
                remains[part.rows] = False
                remains[part.rows[rng.choice(n_class, size=n, replace=False)]] = True
            else:
                added.append(rng.choice(part.rows, size=n - n_class, replace=True))
        return Resampled.selection(np.concatenate([np.flatnonzero(remains), *added]))
