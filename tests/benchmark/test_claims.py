"""Claims: of many runners one has a cell, and a dead one has none."""

import json
import multiprocessing
import os
import signal
import subprocess
import sys
import threading
import time
from types import SimpleNamespace

import psutil
import pytest
from loops import looped
from processes import until

from imbalance_kit.benchmark._results.files import files_at
from imbalance_kit.benchmark._run import claims as claims_module
from imbalance_kit.benchmark._run.claims import Claims
from imbalance_kit.benchmark._run.process_identity import birth


@pytest.fixture(params=["folder", "url"])
def files(request, tmp_path):
    return files_at(tmp_path if request.param == "folder" else f"memory:/{tmp_path}")


def test_one_of_two_has_a_cell(files):
    with Claims(files, runner="first") as first, Claims(files, runner="second") as second:
        assert first.take("a")
        assert not second.take("a")
        assert second.take("a.b")  # a name that begins like another
        assert first.claimed_elsewhere() == {"a.b"}
        assert first.others() == {"second"}
        first.release("a")
        assert second.take("a")
        assert second.holds("a")
        assert not first.holds("a")
    assert not files.names("claims")
    assert not files.names("runners")


def test_of_many_threads_one_creates_a_claim(files):
    with Claims(files, runner="all"):
        runners = [Claims(files, runner=f"{number}") for number in range(8)]
        won = []
        for key in map(str, range(20)):
            start = threading.Barrier(len(runners))

            def race(runner, start=start, key=key):
                start.wait()
                # no record of these runners exists, so each takes the others for dead
                if runner._files.create(f"claims/{key}.0", runner.runner.encode()):
                    won.append(key)

            threads = [threading.Thread(target=race, args=(runner,)) for runner in runners]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
    assert won == list(map(str, range(20)))


HOLDER = (
    "import sys, time\n"
    "from imbalance_kit.benchmark._run.claims import Claims\n"
    "from imbalance_kit.benchmark._results.files import files_at\n"
    "with Claims(files_at(sys.argv[1]), lease=float(sys.argv[2])) as claims:\n"
    "    print(claims.take('a'), flush=True)\n"
    "    while sys.stdin.readline():\n"
    "        print(claims.holds('a'), flush=True)\n"
)


def start_holder(start, folder, lease=60.0):
    """A process with the claim to the cell "a", which tells on request if it still has it."""
    command = [sys.executable, "-c", HOLDER, str(folder), str(lease)]
    return start(command, stdout=subprocess.PIPE, stdin=subprocess.PIPE)


def test_claim_of_a_dead_process_is_free_at_once(tmp_path, start):
    holder = start_holder(start, tmp_path)
    with Claims(files_at(tmp_path)) as mine:
        assert holder.stdout.readline() == b"True\n"
        assert not mine.take("a")
        assert len(mine.others()) == 1
        holder.kill()
        # nobody has waited for it, as where its parent is busy: it is a zombie, and works no more
        until(lambda: psutil.Process(holder.pid).status() == psutil.STATUS_ZOMBIE)
        assert mine.others() == set()
        assert mine.take("a")
        assert sorted(files_at(tmp_path).names("claims")) == ["a.0", "a.1"]
        mine.release("a")
        assert not files_at(tmp_path).names("claims")
        mine.tidy(set())
        assert files_at(tmp_path).names("runners") == [f"{mine.runner}.json"]


def test_runner_of_another_machine_is_dead_after_its_lease(files, monkeypatch):
    """The clock of the one that waits is the test's, so a busy machine changes nothing."""
    now = [0.0]
    monkeypatch.setattr(claims_module, "time", SimpleNamespace(monotonic=lambda: now[0]))
    with Claims(files, runner="near", lease=10) as near:
        with monkeypatch.context() as elsewhere:
            elsewhere.setattr(claims_module, "place", lambda: "another machine")
            far = Claims(files, runner="far", lease=0.05)  # so it gives a sign of life each .01 s
        with far:
            assert far.take("a")

            def beat():
                return json.loads(files.read("runners/far.json"))["beat"]

            for _ in range(4):
                assert not near.take("a")
                last = beat()
                until(lambda last=last: beat() > last)
                now[0] += 9  # three leases in all
            assert not near.take("a")
            far._over.set()  # and then no more
            far._heart.join()
            assert not near.take("a")
            now[0] += 9
            assert not near.take("a")
            now[0] += 2
            assert near.take("a")
            # what wakes up after all has lost its claim
            assert not far.holds("a")
            far.release("a")
            assert near.holds("a")


def test_tidying_spares_what_is_alive(files):
    with Claims(files, runner="first") as first:
        files.create("claims/dead.0", b"gone\n")
        files.create("claims/unfinished.0", b"gone\n")
        assert first.take("a")
        first.tidy({"dead", "a"})
        assert sorted(files.names("claims")) == ["a.0", "unfinished.0"]


