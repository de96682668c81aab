"""What a run is asked for: checked, listed cell by cell and estimated, before anything is run."""

import os
import pickle
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from imbalance_kit.benchmark._methods.method import Method
from imbalance_kit.benchmark._methods.presets import PRESETS, Preset
from imbalance_kit.benchmark._methods.registry import Pair, select_pairs
from imbalance_kit.benchmark._methods.search_settings import Search
from imbalance_kit.benchmark._results.files import is_url
from imbalance_kit.benchmark._results.store import ResultsFolder
from imbalance_kit.benchmark._run.cell import Cell, Protocol
from imbalance_kit.benchmark._run.cell_list import Estimate, estimate, plan
from imbalance_kit.datasets import Dataset, load_folder, load_suite

ANY_NUMBER = 1_000_000  # trials, where a time ends the search


@dataclass(frozen=True)
class Request:
    """A request that has been checked: what to run, before anything is run.

    Attributes
    ----------
    name : str
        The collection of data sets.
    tables : list of Dataset
    pairs : list of (Method, Learner)
    protocol : Protocol
    repeats : int
    cells : list of Cell
        All of them, in the order in which they are worked on.
    """

    name: str
    tables: list[Dataset]
    pairs: list[Pair]
    protocol: Protocol
    repeats: int
    cells: list[Cell]


def prepare(
    suite: str = "lite",
    *,
    data_dir: str | os.PathLike[str] | None = None,
    target: str | None = None,
    sensitive: Sequence[str] = (),
    groups: str | None = None,
    order: str | None = None,
    datasets: Sequence[Dataset] | None = None,
    skip: Sequence[str] = (),
    protocol: str | None = None,
    methods: str | Iterable[str | Method] | None = None,
    learners: str | Iterable[str] | None = None,
    repeats: int | None = None,
    folds: int | None = None,
    trials: int | None = None,
    search_seconds: float | None = None,
    bootstraps: int | None = None,
    seed: int = 0,
) -> Request:
    """Check a request and list its cells, before anything is run.

    Parameters
    ----------
    suite : str, default="lite"
        One of :func:`imbalance_kit.datasets.list_suites`.
    data_dir : path, default=None
        A folder of your own CSV, Parquet or ARFF files, in place of a suite.
    target : str, default=None
        Target column of these files.
    sensitive : sequence of str, default=()
        Columns of these files that hold sensitive features; fairness is measured between the
        groups they form.
    groups : str, default=None
        Column of these files whose equal values stay on one side of every split, such as a
        customer or a patient.
    order : str, default=None
        Column of these files with a time or date: what is tested is later than what is learned.
    datasets : sequence of Dataset, default=None
        Data sets, in place of all these.
    skip : sequence of str, default=()
        Names of data sets to leave out.
    protocol : {"climb", "fair"}, default=None
        A preset of methods, learners, folds and search; what is given beside it goes first.
        None: the core methods on one 70/30 split, with their defaults.
    methods : str or iterable of str or Method, default=None
        ``"core"``, ``"all"``, or names (also one string with commas). None: the preset's.
    learners : str or iterable of str, default=None
        Base learners to keep; None for all, or the preset's.
    repeats : int, default=None
        Repeats of the split, each with a seed of its own; None: 1, or the preset's.
    folds : int, default=None
        Stratified folds in each repeat; 0 for one stratified 70/30 split. None: 0, or the preset's.
    trials : int, default=None
        Hyper-parameters tried for each cell inside its training part. None: none, or the
        preset's.
    search_seconds : float, default=None
        Time for these trials in each cell; with it results may differ from machine to machine.
    bootstraps : int, default=None
        Refits on bootstrap samples of the training part, to measure how stable predictions are.
        None: none, or the preset's.
    seed : int, default=0
        Seed of all splits and methods.

    Returns
    -------
    Request

    Raises
    ------
    ValueError
        If a name is unknown or a number is out of range.

    Examples
    --------
    >>> from imbalance_kit.benchmark import prepare
    >>> request = prepare("lite", methods="none,SMOTE", learners="tree", folds=5)
    >>> len(request.tables), len(request.cells)
    (28, 280)
    """
    preset = _preset(protocol)
    repeats = (preset.repeats if preset else 1) if repeats is None else repeats
    folds = (preset.folds if preset else 0) if folds is None else folds
    check_at_least("repeats", repeats, 1)
    if folds == 1 or folds < 0:
        raise ValueError(f"folds must be 0 (one 70/30 split) or at least 2, got {folds}.")
    bootstraps = (preset.bootstraps if preset else 0) if bootstraps is None else bootstraps
    check_at_least("bootstraps", bootstraps, 0)
    looked_for = preset.search if preset else Search()
    if search_seconds is not None:
        unlimited = looked_for.trials or ANY_NUMBER
        looked_for = replace(looked_for, trials=unlimited, seconds=search_seconds)
    if trials is not None:
        looked_for = replace(looked_for, trials=trials)
    name, tables = _find_tables(suite, data_dir, target, sensitive, groups, order, datasets)
    tables = _without(tables, skip)
    if preset is not None:
        pairs = preset.sized(_pairs_of(preset, methods, learners))
    else:
        pairs = select_pairs("core" if methods is None else methods, learners)
    _check_picklable(pairs)
    agreed = Protocol(
        folds=folds,
        seed=seed,
        search=looked_for,
        bootstraps=bootstraps,
        preset=preset.name if preset else "",
    )
    cells = plan(tables, pairs, agreed, repeats)
    return Request(name, tables, pairs, agreed, repeats, cells)


