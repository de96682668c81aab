"""Every public name is complete: documented, constrained, and listed where it must be."""

import ast
import importlib
import inspect
import re
import textwrap
from collections import defaultdict
from dataclasses import is_dataclass
from pathlib import Path

import imblearn.ensemble
import pytest
from docstrings import entries_of, names_in, sections_of, summary_of
from estimators import CASES
from loops import looped
from sklearn.base import BaseEstimator

import imbalance_kit

PACKAGE = Path(imbalance_kit.__file__).parent
SUBPACKAGES = [
    name for name in imbalance_kit.__all__ if inspect.ismodule(getattr(imbalance_kit, name))
]
MAX_LINES = 600

# Parameters that mean one thing wherever they stand; their sentence must be the same.
SHARED = {
    "categorical_features",
    "hardness",
    "k_bins",
    "k_neighbors",
    "n_estimators",
    "random_state",
    "recalibrate",
    "replacement",
    "sampling",
    "sampling_strategy",
    "sensitive_features",
}
# They differ with the method: a cleaner takes no numbers of rows, and so on.
KINDS = {
    "sampling_strategy": lambda cls: getattr(cls, "_sampling_type", "") == "clean-sampling",
    "random_state": lambda cls: not hasattr(cls, "fit_resample"),
    # what a change of class shares did, or what a loss does to the meaning of scores
    "recalibrate": lambda cls: "loss" in inspect.signature(cls).parameters,
    "replacement": lambda cls: not hasattr(cls, "fit_resample"),
}


def public_names():
    """Every public name of this package, as "subpackage.name", and what it stands for."""
    for subpackage in SUBPACKAGES:
        module = importlib.import_module(f"imbalance_kit.{subpackage}")
        for name in getattr(module, "__all__", []):
            thing = getattr(module, name)
            if getattr(thing, "__module__", "").startswith("imbalance_kit"):
                yield f"{subpackage}.{name}", thing


NAMES = dict(public_names())


def every(names):
    return looped("thing", list(names.values()), ids=list(names))


CLASSES = {name: thing for name, thing in NAMES.items() if inspect.isclass(thing)}
FUNCTIONS = {name: thing for name, thing in NAMES.items() if inspect.isfunction(thing)}
# a loss has parameters as an estimator has, and is not fitted; a base is not complete; the pipeline
# is imbalanced-learn's but for one check
ESTIMATORS = {
    name: thing
    for name, thing in CLASSES.items()
    if issubclass(thing, BaseEstimator)
    and not name.startswith(("base.", "pipeline."))
    and (hasattr(thing, "fit") or hasattr(thing, "fit_resample"))
}

every_name = every(NAMES)
every_class = every(CLASSES)
every_function = every(FUNCTIONS)
every_estimator = every(ESTIMATORS)


def parameters_of(thing):
    """Names in a signature, as documented: without self, stars before the starred ones."""
    stars = {inspect.Parameter.VAR_POSITIONAL: "*", inspect.Parameter.VAR_KEYWORD: "**"}
    return [
        stars.get(parameter.kind, "") + name
        for name, parameter in inspect.signature(thing).parameters.items()
        if name != "self"
    ]


def methods_of(cls):
    """Public methods that this package writes."""
    for name, method in inspect.getmembers(cls, inspect.isfunction):
        own = getattr(method, "__module__", "").startswith("imbalance_kit")
        if own and not name.startswith("_"):
            yield name, method


@looped("subpackage", SUBPACKAGES)
def test_subpackages_say_what_is_public(subpackage):
    module = importlib.import_module(f"imbalance_kit.{subpackage}")
    assert module.__doc__
    assert module.__all__
    assert len(set(module.__all__)) == len(module.__all__)
    for name in module.__all__:
        assert not name.startswith("_")
        assert hasattr(module, name)


@every_name
def test_docstrings_begin_with_one_sentence(thing):
    assert summary_of(thing).endswith(".")
    assert len(inspect.getdoc(thing).splitlines()[0]) <= 100


@every_estimator
def test_estimators_are_documented(thing):
    doc = sections_of(thing)
    for section in ("Parameters", "Attributes", "See Also", "Notes", "References", "Examples"):
        assert doc[section], f"{thing.__name__} has no section {section}"
    assert names_in(doc["Parameters"]) == parameters_of(thing)


@every_class
def test_classes_have_an_example(thing):
    """A record needs none; its attributes say what it is."""
    doc = sections_of(thing)
    assert doc["Attributes"] or doc["Parameters"]
    assert is_dataclass(thing) or ">>>" in doc["Examples"]


@every_function
def test_functions_are_documented(thing):
    doc = sections_of(thing)
    assert names_in(doc["Parameters"]) == parameters_of(thing)
    assert doc["Returns"] or inspect.signature(thing).return_annotation is None
    assert ">>>" in doc["Examples"]


@every_class
def test_methods_are_documented(thing):
    for name, method in methods_of(thing):
        doc = sections_of(method)
        assert summary_of(method), f"{thing.__name__}.{name}"
        assert names_in(doc["Parameters"]) == parameters_of(method), f"{thing.__name__}.{name}"
        assert doc["Returns"], f"{thing.__name__}.{name}"


