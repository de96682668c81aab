"""The rows of large classes that rounds choose from, where a class has more than they can use."""

from numbers import Integral

import numpy as np
from sklearn.utils.random import sample_without_replacement

from imbalance_kit._sklearn_compat import Interval, StrOptions
from imbalance_kit._tables.labels import count

POOL_SIZE: dict = {
    "pool_size": [Interval(Integral, 1, None, closed="left"), StrOptions({"auto"}), None]
}

_FEWEST, _MOST = 100_000, 1_000_000
_AT_A_TIME = 1 << 18  # rows
_PER_DRAWN, _LEAST_PER_DRAWN = 50, 5


def draw_pool(
    y_encoded: np.ndarray,
    wanted: np.ndarray,
    pool_size: int | str | None,
    rng: np.random.RandomState,
) -> np.ndarray | None:
    """Choose the rows that stay in play.

    Parameters
    ----------
    y_encoded : ndarray of shape (n_samples,)
        Classes, by position.

    wanted : ndarray of shape (n_classes,)
        Rows of each class in a round.

    pool_size : int, "auto" or None
        See :class:`SelfPacedEnsembleClassifier`.

    rng : RandomState
        Source of the draw.

    Returns
    -------
    rows : ndarray or None
        Row numbers in order; None where all rows stay.
    """
    if pool_size is None:
        return None
    counts = count(y_encoded, len(wanted))
    sizes = np.array([_size(pool_size, n) for n in wanted])
    cut = np.flatnonzero((wanted < counts) & (sizes < counts))
    if len(cut) == 0:
        return None
    for position in cut:
        if sizes[position] < wanted[position]:
            raise ValueError(
                f"pool_size={pool_size} is less than the {wanted[position]} rows of a class that a "
                'round is to see. Give at least that many, or "auto".'
            )
    chosen = {
        int(position): np.sort(
            sample_without_replacement(counts[position], sizes[position], random_state=rng)
        )
        for position in cut
    }
    return _rows_in_play(y_encoded, counts, chosen)


def _rows_in_play(
    y_encoded: np.ndarray, counts: np.ndarray, chosen: dict[int, np.ndarray]
) -> np.ndarray:
    """Rows whose number within their class is chosen, and all rows of the other classes.

    In parts, since a number for each row would take more memory than the pool.
    """
    found, before = [], np.zeros_like(counts)
    for start in range(0, len(y_encoded), _AT_A_TIME):
        part = y_encoded[start : start + _AT_A_TIME]
        stays = np.ones(len(part), dtype=bool)
        for position, numbers in chosen.items():
            here = np.flatnonzero(part == position)
            first, last = np.searchsorted(numbers, [before[position], before[position] + len(here)])
            stays[here] = False
            stays[here[numbers[first:last] - before[position]]] = True
            before[position] += len(here)
        found.append(np.flatnonzero(stays) + start)
    return np.concatenate(found)


def _size(pool_size: int | str, wanted: int) -> int:
    if pool_size != "auto":
        return int(pool_size)
    ample = min(max(_PER_DRAWN * int(wanted), _FEWEST), _MOST)
    return max(ample, _LEAST_PER_DRAWN * int(wanted))
