"""Tables in parts that are far from each other for what rows of a part differ by.

float32 coordinates with one centre tell rows of such a part no longer apart, and every pair of
them would be measured. Each part has a centre of its own, so it is searched by itself. For nearly
every row a single column shows that the other part holds no nearer one.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple, TypeAlias

import numpy as np

from imbalance_kit._neighbors.strategies import Found
from imbalance_kit._tables.points import Mixed, has_missing, measure

Search: TypeAlias = Callable[[Mixed, Mixed, np.ndarray], Found | None]
_FEWEST_PAIRS = 1 << 18  # below, measuring every pair takes no time
_SAMPLE = 256  # rows that are looked at
_SHARE = 0.02  # of them at least on either side
_PROBED = 32  # of them whose nearest is looked for
_WIDE_GAP = 0.1  # of the range of a column: a narrower one is nothing unusual
_FAR = 256.0  # times the distance of usual neighbours: from here on float32 becomes too coarse


class Division(NamedTuple):
    """Where a table falls into two parts."""

    column: int
    middle: float


def find_division(table: Mixed, n_queries: int) -> Division | None:
    """The widest gap of the widest column, if it is far wider than neighbours are apart.

    Found by some rows. What falls into more than two parts is divided again and again.
    """
    if len(table) * n_queries < _FEWEST_PAIRS:
        return None
    some = table[:: max(1, len(table) // _SAMPLE)]
    numbers = some.numbers
    if not numbers.size:
        return None
    column = int(np.argmax(numbers.max(axis=0) / 2.0 - numbers.min(axis=0) / 2.0))
    values = np.sort(numbers[:, column])
    fewest = max(1, int(_SHARE * len(values)))
    inner = values[fewest - 1 : len(values) - fewest + 1]
    place = int(np.argmax(np.diff(inner)))
    width = inner[place + 1] - inner[place]
    if not width > _WIDE_GAP * (inner[-1] - inner[0]) or has_missing(table):
        return None
    probed = some[:: max(1, len(some) // _PROBED)]
    apart = np.zeros((len(probed), len(some)))
    with np.errstate(over="ignore", under="ignore"):
        measure(apart, probed, some)
    apart[apart == 0.0] = np.inf  # the row itself, and copies, which say nothing of a spread
    if not width > _FAR * np.sqrt(np.median(apart.min(axis=1))):
        return None
    return Division(column, float(inner[place] / 2.0 + inner[place + 1] / 2.0))


def by_parts(
    table: Mixed,
    queries: Mixed,
    excluded: np.ndarray,
    k: int,
    division: Division,
    search_part: Search,
    search_whole: Search,
) -> Found | None:
    """Search each part for its own queries, and the whole table where that is not certain.

    None where a part has too few rows, or where a search returns that.
    """
    values, query_values = table.numbers[:, division.column], queries.numbers[:, division.column]
    above, queries_above = values > division.middle, query_values > division.middle
    n_above = int(above.sum())
    if min(n_above, len(table) - n_above) <= k:
        return None
    distances = np.empty((len(queries), k))
    indices = np.empty((len(queries), k), dtype=np.int64)
    certain = np.zeros(len(queries), dtype=bool)
    for side, edge in ((False, values[above].min()), (True, values[~above].max())):
        rows, on_side = np.flatnonzero(above == side), np.flatnonzero(queries_above == side)
        if not len(on_side):
            continue
        own = table[rows]
        places = np.where(excluded[on_side] < 0, -1, np.searchsorted(rows, excluded[on_side]))
        found = search_part(own, own if queries is table else queries[on_side], places)
        if found is None:
            return None
        distances[on_side], indices[on_side] = found[0], rows[found[1]]
        # No sum of squares is smaller than one of them, also after rounding.
        with np.errstate(over="ignore", under="ignore"):
            away = np.square(query_values[on_side] - edge)
        certain[on_side] = found[0][:, -1] < away
    again = np.flatnonzero(~certain)
    if len(again):
        found = search_whole(table, queries[again], excluded[again])
        if found is None:
            return None
        distances[again], indices[again] = found
    return distances, indices
