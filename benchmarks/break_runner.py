"""What kills, full disks, damaged files, stops and steps of the clock do to a run of the benchmark.

    python benchmarks/break_runner.py --seed 0                       (ten minutes or more)
    python benchmarks/break_runner.py --kills 5 --damages 20 --only kills,damage

Two runners share a results folder and its smallest tables, while one of their processes after the
other is killed at a random moment. Then a run without room on its disk, files with random bytes in
them, a runner that is stopped and goes on after another has taken over its cells, and a clock that
is set while runners look at each other. Each trial prints its figures, and the script ends with 1
where a cell was lost, doubled or changed, or a file that is damaged counted.
"""

import argparse
import json
import os
import random
import resource
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any
from unittest import mock

import psutil

TABLES = ("haberman", "iris0", "glass1")
LEASE = 4.0  # seconds; the tests of the clock of a lease do not wait for it, this one does
PATIENCE = 600.0  # seconds for a run on a machine with much else to do


# A runner -------------------------------------------------------------------------------------


def be_a_runner(folder: str, repeats: int, lease: float, room: int | None) -> None:
    """Run the benchmark in this process; with no more than some room for each file it writes."""
    from rich.console import Console

    from imbalance_kit.benchmark import run
    from imbalance_kit.benchmark._run import claims
    from imbalance_kit.datasets import load_suite

    claims.LEASE = lease
    if room is not None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)  # an error of the write, as on a full disk
        resource.setrlimit(resource.RLIMIT_FSIZE, (room, room))
    tables = [record for record in load_suite("embedded") if record.name in TABLES]
    run(
        datasets=tables,
        methods="none",
        learners="tree",
        repeats=repeats,
        jobs=1,
        output=folder,
        report=False,
        console=Console(quiet=True),
    )


class Runners:
    """Runners in processes of their own, which end with the block."""

    def __init__(self, folder: Path, repeats: int, *, lease: float = 60.0):
        self.folder = folder
        self.repeats = repeats
        self.lease = lease
        self.started: list[subprocess.Popen[bytes]] = []

    def start(self, room: int | None = None) -> "subprocess.Popen[bytes]":
        command = [sys.executable, __file__, "--runner", str(self.folder)]
        command += ["--repeats", str(self.repeats), "--lease", str(self.lease)]
        command += [] if room is None else ["--room", str(room)]
        errors = subprocess.DEVNULL
        self.started.append(subprocess.Popen(command, stderr=errors, start_new_session=True))
        return self.started[-1]

    def __enter__(self) -> "Runners":
        return self

    def __exit__(self, *error: object) -> None:
        for runner in self.started:
            for process in processes_of(runner):
                with suppress(psutil.Error):
                    process.kill()
            runner.wait()


def processes_of(runner: "subprocess.Popen[bytes]") -> list[psutil.Process]:
    """A runner and its workers, if they run."""
    if runner.poll() is not None:
        return []
    with suppress(psutil.Error):
        process = psutil.Process(runner.pid)
        children = process.children(recursive=True)
        named = [child for child in children if "spawn_main" in " ".join(_command(child))]
        return [process, *named]
    return []


def _command(process: psutil.Process) -> list[str]:
    with suppress(psutil.Error):
        return process.cmdline()
    return []


def until(condition: Any, seconds: float = PATIENCE) -> Any:
    end = time.monotonic() + seconds
    while not (found := condition()):
        if time.monotonic() > end:
            raise TimeoutError("What the trial waits for did not happen.")
        time.sleep(0.02)  # between looks at other processes and their files
    return found


def files_of(folder: Path, name: str) -> dict[str, bytes]:
    """Files of a results folder that count, and what they hold."""
    return {file.name: file.read_bytes() for file in (folder / name).glob("[!.]*.parquet")}


def check(folder: Path, n_cells: int) -> dict[str, int]:
    """What is wrong with a folder whose runs have all ended, in counts."""
    from imbalance_kit.benchmark._results.store import ResultsFolder

    store = ResultsFolder(folder)
    rows = store.sound(store.finished())
    cells = Counter((row["dataset"], row["repeat"]) for row in rows.values())
    left = [*folder.rglob(".*"), *(folder / "claims").iterdir(), *(folder / "runners").iterdir()]
    return {
        "lost": n_cells - len(cells),
        "doubled": sum(cells.values()) - len(cells),
        "damaged": len(store.damaged),
        "left behind": len(left),
    }


# Trials ------------------------------------------------------------------------------------------


