"""Counterparts of rows in other groups: real ones that match, or rows moved to the group."""

from itertools import pairwise
from typing import Any

import numpy as np
from scipy import sparse
from scipy.spatial import cKDTree
from sklearn.base import clone

from imbalance_kit._sampling.base import Rng
from imbalance_kit._tables.imputation import complete
from imbalance_kit._tables.points import Mixed
from imbalance_kit.fairness._groups import Groups


def split_columns(points: Any) -> tuple[np.ndarray, np.ndarray]:
    """Measured numbers, and columns that can only be equal or not (levels, then two numbers).

    Missing numbers are filled with medians.
    """
    full = complete(points)
    numbers = _dense_numbers(full)
    two = two_valued(points)
    levels = [np.empty((len(numbers), 0)), numbers[:, two]]
    if isinstance(full, Mixed):
        levels.insert(1, full.codes.astype(np.float64))
    return numbers[:, ~two], np.hstack(levels)


def two_valued(points: Any) -> np.ndarray:
    """Which number columns hold two values at most, missing ones filled with medians."""
    numbers = _dense_numbers(complete(points))
    if numbers.shape[1] == 0:
        return np.empty(0, dtype=bool)
    low, high = numbers.min(axis=0), numbers.max(axis=0)
    return np.asarray(~((numbers > low) & (numbers < high)).any(axis=0))


def _dense_numbers(points: Any) -> np.ndarray:
    numbers: Any = points.numbers if isinstance(points, Mixed) else points
    dense = numbers.toarray() if sparse.issparse(numbers) else numbers
    return dense.astype(np.float64)


def blocks_of(levels: np.ndarray) -> np.ndarray:
    """Number of the block of rows that agree in all columns, for each row."""
    if levels.shape[1] == 0:
        return np.zeros(len(levels), dtype=np.intp)
    return np.unique(levels, axis=0, return_inverse=True)[1].ravel()


def nearest_comparable(
    points: Any, groups: Groups, wanted: np.ndarray, caliper: float
) -> np.ndarray:
    """For each row the nearest row of its wanted group, every column within the caliper.

    Parameters
    ----------
    points : ndarray, CSR matrix or array, or Mixed
        The rows, without sensitive columns.

    groups : Groups
        Group of each row.

    wanted : ndarray of shape (n_samples,)
        Group in which each row looks for its counterpart.

    caliper : float
        Largest difference of a number column, as a share of its range. Levels must be equal.

    Returns
    -------
    rows : ndarray of shape (n_samples,)
        The counterpart; -1 where no row is near enough.
    """
    numbers, levels = split_columns(points)
    block = blocks_of(levels)
    if numbers.shape[1]:
        spread = numbers.max(axis=0) - numbers.min(axis=0)
        numbers = numbers / np.where(spread > 0, spread, 1.0)
    else:
        numbers = np.zeros((len(block), 1))
    found = np.full(len(block), -1, dtype=np.intp)
    order = np.argsort(block, kind="stable")
    edges = np.flatnonzero(np.diff(block[order], prepend=-1, append=-1))
    for first, last in pairwise(edges):
        members = order[first:last]
        for group in np.unique(wanted[members]):
            there = members[groups.codes[members] == group]
            asking = members[wanted[members] == group]
            if len(there):
                tree = cKDTree(numbers[there])
                distance, position = tree.query(
                    numbers[asking], p=np.inf, distance_upper_bound=caliper * (1 + 1e-9) + 1e-12
                )
                near = np.isfinite(distance)
                found[asking[near]] = there[position[near]]
    return found


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
    number moves by the difference of what the model says for the moved row in the other group and
    for the row as it is; what the model does not explain stays the row's own. A level stays with
    the largest chance that gives the other group's frequencies.

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
        Columns that are the group by another name, which no model sees.

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
    codes = points.codes if isinstance(points, Mixed) else np.empty((len(numbers), 0), np.int32)
    belongs, moved_to = np.eye(groups.n_groups)[groups.codes], np.eye(groups.n_groups)[wanted]
    old = np.hstack([numbers, codes])
    new = old[rows]
    regressor, classifier = learners
    for j in np.flatnonzero(moves).tolist():
        earlier = np.setdiff1d(np.arange(j), hidden)
        seen = np.hstack([belongs, old[:, earlier]])
        before, after = seen[rows], np.hstack([moved_to, new[:, earlier]])
        if j < numbers.shape[1]:
            model = clone(regressor).fit(seen, old[:, j])
            new[:, j] += model.predict(after) - model.predict(before)
            for group in np.unique(wanted):  # no number that the group does not have
                own, there = wanted == group, old[groups.codes == group, j]
                new[own, j] = np.clip(new[own, j], there.min(), there.max())
        else:
            model = clone(classifier).fit(seen, old[:, j].astype(np.intp))
            place = np.searchsorted(model.classes_, old[rows, j].astype(np.intp))
            drawn = coupled_levels(
                model.predict_proba(before), model.predict_proba(after), place, rng
            )
            new[:, j] = model.classes_[drawn]
    n_numbers = numbers.shape[1]
    if not isinstance(points, Mixed):
        return new.astype(points.dtype)
    return Mixed(
        new[:, :n_numbers].astype(points.numbers.dtype),
        np.rint(new[:, n_numbers:]).astype(points.codes.dtype),
        points.weights,
    )


def coupled_levels(
    before: np.ndarray, after: np.ndarray, place: np.ndarray, rng: Rng
) -> np.ndarray:
    """Levels drawn so that they have the frequencies `after`, and change as seldom as possible.

    Parameters
    ----------
    before, after : ndarray of shape (n, n_levels)
        Probabilities of the levels.

    place : ndarray of shape (n,)
        Present level of each row, taken as a draw from `before`.

    rng : RandomState
        Draws.

    Returns
    -------
    levels : ndarray of shape (n,)
        The maximal coupling of the two: a level stays with the chance min(1, after / before).
    """
    row = np.arange(len(place))
    stays = rng.uniform(size=len(place)) * before[row, place] < after[row, place]
    surplus = np.maximum(after - before, 0.0)
    total = surplus.sum(axis=1, keepdims=True)
    chances = np.where(total > 1e-12, surplus / np.maximum(total, 1e-12), after)
    reached = chances.cumsum(axis=1)
    drawn = (reached < rng.uniform(size=(len(place), 1)) * reached[:, -1:]).sum(axis=1)
    return np.where(stays, place, np.minimum(drawn, after.shape[1] - 1))
