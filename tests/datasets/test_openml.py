"""Tables of OpenML: fetched, checked, kept, and what is said when that goes wrong."""

import hashlib
import os
import re
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from openml_server import LONG, openml_server
from processes import SECONDS

from imbalance_kit.datasets import Dataset, load_suite, stressed
from imbalance_kit.datasets import _openml as openml
from imbalance_kit.datasets._dataset import facts_of

TESTS = Path(__file__).parents[1]


def made_table():
    """40 rows: numbers, gaps, levels with spaces, whole numbers; 30 "no" and 10 "yes"."""
    rng = np.random.default_rng(0)
    number = rng.normal(size=40)
    number[[3, 17]] = np.nan
    word = pd.Series(["light blue", "red", None, "sea green"] * 10, dtype="category")
    label = pd.Series(["no", "yes", "no", "no"] * 10, dtype="category")
    columns = {"number": number, "label": label, "word": word, "whole": np.arange(40)}
    return pd.DataFrame(columns)


TABLE = made_table()
RECORD = Dataset(
    name="toy",
    source="toy",
    role="",
    licence="made",
    reader="openml",
    files=("7",),
    sha256=(),
    n_rows=40,
    n_features=3,
    n_numeric=2,
    n_nominal=1,
    n_missing=12,
    n_classes=2,
    imbalance_ratio=3.0,
    n_smallest=10,
)


class Service:
    """A running server, its faults, and the requests it had."""

    def __init__(self):
        self.tables = {7: ("toy", TABLE, "label")}
        self.faults = {}
        self.requests = []


@pytest.fixture
def service(tmp_path, monkeypatch):
    """A server in OpenML's place, an empty folder for tables, and no long waits."""
    monkeypatch.setattr(openml, "DELAY", 0.01)
    monkeypatch.setenv("IMBALANCE_KIT_DATA", str(tmp_path))
    service = Service()
    with openml_server(service.tables, service.faults, service.requests) as url:
        monkeypatch.setenv("IMBALANCE_KIT_OPENML", url)
        service.url = url
        yield service


def files_in(folder):
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def check(X, y):
    assert X["word"].cat.categories.tolist() == ["light blue", "red", "sea green"]
    assert X["word"].isna().tolist() == TABLE["word"].isna().tolist()
    np.testing.assert_allclose(X["number"], TABLE["number"])
    assert X["whole"].tolist() == list(range(40))
    assert y.tolist() == TABLE["label"].astype(str).tolist()
    sizes = facts_of(X, y)
    assert sizes == {name: getattr(RECORD, name) for name in sizes}


def test_a_table_is_fetched_once(service, tmp_path):
    check(*RECORD.load())
    assert len(service.requests) >= 3
    (hash_file, table), (stem, suffix) = files_in(tmp_path / "openml"), ("7-", ".parquet")
    hash_file, table = sorted((hash_file, table), key=lambda name: name.endswith(suffix))
    digest = hashlib.sha256((tmp_path / "openml" / table).read_bytes()).hexdigest()
    assert table == f"{stem}{digest[:12]}{suffix}"
    assert (tmp_path / "openml" / hash_file).read_text() == f"{digest}  {table}\n"
    service.faults[7] = "down"
    n_requests = len(service.requests)
    check(*RECORD.load())
    assert len(service.requests) == n_requests


def test_what_is_loaded_first_is_what_is_loaded_later(service):
    first, later = RECORD.load(), RECORD.load()
    pd.testing.assert_frame_equal(first[0], later[0])
    pd.testing.assert_series_equal(first[1], later[1])


def test_no_server_is_needed_once_the_table_is_kept(service, monkeypatch):
    RECORD.load()
    monkeypatch.setenv("IMBALANCE_KIT_OPENML", "http://127.0.0.1:1")
    check(*RECORD.load())


