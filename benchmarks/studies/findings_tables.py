"""What findings.py counts and prints with: means, verdicts, and tables as text or in RST."""

import csv
import io
import math
from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from imbalance_kit.benchmark._analysis.breakdown import verdicts
from imbalance_kit.benchmark._analysis.intervals import MIN_BLOCKS, bootstrap_interval
from imbalance_kit.benchmark._analysis.statistics import by_source
from imbalance_kit.metrics._bootstrap import bootstrap_counts, interval_of

HOLDS, FAILS, OPEN = "holds", "does not hold", "cannot be said"
N_DRAWS = 2000


@dataclass(frozen=True)
class Finding:
    """One question, the tables that answer it, and claims with their verdicts."""

    title: str
    tables: list[tuple[str, pd.DataFrame]] = field(default_factory=list)
    verdicts: list[tuple[str, str]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def verdict_of(low: float, high: float) -> str:
    """Verdict on "this difference is above zero" from its interval."""
    if math.isnan(low):
        return f"{OPEN} (fewer than {MIN_BLOCKS} base sources)"
    if low > 0:
        return HOLDS
    return FAILS if high < 0 else f"{OPEN} (a tie)"


def judge_all(by_group: dict[str, str]) -> str:
    """Put the verdicts of groups into one: all alike, or which groups say what."""
    if not by_group:
        return f"{OPEN} (no data sets)"
    if len(set(by_group.values())) == 1:
        return next(iter(by_group.values()))
    said = dict.fromkeys(by_group.values())
    return "; ".join(
        f"{verdict}: {', '.join(name for name, own in by_group.items() if own == verdict)}"
        for verdict in said
    )


def verdict_of_equality(low: float, high: float, margin: float) -> str:
    """Verdict on "these two are the same but for the margin"."""
    if math.isnan(low):
        return f"{OPEN} (fewer than {MIN_BLOCKS} base sources)"
    if -margin < low and high < margin:
        return HOLDS
    return FAILS if low > 0 or high < 0 else f"{OPEN} (the interval is wider than the margin)"


@dataclass(frozen=True)
class Means:
    """Means over data sets, every set alike, with draws that take whole base sources."""

    mean: pd.Series
    draws: np.ndarray  # of shape (n_draws, n_columns), without rows for fewer than five sources
    n_datasets: int
    n_sources: int

    def interval(self, name: str) -> tuple[float, float]:
        """Interval of a column's mean."""
        return self._limits(self.draws[:, [self._place(name)]], float(self.mean[name]))

    def gap(self, name: str, other: str) -> tuple[float, float, float]:
        """Difference of two means and its interval."""
        ours, theirs = self._place(name), self._place(other)
        gap = float(self.mean[name] - self.mean[other])
        low, high = self._limits(self.draws[:, [ours]] - self.draws[:, [theirs]], gap)
        return gap, low, high

    def best(self, names: Iterable[str]) -> str:
        """Name the highest mean; equal ones by name."""
        return max(sorted(names), key=lambda name: self.mean[name])

    def share_among_first(self, name: str, names: list[str], places: int) -> float:
        """Share of the draws in which at most places - 1 of the names have a higher mean."""
        if not len(self.draws):
            return math.nan
        own = self.draws[:, [self._place(name)]]
        others = self.draws[:, [self._place(other) for other in names]]
        return float(((others > own).sum(axis=1) < places).mean())

    def _place(self, name: str) -> int:
        return int(self.mean.index.get_indexer([name])[0])

    def _limits(self, draws: np.ndarray, estimate: float) -> tuple[float, float]:
        if not len(draws):
            return math.nan, math.nan
        low, high = interval_of(draws, np.array([estimate]), self.n_sources)
        return float(low[0]), float(high[0])


def mean_over_datasets(values: pd.DataFrame) -> Means:
    """Average the rows of a (source, dataset) table; rows with a gap are left out."""
    known = values.dropna()
    grouped = known.groupby(level="source", sort=True)
    sums, sizes = grouped.sum().to_numpy(), grouped.size().to_numpy()
    draws = np.empty((0, known.shape[1]))
    if len(sums) >= MIN_BLOCKS:
        counts = bootstrap_counts(len(sums), N_DRAWS, 0)
        draws = (counts @ sums) / (counts @ sizes)[:, None]
    return Means(known.mean(), draws, len(known), len(sums))


def effects(differences: pd.DataFrame) -> pd.DataFrame:
    """Mean over base sources of each column, with interval and verdict; more is better."""
    blocks = by_source(differences)
    limits = bootstrap_interval(blocks)
    return limits.assign(
        mean=blocks.mean(), verdict=verdicts(limits), n_sources=blocks.notna().sum()
    )


def signed(value: float, digits: int = 3) -> str:
    """Write a difference; what rounds to zero has no minus."""
    return "" if math.isnan(value) else f"{round(value, digits) + 0.0:+.{digits}f}"


def plain(value: float, digits: int = 3) -> str:
    """Write a number."""
    return "" if math.isnan(value) else f"{value:.{digits}f}"


def spread(mean: float, low: float, high: float, digits: int = 3) -> str:
    """Write a difference with its interval."""
    if math.isnan(low):
        return signed(mean, digits)
    return f"{signed(mean, digits)} [{signed(low, digits)}, {signed(high, digits)}]"


def render(findings: Iterable[Finding], *, rst: bool) -> str:
    """Write findings as text."""
    return "\n".join(_lines(findings, rst))


def _lines(findings: Iterable[Finding], rst: bool) -> Iterable[str]:
    for finding in findings:
        yield finding.title
        yield ("-" if rst else "=") * len(finding.title)
        yield ""
        for caption, table in finding.tables:
            yield from (_rst_table if rst else _text_table)(caption, table)
            yield ""
        for note in finding.notes:
            yield note
            yield ""
        for claim, verdict in finding.verdicts:
            yield f"* {claim}: **{verdict}**." if rst else f"  {claim}: {verdict.upper()}"
        if finding.verdicts:
            yield ""


def _text_table(caption: str, table: pd.DataFrame) -> Iterable[str]:
    yield f"{caption}:"
    yield table.to_string(index=False) if len(table) else "(nothing)"


def _rst_table(caption: str, table: pd.DataFrame) -> Iterable[str]:
    yield f".. csv-table:: {caption}"
    yield "   :header-rows: 1"
    yield ""
    sink = io.StringIO()
    writer = csv.writer(sink, quoting=csv.QUOTE_ALL, lineterminator="\n")
    writer.writerow(table.columns)
    writer.writerows(table.to_numpy())
    yield from (f"   {line}" for line in sink.getvalue().splitlines())
