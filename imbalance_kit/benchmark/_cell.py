"""One cell of the benchmark: its name, its seeds, its split and its work.

A cell is (data set, method, base learner, repeat, fold). Everything random in it is seeded by a
hash of these, so the result depends on nothing else: not on the order of cells, the number of
workers, the machine or the other methods of the run.
"""

import hashlib
import json
import re
import time
import warnings
from dataclasses import asdict, dataclass, fields, replace
from datetime import UTC, datetime
from functools import cached_property
from importlib.metadata import version
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet

from imbalance_kit import __version__
from imbalance_kit.benchmark._grouped import SENSITIVE
from imbalance_kit.benchmark._learners import Learner
from imbalance_kit.benchmark._registry import Method
from imbalance_kit.benchmark._search import Found, Search, build, class_probabilities, search
from imbalance_kit.benchmark._splits import Layout, Rows
from imbalance_kit.complexity import meta_features
from imbalance_kit.datasets import Dataset
from imbalance_kit.fairness._groups import GroupReader, Groups

RECORDED = ("imbalanced-learn", "lightgbm", "numpy", "pandas", "scikit-learn")
ABOUT_THE_TABLE = ("files", "licence", "role", "suite")  # may change without changing a result
NO_SEARCH = Search()


@dataclass(frozen=True)
class Protocol:
    """How tables are split; part of every cell's key, so results of two protocols never mix.

    Attributes
    ----------
    folds : int
        Stratified folds in each repeat; 0 for one stratified split in each repeat.
    test_share : float
        Share of the rows of that one split that are for testing.
    validation_share : float
        Share of the training rows kept back for tuning thresholds.
    seed : int
    search : Search
        Search of hyper-parameters inside the training part; none by default.
    bootstraps : int
        Refits on bootstrap samples of the training part, to measure how stable predictions are.
    preset : str
        Name of the preset that the rest comes from.
    """

    folds: int = 0
    test_share: float = 0.3
    validation_share: float = 0.25
    seed: int = 0
    search: Search = NO_SEARCH
    bootstraps: int = 0
    preset: str = ""

    @property
    def splits(self) -> int:
        """Cells in each repeat."""
        return max(self.folds, 1)

    @property
    def name(self) -> str:
        """Short hash that also covers the version of the package.

        The preset has no part in it: cells that two presets have in common are the same cells.
        """
        return _hash(_set_apart(replace(self, preset="")), __version__).hex()[:10]


@dataclass(frozen=True)
class Cell:
    """One piece of work."""

    dataset: Dataset
    method: Method
    learner: Learner
    repeat: int = 0
    fold: int = 0
    protocol: Protocol = Protocol()

    @cached_property
    def key(self) -> str:
        """File name without ending: readable, and different whenever the result may differ."""
        parts = (self.dataset.name, self.method.name, self.learner.name)
        readable = "--".join(re.sub(r"[^A-Za-z0-9]+", "-", part).strip("-")[:40] for part in parts)
        table = {k: v for k, v in _set_apart(self.dataset).items() if k not in ABOUT_THE_TABLE}
        size = self.learner.ensemble_size
        sized = () if size is None else (size,)
        exact = _hash(table, *parts, *sized, self.repeat, self.fold, self.protocol.name)
        return f"{readable}--r{self.repeat}f{self.fold}--{exact.hex()[:12]}"

    @property
    def seed(self) -> int:
        """Seed of the method and the learner: the same for every method.

        What a learner draws by itself is then no difference between methods, which sharpens
        paired comparisons; "none" and "threshold" share their probabilities exactly.
        """
        return _seed(
            self.dataset.name, self.learner.name, self.repeat, self.fold, self.protocol.seed
        )

    @property
    def split_seed(self) -> int:
        """Seed of the split: the same for every method; all folds of a repeat are one draw.

        A stressed table is split as the one it was made from, so that the two can be compared.
        """
        fold = None if self.protocol.folds else self.fold
        return _seed("split", self.dataset.parent, self.repeat, fold, self.protocol.seed)

    def row(self) -> dict[str, Any]:
        """Return the columns that are known before the work begins."""
        facts = ("source", "role", "n_rows", "n_features", "n_classes", "imbalance_ratio")
        return {
            "key": self.key,
            "dataset": self.dataset.name,
            **{name: getattr(self.dataset, name) for name in (*facts, "n_missing")},
            **{name: getattr(self.dataset, name, "") for name in ("suite", "stress")},
            "method": self.method.name,
            "learner": self.learner.name,
            "repeat": self.repeat,
            "fold": self.fold,
            "seed": self.seed,
            "status": "ok",
            "reason": "",
            "traceback": "",
            "started": datetime.now(UTC).isoformat(),
            "versions": json.dumps(versions()),
            "preset": self.protocol.preset,
            "protocol": self.protocol.name,
        }


