"""Kinds of data sets: by imbalance, size, classes, and how their minority rows lie."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

#: Of the imbalance ratio, from the lowest.
LEVELS = ("low", "medium", "high", "extreme")
_LEVELS_BEGIN = (5.0, 10.0, 50.0)
#: Of minority rows, by their neighbours (Napierala and Stefanowski, 2016).
TYPES = ("safe", "borderline", "rare", "outlier")
_SIZES = ("under 1,000 rows", "1,000 to 10,000 rows", "10,000 rows and more")
_CLASSES = ("2 classes", "3 to 5 classes", "6 classes and more")
_SHARES = ("under 10 %", "10 to 30 %", "30 % and more")


def levels(imbalance_ratio: object) -> np.ndarray:
    """Name the level of each imbalance ratio, as CLIMB does.

    Parameters
    ----------
    imbalance_ratio : array-like of shape (n,)
        Rows of the largest class over rows of the smallest.

    Returns
    -------
    ndarray of str of shape (n,)
        "low" below 5, "medium" below 10, "high" below 50, "extreme" from there; "" for NaN.

    References
    ----------
    Z. Liu et al., "CLIMB: Class-imbalanced learning benchmark on tabular data", NeurIPS Datasets
    and Benchmarks, 2025.
    """
    return _cut(imbalance_ratio, _LEVELS_BEGIN, LEVELS)


def _cut(values: object, begins: tuple[float, ...], labels: tuple[str, ...]) -> np.ndarray:
    """Label of the class that each value falls into; each class holds its lower bound."""
    numbers = np.asarray(values, dtype=float)
    found = np.array(labels)[np.searchsorted(begins, numbers, side="right")]
    return np.where(np.isnan(numbers), "", found)


@dataclass(frozen=True)
class Grouping:
    """A way to sort data sets into groups.

    Attributes
    ----------
    title : str
        What the groups differ in.
    labels : tuple of str
        The groups in order; empty where the run decides.
    of : callable
        Takes the facts of the data sets (see ``describe_datasets``), returns their labels, "" for
        those that cannot be placed.
    """

    title: str
    labels: tuple[str, ...]
    of: Callable[[pd.DataFrame], np.ndarray]


def _level_of(facts: pd.DataFrame) -> np.ndarray:
    return levels(facts["imbalance_ratio"])


def _size_of(facts: pd.DataFrame) -> np.ndarray:
    return _cut(facts["n_rows"], (1000, 10_000), _SIZES)


def _classes_of(facts: pd.DataFrame) -> np.ndarray:
    return _cut(facts["n_classes"], (3, 6), _CLASSES)


def _suite_of(facts: pd.DataFrame) -> np.ndarray:
    return facts["suite"].to_numpy(dtype=str)


def _type_of(facts: pd.DataFrame) -> np.ndarray:
    """Most frequent type of the minority rows; of equal ones the safer."""
    shares = facts[[f"{name}_share" for name in TYPES]].to_numpy(dtype=float)
    known = ~np.isnan(shares).any(axis=1)
    return np.where(known, np.array(TYPES)[np.nan_to_num(shares).argmax(axis=1)], "")


@dataclass(frozen=True)
class _ShareOf:
    """Class of the share of minority rows that are of one type."""

    name: str

    def __call__(self, facts: pd.DataFrame) -> np.ndarray:
        return _cut(facts[f"{self.name}_share"], (0.1, 0.3), _SHARES)


GROUPINGS: dict[str, Grouping] = {
    "level": Grouping("imbalance", LEVELS, _level_of),
    "size": Grouping("number of rows", _SIZES, _size_of),
    "classes": Grouping("number of classes", _CLASSES, _classes_of),
    "type": Grouping("most frequent type of minority rows", TYPES, _type_of),
    **{
        name: Grouping(f"share of minority rows that are {word}", _SHARES, _ShareOf(name))
        for name, word in zip(TYPES, ("safe", "borderline", "rare", "outliers"), strict=True)
    },
    "suite": Grouping("suite", (), _suite_of),
}


def describe_datasets(filled: pd.DataFrame) -> pd.DataFrame:
    """Facts of each data set of a run.

    Returns
    -------
    DataFrame
        Indexed by ``dataset``, sorted: ``source``, ``suite``, ``stress``, ``n_rows``,
        ``n_classes``, ``imbalance_ratio``, and the shares of the types of minority rows, NaN where
        no cell of the data set has them.
    """
    first = filled.drop_duplicates("dataset").set_index("dataset").sort_index()
    described = pd.DataFrame({"source": first["source"].astype(str)})
    for name in ("suite", "stress"):
        described[name] = first[name].fillna("").astype(str) if name in first else ""
    for name in ("n_rows", "n_classes", "imbalance_ratio"):
        described[name] = pd.to_numeric(first[name]) if name in first else math.nan
    known = _read_facts(filled)
    for name in TYPES:
        share = f"{name}_share"
        values = {dataset: facts.get(share) for dataset, facts in known.items()}
        described[share] = pd.Series(values, dtype=float).reindex(described.index)
    return described


def _read_facts(filled: pd.DataFrame) -> dict[str, dict[str, float]]:
    if "facts" not in filled:
        return {}
    known = filled.loc[filled["facts"].fillna("").astype(str).ne(""), ["dataset", "facts"]]
    unique = known.drop_duplicates("dataset")
    return {
        str(dataset): json.loads(text)
        for dataset, text in zip(unique["dataset"], unique["facts"], strict=True)
    }


def group_datasets(filled: pd.DataFrame, by: str) -> pd.Series:
    """Sort the data sets of a run into groups.

    Parameters
    ----------
    filled : DataFrame
        Output of :func:`fill_failures`.
    by : str
        A key of ``GROUPINGS``.

    Returns
    -------
    Series
        Label of the group by ``dataset``, without those whose group is not known.

    Raises
    ------
    ValueError
        If there is no such grouping.
    """
    if by not in GROUPINGS:
        raise ValueError(f"Unknown grouping {by!r}. Known: {', '.join(GROUPINGS)}.")
    facts = describe_datasets(filled)
    labels = pd.Series(GROUPINGS[by].of(facts), index=facts.index, name=by, dtype=object)
    return labels[labels != ""]
