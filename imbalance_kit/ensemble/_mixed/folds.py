"""Which rows each model is trained on, and which are held out of it."""

import numpy as np
from sklearn.model_selection import StratifiedGroupKFold

Split = tuple[np.ndarray, np.ndarray]

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
        Rows of one group are in one fold.

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
    fold = (
        _by_class(y_encoded, n_folds, rng)
        if groups is None
        else _by_group(y_encoded, n_folds, rng, groups)
    )
    n_used = n_folds
    if n_rows > _LARGE:
        n_used = min(n_folds, max(2, -(-_HELD_OUT * n_folds // n_rows)))
    used = [(np.flatnonzero(fold != held), np.flatnonzero(fold == held)) for held in range(n_used)]
    # groups may leave a fold without a class
    return [split for split in used if len(split[1]) and _holds(split[0], y_encoded, len(counts))]


def _holds(train: np.ndarray, y_encoded: np.ndarray, n_classes: int) -> bool:
    return n_classes > 2 or len(np.unique(y_encoded[train])) == n_classes


def _by_class(y_encoded: np.ndarray, n_folds: int, rng: np.random.RandomState) -> np.ndarray:
    shuffled = rng.permutation(len(y_encoded))
    in_classes = shuffled[np.argsort(y_encoded[shuffled], kind="stable")]
    fold = np.empty(len(y_encoded), dtype=np.intp)
    fold[in_classes] = np.arange(len(y_encoded)) % n_folds
    return fold


def _by_group(
    y_encoded: np.ndarray, n_folds: int, rng: np.random.RandomState, groups: np.ndarray
) -> np.ndarray:
    dealer = StratifiedGroupKFold(n_folds, shuffle=True, random_state=rng)
    fold = np.empty(len(y_encoded), dtype=np.intp)
    for held, (_, rows) in enumerate(dealer.split(y_encoded, y_encoded, groups)):
        fold[rows] = held
    return fold
