"""Which strategy a search takes: an estimate of its costs, and of what loading numba costs.

All strategies give the same bits, so nothing in this file can change a result.
"""

from __future__ import annotations

import math
import sys
import threading

from scipy import sparse

from imbalance_kit._tables.points import Rows

# Nanoseconds, of one thread, as `benchmarks/bench_neighbors.py` prints them.
_NUMPY_PAIR = 15.0  # numpy: choosing the k smallest, for each pair of rows
_NUMPY_DIFFERENCE = 1.5  # numpy: a difference, squared and added
_CALL = 50_000.0  # a call of compiled code
_PAIR = 0.3  # compiled: the same two
_DIFFERENCE = 0.025
_RANKING = 20.0  # compiled: putting a row on the list of the k nearest
_LEAVES_CALLS = 1_000_000.0  # coordinates and leaves: the calls
_LEAVES_ELEMENT = 100.0  # hashing, rotating and sorting into leaves, for each element
_LEAVES_SHARE = 0.3  # share of a scan's work that leaves do not save,
_LEAVES_SHARE_OF_COLUMN = 0.01  # and what each column adds to it
_LOADING = 600_000_000.0  # importing numba and reading kernels from its cache
_LOADING_MORE = 200_000_000.0  # reading more of them

# Strategies of compiled code, in the order in which they are loaded, and what each imports.
_MODULES = {"scan": "scanning", "auto": "leaves"}


class LoadingAccount:
    """Nanoseconds that searches of this process lost because compiled code was not loaded.

    Loading takes half a second, more than most single searches. Whether it pays depends on the
    searches still to come, which are not known. So it is loaded once the searches so far have
    lost as much as loading takes: then a process never takes more than about twice the time of
    the better choice, and one small table does not load numba.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()  # samplers may run in several threads
        self._lost = dict.fromkeys(_MODULES, 0.0)

    def worth_loading(self, strategy: str, loss: float, loading: float) -> bool:
        """Whether to load ``strategy`` now; if not, ``loss`` is added to what was lost."""
        with self._lock:
            if self._lost[strategy] + loss >= loading:
                return True
            self._lost[strategy] += loss
            return False


_account = LoadingAccount()


def choose(table: Rows, queries: Rows, k: int) -> str:
    """Take the cheapest strategy: "blocks" in numpy, or compiled "scan" or "auto" (leaves)."""
    costs = _costs(table, queries, k)
    choice = "blocks"
    for strategy, module in _MODULES.items():
        loss = costs[choice] - costs[strategy]
        if loss <= 0.0:
            continue
        if f"imbalance_kit.kernels.{module}" not in sys.modules:
            # After the scan numba itself is there, and only more kernels have to be read.
            loading = _LOADING_MORE if choice == "scan" else _LOADING
            if not _account.worth_loading(strategy, loss, loading):
                continue
        choice = strategy
    return choice


def _costs(table: Rows, queries: Rows, k: int) -> dict[str, float]:
    """Nanoseconds of each strategy, roughly."""
    n_rows, n_columns = table.shape
    n_queries = queries.shape[0]
    pairs = n_queries * n_rows
    # Rows that get on the list of k (in random order, the i-th one with odds k / i), each of
    # which moves half of those on it.
    ranked = n_queries * k * (1.0 + math.log(n_rows / k))
    ranking = ranked * (_RANKING + k / 2.0)
    scanning = _PAIR * pairs + _DIFFERENCE * pairs * n_columns
    in_leaves = n_rows if queries is table else n_rows + n_queries
    building = _LEAVES_CALLS + _LEAVES_ELEMENT * in_leaves * (n_columns + 1)
    share = min(_LEAVES_SHARE + _LEAVES_SHARE_OF_COLUMN * n_columns, 0.8)
    return {
        "blocks": pairs * (_NUMPY_PAIR + _NUMPY_DIFFERENCE * n_columns),
        "scan": math.inf if sparse.issparse(table) else _CALL + scanning + ranking,
        "auto": building + share * scanning + ranking,
    }
