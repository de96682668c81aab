"""Reader for KEEL and ARFF text files, faithful to the types in their header.

Both formats are a header of ``@attribute NAME TYPE`` lines, then ``@data`` and one
comma-separated row per line. Nominal attributes list their levels, numeric ones may carry
a range (KEEL). The data part goes through the C parser of pandas; only a file that the C
parser cannot be trusted with (quotes, sparse rows) or does not accept is read again line by
line, which is slow but can name the line that is wrong.
"""

import io
import re
import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import pandas as pd

MISSING = ("?", "<null>", "<NULL>", "")
"""Fields that mean "no value". A level such as ``Unknown`` is a value when the header lists it."""

_NUMERIC = ("numeric", "real", "integer")
_QUOTED = r"'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\""
_ATTRIBUTE = re.compile(rf"@attribute\s+({_QUOTED}|[^\s{{'\"]+)\s*(.*)", re.IGNORECASE)
_LEVEL = re.compile(rf"\s*({_QUOTED}|[^,'\"][^,]*|)\s*(?:,|$)")
_RANGE = re.compile(r"[\[(][^\])]*[\])]")
_FIELD = re.compile(rf"\s*({_QUOTED}|[^,'\"\s][^,]*?|)\s*(,|$)")
_NUMBER = re.compile(r"[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?")


@dataclass(frozen=True)
class Attribute:
    """One column as the header declares it: ``levels`` is None for a number, () for any text."""

    name: str
    levels: tuple[str, ...] | None
    integer: bool = False


@dataclass(frozen=True)
class Header:
    """What stands before ``@data``; ``first`` is the index of the first line after it."""

    attributes: tuple[Attribute, ...]
    output: str
    first: int


def read_arff(text: str, file: str) -> "tuple[pd.DataFrame, str]":
    """Read the text of one KEEL or ARFF file.

    Parameters
    ----------
    text : str
        What the file holds.
    file : str
        Its name, for messages.

    Returns
    -------
    frame : pandas.DataFrame
        All columns, the output among them: nominal and text attributes as category with
        text levels, ``integer`` attributes as int64 where complete, other numbers as float64,
        missing values as NaN. A number outside its declared range is kept.
    output : str
        Name of the output column: the one ``@outputs`` names, else the last.

    Raises
    ------
    ValueError
        With file name and line number, for a malformed header or row, a text where a number
        belongs, or a level the header does not list.
    """
    # not splitlines(), which also cuts at the form feeds and Latin-1 controls some files hold
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    header = _read_header(lines, file)
    stripped = map(str.strip, lines[header.first :])
    body = [line for line in stripped if line and line[0] != "%"]
    if not body:
        raise ValueError(f"{file}: expected rows after @data, found none.")
    frame = _fast(body, header)
    if frame is None:
        frame = _careful(lines, header, file)
    return frame, header.output


def _read_header(lines: list[str], file: str) -> Header:
    attributes: list[Attribute] = []
    output = ""
    for at, line in enumerate(lines):
        text = line.strip()
        if not text or text[0] == "%":
            continue
        place = f"{file}, line {at + 1}"
        keyword = text.split(None, 1)[0].lower()
        if keyword == "@data":
            if not attributes:
                raise ValueError(f"{place}: @data before any @attribute.")
            names = [attribute.name for attribute in attributes]
            if output and output not in names:
                raise ValueError(
                    f"{place}: @outputs names {output!r}; expected one of the attributes {names}."
                )
            return Header(tuple(attributes), output or names[-1], at + 1)
        if keyword == "@attribute":
            attribute = _read_attribute(text, place)
            if attribute.name in (earlier.name for earlier in attributes):
                raise ValueError(f"{place}: attribute {attribute.name!r} is declared twice.")
            attributes.append(attribute)
        elif keyword in ("@output", "@outputs"):
            output = _unquote(text[len(keyword) :].strip())
        elif keyword not in ("@relation", "@input", "@inputs"):
            raise ValueError(
                f"{place}: expected @relation, @attribute, @inputs, @outputs or @data, got "
                f"{text[:40]!r}."
            )
    raise ValueError(f"{file}: no @data line; is this a KEEL or ARFF file?")


def _read_attribute(text: str, place: str) -> Attribute:
    match = _ATTRIBUTE.fullmatch(text)
    if match is None:
        raise ValueError(f"{place}: expected '@attribute NAME TYPE', got {text[:60]!r}.")
    name, declared = _unquote(match[1]), match[2].strip()
    if declared.startswith("{"):
        if not declared.endswith("}"):
            raise ValueError(f"{place}: the list of levels of {name!r} has no closing brace.")
        return Attribute(name, _read_levels(declared[1:-1], name, place))
    kind = _RANGE.sub("", declared).strip().lower()
    if kind in _NUMERIC:
        return Attribute(name, None, integer=kind == "integer")
    if kind == "string":
        return Attribute(name, ())
    raise ValueError(
        f"{place}: attribute {name!r} has type {declared[:40]!r}; expected numeric, real, "
        "integer, string or {level, ...}."
    )


def _read_levels(listed: str, name: str, place: str) -> tuple[str, ...]:
    levels: list[str] = []
    at = 0
    while at < len(listed):
        match = _LEVEL.match(listed, at)
        if match is None:
            raise ValueError(
                f"{place}: cannot read the levels of {name!r} at {listed[at:][:40]!r}."
            )
        levels.append(_unquote(match[1].strip()))
        at = match.end()
    if not levels:
        raise ValueError(f"{place}: attribute {name!r} lists no levels.")
    return tuple(dict.fromkeys(levels))  # some headers list a level twice


