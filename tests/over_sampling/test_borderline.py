"""BorderlineSMOTE and SVMSMOTE: who is in danger, where new rows lie, counts, fallbacks."""

import warnings

import imblearn.over_sampling
import numpy as np
import pandas as pd
import pytest
from scipy import sparse
from sklearn.datasets import make_classification
from sklearn.metrics import pairwise_distances
from sklearn.neighbors import NearestNeighbors
from sklearn.svm import SVC, LinearSVC
from sklearn.tree import DecisionTreeClassifier
from tables import unbalanced

from imbalance_kit.over_sampling import SMOTE, SVMSMOTE, BorderlineSMOTE


def made(n_classes, seed, n_samples=300):
    weights = {2: [0.85], 3: [0.6, 0.25], 5: [0.4, 0.3, 0.15, 0.1]}[n_classes]
    return make_classification(
        n_samples=n_samples,
        n_features=7,
        n_informative=5,
        n_classes=n_classes,
        weights=weights,
        random_state=seed,
    )


def foreign_neighbours(X, y, m):
    """Rows of other classes among the m nearest of each row, from the definition."""
    distances = pairwise_distances(X)
    np.fill_diagonal(distances, np.inf)
    near = np.argsort(distances, axis=1, kind="stable")[:, :m]
    return (y[near] != y[:, None]).sum(axis=1)


FORMS = {
    "dense": (lambda X: X, 1e-9),
    "float32": (lambda X: X.astype(np.float32), 1e-5),  # rounded to 24 bits in another order
    "csr": (sparse.csr_array, 1e-9),  # imbalanced-learn's borderline-2 fails on csr_matrix
}


@pytest.mark.parametrize("form", list(FORMS))
@pytest.mark.parametrize("n_classes", [2, 3, 5])
@pytest.mark.parametrize("options", [{}, {"kind": "borderline-2"}, {"m_neighbors": 5}], ids=str)
def test_borderline_is_imbalanced_learn(n_classes, options, form, seed):
    X, y = made(n_classes, seed)
    make, tolerance = FORMS[form]
    one, other = np.random.RandomState(seed), np.random.RandomState(seed)
    ours, y_ours = BorderlineSMOTE(random_state=one, **options).fit_resample(make(X), y)
    theirs, y_theirs = imblearn.over_sampling.BorderlineSMOTE(
        random_state=other, **options
    ).fit_resample(make(X), y)
    np.testing.assert_array_equal(y_ours, y_theirs)
    if form == "csr":
        ours, theirs = ours.toarray(), theirs.toarray()
    np.testing.assert_allclose(ours, theirs, rtol=tolerance, atol=tolerance)
    assert one.randint(2**31) == other.randint(2**31), "as many draws were made"


@pytest.mark.parametrize("m_neighbors", [1, 3, 10])
def test_seeds_are_the_rows_in_danger(m_neighbors, seed):
    X, y = made(3, seed)
    sampler = BorderlineSMOTE(random_state=seed, m_neighbors=m_neighbors, k_neighbors=3)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        sampler.fit_resample(X, y)
    seeds = np.unique(sampler.sample_indices_[len(y) :])
    foreign = foreign_neighbours(X, y, m_neighbors)
    danger = (2 * foreign >= m_neighbors) & (foreign < m_neighbors)
    for label in np.unique(y):
        if danger[y == label].any():
            assert danger[seeds[y[seeds] == label]].all()


def test_borderline_2_goes_at_most_half_of_the_way_to_another_class():
    """On a line every new row tells its share of the way to the neighbour it went to."""
    X = np.array([10.0, 11, 13, 20, 24, 25, 40, 50, 60])[:, None]
    y = np.array([0, 1, 1, 0, 0, 0, 0, 0, 0])
    sampler = BorderlineSMOTE(
        random_state=0,
        kind="borderline-2",
        m_neighbors=2,
        k_neighbors=1,
        sampling_strategy={1: 2000},
    )
    X_new, _ = sampler.fit_resample(X, y)
    seeds = sampler.sample_indices_[len(y) :]
    step = X_new[len(y) :, 0] - X[seeds, 0]
    to_another, to_its_own = step[seeds == 1], step[seeds == 2]  # 11 to 10, and 13 to 11
    assert -0.5 <= to_another.min() < -0.45
    assert to_another.max() <= 0
    assert -2 <= to_its_own.min() < -1.9
    assert to_its_own.max() <= 0