@every_estimator
def test_defaults_stand_in_the_docstring(thing):
    doc = {entry.name: entry.type for entry in entries_of(sections_of(thing)["Parameters"])}
    for name, parameter in inspect.signature(thing).parameters.items():
        if parameter.default is inspect.Parameter.empty:
            assert "default" not in doc[name]
        else:
            said = re.search(r"default=(.*)$", doc[name]).group(1).replace("'", '"')
            assert said == str(repr(parameter.default)).replace("'", '"'), name


def taken_by_position(thing):
    """Names of the parameters that need no keyword, in order."""
    by_position = inspect.Parameter.POSITIONAL_OR_KEYWORD
    parameters = inspect.signature(thing).parameters.items()
    return [name for name, parameter in parameters if parameter.kind is by_position]


@every_estimator
def test_all_but_the_estimator_are_keyword_only(thing):
    """An ensemble that imbalanced-learn has takes by position what its class there takes."""
    if hasattr(imblearn.ensemble, thing.__name__):
        assert taken_by_position(thing) == taken_by_position(
            getattr(imblearn.ensemble, thing.__name__)
        )
    else:
        allowed = {"estimator", "sampler", "weigher", "steps", "categorical_features"}
        assert set(taken_by_position(thing)) <= allowed


@every_estimator
def test_constraints_cover_the_parameters(thing):
    assert set(thing._parameter_constraints) == set(parameters_of(thing))


@every_estimator
def test_init_only_stores(thing):
    (init,) = ast.parse(textwrap.dedent(inspect.getsource(thing.__init__))).body
    for statement in map(ast.unparse, init.body):
        stores = re.fullmatch(r"self\.(\w+) = \1", statement)
        assert stores or statement.startswith("super().__init__("), statement


def test_shared_parameters_are_one_sentence():
    said = defaultdict(set)
    for thing in ESTIMATORS.values():
        for entry in entries_of(sections_of(thing)["Parameters"]):
            if entry.name in SHARED:
                kind = KINDS.get(entry.name, lambda cls: False)(thing)
                kinds_of_value = entry.type.partition(", default=")[0]
                said[entry.name, kind].add((kinds_of_value, entry.text))
    different = {name: texts for (name, _), texts in said.items() if len(texts) > 1}
    assert not different


def test_shared_attributes_are_one_sentence():
    said = defaultdict(set)
    names = {
        "classes_",
        "feature_names_in_",
        "sample_indices_",
        "sample_origin_",
        "sample_weight_",
    }
    for thing in ESTIMATORS.values():
        for entry in entries_of(sections_of(thing)["Attributes"]):
            if entry.name in names:
                kind = (
                    thing.__name__ == "ResampledClassifier",  # what the inner estimator has
                    # weights of rows that come out, or of those that came in
                    entry.name == "sample_weight_" and not hasattr(thing, "fit_resample"),
                )
                said[entry.name, kind].add(entry.text)
    different = {name: texts for (name, _), texts in said.items() if len(texts) > 1}
    assert not different


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_documented_attributes_exist_after_fit(case, two_classes):
    X, y = two_classes
    estimator = case.estimator.__class__(**case.estimator.get_params(deep=False))
    if hasattr(estimator, "fit_resample"):
        estimator.fit_resample(X, y)
    else:
        estimator.fit(X, y)
    attributes = entries_of(sections_of(type(estimator))["Attributes"])
    promised = {entry.name for entry in attributes}
    on_demand = {entry.name for entry in attributes if entry.text.startswith("Only with")}
    kept = {name for name in vars(estimator) if name.endswith("_") and not name.startswith("_")}
    assert all(hasattr(estimator, name) for name in promised - on_demand - {"feature_names_in_"})
    assert kept <= promised, "a fitted attribute that the docstring does not name"


@every_estimator
def test_estimators_stand_in_the_list_of_instances(thing):
    assert any(type(case.estimator) is thing for case in CASES), (
        f"add a small instance of {thing.__name__} to tests/estimators.py"
    )


def parts_of(estimator):
    """Types of an estimator and of everything inside it."""
    yield type(estimator)
    inside = estimator.get_params(deep=False).values() if hasattr(estimator, "get_params") else ()
    for value in inside:
        for part in value if isinstance(value, list | tuple) else [value]:
            yield from parts_of(part[1] if isinstance(part, tuple) else part)


@pytest.fixture(scope="module")
def in_the_benchmark():
    registry = importlib.import_module("imbalance_kit.benchmark._methods.registry")
    pairs = registry.select_pairs("all", "all")
    return {part for method, learner in pairs for part in parts_of(method.build(learner, 0))}


@every_estimator
def test_estimators_stand_in_the_benchmark(thing, in_the_benchmark):
    assert thing in in_the_benchmark, (
        f"add a method that uses {thing.__name__} to imbalance_kit/benchmark/_methods/registry.py"
    )


def test_instances_are_of_public_estimators():
    assert {type(case.estimator) for case in CASES} <= set(ESTIMATORS.values())


def test_no_drawer_for_odds_and_ends():
    names = {path.stem.strip("_") for path in PACKAGE.rglob("*")}
    assert not names & {"util", "utils", "helper", "helpers", "common", "misc"}


@looped("path", sorted(PACKAGE.rglob("*.py")), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_modules_stay_readable(path):
    assert len(path.read_text().splitlines()) <= MAX_LINES


def test_the_package_is_typed_and_versioned():
    assert (PACKAGE / "py.typed").is_file()
    assert re.fullmatch(r"\d+\.\d+\.\d+(\.dev\d+|rc\d+)?", imbalance_kit.__version__)
