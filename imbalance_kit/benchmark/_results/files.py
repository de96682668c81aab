"""Where results lie: a folder of this machine, or a place that fsspec reaches by its URL.

Both offer the same few operations. A file is there whole or not at all, and of several processes
that create one file only one succeeds; nothing else in the benchmark relies on how files work.
Where a store cannot do the first, readers detect it: rows and predictions carry a hash, and
claims an end.
"""

import os
import uuid
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Protocol

TEMPORARY = ".unfinished"
#: Stores of objects: what is put there appears whole. Elsewhere a name appears before its content.
WHOLE_OBJECTS = frozenset(
    ("abfs", "abfss", "adl", "az", "gcs", "gs", "memory", "oci", "oss", "r2", "s3", "s3a", "tos")
)
AT_ONCE = 16  # reads from a store, each of which mostly waits


def process_writer() -> str:
    """This process, in the names of its unfinished files and of its runners."""
    return _writer_of_process(os.getpid())


@cache
def _writer_of_process(number: int) -> str:
    # by the number of the process: a fork has the memory of its parent, but is another writer
    return uuid.uuid4().hex[:12]


class Files(Protocol):
    """Operations on files below one root; names are relative, with slashes."""

    def make_folders(self, names: Sequence[str]) -> None:
        """Make folders."""

    def names(self, folder: str) -> list[str]:
        """File names in a folder, unsorted; none where the folder is missing."""

    def exists(self, name: str) -> bool:
        """Whether the file is there."""

    def read(self, name: str) -> bytes:
        """Return what a file holds; FileNotFoundError where it is missing."""

    def read_many(self, names: Iterable[str]) -> list[bytes | OSError]:
        """What many files hold, or why one cannot be read."""

    def write(self, name: str, content: bytes) -> None:
        """Write a file whole, or replace it."""

    def create(self, name: str, content: bytes) -> bool:
        """Write a file that must not be there; False where it is.

        Of several processes one succeeds, in every store. In some the name is there for a moment
        before the content.
        """

    def add(self, name: str, content: bytes) -> bool:
        """Write a file whole that must not be there; False where it is.

        In some stores two processes at the same moment may both succeed; the later one stays.
        """

    def remove(self, name: str) -> None:
        """Remove a file, if it is there."""

    def where(self, name: str = "") -> str:
        """Path or URL, as a person reads it."""


class LocalFiles:
    """Files of a folder of this machine, or one that it has mounted."""

    def __init__(self, root: Path):
        self.root = root

    def make_folders(self, names: Sequence[str]) -> None:
        for name in names:
            (self.root / name).mkdir(parents=True, exist_ok=True)

    def names(self, folder: str) -> list[str]:
        try:
            return os.listdir(self.root / folder)
        except FileNotFoundError:
            return []

    def exists(self, name: str) -> bool:
        return (self.root / name).is_file()

    def read(self, name: str) -> bytes:
        return (self.root / name).read_bytes()

    def read_many(self, names: Iterable[str]) -> list[bytes | OSError]:
        return [_read_or_error(self, name) for name in names]

    def write(self, name: str, content: bytes) -> None:
        write_atomically(self.root / name, content)

    def create(self, name: str, content: bytes) -> bool:
        created = self._link(name, content, durable=False)
        # in a file system without links, others may see the name before the content
        return _create_in_place(self.root / name, content) if created is None else created

    def add(self, name: str, content: bytes) -> bool:
        added = self._link(name, content, durable=True)
        if added is None and not self.exists(name):
            self.write(name, content)
            return True
        return bool(added)

    def _link(self, name: str, content: bytes, *, durable: bool) -> bool | None:
        """Give a finished file its name, if that is free; None where there are no links."""
        target = self.root / name
        unfinished = _write_unfinished(target, content, durable=durable)
        try:
            os.link(unfinished, target)
        except FileExistsError:
            return False
        except OSError:
            return None
        finally:
            unfinished.unlink(missing_ok=True)
        return True

    def remove(self, name: str) -> None:
        (self.root / name).unlink(missing_ok=True)

    def where(self, name: str = "") -> str:
        return str(self.root / name)


