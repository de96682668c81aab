"""Methods from outside the package: ``module:Name`` on the command line, or an object.

A sampler stands before each learner, a classifier with an `estimator` is given each learner, any
other classifier stands alone. One that is built on a base of this package, or whose tags allow
nominal columns, gets what our own methods of its kind get. Any other gets numbers: nominal columns
one-hot, and medians for missing values unless its tags allow these.
"""

import hashlib
import importlib
import inspect
import os
import re
import sys
import sysconfig
from dataclasses import replace
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import Any

from sklearn.base import clone
from sklearn.pipeline import Pipeline
from sklearn.utils import get_tags

from imbalance_kit.benchmark._methods.learners import CORE_LEARNERS, LEARNERS, Learner
from imbalance_kit.benchmark._methods.method import Method, every_learner
from imbalance_kit.benchmark._methods.pipelines import (
    encoding,
    filling,
    resampled_pipeline,
    scaling,
)

SHOWN = 5  # names of a module in an error message
_LEARNERS = {learner.name: learner for learner in LEARNERS}


def is_own(text: str) -> bool:
    """Whether a name of a request stands for a method from outside the package."""
    return ":" in text


def load_method(text: str) -> Method:
    """Import a method by ``module:Name``; the current directory can be imported from.

    Raises
    ------
    ValueError
        If there is no such module or name, or it is no method.
    """
    module_name, _, path = text.partition(":")
    if not module_name or not path:
        raise ValueError(
            f"Give a method of your own as module:Name, such as my_module:MyMethod; got {text!r}."
        )
    module = _import(module_name)
    thing: Any = module
    for part in path.split("."):
        if not hasattr(thing, part):
            raise ValueError(
                f"The module {module_name!r} has no {path!r}; it has {_names_in(module)}."
            )
        thing = getattr(thing, part)
    if isinstance(thing, Method):
        return replace(thing, version=_hash(_source_of(module)))
    return as_method(thing, path.rsplit(".", 1)[-1], text)


def _import(name: str) -> ModuleType:
    # also for worker processes: they are given this list of folders
    if (here := os.getcwd()) not in sys.path:
        sys.path.insert(0, here)
    try:
        return importlib.import_module(name)
    except Exception as error:  # a module may fail to load in any way
        missing = error.name if isinstance(error, ModuleNotFoundError) else None
        if missing is not None and f"{name}.".startswith(f"{missing}."):
            raise ValueError(
                f"There is no module {name!r} in the current directory or among the installed "
                "packages."
            ) from error
        message = " ".join(f"{type(error).__name__}: {error}".split())
        raise ValueError(f"The module {name!r} cannot be imported: {message}") from error


def _names_in(module: ModuleType) -> str:
    """What a module offers, for people who misspelt it."""
    names = [
        name
        for name, thing in vars(module).items()
        if isinstance(thing, Method)
        or (is_estimator(thing) and getattr(thing, "__module__", "") == module.__name__)
    ]
    return ", ".join(names[:SHOWN]) or "no sampler, classifier or Method"


def is_estimator(thing: Any) -> bool:
    """Whether it is one object, however iterable."""
    return hasattr(thing, "fit") or hasattr(thing, "fit_resample")


