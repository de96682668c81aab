"""Search each distinct row once: equal rows have equal distances to everything.

Without this step a table with many copies of one row costs the square of their number, because
no bound can separate a row from its copies.
"""

from typing import NamedTuple

import numpy as np

from imbalance_kit.kernels._jit import kernel
from imbalance_kit.kernels.ranking import rank


class Groups(NamedTuple):
    """Rows by content. Groups are numbered by their first row, members are in order."""

    group: np.ndarray  # (n_rows,) int64
    start: np.ndarray  # (n_groups + 1,) int64: group g is member[start[g] : start[g + 1]]
    member: np.ndarray  # (n_rows,) int64


@kernel
def hash_rows(bits, numbers, codes):
    """One 64-bit hash per row; ``bits`` is ``numbers`` seen as integers. -0.0 counts as 0.0."""
    n_rows = numbers.shape[0]
    hashes = np.empty(n_rows, dtype=np.uint64)
    factor = np.uint64(0x9E3779B97F4A7C15)
    shift = np.uint64(29)
    for row in range(n_rows):
        code = np.uint64(0x243F6A8885A308D3)
        for column in range(numbers.shape[1]):
            value = numbers[row, column]
            word = bits[row, column]
            if value == 0.0:
                word = np.uint64(0)
            elif value != value:
                word = np.uint64(1)
            code = (code ^ word) * factor
            code ^= code >> shift
        for column in range(codes.shape[1]):
            code = (code ^ np.uint64(codes[row, column])) * factor
            code ^= code >> shift
        hashes[row] = code
    return hashes


@kernel
def mark_starts(order, hashes, numbers, codes):
    """Mark the places in ``order`` (sorted by hash, then row) whose row differs from the last."""
    starts = np.empty(order.shape[0], dtype=np.bool_)
    starts[0] = True
    for place in range(1, order.shape[0]):
        row = order[place]
        last = order[place - 1]
        equal = hashes[row] == hashes[last]
        for column in range(numbers.shape[1]):
            if not equal:
                break
            a = numbers[row, column]
            b = numbers[last, column]
            equal = a == b or (a != a and b != b)
        for column in range(codes.shape[1]):
            if not equal:
                break
            equal = codes[row, column] == codes[last, column]
        starts[place] = not equal
    return starts


def groups_of(order: np.ndarray, starts: np.ndarray) -> Groups:
    """Number the groups of ``order`` by their first members."""
    first = order[starts]
    size = np.diff(np.append(np.flatnonzero(starts), len(order)))
    rank_of_group = np.empty(len(first), dtype=np.int64)
    by_first = np.argsort(first)
    rank_of_group[by_first] = np.arange(len(first))
    group = np.empty(len(order), dtype=np.int64)
    group[order] = np.repeat(rank_of_group, size)
    start = np.concatenate([[0], np.cumsum(size[by_first])])
    return Groups(group, start, np.argsort(group, kind="stable"))


@kernel
def spread_out(groups, asking_groups, excluded, apart, near, near_groups, distances, indices):
    """Turn the nearest groups of each asking row into its nearest rows.

    ``near[i]`` and ``near_groups[i]`` hold, in order, the groups nearest to asking row i other
    than its own, ``asking_groups[i]`` (-1 where it is no row of the table), whose members are
    ``apart[i]`` from each other. Because groups are numbered by their first row, k of them and
    the own one are enough for k rows.
    """
    k = distances.shape[1]
    n_rows = groups.group.shape[0]
    for asker in range(distances.shape[0]):
        distances[asker] = np.inf
        indices[asker] = n_rows
        own = asking_groups[asker]
        if own >= 0:
            # One more than wanted, because the asking row itself may be among them.
            last = min(groups.start[own + 1], groups.start[own] + k + 1)
            for place in range(groups.start[own], last):
                if groups.member[place] != excluded[asker]:
                    rank(apart[asker], groups.member[place], distances[asker], indices[asker])
        for other in range(near.shape[1]):
            if near[asker, other] > distances[asker, k - 1]:
                break
            group = near_groups[asker, other]
            last = min(groups.start[group + 1], groups.start[group] + k)
            for place in range(groups.start[group], last):
                rank(near[asker, other], groups.member[place], distances[asker], indices[asker])
