"""The search inside the training part: what it finds, that it goes on, what it never sees."""

import json
import logging
import math
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import optuna
import pandas as pd
import pytest
from search_and_die import TABLE, TRAINING, cell_of
from sklearn.dummy import DummyClassifier
from sklearn.tree import DecisionTreeClassifier

from imbalance_kit.benchmark import Method
from imbalance_kit.benchmark._methods.search_settings import Search
from imbalance_kit.benchmark._methods.spaces import Choices, Integers, Reals
from imbalance_kit.benchmark._metrics.metric import measure_predictions
from imbalance_kit.benchmark._metrics.stored_predictions import Predictions
from imbalance_kit.benchmark._run import parameter_search as module
from imbalance_kit.benchmark._run.parameter_search import (
    Found,
    build,
    probabilities_by_class,
    search,
)
from imbalance_kit.benchmark._run.table import Table


def guessing(learner, seed):
    """A classifier without anything to learn: what it scores follows from its parameter."""
    return DummyClassifier(strategy="constant", constant=0)


def breaking(learner, seed):
    """Fails for leaves of more than three rows."""
    return FragileTree(random_state=seed)


def broken_by_default(learner, seed):
    return FragileTree(min_samples_leaf=9)


class FragileTree(DecisionTreeClassifier):
    def fit(self, X, y):
        if self.min_samples_leaf > 3:
            raise ArithmeticError("too many\nrows in a leaf")
        return super().fit(X[["x0"]], y)

    def predict(self, X, check_input=True):
        return super().predict(X[["x0"]], check_input)

    def predict_proba(self, X, check_input=True):
        return super().predict_proba(X[["x0"]], check_input)


def with_method(cell, name, make, **space):
    """The same cell with a method of the test, whose learner is not used."""
    cell.method = Method(name, make, learners=("tree",), space=space, own_learners=True)
    return cell


def inner_score(cell, parameters, metric="auprc"):
    """The mean over the inner folds, taken by hand."""
    how = cell.protocol.search
    rng = np.random.RandomState(cell.split_seed)
    values = []
    for learning, validation in TABLE.layout.folds(TRAINING, how.folds, rng):
        model = build(cell.method, cell.learner, cell.seed, parameters)
        model.fit(TABLE.X.iloc[learning], TABLE.y[learning])
        asked = TABLE.X.iloc[validation]
        proba = probabilities_by_class(model, asked, 2)
        predictions = Predictions(TABLE.y[validation], proba, model.predict(asked))
        values.append(measure_predictions(predictions)[metric])
    return float(np.nanmean(values))


@pytest.mark.filterwarnings("ignore:Class 1 has")  # by hand nothing is silenced
@pytest.mark.parametrize(
    "metric",
    [
        "auprc",
        *(pytest.param(name, marks=pytest.mark.exhaustive) for name in ("brier", "macro_f1")),
    ],
)
def test_what_is_found_is_the_best_trial_and_not_worse_than_the_defaults(metric):
    cell = cell_of(trials=12, metric=metric)
    found = search(cell, TABLE, TRAINING)
    assert (found.n_trials, found.n_failed) == (12, 0)
    assert found.value == pytest.approx(inner_score(cell, found.parameters, metric))
    defaults = inner_score(cell, {"learner": {}, "method": {}}, metric)
    assert found.value <= defaults if metric == "brier" else found.value >= defaults
    assert set(found.parameters["method"]) in (set(), set(cell.method.space))
    again = json.loads(json.dumps(found.parameters))
    assert again == found.parameters
    assert inner_score(cell, again, metric) == found.value


def test_a_search_depends_on_the_seed_alone():
    first = search(cell_of("ENN", trials=12), TABLE, TRAINING)
    second = search(cell_of("ENN", trials=12), TABLE, TRAINING)
    assert replace(first, seconds=0.0) == replace(second, seconds=0.0)
    drawn = set()
    for seed in (1, 2, 3):
        cell = cell_of(trials=2, seed=seed)
        space = {"min_samples_leaf": Integers(1, 3), "random_state": Integers(0, 10**6)}
        cell = with_method(cell, "fragile", broken_by_default, **space)
        drawn.add(search(cell, TABLE, TRAINING).parameters["method"]["random_state"])
    assert len(drawn) == 3


