"""A folder of the user's own tables as data sets."""

import hashlib
import os
import warnings
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from imbalance_kit.datasets._dataset import SMALLEST_CLASS, Dataset, LoadedTable, facts_of
from imbalance_kit.datasets._formats import require_pandas
from imbalance_kit.datasets._text_files import split_name
from imbalance_kit.datasets._user_tables import USER_FORMATS


def load_folder(
    path: str | os.PathLike[str],
    *,
    target: str | None = None,
    sensitive: Sequence[str] = (),
    groups: str | None = None,
    time: str | None = None,
) -> list[Dataset]:
    """Return the CSV, Parquet and ARFF files of a folder as data sets, sorted by name.

    Every file is read once, to learn its sizes. Text, boolean and category columns are nominal;
    dates, times of day and durations become seconds; quotes that are part of a value, as in
    ``'1'``, are taken off; empty fields, ``?``, ``NA``, ``N/A``, ``NaN`` and ``null`` are missing.
    Classes with fewer than 8 rows cannot be split into training, validation and test rows: in a
    table with three classes or more they are left out, and the record names them in
    ``dropped_classes``.

    The index of a frame that pandas wrote is no feature: neither that of a Parquet file nor a
    first column of a CSV file without a name. In CSV files text such as ``1,234``, ``5%`` or
    ``2024-01-31`` is a number, in the labels and in ``groups`` it stays text; the separator is the
    one of comma, semicolon, tab and bar that fits the lines, or that of a line ``sep=;``.

    Parameters
    ----------
    path : str or path-like
        The folder, or one file. Files with other endings than .csv, .tsv, .parquet, .arff and .dat
        (KEEL) are passed over; all of these may be packed, as .csv.gz is, by gzip, bzip2 or xz. A
        file of a folder that cannot be used is passed over with a warning that names it.

    target : str or None, default=None
        The column with the labels, in all files. By default the column named ``target``, else
        ``class``, in capitals or not, else the last one (in ARFF the declared output). The
        ``target`` of the records is the one that was taken.

    sensitive : sequence of str, default=()
        Columns that hold sensitive features; a file that lacks some has the others.

    groups : str or None, default=None
        Column, in all files, whose equal values have to stay on one side of a split, such as a
        patient's number. It is left out of the features.

    time : str or None, default=None
        Column, in all files, that orders the rows: numbers, dates or ISO 8601 text. Training rows
        then come before test rows. It stays among the features, as a number.

    Returns
    -------
    list of Dataset
        ``source`` is the name of the file and ``role`` is empty.

    Raises
    ------
    FileNotFoundError
        If there is no such folder, or no table in it.
    ValueError
        Naming the file, if there is only one or all are like it: if it cannot be read, has no
        column ``target`` or two of them, has rows without a label, or has fewer than two classes
        with 8 rows; and if ``groups`` or ``time`` is not a
        column, is the target, has one single value or missing ones, or ``time`` cannot be read.

    Warns
    -----
    UserWarning
        Once a file, naming it and its columns: if numbers stand among text or text among numbers,
        rows have too few fields, names are missing or repeated, or a column is named like the
        target but for capitals.

    Examples
    --------
    >>> import tempfile, pathlib
    >>> from imbalance_kit.datasets import load_folder
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     rows = ["size,colour,target", *["1.5,red,no"] * 30, *["2,blue,yes"] * 10]
    ...     _ = pathlib.Path(folder, "toy.csv").write_text("\\n".join(rows))
    ...     toy = load_folder(folder)[0]
    >>> toy.name, toy.n_rows, toy.n_numeric, toy.n_nominal, toy.imbalance_ratio
    ('toy', 40, 1, 1, 3.0)
    """
    require_pandas()
    place = Path(path).expanduser()
    if not place.exists():
        raise FileNotFoundError(f"There is no folder or file {place}.")
    files = sorted(place.iterdir()) if place.is_dir() else [place]
    tables = [file for file in files if split_name(file.name)[1] in USER_FORMATS and file.is_file()]
    if not tables:
        raise FileNotFoundError(
            f"{place} holds no table: expected files ending in {', '.join(USER_FORMATS)}."
        )
    stems = [split_name(file.name)[0] for file in tables]
    records: list[Dataset] = []
    errors: list[str] = []
    for file, stem in zip(tables, stems, strict=True):
        try:
            record = _describe(
                file,
                file.name if stems.count(stem) > 1 else stem,
                (sensitive,) if isinstance(sensitive, str) else tuple(sensitive),
                target=target or "",
                groups=groups or "",
                time=time or "",
            )
        except ValueError as error:
            if len(tables) == 1:
                raise
            errors.append(str(error))
        else:
            records.append(record)
    if not records:
        raise ValueError(f"{place} holds no table that can be used. {' '.join(errors)}")
    if errors:
        warnings.warn(
            f"{len(errors)} of {len(tables)} files in {place} are passed over. {' '.join(errors)}",
            stacklevel=2,
        )
    return sorted(records, key=lambda record: record.name)


def _describe(
    file: Path, name: str, sensitive: tuple[str, ...], target: str, groups: str, time: str
) -> Dataset:
    record = Dataset(
        name=name,
        source=name,
        role="",
        licence="the user's own",
        reader=USER_FORMATS[split_name(file.name)[1]],
        files=(str(file.resolve()),),
        sha256=(hashlib.sha256(file.read_bytes()).hexdigest(),),
        target=target,
        groups=groups,
        time=time,
        sensitive=sensitive,
    )
    table = record.load_all()
    record = replace(record, target=str(table.y.name))
    _check_splitting(record, table, sensitive)
    X, y = table.X, table.y
    if X.shape[1] == 0:
        raise ValueError(
            f"{file.name}: no column beside the target {y.name!r} has two different values, so "
            "there is nothing to learn from."
        )
    rows = y.value_counts()
    if len(rows) > max(2, len(y) // 2):
        raise ValueError(
            f"{file.name}: the target {y.name!r} has {len(rows)} values in {len(y)} rows; it looks "
            "like a number or a name, not a class. Give another column as target."
        )
    rare = tuple(sorted(rows.index[rows < SMALLEST_CLASS]))
    if len(rows) - len(rare) < 2:
        shown = ", ".join(f"{label!r} ({n})" for label, n in rows.items())
        raise ValueError(
            f"{file.name}: expected at least two classes with {SMALLEST_CLASS} rows or more in "
            f"{y.name!r}, got {shown}. Add rows, or give another column as target."
        )
    if rare:
        record = replace(record, dropped_classes=rare, n_rows=len(y))
        X, y = record.load()
    present = tuple(column for column in sensitive if column in X)
    return replace(record, sensitive=present, **facts_of(X, y))


def _check_splitting(record: Dataset, table: LoadedTable, sensitive: tuple[str, ...]) -> None:
    place = f"Data set {record.name!r}"
    if record.groups and record.groups in sensitive:
        raise ValueError(
            f"{place}: {record.groups!r} is given as groups, which leaves it out of the features, "
            "and as sensitive. Give a copy of the column for one of them."
        )
    for name, values in ((record.groups, table.groups), (record.time, table.time)):
        if values is not None and values.nunique() < 2:
            raise ValueError(
                f"{place}: {name!r} has the one value {values.iloc[0]}, so there is nothing to "
                "split by. Leave it out, or give another column."
            )
