"""Search each distinct row once: equal rows have equal distances to all others.

Without this step a table with many copies of one row costs the square of their number, because
no bound can separate a row from its copies.
"""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from imbalance_kit.kernels._jit import uncounted
from imbalance_kit.kernels.ranking import rank

_BLOCK_ELEMENTS = 1 << 15  # hashed or compared at a time
_FACTOR = np.uint64(0x9E3779B97F4A7C15)
_SHIFT = np.uint64(31)


class EqualRows(NamedTuple):
    """Rows by content. Groups are numbered by their first row, members are in order."""

    group: np.ndarray  # (n_rows,) int64
    start: np.ndarray  # (n_groups + 1,) int64: group g is member[start[g] : start[g + 1]]
    member: np.ndarray  # (n_rows,) int64


def hash_rows(numbers: np.ndarray, category_codes: np.ndarray) -> np.ndarray:
    """One 64-bit hash per row. -0.0 counts as 0.0, and every missing value as the same."""
    hashes = np.zeros(len(numbers), dtype=np.uint64)
    for elements in (numbers, category_codes):
        step = max(1, _BLOCK_ELEMENTS // max(1, elements.shape[1]))
        for first in range(0, len(elements) if elements.shape[1] else 0, step):
            block = elements[first : first + step]
            if elements is numbers:
                words = (block + 0.0).view(np.uint64)
                words[np.isnan(block)] = 1
            else:
                words = block.astype(np.uint64)
            mix(words, np.arange(elements.shape[1]))
            hashes[first : first + step] += words.sum(axis=1, dtype=np.uint64)
        hashes *= _FACTOR
    return hashes


def mix(words: np.ndarray, columns: np.ndarray) -> None:
    """Scramble 64-bit words by their columns, in place, so that their sum is a hash."""
    # The upper bits of a float must reach the lower ones, or the factor would drop them.
    words ^= words >> _SHIFT
    words *= (columns.astype(np.uint64) * _FACTOR) | np.uint64(1)
    words ^= words >> _SHIFT
    words *= _FACTOR


def mark_starts(
    order: np.ndarray, hashes: np.ndarray, numbers: np.ndarray, category_codes: np.ndarray
) -> np.ndarray:
    """Mark the places in ``order`` (by hash, then row) whose row differs from the last.

    ``hashes`` are those of the places: sorted.
    """
    starts = np.ones(len(order), dtype=bool)
    for place in alike(hashes, numbers.shape[1] + category_codes.shape[1]):
        row, last = order[place], order[place - 1]
        a, b = numbers[row], numbers[last]
        equal = ((a == b) | (np.isnan(a) & np.isnan(b))).all(axis=1)
        starts[place] = ~(equal & (category_codes[row] == category_codes[last]).all(axis=1))
    return starts


def alike(hashes: np.ndarray, elements_per_row: float) -> Iterator[np.ndarray]:
    """Places, some at a time, whose hash is that of the place before."""
    places = np.flatnonzero(hashes[1:] == hashes[:-1]) + 1
    step = max(1, int(_BLOCK_ELEMENTS / (elements_per_row + 1)))
    for first in range(0, len(places), step):
        yield places[first : first + step]


def groups_of(order: np.ndarray, starts: np.ndarray) -> EqualRows:
    """Number the groups of ``order`` by their first members."""
    first = order[starts]
    size = np.diff(np.append(np.flatnonzero(starts), len(order)))
    rank_of_group = np.empty(len(first), dtype=np.int64)
    by_first = np.argsort(first)
    rank_of_group[by_first] = np.arange(len(first))
    group = np.empty(len(order), dtype=np.int64)
    group[order] = np.repeat(rank_of_group, size)
    start = np.concatenate([[0], np.cumsum(size[by_first])])
    return EqualRows(group, start, np.argsort(group, kind="stable"))


@uncounted
def expand_groups(groups, query_groups, excluded, apart, near, near_groups, distances, indices):
    """Turn the nearest groups of each query into its nearest rows.

    ``near[i]`` and ``near_groups[i]`` hold, in order, the groups nearest to query i other
    than its own, ``query_groups[i]`` (-1 where it is no row of the table), whose members are
    ``apart[i]`` from each other. Because groups are numbered by their first row, k of them and
    the query's own are enough for k rows.
    """
    k = distances.shape[1]
    n_rows = groups.group.shape[0]
    for query in range(distances.shape[0]):
        distances[query] = np.inf
        indices[query] = n_rows
        query_group = query_groups[query]
        if query_group >= 0:
            # One more than wanted, because the query itself may be among them.
            last = min(groups.start[query_group + 1], groups.start[query_group] + k + 1)
            for place in range(groups.start[query_group], last):
                if groups.member[place] != excluded[query]:
                    rank(apart[query], groups.member[place], distances[query], indices[query])
        for other in range(near.shape[1]):
            if near[query, other] > distances[query, k - 1]:
                break
            group = near_groups[query, other]
            last = min(groups.start[group + 1], groups.start[group] + k)
            for place in range(groups.start[group], last):
                rank(near[query, other], groups.member[place], distances[query], indices[query])
