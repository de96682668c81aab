"""Whatever holds rows out inside keeps groups of rows together when it is given them."""

import numpy as np
import pytest
from loops import looped
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.datasets import make_classification
from sklearn.linear_model import LogisticRegression
from sklearn.tree import DecisionTreeClassifier

from imbalance_kit._split_layout import held_out_part
from imbalance_kit.calibration import TemperatureScaledClassifier
from imbalance_kit.complexity import instance_hardness
from imbalance_kit.ensemble import RUSBoostClassifier, UnderBaggingClassifier
from imbalance_kit.losses import DiceLoss, ImbalancedLGBMClassifier

X, y = make_classification(400, weights=[0.85], flip_y=0.05, random_state=0)
GROUPS = np.array([f"g{number}" for number in np.arange(400) // 5])
TREE = DecisionTreeClassifier(max_depth=2)


def apart(one, other):
    return not set(GROUPS[one]) & set(GROUPS[other])


@looped("ensemble", [UnderBaggingClassifier, RUSBoostClassifier])
def test_ensembles_stop_by_whole_groups(ensemble):
    model = ensemble(TREE, n_estimators=3, n_iter_no_change=2, random_state=0)
    model.fit(X, y, groups=GROUPS)
    held_out = model._held_out
    assert apart(np.flatnonzero(held_out), np.flatnonzero(~held_out))
    assert 0 < y[held_out].sum() < y.sum()
    weight = np.r_[np.zeros(100), np.ones(300)]
    weighted = ensemble(TREE, n_estimators=3, n_iter_no_change=2, random_state=0)
    weighted.fit(X, y, sample_weight=weight, groups=GROUPS)
    held_out = weighted._held_out
    assert apart(100 + np.flatnonzero(held_out), 100 + np.flatnonzero(~held_out))
    # where nothing is held out groups are not needed, and change nothing
    plain = ensemble(TREE, n_estimators=3, random_state=0).fit(X, y).predict_proba(X)
    same = ensemble(TREE, n_estimators=3, random_state=0).fit(X, y, groups=GROUPS)
    np.testing.assert_array_equal(same.predict_proba(X), plain)
    with pytest.raises(ValueError, match="some class has rows in 1 group"):
        model.fit(X, y, groups=np.where(y == 1, "one", GROUPS))


@looped("options", [{"n_iter_no_change": 3}, {"recalibrate": True}])
def test_losses_hold_out_whole_groups(options, monkeypatch):
    parts = []

    def noted(y_encoded, groups, share, rng):
        parts.append((groups, *held_out_part(y_encoded, groups, share, rng)))
        return parts[-1][1:]

    def noted_folds(y_encoded, group, n_folds, rng):
        splits = folds_of_groups(y_encoded, group, n_folds, rng)
        parts.extend((group, *split) for split in splits)
        return splits

    import imbalance_kit.losses._loss_classifier as module
    from imbalance_kit._stratified_parts import folds_of_groups

    monkeypatch.setattr(module, "held_out_part", noted)
    monkeypatch.setattr(module, "folds_of_groups", noted_folds)
    model = ImbalancedLGBMClassifier(loss=DiceLoss(), random_state=0, **options)
    model.fit(X, y, groups=GROUPS)
    assert parts
    for groups, kept, held_out in parts:
        assert not set(groups[kept]) & set(groups[held_out])
    with pytest.raises(ValueError, match="1 group; expected"):
        model.fit(X, y, groups=np.where(y == 1, "one", GROUPS))


class NotesRows(ClassifierMixin, BaseEstimator):
    """A classifier that keeps the number in the first column of the rows it saw."""

    seen: list = []

    def fit(self, X, y):
        self.classes_ = np.unique(y)
        self.seen.append(X[:, 0].astype(int))
        return self

    def predict_proba(self, X):
        held_out = X[:, 0].astype(int)
        assert apart(self.seen[-1], held_out)
        return np.full((len(X), len(self.classes_)), 1 / len(self.classes_))


def test_hardness_comes_from_learners_that_saw_nothing_of_the_group():
    numbered = np.column_stack([np.arange(400), X])
    hardness = instance_hardness(numbered, y, [NotesRows()], groups=GROUPS, random_state=0)
    np.testing.assert_allclose(hardness, 0.5)
    with pytest.raises(ValueError, match="need as many groups; there are 2"):
        instance_hardness(X, y, groups=np.arange(400) % 2, random_state=0)


def test_groups_reach_what_a_wrapper_holds():
    """The wrapper's splits keep groups together, and so does its estimator's own part."""
    inner = UnderBaggingClassifier(TREE, n_estimators=2, n_iter_no_change=1, random_state=0)
    model = TemperatureScaledClassifier(inner, cv=2).fit(X, y, groups=GROUPS)
    held_out = model.estimator_._held_out
    assert apart(np.flatnonzero(held_out), np.flatnonzero(~held_out))
    TemperatureScaledClassifier(LogisticRegression(), cv=2).fit(X, y, groups=GROUPS)
