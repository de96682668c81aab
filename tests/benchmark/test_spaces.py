"""What a search may choose from: the descriptions, the ranges, and that methods take them."""

import json

import numpy as np
import optuna
import pytest
from hypothesis import given
from hypothesis import strategies as st
from imblearn.utils import check_sampling_strategy
from made_runs import MadeDataset

from imbalance_kit.benchmark import LEARNERS, METHODS, select_pairs
from imbalance_kit.benchmark._methods.ranges import LEARNER_RANGES, METHOD_RANGES
from imbalance_kit.benchmark._methods.spaces import (
    Choices,
    Grow,
    Integers,
    Reals,
    Shrink,
    below,
    twice,
)
from imbalance_kit.benchmark._run.parameter_search import build, spaces_of
from imbalance_kit.benchmark._run.table import load_table

NOTHING_TO_SEARCH = {
    "none": "the learner alone",
    "class weight": "weights follow from the class shares",
    "class weight, recalibrated": "weights follow from the class shares",
    "weighted cross entropy": "weights follow from the class shares",
    "balanced softmax": "the shift follows from the class shares",
    "balanced softmax, recalibrated": "the shift follows from the class shares",
    "balanced context": "its size is what the models are for",
    "reweighing": "weights follow from the shares of groups and classes",
    "massaging": "the number of labels to change follows from the table",
}
DOMAINS = [
    Integers(2, 15),
    Integers(1, 50, log=True),
    Reals(-0.5, 4.0),
    Reals(1e-6, 3e-2, log=True),
    Reals(0.1, 1.0, change=Grow),
    Choices(("a", None, True, 3)),
]
PAIRS = select_pairs("all")
# every method once, and every learner in the pipelines that differ
OF_EACH = list({pair[0].name: pair for pair in reversed(PAIRS)}.values())
OF_EACH += [pair for pair in PAIRS if pair[0].name in ("none", "SMOTE", "bagging", "threshold")]
optuna.logging.disable_default_handler()


def spelt(pair):
    return f"{pair[0].name} / {pair[1].name}"


def random_points(pair, seed):
    """Points that a random search draws."""
    study = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=seed))
    while True:
        trial = study.ask()
        yield {
            part: {path: space[path].suggest(trial, f"{part}.{path}") for path in sorted(space)}
            for part, space in spaces_of(*pair).items()
        }


@pytest.mark.parametrize("domain", DOMAINS, ids=str)
def test_what_is_drawn_lies_inside_and_survives_json(domain):
    study = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=0))
    for _ in range(20):
        value = domain.suggest(study.ask(), "x")
        assert value in domain
        again = json.loads(json.dumps(value))
        assert again == value
        assert type(again) is type(value)


def test_values_outside_are_outside():
    assert 16 not in Integers(2, 15)
    assert 2.5 not in Integers(2, 15)
    assert 1.5 not in Reals(0.0, 1.0)
    assert "auto" not in Reals(0.0, 1.0)
    assert "b" not in Choices(("a", "c"))


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: Integers(5, 5), "low < high, got low=5, high=5"),
        (lambda: Reals(0.0, float("inf")), "finite bounds"),
        (lambda: Reals(0.0, 1.0, log=True), "must begin above 0"),
        (lambda: Choices(("a",)), "at least two different values"),
        (lambda: Choices(("a", (1, 2))), "written as JSON"),
    ],
    ids=["empty", "infinite", "logarithm of 0", "one choice", "a tuple"],
)
def test_bad_descriptions(make, words):
    with pytest.raises(ValueError, match=words):
        make()


