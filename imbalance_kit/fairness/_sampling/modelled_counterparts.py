"""Counterparts of rows in other groups: the rows themselves, moved column by column by models."""

from typing import Any

import numpy as np
from scipy import sparse
from sklearn.base import clone
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor

from imbalance_kit._neighbors.nearest import nearest_rows
from imbalance_kit._sampling.base import Rng
from imbalance_kit._tables.imputation import complete
from imbalance_kit._tables.points import Mixed
from imbalance_kit.fairness._groups.group_reading import Groups

_SMALL_TABLE = 20  # rows in a leaf of the default learners, which a small group must allow


def moved_rows(
    points: Any,
    groups: Groups,
    rows: np.ndarray,
    wanted: np.ndarray,
    sensitive: np.ndarray,
    *,
    estimator: Any,
    min_effect: float,
    rng: Rng,
) -> Any:
    """Rows as they would be in other groups.

    Parameters
    ----------
    points : ndarray, CSR matrix or array, or Mixed
        All rows.

    groups : Groups
        Their groups.

    rows : ndarray of shape (n,)
        Rows to move.

    wanted : ndarray of shape (n,)
        Group to move each to.

    sensitive : ndarray
        Sensitive columns, numbers before nominal ones: they get the values of the other group.

    estimator : regressor or None
        Models columns of numbers; None stands for histogram boosting.

    min_effect : float
        Columns move whose means differ by more between two groups, in standard deviations.

    rng : RandomState
        Seeds the default models and draws levels.

    Returns
    -------
    moved : ndarray or Mixed
        The moved rows, dense; missing numbers are filled.
    """
    full = complete_and_dense(points)
    moves = depends_on_group(full, groups, min_effect)
    moves[sensitive] = False
    seed = rng.randint(np.iinfo(np.int32).max)
    leaf = max(1, min(_SMALL_TABLE, int(groups.weight_sums(None).min()) // 2))
    options = {"max_iter": 50, "min_samples_leaf": leaf, "random_state": seed}
    classifier = HistGradientBoostingClassifier(**options)
    regressor = HistGradientBoostingRegressor(**options) if estimator is None else estimator
    learners = regressor, classifier
    moved = transport(full, groups, rows, wanted, moves, sensitive, learners, rng)
    example = np.array([groups.rows_of(group)[0] for group in range(groups.n_groups)])[wanted]
    n_numbers = numbers_of(full).shape[1]
    for j in sensitive.tolist():
        if j < n_numbers:
            # not from the filled copy: a group may be that of the missing values
            known = numbers_of(points)
            known = full if sparse.issparse(known) else known
            numbers_of(moved)[:, j] = known[example, j]
        else:
            moved.category_codes[:, j - n_numbers] = full.category_codes[example, j - n_numbers]
    return moved


def restore_missing(points: Any, rows: np.ndarray, moved: Any, sensitive: np.ndarray) -> None:
    """Make numbers of moved rows missing where they are in the rows, but for sensitive columns."""
    known = numbers_of(points)[rows]
    missing = np.isnan(known.toarray() if sparse.issparse(known) else known)
    missing[:, sensitive[sensitive < missing.shape[1]]] = False
    numbers_of(moved)[missing] = np.nan


def plausible(
    points: Any,
    groups: Groups,
    moved: Any,
    wanted: np.ndarray,
    plausibility: float,
    n_jobs: int | None,
) -> np.ndarray:
    """Whether moved rows are as near to their group as its rows are to each other."""
    good = np.ones(len(wanted), dtype=bool)
    if plausibility == 1:
        return good
    full = complete_and_dense(points)
    spread = numbers_of(full).std(axis=0, dtype=np.float64)
    full, moved = (_by_spread(table, spread) for table in (full, moved))
    for group in np.unique(wanted):
        group_rows, queries = groups.rows_of(group), np.flatnonzero(wanted == group)
        if len(group_rows) < 2:
            continue
        there = full[group_rows]
        usual = nearest_rows(there, 1, n_jobs=n_jobs)[0].ravel()
        far = nearest_rows(there, 1, queries=moved[queries], n_jobs=n_jobs)[0].ravel()
        good[queries] = far <= np.quantile(usual, plausibility)
    return good


def complete_and_dense(points: Any) -> Any:
    """Points without missing numbers and not sparse: what models of single columns need."""
    full = complete(points)
    return full.toarray() if sparse.issparse(full) else full


def numbers_of(points: Any) -> Any:
    """The number columns of points."""
    return points.numbers if isinstance(points, Mixed) else points


def depends_on_group(points: Any, groups: Groups, min_effect: float) -> np.ndarray:
    """Which columns differ enough between two groups, numbers first."""
    effects = [_effect(groups, column) for column in numbers_of(points).T]
    if isinstance(points, Mixed):
        effects += [
            max(_effect(groups, column == level) for level in np.unique(column))
            for column in points.category_codes.T
        ]
    return np.array(effects) > min_effect


def _effect(groups: Groups, column: np.ndarray) -> float:
    """Largest difference of two groups' means, in standard deviations."""
    column = column.astype(np.float64)
    spread = column.std()
    if spread == 0:
        return 0.0
    means = groups.weight_sums(column) / groups.weight_sums(None)
    return float((means.max() - means.min()) / spread)


def _by_spread(points: Any, spread: np.ndarray) -> Any:
    """Numbers in standard deviations; a mismatch of levels counts as one."""
    spread = np.where(spread > 0, spread, 1.0)
    if isinstance(points, Mixed):
        return Mixed(
            points.numbers / spread, points.category_codes, np.ones(points.category_codes.shape[1])
        )
    return points / spread


def transport(
    points: Any,
    groups: Groups,
    rows: np.ndarray,
    wanted: np.ndarray,
    moves: np.ndarray,
    hidden: np.ndarray,
    learners: tuple[Any, Any],
    rng: Rng,
) -> Any:
    """Rows as they would be in another group, moved column by column.

    Each column that depends on the group is modelled from the group and the columns before it. A
    number moves by the difference of the predictions for the moved row in the other group and for
    the row as it is; the residual stays. A level stays with the largest chance that gives the other
    group's frequencies.

    Parameters
    ----------
    points : ndarray or Mixed
        All rows, complete.

    groups : Groups
        Their groups.

    rows : ndarray of shape (n,)
        Rows to move.

    wanted : ndarray of shape (n,)
        Group to move each to.

    moves : ndarray of shape (n_numbers + n_levels,), bool
        Which columns move, numbers first.

    hidden : ndarray
        Columns that hold the group itself, which no model gets.

    learners : tuple of regressor and classifier
        Cloned for each column.

    rng : RandomState
        Draws levels.

    Returns
    -------
    moved : of the kind of the points
        The moved rows.
    """
    numbers = (points.numbers if isinstance(points, Mixed) else points).astype(np.float64)
    mixed = isinstance(points, Mixed)
    category_codes = points.category_codes if mixed else np.empty((len(numbers), 0), np.int32)
    indicators = np.eye(groups.n_groups)
    old = np.hstack([numbers, category_codes])
    new = old[rows]
    regressor, classifier = learners
    for j in np.flatnonzero(moves).tolist():
        earlier = np.setdiff1d(np.arange(j), hidden)
        features = np.hstack([indicators[groups.of_row], old[:, earlier]])
        # earlier columns of `new` have moved already, so effects through them are carried on
        before, after = features[rows], np.hstack([indicators[wanted], new[:, earlier]])
        if j < numbers.shape[1]:
            model = clone(regressor).fit(features, old[:, j])
            new[:, j] += model.predict(after) - model.predict(before)
            for group in np.unique(wanted):  # no number beyond those that the group has
                to_group, there = wanted == group, old[groups.of_row == group, j]
                new[to_group, j] = np.clip(new[to_group, j], there.min(), there.max())
        else:
            model = clone(classifier).fit(features, old[:, j].astype(np.intp))
            present = np.searchsorted(model.classes_, old[rows, j].astype(np.intp))
            drawn = coupled_levels(
                model.predict_proba(before), model.predict_proba(after), present, rng
            )
            new[:, j] = model.classes_[drawn]
    n_numbers = numbers.shape[1]
    if not mixed:
        return new.astype(points.dtype)
    return Mixed(
        new[:, :n_numbers].astype(points.numbers.dtype),
        np.rint(new[:, n_numbers:]).astype(points.category_codes.dtype),
        points.weights,
    )


def coupled_levels(
    before: np.ndarray, after: np.ndarray, present: np.ndarray, rng: Rng
) -> np.ndarray:
    """Levels drawn so that they have the frequencies `after`, and change as seldom as possible.

    Parameters
    ----------
    before, after : ndarray of shape (n, n_levels)
        Probabilities of the levels.

    present : ndarray of shape (n,)
        Present level of each row, taken as a draw from `before`.

    rng : RandomState
        Draws.

    Returns
    -------
    levels : ndarray of shape (n,)
        The maximal coupling of the two: a level stays with the chance min(1, after / before).
    """
    row = np.arange(len(present))
    # without a division: a level whose chance was predicted as 0 stays where it has a chance now
    stays = rng.uniform(size=len(present)) * before[row, present] < after[row, present]
    surplus = np.maximum(after - before, 0.0)
    total = surplus.sum(axis=1, keepdims=True)
    chances = np.where(total > 1e-12, surplus / np.maximum(total, 1e-12), after)
    reached = chances.cumsum(axis=1)
    drawn = (reached < rng.uniform(size=(len(present), 1)) * reached[:, -1:]).sum(axis=1)
    return np.where(stays, present, np.minimum(drawn, after.shape[1] - 1))
