"""Tables of dask: partitions are asked, counted and drawn from where they are."""

from collections.abc import Callable, Iterator
from copy import copy
from itertools import pairwise
from typing import Any

import dask
import numpy as np
from dask import delayed

from imbalance_kit._sklearn_compat import n_samples_of
from imbalance_kit._tables.rows import take_rows
from imbalance_kit.ensemble._larger_than_memory.stored import (
    StoredTable,
    ask,
    check_column,
    in_order,
    number_type,
)
from imbalance_kit.ensemble._learners.base_learners import as_read_by, class_probabilities
from imbalance_kit.ensemble._loop.fitting import Fitting
from imbalance_kit.ensemble._loop.majority_scores import NEARLY_ALL
from imbalance_kit.under_sampling._self_paced import (
    bins_between,
    counts_by_shares,
    measure_hardness,
    shares_of_bins,
)

_SEEDS = np.iinfo(np.int32).max


class PartitionedTable(StoredTable):
    """A dask array or dataframe, partition by partition.

    Parameters
    ----------
    X : dask array or dask dataframe of shape (n_samples, n_features)
        The collection. Partitions that it does not hold in memory are computed whenever they are
        asked: persist it where memory allows.

    without : tuple of str
        Columns that are no features.

    stays : bool
        Whether the rows are left on the partitions during ``fit``.
    """

    def __init__(self, X: Any, without: tuple[str, ...], *, stays: bool) -> None:
        if X.ndim != 2:
            raise ValueError(f"Expected 2D array, got a dask collection of {X.ndim} dimensions.")
        self.stays = stays
        self._collection = X
        if hasattr(X, "columns"):
            features = _with_known_levels(X[[name for name in X.columns if name not in without]])
            self._head = features._meta
            lengths = features[[features.columns[0]]].map_partitions(len).compute()
            parts = features.to_delayed()
            self.numbers = all(_is_number(kind) for kind in self._head.dtypes)
            if self.numbers:
                kinds = [np.dtype(getattr(kind, "numpy_dtype", kind)) for kind in self._head.dtypes]
                parts = [delayed(_to_numbers)(part, number_type(kinds)) for part in parts]
        else:
            X = X.rechunk({1: -1})
            self._head = np.empty((0, X.shape[1]), dtype=X.dtype)
            parts = X.to_delayed()[:, 0].tolist()
            lengths = X.chunks[0]
            if np.isnan(lengths).any():
                lengths = _compute([delayed(len)(part) for part in parts])
        self.parts: list = list(parts)
        self.ends = np.concatenate([[0], np.cumsum(np.asarray(lengths, dtype=np.int64))])

    @property
    def shape(self) -> tuple[int, int]:
        return int(self.ends[-1]), self._head.shape[1]

    def head(self) -> Any:
        return self._head

    def column(self, name: str) -> np.ndarray:
        check_column(name, list(getattr(self._collection, "columns", [])))
        return self._collection[name].compute().to_numpy()

    def blocks(self) -> Iterator[Any]:
        for part in self.parts:
            yield from _compute([part])

    def take(self, rows: np.ndarray) -> Any:
        wanted, back = in_order(rows)
        places = np.searchsorted(wanted, self.ends)
        asked = [
            (part, wanted[first:last] - start)
            for part, start, (first, last) in zip(
                self.parts, self.ends[:-1], pairwise(places), strict=True
            )
            if first < last
        ]
        if not asked:
            asked = [(self.parts[0], wanted)]
        taken = stacked(_compute([delayed(take_rows)(part, own) for part, own in asked]))
        return taken if back is None else take_rows(taken, back)

    def in_play(self, rows: np.ndarray | None, whole: np.ndarray) -> Any:
        return RowsInPlay(self, rows, whole) if self.stays else super().in_play(rows, whole)

    def over_blocks(self, model: Any) -> np.ndarray:
        """Asked on the partitions; what comes back are the probabilities."""
        light = copy(model)
        light.estimators_samples_ = []  # the workers need not know them
        told = delayed(_itself)(light)
        return np.concatenate(_compute([delayed(_ask)(told, part) for part in self.parts]))


