"""How many rows of each class a round learns from, while the rounds go by."""

import numpy as np

from imbalance_kit._sklearn_compat import StrOptions

SCHEDULE: dict = {"schedule": [StrOptions({"uniform", "progressive", "cooldown"})]}


def rows_in_round(
    natural: np.ndarray, wanted: np.ndarray, schedule: str, number: int, n_rounds: int
) -> np.ndarray:
    """Rows of each class in one round.

    Parameters
    ----------
    natural : ndarray of shape (n_classes,)
        Rows of each class in the table.

    wanted : ndarray of shape (n_classes,)
        Rows of each class as `sampling_strategy` asks for them.

    schedule : {"uniform", "progressive", "cooldown"}
        "uniform": as wanted, in every round. "progressive": from natural to wanted in equal
        steps. "cooldown": from wanted to natural along ``wanted**(1 - t) * natural**t``, which
        for evened out classes is sampling at a temperature of ``1 / t``.

    number : int
        The round, from 0.

    n_rounds : int
        Rounds in all. One alone is as wanted.

    Returns
    -------
    rows : ndarray of shape (n_classes,)
        Whole numbers.
    """
    if schedule == "uniform" or n_rounds == 1:
        return wanted.astype(np.int64)
    done = number / (n_rounds - 1)
    if schedule == "progressive":
        rows = np.ceil(natural * (1.0 - done) + wanted * done - 1e-10)
    else:
        rows = np.round(wanted.astype(np.float64) ** (1.0 - done) * np.power(natural, done))
    return np.where(wanted == 0, 0, rows).astype(np.int64)
