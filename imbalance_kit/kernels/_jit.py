"""How every kernel is compiled: on its first call, and kept on disk where that is possible.

Importing a module that uses this one imports numba, so such modules are imported on first use.
"""

from collections.abc import Callable
from typing import Any

import numba

_OPTIONS: dict[str, Any] = {"nogil": True, "fastmath": False, "error_model": "numpy"}


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
    try:
        return numba.njit(cache=True, **_OPTIONS)(function)
    except (RuntimeError, OSError):
        return numba.njit(**_OPTIONS)(function)
