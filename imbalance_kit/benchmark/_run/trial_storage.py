"""Where a search keeps its trials: checked before a run, opened in its workers.

A storage that cannot be used is no result of a method. Before the first cell it is bad input,
later it ends the run; neither is stored as a result.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from imbalance_kit.benchmark._results.store import described
from imbalance_kit.benchmark._run.failed_cell import OutOfReachError

if TYPE_CHECKING:
    import optuna

ATTEMPTS = 5  # at making tables that another process may be making
PAUSE = 0.2  # seconds between them


@contextmanager
def silent_optuna() -> Iterator[Any]:
    """Optuna, imported when it is needed, without its log."""
    import optuna

    level = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    try:
        yield optuna
    finally:
        optuna.logging.set_verbosity(level)


def check_storage(storage: str) -> None:
    """Open a storage and make its tables, so that workers find them.

    Raises
    ------
    ValueError
        If it cannot be used.
    """
    with silent_optuna() as optuna:
        try:
            opened = _open(optuna, storage)
            optuna.get_all_study_names(opened)
        except Exception as error:  # of any data base and its driver
            raise ValueError(
                f"The storage {_shown(storage)} cannot be used: {described(error)} Give the URL of "
                "a data base that is there, such as sqlite:///trials.db or "
                "postgresql://user:password@host/name, with its driver installed."
            ) from error


def file_storage(file: Path) -> str:
    """URL of a data base in a file, whatever characters are in its path."""
    from sqlalchemy.engine import URL

    return URL.create("sqlite", database=str(file.resolve())).render_as_string()


def open_study(optuna: Any, storage: str, name: str) -> tuple[optuna.Study, list[Any]]:
    """The study of a cell and its finished trials, in their order.

    The file of one cell is emptied where it is damaged: the search then starts anew.

    Raises
    ------
    OutOfReachError
        If the storage cannot be used.
    """
    own = _file_of_cell(storage, name)
    if own is not None and not _is_sound(own):
        own.unlink(missing_ok=True)
    try:
        return _study_in(optuna, storage, name)
    except Exception as error:  # of any data base and its driver
        if own is None:
            raise OutOfReachError(_lost(storage, error)) from error
    own.unlink(missing_ok=True)
    try:
        return _study_in(optuna, storage, name)
    except Exception as error:  # of any data base and its driver
        raise OutOfReachError(_lost(storage, error)) from error


@contextmanager
def reaching(storage: str) -> Iterator[None]:
    """Turn what a storage raises into an OutOfReachError."""
    try:
        yield
    except Exception as error:  # of any data base and its driver
        raise OutOfReachError(_lost(storage, error)) from error


def _study_in(optuna: Any, storage: str, name: str) -> tuple[optuna.Study, list[Any]]:
    study = optuna.create_study(
        storage=_open(optuna, storage), study_name=name, direction="maximize", load_if_exists=True
    )
    return study, sorted(study.trials, key=lambda trial: trial.user_attrs["position"])


def _open(optuna: Any, storage: str) -> Any:
    options = {}
    if storage.startswith("sqlite"):
        options = {"connect_args": {"factory": _Connection, "timeout": 60}}
    for attempt in range(ATTEMPTS):
        try:
            return optuna.storages.RDBStorage(storage, engine_kwargs=options)
        except Exception as error:  # of any data base and its driver
            # of several processes that look for tables and then make them, all but one fail
            raced = "already exists" in str(error) or "IntegrityError" in type(error).__name__
            if not raced or attempt == ATTEMPTS - 1:
                raise
            time.sleep(PAUSE)
    raise RuntimeError("The last attempt returns or raises.")


class _Connection(sqlite3.Connection):
    """SQLite that leaves writing to the system: what a killed process has written is there."""

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.execute("PRAGMA synchronous=OFF")


def _file_of_cell(storage: str, name: str) -> Path | None:
    """The file that holds the trials of one cell alone, if the storage is such a file."""
    if not storage.startswith("sqlite"):
        return None
    from sqlalchemy.engine import make_url

    file = Path(make_url(storage).database or "")
    return file if file.name == f"{name}.db" else None


def _is_sound(file: Path) -> bool:
    if not file.exists():
        return True
    try:
        connection = sqlite3.connect(file)
        try:
            return connection.execute("PRAGMA quick_check").fetchone() == ("ok",)
        finally:
            connection.close()
    except sqlite3.Error:
        return False


def _lost(storage: str, error: Exception) -> str:
    return (
        f"the storage of trials {_shown(storage)} cannot be used: {described(error)} Give the same "
        "command again when it can; what is finished is kept."
    )


def _shown(storage: str) -> str:
    """A URL without its password."""
    from sqlalchemy.engine import make_url
    from sqlalchemy.exc import SQLAlchemyError

    try:
        return make_url(storage).render_as_string(hide_password=True)
    except (SQLAlchemyError, ValueError):
        return storage.rpartition("@")[2]
