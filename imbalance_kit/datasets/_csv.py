"""Reader for CSV files as people have them: which line is the header, where fields end, how many.

The fields go through the C parser of pandas, which fills or shifts rows of another length without
a word. So the fields of every line are counted first.
"""

import csv
import io
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

USER_MISSING = ("", "?", "NA", "N/A", "NaN", "nan", "NULL", "null")
"""Entries of a user's CSV that mean "no value"; ``None`` is left out, it is often a level."""

_SEPARATORS = ",;\t|"
_EXCEL_LINE = re.compile(r"\"?sep=(.)\"?[,;]*", re.IGNORECASE)
_N_LINES = 100  # that are looked at for the separator
_UNNAMED = re.compile(r"(Unnamed: \d+)?")
_COVERED, _BREAK = "\ue000", "\ue001"  # stand for a separator and a line end within quotes


@dataclass(frozen=True)
class CsvTable:
    """What a CSV file holds.

    Attributes
    ----------
    frame : pandas.DataFrame
        All columns, with stripped names of which no two are equal. Numbers are numbers, the rest
        is text as it stands; what is in ``USER_MISSING`` is missing.
    separator : str
        What separates the fields.
    repeated : tuple of str
        Names that the header gives to more than one column.
    remarks : list of str
        What the user should know of how the file was read.
    """

    frame: "pd.DataFrame"
    separator: str
    repeated: tuple[str, ...]
    remarks: list[str]


def read_csv(text: str, file: str, *, as_text: bool = False) -> CsvTable:
    """Read the text of a CSV file with a header line.

    Parameters
    ----------
    text : str
        What the file holds.
    file : str
        Its name, for messages.
    as_text : bool, default=False
        Whether numbers are left as text.

    Returns
    -------
    CsvTable

    Raises
    ------
    ValueError
        With the name of the file: without a header, with a line that has more fields than the
        header has names, or with quotes that do not close.
    """
    import pandas as pd

    text = text.replace("\r\n", "\n").replace("\r", "\n").lstrip("\n")
    declared = _EXCEL_LINE.fullmatch(text.partition("\n")[0])
    if declared:
        text = text.partition("\n")[2]
    separator = declared[1] if declared else _separator_of(text)
    try:
        header, n_lines = _first_row(text, separator)
        body = text.split("\n", n_lines)[n_lines] if text.count("\n") >= n_lines else ""
        n_before = n_lines + bool(declared)
        names, remarks, width, body = _fitted(header, body, separator, n_before)
        frame = pd.read_csv(
            io.StringIO(body),
            sep=separator,
            header=None,
            names=range(max(width, len(names))),
            index_col=False,
            usecols=range(len(names)),
            na_values=list(USER_MISSING),
            keep_default_na=False,
            skipinitialspace=True,
            dtype=str if as_text else None,
            low_memory=False,  # in blocks, a column gets numbers in one and text in another
        )
    except (ValueError, csv.Error) as error:
        reason = str(error).removeprefix(f"{file}: ")
        raise ValueError(f"{file}: cannot be read as CSV with a header line: {reason}") from error
    frame, repeated, more = _named(frame, names)
    return CsvTable(frame, separator, repeated, remarks + more)


def _separator_of(text: str) -> str:
    """The separator that gives most lines as many fields as the header; on a tie, the most."""
    lines = text.split("\n", _N_LINES)[:_N_LINES]
    best, chosen = (0.0, 0), ","
    for separator in _SEPARATORS:
        try:
            widths = [len(row) for row in csv.reader(lines, delimiter=separator) if row]
        except csv.Error:
            continue
        if widths and widths[0] > 1:
            found = (widths.count(widths[0]) / len(widths), widths[0])
            if found > best:
                best, chosen = found, separator
    return chosen


def _first_row(text: str, separator: str) -> tuple[list[str], int]:
    """The names in the header and the number of lines it takes."""
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=separator, skipinitialspace=True)
    for row in rows:
        if any(field.strip() for field in row):
            return [field.strip() for field in row], rows.line_num
    raise ValueError("it is empty.")


