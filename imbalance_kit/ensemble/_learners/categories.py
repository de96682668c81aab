"""Columns of texts and categories, for base learners that take the category dtype of pandas."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import narwhals.stable.v2 as nw
import numpy as np
from sklearn.pipeline import Pipeline

from imbalance_kit._tables.rows import is_frame, is_missing

if TYPE_CHECKING:
    import pandas as pd

_KNOWN = {("lightgbm", "LGBMModel")}  # by name, so that nothing is imported
_NOMINAL = (nw.String, nw.Categorical, nw.Enum)


def takes_categories(learner: Any) -> bool:
    """Whether a learner reads columns of the category dtype as categories.

    LightGBM does, scikit-learn's histogram boosting and XGBoost where that is switched on, and
    what only hands the rows on to one of them.
    """
    bases = {(kind.__module__.split(".")[0], kind.__name__) for kind in type(learner).__mro__}
    if bases & _KNOWN:
        return True
    by_dtype = getattr(learner, "categorical_features", None)
    if isinstance(by_dtype, str) and by_dtype == "from_dtype":
        return True
    if getattr(learner, "enable_categorical", None) is True:
        return True
    if isinstance(learner, Pipeline):
        samplers = all(hasattr(step, "fit_resample") for _, step in learner.steps[:-1])
        return samplers and takes_categories(learner.steps[-1][1])
    inner = getattr(learner, "estimator", None)
    return hasattr(inner, "fit") and takes_categories(inner)


def levels_of(X: Any) -> dict[str, pd.CategoricalDtype]:
    """The levels of each column of texts or categories of a dataframe.

    Parameters
    ----------
    X : table
        Anything; only a dataframe has such columns here.

    Returns
    -------
    levels : dict of CategoricalDtype
        Levels of a column of pandas categories as they are, of others the values, sorted.
    """
    if not is_frame(X):
        return {}
    import pandas as pd

    levels: dict[str, pd.CategoricalDtype] = {}
    frame = nw.from_native(X, eager_only=True)
    for column in frame.iter_columns():  # by number: the names may be numbers
        name, kind, native = column.name, column.dtype, column.to_native()
        if isinstance(getattr(native, "dtype", None), pd.CategoricalDtype):
            levels[name] = native.dtype
            continue
        if kind not in _NOMINAL and kind != nw.Object:
            continue
        present = {value for value in _values(column) if not is_missing(value)}
        if kind == nw.Object and not any(isinstance(value, str) for value in present):
            continue  # numbers in objects
        in_order = sorted(present, key=lambda value: (type(value).__name__, value))
        levels[name] = pd.CategoricalDtype(in_order)
    return levels


def with_levels(X: Any, levels: Mapping[str, pd.CategoricalDtype]) -> Any:
    """A dataframe with its columns of texts and categories as pandas categories of these levels.

    Parameters
    ----------
    X : table
        As it came.

    levels : mapping of CategoricalDtype
        By column; a value that is no level counts as missing.

    Returns
    -------
    X : table
        The same object where there is nothing to do, otherwise a pandas dataframe; its names are
        texts.
    """
    if not levels or not is_frame(X):
        return X
    import pandas as pd

    if isinstance(X, pd.DataFrame) and all(X[name].dtype == kind for name, kind in levels.items()):
        # LightGBM takes a number for the position of a categorical column, not for its name
        return X if isinstance(X.columns[0], str) else X.set_axis(X.columns.astype(str), axis=1)
    frame = nw.from_native(X, eager_only=True)
    columns: dict[str, Any] = {}
    for column in frame.iter_columns():
        name = column.name
        if name in levels:
            values = _values(column)
            _check_kind(name, values, levels[name])
            known = levels[name].categories.get_indexer(pd.Index(values))
            columns[name] = pd.Categorical.from_codes(known, dtype=levels[name])
        elif isinstance(X, pd.DataFrame):
            columns[name] = X[name].array
        else:
            columns[name] = column.to_numpy()
    table = pd.DataFrame(columns, index=X.index if isinstance(X, pd.DataFrame) else None)
    return table.set_axis(table.columns.astype(str), axis=1)


def _check_kind(name: str, values: np.ndarray, levels: pd.CategoricalDtype) -> None:
    """Refuse a column without a single text where the levels are texts, codes of them perhaps."""
    present = [value for value in values if not is_missing(value)]
    texts = len(levels.categories) and all(isinstance(level, str) for level in levels.categories)
    if present and texts and not any(isinstance(value, str) for value in present):
        raise ValueError(
            f"Column {name!r} held texts in fit, such as {levels.categories[0]!r}; X has "
            f"{present[0]!r} there. Give the values themselves, not codes of them."
        )


def _values(column: nw.Series) -> np.ndarray:
    """Values of a column as objects."""
    values = np.empty(len(column), dtype=object)
    values[:] = column.to_list()
    return values
