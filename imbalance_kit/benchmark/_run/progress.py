"""Live progress of a run: a bar in a terminal, a few plain lines elsewhere."""

import time
from types import TracebackType

from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TaskID, TextColumn

PLAIN_EVERY = 15.0  # seconds between plain lines; the pauses grow with the run
WARM_UP = 2.0  # seconds; before that an estimate would be noise


def duration(seconds: float) -> str:
    """Seconds in words: 8 s, 3 min 20 s, 2 h 5 min."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        minutes, rest = divmod(whole, 60)
        return f"{minutes} min {rest} s" if rest else f"{minutes} min"
    hours, rest = divmod(whole // 60, 60)
    return f"{hours} h {rest} min" if rest else f"{hours} h"


class Display:
    """Shows how far a run is.

    The time left comes from the share of the *work* that is done, because the cells of large
    data sets come first and a count of cells would overestimate the run by far.
    """

    def __init__(self, console: Console, n_cells: int, work: float):
        self._console = console
        self._n_cells = n_cells
        self._work = work
        self._done_work = 0.0
        self._n_done = self._n_failed = 0
        self._started = time.monotonic()
        self._last_line = self._started
        self._bar: Progress | None = None
        self._task: TaskID | None = None

    def __enter__(self) -> "Display":
        if self._console.is_terminal and self._n_cells:
            self._bar = Progress(
                SpinnerColumn(),
                TextColumn("{task.completed:.0f}/{task.total:.0f} cells"),
                BarColumn(bar_width=None),
                TextColumn("{task.description}", markup=False),  # data sets may have brackets
                console=self._console,
                transient=True,
                expand=True,
            )
            self._task = self._bar.add_task("starting workers", total=self._n_cells)
            self._bar.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._bar is not None:
            self._bar.stop()

    def finished(self, work: float, *, failed: bool) -> None:
        """Count one cell."""
        self._n_done += 1
        self._n_failed += failed
        self._done_work += work

    def show(self, working_on: list[str]) -> None:
        """Bring the display up to date; cheap enough to be called at every turn of the loop."""
        if self._bar is not None and self._task is not None:
            now = f"  {working_on[0]}" if working_on else ""
            self._bar.update(
                self._task, completed=self._n_done, description=self._description() + now
            )
            return
        moment = time.monotonic()
        pause = max(PLAIN_EVERY, (moment - self._started) / 10)
        if moment - self._last_line < pause:
            return
        self._last_line = moment
        self._console.print(f"{self._n_done}/{self._n_cells} cells, {self._description()}")

    def seconds_left(self) -> float | None:
        """Estimate, or None while there is nothing to base it on."""
        passed = time.monotonic() - self._started
        if passed < WARM_UP or self._done_work <= 0.0:
            return None
        return passed / self._done_work * (self._work - self._done_work)

    def _description(self) -> str:
        left = self.seconds_left()
        words = "" if left is None else f"about {duration(left)} left"
        failed = f"{self._n_failed} failed" if self._n_failed else ""
        return ", ".join(part for part in (words, failed) if part) or "under way"