def _fitted(
    header: list[str], body: str, separator: str, n_before: int
) -> tuple[list[str], list[str], int, str]:
    """A name for each column, remarks, the fields of the longest line, and lines to parse."""
    # a header may end in a separator that its lines do not have
    n_named = max((at + 1 for at, name in enumerate(header) if name), default=0)
    n_rows, n_short, first_short, widest = 0, 0, 0, 0
    longer = []
    number = n_before
    lines = _masked(body, separator).split("\n")
    blank = f"{separator} \t"  # a row of nothing but separators is no row, as an empty line
    for line in lines:
        number += 1
        if line.strip(blank):
            width = line.count(separator) + 1
            n_rows += 1
            widest = max(widest, width)
            if width < n_named:
                n_short += 1
                first_short = first_short or number
            elif width > len(header):
                beyond = line.split(separator, len(header))[-1]
                if beyond.strip(blank):
                    longer.append((number, width, line.partition(separator)[0]))
        number += line.count(_BREAK)
    if n_rows < len(lines):
        filled = "\n".join(line for line in lines if line.strip(blank))
        body = filled.replace(_COVERED, separator).replace(_BREAK, "\n")
    if n_rows and widest < n_named:
        raise ValueError(f"the header has {n_named} names, and no row more than {widest} fields.")
    header = header[: max(n_named, widest)] if n_rows else header
    if longer:
        # as R writes tables: each row begins with its name, for which the header has none
        named = len({first for _, _, first in longer}) == n_rows == len(longer)
        if not named or widest != len(header) + 1:
            first_long, width, _ = longer[0]
            raise ValueError(
                f"line {first_long} has {width} fields, and the header {len(header)} names."
            )
        return ["", *header], [], widest, body
    if n_short:
        remark = (
            f"{n_short} of {n_rows} rows have fewer fields than the header has names, the first "
            f"in line {first_short}; the fields missing at their ends are missing values"
        )
        return header, [remark], widest, body
    return header, [], widest, body


def _masked(body: str, separator: str) -> str:
    """The lines of a text in which separators and line ends within quotes are other characters."""
    if '"' not in body:
        return body
    sign = re.escape(separator)
    quoted = re.compile(rf"(?:^|(?<=\n)|(?<={sign})) *\"[^\"]*(?:\"\"[^\"]*)*\"")
    return quoted.sub(
        lambda found: found[0].replace(separator, _COVERED).replace("\n", _BREAK), body
    )


def _named(
    frame: "pd.DataFrame", header: list[str]
) -> "tuple[pd.DataFrame, tuple[str, ...], list[str]]":
    """The columns under names of their own, without row names and nameless empty ones."""
    remarks = []
    kept = [at for at, name in enumerate(header) if name or frame[at].notna().any()]
    n_unnamed = 0
    while n_unnamed < len(kept) - 1 and _UNNAMED.fullmatch(header[kept[n_unnamed]]):
        n_unnamed += 1
    if n_unnamed:
        kept = kept[n_unnamed:]
        remarks.append(
            "the first column has no name; it is taken for the names of the rows and left out (to "
            "keep it, give it a name)"
            if n_unnamed == 1
            else f"the first {n_unnamed} columns have no names; they are taken for the names of "
            "the rows and left out (to keep them, give them names)"
        )
    names: list[str] = []
    repeated = []
    for at in kept:
        name = header[at] or f"Unnamed: {at}"
        stem, number = name, 0
        while name in names or (number and name in header):
            number += 1
            name = f"{stem}.{number}"
        if number:
            repeated.append((stem, name))
        names.append(name)
    if repeated:
        shown = ", ".join(f"{stem!r} (read as {name!r})" for stem, name in repeated[:5])
        remarks.append(f"names are given to more than one column: {shown}")
    repeating = tuple(stem for stem, _ in repeated)
    return frame[kept].set_axis(names, axis="columns"), repeating, remarks
