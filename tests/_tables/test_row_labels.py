"""Values for each row whose labels stand in another order: a warning, and never an alignment."""

import warnings

import numpy as np
import pandas as pd
import pytest
from lightgbm import LGBMClassifier
from loops import looped
from sklearn.linear_model import LogisticRegression
from sklearn.tree import DecisionTreeClassifier

from imbalance_kit import complexity, cost, datasets, fairness, metrics
from imbalance_kit._tables.row_labels import warn_of_other_order
from imbalance_kit.calibration import CalibrationReport, PriorCorrectedClassifier
from imbalance_kit.combine import SMOTEENN
from imbalance_kit.compose import ResampledClassifier, WeightedClassifier
from imbalance_kit.ensemble import MixedTreesClassifier, SelfPacedEnsembleClassifier
from imbalance_kit.losses import ImbalancedLGBMClassifier
from imbalance_kit.over_sampling import SMOTE
from imbalance_kit.under_sampling import RandomUnderSampler

N = 60
ORDER = np.random.RandomState(0).permutation(N)


def made():
    rng = np.random.RandomState(1)
    index = pd.Index([f"r{row}" for row in range(N)])
    y = pd.Series(np.arange(N) % 3 == 0, index=index, name="y").astype(int)
    X = pd.DataFrame({"a": rng.normal(size=N) + y, "b": rng.normal(size=N)}, index=index)
    X["p"] = rng.uniform(size=N)
    group = pd.Series(rng.choice(["f", "m"], N), index=index, name="group")
    weight = pd.Series(rng.uniform(0.5, 2, N), index=index)
    return X, y, group, weight


def said(call):
    with warnings.catch_warnings(record=True) as raised:
        warnings.simplefilter("always")
        call()
    return [str(one.message) for one in raised if "in another order" in str(one.message)]


BOOSTER = LGBMClassifier(n_estimators=2, verbose=-1)
TREE = DecisionTreeClassifier(max_depth=2)

MIXED = MixedTreesClassifier(n_boosters=1, n_boosting_rounds=2, n_forest_trees=2, n_extra_trees=2)
COSTS = [[0, 1], [1, 0]]

# by name: which of y, groups and weights are looked at beside X, and the call
WAYS_IN = {
    "sampler": ("y w", lambda X, y, g, w: SMOTE().fit_resample(X, y, sample_weight=w)),
    "selector": (
        "y w",
        lambda X, y, g, w: RandomUnderSampler().fit_resample(X, y, sample_weight=w),
    ),
    "chain": ("y w", lambda X, y, g, w: SMOTEENN().fit_resample(X, y, sample_weight=w)),
    "ensemble": (
        "y w",
        lambda X, y, g, w: SelfPacedEnsembleClassifier(n_estimators=2).fit(X, y, w),
    ),
    "mixed": ("y w", lambda X, y, g, w: MIXED.fit(X, y, w)),
    "loss": ("y w", lambda X, y, g, w: ImbalancedLGBMClassifier(BOOSTER).fit(X, y, w)),
    "wrapper": (
        "y w",
        lambda X, y, g, w: PriorCorrectedClassifier(TREE, true_prior=[0.5, 0.5]).fit(X, y, w),
    ),
    "cost": ("y w", lambda X, y, g, w: cost.ThresholdedClassifierCV(TREE).fit(X, y, w)),
    "resampled": (
        "y w",
        lambda X, y, g, w: ResampledClassifier(TREE, RandomUnderSampler()).fit(
            X, y, sample_weight=w
        ),
    ),
    "plain": ("y w", lambda X, y, g, w: ResampledClassifier(TREE, None).fit(X, y, sample_weight=w)),
    "weighted": (
        "y g w",
        lambda X, y, g, w: WeightedClassifier(TREE, fairness.Reweighing()).fit(
            X, y, w, sensitive_features=g
        ),
    ),
    "fair thresholds": (
        "y g w",
        lambda X, y, g, w: fairness.FairThresholdClassifier(LogisticRegression(), cv=2).fit(
            X, y, w, sensitive_features=g
        ),
    ),
    "fair sampler": (
        "y g",
        lambda X, y, g, w: fairness.FairSampler().fit_resample(X, y, sensitive_features=g),
    ),
    "weigher": (
        "y g w",
        lambda X, y, g, w: fairness.Reweighing().fit(X, y, w, sensitive_features=g),
    ),
    "repair": (
        "y g w",
        lambda X, y, g, w: fairness.DisparateImpactRemover().fit(X, y, w, sensitive_features=g),
    ),
    "report": (
        "g w",
        lambda X, y, g, w: fairness.group_report(
            X["a"] > 0, X["b"] > 0, sensitive_features=g, sample_weight=w, n_bootstrap=0
        ),
    ),
    "subgroups": (
        "y w",
        lambda X, y, g, w: fairness.find_subgroups(
            X, y, np.arange(N) % 2, method="features", sample_weight=w
        ),
    ),
    "ranks": ("g", lambda X, y, g, w: fairness.rank_fairness(X["a"], sensitive_features=g)),
    "frontier": (
        "y g w",
        lambda X, y, g, w: fairness.tradeoff_curve(
            y, X["a"], sensitive_features=g, sample_weight=w, n_bootstraps=0
        ),
    ),
    "calibration": (
        "y w",
        lambda X, y, g, w: CalibrationReport.from_predictions(y, X["p"], sample_weight=w),
    ),
    "error": (
        "y w",
        lambda X, y, g, w: metrics.expected_calibration_error(y, X["p"], sample_weight=w),
    ),
    "curve": ("y w", lambda X, y, g, w: cost.cost_curve(y, X["a"], sample_weight=w)),
    "expected cost": (
        "y w",
        lambda X, y, g, w: cost.expected_cost(X["a"] > 0, y, cost_matrix=COSTS, sample_weight=w),
    ),
    "complexity": ("y", lambda X, y, g, w: complexity.complexity_measures(X, y, measures=["F1"])),
    "facts": ("y", lambda X, y, g, w: complexity.meta_features(X, y)),
    "imbalance": ("y", lambda X, y, g, w: datasets.make_imbalance(X, y, sampling_strategy={1: 5})),
}


