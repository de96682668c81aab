"""Parts of rows in which every class has rows, where whole groups or times are kept together."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from sklearn.model_selection import StratifiedGroupKFold

_ATTEMPTS = 20

Split = tuple[NDArray[np.intp], NDArray[np.intp]]


def folds_of_groups(
    y: NDArray[np.integer], groups: NDArray[np.integer], n_folds: int, rng: np.random.RandomState
) -> list[Split]:
    """Folds of whole groups with about equal class shares, and rows of every class if possible.

    scikit-learn's folds are taken where each has every class. They make shares as equal as they
    can group by group, and may leave a fold without the rarest class though others have several of
    its groups.

    Parameters
    ----------
    y, groups : ndarray of shape (n,)
        Numbers of the class and the group of each row.

    n_folds : int
        Folds.

    rng : RandomState
        Source of the order of the groups.

    Returns
    -------
    splits : list of (training, testing)
        Positions. Some lack a class where it has fewer groups than there are folds, or where no
        order was found in which they do not.
    """
    splitter = StratifiedGroupKFold(n_folds, shuffle=True, random_state=rng)
    splits = list(splitter.split(np.zeros(len(y)), y, groups))
    labels, y_encoded = np.unique(y, return_inverse=True)
    _, group = np.unique(groups, return_inverse=True)
    counts = np.zeros((group.max() + 1, len(labels)), dtype=np.intp)
    np.add.at(counts, (group, y_encoded), 1)
    wanted = (counts > 0).sum(axis=0) >= n_folds
    present = [np.bincount(y_encoded[test], minlength=len(labels)) > 0 for _, test in splits]
    if np.all([has[wanted].all() for has in present]):
        return splits
    for _ in range(_ATTEMPTS):
        fold_of_group, in_fold = _dealt(counts, n_folds, rng)
        if (in_fold[:, wanted] > 0).all():
            fold = fold_of_group[group]
            return [
                (np.flatnonzero(fold != number), np.flatnonzero(fold == number))
                for number in range(n_folds)
            ]
    return splits


def groups_by_class(
    y_encoded: NDArray[np.integer], group: NDArray[np.integer], n_classes: int
) -> NDArray[np.intp]:
    """Number of groups that hold rows of each class."""
    pairs = np.unique(group.astype(np.int64) * n_classes + y_encoded)
    return np.bincount(pairs % n_classes, minlength=n_classes)


def _dealt(
    counts: NDArray[np.intp], n_folds: int, rng: np.random.RandomState
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Fold of each group, and rows by fold and class: the class of the fewest groups first.

    Each group goes to the fold that has least of the class. So the first groups of a class go to
    folds without it, and the largest are dealt before the smaller ones that make up for them.
    """
    fold_of_group = np.full(len(counts), -1)
    in_fold = np.zeros((n_folds, counts.shape[1]), dtype=np.intp)
    order = rng.permutation(len(counts))
    for code in np.argsort((counts > 0).sum(axis=0), kind="stable"):
        waiting = order[(fold_of_group[order] < 0) & (counts[order, code] > 0)]
        for one in waiting[np.argsort(-counts[waiting, code], kind="stable")]:
            fold = np.lexsort([in_fold.sum(axis=1), in_fold[:, code]])[0]
            fold_of_group[one] = fold
            in_fold[fold] += counts[one]
    return fold_of_group, in_fold


def cuts_in_time(
    time: NDArray[np.integer], y: NDArray[np.integer], wanted: Sequence[int]
) -> list[int]:
    """Times at which to cut so that every stretch has rows of every class.

    Parameters
    ----------
    time : ndarray of shape (n,)
        Time of each row.

    y : ndarray of shape (n,)
        Class of each row.

    wanted : list of int
        Times at which stretches should begin, but the first; ascending.

    Returns
    -------
    cuts : list of int
        The times wanted where every stretch has every class. Else the nearest that leave enough
        for the stretches before and behind, each after the other; those wanted where there are
        none such.
    """
    moments, moment = np.unique(time, return_inverse=True)
    labels, y_encoded = np.unique(y, return_inverse=True)
    n_moments = len(moments)
    held = np.zeros((n_moments, len(labels)), dtype=bool)
    held[moment, y_encoded] = True
    places = np.arange(n_moments)[:, None]
    # the next moment from here on with the class, and the last one up to here
    following = np.where(held, places, n_moments)
    following = np.minimum.accumulate(following[::-1], axis=0)[::-1].max(axis=1)
    previous = np.maximum.accumulate(np.where(held, places, -1), axis=0).min(axis=1)
    latest = []
    end = n_moments
    for _ in wanted:
        end = int(previous[end - 1]) if end > 0 else -1
        latest.append(end)
    cuts, start = [], 0
    for mark, last in zip(np.searchsorted(moments, wanted), latest[::-1], strict=True):
        first = int(following[start]) + 1 if 0 <= start < n_moments else n_moments + 1
        if first > last:
            return list(wanted)
        start = int(np.clip(mark, first, last))
        cuts.append(int(moments[start]))
    return cuts
