"""Probabilities that are calibrated or corrected are not calibrated once more in silence."""

import warnings

import numpy as np
import pytest
from loops import looped
from sklearn.base import clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import FixedThresholdClassifier, GridSearchCV
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import imbalance_kit.pipeline
from imbalance_kit.calibration import (
    LabelShiftClassifier,
    LogitAdjustedClassifier,
    PriorCorrectedClassifier,
    TemperatureScaledClassifier,
    VennAbersClassifier,
)
from imbalance_kit.compose import ResampledClassifier
from imbalance_kit.cost import (
    CostSensitiveClassifier,
    MinimumExpectedCostClassifier,
    ThresholdedClassifierCV,
    expected_cost,
)
from imbalance_kit.under_sampling import RandomUnderSampler

COSTS = [[0, 1], [5, 0]]


def draw(n_negative, n_positive, seed):
    rng = np.random.RandomState(seed)
    X = np.concatenate([rng.normal(0, 1, n_negative), rng.normal(1.5, 1, n_positive)])
    return X[:, None], np.repeat([0, 1], [n_negative, n_positive])


X, Y = draw(950, 50, 0)
X_SHIFTED, Y_SHIFTED = draw(1400, 600, 1)


def adapted():
    return LabelShiftClassifier(LogisticRegression()).fit(X, Y).adapt(X_SHIFTED)


def by_search(model):
    return GridSearchCV(model, {"n_jobs": [1]}, cv=2)


ADAPTED = {
    "label shift": lambda: FrozenEstimator(adapted()),
    "behind a scaler": lambda: make_pipeline(StandardScaler(), FrozenEstimator(adapted())),
    "pipeline, frozen": lambda: FrozenEstimator(
        make_pipeline(StandardScaler(), LogisticRegression(), memory=None).fit(X, Y)
        and make_pipeline(FrozenEstimator(adapted())).fit(X, Y)
    ),
    "true shares": lambda: PriorCorrectedClassifier(
        LogisticRegression(), true_prior={0: 0.7, 1: 0.3}
    ),
    "sampling rate": lambda: PriorCorrectedClassifier(LogisticRegression(), sampling_rate={0: 0.1}),
    "decided": lambda: ThresholdedClassifierCV(FrozenEstimator(adapted()), cost_matrix=COSTS),
    "threshold": lambda: FixedThresholdClassifier(FrozenEstimator(adapted()), threshold=0.2),
    "one number": lambda: LogitAdjustedClassifier(FrozenEstimator(adapted())),
    "costs in costs": lambda: MinimumExpectedCostClassifier(
        FrozenEstimator(adapted()), calibration=None, cost_matrix=COSTS
    ),
}
CALIBRATED = {
    "calibrated": lambda: CalibratedClassifierCV(GaussianNB(), cv=2),
    "calibrated, frozen": lambda: FrozenEstimator(CalibratedClassifierCV(GaussianNB()).fit(X, Y)),
    "in a pipeline": lambda: make_pipeline(
        StandardScaler(), CalibratedClassifierCV(GaussianNB(), cv=2)
    ),
    "venn-abers": lambda: VennAbersClassifier(GaussianNB(), cv=2),
    "temperature": lambda: TemperatureScaledClassifier(GaussianNB(), cv=2),
    "label shift, not adapted": lambda: LabelShiftClassifier(GaussianNB(), cv=2),
    "class weights": lambda: PriorCorrectedClassifier(
        LogisticRegression(class_weight="balanced"), trained_on="balanced"
    ),
    "searched": lambda: by_search(TemperatureScaledClassifier(GaussianNB(), cv=2)),
    "least cost": lambda: MinimumExpectedCostClassifier(GaussianNB(), cv=2),
}
NEITHER = {
    "plain": lambda: GaussianNB(),
    "frozen": lambda: FrozenEstimator(GaussianNB().fit(X, Y)),
    "resampled": lambda: ResampledClassifier(
        CalibratedClassifierCV(GaussianNB(), cv=2), RandomUnderSampler(random_state=0)
    ),
    "resampled in a pipeline": lambda: imbalance_kit.pipeline.make_pipeline(
        RandomUnderSampler(random_state=0), CalibratedClassifierCV(GaussianNB(), cv=2)
    ),
    "recalibrated": lambda: ResampledClassifier(
        LogisticRegression(), RandomUnderSampler(random_state=0), recalibrate=True
    ),
    "weighted": lambda: CostSensitiveClassifier(CalibratedClassifierCV(GaussianNB(), cv=2)),
    "raw scores for label shift": lambda: LabelShiftClassifier(GaussianNB(), calibrate=False),
}


