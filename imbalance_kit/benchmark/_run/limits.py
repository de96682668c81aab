"""What a cell may take, on this machine and on the nodes of a cluster alike."""

from dataclasses import dataclass, replace

import psutil

from imbalance_kit.benchmark._run.failed_cell import Failure

MB = 2**20
FREE_SHARE = 0.8  # of the memory that is free, for all workers of a machine together


@dataclass(frozen=True)
class Limits:
    """What a cell may take.

    Attributes
    ----------
    seconds : float
        Loading and search included.
    mb : float or None
        MB above the start of the cell; None for a share of what is free where the cell runs.
    """

    seconds: float
    mb: float | None = None

    def on_this_machine(self, n_workers: int) -> "Limits":
        """The same limits with a number for the memory, shared among the workers."""
        if self.mb is not None:
            return self
        free = psutil.virtual_memory().available / MB
        return replace(self, mb=FREE_SHARE * free / n_workers)

    def exceeded(self, seconds: float, mb: float) -> Failure | None:
        """The failure of a cell that has taken more than it may."""
        if seconds > self.seconds:
            return Failure("timeout", f"took longer than the limit of {self.seconds:g} s")
        if self.mb is not None and mb > self.mb:
            return Failure("memory", f"took more memory than the limit of {self.mb:,.0f} MB")
        return None
