"""Folds and a held-out part with rows of every class, by chance, by groups, or by time."""

from collections.abc import Iterator
from numbers import Integral, Real
from typing import Any

import numpy as np
from sklearn.model_selection import BaseCrossValidator
from sklearn.utils import check_random_state

from imbalance_kit._sklearn_compat import n_samples_of
from imbalance_kit._split_layout import Layout, Rows
from imbalance_kit._stratified_parts import groups_by_class
from imbalance_kit._tables.labels import encode, read_single_labels, spell
from imbalance_kit._tables.row_groups import group_numbers
from imbalance_kit._tables.row_labels import warn_of_other_order
from imbalance_kit.model_selection._row_times import row_times


class _RareClassSplits(BaseCrossValidator):
    """What both splitters share: reading the rows, and refusing a part without a class."""

    # groups are used where they are given, so that metadata routing passes them without a request
    __metadata_request__split = {"groups": True}

    time: Any
    random_state: Any

    def split(self, X, y, groups=None):
        """Positions of training and test rows.

        Parameters
        ----------
        X : {array-like, dataframe, sparse matrix} of shape (n_samples, n_features)
            The table; only a column of times is read.

        y : array-like of shape (n_samples,)
            Class labels.

        groups : array-like of shape (n_samples,), default=None
            What rows belong to. Rows of a group are never on both sides.

        Returns
        -------
        splits : iterator of (train, test)
            Positions, sorted.
        """
        if y is None:
            raise ValueError(
                f"{type(self).__name__} puts rows of every class into every part, so it needs y; "
                "got None."
            )
        warn_of_other_order(X, y=y, groups=groups, stacklevel=4)
        classes, y_encoded = encode(read_single_labels(y))
        n_rows = len(y_encoded)
        if n_samples_of(X) != n_rows:
            raise ValueError(
                f"X has {n_samples_of(X)} rows and y has {n_rows} labels; expected one for each."
            )
        numbers = None if groups is None else group_numbers(groups, n_rows)
        layout = Layout(y_encoded.astype(np.intp), numbers, row_times(self.time, X, n_rows))
        self._check_classes(layout, classes)
        for number, (train, test) in enumerate(self._parts(layout)):
            for part, rows in (("trains", train), ("tests", test)):
                present = np.bincount(layout.y[rows], minlength=len(classes)) > 0
                if not present.all():
                    raise ValueError(_lacking(layout, classes[~present][0], classes, number, part))
            yield np.sort(train), np.sort(test)

    def _check_classes(self, layout: Layout, classes: np.ndarray) -> None:
        """Refuse a class that cannot be in every part, before anything is split."""
        needed = self._parts_needed(layout)
        counts = np.bincount(layout.y, minlength=len(classes))
        what = "rows"
        if layout.groups is not None and layout.time is None:
            counts = groups_by_class(layout.y, layout.groups, len(classes))
            what = "groups"
        few = int(counts.argmin())
        if counts[few] < needed:
            raise ValueError(
                f"Class {spell(classes[few])} has {counts[few]} {what}; {needed} parts with rows "
                f"of every class need at least as many {what} of each. {self._remedy()}"
            )

    def _parts_needed(self, layout: Layout) -> int:
        raise NotImplementedError

    def _remedy(self) -> str:
        raise NotImplementedError

    def _parts(self, layout: Layout) -> Iterator[tuple[Rows, Rows]]:
        raise NotImplementedError


