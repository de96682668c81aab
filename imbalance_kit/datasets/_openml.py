"""Tables of OpenML: fetched once with scikit-learn, kept as Parquet, checked by hash.

For data set 43 the folder holds ``43-<start of hash>.parquet`` and ``43.sha256``, which names
the first and its hash the way ``sha256sum`` does. The second appears when the first is whole, so
a table is there or not there, whatever was killed and however many processes fetch it at once.
What scikit-learn downloads lies below ``raw`` until the table is written: a fetch that was cut off
goes on with the parts it has.
"""

import gzip
import hashlib
import io
import json
import os
import shutil
import uuid
import warnings
from collections.abc import Callable
from http.client import HTTPException
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import urlopen

from imbalance_kit.datasets._formats import as_typed
from imbalance_kit.datasets._http import HOME, NO_SUCH_THING, openml_access

if TYPE_CHECKING:
    import pandas as pd

FOLDER_SETTING = "IMBALANCE_KIT_DATA"
SERVER_SETTING = "IMBALANCE_KIT_OPENML"
TIMEOUT_SETTING = "IMBALANCE_KIT_OPENML_TIMEOUT"

TIMEOUT = 30.0  # seconds
N_RETRIES = 2
DELAY = 1.0  # seconds

Check = Callable[["pd.DataFrame", str], None]


def kept_tables() -> Path:
    """Return the folder where fetched tables are kept; it need not exist."""
    folder = os.environ.get(FOLDER_SETTING, "")
    if folder:
        return Path(folder).expanduser() / "openml"
    from sklearn.datasets import get_data_home

    return Path(get_data_home()) / "imbalance_kit" / "openml"


def read_openml(name: str, data_id: str, check: Check) -> "tuple[pd.DataFrame, str]":
    """Return a table of OpenML and the name of its target, which is its last column.

    Parameters
    ----------
    name : str
        Name of the data set, for messages.
    data_id : str
        OpenML's number of it.
    check : callable
        Is given the frame and the name of the target, and raises a ValueError where they are not
        what was expected. A table that fails it is not kept.

    Raises
    ------
    ConnectionError
        If the table has to be fetched and cannot be reached.
    ValueError
        If what was sent is not the table.
    """
    folder = kept_tables()
    content = _kept(folder, name, data_id)
    if content is None:
        content = _fetched(folder, name, data_id, check)
    frame, target = _parsed(content)
    check(frame, target)
    return frame, target


def _parsed(content: bytes) -> "tuple[pd.DataFrame, str]":
    import pandas as pd

    frame = pd.read_parquet(io.BytesIO(content))
    return frame, str(frame.columns[-1])


def _kept(folder: Path, name: str, data_id: str) -> bytes | None:
    """Return the table's file if it is there and what it was; warn if it is not what it was."""
    try:
        expected, _, file = (
            (folder / f"{data_id}.sha256").read_text("utf-8").strip().partition("  ")
        )
    except FileNotFoundError:
        return None
    table = folder / Path(file).name
    content = table.read_bytes() if table.is_file() else b""
    if hashlib.sha256(content).hexdigest() == expected:
        return content
    warnings.warn(
        f"Data set {name!r}: the kept table {table} is not what was written there; it is fetched "
        "again.",
        stacklevel=2,
    )
    return None


def _fetched(folder: Path, name: str, data_id: str, check: Check) -> bytes:
    """Fetch a table, check it, keep it, and return the file as it was written."""
    from sklearn.datasets import fetch_openml

    server, timeout = _server(), _timeout()
    raw = folder / "raw" / data_id
    with openml_access(server, timeout=timeout, n_retries=N_RETRIES, delay=DELAY) as access:
        try:
            with warnings.catch_warnings():
                # of scikit-learn's own second attempt; if that fails too, the error has the reason
                for message in ("Invalid cache", "Downloaded file could have been corrupted"):
                    warnings.filterwarnings("ignore", message, RuntimeWarning)
                bunch = fetch_openml(
                    data_id=int(data_id),
                    data_home=raw,
                    as_frame=True,
                    parser="auto",
                    read_csv_kwargs={"dtype": dict.fromkeys(_nominal(data_id), str)},
                )
        except (MemoryError, ImportError):
            raise
        except Exception as error:  # whatever a broken answer breaks in the parsers
            # another process may have finished this table, and cleared what we were reading
            content = _kept(folder, name, data_id)
            if content is not None:
                return content
            cause = access.failure or error
            if _is_of_the_disk(cause):
                raise
            if _is_of_the_network(cause):
                raise ConnectionError(_unreachable(cause, name, data_id, server, folder)) from error
            shutil.rmtree(raw, ignore_errors=True)
            raise ValueError(_unusable(cause, name, data_id, server)) from error
    try:
        if len(bunch.target_names) != 1:
            raise ValueError(
                f"Data set {name!r}: expected one target column in OpenML's data set {data_id}, "
                f"got {list(bunch.target_names)}."
            )
        target = str(bunch.target_names[0]).strip()
        frame = as_typed(bunch.frame, target, f"Data set {name!r}")
        check(frame, target)
    except ValueError:
        shutil.rmtree(raw, ignore_errors=True)
        raise
    return _keep(folder, data_id, frame)


