"""Single-precision coordinates whose distances bound the true ones from below.

Most pairs of rows are ruled out on a few of these coordinates; only what they cannot rule out
is measured exactly. So they may be rotated, shortened and rounded freely, as long as the bounds
in `Coordinates` hold. float32 because twice as many values are moved and added at a time; rotated
(as by principal components) because then a few leading coordinates hold most of a distance.
"""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

_SINGLE = 2.0**-24  # half a unit in the last place of float32, relative
_LANES = 4  # coordinates are added four at a time, so their number is padded to a multiple
_MOST_LEVELS = 32  # a nominal column gets at most this many coordinates
_MOST_NOMINAL = 256  # all nominal columns together (but two for each)
_LARGEST_ROTATION = 1024  # columns; beyond, finding the rotation costs too much
_SAMPLE = 255  # rows from which the centre and the scale are estimated
_LARGEST = 1e15  # scaled values beyond are not squared in float32, where 1e38 is the end
_USUAL = 1e4  # usual distances from the centre beyond which float32 coordinates are too coarse
_FEWEST_ROWS = 1000  # a search in fewer is too short to gain by a rotation
_GAIN_OF_ROTATION = 1.25  # how much more variance its first coordinates must hold to be used
_LEADING = 8  # coordinates looked at first
_BLOCK_ELEMENTS = 1 << 17  # elements that are rotated or squared at a time


class Coordinates(NamedTuple):
    """Coordinates of the queries and of the table, and how they bound the distance.

    Let ``D`` be the exact squared distance of two rows, ``a`` the squared distance of their
    coordinates in float32 arithmetic (any order of summation), ``e`` the sum of the errors of the
    two rows. The first ``n_free`` coordinates count as they are, the others by the nan-aware
    rule. Then, up to an absolute 1e-30,

    - ``a <= (scale * sqrt(D) * (1 + relative_error) + e)**2 * (1 + rounding)``
    - ``scale**2 * D <= ((sqrt(a * (1 + rounding)) + e) * (1 + relative_error))**2 +
      absolute_error``
    """

    queries: np.ndarray  # (n_queries, n_coordinates) float32
    table: np.ndarray  # (n_table, n_coordinates) float32
    query_error: np.ndarray  # (n_queries,) float64
    table_error: np.ndarray  # (n_table,) float64
    n_free: int
    n_complete: int  # the coordinates after these may be missing
    scale: float
    relative_error: float  # of a length: float64 rounding, and a rotation that is not exact
    rounding: float  # of a sum of squares in float32, relative
    absolute_error: float  # what categories that share columns may hide; infinite: no upper bound


