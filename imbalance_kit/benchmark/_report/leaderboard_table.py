"""The leaderboard as the page shows it: its columns, their order and meaning, its rows."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from imbalance_kit.benchmark._report.charts import DASH, MINUS, number, time_words

#: Columns written as durations.
SECONDS = ("fit_seconds", "search_seconds")


@dataclass(frozen=True)
class Column:
    """A column of the leaderboard: where it stands, how it is written, what it means."""

    key: str
    group: str
    label: str
    meaning: str
    digits: int = 3
    higher: bool | None = None

    @property
    def first(self) -> str:
        """Direction of the first sort: the best on top."""
        return "descending" if self.higher else "ascending"


COLUMNS = (
    Column(
        "mean_rank", "Rank", "Mean", "mean rank in AUPRC over base sources, 1 is best", 1, False
    ),
    Column(
        "auprc",
        "Ranking",
        "AUPRC",
        "average precision of the rarest class; with more than two classes the mean over classes, "
        "one against the rest",
        higher=True,
    ),
    Column(
        "auroc",
        "Ranking",
        "AUROC",
        "area under the ROC curve; with more than two classes the mean over classes, one against "
        "the rest",
        higher=True,
    ),
    Column(
        "balanced_accuracy",
        "Own decision",
        "Bal. acc.",
        "balanced accuracy: mean of the classes' recalls",
        higher=True,
    ),
    Column(
        "macro_f1",
        "Own decision",
        "Macro-F1",
        "F1 of each class, averaged over classes",
        higher=True,
    ),
    Column(
        "g_mean", "Own decision", "G-mean", "geometric mean of the classes' recalls", higher=True
    ),
    Column("mcc", "Own decision", "MCC", "Matthews' correlation coefficient", higher=True),
    Column(
        "balanced_accuracy_tuned",
        "Tuned threshold",
        "Bal. acc.",
        "balanced accuracy at the tuned threshold",
        higher=True,
    ),
    Column(
        "macro_f1_tuned",
        "Tuned threshold",
        "Macro-F1",
        "macro-F1 at the tuned threshold",
        higher=True,
    ),
    Column(
        "g_mean_tuned", "Tuned threshold", "G-mean", "G-mean at the tuned threshold", higher=True
    ),
    Column("mcc_tuned", "Tuned threshold", "MCC", "MCC at the tuned threshold", higher=True),
    Column(
        "brier",
        "Calibration",
        "Brier",
        "Brier score: mean squared error of the probabilities (of the rarest class with two "
        "classes, summed over classes with more)",
        4,
        False,
    ),
    Column(
        "log_loss",
        "Calibration",
        "Log loss",
        "mean negative log-probability of the true class",
        higher=False,
    ),
    Column(
        "calibration_error",
        "Calibration",
        "Cal. error",
        "expected calibration error: mean gap between predicted probability and observed share "
        "in ten bins of equally many rows, with more than two classes the mean over classes",
        higher=False,
    ),
    Column(
        "instability",
        "Stability",
        "Probability",
        "mean absolute change of the rare class's predicted probability over refits on bootstrap "
        "samples of the training part",
        4,
        False,
    ),
    Column(
        "flips",
        "Stability",
        "Decision",
        "share of test rows whose decision changes over these refits",
        4,
        False,
    ),
    Column("fit_seconds", "Cost", "Fit", "median fit seconds of the finished cells", 3, False),
    Column(
        "peak_memory_mb",
        "Cost",
        "Memory",
        "largest memory a cell added to its process, in MB",
        0,
        False,
    ),
    Column(
        "search_seconds",
        "Cost",
        "Search",
        "median seconds that the search for hyper-parameters took, beside the fit",
        3,
        False,
    ),
    Column("n_trials", "Cost", "Trials", "median number of trials of the search", 0),
    Column("failures", "Cost", "Failed", "cells that did not finish", 0, False),
)


def column_groups(columns: Sequence[Column]) -> list[tuple[str, int]]:
    """Headings over the columns, with the number of columns below each."""
    runs = itertools.groupby(column.group for column in columns)
    return [(name, len(list(run))) for name, run in runs]


def board_rows(board: pd.DataFrame, columns: Sequence[Column]) -> list[dict[str, Any]]:
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
