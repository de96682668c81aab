"""The report's tables of ratings, wins, probabilities and breakdowns, with their intervals."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import pandas as pd

from imbalance_kit.benchmark._analysis.bayesian_test import bayes_compare
from imbalance_kit.benchmark._analysis.breakdown import breakdown, improvement, stress_effects
from imbalance_kit.benchmark._analysis.ratings import elo, win_rates
from imbalance_kit.benchmark._analysis.statistics import same_learner_references
from imbalance_kit.benchmark._analysis.table_kinds import GROUPINGS, group_datasets
from imbalance_kit.benchmark._metrics.metric import PRIMARY
from imbalance_kit.benchmark._report.charts import number
from imbalance_kit.benchmark._report.findings import SAME_RANKING

#: Pairs in the matrix of wins; more cannot be read.
MATRIX_PAIRS = 12

#: Groupings that the page shows, where the data sets fall into two groups or more.
SHOWN_GROUPINGS = ("level", "size", "type", "classes", "suite")

TIMES = "\N{MULTIPLICATION SIGN}"
SIGNS = {"better": "▲", "worse": "▼", "tied": "=", "": ""}


def evidence(filled: pd.DataFrame, board: pd.DataFrame) -> dict[str, Any]:
    """What the sections on ratings, wins, probabilities and breakdowns show.

    Parameters
    ----------
    filled : DataFrame
        Output of ``fill_failures``.
    board : DataFrame
        Output of ``leaderboard``; its order is the order of the tables.

    Returns
    -------
    dict
        ``elo``, ``wins``, ``bayes``, ``improvement``, ``stress`` (None where there is nothing to
        show) and ``breakdowns`` (a list).
    """
    if filled["failed"].all() or filled[PRIMARY].isna().all():
        return {
            "elo": None,
            "wins": None,
            "bayes": None,
            "improvement": None,
            "breakdowns": [],
            "stress": None,
        }
    return {
        "elo": _elo(filled, board),
        "wins": _wins(filled),
        "bayes": _bayes(filled, board),
        "improvement": _improvement(filled, board),
        "breakdowns": _breakdowns(filled, board),
        "stress": _stress(filled, board),
    }


class _Span:
    """Where values lie between the smallest and the largest of a table, in percent."""

    def __init__(self, *values: pd.Series) -> None:
        known = pd.concat([series.astype(float) for series in values]).dropna()
        low, high = (float(known.min()), float(known.max())) if len(known) else (0.0, 1.0)
        margin = 0.03 * (high - low) or 0.5
        self.low, self.width = low - margin, high - low + 2 * margin

    def __call__(self, value: float) -> float | None:
        if math.isnan(value):
            return None
        return round(100 * (value - self.low) / self.width, 1)


def _cell(
    value: float,
    low: float,
    high: float,
    *,
    verdict: str = "",
    scale: float = 1.0,
    digits: int = 1,
    sign: bool = False,
    span: _Span | None = None,
) -> dict[str, Any]:
    """A number with its interval, as text and as places on a bar."""
    written = [number(scale * part, digits, sign=sign) for part in (value, low, high)]
    return {
        "text": written[0],
        "interval": "" if math.isnan(low) else f"{written[1]} to {written[2]}",
        "verdict": verdict if verdict in SIGNS else "",
        "sign": SIGNS.get(verdict, ""),
        "mean": span(value) if span else None,
        "low": span(low) if span else None,
        "high": span(high) if span else None,
    }


def _holds(low: float, high: float, value: float) -> str:
    """Verdict of an interval against a value: below, above, or a tie where it holds it."""
    if math.isnan(low):
        return ""
    return "better" if low > value else "worse" if high < value else "tied"


def _elo(filled: pd.DataFrame, board: pd.DataFrame) -> dict[str, Any] | None:
    ratings = elo(filled, PRIMARY)
    if ratings.empty:
        return None
    finished: dict[Any, Any] = {}
    if filled["failed"].any():
        finished = elo(filled, PRIMARY, finished_only=True).to_dict(orient="index")
    reference = str(ratings.attrs["reference"])
    span = _Span(ratings["elo"], ratings["low"], ratings["high"])
    rows = []
    for pair, row in ratings.to_dict(orient="index").items():
        is_reference = pair == reference
        verdict = "" if is_reference else _holds(row["low"], row["high"], 1000.0)
        without = None
        if pair in finished:
            other = finished[pair]
            without = _cell(other["elo"], other["low"], other["high"], digits=0)
        rows.append(
            {
                "pair": str(pair),
                "method": str(board["method"].loc[str(pair)]),
                "is_reference": is_reference,
                "elo": _cell(
                    row["elo"], row["low"], row["high"], verdict=verdict, digits=0, span=span
                ),
                "rate": _cell(
                    row["win_rate"], row["win_low"], row["win_high"], scale=100, digits=0
                ),
                "finished": without,
            }
        )
    return {
        "rows": rows,
        "reference": reference,
        "anchor": span(1000.0),
        "n_blocks": int(ratings["n_blocks"].max()),
        "any_finished": bool(finished),
    }


def _wins(filled: pd.DataFrame) -> dict[str, Any] | None:
    wins = win_rates(filled, PRIMARY)
    pairs = list(wins.rates.index)
    if len(pairs) < 2:
        return None
    shown = pairs[:MATRIX_PAIRS]
    rows = []
    for one in shown:
        cells: list[dict[str, Any] | None] = []
        for other in shown:
            rate, low, high = (frame.loc[one, other] for frame in (wins.rates, wins.low, wins.high))
            known = one != other and not math.isnan(rate)
            verdict = _holds(low, high, 0.5)
            cells.append(
                _cell(rate, low, high, verdict=verdict, scale=100, digits=0) if known else None
            )
        rows.append({"pair": one, "cells": cells})
    return {"pairs": shown, "rows": rows, "n_blocks": wins.n_blocks, "n_pairs": len(pairs)}


def _bayes(filled: pd.DataFrame, board: pd.DataFrame) -> dict[str, Any] | None:
    references = _changing(same_learner_references(filled), board)
    table = bayes_compare(filled, PRIMARY, references)
    table = table[table["better"].notna()] if not table.empty else table
    if table.empty:
        return None
    ordered = [pair for pair in board.index if pair in table.index]
    rows = [
        {
            "pair": str(pair),
            "method": str(board["method"].loc[str(pair)]),
            "verdict": str(row["verdict"]),
            "shares": [
                {"name": name, "share": round(100 * row[name], 1), "text": _percent(row[name])}
                for name in ("worse", "equivalent", "better")
            ],
        }
        for pair, row in table.loc[ordered].to_dict(orient="index").items()
    ]
    return {
        "rows": rows,
        "rope": number(float(table["rope"].iloc[0]), 3).rstrip("0"),
        "n_blocks": int(table["n_blocks"].max()),
    }


def _percent(share: float) -> str:
    """Write a probability; what rounds to certainty is not called certain."""
    if share > 0.99:
        return "> 99 %"
    return "< 1 %" if share < 0.01 else f"{100 * share:.0f} %"


def _changing(references: Mapping[str, str], board: pd.DataFrame) -> dict[str, str]:
    """References of the pairs that change the ranking, in the order of the leaderboard."""
    return {
        pair: references[pair]
        for pair in map(str, board.index)
        if pair in references and board["method"].loc[str(pair)] not in SAME_RANKING
    }


def _improvement(filled: pd.DataFrame, board: pd.DataFrame) -> dict[str, Any] | None:
    table = improvement(filled, PRIMARY)
    if table.empty:
        return None
    span = _Span(table["improvement"], table["low"], table["high"], pd.Series([0.0]))
    ordered = [pair for pair in board.index if pair in table.index]
    rows = []
    for pair, row in table.loc[ordered].to_dict(orient="index").items():
        gain = _cell(
            row["improvement"],
            row["low"],
            row["high"],
            verdict=row["verdict"],
            scale=100,
            sign=True,
            span=span,
        )
        hard = _cell(
            row["hard_improvement"],
            row["hard_low"],
            row["hard_high"],
            verdict=row["hard_verdict"],
            scale=100,
            sign=True,
        )
        rows.append(
            {
                "pair": str(pair),
                "method": str(board["method"].loc[str(pair)]),
                "baseline": str(row["baseline"]),
                "gain": gain,
                "hard": hard,
            }
        )
    return {"rows": rows, "zero": span(0.0), "n_blocks": int(table["n_blocks"].max())}


def _breakdowns(filled: pd.DataFrame, board: pd.DataFrame) -> list[dict[str, Any]]:
    references = _changing(same_learner_references(filled), board)
    tables = []
    for name in SHOWN_GROUPINGS:
        if not references or name not in GROUPINGS or group_datasets(filled, name).nunique() < 2:
            continue
        table = breakdown(filled, name, PRIMARY)
        groups = list(dict.fromkeys(table["group"]))
        counted = table.groupby("group")[["n_datasets", "n_blocks"]].max()
        known = table.set_index(["pair", "group"]).to_dict(orient="index")
        rows = [
            {
                "pair": pair,
                "method": str(board["method"].loc[str(pair)]),
                "cells": [_difference(known.get((pair, group))) for group in groups],
            }
            for pair in references
        ]
        heads = [
            {
                "label": str(group),
                "n_sets": int(counted.loc[group, "n_datasets"]),
                "n_sources": int(counted.loc[group, "n_blocks"]),
            }
            for group in groups
        ]
        tables.append({"title": f"By {GROUPINGS[name].title}", "heads": heads, "rows": rows})
    return tables


def _difference(row: Mapping[Any, Any] | None) -> dict[str, Any] | None:
    if row is None or math.isnan(row["difference"]):
        return None
    return _cell(
        row["difference"],
        row["difference_low"],
        row["difference_high"],
        verdict=row["verdict"],
        scale=100,
        sign=True,
    )


def _stress(filled: pd.DataFrame, board: pd.DataFrame) -> dict[str, Any] | None:
    table = stress_effects(filled, PRIMARY)
    if table.empty:
        return None
    doses = list(dict.fromkeys(zip(table["kind"], table["dose"], strict=True)))
    known = table.set_index(["pair", "kind", "dose"]).to_dict(orient="index")
    rows = []
    for pair in board.index:
        cells = []
        for kind, dose in doses:
            row = known.get((pair, kind, dose))
            cells.append(
                None
                if row is None or math.isnan(row["difference"])
                else _cell(
                    row["difference"],
                    row["low"],
                    row["high"],
                    verdict=row["verdict"],
                    scale=100,
                    sign=True,
                )
            )
        if any(cells):
            rows.append(
                {"pair": str(pair), "method": str(board["method"].loc[str(pair)]), "cells": cells}
            )
    counted = table.groupby(["kind", "dose"])[["n_datasets", "n_blocks"]].max()
    heads = [
        {
            "label": _dose_words(kind, dose),
            "n_sets": int(counted.loc[(kind, dose), "n_datasets"]),
            "n_sources": int(counted.loc[(kind, dose), "n_blocks"]),
        }
        for kind, dose in doses
    ]
    return {"heads": heads, "rows": rows}


def _dose_words(kind: str, dose: float) -> str:
    return f"{kind} {TIMES} {dose:g}" if kind == "imbalance" else f"{kind} {dose:g} %"
