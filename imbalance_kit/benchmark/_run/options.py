"""The options of a run: one record for defaults, checks, documentation and the command line.

Nothing heavy is imported here, because the command line reads the defaults before it is clear
whether anything is to be run.
"""

from __future__ import annotations

import inspect
import json
import operator
import os
import textwrap
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from rich.console import Console

    from imbalance_kit.datasets import Dataset

BACKENDS = ("local", "dask", "ray")
WIDTH = 100  # of a line of documentation

Function = TypeVar("Function", bound=Callable[..., Any])


def _document(kind: str, about: str) -> dict[str, str]:
    """Documentation of an option, but for its default."""
    return {"kind": kind, "about": about}


@dataclass(frozen=True)
class RequestOptions:
    """What to run. The metadata of a field is its documentation."""

    suite: str = field(
        default="lite",
        metadata=_document("str", "One of :func:`imbalance_kit.datasets.list_suites`."),
    )
    data_dir: str | os.PathLike[str] | None = field(
        default=None,
        metadata=_document(
            "path", "A folder of your own CSV, Parquet or ARFF files, in place of a suite."
        ),
    )
    target: str | None = field(
        default=None, metadata=_document("str", "Target column of these files.")
    )
    sensitive: Sequence[str] = field(
        default=(),
        metadata=_document(
            "sequence of str",
            "Columns of these files that hold sensitive features; fairness is measured between the "
            "groups they form.",
        ),
    )
    groups: str | None = field(
        default=None,
        metadata=_document(
            "str",
            "Column of these files whose equal values stay on one side of every split, such as a "
            "customer or a patient.",
        ),
    )
    order: str | None = field(
        default=None,
        metadata=_document(
            "str",
            "Column of these files with a time or date: test rows are later than training rows.",
        ),
    )
    datasets: Sequence[Dataset] | None = field(
        default=None, metadata=_document("sequence of Dataset", "Data sets, in place of all these.")
    )
    skip: Sequence[str] = field(
        default=(), metadata=_document("sequence of str", "Names of data sets to leave out.")
    )
    protocol: str | None = field(
        default=None,
        metadata=_document(
            '{"climb", "fair"}',
            "A preset of methods, learners, folds and search; what is given beside it goes first. "
            "None: the core methods on one 70/30 split, with their defaults.",
        ),
    )
    methods: str | Iterable[Any] | None = field(
        default=None,
        metadata=_document(
            "str or iterable of str, Method or estimator",
            '``"core"``, ``"all"``, or names (also one string with commas). A method of your own '
            'is ``"module:Name"``, or the object itself: a sampler, a classifier (one with an '
            "`estimator` gets each learner), each as a class or an instance, or a "
            ":class:`Method`. None: the preset's.",
        ),
    )
    learners: str | Iterable[str] | None = field(
        default=None,
        metadata=_document(
            "str or iterable of str", "Base learners to keep; None for all, or the preset's."
        ),
    )
    repeats: int | None = field(
        default=None,
        metadata=_document(
            "int", "Repeats of the split, each with a seed of its own; None: 1, or the preset's."
        ),
    )
    folds: int | None = field(
        default=None,
        metadata=_document(
            "int",
            "Stratified folds in each repeat; 0 for one stratified 70/30 split. None: 0, or the "
            "preset's.",
        ),
    )
    trials: int | None = field(
        default=None,
        metadata=_document(
            "int",
            "Hyper-parameters tried for each cell inside its training part. None: none, or the "
            "preset's.",
        ),
    )
    search_seconds: float | None = field(
        default=None,
        metadata=_document(
            "float",
            "Time for these trials in each cell; with it results may differ from machine to "
            "machine.",
        ),
    )
    bootstraps: int | None = field(
        default=None,
        metadata=_document(
            "int",
            "Refits on bootstrap samples of the training part, to measure how stable predictions "
            "are. None: none, or the preset's.",
        ),
    )
    seed: int = field(default=0, metadata=_document("int", "Seed of all splits and methods."))

    def __post_init__(self) -> None:
        _check_at_least("repeats", self.repeats, 1)
        _check_at_least("folds", self.folds, 0)
        _check_at_least("trials", self.trials, 0)
        _check_at_least("bootstraps", self.bootstraps, 0)
        _check_above_zero("search_seconds", self.search_seconds)
        _check_whole("seed", self.seed)
        if self.folds == 1:
            raise ValueError(f"folds must be 0 (one 70/30 split) or at least 2, got {self.folds}.")
        if self.datasets is not None:
            if not self.datasets:
                raise ValueError("datasets is empty; give at least one.")
            for name in ("data_dir", "target", "sensitive", "groups", "order"):
                if getattr(self, name):
                    raise ValueError(
                        f"{name} is for files, and datasets is given. Give it to "
                        "imbalance_kit.datasets.load_folder, which makes data sets of files."
                    )
        elif self.data_dir is None:
            for name in ("target", "sensitive", "groups", "order"):
                if getattr(self, name):
                    raise ValueError(f"{name} is for your own files; give data_dir too.")


