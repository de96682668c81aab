"""What the report's page computes with: the scores of a run in compact form.

The page recomputes ranks and means for what its filters leave, and writes a page for every data set
and method, from one JSON value. Scores are coded so that the order within a data set stays exact:
equal scores have equal codes, and a smaller score always has a smaller code.
"""

from __future__ import annotations

import base64
import inspect
import json
import math
from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from imbalance_kit.benchmark._analysis import statistics
from imbalance_kit.benchmark._analysis.intervals import MIN_BLOCKS
from imbalance_kit.benchmark._analysis.table_kinds import LEVELS, levels
from imbalance_kit.benchmark._metrics.metric import METRICS, PRIMARY
from imbalance_kit.metrics._bootstrap import widening

#: A code has two bytes; zero stands for "no value".
LARGEST_CODE = 256**2 - 1

#: Above this ratio of a row's largest to its smallest value, codes are evenly spaced in logarithms,
#: unless the values are scores that stay below one.
WIDE_RANGE = 30.0

#: Columns beside the metrics: how the splits of a data set, and then data sets, are put together.
COSTS = {
    "fit_seconds": "median",
    "peak_memory_mb": "max",
    "search_seconds": "median",
    "n_trials": "median",
    "instability": "mean",
    "flips": "mean",
}

#: What a method's page sets against the same learner left alone.
COMPARED = ("auprc", "auroc", "balanced_accuracy", "balanced_accuracy_tuned", "brier", "log_loss")

#: Characters of a traceback's end, and of all of them together.
TRACEBACK_LENGTH = 1500
TRACEBACKS_LENGTH = 100_000

#: Characters of the parameters that searches found; then the best pairs come first.
TUNED_LENGTH = 200_000

UNTRIED, FINISHED, PARTLY, LOST = 0, 1, 2, 3

BASELINE_WORDS = {
    "none": "The learner on the data as it is.",
    "class weight": "The learner with classes weighted inversely to their frequency.",
    "threshold": "The learner on the data as it is; only its decision threshold is tuned, inside "
    "the training part.",
}


def page_data(
    filled: pd.DataFrame, board: pd.DataFrame, columns: Sequence[Mapping[str, Any]]
) -> dict[str, Any]:
    """Everything the page computes with.

    Parameters
    ----------
    filled : DataFrame
        Output of ``fill_failures``.
    board : DataFrame
        Output of ``leaderboard``.
    columns : sequence of mappings
        Columns of the leaderboard, with ``key``, ``label``, ``digits`` and ``higher``.

    Returns
    -------
    dict
        Of what JSON holds. Sets run from the most balanced to the most imbalanced, pairs as on the
        leaderboard; matrices have a row for each set and a column for each pair.
    """
    # a cell that failed before its table was loaded has fewer facts than one that finished
    facts = filled.sort_values("failed", kind="stable").drop_duplicates("dataset")
    facts = facts.set_index("dataset").sort_index()
    facts = facts.sort_values("imbalance_ratio", kind="stable")
    sets, pairs = list(facts.index), list(board.index)
    shape = _Shape(sets, pairs)
    states = _states(filled, shape)
    finished = filled[~filled["failed"]]
    metrics = [name for name in METRICS if name in filled]
    methods, learners = _numbered(board["method"]), _numbered(board["learner"])
    return {
        "pairs": [
            [methods[str(method)], learners[str(learner)], int(baseline)]
            for method, learner, baseline in zip(
                board["method"], board["learner"], board["baseline"].astype(bool), strict=True
            )
        ],
        "methods": list(methods),
        "learners": list(learners),
        "sets": _set_facts(facts),
        "levels": list(LEVELS),
        "columns": list(columns),
        "primary": PRIMARY,
        "metrics": {
            name: encode_scores(shape.matrix(filled, name, "mean"))
            | {"higher": METRICS[name].higher_is_better}
            for name in metrics
        },
        "costs": {
            name: encode_scores(shape.matrix(finished, name, how)) | {"how": how}
            for name, how in COSTS.items()
            if name in board
        },
        "states": ["".join(map(str, row)) for row in states],
        "partly": _partly(finished, shape, states, metrics),
        "failures": _failures(filled, shape),
        "comparisons": _comparisons(filled, pairs),
        "words": {name: words for name in methods if (words := describe(name))},
        "tuned": _tuned(finished, shape),
        "studentised": _studentised(board),
        "least_sources": MIN_BLOCKS,
        "widening": _widening(filled["source"].nunique()),
    }


def embed_json(value: object) -> str:
    """JSON that cannot close the element it stands in, with null for what is not a number."""
    text = json.dumps(_plain(value), separators=(",", ":"))
    for character in "<>&":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return text


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, np.generic):
        value = value.item()
    return None if isinstance(value, float) and not math.isfinite(value) else value


