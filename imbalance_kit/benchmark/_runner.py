"""Runs the cells of a benchmark on worker processes and keeps what they finish."""

import math
import os
import pickle
import platform
import time
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from multiprocessing.connection import wait
from pathlib import Path
from typing import Any

import psutil
from rich.console import Console

from imbalance_kit.benchmark._cell import Cell, Protocol, versions
from imbalance_kit.benchmark._progress import Display
from imbalance_kit.benchmark._registry import Method, Pair, select_pairs
from imbalance_kit.benchmark._report import write_report
from imbalance_kit.benchmark._store import ResultsFolder
from imbalance_kit.benchmark._worker import MB, Worker
from imbalance_kit.datasets import Dataset, list_suites, load_folder, load_suite

TURN = 0.1  # seconds between two looks at time and memory
START_LIMIT = 180.0  # seconds a worker may take to come up
MAX_FAILED_STARTS = 3  # in a row, and the run gives up
FIXED_WORK = 10_000  # what a cell of no size at all costs, in the units of `_size`

Group = tuple[int, int, str]  # repeat, fold, data set
NO_GROUP: Group = (-1, -1, "")


@dataclass(frozen=True)
class Run:
    """What a run did.

    Attributes
    ----------
    folder : pathlib.Path
        The results folder.
    report : pathlib.Path or None
        The report, where one was asked for.
    n_cells : int
        Cells of the request.
    n_ok, n_failed : int
        Of these, cells with and without a result, earlier ones included.
    n_done_before : int
        Cells that were there before the run began.
    seconds : float
        Wall-clock time of this run.
    """

    folder: Path
    report: Path | None
    n_cells: int
    n_ok: int
    n_failed: int
    n_done_before: int
    seconds: float


