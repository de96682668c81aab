"""A table checked by scikit-learn's rules, whatever holds it."""

from typing import Any

from sklearn.utils.validation import validate_data

from imbalance_kit._tables.rows import is_frame


def check_table(
    estimator: Any,
    X: Any,
    *,
    reset: bool,
    accept_sparse: bool | str | list[str] = False,
    ensure_all_finite: bool | str = "allow-nan",
) -> Any:
    """Note or compare the columns of a table, and check its values if it is no dataframe.

    Parameters
    ----------
    estimator : estimator
        Gets ``n_features_in_`` and ``feature_names_in_``, or has them compared.

    X : array-like, dataframe or sparse matrix
        The table.

    reset : bool
        Whether to note the columns (in a fit) or to compare them (in a prediction).

    accept_sparse, ensure_all_finite
        As in scikit-learn, for arrays and matrices.

    Returns
    -------
    X : dataframe, ndarray or sparse matrix
        A dataframe comes back as it is: its columns may hold categories or times, and what is
        trained on it may select columns by name.
    """
    if is_frame(X):
        return validate_data(estimator, X=X, reset=reset, skip_check_array=True)
    return validate_data(
        estimator,
        X=X,
        reset=reset,
        accept_sparse=accept_sparse,
        dtype=None,
        ensure_all_finite=ensure_all_finite,
    )