def kills(rng: random.Random, place: Path, n_kills: int, repeats: int) -> dict[str, int]:
    """Kill a random process of two runners, until there were so many kills, and look."""
    figures: Counter[str] = Counter()
    n_cells = repeats * len(TABLES)
    while figures["kills"] < n_kills:
        folder = place / f"kills-{figures['folders']}"
        figures["folders"] += 1
        kept: dict[str, bytes] = {}
        with Runners(folder, repeats) as runners:
            pair = [runners.start(), runners.start()]
            while figures["kills"] < n_kills and len(kept) < n_cells:
                # until a cell is there, so that the kill falls into work and work goes on
                known = len(kept)
                until(
                    lambda known=known, folder=folder, pair=pair: (
                        len(files_of(folder, "cells")) > known
                        or all(runner.poll() is not None for runner in pair)
                    )
                )
                time.sleep(rng.uniform(0.0, 0.3))  # the moment of the kill is drawn
                found = files_of(folder, "cells")
                figures["changed"] += sum(found.get(name) != kept[name] for name in kept)
                kept = found
                victims = [process for runner in pair for process in processes_of(runner)]
                if not victims:
                    break
                victim = rng.choice(victims)
                with suppress(psutil.Error):
                    victim.kill()
                    figures["kills"] += 1
                for number, runner in enumerate(pair):
                    if runner.pid == victim.pid:
                        figures["runners killed"] += 1
                        runner.wait()
                        pair[number] = runners.start()
            for runner in pair:
                figures["runs that broke"] += runner.wait(timeout=PATIENCE) != 0
            last = runners.start()  # tidies up what a runner left that was killed at the end
            figures["runs that broke"] += last.wait(timeout=PATIENCE) != 0
        figures["cells"] += n_cells
        figures.update(check(folder, n_cells))
        figures["changed"] += sum(
            files_of(folder, "cells").get(name) != kept[name] for name in kept
        )
    return dict(figures)


def full_disk(rng: random.Random, place: Path, n_times: int, repeats: int) -> dict[str, int]:
    """Runs with room for so many bytes in a file, and one with enough room after them."""
    folder, figures = place / "full", Counter[str]()
    n_cells = repeats * len(TABLES)
    with Runners(folder, repeats) as runners:
        for _ in range(n_times):
            room = rng.choice([0, 60, 1000, rng.randrange(2000, 20_000)])
            figures["runs without room"] += 1
            figures["of them with exit code 0"] += runners.start(room).wait(timeout=PATIENCE) == 0
            figures["damaged"] += check(folder, n_cells)["damaged"] if folder.exists() else 0
        figures["runs that broke with room"] += runners.start().wait(timeout=PATIENCE) != 0
    return {**figures, **check(folder, n_cells)}


