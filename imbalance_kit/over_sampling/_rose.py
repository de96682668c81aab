"""ROSE: rows drawn from kernels around the rows of a class."""

from dataclasses import replace
from numbers import Real

import numpy as np

from imbalance_kit._sampling.records import Resampled
from imbalance_kit._sklearn_compat import Interval
from imbalance_kit.over_sampling._random import RandomOverSampler, draw_from_kernels


class ROSE(RandomOverSampler):
    """Draw rows of small classes from normal kernels around theirs (ROSE).

    Parameters
    ----------
    sampling_strategy : float, str, dict or callable, default="auto"
        Which classes to resample, and to how many rows. A float is the wanted ratio of the
        small class to the large one (two classes only); a str names the classes to even out
        ("majority", "not minority", "not majority", "all"; "minority" for over-samplers); a
        dict maps classes to numbers of rows; a callable takes y and returns such a dict.

    random_state : int, RandomState instance or None, default=None
        Seed of the draws. An int gives the same rows at every call.

    shrinkage : float or dict, default=1.0
        Factor on the width of the kernels: one for all classes, or a dict of factors by class.
        Smaller ones keep new rows nearer to the old; 0 copies them.

    keep_originals : bool, default=True
        Whether the rows of the table stay and new ones are added. False draws every row of the
        result anew, those of large classes too, as the paper does.

    categorical_features : "auto", array-like or None, default="auto"
        Nominal columns: positions, names or a mask. "auto" takes the columns
        that hold categories, strings or booleans; None takes every column as numeric.

    Attributes
    ----------
    sampling_strategy_ : dict
        Rows made of each class.

    shrinkage_ : dict
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
    RandomOverSampler : With `shrinkage`, the same draw with kernels that narrow with the size of
        the whole table; without it, copies.

    SMOTE : Make rows between neighbours.

    Notes
    -----
    Counts are exact. Cost is O(n d); no neighbours are searched. In each numeric column the
    width is ``(4 / ((d + 2) m)) ** (1 / (d + 4))`` times the standard deviation of the class,
    for its m rows and d numeric columns: the best width for a class that is normal. Columns are
    moved independently, so new rows ignore how columns hang together, and a column that only
    takes some values gets others. Nominal values are those of the row it starts from, and so is
    what is missing. New rows of a sparse table have values in every column that varies.

    References
    ----------
    .. [1] G. Menardi, N. Torelli, "Training and assessing classification rules with imbalanced
       data", Data Mining and Knowledge Discovery 28, 2014.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.datasets import make_classification
    >>> from imbalance_kit.over_sampling import ROSE
    >>> X, y = make_classification(n_samples=500, weights=[0.9], flip_y=0, random_state=0)
    >>> X_res, y_res = ROSE(random_state=0).fit_resample(X, y)
    >>> np.bincount(y_res).tolist()
    [451, 451]
    """

    _parameter_constraints: dict = {
        **RandomOverSampler._parameter_constraints,
        "shrinkage": [Interval(Real, 0, None, closed="left"), dict],
        "keep_originals": ["boolean"],
    }

    def __init__(
        self,
        *,
        sampling_strategy="auto",
        random_state=None,
        shrinkage=1.0,
        keep_originals=True,
        categorical_features="auto",
    ):
        super().__init__(
            sampling_strategy=sampling_strategy,
            random_state=random_state,
            shrinkage=shrinkage,
            categorical_features=categorical_features,
        )
        self.keep_originals = keep_originals

    def _parts(self, target):
        parts = super()._parts(target)
        if self.keep_originals:
            return parts
        # Without the originals a class that is not over-sampled keeps its size in new rows.
        return tuple(replace(part, n=len(part.rows) + (part.n or 0)) for part in parts)

    def _resample(self, opened, parts, rng):
        resampled = super()._resample(opened, parts, rng)
        if self.keep_originals:
            return resampled
        rows = resampled.rows[opened.n_rows :]
        return Resampled(rows, np.ones(len(rows), dtype=bool), resampled.points)

    def _realise(self, opened, part, plan, rng):
        # the width follows from the number of rows of the class, not of the table
        n_rows, factor = len(part.rows), self._factor(part.key)
        return draw_from_kernels(opened.points, part.rows, plan.seed, factor, n_rows, rng)