def coordinates(
    query_numbers: np.ndarray,
    query_category_codes: np.ndarray,
    numbers: np.ndarray,
    category_codes: np.ndarray,
    weights: np.ndarray,
) -> Coordinates | None:
    """Coordinates for a search; None where values are too large or too small for the bounds.

    Costs n * d**2 for the rotation of n rows with d columns. Pass the same objects twice when a
    table is searched for its own rows: the coordinates are then computed and kept once.
    """
    same = query_numbers is numbers and query_category_codes is category_codes
    centre, size = frame(numbers)
    if len(weights):
        size = max(size, float(np.sqrt(weights.max() / 2.0)))
    if not (size == 0.0 or 1e-140 < size < 1e140):
        return None
    scale = 1.0 / size if size > 0.0 else 1.0
    with np.errstate(over="ignore"):
        centred = [side - centre for side in ([numbers] if same else [numbers, query_numbers])]
        for side in centred:
            side *= scale
    incomplete = np.logical_or.reduce([np.isnan(side).any(axis=0) for side in centred])
    # Rows beyond what float32 can square are brought nearer, which shortens no distance to them:
    # the first bound would hold, the second not, so nothing is ruled out by them.
    beyond = [_largest_of_rows(side) > _LARGEST for side in centred]
    for side, rows in zip(centred, beyond, strict=True):
        if rows.any():
            side[rows] = np.clip(side[rows], -_LARGEST, _LARGEST)
    sides_of_categories = [category_codes] if same else [category_codes, query_category_codes]
    nominal, absolute_error = indicators(sides_of_categories, weights * scale**2)

    # Without missing numbers nothing is scaled, so numbers and indicators are rotated together.
    # Else there are three groups of columns: those that count as they are, those that the nan-aware
    # rule scales but that are complete, and those with missing values, which cannot be rotated.
    if incomplete.any():
        groups = [
            nominal,
            [side[:, ~incomplete] for side in centred],
            [side[:, incomplete] for side in centred],
        ]
        absolute_error = np.inf
    elif nominal[0].shape[1]:
        groups = [[np.hstack(pair) for pair in zip(centred, nominal, strict=True)]]
    else:
        groups = [centred]
    del centred, nominal

    widths = [-(-group[0].shape[1] // _LANES) * _LANES for group in groups]
    n_coordinates = sum(widths)
    singles = [np.zeros((len(side), n_coordinates), dtype=np.float32) for side in groups[0]]
    relative_error = (n_coordinates + 8) * 2.0**-50
    start = 0
    while groups:
        group = groups.pop(0)
        if len(widths) - len(groups) < 3:
            group, slack = _rotated(group)
            relative_error += slack
        for single, side in zip(singles, group, strict=True):
            single[:, start : start + side.shape[1]] = side
        start += widths[-1 - len(groups)]

    # Rounding to float32 moves a row by at most _SINGLE times its length; twice that also
    # covers the float64 rounding of centring, scaling and turning. The nan-aware rule stretches the
    # error with the distance, at most as if one column were left.
    stretch = np.sqrt(numbers.shape[1]) if incomplete.any() else 1.0
    errors = [(_lengths(single) * (2.0 * _SINGLE) + 1e-30) * stretch for single in singles]
    for error, rows in zip(errors, beyond, strict=True):
        error[rows] = np.inf
    return Coordinates(
        queries=singles[-1],
        table=singles[0],
        query_error=errors[-1],
        table_error=errors[0],
        n_free=widths[0],
        n_complete=n_coordinates - (widths[2] if incomplete.any() else 0),
        scale=scale,
        relative_error=relative_error,
        rounding=8.0 * (n_coordinates + 4) * _SINGLE,
        absolute_error=absolute_error,
    )


def frame(numbers: np.ndarray) -> tuple[np.ndarray, float]:
    """A centre of the rows, and how far a usual row is from it, by some of them.

    Medians, as float32 rounds in proportion to the distance from the centre: one extreme row
    would move a mean away from all others. Any centre and any size keep the result of a search.
    The size is 0 where all rows are equal.
    """
    n_rows, n_columns = numbers.shape
    some = numbers[:: max(1, n_rows // _SAMPLE)]
    centre = np.zeros(n_columns)
    if not n_rows or not n_columns:
        return centre, 0.0
    known = np.sort(some, axis=0)  # missing values come last
    n_known = np.count_nonzero(known == known, axis=0)
    has = n_known > 0
    centre[has] = known[(n_known[has] - 1) // 2, np.flatnonzero(has)]
    with np.errstate(over="ignore"):
        apart = _largest_of_rows(some - centre)
        if not (apart > 0.0).any():
            apart = _largest_of_rows(numbers - centre)
    apart = apart[(apart > 0.0) & (apart < np.inf)]
    return centre, float(np.median(apart)) if len(apart) else 0.0


def _largest_of_rows(side: np.ndarray) -> np.ndarray:
    """Largest number of each row without its sign, 0 where there is none."""
    return np.maximum(
        np.fmax.reduce(side, axis=1, initial=0.0), -np.fmin.reduce(side, axis=1, initial=0.0)
    )


def indicators(sides: list[np.ndarray], weights: np.ndarray) -> tuple[list[np.ndarray], float]:
    """Indicator columns whose squared distance is at most the weight of a mismatch.

    Levels beyond the limit share columns, which can only lower that distance; the second value
    is by how much at most.
    """
    n_columns = sides[0].shape[1]
    limit = max(2, min(_MOST_LEVELS, _MOST_NOMINAL // max(n_columns, 1)))
    blocks = [[np.empty((len(side), 0))] for side in sides]
    absolute_error = 0.0
    for column in range(n_columns):
        levels, position = np.unique(
            np.concatenate([side[:, column] for side in sides]), return_inverse=True
        )
        if len(levels) < 2 or weights[column] == 0.0:
            continue
        if len(levels) > limit:
            absolute_error += float(weights[column])
        indicator = np.eye(min(len(levels), limit)) * np.sqrt(weights[column] / 2.0)
        start = 0
        for side, block in zip(sides, blocks, strict=True):
            block.append(indicator[position[start : start + len(side)] % len(indicator)])
            start += len(side)
    return [np.hstack(block) for block in blocks], absolute_error


def _rotated(sides: list[np.ndarray]) -> tuple[list[np.ndarray], float]:
    """Rotate or reorder the columns, in place, so that the first ones spread most; lengths stay.

    The second value bounds the relative change of a length.
    """
    table = sides[0]
    n_rows, n_columns = table.shape
    if n_columns < 2 or n_rows == 0:
        return sides, 0.0
    usual = _largest_of_rows(table) <= _USUAL  # the others would decide on the rotation alone
    if not usual.all() and usual.any():
        table = table[usual]
        n_rows = len(table)
    mean = table.mean(axis=0)
    spread = np.einsum("ij,ij->j", table, table) - n_rows * mean * mean
    order = np.argsort(-spread, kind="stable")
    first = min(_LEADING, n_columns // 2)
    if n_rows >= _FEWEST_ROWS and n_columns <= min(_LARGEST_ROTATION, n_rows):
        variances, rotation = np.linalg.eigh(table.T @ table - n_rows * np.outer(mean, mean))
        if variances[::-1][:first].sum() > _GAIN_OF_ROTATION * spread[order[:first]].sum():
            rotation = np.ascontiguousarray(rotation[:, ::-1])
            slack = n_columns * float(np.abs(rotation.T @ rotation - np.eye(n_columns)).max())
            for side in sides:
                for rows in _blocks(side):
                    side[rows] = side[rows] @ rotation
            return sides, 2.0 * slack
    for side in sides:
        for rows in _blocks(side):
            side[rows] = side[rows][:, order]
    return sides, 0.0


def _lengths(single: np.ndarray) -> np.ndarray:
    """Length of each row over what is present."""
    lengths = np.empty(len(single))
    for rows in _blocks(single):
        lengths[rows] = np.sqrt(np.nansum(np.square(single[rows], dtype=np.float64), axis=1))
    return lengths


def _blocks(side: np.ndarray) -> Iterator[slice]:
    """Rows, some at a time: whole copies would take as much memory as the table, each."""
    step = max(1, _BLOCK_ELEMENTS // max(1, side.shape[1]))
    for first in range(0, len(side), step):
        yield slice(first, first + step)
