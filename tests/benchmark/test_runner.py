"""The runner: every cell once, whatever happens to methods, workers and the runner itself."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import made_runs
import pytest
from made_runs import MadeDataset, notes
from processes import SECONDS, children_of, has_ended, until
from rich.console import Console

from imbalance_kit.benchmark import run, scores
from imbalance_kit.benchmark._methods.registry import select_pairs
from imbalance_kit.benchmark._results.store import ResultsFolder
from imbalance_kit.benchmark._run import ledger, process_pool, trial_storage
from imbalance_kit.benchmark._run import worker as worker_module
from imbalance_kit.benchmark._run.cell import Protocol
from imbalance_kit.benchmark._run.cell_list import plan
from imbalance_kit.benchmark._run.claims import Claims
from imbalance_kit.benchmark._run.failed_cell import Failure, OutOfReachError, failed_row
from imbalance_kit.benchmark._run.progress import Display

SCRIPT = Path(__file__).with_name("run_made.py")
SILENT = Console(quiet=True)


def quick_run(folder, **options):
    """One small run, without report and display."""
    options = {"datasets": [MadeDataset("made")], "learners": "tree", **options}
    return run(output=folder, report=False, console=SILENT, **options)


def contents(folder):
    return {file.name: file.read_bytes() for file in folder.glob("*.parquet")}


ILL_BEHAVED = {
    made_runs.explode: ("error", "ArithmeticError: this method always fails"),
    made_runs.sleep: ("timeout", "longer than the limit of 8 s"),
    made_runs.hold_the_lock_of_the_interpreter: ("timeout", "longer than the limit of 8 s"),
    made_runs.devour: ("memory", "more memory than the limit of 150 MB"),
    made_runs.run_out: ("memory", "MemoryError: cannot allocate"),
    made_runs.leave: ("killed", "exit code 7"),
    made_runs.die: ("killed", "SIGKILL"),
    made_runs.crash: ("killed", "SIGSEGV"),
}


@pytest.mark.exhaustive
def test_failures_are_rows_with_their_reason(tmp_path):
    methods = ["none", *map(made_runs.method, ILL_BEHAVED)]
    request = {"methods": methods, "jobs": 2, "time_limit": 8, "memory_limit": 150}
    done = quick_run(tmp_path, **request)
    assert (done.n_cells, done.n_ok, done.n_failed) == (9, 1, 8)
    rows = scores(tmp_path).set_index("method")
    assert sorted(rows.index) == sorted(["none", *(build.__name__ for build in ILL_BEHAVED)])
    for build, (status, reason) in ILL_BEHAVED.items():
        row = rows.loc[build.__name__]
        assert (row["status"], reason in row["reason"]) == (status, True), row["reason"]
        assert "\n" not in row["reason"]
        assert row[["auprc", "brier", "mcc_tuned"]].isna().all()
    assert "explode" in rows.loc["explode", "traceback"]
    assert "Segmentation fault" in rows.loc["crash", "traceback"]
    assert 150 < rows.loc["devour", "peak_memory_mb"] < 4000
    assert 8 <= rows.loc["sleep", "total_seconds"] < 600  # as long as it would sleep
    assert rows.loc["none", "status"] == "ok"
    assert len(contents(tmp_path / "predictions")) == 1

    before = contents(tmp_path / "cells")
    again = quick_run(tmp_path, **request)
    assert (again.n_done_before, contents(tmp_path / "cells")) == (9, before)

    few = {**request, "methods": ["none", made_runs.method(made_runs.explode)]}
    retried = quick_run(tmp_path, **few, retry_failed=True)
    assert (retried.n_done_before, retried.n_failed) == (1, 1)
    after = contents(tmp_path / "cells")
    assert {name for name in after if after[name] != before[name]} == {
        f"{rows.loc['explode', 'key']}.parquet"
    }


@pytest.mark.exhaustive
def test_any_number_of_workers_predicts_the_same(tmp_path):
    tables = [MadeDataset("two"), MadeDataset("three", n_rows=150, n_classes=3)]
    methods = ["none", "threshold", "SMOTE", "random under-sampling", "self-paced ensemble"]
    for jobs in (1, 2):
        folder = tmp_path / str(jobs)
        done = quick_run(
            folder, datasets=tables, methods=methods, learners="tree,lightgbm", jobs=jobs
        )
        assert (done.n_ok, done.n_failed) == (20, 0)
    first, second = (contents(tmp_path / str(jobs) / "predictions") for jobs in (1, 2))
    assert first == second


def all_end(processes):
    """Wait until none of them runs."""
    return until(lambda: all(map(has_ended, processes)))


@pytest.mark.exhaustive
def test_killed_at_random_moments_and_resumed(tmp_path, monkeypatch, start):
    monkeypatch.setenv(made_runs.COUNT_FILE, str(tmp_path / "counts"))
    results = tmp_path / "results"
    n_cells, n_workers, n_kills = 40 * 3, 2, 3
    command = [sys.executable, str(SCRIPT), str(results), "40", "counted"]
    rng = random.Random(0)
    kept = {}
    for _ in range(n_kills):
        wanted = len(notes()) + rng.randint(1, 2 * n_cells // 6)
        process = start(command, stdout=subprocess.DEVNULL)
        # a moment at which work is going on: some more methods built, and then at random
        until(lambda n=wanted: len(notes()) >= n)
        time.sleep(rng.uniform(0, 0.1))
        workers = children_of(process)
        process.kill()
        process.wait()
        assert all_end(workers)
        finished = contents(results / "cells")
        assert kept.items() <= finished.items()
        kept = finished
        for name in finished:
            assert (results / "predictions" / name).exists()
    assert 0 < len(kept) < n_cells
    assert start(command, stdout=subprocess.DEVNULL).wait(timeout=SECONDS) == 0

    finished = contents(results / "cells")
    assert kept.items() <= finished.items()
    assert len(finished) == n_cells
    rows = ResultsFolder(results).read_cells()
    assert not rows.duplicated(["dataset", "repeat", "fold"]).any()
    assert set(rows["status"]) == {"ok"}
    # a cell builds its method twice; only cells under way at a kill are begun again
    n_built = len(notes())
    assert 2 * n_cells <= n_built <= 2 * (n_cells + n_kills * n_workers)
    assert not list(results.rglob(".*"))
    assert not [*(results / "claims").iterdir(), *(results / "runners").iterdir()]
    assert json.loads((results / "run.json").read_text())["finished"]


@pytest.fixture
def asleep(tmp_path, monkeypatch, start):
    """A run whose two workers are both in a cell that sleeps, and its processes."""

    def begin(build, **options):
        monkeypatch.setenv(made_runs.COUNT_FILE, str(tmp_path / "counts"))
        command = [sys.executable, str(SCRIPT), str(tmp_path / "results"), "5", build]
        process = start(command, stdout=subprocess.DEVNULL, **options)
        until(lambda: len(notes()) == 2)
        return process, children_of(process)

    return begin


@pytest.mark.exhaustive
def test_ctrl_c_leaves_no_worker_and_no_lock(tmp_path, asleep):
    results = tmp_path / "results"
    process, workers = asleep("sleep", stderr=subprocess.PIPE)
    assert len(workers) >= 2
    process.send_signal(signal.SIGINT)
    words = process.communicate(timeout=SECONDS)[1].decode()
    assert words.count("KeyboardInterrupt") <= 2  # from the runner alone, not from workers
    assert process.returncode != 0
    assert all_end(workers)
    assert not list(results.rglob(".*"))
    assert not [*(results / "claims").iterdir(), *(results / "runners").iterdir()]


@pytest.mark.exhaustive
def test_workers_in_deaf_native_code_end_with_a_killed_runner(asleep):
    process, workers = asleep("hold_the_lock_of_the_interpreter")
    assert len(workers) >= 2
    process.kill()
    process.wait()
    assert all_end(workers)


@pytest.mark.exhaustive
def test_results_at_a_url(tmp_path):
    pytest.importorskip("fsspec", reason="URLs need the extra cloud")
    place = f"memory:/{tmp_path}"
    request = {"datasets": [MadeDataset("made")], "methods": "none,SMOTE", "learners": "tree"}
    done = run(output=place, jobs=1, console=SILENT, **request)
    assert (done.folder, done.report, done.n_ok) == (place, f"{place}/report.html", 2)
    assert len(scores(place)) == 2
    assert run(output=place, jobs=1, console=SILENT, **request).n_done_before == 2
    local = tmp_path / "local"
    quick_run(local, methods="none,SMOTE", jobs=1)
    store = ResultsFolder(place)
    for key in store.finished():
        assert (
            store.files.read(f"predictions/{key}.parquet")
            == (local / "predictions" / f"{key}.parquet").read_bytes()
        )
    assert b"none / tree" in store.files.read("report.html")


@pytest.mark.exhaustive
def test_two_runners_share_the_cells(tmp_path, monkeypatch, start):
    monkeypatch.setenv(made_runs.COUNT_FILE, str(tmp_path / "counts"))
    results = tmp_path / "results"
    command = [sys.executable, str(SCRIPT), str(results), "20", "counted"]
    runners = [start(command, stdout=subprocess.PIPE) for _ in range(2)]
    words = [runner.communicate(timeout=SECONDS)[0].decode() for runner in runners]
    assert [runner.returncode for runner in runners] == [0, 0]
    assert len(notes()) == 2 * 20 * 3  # every cell by one of them
    rows = ResultsFolder(results).read_cells()
    assert len(rows) == 20 * 3
    assert set(rows["status"]) == {"ok"}
    assert any("sharing its cells" in " ".join(text.split()) for text in words)


@pytest.mark.exhaustive
def test_no_cell_begins_after_the_last_hour(tmp_path, monkeypatch):
    """An hour passes when the third cell is there."""

    def clock():
        return time.monotonic() + 3600 * (len(contents(tmp_path / "cells")) >= 3)

    monkeypatch.setattr(ledger, "time", SimpleNamespace(monotonic=clock))
    tables = [MadeDataset(f"made {number}") for number in range(30)]
    request = {"datasets": tables, "methods": "none", "jobs": 1}
    done = quick_run(tmp_path, **request, max_hours=0.9)
    assert 3 <= done.n_ok < 30
    assert ResultsFolder(tmp_path).read_request()["finished"] is None
    monkeypatch.undo()
    again = quick_run(tmp_path, **{**request, "datasets": tables[:5]})
    assert (again.n_cells, again.n_ok) == (5, 5)


@pytest.mark.exhaustive
def test_one_storage_for_all_searches_and_workers(tmp_path):
    storage = f"sqlite:///{tmp_path / 'trials.db'}"
    tables = [MadeDataset(f"made {number}") for number in range(6)]
    request = {"datasets": tables, "methods": "none", "trials": 2, "storage": storage}
    for folder in ("a", "b"):
        done = quick_run(tmp_path / folder, **request, jobs=2)
        assert (done.n_ok, done.n_failed) == (6, 0)


def test_a_storage_that_goes_out_of_reach_ends_the_run_and_is_no_result(tmp_path):
    """A worker tells it, as it tells any failure; the next run does the cell."""
    with Claims(ResultsFolder(tmp_path).files) as claims:
        store = ResultsFolder(tmp_path)
        store.create()
        (cell,) = plan([MadeDataset("made")], select_pairs("none", "tree"), Protocol(), 1)
        with Display(SILENT, 1, 1.0) as display:
            book = ledger.Ledger(store, claims, [cell], {}, display)
            job = book.hand_out()
            failure = Failure.of(OutOfReachError("the storage is gone"))
            row = failed_row(job.cell.row(), failure, seconds=1.0, peak_memory_mb=None)
            with pytest.raises(RuntimeError, match="the storage is gone"):
                book.keep(job.cell, (row, None))
        assert not store.finished()
        assert not store.files.names("claims")


def test_a_broken_file_of_trials_is_begun_anew(tmp_path):
    file = tmp_path / "cell.db"
    for content in (b"", b"no data base at all" * 300):
        file.write_bytes(content)
        with trial_storage.silent_optuna() as optuna:
            study, trials = trial_storage.open_study(
                optuna, trial_storage.file_storage(file), "cell"
            )
        assert (study.study_name, trials) == ("cell", [])
    shared = tmp_path / "shared.db"
    shared.write_bytes(b"of somebody else" * 300)
    with (
        trial_storage.silent_optuna() as optuna,
        pytest.raises(OutOfReachError, match=r"shared\.db"),
    ):
        trial_storage.open_study(optuna, trial_storage.file_storage(shared), "cell")
    assert shared.read_bytes() == b"of somebody else" * 300


def end_at_once(connection, log):
    os._exit(3)


@pytest.mark.exhaustive
def test_workers_that_do_not_come_up_end_the_run(tmp_path, monkeypatch):
    monkeypatch.setattr(worker_module, "work", end_at_once)
    monkeypatch.setattr(process_pool, "MAX_FAILED_STARTS", 2)
    with pytest.raises(RuntimeError, match=r"exit code 3.*__main__"):
        quick_run(tmp_path, methods="none", jobs=1)
    assert not list((tmp_path / "cells").iterdir())


def test_display_is_a_few_lines_and_the_environment_is_left_alone(tmp_path, monkeypatch, capfd):
    monkeypatch.setenv("OMP_NUM_THREADS", "3")
    monkeypatch.delenv("MKL_NUM_THREADS", raising=False)
    run(
        datasets=[MadeDataset("made")],
        methods=[made_runs.method(made_runs.chatter)],
        repeats=4,
        jobs=1,
        output=tmp_path,
        report=False,
        console=Console(force_terminal=False),
    )
    words = "".join(capfd.readouterr())
    assert words.count("\n") <= 3
    assert "chatter" not in words  # printed by the method, in the worker
    assert os.environ["OMP_NUM_THREADS"] == "3"
    assert "MKL_NUM_THREADS" not in os.environ


@pytest.mark.exhaustive
def test_changed_protocol_does_not_mix(tmp_path):
    quick_run(tmp_path, methods="none", jobs=1, seed=5)
    first = scores(tmp_path)
    request = ResultsFolder(tmp_path).read_request()
    assert request["methods"] == ["none"]
    assert request["datasets"] == ["made"]
    assert request["protocol"]["seed"] == 5
    assert request["started"] <= request["finished"]
    assert {"system", "processors", "python"} <= request["machine"].keys()
    quick_run(tmp_path, methods="none", jobs=1, seed=5)  # nothing to do
    assert ResultsFolder(tmp_path).read_request() == request

    done = quick_run(tmp_path, methods="none", jobs=1, seed=5, folds=2)
    assert (done.n_cells, done.n_done_before) == (2, 0)
    with pytest.warns(UserWarning, match="1 of another protocol"):
        second = scores(tmp_path)
    assert sorted(second["fold"]) == [0, 1]
    assert not set(first["key"]) & set(second["key"])


def test_plan_puts_all_pairs_of_a_data_set_together_and_large_ones_first():
    tables = [MadeDataset("small", n_rows=50), MadeDataset("large", n_rows=500)]
    pairs = select_pairs("none,SMOTE", "tree,forest")
    cells = plan(tables, pairs, Protocol(folds=2), 2)
    assert len({cell.key for cell in cells}) == len(cells) == 2 * 2 * 2 * 4
    assert [(cell.repeat, cell.fold, cell.dataset.name) for cell in cells[::4]] == [
        (repeat, fold, name) for repeat in (0, 1) for fold in (0, 1) for name in ("large", "small")
    ]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"repeats": 0}, "repeats must be at least 1, got 0"),
        ({"folds": 1}, "folds must be 0"),
        ({"jobs": 0}, "jobs must be at least 1"),
        ({"time_limit": 0}, "time_limit must be above 0"),
        ({"memory_limit": -1}, "memory_limit must be above 0"),
        ({"methods": "smite"}, "Unknown method 'smite'"),
        ({"learners": "oak"}, "Unknown learner 'oak'"),
        ({"datasets": []}, "datasets is empty"),
        ({"datasets": [MadeDataset("a"), MadeDataset("a")]}, "there twice: a"),
        ({"datasets": None, "suite": "heavy"}, "There is no suite 'heavy'"),
        ({"datasets": None, "target": "y"}, "give data_dir too"),
        ({"sensitive": ["y"]}, "sensitive is for files, and datasets is given"),
        ({"repeats": 1.5}, "repeats must be a whole number, got 1.5"),
        ({"jobs": "two"}, "jobs must be a whole number, got 'two'"),
        ({"seed": None}, "seed must be a whole number, got None"),
        ({"time_limit": "long"}, "time_limit must be a number above 0, got 'long'"),
        ({"datasets": None, "sensitive": ["y"]}, "sensitive is for your own files"),
        ({"methods": [made_runs.Method("mine", lambda learner, seed: None)]}, "by a function of"),
    ],
)
def test_bad_requests(tmp_path, options, words):
    with pytest.raises(ValueError, match=words):
        quick_run(tmp_path, **options)
