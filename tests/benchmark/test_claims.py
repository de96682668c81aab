"""Claims: of many runners one has a cell, and a dead one has none."""

import json
import subprocess
import sys
import threading
from types import SimpleNamespace

import pytest
from processes import until

from imbalance_kit.benchmark._results.files import files_at
from imbalance_kit.benchmark._run import claims as claims_module
from imbalance_kit.benchmark._run.claims import Claims


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


def test_claim_of_a_dead_process_is_free_at_once(tmp_path, start):
    code = (
        "import sys, time\n"
        "from imbalance_kit.benchmark._run.claims import Claims\n"
        "from imbalance_kit.benchmark._results.files import files_at\n"
        "with Claims(files_at(sys.argv[1])) as claims:\n"
        "    print(claims.take('a'), flush=True)\n"
        "    time.sleep(600)\n"
    )
    holder = start([sys.executable, "-c", code, str(tmp_path)], stdout=subprocess.PIPE)
    with Claims(files_at(tmp_path)) as mine:
        assert holder.stdout.readline() == b"True\n"
        assert not mine.take("a")
        assert len(mine.others()) == 1
        holder.kill()
        holder.wait()
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
            elsewhere.setattr(claims_module, "_place", lambda: "another machine")
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
        files.create("claims/dead.0", b"gone")
        files.create("claims/unfinished.0", b"gone")
        assert first.take("a")
        first.tidy({"dead", "a"})
        assert sorted(files.names("claims")) == ["a.0", "unfinished.0"]
