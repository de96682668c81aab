"""SMOTE-IPF: what its filter drops, when it stops, and that no class disappears."""

import numpy as np
import pandas as pd
import pytest
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.neighbors import KNeighborsClassifier
from tables import unbalanced

from imbalance_kit.over_sampling import SMOTE, SMOTEIPF, _filtered


class Rule(ClassifierMixin, BaseEstimator):
    """Knows the classes beforehand: 1 where the first column is positive."""

    def fit(self, X, y):
        self.classes_ = np.unique(y)
        return self

    def predict(self, X):
        return (X[:, 0] > 0).astype(int)


class Nobody(Rule):
    """Takes every row for one of class 0."""

    def predict(self, X):
        return np.zeros(X.shape[0], dtype=int)


class Counting(Rule):
    """Agrees with everybody, and counts how often it was fitted and on how many rows."""

    fits: list = []  # shared by clones on purpose

    def fit(self, X, y):
        Counting.fits.append(len(y))
        return super().fit(X, y)


def separate(sizes=(80, 20), noise=0, seed=0):
    """Two far classes; the first `noise` rows of each bear the other's label."""
    rng = np.random.RandomState(seed)
    y = np.repeat([0, 1], sizes)
    X = rng.normal(size=(len(y), 2)) + np.where(y == 1, 10.0, -10.0)[:, None]
    y[:noise], y[sizes[0] : sizes[0] + noise] = 1, 0
    return X, y


def test_without_noise_it_is_smote():
    X, y = separate()
    filtered, plain = SMOTEIPF(random_state=0), SMOTE(random_state=0)
    X_new, y_new = filtered.fit_resample(X, y)
    X_plain, y_plain = plain.fit_resample(X, y)
    np.testing.assert_array_equal(X_new, X_plain)
    np.testing.assert_array_equal(y_new, y_plain)
    np.testing.assert_array_equal(filtered.sample_origin_, plain.sample_origin_)
    np.testing.assert_array_equal(filtered.sample_indices_, plain.sample_indices_)


@pytest.mark.parametrize("voting", ["majority", "consensus"])
def test_old_and_new_noise_goes(voting):
    """With one rule in every learner, what is left is what SMOTE makes minus what breaks it."""
    X, y = separate(noise=4)
    sampler = SMOTEIPF(random_state=0, estimator=Rule(), voting=voting)
    X_new, y_new = sampler.fit_resample(X, y)
    X_plain, y_plain = SMOTE(random_state=0).fit_resample(X, y)
    right = (X_plain[:, 0] > 0).astype(int) == y_plain
    np.testing.assert_array_equal(X_new, X_plain[right])
    np.testing.assert_array_equal(y_new, y_plain[right])
    assert 0 < (~right[:100]).sum() < (~right).sum()


def test_trees_find_planted_noise():
    X, y = separate(sizes=(300, 60), noise=3)
    sampler = SMOTEIPF(random_state=0)
    _, y_new = sampler.fit_resample(X, y)
    kept = sampler.sample_origin_[sampler.sample_origin_ >= 0]
    planted = [0, 1, 2, 300, 301, 302]
    assert not set(planted) & set(kept.tolist())
    assert len(kept) > 340
    assert set(y_new) == {0, 1}


def test_consensus_drops_less_than_majority():
    X, y = unbalanced([120, 40])
    kept = {}
    for voting in ("majority", "consensus"):
        sampler = SMOTEIPF(random_state=0, voting=voting, n_iter_no_change=1, tol=1.0)
        kept[voting] = len(sampler.fit_resample(X, y)[1])
    assert kept["majority"] < kept["consensus"]


def test_one_round_is_the_vote_of_the_partitions():
    """Neighbour classifiers need no seed, so a round can be done by hand."""
    X, y = unbalanced([60, 25, 31])
    learner = KNeighborsClassifier(n_neighbors=1)
    sampler = SMOTEIPF(estimator=learner)
    part = _filtered._partitions(y, 9, np.random.RandomState(3))
    wrong = np.zeros(len(y))
    for i in range(9):
        inside = np.flatnonzero(part == i)
        for row in range(len(y)):
            near = inside[np.argmin(((X[inside] - X[row]) ** 2).sum(axis=1))]
            wrong[row] += y[near] != y[row]
    for voting, expected in [("majority", wrong > 4.5), ("consensus", wrong == 9)]:
        sampler.set_params(voting=voting)
        np.testing.assert_array_equal(sampler._noisy(X, y, np.random.RandomState(3)), expected)


