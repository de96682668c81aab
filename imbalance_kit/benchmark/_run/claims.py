"""Who works on which cell, when several runners share one results folder.

A runner claims a cell by creating a file; of several that try, one succeeds. The claim counts
while its runner is alive. On the same machine the system has its process; from another machine
a runner counts as dead when its record, which it renews all the time, stays as it is for the time
of a lease. No clock is compared with another one's.

Files: ``runners/<runner>.json`` with a counter, ``claims/<key>.<generation>`` with the runner's
name. Taking over a dead runner's claim is creating the next generation, so one alone can do it.
"""

import json
import os
import threading
import time
from contextlib import suppress
from pathlib import Path
from types import TracebackType

import psutil

from imbalance_kit.benchmark._results.files import WRITER, Files

LEASE = 60.0  # seconds without a sign of life after which a runner elsewhere counts as dead
BEATS = 5  # signs of life in each lease
CLAIMS, RUNNERS = "claims", "runners"


def _place() -> str:
    """What two processes have in common that see each other's process numbers."""
    parts = [os.uname().nodename if hasattr(os, "uname") else os.environ.get("COMPUTERNAME", "")]
    for file in ("/proc/sys/kernel/random/boot_id", "/proc/self/ns/pid"):
        with suppress(OSError):
            parts.append(os.readlink(file) if "ns" in file else Path(file).read_text().strip())
    return " ".join(parts)


class Claims:
    """The claims of one runner, and its view of the others'.

    Parameters
    ----------
    files : Files
        The results folder.
    runner : str
        Name of this runner.
    lease : float
        Seconds without a sign of life after which a runner elsewhere counts as dead.
    """

    def __init__(self, files: Files, *, runner: str = WRITER, lease: float = LEASE):
        self._files = files
        self.runner = runner
        self._lease = lease
        self._place = _place()
        self._beat = 0
        self._held: dict[str, str] = {}  # key to file of the claim
        self._seen: dict[str, tuple[bytes, float]] = {}  # runner to last record and its first sight
        self._over = threading.Event()
        self._heart = threading.Thread(target=self._beat_on, daemon=True)

    def __enter__(self) -> "Claims":
        self._files.make_folders([CLAIMS, RUNNERS])
        self._record()
        self._heart.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._over.set()
        self._heart.join()
        for key in list(self._held):
            self.release(key)
        self._files.remove(f"{RUNNERS}/{self.runner}.json")

    def _record(self) -> None:
        me = psutil.Process()
        record = {
            "place": self._place,
            "process": me.pid,
            "born": me.create_time(),
            "beat": self._beat,
        }
        self._files.write(f"{RUNNERS}/{self.runner}.json", json.dumps(record).encode())

    def _beat_on(self) -> None:
        while not self._over.wait(self._lease / BEATS):
            self._beat += 1
            # a store out of reach for a moment is no reason to end; the next beat may get through
            with suppress(OSError):
                self._record()

    def take(self, key: str) -> bool:
        """Claim a cell; False while a runner that is alive has it."""
        generation = 0
        newest = self._newest(key)
        if newest is not None:
            generation, owner = newest
            if owner != self.runner and self.alive(owner):
                return False
            generation += 1
        name = f"{CLAIMS}/{key}.{generation}"
        if not self._files.create(name, self.runner.encode()):
            return False
        self._held[key] = name
        return True

    def holds(self, key: str) -> bool:
        """Whether the claim still stands: a runner that was paused may have lost it."""
        newest = self._newest(key)
        return newest is not None and newest[1] == self.runner

    def release(self, key: str) -> None:
        """Give a cell up, or back."""
        if self._held.pop(key, None) is None or not self.holds(key):
            return
        # the newest last: as long as it is there nobody takes an older one for the newest
        for generation in sorted(self._generations(key)):
            self._files.remove(f"{CLAIMS}/{key}.{generation}")

    def others(self) -> set[str]:
        """Names of the other runners that are alive."""
        names = {name.removesuffix(".json") for name in self._files.names(RUNNERS)}
        return {
            name
            for name in names
            if not name.startswith(".") and name != self.runner and self.alive(name)
        }

    def claimed_elsewhere(self) -> set[str]:
        """Keys of all cells with a claim that is not of this runner, alive or not."""
        keys = {name.rsplit(".", 1)[0] for name in self._files.names(CLAIMS)}
        return keys - self._held.keys()

    def alive(self, runner: str) -> bool:
        """Whether a runner lives, as far as can be known from here."""
        try:
            content = self._files.read(f"{RUNNERS}/{runner}.json")
        except FileNotFoundError:
            return False  # it has ended and tidied up, or was tidied away
        record = json.loads(content)
        if record["place"] == self._place:
            try:
                return psutil.Process(record["process"]).create_time() == record["born"]
            except psutil.Error:
                return False
        before, since = self._seen.get(runner, (b"", 0.0))
        now = time.monotonic()
        if content != before:
            self._seen[runner] = (content, now)
            return True
        return now - since < self._lease

    def tidy(self, finished: set[str]) -> None:
        """Remove what dead runners left: claims of finished cells, and their records."""
        for key in {name.rsplit(".", 1)[0] for name in self._files.names(CLAIMS)} & finished:
            newest = self._newest(key)
            if newest is not None and not self.alive(newest[1]):
                for generation in sorted(self._generations(key)):
                    self._files.remove(f"{CLAIMS}/{key}.{generation}")
        for name in self._files.names(RUNNERS):
            runner = name.removesuffix(".json")
            if name.endswith(".json") and runner != self.runner and not self.alive(runner):
                self._files.remove(f"{RUNNERS}/{name}")

    def _generations(self, key: str) -> list[int]:
        start = f"{key}."
        names = [name for name in self._files.names(CLAIMS) if name.startswith(start)]
        return [int(name.removeprefix(start)) for name in names if name[len(start) :].isdigit()]

    def _newest(self, key: str) -> tuple[int, str] | None:
        """Generation and owner of the claim that counts; the owner is "" if it vanished."""
        generations = self._generations(key)
        if not generations:
            return None
        newest = max(generations)
        try:
            return newest, self._files.read(f"{CLAIMS}/{key}.{newest}").decode()
        except FileNotFoundError:
            return newest, ""