def test_columns_without_any_value_and_with_one(service):
    service.tables[7] = ("toy", TABLE.assign(same=1.0, gone=np.nan), "label")
    X, _ = replace(RECORD, n_features=5).load()
    assert X.columns.tolist() == ["number", "word", "whole"]


def test_levels_that_are_codes_stay_as_they_are(service):
    codes = pd.Series(["01", "1", None, "10"] * 10, dtype="category")
    labels = pd.Series((TABLE["label"] == "yes").astype(int).astype(str), dtype="category")
    service.tables[7] = ("toy", TABLE.assign(word=codes, label=labels), "label")
    X, y = RECORD.load()
    assert X["word"].cat.categories.tolist() == ["01", "1", "10"]
    assert y.value_counts().to_dict() == {"0": 30, "1": 10}


def test_labels_that_are_numbers_and_a_target_before_the_end(service):
    numbers = TABLE.assign(label=(TABLE["label"] == "yes").astype(float))
    service.tables[7] = ("toy", numbers, "label")
    _, y = RECORD.load()
    assert y.value_counts().to_dict() == {"0": 30, "1": 10}


@pytest.mark.parametrize(
    ("fault", "kind", "said"),
    [
        ("down", ConnectionError, "HTTP Error 500.*needs the network once.*IMBALANCE_KIT_DATA"),
        ("no such address", ConnectionError, "HTTP Error 404"),
        ("hung up", ConnectionError, "closed connection without response"),
        ("unknown", ValueError, "it has no such data set"),
        ("page", ValueError, "JSONDecodeError"),
        ("broken json", ValueError, "answered, but not with a table.*JSONDecodeError"),
        ("truncated", ValueError, "md5 checksum"),
        ("truncated gzip", ValueError, "EOFError"),
        ("wrong md5", ValueError, "md5 checksum"),
        ("garbled", ValueError, "answered, but not with a table"),
        ("no target", ValueError, "one target column"),
        ("wrong size", ValueError, r"expected 30 rows outside .*; got 29 rows outside"),
        ("other columns", ValueError, r"3 columns, .*; got .*2 columns"),
    ],
)
def test_a_fault_is_an_error_and_nothing_is_kept(service, tmp_path, fault, kind, said):
    service.faults[7] = fault
    with pytest.raises(kind, match=said) as caught:
        RECORD.load()
    assert "toy" in str(caught.value)
    assert "\n" not in str(caught.value)
    assert not list(tmp_path.glob("openml/7*"))
    service.faults.clear()
    check(*RECORD.load())
    assert not (tmp_path / "openml" / "raw" / "7").exists()


@pytest.mark.parametrize("fault", ["silent", "stalled"])
def test_a_server_that_stops_answering_is_given_up(service, monkeypatch, fault):
    monkeypatch.setenv("IMBALANCE_KIT_OPENML_TIMEOUT", "0.1")
    service.faults[7] = fault
    began = time.monotonic()
    with pytest.raises(ConnectionError, match=r"timed out.*network once"):
        RECORD.load()
    assert time.monotonic() - began < LONG  # for which the server would have kept it waiting


def test_nobody_listens(service, monkeypatch):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        monkeypatch.setenv("IMBALANCE_KIT_OPENML", f"http://127.0.0.1:{taken.getsockname()[1]}")
        with pytest.raises(ConnectionError, match=r"'toy' \(OpenML 7\) is not in .*refused"):
            RECORD.load()


def test_failures_that_pass_are_tried_again(service):
    service.faults[7] = "flaky"
    check(*RECORD.load())
    assert min(map(service.requests.count, set(service.requests))) >= 2


def test_what_was_asked_and_answered_no_is_not_asked_again(service):
    service.faults[7] = "no such address"
    with pytest.raises(ConnectionError):
        RECORD.load()
    assert len(service.requests) == 1


def test_a_withdrawn_table_of_the_right_size_comes_with_a_warning(service):
    service.faults[7] = "withdrawn"
    with pytest.warns(UserWarning, match="inactive"):
        check(*RECORD.load())


