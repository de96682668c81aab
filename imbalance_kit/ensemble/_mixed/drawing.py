"""Fewer rows of the large classes, which stand for those left out."""

import numpy as np


def rows_at_most(
    y_encoded: np.ndarray, weight: np.ndarray | None, most: int, rng: np.random.RandomState
) -> tuple[np.ndarray | None, np.ndarray | None]:
    """Rows of which no class has more than `most`, and their weights.

    Parameters
    ----------
    y_encoded : ndarray of shape (n_samples,)
        Positions of the classes.

    weight : ndarray of shape (n_samples,) or None
        Weights of the rows.

    most : int
        Rows of a class.

    rng : RandomState
        Draws without replacement.

    Returns
    -------
    rows : ndarray of shape (n_kept,) or None
        In order; None where all are kept.

    weight : ndarray of shape (n_kept,) or None
        Rows drawn carry the weight of those left out, so that class shares stay.
    """
    counts = np.bincount(y_encoded)
    if counts.max() <= most:
        return None, weight
    weights = np.ones(len(y_encoded)) if weight is None else weight.copy()
    kept = []
    for position in np.flatnonzero(counts):
        rows = np.flatnonzero(y_encoded == position)
        if len(rows) > most:
            drawn = rng.choice(rows, size=most, replace=False)
            weights[drawn] *= weights[rows].sum() / weights[drawn].sum()
            rows = drawn
        kept.append(rows)
    rows = np.sort(np.concatenate(kept))
    return rows, weights[rows]
