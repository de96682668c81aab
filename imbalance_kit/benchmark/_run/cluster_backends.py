"""Many machines: cells as tasks of a dask or ray cluster, results back to this runner.

The cluster carries cells to its nodes and results back. On the node every cell still runs in a
worker process of ours, under its limits. The runner here holds the claims and writes the results,
so a node that is lost, or a task that the cluster does twice, leaves no trace in the folder.
"""

import queue
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.connection import wait
from typing import Any

import psutil

from imbalance_kit.benchmark._results.store import described
from imbalance_kit.benchmark._run.failed_cell import Failure, failed_row
from imbalance_kit.benchmark._run.ledger import Ledger
from imbalance_kit.benchmark._run.limits import Limits
from imbalance_kit.benchmark._run.process_pool import START_LIMIT, TURN
from imbalance_kit.benchmark._run.progress import Display
from imbalance_kit.benchmark._run.worker import Job, Result, Worker

AHEAD = 2  # tasks for each slot of the cluster, so that no node waits for the next

_of_thread = threading.local()


def do_on_node(job: Job, key: str, limits: Limits) -> Result:
    """Do one cell on a node of a cluster; called by the cluster."""
    if job.cell.key != key:
        raise RuntimeError(
            "This node has another version of imbalance-kit than the runner, or of the data set; "
            "install the same version on all machines."
        )
    limits = limits.on_this_machine(psutil.cpu_count() or 1)
    worker = _worker_of_thread()
    worker.give(job)
    result = None
    while result is None:
        arrived = wait([worker.connection], timeout=TURN)
        result = worker.outcome(limits, arrived=bool(arrived))
    if not worker.usable:
        worker.kill()
        _of_thread.worker = None
    return result


def _worker_of_thread() -> Worker:
    """The worker process of this thread, which lives on from task to task with its table."""
    worker: Worker | None = getattr(_of_thread, "worker", None)
    if worker is None or not worker.process.is_alive():
        worker = Worker()
        if not wait([worker.connection], timeout=START_LIMIT) or worker.take() is None:
            end, output = worker.how_it_ended(), worker.last_output()
            worker.kill()
            raise RuntimeError(f"The worker process of a cell does not come up ({end}). {output}")
        worker.ready = True
        _of_thread.worker = worker
    return worker


class Cluster(ABC):
    """What the runner needs of a cluster."""

    @abstractmethod
    def slots(self) -> int:
        """How many cells can run at one time, now."""

    @abstractmethod
    def submit(self, job: Job, limits: Limits) -> None:
        """Send a cell."""

    @abstractmethod
    def collect(self, seconds: float) -> list[tuple[Job, Result | BaseException]]:
        """What has ended, after waiting for some seconds at most."""

    @abstractmethod
    def close(self) -> None:
        """Disconnect from the cluster, and end it if it was started here."""


class DaskCluster(Cluster):
    """A dask cluster, given by the address of its scheduler, or one of processes on this machine.

    Parameters
    ----------
    address : str or None
    jobs : int
        Processes, where no address is given.
    """

    def __init__(self, address: str | None, jobs: int):
        try:
            from distributed import Client, LocalCluster
        except ImportError as error:
            raise ImportError(
                'The backend dask needs distributed: pip install "imbalance-kit[dask]"'
            ) from error
        self._local = None
        if address is None:
            self._local = LocalCluster(n_workers=jobs, threads_per_worker=1, dashboard_address=None)
        try:
            self._client = Client(self._local or address, timeout=30)
        except (OSError, ValueError) as error:
            raise ValueError(
                f"No dask scheduler answers at {address}: {error}. Start one with `dask scheduler` "
                "and nodes with `dask worker`, and give its address."
            ) from error
        self._jobs: dict[Any, tuple[Job, Any]] = {}
        self._ended: queue.SimpleQueue[tuple[Job, Any]] = queue.SimpleQueue()

    def slots(self) -> int:
        return sum(self._client.nthreads().values())

    def submit(self, job: Job, limits: Limits) -> None:
        future = self._client.submit(do_on_node, job, job.cell.key, limits, pure=False)
        self._jobs[future.key] = (job, future)
        future.add_done_callback(self._take)

    def _take(self, future: Any) -> None:
        self._ended.put((self._jobs[future.key][0], future))

    def collect(self, seconds: float) -> list[tuple[Job, Result | BaseException]]:
        outcomes: list[tuple[Job, Result | BaseException]] = []
        try:
            ended = [self._ended.get(timeout=seconds)]
        except queue.Empty:
            return outcomes
        while not self._ended.empty():
            ended.append(self._ended.get())
        for job, future in ended:
            del self._jobs[future.key]
            error = future.exception()
            outcomes.append((job, future.result() if error is None else error))
        return outcomes

    def close(self) -> None:
        self._client.cancel([future for _, future in self._jobs.values()])
        self._client.close()
        if self._local is not None:
            self._local.close()


