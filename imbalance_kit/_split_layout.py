"""Which rows are for training and which for testing: by chance, by groups of rows, or by time.

Rows of one group never stand on both sides; with a time, test rows are later than training
rows. Every part has rows of every class, where groups and times allow it.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.model_selection import StratifiedKFold

from imbalance_kit._sampling.shares import stratified_part
from imbalance_kit._stratified_parts import cuts_in_time, folds_of_groups, groups_by_class
from imbalance_kit._tables.row_groups import group_numbers

Rows = NDArray[np.intp]


@dataclass(frozen=True)
class Layout:
    """What the splits of a table have to respect.

    Attributes
    ----------
    y : ndarray of shape (n,)
        Encoded classes.
    groups : ndarray of shape (n,) or None
        Number of each row's group.
    time : ndarray of shape (n,) or None
        Rank of each row in time; equal times have equal ranks.
    """

    y: NDArray[np.integer]
    groups: NDArray[np.integer] | None = None
    time: NDArray[np.integer] | None = None

    def of(self, rows: Rows) -> "Layout":
        """The layout of some rows, by their positions."""
        return Layout(
            self.y[rows],
            None if self.groups is None else self.groups[rows],
            None if self.time is None else self.time[rows],
        )

    def part(self, rows: Rows, share: float, rng: np.random.RandomState) -> tuple[Rows, Rows]:
        """Hold a share of some rows back: the latest, whole groups, or drawn in each class.

        Returns
        -------
        kept, held_back : ndarray
            Row numbers.
        """
        if self.time is not None:
            time = self.time[rows]
            # rows of one moment are never parted, so the share is met as closely as times allow
            first = _between_times(np.sort(time), round((1.0 - share) * len(rows)))
            (first,) = cuts_in_time(time, self.y[rows], [first])
            return self._without_shared_groups(rows[time < first], rows[time >= first])
        if self.groups is not None:
            # of 1 / share folds any one has about that share
            return next(self._folds(rows, max(round(1.0 / share), 2), rng))
        kept, held_back = stratified_part(self.y[rows], share, rng)
        return rows[kept], rows[held_back]

    def folds(
        self, rows: Rows, n_folds: int, rng: np.random.RandomState
    ) -> Iterator[tuple[Rows, Rows]]:
        """Pairs of training rows and test rows, in each fold.

        In time, the rows are cut into ``n_folds + 1`` stretches; each but the first is tested once,
        after training on all before it. They are equally long where each then has rows of every
        class, and else as nearly so as that allows.
        """
        if self.time is None:
            yield from self._folds(rows, n_folds, rng)
            return
        time = self.time[rows]
        ordered = np.sort(time)
        marks = np.linspace(0, len(rows), n_folds + 2)[1:-1].round().astype(int)
        cuts = [*(_between_times(ordered, mark) for mark in marks), ordered[-1] + 1]
        if len(set(cuts)) < len(cuts):
            raise ValueError(
                f"{n_folds} folds in time need {n_folds + 1} stretches of rows with different "
                f"times; there are {len(np.unique(time))} times. Use fewer folds."
            )
        cuts = [*cuts_in_time(time, self.y[rows], cuts[:-1]), cuts[-1]]
        for start, end in pairwise(cuts):
            yield self._without_shared_groups(
                rows[time < start], rows[(time >= start) & (time < end)]
            )

    def _folds(
        self, rows: Rows, n_folds: int, rng: np.random.RandomState
    ) -> Iterator[tuple[Rows, Rows]]:
        y = self.y[rows]
        if self.groups is None:
            splitter = StratifiedKFold(n_folds, shuffle=True, random_state=rng)
            splits = splitter.split(np.zeros(len(rows)), y)
        else:
            groups = self.groups[rows]
            n_groups = len(np.unique(groups))
            if n_groups < n_folds:
                raise ValueError(
                    f"A split by groups into {n_folds} parts needs as many groups; there are "
                    f"{n_groups}. Use fewer folds, or do without the column of groups."
                )
            splits = iter(folds_of_groups(y, groups, n_folds, rng))
        for training, testing in splits:
            yield rows[training], rows[testing]

    def _without_shared_groups(self, training: Rows, testing: Rows) -> tuple[Rows, Rows]:
        if self.groups is not None:
            training = training[~np.isin(self.groups[training], self.groups[testing])]
        return training, testing


def _between_times(ordered: NDArray[np.integer], place: int) -> int:
    """The time at a place in the order, or the next one where that is the first of all."""
    time = ordered[min(place, len(ordered) - 1)]
    if time == ordered[0]:
        later = ordered[ordered > time]
        time = later[0] if len(later) else time + 1
    return int(time)


def held_out_part(
    y_encoded: NDArray[np.integer], groups: Any, share: float, rng: np.random.RandomState
) -> tuple[Rows, Rows]:
    """The larger and the smaller part of all rows, of whole groups where there are any.

    Parameters
    ----------
    y_encoded : ndarray of shape (n,)
        Numbers of the classes, from 0.
    groups : array-like of shape (n,) or None
        What rows belong to, by any name.
    share : float
        Share of the smaller part; with groups it may be larger, so that it has every class.
    rng : RandomState
        Source of the draw.

    Returns
    -------
    larger, smaller : ndarray
        Row numbers, sorted.
    """
    if groups is None:
        return stratified_part(y_encoded, share, rng)
    group = group_numbers(groups, len(y_encoded))
    n_groups = groups_by_class(y_encoded, group, int(y_encoded.max()) + 1)
    fewest = int(n_groups[n_groups > 0].min())
    if fewest < 2:
        raise ValueError(
            "A part of whole groups is held out, and some class has rows in 1 group; expected at "
            "least 2 with rows of each class. Hold nothing out, or leave groups away."
        )
    n_folds = min(max(round(1.0 / share), 2), fewest)
    n_classes = len(np.unique(y_encoded))
    splits = folds_of_groups(y_encoded, group, n_folds, rng)
    for larger, smaller in splits:
        if all(len(np.unique(y_encoded[part])) == n_classes for part in (larger, smaller)):
            return larger, smaller
    return splits[0]