def run(
    suite: str = "lite",
    *,
    data_dir: str | os.PathLike[str] | None = None,
    target: str | None = None,
    sensitive: Sequence[str] = (),
    datasets: Sequence[Dataset] | None = None,
    methods: str | Iterable[str | Method] = "core",
    learners: str | Iterable[str] | None = None,
    repeats: int = 1,
    folds: int = 0,
    jobs: int | None = None,
    time_limit: float = 300.0,
    memory_limit: float | None = None,
    output: str | os.PathLike[str] | None = None,
    retry_failed: bool = False,
    seed: int = 0,
    report: bool = True,
    console: Console | None = None,
) -> Run:
    """Run a benchmark, or go on with one that was stopped.

    Every cell (data set, method, learner, repeat, fold) is worked on in a process of its own
    kind, under a time and a memory limit. What a cell yields is on disk before it counts, and
    an exception, a passed limit or a killed process is a result with its reason. Calling again
    with the same arguments does what is missing and nothing else.

    Parameters
    ----------
    suite : str, default="lite"
        One of :func:`imbalance_kit.datasets.list_suites`.
    data_dir : path, default=None
        A folder of your own CSV, Parquet or ARFF files, in place of a suite.
    target : str, default=None
        Target column of these files.
    sensitive : sequence of str, default=()
        Columns of these files that hold sensitive features; fairness is measured between the
        groups they form.
    datasets : sequence of Dataset, default=None
        Data sets, in place of both.
    methods : str or iterable of str or Method, default="core"
        ``"core"``, ``"all"``, or names (also one string with commas).
    learners : str or iterable of str, default=None
        Base learners to keep; None for all.
    repeats : int, default=1
        Repeats of the split, each with a seed of its own.
    folds : int, default=0
        Stratified folds in each repeat; 0 for one stratified 70/30 split.
    jobs : int, default=None
        Worker processes, one thread each; None for one per processor.
    time_limit : float, default=300.0
        Seconds a cell may take, loading included.
    memory_limit : float, default=None
        MB a cell may take; None for 80 % of what is free, shared among the workers.
    output : path, default=None
        Results folder; ``benchmark_results/<suite>`` by default.
    retry_failed : bool, default=False
        Also do the cells again that failed.
    seed : int, default=0
        Seed of all splits and methods.
    report : bool, default=True
        Write ``report.html`` at the end.
    console : rich.console.Console, default=None
        Where progress is shown; ``Console(quiet=True)`` for silence.

    Returns
    -------
    Run

    Raises
    ------
    ValueError
        If a name is unknown, a number is out of range, or another run holds the folder.
    RuntimeError
        If worker processes do not come up. A script must call this function under
        ``if __name__ == "__main__":``, because workers import the script.

    Examples
    --------
    >>> from imbalance_kit.benchmark import run
    >>> done = run("lite", methods="none,SMOTE", learners="tree")  # doctest: +SKIP
    >>> done.report  # doctest: +SKIP
    PosixPath('benchmark_results/lite/report.html')
    """
    started = time.monotonic()
    console = console or Console()
    _check_at_least("repeats", repeats, 1)
    _check_at_least("jobs", 1 if jobs is None else jobs, 1)
    if folds == 1 or folds < 0:
        raise ValueError(f"folds must be 0 (one 70/30 split) or at least 2, got {folds}.")
    for name, limit in (("time_limit", time_limit), ("memory_limit", memory_limit)):
        if limit is not None and not limit > 0:
            raise ValueError(f"{name} must be above 0, got {limit}.")
    name, tables = _find_tables(suite, data_dir, target, sensitive, datasets)
    pairs = select_pairs(methods, learners)
    _check_picklable(pairs)
    protocol = Protocol(folds=folds, seed=seed)
    cells = plan(tables, pairs, protocol, repeats)
    jobs = min(jobs or os.cpu_count() or 1, max(len(cells), 1))
    free = psutil.virtual_memory().available / MB
    memory_mb = 0.8 * free / jobs if memory_limit is None else memory_limit

    store = ResultsFolder(Path("benchmark_results", name) if output is None else output)
    store.create()
    with store.locked():
        store.clean()
        done = store.finished()
        if retry_failed:
            known = store.read_cells()
            done -= set(known.loc[known["status"] != "ok", "key"])
        missing = [cell for cell in cells if cell.key not in done]
        request = {
            "suite": name,
            "datasets": [dataset.name for dataset in tables],
            "methods": sorted({method.name for method, _ in pairs}),
            "learners": sorted({learner.name for _, learner in pairs}),
            "n_cells": len(cells),
            "repeats": repeats,
            "protocol": {**asdict(protocol), "name": protocol.name},
            "limits": {"seconds": time_limit, "mb": memory_limit, "jobs": jobs},
            "machine": _machine(),
            "versions": versions(),
        }
        moments = {"started": _now(), "finished": None}
        if not missing:
            before = store.read_request()
            moments = {moment: before.get(moment) for moment in moments}
        store.write_request({**request, **moments})
        if missing:
            pool = _Pool(store, missing, jobs, time_limit, memory_mb)
            with Display(console, len(missing), sum(map(work_of, missing))) as display:
                pool.run(display)
            moments["finished"] = _now()
            store.write_request({**request, **moments})
        wanted = {cell.key for cell in cells}
        rows = store.read_cells(protocol.name)
        rows = rows[rows["key"].isin(wanted)]
        with console.status("Computing metrics and writing the report"):
            path = write_report(store.path) if report else None
    n_ok = int((rows["status"] == "ok").sum())
    return Run(
        folder=store.path,
        report=path,
        n_cells=len(cells),
        n_ok=n_ok,
        n_failed=len(rows) - n_ok,
        n_done_before=len(cells) - len(missing),
        seconds=time.monotonic() - started,
    )


