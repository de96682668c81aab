"""Tables of the study of mixed trees, their splits, and the rows that take part.

Suite: every source of the role with a table of 100 rows or more and ten rare ones, at most
`PER_SOURCE` tables of each (the largest first, then the ones with the rarest class): the rarest
class against the rest, and, apart, the tables with more than two classes as they are. Two
stratified 60/40 splits up to 10,000 rows, 200 columns and two classes, else one.

Large: of the files of a folder, all for choosing, cuts of 5,000 and 15,000 training rows and all
rows but 20,000 test rows (halves of small ones). For confirming `fars`, one frequent class against
the rest, in the same way. Made: see `strong_learner_made`.

Test rows are at most 20,000. Training rows of tables with more than two classes are at most
20,000 divided by their classes, of the suite's other tables at most 20,000: what one thread can
do for eight methods (CatBoost takes minutes where classes are many).
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.model_selection import train_test_split
from strong_learner_made import MADE, Made

from imbalance_kit.datasets import load_folder, load_suite

PER_SOURCE = 2
MOST_TEST_ROWS = 20_000
MOST_SUITE_ROWS = 20_000
MOST_ROWS_TIMES_CLASSES = 20_000


@dataclass(frozen=True)
class Split:
    """Training and test rows; `true_proba` of the test rows is known for made tables."""

    X_train: Any
    y_train: np.ndarray
    X_test: Any
    y_test: np.ndarray
    true_proba: np.ndarray | None = None


@dataclass(frozen=True)
class Table:
    """One table; `split(seed)` for each of `seeds`. `group`: suite, classes, large or made."""

    name: str
    source: str
    role: str
    group: str
    n_train: int
    n_classes: int
    seeds: tuple[int, ...]
    split: Callable[[int], Split]


def tables(
    role: str, *, folder: str | Path | None = None, groups: tuple[str, ...] = ()
) -> list[Table]:
    """Tables of a role ("choose" or "confirm"), of all groups or those named."""
    of_group: dict[str, Callable[[], Iterator[Table]]] = {
        "suite": lambda: _of_suite(role),
        "classes": lambda: _of_classes(role),
        "large": lambda: _large(role, folder),
        "made": lambda: _made(role),
    }
    return [table for name in groups or of_group for table in of_group[name]()]


def to_search(found: list[Table]) -> list[Table]:
    """The first table of each source of the suite up to 10,000 rows, one split."""
    first: dict[str, Table] = {}
    for table in found:
        if table.group == "suite" and table.n_train <= 6_000:
            first.setdefault(table.source, replace(table, seeds=(0,)))
    return list(first.values())


def rows_of(X: Any, rows: np.ndarray) -> Any:
    return X[rows] if isinstance(X, np.ndarray) else X.iloc[rows].reset_index(drop=True)


@cache
def _read(record: Any) -> tuple[Any, np.ndarray]:
    X, labels = record.load()
    y = np.unique(np.asarray(labels).astype(str), return_inverse=True)[1]
    nominal = (X.dtypes == "category").any()
    return X if nominal else X.to_numpy(dtype=np.float64), y


def _rarest(y: np.ndarray) -> np.ndarray:
    return (y == np.bincount(y).argmin()).astype(int)


def _table_of(
    name: str, source: str, role: str, group: str, X: Any, y: np.ndarray, most_train: int
) -> Table:
    n = len(y)
    n_classes = y.max() + 1

    def split(seed: int) -> Split:
        train, test = train_test_split(np.arange(n), test_size=0.4, stratify=y, random_state=seed)
        return _parts(X, y, _some(y, train, most_train), _some(y, test, MOST_TEST_ROWS))

    n_train = min(round(0.6 * n), most_train)
    n_splits = 2 if n <= 10_000 and X.shape[1] < 200 and n_classes == 2 else 1
    return Table(name, source, role, group, n_train, n_classes, tuple(range(n_splits)), split)


def _parts(X: Any, y: np.ndarray, train: np.ndarray, test: np.ndarray) -> Split:
    return Split(rows_of(X, train), y[train], rows_of(X, test), y[test])


def _some(y: np.ndarray, rows: np.ndarray, most: int) -> np.ndarray:
    """At most so many of the rows, in the same class shares, at least two of each class."""
    if len(rows) <= most:
        return rows
    rng = np.random.RandomState(0)
    kept = []
    for position in range(y.max() + 1):
        own = rows[y[rows] == position]
        kept.append(rng.permutation(own)[: max(2, round(most * len(own) / len(rows)))])
    return rng.permutation(np.concatenate(kept))


# another coding of the census of adult, on which settings were chosen
_CHOOSING_TOO = ("ada",)


def _of_suite(role: str) -> Iterator[Table]:
    sources: dict[str, list[tuple]] = {}
    seen: set[tuple] = set()
    for record in load_suite("embedded"):
        if record.role != role or record.name in _CHOOSING_TOO:
            continue
        X, y = _read(record)
        y = _rarest(y)
        rare = int(y.sum())
        # a cut of one class against the rest may be in the suite as a set of its own, too
        same = (record.source, len(y), X.shape[1], rare)
        if same in seen or len(y) < 100 or rare < 10:
            continue
        seen.add(same)
        sources.setdefault(record.source, []).append((-len(y), rare, record.name, X, y))
    for source, own in sorted(sources.items()):
        for _, _, name, X, y in sorted(own, key=lambda one: one[:3])[:PER_SOURCE]:
            yield _table_of(name, source, role, "suite", X, y, MOST_SUITE_ROWS)


def _of_classes(role: str) -> Iterator[Table]:
    for record in load_suite("embedded"):
        if record.role != role or record.n_classes == 2 or record.n_rows < 100:
            continue
        X, y = _read(record)
        most = MOST_ROWS_TIMES_CLASSES // (y.max() + 1)
        name = f"{record.name} ({y.max() + 1} classes)"
        yield _table_of(name, record.source, role, "classes", X, y, most)


_FOLDER = ("adult", "campaign", "celeba", "aloi", "mammography", "phoneme")


def _large(role: str, folder: str | Path | None) -> Iterator[Table]:
    if role == "confirm":
        (record,) = (one for one in load_suite("embedded") if one.name == "fars")
        X = _read(record)[0]
        # its rarest class has nine rows; this one is 9 % of them and hard to tell
        labels = np.asarray(record.load()[1]).astype(str)
        yield from _cuts("fars", role, X, (labels == "Possible_Injury").astype(int))
        return
    if folder is None:
        return
    for record in load_folder(folder):
        if record.name in _FOLDER:
            X, y = _read(record)
            yield from _cuts(record.name, role, X, _rarest(y))


def _cuts(name: str, role: str, X: Any, y: np.ndarray) -> Iterator[Table]:
    n = len(y)
    n_test = min(n // 2, MOST_TEST_ROWS)
    sizes = [size for size in (5_000, 15_000) if size < 0.8 * (n - n_test)] + [n - n_test]
    for size in sizes:

        def split(seed: int, size: int = size) -> Split:
            train, test = train_test_split(
                np.arange(n), test_size=n_test, stratify=y, random_state=seed
            )
            return _parts(X, y, _some(y, train, size), test)

        yield Table(f"{name}, {size:,} rows", name, role, "large", size, 2, (0,), split)


def _made(role: str) -> Iterator[Table]:
    for made in MADE:
        if made.role != role:
            continue
        for size in made.shares:
            n_test = 40_000 if size >= 100_000 else 10_000 if size < 5_000 else 20_000

            def split(
                seed: int, made: Made = made, size: int = size, n_test: int = n_test
            ) -> Split:
                X, y, proba = made.draw(seed, size, n_test)
                train, test = np.arange(size), np.arange(size, size + n_test)
                parts = _parts(X, y, train, test)
                return Split(parts.X_train, parts.y_train, parts.X_test, parts.y_test, proba[size:])

            name = f"made {made.kind}, {size:,} rows"
            yield Table(name, f"made {made.kind}", role, "made", size, made.n_classes, (0,), split)
