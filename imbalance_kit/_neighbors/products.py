"""The search by `kernels.products`: few queries against a table, or all pairs of its rows.

Imported where compiled code is used: it loads numba.
"""

from __future__ import annotations

import threading

import numpy as np

from imbalance_kit._neighbors.bounds import Bounds, ProductBounds
from imbalance_kit._neighbors.strategies import Found
from imbalance_kit._tables.points import Mixed
from imbalance_kit._threads import WORTH_THREADS, in_threads, one_thread_of_blas
from imbalance_kit.kernels import products

_SIDE = 384  # rows and columns of a block of pairs
_BLOCK = 1 << 18  # pairs of a block where rows of a table are searched for queries
_TOGETHER = 256  # queries of such a block, at most
_SPARE = 6  # places on a list beside two for each neighbour that is wanted
_MOST_LANES = 32  # neighbours up to which limits are found by lanes
_UNSURE = 0.05  # share of rows without a certain list from which on another search is better
_MANY_NOTED = 10  # times as many rows on lists as in a random order, likewise
_MANY_MEASURED = 0.1  # share of pairs that are measured from which on leaves are better
_LIST_BYTES = 1 << 27  # for the lists of all threads; fewer threads take part if they need more
_LARGEST = 1e15 * (1.0 - 1e-6)  # of rows that are not cut, a little less


