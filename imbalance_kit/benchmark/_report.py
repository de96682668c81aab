"""The report of a benchmark run: one HTML file that needs nothing but a browser."""

from __future__ import annotations

import base64
import itertools
import json
import math
import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import jinja2
import pandas as pd

from imbalance_kit.benchmark import _charts, _figures, _scores, _statistics
from imbalance_kit.benchmark._charts import DASH, MINUS, number, time_words
from imbalance_kit.benchmark._fairness import SMALLEST_GROUP
from imbalance_kit.benchmark._finding import count_words, find
from imbalance_kit.benchmark._leaderboard import leaderboard
from imbalance_kit.benchmark._store import ResultsFolder, write_atomically

__all__ = ["leaderboard", "render", "write_report"]

STATUS_WORDS = {
    "error": "error",
    "timeout": "time limit",
    "memory": "memory limit",
    "killed": "process killed",
}


FACT_LABELS = {"machine": "Machine", "limits": "Limits", "versions": "Versions"}
UNITS = {
    "processors": "{} processors",
    "cpu_count": "{} processors",
    "memory_gb": "{} GB of memory",
    "seconds": "{:.0f} s a cell",
    "mb": "{:,} MB a cell",
    "jobs": "{} at a time",
}


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
    Column("fit_seconds", "Cost", "Fit", "median fit seconds of the finished cells", 3, False),
    Column(
        "peak_memory_mb",
        "Cost",
        "Memory",
        "largest memory a cell added to its process, in MB",
        0,
        False,
    ),
    Column("failures", "Cost", "Failed", "cells that did not finish", 0, False),
)