def encode_scores(matrix: np.ndarray) -> dict[str, Any]:
    """Code a matrix in two bytes a value, row by row, keeping each row's order exactly.

    Returns
    -------
    dict
        ``codes`` (base64, most significant byte first), and per row the values ``low`` and ``high``
        of the codes 1 and 1 + ``span``, and whether the codes between are evenly spaced in
        logarithms (``wide``) or as they are; distinct values are kept apart even where they are
        closer than that. Code 0 is NaN.
    """
    n_rows, n_columns = matrix.shape
    # as many codes as there are columns are kept free above, to keep close values apart
    span = LARGEST_CODE - 1 - n_columns
    codes = np.zeros((n_rows, n_columns), dtype=np.int64)
    low, high = np.zeros(n_rows), np.zeros(n_rows)
    wide = np.zeros(n_rows, dtype=bool)
    for row, values in enumerate(matrix):
        known = np.isfinite(values)
        distinct, place = np.unique(values[known], return_inverse=True)
        if len(distinct) == 0:
            continue
        low[row], high[row] = distinct[0], distinct[-1]
        wide[row] = low[row] > 0 and high[row] > max(WIDE_RANGE * low[row], 1.0)
        scaled = np.log(distinct) if wide[row] else distinct
        steps = np.arange(len(distinct))
        width = scaled[-1] - scaled[0] or 1.0
        even = 1 + np.rint((scaled - scaled[0]) / width * span).astype(np.int64)
        # distinct values whose even codes are equal are moved up by one each
        codes[row, known] = (np.maximum.accumulate(even - steps) + steps)[place]
    return {
        "codes": base64.b64encode(codes.astype(">u2").tobytes()).decode(),
        "low": [_short(value, 7) for value in low],
        "high": [_short(value, 7) for value in high],
        "wide": [int(flag) for flag in wide],
        "span": span,
    }


def _short(value: float, digits: int = 4) -> float | int:
    """Round to significant digits, so that it is written short."""
    rounded = float(f"{value:.{digits}g}")
    return int(rounded) if rounded.is_integer() and abs(rounded) < 1e15 else rounded


class _Shape:
    """Sets and pairs in the page's order."""

    def __init__(self, sets: list[str], pairs: list[str]) -> None:
        self.sets, self.pairs = sets, pairs
        self.row = {name: place for place, name in enumerate(sets)}
        self.column = {name: place for place, name in enumerate(pairs)}

    def matrix(self, cells: pd.DataFrame, value: str, how: str) -> np.ndarray:
        """Put the splits of a column together, NaN where there is none."""
        table = cells.groupby(["dataset", "pair"])[value].agg(how).unstack("pair")
        return table.reindex(index=self.sets, columns=self.pairs).to_numpy(dtype=float)


def _numbered(names: Iterable[Any]) -> dict[str, int]:
    return {name: place for place, name in enumerate(dict.fromkeys(map(str, names)))}


def _states(filled: pd.DataFrame, shape: _Shape) -> np.ndarray:
    """Whether a pair was tried on a set, and whether all, some or none of its splits finished."""
    lost = shape.matrix(filled.astype({"failed": float}), "failed", "mean")
    states = np.full(lost.shape, PARTLY)
    states[np.isnan(lost)], states[lost == 0], states[lost == 1] = UNTRIED, FINISHED, LOST
    return states


def _set_facts(facts: pd.DataFrame) -> dict[str, Any]:
    """What is known of the data sets, one list for each fact."""

    def text(name: str) -> list[str]:
        if name not in facts:
            return [""] * len(facts)
        return ["" if pd.isna(value) else str(value) for value in facts[name]]

    def figure(name: str) -> list[Any]:
        return [_short(float(value), 6) for value in facts[name]] if name in facts else []

    ratios = facts["imbalance_ratio"].astype(float)
    measured = [_read_object(value) for value in text("facts")]
    names = list(dict.fromkeys(name for known in measured for name in known))
    return {
        "name": [str(name) for name in facts.index],
        "source": text("source"),
        "suite": text("suite"),
        "stress": text("stress"),
        "rows": figure("n_rows"),
        "features": figure("n_features"),
        "classes": figure("n_classes"),
        "missing": figure("n_missing"),
        "ratio": [_short(value) for value in ratios],
        "level": [LEVELS.index(name) if name else -1 for name in levels(ratios)],
        "fact_names": names,
        "facts": [[_fact(known.get(name)) for name in names] for known in measured],
    }


def _read_object(text: str) -> dict[str, Any]:
    """Read a JSON object; anything else counts as nothing known."""
    try:
        value = json.loads(text) if text else {}
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


def _fact(value: Any) -> Any:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None if value is None else str(value)
    return _short(float(value)) if math.isfinite(value) else None


def _partly(
    finished: pd.DataFrame, shape: _Shape, states: np.ndarray, metrics: list[str]
) -> list[list[Any]]:
    """Scores of the finished splits where others of the same pair and set failed."""
    places = np.argwhere(states == PARTLY)
    if len(places) == 0:
        return []
    means = {name: shape.matrix(finished, name, "mean") for name in metrics}
    return [
        [int(row), int(column), {name: _short(means[name][row, column], 7) for name in metrics}]
        for row, column in places
    ]


