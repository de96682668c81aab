"""Metrics of every cell, computed afresh from the stored predictions."""

import io
import json
import os
import warnings
from typing import Any

import numpy as np
import pandas as pd

from imbalance_kit.benchmark._metrics.group_metrics import GROUP_METRICS, measure_fairness
from imbalance_kit.benchmark._metrics.metric import METRICS, decision_metrics, measure_predictions
from imbalance_kit.benchmark._metrics.stored_predictions import Predictions
from imbalance_kit.benchmark._results.store import ResultsFolder
from imbalance_kit.cost._exponent_rule import best_rules, decide_by_rule

PUBLISHED = "scores.parquet"


def scores(results_folder: str | os.PathLike[str]) -> pd.DataFrame:
    """Metrics of every cell of a results folder.

    Parameters
    ----------
    results_folder : path or URL
        Folder of a benchmark run, finished or not. Where it holds cells of several protocols
        (folds, seed, version of the package), those of the last run's are taken. Or a published
        folder: ``scores.parquet``, which ``imbalance-kit export`` has written, and ``run.json``.

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
        have NaN in every metric.

    Notes
    -----
    About 5 ms per cell.

    Examples
    --------
    >>> from imbalance_kit.benchmark import scores
    >>> scores("benchmark_results/lite")[["dataset", "method", "auprc"]]  # doctest: +SKIP
    """
    store = ResultsFolder(results_folder)
    if store.files.exists(PUBLISHED):
        return pd.read_parquet(io.BytesIO(store.files.read(PUBLISHED)))
    protocol = store.read_request().get("protocol", {}).get("name")
    cells = store.read_cells(protocol)
    measured: list[dict[str, float]] = []
    columns = [*METRICS, *GROUP_METRICS]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of classes without a row, which metrics leave out
        for cell in cells.itertuples():
            if cell.status == "ok":
                measured.append(_score_cell(store, cell))
            else:
                measured.append(dict.fromkeys(columns, np.nan))
    return cells.join(pd.DataFrame(measured, columns=columns, index=cells.index))


def _score_cell(store: ResultsFolder, cell: Any) -> dict[str, float]:
    table = store.read_predictions(cell.key)
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
    rules = best_rules(y[~is_test], proba[~is_test], prior, decision_metrics(tuned=True))
    for name, (rule, _) in rules.items():
        decision = decide_by_rule(test.proba, prior, rule)
        values[name] = METRICS[name].value(test.decided(decision))
    return values