@given(
    counts=st.lists(st.integers(1, 200), min_size=2, max_size=5),
    ratio=st.floats(0.05, 1.0),
)
def test_targets_bring_classes_to_the_ratio_and_never_beyond(counts, ratio):
    y = np.repeat(np.arange(len(counts)), counts)
    grown = np.array([Grow(ratio)(y).get(label, n) for label, n in enumerate(counts)])
    shrunk = np.array([Shrink(ratio)(y).get(label, n) for label, n in enumerate(counts)])
    assert (grown >= counts).all()
    assert (shrunk <= counts).all()
    assert max(grown) == max(counts)
    assert min(shrunk) == min(counts)
    # targets are whole numbers: within one row of the ratio
    assert (grown + 1 > ratio * max(counts)).all()
    assert (shrunk * ratio <= min(counts) * (1 + 1e-9)).all()


@pytest.mark.parametrize("ratio", [0.3, 0.5, 0.77, 1.0])
@pytest.mark.parametrize(("change", "kind"), [(Grow, "over-sampling"), (Shrink, "under-sampling")])
def test_for_two_classes_targets_are_those_of_a_float(change, kind, ratio):
    y = np.repeat(["few", "many"], [17, 97])
    given_float = check_sampling_strategy(ratio, y, kind)
    ours = check_sampling_strategy(change(ratio), y, kind)
    assert {label: n for label, n in given_float.items() if n} == ours


def test_paths_of_a_part():
    assert below("fit__sampler", {"k": Integers(1, 2)}) == {"fit__sampler__k": Integers(1, 2)}
    assert twice(0.5) == (0.5, 0.5)


def test_every_method_has_a_space_or_a_reason():
    without = {method.name for method in METHODS if not method.space}
    assert without == set(NOTHING_TO_SEARCH)
    assert set(METHOD_RANGES) == {method.name for method in METHODS} - without
    assert set(LEARNER_RANGES) == {learner.name for learner in LEARNERS}
    assert all(learner.space for learner in LEARNERS)
    for method in METHODS:
        assert len(method.space) <= 5, method.name


def test_a_pair_that_brings_its_own_learners_leaves_the_learner_alone():
    own = {method.name for method in METHODS if method.own_learners}
    for method, learner in PAIRS:
        model = method.build(learner, 0)
        makes_it = type(learner.make(0)) in {type(part) for part in parts_of(model)}
        if method.name in own:
            assert spaces_of(method, learner)["learner"] == {}
        else:
            assert makes_it, spelt((method, learner))


def parts_of(model):
    """A model and everything inside it."""
    yield model
    for value in model.get_params(deep=True).values() if hasattr(model, "get_params") else ():
        if hasattr(value, "get_params"):
            yield value


@pytest.mark.parametrize("pair", OF_EACH, ids=spelt)
def test_paths_are_parameters_and_reach_what_is_built(pair):
    method, learner = pair
    assert set(method.space) <= set(method.build(learner, 0).get_params())
    point = next(random_points(pair, seed=3))
    point = json.loads(json.dumps(point))
    before = method.build(learner, 0).get_params()
    built = build(method, learner, 0, point)
    for path, value in point["method"].items():
        assert built.get_params()[path] == method.space[path].parameter(value)
        # parts that all cells share are as they were
        again = method.build(learner, 0).get_params()[path]
        assert repr(again) == repr(before[path])
    inside = built.get_params()
    for name, value in point["learner"].items():
        values = [found for path, found in inside.items() if path.rpartition("__")[2] == name]
        assert value in values, name


@pytest.mark.exhaustive
@pytest.mark.filterwarnings("ignore::UserWarning:imbalance_kit")
@pytest.mark.parametrize("pair", PAIRS[:: max(1, len(PAIRS) // 18)], ids=spelt)
def test_drawn_points_can_be_fitted(pair):
    points = random_points(pair, seed=PAIRS.index(pair))
    for n_classes in (2, 4):
        table = load_table(MadeDataset("made", n_rows=120, n_classes=n_classes))
        model = build(*pair, 0, next(points)).fit(table.X, table.y)
        proba = model.predict_proba(table.X)
        assert np.isfinite(proba).all()
        np.testing.assert_allclose(proba.sum(axis=1), 1.0)
