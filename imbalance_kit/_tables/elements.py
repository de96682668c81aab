"""What single elements of a table are: numbers, points in time, levels, or nothing."""

import datetime as dt
from collections.abc import Sequence
from decimal import Decimal
from enum import Enum
from fractions import Fraction
from numbers import Number
from typing import Any

import numpy as np

from imbalance_kit._tables.number_types import EXACT_BELOW, as_dtype
from imbalance_kit._tables.rows import is_missing

MISSING = -1  # code of a missing nominal value: a level of its own
_DATES = (dt.date, dt.time, dt.timedelta, np.datetime64, np.timedelta64)
_NO_VALUE = ("NoneType", "NAType", "NaTType")
_EPOCH = dt.datetime(1970, 1, 1)


def kind_of_objects(values: Sequence[Any]) -> str:
    """What a column of Python objects is: "number", "date" or "nominal".

    Numbers of all types, missing ones among them, are numbers; truth values beside other numbers
    than 0 and 1 count as such. Any text makes the column nominal.
    """
    types = {kind for kind in set(map(type, values)) if kind.__name__ not in _NO_VALUE}
    floats = {kind for kind in types if issubclass(kind, float | np.floating | Decimal)}
    if floats and types != floats and all(map(is_missing, _of_types(values, floats))):
        types -= floats  # NaN is what frames write for a missing value of any type
    if not types:
        return "nominal"
    if all(_is_date(kind) for kind in types):
        return "date"
    truth = {kind for kind in types if issubclass(kind, bool | np.bool_)}
    if not all(_is_number(kind) for kind in types - truth):
        return "nominal"
    numbers = types - truth
    if not truth or any(
        value not in (0, 1) and not is_missing(value) for value in _of_types(values, numbers)
    ):
        return "number"
    return "nominal"


def type_of_objects(values: Sequence[Any]) -> str:
    """How messages call a column of objects: by the type of the first that is not missing."""
    known = (type(value).__name__ for value in values if not is_missing(value))
    return f"Python objects of type {next(known, 'None')}"


def are_truth_values(values: Sequence[Any]) -> bool:
    """Whether objects are True and False, missing ones aside."""
    return all(isinstance(value, bool | np.bool_) or is_missing(value) for value in values)


def _of_types(values: Sequence[Any], types: set[type]) -> list[Any]:
    return [value for value in values if type(value) in types]


def _is_date(kind: type) -> bool:
    return issubclass(kind, _DATES) or kind.__name__ == "Period"


def _is_number(kind: type) -> bool:
    return (
        issubclass(kind, Number)
        and not issubclass(kind, complex | np.complexfloating | Enum)
        and not _is_date(kind)
    )


def floats_of_objects(values: Sequence[Any]) -> np.ndarray:
    """Objects as floats, missing as NaN; text as the number that it spells."""
    column = np.empty(len(values), dtype=object)
    column[:] = values
    try:
        return column.astype(np.float64)
    except (TypeError, ValueError):
        missing = np.array([is_missing(value) for value in values], dtype=bool)
        if not missing.any():
            raise
        numbers = np.full(len(values), np.nan)
        numbers[~missing] = column[~missing].astype(np.float64)
        return numbers


def as_seconds(values: np.ndarray | Sequence[Any]) -> np.ndarray:
    """Points in time and spans of time as seconds, missing as NaN."""
    if isinstance(values, np.ndarray) and values.dtype.kind in "mM":
        fine = values.astype(f"{values.dtype.kind}8[us]")
        return np.where(np.isnat(fine), np.nan, fine.astype(np.int64) / 1e6)
    return np.array([_seconds_of(value) for value in values], dtype=np.float64)


def _seconds_of(value: Any) -> float:
    if is_missing(value):
        return np.nan
    if isinstance(value, np.datetime64 | np.timedelta64):
        return float(as_seconds(np.array([value]))[0])
    if type(value).__name__ == "Period":
        value = value.start_time
    if isinstance(value, dt.timedelta):
        return value.total_seconds()
    if isinstance(value, dt.time):
        return value.hour * 3600 + value.minute * 60 + value.second + value.microsecond / 1e6
    if not isinstance(value, dt.datetime):
        value = dt.datetime(value.year, value.month, value.day)
    return value.timestamp() if value.tzinfo else (value - _EPOCH).total_seconds()


