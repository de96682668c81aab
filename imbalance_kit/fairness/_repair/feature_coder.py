"""Sensitive features as columns of numbers."""

import numpy as np

from imbalance_kit.fairness._groups.table_columns import MISSING_LABEL, distinct


class FeatureCoder:
    """One sensitive feature as columns of numbers: as it is, or an indicator per level but one.

    A missing number becomes the average one, with an indicator where ``fit`` had missing ones.

    Parameters
    ----------
    column : ndarray of shape (n_samples,)
        The feature in ``fit``.

    Attributes
    ----------
    ends : list of str
        The ends of the names of the columns.
    """

    def __init__(self, column: np.ndarray) -> None:
        # An age as it is, a place of birth by indicators. Decided in `fit`, so that new rows get
        # the same columns.
        numbers = _as_numbers(column)
        self._levels: list | None = None
        if numbers is None:
            self._levels = sorted(distinct(column)[1], key=str)
            self.ends = [f"={level}" for level in self._levels[1:]]
            return
        known = ~np.isnan(numbers)
        self._average = numbers[known].mean() if known.any() else 0.0
        self.ends = [""] if known.all() else ["", f"={MISSING_LABEL}"]

    def read(self, column: np.ndarray) -> np.ndarray:
        """The columns of these rows."""
        if self._levels is None:
            numbers = _as_numbers(column)
            if numbers is None:
                raise ValueError(
                    f"A sensitive feature was all numbers in fit, but now holds "
                    f"{sorted(distinct(column)[1], key=str)}. Give it as it was."
                )
            missing = np.isnan(numbers)
            parts = [np.where(missing, self._average, numbers), missing.astype(np.float64)]
            return np.column_stack(parts[: len(self.ends)])
        of_row, levels = distinct(column)
        unknown = [level for level in levels if level not in self._levels]
        if unknown:
            raise ValueError(
                f"A sensitive feature holds {unknown}, which were not there in fit; known are "
                f"{self._levels}. Fit on rows of every level, or map these to a known one."
            )
        # without the first level: all indicators together would add up to a constant
        table = np.array([[level == kept for kept in self._levels[1:]] for level in levels], float)
        return table.reshape(len(levels), -1)[of_row]


def _as_numbers(column: np.ndarray) -> np.ndarray | None:
    """A column as floats, missing as NaN; None where it holds something else."""
    if column.dtype.kind in "fiub":
        return column.astype(np.float64)
    of_row, levels = distinct(column)
    if any(isinstance(level, str) and level != MISSING_LABEL for level in levels):
        return None
    try:
        values = [np.nan if level == MISSING_LABEL else float(level) for level in levels]
    except (TypeError, ValueError):
        return None
    return None if np.isnan(values).all() else np.array(values)[of_row]
