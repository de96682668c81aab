"""Worker processes: the side that works on cells, and the runner's handle on it.

Workers are spawned, never forked, live for the whole run and do one cell at a time. They write
no results; they send them to the runner, so a worker that is killed, or one that outlives the
runner for a moment, cannot leave anything behind in the results folder.
"""

import ctypes
import faulthandler
import gc
import multiprocessing
import multiprocessing.connection
import os
import signal
import sys
import threading
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import psutil

from imbalance_kit.benchmark._cell import Cell, Table, load_table, run_cell
from imbalance_kit.datasets import Dataset

MB = 2**20
PR_SET_PDEATHSIG = 1  # from Linux's sys/prctl.h
THREAD_VARIABLES = (
    "BLIS_NUM_THREADS",
    "LOKY_MAX_CPU_COUNT",
    "MKL_NUM_THREADS",
    "NUMBA_NUM_THREADS",
    "NUMEXPR_NUM_THREADS",
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
)


def work(connection: Connection, log: str) -> None:
    """Do the cells that come through the connection until it is closed."""
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the runner's to handle
    if sys.platform == "linux":
        # ends even native code that never lets the thread below run
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    threading.Thread(target=_end_with_runner, daemon=True).start()
    # what native code prints, or says when it crashes, must not tear up the progress display
    log_file = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_APPEND)
    os.dup2(log_file, 1)
    os.dup2(log_file, 2)
    faulthandler.enable(file=log_file)
    last: tuple[Dataset, Table] | None = None
    try:
        connection.send("ready")
        while True:
            cell: Cell = connection.recv()
            os.ftruncate(log_file, 0)
            row = cell.row()
            row["started_at_mb"] = _start_memory()
            predictions = None
            started = time.perf_counter()
            try:
                if last is None or last[0] != cell.dataset:
                    last = None  # frees the old table before the new one is read
                    last = (cell.dataset, load_table(cell.dataset))
                added, predictions = run_cell(cell, last[1])
                row.update(added)
            except MemoryError as error:
                row.update(_failure("memory", error))
            except Exception as error:  # a method may fail in any way; that is a result too
                row.update(_failure("error", error))
            row["total_seconds"] = time.perf_counter() - started
            row["peak_memory_mb"] = _peak_memory(row.pop("started_at_mb"))
            connection.send((row, predictions))
    except (EOFError, BrokenPipeError, ConnectionResetError):
        return  # the runner has ended or wants no more


def _end_with_runner() -> None:
    """End at once when the runner's process is gone, in whatever code this one is."""
    runner = multiprocessing.parent_process()
    if runner is not None:
        multiprocessing.connection.wait([runner.sentinel])
        os._exit(1)


def _failure(status: str, error: BaseException) -> dict[str, str]:
    first_line = " ".join(str(error).split())[:500]
    return {
        "status": status,
        "reason": f"{type(error).__name__}: {first_line}" if first_line else type(error).__name__,
        "traceback": "".join(traceback.format_exception(error)),
    }


def _start_memory() -> float:
    """Give freed memory back, restart the system's record of the peak, and return MB in use."""
    gc.collect()
    if sys.platform == "linux":
        libc = ctypes.CDLL(None)
        if hasattr(libc, "malloc_trim"):  # glibc
            libc.malloc_trim(0)
        try:
            Path("/proc/self/clear_refs").write_text("5")
        except OSError:
            return float("nan")  # not allowed in some sandboxes; the runner's samples stand in
    return psutil.Process().memory_info().rss / MB


def _peak_memory(started_at_mb: float) -> float:
    """MB above the start, or NaN where the system keeps no record of the peak."""
    if sys.platform != "linux":
        return float("nan")
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return max(int(line.split()[1]) / 1024 - started_at_mb, 0.0)
    return float("nan")


@contextmanager
def _spawning() -> Iterator[None]:
    """The environment a child is born into: one thread in every library, deaf to Ctrl-C."""
    before = {name: os.environ.get(name) for name in THREAD_VARIABLES}
    os.environ.update(dict.fromkeys(THREAD_VARIABLES, "1"))
    masks = hasattr(signal, "pthread_sigmask")
    if masks:
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        if masks:
            signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


class Worker:
    """The runner's handle on one worker process.

    Attributes
    ----------
    cell : Cell or None
        What it is working on.
    ready : bool
        Whether it has come up.
    since : float
        Monotonic time at which it was started or given its cell.
    began : str
        The same moment by the clock on the wall, of the cell.
    """

    def __init__(self, log: Path) -> None:
        self._log = log
        log.touch()
        context = multiprocessing.get_context("spawn")
        self.connection, theirs = context.Pipe()
        self.process = context.Process(target=work, args=(theirs, str(log)), daemon=True)
        self.cell: Cell | None = None
        self.ready = False
        self.began = ""
        self.since = time.monotonic()
        self.base_mb = self.peak_mb = 0.0
        try:
            with _spawning():
                self.process.start()
        finally:
            theirs.close()  # so that the end of the worker is the end of the connection
        self._watched = psutil.Process(self.process.pid)

    def give(self, cell: Cell) -> None:
        """Hand over a cell."""
        self.base_mb = self.peak_mb = self.memory_mb()
        self.cell = cell
        self.began = datetime.now(UTC).isoformat()
        self.since = time.monotonic()
        try:
            self.connection.send(cell)
        except (BrokenPipeError, ConnectionResetError):
            return  # it has just died; the closed connection will say so

    def take(self) -> Any:
        """Return what the worker sent; None when it has died."""
        try:
            return self.connection.recv()
        except (EOFError, ConnectionResetError, OSError):
            return None

    def memory_mb(self) -> float:
        """MB in use now; 0 when the process is gone."""
        try:
            return self._watched.memory_info().rss / MB
        except psutil.Error:
            return 0.0

    def sample_memory(self) -> float:
        """MB in use above the start of the cell."""
        now = self.memory_mb()
        self.peak_mb = max(self.peak_mb, now)
        return now - self.base_mb

    def seconds(self) -> float:
        """Return the time since it was started or given its cell."""
        return time.monotonic() - self.since

    def last_words(self) -> str:
        """The end of what it printed in this cell."""
        lines = self._log.read_text(encoding="utf-8", errors="replace").splitlines(keepends=True)
        # a crash report ends with the names of every loaded module
        return "".join(line for line in lines if not line.startswith("Extension modules:"))[-4000:]

    def how_it_ended(self) -> str:
        """Say in words how the process ended."""
        self.process.join(5)
        code = self.process.exitcode
        if code is None:
            return "the worker process does not answer"
        if code < 0:
            name = signal.Signals(-code).name
            hint = " (the system may have run out of memory)" if name == "SIGKILL" else ""
            return f"the worker process was ended by {name}{hint}"
        return f"the worker process ended itself with exit code {code}"

    def kill(self) -> None:
        """End the process and what it started, and forget its log."""
        try:
            children = self._watched.children(recursive=True)
        except psutil.Error:
            children = []
        for child in children:
            try:
                child.kill()
            except psutil.Error:
                continue  # it has ended meanwhile
        if self.process.is_alive():
            self.process.kill()
        self.process.join(10)
        self.connection.close()
        self._log.unlink(missing_ok=True)
