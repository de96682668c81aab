"""Who works on which cell, when several runners share one results folder.

A runner claims a cell by creating a file; of several that try, one succeeds. The claim counts
while its runner is alive. A runner counts as dead when its record, which it renews all the time,
stays as it is for the time of a lease: it was stopped, hangs, or its machine is gone. On the same
machine one whose process has ended is dead at once. No clock is compared with another one's, and
the one that measures the lease does not move with the time of the day.

Files: ``runners/<runner>.json`` with a counter, ``claims/<key>.<generation>`` with the runner's
name and the end of a line, which shows that it is written whole. Taking over a dead runner's claim
is creating the next generation, so one alone can do it.
"""

import itertools
import json
import os
import threading
import time
from contextlib import suppress
from types import TracebackType
from typing import Any

from imbalance_kit.benchmark._results.files import Files, process_writer
from imbalance_kit.benchmark._results.store import CLAIMS, RUNNERS
from imbalance_kit.benchmark._run.process_identity import birth, place

LEASE = 60.0  # seconds without a sign of life after which a runner counts as dead
BEATS = 5  # signs of life in each lease
END = "\n"  # of a claim that is written whole

_number = itertools.count()


class Claims:
    """The claims of one runner, and its view of the others'.

    Parameters
    ----------
    files : Files
        The results folder.
    runner : str or None
        Name of this runner; None for that of the process and a number, since two threads of a
        process may each run a benchmark.
    lease : float or None
        Seconds without a sign of life after which a runner counts as dead; None for ``LEASE``.
    """

    def __init__(self, files: Files, *, runner: str | None = None, lease: float | None = None):
        self._files = files
        self.runner = f"{process_writer()}-{next(_number)}" if runner is None else runner
        self._lease = LEASE if lease is None else lease
        self._place = place()
        self._beat = 0
        self._held: dict[str, str] = {}  # key to file of the claim
        self._seen: dict[str, tuple[bytes, float]] = {}  # file to last content and its first sight
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
        number = os.getpid()
        record = {
            "place": self._place,
            "process": number,
            "born": birth(number),
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
            if owner != f"{self.runner}{END}" and self._counts(key, generation, owner):
                return False
            generation += 1
        name = f"{CLAIMS}/{key}.{generation}"
        if not self._files.create(name, f"{self.runner}{END}".encode()):
            return False
        self._held[key] = name
        return True

    def holds(self, key: str) -> bool:
        """Whether the claim still stands: a runner that was paused may have lost it."""
        newest = self._newest(key)
        return newest is not None and newest[1] == f"{self.runner}{END}"

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
        name = f"{RUNNERS}/{runner}.json"
        try:
            content = self._files.read(name)
        except FileNotFoundError:
            return False  # it has ended and tidied up, or was tidied away
        return not self._has_ended(content) and self._changes(name, content)

    def _has_ended(self, content: bytes) -> bool:
        """Whether the process of a record is known to be gone."""
        record = _read_record(content)
        if record.get("place") != self._place or not isinstance(record.get("process"), int):
            return False  # of another machine, or damaged: its signs of life have to do
        born = birth(record["process"])
        # NaN, where the system shows no more than that the number is in use, differs from all
        return born is None or (born == born and born != record.get("born"))

    def _changes(self, name: str, content: bytes) -> bool:
        """Whether a file is new here, or was another one within the time of a lease."""
        before, since = self._seen.get(name, (None, 0.0))
        now = time.monotonic()
        if content != before:
            self._seen[name] = (content, now)
            return True
        return now - since < self._lease

    def _counts(self, key: str, generation: int, owner: str) -> bool:
        """Whether a claim of another runner stands."""
        if owner.endswith(END):
            return self.alive(owner.removesuffix(END))
        # not written whole: its runner is about to, or was killed, or its disk is full
        return self._changes(f"{CLAIMS}/{key}.{generation}", owner.encode())

    def tidy(self, finished: set[str]) -> None:
        """Remove what dead runners left: claims of finished cells, and their records."""
        for key in {name.rsplit(".", 1)[0] for name in self._files.names(CLAIMS)} & finished:
            newest = self._newest(key)
            if newest is not None and not self._counts(key, *newest):
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
        """Generation and content of the claim that counts: its owner and END, once it is whole."""
        generations = self._generations(key)
        if not generations:
            return None
        newest = max(generations)
        try:
            content = self._files.read(f"{CLAIMS}/{key}.{newest}")
        except FileNotFoundError:
            # given up since it was listed. The next generation is free: its owner is nobody's name
            return newest, END
        return newest, content.decode(errors="replace")


def _read_record(content: bytes) -> dict[str, Any]:
    """What a runner wrote of itself, or nothing where it is not written whole."""
    try:
        record = json.loads(content)
    except ValueError:
        return {}
    return record if isinstance(record, dict) else {}
