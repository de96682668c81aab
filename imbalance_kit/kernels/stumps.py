"""Boosting stumps for two classes over columns that are sorted once.

A column is a run of its rows in the order of their values, cut into pieces of equal ones. The
best split of a column is found in one pass over the run, and the largest piece is never summed
up: what is left of it is added from the left, what is right of it from the right. A column
that has one value in most rows costs little.
"""

from typing import NamedTuple

import numpy as np

from imbalance_kit.kernels._jit import kernel


class Sorted(NamedTuple):
    """Columns in the order of their values."""

    order: np.ndarray  # (n_columns, n_rows) int32: rows by value
    ends: np.ndarray  # (n_pieces,) int64: where the pieces of equal values end, column by column
    first: np.ndarray  # (n_columns + 1,) int64: the first piece of each column
    largest: np.ndarray  # (n_columns,) int64: the largest piece of each column


@kernel
def find_stump(order, ends, first, largest, signed, negative, positive):
    """Best split of all columns by the weighted Gini impurity.

    ``signed`` holds the weight of each row, with a minus for the first class; ``negative`` and
    ``positive`` are its sums. Between equal splits the first column wins, then the lowest value.

    Returns the column (-1 where nothing can be split), the number of rows left of the split and
    the weights of both classes there.
    """
    column = -1
    place = 0
    left_negative = 0.0
    left_positive = 0.0
    lowest = np.inf
    total = negative + positive
    for candidate in range(order.shape[0]):
        rows = order[candidate]
        low = 0.0
        high = 0.0
        start = 0
        for piece in range(first[candidate], largest[candidate]):
            for at in range(start, ends[piece]):
                weight = signed[rows[at]]
                high += max(weight, 0.0)
                low += max(-weight, 0.0)
            start = ends[piece]
            left = low + high
            right = total - left
            impurity = low * high / left + (negative - low) * (positive - high) / right
            if left > 0.0 and right > 0.0 and impurity < lowest:
                lowest = impurity
                column = candidate
                place = start
                left_negative = low
                left_positive = high
        low = 0.0
        high = 0.0
        stop = order.shape[1]
        from_right = False
        for piece in range(first[candidate + 1] - 2, largest[candidate] - 1, -1):
            for at in range(ends[piece], stop):
                weight = signed[rows[at]]
                high += max(weight, 0.0)
                low += max(-weight, 0.0)
            stop = ends[piece]
            right = low + high
            left = total - right
            impurity = low * high / right + (negative - low) * (positive - high) / left
            better = impurity < lowest or (from_right and impurity == lowest)
            if left > 0.0 and right > 0.0 and better:
                from_right = True
                lowest = impurity
                column = candidate
                place = stop
                left_negative = negative - low
                left_positive = positive - high
    return column, place, left_negative, left_positive


@kernel
def boost_stumps(order, ends, first, largest, label, weight, rate, splits, sums, errors, weights):
    """Discrete AdaBoost (SAMME for two classes) with stumps.

    ``weight`` (changed) adds up to one; ``label`` is 0 or 1. Entry t of ``splits`` gets the
    column of a round and its number of rows to the left, of ``sums`` the weights of both classes
    on either side, of ``errors`` and ``weights`` the error and the weight of the stump. Returns the
    number of stumps; one no better than a guess ends the rounds and does not count.
    """
    n_rows = label.shape[0]
    signed = np.empty(n_rows)
    n_rounds = splits.shape[0]
    smallest = 2.220446049250313e-16  # as in scikit-learn: no weight ever vanishes
    for number in range(n_rounds):
        negative = 0.0
        positive = 0.0
        for row in range(n_rows):
            if weight[row] > 0.0:
                weight[row] = max(weight[row], smallest)
            if label[row] == 1:
                signed[row] = weight[row]
                positive += weight[row]
            else:
                signed[row] = -weight[row]
                negative += weight[row]
        column, place, low, high = find_stump(
            order, ends, first, largest, signed, negative, positive
        )
        if column >= 0:
            on_left = 1 if high > low else 0
            on_right = 1 if positive - high > negative - low else 0
        else:
            on_left = 1 if positive > negative else 0
            on_right = on_left
        # The error is summed over the rows: as a difference of sums it would never be zero.
        error = 0.0
        rows = order[max(column, 0)]
        for at in range(n_rows):
            predicted = on_left if at < place else on_right
            if label[rows[at]] != predicted:
                error += weight[rows[at]]
        error /= negative + positive
        if error >= 0.5:
            return number
        splits[number, 0] = column
        splits[number, 1] = place
        sums[number, 0, 0] = low
        sums[number, 0, 1] = high
        sums[number, 1, 0] = negative - low
        sums[number, 1, 1] = positive - high
        errors[number] = error
        weights[number] = 1.0
        if error <= 0.0:
            return number + 1
        alpha = rate * np.log((1.0 - error) / error)
        weights[number] = alpha
        factor = np.exp(alpha)
        total = 0.0
        for at in range(n_rows):
            row = rows[at]
            predicted = on_left if at < place else on_right
            if label[row] != predicted:
                weight[row] *= factor
            total += weight[row]
        for row in range(n_rows):
            weight[row] /= total
    return n_rounds
