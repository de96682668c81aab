"""A table as the benchmark gives it to methods."""

import json
from dataclasses import dataclass

import numpy as np
import pandas as pd

from imbalance_kit._split_layout import Layout
from imbalance_kit.benchmark._methods.sensitive_columns import SENSITIVE
from imbalance_kit.complexity import meta_features
from imbalance_kit.datasets import Dataset
from imbalance_kit.fairness._groups.group_reading import GroupReader, Groups


@dataclass(frozen=True)
class Table:
    """A table as the benchmark gives it to methods.

    Columns have neutral names (LightGBM refuses some characters), classes are numbered from the
    most to the least frequent, ties by label. Names of sensitive columns begin with "sensitive";
    `groups` has the groups of the rows by each of them. `observed` are the labels that methods
    learn from, which differ from `y` where the data set has label noise. `facts` are the
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
    number_of = {label: number for number, label in enumerate(classes)}
    sensitive = [name for name in dataset.sensitive if name in X]
    groups = tuple(GroupReader(name, dataset.name).learn(X) for name in sensitive)
    names = [
        f"{SENSITIVE}{sensitive.index(name)}" if name in sensitive else f"x{number}"
        for number, name in enumerate(X.columns)
    ]
    X = X.set_axis(names, axis="columns").reset_index(drop=True)
    y = labels.map(number_of).to_numpy(dtype=np.int64)
    return Table(
        X,
        y,
        [str(label) for label in classes],
        groups,
        observed=dataset.observed(labels).map(number_of).to_numpy(dtype=np.int64),
        blocks=_ranks(loaded.groups),
        time=_ranks(loaded.time),
        facts=json.dumps(_without_nan(meta_features(X, y))),
    )


def _ranks(column: pd.Series | None) -> np.ndarray | None:
    """Ranks of the values, equal for equal values; missing values are a group of their own."""
    if column is None:
        return None
    return pd.factorize(column, sort=True, use_na_sentinel=False)[0]


def _without_nan(values: dict[str, float]) -> dict[str, float | None]:
    return {name: None if np.isnan(value) else value for name, value in values.items()}
