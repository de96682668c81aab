"""Which arguments of ``fit`` have an entry for each row of X, and those of some rows.

An array with as many entries as X has rows need not belong to them: a validation set may be as
long, and names of columns may be as many. So the length alone decides nothing.
"""

import warnings
from collections.abc import Collection, Mapping
from typing import Any

import numpy as np

from imbalance_kit._sklearn_compat import is_arraylike, n_samples_of, routing_enabled
from imbalance_kit._tables.rows import take_rows

# Of scikit-learn and this package, of LightGBM, of XGBoost, of CatBoost.
_OF_ROWS = {
    "sample_weight",
    "sensitive_features",
    "cost",
    "groups",
    "init_score",
    "base_margin",
    "qid",
    "baseline",
    "group_id",
    "subgroup_id",
    "group_weight",
}
# Known to be about something else, so that no warning is needed where the length happens to fit.
_OF_OTHERS = {
    "base_margin_eval_set",
    "callbacks",
    "cat_features",
    "categorical_feature",
    "classes",
    "embedding_features",
    "feature_name",
    "feature_names",
    "feature_types",
    "feature_weights",
    "group",
    "sample_weight_eval_set",
    "text_features",
}
_OF_OTHER_TABLES = ("eval_", "X_", "y_", "val_", "validation_")


def row_arguments(
    params: Mapping[str, Any], n_rows: int, *, routed: bool | None = None
) -> list[str]:
    """Names of the arguments that have an entry for each row of X.

    Those are the ones known by their name, whatever steps of a pipeline stand before it. With
    metadata routing enabled, what was requested is metadata of rows, where its length fits and
    its name does not say otherwise.

    Parameters
    ----------
    params : mapping
        Arguments of ``fit``, by name.

    n_rows : int
        Rows of X.

    routed : bool or None, default=None
        Whether the arguments came by metadata routing. None: where it is enabled.

    Returns
    -------
    names : list of str
    """
    routed = routing_enabled() if routed is None else routed
    found: list[str] = []
    open_questions: list[str] = []
    for name, value in params.items():
        if not _is_array(value):
            continue
        bare, fits = name.rsplit("__", 1)[-1], n_samples_of(value) == n_rows
        if bare in _OF_ROWS:
            if not fits:
                raise ValueError(
                    f"{name} has {n_samples_of(value)} entries; expected one for each of {n_rows} "
                    "rows of X."
                )
            found.append(name)
        elif fits and not _is_about_others(bare):
            (found if routed else open_questions).append(name)
    if open_questions:
        warnings.warn(
            f"{open_questions} have as many entries as X has rows. It is not known whether they "
            "belong to the rows, so they are passed on as they are. If they do, enable metadata "
            "routing and request them: sklearn.set_config(enable_metadata_routing=True), "
            f"estimator.set_fit_request({open_questions[0].rsplit('__', 1)[-1]}=True).",
            UserWarning,
            stacklevel=2,
        )
    return found


def params_of_rows(
    params: Mapping[str, Any], rows: np.ndarray, of_rows: Collection[str]
) -> dict[str, Any]:
    """Arguments of ``fit`` for some rows: those in `of_rows` are cut to these."""
    return {
        name: take_rows(value, rows) if name in of_rows else value for name, value in params.items()
    }


def kept_whole(params: dict[str, Any], n_rows: int) -> dict[str, Any]:
    """Arguments that scikit-learn's folds would cut by their length, though no rows are theirs."""
    of_rows = set(row_arguments(params, n_rows))
    return {
        name: value
        for name, value in params.items()
        if name not in of_rows and is_arraylike(value) and n_samples_of(value) == n_rows
    }


def _is_array(value: Any) -> bool:
    if isinstance(value, str | bytes | Mapping) or not is_arraylike(value):
        return False
    return not (hasattr(value, "shape") and len(value.shape) == 0)


def _is_about_others(name: str) -> bool:
    return name in _OF_OTHERS or name.startswith(_OF_OTHER_TABLES)
