"""Out-of-bag scores: only what learners say of rows that had no say in them."""

import warnings

import imblearn.over_sampling
import numpy as np
import pytest
from sklearn.base import clone
from sklearn.metrics import accuracy_score, balanced_accuracy_score, roc_auc_score
from tables import unbalanced

from imbalance_kit.calibration import correct_prior
from imbalance_kit.combine import SMOTEENN
from imbalance_kit.ensemble import (
    BalancedBaggingClassifier,
    BalancedRandomForestClassifier,
    OverBaggingClassifier,
    ResamplingBaggingClassifier,
    SMOTEBaggingClassifier,
    UnderBaggingClassifier,
)
from imbalance_kit.over_sampling import SMOTE
from imbalance_kit.under_sampling import RandomUnderSampler, TomekLinks

MODELS = [
    UnderBaggingClassifier(),
    OverBaggingClassifier(),
    SMOTEBaggingClassifier(resampling_rate=None),
    ResamplingBaggingClassifier(),
    ResamplingBaggingClassifier(sampler=RandomUnderSampler(), sampler_first=True),
    ResamplingBaggingClassifier(sampler=SMOTE()),
    BalancedBaggingClassifier(),
    BalancedBaggingClassifier(max_features=0.5),
    BalancedRandomForestClassifier(),
    BalancedRandomForestClassifier(bootstrap=True, class_weight="balanced_subsample"),
]
# with 40 learners a row is in a bootstrap of each with chance .632**40 = 1e-8
MODELS = [model.set_params(n_estimators=40, oob_score=True, random_state=0) for model in MODELS]
every_model = pytest.mark.parametrize(
    "model", MODELS, ids=lambda model: " ".join(str(model).split())
)


def by_definition(model, X, bags):
    """Mean probability over the learners that a row was no part of, one row at a time."""
    said = [learner.predict_proba(X) for learner in model.estimators_]
    found = np.full((len(X), len(model.classes_)), np.nan)
    for row in range(len(X)):
        heard = [proba[row] for proba, bag in zip(said, bags, strict=True) if row not in bag]
        if heard:
            found[row] = np.mean(heard, axis=0)
    return found


@every_model
def test_scores_by_definition(model, three_classes):
    X, y = three_classes
    fitted = clone(model).fit(X, y)
    bags = [set(rows.tolist()) for rows in fitted.estimators_samples_]
    expected = by_definition(fitted, X, bags)
    np.testing.assert_allclose(fitted.oob_decision_function_, expected, rtol=1e-12)
    assert fitted.oob_score_ == accuracy_score(y, expected.argmax(axis=1))


@every_model
def test_jobs_and_warm_start_do_not_change_scores(model, three_classes):
    X, y = three_classes
    expected = clone(model).fit(X, y).oob_decision_function_
    together = clone(model).set_params(n_jobs=2).fit(X, y)
    np.testing.assert_array_equal(together.oob_decision_function_, expected)
    grown = clone(model).set_params(n_estimators=15, warm_start=True, oob_score=False).fit(X, y)
    assert not hasattr(grown, "oob_score_")
    grown.set_params(n_estimators=40, oob_score=True).fit(X, y)
    np.testing.assert_array_equal(grown.oob_decision_function_, expected)


@every_model
def test_no_learner_tells_what_it_was_told(model):
    """Labels that have nothing to do with the columns cannot be guessed. The area under the curve
    of a guess is .5 with a standard error of .042 for 60 and 240 rows; that it is less because a
    row's own absence tips the balance is no harm. Above .5 + 6 errors: 1e-9."""
    rng = np.random.RandomState(3)
    X, y = rng.normal(size=(300, 4)), rng.permutation(np.repeat([0, 1], [240, 60]))
    fitted = clone(model).fit(X, y)
    assert roc_auc_score(y, fitted.oob_decision_function_[:, 1]) < 0.5 + 6 * 0.042
    told = roc_auc_score(y, fitted.predict_proba(X)[:, 1])
    assert told > 0.75  # in the bag they do tell


def test_a_function_may_score(two_classes):
    X, y = two_classes
    names = np.array(["no", "yes"])[y]
    model = UnderBaggingClassifier(
        n_estimators=20, oob_score=balanced_accuracy_score, random_state=0
    ).fit(X, names)
    said = model.classes_[model.oob_decision_function_.argmax(axis=1)]
    assert model.oob_score_ == balanced_accuracy_score(names, said)


