"""What is known about methods on tables: scores of a benchmark, and what the tables are like."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cache, cached_property
from pathlib import Path

import numpy as np
import pandas as pd

from imbalance_kit.benchmark._metrics import metric as metrics

TABLES = Path(__file__).with_name("tables.csv")
SCORES = Path(__file__).with_name("scores.csv")

#: Metrics that a recommendation can aim at, and whether more is better. Nobody should aim at one
#: alone in which a constant prediction is perfect.
METRICS = {
    name: metric.higher_is_better
    for name, metric in metrics.METRICS.items()
    if metric.of_constant is not None
}


@dataclass(frozen=True, eq=False)
class Evidence:
    """Scores of pairs on data sets, and meta-features of the data sets.

    Attributes
    ----------
    tables : DataFrame
        One row per data set, by name: ``source``, ``role`` and meta-features.
    scores : DataFrame
        One row per data set and pair: ``dataset``, ``method``, ``learner``, metrics averaged over
        splits, and ``fit_seconds``.
    """

    tables: pd.DataFrame
    scores: pd.DataFrame
    _read: dict[str, pd.DataFrame] = field(default_factory=dict, repr=False)

    @cached_property
    def pairs(self) -> pd.DataFrame:
        """``method`` and ``learner`` of each pair, by its name."""
        pairs = self.scores[["pair", "method", "learner"]].drop_duplicates("pair")
        return pairs.set_index("pair").sort_index()

    def values(self, column: str) -> pd.DataFrame:
        """One column of the scores: a row per data set of `tables`, a column per pair."""
        if column not in self._read:
            wide = self.scores.pivot(index="dataset", columns="pair", values=column)
            self._read[column] = wide.reindex(index=self.tables.index, columns=self.pairs.index)
        return self._read[column]

    def goodness(self, metric: str) -> pd.DataFrame:
        """Values of a metric, turned so that more is better."""
        return self.values(metric) if METRICS[metric] else -self.values(metric)

    def of_sources(self, sources: Iterable[str]) -> Evidence:
        """Only the data sets of some base sources."""
        return self._where(self.tables["source"].isin(list(sources)))

    def without_source(self, source: str) -> Evidence:
        """All but the data sets of one base source."""
        return self._where(self.tables["source"] != source)

    def with_pairs(self, pairs: Iterable[str]) -> Evidence:
        """Only some pairs."""
        return Evidence(self.tables, self.scores[self.scores["pair"].isin(list(pairs))])

    def _where(self, kept: pd.Series) -> Evidence:
        tables = self.tables[kept]
        return Evidence(tables, self.scores[self.scores["dataset"].isin(tables.index)])


def make_evidence(tables: pd.DataFrame, scores: pd.DataFrame) -> Evidence:
    """Put the two frames in order, so that nothing depends on the order of their rows."""
    named = scores.assign(pair=scores["method"] + " / " + scores["learner"])
    named = named[named["dataset"].isin(tables.index)]
    return Evidence(tables.sort_index(), named.sort_values(["dataset", "pair"], ignore_index=True))


@cache
def shipped_evidence() -> Evidence:
    """Read the evidence that comes with the package."""
    tables = pd.read_csv(TABLES, index_col="dataset", dtype={"source": str, "role": str})
    tables["role"] = tables["role"].fillna("")
    return make_evidence(tables, pd.read_csv(SCORES))


def predicted_seconds(evidence: Evidence, n_rows: float, n_features: float) -> pd.Series:
    """Seconds that a fit of each pair would take on a table, on the machine of the evidence.

    A power of rows times columns is fitted to the logarithms; beyond the largest table of the
    evidence time grows at least in proportion.

    Returns
    -------
    Series
        By pair; NaN for one that never finished.
    """
    seconds = evidence.values("fit_seconds")
    sizes = evidence.tables[["n_rows", "n_features"]].to_numpy(dtype=float)
    log_sizes = np.log(np.maximum(sizes, 1.0)).sum(axis=1)
    wanted = float(np.log(max(n_rows * n_features, 1.0)))
    return pd.Series(
        {pair: _power(log_sizes, seconds[pair].to_numpy(dtype=float), wanted) for pair in seconds},
        dtype=float,
    )


def _power(log_sizes: np.ndarray, seconds: np.ndarray, wanted: float) -> float:
    known = np.isfinite(seconds)
    if not known.any():
        return np.nan
    size, spent = log_sizes[known], np.log(np.maximum(seconds[known], 1e-4))
    middle = size.mean()
    spread = ((size - middle) ** 2).sum()
    slope = ((size - middle) * (spent - spent.mean())).sum() / spread if spread > 1e-9 else 1.0
    slope = float(np.clip(slope, 0.0, 2.0))
    inside = min(wanted, size.max())
    outside = wanted - inside
    return float(np.exp(spent.mean() + slope * (inside - middle) + max(slope, 1.0) * outside))