def like_seeds(values: np.ndarray, own: Sequence[Any], seeds: np.ndarray) -> np.ndarray:
    """New numbers as objects, each of the type that its seed has.

    Parameters
    ----------
    values : ndarray of shape (n_new,)
        The new numbers, NaN where missing.

    own : sequence of objects
        The column.

    seeds : ndarray of shape (n_new,)
        Row of the column that each new number starts from.

    Returns
    -------
    made : ndarray of shape (n_new,), of objects
        The seed itself where the new number is equal to it. Where the seed is missing, a number has
        the type of the column's first one.
    """
    floats = floats_of_objects(own)
    known, missing = np.flatnonzero(~np.isnan(floats)), np.flatnonzero(np.isnan(floats))
    exact: dict[float, Any] = {}
    if len(known) and np.abs(floats[known]).max() >= EXACT_BELOW:
        for row in known[::-1].tolist():
            exact[float(floats[row])] = own[row]
    made = np.empty(len(values), dtype=object)
    if {type(own[seed]) for seed in seeds.tolist()} == {float}:  # as in most columns
        made[:] = values.tolist()
        return made
    for i, (value, seed) in enumerate(zip(values.tolist(), seeds.tolist(), strict=True)):
        if value != value:
            nothing = seed if np.isnan(floats[seed]) or not len(missing) else missing[0]
            made[i] = own[nothing] if np.isnan(floats[nothing]) else np.nan
        elif value == floats[seed]:
            made[i] = own[seed]
        else:
            example = own[known[0] if np.isnan(floats[seed]) and len(known) else seed]
            made[i] = exact.get(value) if value in exact else _of_type(value, example)
    return made


def _of_type(value: float, example: Any) -> Any:
    if isinstance(example, bool):
        return bool(np.rint(value) > 0)
    if isinstance(example, int):
        return int(np.rint(value))
    if isinstance(example, np.integer | np.bool_ | np.floating):
        return as_dtype(np.array([value]), example.dtype)[0]
    if isinstance(example, Decimal):
        return Decimal(repr(value))
    if isinstance(example, Fraction):
        return Fraction(value)
    if isinstance(example, str):
        return repr(value)
    if isinstance(example, bytes):
        return repr(value).encode()
    return value


def factorize(values: np.ndarray, missing: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Codes in the order of the values (missing last, code -1) and a row holding each code.

    The rows are indexed by code, so that ``rows[-1]`` is a row with a missing value.
    """
    known = np.flatnonzero(~missing)
    _, first, inverse = np.unique(values[known], return_index=True, return_inverse=True)
    category_codes = np.full(len(values), MISSING, dtype=np.int32)
    category_codes[known] = inverse
    rows = known[first]
    if missing.any():
        rows = np.append(rows, np.flatnonzero(missing)[0])
    return category_codes, rows


def factorize_objects(values: Sequence[Any]) -> tuple[np.ndarray, np.ndarray]:
    """The same for objects: numbers by their value, then text, then everything else by its text.

    1, 1.0 and True are one level; the text "1" is another. Objects are looked up, not written as
    text, which would take as much room for each of them as for the longest.
    """
    known: dict[Any, int] = {}
    try:
        place = [known.setdefault(value, len(known)) for value in values]
    except TypeError:  # lists and the like have no hash, but a text
        known = {}
        place = [known.setdefault(level_key(value), len(known)) for value in values]
    different = list(known)
    first = np.full(len(different), len(place))
    np.minimum.at(first, place, np.arange(len(place)))
    present = [k for k, value in enumerate(different) if not is_missing(value)]
    code = np.full(len(different), MISSING, dtype=np.int32)
    order = _in_order(different, present)
    code[order] = np.arange(len(order))
    rows = first[order].tolist()
    if len(present) < len(different):
        rows.append(int(first[code == MISSING].min()))
    category_codes = code[place] if len(place) else np.empty(0, dtype=np.int32)
    return category_codes, np.array(rows, dtype=np.intp)


def _in_order(different: list[Any], present: list[int]) -> list[int]:
    def key(k: int) -> tuple:
        value = different[k]
        if isinstance(value, bool | np.bool_) or _is_number(type(value)):
            return 0, value, ""
        return 1 if isinstance(value, str) else 2, 0, str(value)

    try:
        return sorted(present, key=key)
    except TypeError:  # a Decimal and a Fraction cannot be compared
        return sorted(present, key=lambda k: (key(k)[0], float(key(k)[1]), key(k)[2]))


def level_key(value: Any) -> Any:
    """What stands for a level in a dictionary: equal for what counts as one level.

    Equal numbers are equal keys, whatever their type and precision: a number of single precision
    stands for the shortest decimal that it is written as.
    """
    if isinstance(value, np.datetime64 | np.timedelta64):
        return value.astype(f"{value.dtype.kind}8[us]").item()
    if isinstance(value, np.float16 | np.float32):
        return float(str(value))
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, Decimal) and value.is_finite() and Decimal(repr(float(value))) == value:
        return float(value)
    try:
        hash(value)
    except TypeError:
        return "unhashable", str(value)
    return value


def is_text(value: Any) -> bool:
    return isinstance(value, str | bytes)
