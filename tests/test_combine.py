"""Chains of samplers, SMOTEENN and SMOTETomek."""

import warnings

import imblearn.combine
import imblearn.over_sampling
import numpy as np
import pandas as pd
import pytest
from imblearn.pipeline import Pipeline
from scipy import sparse
from sklearn.base import clone
from sklearn.datasets import make_classification
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV

from imbalance_kit.combine import SMOTEENN, Chain, SMOTETomek
from imbalance_kit.compose import ResampledClassifier
from imbalance_kit.over_sampling import SMOTE, RandomOverSampler
from imbalance_kit.under_sampling import (
    ClusterCentroids,
    EditedNearestNeighbours,
    RandomUnderSampler,
    TomekLinks,
)


def table(seed, n_rows=400):
    return make_classification(
        n_samples=n_rows,
        n_features=6,
        n_informative=4,
        n_classes=3,
        weights=[0.6, 0.25],
        random_state=seed,
    )


@pytest.mark.parametrize("name", ["SMOTEENN", "SMOTETomek"])
@pytest.mark.parametrize("strategy", ["auto", "minority", {1: 200, 2: 150}], ids=str)
def test_equal_to_imbalanced_learn(name, strategy, seed):
    X, y = table(seed)
    ours = {"SMOTEENN": SMOTEENN, "SMOTETomek": SMOTETomek}[name]
    for given in (X, sparse.csr_matrix(X)):
        one, other = np.random.RandomState(seed), np.random.RandomState(seed)
        X_ours, y_ours = ours(random_state=one, sampling_strategy=strategy).fit_resample(given, y)
        theirs = getattr(imblearn.combine, name)(random_state=other, sampling_strategy=strategy)
        X_theirs, y_theirs = theirs.fit_resample(given, y)
        if sparse.issparse(given):
            X_ours, X_theirs = X_ours.toarray(), X_theirs.toarray()
        # the same few float64 operations, in another order
        np.testing.assert_allclose(X_ours, X_theirs, rtol=1e-9, atol=1e-12)
        np.testing.assert_array_equal(y_ours, y_theirs)


@pytest.mark.parametrize(
    ("sampler", "steps"),
    [
        (SMOTEENN, [SMOTE(), EditedNearestNeighbours(sampling_strategy="all")]),
        (SMOTETomek, [SMOTE(), TomekLinks(sampling_strategy="all")]),
    ],
)
def test_the_named_ones_are_chains(sampler, steps, seed):
    X, y = table(seed)
    named, chain = sampler(random_state=seed), Chain(steps, random_state=seed)
    np.testing.assert_array_equal(named.fit_resample(X, y)[0], chain.fit_resample(X, y)[0])
    np.testing.assert_array_equal(named.sample_origin_, chain.sample_origin_)
    assert named.sampling_strategy_ == chain.sampling_strategy_


def test_given_samplers_are_used(seed):
    X, y = table(seed)
    smote = SMOTE(k_neighbors=2, sampling_strategy="minority")
    sampler = SMOTETomek(smote=smote, tomek=TomekLinks(sampling_strategy=[0]), random_state=seed)
    first, _ = sampler.fit_resample(X, y)
    again, _ = sampler.fit_resample(X, y)
    np.testing.assert_array_equal(first, again)
    assert sampler.smote_.k_neighbors == 2
    assert smote.random_state is None, "what was given is not changed"
    assert set(sampler.tomek_.sampling_strategy_) == {0}


def test_rows_and_weights_refer_to_the_input(seed):
    X, y = table(seed)
    weight = np.random.RandomState(seed).uniform(size=len(y))
    chain = Chain(
        [TomekLinks(), SMOTE(), EditedNearestNeighbours(sampling_strategy="all")],
        random_state=seed,
    )
    X_new, y_new = chain.fit_resample(X, y, sample_weight=weight)
    old = chain.sample_origin_ >= 0
    assert 0 < old.sum() < len(y_new)
    np.testing.assert_array_equal(X_new[old], X[chain.sample_origin_[old]])
    np.testing.assert_array_equal(chain.sample_origin_[old], chain.sample_indices_[old])
    np.testing.assert_array_equal(y_new, y[chain.sample_indices_])
    np.testing.assert_array_equal(chain.sample_weight_, weight[chain.sample_indices_])
    assert not (X_new[~old][:, None] == X[None]).all(axis=2).any()


def test_new_rows_of_new_rows(seed):
    """Two makers in a row: what was made first and kept is still not an input row."""
    X, y = table(seed)
    chain = Chain([SMOTE(sampling_strategy={2: 90}), SMOTE(), RandomUnderSampler()], random_state=0)
    X_new, y_new = chain.fit_resample(X, y)
    old = chain.sample_origin_ >= 0
    np.testing.assert_array_equal(X_new[old], X[chain.sample_origin_[old]])
    assert old.sum() == len(X)
    np.testing.assert_array_equal(y_new, y[chain.sample_indices_])


def test_one_generator_is_handed_down(seed):
    X, y = table(seed)
    rng = np.random.RandomState(seed)
    by_hand = SMOTE(random_state=rng, sampling_strategy={2: 90}).fit_resample(X, y)
    by_hand = RandomUnderSampler(random_state=rng).fit_resample(*by_hand)
    chain = Chain([SMOTE(sampling_strategy={2: 90}), RandomUnderSampler()], random_state=seed)
    np.testing.assert_array_equal(chain.fit_resample(X, y)[0], by_hand[0])


def test_a_step_keeps_its_own_seed():
    X, y = table(0)
    rows = []
    for start in (1, 2):
        chain = Chain([RandomUnderSampler(random_state=5)], random_state=start)
        chain.fit_resample(X, y)
        rows.append(chain.sample_indices_)
    np.testing.assert_array_equal(*rows)


