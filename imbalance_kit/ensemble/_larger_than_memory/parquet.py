"""Parquet files as a table of which only the wanted rows stay in memory."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from imbalance_kit._tables.parquet_index import index_columns
from imbalance_kit.ensemble._larger_than_memory.stored_table import (
    StoredTable,
    check_column,
    in_order,
    number_type,
    rows_at_a_time,
)

_BUFFER = 1 << 20  # bytes of a column that are read from the file together


class ParquetTable(StoredTable):
    """A Parquet file, or all such files in a folder in the order of their paths.

    Columns of numbers only become an array: float32 where that holds all values, otherwise
    float64. If there are texts or dictionaries among them, rows become a pandas frame in which
    these are categories, the same in every block. The index of a frame that pandas or dask wrote is
    no feature.

    Parameters
    ----------
    path : Path
        File or folder.

    left_out : tuple of str
        Columns that are no features.
    """

    def __init__(self, path: Path, left_out: tuple[str, ...]) -> None:
        self._files = _files_of(path)
        self._row_groups: list[tuple[int, int, int]] = []  # file, number in it, rows
        index: set[str] = set()
        for number, file in enumerate(self._files):
            description, schema = _described(file)
            index |= index_columns(schema.names, schema.metadata)
            if number == 0:
                self._schema = schema.remove_metadata()
            elif not schema.remove_metadata().equals(self._schema):
                raise ValueError(
                    f"The columns of {file.name} are not those of {self._files[0].name}. All "
                    "files of a folder must have the same columns of the same types."
                )
            for group in range(description.num_row_groups):
                n_rows = description.row_group(group).num_rows
                self._row_groups.append((number, group, n_rows))
        self.names = [name for name in self._schema.names if name not in {*left_out, *index}]
        self._fields = [self._schema.field(name) for name in self.names]
        self._n_rows = sum(n_rows for _, _, n_rows in self._row_groups)
        if not self._n_rows or not self.names:
            raise ValueError(f"{path} holds {self._n_rows} rows of {len(self.names)} features.")
        self._named = [field for field in self._fields if _is_named(field)]
        self.numbers = not self._named
        self._levels: dict[str, Any] | None = None
        numbers = [_kind_of(field) for field in self._fields if field not in self._named]
        self._dtype = number_type(numbers)

    @property
    def shape(self) -> tuple[int, int]:
        return self._n_rows, len(self.names)

    def head(self) -> pa.Table:
        return pa.schema(self._fields).empty_table()

    def column(self, name: str) -> np.ndarray:
        check_column(name, self._schema.names)
        found = [_values(column) for (column,) in self._batches(None, [name])]
        return np.concatenate(found)

    def levels(self) -> dict[str, Any]:
        import pandas as pd

        return {
            field.name: pd.CategoricalDtype(
                self._all_levels()[field.name].to_pandas(),
                ordered=_is_dictionary(field) and field.type.ordered,
            )
            for field in self._named
        }

    def take(self, rows: np.ndarray) -> Any:
        wanted, back = in_order(rows)
        taken = self._stacked(self._batches(wanted, self.names), len(wanted))
        if back is None:
            return taken
        return taken[back] if isinstance(taken, np.ndarray) else taken.iloc[back]

    def blocks(self) -> Iterator[Any]:
        step = rows_at_a_time(4 * len(self.names))
        ready: list[list[pa.Array]] = []
        n_ready = 0
        for columns in self._batches(None, self.names):
            ready.append(columns)
            n_ready += len(columns[0])
            if n_ready >= step:
                yield self._stacked(iter(ready), n_ready)
                ready, n_ready = [], 0
        if ready:
            yield self._stacked(iter(ready), n_ready)

    def _batches(self, wanted: np.ndarray | None, names: list[str]) -> Iterator[list[pa.Array]]:
        """The wanted rows, in order, of some columns; row groups without any are not read."""
        step = rows_at_a_time(4 * len(names)) // 8 + 1
        file: pq.ParquetFile | None = None
        start, opened = 0, None
        for number, group, n_rows in self._row_groups:
            first, start = start, start + n_rows
            if wanted is not None:
                begin, end = np.searchsorted(wanted, [first, start])
                if begin == end:
                    continue
            if number != opened:
                file = _opened(self._files[number])
                opened = number
            assert file is not None
            read = file.iter_batches(batch_size=step, row_groups=[group], columns=names)
            for batch in _sound(read, self._files[number]):
                stop = first + len(batch)
                if wanted is not None:
                    begin, end = np.searchsorted(wanted, [first, stop])
                    if end - begin < len(batch):
                        batch = batch.take(pa.array(wanted[begin:end] - first))
                first = stop
                if len(batch):
                    yield [batch.column(name) for name in names]

    def _stacked(self, batches: Iterator[list[pa.Array]], n_rows: int) -> Any:
        """Columns of batches as one table."""
        if not self._named:
            table = np.empty((n_rows, len(self.names)), dtype=self._dtype)
            start = 0
            for columns in batches:
                stop = start + len(columns[0])
                for place, column in enumerate(columns):
                    table[start:stop, place] = _numbers(column)
                start = stop
            return table
        import pandas as pd

        parts: list[list[np.ndarray]] = [[] for _ in self._fields]
        for columns in batches:
            for part, field, column in zip(parts, self._fields, columns, strict=True):
                part.append(
                    self._category_codes(field, column) if _is_named(field) else _numbers(column)
                )
        frame: dict[str, Any] = {}
        for field, part in zip(self._fields, parts, strict=True):
            column = np.concatenate(part) if part else np.empty(0, dtype=np.int8)
            if _is_named(field):
                levels = self._all_levels()[field.name].to_pandas()
                ordered = _is_dictionary(field) and field.type.ordered
                column = pd.Categorical.from_codes(column, levels, ordered=ordered)
            frame[field.name] = column
        return pd.DataFrame(frame)

    def _category_codes(self, field: pa.Field, column: pa.Array) -> np.ndarray:
        """Positions of the values of a column of texts among its levels; -1 where missing."""
        levels = self._all_levels()[field.name]
        found = pc.index_in(_plain(column), value_set=levels)
        return found.fill_null(-1).to_numpy(zero_copy_only=False)

    def _all_levels(self) -> dict[str, Any]:
        """All values of each column of texts; those of a dictionary keep its order."""
        if self._levels is None:
            names = [field.name for field in self._named]
            found: dict[str, list] = {name: [] for name in names}
            for columns in self._batches(None, names):
                for name, column in zip(names, columns, strict=True):
                    known = column.dictionary if pa.types.is_dictionary(column.type) else column
                    found[name].append(pc.drop_null(pc.unique(known)))
            self._levels = {}
            for field in self._named:
                levels = pc.unique(pa.chunked_array(found[field.name]))
                if not _is_dictionary(field):
                    levels = levels.take(pc.sort_indices(levels))
                self._levels[field.name] = levels
        return self._levels


def _files_of(path: Path) -> list[Path]:
    if not path.exists():
        raise FileNotFoundError(f"X names a Parquet file or a folder of them; there is no {path}.")
    if path.is_file():
        return [path]
    files = sorted(file for file in path.rglob("*.parquet") if not file.name.startswith((".", "_")))
    if not files:
        raise ValueError(f"There is no file named *.parquet in the folder {path}.")
    by_column = [file for file in files if "=" in str(file.parent.relative_to(path))]
    if by_column:
        raise ValueError(
            f"{by_column[0]} is one of the parts of a table split by a column, whose values stand "
            "in the names of folders only. Give a dask frame, which has them as a column."
        )
    return files


def _described(file: Path) -> tuple[pq.FileMetaData, pa.Schema]:
    try:
        description = pq.read_metadata(file)
        return description, description.schema.to_arrow_schema()
    except (pa.ArrowException, OSError) as error:
        raise ValueError(f"{file} cannot be read as Parquet: {error}") from error


def _opened(path: Path) -> pq.ParquetFile:
    try:
        return pq.ParquetFile(path, buffer_size=_BUFFER)
    except (pa.ArrowException, OSError) as error:
        raise ValueError(f"{path} cannot be read as Parquet: {error}") from error


def _sound(batches: Iterator[pa.RecordBatch], file: Path) -> Iterator[pa.RecordBatch]:
    """Batches, or an error with the name of the file where it is damaged."""
    while True:
        try:
            batch = next(batches, None)
            if batch is not None:
                batch.validate(full=True)  # text that is no UTF-8, for one
        except (pa.ArrowException, OSError) as error:
            raise ValueError(f"{file} cannot be read as Parquet: {error}") from error
        if batch is None:
            return
        yield batch


def _is_dictionary(field: pa.Field) -> bool:
    return pa.types.is_dictionary(field.type)


def _is_named(field: pa.Field) -> bool:
    """Whether a column holds categories."""
    text = pa.types.is_string(field.type) or pa.types.is_large_string(field.type)
    return text or _is_dictionary(field)


def _kind_of(field: pa.Field) -> np.dtype:
    types = pa.types
    if types.is_integer(field.type) or types.is_floating(field.type):
        return np.dtype(field.type.to_pandas_dtype())
    if types.is_boolean(field.type) or types.is_null(field.type):
        return np.dtype(np.int8)
    if types.is_decimal(field.type):
        return np.dtype(np.float64)
    raise ValueError(
        f"Column {field.name!r} is of type {field.type}; features in a file are numbers, texts or "
        "dictionaries. Turn it into numbers, or leave it out of the file."
    )


def _numbers(column: pa.Array) -> np.ndarray:
    kind = column.type
    if pa.types.is_boolean(kind):
        column = column.cast(pa.uint8())
    elif pa.types.is_decimal(kind) or pa.types.is_null(kind):
        column = column.cast(pa.float64())
    return column.to_numpy(zero_copy_only=False)


def _plain(column: pa.Array) -> pa.Array:
    return column.dictionary_decode() if pa.types.is_dictionary(column.type) else column


def _values(column: pa.Array) -> np.ndarray:
    """Labels or weights; equal texts are one object."""
    if pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
        column = column.dictionary_encode()
    if not pa.types.is_dictionary(column.type):
        return column.to_numpy(zero_copy_only=False)
    levels = column.dictionary.to_numpy(zero_copy_only=False)
    if not column.null_count:
        return levels[column.indices.to_numpy()]
    levels = np.array([*levels, None], dtype=object)
    return levels[column.indices.fill_null(len(levels) - 1).to_numpy(zero_copy_only=False)]
