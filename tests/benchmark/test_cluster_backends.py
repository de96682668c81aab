"""Cells on a cluster: two nodes of one machine, one of them lost midway."""

import os
import subprocess
import sys
from pathlib import Path

import made_runs
import psutil
import pytest
from made_runs import MadeDataset, notes
from processes import SECONDS, kill, until
from rich.console import Console

from imbalance_kit.benchmark import run
from imbalance_kit.benchmark._methods.registry import select_pairs
from imbalance_kit.benchmark._results.store import ResultsFolder
from imbalance_kit.benchmark._run import cluster_backends
from imbalance_kit.benchmark._run.cell import Cell
from imbalance_kit.benchmark._run.limits import Limits
from imbalance_kit.benchmark._run.worker import Job

SILENT = Console(quiet=True)
FOLDER = str(Path(__file__).parent)  # nodes must find the made methods


def predictions(folder):
    return {file.name: file.read_bytes() for file in (folder / "predictions").iterdir()}


@pytest.fixture(scope="module")
def at_home(tmp_path_factory):
    """Predictions of the same request without a cluster."""
    folder = tmp_path_factory.mktemp("local")
    quick_run(folder, backend="local")
    return predictions(folder)


def quick_run(folder, **options):
    tables = [MadeDataset("two"), MadeDataset("three", n_rows=150, n_classes=3)]
    methods = ["none", "SMOTE", made_runs.method(made_runs.crash)]
    request = {"datasets": tables, "methods": methods, "learners": "tree", "jobs": 2}
    done = run(output=folder, report=False, console=SILENT, **request, **options)
    assert (done.n_cells, done.n_ok, done.n_failed) == (6, 4, 2)
    rows = ResultsFolder(folder).read_cells()
    crashed = rows[rows["method"] == "crash"]
    assert crashed["reason"].str.contains("SIGSEGV").all()
    assert not list((Path(folder) / "claims").iterdir())


@pytest.mark.exhaustive
@pytest.mark.parametrize("backend", ["dask", "ray"])
def test_a_cluster_gives_what_this_machine_gives(tmp_path, monkeypatch, at_home, backend):
    if backend == "ray":
        pytest.importorskip("ray", reason="ray is an extra of its own: it is large")
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([FOLDER, os.environ.get("PYTHONPATH", "")]))
    quick_run(tmp_path, backend=backend)
    assert predictions(tmp_path) == at_home


SCHEDULER = """
import sys, time
from distributed import LocalCluster
if __name__ == "__main__":
    with LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster:
        print(cluster.scheduler_address, flush=True)
        for worker in cluster.workers.values():
            print(worker.pid, flush=True)
        sys.stdin.read()
"""


@pytest.mark.exhaustive
def test_a_lost_node_loses_nothing(tmp_path, monkeypatch, start):
    monkeypatch.setenv(made_runs.COUNT_FILE, str(tmp_path / "counts"))
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([FOLDER, os.environ.get("PYTHONPATH", "")]))
    script = tmp_path / "scheduler.py"
    script.write_text(SCHEDULER)
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    cluster = start([sys.executable, str(script)], **pipes)
    address = cluster.stdout.readline().strip()
    node = psutil.Process(int(cluster.stdout.readline()))
    results = tmp_path / "results"
    command = [sys.executable, str(Path(__file__).with_name("run_made.py")), str(results)]
    runner = start([*command, "20", "counted", address], stdout=subprocess.DEVNULL)
    until(lambda: len(notes()) > 20)
    assert kill(node)
    assert runner.wait(timeout=SECONDS) == 0
    cluster.stdin.close()
    cluster.wait(timeout=SECONDS)
    rows = ResultsFolder(results).read_cells()
    assert len(rows) == 60
    assert not rows.duplicated(["dataset", "repeat"]).any()
    assert set(rows["status"]) == {"ok"}
    assert len(notes()) <= 2 * 60 + 2 * 2  # what was under way there


def test_a_node_with_another_version_says_so():
    ((method, learner),) = select_pairs("none", "tree")
    job = Job(Cell(MadeDataset("made"), method, learner))
    with pytest.raises(RuntimeError, match="another version of imbalance-kit"):
        cluster_backends.do_on_node(job, "another key", Limits(10.0, 1000.0))


def test_no_cluster_at_the_address(tmp_path):
    request = {"datasets": [MadeDataset("made")], "methods": "none", "learners": "tree"}
    with pytest.raises(ValueError, match="No dask scheduler answers at nonsense"):
        run(output=tmp_path, console=SILENT, backend="dask", address="nonsense", **request)
    assert not list((tmp_path / "claims").iterdir())
