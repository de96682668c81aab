"""Which pairs a request names."""

import pickle

import made_runs
import pytest

from imbalance_kit.benchmark import METHODS, Method, select_pairs
from imbalance_kit.benchmark._methods import learners as learners_module
from imbalance_kit.benchmark._methods.learners import CORE_LEARNERS
from imbalance_kit.benchmark._methods.pipelines import plain, under_loss


def names(pairs):
    return [(method.name, learner.name) for method, learner in pairs]


def test_core_is_a_fixed_list_with_the_baselines():
    core = names(select_pairs())
    assert len(core) == 40
    for baseline in ("none", "class weight", "threshold"):
        for learner in ("tree", "forest", "lightgbm"):
            assert (baseline, learner) in core
    assert {learner for _, learner in core} == set(CORE_LEARNERS)
    assert set(core) <= set(names(select_pairs("all")))


def test_what_everybody_compares_with_stands_with_every_learner():
    pairs = [(method.name, learner) for method in METHODS for learner in method.learners]
    wide = {method for method, learner in pairs if learner == "logistic regression"}
    assert wide == {
        "none",
        "class weight",
        "threshold",
        "random over-sampling",
        "SMOTE",
        "random under-sampling",
        "random under-sampling, recalibrated",
        "bagging",
        "self-paced ensemble",
    }
    built_by = {method.name: getattr(method.build, "func", None) for method in METHODS}
    losses = {name for name, build in built_by.items() if build is under_loss}
    assert len(losses) > 12
    for learner in ("xgboost", "catboost"):
        assert {method for method, name in pairs if name == learner} == wide | losses
    forests = {method for method, learner in pairs if learner == "forest"}
    extra = {method for method, learner in pairs if learner == "extra trees"}
    assert extra == forests & wide


def test_learners_can_be_added_to_the_core_methods():
    added = names(select_pairs("core", "extra trees, logistic regression"))
    assert ("none", "extra trees") in added
    assert ("bagging", "logistic regression") in added
    assert len(names(select_pairs("core", "all"))) > 40


def test_learners_that_are_not_named_are_those_of_the_default_run():
    assert {learner for _, learner in names(select_pairs("all"))} == set(CORE_LEARNERS)
    own = Method("mine", made_runs.counted, learners=("logistic regression",))
    assert names(select_pairs([own])) == [("mine", "logistic regression")]


def test_a_learner_without_its_package_is_left_out_or_refused(monkeypatch):
    monkeypatch.setattr(learners_module, "find_spec", lambda name: None)
    pairs = names(select_pairs("none", "all"))
    assert {learner for _, learner in pairs}.isdisjoint({"xgboost", "catboost"})
    assert ("none", "extra trees") in pairs
    words = "'catboost' needs catboost, which is not installed: pip install catboost"
    with pytest.raises(ValueError, match=words):
        select_pairs("none", "tree, catboost")


def test_what_stored_results_rest_on_is_named():
    ((method, learner),) = select_pairs(["minimum expected cost"], "tree")
    assert method.build(learner, 0).get_params()["fit__calibration"] == "sigmoid"


def test_names_are_unique_and_methods_can_be_sent_to_workers():
    assert len({method.name.lower() for method in METHODS}) == len(METHODS)
    for pair in select_pairs("all"):
        assert pickle.loads(pickle.dumps(pair))[0].name == pair[0].name


def test_names_in_a_string_or_a_list():
    expected = [("none", "tree"), ("SMOTE", "tree")]
    assert names(select_pairs("smote, none", "tree")) == expected
    assert names(select_pairs(["SMOTE", "none", "none"], ["tree"])) == expected
    assert names(select_pairs("random under-sampling, recalibrated,none", "lightgbm")) == [
        ("none", "lightgbm"),
        ("random under-sampling, recalibrated", "lightgbm"),
    ]


def test_own_methods_stand_beside_ours():
    mine = Method("mine", plain, learners=("forest",))
    assert names(select_pairs([mine])) == [("mine", "forest")]
    assert names(select_pairs([mine, "none"], "forest")) == [("none", "forest"), ("mine", "forest")]


@pytest.mark.parametrize(
    ("request_", "words"),
    [
        (("smite",), "Unknown method 'smite'. Known: none; class weight"),
        (("",), "No method was named"),
        (([],), "No method was named"),
        (("none", "oak"), "Unknown learner 'oak'. Known: tree; forest; lightgbm"),
        (([Method("SMOTE", plain)],), "two methods named 'SMOTE'; rename yours"),
        (([Method("mine", plain), Method("mine", plain)],), "two methods named 'mine'"),
        (([Method("mine", plain, learners=("oak",))],), "Unknown learner 'oak'"),
        (("self-paced ensemble", "forest"), "No method-learner pair is left"),
    ],
)
def test_bad_requests(request_, words):
    with pytest.raises(ValueError, match=words):
        select_pairs(*request_)
