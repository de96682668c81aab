"""Tables at random: containers, dtypes, missing values, ties, scales, levels, classes, weights.

Everything is drawn from one seed, so that a table that breaks something can be made again.
"""

import datetime as dt
import decimal
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
from scipy import sparse

WORDS = ["yes", "no", "perhaps", "02124", "5", "5.0", "True", "", " a b ", "naïve", "x" * 300]


@dataclass(frozen=True)
class Column:
    """A column as Python values, None where one is missing, and the arrow type that holds them."""

    kind: str
    values: list[Any]
    arrow: Any

    @property
    def is_number(self) -> bool:
        return self.kind in NUMBERS

    @property
    def complete(self) -> bool:
        return all(value is not None for value in self.values)


def _floats(rng, n):
    return rng.normal(size=n).tolist()


def _few_values(rng, n):
    return rng.randint(-2, 3, n).astype(float).tolist()


def _scaled(rng, n):
    exponent = rng.choice([-300, -170, -40, -8, 8, 40, 160, 300])
    return (rng.normal(size=n) * 10.0**exponent).tolist()


def _far_from_zero(rng, n):
    return (rng.choice([1e6, 1e8, 1e12]) + rng.normal(size=n)).tolist()


def _heavy_tailed(rng, n):
    values = rng.standard_cauchy(n)
    values[rng.randint(n)] = rng.choice([1e12, -1e9])
    return values.tolist()


def _constant(rng, n):
    return [float(rng.choice([0.0, 1.0, -7.5, 1e6]))] * n


def _float32(rng, n):
    return rng.normal(10_000, 1, n).astype(np.float32).astype(float).tolist()


def _small_integers(rng, n):
    return rng.randint(0, 6, n).tolist()


def _bytes(rng, n):
    return rng.choice([0, 1, 5, 250, 255], n).tolist()


def _signed_bytes(rng, n):
    return rng.randint(-128, 128, n).tolist()


def _identifiers(rng, n):
    return (2**53 + rng.randint(0, 1000, n)).tolist()


def _largest_integers(rng, n):
    return (np.iinfo(np.int64).max - rng.randint(0, 3, n)).tolist()


def _unsigned(rng, n):
    return [2**64 - 1 - int(value) for value in rng.randint(0, 3, n)]


def _decimals(rng, n):
    return [decimal.Decimal(int(value)) / 4 for value in rng.randint(-40, 40, n)]


def _words(rng, n):
    chosen = rng.choice(WORDS, rng.randint(1, 6), replace=False)
    return [str(value) for value in rng.choice(chosen, n)]


def _own_word_each(rng, n):
    return [f"row {value}" for value in rng.permutation(n)]


def _bools(rng, n):
    return [bool(value) for value in rng.uniform(size=n) < 0.3]


def _dates(rng, n):
    start = dt.datetime(2020, 1, 1)
    return [start + dt.timedelta(hours=int(value)) for value in rng.randint(0, 90_000, n)]


def _days(rng, n):
    return [moment.date() for moment in _dates(rng, n)]


def _durations(rng, n):
    return [dt.timedelta(seconds=int(value)) for value in rng.randint(0, 90_000, n)]


def _nothing(rng, n):
    return [None] * n


NUMBERS = {
    "normal": (_floats, pa.float64()),
    "few values": (_few_values, pa.float64()),
    "scaled": (_scaled, pa.float64()),
    "far from zero": (_far_from_zero, pa.float64()),
    "heavy tails": (_heavy_tailed, pa.float64()),
    "constant": (_constant, pa.float64()),
    "float32": (_float32, pa.float32()),
    "small integers": (_small_integers, pa.int64()),
    "uint8": (_bytes, pa.uint8()),
    "int8": (_signed_bytes, pa.int8()),
    "identifiers": (_identifiers, pa.int64()),
    "largest integers": (_largest_integers, pa.int64()),
    "uint64": (_unsigned, pa.uint64()),
    "decimals": (_decimals, pa.decimal128(12, 2)),
}
LEVELS = {
    "words": (_words, pa.string()),
    "categories": (_words, pa.dictionary(pa.int32(), pa.string())),
    "own word each": (_own_word_each, pa.string()),
    "bool": (_bools, pa.bool_()),
}
OTHERS = {
    "dates": (_dates, pa.timestamp("us")),
    "days": (_days, pa.date32()),
    "durations": (_durations, pa.duration("us")),
    "null": (_nothing, pa.null()),
}
NATURE = {**NUMBERS, **LEVELS, **OTHERS}