@looped(("uses", "call"), WAYS_IN.values(), ids=list(WAYS_IN))
def test_every_way_in_warns_once(uses, call):
    X, y, group, weight = made()
    assert said(lambda: call(X, y, group, weight)) == []
    others = {
        "y": (X, y.iloc[ORDER], group, weight),
        "g": (X, y, group.iloc[ORDER], weight),
        "w": (X, y, group, weight.iloc[ORDER]),
    }
    found = {which: len(said(lambda given=given: call(*given))) for which, given in others.items()}
    assert found == {which: int(which in uses.split()) for which in others}


def test_predictions_warn_too():
    X, y, group, _ = made()
    model = fairness.FairThresholdClassifier(LogisticRegression(), cv=2)
    model.fit(X, y, sensitive_features=group)
    assert said(lambda: model.predict(X, sensitive_features=group)) == []
    (text,) = said(lambda: model.predict(X, sensitive_features=group.iloc[ORDER]))
    assert "sensitive_features has the row labels of X in another order" in text
    assert "give sensitive_features.loc[X.index]" in text


def test_values_are_taken_by_position():
    X, y, group, _ = made()
    with pytest.warns(UserWarning, match="in another order"):
        found = fairness.Reweighing().fit(X, y, sensitive_features=group.iloc[ORDER])
    expected = fairness.Reweighing().fit(X, y, sensitive_features=group.to_numpy()[ORDER])
    np.testing.assert_array_equal(found.sample_weight_, expected.sample_weight_)


@looped(
    ("first", "other", "warns"),
    [
        (range(4), [3, 2, 1, 0], True),
        (range(4), range(4), False),
        (range(4), [0.0, 1.0, 2.0, 3.0], False),
        (range(4), range(10, 14), False),
        (range(4), [0, 1, 2], False),
        ([0, 0, 1, 1], [1, 0, 1, 0], True),
        (["a", 1, None, 2.5], [1, "a", 2.5, None], True),
        (
            pd.MultiIndex.from_product([[0, 1], list("ab")]),
            [(1, "a"), (0, "b"), (0, "a"), (1, "b")],
            True,
        ),
        (pd.date_range("2024", periods=3), pd.date_range("2024", periods=3)[::-1], True),
        (pd.CategoricalIndex(["a", "b"]), ["b", "a"], True),
        ([(0, 1), (1, 2)], [1, 2], False),
        ([], [], False),
    ],
)
def test_which_labels_are_in_another_order(first, other, warns):
    X = pd.DataFrame({"a": 1.0}, index=first)
    for beside in (pd.Series(1, index=other), pd.DataFrame({"b": 1}, index=other)):
        assert bool(said(lambda beside=beside: warn_of_other_order(X, y=beside))) == warns
        assert said(lambda beside=beside: warn_of_other_order(X.to_numpy(), y=beside)) == []
        given = {"one": np.zeros(len(beside)), "two": beside}
        assert bool(said(lambda given=given: warn_of_other_order(X, s=given))) == warns
    among = {"y": pd.Series(1, index=first), "s": pd.Series(1, index=other)}
    assert bool(said(lambda: warn_of_other_order(X.to_numpy(), **among))) == warns


def test_one_warning_names_all():
    X, y, group, weight = made()
    given = {"y": y.iloc[ORDER], "sensitive_features": group.iloc[ORDER], "sample_weight": weight}
    (text,) = said(lambda: warn_of_other_order(X, **given))
    assert text.startswith("y and sensitive_features have the row labels of X in another order.")
