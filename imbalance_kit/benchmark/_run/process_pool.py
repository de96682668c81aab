"""Worker processes of this machine, and the cells they share."""

import time
from multiprocessing.connection import wait

from imbalance_kit.benchmark._run.cell_list import Group, group_of
from imbalance_kit.benchmark._run.ledger import NO_GROUP, Ledger
from imbalance_kit.benchmark._run.limits import Limits
from imbalance_kit.benchmark._run.progress import Display
from imbalance_kit.benchmark._run.worker import Worker

TURN = 0.1  # seconds between two looks at time and memory
STOPPED = 5.0  # seconds; a longer turn is one in which the runner was stopped, as by Ctrl-Z
START_LIMIT = 180.0  # seconds a worker may take to come up
MAX_FAILED_STARTS = 3  # in a row, and the run gives up


class Pool:
    """Works through a ledger with worker processes of its own.

    Cells of one data set and split form a group. A worker stays with its group, so that tables
    are rarely read twice; when no group is left untouched it helps with the largest one.
    """

    def __init__(self, ledger: Ledger, jobs: int, limits: Limits):
        self._ledger = ledger
        self._jobs = jobs
        self._limits = limits
        self._n_failed_starts = 0
        self._groups_of: dict[Worker, Group] = {}
        self._last_turn = time.monotonic()

    def run(self, display: Display) -> None:
        """Work until every cell is on disk or the time is over, or raise."""
        try:
            while not self._ledger.over:
                self._turn(display)
        finally:
            for worker in list(self._groups_of):
                self._drop(worker)

    def _turn(self, display: Display) -> None:
        self._leave_stops_out()
        self._ledger.look_again()
        busy = sum(worker.job is not None or not worker.ready for worker in self._groups_of)
        idle = len(self._groups_of) - busy
        for worker in [worker for worker in self._groups_of if worker.ready and not worker.job]:
            self._next(worker)
        n_wanted = min(self._jobs, busy + self._ledger.n_waiting)
        for _ in range(n_wanted - busy - idle):
            self._groups_of[Worker()] = NO_GROUP
        arrived = wait([worker.connection for worker in self._groups_of], timeout=TURN)
        for worker in list(self._groups_of):
            if worker.job is None:
                self._check_idle(worker, arrived=worker.connection in arrived)
            else:
                self._check_busy(worker, arrived=worker.connection in arrived)
        jobs = [worker.job for worker in self._groups_of if worker.job is not None]
        display.show([job.cell.dataset.name for job in jobs])

    def _leave_stops_out(self) -> None:
        """Take the time in which the runner was stopped off the times of its cells."""
        now = time.monotonic()
        passed, self._last_turn = now - self._last_turn, now
        if passed > STOPPED:
            for worker in self._groups_of:
                worker.leave_out(passed)

    def _check_busy(self, worker: Worker, *, arrived: bool) -> None:
        """Keep the result or failure of a worker's cell, if there is one by now."""
        if worker.job is None:
            raise RuntimeError("A busy worker has a cell.")
        cell = worker.job.cell
        result = worker.outcome(self._limits, arrived=arrived)
        if result is None:
            return
        if worker.usable:
            self._next(worker)  # before writing, so that the worker need not wait for the disk
        else:
            # before it is dropped: dropping kills it, and then all look ended from outside
            ended_from_outside = worker.ended_from_outside
            self._drop(worker)
            if ended_from_outside and self._ledger.try_again(cell):
                return
        self._ledger.keep(cell, result)

    def _check_idle(self, worker: Worker, *, arrived: bool) -> None:
        """See whether a worker without a cell came up, or ended."""
        if not arrived:
            if not worker.ready and worker.seconds() > START_LIMIT:
                self._lost(worker)
        elif worker.take() is None:
            self._lost(worker)
        elif worker.ready:
            raise RuntimeError("A worker without a cell sent a result.")
        else:
            worker.ready = True
            self._n_failed_starts = 0
            self._next(worker)

    def _lost(self, worker: Worker) -> None:
        """Drop a worker that ended between two cells, or did not come up."""
        end, output = worker.how_it_ended(), worker.last_output()
        self._drop(worker)
        if worker.ready:
            return  # another takes its place
        self._n_failed_starts += 1
        if self._n_failed_starts >= MAX_FAILED_STARTS:
            raise RuntimeError(
                f"Worker processes do not come up ({end}). In a script of your own, call "
                'run() under `if __name__ == "__main__":`. ' + output
            )

    def _drop(self, worker: Worker) -> None:
        del self._groups_of[worker]
        worker.kill()

    def _next(self, worker: Worker) -> None:
        """Give a worker its next cell, if there is one."""
        taken = set(self._groups_of.values())
        worker.job = None
        job = self._ledger.hand_out(self._groups_of[worker], taken)
        if job is not None:
            self._groups_of[worker] = group_of(job.cell)
            worker.give(job)
