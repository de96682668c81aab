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
    codes: np.ndarray,
    wanted: np.ndarray,
    pool_size: int | str | None,
    rng: np.random.RandomState,
) -> np.ndarray | None:
    """Choose the rows that stay in play.

    Parameters
    ----------
    codes : ndarray of shape (n_samples,)
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
    counts = count(codes, len(wanted))
    sizes = np.array([_size(pool_size, n) for n in wanted])
    cut = np.flatnonzero((wanted < counts) & (sizes < counts))
    if len(cut) == 0:
        return None
    for code in cut:
        if sizes[code] < wanted[code]:
            raise ValueError(
                f"pool_size={pool_size} is less than the {wanted[code]} rows of a class that a "
                'round is to see. Give at least that many, or "auto".'
            )
    chosen = {
        int(code): np.sort(sample_without_replacement(counts[code], sizes[code], random_state=rng))
        for code in cut
    }
    return _rows_in_play(codes, counts, chosen)


def _rows_in_play(
    codes: np.ndarray, counts: np.ndarray, chosen: dict[int, np.ndarray]
) -> np.ndarray:
    """Rows whose number within their class is chosen, and all rows of the other classes.

    In parts, since a number for each row would take more memory than the pool.
    """
    found, before = [], np.zeros_like(counts)
    for start in range(0, len(codes), _AT_A_TIME):
        part = codes[start : start + _AT_A_TIME]
        stays = np.ones(len(part), dtype=bool)
        for code, numbers in chosen.items():
            own = np.flatnonzero(part == code)
            first, last = np.searchsorted(numbers, [before[code], before[code] + len(own)])
            stays[own] = False
            stays[own[numbers[first:last] - before[code]]] = True
            before[code] += len(own)
        found.append(np.flatnonzero(stays) + start)
    return np.concatenate(found)


def _size(pool_size: int | str, wanted: int) -> int:
    if pool_size != "auto":
        return int(pool_size)
    ample = min(max(_PER_DRAWN * int(wanted), _FEWEST), _MOST)
    return max(ample, _LEAST_PER_DRAWN * int(wanted))
