"""Any weigher as a sampler: rows are left out or repeated by their weights."""

import warnings
from typing import Any

import numpy as np
from sklearn.base import clone

from imbalance_kit._sampling.base import Rng
from imbalance_kit._sampling.shares import split_by_shares
from imbalance_kit._sklearn_compat import HasMethods, StrOptions
from imbalance_kit.fairness._sampling.base import (
    BaseFairSampler,
    Data,
    Drawn,
    arrange,
    systematic_counts,
)


class WeightSampler(BaseFairSampler):
    """Draws rows by the weights that a weigher gives them.

    For learners that take no weights, and for the forms of methods that leave out rows.

    Parameters
    ----------
    weigher : weigher
        Cloned and fitted; it also says which columns of X hold the sensitive features.

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
    The numbers of rows of the cells of a group and a class are exact: the wanted ones, rounded. A
    cell of positive weight keeps a row at least. Rows that stay come first, in their order, then
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

    _looks = False
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

    def _draw(self, data: Data, rng: Rng) -> Drawn:
        given = {} if data.given is None else {"sensitive_features": data.given}
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", ".*was given no sensitive_features", UserWarning)
            self.weigher_ = clone(self.weigher).fit(data.X, data.labels, **given)
        weight = np.asarray(self.weigher_.sample_weight_, dtype=np.float64)
        by_cell = np.bincount(data.cells, weights=weight, minlength=data.counts.size)
        if self.mode == "undersample":
            wanted = np.rint(by_cell / weight.max()).astype(np.intp)
            wanted[(by_cell > 0) & (wanted == 0)] = 1
        else:
            wanted = split_by_shares(data.n_rows, by_cell)
        counts = np.zeros(data.n_rows, dtype=np.intp)
        for cell in np.flatnonzero(wanted):
            own = np.flatnonzero(data.cells == cell)
            n = int(wanted[cell])
            if self.mode == "undersample":
                counts[own] = systematic_counts(weight[own], n, rng)
            else:
                drawn = rng.choice(len(own), size=n, p=weight[own] / weight[own].sum())
                counts[own] = np.bincount(drawn, minlength=len(own))
        return Drawn(arrange(counts))
