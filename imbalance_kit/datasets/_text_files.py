"""From the bytes of a text file, packed or not, to its text, in whatever encoding."""

import bz2
import gzip
import lzma
import zlib
from pathlib import PurePath

_UNPACK = {".gz": gzip.decompress, ".bz2": bz2.decompress, ".xz": lzma.decompress}
_MARKS = (  # UTF-32 first: its mark begins with that of UTF-16
    (b"\xff\xfe\x00\x00", "utf-32"),
    (b"\x00\x00\xfe\xff", "utf-32"),
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
)
_SAMPLE = 4096  # bytes that are looked at for an encoding without a mark


def split_name(name: str) -> tuple[str, str]:
    """Return the name of a table and the ending of its file, ``a`` and ``.csv`` of ``a.csv.gz``.

    Parameters
    ----------
    name : str
        Name of a file, without its folder.
    """
    path = PurePath(name)
    if path.suffix.lower() in _UNPACK:
        path = path.with_suffix("")
    return path.stem, path.suffix.lower()


def unpack(content: bytes, file: str) -> bytes:
    """Return the content of a file, unpacked where its name ends in .gz, .bz2 or .xz.

    Parameters
    ----------
    content : bytes
        What the file holds.
    file : str
        Its name.

    Raises
    ------
    ValueError
        If it is damaged or not what its name says.
    """
    packing = PurePath(file).suffix.lower()
    if packing not in _UNPACK:
        return content
    try:
        return _UNPACK[packing](content)
    except (OSError, EOFError, ValueError, zlib.error, lzma.LZMAError) as error:
        raise ValueError(f"{file}: cannot be unpacked as {packing}: {error}") from error


def decode(content: bytes, file: str) -> str:
    """Return text: UTF-16 and UTF-32 where the bytes show it, else UTF-8, else Latin-1.

    Parameters
    ----------
    content : bytes
        What the file holds.
    file : str
        Its name, for messages.

    Raises
    ------
    ValueError
        If it holds bytes that no text holds.
    """
    try:
        text = content.decode(_encoding(content))
    except UnicodeDecodeError as error:
        if error.encoding != "utf-8":
            raise ValueError(f"{file}: cannot be read as text: {error}") from error
        text = content.decode("latin-1")  # old files; every byte is a character of it
    if "\0" in text:
        raise ValueError(f"{file}: expected text, found bytes of value 0. It is damaged or binary.")
    return text


def _encoding(content: bytes) -> str:
    for mark, encoding in _MARKS:
        if content.startswith(mark):
            return encoding
    # without a mark UTF-16 shows in the zero bytes of its ASCII characters, at every other place
    sample = content[: min(_SAMPLE, len(content) // 2 * 2)]
    even, odd = sample[::2].count(0), sample[1::2].count(0)
    if max(even, odd) > len(sample) // 4 and min(even, odd) < len(sample) // 16:
        return "utf-16-le" if odd > even else "utf-16-be"
    return "utf-8-sig"
