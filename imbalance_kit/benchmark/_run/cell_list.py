"""The cells of a request, their order, and what they will take."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import pandas as pd

from imbalance_kit.benchmark._methods.registry import Pair
from imbalance_kit.benchmark._methods.search_settings import Search
from imbalance_kit.benchmark._run.cell import Cell, Protocol
from imbalance_kit.datasets import Dataset

FIXED_WORK = 10_000  # what a cell of no size at all costs, in the units of `size_of`
TYPICAL_RATE = 2e-6  # seconds for a unit of work, where nothing is known of a pair

Group = tuple[int, int, str]  # repeat, fold, data set


def plan(
    tables: Sequence[Dataset], pairs: Sequence[Pair], protocol: Protocol, repeats: int
) -> list[Cell]:
    """Cells in the order in which they are worked on.

    One split of every data set before the next split, one data set with all its pairs before
    the next, so that what is there at any moment compares all pairs. Large data sets come
    first: the workers then end together, on small ones.
    """
    names = [dataset.name for dataset in tables]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ValueError(f"Data sets must have different names; there twice: {', '.join(twice)}.")
    by_size = sorted(tables, key=lambda dataset: (-size_of(dataset), dataset.name))
    return [
        Cell(dataset, method, learner, repeat, fold, protocol)
        for repeat in range(repeats)
        for fold in range(protocol.splits)
        for dataset in by_size
        for method, learner in pairs
    ]


def group_of(cell: Cell) -> Group:
    """Cells of one group share a table and a split."""
    return (cell.repeat, cell.fold, cell.dataset.name)


def size_of(dataset: Dataset) -> float:
    """What the time of a cell goes with, as found on the lite suite."""
    return dataset.n_rows * math.sqrt(dataset.n_features) * dataset.n_classes


def work_of(cell: Cell) -> float:
    """Rough relative cost of a cell, for the time left."""
    return FIXED_WORK + size_of(cell.dataset)


@dataclass(frozen=True)
class Estimate:
    """What a request will take.

    Attributes
    ----------
    n_cells : int
        Cells of the request.
    n_done : int
        Of these, cells that are there already.
    seconds : float
        Processor seconds of the missing ones, searches and refits included.
    n_measured : int
        Missing cells whose pair has been timed in the results folder; the time of the others is
        a guess from all pairs.
    """

    n_cells: int
    n_done: int
    seconds: float
    n_measured: int


def estimate(cells: Iterable[Cell], done: set[str], known: pd.DataFrame) -> Estimate:
    """Estimate the time of the missing cells from those that are known.

    A pair's seconds for a unit of work come from its finished cells. A search counts as many
    cells as it has trials and inner folds, or its budget of seconds.

    Parameters
    ----------
    cells : iterable of Cell
        All cells of the request.
    done : set of str
        Keys of the finished ones.
    known : DataFrame
        Rows of a results folder.
    """
    cells = list(cells)
    timed = known[known["status"] == "ok"]
    sizes = timed["n_rows"] * timed["n_features"] ** 0.5 * timed["n_classes"]
    fits = _fits_of_rows(timed)
    frame = pd.DataFrame(
        {
            "pair": timed["method"] + " / " + timed["learner"],
            "seconds": timed["total_seconds"],
            "work": (FIXED_WORK + sizes) * fits,
        }
    )
    sums = frame.groupby("pair")[["seconds", "work"]].sum()
    rates = (sums["seconds"] / sums["work"]).to_dict()
    overall = frame["seconds"].sum() / frame["work"].sum() if len(frame) else TYPICAL_RATE
    seconds, n_measured = 0.0, 0
    missing = [cell for cell in cells if cell.key not in done]
    for cell in missing:
        pair = f"{cell.method.name} / {cell.learner.name}"
        n_measured += pair in rates
        one_fit = rates.get(pair, overall) * work_of(cell)
        searched = one_fit * _search_fits(cell)
        if cell.protocol.search.seconds is not None:
            searched = min(searched, cell.protocol.search.seconds)
        seconds += one_fit * (2 + cell.protocol.bootstraps) + searched
    return Estimate(len(cells), len(cells) - len(missing), seconds, n_measured)


def _search_fits(cell: Cell) -> int:
    return cell.protocol.search.trials * cell.protocol.search.folds


def _fits_of_rows(rows: pd.DataFrame) -> pd.Series:
    """Fits that went into the total time of each row, as far as its columns show."""
    return 2.0 + rows["n_trials"].fillna(0).astype(float) * Search().folds
