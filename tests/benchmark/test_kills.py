"""Two runners on one folder, tables from a failing server and from wheels, and twenty kills."""

import random
import subprocess
import sys
import time
from pathlib import Path

import made_runs
import psutil
import pytest
import run_served
from openml_server import openml_server

from imbalance_kit.benchmark._results.store import ResultsFolder

SCRIPT = Path(__file__).with_name("run_served.py")
N_KILLS = 20
N_CELLS = run_served.REPEATS * (len(run_served.SERVED) + len(run_served.EMBEDDED))


@pytest.fixture
def server(tmp_path, monkeypatch):
    tables = {
        number: (f"served-{number}", run_served.served_table(number), "label")
        for number in run_served.SERVED
    }
    with openml_server(tables, run_served.SERVED) as url:
        monkeypatch.setenv("IMBALANCE_KIT_OPENML", url)
        monkeypatch.setenv("IMBALANCE_KIT_DATA", str(tmp_path / "tables"))
        yield


def runner_of(results, *retry):
    return subprocess.Popen([sys.executable, str(SCRIPT), str(results), *retry])


def victims(runner):
    """The runner and its worker, if it has one."""
    process = psutil.Process(runner.pid)
    if runner.poll() is not None:
        return []
    children = process.children(recursive=True)
    return [process, *(child for child in children if "spawn_main" in " ".join(child.cmdline()))]


def wait_for_more(log, n_begun):
    """Wait until a fit begins; returns how many have begun."""
    end = time.monotonic() + 120
    while time.monotonic() < end:
        n_now = log.read_text().count("\n") if log.exists() else 0
        if n_now > n_begun:
            return n_now
        time.sleep(0.02)
    raise TimeoutError("no cell has begun")


def test_twenty_kills_lose_no_cell_and_double_none(tmp_path, monkeypatch, server):
    log = tmp_path / "log"
    monkeypatch.setenv(made_runs.COUNT_FILE, str(log))
    results = tmp_path / "results"
    cells = results / "cells"
    rng = random.Random(0)
    runners = [runner_of(results), runner_of(results)]
    kept, n_begun = {}, 0
    for _ in range(N_KILLS):
        n_begun = wait_for_more(log, n_begun)  # so that the kill falls into work, and work goes on
        time.sleep(rng.uniform(0, 0.5))
        finished = {file.name: file.read_bytes() for file in cells.glob("[!.]*.parquet")}
        assert kept.items() <= finished.items()
        kept = finished
        victim = rng.choice([process for runner in runners for process in victims(runner)])
        victim.kill()
        for place, runner in enumerate(runners):
            if runner.pid == victim.pid:
                runner.wait()
                runners[place] = runner_of(results)
    assert len(kept) < N_CELLS
    assert [runner.wait(timeout=180) for runner in runners] == [0, 0]

    rows = ResultsFolder(results).read_cells()
    assert len(rows) == N_CELLS
    assert not rows.duplicated(["dataset", "repeat"]).any()
    statuses = rows.set_index("dataset")["status"]
    assert set(statuses["served-4"]) <= {"error", "killed"}  # its file always ends in the middle
    assert set(statuses.drop("served-4")) <= {"ok", "killed"}
    # a cell is never begun again once it is there
    begun = {}
    for line in log.read_text().splitlines():
        seed, moment = line.split()
        begun[int(seed)] = float(moment)
    for row in rows.itertuples():
        if row.status == "ok":
            assert begun[row.seed] <= (cells / f"{row.key}.parquet").stat().st_mtime
    assert not list((results / "claims").iterdir())

    assert runner_of(results, "retry").wait(timeout=180) == 0
    rows = ResultsFolder(results).read_cells()
    assert set(rows.loc[rows["dataset"] != "served-4", "status"]) == {"ok"}
    assert not [*results.rglob(".*"), *(results / "runners").iterdir()]
