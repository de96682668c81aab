"""`cv` of every kind in every class that predicts held-out rows."""

import numpy as np
import pandas as pd
import pytest
import sklearn
from loops import looped
from sklearn.datasets import make_classification
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import (
    GroupKFold,
    PredefinedSplit,
    RepeatedStratifiedKFold,
    ShuffleSplit,
    StratifiedGroupKFold,
    StratifiedKFold,
    StratifiedShuffleSplit,
    TimeSeriesSplit,
)

from imbalance_kit._held_out_rows import held_out_predictions
from imbalance_kit._stratified_parts import folds_of_groups
from imbalance_kit.calibration import (
    ConformalClassifier,
    LabelShiftClassifier,
    LogitAdjustedClassifier,
    TemperatureScaledClassifier,
    VennAbersClassifier,
    WeightAlignedClassifier,
)
from imbalance_kit.cost import (
    ConstrainedThresholdClassifierCV,
    MinimumExpectedCostClassifier,
    ThresholdedClassifierCV,
)
from imbalance_kit.fairness import FairThresholdClassifier

X, y = make_classification(300, n_features=4, weights=[0.8], flip_y=0.05, random_state=0)
GROUPS = np.arange(300) // 10
WEIGHT = np.random.RandomState(0).uniform(0.5, 1.5, 300)
LEARNER = LogisticRegression()
CLASSES = {
    "temperature": TemperatureScaledClassifier(LEARNER),
    "label shift": LabelShiftClassifier(LEARNER),
    "black-box shift": LabelShiftClassifier(LEARNER, method="bbse"),
    "logit adjusted": LogitAdjustedClassifier(LEARNER, tau="auto"),
    "tau norm": WeightAlignedClassifier(LEARNER),
    "bias correction": WeightAlignedClassifier(LEARNER, method="bias_correction"),
    "threshold": ThresholdedClassifierCV(LEARNER),
    "multipliers": ThresholdedClassifierCV(LEARNER, cost_matrix=[[0, 1], [7, 0]]),
    "exponent": ThresholdedClassifierCV(LEARNER, rule="exponent"),
    "constraint": ConstrainedThresholdClassifierCV(
        LEARNER, constraint={"false_positive_rate": 0.3}
    ),
    "groups": FairThresholdClassifier(
        LEARNER, constraint="demographic_parity", sensitive_features=[4], random_state=0
    ),
    "Venn-Abers": VennAbersClassifier(LEARNER),
    "conformal": ConformalClassifier(LEARNER),
    "least cost": MinimumExpectedCostClassifier(
        LEARNER, cost_matrix=[[0, 1], [7, 0]], calibration="sigmoid"
    ),
}
PAIRS = [(np.arange(200), np.arange(200, 300))]
SPLITS = {
    "time": TimeSeriesSplit(3),
    "shuffled": ShuffleSplit(4, test_size=0.3, random_state=0),
    "stratified": StratifiedShuffleSplit(2, test_size=0.5, random_state=0),
    "repeated": RepeatedStratifiedKFold(n_splits=3, n_repeats=2, random_state=0),
    "predefined": PredefinedSplit(np.where(np.arange(300) < 150, -1, np.arange(300) % 2)),
    "one pair": PAIRS,
    "lists": [(list(range(200)), list(range(250, 300))), (list(range(100, 300)), list(range(50)))],
    "masks": [(np.arange(300) % 3 > 0, np.arange(300) % 3 == 0)],
}


def fitted(name, cv, labels=y, **options):
    model = sklearn.base.clone(CLASSES[name]).set_params(cv=cv)
    table = np.column_stack([X, np.arange(300) % 2]) if name == "groups" else X
    with np.errstate(all="ignore"):
        return model.fit(table, labels, **options), table


@looped("name", CLASSES)
def test_splits_that_are_no_partition(name):
    model, table = fitted(name, SPLITS["time"])
    assert set(model.predict(table)) <= {0, 1}


@pytest.mark.exhaustive
@looped("name", CLASSES)
def test_every_kind_of_splits_with_weights_and_without(name):
    for cv in SPLITS.values():
        model, table = fitted(name, cv)
        assert set(model.predict(table)) <= {0, 1}
        model, table = fitted(name, cv, sample_weight=WEIGHT)
        assert (model.predict(table) == y).mean() > 0.5


@looped("name", SPLITS)
def test_predictions_are_of_the_first_split_that_holds_a_row_out(name):
    cv = SPLITS[name]
    found = held_out_predictions(LEARNER, X, y, cv=cv, params={"sample_weight": WEIGHT})
    splits = cv if isinstance(cv, list) else list(cv.split(X, y))
    every = np.arange(300)
    expected = {}
    for train, test in splits:
        train, test = every[np.asarray(train)], every[np.asarray(test)]
        model = LogisticRegression().fit(X[train], y[train], sample_weight=WEIGHT[train])
        for row, proba in zip(test, model.predict_proba(X[test]), strict=True):
            expected.setdefault(int(row), proba)
    assert sorted(found.rows.tolist()) == sorted(expected)
    np.testing.assert_allclose(
        found.predictions, [expected[row] for row in found.rows.tolist()], rtol=1e-9
    )
    np.testing.assert_array_equal(found.part(y), y[found.rows])
    assert found.part(None) is None


