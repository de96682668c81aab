"""Predictions for rows that an estimator was not fitted on, by whatever splits `cv` makes.

Splits need not be a partition of the rows: those of a time series never hold out the first rows,
shuffled ones hold out some rows twice and others never.
"""

from dataclasses import dataclass
from numbers import Integral
from typing import Any

import numpy as np
from sklearn.frozen import FrozenEstimator
from sklearn.model_selection import check_cv, cross_val_predict, cross_validate
from sklearn.utils.metadata_routing import get_routing_for_object

from imbalance_kit._meta_estimator import stratified_folds, takes_groups, with_whole_arguments
from imbalance_kit._sklearn_compat import routing_enabled
from imbalance_kit._stratified_parts import folds_of_groups, groups_by_class
from imbalance_kit._tables.labels import spell
from imbalance_kit._tables.row_groups import group_numbers
from imbalance_kit._tables.rows import take_rows

Split = tuple[np.ndarray, np.ndarray]


@dataclass(frozen=True)
class HeldOut:
    """Predictions for some rows, or for all.

    Attributes
    ----------
    predictions : ndarray
        One entry per row.

    rows : ndarray or None
        Which rows they are for; None where they are for every row, in order.
    """

    predictions: np.ndarray
    rows: np.ndarray | None = None

    def part(self, values: Any) -> Any:
        """What is known about every row, for these rows; None stays None."""
        return values if self.rows is None or values is None else take_rows(values, self.rows)


def held_out_predictions(
    estimator: Any,
    X: Any,
    y: np.ndarray,
    *,
    cv: Any,
    params: dict[str, Any],
    method: str = "predict_proba",
    n_jobs: int | None = None,
    every_class: bool = True,
) -> HeldOut:
    """Predictions for each row that a split holds out, by a clone that was fitted without it.

    Parameters
    ----------
    estimator : classifier
        Cloned for each split. A frozen one predicts as it is: its own training rows must not be
        among these.

    X : table
        The rows, as the estimator takes them.

    y : ndarray of shape (n_samples,)
        Class labels.

    cv : int, splitter, iterable of splits or None
        A number means that many stratified folds, of whole groups where there are `groups`, and
        fewer where a class has fewer rows or groups; None five.

    params : dict
        Arguments of ``fit``; those with one entry per row are cut to the rows of a split. `groups`
        go to the splitter, and to an estimator that takes them.

    method : {"predict_proba", "decision_function"}, default="predict_proba"
        The method that predicts.

    n_jobs : int or None, default=None
        Splits at the same time.

    every_class : bool, default=True
        Whether held-out rows of every class are needed, and to refuse splits that have none.

    Returns
    -------
    held_out : HeldOut
        For every row where the splits are a partition. Else for the rows that some split holds
        out; where several do, the first of them predicts.
    """
    if isinstance(estimator, FrozenEstimator):
        return HeldOut(getattr(estimator, method)(X))
    splits, params = splits_of(estimator, X, y, cv=cv, params=params)
    if is_partition(splits, len(y)):
        estimator, params = with_whole_arguments(estimator, params, len(y))
        return HeldOut(
            cross_val_predict(
                estimator, X, y, cv=splits, method=method, n_jobs=n_jobs, params=params or None
            )
        )
    seen = np.zeros(len(y), dtype=bool)
    new: list[Split] = []
    for train, test in splits:
        rows = test[~seen[test]]
        if len(rows):
            new.append((train, rows))
            seen[rows] = True
    missing = np.setdiff1d(np.unique(y), y[seen])
    if every_class and len(missing):
        raise ValueError(
            f"The splits of cv hold out no row of class {spell(missing[0])}, so nothing is learned "
            "about it. Use stratified splits, larger test parts, or folds."
        )
    fitted = fitted_on_splits(estimator, X, y, splits=new, params=params, n_jobs=n_jobs)
    found = [
        getattr(model, method)(take_rows(X, rows))
        for model, (_, rows) in zip(fitted, new, strict=True)
    ]
    return HeldOut(np.concatenate(found), np.concatenate([rows for _, rows in new]))


def is_partition(splits: list[Split], n_rows: int) -> bool:
    """Whether each row is held out once."""
    tested = np.concatenate([test for _, test in splits])
    return len(tested) == n_rows and len(np.unique(tested)) == n_rows


