"""Which strategy a search takes, and when compiled code is loaded.

All strategies give the same bits, so nothing in this file can change a result.
`benchmarks/bench_neighbors.py` prints the seconds that its few constants rest on.
"""

from __future__ import annotations

import sys
import threading

import numpy as np
from scipy import sparse

from imbalance_kit._neighbors.bounds import Bounds, ProductBounds
from imbalance_kit._neighbors.limits import reached_by
from imbalance_kit._tables.points import Mixed, Rows, has_missing
from imbalance_kit._threads import one_thread_of_blas

MANY_PAIRS = 1 << 24  # pairs of rows from which on sorting a table into leaves may pay
_FEW_COLUMNS = 8  # up to which it always does then,
_FEWEST_COLUMNS = 5  # and up to which it does for a smaller table, if all of its rows are queries
_PAIRS_OF_SMALL = 1 << 20
_NEAR_SHARE = 0.02  # share of rows within reach by their leading coordinates: below, leaves win
_LEADING = 8
_PROBED = 64  # rows whose neighbours are looked at to find that share
_COMPARED = 1024  # rows that they are compared with
_FAR = 0.5e8  # half squared lengths beyond which single rows would decide on the directions alone
_SWEEPS = 2
# A pair of rows costs numpy about as much longer than compiled code as so many multiplications
# take, beside one for each column.
_PAIR = 64
_INCOMPLETE_PAIR = 512  # with missing values
_SPARSE_PAIR = 1024
_LOADING = 3e10  # multiplications in the time that importing numba and reading its cache take
_LOADING_MORE = 1e10  # and reading the kernels of the leaves


class LoadingAccount:
    """Multiplications that searches of this process did because compiled code was not loaded.

    Loading takes half a second, more than most single searches. Whether it pays depends on the
    searches still to come, which are not known. So it is loaded once the searches so far have
    lost as much as loading takes: then a process never takes more than about twice the time of
    the better choice, and one small table does not load numba.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()  # samplers may run in several threads
        self._lost: dict[str, float] = {}

    def worth_loading(self, module: str, loss: float, loading: float) -> bool:
        """Whether to load ``module`` now; if not, ``loss`` is added to what was lost."""
        if f"imbalance_kit.kernels.{module}" in sys.modules:
            return True
        with self._lock:
            lost = self._lost.get(module, 0.0) + loss
            if lost < loading:
                self._lost[module] = lost
            return lost >= loading


_account = LoadingAccount()


def worth_compiling(table: Rows, queries: Rows, complete: bool = False) -> bool:
    """Whether a search goes through compiled code; ``complete`` if it is known to miss nothing."""
    n_rows, n_columns = table.shape
    pairs = n_rows * queries.shape[0]
    if sparse.issparse(table):
        return _account.worth_loading("postings", pairs * _SPARSE_PAIR, _LOADING)
    each = n_columns + (_PAIR if complete or not has_missing(table) else _INCOMPLETE_PAIR)
    return _account.worth_loading("products", float(pairs * each), _LOADING)


def leaves_are_better(table: Mixed, queries: Mixed, bounds: Bounds, k: int) -> bool:
    """Whether leaves of the table leave fewer pairs to look at than it costs to make them."""
    pairs = len(table) * len(queries)
    n_columns = table.shape[1]
    small = queries is table and n_columns <= _FEWEST_COLUMNS
    if pairs < (_PAIRS_OF_SMALL if small else MANY_PAIRS) or 4 * k > len(table):
        return False
    if (
        n_columns > _FEW_COLUMNS
        and isinstance(bounds, ProductBounds)
        and _near_share(bounds, k) > _NEAR_SHARE
    ):
        return False
    return _account.worth_loading("leaves", float(pairs * _PAIR), _LOADING_MORE)


def _near_share(bounds: ProductBounds, k: int) -> float:
    """Share of pairs that are within reach of each other by the leading coordinates.

    The reach of a row is the distance of its k-th neighbour. Leading coordinates are directions
    in which the rows spread most, as leaves are sorted by them.
    """
    singles, halves = bounds.right, bounds.right_halves
    n_rows, n_columns = singles.shape
    probed = slice(None, None, max(1, n_rows // _PROBED))
    compared = slice(None, None, max(1, n_rows // _COMPARED))
    rows = singles[probed]
    with one_thread_of_blas(rows.size * n_rows):
        apart = rows @ singles.T
        apart -= halves.astype(np.float32)
        # One more than k, as the row itself is the nearest.
        reach = 2.0 * (halves[probed] - reached_by(apart, k + 1))
        some = singles[compared][halves[compared] < _FAR]
        if not len(some):
            return 1.0
        some = some - some.mean(axis=0)
        spread = np.einsum("ij,ij->j", some, some)
        widest = np.argsort(-spread, kind="stable")[: 2 * _LEADING]
        directions = np.zeros((n_columns, len(widest)), dtype=np.float32)
        directions[widest, np.arange(len(widest))] = 1.0
        for _ in range(_SWEEPS):
            directions = np.linalg.qr(some.T @ (some @ directions))[0]
        directions = directions[:, :_LEADING]
        mine, theirs = rows @ directions, singles[compared] @ directions
        # No more accurate than products of float32 numbers are: it only decides on a strategy.
        squares = -2.0 * (mine @ theirs.T)
    squares += np.einsum("ij,ij->i", mine, mine)[:, None]
    squares += np.einsum("ij,ij->i", theirs, theirs)
    return float((squares <= reach[:, None]).mean())