def plan(
    tables: Sequence[Dataset], pairs: Sequence[Pair], protocol: Protocol, repeats: int
) -> list[Cell]:
    """Cells in the order in which they are worked on.

    One split of every data set before the next split, one data set with all its pairs before
    the next, so that what is there at any moment compares all pairs. Large data sets come
    first: the workers then end together, on small ones.
    """
    names = [dataset.name for dataset in tables]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ValueError(f"Data sets must have different names; there twice: {', '.join(twice)}.")
    by_size = sorted(tables, key=lambda dataset: (-_size(dataset), dataset.name))
    return [
        Cell(dataset, method, learner, repeat, fold, protocol)
        for repeat in range(repeats)
        for fold in range(protocol.splits)
        for dataset in by_size
        for method, learner in pairs
    ]


def _size(dataset: Dataset) -> float:
    """What the time of a cell goes with, as found on the lite suite."""
    return dataset.n_rows * math.sqrt(dataset.n_features) * dataset.n_classes


def work_of(cell: Cell) -> float:
    """Rough relative cost of a cell, for the time left."""
    return FIXED_WORK + _size(cell.dataset)


class _Pool:
    """Worker processes and the cells they share.

    Cells of one data set and split form a group. A worker stays with its group, so that tables
    are rarely read twice; when no group is left untouched it helps with the largest one.
    """

    def __init__(
        self,
        store: ResultsFolder,
        cells: list[Cell],
        jobs: int,
        time_limit: float,
        memory_limit: float,
    ):
        self._store = store
        self._time_limit = time_limit
        self._memory_limit = memory_limit
        self._jobs = jobs
        self._n_started = self._n_failed_starts = 0
        self._groups: dict[Group, deque[Cell]] = {}
        for cell in cells:
            self._groups.setdefault(_group(cell), deque()).append(cell)
        self._groups_of: dict[Worker, Group] = {}
        self._n_open = len(cells)  # not yet on disk

    def run(self, display: Display) -> None:
        """Work until every cell is on disk, or raise."""
        self._display = display
        try:
            while self._n_open:
                self._turn()
        finally:
            for worker in list(self._groups_of):
                self._drop(worker)

    def _turn(self) -> None:
        while len(self._groups_of) < min(self._jobs, self._n_open):
            self._n_started += 1
            log = self._store.path / f".worker-{self._n_started}.log"
            self._groups_of[Worker(log)] = NO_GROUP
        heard = wait([worker.connection for worker in self._groups_of], timeout=TURN)
        for worker in [worker for worker in self._groups_of if worker.connection in heard]:
            self._hear(worker)
        for worker in list(self._groups_of):
            self._watch(worker)
        self._display.show(
            [worker.cell.dataset.name for worker in self._groups_of if worker.cell is not None]
        )

    def _hear(self, worker: Worker) -> None:
        """Take what a worker has sent: that it is up, a result, or its end."""
        message = worker.take()
        if message is None:
            self._lost(worker)
        elif not worker.ready:
            worker.ready = True
            self._n_failed_starts = 0
            self._next(worker)
        else:
            row, predictions = message
            cell = worker.cell
            if math.isnan(row["peak_memory_mb"]):
                worker.sample_memory()
                row["peak_memory_mb"] = max(worker.peak_mb - worker.base_mb, 0.0)
            self._next(worker)  # before writing, so that the worker need not wait for the disk
            self._keep(cell, row, predictions)

    def _watch(self, worker: Worker) -> None:
        """Hold a worker to its limits."""
        if worker.cell is None:
            if not worker.ready and worker.seconds() > START_LIMIT:
                self._lost(worker)
            return
        used = worker.sample_memory()
        if worker.seconds() > self._time_limit:
            reason = f"took longer than the limit of {self._time_limit:g} s"
            self._stop(worker, "timeout", reason)
        elif used > self._memory_limit:
            reason = f"took more memory than the limit of {self._memory_limit:,.0f} MB"
            self._stop(worker, "memory", reason)

    def _lost(self, worker: Worker) -> None:
        """A worker has ended, or never came up."""
        if worker.cell is not None:
            self._stop(worker, "killed", worker.how_it_ended())
            return
        end = worker.how_it_ended()
        words = worker.last_words()
        self._drop(worker)
        if worker.ready:
            return  # killed between two cells; another takes its place
        self._n_failed_starts += 1
        if self._n_failed_starts >= MAX_FAILED_STARTS:
            raise RuntimeError(
                f"Worker processes do not come up ({end}). In a script of your own, call "
                'run() under `if __name__ == "__main__":`. ' + words
            )

    def _stop(self, worker: Worker, status: str, reason: str) -> None:
        """Write the failure of the worker's cell, and end the worker."""
        cell = worker.cell
        if cell is None:
            raise RuntimeError("Only a worker with a cell can fail.")
        row = {
            **cell.row(),
            "status": status,
            "reason": reason,
            "traceback": worker.last_words(),
            "started": worker.began,
            "total_seconds": worker.seconds(),
            "peak_memory_mb": max(worker.peak_mb - worker.base_mb, 0.0),
        }
        self._drop(worker)
        self._keep(cell, row, None)

    def _drop(self, worker: Worker) -> None:
        del self._groups_of[worker]
        worker.kill()

    def _next(self, worker: Worker) -> None:
        """Give a worker its next cell, if there is one."""
        group = self._groups_of[worker]
        if group not in self._groups:
            if not self._groups:
                worker.cell = None
                return
            taken = set(self._groups_of.values())
            untouched = [waiting for waiting in self._groups if waiting not in taken]
            group = untouched[0] if untouched else max(self._groups, key=self._work_waiting)
            self._groups_of[worker] = group
        cell = self._groups[group].popleft()
        if not self._groups[group]:
            del self._groups[group]
        worker.give(cell)

    def _work_waiting(self, group: Group) -> float:
        return sum(map(work_of, self._groups[group]))

    def _keep(self, cell: Cell | None, row: dict[str, Any], predictions: bytes | None) -> None:
        if cell is None:
            raise RuntimeError("A worker sent a result nobody asked for.")
        self._store.save(row, predictions)
        self._n_open -= 1
        self._display.finished(work_of(cell), failed=row["status"] != "ok")


