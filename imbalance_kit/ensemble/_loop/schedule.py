"""How many rows of each class a round learns from, while the rounds go by.

A schedule is one entry of `SCHEDULES`; the ensembles accept what stands there.
"""

from collections.abc import Callable

import numpy as np

from imbalance_kit._sklearn_compat import StrOptions


def _progressive(class_counts: np.ndarray, wanted: np.ndarray, done: float) -> np.ndarray:
    # The margin: a whole number that rounding lifted by a trace must not go up by one.
    return np.ceil(class_counts * (1.0 - done) + wanted * done - 1e-10)


def _cooldown(class_counts: np.ndarray, wanted: np.ndarray, done: float) -> np.ndarray:
    return np.round(wanted.astype(np.float64) ** (1.0 - done) * np.power(class_counts, done))


# From the rows of each class in the table, those wanted and the share of the rounds that is done,
# 0 in the first and 1 in the last, to the rows of a round.
SCHEDULES: dict[str, Callable[[np.ndarray, np.ndarray, float], np.ndarray]] = {
    "uniform": lambda class_counts, wanted, done: wanted,
    "progressive": _progressive,
    "cooldown": _cooldown,
}
SCHEDULE: dict = {"schedule": [StrOptions(set(SCHEDULES))]}


def rows_in_round(
    class_counts: np.ndarray, wanted: np.ndarray, schedule: str, number: int, n_rounds: int
) -> np.ndarray:
    """Rows of each class in one round.

    Parameters
    ----------
    class_counts : ndarray of shape (n_classes,)
        Rows of each class in the table.

    wanted : ndarray of shape (n_classes,)
        Rows of each class as `sampling_strategy` wants them.

    schedule : {"uniform", "progressive", "cooldown"}
        "uniform": as wanted, in every round. "progressive": from those of the table to those wanted
        in equal steps. "cooldown": from wanted to those of the table along
        ``wanted**(1 - t) * class_counts**t``, which for evened out classes is sampling at a
        temperature of ``1 / t``.

    number : int
        The round, from 0.

    n_rounds : int
        Rounds in all. One alone is as wanted.

    Returns
    -------
    rows : ndarray of shape (n_classes,)
        Whole numbers.
    """
    if n_rounds == 1:
        return wanted.astype(np.int64)
    rows = SCHEDULES[schedule](class_counts, wanted, number / (n_rounds - 1))
    return np.where(wanted == 0, 0, rows).astype(np.int64)
