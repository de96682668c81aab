"""A second fit: nothing of the first is left beside it, and all of it if the second fails."""

import numpy as np
import pandas as pd
import pytest
from estimators import CASES, FIRST
from loops import looped
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression
from tables import unbalanced

from imbalance_kit.ensemble import BalancedRandomForestClassifier, UnderBaggingClassifier
from imbalance_kit.losses import ImbalancedLGBMClassifier

FEW = FIRST[::6]
NAME = {"ids": lambda case: case.name}


def table():
    X, y = unbalanced([50, 20])
    names = [f"column {j}" for j in range(X.shape[1])]
    return np.abs(X), pd.DataFrame(np.abs(X), columns=names), y


def fit(estimator, X, y):
    if hasattr(estimator, "fit_resample"):
        estimator.fit_resample(X, y)
    else:
        estimator.fit(X, y)
    return estimator


def fitted(estimator):
    return {name for name in vars(estimator) if name.endswith("_") and not name.startswith("_")}


def check_refit(case):
    X, frame, y = table()
    try:
        fresh = fit(clone(case.estimator), X, y)
    except ValueError:
        return  # takes no array, for instance because its parameters name columns
    again = fit(fit(clone(case.estimator), frame, y), X, y)
    assert fitted(again) == fitted(fresh)
    assert not hasattr(again, "feature_names_in_")


def check_failure(case):
    X, frame, y = table()
    try:
        estimator = fit(clone(case.estimator), frame, y)
    except ValueError:
        return
    for wrong in [(X, y[:-1]), (frame.iloc[:0], y[:0]), (X[0], y)]:
        before = dict(vars(estimator))
        try:
            fit(estimator, *wrong)
        except Exception:  # what it is, other tests ask
            after = vars(estimator)
            assert after.keys() == before.keys()
            assert all(after[name] is before[name] for name in before)
        else:
            assert hasattr(estimator, "transform")  # which look at no y


@looped("case", FEW, **NAME)
def test_nothing_of_an_earlier_fit_is_left(case):
    check_refit(case)


@looped("case", FEW, **NAME)
def test_a_failed_fit_leaves_the_earlier_one(case):
    check_failure(case)


@pytest.mark.exhaustive
@looped("case", CASES, **NAME)
def test_nothing_of_an_earlier_fit_is_left_of_any(case):
    check_refit(case)


@pytest.mark.exhaustive
@looped("case", CASES, **NAME)
def test_a_failed_fit_leaves_the_earlier_one_of_any(case):
    check_failure(case)


def test_attributes_of_other_parameters_are_gone():
    X, _, y = table()
    stops = {"n_iter_no_change": 2, "validation_fraction": 0.3}
    for model in (UnderBaggingClassifier(n_estimators=3), BalancedRandomForestClassifier(3)):
        model.set_params(oob_score=True, **stops).fit(X, y)
        model.set_params(oob_score=False, n_iter_no_change=None).fit(X, y)
        assert not {"oob_score_", "oob_decision_function_", "validation_scores_"} & fitted(model)


class FailsLater(LogisticRegression):
    """Fails in its third fit."""

    fits = 0

    def fit(self, X, y, sample_weight=None):
        type(self).fits += 1
        if type(self).fits > 2:
            raise RuntimeError("no more")
        return super().fit(X, y, sample_weight=sample_weight)


@pytest.mark.parametrize("warm_start", [False, True])
def test_an_ensemble_that_fails_half_way_is_what_it_was(warm_start):
    X, _, y = table()
    FailsLater.fits = 0
    model = UnderBaggingClassifier(FailsLater(), n_estimators=4, warm_start=warm_start)
    with pytest.raises(RuntimeError, match="no more"):
        model.fit(X, y)
    with pytest.raises(ValueError, match="not fitted"):
        model.predict(X)
    FailsLater.fits = 0
    expected = model.set_params(n_estimators=2).fit(X, y).predict_proba(X)
    with pytest.raises(RuntimeError, match="no more"):
        model.set_params(n_estimators=5).fit(X, y)
    assert len(model.estimators_) == len(model.estimators_samples_) == 2
    np.testing.assert_array_equal(model.predict_proba(X), expected)


@pytest.mark.parametrize("n_rows", [40, 90])
def test_warm_start_with_other_rows_has_no_out_of_bag_score(n_rows):
    X, y = unbalanced([60, 15])
    other, y_other = unbalanced([n_rows - 15, 15], seed=1)
    model = UnderBaggingClassifier(n_estimators=3, warm_start=True, oob_score=True, random_state=0)
    model.fit(X, y)
    model.set_params(n_estimators=6)
    with pytest.raises(ValueError, match=r"same table in all fits.*oob_score=False"):
        model.fit(other, y_other)
    assert len(model.estimators_) == 3
    model.set_params(oob_score=False).fit(other, y_other)
    assert len(model.estimators_) == 6
    model.set_params(n_estimators=8, oob_score=True)
    with pytest.raises(ValueError, match=r"same table in all fits"):
        model.fit(other, y_other)


def test_the_validation_of_a_loss_is_gone_with_its_data():
    X, _, y = table()
    model = ImbalancedLGBMClassifier(n_iter_no_change=3).fit(X, y, X_val=X, y_val=y)
    given = fitted(model)
    plain = fitted(ImbalancedLGBMClassifier().fit(X, y))
    assert fitted(model.set_params(n_iter_no_change=None).fit(X, y)) == plain
    assert plain <= given