class RowsInPlay(StoredTable):
    """Rows of a partitioned table that a fit knows by other numbers.

    Rows of the classes that every round sees whole are gathered once.

    Parameters
    ----------
    table : PartitionedTable
        The table.

    rows : ndarray or None
        Rows in play, in order; None for all.

    whole : ndarray of bool
        Which of them every round sees.
    """

    def __init__(self, table: PartitionedTable, rows: np.ndarray | None, whole: np.ndarray) -> None:
        self._table = table
        self._rows = rows
        self._kept = np.flatnonzero(whole)
        self._gathered = table.take(self._number(self._kept))
        self.parts = table.parts
        self._starts = table.ends[:-1]
        self._ends = table.ends if rows is None else np.searchsorted(rows, table.ends)

    @property
    def shape(self) -> tuple[int, int]:
        return int(self._ends[-1]), self._table.shape[1]

    def head(self) -> Any:
        return self._table.head()

    def column(self, name: str) -> np.ndarray:
        return self._table.column(name)

    def blocks(self) -> Iterator[Any]:
        return self._table.blocks()

    def take(self, rows: np.ndarray) -> Any:
        wanted, back = in_order(rows)
        here = np.isin(wanted, self._kept, assume_unique=True)
        there = self._table.take(self._number(wanted[~here]))
        near = take_rows(self._gathered, np.searchsorted(self._kept, wanted[here]))
        place = np.empty(len(wanted), dtype=np.intp)
        place[np.concatenate([np.flatnonzero(here), np.flatnonzero(~here)])] = np.arange(len(place))
        return take_rows(stacked([near, there]), place if back is None else place[back])

    def per_partition(self, values: np.ndarray) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """For each partition its rows in play, as it numbers them, and values of those rows."""
        for start, (first, last) in zip(self._starts, pairwise(self._ends), strict=True):
            rows = self._number(np.arange(first, last)) - start
            yield rows, values[first:last]

    def known_as(self, own: list[np.ndarray]) -> np.ndarray:
        """Numbers in the fit of rows as their partitions number them."""
        rows = np.concatenate([rows + start for rows, start in zip(own, self._starts, strict=True)])
        return rows if self._rows is None else np.searchsorted(self._rows, rows)

    def crowd(self, fitting: Fitting, classes: np.ndarray) -> "PartitionedCrowd":
        """The rows of the large classes, on the partitions."""
        return PartitionedCrowd(fitting, classes)

    def _number(self, rows: np.ndarray) -> np.ndarray:
        return rows if self._rows is None else self._rows[rows]


