"""The work of a cell: split, search, fit, predict, and how stable the predictions are."""

import json
import time
import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet

from imbalance_kit._split_layout import Rows
from imbalance_kit.benchmark._run.cell import Cell
from imbalance_kit.benchmark._run.inner_splits import respect_layout
from imbalance_kit.benchmark._run.parameter_search import (
    Found,
    build,
    probabilities_by_class,
    search,
)
from imbalance_kit.benchmark._run.table import Table


def split(cell: Cell, table: Table) -> tuple[Rows, Rows, Rows]:
    """Row numbers for learning, validation and testing; the first two are the training part."""
    protocol, layout = cell.protocol, table.layout
    rng = np.random.RandomState(cell.split_seed)
    everything = np.arange(len(table.y))
    if protocol.folds:
        training, testing = list(layout.folds(everything, protocol.folds, rng))[cell.fold]
    else:
        training, testing = layout.part(everything, protocol.test_share, rng)
    # from the same generator and after the test rows, so that a protocol with another share for
    # validation has the same test rows
    learning, validation = layout.part(training, protocol.validation_share, rng)
    return learning, validation, testing


def run_cell(cell: Cell, table: Table, storage: str | None = None) -> tuple[dict[str, Any], bytes]:
    """Do the work of a cell.

    The method is fitted twice: on the learning rows, to predict the validation rows, and on the
    whole training part, to predict the test rows. ``fit_seconds`` is the second fit, in seconds of
    the processor: a worker has one thread, so on a quiet machine they are those of the clock, and
    on a busy one they stay what they are. A search, if the protocol has one, comes first and uses
    the training part alone.

    Parameters
    ----------
    cell : Cell
    table : Table
    storage : str, default=None
        Optuna storage where the trials of a search are kept, so that it can go on.

    Returns
    -------
    row : dict
        Columns to add to ``cell.row()``.
    predictions : bytes
        The predictions as a Parquet file.
    """
    learning, validation, testing = split(cell, table)
    training = np.sort(np.concatenate([learning, validation]))
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        found = _search(cell, table, training, storage)
        on_validation = _fit_and_predict(cell, table, found, learning, validation, "validation")
        on_test = _fit_and_predict(cell, table, found, training, testing, "test")
        stability = _stability(cell, table, found, training, on_test)
    parts = pa.concat_tables([on_validation.predictions, on_test.predictions])
    # of the labels that were learned from: tuned rules must not use what the method never had
    prior = np.bincount(table.learned[training], minlength=len(table.classes)) / len(training)
    row = {
        "fit_seconds": on_test.fit_seconds,
        "predict_seconds": on_test.predict_seconds,
        "classes": json.dumps(table.classes),
        "prior": json.dumps(prior.tolist()),
        "warnings": json.dumps(sorted({_one_line(str(entry.message)) for entry in caught})[:10]),
        **stability,
    }
    if found.n_trials:
        row |= {
            "parameters": json.dumps(found.parameters, sort_keys=True),
            "n_trials": found.n_trials,
            "search_seconds": found.seconds,
        }
    sink = pa.BufferOutputStream()
    pa.parquet.write_table(parts, sink)
    return row, sink.getvalue().to_pybytes()


def _search(cell: Cell, table: Table, training: Rows, storage: str | None) -> Found:
    """Search hyper-parameters on inner folds of the training part, if the protocol has a search."""
    settings = cell.protocol.search
    if not settings.trials:
        return Found()
    # a generator of its own: inner folds do not depend on how the outer split was drawn
    rng = np.random.RandomState(cell.split_seed)
    folds = table.layout.folds(training, settings.folds, rng)
    return search(cell, table, training, folds=folds, storage=storage)


@dataclass(frozen=True)
class _Outcome:
    predictions: pa.Table
    proba: np.ndarray
    decision: np.ndarray
    fit_seconds: float
    predict_seconds: float


def _fit_and_predict(
    cell: Cell, table: Table, found: Found, fitted: Rows, predicted: Rows, part: str
) -> _Outcome:
    n_classes = len(table.classes)
    model = build(cell.method, cell.learner, cell.seed, found.parameters)
    model = respect_layout(model, table.layout.of(fitted), cell.seed)
    X_fitted, X_predicted = table.X.iloc[fitted], table.X.iloc[predicted]
    started = time.process_time()
    model.fit(X_fitted, table.learned[fitted])
    fit_seconds = time.process_time() - started
    started = time.process_time()
    proba = probabilities_by_class(model, X_predicted, n_classes)
    predict_seconds = time.process_time() - started
    decision = np.asarray(model.predict(X_predicted))
    # a test row is scored by its true label, a validation row by the one there is in training
    y = table.y if part == "test" else table.learned
    predictions = {
        "part": np.full(len(predicted), part),
        "row": predicted.astype(np.int64),
        "y": y[predicted].astype(np.int16),
        "decision": decision.astype(np.int16),
        **{f"proba_{code}": proba[:, code] for code in range(n_classes)},
        **{
            f"group_{place}": groups.of_row[predicted].astype(np.int16)
            for place, groups in enumerate(table.groups)
        },
    }
    return _Outcome(pa.table(predictions), proba, decision, fit_seconds, predict_seconds)


def _stability(
    cell: Cell, table: Table, found: Found, training: Rows, first: _Outcome
) -> dict[str, float]:
    """How far predictions move when the training rows are a bootstrap sample of themselves.

    Rows are drawn within each class, so that no class is lost. Riley and Collins, "Stability of
    clinical prediction models developed using statistical or machine learning methods",
    Biometrical Journal 65, 2023, call the first figure the mean absolute prediction error and
    the second the classification instability index.
    """
    if not cell.protocol.bootstraps:
        return {}
    testing = first.predictions["row"].to_numpy()
    rng = np.random.RandomState(cell.split_seed)
    moved, flipped = [], []
    for _ in range(cell.protocol.bootstraps):
        labels = table.learned[training]
        by_class = [training[labels == label] for label in np.unique(labels)]
        drawn = np.concatenate([rng.choice(rows, len(rows)) for rows in by_class])
        # in the order of the table, as in the other fits: trees break ties by the order of rows
        again = _fit_and_predict(cell, table, found, np.sort(drawn), testing, "test")
        moved.append(np.abs(again.proba[:, -1] - first.proba[:, -1]).mean())
        flipped.append((again.decision != first.decision).mean())
    return {"instability": float(np.mean(moved)), "flips": float(np.mean(flipped))}


def _one_line(text: str) -> str:
    return " ".join(text.split())[:300]