def _failures(filled: pd.DataFrame, shape: _Shape) -> list[dict[str, Any]]:
    """Failed cells by pair, kind and reason, with one traceback for each such group."""
    lost = filled[filled["failed"]]
    if lost.empty:
        return []
    if "traceback" not in lost:
        lost = lost.assign(traceback="")
    lost = lost.assign(reason=lost["reason"].fillna(""), traceback=lost["traceback"].fillna(""))
    groups, written = [], 0
    for (pair, status, reason), cells in lost.groupby(["pair", "status", "reason"], sort=True):
        excerpt = str(cells["traceback"].iloc[0]).strip()[-TRACEBACK_LENGTH:]
        written += len(excerpt)
        groups.append(
            {
                "pair": shape.column[str(pair)],
                "status": str(status),
                "reason": str(reason)[:TRACEBACK_LENGTH],
                "traceback": excerpt if written <= TRACEBACKS_LENGTH else "",
                "cells": [
                    [shape.row[str(dataset)], int(repeat), int(fold)]
                    for dataset, repeat, fold in zip(
                        cells["dataset"], cells["repeat"], cells["fold"], strict=True
                    )
                ],
            }
        )
    return sorted(groups, key=lambda group: (-len(group["cells"]), group["pair"]))


def _comparisons(filled: pd.DataFrame, pairs: list[str]) -> dict[str, list[Any]]:
    """Pairs against the same learner left alone, for each metric and in the order of the pairs."""
    references = statistics.same_learner_references(filled)
    found: dict[str, list[Any]] = {}
    for metric in COMPARED:
        if metric not in filled or filled[metric].isna().all() or not references:
            continue
        rows = statistics.compare(filled, metric, references).to_dict(orient="index")
        found[metric] = [
            [
                *(_short(rows[pair][name]) for name in ("difference", "low", "high")),
                *(int(rows[pair][name]) for name in ("wins", "ties", "losses")),
                rows[pair]["verdict"],
            ]
            if pair in rows
            else None
            for pair in pairs
        ]
    return found


def _studentised(board: pd.DataFrame) -> dict[int, float]:
    """Factor of Nemenyi's critical difference, for the numbers of pairs a filter can leave."""
    sizes = {len(board), *board["learner"].value_counts()}
    return {
        int(size): round(float(stats.studentized_range.ppf(0.95, size, np.inf)) / math.sqrt(2), 6)
        for size in sorted(sizes)
        if size >= 3
    }


def _widening(n_sources: int) -> list[float]:
    """Factors of intervals for as many sources as a filter can leave; 0 where there is none."""
    counts = np.arange(n_sources + 1)
    return [round(float(factor), 6) for factor in np.nan_to_num(widening(counts))]


def _tuned(finished: pd.DataFrame, shape: _Shape) -> dict[str, Any]:
    """Parameters that a search found on a set's first split, for as many pairs as fit.

    Returns
    -------
    dict
        ``names`` (lists of parameters), ``found`` (per pair a list of set, place in ``names`` and
        values) and ``all`` (whether these are all pairs). Empty without a search.
    """
    if "parameters" not in finished:
        return {}
    searched = finished[finished["parameters"].fillna("").astype(str).str.len() > 2]
    first = searched.drop_duplicates(["dataset", "pair"])
    if first.empty:
        return {}
    names: dict[str, int] = {}
    found: list[list[Any]] = [[] for _ in shape.pairs]
    length, groups = 0, dict(tuple(first.groupby("pair")))
    for place, pair in enumerate(shape.pairs):
        if pair not in groups:
            continue
        rows = []
        for dataset, text in zip(groups[pair]["dataset"], groups[pair]["parameters"], strict=True):
            values = _read_object(str(text))
            which = names.setdefault(json.dumps(list(values)), len(names))
            rows.append([shape.row[dataset], which, [_parameter(v) for v in values.values()]])
        length += len(json.dumps(rows, separators=(",", ":")))
        if length > TUNED_LENGTH:
            break
        found[place] = rows
    tuned = {"names": [json.loads(key) for key in names], "found": found}
    return tuned | {"all": length <= TUNED_LENGTH}


def _parameter(value: Any) -> Any:
    if isinstance(value, float) and math.isfinite(value):
        return _short(value, 3)
    return value if isinstance(value, int | str) or value is None else json.dumps(value)


def describe(name: str) -> str:
    """First sentence of what a method of the registry is, or nothing where it is not known."""
    if name in BASELINE_WORDS:
        return BASELINE_WORDS[name]
    from imbalance_kit.benchmark._methods.registry import METHODS

    for method in METHODS:
        if method.name == name and isinstance(method.build, partial):
            return _first_sentence(_unwrapped(method.build))
    return ""


def _unwrapped(build: Any) -> Any:
    """The class that a builder is bound to, if there is one."""
    while isinstance(build, partial):
        build = build.args[0] if build.args else build.func
    if inspect.isclass(build) or not callable(build):
        return build if inspect.isclass(build) else type(build)
    return build


def _first_sentence(thing: Any) -> str:
    documented = inspect.getdoc(thing) or ""
    return documented.split("\n\n")[0].replace("\n", " ").replace("``", "").strip()