def test_partitions_are_every_row_in_order():
    found = held_out_predictions(LEARNER, X, y, cv=StratifiedKFold(4), params={})
    assert found.rows is None
    assert len(found.predictions) == 300


@looped("name", ["temperature", "tau norm", "groups", "Venn-Abers"])
def test_frames_and_lists_of_splits_give_the_same(name):
    """A table with names and the splits as a list give what the array gives."""
    model, table = fitted(name, SPLITS["time"])
    frame = pd.DataFrame(table).rename(columns=str)
    other = sklearn.base.clone(model).set_params(cv=list(SPLITS["time"].split(X)))
    if name == "groups":
        other.set_params(sensitive_features=["4"])
    other.fit(frame, y)
    np.testing.assert_array_equal(model.predict(table), other.predict(frame))


@looped("name", ["temperature", "threshold", "Venn-Abers", "least cost"])
def test_groups_reach_the_splitter(name):
    check_groups(name)


@pytest.mark.exhaustive
@looped("name", CLASSES)
def test_groups_reach_the_splitter_of_every_class(name):
    check_groups(name)


def check_groups(name):
    cv = StratifiedGroupKFold(3)
    by_groups, table = fitted(name, cv, groups=GROUPS)
    by_list, _ = fitted(name, list(cv.split(X, y, GROUPS)))
    np.testing.assert_array_equal(by_groups.predict(table), by_list.predict(table))
    with sklearn.config_context(enable_metadata_routing=True):
        routed, table = fitted(name, StratifiedGroupKFold(3), groups=GROUPS)
        np.testing.assert_array_equal(routed.predict(table), by_groups.predict(table))
    whole = folds_of_groups(y, GROUPS, 4, np.random.RandomState(0))
    by_number, _ = fitted(name, 4, groups=GROUPS)
    by_list, _ = fitted(name, whole)
    np.testing.assert_array_equal(by_number.predict(table), by_list.predict(table))
    with sklearn.config_context(enable_metadata_routing=True):
        routed, _ = fitted(name, 4, groups=GROUPS)
        np.testing.assert_array_equal(routed.predict(table), by_list.predict(table))
    with pytest.raises(ValueError, match="Class 1 has rows in 1 group"):
        fitted(name, 4, groups=np.where(y == 1, 0, GROUPS))
    with pytest.raises(ValueError, match=r"299 entries|inconsistent numbers"):
        fitted(name, GroupKFold(3), groups=GROUPS[:-1])


def test_groups_reach_splitters_inside():
    by_number = ThresholdedClassifierCV(TemperatureScaledClassifier(LEARNER, cv=3), cv=4)
    inside = by_number.fit(X, y, groups=GROUPS).estimator_.temperature_
    own = TemperatureScaledClassifier(LEARNER, cv=3).fit(X, y, groups=GROUPS).temperature_
    assert inside == own
    inner = TemperatureScaledClassifier(LEARNER, cv=GroupKFold(3))
    outer = ThresholdedClassifierCV(inner, cv=GroupKFold(4)).fit(X, y, groups=GROUPS)
    alone = TemperatureScaledClassifier(LEARNER, cv=GroupKFold(3)).fit(X, y, groups=GROUPS)
    assert outer.estimator_.temperature_ == alone.temperature_


IN_ORDER = np.repeat([0, 1], [250, 50])
REFUSED = {
    "a fold without a class": (TimeSeriesSplit(3), IN_ORDER, "trains on no row of class 1"),
    "no held-out row of a class": (
        [(np.r_[50:300], np.r_[:50])],
        IN_ORDER,
        "hold out no row of class 1",
    ),
    "the same rows": ([(np.arange(300), np.arange(300))], y, "tests on rows that it trains on"),
    "no split": (iter([]), y, "cv makes no split"),
}


@looped("case", REFUSED)
def test_what_cannot_be_learned_from_is_refused(case):
    cv, labels, message = REFUSED[case]
    cv = list(cv) if case == "no split" else cv
    for name in CLASSES:
        if case == "no held-out row of a class" and name in (
            "Venn-Abers",  # these two calibrate each split by itself
            "least cost",
            "exponent",  # one number for all classes
        ):
            continue
        with pytest.raises(ValueError, match=message):
            fitted(name, cv, labels)


def test_frozen_estimators_need_no_splits():
    frozen = FrozenEstimator(LogisticRegression().fit(X[:100], y[:100]))
    model = TemperatureScaledClassifier(frozen, cv=TimeSeriesSplit(3)).fit(X[100:], y[100:])
    plain = TemperatureScaledClassifier(frozen).fit(X[100:], y[100:])
    assert model.temperature_ == plain.temperature_
