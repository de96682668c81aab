"""Majority scores on the partitions of a dask collection, and self-paced draws from there."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from dask import delayed

from imbalance_kit._sklearn_compat import n_samples_of
from imbalance_kit._tables.rows import take_rows
from imbalance_kit.ensemble._larger_than_memory.partitions import (
    RowsInPlay,
    compute,
    itself,
    persist,
)
from imbalance_kit.ensemble._learners.predictions import (
    NEARLY_ALL,
    as_read_by,
    class_probabilities,
)
from imbalance_kit.under_sampling._self_paced import (
    bins_between,
    counts_by_shares,
    measure_hardness,
    shares_of_bins,
)

_SEEDS = np.iinfo(np.int32).max


@dataclass(frozen=True)
class PartitionedScores:
    """Majority scores that stay on the partitions, beside their rows.

    A partition keeps the running sum of the probability of the true class as a future. Its graph
    leads back to the partition and to every learner, so a sum that is lost with a worker is made
    again. Between the partitions and this process travel two numbers, then two per bin, then the
    numbers of the rows drawn.

    Attributes
    ----------
    X : RowsInPlay
        The table.

    n_classes : int
        Number of classes.

    sums : list of futures
        For each partition a dict: for each large class its rows there, and the sums of the
        probabilities that learners gave to it.

    n_learners : int
        Learners in the sums.
    """

    X: RowsInPlay
    n_classes: int
    sums: list
    n_learners: int = 0

    @classmethod
    def of_no_learner(
        cls, X: Any, y_encoded: np.ndarray, large: list[int], n_classes: int
    ) -> "PartitionedScores":
        """Scores before the first learner; `large` are positions of classes."""
        kept = y_encoded.astype(np.min_scalar_type(-n_classes))
        # one graph for each, since all labels together may be more than a scheduler likes to take
        sums = [
            persist([delayed(_zeros)(rows, part_of_y, large)])[0]
            for rows, part_of_y in X.per_partition(kept)
        ]
        return cls(X, n_classes, sums)

    def updated(self, learner: Any) -> "PartitionedScores":
        """Scores with one more learner."""
        sent = delayed(itself)(learner)
        sums = persist(
            [
                delayed(_add_learner)(sums, part, sent, self.n_classes)
                for sums, part in zip(self.sums, self.X.parts, strict=True)
            ]
        )
        return replace(self, sums=sums, n_learners=self.n_learners + 1)

    def draw(
        self,
        position: int,
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
        measured = persist(
            [delayed(_hardness)(sums, position, hardness, self.n_learners) for sums in self.sums]
        )
        low, high = np.transpose(compute([delayed(_ends)(part) for part in measured]))
        ends = low.min(), high.max(), k_bins
        tallies = np.array(compute([delayed(_tally)(part, *ends) for part in measured]))
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
        # A partition draws by a seed of its own: drawn again after a loss, it gives the same rows.
        seeds = rng.randint(_SEEDS, size=len(self.sums))
        rows = compute(
            [
                delayed(_drawn)(sums, position, part, ends, portion, replacement, seed)
                for sums, part, portion, seed in zip(
                    self.sums, measured, portions, seeds, strict=True
                )
            ]
        )
        return self.X.numbers_in_fit(rows)


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
        for part, held in enumerate(population[:, bin_]):
            rest -= held
            if left == 0 or held == 0:
                continue
            # Given what earlier partitions gave, one partition against all later ones is a draw
            # of two kinds of rows; without a later one nothing is random.
            if rest == 0:
                portion = left
            elif replacement:
                portion = rng.binomial(left, held / (held + rest))
            else:
                portion = rng.hypergeometric(held, rest, left)
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
    clocks have one rate, so the times at which they go off are sums of exponential waits.
    """
    if replacement:
        return rng.multinomial(n, share / share.sum())
    times = []
    for held, rate in zip(population, share, strict=True):
        most = min(n, held)
        still = held - np.arange(most)
        waits = rng.standard_exponential(most) / (still * (rate / max(held, 1) or 1.0))
        times.append(np.cumsum(waits))
    bins = np.repeat(np.arange(len(population)), [len(of_bin) for of_bin in times])
    first = np.argpartition(np.concatenate(times), n - 1)[:n]
    return np.bincount(bins[first], minlength=len(population))


# --- what happens on the partitions ---------------------------------------------------------------


def _zeros(rows: np.ndarray, y_encoded: np.ndarray, large: list[int]) -> dict[int, tuple]:
    """Rows of each large class, and the sums of no learner's probabilities."""
    by_class = {position: rows[y_encoded == position] for position in large}
    return {position: (found, np.zeros(len(found))) for position, found in by_class.items()}


def _add_learner(
    sums: dict[int, tuple], part: Any, learner: Any, n_classes: int
) -> dict[int, tuple]:
    n_rows = sum(len(rows) for rows, _ in sums.values())
    if not n_rows:
        return sums
    if n_rows > NEARLY_ALL * n_samples_of(part):
        proba = class_probabilities(learner, as_read_by(learner, part), n_classes)
        return {
            position: (rows, total + proba[rows, position])
            for position, (rows, total) in sums.items()
        }
    updated = {}
    for position, (rows, total) in sums.items():
        if len(rows):
            X = as_read_by(learner, take_rows(part, rows))
            total = total + class_probabilities(learner, X, n_classes)[:, position]
        updated[position] = (rows, total)
    return updated


def _hardness(
    sums: dict[int, tuple], position: int, hardness: str | Callable, n_learners: int
) -> np.ndarray:
    return measure_hardness(hardness, sums[position][1] / max(n_learners, 1))


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
    position: int,
    hardness: np.ndarray,
    ends: tuple[float, float, int],
    portion: np.ndarray,
    replacement: bool,
    seed: int,
) -> np.ndarray:
    """Rows of a partition: of each bin the wanted number."""
    rng = np.random.RandomState(seed)
    rows, bins = sums[position][0], _bins(hardness, *ends)
    drawn = [
        rng.choice(rows[bins == bin_], size=n, replace=replacement)
        for bin_, n in enumerate(portion)
        if n
    ]
    return np.concatenate(drawn) if drawn else rows[:0]
