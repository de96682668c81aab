"""The command line."""

import signal
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
from processes import SECONDS, until

from imbalance_kit._version import __version__
from imbalance_kit.cli import main


@pytest.fixture(scope="module")
def tables(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tables")
    rng = np.random.RandomState(0)
    for name, n_rows in (("first", 120), ("second", 200)):
        label = np.where(np.arange(n_rows) % 5 == 0, "rare", "frequent")
        X = pd.DataFrame({"a": rng.normal(size=n_rows) + (label == "rare"), "b": label[::-1]})
        X.assign(kind=label).to_csv(folder / f"{name}.csv", index=False)
    return folder


@pytest.fixture
def request_(tables, tmp_path):
    where = ["--data-dir", str(tables), "--target", "kind", "--output", str(tmp_path / "results")]
    return ["bench", *where, "--methods", "none,SMOTE", "--learners", "tree", "--jobs", "1"]


def test_bench_report_and_continuing(request_, tmp_path, capsys):
    request = [*request_, "--skip", "second"]
    assert main(request) == 0
    words = capsys.readouterr().out
    report = tmp_path / "results" / "report.html"
    assert "none / tree" in words
    assert "2 cells: 2 ok." in words
    assert f"Report: {report}" in words
    assert report.stat().st_size > 1000
    report.unlink()
    assert main(["report", str(tmp_path / "results")]) == 0
    assert f"Report: {report}" in capsys.readouterr().out
    assert report.exists()
    assert main([*request, "--retry-failed"]) == 0
    assert "2 cells, 2 of them from before: 2 ok." in capsys.readouterr().out


def test_forecast_says_what_a_run_would_take_and_runs_nothing(request_, tmp_path, capsys):
    forecast = [*request_, "--dry-run", "--price", "2", "--max-hours", "1", "--trials", "5"]
    assert main(forecast) == 0
    words = " ".join(capsys.readouterr().out.split())
    assert "2 data sets, 2 pairs, 1 splits: 4 cells, 0 of them done." in words
    assert "Each searches hyper-parameters: 5 trials, 3 inner folds." in words
    assert "Cost: about 0.0" in words
    assert "Within 1 h about 100%" in words
    assert not (tmp_path / "results").exists()


@pytest.mark.exhaustive
def test_export_writes_scores_and_rows_for_bencheval(request_, tmp_path, capsys):
    assert main([*request_, "--skip", "second"]) == 0
    folder = str(tmp_path / "results")
    assert main(["export", folder, str(tmp_path / "scores.csv")]) == 0
    assert "2 rows:" in capsys.readouterr().out
    table = pd.read_csv(tmp_path / "scores.csv")
    assert set(table["dataset"]) == {"first"}
    assert table["auprc"].between(0, 1).all()
    rows = tmp_path / "rows.parquet"
    assert main(["export", folder, str(rows), "--format", "bencheval", "--metric", "brier"]) == 0
    assert {"method", "metric_error"} <= set(pd.read_parquet(rows).columns)


def test_the_target_that_was_taken_is_named(tmp_path, capsys):
    rows = ["Target,a", *["no,1"] * 20, *["yes,2"] * 10]
    (tmp_path / "one.csv").write_text("\n".join(rows))
    command = ["bench", "--data-dir", str(tmp_path), "--output", str(tmp_path / "o"), "--dry-run"]
    assert main(command) == 0
    assert "Target: 'Target'." in capsys.readouterr().out
    (tmp_path / "two.csv").write_text("\n".join(rows).replace("Target", "[b]"))
    assert main(command) == 0
    assert "Targets: one: 'Target', two: 'a'." in capsys.readouterr().out


def test_unknown_sensitive_columns_are_refused_before_the_first_cell(tables, tmp_path, capsys):
    where = ["--data-dir", str(tables), "--target", "kind", "--output", str(tmp_path / "out")]
    for names, unknown in (("nope", "'nope'"), ("b,nope,no", "'nope', 'no'"), ("kind", "'kind'")):
        assert main(["bench", *where, "--sensitive", names]) == 2
        assert f"sensitive names {unknown}, but no file in" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


ODD_NAMES = ("out[final]", "a [/] b 50% :warning: who?#x=1 [bold]")


@pytest.mark.exhaustive
def test_any_name_of_a_folder_will_do(request_, tmp_path, capsys):
    for name in ODD_NAMES:
        folder = tmp_path / name
        command = [
            *request_[: request_.index("--output")],
            *request_[request_.index("--methods") :],
        ]
        command += ["--output", str(folder), "--skip", "second", "--trials", "2"]
        assert main(command) == 0
        assert f"Report: {folder / 'report.html'}" in capsys.readouterr().out
        assert main(["report", str(folder)]) == 0
        assert str(folder) in capsys.readouterr().out


@pytest.mark.exhaustive
def test_a_run_of_which_no_cell_finished_is_exit_code_1(tables, tmp_path, monkeypatch, capsys):
    (tmp_path / "fails_always.py").write_text(
        "from sklearn.base import BaseEstimator, ClassifierMixin\n"
        "class Fails(ClassifierMixin, BaseEstimator):\n"
        "    def fit(self, X, y):\n"
        "        raise ArithmeticError('[/] as ever')\n"
        "    predict_proba = fit\n"
    )
    monkeypatch.chdir(tmp_path)
    what = [
        "bench",
        "--data-dir",
        str(tables),
        "--target",
        "kind",
        "--learners",
        "tree",
        "--jobs",
        "1",
    ]
    for out, methods, code in (("a", "fails_always:Fails", 1), ("b", "fails_always:Fails,none", 0)):
        assert main([*what, "--output", out, "--methods", methods]) == code
        printed = capsys.readouterr()
        assert ("no cell has finished" in printed.err) == bool(code)
        assert "2 failed" in printed.out
    assert main([*what, "--output", "c", "--methods", "none", "--max-hours", "1e-9"]) == 1


@pytest.mark.exhaustive
def test_damaged_results_are_named_passed_over_and_done_again(request_, tmp_path, capsys):
    assert main(request_) == 0
    folder = tmp_path / "results"
    row, predicted = (
        sorted((folder / name).iterdir())[k] for k, name in enumerate(("cells", "predictions"))
    )
    honest = row.read_bytes()
    row.write_bytes(honest[:100])
    predicted.write_bytes(b"")
    capsys.readouterr()
    for command in (["report", str(folder)], ["export", str(folder), str(tmp_path / "x.csv")]):
        assert main(command) == 0
        words = capsys.readouterr().err
        assert f"cells/{row.name}" in words
        assert f"predictions/{predicted.name}" in words
    assert len(pd.read_csv(tmp_path / "x.csv")) == 2
    assert "Damaged files" in (folder / "report.html").read_text()
    (folder / "run.json").write_text('{"protocol": ')
    assert main(["report", str(folder)]) == 0
    assert "run.json" in capsys.readouterr().err
    assert main(request_) == 0
    words = " ".join(capsys.readouterr().out.split())
    assert "4 cells, 2 of them from before: 4 ok." in words
    assert f"cells/{row.name} is damaged" in words
    assert main(["report", str(folder)]) == 0
    assert not capsys.readouterr().err


@pytest.mark.exhaustive
def test_splits_by_groups_and_in_time(tmp_path):
    rng = np.random.RandomState(0)
    day = pd.date_range("2026-01-01", periods=90)
    label = np.where(rng.uniform(size=90) < 0.4, "rare", "frequent")
    X = pd.DataFrame({"a": rng.normal(size=90), "who": np.arange(90) // 2, "day": day, "b": 1})
    X.assign(b=rng.normal(size=90), kind=label).to_csv(tmp_path / "visits.csv", index=False)
    where = ["--data-dir", str(tmp_path), "--target", "kind", "--output", str(tmp_path / "out")]
    what = ["--methods", "none", "--learners", "tree", "--jobs", "1"]
    assert main(["bench", *where, *what, "--order", "day", "--groups", "who"]) == 0
    (file,) = (tmp_path / "out" / "predictions").iterdir()
    rows = pd.read_parquet(file)
    tested = rows.loc[rows["part"] == "test", "row"]
    assert tested.min() > rows.loc[rows["part"] == "validation", "row"].max()
    assert sorted(tested) == list(range(62, 90)) or sorted(tested) == list(range(63, 90))


def test_list_shows_what_there_is(capsys):
    assert main(["list"]) == 0
    words = capsys.readouterr().out
    for name in ("lite", "embedded", "climb", "stress", "SMOTE", "lightgbm", "german"):
        assert name in words


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["bench", "--suite", "heavy"], "There is no suite 'heavy'"),
        (["bench", "--protocol", "harsh"], "Unknown protocol 'harsh'. Known: climb, fair"),
        (["bench", "--trials", "-1"], "trials must be at least 0, got -1"),
        (["bench", "--search-seconds", "0"], "seconds must be above 0"),
        (["bench", "--max-hours", "0"], "max_hours must be above 0"),
        (["bench", "--backend", "slurm"], "backend must be one of local, dask, ray"),
        (["bench", "--address", "x:1"], "address is for a cluster"),
        (["bench", "--skip", "nothing"], "Cannot skip nothing: no data set has this name"),
        (["bench", "--price", "1"], "--price is for the forecast; give --dry-run too"),
        (["bench", "--groups", "who"], "groups is for your own files"),
        (["bench", "--output", "noplace://x"], "Cannot use noplace://x as results folder"),
        (["bench", "--methods", "smite"], "Unknown method 'smite'"),
        (["bench", "--learners", "oak"], "Unknown learner 'oak'"),
        (["bench", "--jobs", "0"], "jobs must be at least 1, got 0"),
        (["bench", "--folds", "1"], "folds must be 0"),
        (["bench", "--time-limit", "-1"], "time_limit must be above 0"),
        (["bench", "--target", "y"], "give data_dir too"),
        (["bench", "--sensitive", "sex, race"], "sensitive is for your own files"),
        (["bench", "--data-dir", "not/there"], "not/there"),
        (["bench", "--dry-run", "--jobs", "-3"], "jobs must be at least 1, got -3"),
        (["bench", "--dry-run", "--price", "-1"], "--price must be 0 or more, got -1"),
        (["bench", "--dry-run", "--price", "nan"], "--price must be 0 or more, got nan"),
        (["bench", "--dry-run", "--max-hours", "nan"], "max_hours must be above 0, got nan"),
        (["bench", "--search-seconds", "nan"], "search_seconds must be above 0, got nan"),
        (["bench", "--memory-limit=-inf"], "memory_limit must be above 0, got -inf"),
        (["bench", "--folds", "-2"], "folds must be at least 0, got -2"),
        (["bench", "--bootstraps", "-1"], "bootstraps must be at least 0, got -1"),
        (["bench", "--output", ""], "output is empty"),
        (["bench", "--storage", "nonsense"], "The storage nonsense cannot be used"),
        (["bench", "--storage", "sqlite:////no/such/x.db"], "unable to open database file"),
        (["bench", "--storage", "postgresql://me:secret@h/x"], "postgresql://me:***@h/x cannot"),
        (["report", "not/there"], "holds no results"),
        (["export", "not/there", "x.csv"], "not/there holds no results"),
    ],
)
def test_bad_input_is_exit_code_2_and_one_clear_line(
    arguments, words, tmp_path, monkeypatch, capsys
):
    monkeypatch.chdir(tmp_path)
    assert main(arguments) == 2
    printed = capsys.readouterr()
    assert words in " ".join(printed.err.split())
    assert printed.err.startswith("imbalance-kit: ")
    assert not printed.out
    assert not list(tmp_path.iterdir())


