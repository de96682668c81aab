"""Which rows each model is trained on, and which are held out of it."""

import numpy as np

from imbalance_kit._stratified_parts import Split, folds_of_groups

_LARGE = 100_000  # rows from which not every fold is trained
_HELD_OUT = 50_000  # rows held out that are enough to stop early and to combine


def splits(
    y_encoded: np.ndarray,
    n_folds: int,
    rng: np.random.RandomState,
    groups: np.ndarray | None = None,
) -> list[Split]:
    """Training rows and held-out rows of each fold.

    The rows of each class are dealt out evenly. On large tables only as many folds are used as
    hold out enough rows, at least two.

    Parameters
    ----------
    y_encoded : ndarray of shape (n_samples,)
        Positions of the classes.

    n_folds : int
        Folds at most.

    rng : RandomState
        Deals the rows.

    groups : ndarray of shape (n_samples,) or None
        Number of the group of each row; rows of one group are in one fold.

    Returns
    -------
    splits : list of (training rows, held-out rows)
        Empty where the rarest of two classes has one row, or all rows are of one group.
    """
    n_rows = len(y_encoded)
    counts = np.bincount(y_encoded)
    counts = counts[counts > 0]
    # Of more than two classes one may be so small that some folds lack it.
    fewest = counts.min() if len(counts) == 2 else n_rows // 2
    n_folds = min(n_folds, int(fewest))
    if groups is not None:
        n_folds = min(n_folds, len(np.unique(groups)))
    if n_folds < 2:
        return []
    if groups is None:
        found = _by_class(y_encoded, n_folds, rng)
    else:
        found = folds_of_groups(y_encoded, groups, n_folds, rng)
    n_used = n_folds
    if n_rows > _LARGE:
        n_used = min(n_folds, max(2, -(-_HELD_OUT * n_folds // n_rows)))
    # groups may leave the training rows without a class
    return [
        (train, held_out)
        for train, held_out in found[:n_used]
        if len(held_out) and _holds(train, y_encoded, len(counts))
    ]


def _holds(train: np.ndarray, y_encoded: np.ndarray, n_classes: int) -> bool:
    return n_classes > 2 or len(np.unique(y_encoded[train])) == n_classes


def _by_class(y_encoded: np.ndarray, n_folds: int, rng: np.random.RandomState) -> list[Split]:
    # scikit-learn's stratified folds refuse classes that all have fewer rows than there are folds,
    # and warn of one that has; here any class may be that small.
    shuffled = rng.permutation(len(y_encoded))
    in_classes = shuffled[np.argsort(y_encoded[shuffled], kind="stable")]
    fold = np.empty(len(y_encoded), dtype=np.intp)
    fold[in_classes] = np.arange(len(y_encoded)) % n_folds
    return [
        (np.flatnonzero(fold != held_out), np.flatnonzero(fold == held_out))
        for held_out in range(n_folds)
    ]
