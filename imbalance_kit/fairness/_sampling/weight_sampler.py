"""Any weigher as a sampler: rows are left out or repeated by their weights."""

import warnings
from typing import Any

import numpy as np
from sklearn.base import clone

from imbalance_kit._sampling.base import Rng
from imbalance_kit._sampling.records import Resampled
from imbalance_kit._sampling.shares import split_by_shares
from imbalance_kit._sklearn_compat import HasMethods, StrOptions
from imbalance_kit.fairness._sampling.base import (
    BaseFairSampler,
    OpenedGroups,
    rows_by_counts,
    systematic_counts,
)


class WeightSampler(BaseFairSampler):
    """Draws rows by the weights that a weigher gives them.

    For learners that take no weights, and for the forms of methods that leave out rows.

    Parameters
    ----------
    weigher : weigher
        Cloned and fitted; its parameters also name the columns of X that hold sensitive features.

    mode : {"undersample", "bootstrap"}, default="undersample"
        "undersample" keeps each row with the chance of its weight over the largest one.
        "bootstrap" draws as many rows as there are, with replacement, with chances in proportion
        to the weights.

    random_state : int, RandomState instance or None, default=None
        Seed of the draws. An int gives the same rows at every call.

    Attributes
    ----------
    weigher_ : weigher
        The fitted weigher.

    sampling_strategy_ : dict
        Rows of each class that came in.

    groups_ : tuple
        The groups, sorted.

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
    imbalance_kit.compose.WeightedClassifier : The weights themselves, which waste no row.

    FairSampler : The sizes of reweighing by repeating and leaving out at once.

    Notes
    -----
    The numbers of rows of each group and class are exact: the wanted ones, rounded. Where the
    weight is positive a row at least is kept. Rows that stay come first, in their order, then
    the repeated ones. With equal weights "undersample" keeps every row.

    Weights given to ``fit_resample`` are not shown to the weigher; they go along with their rows.
    Groups are needed in ``fit_resample`` alone, not to predict. Values of X are not looked at,
    other than by the weigher. Cost is that of the weigher and O(n).

    References
    ----------
    .. [1] Y. Roh, K. Lee, S. E. Whang, C. Suh, "Improving Fair Training under Correlation Shifts",
       International Conference on Machine Learning (ICML), 2023.

    Examples
    --------
    >>> import numpy as np
    >>> from imbalance_kit.fairness import Reweighing, WeightSampler
    >>> group = np.repeat(["f", "m"], [500, 500])
    >>> y = np.repeat([1, 0, 1, 0], [100, 400, 300, 200])
    >>> sampler = WeightSampler(Reweighing(), random_state=0)
    >>> X = np.arange(1000.0)[:, None]
    >>> _, y_res = sampler.fit_resample(X, y, sensitive_features=group)
    >>> left = group[sampler.sample_indices_]
    >>> [float(y_res[left == g].mean().round(3)) for g in ("f", "m")]
    [0.4, 0.4]
    """

    _parameter_constraints: dict = {
        "weigher": [HasMethods(["fit"])],
        "mode": [StrOptions({"undersample", "bootstrap"})],
        "random_state": ["random_state"],
    }

    def __init__(self, weigher, *, mode="undersample", random_state=None):
        self.weigher = weigher
        self.mode = mode
        self.random_state = random_state

    def _group_columns(self) -> Any:
        return getattr(self.weigher, "sensitive_features", None)

    def _reads_values(self):
        return False

    def _resample_groups(self, opened: OpenedGroups, rng: Rng) -> Resampled:
        given = opened.sensitive_features
        beside = {} if given is None else {"sensitive_features": given}
        with warnings.catch_warnings():
            # this sampler has read the groups as well, and has warned where there are none
            warnings.filterwarnings("ignore", ".*was given no sensitive_features", UserWarning)
            fitted = clone(self.weigher).fit(opened.table.X, opened.target.labels, **beside)
        self.weigher_ = fitted
        weight = np.asarray(fitted.sample_weight_, dtype=np.float64)
        rows = opened.group_classes
        sums = rows.weight_sums(weight).ravel()
        # a row of the largest weight stays for certain, all others in proportion to it
        if self.mode == "undersample":
            wanted = np.rint(sums / weight.max()).astype(np.intp)
            wanted[(sums > 0) & (wanted == 0)] = 1
        else:
            wanted = split_by_shares(opened.n_rows, sums)
        # Drawn within each group and class: so their numbers are exact, and only which rows are
        # taken is left to chance.
        counts = np.zeros(opened.n_rows, dtype=np.intp)
        for number in np.flatnonzero(wanted):
            candidates = np.flatnonzero(rows.of_row == number)
            n = int(wanted[number])
            if self.mode == "undersample":
                counts[candidates] = systematic_counts(weight[candidates], n, rng)
            else:
                chances = weight[candidates] / weight[candidates].sum()
                drawn = rng.choice(len(candidates), size=n, p=chances)
                counts[candidates] = np.bincount(drawn, minlength=len(candidates))
        return Resampled.selection(rows_by_counts(counts))