@dataclass(frozen=True)
class RunOptions(RequestOptions):
    """What to run, and how. The metadata of a field is its documentation."""

    storage: str | None = field(
        default=None,
        metadata=_document(
            "str",
            "URL of an Optuna storage that keeps the trials, so that any machine can go on with "
            "them. None: a file for each cell in the results folder.",
        ),
    )
    jobs: int | None = field(
        default=None,
        metadata=_document("int", "Worker processes, one thread each; None for one per processor."),
    )
    time_limit: float = field(
        default=300.0,
        metadata=_document("float", "Seconds a cell may take, loading and search included."),
    )
    memory_limit: float | None = field(
        default=None,
        metadata=_document(
            "float", "MB a cell may take; None for 80 % of what is free, shared among the workers."
        ),
    )
    max_hours: float | None = field(
        default=None,
        metadata=_document("float", "No cell is begun later than this after the start."),
    )
    backend: str = field(
        default="local",
        metadata=_document(
            '{"local", "dask", "ray"}',
            "Where cells run: in processes of this machine, or on a cluster.",
        ),
    )
    address: str | None = field(
        default=None,
        metadata=_document("str", "Address of the cluster; None starts one on this machine."),
    )
    output: str | os.PathLike[str] | None = field(
        default=None,
        metadata=_document(
            "path or URL",
            "Results folder; ``benchmark_results/<suite>`` by default. A URL of a store that "
            "fsspec knows, such as ``s3://bucket/folder``, works as well.",
        ),
    )
    retry_failed: bool = field(
        default=False, metadata=_document("bool", "Also do the cells again that failed.")
    )
    report: bool = field(
        default=True, metadata=_document("bool", "Write ``report.html`` at the end.")
    )
    console: Console | None = field(
        default=None,
        metadata=_document(
            "rich.console.Console", "Where progress is shown; ``Console(quiet=True)`` for silence."
        ),
    )

    def __post_init__(self) -> None:
        _check_at_least("jobs", self.jobs, 1)
        for name in ("time_limit", "memory_limit", "max_hours"):
            _check_above_zero(name, getattr(self, name))
        if isinstance(self.output, str) and not self.output.strip():
            raise ValueError("output is empty; give a folder or a URL.")
        if self.backend not in BACKENDS:
            raise ValueError(f"backend must be one of {', '.join(BACKENDS)}, got {self.backend!r}.")
        if self.address is not None and self.backend == "local":
            raise ValueError("address is for a cluster; give backend='dask' or 'ray' too.")
        super().__post_init__()


def _check_at_least(name: str, value: int | None, least: int) -> None:
    if value is not None and _check_whole(name, value) < least:
        raise ValueError(f"{name} must be at least {least}, got {value}.")


def _check_whole(name: str, value: int) -> int:
    try:
        return operator.index(value)
    except TypeError:
        raise ValueError(f"{name} must be a whole number, got {value!r}.") from None


def _check_above_zero(name: str, value: float | None) -> None:
    if value is None:
        return
    try:
        above = value > 0
    except TypeError:
        raise ValueError(f"{name} must be a number above 0, got {value!r}.") from None
    if not above:  # NaN neither
        raise ValueError(f"{name} must be above 0, got {value}.")


def documents_options(function: Function) -> Function:
    """Put the documentation of a function's options in the place of ``{options}``."""
    if function.__doc__ is not None:  # python -OO
        known = {option.name: option for option in fields(RunOptions)}
        parts = [_documented(known[name]) for name in inspect.signature(function).parameters]
        text = inspect.cleandoc(function.__doc__)
        function.__doc__ = text.replace("{options}", "\n".join(parts))
    return function


def _documented(option: Any) -> str:
    default = option.default
    shown = json.dumps(default) if isinstance(default, str) else repr(default)
    about = textwrap.fill(
        option.metadata["about"],
        WIDTH,
        initial_indent="    ",
        subsequent_indent="    ",
        break_long_words=False,
        break_on_hyphens=False,
    )
    return f"{option.name} : {option.metadata['kind']}, default={shown}\n{about}"