def as_method(thing: Any, name: str = "", shown: str = "") -> Method:
    """A method of the benchmark from a sampler or classifier, as a class or an instance.

    Parameters
    ----------
    thing : class or estimator
    name : str
        As people read it; by default that of the class, or what the instance prints as.
    shown : str
        How errors call it.

    Raises
    ------
    ValueError
        If it is neither a sampler nor a classifier, or a class that needs parameters.
    """
    is_class = inspect.isclass(thing)
    kind: type = thing if is_class else type(thing)
    name = name or (kind.__name__ if is_class else _one_line(repr(thing)))
    shown = shown or name
    is_sampler = hasattr(kind, "fit_resample")
    is_classifier = hasattr(kind, "fit") and hasattr(kind, "predict_proba")
    if not (is_sampler or is_classifier) or not hasattr(kind, "get_params"):
        raise ValueError(
            f"{shown} is not an estimator that the benchmark can run: expected a sampler "
            "(fit_resample) or a classifier (fit and predict_proba) that derives from "
            "sklearn.base.BaseEstimator, or a Method."
        )
    takes_learner = _takes_learner(thing, kind) and not is_sampler
    if is_class and (needed := _needed(kind, {"estimator"} if takes_learner else set())):
        raise ValueError(f"{shown} needs {', '.join(needed)}; give an instance of it.")
    version = _hash(_sources_of(kind), "" if is_class else _parameters_of(thing))
    if is_sampler:
        build = partial(before_learner, thing)
    elif takes_learner:
        build = partial(around_learner, thing)
    else:
        build = partial(alone, thing)
    return Method(
        name,
        build,
        learners=every_learner(CORE_LEARNERS),
        own_learners=not (is_sampler or takes_learner),
        version=version,
    )


def _takes_learner(thing: Any, kind: type) -> bool:
    """Whether there is an `estimator` to be filled in: one that an instance has stays."""
    if inspect.isclass(thing):
        return "estimator" in inspect.signature(kind).parameters
    return "estimator" in thing.get_params(deep=False) and thing.estimator is None


def _needed(kind: type, given: set[str]) -> list[str]:
    """Parameters without a default."""
    variable = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
    return [
        name
        for name, parameter in inspect.signature(kind).parameters.items()
        if parameter.default is parameter.empty
        and parameter.kind not in variable
        and name not in given
    ]


def made(thing: Any, seed: int, **given: Any) -> Any:
    """A new instance with the seed of a cell and some parameters."""
    if inspect.isclass(thing):
        names = set(inspect.signature(thing).parameters)
    else:
        names = set(thing.get_params(deep=False))
    if "random_state" in names:
        given["random_state"] = seed
    # a clone, because workers and trials of a search share what the method holds
    return thing(**given) if inspect.isclass(thing) else clone(thing).set_params(**given)


def before_learner(thing: Any, learner: Learner, seed: int) -> Pipeline:
    """The learner on the rows that a sampler returns."""
    sampler = partial(made, thing, seed)
    if _takes_frames(made(thing, seed)):
        return resampled_pipeline(sampler, learner, seed)
    fill = not (_takes_missing(made(thing, seed)) and learner.takes_gaps)
    # what is left for the learner are numbers, so it needs no encoding of its own
    plain_learner = replace(learner, native=True)
    scale, fit = resampled_pipeline(sampler, plain_learner, seed).steps
    return Pipeline([scale, *_numbers(fill=fill), fit])


def around_learner(thing: Any, learner: Learner, seed: int) -> Pipeline:
    """A classifier with the learner as its `estimator`."""
    given: dict[str, Any] = {"estimator": learner.make(seed)}
    model = made(thing, seed, **given)
    if learner.ensemble_size and "n_estimators" in model.get_params(deep=False):
        model.set_params(n_estimators=learner.ensemble_size)
    if _takes_frames(model):
        steps: list[tuple[str, Any]] = [("encode", encoding(learner))]
    else:
        steps = _numbers(fill=not (_takes_missing(model) and learner.takes_gaps))
    return Pipeline([("scale", scaling()), *steps, ("fit", model)])


def alone(thing: Any, learner: Learner, seed: int) -> Pipeline:
    """A classifier in the place of the learner; its rows stand with those of the learner."""
    model = made(thing, seed)
    steps: list[tuple[str, Any]] = []
    if not get_tags(model).input_tags.categorical:
        steps = _numbers(fill=not _takes_missing(model))
    return Pipeline([("scale", scaling()), *steps, ("fit", model)])


def _numbers(*, fill: bool) -> list[tuple[str, Any]]:
    """Steps after which all columns are numbers."""
    encode = ("encode", encoding(_LEARNERS["tree"]))
    return [encode, ("fill", filling())] if fill else [encode]