def write_report(
    results_folder: str | os.PathLike[str], *, path: str | os.PathLike[str] | None = None
) -> Path:
    """Write the report of a results folder as one self-contained HTML file.

    Parameters
    ----------
    results_folder : path
        Folder of a benchmark run, finished or not.
    path : path, default=None
        Where to write; ``report.html`` in the results folder by default. Replaced atomically.

    Returns
    -------
    pathlib.Path
        The file written.

    Raises
    ------
    ValueError
        If the folder holds no finished or failed cell.

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
    folder = Path(results_folder)
    cells = _scores.scores(folder)
    if len(cells) == 0:
        raise ValueError(
            f"{folder} holds no results: expected at least one file in its 'cells' folder. "
            "Run `imbalance-kit bench` with this folder first."
        )
    target = folder / "report.html" if path is None else Path(path)
    target.parent.mkdir(parents=True, exist_ok=True)
    page = render(cells, ResultsFolder(folder).read_request())
    write_atomically(target, page.encode("utf-8"))
    return target


def render(scores: pd.DataFrame, run: Mapping[str, Any]) -> str:
    """Fill the page.

    Parameters
    ----------
    scores : DataFrame
        One row per cell, as from ``imbalance_kit.benchmark.scores``.
    run : mapping
        Content of ``run.json``; every key is optional.

    Returns
    -------
    str
        HTML.
    """
    filled = _statistics.fill_failures(scores)
    board = leaderboard(scores)
    ranks = _statistics.rank_pairs(filled, "auprc")
    test = _statistics.friedman(ranks.blocks)
    learners = sorted(board["learner"].unique())
    marks = {
        pair: _charts.Mark(str(pair), learners.index(row["learner"]), bool(row["baseline"]))
        for pair, row in board.iterrows()
    }
    columns = [column for column in COLUMNS if column.key in board]
    fairness = _figures.fairness_table(filled)
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
        script=_asset("report.js"),
        finding=find(filled, board),
        still_to_do=_still_to_do(filled, run),
        suite=str(run.get("suite") or "own data"),
        facts=_facts(filled, run),
        protocol=_protocol(filled, run),
        legend=[(name, _charts.legend_marker(place)) for place, name in enumerate(learners)],
        hollow=_charts.legend_marker(None),
        board=_board_rows(board, columns),
        columns=columns,
        column_groups=_groups([column.group for column in columns]),
        nothing_finished=bool(filled["failed"].all()),
        any_failed=bool(filled["failed"].any()),
        finished_ranks=bool(board["mean_rank_finished"].notna().any()),
        copy_json=_copy_json(board),
        copy_csv=base64.b64encode(board.to_csv(lineterminator="\n").encode()).decode(),
        ranks=ranks,
        test=test,
        test_p=_p_words(test.p_value),
        rank_charts=_figures.rank_charts(board, marks, ranks, test),
        tied_with_leader=_figures.tied_with_leader(ranks, test),
        cost_charts=_figures.cost_charts(board, marks),
        front=_figures.front(board),
        heat=_figures.heat(filled, board),
        effect_charts=_figures.effect_charts(filled, board, marks),
        fairness=[{"pair": str(pair), **row} for pair, row in fairness.iterrows()],
        fairness_charts=_figures.fairness_charts(fairness, marks),
        n_fairness=_figures.n_with_groups(filled),
        smallest_group=SMALLEST_GROUP,
        failures=_failures(filled),
        n_failed=int(filled["failed"].sum()),
        min_blocks=_statistics.MIN_BLOCKS,
    )


def _asset(name: str) -> str:
    return Path(__file__).with_name(name).read_text(encoding="utf-8")


def _groups(names: list[str]) -> list[tuple[str, int]]:
    """Run lengths of equal neighbours."""
    return [(name, len(list(run))) for name, run in itertools.groupby(names)]


def _facts(filled: pd.DataFrame, run: Mapping[str, Any]) -> list[tuple[str, str]]:
    """What was run, as label and value."""
    sources, sets = filled["source"].nunique(), filled["dataset"].nunique()
    failed = int(filled["failed"].sum())
    count = f"{len(filled):,}"
    if unfinished := _still_to_do(filled, run):
        count += f" of {len(filled) + unfinished:,} so far"
    facts = [
        ("Data sets", f"{sets:,} from {count_words(sources, 'base source')}"),
        (
            "Pairs",
            f"{filled['pair'].nunique()}: {count_words(filled['method'].nunique(), 'method')} on "
            f"{count_words(filled['learner'].nunique(), 'learner')}",
        ),
        ("Cells", f"{count}, {failed or 'none'} failed"),
    ]
    ratios = filled.drop_duplicates("dataset")["imbalance_ratio"]
    rows = filled.drop_duplicates("dataset")["n_rows"]
    facts.append(("Rows", f"{rows.min():,.0f} to {rows.max():,.0f}"))
    facts.append(("Imbalance", f"{ratios.min():.1f} to {ratios.max():,.0f} to 1"))
    facts.append(("Compute", time_words(float(filled["total_seconds"].sum())) + " over all cells"))
    started, finished = _moment(run.get("started")), _moment(run.get("finished"))
    if started and finished:
        elapsed = time_words((finished - started).total_seconds())
        facts.append(("Elapsed", f"{elapsed} from start to end"))
    elif run:
        facts.append(("Elapsed", "not finished when this report was written"))
    if started:
        facts.append(("Started", f"{started.day} {started:%B %Y, %H:%M} {started:%Z}".strip()))
    told = [label for label in ("machine", "limits", "versions") if run.get(label)]
    return facts + [(FACT_LABELS[label], _flat(run[label])) for label in told]


def _still_to_do(filled: pd.DataFrame, run: Mapping[str, Any]) -> int:
    planned = run.get("n_cells")
    return max(planned - len(filled), 0) if isinstance(planned, int) else 0


def _moment(text: object) -> datetime | None:
    if not isinstance(text, str):
        return None
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None


def _flat(value: object) -> str:
    """Write a small JSON value in one line, without what was left open."""
    if isinstance(value, Mapping):
        known = {str(key): item for key, item in value.items() if item is not None}
        return ", ".join(_named(key, item) for key, item in known.items())
    if isinstance(value, list | tuple):
        return ", ".join(_flat(item) for item in value)
    return str(value)


def _named(key: str, value: object) -> str:
    """Write a number with the unit its key names, and anything else after its key."""
    if key in UNITS and isinstance(value, int | float):
        return UNITS[key].format(value)
    if key == "system":
        return _flat(value)
    return f"{key.replace('_', ' ')} {_flat(value)}"


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count} times"


def _protocol(filled: pd.DataFrame, run: Mapping[str, Any]) -> str:
    asked = run.get("protocol")
    details = asked if isinstance(asked, Mapping) else {}
    repeats = _times(filled["repeat"].nunique())
    splits = _times(len(filled[["repeat", "fold"]].drop_duplicates()))
    n_folds, test_share = details.get("folds"), details.get("test_share")
    if n_folds:
        text = f"Every data set was cut into {n_folds} folds stratified by class, {repeats}; each "
        text += "fold was the test part once."
    elif test_share:
        share = f"{100 * (1 - test_share):.0f} to {100 * test_share:.0f} %"
        text = f"Every data set was split {repeats} into a training and a test part, {share}, "
        text += "stratified by class."
    else:
        text = f"Every data set was split {splits}, stratified by class."
    text += (
        " Scaling, encoding, re-sampling and the tuning of thresholds saw the training part only"
    )
    if details.get("validation_share"):
        text += (
            f"; thresholds were tuned on {100 * details['validation_share']:.0f} % of it, held "
            "back from a first fit, before the method was fitted again on all of it"
        )
    return text + "."


def _board_rows(board: pd.DataFrame, columns: list[Column]) -> list[dict[str, Any]]:
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
            text = _bare(number(value, column.digits))
            if column.key == "fit_seconds":
                text = time_words(value)
            leads = column.key in best and round(value, column.digits) == best[column.key]
            cells.append(
                {
                    "text": text,
                    "value": "" if math.isnan(value) else repr(value),
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
                "rank_finished_value": ""
                if math.isnan(row["mean_rank_finished"])
                else repr(float(row["mean_rank_finished"])),
                "auprc_finished": _bare(number(row["auprc_finished"])),
                "auprc_finished_value": ""
                if math.isnan(row["auprc_finished"])
                else repr(float(row["auprc_finished"])),
                "cells": cells,
            }
        )
    return rows


def _bare(text: str) -> str:
    """Drop the zero before the point: a table of shares reads faster without it."""
    return text.replace("0.", ".", 1) if text.startswith(("0.", MINUS + "0.")) else text


def _copy_json(board: pd.DataFrame) -> str:
    """The leaderboard as JSON that cannot close the element it stands in."""
    text = json.dumps(
        json.loads(board.reset_index().to_json(orient="records", double_precision=15))
    )
    for character in "<>&":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return text


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
                "kind": STATUS_WORDS.get(str(status), str(status)),
                "reason": reason,
                "cells": len(cells),
                "datasets": sorted(cells["dataset"].astype(str).unique()),
            }
        )
    return sorted(rows, key=lambda row: (-row["cells"], row["pair"]))
