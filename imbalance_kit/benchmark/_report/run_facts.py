"""What was run, in words: facts and protocol of a run, from its cells and its ``run.json``."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import pandas as pd

from imbalance_kit.benchmark._report.charts import time_words
from imbalance_kit.benchmark._report.findings import count_words

FACT_LABELS = {"machine": "Machine", "limits": "Limits", "versions": "Versions"}
UNITS = {
    "processors": "{} processors",
    "cpu_count": "{} processors",
    "memory_gb": "{} GB of memory",
    "seconds": "{:.0f} s a cell",
    "mb": "{:,} MB a cell",
    "jobs": "{} at a time",
}


def facts(filled: pd.DataFrame, run: Mapping[str, Any]) -> list[tuple[str, str]]:
    """What was run, as label and value."""
    sources, sets = filled["source"].nunique(), filled["dataset"].nunique()
    failed = int(filled["failed"].sum())
    count = f"{len(filled):,}"
    if unfinished := still_to_do(filled, run):
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
    if presets := _named_values(filled, "preset"):
        facts.append(("Preset", ", ".join(presets)))
    if suites := _named_values(filled, "suite"):
        facts.append(("Suites", ", ".join(suites)))
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
    known = [label for label in FACT_LABELS if run.get(label)]
    return facts + [(FACT_LABELS[label], _flat(run[label])) for label in known]


def still_to_do(filled: pd.DataFrame, run: Mapping[str, Any]) -> int:
    """Cells of the run that have no row yet."""
    planned = run.get("n_cells")
    if not isinstance(planned, int):
        return 0
    done = pd.Series(True, index=filled.index)
    # the page may show cells of earlier requests, which do nothing for this one
    for column, key in (("dataset", "datasets"), ("pair", "pairs")):
        if isinstance(asked := run.get(key), Mapping | list):
            done &= filled[column].isin(list(asked))
    if isinstance(repeats := run.get("repeats"), int) and "repeat" in filled:
        done &= filled["repeat"] < repeats
    return max(planned - int(done.sum()), 0)


def remarks(filled: pd.DataFrame) -> list[str]:
    """What has to be known of the cells that are shown, one sentence each."""
    if "untuned" not in filled or not (n_untuned := int((filled["untuned"].eq(True)).sum())):
        return []
    return [
        f"In {count_words(n_untuned, 'cell')} the validation rows hold none of the rarest class, "
        "so that nothing can be tuned on them: the metrics with a tuned threshold are there those "
        "of the untuned rule."
    ]


def _named_values(filled: pd.DataFrame, column: str) -> list[str]:
    """Distinct non-empty texts of a column that older results do not have."""
    if column not in filled:
        return []
    return sorted(set(filled[column].dropna().astype(str)) - {""})


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


def protocol(filled: pd.DataFrame, run: Mapping[str, Any]) -> str:
    """How the data were split, and which part was used for what."""
    stored = run.get("protocol")
    details = stored if isinstance(stored, Mapping) else {}
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
        " Scaling, encoding, re-sampling and the tuning of thresholds used the training part only"
    )
    if details.get("validation_share"):
        text += (
            f"; thresholds were tuned on {100 * details['validation_share']:.0f} % of it, held "
            "back from a first fit, before the method was fitted again on all of it"
        )
    return text + "." + _search(filled)


def _search(filled: pd.DataFrame) -> str:
    """How much was spent on hyper-parameters, where anything was."""
    trials = filled["n_trials"].fillna(0) if "n_trials" in filled else pd.Series(dtype=float)
    searched = trials[trials > 0]
    if searched.empty:
        return ""
    pairs = filled.loc[searched.index, "pair"].nunique()
    least, most = int(searched.min()), int(searched.max())
    count = count_words(most, "trial") if least == most else f"{least:,} to {most:,} trials"
    return (
        f" Hyper-parameters of {count_words(pairs, 'pair')} were searched inside the training "
        f"part, {count} a cell."
    )
