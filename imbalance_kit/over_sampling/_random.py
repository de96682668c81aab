"""Random over-sampling: rows again, as they are or smoothed."""

import warnings
from collections.abc import Mapping
from numbers import Real
from typing import Any

import numpy as np
from scipy import sparse
from sklearn.utils.sparsefuncs import mean_variance_axis

from imbalance_kit._sampling.base import CATEGORICAL_FEATURES, BaseOverSampler, Rng
from imbalance_kit._sampling.plans import Plan
from imbalance_kit._sklearn_compat import Interval
from imbalance_kit._tables.points import Mixed


class RandomOverSampler(BaseOverSampler):
    """Draw rows of small classes again, with replacement.

    Parameters
    ----------
    sampling_strategy : float, str, dict or callable, default="auto"
        Which classes to resample, and to how many rows. A float is the wanted ratio of the
        small class to the large one (two classes only); a str says which classes to even out
        ("majority", "not minority", "not majority", "all"; "minority" for over-samplers); a
        dict maps classes to numbers of rows; a callable takes y and returns such a dict.

    random_state : int, RandomState instance or None, default=None
        Seed of the draws. An int gives the same rows at every call.

    shrinkage : float, dict or None, default=None
        Spread of the noise added to the copies (a smoothed bootstrap, also known as ROSE): a
        factor for all classes, or a dict of factors by class. None copies rows as they are;
        nominal columns are always copied.

    categorical_features : "auto", array-like or None, default="auto"
        Nominal columns: positions, names or a mask. "auto" takes the columns of a dataframe
        that hold categories, strings or booleans; None takes every column as numeric.

    Attributes
    ----------
    sampling_strategy_ : dict
        Rows made of each class.

    shrinkage_ : dict or None
        Factor of each resampled class.

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
    SMOTE : Make rows between neighbours.

    imbalance_kit.under_sampling.RandomUnderSampler : Drop rows of large classes instead.

    Notes
    -----
    Counts are exact. Cost is O(n d). Copies add no information: for learners that take weights,
    class weights do the same without a larger table.

    References
    ----------
    .. [1] G. Menardi, N. Torelli, "Training and assessing classification rules with imbalanced
       data", Data Mining and Knowledge Discovery 28, 2014.

    Examples
    --------
    >>> import numpy as np
    >>> from imbalance_kit.over_sampling import RandomOverSampler
    >>> X, y = np.arange(10.0).reshape(5, 2), np.array([0, 0, 0, 0, 1])
    >>> X_res, y_res = RandomOverSampler(random_state=0).fit_resample(X, y)
    >>> np.bincount(y_res).tolist()
    [4, 4]
    """

    _parameter_constraints: dict = {
        **BaseOverSampler._parameter_constraints,
        "random_state": ["random_state"],
        "shrinkage": [Interval(Real, 0, None, closed="left"), dict, None],
        "categorical_features": CATEGORICAL_FEATURES,
    }

    def __init__(
        self,
        *,
        sampling_strategy="auto",
        random_state=None,
        shrinkage=None,
        categorical_features="auto",
    ):
        super().__init__(sampling_strategy=sampling_strategy)
        self.random_state = random_state
        self.shrinkage = shrinkage
        self.categorical_features = categorical_features

    def _allowed_numbers(self):
        return False if self.shrinkage is None else "allow-nan"

    def _fit_resample(self, table, y, rng):
        self.shrinkage_ = None if self.shrinkage is None else self._shrinkage_by_class()
        if self.shrinkage is not None:
            return super()._fit_resample(table, y, rng)
        drawn = [self._draw(y, label, n, rng) for label, n in self.sampling_strategy_.items()]
        rows = np.concatenate([np.arange(table.n_rows), *drawn])
        self.sample_origin_ = rows
        return table.take(rows, fresh_index=True), rows

    def _plan(self, X, y, label, n, rng):
        rows = self._draw(y, label, n, rng)
        return Plan(seed=rows, partner=rows, gap=np.zeros(n))

    def _make(self, X, y, label, plan, rng):
        numbers = X.numbers if isinstance(X, Mixed) else X
        n_rows, n_columns = numbers.shape
        bandwidth = (4 / ((n_columns + 2) * n_rows)) ** (1 / (n_columns + 4))
        spread = (
            self._shrinkage_by_class()[label] * bandwidth * _standard_deviation(numbers[y == label])
        )
        new = rng.randn(len(plan.seed), n_columns) * spread + numbers[plan.seed]
        if isinstance(X, Mixed):
            return Mixed(new, X.codes[plan.seed], X.weights)
        return sparse.csr_array(new) if sparse.issparse(X) else new

    @staticmethod
    def _draw(y: np.ndarray, label: Any, n: int, rng: Rng) -> np.ndarray:
        return rng.choice(np.flatnonzero(y == label), size=n, replace=True)

    def _shrinkage_by_class(self) -> dict[Any, float]:
        if not isinstance(self.shrinkage, Mapping):
            return dict.fromkeys(self.sampling_strategy_, self.shrinkage)
        absent = self.sampling_strategy_.keys() - self.shrinkage.keys()
        if absent:
            raise ValueError(
                "`shrinkage` should contain a shrinkage factor for each class that will be "
                f"resampled. The missing classes are: {sorted(absent)}"
            )
        for label, factor in self.shrinkage.items():
            if factor < 0:
                raise ValueError(
                    f"The shrinkage factor needs to be >= 0. Got {factor} for class {label}."
                )
        return dict(self.shrinkage)


def _standard_deviation(numbers: Any) -> np.ndarray:
    if sparse.issparse(numbers):
        return np.sqrt(mean_variance_axis(numbers, axis=0)[1])
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Degrees of freedom", RuntimeWarning)  # empty columns
        return np.nanstd(numbers, axis=0)