def forecast(request: Request, output: str | os.PathLike[str] | None = None) -> Estimate:
    """What a request will take, from the cells that its results folder holds; nothing is run.

    Parameters
    ----------
    request : Request
        From :func:`prepare`.
    output : path or URL, default=None
        Results folder; ``benchmark_results/<suite>`` by default.

    Returns
    -------
    Estimate

    Examples
    --------
    >>> from imbalance_kit.benchmark import forecast, prepare
    >>> request = prepare("lite", methods="none,SMOTE", learners="tree")
    >>> forecast(request, "no/such/folder").n_cells
    56
    """
    store = ResultsFolder(results_place(request.name, output))
    return estimate(request.cells, store.finished(), store.read_cells())


def results_place(name: str, output: str | os.PathLike[str] | None) -> str | os.PathLike[str]:
    """Where the results of a collection of data sets lie."""
    if output is None:
        return Path("benchmark_results", name.replace(":", "-"))
    return output if is_url(output) else Path(output)


def _preset(name: str | None) -> Preset | None:
    if name is None:
        return None
    if name not in PRESETS:
        raise ValueError(f"Unknown protocol {name!r}. Known: {', '.join(PRESETS)}.")
    return PRESETS[name]


def _pairs_of(
    preset: Preset,
    methods: str | Iterable[str | Method] | None,
    learners: str | Iterable[str] | None,
) -> list[Pair]:
    """Pairs of a preset, or those of its parts that are not given."""
    if methods is None and learners is None:
        return select_pairs(preset.name)
    return select_pairs(
        preset.methods if methods is None else methods,
        preset.learners if learners is None else learners,
    )


def _without(tables: list[Dataset], skip: Sequence[str]) -> list[Dataset]:
    known = {dataset.name for dataset in tables}
    unknown = [name for name in skip if name not in known]
    if unknown:
        raise ValueError(f"Cannot skip {', '.join(unknown)}: no data set has this name.")
    return [dataset for dataset in tables if dataset.name not in skip]


def _find_tables(
    suite: str,
    data_dir: str | os.PathLike[str] | None,
    target: str | None,
    sensitive: Sequence[str],
    groups: str | None,
    order: str | None,
    datasets: Sequence[Dataset] | None,
) -> tuple[str, list[Dataset]]:
    """Name of the collection and its data sets."""
    if datasets is not None:
        if not datasets:
            raise ValueError("datasets is empty; give at least one.")
        return "datasets", list(datasets)
    if data_dir is not None:
        tables = load_folder(
            data_dir, target=target, sensitive=sensitive, groups=groups, time=order
        )
        return Path(data_dir).resolve().name, tables
    own = {"target": target, "sensitive": sensitive, "groups": groups, "order": order}
    for name, value in own.items():
        if value:
            raise ValueError(f"{name} is for your own files; give data_dir too.")
    return suite, load_suite(suite)


def check_at_least(name: str, value: int, least: int) -> None:
    """Raise a ValueError for a number that is too small."""
    if value < least:
        raise ValueError(f"{name} must be at least {least}, got {value}.")


def _check_picklable(pairs: Sequence[Pair]) -> None:
    for method, learner in pairs:
        try:
            pickle.dumps((method, learner))
        except (pickle.PicklingError, AttributeError, TypeError) as error:
            raise ValueError(
                f"Method {method.name!r} cannot be sent to worker processes ({error}). Build it "
                "by a function of a module, not by a lambda or a function inside a function."
            ) from error