def _set_apart(record: Any) -> dict[str, Any]:
    """Fields of a record that differ from their default: new fields leave old names as they are."""
    values = asdict(record)
    return {
        field.name: values[field.name]
        for field in fields(record)
        if getattr(record, field.name) != field.default
    }


def _hash(*parts: Any) -> bytes:
    text = json.dumps(parts, sort_keys=True, default=str)
    return hashlib.blake2b(text.encode("utf-8"), digest_size=16).digest()


def _seed(*parts: Any) -> int:
    return int.from_bytes(_hash(*parts)[:4], "big") >> 1  # some libraries take 31 bits


def versions() -> dict[str, str]:
    """Versions of what a result depends on."""
    return {"imbalance-kit": __version__, **{name: version(name) for name in RECORDED}}


@dataclass(frozen=True)
class Table:
    """A table as the benchmark gives it to methods.

    Columns have neutral names (LightGBM refuses some characters), classes are codes from the
    most to the least frequent, ties by label. Names of sensitive columns begin with "sensitive";
    `groups` has the groups of the rows by each of them. `observed` are the labels that methods
    learn from, which differ from `y` where label noise was asked for. `facts` are the
    meta-features of the table.
    """

    X: pd.DataFrame
    y: np.ndarray
    classes: list[str]
    groups: tuple[Groups, ...] = ()
    observed: np.ndarray | None = None
    blocks: np.ndarray | None = None
    time: np.ndarray | None = None
    facts: str = ""

    @property
    def learned(self) -> np.ndarray:
        """Labels that methods learn from."""
        return self.y if self.observed is None else self.observed

    @property
    def layout(self) -> Layout:
        """What splits have to respect."""
        return Layout(self.learned, self.blocks, self.time)


def load_table(dataset: Dataset) -> Table:
    """Load a data set and encode its classes."""
    loaded = dataset.load_all()
    X, labels = loaded.X, loaded.y
    counts = labels.value_counts()
    classes = sorted(counts.index, key=lambda label: (-counts[label], label))
    code_of = {label: code for code, label in enumerate(classes)}
    sensitive = [name for name in dataset.sensitive if name in X]
    groups = tuple(GroupReader(name, dataset.name).learn(X) for name in sensitive)
    names = [
        f"{SENSITIVE}{sensitive.index(name)}" if name in sensitive else f"x{number}"
        for number, name in enumerate(X.columns)
    ]
    X = X.set_axis(names, axis="columns").reset_index(drop=True)
    y = labels.map(code_of).to_numpy(dtype=np.int64)
    return Table(
        X,
        y,
        [str(label) for label in classes],
        groups,
        observed=dataset.observed(labels).map(code_of).to_numpy(dtype=np.int64),
        blocks=_codes(loaded.groups),
        time=_codes(loaded.time),
        facts=json.dumps(_without_nan(meta_features(X, y))),
    )


def _codes(column: pd.Series | None) -> np.ndarray | None:
    """Ranks of the values, equal for equal values; missing values are a group of their own."""
    if column is None:
        return None
    return pd.factorize(column, sort=True, use_na_sentinel=False)[0]


