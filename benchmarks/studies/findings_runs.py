"""Results folders as findings.py takes them: joined into runs, sorted into groups."""

from dataclasses import dataclass
from functools import cached_property

import pandas as pd

from imbalance_kit.benchmark import scores
from imbalance_kit.benchmark._analysis.statistics import (
    fill_failures,
    finished_by_all,
    table,
    tried_by_all,
)
from imbalance_kit.benchmark._analysis.table_kinds import LEVELS, group_datasets
from imbalance_kit.benchmark._metrics.metric import METRICS

EVERYTHING = "all"
SEARCHED = ", tuned"  # in the name of a run whose hyper-parameters were searched for


@dataclass(frozen=True)
class Run:
    """Cells of one preset, with or without a search; `finished_only` leaves imputed ones out."""

    name: str
    filled: pd.DataFrame
    finished_only: bool = False

    @cached_property
    def cells(self) -> pd.DataFrame:
        """Cells of unstressed data sets that every pair was tried on."""
        plain_cells = self.filled[self.filled["stress"] == ""]
        return (finished_by_all if self.finished_only else tried_by_all)(plain_cells)

    @cached_property
    def groups(self) -> dict[str, list[str]]:
        """Names of the data sets by imbalance level, then all."""
        levels = group_datasets(self.cells, "level")
        found = {level: list(levels.index[levels == level]) for level in LEVELS}
        return {level: names for level, names in found.items() if names} | {
            EVERYTHING: list(levels.index)
        }

    def values(self, metric: str, datasets: list[str] | None = None) -> pd.DataFrame:
        """Mean scores: rows (source, dataset), columns pairs."""
        found = table(self.cells, metric)
        if datasets is None:
            return found
        return found[found.index.get_level_values("dataset").isin(datasets)]

    def gains(self, metric: str, references: dict[str, str]) -> pd.DataFrame:
        """Differences to the references for each data set, more is better."""
        found = self.values(metric)
        sign = 1.0 if metric in METRICS and METRICS[metric].higher_is_better else -1.0
        columns = {
            pair: sign * (found[pair] - found[reference])
            for pair, reference in references.items()
            if pair in found and reference in found
        }
        return pd.DataFrame(columns, index=found.index)


def read_runs(folders: list[str], finished_only: bool) -> dict[str, Run]:
    """Join folders by preset and by whether hyper-parameters were searched for."""
    parts: dict[str, list[pd.DataFrame]] = {}
    for folder in folders:
        cells = scores(folder)
        if cells.empty:
            raise SystemExit(f"{folder} holds no results.")
        for name in ("stress", "suite", "preset"):
            cells[name] = cells[name].fillna("") if name in cells else ""
        searched = "n_trials" in cells and cells["n_trials"].fillna(0).gt(0).any()
        name = cells["preset"].max() or "default"
        parts.setdefault(name + SEARCHED if searched else name, []).append(cells)
    return {
        name: Run(
            name,
            fill_failures(pd.concat(joined, ignore_index=True).drop_duplicates("key")),
            finished_only,
        )
        for name, joined in parts.items()
    }


def main_run(runs: dict[str, Run]) -> str:
    """Name the run without a search that has the most pairs, or else the one with a search."""
    return min(
        runs, key=lambda name: (name.endswith(SEARCHED), -runs[name].filled["pair"].nunique(), name)
    )