def damage(rng: random.Random, place: Path, n_files: int, repeats: int) -> dict[str, int]:
    """Random bytes in files of a finished run: no other content counts, all are done again."""
    from imbalance_kit.benchmark import scores
    from imbalance_kit.benchmark._results.store import ResultsFolder

    folder, figures = place / "damage", Counter[str]()
    n_cells = repeats * len(TABLES)
    with Runners(folder, repeats) as runners:
        figures["runs that broke"] += runners.start().wait(timeout=PATIENCE) != 0
        store = ResultsFolder(folder)
        honest = store.sound(store.finished())
        predictions = files_of(folder, "predictions")
        everything = [*folder.glob("cells/*.parquet"), *folder.glob("predictions/*.parquet")]
        for _ in range(n_files):
            file = rng.choice(everything)
            content = file.read_bytes()
            file.write_bytes(damaged(content, rng))
            store.damaged.clear()
            found = store.sound([file.stem])
            figures["damages"] += 1
            figures["noticed"] += not found
            figures["named"] += bool(store.damaged)
            figures["counted with other content"] += found not in (
                {},
                {file.stem: honest[file.stem]},
            )
            file.write_bytes(content)
        spoilt = rng.sample(everything, min(len(everything) // 3, n_files))
        for file in spoilt:
            file.write_bytes(damaged(file.read_bytes(), rng))
        request = (folder / "run.json").read_bytes()
        (folder / "run.json").write_bytes(damaged(request, rng))
        store.damaged.clear()
        n_sound = len(store.sound(store.finished()))
        import warnings

        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            figures["scores without the damaged cells"] = len(scores(folder)) - n_sound
        (folder / "claims" / "x.0").write_bytes(rng.randbytes(20))
        (folder / "runners" / "x.json").write_bytes(rng.randbytes(20))
        figures["runs that broke"] += runners.start().wait(timeout=PATIENCE) != 0
    for name in ("claims/x.0", "runners/x.json"):  # of a runner that nobody knows to be dead yet
        (folder / name).unlink(missing_ok=True)
    figures["done again"] = n_cells - n_sound
    figures["other predictions after it"] = sum(
        files_of(folder, "predictions").get(name) != content
        for name, content in predictions.items()
    )
    return {**figures, **check(folder, n_cells)}


def damaged(content: bytes, rng: random.Random) -> bytes:
    """The content with what a disk may do to it."""
    kind = rng.randrange(4)
    if kind == 0:
        return content[: rng.randrange(len(content))]
    changed = bytearray(content)
    start = rng.randrange(len(changed))
    if kind == 1:  # a block of zeros
        changed[start : start + 512] = bytes(len(changed[start : start + 512]))
    else:
        for _ in range(rng.choice([1, 5, 50])):
            changed[rng.randrange(len(changed))] = rng.randrange(256)
    return bytes(changed)


def stopped(rng: random.Random, place: Path, n_times: int, repeats: int) -> dict[str, int]:
    """Stop a runner with its worker, let another finish, and let it go on."""
    figures = Counter[str]()
    n_cells = repeats * len(TABLES)
    for number in range(n_times):
        folder = place / f"stopped-{number}"
        with Runners(folder, repeats, lease=LEASE) as runners:
            first = runners.start()
            until(lambda folder=folder: len(files_of(folder, "cells")) > 1)
            time.sleep(rng.uniform(0.0, 0.5))  # the moment of the stop is drawn
            halted = processes_of(first)
            for process in halted:
                process.suspend()
            figures["stops"] += bool(halted)
            figures["runs that broke"] += runners.start().wait(timeout=PATIENCE) != 0
            before = files_of(folder, "cells")
            figures["cells not done while it was stopped"] += n_cells - len(before)
            for process in halted:
                process.resume()
            figures["runs that broke"] += first.wait(timeout=PATIENCE) != 0
            after = files_of(folder, "cells")
            figures["late results that changed a cell"] += sum(
                after.get(name) != before[name] for name in before
            )
        for name, count in check(folder, n_cells).items():
            figures[name] += count
    return dict(figures)


@contextmanager
def clock_set_by(step: float) -> Iterator[None]:
    """The time of the day, and what `psutil` makes of it, moved by some seconds."""
    real_time, real_birth = time.time, psutil.Process.create_time
    with (
        mock.patch.object(time, "time", side_effect=lambda: real_time() + step),
        mock.patch.object(psutil.Process, "create_time", lambda self: real_birth(self) + step),
    ):
        yield


def clock(rng: random.Random, place: Path, n_times: int, repeats: int) -> dict[str, int]:
    """Look at a live runner and a dead one, with the clock set by random steps."""
    from imbalance_kit.benchmark._results.files import files_at
    from imbalance_kit.benchmark._run.claims import Claims

    folder, figures = place / "clock", Counter[str]()
    with Runners(folder, 10_000) as runners:
        alive, dead = runners.start(), runners.start()
        until(lambda: len(list((folder / "runners").glob("[!.]*.json"))) == 2)
        names = {
            json.loads(file.read_bytes())["process"]: file.stem
            for file in (folder / "runners").glob("[!.]*.json")
        }
        for process in processes_of(dead):
            process.kill()  # it stays a zombie, for nobody waits for it
        # on a busy machine a process runs on for a moment after it was killed
        until(lambda: psutil.Process(dead.pid).status() == psutil.STATUS_ZOMBIE)
        for _ in range(n_times):
            step = rng.choice([-1, 1]) * 10 ** rng.uniform(-2, 9)
            with clock_set_by(step):
                claims = Claims(files_at(folder), runner="the one that looks")
                figures["looks"] += 1
                figures["live runners taken for dead"] += not claims.alive(names[alive.pid])
                figures["dead runners taken for alive"] += claims.alive(names[dead.pid])
    return dict(figures)


TRIALS = {"kills": kills, "full": full_disk, "damage": damage, "stopped": stopped, "clock": clock}
WRONG = (
    "lost",
    "doubled",
    "damaged",
    "changed",
    "left behind",
    "runs that broke",
    "runs that broke with room",
    "of them with exit code 0",
    "counted with other content",
    "scores without the damaged cells",
    "other predictions after it",
    "cells not done while it was stopped",
    "late results that changed a cell",
    "live runners taken for dead",
    "dead runners taken for alive",
)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--damages", type=int, default=2000)
    parser.add_argument("--times", type=int, default=4, help="full disks and stops")
    parser.add_argument("--repeats", type=int, default=20, help="of each table in a folder")
    parser.add_argument("--only", default=",".join(TRIALS), help="trials, with commas")
    parser.add_argument("--runner", help=argparse.SUPPRESS)
    parser.add_argument("--lease", type=float, default=60.0, help=argparse.SUPPRESS)
    parser.add_argument("--room", type=int, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.runner:
        be_a_runner(options.runner, options.repeats, options.lease, options.room)
        return 0
    counts = {"kills": options.kills, "damage": options.damages, "clock": 50 * options.times}
    n_wrong = 0
    with tempfile.TemporaryDirectory() as place:
        for name in options.only.split(","):
            started = time.monotonic()
            rng = random.Random(f"{options.seed} {name}")
            figures = TRIALS[name](
                rng, Path(place), counts.get(name, options.times), options.repeats
            )
            shown = ", ".join(f"{count} {what}" for what, count in figures.items())
            print(f"{name} ({time.monotonic() - started:.0f} s): {shown}", flush=True)
            n_wrong += sum(figures.get(what, 0) for what in WRONG)
    print(
        "Nothing was lost, doubled or changed." if not n_wrong else f"{n_wrong} things are wrong."
    )
    return int(bool(n_wrong))


if __name__ == "__main__":
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    sys.exit(main())
