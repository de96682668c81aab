"""The report's figures, from frames of scores to drawings and to the rows of the heat map."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import pandas as pd

from imbalance_kit.benchmark._analysis import statistics
from imbalance_kit.benchmark._analysis.statistics import UNTOUCHED
from imbalance_kit.benchmark._metrics.group_metrics import GROUP_METRICS
from imbalance_kit.benchmark._metrics.metric import METRICS
from imbalance_kit.benchmark._report import charts
from imbalance_kit.benchmark._report.charts import number
from imbalance_kit.benchmark._report.findings import SAME_RANKING

#: Every chart is drawn twice, and the page shows the one that fits the screen.
WIDE, NARROW = 1040, 358

LOST = "\N{MULTIPLICATION SIGN}"

#: Metrics whose changes are drawn: ranking beside the calibration of probabilities.
EFFECTS = ("auprc", "brier", "log_loss", "calibration_error")
#: What stands beside the fairness metrics: one that decides all rows alike treats groups alike.
BESIDE_FAIRNESS = "balanced_accuracy"


def tied_with_leader(ranks: statistics.Ranks, test: statistics.Friedman) -> int:
    """Number of pairs that cannot be distinguished from the leader, itself included."""
    runs = statistics.cliques(ranks.mean.to_numpy(), test.critical_difference)
    return runs[0][1] + 1 if runs and runs[0][0] == 0 else 1


def rank_charts(
    board: pd.DataFrame,
    marks: dict[Any, charts.Mark],
    ranks: statistics.Ranks,
    test: statistics.Friedman,
) -> list[str]:
    """Critical-difference diagram, wide and narrow; empty with fewer than two ranked pairs."""
    ordered = board[board["mean_rank"].notna()]
    if len(ordered) < 2:
        return []
    runs = statistics.cliques(ordered["mean_rank"].to_numpy(), test.critical_difference)
    intervals = [
        charts.Interval(row["mean_rank"], row["rank_low"], row["rank_high"])
        for _, row in ordered.iterrows()
    ]
    return [
        charts.rank_chart(
            [marks[pair] for pair in ordered.index],
            intervals,
            runs,
            test.critical_difference,
            width,
        )
        for width in (WIDE, NARROW)
    ]


def front(board: pd.DataFrame) -> list[dict[str, Any]]:
    """Pairs on the front of time and AUPRC, fastest first."""
    on_front = statistics.pareto_front(
        board["fit_seconds"].to_numpy(dtype=float), board["auprc"].to_numpy(dtype=float)
    )
    return [
        {"pair": str(pair), "seconds": row["fit_seconds"], "auprc": row["auprc"]}
        for pair, row in board[on_front].sort_values(["fit_seconds", "auprc"]).iterrows()
    ]


def cost_charts(board: pd.DataFrame, marks: dict[Any, charts.Mark]) -> list[str]:
    """Score against time, wide and narrow; empty with fewer than two pairs that finished."""
    known = board[board["fit_seconds"].gt(0) & board["auprc"].notna()]
    if len(known) < 2:
        return []
    on_front = {row["pair"] for row in front(board)}
    points = [
        charts.CostPoint(marks[pair], row["fit_seconds"], row["auprc"], pair in on_front)
        for pair, row in known.iterrows()
    ]
    return [charts.cost_chart(points, width) for width in (WIDE, NARROW)]


def fairness_columns() -> list[tuple[str, str]]:
    """Name and heading of each column of the table of fairness."""
    groups = [(name, metric.label) for name, metric in GROUP_METRICS.items()]
    return [*groups, (BESIDE_FAIRNESS, METRICS[BESIDE_FAIRNESS].label)]


def fairness_table(filled: pd.DataFrame) -> pd.DataFrame:
    """Fairness metrics and balanced accuracy of each pair, over base sources, fairest first.

    Finished cells of data sets with sensitive columns that every pair was tried on; empty without.
    A failed cell is left out: whoever decides all rows alike treats groups alike.
    """
    names = [name for name, _ in fairness_columns()]
    finished = _with_groups(filled)
    finished = finished[~finished["failed"]]
    if finished.empty:
        return pd.DataFrame(columns=[*names, "front"])
    columns = {
        name: statistics.by_source(statistics.table(finished, name)).mean() for name in names
    }
    rows = pd.DataFrame(columns).dropna(subset="equalized_odds_difference")
    rows["front"] = statistics.pareto_front(
        rows["equalized_odds_difference"].to_numpy(dtype=float),
        rows["balanced_accuracy"].to_numpy(dtype=float),
    )
    return rows.sort_values(["equalized_odds_difference", "balanced_accuracy"], kind="stable")


def _with_groups(filled: pd.DataFrame) -> pd.DataFrame:
    """Cells of data sets on which fairness was measured, and every pair tried."""
    if "equalized_odds_difference" not in filled:
        return filled.iloc[:0]
    measured = filled.groupby("dataset")["equalized_odds_difference"].transform("count") > 0
    return statistics.tried_by_all(filled[measured]) if measured.any() else filled.iloc[:0]


def n_with_groups(filled: pd.DataFrame) -> int:
    """Data sets on which fairness was measured."""
    return _with_groups(filled)["dataset"].nunique()


def fairness_charts(rows: pd.DataFrame, marks: dict[Any, charts.Mark]) -> list[str]:
    """Balanced accuracy against unfairness, wide and narrow; empty with fewer than two pairs."""
    if len(rows) < 2:
        return []
    points = [
        charts.CostPoint(
            marks[pair],
            row["equalized_odds_difference"],
            row["balanced_accuracy"],
            bool(row["front"]),
        )
        for pair, row in rows.iterrows()
    ]
    return [charts.fairness_chart(points, width) for width in (WIDE, NARROW)]


def learner_groups(board: pd.DataFrame, pairs: list[Any]) -> list[tuple[str, list[Any]]]:
    """Pairs by learner, the learner with the best mean rank first, best pairs first."""
    chosen = board.loc[[pair for pair in board.index if pair in set(pairs)]]
    return [(str(name), list(rows.index)) for name, rows in chosen.groupby("learner", sort=False)]


def heat(filled: pd.DataFrame, board: pd.DataFrame) -> dict[str, Any]:
    """Rows and columns of the heat map: AUPRC against the same learner's untouched baseline.

    A tuned threshold leaves the ranking as it is, so it has a column only where its learner was not
    run untouched. A change against a baseline that failed is not shown.
    """
    values = statistics.table(filled, "auprc").droplevel("source")
    lost = filled.groupby(["dataset", "pair"])["failed"].all().unstack("pair").eq(True)
    ratios = filled.drop_duplicates("dataset").set_index("dataset")["imbalance_ratio"]
    ratios = ratios.reindex(lost.index).sort_values(kind="stable")
    lost = lost.reindex(ratios.index)
    values = values.reindex(index=ratios.index, columns=lost.columns)
    references = statistics.same_learner_references(filled)
    changes = {
        pair: (values[pair] - values[reference]).mask(lost[pair] | lost[reference])
        for pair, reference in references.items()
        if board["method"].loc[pair] not in SAME_RANKING
    }
    shown = [pair for pair in board.index if pair in changes or pair not in references]
    known = pd.concat(changes.values()).dropna().abs() if changes else pd.Series(dtype=float)
    limit = max(float(known.quantile(0.95)) if len(known) else 0.0, 0.01)
    groups = [
        # The untouched baseline stands first in its learner's group, the others by rank.
        (learner, sorted(pairs, key=lambda pair: board["method"].loc[pair] != UNTOUCHED))
        for learner, pairs in learner_groups(board, shown)
    ]
    position = {pair: place for place, pair in enumerate(board.index)}
    heads = [
        {
            "method": board["method"].loc[pair],
            "pair": pair,
            "number": position[pair],
            "first": place == 0,
        }
        for _, pairs in groups
        for place, pair in enumerate(pairs)
    ]
    # columns as arrays: looking every cell up in a frame takes seconds
    scored, failed, moved = (
        {pair: column.to_numpy() for pair, column in columns.items()}
        for columns in (values, lost, changes)
    )
    rows = []
    for row, (dataset, ratio) in enumerate(ratios.items()):
        cells = []
        for head in heads:
            pair = head["pair"]
            if failed[pair][row]:
                cell = {"text": LOST, "name": "lost"}
            else:
                change = moved[pair][row] if pair in moved else None
                cell = _heat_cell(scored[pair][row], change, limit)
            cells.append({"first": head["first"]} | cell)
        written = f"{ratio:,.0f}" if ratio >= 10 else f"{ratio:.1f}"
        rows.append({"dataset": dataset, "ratio": written, "cells": cells})
    return {
        "groups": [(name, len(pairs)) for name, pairs in groups],
        "heads": heads,
        "rows": rows,
        "limit": round(100 * limit),
        "changes": bool(changes),
    }


def _heat_cell(value: float, change: float | None, limit: float) -> dict[str, Any]:
    """Text and class of a finished cell, tenths of colour in it; no change: a baseline."""
    if math.isnan(value):
        return {"text": "", "name": "absent"}
    if change is None:
        text = "1.0" if value >= 0.995 else f"{value:.2f}".removeprefix("0")
        return {"text": text, "name": "absolute"}
    if math.isnan(change):
        return {"text": "", "name": "absent"}
    tenths = min(math.ceil(10 * abs(change) / limit), 10)
    direction = "u" if change > 0 else "d" if change < 0 else ""
    return {
        "text": number(100 * change, 0, sign=True),
        "name": f"{direction}{tenths}" if direction else "",
    }


def effect_charts(
    filled: pd.DataFrame, board: pd.DataFrame, marks: dict[Any, charts.Mark]
) -> list[str]:
    """Changes against the same learner left alone, wide and narrow; empty where it was not run."""
    references = {
        pair: reference
        for pair, reference in statistics.same_learner_references(filled).items()
        if board["method"].loc[pair] not in SAME_RANKING
    }
    groups = learner_groups(board, list(references))
    pairs = [pair for _, of_learner in groups for pair in of_learner]
    if not pairs or filled["failed"].all():
        return []
    columns: list[tuple[str, str, str, list[charts.Interval]]] = []
    for name in EFFECTS:
        if name in filled:
            metric = METRICS[name]
            table = statistics.compare(filled, name, references).reindex(pairs)
            effects = [
                charts.Interval(row["difference"], row["low"], row["high"], row["verdict"])
                for _, row in table.iterrows()
            ]
            title = metric.title[:1].upper() + metric.title[1:]
            columns.append((title, metric.label, metric.hint, effects))
    sizes = [(name, len(of_learner)) for name, of_learner in groups]
    # The learner stands in the group's heading, so a row needs its method alone.
    rows = [replace(marks[pair], label=str(board["method"].loc[pair])) for pair in pairs]
    drawings = []
    for width in (WIDE, NARROW):
        panels = [
            charts.EffectPanel(short if width == NARROW else title, hint, effects)
            for title, short, hint, effects in columns
        ]
        drawings.append(charts.effect_chart(sizes, rows, panels, width))
    return drawings
