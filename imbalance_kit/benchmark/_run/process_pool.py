"""Worker processes of this machine, and the cells they share."""

from multiprocessing.connection import wait

from imbalance_kit.benchmark._run.cell_list import Group, group_of
from imbalance_kit.benchmark._run.ledger import NO_GROUP, Ledger
from imbalance_kit.benchmark._run.progress import Display
from imbalance_kit.benchmark._run.worker import Limits, Worker

TURN = 0.1  # seconds between two looks at time and memory
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

    def run(self, display: Display) -> None:
        """Work until every cell is on disk or the time is over, or raise."""
        try:
            while not self._ledger.over:
                self._turn(display)
        finally:
            for worker in list(self._groups_of):
                self._drop(worker)

    def _turn(self, display: Display) -> None:
        self._ledger.look_again()
        busy = sum(worker.job is not None or not worker.ready for worker in self._groups_of)
        idle = len(self._groups_of) - busy
        for worker in [worker for worker in self._groups_of if worker.ready and not worker.job]:
            self._next(worker)
        n_wanted = min(self._jobs, busy + self._ledger.n_waiting)
        for _ in range(n_wanted - busy - idle):
            self._groups_of[Worker()] = NO_GROUP
        heard = wait([worker.connection for worker in self._groups_of], timeout=TURN)
        for worker in [worker for worker in self._groups_of if worker.connection in heard]:
            self._hear(worker)
        for worker in list(self._groups_of):
            self._watch(worker)
        jobs = [worker.job for worker in self._groups_of if worker.job is not None]
        display.show([job.cell.dataset.name for job in jobs])

    def _hear(self, worker: Worker) -> None:
        """Take what a worker has sent: that it is up, a result, or its end."""
        message = worker.take()
        if message is None:
            self._lost(worker)
        elif not worker.ready:
            worker.ready = True
            self._n_failed_starts = 0
            self._next(worker)
        elif worker.job is None:
            raise RuntimeError("A worker sent a result nobody asked for.")
        else:
            cell = worker.job.cell
            self._next(worker)  # before writing, so that the worker need not wait for the disk
            self._ledger.keep(cell, message)

    def _watch(self, worker: Worker) -> None:
        """Hold a worker to its limits."""
        if worker.job is not None:
            passed = worker.passed(self._limits)
            if passed is not None:
                self._stop(worker, *passed)
        elif not worker.ready and worker.seconds() > START_LIMIT:
            self._lost(worker)

    def _lost(self, worker: Worker) -> None:
        """A worker has ended, or never came up."""
        end = worker.how_it_ended()
        if worker.job is not None:
            if worker.ended_from_outside and self._ledger.try_again(worker.job.cell):
                self._drop(worker)
            else:
                self._stop(worker, "killed", end)
            return
        words = worker.last_words()
        self._drop(worker)
        if worker.ready:
            return  # killed between two cells; another takes its place
        self._n_failed_starts += 1
        if self._n_failed_starts >= MAX_FAILED_STARTS:
            raise RuntimeError(
                f"Worker processes do not come up ({end}). In a script of your own, call "
                'run() under `if __name__ == "__main__":`. ' + words
            )

    def _stop(self, worker: Worker, status: str, reason: str) -> None:
        """Write the failure of the worker's cell, and end the worker."""
        if worker.job is None:
            raise RuntimeError("Only a worker with a cell can fail.")
        row = worker.failure(status, reason)
        self._drop(worker)
        self._ledger.keep(worker.job.cell, (row, None))

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