def _without_nan(values: dict[str, float]) -> dict[str, float | None]:
    return {name: None if np.isnan(value) else value for name, value in values.items()}


def split(cell: Cell, table: Table) -> tuple[Rows, Rows, Rows]:
    """Row numbers for learning, validation and testing; the first two are the training part."""
    protocol, layout = cell.protocol, table.layout
    rng = np.random.RandomState(cell.split_seed)
    everything = np.arange(len(table.y))
    if protocol.folds:
        training, testing = list(layout.folds(everything, protocol.folds, rng))[cell.fold]
    else:
        training, testing = layout.part(everything, protocol.test_share, rng)
    learning, validation = layout.part(training, protocol.validation_share, rng)
    return learning, validation, testing


def run_cell(cell: Cell, table: Table, storage: str | None = None) -> tuple[dict[str, Any], bytes]:
    """Do the work of a cell.

    The method is fitted twice: on the learning rows, to predict the validation rows, and on the
    whole training part, to predict the test rows. ``fit_seconds`` is the second fit, in seconds of
    the processor: a worker has one thread, so on a quiet machine they are those of the clock, and
    on a busy one they stay what they are. A search, where asked for, comes first and sees the
    training part alone.

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
        shaken = _shake(cell, table, found, training, on_test)
    parts = pa.concat_tables([on_validation.predictions, on_test.predictions])
    prior = np.bincount(table.learned[training], minlength=len(table.classes)) / len(training)
    row = {
        "fit_seconds": on_test.fit_seconds,
        "predict_seconds": on_test.predict_seconds,
        "classes": json.dumps(table.classes),
        "prior": json.dumps(prior.tolist()),
        "warnings": json.dumps(sorted({_one_line(str(entry.message)) for entry in caught})[:10]),
        **shaken,
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
    """Search hyper-parameters on inner folds of the training part, where that is asked for."""
    asked = cell.protocol.search
    if not asked.trials:
        return Found()
    rng = np.random.RandomState(cell.split_seed)
    folds = table.layout.folds(training, asked.folds, rng)
    return search(cell, table, training, folds=folds, storage=storage)


@dataclass(frozen=True)
class _Outcome:
    predictions: pa.Table
    proba: np.ndarray
    decision: np.ndarray
    fit_seconds: float
    predict_seconds: float


def _fit_and_predict(
    cell: Cell, table: Table, found: Found, fitted: Rows, asked: Rows, part: str
) -> _Outcome:
    n_classes = len(table.classes)
    model = build(cell.method, cell.learner, cell.seed, found.parameters)
    X_fitted, X_asked = table.X.iloc[fitted], table.X.iloc[asked]
    started = time.process_time()
    model.fit(X_fitted, table.learned[fitted])
    fit_seconds = time.process_time() - started
    started = time.process_time()
    proba = class_probabilities(model, X_asked, n_classes)
    predict_seconds = time.process_time() - started
    decision = np.asarray(model.predict(X_asked))
    y = table.y if part == "test" else table.learned
    predictions = {
        "part": np.full(len(asked), part),
        "row": asked.astype(np.int64),
        "y": y[asked].astype(np.int16),
        "decision": decision.astype(np.int16),
        **{f"proba_{code}": proba[:, code] for code in range(n_classes)},
        **{
            f"group_{place}": groups.codes[asked].astype(np.int16)
            for place, groups in enumerate(table.groups)
        },
    }
    return _Outcome(pa.table(predictions), proba, decision, fit_seconds, predict_seconds)


def _shake(
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
        members = [training[labels == label] for label in np.unique(labels)]
        drawn = np.concatenate([rng.choice(own, len(own)) for own in members])
        again = _fit_and_predict(cell, table, found, np.sort(drawn), testing, "test")
        moved.append(np.abs(again.proba[:, -1] - first.proba[:, -1]).mean())
        flipped.append((again.decision != first.decision).mean())
    return {"instability": float(np.mean(moved)), "flips": float(np.mean(flipped))}


def _one_line(text: str) -> str:
    return " ".join(text.split())[:300]
