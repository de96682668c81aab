"""Metrics of every cell, computed afresh from the stored predictions."""

import io
import json
import os
import warnings
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from imbalance_kit.benchmark._metrics.group_metrics import GROUP_METRICS, measure_fairness
from imbalance_kit.benchmark._metrics.metric import METRICS, decision_metrics, measure_predictions
from imbalance_kit.benchmark._metrics.stored_predictions import Predictions
from imbalance_kit.benchmark._results.shown_cells import Holding, choose_shown
from imbalance_kit.benchmark._results.store import HASHES, ResultsFolder, described
from imbalance_kit.cost._exponent_rule import best_rules, decide_by_rule, untuned_rule

PUBLISHED = "scores.parquet"


def scores(results_folder: str | os.PathLike[str]) -> pd.DataFrame:
    """Metrics of every cell of a results folder.

    Parameters
    ----------
    results_folder : path or URL
        Folder of a benchmark run, finished or not. Or a published folder: ``scores.parquet``, which
        ``imbalance-kit export`` has written, and ``run.json``.

    Returns
    -------
    pandas.DataFrame
        One row per cell: its facts (data set, method, learner, repeat, fold, status, seconds,
        memory ...) and on the test part

        - ``auprc`` (average precision) and ``auroc``: of the rarest of two classes, or the mean
          over classes, one against the rest;
        - ``macro_f1``, ``balanced_accuracy``, ``g_mean``, ``mcc`` of what ``predict`` decided;
        - the same with ``_tuned``: decided by the rule that is best for that metric on the
          validation part, a threshold for two classes, one exponent of the class shares for more;
        - ``brier`` (for more than two classes summed over classes), ``log_loss``, and
          ``calibration_error`` over ten bins of equal numbers of rows, the mean over classes;
        - for two classes, where the data set names sensitive columns: differences and ratios
          between groups (``demographic_parity_difference``, ``demographic_parity_ratio``,
          ``equal_opportunity_difference``, ``equalized_odds_difference``,
          ``equalized_odds_ratio``) of what ``predict`` decided, and ``worst_group_auprc``. The
          worst over the sensitive columns; groups with fewer than 20 rows to take a rate of are
          left out.

        Classes without a row in the test part are left out of means over classes. Failed cells
        have NaN in every metric. ``untuned`` is True where the validation part lacks the rarest
        class, so that nothing can be tuned on it: the metrics with ``_tuned`` are then those of the
        untuned rule, a threshold of one half or the most probable class.

    Raises
    ------
    ValueError
        If the table of a published folder cannot be read.

    Warns
    -----
    UserWarning
        If cells of the folder are left out, with the number and the reason.

    Notes
    -----
    A folder may hold cells of several requests. There is one row for each data set, method,
    learner, repeat and fold, of the last run's protocol (folds, search, seed, version of the
    package). Rows of a data set come from one table, and rows of a pair from one version of the
    method and one size of ensembles: those of the last run, or where it did not ask for them the
    latest. Damaged files count as missing.

    About 5 ms per cell.

    Examples
    --------
    >>> from imbalance_kit.benchmark import scores
    >>> scores("benchmark_results/lite")[["dataset", "method", "auprc"]]  # doctest: +SKIP
    """
    table, holding = read_scores(ResultsFolder(results_folder))
    warn_of_holding(holding, results_folder)
    return table


def warn_of_holding(holding: Holding, results_folder: object) -> None:
    """Warn the caller of the caller of what a folder holds beside the cells that are shown."""
    for sentence in holding.sentences:
        warnings.warn(f"{results_folder}: {sentence}", UserWarning, stacklevel=3)


def read_scores(store: ResultsFolder) -> tuple[pd.DataFrame, Holding]:
    """Do the work of `scores`, and tell what else the folder holds."""
    if store.files.exists(PUBLISHED):
        return _read_published(store), Holding()
    cells, left_out = choose_shown(store.read_cells(), store.read_request())
    measured: list[dict[str, Any]] = []
    lost = []
    columns = [*METRICS, *GROUP_METRICS, "untuned"]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of classes without a row, which metrics leave out
        for row in cells.itertuples():
            values: dict[str, Any] | None = dict.fromkeys(columns, np.nan) | {"untuned": False}
            if row.status == "ok":
                values = _measure(store, row)
            if values is None:
                lost.append(row.Index)
            else:
                measured.append(values)
    cells = cells.drop(index=lost)
    scored = cells.join(pd.DataFrame(measured, columns=columns, index=cells.index))
    scored = scored.drop(columns=list(HASHES)).reset_index(drop=True)
    return scored.astype({"untuned": bool}), Holding(left_out, dict(store.damaged))


def _read_published(store: ResultsFolder) -> pd.DataFrame:
    try:
        return pd.read_parquet(io.BytesIO(store.files.read(PUBLISHED)))
    except (pa.ArrowException, ValueError, OSError) as error:
        raise ValueError(
            f"{store.files.where(PUBLISHED)} cannot be read: {described(error)} Fetch it again, or "
            "write it again with imbalance-kit export."
        ) from error


def _measure(store: ResultsFolder, cell: Any) -> dict[str, Any] | None:
    """Metrics of a finished cell, or None where its predictions are damaged."""
    expected = cell.predictions_hash if isinstance(cell.predictions_hash, str) else None
    table = store.read_predictions(cell.key, expected)
    if table is None:
        return None
    if expected is not None:
        return _score_cell(table, cell)
    try:
        return _score_cell(table, cell)
    except Exception as error:  # without a hash, damage shows only in what it leads to
        store.damaged[f"{cell.key} (predictions)"] = described(error)
        return None


def _score_cell(table: pa.Table, cell: Any) -> dict[str, Any]:
    n_classes = len(json.loads(cell.classes))
    prior = np.array(json.loads(cell.prior))
    is_test = table["part"].to_numpy() == "test"
    y = table["y"].to_numpy().astype(np.intp)
    proba = np.column_stack([table[f"proba_{code}"].to_numpy() for code in range(n_classes)])
    test = Predictions(
        y[is_test],
        proba[is_test],
        table["decision"].to_numpy()[is_test].astype(np.intp),
        [
            table[name].to_numpy()[is_test]
            for name in table.column_names
            if name.startswith("group_")
        ],
    )
    values = measure_predictions(test) | measure_fairness(test)
    # rules come from the validation rows, and are applied to the test rows
    metrics = decision_metrics(tuned=True)
    occurring = np.unique(y[~is_test])
    # without a row of the rarest class no threshold is too high: the best one would be infinite
    untuned = len(occurring) < 2 or occurring[-1] < n_classes - 1
    if untuned:
        rules = dict.fromkeys(metrics, untuned_rule(n_classes))
    else:
        found = best_rules(y[~is_test], proba[~is_test], prior, metrics)
        rules = {name: rule for name, (rule, _) in found.items()}
    for name, rule in rules.items():
        decision = decide_by_rule(test.proba, prior, rule)
        values[name] = METRICS[name].value(test.decided(decision))
    return values | {"untuned": untuned}
