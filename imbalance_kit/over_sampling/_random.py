"""Random over-sampling: rows again, as they are or smoothed."""

from collections.abc import Mapping
from numbers import Real
from typing import Any

import numpy as np
from scipy import sparse

from imbalance_kit._sampling.base import (
    CATEGORICAL_FEATURES,
    BaseOverSampler,
    Rng,
    numbers_by_part,
)
from imbalance_kit._sampling.plans import Plan, require_finite
from imbalance_kit._sampling.records import Resampled
from imbalance_kit._sampling.targets import Part
from imbalance_kit._sklearn_compat import Interval
from imbalance_kit._tables.magnitude import column_deviations
from imbalance_kit._tables.points import Mixed


class RandomOverSampler(BaseOverSampler):
    """Draw rows of small classes again, with replacement.

    Parameters
    ----------
    sampling_strategy : float, str, dict or callable, default="auto"
        Which classes to resample, and to how many rows. A float is the wanted ratio of the
        small class to the large one (two classes only); a str names the classes to even out
        ("majority", "not minority", "not majority", "all"; "minority" for over-samplers); a
        dict maps classes to numbers of rows; a callable takes y and returns such a dict.

    random_state : int, RandomState instance or None, default=None
        Seed of the draws. An int gives the same rows at every call.

    shrinkage : float, dict or None, default=None
        Spread of the noise added to the copies (a smoothed bootstrap, also known as ROSE): a
        factor for all classes, or a dict of factors by class. None copies rows as they are;
        nominal columns are always copied.

    categorical_features : "auto", array-like or None, default="auto"
        Nominal columns: positions, names or a mask. "auto" takes the columns
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

    def _points(self, table):
        return (None, ()) if self.shrinkage is None else super()._points(table)

    def _resample(self, opened, parts, rng):
        self.shrinkage_ = self._shrinkage_by_class(numbers_by_part(parts))
        if self.shrinkage is not None:
            return super()._resample(opened, parts, rng)
        drawn = [self._draw(part, rng) for part in parts if part.n]
        return Resampled.selection(np.concatenate([np.arange(opened.n_rows), *drawn]))

    def _plan(self, opened, part, rng):
        rows = self._draw(part, rng)
        return Plan(seed=rows, partner=rows, gap=np.zeros(part.n))

    def _realise(self, opened, part, plan, rng):
        return draw_from_kernels(
            opened.points, part.rows, plan.seed, self._factor(part.key), opened.n_rows, rng
        )

    def _factor(self, label: Any) -> float:
        return self.shrinkage[label] if isinstance(self.shrinkage, Mapping) else self.shrinkage

    @staticmethod
    def _draw(part: Part, rng: Rng) -> np.ndarray:
        return rng.choice(part.rows, size=part.n, replace=True)

    def _shrinkage_by_class(self, n_new: dict[Any, int]) -> dict[Any, float] | None:
        if self.shrinkage is None:
            return None
        if not isinstance(self.shrinkage, Mapping):
            return dict.fromkeys(n_new, self.shrinkage)
        absent = n_new.keys() - self.shrinkage.keys()
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


def draw_from_kernels(
    points: Any, class_rows: np.ndarray, seeds: np.ndarray, factor: float, n_rows: int, rng: Rng
) -> Any:
    """Draw rows from normal kernels around seeds of one class; their levels are the seeds'.

    Parameters
    ----------
    points : ndarray, CSR matrix or array, or Mixed
        All points.

    class_rows : ndarray of shape (n_class,)
        Rows of the class, whose spread the kernels have.

    seeds : ndarray of shape (n_new,)
        Rows at the centres.

    factor : float
        Multiplies the widths.

    n_rows : int
        Number of rows that the widths of Silverman's rule follow from.

    rng : RandomState
        Draws.

    Returns
    -------
    of the kind of `points`, with ``len(seeds)`` rows
    """
    numbers = points.numbers if isinstance(points, Mixed) else points
    n_columns = numbers.shape[1]
    # Silverman's rule for a Gaussian kernel, scaled by each column's spread in the class
    bandwidth = (4 / ((n_columns + 2) * n_rows)) ** (1 / (n_columns + 4))
    spread = factor * bandwidth * column_deviations(numbers[class_rows])
    with np.errstate(over="ignore"):
        new = rng.randn(len(seeds), n_columns) * spread + numbers[seeds]
        require_finite(new[~np.isnan(new)].astype(numbers.dtype))
    if isinstance(points, Mixed):
        return Mixed(new, points.category_codes[seeds], points.weights)
    return sparse.csr_array(new) if sparse.issparse(points) else new
