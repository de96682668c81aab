"""Every asking row against every row of the table: for searches with few pairs.

Nothing is sorted or hashed, so this is the shortest way where the table is small or few rows
ask. Rows of the table are laid side by side, some at a time, and squared differences are added
in float32 until all are too large. The rows that remain are measured in float64.

With ``D`` the exact squared distance, ``a`` the float32 one of centred and scaled rows, and
``e`` the sum of both rows' rounding errors, ``a <= (scale * sqrt(D) + e)**2 * (1 + rounding)``
up to an absolute 1e-30. A missing value counts nothing in ``a``, and less than nothing nowhere.
"""

import math

import numpy as np

from imbalance_kit.kernels._jit import kernel
from imbalance_kit.kernels.ranking import rank

_WIDTH = 64  # rows of the table side by side
_STEP = 8  # columns added between two looks at what is left
_SINGLE = 2.0**-23  # a unit in the last place of float32, relative: twice the rounding error
_LARGEST = 1e15  # scaled values beyond are not squared in float32
_SAMPLE = 64  # rows that tell where the table lies


def frame(numbers: np.ndarray) -> tuple[np.ndarray, float]:
    """A centre of the rows and what to multiply with, from some of them.

    Any centre and any scale from 1e-100 to 1e100 keep the result; these keep the search fast.
    """
    some = numbers[:: max(1, len(numbers) // _SAMPLE)]
    with np.errstate(over="ignore", invalid="ignore"):
        centre = some.mean(axis=0)
        centre[~np.isfinite(centre)] = 0.0
        size = float(np.fmax.reduce(np.abs(some - centre), axis=None, initial=0.0))
    return centre, 1.0 / min(max(size, 1e-100), 1e100) if size > 0.0 else 1.0


@kernel
def scan(
    asking,
    asking_codes,
    numbers,
    codes,
    weights,
    centre,
    scale,
    excluded,
    first,
    last,
    distances,
    indices,
):
    """Nearest rows of the table for the asking rows ``first`` to ``last``.

    Fills these lines of ``distances`` and ``indices``, so calls on different ranges may run at
    the same time. ``excluded[i]`` is the row that asking row i may not get (-1: none).
    ``centre`` and ``scale`` are those of `frame`.
    """
    n_table, n_columns = numbers.shape
    n_nominal = codes.shape[1]
    k = distances.shape[1]
    n_padded = (n_columns + _STEP - 1) // _STEP * _STEP
    rounding = 8.0 * (n_columns + n_nominal + 4) * _SINGLE
    tile = np.zeros((n_padded, _WIDTH), np.float32)
    levels = np.zeros((n_nominal, _WIDTH), np.int32)
    total = np.empty(_WIDTH, np.float32)
    values = np.zeros((last - first, n_padded), np.float32)
    errors = np.empty(last - first)
    for asker in range(first, last):
        square = 1e-30
        for column in range(n_columns):
            cell = (asking[asker, column] - centre[column]) * scale
            values[asker - first, column] = cell
            if cell == cell:
                square += cell * cell if abs(cell) < _LARGEST else np.inf
        errors[asker - first] = math.sqrt(square) * _SINGLE
        for place in range(k):
            distances[asker, place] = np.inf
            indices[asker, place] = n_table
    for start in range(0, n_table, _WIDTH):
        n_here = min(_WIDTH, n_table - start)
        largest = 0.0
        for other in range(n_here):
            square = 1e-30
            for column in range(n_columns):
                cell = (numbers[start + other, column] - centre[column]) * scale
                tile[column, other] = cell
                if cell == cell:
                    square += cell * cell if abs(cell) < _LARGEST else np.inf
            largest = max(largest, square)
            for column in range(n_nominal):
                levels[column, other] = codes[start + other, column]
        error_here = math.sqrt(largest) * _SINGLE
        for asker in range(first, last):
            value = values[asker - first]
            near = distances[asker]
            bound = near[k - 1]
            if bound == 0.0:
                # Rows come in ascending order: of equally near ones, the later are too late.
                continue
            error = errors[asker - first] + error_here
            # An error that is not finite makes the limit infinite, too: all rows are measured.
            reach = scale * math.sqrt(bound) + error
            limit = np.float32((reach * reach * (1.0 + rounding) + 1e-30) * (1.0 + 1e-6))
            for other in range(_WIDTH):
                total[other] = 0
            # One byte wide, so that the comparison is done on whole vectors.
            some = np.uint8(1)
            column = 0
            while column < n_columns and some != 0:
                for quarter in range(column, column + _STEP, 4):
                    a = value[quarter]
                    b = value[quarter + 1]
                    c = value[quarter + 2]
                    d = value[quarter + 3]
                    for other in range(_WIDTH):
                        p = tile[quarter, other] - a
                        q = tile[quarter + 1, other] - b
                        r = tile[quarter + 2, other] - c
                        s = tile[quarter + 3, other] - d
                        p = p * p if p == p else np.float32(0)
                        q = q * q if q == q else np.float32(0)
                        r = r * r if r == r else np.float32(0)
                        s = s * s if s == s else np.float32(0)
                        total[other] += (p + q) + (r + s)
                column += _STEP
                some = np.uint8(0)
                for other in range(_WIDTH):
                    some = np.uint8(some | np.uint8(total[other] <= limit))
            if some == 0:
                continue
            for column in range(n_nominal):
                level = asking_codes[asker, column]
                weight = np.float32(weights[column] * scale * scale)
                for other in range(_WIDTH):
                    total[other] += weight if levels[column, other] != level else np.float32(0)
            barred = excluded[asker]
            near_rows = indices[asker]
            for other in range(n_here):
                row = start + other
                if total[other] > limit or row == barred:
                    continue
                # As `squared_distance`, but with no slices of arrays: these take longer.
                distance = 0.0
                n_missing = 0
                for column in range(n_columns):
                    difference = asking[asker, column] - numbers[row, column]
                    if difference == difference:
                        distance += difference * difference
                    else:
                        n_missing += 1
                if n_missing > 0:
                    if n_missing == n_columns:
                        distance = np.inf
                    else:
                        distance *= n_columns / (n_columns - n_missing)
                for column in range(n_nominal):
                    if asking_codes[asker, column] != codes[row, column]:
                        distance += weights[column]
                if distance == np.inf:
                    rank(distance, row, near, near_rows)
                elif distance < bound:
                    place = k - 1
                    while place > 0 and near[place - 1] > distance:
                        near[place] = near[place - 1]
                        near_rows[place] = near_rows[place - 1]
                        place -= 1
                    near[place] = distance
                    near_rows[place] = row
                    bound = near[k - 1]
                    reach = scale * math.sqrt(bound) + error
                    limit = np.float32((reach * reach * (1.0 + rounding) + 1e-30) * (1.0 + 1e-6))
