"""A failed cell: why it failed, and its row in the results."""

import traceback
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Failure:
    """Why a cell failed.

    Attributes
    ----------
    status : {"error", "memory", "timeout", "killed"}
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
        return cls(
            "memory" if isinstance(error, MemoryError) else "error",
            described(error),
            "".join(traceback.format_exception(error)),
        )


def described(error: BaseException) -> str:
    """Kind and message of an exception, in one line."""
    message = " ".join(str(error).split())[:500]
    return f"{type(error).__name__}: {message}" if message else type(error).__name__


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
