"""Calibrators on few rare rows: never far worse than the learner alone, nor than a constant.

The short form of ``benchmarks/studies/few_rows_calibration.py``, with fixed tables.
"""

import numpy as np
import pytest
from lightgbm import LGBMClassifier
from loops import looped
from sklearn.base import clone
from sklearn.datasets import make_classification
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss
from sklearn.naive_bayes import GaussianNB

from imbalance_kit.calibration import (
    LabelShiftClassifier,
    TemperatureScaledClassifier,
    WeightAlignedClassifier,
)
from imbalance_kit.calibration._scaling import fit_scaling
from imbalance_kit.losses import ImbalancedLGBMClassifier

CALIBRATORS = {
    "temperature": TemperatureScaledClassifier,
    "temperature alone": lambda model: TemperatureScaledClassifier(model, biases=False),
    "bias correction": lambda model: WeightAlignedClassifier(model, method="bias_correction"),
    "label shift": LabelShiftClassifier,
    "black-box shift": lambda model: LabelShiftClassifier(model, method="bbse"),
}


def made(n_rare, seed, n_classes=2, separation=None):
    """Training rows of which `n_rare` are of each rare class, and 2,000 more to test on."""
    rare = 1 / (10 + 20 * (seed % 2))
    weights = [1 - rare * (n_classes - 1), *[rare] * (n_classes - 1)]
    n_rows = int(n_rare / rare)
    X, y = make_classification(
        n_samples=n_rows + 2000,
        n_features=6,
        n_informative=4,
        n_classes=n_classes,
        n_clusters_per_class=1,
        weights=weights,
        flip_y=0.0,
        class_sep=(1.0, 2.0, 4.0)[seed % 3] if separation is None else separation,
        random_state=seed,
    )
    of_class = [np.flatnonzero(y == k) for k in range(n_classes)]
    counts = [n_rows - n_rare * (n_classes - 1), *[n_rare] * (n_classes - 1)]
    train = np.concatenate([rows[:n] for rows, n in zip(of_class, counts, strict=True)])
    test = np.setdiff1d(np.arange(len(y)), train)
    return X[train], y[train], X[test], y[test]


def losses(tables, learner, calibrate):
    """Log losses of the learner alone, of the calibrated one and of the constant, by table."""
    found = []
    for X, y, X_test, y_test in tables:
        labels = np.unique(y)
        share = np.bincount(y) / len(y)
        alone = clone(learner).fit(X, y).predict_proba(X_test)
        ours = calibrate(clone(learner)).fit(X, y).predict_proba(X_test)
        constant = np.tile(share, (len(y_test), 1))
        found.append([log_loss(y_test, each, labels=labels) for each in (alone, ours, constant)])
    return np.array(found).T


@looped("name", ["temperature", "bias correction"])
def test_wrappers_on_twenty_rare_rows(name):
    for learner in (LogisticRegression(), GaussianNB()):
        tables = [made(20, seed) for seed in range(4)]
        alone, ours, constant = losses(tables, learner, CALIBRATORS[name])
        assert ours.mean() <= 1.02 * alone.mean()
        assert (ours <= constant).all()


@pytest.mark.exhaustive
@looped("name", CALIBRATORS)
def test_wrappers_on_more_tables(name):
    for n_rare, n_classes in ((20, 2), (50, 2), (20, 3)):
        tables = [made(n_rare, seed, n_classes) for seed in range(100, 112)]
        alone, ours, constant = losses(tables, LogisticRegression(), CALIBRATORS[name])
        assert ours.mean() <= 1.02 * alone.mean()
        assert ours.max() <= constant.max()


@looped("loss", ["ldam", "tversky"])
def test_scores_without_probabilities_on_twenty_rare_rows(loss):
    """Against LightGBM itself: a tenth of the rows, two rare ones, is not what decides."""
    learner = LGBMClassifier(n_estimators=30, min_child_samples=5, verbose=-1, n_jobs=1)
    tables = [made(20, seed) for seed in range(6)]
    alone, ours, constant = losses(
        tables, learner, lambda model: ImbalancedLGBMClassifier(model, loss=loss, random_state=0)
    )
    assert ours.mean() <= 1.02 * alone.mean()
    assert (ours <= constant).all()


def test_calibration_of_few_rows_uses_all_of_them():
    X, y, _, _ = made(20, 0)
    learner = LGBMClassifier(n_estimators=5, min_child_samples=5, verbose=-1, n_jobs=1)
    bare = ImbalancedLGBMClassifier(learner, loss="dice", recalibrate=False).fit(X, y)
    model = clone(bare).set_params(recalibrate=True).fit(X, y)
    # the trees are those of all rows
    np.testing.assert_array_equal(bare.decision_function(X), model.decision_function(X))
    given = clone(model).fit(X, y, X_val=X, y_val=y)
    np.testing.assert_array_equal(bare.decision_function(X), given.decision_function(X))
    assert given.temperature_ != model.temperature_
    # with a hundred held-out rows of each class a part of the table is enough
    held_out = clone(model).set_params(validation_fraction=0.4)
    X, y, _, _ = made(300, 1, separation=1.0)
    held_out.fit(X, y)
    bare.fit(X, y)
    assert (bare.decision_function(X) != held_out.decision_function(X)).any()
    # a class of one row has none to hold out
    alone = np.flatnonzero(y == 1)[:1]
    rows = np.concatenate([np.flatnonzero(y == 0)[:200], alone])
    one = clone(model).fit(X[rows], y[rows])
    assert (one.biases_ == 0).all()


@looped("n_rows", [1, 4, 40])
def test_separable_scores_do_not_run_away(n_rows):
    """A slope of a few, where without prior or smoothing it is at its bound of 100."""
    z = np.concatenate([np.full(9 * n_rows, -2.0), np.full(n_rows, 2.0)])
    scores, y = np.column_stack([-z / 2, z / 2]), (z > 0).astype(int)
    for shared in (True, False):
        bare, _ = fit_scaling(scores, y, shared=shared, biases=True, prior=0.0)
        ours, _ = fit_scaling(scores, y, shared=shared, biases=True)
        smoothed, biases = fit_scaling(
            scores, y, shared=shared, biases=True, prior=0.0, smooth=True
        )
        assert bare.max() > 7
        assert ours.max() < 3.5
        assert smoothed.max() < 6
        targets = (n_rows + 1) / (n_rows + 2)
        score = smoothed * scores[-1] + biases
        proba = np.exp(score) / np.exp(score).sum()
        assert proba[1] == pytest.approx(targets, rel=1e-3)


def test_a_frozen_separable_model_stays_near_itself():
    X, y, X_test, y_test = made(20, 0, separation=5.0)
    fitted = LogisticRegression().fit(X, y)
    other = slice(None, None, 2)
    model = TemperatureScaledClassifier(FrozenEstimator(fitted)).fit(X_test[other], y_test[other])
    assert 0.2 < model.temperature_ < 2
