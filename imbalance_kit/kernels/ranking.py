"""A short list of the nearest rows so far, kept in the order (distance, index)."""

import numpy as np

from imbalance_kit.kernels._jit import kernel


@kernel
def rank(distance: float, row: int, distances: np.ndarray, rows: np.ndarray) -> None:
    """Put one row into the sorted list if it comes before the last entry, which then drops out."""
    place = distances.shape[0] - 1
    if distances[place] < distance or (distances[place] == distance and rows[place] <= row):
        return
    while place > 0 and (
        distances[place - 1] > distance
        or (distances[place - 1] == distance and rows[place - 1] > row)
    ):
        distances[place] = distances[place - 1]
        rows[place] = rows[place - 1]
        place -= 1
    distances[place] = distance
    rows[place] = row
