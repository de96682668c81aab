"""Runs the cells of a benchmark and keeps what they finish."""

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

from imbalance_kit.benchmark._report.page import write_report
from imbalance_kit.benchmark._results.shown_cells import FACTS
from imbalance_kit.benchmark._results.store import ResultsFolder
from imbalance_kit.benchmark._run.cell import table_version, versions
from imbalance_kit.benchmark._run.cell_list import work_of
from imbalance_kit.benchmark._run.claims import Claims
from imbalance_kit.benchmark._run.cluster_backends import cluster_of, run_on
from imbalance_kit.benchmark._run.ledger import Ledger
from imbalance_kit.benchmark._run.limits import Limits
from imbalance_kit.benchmark._run.options import RunOptions, documents_options
from imbalance_kit.benchmark._run.process_pool import Pool
from imbalance_kit.benchmark._run.progress import Display
from imbalance_kit.benchmark._run.request import Request, make_request, results_place, targets_taken
from imbalance_kit.benchmark._run.trial_storage import check_storage
from imbalance_kit.datasets import Dataset


@dataclass(frozen=True)
class Run:
    """What a run did.

    Attributes
    ----------
    folder : pathlib.Path or str
        The results folder, or its URL.
    report : pathlib.Path, str or None
        The report, if one was written.
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


@documents_options
def run(
    suite: str = RunOptions.suite,
    *,
    data_dir: str | os.PathLike[str] | None = RunOptions.data_dir,
    target: str | None = RunOptions.target,
    sensitive: Sequence[str] = RunOptions.sensitive,
    groups: str | None = RunOptions.groups,
    order: str | None = RunOptions.order,
    datasets: Sequence[Dataset] | None = RunOptions.datasets,
    skip: Sequence[str] = RunOptions.skip,
    protocol: str | None = RunOptions.protocol,
    methods: str | Iterable[Any] | None = RunOptions.methods,
    learners: str | Iterable[str] | None = RunOptions.learners,
    repeats: int | None = RunOptions.repeats,
    folds: int | None = RunOptions.folds,
    trials: int | None = RunOptions.trials,
    search_seconds: float | None = RunOptions.search_seconds,
    bootstraps: int | None = RunOptions.bootstraps,
    storage: str | None = RunOptions.storage,
    jobs: int | None = RunOptions.jobs,
    time_limit: float = RunOptions.time_limit,
    memory_limit: float | None = RunOptions.memory_limit,
    max_hours: float | None = RunOptions.max_hours,
    backend: str = RunOptions.backend,
    address: str | None = RunOptions.address,
    output: str | os.PathLike[str] | None = RunOptions.output,
    retry_failed: bool = RunOptions.retry_failed,
    seed: int = RunOptions.seed,
    report: bool = RunOptions.report,
    console: Console | None = RunOptions.console,
) -> Run:
    """Run a benchmark, or go on with one that was stopped, or help with one that is running.

    Every cell (data set, method, learner, repeat, fold) runs in a worker process, under a time and
    a memory limit. A result is on disk before it counts, and an exception, an exceeded limit or a
    killed process is a result with its reason. Calling again with the same arguments does what is
    missing and nothing else. Several runners, on one machine or many, may share one results
    folder: each cell is done by one of them.

    Parameters
    ----------
    {options}

    Returns
    -------
    Run

    Raises
    ------
    ValueError
        If a name is unknown, a number is out of range, no cluster answers, or the storage of trials
        cannot be used.
    RuntimeError
        If the storage of trials goes out of reach, or worker processes do not come up. A script
        must call this function under ``if __name__ == "__main__":``, because workers import it.

    Examples
    --------
    >>> from imbalance_kit.benchmark import run
    >>> done = run("lite", methods="none,SMOTE", learners="tree")  # doctest: +SKIP
    >>> done.report  # doctest: +SKIP
    PosixPath('benchmark_results/lite/report.html')
    """
    return execute(RunOptions(**locals()))


def execute(options: RunOptions) -> Run:
    """Run a benchmark with some options."""
    started = time.monotonic()
    console = options.console or Console()
    request = make_request(options)
    if taken := targets_taken(request.tables):
        console.print(taken, markup=False, highlight=False)
    cells = request.cells
    if options.storage is not None:
        check_storage(options.storage)
    jobs = min(options.jobs or os.cpu_count() or 1, max(len(cells), 1))
    store = ResultsFolder(results_place(request.name, options.output))
    store.create()
    keys = {cell.key for cell in cells}
    with Claims(store.files) as claims:
        store.clean(claims.others() | {claims.runner})
        present = store.finished() & keys
        claims.tidy(present)
        rows = store.sound(keys)
        for name, why in sorted(store.damaged.items()):
            console.print(
                f"{name} is damaged ({why}); its cell is done again.",
                markup=False,
                emoji=False,
                highlight=False,
            )
        done = {
            key for key, row in rows.items() if row["status"] == "ok" or not options.retry_failed
        }
        replaced = {key: store.stored_row(key) for key in present - done}
        missing = [cell for cell in cells if cell.key not in done]
        about = _about(options, request, jobs)
        moments = {"started": _now(), "finished": None}
        if not missing:
            before = store.read_request()
            moments = {moment: before.get(moment) for moment in moments}
        store.write_request({**about, **moments})
        if missing:
            if n_others := len(claims.others()):
                others = "another run is" if n_others == 1 else f"{n_others} other runs are"
                console.print(
                    f"{others.capitalize()} at work on {store.place}; sharing its cells.",
                    markup=False,
                    emoji=False,
                )
            hours = options.max_hours
            with Display(console, len(missing), sum(map(work_of, missing))) as display:
                ledger = Ledger(
                    store,
                    claims,
                    missing,
                    replaced,
                    display,
                    deadline=None if hours is None else started + 3600 * hours,
                    storage=options.storage,
                )
                _work_through(ledger, options, jobs, display)
            moments["finished"] = None if ledger.n_open else _now()
            store.write_request({**about, **moments})
    rows = store.sound(keys)
    path = None
    if options.report and rows:
        with console.status("Computing metrics and writing the report"):
            path = write_report(store.place)
    n_ok = sum(row["status"] == "ok" for row in rows.values())
    return Run(
        folder=store.place,
        report=path,
        n_cells=len(cells),
        n_ok=n_ok,
        n_failed=len(rows) - n_ok,
        n_done_before=len(cells) - len(missing),
        seconds=time.monotonic() - started,
    )


def _work_through(ledger: Ledger, options: RunOptions, jobs: int, display: Display) -> None:
    """Do the cells of a ledger on this machine or on a cluster."""
    limits = Limits(options.time_limit, options.memory_limit)
    if options.backend == "local":
        Pool(ledger, jobs, limits.on_this_machine(jobs)).run(display)
    else:
        # each node resolves the limits for itself
        with cluster_of(options.backend, options.address, jobs) as cluster:
            run_on(cluster, ledger, limits, display)


def _about(options: RunOptions, request: Request, jobs: int) -> dict[str, Any]:
    """What ``run.json`` holds of a run, but for its moments."""
    limits = {"seconds": options.time_limit, "mb": options.memory_limit, "jobs": jobs}
    return {
        "suite": request.name,
        "datasets": [dataset.name for dataset in request.tables],
        "methods": sorted({method.name for method, _ in request.pairs}),
        "learners": sorted({learner.name for _, learner in request.pairs}),
        "tables": {
            dataset.name: {
                "version": table_version(dataset),
                **{fact: getattr(dataset, fact) for fact in FACTS},
            }
            for dataset in request.tables
        },
        "pairs": {
            f"{method.name} / {learner.name}": {
                "learner": learner.name,
                "version": method.version,
                "size": learner.ensemble_size,
            }
            for method, learner in request.pairs
        },
        "n_cells": len(request.cells),
        "repeats": request.repeats,
        "protocol": {**asdict(request.protocol), "name": request.protocol.name},
        "limits": limits,
        "backend": options.backend,
        "machine": _machine(),
        "versions": versions(),
    }


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


def _machine() -> dict[str, Any]:
    return {
        "system": f"{platform.system()} {platform.machine()}",
        "processors": os.cpu_count(),
        "memory_gb": round(psutil.virtual_memory().total / 2**30),
        "python": platform.python_version(),
    }
