"""Protocols by name: what they run, and how large."""

import json
from dataclasses import asdict

import pytest

from imbalance_kit.benchmark import LEARNERS, METHODS, select_pairs
from imbalance_kit.benchmark._methods.presets import CLIMB_METHODS, PRESETS
from imbalance_kit.benchmark._methods.search_settings import Search

BASELINES = ("none", "class weight", "threshold")
CASCADES = ("self-paced ensemble", "balance cascade")


def names(pairs):
    return [(method.name, learner.name) for method, learner in pairs]


@pytest.mark.parametrize("name", PRESETS)
def test_presets_name_what_the_registry_has(name):
    preset = PRESETS[name]
    assert preset.name == name
    assert set(preset.methods) <= {method.name for method in METHODS}
    assert set(preset.learners) <= {learner.name for learner in LEARNERS}
    assert len(set(preset.methods)) == len(preset.methods)
    pairs = select_pairs(name)
    assert {method.name for method, _ in pairs} == set(preset.methods)
    assert json.loads(json.dumps(asdict(preset.search)))


def test_climb_is_its_29_algorithms_and_the_tree_alone():
    preset = PRESETS["climb"]
    assert len(CLIMB_METHODS) == 29
    assert set(preset.methods) == {"none", *CLIMB_METHODS}
    pairs = names(select_pairs("climb"))
    assert len(pairs) == 30
    # balanced forests have trees of their own, and stand with forests
    assert {learner for method, learner in pairs if method != "balanced random forest"} == {"tree"}
    assert preset.search == Search(trials=100)
    assert (preset.folds, preset.ensemble_size) == (5, 100)


def test_fair_adds_what_climb_lacks():
    climb, fair = names(select_pairs("climb")), names(select_pairs("fair"))
    assert set(climb) < set(fair)
    for learner in PRESETS["fair"].learners:
        for method in BASELINES:
            assert (method, learner) in fair
    assert ("bagging", "tree") in fair
    assert PRESETS["fair"].bootstraps > 0


def sizes(pairs):
    """Learners in each ensemble."""
    found = {}
    for method, learner in pairs:
        if method.own_learners or "bagging" in method.name or method.name in CASCADES:
            model = method.build(learner, 0)[-1]
            found[method.name, learner.name] = model.n_estimators
    return found


def test_ensembles_of_climb_have_100_learners():
    preset = PRESETS["climb"]
    found = sizes(preset.sized(select_pairs("climb")))
    assert set(found.values()) == {100}
    # six families of ensembles that under-sample, four that over-sample, three that weigh
    assert len(found) == 13
    assert set(sizes(select_pairs("climb")).values()) == {10, 50, 100}


def test_ensembles_of_boosted_trees_keep_their_size():
    fair = PRESETS["fair"].sized(select_pairs("fair"))
    usual = sizes(select_pairs("fair"))
    for pair, n in sizes(fair).items():
        assert n == (usual[pair] if pair[1] == "lightgbm" else 100), pair
    forest = next(learner for _, learner in fair if learner.name == "forest")
    assert forest.make(0).n_estimators == 100


def test_learners_can_be_chosen_in_a_preset():
    assert {learner for _, learner in names(select_pairs("fair", "lightgbm"))} == {"lightgbm"}
    assert ("balanced random forest", "forest") not in names(select_pairs("climb", "tree"))
