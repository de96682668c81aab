"""The distance of two rows, which defines every neighbour order of the library.

The squared distance is the sum of squared differences of the numbers, plus ``weights[j]`` for
every nominal column ``j`` with different categories. A number that is missing on either side is
left out, and what the others add up to is scaled by columns / columns present (scikit-learn's
nan-Euclidean rule); without a number in common, rows are infinitely far from each other.

It stands here in four forms: for two rows, for two rows of a sparse table, and in numpy for all
pairs of two blocks and for a list of pairs. None of them needs numba, so that small tables are
searched without loading it; `rules` compiles the first two, and `products` has one for four rows at
a time. All of them add the columns in float64 from first to last, one
after the other, so they give the same bits. All terms are positive: a sum that is cut short is a
lower bound, rounding included.
"""

import numpy as np


def squared_distance(
    numbers, category_codes, row, other_numbers, other_category_codes, other, weights, limit
):
    """Squared distance of ``row`` of one table and ``other`` of another one.

    Takes whole tables and row numbers, as compiled code would create an array for each slice.
    Once the sum is above ``limit`` the result may be any value above ``limit``.
    """
    n_columns = numbers.shape[1]
    total = 0.0
    n_present = 0
    # A test after every column would cost more than the columns it saves.
    for start in range(0, n_columns, 8):
        for column in range(start, min(start + 8, n_columns)):
            difference = numbers[row, column] - other_numbers[other, column]
            if difference == difference:  # not NaN: present in both rows
                total += difference * difference
                n_present += 1
        if total > limit:
            return total
    if n_present < n_columns:
        if n_present == 0:
            return np.inf
        total *= n_columns / n_present
    for column in range(category_codes.shape[1]):
        if category_codes[row, column] != other_category_codes[other, column]:
            total += weights[column]
    return total


def sparse_squared_distance(columns, values, other_columns, other_values, n_columns, limit):
    """Squared distance of two sparse rows with sorted columns and ``n_columns`` in all.

    A column that neither row holds is zero in both: it adds nothing, and it is present. So only
    the columns that one of them holds are visited, in ascending order, as in the dense sum.
    """
    total = 0.0
    n_missing = 0
    here = 0
    there = 0
    while (here < columns.shape[0] or there < other_columns.shape[0]) and total <= limit:
        if there == other_columns.shape[0] or (
            here < columns.shape[0] and columns[here] < other_columns[there]
        ):
            difference = values[here]
            here += 1
        elif here == columns.shape[0] or other_columns[there] < columns[here]:
            difference = other_values[there]
            there += 1
        else:
            difference = values[here] - other_values[there]
            here += 1
            there += 1
        if difference == difference:
            total += difference * difference
        else:
            n_missing += 1
    if n_missing > 0 and total <= limit:
        if n_missing == n_columns:
            return np.inf
        total *= n_columns / (n_columns - n_missing)
    return total


def add_squares(
    total: np.ndarray, queries: np.ndarray, rows: np.ndarray, n_present: np.ndarray | None = None
) -> None:
    """Add the squared differences of all pairs to ``total`` (queries x rows), by column.

    With ``n_present``, a difference with a missing value is left out, and ``n_present`` counts
    the others. A product of matrices would be faster, but rounds differently.
    """
    difference = np.empty(total.shape)
    for column in range(queries.shape[1]):
        np.subtract(queries[:, column, None], rows[None, :, column], out=difference)
        np.multiply(difference, difference, out=difference)
        if n_present is not None:
            present = ~np.isnan(difference)
            n_present += present
            difference[~present] = 0.0
        total += difference


def scale_to_all_columns(total: np.ndarray, n_present: np.ndarray, n_columns: int) -> None:
    """Scale sums over ``n_present`` columns to all columns; infinite where none is present."""
    total[n_present == 0] = 1.0  # the sum is zero there, and zero times infinity is NaN
    with np.errstate(divide="ignore"):
        total *= n_columns / n_present


def add_mismatches(
    total: np.ndarray, queries: np.ndarray, rows: np.ndarray, weights: np.ndarray
) -> None:
    """Add ``weights[j]`` to ``total`` for every pair whose categories differ in column ``j``."""
    for column, weight in enumerate(weights):
        total[queries[:, column, None] != rows[None, :, column]] += weight


def pair_distances(
    numbers: np.ndarray,
    category_codes: np.ndarray,
    other_numbers: np.ndarray,
    other_category_codes: np.ndarray,
    weights: np.ndarray,
) -> np.ndarray:
    """Squared distance of each row of one table to the row in the same place of the other one."""
    n_pairs, n_columns = numbers.shape
    # With fewer than two pairs numpy would add the columns up in halves, in another order.
    squares = np.zeros((n_columns, max(n_pairs, 2)))
    difference = squares[:, :n_pairs]
    np.subtract(numbers.T, other_numbers.T, out=difference)
    np.multiply(difference, difference, out=difference)
    total = np.add.reduce(squares, axis=0)[:n_pairs]
    if np.isnan(total).any():
        missing = np.isnan(difference)
        difference[missing] = 0.0
        total = np.add.reduce(squares, axis=0)[:n_pairs]
        scale_to_all_columns(total, n_columns - missing.sum(axis=0), n_columns)
    for column, weight in enumerate(weights):
        total[category_codes[:, column] != other_category_codes[:, column]] += weight
    return total


def sparse_pair_distances(
    starts: np.ndarray, differences: np.ndarray, n_columns: int
) -> np.ndarray:
    """Squared distances by the differences of sparse rows, in the order of their columns."""
    n_pairs = len(starts) - 1
    pair = np.repeat(np.arange(n_pairs), np.diff(starts))
    missing = np.isnan(differences)
    squares = np.where(missing, 0.0, differences * differences)
    # It adds one number after the other, unlike sums over slices.
    total = np.bincount(pair, squares, n_pairs)
    if missing.any():
        n_present = n_columns - np.bincount(pair[missing], minlength=n_pairs)
        scale_to_all_columns(total, n_present, n_columns)
    return total