def draw_column(rng: np.random.RandomState, n_rows: int, kind: str, missing: float) -> Column:
    draw, arrow = NATURE[kind]
    gone = rng.uniform(size=n_rows) < missing
    values = [
        None if empty else value for value, empty in zip(draw(rng, n_rows), gone, strict=True)
    ]
    return Column(kind, values, arrow)


# --- containers -----------------------------------------------------------------------------


def names_of(columns: list[Column]) -> list[str]:
    return [f"{column.kind} {j}" for j, column in enumerate(columns)]


def to_pyarrow(columns, rng):
    arrays = [pa.array(column.values, column.arrow) for column in columns]
    return pa.Table.from_arrays(arrays, names_of(columns))


def to_polars(columns, rng):
    return pl.from_arrow(to_pyarrow(columns, rng))


def to_pandas(columns, rng):
    """Each column in one of the ways in which pandas can hold it."""
    made = {}
    for name, column in zip(names_of(columns), columns, strict=True):
        made[name] = _series(column, rng.choice(["plain", "object", "nullable", "arrow"]))
    index = pd.Index([f"row {i}" for i in range(len(columns[0].values))])
    return pd.DataFrame(made).set_index(index)


def _series(column: Column, way: str) -> pd.Series:
    if way == "arrow" and column.kind not in ("categories", "null"):
        return pd.Series(pd.arrays.ArrowExtensionArray(pa.array(column.values, column.arrow)))
    objects = pd.Series(column.values, dtype=object)
    if way == "object":
        return objects
    if column.kind == "categories":
        return objects.astype("category")
    if way == "nullable" and column.kind not in ("decimals", "dates", "days", "durations", "null"):
        return objects.convert_dtypes() if column.kind in LEVELS else _nullable(column)
    if column.is_number and column.kind != "decimals" and (column.complete or _is_float(column)):
        return pd.Series(column.values, dtype=column.arrow.to_pandas_dtype())
    return pd.Series(column.values)


def _nullable(column: Column) -> pd.Series:
    name = str(np.dtype(column.arrow.to_pandas_dtype()))  # "uint8" for the nullable "UInt8"
    name = name.replace("uint", "UInt") if name[0] == "u" else name.capitalize()
    return pd.Series(column.values, dtype=name)


def _is_float(column: Column) -> bool:
    return pa.types.is_floating(column.arrow)


def to_objects(columns, rng):
    table = np.empty((len(columns[0].values), len(columns)), dtype=object)
    for j, column in enumerate(columns):
        table[:, j] = column.values
    return table


def to_list(columns, rng):
    return to_objects(columns, rng).tolist()


def to_numbers(columns, rng):
    """One matrix: of integers if all are, else of floats with NaN where one is missing."""
    integers = all(pa.types.is_integer(column.arrow) and column.complete for column in columns)
    if integers and rng.uniform() < 0.7:
        values = np.array([column.values for column in columns], dtype=object).T
        smallest, largest = min(map(min, values.tolist())), max(map(max, values.tolist()))
        for dtype in (np.uint8, np.int8, np.int64, np.uint64):
            if np.iinfo(dtype).min <= smallest and largest <= np.iinfo(dtype).max:
                return values.astype(dtype)
    rows = [[np.nan if v is None else float(v) for v in column.values] for column in columns]
    table = np.array(rows).T
    if np.nanmax(np.abs(table), initial=0.0) < 1e30 and rng.uniform() < 0.3:
        return table.astype(np.float32)
    return np.asfortranarray(table) if rng.uniform() < 0.2 else np.ascontiguousarray(table)


def to_text(columns, rng):
    return to_objects(columns, rng).astype(str)


def to_sparse(columns, rng):
    """CSR, CSC or COO, at times with each element stored as two halves that are to be summed."""
    dense = to_numbers(columns, rng)
    dense[rng.uniform(size=dense.shape) < 0.5] = 0
    made = sparse.coo_array(dense)
    kind = rng.choice(["csr_matrix", "csr_array", "csc_array", "coo_matrix", "halves"])
    if kind != "halves":
        return getattr(sparse, kind)(made)
    if dense.dtype.kind != "f":
        made = made.astype(np.float64)
    at = np.concatenate([made.row, made.row]), np.concatenate([made.col, made.col])
    order = np.argsort(at[0], kind="stable")
    half = np.concatenate([made.data / 2, made.data / 2])[order]
    starts = np.concatenate([[0], np.cumsum(np.bincount(at[0], minlength=dense.shape[0]))])
    return sparse.csr_array((half, at[1][order], starts), shape=dense.shape)


