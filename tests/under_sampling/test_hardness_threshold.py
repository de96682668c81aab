"""InstanceHardnessThreshold: what is special to it."""

import imblearn.under_sampling
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.datasets import make_classification
from sklearn.linear_model import LogisticRegression
from sklearn.tree import DecisionTreeClassifier

from imbalance_kit.under_sampling import InstanceHardnessThreshold
from imbalance_kit.under_sampling._hardness_threshold import lowest


def table(seed, n_classes=3):
    return make_classification(
        n_samples=500,
        n_features=6,
        n_informative=4,
        n_classes=n_classes,
        weights=[0.6, 0.25] if n_classes == 3 else [0.85],
        flip_y=0.05,
        random_state=seed,
    )


@pytest.mark.parametrize("n_classes", [2, 3])
@pytest.mark.parametrize("strategy", ["auto", "majority", "all"])
@pytest.mark.parametrize("cv", [2, 5])
def test_equal_to_imbalanced_learn(n_classes, strategy, cv, seed):
    X, y = table(seed, n_classes)
    options = {"estimator": LogisticRegression(), "sampling_strategy": strategy, "cv": cv}
    ours = InstanceHardnessThreshold(random_state=np.random.RandomState(seed), **options)
    theirs = imblearn.under_sampling.InstanceHardnessThreshold(
        random_state=np.random.RandomState(seed), **options
    )
    np.testing.assert_array_equal(ours.fit_resample(X, y)[0], theirs.fit_resample(X, y)[0])
    np.testing.assert_array_equal(ours.sample_indices_, theirs.sample_indices_)


def test_counts_are_kept_where_many_rows_are_equally_hard(seed):
    """A tree knows few probabilities; imbalanced-learn keeps every row at the threshold."""
    X, y = table(seed, 2)
    options = {"estimator": DecisionTreeClassifier(max_depth=2, random_state=0)}
    ours = InstanceHardnessThreshold(random_state=np.random.RandomState(seed), **options)
    theirs = imblearn.under_sampling.InstanceHardnessThreshold(
        random_state=np.random.RandomState(seed), **options
    )
    ours.fit_resample(X, y)
    theirs.fit_resample(X, y)
    assert len(ours.sample_indices_) == 2 * (y == 1).sum()
    assert len(theirs.sample_indices_) > len(ours.sample_indices_)
    assert np.isin(ours.sample_indices_, theirs.sample_indices_).all()
    assert (np.diff(ours.sample_indices_[: (y == 1).sum()]) > 0).all()


def test_the_hardest_rows_are_dropped(seed):
    X, y = table(seed)
    sampler = InstanceHardnessThreshold(random_state=seed)
    sampler.fit_resample(X, y)
    kept = np.isin(np.arange(len(y)), sampler.sample_indices_)
    for label in (0, 1):
        hardness = sampler.hardness_[y == label]
        assert hardness[kept[y == label]].max() <= hardness[~kept[y == label]].min()
    assert kept[y == 2].all()


def test_missing_values_and_categories_reach_the_default_learner(seed):
    """The label hangs on a word and on whether a number is missing; its noise is found."""
    rng = np.random.RandomState(seed)
    word, gap = rng.choice(["a", "b"], 600), rng.uniform(size=600) < 0.5
    y = ((word == "a") & gap).astype(int)
    noisy = rng.choice(np.flatnonzero(y == 1), 12, replace=False)
    y[noisy] = 0
    frame = pd.DataFrame({"word": pd.Categorical(word), "gap": np.where(gap, np.nan, 1.0)})
    sampler = InstanceHardnessThreshold(random_state=seed, sampling_strategy={0: 440})
    sampler.fit_resample(frame, y)
    assert not np.isin(noisy, sampler.sample_indices_).any()


def test_labels_may_be_words():
    X, y = table(0)
    ours = InstanceHardnessThreshold(estimator=LogisticRegression(), random_state=0)
    ours.fit_resample(X, y)
    rows = ours.sample_indices_
    ours.fit_resample(X, np.array(["a", "b", "c"])[y])
    np.testing.assert_array_equal(ours.sample_indices_, rows)


@given(
    st.lists(st.sampled_from([0.0, 0.25, 0.5, 1.0]), min_size=1, max_size=30),
    st.integers(0, 30),
    st.integers(0, 2**31),
)
def test_lowest(values, n, seed):
    values = np.array(values)
    n = min(n, len(values))
    chosen = lowest(values, n, np.random.RandomState(seed))
    assert len(np.unique(chosen)) == len(chosen) == n
    np.testing.assert_array_equal(np.sort(values[chosen]), np.sort(values)[:n])


def test_equal_values_are_drawn_evenly():
    """2 of 4 equal ones, 4000 times: each 2000 times, +-6 standard errors of 31.6 (< 1e-8)."""
    rng = np.random.RandomState(0)
    counts = sum(
        np.bincount(lowest(np.array([3.0, 1, 1, 1, 1, 0]), 3, rng), minlength=6)
        for _ in range(4000)
    )
    assert counts[0] == 0
    assert counts[5] == 4000
    assert (np.abs(counts[1:5] - 2000) < 190).all()