def test_seeds_in_danger_at_exactly_half():
    """The two nearest rows of 11 are one of each class: half is enough, all is too many."""
    X = np.array([0.0, 1.0, 2.0, 11.0, 12.5, 13.0, 40.0, 41.0, 42.0, 43.0, 44.0, 45.0])[:, None]
    y = np.array([1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0])
    sampler = BorderlineSMOTE(random_state=0, m_neighbors=2, k_neighbors=1)
    sampler.fit_resample(X, y)
    assert set(sampler.sample_indices_[len(y) :]) == {3, 4}


@pytest.mark.parametrize("kind", ["borderline-1", "borderline-2"])
def test_without_danger_it_is_smote(kind, seed):
    X, y = unbalanced([40, 12])
    X = X + 100 * y[:, None]
    sampler = BorderlineSMOTE(random_state=seed, kind=kind)
    with pytest.warns(
        UserWarning, match="draws class 1 as SMOTE does: no row is in danger"
    ) as caught:
        X_new, y_new = sampler.fit_resample(X, y)
    assert len(caught) == 1
    assert np.bincount(y_new).tolist() == [40, 40]
    np.testing.assert_array_equal(X_new, SMOTE(random_state=seed).fit_resample(X, y)[0])


@pytest.mark.parametrize("sampler", [BorderlineSMOTE, SVMSMOTE])
@pytest.mark.parametrize("size", [1, 2, 5])
def test_tiny_classes(sampler, size):
    X, y = unbalanced([40, size])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for small_class in ("shrink", "copy"):
            _, y_new = sampler(random_state=0, small_class=small_class).fit_resample(X, y)
            assert np.bincount(y_new).tolist() == [40, 40]


def test_searches_of_the_users(seed):
    X, y = made(3, seed)
    for kind in ("borderline-1", "borderline-2"):
        counts = BorderlineSMOTE(random_state=seed, kind=kind, k_neighbors=4, m_neighbors=8)
        searches = BorderlineSMOTE(
            random_state=seed,
            kind=kind,
            k_neighbors=NearestNeighbors(n_neighbors=5),
            m_neighbors=NearestNeighbors(n_neighbors=9),
        )
        np.testing.assert_allclose(
            counts.fit_resample(X, y)[0], searches.fit_resample(X, y)[0], rtol=1e-12
        )


@pytest.mark.parametrize("sampler", [BorderlineSMOTE(kind="borderline-2"), SVMSMOTE()], ids=str)
def test_nominal_values_come_from_the_class(sampler):
    """Also where a new row goes towards another class."""
    X, y = made(2, 0)
    words = np.where(y == 1, "rare", "frequent")
    frame = pd.DataFrame(X[:, :3]).rename(columns=str).assign(word=pd.Categorical(words))
    new, y_new = sampler.set_params(random_state=0).fit_resample(frame, y)
    assert set(new["word"][y_new == 1]) == {"rare"}


# --- SVMSMOTE ------------------------------------------------------------------------------


def both_kinds_of_vectors(X, y, m=10):
    """Whether every class has support vectors in danger and safe ones."""
    support = SVC().fit(X, y).support_
    foreign = foreign_neighbours(X, y, m)
    for label in np.unique(y):
        own = support[y[support] == label]
        own = own[foreign[own] < m]
        danger = 2 * foreign[own] >= m
        if danger.all() or not danger.any():
            return False
    return True


@pytest.mark.parametrize("form", list(FORMS))
@pytest.mark.parametrize("n_classes", [2, 3, 5])
@pytest.mark.parametrize("options", [{}, {"out_step": 0.2, "m_neighbors": 6}], ids=str)
def test_svm_is_imbalanced_learn(n_classes, options, form, seed):
    """Counts of imbalanced-learn are right where a class has both kinds of support vectors."""
    X, y = made(n_classes, seed, n_samples=500)
    make, tolerance = FORMS[form]
    one, other = np.random.RandomState(seed), np.random.RandomState(seed)
    ours, y_ours = SVMSMOTE(random_state=one, **options).fit_resample(make(X), y)
    theirs, y_theirs = imblearn.over_sampling.SVMSMOTE(random_state=other, **options).fit_resample(
        make(X), y
    )
    if not both_kinds_of_vectors(X, y, options.get("m_neighbors", 10)):
        assert len(set(np.bincount(y_ours))) == 1
        return
    np.testing.assert_array_equal(y_ours, y_theirs)
    if form == "csr":
        ours, theirs = ours.toarray(), theirs.toarray()
    np.testing.assert_allclose(ours, theirs, rtol=tolerance, atol=tolerance)
    assert one.randint(2**31) == other.randint(2**31), "as many draws were made"


