"""Which pairs a request names."""

import pickle

import pytest

from imbalance_kit.benchmark import LEARNERS, METHODS, Method, select_pairs
from imbalance_kit.benchmark._pipelines import plain


def names(pairs):
    return [(method.name, learner.name) for method, learner in pairs]


def test_core_is_a_fixed_list_with_the_baselines():
    core = names(select_pairs())
    assert 20 <= len(core) <= 40
    for baseline in ("none", "class weight", "threshold"):
        for learner in LEARNERS:
            assert (baseline, learner.name) in core
    assert set(core) <= set(names(select_pairs("all")))


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