def _takes_frames(model: Any) -> bool:
    """Whether it can be given what our own methods are given."""
    from_here = any(base.__module__.startswith("imbalance_kit.") for base in type(model).__mro__)
    return from_here or get_tags(model).input_tags.categorical


def _takes_missing(model: Any) -> bool:
    return get_tags(model).input_tags.allow_nan


def versioned(method: Method) -> Method:
    """A method that was given as an object, with a hash of what its builder is made of.

    A builder of this package, or of another installed one, has no version: theirs stand beside
    every result.
    """
    if method.version:
        return method
    parts = sorted(_sources_of_builder(method.build, set()))
    return replace(method, version=_hash(*parts)) if parts else method


def _sources_of_builder(thing: Any, seen: set[int]) -> set[str]:
    """Sources of a function or class of the user's, and of those of a script that it names."""
    if id(thing) in seen:
        return set()
    seen.add(id(thing))
    if isinstance(thing, partial):
        given = [*thing.args, *(thing.keywords[name] for name in sorted(thing.keywords))]
        sources = _sources_of_builder(thing.func, seen)
        for value in given:
            sources |= _sources_of_builder(value, seen)
        return sources | {_without_addresses(repr(given))} if sources or given else set()
    if not (inspect.isfunction(thing) or inspect.isclass(thing)):
        kind = type(thing)
        return _sources_of_builder(kind, seen) if is_estimator(thing) else set()
    module = sys.modules.get(thing.__module__)
    if _is_installed(module):
        return set()
    if not _is_script(module):
        return {_source_of(module)}
    # the rest of a script that calls run() may change without changing what it builds
    sources = {_without_addresses(_source_of(thing))}
    for value in _named_by(thing):
        sources |= _sources_of_builder(value, seen)
    return sources


def _named_by(thing: Any) -> list[Any]:
    """Functions and classes that a function, or a method of a class, names."""
    functions = [thing] if inspect.isfunction(thing) else [*vars(thing).values(), *thing.__bases__]
    found: list[Any] = [function for function in functions if inspect.isclass(function)]
    for function in filter(inspect.isfunction, functions):
        named = (function.__globals__.get(name) for name in sorted(function.__code__.co_names))
        found += [value for value in named if inspect.isfunction(value) or inspect.isclass(value)]
    return found


def _without_addresses(text: str) -> str:
    return re.sub(r" at 0x[0-9a-fA-F]+", "", text)


def _sources_of(kind: type) -> str:
    """Source of a class and of those it derives from, but for installed ones."""
    modules = {}
    for base in kind.__mro__:
        module = sys.modules.get(base.__module__)
        if base is kind or not _is_installed(module):
            # the rest of a script that calls run() may change without changing a class in it
            modules[base.__module__] = _source_of(base if _is_script(module) else module)
    return "\n".join(modules[name] for name in sorted(modules))


def _is_script(module: ModuleType | None) -> bool:
    return module is not None and module.__name__ == "__main__"


def _is_installed(module: ModuleType | None) -> bool:
    file = getattr(module, "__file__", None)
    if module is None or file is None or module.__name__.startswith("imbalance_kit."):
        return not _is_script(module)
    paths = sysconfig.get_paths()
    return any(Path(file).is_relative_to(paths[name]) for name in ("stdlib", "purelib", "platlib"))


def _source_of(thing: Any) -> str:
    try:
        return inspect.getsource(thing)
    except (OSError, TypeError):  # typed into an interpreter
        return repr(thing)


def _parameters_of(instance: Any) -> str:
    """Parameters of an instance in one line, without addresses in memory."""
    parameters = sorted(instance.get_params(deep=True).items())
    text = "; ".join(f"{name}={value!r}" for name, value in parameters)
    return _without_addresses(text)


def _hash(*parts: str) -> str:
    return hashlib.blake2b("\n".join(parts).encode(), digest_size=8).hexdigest()


def _one_line(text: str) -> str:
    return " ".join(text.split())
