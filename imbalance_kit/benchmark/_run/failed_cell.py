"""A failed cell: why it failed, and its row in the results."""

import traceback
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from imbalance_kit.benchmark._results.store import described

#: Status of a cell that could not be done for a reason outside of its method, such as a storage of
#: trials that went out of reach. It is no result: it is not stored, and ends the run.
ENVIRONMENT = "environment"


class OutOfReachError(Exception):
    """What a cell needs beside its method and its table is not there."""


@dataclass(frozen=True)
class Failure:
    """Why a cell failed.

    Attributes
    ----------
    status : {"error", "memory", "timeout", "killed", "environment"}
    reason : str
        One line for people.
    traceback : str
        Of the exception, or the end of what the process printed.
    """

    status: str
    reason: str
    traceback: str = ""

    @classmethod
    def of(cls, error: BaseException) -> "Failure":
        """The failure that an exception is."""
        if isinstance(error, OutOfReachError):
            return cls(ENVIRONMENT, str(error))
        return cls(
            "memory" if isinstance(error, MemoryError) else "error",
            described(error),
            "".join(traceback.format_exception(error)),
        )


def failed_row(
    known: Mapping[str, Any], failure: Failure, *, seconds: float, peak_memory_mb: float | None
) -> dict[str, Any]:
    """Row of a cell without a result.

    Parameters
    ----------
    known : mapping
        ``Cell.row()``, and what else is known of the cell.
    failure : Failure
    seconds : float
        Time until it failed.
    peak_memory_mb : float or None
        Memory it took, where that was measured.

    Returns
    -------
    dict
        Metrics are not part of it: each metric has a value for failed cells.
    """
    return {
        **known,
        "status": failure.status,
        "reason": failure.reason,
        "traceback": failure.traceback,
        "total_seconds": seconds,
        "peak_memory_mb": peak_memory_mb,
    }