def _group(cell: Cell) -> Group:
    return (cell.repeat, cell.fold, cell.dataset.name)


def _find_tables(
    suite: str,
    data_dir: str | os.PathLike[str] | None,
    target: str | None,
    sensitive: Sequence[str],
    datasets: Sequence[Dataset] | None,
) -> tuple[str, list[Dataset]]:
    """Name of the collection and its data sets."""
    if datasets is not None:
        if not datasets:
            raise ValueError("datasets is empty; give at least one.")
        return "datasets", list(datasets)
    if data_dir is not None:
        return Path(data_dir).resolve().name, load_folder(
            data_dir, target=target, sensitive=sensitive
        )
    if target is not None:
        raise ValueError("target is for your own files; give data_dir too.")
    if sensitive:
        raise ValueError("sensitive is for your own files; give data_dir too.")
    if suite not in list_suites():
        raise ValueError(f"Unknown suite {suite!r}. Known: {', '.join(list_suites())}.")
    return suite, load_suite(suite)


def _check_at_least(name: str, value: int, least: int) -> None:
    if value < least:
        raise ValueError(f"{name} must be at least {least}, got {value}.")


def _check_picklable(pairs: Sequence[Pair]) -> None:
    for method, learner in pairs:
        try:
            pickle.dumps((method, learner))
        except (pickle.PicklingError, AttributeError, TypeError) as error:
            raise ValueError(
                f"Method {method.name!r} cannot be sent to worker processes ({error}). Build it "
                "by a function of a module, not by a lambda or a function inside a function."
            ) from error


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


def _machine() -> dict[str, Any]:
    return {
        "system": f"{platform.system()} {platform.machine()}",
        "processors": os.cpu_count(),
        "memory_gb": round(psutil.virtual_memory().total / 2**30),
        "python": platform.python_version(),
    }