class RayCluster(Cluster):
    """A ray cluster, given by its address, or one on this machine.

    Parameters
    ----------
    address : str or None
    jobs : int
        Processes, where no address is given.
    """

    def __init__(self, address: str | None, jobs: int):
        try:
            import ray
        except ImportError as error:
            raise ImportError(
                'The backend ray needs ray: pip install "imbalance-kit[ray]"'
            ) from error
        self._ray = ray
        self._local = not ray.is_initialized()
        if self._local:
            where = {"num_cpus": jobs} if address is None else {"address": address}
            try:
                ray.init(log_to_driver=False, include_dashboard=False, **where)
            except (ConnectionError, ValueError) as error:
                raise ValueError(f"No ray cluster answers at {address}: {error}") from error
        self._do = ray.remote(num_cpus=1, max_retries=3)(do_on_node)
        self._jobs: dict[Any, Job] = {}

    def slots(self) -> int:
        return int(self._ray.cluster_resources().get("CPU", 1))

    def submit(self, job: Job, limits: Limits) -> None:
        self._jobs[self._do.remote(job, job.cell.key, limits)] = job

    def collect(self, seconds: float) -> list[tuple[Job, Result | BaseException]]:
        waiting = list(self._jobs)
        ended, _ = self._ray.wait(waiting, num_returns=1, timeout=seconds)
        outcomes: list[tuple[Job, Result | BaseException]] = []
        for reference in ended:
            job = self._jobs.pop(reference)
            try:
                outcomes.append((job, self._ray.get(reference)))
            except self._ray.exceptions.RayError as error:
                outcomes.append((job, error))
        return outcomes

    def close(self) -> None:
        for reference in self._jobs:
            self._ray.cancel(reference)
        if self._local:
            self._ray.shutdown()


@contextmanager
def cluster_of(backend: str, address: str | None, jobs: int) -> Iterator[Cluster]:
    """Connect to a cluster, or start one on this machine."""
    cluster = {"dask": DaskCluster, "ray": RayCluster}[backend](address, jobs)
    try:
        yield cluster
    finally:
        cluster.close()


@dataclass(frozen=True)
class _Sent:
    """A cell that was sent to the cluster."""

    job: Job
    row: dict[str, Any]  # from the moment it was sent
    since: float

    def lost(self, error: BaseException) -> Result:
        """The failure of a cell that the cluster gave up; its time includes the wait there."""
        failure = Failure("killed", f"the cluster lost the cell: {described(error)}")
        seconds = time.monotonic() - self.since
        return failed_row(self.row, failure, seconds=seconds, peak_memory_mb=None), None


def run_on(cluster: Cluster, ledger: Ledger, limits: Limits, display: Display) -> None:
    """Work through a ledger on a cluster."""
    out: dict[str, _Sent] = {}
    while not ledger.over:
        ledger.look_again()
        while len(out) < AHEAD * max(cluster.slots(), 1):
            job = ledger.hand_out()
            if job is None:
                break
            out[job.cell.key] = _Sent(job, job.cell.row(), time.monotonic())
            cluster.submit(job, limits)
        if not out:
            time.sleep(TURN)  # what is left is in the hands of other runners
            continue
        for job, outcome in cluster.collect(TURN):
            sent = out.pop(job.cell.key)
            if isinstance(outcome, BaseException):
                outcome = sent.lost(outcome)
            ledger.keep(job.cell, outcome)
        display.show([sent.job.cell.dataset.name for sent in out.values()])
