"""The report of a benchmark run: one HTML file that needs nothing but a browser."""

from __future__ import annotations

import base64
import json
import math
import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import jinja2
import pandas as pd

from imbalance_kit.benchmark._analysis import statistics
from imbalance_kit.benchmark._analysis.intervals import MIN_BLOCKS
from imbalance_kit.benchmark._analysis.leaderboard import leaderboard
from imbalance_kit.benchmark._analysis.scores import read_scores, warn_of_holding
from imbalance_kit.benchmark._metrics.group_metrics import SMALLEST_GROUP
from imbalance_kit.benchmark._metrics.metric import CALIBRATION, TUNED
from imbalance_kit.benchmark._report import charts, figures, page_data, rating_tables, run_facts
from imbalance_kit.benchmark._report.charts import number, time_words
from imbalance_kit.benchmark._report.findings import find
from imbalance_kit.benchmark._report.leaderboard_table import (
    all_columns,
    board_rows,
    column_groups,
)
from imbalance_kit.benchmark._results.files import write_atomically
from imbalance_kit.benchmark._results.store import REPORT, ResultsFolder

__all__ = ["leaderboard", "render", "write_report"]

#: One script in the page, put together in this order.
SCRIPTS = (
    "report_data.js",
    "report_ranks.js",
    "report_board.js",
    "report_pages.js",
    "report.js",
)

STATUS_WORDS = {
    "error": "error",
    "timeout": "time limit",
    "memory": "memory limit",
    "killed": "process killed",
}


def write_report(
    results_folder: str | os.PathLike[str], *, path: str | os.PathLike[str] | None = None
) -> Path | str:
    """Write the report of a results folder as one self-contained HTML file.

    Parameters
    ----------
    results_folder : path or URL
        Folder of a benchmark run, finished or not.
    path : path, default=None
        Where to write; ``report.html`` in the results folder by default. Replaced atomically.

    Returns
    -------
    pathlib.Path or str
        The file written, or its URL.

    Raises
    ------
    ValueError
        If the folder holds no finished or failed cell.

    Warns
    -----
    UserWarning
        If cells of the folder are not on the page, with the number and the reason.

    Notes
    -----
    The file depends on the results alone: the same folder gives the same bytes. Cost is one pass
    over the stored predictions (for the metrics) and about a second for the page.

    Examples
    --------
    >>> from imbalance_kit.benchmark import write_report
    >>> write_report("no/such/folder")
    Traceback (most recent call last):
    ValueError: no/such/folder holds no results: expected at least one file in its 'cells' folder...
    """
    store = ResultsFolder(results_folder)
    cells, holding = read_scores(store)
    if len(cells) == 0 and holding.sentences:
        raise ValueError(
            f"{store.place} holds no cell of its last request. {' '.join(holding.sentences)}"
        )
    if len(cells) == 0:
        raise ValueError(
            f"{store.place} holds no results: expected at least one file in its 'cells' folder. "
            "Run `imbalance-kit bench` with this folder first."
        )
    warn_of_holding(holding, results_folder)
    page = render(cells, store.read_request(), holding.sentences).encode("utf-8")
    if path is None:
        store.files.write(REPORT, page)
        return store.place / REPORT if isinstance(store.place, Path) else store.files.where(REPORT)
    target = Path(path)
    target.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(target, page)
    return target


def render(scores: pd.DataFrame, run: Mapping[str, Any], remarks: Sequence[str] = ()) -> str:
    """Fill the page.

    Parameters
    ----------
    scores : DataFrame
        One row per cell, as from ``imbalance_kit.benchmark.scores``.
    run : mapping
        Content of ``run.json``; every key is optional.
    remarks : sequence of str
        What the folder holds that is not on the page.

    Returns
    -------
    str
        HTML.
    """
    filled = statistics.fill_failures(scores)
    board = leaderboard(scores)
    ranks = statistics.rank_pairs(filled, "auprc")
    test = statistics.friedman(ranks.blocks)
    learners = sorted(board["learner"].unique())
    marks = {
        pair: charts.Mark(str(pair), learners.index(row["learner"]), bool(row["baseline"]))
        for pair, row in board.iterrows()
    }
    columns = [column for column in all_columns() if column.key in board]
    fairness = figures.fairness_table(filled)
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["number"] = number
    environment.filters["seconds"] = time_words
    return environment.get_template("report.html").render(
        style=_asset("report.css"),
        script="\n".join(map(_asset, SCRIPTS)),
        finding=find(filled, board),
        still_to_do=run_facts.still_to_do(filled, run),
        remarks=[*remarks, *run_facts.remarks(filled)],
        suite=str(run.get("suite") or "own data"),
        facts=run_facts.facts(filled, run),
        protocol=run_facts.protocol(filled, run),
        legend=[(name, charts.legend_marker(place)) for place, name in enumerate(learners)],
        hollow=charts.legend_marker(None),
        board=board_rows(board, columns),
        columns=columns,
        column_groups=column_groups(columns),
        nothing_finished=bool(filled["failed"].all()),
        any_failed=bool(filled["failed"].any()),
        finished_ranks=bool(board["mean_rank_finished"].notna().any()),
        copy_json=page_data.embed_json(
            json.loads(board.reset_index().to_json(orient="records", double_precision=10))
        ),
        copy_csv=_copy_csv(board),
        ranks=ranks,
        test=test,
        test_p=_p_words(test.p_value),
        rank_charts=figures.rank_charts(board, marks, ranks, test),
        tied_with_leader=figures.tied_with_leader(ranks, test),
        cost_charts=figures.cost_charts(board, marks),
        front=figures.front(board),
        page_json=page_data.embed_json(
            page_data.page_data(filled, board, [asdict(column) for column in columns])
        ),
        evidence=rating_tables.evidence(filled, board),
        heat=figures.heat(filled, board),
        effect_charts=figures.effect_charts(filled, board, marks),
        fairness=[
            {"pair": str(pair), "method": board["method"].loc[str(pair)], **row}
            for pair, row in fairness.iterrows()
        ],
        fairness_charts=figures.fairness_charts(fairness, marks),
        n_fairness=figures.n_with_groups(filled),
        smallest_group=SMALLEST_GROUP,
        fairness_columns=figures.fairness_columns(),
        tuned_group=TUNED,
        calibration_group=CALIBRATION,
        failures=_failures(filled),
        n_failed=int(filled["failed"].sum()),
        min_blocks=MIN_BLOCKS,
    )


def _asset(name: str) -> str:
    return Path(__file__).with_name(name).read_text(encoding="utf-8")


def _copy_csv(board: pd.DataFrame) -> str:
    text = board.to_csv(lineterminator="\n", float_format="%.10g")
    return base64.b64encode(text.encode()).decode()


def _p_words(p_value: float) -> str:
    if math.isnan(p_value):
        return ""
    return "p < .001" if p_value < 0.001 else f"p = {p_value:.3f}".replace("0.", ".")


def _failures(filled: pd.DataFrame) -> list[dict[str, Any]]:
    """Failed cells, one row for each pair, kind and reason."""
    lost = filled[filled["failed"]]
    rows = []
    for (pair, status, reason), cells in lost.groupby(["pair", "status", "reason"], sort=True):
        rows.append(
            {
                "pair": pair,
                "method": str(cells["method"].iloc[0]),
                "kind": STATUS_WORDS.get(str(status), str(status)),
                "reason": reason,
                "cells": len(cells),
                "datasets": sorted(cells["dataset"].astype(str).unique()),
            }
        )
    return sorted(rows, key=lambda row: (-row["cells"], row["pair"]))