@pytest.mark.parametrize("sizes", [(45, 45), (7, 90), (3, 4, 50)])
def test_partitions_are_even_and_so_are_their_classes(sizes):
    codes = np.random.RandomState(0).permutation(np.repeat(np.arange(len(sizes)), sizes))
    part = _filtered._partitions(codes, 9, np.random.RandomState(0))
    assert np.ptp(np.bincount(part, minlength=9)) <= 1
    for code in range(len(sizes)):
        assert np.ptp(np.bincount(part[codes == code], minlength=9)) <= 1


def test_the_filter_stops_after_quiet_rounds():
    X, y = separate()
    Counting.fits = []
    sampler = SMOTEIPF(random_state=0, estimator=Counting(), n_iter_no_change=4, n_partitions=5)
    sampler.fit_resample(X, y)
    assert Counting.fits == [160 // 5] * (4 * 5)


def test_rounds_go_on_while_they_find_something():
    """8 wrong rows of 160 and more are no quiet round; after it there are none."""
    X, y = separate(noise=4)
    Counting.fits = []
    sampler = SMOTEIPF(random_state=0, estimator=Counting(), n_iter_no_change=2, n_partitions=2)
    sampler.fit_resample(X, y)
    assert len(Counting.fits) == (1 + 2) * 2


def test_no_class_disappears():
    X, y = unbalanced([40, 12])
    sampler = SMOTEIPF(random_state=0, estimator=Nobody())
    _, y_new = sampler.fit_resample(X, y)
    assert np.bincount(y_new).tolist() == [40, 40]


def test_learners_do_not_vote_on_classes_they_never_saw():
    """Two rows are in two of nine partitions; the seven others know nothing of their class."""
    X, y = separate()
    X, y = np.concatenate([X, [[50.0, 0], [51, 0]]]), np.append(y, [2, 2])
    sampler = SMOTEIPF(random_state=0, sampling_strategy={1: 80})
    _, y_new = sampler.fit_resample(X, y)
    assert np.bincount(y_new).tolist() == [80, 80, 2]


def test_nothing_to_make_is_nothing_to_filter():
    X, y = unbalanced([30, 30])
    X_new, y_new = SMOTEIPF(random_state=0).fit_resample(X, y)
    np.testing.assert_array_equal(X_new, X)
    np.testing.assert_array_equal(y_new, y)


def test_old_rows_stay_as_they_are_and_come_first():
    X, y = unbalanced([90, 30, 45])
    sampler = SMOTEIPF(random_state=0)
    X_new, y_new = sampler.fit_resample(X, y)
    origin = sampler.sample_origin_
    n_old = int((origin >= 0).sum())
    assert (origin[n_old:] == -1).all()
    assert (np.diff(origin[:n_old]) > 0).all()
    np.testing.assert_array_equal(X_new[:n_old], X[origin[:n_old]])
    assert (np.diff(y_new[n_old:]) >= 0).all()
    assert 0 < n_old < len(y)


def test_only_old_rows_left():
    """The class that is made is all noise but for what it had: the made rows go."""
    X = np.array([[-9.0], [-8], [-7], [-6], [-5], [-1], [5]])
    y = np.array([0, 0, 0, 0, 0, 1, 1])
    sampler = SMOTEIPF(random_state=3, estimator=Rule(), k_neighbors=1)
    X_new, y_new = sampler.fit_resample(X, y)
    assert ((X_new[:, 0] > 0) == y_new).all()
    assert X_new.dtype == X.dtype


def test_mixed_tables_and_gaps(mixed):
    table, y = mixed
    new, y_new = SMOTEIPF(random_state=0).fit_resample(table, y)
    assert new.shape == (len(y_new), table.shape[1])
    assert set(y_new) == {0, 1}


def test_rows_that_single_precision_cannot_hold():
    X, y = separate()
    X_new, y_new = SMOTEIPF(random_state=0).fit_resample(X * 1e150, y)
    assert np.bincount(y_new).tolist() == [80, 80]
    assert np.isfinite(X_new).all()


def test_words_as_labels():
    X, y = separate(noise=4)
    plain, named = SMOTEIPF(random_state=0), SMOTEIPF(random_state=0)
    plain.fit_resample(X, y)
    _, y_new = named.fit_resample(X, pd.Series(np.array(["no", "yes"])[y]))
    np.testing.assert_array_equal(plain.sample_indices_, named.sample_indices_)
    assert set(y_new) == {"no", "yes"}
