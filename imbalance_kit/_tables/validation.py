"""What estimators check about X and y alike, and the tags of it."""

from typing import Any

from sklearn.utils.validation import validate_data

from imbalance_kit._tables.rows import is_frame


def require_target(estimator: Any, y: Any) -> None:
    """Refuse a missing target; scikit-learn's checks look for these words."""
    if y is None:
        name = type(estimator).__name__
        raise ValueError(f"{name} requires y to be passed, but the target y is None.")


def check_table(
    estimator: Any,
    X: Any,
    *,
    reset: bool,
    accept_sparse: bool | str | list[str] = "csr",
    finite: bool | str = "allow-nan",
) -> Any:
    """A dataframe as it is, anything else as an array or a sparse matrix; columns are recorded.

    Parameters
    ----------
    estimator : estimator
        Gets ``n_features_in_`` and ``feature_names_in_``, or is compared with them.

    X : table
        As it was given.

    reset : bool
        Whether this is a ``fit``.

    accept_sparse : bool, str or list of str, default="csr"
        As in scikit-learn.

    finite : bool or "allow-nan", default="allow-nan"
        scikit-learn's ``ensure_all_finite``, for arrays.

    Returns
    -------
    X : table
        Frames keep their columns, whose dtypes an array would lose.
    """
    if is_frame(X):
        return validate_data(estimator, X=X, reset=reset, skip_check_array=True)
    return validate_data(
        estimator,
        X=X,
        reset=reset,
        accept_sparse=accept_sparse,
        dtype=None,
        ensure_all_finite=finite,
    )


def accept_any_table(tags: Any) -> None:
    """Tags of an estimator that takes sparse, missing, string and nominal columns."""
    for name in ("sparse", "allow_nan", "string", "categorical"):
        setattr(tags.input_tags, name, True)