def test_the_exit_code_is_that_of_the_process(tmp_path):
    command = [sys.executable, "-m", "imbalance_kit.cli", "bench", "--jobs", "0"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path)
    assert done.returncode == 2
    assert done.stderr == "imbalance-kit: jobs must be at least 1, got 0.\n"
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("arguments", [[], ["bench", "--jobs", "two"], ["cook"]])
def test_wrong_use_is_exit_code_2(arguments, capsys):
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 2
    assert "usage" in capsys.readouterr().err


def test_version(capsys):
    with pytest.raises(SystemExit) as ended:
        main(["--version"])
    assert ended.value.code == 0
    assert capsys.readouterr().out.strip() == __version__


def test_import_is_cheap():
    code = (
        "import sys, imbalance_kit.cli\n"
        "heavy = {'numpy', 'sklearn', 'pandas', 'rich', 'lightgbm'} & set(sys.modules)\n"
        "assert not heavy, heavy"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_missing_extra_is_named(request_):
    code = (
        "import sys, importlib.util\n"
        "found = importlib.util.find_spec\n"
        "importlib.util.find_spec = lambda name, *rest: "
        "None if name in ('pyarrow', 'rich') else found(name, *rest)\n"
        "sys.modules['rich'] = sys.modules['pyarrow'] = None\n"
        "from imbalance_kit.cli import main\n"
        "sys.exit(main(sys.argv[1:]))"
    )
    command = [sys.executable, "-c", code, *request_]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "needs pyarrow, rich" in done.stderr
    assert 'pip install "imbalance-kit[bench]"' in done.stderr


@pytest.mark.exhaustive
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_stopped_run_says_how_to_go_on(request_, tmp_path, number, start):
    command = [sys.executable, "-m", "imbalance_kit.cli", *request_, "--repeats", "200"]
    process = start(command, stdout=subprocess.PIPE, text=True)
    cells = tmp_path / "results" / "cells"
    until(lambda: len(list(cells.glob("*.parquet"))) > 3)
    process.send_signal(number)
    words = process.communicate(timeout=SECONDS)[0]
    assert process.returncode == 130
    assert "the same command goes on" in " ".join(words.split())