def test_a_fetch_that_was_cut_off_goes_on_with_what_it_has(service, monkeypatch):
    monkeypatch.setenv("IMBALANCE_KIT_OPENML_TIMEOUT", "0.1")
    service.faults[7] = "stalled"
    with pytest.raises(ConnectionError):
        RECORD.load()
    service.faults.clear()
    service.requests.clear()
    check(*RECORD.load())
    # scikit-learn had the descriptions; ours of the columns is asked for once more
    asked = ["/api/v1/json/data/features/7", "/data/v1/download/7/toy.arff"]
    assert service.requests == asked


@pytest.mark.parametrize("damage", ["changed", "cut", "gone"])
def test_a_kept_table_that_was_damaged_is_fetched_again(service, tmp_path, damage):
    RECORD.load()
    (table,) = tmp_path.glob("openml/7-*.parquet")
    if damage == "gone":
        table.unlink()
    else:
        content = table.read_bytes()
        table.write_bytes(content[:-100] if damage == "cut" else b"x" + content[1:])
    with pytest.warns(UserWarning, match=r"'toy': the kept table .* fetched again"):
        check(*RECORD.load())
    check(*RECORD.load())


def test_a_kept_table_is_checked_against_the_record(service):
    RECORD.load()
    with pytest.raises(ValueError, match=r"expected .* 3 classes, .*; got .* 2 classes"):
        replace(RECORD, n_classes=3).load()


def test_variants_of_a_fetched_table_use_the_same_file(service):
    variants = stressed([RECORD])
    for variant in variants:
        X, y = variant.load()
        assert (len(X), int(y.value_counts().min())) == (variant.n_rows, variant.n_smallest)
    assert sum(path.startswith("/data/") for path in service.requests) == 1
    lacking = replace(variants[0], n_rows=variants[0].n_rows + 3)
    with pytest.raises(ValueError, match="not the recorded one"):
        lacking.load()


