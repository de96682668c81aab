"""Takes out of every column what a linear model predicts from the sensitive features."""

import warnings
from collections.abc import Callable
from numbers import Real
from typing import Any

import numpy as np
from scipy.linalg import get_blas_funcs

from imbalance_kit._sklearn_compat import Interval
from imbalance_kit._tables.validation import check_table
from imbalance_kit.fairness._groups.group_reading import SENSITIVE_FEATURES
from imbalance_kit.fairness._repair.base import FairTransformer
from imbalance_kit.fairness._repair.feature_coder import FeatureCoder
from imbalance_kit.fairness._repair.number_columns import (
    BLOCK,
    copy_columns_of_array,
    finite_products,
    read_numbers,
    require_finite_numbers,
    runs_of,
    with_numbers,
)

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

    def _check_table(self, X: Any, *, reset: bool) -> Any:
        if reset and type(X) is np.ndarray and X.dtype == np.float64:
            # what is not finite shows in the products of `_learn`
            return check_table(self, X, reset=True, accept_sparse=False, finite=False)
        return super()._check_table(X, reset=reset)

    def _learn(self, X: Any, y: Any, weight: np.ndarray | None, given: Any) -> None:
        self._learn_from(self._numbers(X), X, weight, given)

    def _learn_and_repair(self, X: Any, y: Any, weight: np.ndarray | None, given: Any) -> Any:
        numbers = self._numbers(X)
        self._learn_from(numbers, X, weight, given)
        return self._repaired(numbers, X, given)

    def _repair(self, X: Any, given: Any) -> Any:
        numbers = self._numbers(X)
        if numbers is not None:
            require_finite_numbers(numbers, type(self).__name__)
        return self._repaired(numbers, X, given)

    def _numbers(self, X: Any) -> np.ndarray | None:
        """The other columns as a new matrix; None for an array of numbers, read part by part."""
        if isinstance(X, np.ndarray) and X.dtype.kind in "fiub":
            return None
        return read_numbers(X, self._kept, type(self).__name__, check=False)

    def _learn_from(
        self, numbers: np.ndarray | None, X: Any, weight: np.ndarray | None, given: Any
    ) -> None:
        """Set the coefficients, from the numbers of `_numbers`."""
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
            self._require_finite(numbers, X)
            self.coef_, self.sensitive_mean_ = np.empty((0, len(self._kept))), np.empty(0)
            return
        S = self._read_sensitive(X, given)
        with np.errstate(invalid="ignore"):  # an infinite number is refused below
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
        gram, shared = of_rows @ S, self._products(of_rows, numbers, X)
        # Sensitive columns may depend on each other, so this is a pseudo-inverse: of all
        # coefficients that predict alike the smallest.
        values, vectors = np.linalg.eigh(gram)
        known = values > _NOTHING * max(values.max(), 1e-300)
        inverse = (vectors[:, known] / values[known]) @ vectors[:, known].T
        coef = inverse @ shared
        coef += inverse @ (shared - gram @ coef)  # one step of refinement, for what rounding left
        self.coef_ = coef / spread[:, None]

    def _repaired(self, numbers: np.ndarray | None, X: Any, given: Any) -> Any:
        """The repaired rows; the numbers of `_numbers` are overwritten."""
        S = self._read_sensitive(X, given) - self.sensitive_mean_
        coef = self.alpha * self.coef_
        if numbers is None:
            dtype = np.float32 if X.dtype == np.float32 else np.float64
            numbers = copied_less_product(X, self._kept, S.astype(dtype), coef.astype(dtype))
        else:
            S, coef = S.astype(numbers.dtype, order="F"), coef.astype(numbers.dtype)
            subtract_product(numbers, S, coef, gemm_of(numbers))
        return with_numbers(X, self._kept, numbers, self._columns_out())

    def _products(self, of_rows: np.ndarray, numbers: np.ndarray | None, X: Any) -> np.ndarray:
        """Sums of products of sensitive columns with the others, which are checked on the way."""
        if numbers is None:
            found = finite_products(of_rows, X)
            found = found if found is None else found[:, self._kept]
        else:
            found = finite_products(of_rows, numbers)
        if found is None:
            self._require_finite(numbers, X)
            found = of_rows @ (X[:, self._kept] if numbers is None else numbers)
        return found

    def _require_finite(self, numbers: np.ndarray | None, X: Any) -> None:
        if numbers is None:
            super()._check_table(X, reset=False)
        else:
            require_finite_numbers(numbers, type(self).__name__)

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


def copied_less_product(
    X: np.ndarray, columns: np.ndarray, S: np.ndarray, coef: np.ndarray
) -> np.ndarray:
    """``X[:, columns] - S @ coef`` in the order of X, of the dtype of S.

    What was copied is corrected while it is still in the cache.
    """
    by_columns = X.flags.f_contiguous and not X.flags.c_contiguous
    shape = len(X), len(columns)
    Z = np.empty(shape, S.dtype, order="F" if by_columns else "C")
    S = np.asarray(S, order="F" if by_columns else "C")
    step = max(1, BLOCK // max(shape[0 if by_columns else 1], 1))
    runs = runs_of(columns)
    gemm = gemm_of(Z)
    for start in range(0, shape[1 if by_columns else 0], step):
        part = slice(start, start + step)
        if by_columns:
            copy_columns_of_array(X, runs_of(columns[part]), Z[:, part])
            subtract_product(Z[:, part], S, coef[:, part], gemm)
        else:
            copy_columns_of_array(X[part], runs, Z[part])
            subtract_product(Z[part], S[part], coef, gemm)
    return Z


def subtract_product(Z: np.ndarray, S: np.ndarray, coef: np.ndarray, gemm: Callable) -> None:
    """``Z -= S @ coef`` without another table: BLAS adds a product to what is there.

    BLAS writes in place to a matrix in Fortran's order alone; one in C's order is the transpose of
    such a matrix. `gemm` is what `gemm_of` finds for Z.
    """
    if not S.shape[1]:
        return
    if not Z.flags.f_contiguous:
        Z, S, coef = Z.T, coef.T, S.T
    step = max(1, BLOCK // max(Z.shape[0], 1))
    for start in range(0, Z.shape[1], step):
        part = slice(start, start + step)
        gemm(-1.0, S, coef[:, part], beta=1.0, c=Z[:, part], overwrite_c=True)


def gemm_of(Z: np.ndarray) -> Callable:
    """BLAS's product of matrices like Z; to find it takes as long as a product of a part."""
    return get_blas_funcs(["gemm"], [Z])[0]
