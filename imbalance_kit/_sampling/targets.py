"""Targets of any kind, and the parts of them that are resampled.

A sampler is handed one `Part` after another: a class, an interval of numbers, a label. What kind of
target they come from only matters here.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Any

import narwhals.stable.v2 as nw
import numpy as np
from imblearn.utils import check_target_type
from scipy import sparse
from sklearn.utils import column_or_1d
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_array

from imbalance_kit._sampling.plans import Plan
from imbalance_kit._sampling.shares import split_by_shares
from imbalance_kit._sampling.strategy import require_whole, resolve_targets
from imbalance_kit._tables.labels import encode, read_labels
from imbalance_kit._tables.rows import overwrite, take_rows

_WHISKER = 1.5  # interquartile ranges beyond the quartiles from which on a number is rare (Tukey)


@dataclass(frozen=True)
class Part:
    """One part of a target.

    Attributes
    ----------
    key : label, (float, float) or int
        The class; the interval of numbers, its lower end included, its upper end not; the position
        of the label.

    rows : ndarray of shape (n_part,)
        Rows that belong to it, ascending.

    n : int or None
        Rows to make of it (over-sampling) or to keep (under-sampling). None: it is not resampled.
    """

    key: Any
    rows: np.ndarray
    n: int | None


def resampled(parts: Sequence[Part]) -> tuple[Part, ...]:
    """The parts that a ``sampling_strategy`` names."""
    return tuple(part for part in parts if part.n is not None)


class Target(ABC):
    """What is predicted, as it came and as samplers use it.

    Attributes
    ----------
    y : array-like, series or frame
        As it came.

    overlap : bool
        Whether a row may belong to several parts.
    """

    y: Any
    overlap = False

    @classmethod
    @abstractmethod
    def read(cls, y: Any) -> Target:
        """Check `y` and open it."""

    @property
    @abstractmethod
    def n_rows(self) -> int:
        """Number of rows."""

    @abstractmethod
    def parts(self, strategy: Any, sampling_type: str) -> tuple[Part, ...]:
        """Divide the rows, and count how many of each part are wanted.

        Parameters
        ----------
        strategy : float, str, list, dict or callable
            The ``sampling_strategy`` of a sampler.

        sampling_type : {"over-sampling", "under-sampling", "clean-sampling"}
            What the numbers of rows mean.

        Returns
        -------
        parts : tuple of Part
            All parts, in order.
        """

    @abstractmethod
    def take(self, rows: np.ndarray, values: Any = None, *, reset_index: bool = False) -> Any:
        """Targets of the rows that come out, in the container of `y`.

        Parameters
        ----------
        rows : ndarray of shape (n_out,)
            The input row that each of them is or stands for.

        values : ndarray with one entry for each row, default=None
            Their targets, where these are not those of `rows`.

        reset_index : bool, default=False
            Number the rows of pandas objects anew.

        Returns
        -------
        y : same kind as `y`, with one entry for each row
        """

    def of_plans(self, plans: Sequence[Plan]) -> Any:
        """Targets of all rows and, behind them, of the rows of plans.

        Parameters
        ----------
        plans : sequence of Plan
            Plans of synthetic rows.

        Returns
        -------
        values : ndarray or None
            As `take` reads them; None where all have the targets of their seeds.
        """
        return None


@dataclass(frozen=True)
class Classes(Target):
    """One class per row; a part is a class.

    Attributes
    ----------
    y : array-like or series of shape (n_samples,), or one-versus-all indicators
        As it came.

    labels : ndarray of shape (n_samples,)
        Its labels; of indicators, the number of the column.
    """

    y: Any
    labels: np.ndarray

    @classmethod
    def read(cls, y: Any) -> Classes:
        values = read_labels(y)
        if values.ndim == 1 and values.dtype.kind in "iub" and len(values):
            # Labels they are; scikit-learn's check takes a fifth of a call on a small table, and
            # can only warn of numbers that nearly all differ.
            read = cls(y, values)
            if len(read.classes) > max(2, len(values) // 2 - 1):
                check_classification_targets(values)
            return read
        check_classification_targets(values)
        if values.ndim == 1:
            return cls(y, values)
        if values.shape[1] > 1:
            empty = np.flatnonzero(~values.astype(bool).any(axis=1))
            several = values.astype(bool).sum(axis=1) > 1  # label sets, which are refused below
            if len(empty) and not several.any():
                raise ValueError(
                    "y as one column for each class was expected to hold one 1 in every row; got "
                    f"{len(empty)} rows without any, the first of them row {empty[0]}. "
                    "Multilabel and multioutput targets are not supported. Add a column for the "
                    "class that these rows belong to, or give labels."
                )
        return cls(y, check_target_type(values))

    @property
    def n_rows(self) -> int:
        return len(self.labels)

    @property
    def classes(self) -> np.ndarray:
        """The different labels, sorted."""
        return self._encoded[0]

    @property
    def y_encoded(self) -> np.ndarray:
        """Position of each label among the classes."""
        return self._encoded[1]

    @cached_property
    def _encoded(self) -> tuple[np.ndarray, np.ndarray]:
        classes, y_encoded = encode(self.labels)
        return classes, y_encoded.astype(np.intp)

    def parts(self, strategy: Any, sampling_type: str) -> tuple[Part, ...]:
        numbers = resolve_targets(strategy, self.labels, sampling_type)
        return self.parts_of(numbers)

    def parts_of(self, numbers: Mapping[Any, int]) -> tuple[Part, ...]:
        """All classes as parts.

        Parameters
        ----------
        numbers : dict
            Numbers of rows by label; a class that it does not name is not resampled.

        Returns
        -------
        parts : tuple of Part
            In the order of the labels.
        """
        keys = {label: label for label in numbers}  # as they came: 0 and np.int64(0) are equal
        order = np.argsort(self.y_encoded, kind="stable")
        ends = np.cumsum(np.bincount(self.y_encoded, minlength=len(self.classes)))
        rows = np.split(order, ends[:-1])
        return tuple(
            Part(keys.get(label, label), class_rows, numbers.get(label))
            for label, class_rows in zip(self.classes, rows, strict=True)
        )

    def take(self, rows: np.ndarray, values: Any = None, *, reset_index: bool = False) -> Any:
        if values is not None:
            # A label is taken from a row that has it: no value of the container's is made anew.
            example = np.unique(self.y_encoded, return_index=True)[1]
            rows = np.where(self.y_encoded[rows] == values, rows, example[values])
        return take_rows(self.y, rows, reset_index=reset_index)


@dataclass(frozen=True)
class Numbers(Target):
    """One number per row; a part is an interval.

    Attributes
    ----------
    y : array-like or series of shape (n_samples,)
        As it came.

    values : ndarray of shape (n_samples,)
        The numbers, in float64.

    Notes
    -----
    As ``sampling_strategy``, "auto" divides at the whiskers of a box plot and evens the intervals
    out: all get the same share of the rows. A dict gives the rows wanted of each ``(low, high)``; a
    callable takes the numbers and returns such a dict. Numbers in no interval are left as they are.
    A synthetic row's number lies between those of its parents, at the gap of the row.
    """

    y: Any
    values: np.ndarray

    @classmethod
    def read(cls, y: Any) -> Numbers:
        column = y.to_numpy() if hasattr(y, "to_numpy") else np.asarray(y)
        values = check_array(column, ensure_2d=False, dtype=np.float64, input_name="y")
        return cls(y, column_or_1d(values, warn=True))

    @property
    def n_rows(self) -> int:
        return len(self.values)

    def parts(self, strategy: Any, sampling_type: str) -> tuple[Part, ...]:
        if callable(strategy):
            strategy = strategy(self.values)
        if isinstance(strategy, Mapping):
            wanted = self._checked(strategy)
        elif strategy == "auto":
            wanted = self._evened_out()
        else:
            raise ValueError(
                'sampling_strategy for a target of numbers takes "auto", a dict '
                f"{{(low, high): n_rows}} or a callable that returns one; got {strategy!r}."
            )
        parts = []
        for (low, high), n in sorted(wanted.items()):
            rows = np.flatnonzero((self.values >= low) & (self.values < high))
            parts.append(Part((low, high), rows, _to_do(len(rows), n, sampling_type)))
        inside = np.concatenate([part.rows for part in parts])
        rest = np.setdiff1d(np.arange(self.n_rows), inside)
        return (*parts, Part(None, rest, None)) if len(rest) else tuple(parts)

    def _evened_out(self) -> dict[tuple[float, float], int]:
        first, third = np.quantile(self.values, [0.25, 0.75])
        reach = _WHISKER * (third - first)
        edges = [-np.inf, first - reach, np.nextafter(third + reach, np.inf), np.inf]
        counts = np.histogram(self.values, edges)[0]
        filled = counts > 0
        if filled.sum() < 2:
            raise ValueError(
                "No number of y lies beyond the whiskers of its box plot, so there is nothing to "
                "even out. Give sampling_strategy as a dict {(low, high): n_rows}."
            )
        wanted = np.zeros(len(counts), dtype=np.int64)
        wanted[filled] = split_by_shares(self.n_rows, np.ones(filled.sum()))
        intervals = pairwise(edges)
        return {
            (float(low), float(high)): int(n)
            for (low, high), n, is_filled in zip(intervals, wanted, filled, strict=True)
            if is_filled
        }

    def _checked(self, strategy: Mapping) -> dict[tuple[float, float], int]:
        ends = sorted(strategy)
        for (low, high), n in strategy.items():
            require_whole(n, f"the interval {(low, high)}")
            if not low < high or n < 0:
                raise ValueError(
                    "sampling_strategy maps intervals (low, high), low below high, to numbers of "
                    f"rows that are not negative; got {(low, high)}: {n}."
                )
            if not ((self.values >= low) & (self.values < high)).any():
                raise ValueError(f"No number of y lies in the interval {(low, high)}.")
        for (_, high), (low, _) in pairwise(ends):
            if low < high:
                raise ValueError(f"The intervals of sampling_strategy overlap: {ends}.")
        return dict(strategy)

    def take(self, rows: np.ndarray, values: Any = None, *, reset_index: bool = False) -> Any:
        taken = take_rows(self.y, rows, reset_index=reset_index)
        if values is None:
            return taken
        # Only what differs is written: large integers would lose digits on the way through floats.
        new = np.flatnonzero(values != self.values[rows])
        return overwrite(taken, new, values[new]) if len(new) else taken

    def of_plans(self, plans: Sequence[Plan]) -> np.ndarray:
        values = [self.values]
        for plan in plans:
            # a gap per column has no one share of the way, so the number goes their mean
            gap = plan.gap if plan.gap.ndim == 1 else plan.gap.mean(axis=1)
            start, end = self.values[plan.seed], self.values[plan.partner]
            values.append(start + gap * (end - start))
        return np.concatenate(values)


@dataclass(frozen=True)
class LabelSets(Target):
    """A set of labels per row; a part is a label, and a row belongs to every part it is in.

    Attributes
    ----------
    y : array-like, frame or sparse matrix of shape (n_samples, n_labels)
        As it came: 1 where a row has a label, 0 where not.

    indicator : ndarray of shape (n_samples, n_labels), bool
        The same.

    Notes
    -----
    As ``sampling_strategy``, "auto" brings every label to the mean number of rows of a label. A
    dict gives the rows wanted by position of the label; a callable takes the indicator and returns
    such a dict. Rows without a label are a part of their own, which is not resampled. A synthetic
    row has the labels of its seed.
    """

    y: Any
    indicator: np.ndarray
    overlap = True

    @classmethod
    def read(cls, y: Any) -> LabelSets:
        if sparse.issparse(y):
            values = y.toarray()
        else:
            native = nw.from_native(y, eager_only=True, pass_through=True)
            values = native.to_numpy() if isinstance(native, nw.DataFrame) else np.asarray(y)
        if values.ndim != 2 or not np.isin(values, (0, 1)).all():
            raise ValueError(
                "A target of label sets holds 0 and 1, one column for each label; got shape "
                f"{values.shape} and values such as {np.unique(values)[:5].tolist()}."
            )
        return cls(y, values.astype(bool))

    @property
    def n_rows(self) -> int:
        return len(self.indicator)

    def parts(self, strategy: Any, sampling_type: str) -> tuple[Part, ...]:
        counts = self.indicator.sum(axis=0)
        if callable(strategy):
            strategy = strategy(self.indicator)
        if isinstance(strategy, Mapping):
            unknown = sorted(set(strategy) - set(range(len(counts))), key=repr)
            if unknown:
                raise ValueError(
                    f"sampling_strategy names the labels {unknown}; y has {len(counts)}, "
                    "named by their positions from 0."
                )
            for label, n in strategy.items():
                require_whole(n, f"label {label}")
            wanted = dict(strategy)
        elif strategy == "auto":
            wanted = dict.fromkeys(range(len(counts)), round(float(counts.mean())))
        else:
            raise ValueError(
                'sampling_strategy for label sets takes "auto", a dict {label: n_rows} or a '
                f"callable that returns one; got {strategy!r}."
            )
        parts = []
        for label, has in enumerate(self.indicator.T):
            rows = np.flatnonzero(has)
            n = wanted.get(label) if len(rows) else None
            parts.append(Part(label, rows, _to_do(len(rows), n, sampling_type)))
        unlabelled = np.flatnonzero(~self.indicator.any(axis=1))
        return (*parts, Part(None, unlabelled, None)) if len(unlabelled) else tuple(parts)

    def take(self, rows: np.ndarray, values: Any = None, *, reset_index: bool = False) -> Any:
        taken = take_rows(self.y, rows, reset_index=reset_index)
        if values is None:
            return taken
        new = np.flatnonzero((values != self.indicator[rows]).any(axis=1))
        return overwrite(taken, new, values[new]) if len(new) else taken


def _to_do(n_rows: int, wanted: int | None, sampling_type: str) -> int | None:
    """Rows to make, or to keep; None where a part has them already."""
    if wanted is None:
        return None
    if sampling_type == "over-sampling":
        return wanted - n_rows if wanted > n_rows else None
    return wanted if wanted < n_rows else None