def test_a_stopped_runner_loses_its_claim_after_the_lease_and_its_late_result(
    tmp_path, start, monkeypatch
):
    """The clock of the one that waits is the test's, so a busy machine changes nothing."""
    now = [0.0]
    clock = SimpleNamespace(monotonic=lambda: now[0])
    holder = start_holder(start, tmp_path, lease=0.1)
    assert holder.stdout.readline() == b"True\n"
    monkeypatch.setattr(claims_module, "time", clock)
    with Claims(files_at(tmp_path), lease=10) as mine:
        assert not mine.take("a")
        (record,) = set(mine._files.names("runners")) - {f"{mine.runner}.json"}
        seen = mine._files.read(f"runners/{record}")
        until(lambda: mine._files.read(f"runners/{record}") != seen)
        holder.send_signal(signal.SIGSTOP)
        until(lambda: psutil.Process(holder.pid).status() == psutil.STATUS_STOPPED)
        now[0] += 9
        assert not mine.take("a")  # a beat has come before the stop
        now[0] += 9
        assert not mine.take("a")
        now[0] += 2
        assert mine.take("a")
        holder.send_signal(signal.SIGCONT)
        holder.stdin.write(b"?\n")
        holder.stdin.flush()
        assert holder.stdout.readline() == b"False\n"
        assert mine.holds("a")


def test_a_step_of_the_clock_makes_nobody_look_dead(tmp_path, start, monkeypatch):
    """`psutil` adds the time at which the machine came up, which is taken from the clock."""
    holder = start_holder(start, tmp_path)
    assert holder.stdout.readline() == b"True\n"
    for step in (2.0, -2.0, 86400.0, -1e9):
        monkeypatch.setattr(time, "time", lambda step=step: time.time_ns() / 1e9 + step)
        monkeypatch.setattr(
            psutil.Process,
            "create_time",
            lambda self, step=step, real=psutil.Process.create_time: real(self) + step,
        )
        with Claims(files_at(tmp_path)) as mine:
            assert len(mine.others()) == 1
            assert not mine.take("a")
        monkeypatch.undo()


def test_another_process_under_the_number_of_a_dead_one_is_not_it(tmp_path):
    with (
        Claims(files_at(tmp_path), runner="first") as first,
        Claims(files_at(tmp_path), runner="second") as second,
    ):
        assert first.take("a")
        record = json.loads(first._files.read("runners/first.json"))
        record["born"] -= 1
        first._files.write("runners/first.json", json.dumps(record).encode())
        assert second.take("a")


@looped("content", [b"", b"{", b"[1]", b"null", b"\xff\xfe", b'{"place": 3}', b'{"process": "x"}'])
def test_a_damaged_record_counts_as_alive_for_a_lease_alone(content, tmp_path, monkeypatch):
    now = [0.0]
    monkeypatch.setattr(claims_module, "time", SimpleNamespace(monotonic=lambda: now[0]))
    with Claims(files_at(tmp_path / str(len(content))), runner="near", lease=10) as near:
        near._files.write("runners/far.json", content)
        near._files.create("claims/a.0", b"far\n")
        assert not near.take("a")
        assert near.others() == {"far"}
        now[0] += 11
        assert near.take("a")
        near._files.remove("runners/far.json")


@looped("content", [b"", b"f", b"far", b"\xff"])
def test_a_claim_that_is_not_written_whole_is_taken_over_once_after_a_lease(
    content, tmp_path, monkeypatch
):
    now = [0.0]
    monkeypatch.setattr(claims_module, "time", SimpleNamespace(monotonic=lambda: now[0]))
    files = files_at(tmp_path / content.hex())
    with Claims(files, runner="one", lease=10) as one, Claims(files, runner="two", lease=10) as two:
        files.create("claims/a.0", content)
        assert not one.take("a")
        assert not two.take("a")
        now[0] += 11
        one.tidy(set())
        assert two.take("a")
        assert not one.take("a")
        assert two.holds("a")


def fork_and_take(folder, outcome):
    with Claims(files_at(folder)) as claims:
        outcome.put((claims.runner, claims.take("a")))
        time.sleep(600)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="forks are of POSIX")
def test_forks_and_threads_of_a_process_are_runners_of_their_own(tmp_path):
    with Claims(files_at(tmp_path)) as first, Claims(files_at(tmp_path)) as second:
        assert first.runner != second.runner
        assert first.take("a")
        assert not second.take("a")
        context = multiprocessing.get_context("fork")
        outcome = context.SimpleQueue()
        fork = context.Process(target=fork_and_take, args=(tmp_path, outcome), daemon=True)
        fork.start()
        name, taken = outcome.get()
        assert not taken
        assert name.partition("-")[0] != first.runner.partition("-")[0]
        fork.kill()
        fork.join()


def test_birth_tells_processes_apart(start):
    process = start([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    assert birth(process.pid) == birth(process.pid)
    assert birth(os.getpid()) < birth(process.pid)
    process.kill()
    until(lambda: birth(process.pid) is None)
    process.wait()
    assert birth(process.pid) is None
    assert birth(2**40) is None
