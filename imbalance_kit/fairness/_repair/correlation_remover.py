"""Takes out of every column what a linear model predicts from the sensitive features."""

import warnings
from numbers import Real
from typing import Any

import numpy as np
from scipy.linalg import get_blas_funcs

from imbalance_kit._sklearn_compat import Interval
from imbalance_kit.fairness._groups.group_reading import SENSITIVE_FEATURES
from imbalance_kit.fairness._repair.base import FairTransformer
from imbalance_kit.fairness._repair.feature_coder import FeatureCoder
from imbalance_kit.fairness._repair.number_columns import (
    copy_columns_of_array,
    products_with,
    read_numbers,
    runs_of,
    with_numbers,
)

_BLOCK = 1 << 16  # numbers that are corrected together: they stay in the cache
_NOTHING = 1e-10  # of the variance: below, a combination of sensitive columns is redundant


class CorrelationRemover(FairTransformer):
    """Remove the linear correlation of all other columns with the sensitive features.

    Parameters
    ----------
    alpha : float, default=1
        How much of the correlation to remove, from 0 (nothing) to 1 (all).

    sensitive_features : str, int, array-like or None, default=None
        Columns of X that hold the sensitive features, by name or position; several form groups by
        their combinations. None: they are given beside X.

    drop_sensitive : bool, default=True
        Whether the columns that `sensitive_features` names are left out of what comes out.

    Attributes
    ----------
    coef_ : ndarray of shape (n_sensitive, n_columns)
        By how much each other column changes with a unit of each sensitive column.

    sensitive_mean_ : ndarray of shape (n_sensitive,)
        Means of the sensitive columns.

    sensitive_names_ : list of str
        Names of the sensitive columns; those of a nominal feature end in its levels.

    n_features_in_ : int
        Number of columns of X.

    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Names of the columns, when all are strings.

    See Also
    --------
    DisparateImpactRemover : Makes whole distributions equal, one column at a time.

    LearnedFairRepresentation : New columns, in which groups are alike.

    Notes
    -----
    Needs the sensitive features at predict time too. Numbers count as they are, so that an age
    needs no ranges; other features are spread over one column for each level but the first, a
    missing value being a level of its own. Here several features do not form combinations: each
    is a column by itself.

    The other columns are replaced by the residuals of a least-squares fit on the centred
    sensitive columns. On the rows of ``fit`` the correlation of each with each sensitive column
    is then 0 to rounding, weighted where weights are given. Correlations are not dependence: a
    tree can still find the groups in spreads, products or tails. It suits linear models.

    Exact, in O(n_samples * n_features * n_sensitive). Missing numbers are refused: fill them
    first.

    References
    ----------
    .. [1] H. Weerts, M. Dudik, R. Edgar, A. Jalali, R. Lutz, M. Madaio, "Fairlearn: Assessing and
       Improving Fairness of AI Systems", Journal of Machine Learning Research 24, 2023.

    Examples
    --------
    >>> import numpy as np
    >>> from imbalance_kit.fairness import CorrelationRemover
    >>> rng = np.random.RandomState(0)
    >>> group = rng.randint(0, 2, size=200)
    >>> X = np.column_stack([group, rng.normal(size=200) + group])
    >>> X_new = CorrelationRemover(sensitive_features=0).fit_transform(X)
    >>> bool(abs(np.corrcoef(X_new[:, 0], group)[0, 1]) < 1e-12)
    True
    """

    _parameter_constraints: dict = {
        "alpha": [Interval(Real, 0, 1, closed="both")],
        "sensitive_features": SENSITIVE_FEATURES,
        "drop_sensitive": ["boolean"],
    }

    def __init__(self, *, alpha=1, sensitive_features=None, drop_sensitive=True):
        self.alpha = alpha
        self.sensitive_features = sensitive_features
        self.drop_sensitive = drop_sensitive

    def _learn(self, X: Any, y: Any, weight: np.ndarray | None, given: Any) -> None:
        if self._reader.lacks(given):
            self._reader.learn(X)  # warns that there is nothing to do
            self._coders: list[FeatureCoder] = []
            names: tuple[str, ...] = ()
        else:
            columns, names = self._reader.columns(X, given)
            self._coders = [FeatureCoder(column) for column in columns]
            names = names or tuple(f"sensitive {j}" for j in range(len(columns)))
        pairs = zip(self._coders, names, strict=True)
        self.sensitive_names_ = [name + end for coder, name in pairs for end in coder.ends]
        if not self._coders:
            read_numbers(X, self._kept, type(self).__name__)  # refuses what it cannot read
            self.coef_, self.sensitive_mean_ = np.empty((0, len(self._kept))), np.empty(0)
            return
        S = self._read_sensitive(X, given)
        self.sensitive_mean_ = np.average(S, axis=0, weights=weight)
        S -= self.sensitive_mean_
        spread = np.sqrt(np.average(S**2, axis=0, weights=weight))
        still = spread <= 1e-12 * np.maximum(np.abs(self.sensitive_mean_), 1.0)
        if still.any():
            shown = [self.sensitive_names_[j] for j in np.flatnonzero(still)]
            warnings.warn(
                f"The sensitive columns {shown} are constant, so nothing is correlated with them. "
                "They are left out.",
                UserWarning,
                stacklevel=3,
            )
        spread[still] = np.inf  # divided by it a constant column is 0, and so is its coefficient
        S /= spread
        of_rows = S.T if weight is None else S.T * weight
        gram, shared = of_rows @ S, self._products(of_rows, X)
        # Sensitive columns may depend on each other, so this is a pseudo-inverse: of all
        # coefficients that predict alike the smallest.
        values, vectors = np.linalg.eigh(gram)
        known = values > _NOTHING * max(values.max(), 1e-300)
        inverse = (vectors[:, known] / values[known]) @ vectors[:, known].T
        coef = inverse @ shared
        coef += inverse @ (shared - gram @ coef)  # one step of refinement, for what rounding left
        self.coef_ = coef / spread[:, None]

    def _repair(self, X: Any, given: Any) -> Any:
        S = self._read_sensitive(X, given) - self.sensitive_mean_
        coef = self.alpha * self.coef_
        if isinstance(X, np.ndarray) and X.dtype.kind in "fiub":
            Z = np.empty((len(X), len(self._kept)), np.float32 if X.dtype == np.float32 else float)
            step, runs = max(1, _BLOCK // max(Z.shape[1], 1)), runs_of(self._kept)
            for start in range(0, len(X), step):  # what was copied is still in the cache
                part = slice(start, start + step)
                copy_columns_of_array(X[part], runs, Z[part])
                if S.shape[1]:
                    subtract_product(Z[part], S[part].astype(Z.dtype), coef.astype(Z.dtype))
            return with_numbers(X, self._kept, Z, self._columns_out())
        Z = read_numbers(X, self._kept, type(self).__name__)
        if S.shape[1]:
            subtract_product(Z, S.astype(Z.dtype), coef.astype(Z.dtype))
        return with_numbers(X, self._kept, Z, self._columns_out())

    def _products(self, of_rows: np.ndarray, X: Any) -> np.ndarray:
        """Sums of products of sensitive columns with the others."""
        if isinstance(X, np.ndarray) and X.dtype == np.float64:
            return (of_rows @ X)[:, self._kept]  # no copy of the table
        products = products_with(of_rows, X, self._kept)
        if products is not None:
            return products
        Z = read_numbers(X, self._kept, type(self).__name__)
        return of_rows @ Z.astype(np.float64, copy=False)

    def _read_sensitive(self, X: Any, given: Any) -> np.ndarray:
        """Sensitive features as columns of numbers."""
        if not self._coders:
            return np.empty((X.shape[0], 0))
        self._reader.require(given)
        columns, _ = self._reader.columns(X, given)
        if len(columns) != len(self._coders):
            raise ValueError(
                f"Got {len(columns)} sensitive features; fit had {len(self._coders)}. Give the "
                "same ones, in the same order."
            )
        return np.hstack(
            [coder.read(column) for coder, column in zip(self._coders, columns, strict=True)]
        )


def subtract_product(Z: np.ndarray, S: np.ndarray, coef: np.ndarray) -> None:
    """``Z -= S @ coef`` without another table: BLAS adds a product to what is there.

    BLAS writes in place to a matrix in Fortran's order alone; one in C's order is the transpose of
    such a matrix.
    """
    if Z.flags.c_contiguous:
        Z, S, coef = Z.T, coef.T, S.T
    (gemm,) = get_blas_funcs(["gemm"], [Z])
    step = max(1, _BLOCK // max(Z.shape[0], 1))
    for start in range(0, Z.shape[1], step):
        part = slice(start, start + step)
        gemm(-1.0, S, coef[:, part], beta=1.0, c=Z[:, part], overwrite_c=True)
