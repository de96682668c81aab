"""The list of the nearest rows so far, kept in the order of the tie rule.

An empty place of the list holds an infinite distance and a row number beyond all others, so that
even rows that are infinitely far precede it.
"""

import numpy as np

from imbalance_kit.kernels._jit import part
from imbalance_kit.kernels.rules import precedes


@part
def insert(distance: float, row: int, distances: np.ndarray, rows: np.ndarray) -> None:
    """Put a row that precedes the last entry into the sorted list; that entry drops out."""
    place = distances.shape[0] - 1
    # Insertion from the end: lists are short, and most rows that get on one come near its end.
    while place > 0 and precedes(distance, row, distances[place - 1], rows[place - 1]):
        distances[place] = distances[place - 1]
        rows[place] = rows[place - 1]
        place -= 1
    distances[place] = distance
    rows[place] = row


@part
def rank(distance: float, row: int, distances: np.ndarray, rows: np.ndarray) -> None:
    """Put a row into the sorted list if it precedes the last entry."""
    last = distances.shape[0] - 1
    if precedes(distance, row, distances[last], rows[last]):
        insert(distance, row, distances, rows)
