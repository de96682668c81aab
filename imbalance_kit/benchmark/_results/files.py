"""Where results lie: a folder of this machine, or a place that fsspec reaches by its URL.

Both offer the same few operations. A file is there whole or not at all, and of several processes
that create one file only one succeeds; nothing else in the benchmark relies on how files work.
"""

import os
import uuid
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

TEMPORARY = ".unfinished"
WRITER = uuid.uuid4().hex[:12]  # this process, in the names of its unfinished files


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

    def write(self, name: str, content: bytes) -> None:
        """Write a file whole, or replace it."""

    def create(self, name: str, content: bytes) -> bool:
        """Write a file that must not be there; False where it is."""

    def remove(self, name: str) -> None:
        """Remove a file, if it is there."""

    def where(self, name: str = "") -> str:
        """Path or URL, as a person reads it."""

    def for_arrow(self) -> tuple[str, Any]:
        """Root and filesystem, as pyarrow takes them."""


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

    def write(self, name: str, content: bytes) -> None:
        write_atomically(self.root / name, content)

    def create(self, name: str, content: bytes) -> bool:
        # a link to a finished file: the name appears with all of its content, or not at all
        target = self.root / name
        unfinished = _write_unfinished(target, content, durable=False)
        try:
            os.link(unfinished, target)
        except FileExistsError:
            return False
        except OSError:  # a file system without links
            return _create_in_place(target, content)
        finally:
            unfinished.unlink()
        return True

    def remove(self, name: str) -> None:
        (self.root / name).unlink(missing_ok=True)

    def where(self, name: str = "") -> str:
        return str(self.root / name)

    def for_arrow(self) -> tuple[str, Any]:
        return str(self.root), None


class RemoteFiles:
    """Files of an object store or another place that fsspec supports.

    Stores write an object whole or not at all. Creating one relies on the exclusive mode ("xb")
    that fsspec's file systems for the large stores offer.
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

    def write(self, name: str, content: bytes) -> None:
        self._system.pipe_file(self._path(name), content)

    def create(self, name: str, content: bytes) -> bool:
        try:
            self._system.pipe_file(self._path(name), content, mode="create")
        except FileExistsError:
            return False
        return True

    def remove(self, name: str) -> None:
        try:
            self._system.rm_file(self._path(name))
        except FileNotFoundError:
            return

    def where(self, name: str = "") -> str:
        return f"{self._url}/{name}" if name else self._url

    def for_arrow(self) -> tuple[str, Any]:
        return self.root, self._system


def is_url(place: object) -> bool:
    """Whether a results folder is named by a URL."""
    return isinstance(place, str) and "://" in place


def files_at(place: str | os.PathLike[str]) -> Files:
    """Return the files of a results folder, by its path or URL."""
    if isinstance(place, str) and place.startswith("file://"):
        place = place.removeprefix("file://")
    if is_url(place):
        return RemoteFiles(str(place))
    return LocalFiles(Path(place))


def write_atomically(target: Path, content: bytes) -> None:
    """Write a file so that it is there whole or, after a crash, not at all."""
    os.replace(_write_unfinished(target, content), target)


def _write_unfinished(target: Path, content: bytes, *, durable: bool = True) -> Path:
    unfinished = target.with_name(f".{target.name}.{uuid.uuid4().hex[:8]}.{WRITER}{TEMPORARY}")
    with unfinished.open("wb") as file:
        file.write(content)
        file.flush()
        if durable:
            os.fsync(file.fileno())
    return unfinished


def _create_in_place(target: Path, content: bytes) -> bool:
    try:
        with target.open("xb") as file:
            file.write(content)
    except FileExistsError:
        return False
    return True


def writer_of(name: str) -> str | None:
    """Return who began an unfinished file, or None where the name is another file's."""
    if not name.endswith(TEMPORARY):
        return None
    return name.removesuffix(TEMPORARY).rsplit(".", 1)[-1]