class RemoteFiles:
    """Files of an object store or another place that fsspec supports.

    Stores of objects write one whole or not at all. Elsewhere a file is written under another name,
    its length is looked at, and it is moved. Creating one relies on the exclusive mode ("xb") that
    fsspec's file systems for the large stores offer.
    """

    def __init__(self, url: str):
        try:
            import fsspec
        except ImportError as error:
            raise ImportError(
                f'Results at {url} need fsspec: pip install "imbalance-kit[cloud]"'
            ) from error
        try:
            self._system, root = fsspec.core.url_to_fs(url)
        except ValueError as error:
            raise ValueError(f"Cannot use {url} as results folder: {error}") from error
        self.root = root.rstrip("/")
        self._url = url.rstrip("/")
        protocols = self._system.protocol
        protocols = {protocols} if isinstance(protocols, str) else set(protocols)
        self._writes_whole = bool(protocols & WHOLE_OBJECTS)

    def _path(self, name: str) -> str:
        return f"{self.root}/{name}" if name else self.root

    def make_folders(self, names: Sequence[str]) -> None:
        for name in names:
            self._system.makedirs(self._path(name), exist_ok=True)

    def names(self, folder: str) -> list[str]:
        self._system.invalidate_cache(self._path(folder))
        try:
            paths = self._system.ls(self._path(folder), detail=False)
        except FileNotFoundError:
            return []
        return [path.rstrip("/").rsplit("/", 1)[-1] for path in paths]

    def exists(self, name: str) -> bool:
        self._system.invalidate_cache(self._path(name).rsplit("/", 1)[0])
        return self._system.isfile(self._path(name))

    def read(self, name: str) -> bytes:
        return self._system.cat_file(self._path(name))

    def read_many(self, names: Iterable[str]) -> list[bytes | OSError]:
        with ThreadPoolExecutor(AT_ONCE) as threads:
            return list(threads.map(lambda name: _read_or_error(self, name), names))

    def write(self, name: str, content: bytes) -> None:
        target = self._path(name)
        if self._writes_whole:
            self._system.pipe_file(target, content)
            return
        folder, _, last = target.rpartition("/")
        unfinished = f"{folder}/{unfinished_name(last)}"
        try:
            self._system.pipe_file(unfinished, content)
            self._system.invalidate_cache(folder)
            if (n_there := self._system.size(unfinished)) != len(content):
                raise OSError(
                    f"{self.where(name)} was not written whole: {n_there} of {len(content)} bytes "
                    "arrived. Is the disk behind it full?"
                )
            self._move(unfinished, target)
        except BaseException:
            with suppress(OSError):
                self._system.rm_file(unfinished)
            raise

    def _move(self, unfinished: str, target: str) -> None:
        try:
            self._system.mv(unfinished, target)
        except FileExistsError:  # a store that never replaces a file by moving one
            self._system.rm_file(target)
            self._system.mv(unfinished, target)

    def create(self, name: str, content: bytes) -> bool:
        try:
            self._system.pipe_file(self._path(name), content, mode="create")
        except FileExistsError:
            return False
        return True

    def add(self, name: str, content: bytes) -> bool:
        if self._writes_whole:
            return self.create(name, content)
        if self.exists(name):
            return False
        self.write(name, content)
        return True

    def remove(self, name: str) -> None:
        try:
            self._system.rm_file(self._path(name))
        except FileNotFoundError:
            return

    def where(self, name: str = "") -> str:
        return f"{self._url}/{name}" if name else self._url


def is_url(place: object) -> bool:
    """Whether a results folder is named by a URL."""
    return isinstance(place, str) and "://" in place


def files_at(place: str | os.PathLike[str]) -> Files:
    """Return the files of a results folder, by its path or URL."""
    if isinstance(place, str):
        for protocol in ("file://", "local://"):
            place = place.removeprefix(protocol)
    if is_url(place):
        return RemoteFiles(str(place))
    return LocalFiles(Path(place))


def write_atomically(target: Path, content: bytes) -> None:
    """Write a file so that it is there whole or, after a crash, not at all."""
    unfinished = _write_unfinished(target, content)
    try:
        os.replace(unfinished, target)
    except BaseException:
        unfinished.unlink(missing_ok=True)
        raise


def unfinished_name(name: str) -> str:
    """A name for a file as long as it is not written whole."""
    return f".{name}.{uuid.uuid4().hex[:8]}.{process_writer()}{TEMPORARY}"


def _write_unfinished(target: Path, content: bytes, *, durable: bool = True) -> Path:
    unfinished = target.with_name(unfinished_name(target.name))
    try:
        with unfinished.open("wb") as file:
            file.write(content)
            file.flush()
            if durable:
                os.fsync(file.fileno())
    except BaseException:
        # on a full disk what was begun would take the room that is left
        unfinished.unlink(missing_ok=True)
        raise
    return unfinished


def _create_in_place(target: Path, content: bytes) -> bool:
    try:
        file = target.open("xb")
    except FileExistsError:
        return False
    try:
        with file:
            file.write(content)
    except BaseException:
        target.unlink(missing_ok=True)
        raise
    return True


def _read_or_error(files: Files, name: str) -> bytes | OSError:
    try:
        return files.read(name)
    except OSError as error:
        return error


def writer_of(name: str) -> str | None:
    """Return who began an unfinished file, or None where the name is another file's."""
    if not name.endswith(TEMPORARY):
        return None
    return name.removesuffix(TEMPORARY).rsplit(".", 1)[-1]
