"""What is to be run: checked, listed cell by cell and estimated, before anything is run."""

import os
import pickle
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from imbalance_kit.benchmark._methods.presets import PRESETS, Preset
from imbalance_kit.benchmark._methods.registry import Pair, select_pairs
from imbalance_kit.benchmark._methods.search_settings import Search
from imbalance_kit.benchmark._results.files import is_url
from imbalance_kit.benchmark._results.store import ResultsFolder
from imbalance_kit.benchmark._run.cell import Cell, Protocol
from imbalance_kit.benchmark._run.cell_list import Estimate, estimate, plan
from imbalance_kit.benchmark._run.options import RequestOptions, documents_options
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


@documents_options
def prepare(
    suite: str = RequestOptions.suite,
    *,
    data_dir: str | os.PathLike[str] | None = RequestOptions.data_dir,
    target: str | None = RequestOptions.target,
    sensitive: Sequence[str] = RequestOptions.sensitive,
    groups: str | None = RequestOptions.groups,
    order: str | None = RequestOptions.order,
    datasets: Sequence[Dataset] | None = RequestOptions.datasets,
    skip: Sequence[str] = RequestOptions.skip,
    protocol: str | None = RequestOptions.protocol,
    methods: str | Iterable[Any] | None = RequestOptions.methods,
    learners: str | Iterable[str] | None = RequestOptions.learners,
    repeats: int | None = RequestOptions.repeats,
    folds: int | None = RequestOptions.folds,
    trials: int | None = RequestOptions.trials,
    search_seconds: float | None = RequestOptions.search_seconds,
    bootstraps: int | None = RequestOptions.bootstraps,
    seed: int = RequestOptions.seed,
) -> Request:
    """Check a request and list its cells, before anything is run.

    Parameters
    ----------
    {options}

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
    return make_request(RequestOptions(**locals()))


def make_request(options: RequestOptions) -> Request:
    """The data sets, pairs, protocol and cells of some options."""
    preset = _preset(options.protocol)
    name, tables = _find_tables(options)
    tables = _without(tables, options.skip)
    if preset is not None:
        pairs = preset.sized(_pairs_of(preset, options.methods, options.learners))
    else:
        methods = "core" if options.methods is None else options.methods
        pairs = select_pairs(methods, options.learners)
    _check_picklable(pairs)
    repeats = _first_given(options.repeats, preset.repeats if preset else 1)
    protocol = Protocol(
        folds=_first_given(options.folds, preset.folds if preset else 0),
        seed=options.seed,
        search=_search(options, preset.search if preset else Search()),
        bootstraps=_first_given(options.bootstraps, preset.bootstraps if preset else 0),
        preset=preset.name if preset else "",
    )
    cells = plan(tables, pairs, protocol, repeats)
    return Request(name, tables, pairs, protocol, repeats, cells)


def _first_given(value: int | None, otherwise: int) -> int:
    return otherwise if value is None else value


def _search(options: RequestOptions, search: Search) -> Search:
    if options.search_seconds is not None:
        unlimited = search.trials or ANY_NUMBER
        search = replace(search, trials=unlimited, seconds=options.search_seconds)
    return search if options.trials is None else replace(search, trials=options.trials)


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
    methods: str | Iterable[Any] | None,
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


def _find_tables(options: RequestOptions) -> tuple[str, list[Dataset]]:
    """Name of the collection and its data sets."""
    if options.datasets is not None:
        return "datasets", list(options.datasets)
    if options.data_dir is None:
        return options.suite, load_suite(options.suite)
    tables = load_folder(
        options.data_dir,
        target=options.target,
        sensitive=options.sensitive,
        groups=options.groups,
        time=options.order,
    )
    known = {column for table in tables for column in table.sensitive}
    if unknown := [column for column in options.sensitive if column not in known]:
        raise ValueError(
            f"sensitive names {', '.join(map(repr, unknown))}, but no file in {options.data_dir} "
            "has such a column with two values or more beside its target. Give names of columns."
        )
    return Path(options.data_dir).resolve().name, tables


def targets_taken(tables: Sequence[Dataset]) -> str:
    """Which column of each of the user's tables has the labels, in a sentence."""
    names = {table.parent: table.target for table in tables if getattr(table, "target", None)}
    if not names:
        return ""
    if len(set(names.values())) == 1:
        return f"Target: {next(iter(names.values()))!r}."
    return "Targets: " + ", ".join(f"{name}: {target!r}" for name, target in names.items()) + "."


def _check_picklable(pairs: Sequence[Pair]) -> None:
    for method, learner in pairs:
        try:
            pickle.dumps((method, learner))
        except (pickle.PicklingError, AttributeError, TypeError) as error:
            raise ValueError(
                f"Method {method.name!r} cannot be sent to worker processes ({error}). Build it "
                "by a function of a module, not by a lambda or a function inside a function."
            ) from error