def test_rows_in_every_bag_have_no_score():
    X, y = unbalanced([60, 15])
    model = UnderBaggingClassifier(n_estimators=3, bootstrap=False, oob_score=True, random_state=0)
    with pytest.warns(
        UserWarning, match=r"15 of 75 rows were in the bag of every learner"
    ) as found:
        model.fit(X, y)
    assert len(found) == 1
    assert np.isnan(model.oob_decision_function_[y == 1]).all()
    known = ~np.isnan(model.oob_decision_function_[:, 0])
    assert known.sum() == 60
    said = model.oob_decision_function_[known].argmax(axis=1)
    assert model.oob_score_ == accuracy_score(y[known], said)


def test_rows_held_out_for_stopping_are_out_of_every_bag(two_classes):
    X, y = two_classes
    model = UnderBaggingClassifier(
        n_estimators=30,
        oob_score=True,
        n_iter_no_change=30,
        validation_fraction=0.2,
        random_state=0,
    ).fit(X, y)
    expected = by_definition(model, X, [set(rows.tolist()) for rows in model.estimators_samples_])
    np.testing.assert_allclose(model.oob_decision_function_, expected, rtol=1e-12)
    never = ~np.isin(np.arange(len(y)), np.concatenate(model.estimators_samples_))
    assert never.sum() >= 15
    np.testing.assert_allclose(
        model.oob_decision_function_[never], model.predict_proba(X)[never], rtol=1e-12
    )


def test_rows_outside_the_pool_are_out_of_every_bag(two_classes):
    X, y = two_classes
    model = UnderBaggingClassifier(
        n_estimators=30, pool_size=20, oob_score=True, random_state=0
    ).fit(X, y)
    expected = by_definition(model, X, [set(rows.tolist()) for rows in model.estimators_samples_])
    np.testing.assert_allclose(model.oob_decision_function_, expected, rtol=1e-12)


@pytest.mark.parametrize("sampler", [SMOTEENN(), imblearn.over_sampling.SMOTE()], ids=str)
def test_what_rows_are_made_from_counts_as_seen(sampler, two_classes):
    """Not only the rows that come out: the bootstrap, which is drawn first, with the same seed."""
    X, y = two_classes
    model = ResamplingBaggingClassifier(
        sampler=sampler, n_estimators=30, oob_score=True, random_state=0
    ).fit(X, y)
    plain = ResamplingBaggingClassifier(n_estimators=30, random_state=0).fit(X, y)
    bags = [set(rows.tolist()) for rows in plain.estimators_samples_]
    expected = by_definition(model, X, bags)
    np.testing.assert_allclose(model.oob_decision_function_, expected, rtol=1e-12)


def test_rows_made_from_the_whole_table_leave_nothing_out(two_classes):
    X, y = two_classes
    model = ResamplingBaggingClassifier(
        sampler=SMOTE(), sampler_first=True, n_estimators=3, oob_score=True, random_state=0
    )
    with pytest.warns(UserWarning, match="75 of 75 rows"):
        model.fit(X, y)
    assert np.isnan(model.oob_score_)
    model.set_params(sampler=TomekLinks(), n_estimators=40)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        model.fit(X, y)
    assert np.isfinite(model.oob_score_)


def test_scores_are_corrected_as_predictions_are(two_classes):
    X, y = two_classes
    raw = UnderBaggingClassifier(n_estimators=40, oob_score=True, random_state=0).fit(X, y)
    corrected = clone(raw).set_params(recalibrate=True).fit(X, y)
    expected = correct_prior(raw.oob_decision_function_, trained_on=[1, 1], true_prior=raw.prior_)
    np.testing.assert_allclose(corrected.oob_decision_function_, expected)


def test_an_earlier_score_does_not_outlive_its_fit(two_classes):
    model = UnderBaggingClassifier(n_estimators=20, oob_score=True, random_state=0)
    assert hasattr(model.fit(*two_classes), "oob_score_")
    model.set_params(oob_score=False).fit(*two_classes)
    assert not hasattr(model, "oob_score_")
    assert not hasattr(model, "oob_decision_function_")


def test_made_from_all_rows_no_row_is_out(two_classes):
    with pytest.raises(ValueError, match="oob_score needs resampling_rate=None"):
        SMOTEBaggingClassifier(oob_score=True).fit(*two_classes)
