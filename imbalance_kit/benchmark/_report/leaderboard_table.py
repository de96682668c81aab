"""The leaderboard as the page shows it: its columns, their order and meaning, its rows."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from imbalance_kit.benchmark._metrics.metric import GROUPS, METRICS, Metric
from imbalance_kit.benchmark._report.charts import DASH, MINUS, number, time_words

#: Columns written as durations.
SECONDS = ("fit_seconds", "search_seconds")


@dataclass(frozen=True)
class TableColumn:
    """A column of the leaderboard: where it stands, how it is written, what it means.

    ``full_label`` needs no heading over it; by default it is the label.
    """

    key: str
    group: str
    label: str
    meaning: str
    digits: int = 3
    higher: bool | None = None
    full_label: str = ""

    def __post_init__(self) -> None:
        if not self.full_label:
            suffix = " change" if self.group == "Stability" else ""
            object.__setattr__(self, "full_label", f"{self.label}{suffix}")

    @property
    def first(self) -> str:
        """Direction of the first sort: the best on top."""
        return "descending" if self.higher else "ascending"


RANK = TableColumn(
    "mean_rank", "Rank", "Mean", "mean rank in AUPRC over base sources, 1 is best", 1, False
)
OTHERS = (
    TableColumn(
        "instability",
        "Stability",
        "Probability",
        "mean absolute change of the rare class's predicted probability over refits on bootstrap "
        "samples of the training part",
        4,
        False,
    ),
    TableColumn(
        "flips",
        "Stability",
        "Decision",
        "share of test rows whose decision changes over these refits",
        4,
        False,
    ),
    TableColumn("fit_seconds", "Cost", "Fit", "median fit seconds of the finished cells", 3, False),
    TableColumn(
        "peak_memory_mb",
        "Cost",
        "Memory",
        "largest memory a cell added to its process, in MB",
        0,
        False,
    ),
    TableColumn(
        "search_seconds",
        "Cost",
        "Search",
        "median seconds that the search for hyper-parameters took, beside the fit",
        3,
        False,
    ),
    TableColumn("n_trials", "Cost", "Trials", "median number of trials of the search", 0),
    TableColumn("failures", "Cost", "Failed", "cells that did not finish", 0, False),
)


def all_columns() -> list[TableColumn]:
    """Columns of the leaderboard: the rank, the metrics by their groups, and the rest."""
    metrics = sorted(METRICS.values(), key=lambda metric: GROUPS.index(metric.group))
    return [RANK, *map(_column_of, metrics), *OTHERS]


def _column_of(metric: Metric) -> TableColumn:
    return TableColumn(
        metric.name,
        metric.group,
        metric.label,
        metric.meaning,
        metric.digits,
        metric.higher_is_better,
        metric.full_label,
    )


def column_groups(columns: Sequence[TableColumn]) -> list[tuple[str, int]]:
    """Headings over the columns, with the number of columns below each."""
    runs = itertools.groupby(column.group for column in columns)
    return [(name, len(list(run))) for name, run in runs]


def board_rows(board: pd.DataFrame, columns: Sequence[TableColumn]) -> list[dict[str, Any]]:
    """Rows of the leaderboard with their cells written out, the best of each column marked."""
    best = {}
    for column in columns:
        if column.higher is not None and column.key != "failures" and len(board) > 1:
            shown = board[column.key].round(column.digits)
            if shown.nunique() > 1:
                best[column.key] = shown.max() if column.higher else shown.min()
    rows = []
    for position, (pair, row) in enumerate(board.iterrows(), start=1):
        cells = []
        for column in columns:
            value = float(row[column.key])
            text = bare(number(value, column.digits))
            if column.key in SECONDS:
                text = time_words(value)
            leads = column.key in best and round(value, column.digits) == best[column.key]
            cells.append(
                {
                    "text": text,
                    "value": sort_key(value),
                    "best": leads,
                    "key": column.key,
                }
            )
        interval = ""
        if not math.isnan(row["rank_low"]):
            interval = f"{number(row['rank_low'], 1)}{DASH}{number(row['rank_high'], 1)}"
        rows.append(
            {
                "place": position,
                "pair": pair,
                "method": row["method"],
                "learner": row["learner"],
                "baseline": row["baseline"],
                "interval": interval,
                "rank_finished": number(row["mean_rank_finished"], 1),
                "rank_finished_value": sort_key(row["mean_rank_finished"]),
                "auprc_finished": bare(number(row["auprc_finished"])),
                "auprc_finished_value": sort_key(row["auprc_finished"]),
                "cells": cells,
            }
        )
    return rows


def sort_key(value: float) -> str:
    """A number as its column is sorted by it, empty for NaN; the copies for machines are exact."""
    return "" if math.isnan(value) else f"{value:.7g}"


def bare(text: str) -> str:
    """Drop the zero before the point: a table of shares reads faster without it."""
    return text.replace("0.", ".", 1) if text.startswith(("0.", MINUS + "0.")) else text
