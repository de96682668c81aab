"""Processes that tests start, kill and wait for. Any of them may end at any moment."""

import os
import signal
import subprocess
import time
from contextlib import contextmanager, suppress

import psutil

SECONDS = 300  # for a machine with much else to do; a wait ends as soon as it can


def until(condition, seconds=SECONDS):
    """Wait for a condition; what it returns."""
    end = time.monotonic() + seconds
    while not (found := condition()):
        if time.monotonic() > end:
            raise TimeoutError("what the test waits for did not happen")
        time.sleep(0.01)
    return found


def has_ended(process):
    """Whether a `psutil.Process` runs no more; one that nobody has waited for yet has ended."""
    try:
        return not process.is_running() or process.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def kill_group(process):
    """Kill what was started in a session of its own and all that it started in it, and wait."""
    group = []
    for other in psutil.process_iter():
        with suppress(ProcessLookupError):
            if os.getpgid(other.pid) == process.pid:
                group.append(other)
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    until(lambda: all(map(has_ended, group)))
    for pipe in (process.stdin, process.stdout, process.stderr):
        if pipe is not None:
            pipe.close()


@contextmanager
def starting():
    """Yields a `subprocess.Popen` whose processes all end with the block, however it ends.

    Each leads a session, so what it started can be killed when it is dead itself. Ctrl-C reaches
    it: runs in the background ignore SIGINT, and a child would inherit that.
    """
    started = []

    def start(command, **options):
        started.append(subprocess.Popen(command, start_new_session=True, **options))
        return started[-1]

    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield start
    finally:
        for process in started:
            kill_group(process)
        signal.signal(signal.SIGINT, before)


def children_of(process):
    """All processes below a `subprocess.Popen` that run, none if it has ended."""
    try:
        children = psutil.Process(process.pid).children(recursive=True)
    except psutil.NoSuchProcess:
        return []
    return [child for child in children if not has_ended(child)]


def workers_of(process):
    """Those of the children that multiprocessing spawned to work, not to track resources."""
    workers = []
    for child in children_of(process):
        with suppress(psutil.NoSuchProcess):  # ended since it was listed
            if "spawn_main" in " ".join(child.cmdline()):
                workers.append(child)
    return workers


def kill(process):
    """Kill a process; whether it was still there to be killed."""
    if has_ended(process):
        return False
    try:
        process.kill()
    except psutil.NoSuchProcess:
        return False
    return True
