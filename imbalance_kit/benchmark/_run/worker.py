"""Worker processes: the side that works on cells, and the runner's handle on it.

Workers are spawned, never forked, live for the whole run and do one cell at a time. They write
no results; they send them to the runner, so a worker that is killed, or one that outlives the
runner for a moment, cannot leave anything behind in the results folder.
"""

import ctypes
import faulthandler
import gc
import math
import multiprocessing
import multiprocessing.connection
import os
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import psutil

from imbalance_kit.benchmark._run.cell import Cell
from imbalance_kit.benchmark._run.cell_work import run_cell
from imbalance_kit.benchmark._run.failed_cell import Failure, failed_row
from imbalance_kit.benchmark._run.limits import MB, Limits
from imbalance_kit.benchmark._run.table import Table, load_table
from imbalance_kit.datasets import Dataset

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


@dataclass(frozen=True)
class Job:
    """A cell, and where the trials of its search are kept (an Optuna storage), if anywhere."""

    cell: Cell
    storage: str | None = None


Result = tuple[dict[str, Any], bytes | None]  # the row of a cell, and its predictions


def work(connection: Connection, log: str) -> None:
    """Do the cells that come through the connection until it is closed."""
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the runner's to handle
    if sys.platform == "linux":
        # ends even native code that never lets the thread below run
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    threading.Thread(target=_end_with_runner, daemon=True).start()
    # what native code prints, also when it crashes, must not tear up the progress display
    log_file = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_APPEND)
    os.dup2(log_file, 1)
    os.dup2(log_file, 2)
    faulthandler.enable(file=log_file)
    last: tuple[Dataset, Table] | None = None
    try:
        connection.send("ready")
        while True:
            job: Job = connection.recv()
            cell = job.cell
            os.ftruncate(log_file, 0)
            row = cell.row()
            started_at_mb = _start_memory()
            predictions, failure = None, None
            started = time.perf_counter()
            try:
                if last is None or last[0] != cell.dataset:
                    last = None  # frees the old table before the new one is read
                    last = (cell.dataset, load_table(cell.dataset))
                row["facts"] = last[1].facts
                added, predictions = run_cell(cell, last[1], job.storage)
                row.update(added)
            except Exception as error:  # a method may fail in any way; that is a result too
                failure = Failure.of(error)
            seconds, peak = time.perf_counter() - started, _peak_memory(started_at_mb)
            if failure is not None:
                row = failed_row(row, failure, seconds=seconds, peak_memory_mb=peak)
            else:
                row |= {"total_seconds": seconds, "peak_memory_mb": peak}
            connection.send((row, predictions))
    except (EOFError, BrokenPipeError, ConnectionResetError):
        return  # the runner has ended or wants no more


def _end_with_runner() -> None:
    """End at once when the runner's process is gone, in whatever code this one is."""
    runner = multiprocessing.parent_process()
    if runner is not None:
        multiprocessing.connection.wait([runner.sentinel])
        os._exit(1)


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
    """The environment of a new process: one thread in every library, Ctrl-C blocked."""
    before = {name: os.environ.get(name) for name in THREAD_VARIABLES}
    os.environ.update(dict.fromkeys(THREAD_VARIABLES, "1"))
    masks = hasattr(signal, "pthread_sigmask")
    if masks:
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    # The workers of a dask cluster are daemons, which may have no children because nobody would
    # end these. Ours end by themselves when their parent does.
    settings = multiprocessing.current_process()._config  # type: ignore[attr-defined]
    daemon = settings.pop("daemon", None)
    try:
        yield
    finally:
        if daemon is not None:
            settings["daemon"] = daemon
        if masks:
            signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