class PartitionedCrowd:
    """What the learners so far say of the rows of the large classes, kept beside these rows.

    A partition keeps the running sum of the probability of the true class as a future. Its graph
    leads back to the partition and to every learner, so a sum that is lost with a worker is made
    again. Between the partitions and this process travel two numbers, then two per bin, then the
    numbers of the rows drawn.

    Parameters
    ----------
    fitting : Fitting
        The fit, whose table is `RowsInPlay`.

    classes : ndarray of shape (n_classes,)
        Labels, in the order of their codes.
    """

    def __init__(self, fitting: Fitting, classes: np.ndarray) -> None:
        self.n_learners = 0
        self._classes = classes
        self._X: RowsInPlay = fitting.X
        large = [
            code for code, own in enumerate(fitting.members) if fitting.wanted[code] < len(own)
        ]
        kept = fitting.codes.astype(np.min_scalar_type(-len(classes)))
        # one graph for each, since all labels together may be more than a scheduler likes to take
        self._sums = [
            _persist([delayed(_silent)(rows, codes, large)])[0]
            for rows, codes in self._X.per_partition(kept)
        ]

    def hear(self, learner: Any) -> None:
        """Add what one more learner says."""
        self.n_learners += 1
        told = delayed(_itself)(learner)
        self._sums = _persist(
            [
                delayed(_hear)(sums, part, told, self._classes)
                for sums, part in zip(self._sums, self._X.parts, strict=True)
            ]
        )

    def draw(
        self,
        code: int,
        n: int,
        rng: np.random.RandomState,
        *,
        hardness: str | Callable,
        k_bins: int,
        alpha: float,
        sampling: str,
        replacement: bool,
    ) -> np.ndarray:
        """Draw rows of a large class by hardness; the parameters are those of `draw_self_paced`."""
        asked = _persist(
            [delayed(_hardness)(sums, code, hardness, self.n_learners) for sums in self._sums]
        )
        low, high = np.transpose(_compute([delayed(_ends)(own) for own in asked]))
        ends = low.min(), high.max(), k_bins
        tallies = np.array(_compute([delayed(_tally)(own, *ends) for own in asked]))
        population = tallies[:, 0].astype(np.int64)
        n_bin = population.sum(axis=0)
        if ends[0] == ends[1]:
            counts = np.where(n_bin > 0, n, 0)
        else:
            share = shares_of_bins(n_bin, tallies[:, 1].sum(axis=0), alpha)
            if sampling == "soft":
                counts = soft_counts(n, n_bin, share, replacement, rng)
            else:
                counts = counts_by_shares(n, n_bin, share, replacement)
        portions = split_among(population, counts, replacement, rng)
        seeds = rng.randint(_SEEDS, size=len(self._sums))
        rows = _compute(
            [
                delayed(_drawn)(sums, code, own, ends, portion, replacement, seed)
                for sums, own, portion, seed in zip(self._sums, asked, portions, seeds, strict=True)
            ]
        )
        return self._X.known_as(rows)


def split_among(
    population: np.ndarray, counts: np.ndarray, replacement: bool, rng: np.random.RandomState
) -> np.ndarray:
    """How many of the rows drawn from each bin come from each partition.

    Parameters
    ----------
    population : ndarray of shape (n_partitions, k_bins)
        Rows of each partition in each bin.

    counts : ndarray of shape (k_bins,)
        Rows to draw from each bin.

    replacement : bool
        Whether a row may be drawn more than once: multinomial instead of multivariate
        hypergeometric.

    rng : RandomState
        Source of the draw.

    Returns
    -------
    portions : ndarray of shape (n_partitions, k_bins)
        Rows to draw, which have the distribution that a draw from all rows of a bin would have.
    """
    portions = np.zeros_like(population)
    for bin_, left in enumerate(counts):
        rest = population[:, bin_].sum()
        for part, own in enumerate(population[:, bin_]):
            rest -= own
            if left == 0 or own == 0:
                continue
            if rest == 0:
                portion = left
            elif replacement:
                portion = rng.binomial(left, own / (own + rest))
            else:
                portion = rng.hypergeometric(own, rest, left)
            portions[part, bin_] = portion
            left = left - portion
    return portions


def soft_counts(
    n: int,
    population: np.ndarray,
    share: np.ndarray,
    replacement: bool,
    rng: np.random.RandomState,
) -> np.ndarray:
    """Rows that come from each bin when rows are drawn one by one with their bin's probability.

    Without replacement the first to go off of one exponential clock per row are drawn. A bin's
    clocks have one rate, so the times at which they go off are sums of exponential gaps.
    """
    if replacement:
        return rng.multinomial(n, share / share.sum())
    times = []
    for own, rate in zip(population, share, strict=True):
        most = min(n, own)
        still = own - np.arange(most)
        gaps = rng.standard_exponential(most) / (still * (rate / max(own, 1) or 1.0))
        times.append(np.cumsum(gaps))
    bins = np.repeat(np.arange(len(population)), [len(own) for own in times])
    first = np.argpartition(np.concatenate(times), n - 1)[:n]
    return np.bincount(bins[first], minlength=len(population))


