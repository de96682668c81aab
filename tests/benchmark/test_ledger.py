"""The ledger: each cell ends up on disk once, whatever becomes of claims and late results."""

from types import SimpleNamespace

import pytest
from made_runs import MadeDataset
from rich.console import Console

from imbalance_kit.benchmark._methods.registry import select_pairs
from imbalance_kit.benchmark._results.store import ResultsFolder
from imbalance_kit.benchmark._run import claims as claims_module
from imbalance_kit.benchmark._run import ledger as ledger_module
from imbalance_kit.benchmark._run import process_pool
from imbalance_kit.benchmark._run.cell import Protocol
from imbalance_kit.benchmark._run.cell_list import plan
from imbalance_kit.benchmark._run.claims import Claims
from imbalance_kit.benchmark._run.ledger import Ledger
from imbalance_kit.benchmark._run.process_pool import Pool
from imbalance_kit.benchmark._run.progress import Display

PREDICTIONS = b"what a worker sent"


@pytest.fixture
def clock(monkeypatch):
    """Time that passes when the test says so."""
    now = [0.0]
    stub = SimpleNamespace(monotonic=lambda: now[0])
    monkeypatch.setattr(claims_module, "time", stub)
    monkeypatch.setattr(ledger_module, "time", stub)
    return now


class Runner:
    """A runner without workers: the test hands results in."""

    def __init__(self, store, name, n_cells=1, replaced=None):
        tables = [MadeDataset(f"made {number}") for number in range(n_cells)]
        self.cells = plan(tables, select_pairs("none", "tree"), Protocol(), 1)
        self.claims = Claims(store.files, runner=name, lease=10).__enter__()
        display = Display(Console(quiet=True), n_cells, 1.0)
        self.ledger = Ledger(store, self.claims, self.cells, replaced or {}, display)

    def keep(self, job, **known):
        self.ledger.keep(job.cell, ({**job.cell.row(), **known}, PREDICTIONS))


@pytest.fixture(params=["folder", "url"])
def store(request, tmp_path):
    store = ResultsFolder(tmp_path if request.param == "folder" else f"memory:/{tmp_path}")
    store.create()
    return store


def stop(runner):
    """No sign of life any more, and none of an end."""
    runner.claims._over.set()
    runner.claims._heart.join()


def seconds_of(store):
    return {row["fit_seconds"] for row in store._read_rows(sorted(store.finished())).values()}


def test_a_late_result_is_dropped_and_counted_once(store, clock):
    stopped, other = Runner(store, "stopped"), Runner(store, "other")
    job = stopped.ledger.hand_out()
    stop(stopped)
    assert other.ledger.hand_out() is None
    clock[0] += 11
    other.ledger.look_again()
    taken = other.ledger.hand_out()
    other.keep(taken, fit_seconds=1.0)
    assert other.ledger.over
    stopped.keep(job, fit_seconds=2.0)
    assert seconds_of(store) == {1.0}
    assert not stopped.ledger.over
    clock[0] += 2
    stopped.ledger.look_again()
    assert stopped.ledger.hand_out() is None
    assert stopped.ledger.over
    assert not store.files.names("claims")


def test_a_result_between_the_look_at_the_claim_and_the_write_is_dropped(store, clock, monkeypatch):
    """A runner that is stopped right there knows nothing of it when it goes on."""
    stopped, other = Runner(store, "stopped"), Runner(store, "other")
    job = stopped.ledger.hand_out()
    holds = stopped.claims.holds

    def holds_and_stops(key):
        held = holds(key)
        if not store.finished():
            stop(stopped)
            other.ledger.hand_out()
            clock[0] += 11
            other.ledger.look_again()
            other.keep(other.ledger.hand_out(), fit_seconds=1.0)
        return held

    monkeypatch.setattr(stopped.claims, "holds", holds_and_stops)
    stopped.keep(job, fit_seconds=2.0, status="error")
    assert seconds_of(store) == {1.0}
    assert store.files.read(f"predictions/{job.cell.key}.parquet") == PREDICTIONS
    clock[0] += 2
    stopped.ledger.look_again()
    assert stopped.ledger.over


def test_a_claim_lost_after_a_killed_worker_is_no_endless_loop(store, clock):
    first, other = Runner(store, "first"), Runner(store, "other")
    job = first.ledger.hand_out()
    assert first.ledger.try_again(job.cell)  # its worker was killed from outside
    stop(first)
    assert other.ledger.hand_out() is None
    clock[0] += 11
    other.ledger.look_again()
    taken = other.ledger.hand_out()
    other.keep(taken, fit_seconds=1.0)
    for _ in range(5):
        if first.ledger.over:
            break
        clock[0] += 2
        first.ledger.look_again()
        again = first.ledger.hand_out()
        if again is not None:
            first.keep(again, fit_seconds=2.0)
    assert first.ledger.over
    assert seconds_of(store) == {1.0}


def test_what_is_replaced_is_replaced_once(store, clock):
    first = Runner(store, "zero")
    first.keep(first.ledger.hand_out(), fit_seconds=0.0, status="error")
    (key,) = store.finished()
    replaced = {key: store.stored_row(key)}
    one, two = (Runner(store, name, replaced=replaced) for name in ("one", "two"))
    job = one.ledger.hand_out()
    stop(one)
    two.ledger.hand_out()
    clock[0] += 11
    two.ledger.look_again()
    two.keep(two.ledger.hand_out(), fit_seconds=1.0)
    one.keep(job, fit_seconds=2.0)
    assert seconds_of(store) == {1.0}


def test_the_time_of_a_stop_is_not_the_time_of_a_cell(monkeypatch):
    now = [0.0]
    monkeypatch.setattr(process_pool, "time", SimpleNamespace(monotonic=lambda: now[0]))
    pool = Pool(None, 1, None)
    left_out = []

    class Stopwatch:
        def leave_out(self, seconds):
            left_out.append(seconds)

    pool._groups_of[Stopwatch()] = (0, 0, "")
    for passed in (0.1, 1.0, 600.0, 0.1):
        now[0] += passed
        pool._leave_stops_out()
    assert left_out == [600.0]
