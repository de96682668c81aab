"""One cell of the benchmark: its name, its protocol and its seeds.

A cell is (data set, method, base learner, repeat, fold). Everything random in it is seeded by a
hash of these, so the result depends on nothing else: not on the order of cells, the number of
workers, the machine or the other methods of the run.
"""

import hashlib
import json
import re
from dataclasses import asdict, dataclass, fields, replace
from datetime import UTC, datetime
from functools import cached_property
from importlib.metadata import version
from typing import Any

from imbalance_kit._version import __version__
from imbalance_kit.benchmark._methods.learners import Learner
from imbalance_kit.benchmark._methods.registry import Method
from imbalance_kit.benchmark._methods.search_settings import Search
from imbalance_kit.datasets import Dataset

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
        table = _what_is_read(self.dataset)
        size = self.learner.ensemble_size
        # only where there is one: the keys of all cells that have none stay as they are
        sized = () if size is None else (size,)
        version = (self.method.version,) if self.method.version else ()
        exact = _hash(table, *parts, *sized, *version, self.repeat, self.fold, self.protocol.name)
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
            "table_version": table_version(self.dataset),
            "method_version": self.method.version,
            "ensemble_size": self.learner.ensemble_size,
        }


def table_version(dataset: Dataset) -> str:
    """Hash of what decides which table is read: the content of files, the target, the columns."""
    return _hash(_what_is_read(dataset)).hex()[:12]


def _what_is_read(dataset: Dataset) -> dict[str, Any]:
    return {k: v for k, v in _set_apart(dataset).items() if k not in ABOUT_THE_TABLE}


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
