"""Threads: how many, and how they share the work."""

from __future__ import annotations

import contextvars
import functools
import os
import threading
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any, TypeVar

import joblib
from threadpoolctl import ThreadpoolController

Item = TypeVar("Item")
_LARGE_PRODUCT = 1 << 23  # multiplications; BLAS takes threads of its own for so many
_WORTH_FINDING = 1 << 31  # from which on finding the libraries takes less than threads that wait
WORTH_THREADS = 1 << 22  # multiplications of a search; threads are started for more


def thread_count(n_jobs: int | None, work: int | None = None) -> int:
    """How many threads a value of ``n_jobs`` stands for.

    ``OMP_NUM_THREADS`` is respected because joblib sets it in its worker processes: each of them
    would otherwise start as many threads as the machine has cores. For the same reason None means
    one thread outside the main thread: the code that started that thread shares out the cores.

    ``work`` is the number of multiplications, if known. Counting cores reads files of the system,
    which takes as long as a small search; for so little one thread is enough.
    """
    if n_jobs == 0:
        raise ValueError("n_jobs must not be 0. Give None, -1 or a positive number of threads.")
    if work is not None and work < WORTH_THREADS:
        return 1
    if n_jobs is not None and n_jobs > 0:
        return n_jobs
    if n_jobs is None and threading.current_thread() is not threading.main_thread():
        return 1
    limit = os.environ.get("OMP_NUM_THREADS", "")
    n_cores = 1 if limit == "1" else int(joblib.cpu_count())
    if limit.isdigit():
        n_cores = min(n_cores, int(limit))
    return max(1, n_cores + 1 + (-1 if n_jobs is None else n_jobs))


@functools.cache
def native_libraries() -> ThreadpoolController:
    """Native libraries with threads of their own (BLAS, OpenMP); finding them takes milliseconds.

    Libraries that are loaded later are not among them, so call it after the imports.
    """
    return ThreadpoolController()


def one_thread_of_blas(n_multiplications: int) -> AbstractContextManager:
    """Keep BLAS to one thread while threads of ours share the work; nothing for small products.

    Threads of BLAS wait actively for the next product, which takes the cores from ours. BLAS starts
    none for small products, and limiting takes longer than those.
    """
    known = native_libraries.cache_info().currsize > 0
    if n_multiplications <= (_LARGE_PRODUCT if known else _WORTH_FINDING):
        return nullcontext()
    return native_libraries().limit(limits=1, user_api="blas")


def in_threads(task: Callable[[int, int], object], n_blocks: int, n_threads: int) -> None:
    """Call ``task(first, last)`` on ranges that cover all blocks; this thread does its part.

    For tasks that release the GIL, as kernels and numpy do, and that write to places of their own,
    so that neither the number of threads nor their order can change the result. Not numba's own
    threads (``parallel=True``): those stay after the call, and a process that is forked then ends.
    The first exception of any thread is raised here.
    """
    n_threads = min(n_threads, n_blocks)
    if n_threads <= 1:
        task(0, n_blocks)
        return
    # Short ranges, because some rows take much longer than others.
    step = max(1, min(32, n_blocks // (8 * n_threads)))
    starts = iter(range(0, n_blocks, step))
    lock = threading.Lock()  # an iterator must not be advanced by two threads at once
    failures: list[BaseException] = []

    def work() -> None:
        try:
            while not failures:
                with lock:
                    first = next(starts, None)
                if first is None:
                    return
                task(first, min(first + step, n_blocks))
        except BaseException as failure:
            failures.append(failure)

    # They end with the call: threads that stay would be dead after a fork.
    # A thread starts with no context: what its caller set there would be lost.
    others = [
        threading.Thread(target=contextvars.copy_context().run, args=(work,))
        for _ in range(n_threads - 1)
    ]
    try:
        for thread in others:
            thread.start()
        work()
        for thread in others:
            thread.join()
    except BaseException as failure:  # Ctrl-C while waiting: the others stop after their range
        failures.append(failure)
    if failures:
        raise failures[0]


def each_in_threads(task: Callable[[Item], Any], items: Sequence[Item], n_threads: int) -> list:
    """Results of ``task(item)`` for every item, in order.

    joblib's threads do the same, but it looks for results every ten milliseconds only, which is
    as long as a tree or two take.
    """
    results: list[Any] = [None] * len(items)

    def some(first: int, last: int) -> None:
        for place in range(first, last):
            results[place] = task(items[place])

    in_threads(some, len(items), n_threads)
    return results
