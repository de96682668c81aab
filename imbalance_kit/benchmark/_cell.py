"""One cell of the benchmark: its name, its seeds, its split and its work.

A cell is (data set, method, base learner, repeat, fold). Everything random in it is seeded by a
hash of these, so the result depends on nothing else: not on the order of cells, the number of
workers or the other methods of the run.
"""

import hashlib
import json
import re
import time
import warnings
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from functools import cached_property
from importlib.metadata import version
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet
from sklearn.model_selection import StratifiedKFold

from imbalance_kit import __version__
from imbalance_kit._shares import stratified_part
from imbalance_kit.benchmark._grouped import SENSITIVE
from imbalance_kit.benchmark._pipelines import Learner
from imbalance_kit.benchmark._registry import Method
from imbalance_kit.datasets import Dataset
from imbalance_kit.fairness._groups import GroupReader, Groups

RECORDED = ("imbalanced-learn", "lightgbm", "numpy", "pandas", "scikit-learn")
ABOUT_THE_TABLE = ("files", "licence", "role")  # may change without changing a result


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
    """

    folds: int = 0
    test_share: float = 0.3
    validation_share: float = 0.25
    seed: int = 0

    @property
    def splits(self) -> int:
        """Cells in each repeat."""
        return max(self.folds, 1)

    @property
    def name(self) -> str:
        """Short hash that also covers the version of the package."""
        return _hash(asdict(self), __version__).hex()[:10]


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
        table = {k: v for k, v in asdict(self.dataset).items() if k not in ABOUT_THE_TABLE}
        exact = _hash(table, *parts, self.repeat, self.fold, self.protocol.name)
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
        """Seed of the split: the same for every method; all folds of a repeat are one draw."""
        fold = None if self.protocol.folds else self.fold
        return _seed("split", self.dataset.name, self.repeat, fold, self.protocol.seed)

    def row(self) -> dict[str, Any]:
        """Return the columns that are known before the work begins."""
        facts = ("source", "role", "n_rows", "n_features", "n_classes", "imbalance_ratio")
        return {
            "key": self.key,
            "dataset": self.dataset.name,
            **{name: getattr(self.dataset, name) for name in (*facts, "n_missing")},
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
            "protocol": self.protocol.name,
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
    `groups` has the groups of the rows by each of them.
    """

    X: pd.DataFrame
    y: np.ndarray
    classes: list[str]
    groups: tuple[Groups, ...] = ()


def load_table(dataset: Dataset) -> Table:
    """Load a data set and encode its classes."""
    X, labels = dataset.load()
    counts = labels.value_counts()
    classes = sorted(counts.index, key=lambda label: (-counts[label], label))
    code_of = {label: code for code, label in enumerate(classes)}
    sensitive = [name for name in getattr(dataset, "sensitive", ()) if name in X]
    groups = tuple(GroupReader(name, dataset.name).learn(X) for name in sensitive)
    names = [
        f"{SENSITIVE}{sensitive.index(name)}" if name in sensitive else f"x{number}"
        for number, name in enumerate(X.columns)
    ]
    X = X.set_axis(names, axis="columns")
    y = labels.map(code_of).to_numpy(dtype=np.int64)
    return Table(X.reset_index(drop=True), y, [str(label) for label in classes], groups)


def split(cell: Cell, y: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Row numbers for learning, validation and testing; the first two are the training part."""
    protocol = cell.protocol
    rng = np.random.RandomState(cell.split_seed)
    if protocol.folds:
        folds = StratifiedKFold(protocol.folds, shuffle=True, random_state=rng)
        training, testing = list(folds.split(np.zeros(len(y)), y))[cell.fold]
    else:
        training, testing = stratified_part(y, protocol.test_share, rng)
    learning, validation = stratified_part(y[training], protocol.validation_share, rng)
    return training[learning], training[validation], testing


def run_cell(cell: Cell, table: Table) -> tuple[dict[str, Any], bytes]:
    """Do the work of a cell.

    The method is fitted twice: on the learning rows, to predict the validation rows, and on the
    whole training part, to predict the test rows. ``fit_seconds`` is the second fit.

    Returns
    -------
    row : dict
        Columns to add to ``cell.row()``.
    predictions : bytes
        The predictions as a Parquet file.
    """
    learning, validation, testing = split(cell, table.y)
    training = np.sort(np.concatenate([learning, validation]))
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        on_validation = _fit_and_predict(cell, table, learning, validation, "validation")
        on_test = _fit_and_predict(cell, table, training, testing, "test")
    parts = pa.concat_tables([on_validation.predictions, on_test.predictions])
    prior = np.bincount(table.y[training], minlength=len(table.classes)) / len(training)
    row = {
        "fit_seconds": on_test.fit_seconds,
        "predict_seconds": on_test.predict_seconds,
        "classes": json.dumps(table.classes),
        "prior": json.dumps(prior.tolist()),
        "warnings": json.dumps(sorted({_one_line(str(entry.message)) for entry in caught})[:10]),
    }
    sink = pa.BufferOutputStream()
    pa.parquet.write_table(parts, sink)
    return row, sink.getvalue().to_pybytes()


@dataclass(frozen=True)
class _Outcome:
    predictions: pa.Table
    fit_seconds: float
    predict_seconds: float


def _fit_and_predict(
    cell: Cell, table: Table, fitted: np.ndarray, asked: np.ndarray, part: str
) -> _Outcome:
    n_classes = len(table.classes)
    model = cell.method.build(cell.learner, cell.seed)
    X_fitted, X_asked = table.X.iloc[fitted], table.X.iloc[asked]
    started = time.perf_counter()
    model.fit(X_fitted, table.y[fitted])
    fit_seconds = time.perf_counter() - started
    started = time.perf_counter()
    proba = np.asarray(model.predict_proba(X_asked), dtype=np.float64)
    predict_seconds = time.perf_counter() - started
    decision = np.asarray(model.predict(X_asked))
    if not np.isfinite(proba).all():
        raise ValueError("predict_proba returned values that are not finite.")
    # a class that the fitted rows lack has no column of its own
    columns = np.zeros((len(asked), n_classes))
    columns[:, np.asarray(model.classes_, dtype=np.int64)] = proba
    predictions = {
        "part": np.full(len(asked), part),
        "row": asked.astype(np.int64),
        "y": table.y[asked].astype(np.int16),
        "decision": decision.astype(np.int16),
        **{f"proba_{code}": columns[:, code] for code in range(n_classes)},
        **{
            f"group_{place}": groups.codes[asked].astype(np.int16)
            for place, groups in enumerate(table.groups)
        },
    }
    return _Outcome(pa.table(predictions), fit_seconds, predict_seconds)


def _one_line(text: str) -> str:
    return " ".join(text.split())[:300]