def test_one_trial_is_the_defaults():
    found = search(cell_of(trials=1), TABLE, TRAINING)
    assert found.parameters == {"learner": {}, "method": {}}
    assert found.n_trials == 1


def test_ties_go_to_the_first_trial():
    cell = with_method(cell_of(trials=6), "guess", guessing, random_state=Integers(0, 99))
    assert search(cell, TABLE, TRAINING).parameters["method"] == {}


@pytest.mark.parametrize("how", [{"trials": 0}, {"trials": 5}], ids=["no trials", "no space"])
def test_nothing_to_search(how):
    cell = with_method(cell_of(**how), "guess", guessing)
    found = search(cell, TABLE, TRAINING)
    assert (found.n_trials, found.seconds) == (0, 0.0)
    assert math.isnan(found.value)
    assert found.parameters == Found().parameters == {"learner": {}, "method": {}}


def test_failed_trials_count_and_are_kept(tmp_path):
    storage = f"sqlite:///{tmp_path / 'trials.db'}"
    cell = with_method(cell_of(trials=12), "fragile", breaking, min_samples_leaf=Integers(1, 8))
    found = search(cell, TABLE, TRAINING, storage=storage)
    study = optuna.load_study(study_name=cell.key, storage=storage)
    failed = [trial for trial in study.trials if trial.state == optuna.trial.TrialState.FAIL]
    assert 0 < found.n_failed == len(failed) < 12
    assert len(study.trials) == found.n_trials == 12
    assert all(trial.params["method.min_samples_leaf"] > 3 for trial in failed)
    assert failed[0].user_attrs["error"] == "ArithmeticError: too many rows in a leaf"
    assert found.parameters["method"].get("min_samples_leaf", 1) <= 3


def always_failing(learner, seed):
    raise OSError("out of paper")


def test_a_search_without_a_success_says_why():
    cell = with_method(cell_of(trials=3), "failing", always_failing, x=Reals(0.0, 1.0))
    with pytest.raises(RuntimeError, match=r"All 3 trials .* failed.*OSError: out of paper"):
        search(cell, TABLE, TRAINING)


def test_a_metric_that_cannot_be_taken_is_a_failure():
    common = np.flatnonzero(TABLE.y == 0)
    cell = cell_of("none", trials=2)
    with pytest.raises(RuntimeError, match="auprc cannot be taken on any inner fold"):
        search(cell, TABLE, common, folds=[(common[::2], common[1::2])])


@pytest.mark.exhaustive
def test_a_killed_search_goes_on_to_the_same_result(tmp_path):
    """Killed by a signal in a trial that was chosen, not drawn at random."""
    whole = search(cell_of("none", trials=15), TABLE, TRAINING)
    storage = f"sqlite:///{tmp_path / 'trials.db'}"
    script = Path(__file__).with_name("search_and_die.py")
    done = subprocess.run([sys.executable, script, storage, "12"], check=False)
    assert done.returncode == -signal.SIGKILL
    kept = optuna.load_study(study_name=cell_of("none").key, storage=storage).trials
    assert len(kept) == 12
    resumed = search(cell_of("none", trials=15), TABLE, TRAINING, storage=storage)
    assert replace(resumed, seconds=0.0) == replace(whole, seconds=0.0)
    assert resumed.seconds > sum(trial.user_attrs["seconds"] for trial in kept)
    again = search(cell_of("none", trials=15), TABLE, TRAINING, storage=storage)
    assert again == resumed


def test_a_resumed_time_budget_counts_what_was_spent(tmp_path, monkeypatch):
    storage = f"sqlite:///{tmp_path / 'trials.db'}"
    clock = iter(range(1000))
    monkeypatch.setattr(module.time, "perf_counter", lambda: float(next(clock)))
    # each trial takes one tick of this clock
    first = search(cell_of(trials=3), TABLE, TRAINING, storage=storage)
    assert (first.n_trials, first.seconds) == (3, 3.0)
    second = search(cell_of(trials=50, seconds=4.5), TABLE, TRAINING, storage=storage)
    assert (second.n_trials, second.seconds) == (5, 5.0)  # the fifth had begun