def fitted_on_splits(
    estimator: Any,
    X: Any,
    y: np.ndarray,
    *,
    splits: list[Split],
    params: dict[str, Any],
    n_jobs: int | None = None,
) -> list[Any]:
    """A clone of the estimator for each split, fitted on its training rows."""
    estimator, params = with_whole_arguments(estimator, params, len(y))
    done = cross_validate(
        estimator,
        X,
        y,
        cv=splits,
        scoring=_no_score,
        params=params or None,
        n_jobs=n_jobs,
        return_estimator=True,
        error_score="raise",
    )
    return list(done["estimator"])


def splits_of(
    estimator: Any, X: Any, y: np.ndarray, *, cv: Any, params: dict[str, Any]
) -> tuple[list[Split], dict[str, Any]]:
    """The splits, checked, and the arguments of ``fit`` that are for the estimator.

    Parameters
    ----------
    estimator : classifier
        What is fitted on each.

    X, y : table and ndarray
        The rows and their class labels.

    cv : int, splitter, iterable of splits or None
        As for `held_out_predictions`.

    params : dict
        Arguments of ``fit``.

    Returns
    -------
    splits : list of (train, test)
        Row numbers.

    params : dict
        Without `groups`, unless the estimator takes them.

    Raises
    ------
    ValueError
        If there is no split, one tests on rows that it trains on, one trains on no row of some
        class, or a class has rows in a single group.
    """
    groups = params.get("groups")
    for_estimator = params
    if groups is not None and not _passes_groups(estimator):
        for_estimator = {name: value for name, value in params.items() if name != "groups"}
    cv = 5 if cv is None else cv
    if isinstance(cv, Integral):
        given = _folds_of_groups if groups is not None else _stratified_folds
        splits = given(int(cv), y, groups)
    else:
        splitter = check_cv(cv, y, classifier=True)
        splits = [_as_rows(split, len(y)) for split in splitter.split(X, y, groups)]
    if not splits:
        raise ValueError(
            "cv makes no split. A generator can be used once only: give a list of its splits."
        )
    classes = np.unique(y)
    for number, (train, test) in enumerate(splits):
        missing = np.setdiff1d(classes, y[train])
        if len(missing):
            raise ValueError(
                f"Every fold must train on every class; split {number} of cv trains on no row of "
                f"class {spell(missing[0])}. Use stratified folds, fewer of them, or for rows in "
                "order a larger first part."
            )
        if len(np.intersect1d(train, test)):
            raise ValueError(
                f"Split {number} of cv tests on rows that it trains on, so its predictions are not "
                "those for new rows. Give disjoint parts, or fit the estimator first and give it "
                "as FrozenEstimator(estimator), with other rows."
            )
    return splits, for_estimator


def _stratified_folds(n_folds: int, y: np.ndarray, groups: Any) -> list[Split]:
    return list(stratified_folds(n_folds, y).split(np.zeros(len(y)), y))


def _folds_of_groups(n_folds: int, y: np.ndarray, groups: Any) -> list[Split]:
    """As many folds of whole groups as wanted, or as the class of the fewest groups has.

    They do not depend on a seed, as stratified ones do not.
    """
    group = group_numbers(groups, len(y))
    labels, y_encoded = np.unique(y, return_inverse=True)
    by_class = groups_by_class(y_encoded, group, len(labels))
    if by_class.min() < 2:
        raise ValueError(
            f"Class {spell(labels[by_class.argmin()])} has rows in 1 group; predictions for "
            "held-out groups need at least 2 with rows of each class. Drop the class, or fit the "
            "estimator first and give it as FrozenEstimator(estimator)."
        )
    n_folds = min(n_folds, int(by_class.min()))
    return folds_of_groups(y_encoded, group, n_folds, np.random.RandomState(0))


def _as_rows(split: Any, n_rows: int) -> Split:
    """Training and test rows by number; an iterable may hold masks or lists."""
    train, test = (np.asarray(part) for part in split)
    numbers = np.arange(n_rows)
    return numbers[train], numbers[test]


def _passes_groups(estimator: Any) -> bool:
    """Whether the estimator itself is to be given `groups`."""
    if routing_enabled():
        return bool(get_routing_for_object(estimator).consumes("fit", ["groups"]))
    return takes_groups(estimator)


def _no_score(estimator: Any, X: Any, y: Any) -> float:
    """Cross-validation is run for its fitted estimators, not for scores."""
    return 0.0