def warnings_of(model):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        model.fit(X, Y)
    return [
        str(found.message)
        for found in caught
        if "shares of y" in str(found.message) or "calibration=" in str(found.message)
    ]


@looped("name", list(ADAPTED))
def test_a_correction_that_would_be_undone(name):
    inner = ADAPTED[name]()
    for calibration in ("auto", "sigmoid"):
        (text,) = warnings_of(
            MinimumExpectedCostClassifier(inner, cost_matrix=COSTS, calibration=calibration, cv=2)
        )
        assert "other class shares than those of y" in text
        assert "Give calibration=None" in text
    assert not warnings_of(
        MinimumExpectedCostClassifier(inner, cost_matrix=COSTS, calibration=None)
    )


@looped("name", list(CALIBRATED))
def test_a_calibration_that_is_there(name):
    inner = CALIBRATED[name]()
    (text,) = warnings_of(
        MinimumExpectedCostClassifier(inner, cost_matrix=COSTS, calibration="sigmoid", cv=2)
    )
    assert "calibrated, and calibration=" in text
    assert type(inner).__name__ in text
    assert not warnings_of(
        MinimumExpectedCostClassifier(inner, cost_matrix=COSTS, calibration=None)
    )


@looped("name", list(NEITHER))
def test_no_warning_where_calibration_is_needed(name):
    assert not warnings_of(MinimumExpectedCostClassifier(NEITHER[name](), cost_matrix=COSTS, cv=2))


@looped("wrapper", [TemperatureScaledClassifier, VennAbersClassifier, LabelShiftClassifier])
def test_calibrators_warn_of_corrections_they_undo(wrapper):
    (text,) = warnings_of(wrapper(FrozenEstimator(adapted())))
    assert "brings the shares of y back" in text
    assert not warnings_of(wrapper(CalibratedClassifierCV(GaussianNB(), cv=2)))


@pytest.mark.parametrize("scaled", [False, True])
def test_one_pipeline_of_model_label_shift_and_costs(scaled):
    """Fitted on 5 % positive rows, adapted to 30 %. The true rule decides where the odds of the
    density times those of the shares reach 1 / 5; its border is at .75 + log(7 / 15) / 1.5. The
    model's border is estimated from 50 positive rows, with a standard error of about .1, so .6 off
    is six of these, and the border without adaptation lies 1.4 away."""
    shift = LabelShiftClassifier(LogisticRegression())
    model = MinimumExpectedCostClassifier(shift, cost_matrix=COSTS, calibration=None)
    if scaled:
        model = make_pipeline(StandardScaler(), model)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        model.fit(X, Y)
    before = clone(model).fit(X, Y)
    last = model[-1] if scaled else model
    rows = model[:-1].transform(X_SHIFTED) if scaled else X_SHIFTED
    last.estimator_.adapt(rows)

    grid = np.linspace(-3, 4, 1401)[:, None]
    true_border = 0.75 + np.log(0.7 / 0.3 / 5) / 1.5
    border = grid[model.predict(grid).argmax(), 0]
    border_before = grid[before.predict(grid).argmax(), 0]
    assert abs(border - true_border) < 0.6
    assert border_before > true_border + 0.8
    paid = expected_cost(Y_SHIFTED, model.predict(X_SHIFTED), cost_matrix=COSTS)
    assert paid < expected_cost(Y_SHIFTED, before.predict(X_SHIFTED), cost_matrix=COSTS)
    assert abs(model.predict_proba(X_SHIFTED)[:, 1].mean() - 0.3) < 0.06

    frozen = FrozenEstimator(last.estimator_)
    again = MinimumExpectedCostClassifier(frozen, cost_matrix=COSTS, calibration=None)
    np.testing.assert_array_equal(again.fit(rows, Y_SHIFTED).predict(rows), last.predict(rows))