def test_frames_with_categories_pass_every_step(seed):
    X, y = table(seed)
    frame = pd.DataFrame(X, columns=list("abcdef")).astype({"a": np.float32})
    frame["word"] = pd.Categorical(np.where(X[:, 0] > 0, "x", "y"))
    frame.loc[::7, "b"] = np.nan
    labels = pd.Series(np.array(["ant", "bee", "cat"])[y], name="kind")
    new, y_new = SMOTEENN(random_state=seed).fit_resample(frame, labels)
    assert new.dtypes.to_dict() == frame.dtypes.to_dict()
    assert y_new.name == "kind"
    assert len(new) == len(y_new)


def test_names():
    chain = Chain([SMOTE(), ("clean", TomekLinks()), SMOTE(), RandomUnderSampler()])
    names = [name for name, _ in chain._named_steps()]
    assert names == ["smote-1", "clean", "smote-2", "randomundersampler"]
    assert chain.get_params()["clean__n_jobs"] is None
    chain.set_params(**{"smote-2__k_neighbors": 3, "clean": None, "random_state": 1})
    assert [name for name, _ in chain._named_steps()] == names
    assert chain.get_params()["smote-2__k_neighbors"] == 3
    assert chain.get_params()["smote-1__k_neighbors"] == 5
    assert chain.get_params()["clean"] is None
    copy = clone(chain)
    assert copy.get_params()["smote-2__k_neighbors"] == 3
    assert copy.steps is not chain.steps
    chain.set_params(steps=[SMOTE()], smote__k_neighbors=2)
    assert chain.get_params()["smote__k_neighbors"] == 2
    with pytest.raises(ValueError, match="Invalid parameter 'nowhere'"):
        chain.set_params(nowhere=3)


def test_grid_search_over_steps():
    X, y = table(0)
    steps = [("over", SMOTE()), ("clean", TomekLinks())]
    model = Pipeline([("chain", Chain(steps, random_state=0)), ("learn", LogisticRegression())])
    grid = {"chain__over__k_neighbors": [2, 5], "chain__clean": [None, TomekLinks()]}
    search = GridSearchCV(model, grid, cv=2, error_score="raise").fit(X, y)
    scores = search.cv_results_["mean_test_score"]
    assert len(search.cv_results_["params"]) == 4
    assert np.isfinite(scores).all()


def test_all_steps_left_out():
    X, y = table(0)
    frame = pd.DataFrame(X)
    chain = Chain([("a", None), ("b", "passthrough")])
    new, y_new = chain.fit_resample(frame, y, sample_weight=np.ones(len(y)))
    pd.testing.assert_frame_equal(new, frame)
    assert new is not frame
    np.testing.assert_array_equal(chain.sample_indices_, np.arange(len(y)))
    assert len(chain.sample_weight_) == len(y_new)


@pytest.mark.parametrize(
    ("steps", "message"),
    [
        ([], "steps is empty; expected at least one sampler"),
        ([("a", SMOTE()), ("a", TomekLinks())], "Two steps are named 'a'"),
        ([("a__b", SMOTE())], "names must not hold '__'"),
        ([("steps", SMOTE())], "nor be parameters of the chain"),
        ([LogisticRegression()], "expected an object with fit_resample"),
    ],
)
def test_wrong_steps_are_explained(steps, message):
    with pytest.raises(ValueError, match=message):
        Chain(steps).fit_resample(*table(0))


def test_foreign_samplers():
    """imbalanced-learn's SMOTE does not set where its rows come from, its under-samplers do."""
    X, y = table(0)
    chain = Chain([RandomOverSampler(), imblearn.over_sampling.SMOTE()], random_state=0)
    _, y_new = chain.fit_resample(X, y)
    assert len(set(np.bincount(y_new))) == 1
    assert chain.sample_indices_ is None
    assert chain.sample_origin_ is None
    with pytest.raises(ValueError, match=r"sample_weight cannot be carried past SMOTE"):
        chain.fit_resample(X, y, sample_weight=np.ones(len(y)))
    chain = Chain([SMOTE(), imblearn.under_sampling.TomekLinks()], random_state=0)
    weight = np.arange(len(y), dtype=float)
    chain.fit_resample(X, y, sample_weight=weight)
    np.testing.assert_array_equal(chain.sample_weight_, weight[chain.sample_indices_])


def test_centroids_in_a_chain(seed):
    X, y = table(seed)
    chain = Chain([ClusterCentroids(), SMOTE(sampling_strategy={0: 90})], random_state=seed)
    X_new, y_new = chain.fit_resample(X, y)
    old = chain.sample_origin_ >= 0
    np.testing.assert_array_equal(X_new[old], X[chain.sample_origin_[old]])
    np.testing.assert_array_equal(y_new, y[chain.sample_indices_])


def test_inside_a_resampled_classifier(seed):
    X, y = table(seed)
    weight = np.random.RandomState(seed).uniform(0.5, 1, size=len(y))
    model = ResampledClassifier(LogisticRegression(), SMOTEENN(random_state=seed))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        model.fit(X, y, sample_weight=weight)
    assert model.score(X, y) > 0.5


def test_fit_settles_the_first_step(seed):
    X, y = table(seed)
    chain = Chain([SMOTE(), TomekLinks()], random_state=seed).fit(
        pd.DataFrame(X, columns=list("abcdef")), y
    )
    assert chain.n_features_in_ == 6
    assert chain.feature_names_in_.tolist() == list("abcdef")
    assert chain.sampling_strategy_ == SMOTE().fit(X, y).sampling_strategy_
