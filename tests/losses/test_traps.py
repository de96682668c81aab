"""What LightGBM does with an objective of one's own, and how losses and classifier meet it."""

import numpy as np
import pytest
from lightgbm import LGBMClassifier
from sklearn.datasets import make_classification

from imbalance_kit.losses import CrossEntropyLoss, ImbalancedLGBMClassifier
from losses.reference import BY_NUMBER_OF_CLASSES, SET_LOSSES, made

SMALL = {"n_estimators": 10, "verbose": -1, "n_jobs": 1, "min_child_samples": 5}


@pytest.fixture(scope="module")
def table():
    return make_classification(
        n_samples=600, n_features=6, n_informative=4, weights=[0.9], flip_y=0.05, random_state=0
    )


@pytest.fixture(scope="module")
def weight(table):
    return np.random.RandomState(0).uniform(0.2, 3, len(table[1]))


def two_arguments(y, raw):
    p = 1 / (1 + np.exp(-raw))
    return p - y, p * (1 - p)


def three_arguments(y, raw, weight):
    return two_arguments(y, raw)


def raw_of(model, X):
    return model.predict(X, raw_score=True)


def test_with_two_arguments_weights_are_dropped_and_with_three_they_are_given(table, weight):
    """The trap itself, so that we know when it is gone; then that ours is not in it."""
    X, y = table
    plain = LGBMClassifier(objective=two_arguments, **SMALL).fit(X, y)
    weighted = LGBMClassifier(objective=two_arguments, **SMALL).fit(X, y, sample_weight=weight)
    np.testing.assert_array_equal(raw_of(plain, X), raw_of(weighted, X))
    ours = [
        LGBMClassifier(objective=CrossEntropyLoss(), **SMALL).fit(X, y, sample_weight=given)
        for given in (None, weight)
    ]
    assert np.abs(raw_of(ours[0], X) - raw_of(ours[1], X)).max() > 0.1
    built_in = LGBMClassifier(boost_from_average=False, **SMALL).fit(X, y, sample_weight=weight)
    np.testing.assert_allclose(raw_of(ours[1], X), raw_of(built_in, X), atol=1e-6)


def test_boosting_starts_at_zero_unless_it_is_told(table):
    """On 10 % of positives that is more than 2 away; the classifier starts at the log odds."""
    X, y = table
    lost = raw_of(LGBMClassifier(objective=CrossEntropyLoss(), **SMALL).fit(X, y), X)
    ours = ImbalancedLGBMClassifier(LGBMClassifier(**SMALL), loss="cross_entropy").fit(X, y)
    built_in = raw_of(LGBMClassifier(**SMALL).fit(X, y), X)
    assert abs(np.mean(lost - built_in)) > 0.5
    np.testing.assert_allclose(ours.decision_function(X), built_in, atol=1e-6)
    assert ours.init_score_ == pytest.approx(np.log(y.mean() / (1 - y.mean())))


def test_predict_proba_gives_raw_scores_and_ours_gives_probabilities(table):
    X, y = table
    model = LGBMClassifier(objective=CrossEntropyLoss(), **SMALL).fit(X, y)
    with pytest.warns(UserWarning, match="Returning raw scores"):
        said = model.predict_proba(X)
    assert said.shape == (len(y),)
    assert said.min() < 0
    proba = ImbalancedLGBMClassifier(LGBMClassifier(**SMALL)).fit(X, y).predict_proba(X)
    assert proba.shape == (len(y), 2)
    np.testing.assert_allclose(proba.sum(axis=1), 1)
    assert proba.min() > 0


def test_labels_come_as_positions(table):
    X, y = table
    seen = []

    class Listening(CrossEntropyLoss):
        def __call__(self, y, raw, weight=None):
            seen.append(np.unique(y))
            return super().__call__(y, raw, weight)

    words = np.array(["no", "yes"])[y]
    LGBMClassifier(objective=Listening(), **SMALL).fit(X, words)
    np.testing.assert_array_equal(seen[0], [0.0, 1.0])


def test_the_factor_of_the_built_in_hessian():
    X, y = make_classification(
        n_samples=600,
        n_features=6,
        n_informative=4,
        n_classes=3,
        weights=[0.7, 0.2],
        random_state=0,
    )
    ours = ImbalancedLGBMClassifier(LGBMClassifier(**SMALL), loss="cross_entropy").fit(X, y)
    built_in = LGBMClassifier(**SMALL).fit(X, y)
    np.testing.assert_allclose(ours.predict_proba(X), built_in.predict_proba(X), atol=1e-9)

    _, raw = made(3)
    labels = np.zeros(len(raw), dtype=int)
    proba = np.exp(raw) / np.exp(raw).sum(axis=1, keepdims=True)
    hess = CrossEntropyLoss().prepare(np.arange(3))(labels, raw)[1]
    np.testing.assert_allclose(hess, 1.5 * proba * (1 - proba), rtol=1e-5)


@pytest.mark.parametrize(
    ("loss", "n_classes"), [*BY_NUMBER_OF_CLASSES, *((loss, 2) for loss in SET_LOSSES)], ids=str
)
def test_hessians_are_of_the_size_of_cross_entropy(loss, n_classes):
    """LightGBM's least weight of a leaf and its penalties are absolute numbers."""
    y = np.repeat(np.arange(n_classes), [1000, *[30] * (n_classes - 1)])
    ready = loss.prepare(y)
    raw = np.array(np.broadcast_to(ready.init_score_, (len(y), *np.shape(ready.init_score_))))
    own = ready(y, raw)[1].sum()
    shares = np.bincount(y) * ready.class_weight_
    shares = shares / shares.sum()
    factor = 1 if n_classes == 2 else n_classes / (n_classes - 1)
    spread = (shares * (1 - shares)).sum() * (0.5 if n_classes == 2 else factor)
    usual = spread * np.sum(np.bincount(y) * ready.class_weight_)
    assert own == pytest.approx(usual, rel=1e-4)


@pytest.mark.parametrize("option", [{"scale_pos_weight": 5.0}, {"is_unbalance": True}], ids=str)
def test_weights_that_only_built_in_objectives_read_are_refused(table, option):
    X, y = table
    dead = [
        LGBMClassifier(objective=CrossEntropyLoss(), **SMALL, **given).fit(X, y)
        for given in ({}, option)
    ]
    np.testing.assert_array_equal(raw_of(dead[0], X), raw_of(dead[1], X))
    with pytest.raises(ValueError, match=r"has no effect under `loss`. Use class_weight"):
        ImbalancedLGBMClassifier(LGBMClassifier(**option)).fit(X, y)


def test_no_column_can_be_split():
    """LightGBM fails there under an objective of one's own; its own give a constant."""
    X, y = np.zeros((40, 3)), np.repeat([0, 1], [30, 10])
    model = ImbalancedLGBMClassifier(loss="cross_entropy").fit(X, y)
    np.testing.assert_allclose(model.predict_proba(X), np.tile([0.75, 0.25], (40, 1)))
    stopped = ImbalancedLGBMClassifier(loss="dice", n_iter_no_change=2, recalibrate=True)
    proba = stopped.fit(X, np.repeat([0, 1, 0], [15, 10, 15])).predict_proba(X)
    np.testing.assert_allclose(proba.sum(axis=1), 1)
    three = np.repeat([0, 1, 2], [20, 10, 10])
    model = ImbalancedLGBMClassifier(loss="cross_entropy").fit(X, three)
    np.testing.assert_allclose(model.predict_proba(X)[0], [0.5, 0.25, 0.25])
