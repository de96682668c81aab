"""A sampler that takes a whole class away says so, and what is counted is right for the rest."""

import warnings

import numpy as np
import pytest
from imblearn.under_sampling import RandomUnderSampler as OtherUnderSampler
from loops import looped
from sklearn.linear_model import LogisticRegression

from imbalance_kit.compose import ResampledClassifier
from imbalance_kit.ensemble import (
    BalancedRandomForestClassifier,
    SelfPacedEnsembleClassifier,
    UnderBaggingClassifier,
)
from imbalance_kit.under_sampling import (
    EditedNearestNeighbours,
    NearMiss,
    RandomUnderSampler,
    TomekLinks,
)

rng = np.random.RandomState(0)
Y = np.repeat(["a", "b", "c"], [40, 2, 20])
X = rng.normal(size=(62, 2)) + 4.0 * (Y == "c")[:, None]
SHARES = {"a": 40, "b": 2, "c": 20}


@looped(
    ("sampler", "lost"),
    [
        (RandomUnderSampler(sampling_strategy={"a": 0}), "a"),
        (RandomUnderSampler(sampling_strategy=lambda y: {"c": 0, "a": 10}), "c"),
        (NearMiss(sampling_strategy={"b": 0}, n_neighbors=1), "b"),
        (EditedNearestNeighbours(sampling_strategy="all"), "b"),
        (OtherUnderSampler(sampling_strategy={"a": 0}), "a"),
    ],
)
def test_shares_of_the_classes_left(sampler, lost):
    left = [label for label in "abc" if label != lost]
    shares = np.array([SHARES[label] for label in left])
    for recalibrate in (False, True):
        model = ResampledClassifier(LogisticRegression(), sampler, recalibrate=recalibrate)
        with pytest.warns(UserWarning, match=f"No row is left of class '{lost}'") as caught:
            model.fit(X, Y)
        assert len(caught) == 1
        assert model.classes_.tolist() == left
        np.testing.assert_allclose(model.prior_, shares / shares.sum())
        assert model.predict_proba(X).shape == (62, 2)
        assert lost not in model.predict(X)
        weighted = model.fit(X, Y, sample_weight=np.where(left[0] == Y, 3.0, 1.0))
        expected = shares * [3.0, 1.0]
        np.testing.assert_allclose(weighted.prior_, expected / expected.sum())


@looped(
    "ensemble",
    [
        UnderBaggingClassifier,
        BalancedRandomForestClassifier,
        SelfPacedEnsembleClassifier,
    ],
)
def test_ensembles_keep_a_column_of_zeros(ensemble):
    for recalibrate in (False, True):
        model = ensemble(
            n_estimators=3, sampling_strategy={"a": 0}, recalibrate=recalibrate, random_state=0
        )
        with pytest.warns(UserWarning, match="No row is left of class 'a'"):
            model.fit(X, Y)
        assert model.classes_.tolist() == ["a", "b", "c"]
        np.testing.assert_allclose(model.prior_, np.array([40, 2, 20]) / 62)
        proba = model.predict_proba(X)
        assert (proba[:, 0] == 0.0).all()
        np.testing.assert_allclose(proba.sum(axis=1), 1.0)


def test_no_warning_where_every_class_is_left():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        TomekLinks().fit_resample(X, Y)
        RandomUnderSampler(sampling_strategy={"a": 1}).fit_resample(X, Y)
