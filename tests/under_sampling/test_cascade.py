"""BalanceCascadeUnderSampler: what is special to it."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.linear_model import LogisticRegression

from imbalance_kit.under_sampling import BalanceCascadeUnderSampler
from imbalance_kit.under_sampling._cascade import stage


class Recorder(ClassifierMixin, BaseEstimator):
    """Gives class 0 the probability in the first column, and notes what it was shown."""

    trained: list
    asked: list

    def fit(self, X, y):
        self.classes_ = np.unique(y)
        type(self).trained.append((X[:, 1].astype(int), y))
        return self

    def predict_proba(self, X):
        type(self).asked.append(X[:, 1].astype(int))
        return np.column_stack([X[:, 0], 1 - X[:, 0]])


@pytest.fixture
def recorder():
    Recorder.trained, Recorder.asked = [], []
    return Recorder()


def test_rounds(recorder, seed):
    """Trained before every drop, on balanced rows that are left; each round the same factor."""
    rng = np.random.RandomState(seed)
    X = np.column_stack([rng.permutation(np.linspace(0, 1, 420)), np.arange(420)])
    y = np.repeat([0, 1], [400, 20])
    sampler = BalanceCascadeUnderSampler(estimator=recorder, n_rounds=4, random_state=seed)
    sampler.fit_resample(X, y)
    sizes = [len(rows) for rows in recorder.asked]
    assert sizes == [400, *(round(400 * (20 / 400) ** (i / 4)) for i in (1, 2, 3))]
    for (rows, labels), left in zip(recorder.trained, recorder.asked, strict=True):
        assert np.bincount(labels).tolist() == [20, 20]
        assert set(rows[labels == 0]) <= set(left)
        assert set(rows[labels == 1]) == set(range(400, 420))
    for before, after in zip(recorder.asked, recorder.asked[1:], strict=False):
        assert set(after) <= set(before), "who is dropped does not come back"
    hardest = np.argsort(X[:400, 0])[:20]
    np.testing.assert_array_equal(sampler.sample_indices_[:20], np.sort(hardest))


def test_rows_near_the_border_are_left(seed):
    """On separable classes the kept rows lie nearer to the other class than the dropped ones."""
    rng = np.random.RandomState(seed)
    X = np.concatenate([rng.uniform(-10, 0, size=(500, 1)), rng.uniform(0, 1, size=(25, 1))])
    y = np.repeat([0, 1], [500, 25])
    sampler = BalanceCascadeUnderSampler(estimator=LogisticRegression(), random_state=seed)
    X_new, y_new = sampler.fit_resample(X, y)
    np.testing.assert_array_equal(
        np.sort(X_new[y_new == 0], axis=0), np.sort(X[:500], axis=0)[-25:]
    )


def test_the_order_of_equal_rows_does_not_matter():
    """A learner that learns nothing drops at random: of 40 rows in two halves 20 are kept, in
    each half 10 +- 6 standard errors of 1.6 in the mean of 50 runs (1.4); false alarm < 1e-8."""
    X, y = np.zeros((60, 1)), np.repeat([0, 1], [40, 20])
    early = []
    for start in range(50):
        sampler = BalanceCascadeUnderSampler(random_state=start, n_rounds=2)
        sampler.fit_resample(X, y)
        early.append((sampler.sample_indices_[:20] < 20).sum())
    assert abs(np.mean(early) - 10) < 1.4


def test_many_classes_and_targets(three_classes):
    X, y = three_classes
    sampler = BalanceCascadeUnderSampler(random_state=0, sampling_strategy={0: 30, 2: 25})
    _, y_new = sampler.fit_resample(X, y)
    assert np.bincount(y_new).tolist() == [30, 12, 25]


@given(st.integers(1, 10**6), st.floats(0, 1), st.integers(1, 50))
def test_stages_fall_to_the_target(n_rows, share, n_rounds):
    target = max(1, int(share * n_rows))
    stages = [stage(n_rows, target, i / n_rounds) for i in range(n_rounds + 1)]
    assert stages[0] == n_rows
    assert stages[-1] == target
    assert (np.diff(stages) <= 0).all()
