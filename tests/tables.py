"""Tables in every container and with columns of every kind."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import narwhals.stable.v2 as nw
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
from scipy import sparse


@dataclass(frozen=True)
class Container:
    """A kind of table: how to make one from an ndarray, and the type that must come back."""

    name: str
    make: Callable[[np.ndarray], Any]
    comes_back_as: type

    def __str__(self) -> str:
        return self.name


def _names(X: np.ndarray) -> list[str]:
    return [f"column {j}" for j in range(X.shape[1])]


def _pandas(X: np.ndarray) -> pd.DataFrame:
    return pd.DataFrame(X, columns=_names(X), index=[f"row {i}" for i in range(len(X))])


CONTAINERS = [
    Container("ndarray", lambda X: X.copy(), np.ndarray),
    Container("fortran order", np.asfortranarray, np.ndarray),
    Container("float32", lambda X: X.astype(np.float32), np.ndarray),
    Container("list", lambda X: X.tolist(), list),
    Container("pandas", _pandas, pd.DataFrame),
    Container("pandas float32", lambda X: _pandas(X).astype(np.float32), pd.DataFrame),
    Container("pandas nullable", lambda X: _pandas(X).astype("Float64"), pd.DataFrame),
    Container("pandas arrow", lambda X: _pandas(X).astype("double[pyarrow]"), pd.DataFrame),
    Container("polars", lambda X: pl.DataFrame(X, schema=_names(X)), pl.DataFrame),
    Container("pyarrow", lambda X: pa.table(dict(zip(_names(X), X.T, strict=True))), pa.Table),
    Container("csr_matrix", sparse.csr_matrix, sparse.csr_matrix),
    Container("csr_array", sparse.csr_array, sparse.csr_array),
    Container("csc_matrix", sparse.csc_matrix, sparse.csc_matrix),
    Container("csc_array", sparse.csc_array, sparse.csc_array),
    Container("coo_matrix", sparse.coo_matrix, sparse.csr_matrix),
    Container("coo_array", sparse.coo_array, sparse.csr_array),
    Container("lil_matrix", sparse.lil_matrix, sparse.csr_matrix),
]


def as_numbers(table: Any) -> np.ndarray:
    """Any numeric table as a float64 ndarray, missing as NaN."""
    if sparse.issparse(table):
        return table.toarray().astype(np.float64)
    native = nw.from_native(table, eager_only=True, pass_through=True)
    if isinstance(native, nw.DataFrame):
        columns = [np.asarray(column.to_numpy()) for column in native.iter_columns()]
        table = np.column_stack([pd.to_numeric(pd.Series(column)) for column in columns])
    return np.asarray(table, dtype=np.float64)


def unbalanced(sizes, n_columns=4, seed=0):
    """Rows of overlapping classes of the given sizes, labelled 0, 1, ..., in mixed order."""
    rng = np.random.RandomState(seed)
    y = rng.permutation(np.repeat(np.arange(len(sizes)), sizes))
    return rng.normal(size=(len(y), n_columns)) + y[:, None], y


def mixed_columns(n_rows=60):
    """Columns of every kind as lists, None where a value is missing."""
    rng = np.random.RandomState(5)
    colours = ["red", "green", "blue"]

    def with_gaps(values):
        return [None if rng.uniform() < 0.15 else value for value in values]

    return {
        "size": rng.normal(size=n_rows).tolist(),
        "gap": with_gaps(rng.normal(size=n_rows).tolist()),
        "count": rng.randint(0, 50, size=n_rows).tolist(),
        "maybe count": with_gaps(rng.randint(0, 50, size=n_rows).tolist()),
        "colour": rng.choice(colours, size=n_rows).tolist(),
        "maybe colour": with_gaps(rng.choice(colours, size=n_rows).tolist()),
        "word": rng.choice(["yes", "no", "perhaps"], size=n_rows).tolist(),
        "flag": (rng.uniform(size=n_rows) < 0.4).tolist(),
        "maybe flag": with_gaps((rng.uniform(size=n_rows) < 0.4).tolist()),
    }


NOMINAL = ["colour", "maybe colour", "word", "flag", "maybe flag"]


def mixed_pandas(columns):
    frame = pd.DataFrame(columns, index=range(100, 100 + len(columns["size"])))
    levels = ["unused", "red", "green", "blue"]
    frame["size"] = frame["size"].astype(np.float32)
    frame["gap"] = frame["gap"].astype(float)
    frame["count"] = frame["count"].astype(np.int16)
    frame["maybe count"] = frame["maybe count"].astype("Int64")
    frame["colour"] = pd.Categorical(frame["colour"], categories=levels)
    frame["maybe colour"] = pd.Categorical(frame["maybe colour"], categories=levels, ordered=True)
    frame["maybe flag"] = frame["maybe flag"].astype("boolean")
    return frame


def mixed_pandas_object(columns):
    frame = mixed_pandas(columns)
    return frame.astype({"word": object, "maybe colour": object, "maybe flag": object})


def mixed_pandas_arrow(columns):
    table = mixed_pyarrow(columns)
    return table.to_pandas(types_mapper=pd.ArrowDtype)


def mixed_polars(columns):
    return pl.DataFrame(columns).with_columns(
        pl.col("size").cast(pl.Float32),
        pl.col("count").cast(pl.Int16),
        pl.col("colour").cast(pl.Categorical),
        pl.col("maybe colour").cast(pl.Enum(["unused", "red", "green", "blue"])),
    )


def mixed_pyarrow(columns):
    table = pa.table(columns)
    narrow = {"size": pa.float32(), "count": pa.int16(), "maybe count": pa.int64()}
    for name, dtype in narrow.items():
        at = table.column_names.index(name)
        table = table.set_column(at, name, table[name].cast(dtype))
    for name in ("colour", "maybe colour"):
        at = table.column_names.index(name)
        table = table.set_column(at, name, table[name].dictionary_encode())
    return table


MIXED = {
    "pandas": mixed_pandas,
    "pandas object": mixed_pandas_object,
    "pandas arrow": mixed_pandas_arrow,
    "polars": mixed_polars,
    "pyarrow": mixed_pyarrow,
}


def mixed_table(kind):
    """A table with columns of every kind and missing values, and labels (45 and 15 rows)."""
    y = np.random.RandomState(6).permutation(np.repeat([0, 1], [45, 15]))
    return MIXED[kind](mixed_columns()), y


def dtypes_of(table):
    """Column types in the table's own words."""
    if isinstance(table, pd.DataFrame):
        return table.dtypes.to_dict()
    if isinstance(table, pl.DataFrame):
        return dict(table.schema)
    return {field.name: field.type for field in table.schema}


def cells(table, name):
    """One column as Python values, None where missing."""
    native = nw.from_native(table, eager_only=True)
    column = native[name]
    return [
        None if empty or value != value else value
        for value, empty in zip(column.to_list(), column.is_null().to_list(), strict=True)
    ]


def sparse_numbers(n_rows, n_columns, density, rng):
    """Uniform numbers with gaps of zeros (scipy's maker renamed its seed between versions)."""
    values = rng.random((n_rows, n_columns))
    return sparse.csr_array(np.where(rng.random(values.shape) < density, values, 0.0))
