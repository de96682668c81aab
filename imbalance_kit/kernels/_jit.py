"""How every kernel is compiled: on its first call, and kept on disk where that is possible.

Importing a module that uses this one imports numba, so such modules are imported on first use.
"""

from collections.abc import Callable
from typing import Any

import numba
from numba.core.options import DefaultOptions

_OPTIONS: dict[str, Any] = {"nogil": True, "fastmath": False, "error_model": "numpy"}
# numba has this option for its own functions. Without it kernels are slower, and nothing else.
_UNCOUNTED: dict[str, Any] = {"_nrt": False} if hasattr(DefaultOptions, "_nrt") else {}


def part(function: Callable[..., Any]) -> Any:
    """Compile ``function`` into each kernel that calls it.

    For the innermost loops: as calls, with arrays counted in and out, they take a third longer.
    numba's cache on disk looks at the file of the kernel only. After a change to a part that
    stands in another file, delete the ``.nbi`` and ``.nbc`` files in ``__pycache__``.
    """
    return numba.njit(inline="always", **_OPTIONS)(function)


def kernel(function: Callable[..., Any]) -> Any:
    """Compile ``function`` when it is first called; releases the GIL, keeps IEEE rounding.

    numba looks for a cache folder next to the source, then in the user's cache folder, and
    raises where it can write to neither. The kernel is then compiled in memory.
    """
    return _compiled(function, _OPTIONS)


def uncounted(function: Callable[..., Any]) -> Any:
    """Like `kernel`, for a function that makes no arrays of its own.

    numba counts who uses an array, by an addition under a lock for each array that is handed to a
    part or looked at row by row, which takes longer than most parts do. A function that makes no
    array has nothing to count. Where a kernel needs scratch arrays, it is given them.
    """
    return _compiled(function, {**_OPTIONS, **_UNCOUNTED})


def in_any_order(function: Callable[..., Any]) -> Any:
    """Like `uncounted`, for sums that only bound something: they are added up in vectors."""
    return _compiled(function, {**_OPTIONS, **_UNCOUNTED, "fastmath": {"reassoc", "contract"}})


def _compiled(function: Callable[..., Any], options: dict[str, Any]) -> Any:
    try:
        return numba.njit(cache=True, **options)(function)
    except (RuntimeError, OSError):
        return numba.njit(**options)(function)