def by_rows(
    table: Mixed,
    queries: Mixed,
    excluded: np.ndarray,
    k: int,
    n_threads: int,
    bounds: Bounds,
    patient: bool = True,
) -> Found | None:
    """Products of queries with the table, whatever they are.

    None, unless it is to be ``patient``, where the bounds leave too many pairs to be measured.
    """
    n_table = len(table)
    distances = np.full((len(queries), k), np.inf)
    indices = np.full((len(queries), k), n_table)
    n_queries = len(queries)
    work = n_queries * n_table * max(1, table.shape[1])
    if work < WORTH_THREADS:
        n_threads = 1
    # Each block reads the whole table, so a single thread takes as many queries as it may.
    n_parts = 1 if n_threads == 1 else 2 * n_threads
    height = min(_TOGETHER, max(1, -(-n_queries // n_parts)))
    width = max(_BLOCK // height, 1)
    lock, n_measured, n_done = threading.Lock(), [0], [0]
    stopped = threading.Event()

    def search(first: int, last: int) -> None:
        buffer = np.empty(height * width, dtype=np.float32)
        scratch = products.scan_scratch(k)
        for query in range(first * height, min(last * height, n_queries), height):
            if stopped.is_set():
                return
            end = min(query + height, n_queries)
            measured = 0
            for start in range(0, n_table, width):
                stop = min(start + width, n_table)
                measured += products.scan_rows(
                    bounds.product(query, end, start, stop, buffer),
                    bounds.shift,
                    bounds.base,
                    *bounds.slacks,
                    bounds.factor,
                    start,
                    query,
                    queries.numbers,
                    queries.category_codes,
                    table.numbers,
                    table.category_codes,
                    table.weights,
                    excluded,
                    distances,
                    indices,
                    scratch,
                )
            with lock:
                n_measured[0] += measured
                n_done[0] += end - query
                if not patient and n_measured[0] > _MANY_MEASURED * n_done[0] * n_table:
                    stopped.set()

    with one_thread_of_blas(work):
        in_threads(search, -(-n_queries // height), n_threads)
    return None if stopped.is_set() else (distances, indices)


def by_pairs(
    table: Mixed, k: int, n_threads: int, bounds: ProductBounds
) -> tuple[np.ndarray, np.ndarray, np.ndarray] | None:
    """Look at each pair of rows once.

    Returns distances, indices, and which rows have to be searched another way; None where these
    would be too many. Which they are may depend on the threads, the others' result does not.
    """
    n_rows = len(table)
    length = 2 * k + _SPARE
    work = n_rows * n_rows // 2 * bounds.right.shape[1]
    n_threads = min(n_threads, max(1, _LIST_BYTES // (n_rows * (12 * length + 8))))
    if work < WORTH_THREADS:
        n_threads = 1
    singles, halves, shift = bounds.right, bounds.right_halves, bounds.shift
    relative, absolute = bounds.relative, bounds.absolute
    near = np.full((n_threads, n_rows, length), np.inf)
    rows = np.full((n_threads, n_rows, length), -1, dtype=np.int32)
    dropped = np.full((n_threads, n_rows), np.inf)
    most = np.full(n_rows, np.inf)
    limits = np.full(n_rows, -np.inf, dtype=np.float32)
    if bounds.right_cut.any():
        # There is no upper bound for rows that were cut. So they stay out of all lists, and the
        # others note how near they may be.
        away = np.maximum(_LARGEST - np.sqrt(2.0 * halves), 0.0)
        dropped[0] = 0.5 * away * away
        halves = np.where(bounds.right_cut, np.inf, halves)
        shift = shift.copy()
        shift[bounds.right_cut] = np.inf
        limits[bounds.right_cut] = np.inf
    n_blocks = -(-n_rows // _SIDE)
    layers, lock, n_noted = list(range(n_threads)), threading.Lock(), [0]
    expected = k * (1.0 + np.log(n_rows / k)) * n_rows
    stopped = threading.Event()

    def look(pairs: list[tuple[int, int]]) -> None:
        def search(first: int, last: int) -> None:
            with lock:
                layer = layers.pop()
            buffer = np.empty(_SIDE * _SIDE, dtype=np.float32)
            scratch = products.limit_scratch(k, _SIDE)
            noted = 0
            for one, other in pairs[first:last]:
                if stopped.is_set():
                    break
                start, other_start = one * _SIDE, other * _SIDE
                left = singles[start : start + _SIDE]
                right = singles[other_start : other_start + _SIDE]
                out = buffer[: len(left) * len(right)].reshape(len(left), len(right))
                product = np.dot(left, right.T, out=out)
                if one == other and k <= _MOST_LANES and len(left) > 64:
                    products.limit_block(
                        product, start, halves, relative, absolute, most, limits, scratch
                    )
                noted += products.scan_pairs(
                    product,
                    start,
                    other_start,
                    halves,
                    shift,
                    relative,
                    absolute,
                    k,
                    most,
                    limits,
                    near[layer],
                    rows[layer],
                    dropped[layer],
                )
            with lock:
                layers.append(layer)
                n_noted[0] += noted
                if n_noted[0] > _MANY_NOTED * expected:
                    stopped.set()

        in_threads(search, len(pairs), n_threads)

    def too_many_unsure(part: slice) -> bool:
        lost = dropped[:, part].min(axis=0)
        unsure = lost <= np.minimum(most[part], near[:, part, k - 1].min(axis=0))
        return bool((unsure & (lost < np.inf)).mean() > _UNSURE)

    with one_thread_of_blas(work):
        # One block on the diagonal shows whether the bounds are too coarse, before much is lost.
        look([(0, 0)])
        if n_blocks > 2 and too_many_unsure(slice(0, _SIDE)):
            return None
        look([(block, block) for block in range(1, n_blocks)])
        if n_blocks > 2 and too_many_unsure(slice(None)):
            return None
        # Blocks that share rows follow each other, as these rows are then in the cache.
        look([(one, other) for one in range(n_blocks) for other in range(one + 1, n_blocks)])
    if stopped.is_set():
        return None
    distances = np.empty((n_rows, k))
    indices = np.empty((n_rows, k), dtype=np.int64)
    unsure = bounds.right_cut.copy()

    def measure(first: int, last: int) -> None:
        products.measure_lists(
            table.numbers,
            table.category_codes,
            table.weights,
            halves,
            relative,
            absolute,
            most,
            near,
            rows,
            dropped,
            first * 64,
            min(last * 64, n_rows),
            distances,
            indices,
            unsure,
            products.measure_scratch(k, n_threads, length),
        )

    in_threads(measure, -(-n_rows // 64), n_threads)
    return distances, indices, unsure