class RareClassKFold(_RareClassSplits):
    """Folds that each have rows of every class, with groups kept together and times in order.

    Parameters
    ----------
    n_splits : int, default=5
        Number of folds.

    time : None, True, str, int or array-like of shape (n_samples,), default=None
        When rows were observed: a column of X by name or position, or an entry for each row; True
        for rows that stand in order. With a time, each fold is tested after training on all that is
        earlier.

    random_state : int, RandomState instance or None, default=None
        Seed of the shuffling. Splits in time are not shuffled.

    See Also
    --------
    RareClassHoldOut : One split.

    sklearn.model_selection.StratifiedGroupKFold : Equal class shares, of groups; a fold may lack
        the rarest class.

    sklearn.model_selection.TimeSeriesSplit : Rows in order, whatever their class.

    Notes
    -----
    A metric such as average precision is not defined on a fold without positives. So each training
    and test part has rows of every class, or there is an error that names the class and says what
    there is of it.

    - **Without groups and time** folds are those of ``StratifiedKFold``, shuffled.
    - **Groups** are kept together and class shares made as equal as groups allow: the folds of
      ``StratifiedGroupKFold``, and where one of these lacks a class, the groups of the class with
      the fewest are dealt first, the largest to the fold that has least.
    - **Time** cuts the rows into ``n_splits + 1`` stretches of equal length, the first of which is
      never tested; rows of one moment stay together. Where a stretch would lack a class, cuts move
      to the nearest times at which none does, if there are such.
    - **Groups and time**: rows of a group in the test part are left out of training.

    Groups reach ``split`` as ``groups=`` of ``cross_validate`` and of searches; with metadata
    routing enabled no request is needed. O(n log n), and with groups O(n_groups * n_splits).

    Examples
    --------
    >>> import numpy as np
    >>> from imbalance_kit.model_selection import RareClassKFold
    >>> y = np.repeat([0, 1], [90, 10])
    >>> patient = np.arange(100) // 2
    >>> for train, test in RareClassKFold(5, random_state=0).split(y, y, patient):
    ...     assert y[test].sum() > 0 and not set(patient[train]) & set(patient[test])
    """

    def __init__(self, n_splits=5, *, time=None, random_state=None):
        if not isinstance(n_splits, Integral) or n_splits < 2:
            raise ValueError(f"n_splits must be a whole number of at least 2; got {n_splits!r}.")
        self.n_splits = n_splits
        self.time = time
        self.random_state = random_state

    def get_n_splits(self, X=None, y=None, groups=None):
        """Number of splits.

        Parameters
        ----------
        X, y, groups : object, default=None
            Not used.

        Returns
        -------
        n_splits : int
        """
        return self.n_splits

    def _parts_needed(self, layout: Layout) -> int:
        return int(self.n_splits) + (layout.time is not None)

    def _remedy(self) -> str:
        return "Use a smaller n_splits, or leave the class out."

    def _parts(self, layout: Layout) -> Iterator[tuple[Rows, Rows]]:
        rng = check_random_state(self.random_state)
        yield from layout.folds(np.arange(len(layout.y)), int(self.n_splits), rng)


class RareClassHoldOut(_RareClassSplits):
    """One split with rows of every class on both sides: whole groups, or the latest rows.

    Parameters
    ----------
    test_size : float, default=0.2
        Share of the rows to hold out, met as nearly as groups and times allow.

    time : None, True, str, int or array-like of shape (n_samples,), default=None
        When rows were observed: a column of X by name or position, or an entry for each row; True
        for rows that stand in order. With a time, the latest rows are held out.

    random_state : int, RandomState instance or None, default=None
        Seed of the draw. A split in time draws nothing.

    See Also
    --------
    RareClassKFold : Several splits.

    sklearn.model_selection.train_test_split : A split of rows, with ``stratify=y``.

    Notes
    -----
    Classes, groups and times are treated as in :class:`RareClassKFold`. O(n log n).

    Examples
    --------
    >>> import numpy as np
    >>> from imbalance_kit.model_selection import RareClassHoldOut
    >>> y = np.repeat([0, 1, 0], [60, 10, 30])
    >>> ((train, test),) = RareClassHoldOut(test_size=0.2, time=True).split(y, y)
    >>> int(test.min()), int(y[test].sum())
    (69, 1)
    """

    def __init__(self, test_size=0.2, *, time=None, random_state=None):
        if not isinstance(test_size, Real) or not 0 < float(test_size) < 1:
            raise ValueError(f"test_size must be a share between 0 and 1; got {test_size!r}.")
        self.test_size = test_size
        self.time = time
        self.random_state = random_state

    def get_n_splits(self, X=None, y=None, groups=None):
        """Number of splits: 1.

        Parameters
        ----------
        X, y, groups : object, default=None
            Not used.

        Returns
        -------
        n_splits : int
        """
        return 1

    def _parts_needed(self, layout: Layout) -> int:
        return 2

    def _remedy(self) -> str:
        return "Leave the class out, or join it with another."

    def _parts(self, layout: Layout) -> Iterator[tuple[Rows, Rows]]:
        rng = check_random_state(self.random_state)
        yield layout.part(np.arange(len(layout.y)), float(self.test_size), rng)


def _lacking(layout: Layout, label: Any, classes: np.ndarray, number: int, part: str) -> str:
    rows = np.flatnonzero(classes[layout.y] == label)
    held = [f"{len(rows)} rows"]
    if layout.groups is not None:
        held.append(f"{len(np.unique(layout.groups[rows]))} groups")
    if layout.time is not None:
        held.append(f"{len(np.unique(layout.time[rows]))} times")
    return (
        f"Split {number} {part} on no row of class {spell(label)}, which has {', '.join(held)}. "
        "Use fewer splits or larger test parts, coarser times, or leave the class out."
    )
