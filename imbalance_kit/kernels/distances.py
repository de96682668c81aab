"""The squared distance of two rows, which defines every neighbour order of the library.

The sum runs over the columns from first to last in float64, so its bits do not depend on the
search that asked. All terms are positive: a sum cut short is a lower bound, rounding included.
"""

import numpy as np

from imbalance_kit.kernels._jit import kernel


@kernel
def squared_distance(
    numbers: np.ndarray,
    codes: np.ndarray,
    other_numbers: np.ndarray,
    other_codes: np.ndarray,
    weights: np.ndarray,
    limit: float,
) -> float:
    """Squared distance of two rows of numbers and nominal codes.

    Missing numbers follow scikit-learn's nan-aware rule (the columns present in both, scaled by
    columns / columns present; infinite without a common column). Once the sum is above ``limit``
    the true value may be replaced by any other value above it.
    """
    n_columns = numbers.shape[0]
    total = 0.0
    present = 0
    column = 0
    while column < n_columns:
        # A test after every column would cost more than the columns it saves.
        stop = min(column + 8, n_columns)
        while column < stop:
            difference = numbers[column] - other_numbers[column]
            if difference == difference:
                total += difference * difference
                present += 1
            column += 1
        if total > limit:
            return total
    if present < n_columns:
        if present == 0:
            return np.inf
        total *= n_columns / present
    for column in range(codes.shape[0]):
        if codes[column] != other_codes[column]:
            total += weights[column]
    return total
