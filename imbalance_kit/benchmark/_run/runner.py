"""Runs the cells of a benchmark and keeps what they finish."""

import math
import os
import platform
import time
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psutil
from rich.console import Console

from imbalance_kit.benchmark._methods.method import Method
from imbalance_kit.benchmark._report.page import write_report
from imbalance_kit.benchmark._results.store import ResultsFolder
from imbalance_kit.benchmark._run.cell import Cell, versions
from imbalance_kit.benchmark._run.cell_list import work_of
from imbalance_kit.benchmark._run.claims import Claims
from imbalance_kit.benchmark._run.cluster_backends import BACKENDS, cluster_of, run_on
from imbalance_kit.benchmark._run.ledger import Ledger
from imbalance_kit.benchmark._run.process_pool import Pool
from imbalance_kit.benchmark._run.progress import Display
from imbalance_kit.benchmark._run.request import check_at_least, prepare, results_place
from imbalance_kit.benchmark._run.worker import MB, Limits
from imbalance_kit.datasets import Dataset


@dataclass(frozen=True)
class Run:
    """What a run did.

    Attributes
    ----------
    folder : pathlib.Path or str
        The results folder, or its URL.
    report : pathlib.Path, str or None
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

    folder: Path | str
    report: Path | str | None
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
    groups: str | None = None,
    order: str | None = None,
    datasets: Sequence[Dataset] | None = None,
    skip: Sequence[str] = (),
    protocol: str | None = None,
    methods: str | Iterable[str | Method] | None = None,
    learners: str | Iterable[str] | None = None,
    repeats: int | None = None,
    folds: int | None = None,
    trials: int | None = None,
    search_seconds: float | None = None,
    bootstraps: int | None = None,
    storage: str | None = None,
    jobs: int | None = None,
    time_limit: float = 300.0,
    memory_limit: float | None = None,
    max_hours: float | None = None,
    backend: str = "local",
    address: str | None = None,
    output: str | os.PathLike[str] | None = None,
    retry_failed: bool = False,
    seed: int = 0,
    report: bool = True,
    console: Console | None = None,
) -> Run:
    """Run a benchmark, or go on with one that was stopped, or help with one that is running.

    Every cell (data set, method, learner, repeat, fold) is worked on in a process of its own
    kind, under a time and a memory limit. What a cell yields is on disk before it counts, and
    an exception, a passed limit or a killed process is a result with its reason. Calling again
    with the same arguments does what is missing and nothing else. Several runners, on one machine
    or many, may share one results folder: each cell is done by one of them.

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
    groups : str, default=None
        Column of these files whose equal values stay on one side of every split, such as a
        customer or a patient.
    order : str, default=None
        Column of these files with a time or date: what is tested is later than what is learned.
    datasets : sequence of Dataset, default=None
        Data sets, in place of all these.
    skip : sequence of str, default=()
        Names of data sets to leave out.
    protocol : {"climb", "fair"}, default=None
        A preset of methods, learners, folds and search; what is given beside it goes first.
        None: the core methods on one 70/30 split, with their defaults.
    methods : str or iterable of str or Method, default=None
        ``"core"``, ``"all"``, or names (also one string with commas). None: the preset's.
    learners : str or iterable of str, default=None
        Base learners to keep; None for all, or the preset's.
    repeats : int, default=None
        Repeats of the split, each with a seed of its own; None: 1, or the preset's.
    folds : int, default=None
        Stratified folds in each repeat; 0 for one stratified 70/30 split. None: 0, or the preset's.
    trials : int, default=None
        Hyper-parameters tried for each cell inside its training part. None: none, or the
        preset's.
    search_seconds : float, default=None
        Time for these trials in each cell; with it results may differ from machine to machine.
    bootstraps : int, default=None
        Refits on bootstrap samples of the training part, to measure how stable predictions are.
        None: none, or the preset's.
    storage : str, default=None
        URL of an Optuna storage that keeps the trials, so that any machine can go on with them.
        None: a file for each cell in the results folder.
    jobs : int, default=None
        Worker processes, one thread each; None for one per processor.
    time_limit : float, default=300.0
        Seconds a cell may take, loading and search included.
    memory_limit : float, default=None
        MB a cell may take; None for 80 % of what is free, shared among the workers.
    max_hours : float, default=None
        No cell is begun later than this after the start.
    backend : {"local", "dask", "ray"}, default="local"
        Where cells run: in processes of this machine, or on a cluster.
    address : str, default=None
        Address of the cluster; None starts one on this machine.
    output : path or URL, default=None
        Results folder; ``benchmark_results/<suite>`` by default. A URL of a store that fsspec
        knows, such as ``s3://bucket/folder``, works as well.
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
        If a name is unknown, a number is out of range, or no cluster answers.
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
    check_at_least("jobs", 1 if jobs is None else jobs, 1)
    for name, limit in (
        ("time_limit", time_limit),
        ("memory_limit", memory_limit),
        ("max_hours", max_hours),
    ):
        if limit is not None and not limit > 0:
            raise ValueError(f"{name} must be above 0, got {limit}.")
    if backend not in BACKENDS:
        raise ValueError(f"backend must be one of {', '.join(BACKENDS)}, got {backend!r}.")
    if address is not None and backend == "local":
        raise ValueError("address is for a cluster; give backend='dask' or 'ray' too.")
    request = prepare(
        suite,
        data_dir=data_dir,
        target=target,
        sensitive=sensitive,
        groups=groups,
        order=order,
        datasets=datasets,
        skip=skip,
        protocol=protocol,
        methods=methods,
        learners=learners,
        repeats=repeats,
        folds=folds,
        trials=trials,
        search_seconds=search_seconds,
        bootstraps=bootstraps,
        seed=seed,
    )
    cells = request.cells
    jobs = min(jobs or os.cpu_count() or 1, max(len(cells), 1))
    store = ResultsFolder(results_place(request.name, output))
    store.create()
    with Claims(store.files) as claims:
        finished = store.finished()
        store.clean(claims.others() | {claims.runner})
        claims.tidy(finished)
        failed_before = _failures(store, cells, finished) if retry_failed else {}
        done = finished - failed_before.keys()
        missing = [cell for cell in cells if cell.key not in done]
        about = {
            "suite": request.name,
            "datasets": [dataset.name for dataset in request.tables],
            "methods": sorted({method.name for method, _ in request.pairs}),
            "learners": sorted({learner.name for _, learner in request.pairs}),
            "n_cells": len(cells),
            "repeats": request.repeats,
            "protocol": {**asdict(request.protocol), "name": request.protocol.name},
            "limits": {"seconds": time_limit, "mb": memory_limit, "jobs": jobs},
            "backend": backend,
            "machine": _machine(),
            "versions": versions(),
        }
        moments = {"started": _now(), "finished": None}
        if not missing:
            before = store.read_request()
            moments = {moment: before.get(moment) for moment in moments}
        store.write_request({**about, **moments})
        if missing:
            if n_others := len(claims.others()):
                others = "another run is" if n_others == 1 else f"{n_others} other runs are"
                console.print(f"{others.capitalize()} at work on {store.place}; sharing its cells.")
            deadline = None if max_hours is None else started + 3600 * max_hours
            with Display(console, len(missing), sum(map(work_of, missing))) as display:
                ledger = Ledger(
                    store,
                    claims,
                    missing,
                    failed_before,
                    display,
                    deadline=deadline,
                    storage=storage,
                )
                if backend == "local":
                    limits = Limits(time_limit, _memory_for_each(memory_limit, jobs))
                    Pool(ledger, jobs, limits).run(display)
                else:
                    limits = Limits(time_limit, memory_limit or math.inf)
                    with cluster_of(backend, address, jobs) as cluster:
                        run_on(cluster, ledger, limits, display)
            moments["finished"] = None if ledger.n_open else _now()
            store.write_request({**about, **moments})
    wanted = {cell.key for cell in cells}
    rows = store.read_cells(request.protocol.name)
    rows = rows[rows["key"].isin(wanted)]
    path = None
    if report and len(rows):
        with console.status("Computing metrics and writing the report"):
            path = write_report(store.place)
    n_ok = int((rows["status"] == "ok").sum())
    return Run(
        folder=store.place,
        report=path,
        n_cells=len(cells),
        n_ok=n_ok,
        n_failed=len(rows) - n_ok,
        n_done_before=len(cells) - len(missing),
        seconds=time.monotonic() - started,
    )


def _failures(store: ResultsFolder, cells: Sequence[Cell], finished: set[str]) -> dict[str, bytes]:
    """Stored rows of the cells that failed, by key."""
    known = store.read_cells()
    failed = set(known.loc[known["status"] != "ok", "key"]) & finished
    return {cell.key: store.stored_row(cell.key) for cell in cells if cell.key in failed}


def _memory_for_each(limit: float | None, jobs: int) -> float:
    if limit is not None:
        return limit
    return 0.8 * psutil.virtual_memory().available / MB / jobs


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


def _machine() -> dict[str, Any]:
    return {
        "system": f"{platform.system()} {platform.machine()}",
        "processors": os.cpu_count(),
        "memory_gb": round(psutil.virtual_memory().total / 2**30),
        "python": platform.python_version(),
    }
