"""Numbers in the types that hold them: nothing wraps around, and integers keep all their digits."""

from typing import Any

import numpy as np

EXACT_BELOW = 2**53  # from here on float64 does not hold every integer


def as_dtype(values: np.ndarray, dtype: np.dtype) -> np.ndarray:
    """Cast to the nearest value that a type has.

    Integers and truth values are rounded (cutting off would pull towards 0) and clipped to the
    ends of their type, where a cast would wrap around.
    """
    values = np.asarray(values)
    if dtype.kind == "f" and values.dtype.kind == "f" and dtype.itemsize < values.dtype.itemsize:
        most = float(np.finfo(dtype).max)  # what lies beyond would become infinite
        return np.clip(values, -most, most).astype(dtype)
    if values.dtype == dtype or dtype.kind not in "iub":
        return values.astype(dtype)
    if values.dtype.kind not in "iub":
        values = np.rint(values)
    if dtype.kind == "b":
        return np.asarray(values > 0)
    ends = np.iinfo(dtype)
    if values.dtype.kind in "iub":
        if np.can_cast(values.dtype, dtype):
            return values.astype(dtype)
        own = np.iinfo(values.dtype)
        return np.clip(values, max(ends.min, own.min), min(ends.max, own.max)).astype(dtype)
    # The largest integers of 64 bits are no float64: compared with the next one, which is.
    above, below = values >= float(ends.max), values <= float(ends.min)
    made = np.zeros(values.shape, dtype=dtype)
    np.copyto(made, values, casting="unsafe", where=~(above | below))
    made[above], made[below] = ends.max, ends.min
    return made


def needs_digits(integers: np.ndarray) -> bool:
    """Whether float64 would round some of these integers."""
    if integers.dtype.kind not in "iu" or integers.dtype.itemsize < 8 or integers.size == 0:
        return False
    return max(-int(integers.min()), int(integers.max())) > EXACT_BELOW


def middle_of(integers: np.ndarray) -> int:
    """What a column of integers is measured from, so that float64 holds the differences.

    0 where it holds the integers themselves, and where their range is too wide for that.
    """
    if not needs_digits(integers):
        return 0
    low, high = int(integers.min()), int(integers.max())
    return low + (high - low) // 2 if high - low <= EXACT_BELOW else 0


def measured_from(middle: int, integers: np.ndarray) -> np.ndarray:
    """Integers as float64, counted from `middle`."""
    if not middle:
        return integers.astype(np.float64)
    differences = integers - integers.dtype.type(middle)  # unsigned ones wrap around, and back
    return differences.astype(np.int64).astype(np.float64)


def new_integers(
    values: np.ndarray, own: np.ndarray, seeds: np.ndarray, known: np.ndarray | None = None
) -> np.ndarray:
    """New values of a column of integers, in its type.

    Parameters
    ----------
    values : ndarray of shape (n_new,)
        The new values as floats, counted from the middle of the column (`measured_from`), or as
        integers of the column.

    own : ndarray of shape (n_rows,)
        The column.

    seeds : ndarray of shape (n_new,)
        Row of the column that each new value starts from.

    known : ndarray of shape (n_rows,), bool, or None
        Rows of `own` that hold a value; None for all.

    Returns
    -------
    made : ndarray of shape (n_new,), of the type of `own`
        Where float64 does not even hold all differences, a new value that is its seed's as a float
        is its seed's, one that is another value's is that one, and none lies outside of the
        column's range.
    """
    if np.asarray(values).dtype.kind in "iub":
        return as_dtype(values, own.dtype)
    present = own if known is None else own[known]
    middle = middle_of(present)
    if middle:
        ends, reach = np.iinfo(own.dtype), 2.0**62  # far beyond what can be made of the column
        low, high = float(ends.min - middle), float(ends.max - middle)
        steps = np.clip(np.rint(values), max(low, -reach), min(high, reach))
        return own.dtype.type(middle) + steps.astype(np.int64).astype(own.dtype)
    made = as_dtype(values, own.dtype)
    if not needs_digits(present):
        return made
    made = np.clip(made, present.min(), present.max())
    floats, first = np.unique(present.astype(np.float64), return_index=True)
    place = np.minimum(np.searchsorted(floats, values), len(floats) - 1)
    found = floats[place] == values
    made[found] = present[first[place[found]]]
    at_seed = own[seeds].astype(np.float64) == values
    if known is not None:
        at_seed &= known[seeds]
    made[at_seed] = own[seeds[at_seed]]
    return made


def new_sparse_integers(values: Any, own: Any, seeds: np.ndarray) -> Any:
    """New rows of a sparse matrix in its type, large integers as their seeds have them.

    Nothing is subtracted from sparse columns, and only the seed is looked up, element by element.
    """
    made = values.copy()
    made.data = as_dtype(values.data, own.dtype)
    if values.dtype.kind in "iub" or not needs_digits(own.data):
        return made
    entries = made.tocoo()
    row, column = entries.row, entries.col
    at_seed = np.asarray(own[seeds[row], column]).ravel() if len(row) else own.data[:0]
    same = at_seed.astype(np.float64) == values.tocoo().data
    entries.data[same] = at_seed[same]
    return type(made)(entries)


def ends_of_128_bits(signed: bool) -> tuple[float, float]:
    """Smallest and largest float that an integer of 128 bits can be."""
    if signed:
        return -(2.0**127), float(np.nextafter(2.0**127, 0.0))
    return 0.0, float(np.nextafter(2.0**128, 0.0))


def largest_decimal(dtype: Any) -> float:
    """Largest float that a decimal type can hold.

    Parameters
    ----------
    dtype : type of pyarrow or polars
        With numbers of digits in all (`precision`) and behind the point (`scale`).

    Returns
    -------
    largest : float
        As rounding to the scale must not lead beyond it, a little less where float64 has too few
        digits.
    """
    power = 10.0 ** (dtype.precision or 38)
    return float(min(power - 1.0, power * (1.0 - 1e-15)) / 10.0**dtype.scale)
