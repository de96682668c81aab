"""The user's own CSV, Parquet and ARFF files as typed frames, and what was noticed in them."""

import warnings
from collections.abc import Collection
from typing import TYPE_CHECKING

import numpy as np

from imbalance_kit._tables.parquet_index import index_columns
from imbalance_kit.datasets._arff import read_arff
from imbalance_kit.datasets._csv import CsvTable, read_csv
from imbalance_kit.datasets._formats import as_typed
from imbalance_kit.datasets._text_columns import BEYOND, has_decimal_comma, read_text_column
from imbalance_kit.datasets._text_files import decode, unpack

if TYPE_CHECKING:
    import pandas as pd

USER_FORMATS = {
    ".csv": "csv",
    ".tsv": "csv",
    ".parquet": "parquet",
    ".arff": "arff",
    ".dat": "arff",
}
"""Reader of a user's file by its ending; it may be packed, as ``.csv.gz`` is."""

_TARGETS = ("target", "class")


def read_user_table(
    content: bytes,
    reader: str,
    file: str,
    target: str,
    *,
    as_text: Collection[str] = (),
    needed: Collection[str] = (),
    warn: bool = False,
) -> "tuple[pd.DataFrame, str]":
    """Read a user's file.

    Parameters
    ----------
    content : bytes
        What the file holds.
    reader : {"csv", "parquet", "arff"}
        Its format.
    file : str
        Its name.
    target : str
        The column with the labels; empty for the default rule.
    as_text : collection of str, default=()
        Columns whose text is not read as numbers.
    needed : collection of str, default=()
        Columns that stay even if they are the index of a Parquet file.
    warn : bool, default=False
        Whether to warn of what was noticed.

    Returns
    -------
    frame : pandas.DataFrame
        Typed columns, the labels last.
    target : str
        Name of the column with the labels.

    Raises
    ------
    ValueError
        With the name of the file, whatever is wrong with it.
    """
    content = unpack(content, file)
    csv: CsvTable | None = None
    text, remarks = "", []
    if reader == "arff":
        frame, last = read_arff(decode(content, file), file)
    elif reader == "parquet":
        frame = read_parquet(content, file, needed=(target, *needed))
        last = str(frame.columns[-1]) if len(frame.columns) else ""
    else:
        text = decode(content, file)
        csv = read_csv(text, file)
        frame, remarks = csv.frame, csv.remarks
        last = str(frame.columns[-1])
    frame = frame.set_axis([str(column).strip() for column in frame.columns], axis="columns")
    target = target or _target_of(list(frame.columns), last.strip())
    if csv is not None and target in csv.repeated:
        raise ValueError(
            f"{file}: two columns are named {target!r}, which is the target; give each its own "
            "name, and leave out what is a copy of the labels."
        )
    alike = [name for name in frame.columns if name.lower() == target.lower() and name != target]
    if alike:
        remarks.append(
            f"the target is {target!r}; {', '.join(map(repr, alike))} is taken for a feature"
        )
    if frame.columns.is_unique and reader != "arff":
        frame, more = _with_numbers(frame, {target, *as_text}, csv, text, file)
        remarks += more
    if warn and remarks:
        warnings.warn(f"{file}: {'. '.join(map(_sentence, remarks))}.", stacklevel=2)
    return as_typed(frame, target, file), target


def read_parquet(content: bytes, file: str, *, needed: Collection[str] = ()) -> "pd.DataFrame":
    """Read a Parquet file without the index of the frame that was written.

    Parameters
    ----------
    content : bytes
        What the file holds.
    file : str
        Its name, for messages.
    needed : collection of str, default=()
        Columns that stay even if they are the index.

    Raises
    ------
    ValueError
        If it is damaged.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        table = pq.ParquetFile(pa.BufferReader(content)).read(use_threads=False)
        table.validate(full=True)
        left_out = index_columns(table.column_names, table.schema.metadata) - set(needed)
        kept = [at for at, name in enumerate(table.column_names) if name not in left_out]
        return table.select(kept).to_pandas(ignore_metadata=True, date_as_object=False)
    except (pa.ArrowException, ValueError, OSError, TypeError, KeyError, OverflowError) as error:
        raise ValueError(f"{file}: cannot be read as Parquet: {error}") from error


def _target_of(names: list[str], last: str) -> str:
    """The column of labels that no one named."""
    for word in _TARGETS:
        if word in names:
            return word
        alike = [name for name in names if name.lower() == word]
        if alike:
            return alike[0]
    return last


def _with_numbers(
    frame: "pd.DataFrame", as_text: Collection[str], csv: CsvTable | None, text: str, file: str
) -> "tuple[pd.DataFrame, list[str]]":
    """The table with columns of text that hold numbers, dates or times as numbers, and remarks."""
    import pandas as pd

    columns = {str(name): frame[name] for name in frame.columns}
    worded = [name for name in columns if name not in as_text and _is_text(columns[name])]
    decimal_comma = csv is not None and any(has_decimal_comma(columns[name]) for name in worded)
    if decimal_comma:
        # then 1.234 may be a number above a thousand, which the parser took for one above 1
        again = read_csv(text, file, as_text=True).frame
        with_point = [
            name for name, column in columns.items() if pd.api.types.is_float_dtype(column.dtype)
        ]
        for name in with_point:
            if name not in as_text:
                columns[name] = again[name]
                worded.append(name)
    # a file that is separated by semicolons keeps the comma for numbers
    doubtful = csv is not None and csv.separator != "," and not decimal_comma
    decimal_comma = decimal_comma or (csv is not None and csv.separator == ";")
    remarks = []
    for name in worded:
        columns[name], remark = read_text_column(
            columns[name],
            numbers=csv is not None,
            decimal_comma=decimal_comma,
            doubtful=doubtful,
        )
        remarks += [remark] if remark else []
    for name, column in columns.items():
        if name in as_text or not pd.api.types.is_numeric_dtype(column.dtype):
            continue
        if column.dtype == np.uint64 and len(column) and column.max() > np.iinfo(np.int64).max:
            remarks.append(f"column {name!r} is read as numbers: {BEYOND}")
        elif pd.api.types.is_float_dtype(column.dtype) and np.isinf(column.astype(float)).any():
            infinite = np.isinf(column.astype(float))
            columns[name] = column.mask(infinite)
            remarks.append(
                f"column {name!r} has infinite numbers in {int(infinite.sum())} rows; they are "
                "taken as missing"
            )
    return pd.DataFrame(columns), remarks


def _is_text(column: "pd.Series") -> bool:
    import pandas as pd

    if isinstance(column.dtype, pd.CategoricalDtype):
        return False
    kind = pd.api.types.infer_dtype(column, skipna=True)
    return kind in ("string", "mixed-integer", "mixed", "integer") and not (
        pd.api.types.is_numeric_dtype(column.dtype)
    )


def _sentence(remark: str) -> str:
    return remark[0].upper() + remark[1:]
