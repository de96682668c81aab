"""Warnings about columns: each once in a fit, however many samplers or rounds read the table."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_given: ContextVar[dict[str, object] | None] = ContextVar("given", default=None)


@contextmanager
def each_warning_once() -> Iterator[None]:
    """For the time of a fit that runs samplers: a warning that was given is not given again."""
    if _given.get() is not None:
        yield
        return
    token = _given.set({})
    try:
        yield
    finally:
        _given.reset(token)


def warn_of(message: str) -> None:
    """Warn about columns."""
    given = _given.get()
    if given is not None:
        mine = object()
        if given.setdefault(message, mine) is not mine:
            return
    warnings.warn(message, UserWarning, stacklevel=5)