ANY_COLUMN = {
    "pyarrow": to_pyarrow,
    "polars": to_polars,
    "pandas": to_pandas,
    "objects": to_objects,
    "list": to_list,
}
NUMBERS_ALONE = {"ndarray": to_numbers, "sparse": to_sparse}


@dataclass(frozen=True)
class RandomTable:
    """A table, its labels, and what they were drawn as."""

    X: Any
    y: Any
    weight: np.ndarray | None
    container: str
    columns: list[Column]
    codes: np.ndarray  # of the classes

    @property
    def description(self) -> str:
        kinds = ", ".join(
            column.kind + ("" if column.complete else " with gaps") for column in self.columns
        )
        sizes = np.bincount(self.codes).tolist()
        weighted = "" if self.weight is None else ", weighted"
        return f"{self.container} of [{kinds}], classes of {sizes} rows{weighted}"


def draw_table(rng: np.random.RandomState) -> RandomTable:
    """One table with labels and perhaps weights."""
    sizes = rng.randint(1, 12, rng.choice([2, 2, 2, 3, 4]))
    sizes += rng.choice([0, 4, 12], len(sizes))
    sizes[0] = rng.choice([sizes[0], 30, 60, 120])
    codes = rng.permutation(np.repeat(np.arange(len(sizes)), sizes))
    n_rows = len(codes)

    container = str(rng.choice([*ANY_COLUMN, "pandas", *NUMBERS_ALONE, "ndarray", "text"]))
    kinds = list(NATURE) if container in ANY_COLUMN and rng.uniform() < 0.5 else list(NUMBERS)
    if container in ANY_COLUMN and rng.uniform() < 0.5:
        kinds = [*NUMBERS, *LEVELS]
    if rng.uniform() < 0.4:  # tables without the odd kinds, which many methods refuse
        kinds = ["normal", "few values", "small integers", *(LEVELS if len(kinds) > 14 else ())]
    if container == "text":
        kinds = ["words", "own word each"]
    n_columns = rng.randint(1, 6)
    missing = rng.choice([0.0, 0.0, 0.1, 0.5])
    columns = [
        draw_column(rng, n_rows, str(rng.choice(kinds)), missing if rng.uniform() < 0.6 else 0.0)
        for _ in range(n_columns)
    ]
    if rng.uniform() < 0.3:  # repeated rows
        from_rows = rng.randint(0, n_rows, n_rows)
        columns = [Column(c.kind, [c.values[row] for row in from_rows], c.arrow) for c in columns]
    make = {**ANY_COLUMN, **NUMBERS_ALONE, "text": to_text}[container]
    return RandomTable(
        make(columns, rng),
        draw_labels(rng, codes),
        _draw_weight(rng, n_rows),
        container,
        columns,
        codes,
    )


def draw_labels(rng: np.random.RandomState, codes: np.ndarray) -> Any:
    """Labels of the classes, in one of the ways in which people hold them."""
    words = np.array(["no", "yes", "maybe", "10"])[rng.permutation(4)]
    ways = [
        lambda: codes,
        lambda: codes.astype(float),
        lambda: codes + 1,
        lambda: words[codes],
        lambda: words[codes].astype(object),
        lambda: words[codes].tolist(),
        lambda: codes.tolist(),
        lambda: pd.Series(words[codes], name="label", index=np.arange(len(codes))[::-1]),
        lambda: pd.Series(pd.Categorical(words[codes]), name="label"),
        lambda: pd.Series(codes, name="label", dtype="Int64"),
        lambda: pl.Series("label", words[codes].tolist()),
        lambda: pa.chunked_array([pa.array(codes)]),
    ]
    if codes.max() == 1:
        ways += [lambda: codes == 1, lambda: 2 * codes - 1]
    return ways[rng.randint(len(ways))]()


def _draw_weight(rng, n_rows):
    kind = rng.choice(["none", "none", "none", "uniform", "whole", "wide"])
    if kind == "none":
        return None
    if kind == "uniform":
        return rng.uniform(0.5, 2, n_rows)
    return (
        rng.randint(0, 4, n_rows).astype(float)
        if kind == "whole"
        else 10 ** rng.normal(0, 2, n_rows)
    )