class Worker:
    """The handle on one worker process.

    Attributes
    ----------
    job : Job or None
        What it is working on.
    ready : bool
        Whether it has come up.
    since : float
        Monotonic time at which it was started or given its cell.
    began : str
        The moment at which it was given its cell, by the clock on the wall.
    usable : bool
        Whether it can be given another cell: not when it ended, or has to be ended.
    """

    def __init__(self) -> None:
        descriptor, name = tempfile.mkstemp(prefix="imbalance-kit-worker-", suffix=".log")
        os.close(descriptor)
        self._log = Path(name)
        context = multiprocessing.get_context("spawn")
        self.connection, theirs = context.Pipe()
        self.process = context.Process(target=work, args=(theirs, name), daemon=True)
        self.job: Job | None = None
        self.ready = False
        self.usable = True
        self.began = ""
        self.since = time.monotonic()
        self._base_mb = self._peak_mb = 0.0
        try:
            with _spawning():
                self.process.start()
        finally:
            theirs.close()  # so that the end of the worker is the end of the connection
        self._watched = psutil.Process(self.process.pid)

    def give(self, job: Job) -> None:
        """Hand over a cell."""
        self._base_mb = self._peak_mb = self._memory_mb()
        self.job = job
        self.began = datetime.now(UTC).isoformat()
        self.since = time.monotonic()
        try:
            self.connection.send(job)
        except (BrokenPipeError, ConnectionResetError):
            return  # it has just ended; the closed connection shows it

    def take(self) -> Any:
        """Return what the worker sent; None when it has ended."""
        try:
            message = self.connection.recv()
        except (EOFError, ConnectionResetError, OSError):
            return None
        if isinstance(message, tuple) and math.isnan(message[0]["peak_memory_mb"]):
            self._sample_memory()
            message[0]["peak_memory_mb"] = self._added_mb()
        return message

    def outcome(self, limits: Limits, *, arrived: bool) -> Result | None:
        """Result or failure of its cell; None while the cell runs within its limits.

        Parameters
        ----------
        limits : Limits
        arrived : bool
            Whether the connection has something to read: a result, or the end of the process.
        """
        if self.job is None:
            raise RuntimeError("Only a worker with a cell has an outcome.")
        if arrived:
            message = self.take()
            if message is not None:
                return message
            failure: Failure | None = Failure("killed", self.how_it_ended())
        else:
            used = self._sample_memory()
            failure = limits.exceeded(self.seconds(), used)
        if failure is None:
            return None
        self.usable = False
        row = failed_row(
            {**self.job.cell.row(), "started": self.began},
            replace(failure, traceback=self.last_output()),
            seconds=self.seconds(),
            peak_memory_mb=self._added_mb(),
        )
        return row, None

    def _memory_mb(self) -> float:
        """MB in use now; 0 when the process is gone."""
        try:
            return self._watched.memory_info().rss / MB
        except psutil.Error:
            return 0.0

    def _sample_memory(self) -> float:
        """MB in use above the start of the cell."""
        now = self._memory_mb()
        self._peak_mb = max(self._peak_mb, now)
        return now - self._base_mb

    def _added_mb(self) -> float:
        return max(self._peak_mb - self._base_mb, 0.0)

    def seconds(self) -> float:
        """Return the time since it was started or given its cell."""
        return time.monotonic() - self.since

    def leave_out(self, seconds: float) -> None:
        """Do not count some time, in which the runner was stopped and its workers with it."""
        self.since += seconds

    def last_output(self) -> str:
        """The end of what it printed in this cell."""
        lines = self._log.read_text(encoding="utf-8", errors="replace").splitlines(keepends=True)
        # a crash report ends with the names of every loaded module
        return "".join(line for line in lines if not line.startswith("Extension modules:"))[-4000:]

    def how_it_ended(self) -> str:
        """How the process ended, in words."""
        self.process.join(5)
        code = self.process.exitcode
        if code is None:
            return "the worker process does not answer"
        if code < 0:
            name = signal.Signals(-code).name
            hint = " (the system may have run out of memory)" if name == "SIGKILL" else ""
            return f"the worker process was ended by {name}{hint}"
        return f"the worker process ended itself with exit code {code}"

    @property
    def ended_from_outside(self) -> bool:
        """Whether somebody else ended it, such as a person, or a system out of memory."""
        return self.process.exitcode in (-signal.SIGKILL, -signal.SIGTERM)

    def kill(self) -> None:
        """End the process and what it started, and remove its log."""
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
