"""Results in the forms that other tools read."""

from __future__ import annotations

import io
import os
from pathlib import Path

import numpy as np
import pandas as pd

from imbalance_kit.benchmark._analysis.statistics import fill_failures, tried_by_all
from imbalance_kit.benchmark._metrics.metric import METRICS
from imbalance_kit.benchmark._results.files import write_atomically


def export_bencheval(scores: pd.DataFrame, metric: str = "auprc") -> pd.DataFrame:
    """Results as rows of TabArena's ``bencheval``: an error of each method on each split.

    Parameters
    ----------
    scores : DataFrame
        One row per cell, as from ``imbalance_kit.benchmark.scores``.
    metric : str, default="auprc"
        The score to export.

    Returns
    -------
    DataFrame
        One row per pair, data set and split: ``method`` (the pair), ``task`` (the data set),
        ``seed`` (number of the split), ``metric_error`` (one minus the score, or the score where
        less is better), ``time_train_s``, ``time_infer_s``, ``imputed`` (whether the cell failed),
        ``source`` and ``metric``.

    Raises
    ------
    ValueError
        If the metric is unknown.

    Notes
    -----
    ``bencheval.evaluator.BenchmarkEvaluator(seed_column="seed")`` takes the rows as they are. It
    wants every method on every split, so splits that some pair was never tried on are left out. A
    failed cell has the error of a constant predictor, or the worst on the split where that has none
    (calibration error), and the time it took until it failed. ``bencheval`` has no base sources:
    its ratings give each data set the same weight, also where ten are cut from one table.

    References
    ----------
    N. Erickson et al., "TabArena: A living benchmark for machine learning on tabular data", NeurIPS
    Datasets and Benchmarks, 2025.

    Examples
    --------
    >>> import pandas as pd
    >>> from imbalance_kit.benchmark import export_bencheval
    >>> cells = pd.DataFrame({
    ...     "dataset": ["ecoli1", "ecoli1"], "source": ["ecoli", "ecoli"], "repeat": 0, "fold": 0,
    ...     "method": ["none", "SMOTE"], "learner": "tree", "status": ["ok", "timeout"],
    ...     "prior": ["[0.75, 0.25]", ""], "auprc": [0.5, None], "fit_seconds": [0.01, None],
    ...     "predict_seconds": [0.001, None], "total_seconds": [0.02, 60.0],
    ... })
    >>> export_bencheval(cells)[["method", "metric_error", "time_train_s", "imputed"]]
             method  metric_error  time_train_s  imputed
    0  SMOTE / tree          0.75         60.00     True
    1   none / tree          0.50          0.01    False
    """
    if metric not in METRICS:
        raise ValueError(f"Unknown metric {metric!r}. Known: {', '.join(METRICS)}.")
    cells = _complete_splits(fill_failures(scores))
    splits = cells[["repeat", "fold"]].apply(tuple, axis=1)
    number = {split: place for place, split in enumerate(sorted(set(splits)))}
    error = 1.0 - cells[metric] if METRICS[metric].higher_is_better else cells[metric]
    rows = pd.DataFrame(
        {
            "method": cells["pair"],
            "task": cells["dataset"].astype(str),
            "seed": splits.map(number).astype(np.int64),
            # differences of floats may be a hair below zero
            "metric_error": error.clip(lower=0.0),
            "time_train_s": cells["fit_seconds"].fillna(cells["total_seconds"]).fillna(0.0),
            "time_infer_s": cells["predict_seconds"].fillna(0.0),
            "imputed": cells["failed"],
            "source": cells["source"],
            "metric": metric,
        }
    )
    worst = rows.groupby(["task", "seed"])["metric_error"].transform("max")
    rows["metric_error"] = rows["metric_error"].fillna(worst)
    return rows[rows["metric_error"].notna()].reset_index(drop=True)


def _complete_splits(filled: pd.DataFrame) -> pd.DataFrame:
    """Cells of the splits that every pair was tried on."""
    fair = tried_by_all(filled)
    n_pairs = fair["pair"].nunique()
    tried = fair.groupby(["dataset", "repeat", "fold"])["pair"].transform("nunique")
    return fair[tried == n_pairs]


def export(table: pd.DataFrame, path: str | os.PathLike[str]) -> Path:
    """Write a table as CSV or Parquet, whole or not at all.

    Parameters
    ----------
    table : DataFrame
        Such as the output of ``scores`` or :func:`export_bencheval`. The index is not written.
    path : path
        Ends in ``.csv`` or ``.parquet``.

    Returns
    -------
    Path
        What was written.

    Raises
    ------
    ValueError
        If the name ends otherwise or its folder does not exist.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> import pandas as pd
    >>> from imbalance_kit.benchmark import export
    >>> table = pd.DataFrame({"pair": ["none / tree"], "auprc": [0.5]})
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     export(table, Path(folder) / "scores.csv").read_text()
    'pair,auprc\\nnone / tree,0.5\\n'
    """
    target = Path(path)
    ending = target.suffix.lower()
    if ending not in (".csv", ".parquet"):
        raise ValueError(
            f"Results are written as .csv or .parquet; got {target.name!r}. Give the file one of "
            "these endings."
        )
    if not target.parent.is_dir():
        raise ValueError(f"There is no folder {target.parent}. Make it, or give another path.")
    if ending == ".csv":
        content = table.to_csv(index=False, lineterminator="\n").encode("utf-8")
    else:
        sink = io.BytesIO()
        table.to_parquet(sink, index=False)
        content = sink.getvalue()
    write_atomically(target, content)
    return target