def stacked(parts: list) -> Any:
    """Arrays or frames with equal columns below each other."""
    if isinstance(parts[0], np.ndarray):
        return np.concatenate(parts)
    import pandas as pd

    return pd.concat(parts, ignore_index=True)


# --- what happens on the partitions ---------------------------------------------------------------


def _silent(rows: np.ndarray, codes: np.ndarray, large: list[int]) -> dict[int, tuple]:
    """Rows of each large class, and the sums of nobody's probabilities."""
    own = {code: rows[codes == code] for code in large}
    return {code: (rows, np.zeros(len(rows))) for code, rows in own.items()}


def _hear(sums: dict[int, tuple], part: Any, learner: Any, classes: np.ndarray) -> dict[int, tuple]:
    n_asked = sum(len(rows) for rows, _ in sums.values())
    if not n_asked:
        return sums
    if n_asked > NEARLY_ALL * n_samples_of(part):
        proba = class_probabilities(learner, as_read_by(learner, part), classes)
        return {code: (rows, total + proba[rows, code]) for code, (rows, total) in sums.items()}
    heard = {}
    for code, (rows, total) in sums.items():
        if len(rows):
            asked = as_read_by(learner, take_rows(part, rows))
            total = total + class_probabilities(learner, asked, classes)[:, code]
        heard[code] = (rows, total)
    return heard


def _hardness(
    sums: dict[int, tuple], code: int, hardness: str | Callable, n_learners: int
) -> np.ndarray:
    return measure_hardness(hardness, sums[code][1] / max(n_learners, 1))


def _ends(hardness: np.ndarray) -> tuple[float, float]:
    return hardness.min(initial=np.inf), hardness.max(initial=-np.inf)


def _bins(hardness: np.ndarray, low: float, high: float, k_bins: int) -> np.ndarray:
    if low == high:
        return np.zeros(len(hardness), dtype=np.intp)
    return bins_between(hardness, low, high, k_bins)


def _tally(hardness: np.ndarray, low: float, high: float, k_bins: int) -> np.ndarray:
    """Rows of each bin, and the sums of their hardness."""
    bins = _bins(hardness, low, high, k_bins)
    return np.array(
        [np.bincount(bins, weights=weight, minlength=k_bins) for weight in (None, hardness)]
    )


def _drawn(
    sums: dict[int, tuple],
    code: int,
    hardness: np.ndarray,
    ends: tuple[float, float, int],
    portion: np.ndarray,
    replacement: bool,
    seed: int,
) -> np.ndarray:
    """Rows of a partition: of each bin the wanted number."""
    rng = np.random.RandomState(seed)
    rows, bins = sums[code][0], _bins(hardness, *ends)
    drawn = [
        rng.choice(rows[bins == bin_], size=n, replace=replacement)
        for bin_, n in enumerate(portion)
        if n
    ]
    return np.concatenate(drawn) if drawn else rows[:0]


def _ask(model: Any, part: Any) -> np.ndarray:
    if not n_samples_of(part):
        return np.empty((0, len(model.classes_)))
    return ask(model, part)


def _itself(value: Any) -> Any:
    """A value as one node of a graph, to which many others point."""
    return value


def _to_numbers(part: Any, kind: np.dtype) -> np.ndarray:
    return np.ascontiguousarray(part.to_numpy(dtype=kind, na_value=np.nan))


def _is_number(kind: Any) -> bool:
    return getattr(kind, "kind", "O") in "fiub"


def _with_known_levels(X: Any) -> Any:
    """A dask frame whose texts and unknown categories are categories that all partitions know."""
    unknown = [
        name
        for name, kind in X.dtypes.items()
        if not _is_number(kind) and not (kind == "category" and X[name].cat.known)
    ]
    return X.categorize(columns=unknown, index=False) if unknown else X


def _compute(tasks: list) -> list:
    return list(dask.compute(*tasks))


def _persist(tasks: list) -> list:
    return list(dask.persist(*tasks))