def test_two_processes_at_once(service, tmp_path, start):
    service.faults[7] = "slow"
    code = (
        "from test_openml import RECORD, check\n"
        "import time, pathlib, sys\n"
        "print('up', flush=True); sys.stdin.readline()\n"
        "check(*RECORD.load())"
    )
    path = os.pathsep.join([str(TESTS), str(TESTS / "datasets")])
    other = start(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONPATH": path},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert other.stdout.readline() == "up\n"
    other.stdin.write("go\n")
    other.stdin.flush()
    check(*RECORD.load())
    assert other.wait(SECONDS) == 0
    check(*RECORD.load())
    assert sum(path.startswith("/data/") for path in service.requests) == 2
    assert len(files_in(tmp_path / "openml")) == 2


def test_another_process_was_faster(service, tmp_path, monkeypatch):
    """The table appears while this process is at it, and takes the downloaded parts along."""
    RECORD.load()
    (pointer,) = tmp_path.glob("openml/7.sha256")
    kept = pointer.read_text()
    pointer.unlink()

    def fail(**_):
        pointer.write_text(kept)
        raise FileNotFoundError("raw/7/part")

    monkeypatch.setattr("sklearn.datasets.fetch_openml", fail)
    check(*RECORD.load())


def test_threads_fetch_one_after_the_other(service):
    found = []
    threads = [threading.Thread(target=lambda: found.append(RECORD.load())) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 3
    for X, y in found:
        check(X, y)


def test_the_opener_that_was_installed_stays(service):
    class Mine(urllib.request.OpenerDirector):
        pass

    mine = urllib.request.build_opener()
    urllib.request.install_opener(mine)
    try:
        RECORD.load()
        assert urllib.request._opener is mine
        service.faults[7] = "down"
        with pytest.raises(ConnectionError):
            replace(RECORD, files=("8",)).load()
        assert urllib.request._opener is mine
    finally:
        urllib.request.install_opener(None)


@pytest.mark.parametrize(
    ("setting", "value", "said"),
    [
        ("IMBALANCE_KIT_OPENML", "mirror.example.org", "must be the address of a server"),
        ("IMBALANCE_KIT_OPENML_TIMEOUT", "soon", "number of seconds, got 'soon'"),
        ("IMBALANCE_KIT_OPENML_TIMEOUT", "0", "number of seconds, got '0'"),
    ],
)
def test_settings_that_cannot_be(service, monkeypatch, setting, value, said):
    monkeypatch.setenv(setting, value)
    with pytest.raises(ValueError, match=said):
        RECORD.load()


def test_the_folder_is_scikit_learns_unless_another_is_named(monkeypatch, tmp_path):
    monkeypatch.delenv("IMBALANCE_KIT_DATA", raising=False)
    monkeypatch.setenv("SCIKIT_LEARN_DATA", str(tmp_path / "scikit_learn"))
    assert openml.kept_tables() == tmp_path / "scikit_learn" / "imbalance_kit" / "openml"
    monkeypatch.setenv("IMBALANCE_KIT_DATA", str(tmp_path / "mine"))
    assert openml.kept_tables() == tmp_path / "mine" / "openml"


# the suite


def test_climb_is_listed_without_a_network():
    code = (
        "import socket, sys\n"
        "def refuse(*_): raise AssertionError('network')\n"
        "socket.socket.connect = refuse\n"
        "from imbalance_kit.datasets import load_suite\n"
        "assert len(load_suite('climb')) == 73 and len(load_suite('stress:climb')) > 500\n"
        "assert not {'pandas', 'sklearn'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_climb_is_as_its_authors_describe_it():
    """73 sets: ratio below 5, 10 and 50 and above; 13 with more than two classes."""
    records = load_suite("climb")
    ratios = np.array([record.imbalance_ratio for record in records])
    assert np.histogram(ratios, [2, 5, 10, 50, 600])[0].tolist() == [28, 24, 15, 6]
    assert sum(record.n_classes > 2 for record in records) == 13
    assert min(record.n_smallest for record in records) == 14
    assert len({record.files for record in records}) == 73
    names = [record.name for record in records]
    assert names == sorted(set(names))
    assert not set(names) & {record.name for record in load_suite("embedded")}


def test_sizes_in_climb_agree_with_one_another():
    for record in load_suite("climb"):
        assert record.n_numeric + record.n_nominal == record.n_features
        n_largest = record.imbalance_ratio * record.n_smallest
        if record.n_classes == 2:
            assert abs(record.n_rows - record.n_smallest - n_largest) <= 0.0005 * record.n_smallest
        else:
            least = record.n_smallest * (record.n_classes - 1) + n_largest
            assert least - 1 <= record.n_rows <= (record.n_classes - 1) * n_largest + 1e4


def test_cuts_of_one_table_share_a_source_and_a_role():
    embedded = {record.source: record.role for record in load_suite("embedded")}
    climb = {record.name: record for record in load_suite("climb")}
    for record in climb.values():
        assert record.role == embedded.get(record.source, "")
    for same in [
        {"page-blocks (OpenML)", "page-blocks-bin"},
        {"house_8L", "house_16H"},
        {"cpu", "machine_cpu"},
        {"mfeat-fourier", "mfeat-karhunen", "mfeat-zernike"},
        {"ada (OpenML)", "adult"},
        {"Sick_numeric", "dis", "allbp"},
    ]:
        assert len({climb[name].source for name in same}) == 1
    different = ["pc1 (OpenML)", "pc3", "pc4", "kc1 (OpenML)", "mc2", "cpu_small"]
    assert len({climb[name].source for name in different}) == len(different)
    # tables of equal size under equal names in both
    by_name = {record.name: record for record in load_suite("embedded")}
    for name in ("haberman", "kc1", "pc1", "ada"):
        assert climb[f"{name} (OpenML)"].source == by_name[name].source
        assert re.fullmatch(r"\d+", climb[f"{name} (OpenML)"].files[0])