def _nominal(data_id: str) -> list[int]:
    """Request which columns are nominal; return their positions.

    They are read as text. As categories, which is what scikit-learn has pandas read, codes lose
    their form (01 becomes 1), and with pandas 3.1 they fail (scikit-learn issue 34892).
    """
    with urlopen(f"{HOME}/api/v1/json/data/features/{data_id}") as answer:
        columns = json.load(answer)["data_features"]["feature"]
    return [at for at, column in enumerate(columns) if column["data_type"].lower() == "nominal"]


def _keep(folder: Path, data_id: str, frame: "pd.DataFrame") -> bytes:
    sink = io.BytesIO()
    frame.to_parquet(sink, index=False)
    content = sink.getvalue()
    digest = hashlib.sha256(content).hexdigest()
    table = folder / f"{data_id}-{digest[:12]}.parquet"
    _write(table, content)
    _write(folder / f"{data_id}.sha256", f"{digest}  {table.name}\n".encode())
    shutil.rmtree(folder / "raw" / data_id, ignore_errors=True)
    return content


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f".{path.name}.{uuid.uuid4().hex[:8]}")
    with unfinished.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    os.replace(unfinished, path)


def _server() -> str:
    server = os.environ.get(SERVER_SETTING, "").rstrip("/") or HOME
    parts = urlsplit(server)
    if parts.scheme not in ("http", "https") or not parts.netloc:
        raise ValueError(
            f"{SERVER_SETTING} must be the address of a server that answers as {HOME} does, such "
            f"as https://mirror.example.org; got {server!r}."
        )
    return server


def _timeout() -> float:
    given = os.environ.get(TIMEOUT_SETTING, "")
    try:
        timeout = float(given) if given else TIMEOUT
    except ValueError:
        timeout = 0.0
    if not 0 < timeout < float("inf"):
        raise ValueError(f"{TIMEOUT_SETTING} must be a number of seconds, got {given!r}.")
    return timeout


def _is_of_the_disk(cause: Exception) -> bool:
    """Whether a file of ours could not be read or written."""
    is_network = isinstance(cause, URLError | TimeoutError | ConnectionError)
    return isinstance(cause, OSError) and not is_network and cause.filename is not None


def _is_of_the_network(cause: Exception) -> bool:
    """Whether no answer came; else one came that is of no use."""
    return isinstance(cause, OSError | HTTPException) and not (
        _is_no(cause) or isinstance(cause, gzip.BadGzipFile)
    )


def _is_no(cause: Exception) -> bool:
    """Whether the server answered that it has no such data set."""
    return isinstance(cause, HTTPError) and cause.code == NO_SUCH_THING


def _first_line(cause: Exception) -> str:
    return (str(cause).strip() or type(cause).__name__).split("\n", 1)[0]


def _unreachable(cause: Exception, name: str, data_id: str, server: str, folder: Path) -> str:
    return (
        f"Data set {name!r} (OpenML {data_id}) is not in {folder}, and fetching it from {server} "
        f"failed: {_first_line(cause)}. It needs the network once. Without one, set "
        f"{FOLDER_SETTING} to a folder that has it, or {SERVER_SETTING} to the address of a mirror."
    )


def _unusable(cause: Exception, name: str, data_id: str, server: str) -> str:
    reason = f"{type(cause).__name__}: {_first_line(cause)}"
    if _is_no(cause):
        reason = "it has no such data set"
    return (
        f"Data set {name!r} (OpenML {data_id}): {server} answered, but not with a table that can "
        f"be used: {reason}. Try again; if it stays so, it is broken or withdrawn there: set "
        f"{FOLDER_SETTING} to a folder that has it."
    )
