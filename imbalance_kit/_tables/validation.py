"""What estimators check about X and y alike, and the tags of it."""

from itertools import chain
from typing import Any

import narwhals.stable.v2 as nw
import numpy as np
from sklearn.utils.validation import validate_data

from imbalance_kit._tables.rows import is_frame, read_frame, summed


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
        # a record batch as a table, and numbers where a name is given twice: neither is read
        plain = nw.to_native(read_frame(X))
        validate_data(estimator, X=plain, reset=reset, skip_check_array=True)
        return X
    checked = validate_data(
        estimator,
        X=own_types(X),
        reset=reset,
        accept_sparse=accept_sparse,
        dtype=None,
        ensure_all_finite=finite,
    )
    return summed(checked)


def sum_is_finite(numbers: np.ndarray) -> bool:
    """Whether numbers have a finite sum: then each is finite, and none has to be looked at."""
    with np.errstate(over="ignore", invalid="ignore"):
        return bool(np.isfinite(numbers.sum()))


def own_types(X: Any) -> Any:
    """A list of rows as objects where it holds something else than numbers.

    numpy would write all of it as text, each element as wide as the longest. An array of numpy's
    text without a width becomes one of objects too, as scikit-learn's checks do not know it.
    """
    if isinstance(X, np.ndarray) and X.dtype.kind == "T":
        return X.astype(object)
    if not isinstance(X, list | tuple):
        return X
    try:
        types = set(map(type, chain.from_iterable(X)))
        if not any(issubclass(kind, str | bytes | bool | np.bool_) for kind in types):
            return X
        array = np.array(X, dtype=object)
    except (TypeError, ValueError):  # no table; scikit-learn refuses it
        return X
    return array if array.ndim == 2 else X


def accept_any_table(tags: Any) -> None:
    """Tags of an estimator that takes sparse, missing, string and nominal columns."""
    for name in ("sparse", "allow_nan", "string", "categorical"):
        setattr(tags.input_tags, name, True)
