"""Random rows of the classes that a round sees less of."""

import numpy as np
from sklearn.utils.random import sample_without_replacement

from imbalance_kit.ensemble._loop.fitting import Fitting


def draw_by_class(
    fitting: Fitting,
    number: int,
    resampled: np.ndarray,
    *,
    replacement: bool,
    rng: np.random.RandomState,
) -> np.ndarray:
    """Rows that a learner sees: all of some classes, and random ones of those resampled.

    Parameters
    ----------
    fitting : Fitting
        The fit.

    number : int
        The learner.

    resampled : ndarray of shape (n_classes,), bool
        Classes that are drawn from.

    replacement : bool
        Whether a row may be drawn more than once.

    rng : RandomState
        Source of the draw.

    Returns
    -------
    rows : ndarray
        Class by class.
    """
    drawn = []
    wanted = fitting.wanted_by(number)
    for rows, n, draws in zip(fitting.class_rows, wanted, resampled, strict=True):
        if not draws:
            drawn.append(rows)
        elif replacement:
            drawn.append(rows[rng.randint(len(rows), size=n)])
        else:
            drawn.append(rows[sample_without_replacement(len(rows), n, random_state=rng)])
    return np.concatenate(drawn)
