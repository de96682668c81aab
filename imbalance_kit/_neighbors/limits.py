"""Limits that the bounds of a few columns of each line reach."""

import numpy as np

_LANES = 64  # columns side by side when the k largest are looked for


def reached_by(values: np.ndarray, k: int) -> np.ndarray:
    """A value of each line that k columns reach, or a few more.

    The k-th largest of the maxima of lanes is cheaper to find than that of all, as most of the
    line is read only once, and only a few more columns reach it.
    """
    n_columns = values.shape[1]
    lanes = max(_LANES, 1 << (4 * k - 1).bit_length())
    if n_columns < 3 * lanes:
        return np.partition(values, n_columns - k, axis=1)[:, n_columns - k]
    whole = n_columns // lanes
    best = values[:, :lanes].copy()
    for place in range(1, whole):
        np.maximum(best, values[:, place * lanes : (place + 1) * lanes], out=best)
    rest = values[:, whole * lanes :]
    if rest.shape[1]:
        part = best[:, : rest.shape[1]]
        np.maximum(part, rest, out=part)
    return np.partition(best, lanes - k, axis=1)[:, lanes - k]