def _unquote(text: str) -> str:
    if len(text) > 1 and text[0] in "'\"" and text[-1] == text[0]:
        return re.sub(r"\\(.)", r"\1", text[1:-1])
    return text


def _fast(body: list[str], header: Header) -> "pd.DataFrame | None":
    """Parse with pandas, or return None for what only the careful reader can decide."""
    import pandas as pd

    text = "\n".join(body)
    width = len(header.attributes)
    if "'" in text or '"' in text or "{" in text or "\\" in text:
        return None
    # the C parser fills short rows silently, so the commas are counted first
    if any(line.count(",") != width - 1 for line in body):
        return None
    if " " in text or "\t" in text:
        text = re.sub(r"[ \t]*,[ \t]*", ",", text)
    any_missing = any(mark in f"\n{text}\n" for mark in ("?", "<", ",,", ",\n", "\n,"))
    dtypes: dict[int, Any] = {}
    for at, column in enumerate(header.attributes):
        if column.levels is None:
            dtypes[at] = "float64"
        else:
            # known levels are twice as fast to parse, but turn an unknown one into a missing value
            known = column.levels and not any_missing
            dtypes[at] = pd.CategoricalDtype(list(column.levels or ())) if known else str
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")  # pandas 3.1 warns of an unknown level
            table = pd.read_csv(
                io.StringIO(text),
                header=None,
                dtype=dtypes,
                na_values=list(MISSING),
                keep_default_na=False,
                skip_blank_lines=False,
            )
    except (ValueError, Warning):
        return None
    numbers = table.select_dtypes("float64").to_numpy()
    if np.isinf(numbers).any() or (not any_missing and table.isna().to_numpy().any()):
        return None
    return _typed([table[at] for at in range(width)], header)


def _careful(lines: list[str], header: Header, file: str) -> "pd.DataFrame":
    import pandas as pd

    columns: list[list[object]] = [[] for _ in header.attributes]
    for at in range(header.first, len(lines)):
        line = lines[at].strip()
        if not line or line[0] == "%":
            continue
        place = f"{file}, line {at + 1}"
        fields = _sparse_row(line, header, place) if line[0] == "{" else _row(line, header, place)
        for attribute, field, column in zip(header.attributes, fields, columns, strict=True):
            column.append(_value(field, attribute, place))
    series = [
        pd.Series(column, dtype=float if attribute.levels is None else object)
        for attribute, column in zip(header.attributes, columns, strict=True)
    ]
    frame = _typed(series, header)
    assert frame is not None  # every level was checked on its line
    return frame


def _row(line: str, header: Header, place: str) -> list[str]:
    fields = _split(line, place)
    if len(fields) != len(header.attributes):
        raise ValueError(f"{place}: expected {len(header.attributes)} values, got {len(fields)}.")
    return fields


def _split(line: str, place: str) -> list[str]:
    """Cut a row at the commas outside quotes; the fields keep their quotes."""
    fields, at = [], 0
    while True:
        match = _FIELD.match(line, at)
        if match is None:
            raise ValueError(f"{place}: a quote does not close at {line[at:][:40]!r}.")
        fields.append(match[1])
        at = match.end()
        if not match[2]:
            return fields


def _sparse_row(line: str, header: Header, place: str) -> list[str]:
    """Read ``{index value, ...}``; what is not listed is 0, or the first level."""
    if not line.endswith("}"):
        raise ValueError(f"{place}: a sparse row has no closing brace.")
    fields = [column.levels[0] if column.levels else "0" for column in header.attributes]
    for entry in re.findall(rf"\s*((?:{_QUOTED}|[^,'\"])+)", line[1:-1]):
        position, _, value = entry.replace("\t", " ").partition(" ")
        if not position.isdecimal() or int(position) >= len(fields) or not value.strip():
            raise ValueError(f"{place}: expected 'index value' in a sparse row, got {entry!r}.")
        fields[int(position)] = value.strip()
    return fields


def _value(field: str, attribute: Attribute, place: str) -> object:
    if field in MISSING:  # a quoted one is a value
        return np.nan
    value = _unquote(field)
    if attribute.levels is not None:
        if attribute.levels and value not in attribute.levels:
            raise ValueError(
                f"{place}: {value!r} is not among the levels of {attribute.name!r}: "
                f"{', '.join(attribute.levels)[:200]}."
            )
        return value
    if _NUMBER.fullmatch(value) is None:
        raise ValueError(
            f"{place}: {value!r} is not a number, and {attribute.name!r} is declared as one."
        )
    number = float(value)
    if not np.isfinite(number):
        raise ValueError(f"{place}: {value!r} is beyond the range of numbers.")
    return number


def _typed(columns: "list[pd.Series]", header: Header) -> "pd.DataFrame | None":
    """Give the columns their declared types; None where a level is not a declared one."""
    import pandas as pd

    typed = {}
    for attribute, column in zip(header.attributes, columns, strict=True):
        if attribute.levels is None:
            typed[attribute.name] = _integral(column) if attribute.integer else column
            continue
        seen = set(column.dropna().unique())
        if attribute.levels and not seen <= set(attribute.levels):
            return None
        levels = [level for level in attribute.levels if level in seen] or sorted(seen)
        typed[attribute.name] = column.astype(pd.CategoricalDtype(levels))
    return pd.DataFrame(typed)


def _integral(column: "pd.Series") -> "pd.Series":
    """Return int64 when every value is a whole number; files call 85.5 an integer, too."""
    whole = column.to_numpy()
    if (
        np.isfinite(whole).all()
        and (whole == np.trunc(whole)).all()
        and np.abs(whole).max() < 2**53
    ):
        return column.astype("int64")
    return column
