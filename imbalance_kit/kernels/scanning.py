"""Every asking row against every row of the table, in float64: for searches with few pairs.

Nothing is prepared, so this is the shortest way where the table is small or few rows ask. Rows
of the table are laid side by side, some at a time, and differences are added column by column,
from first to last: a sum so far is never above the distance, and rows that are too far already
are left alone.
"""

import numpy as np

from imbalance_kit.kernels._jit import kernel
from imbalance_kit.kernels.distances import squared_distance
from imbalance_kit.kernels.ranking import rank

_WIDTH = 64  # rows of the table side by side
_STEP = 8  # columns added between two looks at what is left


@kernel
def scan(asking, asking_codes, numbers, codes, weights, excluded, first, last, distances, indices):
    """Nearest rows of the table for the asking rows ``first`` to ``last``.

    Fills these lines of ``distances`` and ``indices``, so calls on different ranges may run at
    the same time. ``excluded[i]`` is the row that asking row i may not get (-1: none).
    """
    n_table, n_columns = numbers.shape
    n_nominal = codes.shape[1]
    k = distances.shape[1]
    tile = np.zeros(((n_columns + _STEP - 1) // _STEP * _STEP, _WIDTH))
    levels = np.zeros((n_nominal, _WIDTH), np.int32)
    value = np.zeros(tile.shape[0])
    total = np.empty(_WIDTH)
    for asker in range(first, last):
        for place in range(k):
            distances[asker, place] = np.inf
            indices[asker, place] = n_table
    for start in range(0, n_table, _WIDTH):
        n_here = min(_WIDTH, n_table - start)
        gaps_here = False
        for other in range(n_here):
            for column in range(n_columns):
                cell = numbers[start + other, column]
                gaps_here |= cell != cell
                tile[column, other] = cell
            for column in range(n_nominal):
                levels[column, other] = codes[start + other, column]
        for asker in range(first, last):
            near = distances[asker]
            # Rows come in ascending order, so one as far as the last on the list is too late for
            # it; while the list is not full, anything gets in.
            limit = near[k - 1]
            full = limit < np.inf
            gaps = gaps_here
            for column in range(n_columns):
                cell = asking[asker, column]
                gaps |= cell != cell
                value[column] = cell
            for other in range(_WIDTH):
                total[other] = 0.0
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
                        # Missing values count nothing here, which can only make it less.
                        so_far = total[other] + (p * p if p == p else 0.0)
                        so_far += q * q if q == q else 0.0
                        so_far += r * r if r == r else 0.0
                        total[other] = so_far + (s * s if s == s else 0.0)
                column += _STEP
                some = np.uint8(0)
                for other in range(_WIDTH):
                    some = np.uint8(some | np.uint8(total[other] < limit))
                some |= np.uint8(not full)
            if some == 0:
                continue
            for column in range(n_nominal):
                level = asking_codes[asker, column]
                weight = weights[column]
                for other in range(_WIDTH):
                    total[other] += weight if levels[column, other] != level else 0.0
            barred = excluded[asker]
            near_rows = indices[asker]
            for other in range(n_here):
                row = start + other
                if (full and total[other] >= limit) or row == barred:
                    continue
                distance = total[other]
                if gaps:
                    distance = squared_distance(
                        asking[asker],
                        asking_codes[asker],
                        numbers[row],
                        codes[row],
                        weights,
                        limit,
                    )
                if distance == np.inf:
                    rank(distance, row, near, near_rows)
                elif distance < limit:
                    place = k - 1
                    while place > 0 and near[place - 1] > distance:
                        near[place] = near[place - 1]
                        near_rows[place] = near_rows[place - 1]
                        place -= 1
                    near[place] = distance
                    near_rows[place] = row
                limit = near[k - 1]
                full = limit < np.inf