def test_nothing_but_the_training_rows_is_looked_at():
    """Other rows are poison: any look at them changes the result or breaks the fit."""
    X, y = TABLE.X.copy(), TABLE.y.copy()
    outside = np.setdiff1d(np.arange(len(y)), TRAINING)
    for name in X.select_dtypes("number"):
        X[name] = X[name].astype(float)
        X.loc[outside, name] = np.inf
    y[outside] = 1 - y[outside]
    poisoned = Table(X, y, TABLE.classes)
    clean = search(cell_of(trials=4), TABLE, TRAINING)
    found = search(cell_of(trials=4), poisoned, TRAINING)
    assert replace(found, seconds=0.0) == replace(clean, seconds=0.0)


def test_folds_can_be_given():
    halves = (TRAINING[:25], TRAINING[25:])
    cell = cell_of("none", trials=1)
    found = search(cell, TABLE, TRAINING, folds=iter([halves]))
    model = cell.method.build(cell.learner, cell.seed)
    model.fit(TABLE.X.iloc[halves[0]], TABLE.y[halves[0]])
    asked = TABLE.X.iloc[halves[1]]
    predictions = Predictions(TABLE.y[halves[1]], model.predict_proba(asked), model.predict(asked))
    scored = measure_predictions(predictions)
    assert found.value == scored["auprc"]


def test_searches_of_two_cells_share_a_storage(tmp_path):
    storage = f"sqlite:///{tmp_path / 'trials.db'}"
    for name in ("SMOTE", "ENN"):
        alone = search(cell_of(name, trials=3), TABLE, TRAINING)
        shared = search(cell_of(name, trials=3), TABLE, TRAINING, storage=storage)
        assert replace(shared, seconds=0.0) == replace(alone, seconds=0.0)


def test_optuna_says_nothing_and_is_left_as_it_was(capfd, caplog):
    before = optuna.logging.get_verbosity()
    with caplog.at_level(logging.DEBUG):
        search(cell_of(trials=2), TABLE, TRAINING)
    assert capfd.readouterr() == ("", "")
    assert not [record for record in caplog.records if record.name.startswith("optuna")]
    assert optuna.logging.get_verbosity() == before


def test_classes_that_the_fitted_rows_lack_have_probability_zero():
    X = pd.DataFrame({"x": np.arange(8.0)})
    model = DecisionTreeClassifier().fit(X, np.array([0, 0, 2, 2, 0, 2, 0, 2]))
    proba = probabilities_by_class(model, X, 4)
    np.testing.assert_array_equal(proba[:, [1, 3]], 0.0)
    np.testing.assert_array_equal(proba[:, [0, 2]], model.predict_proba(X))


def test_what_one_cell_was_built_with_does_not_reach_the_next():
    cell = cell_of("RUSBoost")
    found = {"learner": {}, "method": {"fit__estimator__max_depth": 7}}
    assert build(cell.method, cell.learner, 0, found)["fit"].estimator.max_depth == 7
    assert cell.method.build(cell.learner, 0)["fit"].estimator.max_depth == 1


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"trials": -1}, "trials must be at least 0, got -1"),
        ({"seconds": 0.0}, "seconds must be above 0 or None"),
        ({"folds": 1}, "at least 2, got 1"),
        ({"metric": "auprc_tuned"}, "Unknown metric of a search 'auprc_tuned'. Known: auprc"),
    ],
    ids=["trials", "seconds", "folds", "metric"],
)
def test_bad_requests(given, words):
    with pytest.raises(ValueError, match=words):
        Search(**given)


def test_choices_of_any_kind_come_back_as_they_were(tmp_path):
    values = ("sigmoid", None, True, 3, 0.25)
    cell = with_method(cell_of(trials=8), "guess", guessing, random_state=Choices(values))
    storage = f"sqlite:///{tmp_path / 'trials.db'}"
    search(cell, TABLE, TRAINING, storage=storage)
    study = optuna.load_study(study_name=cell.key, storage=storage)
    drawn = [trial.params["method.random_state"] for trial in study.trials[1:]]
    assert all(any(value is known or value == known for known in values) for value in drawn)
