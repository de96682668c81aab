"""Two runners on one folder, tables from a failing server and from wheels, and twenty kills."""

import random
import sys
import time
from pathlib import Path

import made_runs
import psutil
import pytest
import run_served
from made_runs import notes
from openml_server import openml_server
from processes import SECONDS, kill, until, workers_of

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


def victims(runner):
    """The runner and its worker, if they run."""
    if runner.poll() is not None:
        return []
    return [psutil.Process(runner.pid), *workers_of(runner)]  # a child stays until it is waited for


@pytest.mark.exhaustive
def test_twenty_kills_lose_no_cell_and_double_none(tmp_path, monkeypatch, server, start):
    monkeypatch.setenv(made_runs.COUNT_FILE, str(tmp_path / "log"))
    results = tmp_path / "results"
    cells = results / "cells"
    rng = random.Random(0)

    def runner_of(*retry):
        return start([sys.executable, str(SCRIPT), str(results), *retry])

    runners = [runner_of(), runner_of()]
    kept, n_begun, n_kills = {}, 0, 0
    while n_kills < N_KILLS:
        # a fit begins, so that the kill falls into work, and work goes on
        n_begun = until(lambda known=n_begun: len(notes()) > known and len(notes()))
        time.sleep(rng.uniform(0, 0.5))  # any moment has to do
        finished = {file.name: file.read_bytes() for file in cells.glob("[!.]*.parquet")}
        assert kept.items() <= finished.items()
        kept = finished
        victim = rng.choice([process for runner in runners for process in victims(runner)])
        n_kills += kill(victim)
        for place, runner in enumerate(runners):
            if runner.pid == victim.pid:
                runner.wait()
                runners[place] = runner_of()
    assert len(kept) < N_CELLS
    assert [runner.wait(timeout=SECONDS) for runner in runners] == [0, 0]

    rows = ResultsFolder(results).read_cells()
    assert len(rows) == N_CELLS
    assert not rows.duplicated(["dataset", "repeat"]).any()
    statuses = rows.set_index("dataset")["status"]
    assert set(statuses["served-4"]) <= {"error", "killed"}  # its file always ends in the middle
    assert set(statuses.drop("served-4")) <= {"ok", "killed"}
    # a cell is never begun again once it is there
    begun = {}
    for line in notes():
        seed, moment = line.split()
        begun[int(seed)] = float(moment)
    for row in rows.itertuples():
        if row.status == "ok":
            assert begun[row.seed] <= (cells / f"{row.key}.parquet").stat().st_mtime
    assert not list((results / "claims").iterdir())

    assert runner_of("retry").wait(timeout=SECONDS) == 0
    rows = ResultsFolder(results).read_cells()
    assert set(rows.loc[rows["dataset"] != "served-4", "status"]) == {"ok"}
    assert not [*results.rglob(".*"), *(results / "runners").iterdir()]
