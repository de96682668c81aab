"""Which process a number stands for, independent of the clock.

The system gives numbers of ended processes to new ones, so a number alone names nobody. The moment
of the start tells two of them apart. On Linux it is taken in ticks since the machine came up:
`psutil` adds the time of that to it, which moves with every step of the clock.
"""

import os
import sys
from contextlib import suppress
from pathlib import Path

import psutil

ENDED = ("Z", "X", "x")  # states of Linux: a zombie, which its parent has not waited for, and dead


def place() -> str:
    """What two processes have in common that see each other's process numbers."""
    parts = [os.uname().nodename if hasattr(os, "uname") else os.environ.get("COMPUTERNAME", "")]
    for file in ("/proc/sys/kernel/random/boot_id", "/proc/self/ns/pid"):
        with suppress(OSError):
            parts.append(os.readlink(file) if "ns" in file else Path(file).read_text().strip())
    return " ".join(parts)


def birth(number: int) -> float | None:
    """When a process was started, on a scale of its machine; None where none of it runs.

    Parameters
    ----------
    number : int
        Of the process.

    Returns
    -------
    float or None
        Equal for the same process whenever it is asked for. NaN where the process is there and
        the system shows no more of it, such as to another user.
    """
    if sys.platform == "linux":
        try:
            text = Path(f"/proc/{number}/stat").read_text(encoding="utf-8", errors="replace")
        except OSError:
            return float("nan") if _exists(number) else None
        # the name of the program stands in brackets and may hold spaces and brackets itself
        state, *counts = text.rpartition(")")[2].split()
        return None if state in ENDED else float(counts[18])
    try:
        process = psutil.Process(number)
        return None if process.status() == psutil.STATUS_ZOMBIE else process.create_time()
    except psutil.NoSuchProcess:
        return None
    except psutil.Error:
        return float("nan")


def _exists(number: int) -> bool:
    """Whether there is such a process, also where ``/proc`` hides those of other users."""
    try:
        os.kill(number, 0)
    except PermissionError:
        return True
    except (OSError, OverflowError):
        return False
    return True