def test_safe_vectors_alone_keep_the_count():
    """Classes far apart: no support vector is in danger, and rows are pushed outwards."""
    X, y = unbalanced([60, 20])
    X = X + 30 * y[:, None]
    sampler = SVMSMOTE(random_state=0, k_neighbors=1, out_step=1.0)
    X_new, y_new = sampler.fit_resample(X, y)
    assert np.bincount(y_new).tolist() == [60, 60]
    theirs = imblearn.over_sampling.SVMSMOTE(random_state=0).fit_resample(X, y)[1]
    assert (theirs == 1).sum() < 60
    distances = pairwise_distances(X)
    np.fill_diagonal(distances, np.inf)
    rows = sampler.sample_indices_[80:]
    seeds = X[rows]
    away = seeds - X[distances[rows].argmin(axis=1)]  # the other class is farther
    share = ((X_new[80:] - seeds) * away).sum(axis=1) / (away**2).sum(axis=1)
    assert 0 <= share.min() < share.max() <= 1
    np.testing.assert_allclose(X_new[80:] - seeds, share[:, None] * away, atol=1e-9)


def test_noise_alone_falls_back_to_smote(seed):
    rng = np.random.RandomState(0)
    X = rng.normal(size=(200, 2))
    y = np.zeros(200, dtype=int)
    # spread so far from each other that each is among rows of the other class alone
    X[:6] = [[0, 0], [1, 1], [-1, 1], [1, -1], [-1, -1], [0.5, -0.5]]
    y[:6] = 1
    sampler = SVMSMOTE(random_state=seed, m_neighbors=2, k_neighbors=2)
    with pytest.warns(
        UserWarning, match="class 1 as SMOTE does: all its support vectors are noise"
    ):
        _, y_new = sampler.fit_resample(X, y)
    assert np.bincount(y_new).tolist() == [194, 194]


def test_the_machine_is_fitted_once_and_not_changed():
    fitted = []

    class Counting(SVC):
        def fit(self, X, y):
            fitted.append(len(y))
            return super().fit(X, y)

    X, y = made(5, 0)
    machine = Counting(C=2.0)
    SVMSMOTE(random_state=0, svm_estimator=machine).fit_resample(X, y)
    assert fitted == [300]
    assert not hasattr(machine, "support_")


@pytest.mark.parametrize("machine", [LinearSVC(), DecisionTreeClassifier()], ids=str)
def test_a_machine_without_support_vectors_is_refused(machine, two_classes):
    with pytest.raises(ValueError, match=r"support_.*has none after fit"):
        SVMSMOTE(svm_estimator=machine).fit_resample(*two_classes)


@pytest.mark.parametrize("kind", ["borderline-1", "borderline-2"])
@pytest.mark.parametrize("n_classes", [2, 3, 5])
def test_the_rows_in_danger_can_be_read(n_classes, kind, seed):
    X, y = made(n_classes, seed)
    labels = np.array(list("abcde"))[y]
    sampler = BorderlineSMOTE(kind=kind, random_state=0)
    assert not hasattr(sampler, "in_danger_indices")
    sampler.fit_resample(X, labels)
    theirs = imblearn.over_sampling.BorderlineSMOTE(kind=kind, random_state=0)
    theirs.fit_resample(X, labels)
    assert sampler.in_danger_indices.keys() == theirs.in_danger_indices.keys()
    assert sampler.in_danger_indices.keys() <= sampler.sampling_strategy_.keys()
    n_foreign = foreign_neighbours(X, y, 10)
    for label, rows in sampler.in_danger_indices.items():
        np.testing.assert_array_equal(rows, theirs.in_danger_indices[label])
        in_danger = (labels == label) & (n_foreign >= 5) & (n_foreign < 10)
        np.testing.assert_array_equal(rows, np.flatnonzero(in_danger))
    first = sampler.in_danger_indices
    sampler.set_params(m_neighbors=3).fit_resample(pd.DataFrame(X[:150]), labels[:150])
    assert sampler.in_danger_indices is not first
    assert max(rows.max() for rows in sampler.in_danger_indices.values()) < 150


def test_no_rows_in_danger_are_an_empty_dict():
    X, y = unbalanced([40, 12])
    X = X + 50.0 * y[:, None]
    sampler = BorderlineSMOTE(random_state=0)
    with pytest.warns(UserWarning, match="no row is in danger"):
        sampler.fit_resample(X, y)
    assert sampler.in_danger_indices == {}


@pytest.mark.parametrize("expected", [ValueError, RuntimeError])
def test_a_machine_without_support_vectors_is_either_error(expected, two_classes):
    sampler = SVMSMOTE(svm_estimator=DecisionTreeClassifier())
    with pytest.raises(expected, match=r"Give an SVC"):
        sampler.fit_resample(*two_classes)
