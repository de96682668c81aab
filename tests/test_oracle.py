"""The same rows as imbalanced-learn wherever both define them, and proof where we differ.

Both get RandomState objects in equal state: imbalanced-learn restarts an int seed in its helpers.
No two neighbour distances tie in these tables (asserted), for there it depends on its search
tree. Tolerance 1e-9: the same few float64 operations, in another order.
"""

import warnings
from collections import Counter

import imblearn.over_sampling
import imblearn.under_sampling
import numpy as np
import pandas as pd
import pytest
from scipy import sparse
from sklearn.datasets import make_classification
from sklearn.metrics import pairwise_distances
from sklearn.neighbors import NearestNeighbors

from imbalance_kit.calibration import correct_prior
from imbalance_kit.datasets import load_suite
from imbalance_kit.over_sampling import SMOTE, RandomOverSampler
from imbalance_kit.under_sampling import RandomUnderSampler, TomekLinks

EXACT = {"rtol": 1e-9, "atol": 1e-12}
REAL = {"breast_cancer": 2, "vowel0": 2, "wine-2": 2, "saheart": 2, "automobile": 5}


def made(n_classes, seed):
    weights = {2: [0.85], 3: [0.6, 0.25], 5: [0.4, 0.3, 0.15, 0.1]}[n_classes]
    return make_classification(
        n_samples=400,
        n_features=7,
        n_informative=5,
        n_classes=n_classes,
        weights=weights,
        random_state=seed,
    )


def real(name):
    """The numbers of a real table, and its labels; the nominal columns apart."""
    dataset = next(dataset for dataset in load_suite("embedded") if dataset.name == name)
    X, y = dataset.load()
    numbers = X.select_dtypes("number")
    return numbers.to_numpy(np.float64), X.drop(columns=numbers.columns), y.to_numpy(str)


TABLES = [pytest.param(made(k, seed), id=f"made {k} {seed}") for k in (2, 3, 5) for seed in (0, 1)]
TABLES += [
    pytest.param(real(name)[::2], id=name) for name in REAL
]  # [::2]: the numbers and the labels

every_table = pytest.mark.parametrize("table", TABLES)


def assert_no_ties(X, k=6):
    near = np.sort(pairwise_distances(X), axis=1)[:, : k + 2]
    assert (np.diff(near, axis=1) > 1e-9 * near[:, 1:]).all()


def pair_of_seeds(seed):
    return np.random.RandomState(seed), np.random.RandomState(seed)


@every_table
@pytest.mark.parametrize("k_neighbors", [1, 5])
def test_smote(table, k_neighbors, seed):
    X, y = table
    for label in np.unique(y):
        assert_no_ties(X[y == label])
    one, other = pair_of_seeds(seed)
    ours = SMOTE(random_state=one, k_neighbors=k_neighbors).fit_resample(X, y)
    theirs = imblearn.over_sampling.SMOTE(random_state=other, k_neighbors=k_neighbors)
    X_theirs, y_theirs = theirs.fit_resample(X, y)
    np.testing.assert_allclose(ours[0], X_theirs, **EXACT)
    np.testing.assert_array_equal(ours[1], y_theirs)
    assert one.randint(2**31) == other.randint(2**31), "as many draws were made"


def test_smote_float32_and_strategies():
    X, y = made(3, 2)
    for strategy in ("minority", "all", {1: 200, 2: 150}):
        one, other = pair_of_seeds(0)
        ours, _ = SMOTE(random_state=one, sampling_strategy=strategy).fit_resample(
            X.astype(np.float32), y
        )
        theirs, _ = imblearn.over_sampling.SMOTE(
            random_state=other, sampling_strategy=strategy
        ).fit_resample(X.astype(np.float32), y)
        # rounding to 24 bits, in another order
        np.testing.assert_allclose(ours, theirs, rtol=1e-5, atol=1e-5)


def test_smote_sparse(seed):
    X, y = made(3, seed)
    one, other = pair_of_seeds(seed)
    ours, _ = SMOTE(random_state=one).fit_resample(sparse.csr_matrix(X), y)
    theirs, _ = imblearn.over_sampling.SMOTE(random_state=other).fit_resample(
        sparse.csr_matrix(X), y
    )
    np.testing.assert_allclose(ours.toarray(), theirs.toarray(), **EXACT)


def test_smote_with_a_search_of_the_users(seed):
    X, y = made(3, seed)
    one, other = pair_of_seeds(seed)
    search = NearestNeighbors(n_neighbors=4)
    ours, _ = SMOTE(random_state=one, k_neighbors=search).fit_resample(X, y)
    theirs = imblearn.over_sampling.SMOTE(random_state=other, k_neighbors=search)
    np.testing.assert_allclose(ours, theirs.fit_resample(X, y)[0], **EXACT)


def mixed_tables():
    for k, seed in [(2, 0), (3, 1)]:
        X, y = made(k, seed)
        rng = np.random.RandomState(seed)
        nominal = pd.DataFrame(
            {"a": rng.choice(["x", "y", "z"], len(y)), "b": rng.choice(["p", "q"], len(y))}
        )
        yield pytest.param((X, nominal, y), id=f"made {k}")
    for name in ("saheart", "automobile"):
        yield pytest.param(real(name), id=name)


@pytest.mark.parametrize("table", list(mixed_tables()))
def test_smote_on_mixed_frames_is_smotenc(table, seed):
    X, nominal, y = table
    frame = pd.DataFrame(X, columns=[f"number {j}" for j in range(X.shape[1])])
    frame = pd.concat([frame, nominal.astype(str).astype("category")], axis=1)
    one, other = pair_of_seeds(seed)
    ours, y_ours = SMOTE(random_state=one).fit_resample(frame, y)
    theirs, y_theirs = imblearn.over_sampling.SMOTENC("auto", random_state=other).fit_resample(
        frame, y
    )
    np.testing.assert_array_equal(y_ours, y_theirs)
    for name in frame:
        if name.startswith("number"):
            np.testing.assert_allclose(ours[name], theirs[name].astype(float), **EXACT)
        else:
            assert ours[name].tolist() == theirs[name].tolist()


@every_table
@pytest.mark.parametrize("shrinkage", [None, 0.0, 1.0, 2.5])
def test_random_over_sampling(table, shrinkage, seed):
    X, y = table
    one, other = pair_of_seeds(seed)
    ours = RandomOverSampler(random_state=one, shrinkage=shrinkage)
    theirs = imblearn.over_sampling.RandomOverSampler(random_state=other, shrinkage=shrinkage)
    (X_ours, y_ours), (X_theirs, y_theirs) = ours.fit_resample(X, y), theirs.fit_resample(X, y)
    np.testing.assert_allclose(X_ours, X_theirs, **EXACT)
    np.testing.assert_array_equal(y_ours, y_theirs)
    np.testing.assert_array_equal(ours.sample_indices_, theirs.sample_indices_)


def test_smoothed_over_sampling_by_class_and_sparse(seed):
    X, y = made(3, seed)
    shrinkage = {1: 0.5, 2: 2.0}
    for table in (X, sparse.csr_matrix(X)):
        one, other = pair_of_seeds(seed)
        ours, _ = RandomOverSampler(random_state=one, shrinkage=shrinkage).fit_resample(table, y)
        theirs, _ = imblearn.over_sampling.RandomOverSampler(
            random_state=other, shrinkage=shrinkage
        ).fit_resample(table, y)
        if sparse.issparse(table):
            ours, theirs = ours.toarray(), theirs.toarray()
        np.testing.assert_allclose(ours, theirs, **EXACT)


@every_table
@pytest.mark.parametrize("replacement", [False, True])
@pytest.mark.parametrize("strategy", ["auto", "majority", "all"])
def test_random_under_sampling(table, replacement, strategy, seed):
    X, y = table
    one, other = pair_of_seeds(seed)
    options = {"replacement": replacement, "sampling_strategy": strategy}
    ours = RandomUnderSampler(random_state=one, **options)
    theirs = imblearn.under_sampling.RandomUnderSampler(random_state=other, **options)
    np.testing.assert_array_equal(ours.fit_resample(X, y)[0], theirs.fit_resample(X, y)[0])
    np.testing.assert_array_equal(ours.sample_indices_, theirs.sample_indices_)


@every_table
@pytest.mark.parametrize("strategy", ["auto", "all", "majority", "not minority"])
def test_tomek_links(table, strategy):
    X, y = table
    assert_no_ties(X, k=1)
    ours = TomekLinks(sampling_strategy=strategy)
    theirs = imblearn.under_sampling.TomekLinks(sampling_strategy=strategy)
    np.testing.assert_array_equal(ours.fit_resample(X, y)[0], theirs.fit_resample(X, y)[0])
    np.testing.assert_array_equal(ours.sample_indices_, theirs.sample_indices_)


def test_prior_correction_against_the_log_odds(seed):
    """Elkan 2001, King and Zeng 2001: the log-odds move by the difference of the prior log-odds."""
    rng = np.random.RandomState(seed)
    positive = rng.uniform(0.001, 0.999, size=200)
    before, after = rng.uniform(0.05, 0.95, size=2)

    def logit(p):
        return np.log(p) - np.log1p(-p)

    moved = logit(positive) + logit(after) - logit(before)
    ours = correct_prior(
        np.column_stack([1 - positive, positive]),
        trained_on=[1 - before, before],
        true_prior=[1 - after, after],
    )
    np.testing.assert_allclose(ours[:, 1], 1 / (1 + np.exp(-moved)), rtol=1e-9)


def test_prior_correction_against_dropped_rows(seed):
    """Dal Pozzolo et al. 2015, from the share of negatives kept."""
    rng = np.random.RandomState(seed)
    p_s = rng.uniform(size=200)
    n_negative, n_positive, kept = 9_000, 1_000, 700
    beta = kept / n_negative
    ours = correct_prior(
        np.column_stack([1 - p_s, p_s]),
        trained_on=[kept, n_positive],
        true_prior=[n_negative, n_positive],
    )
    np.testing.assert_allclose(ours[:, 1], beta * p_s / (beta * p_s - p_s + 1), rtol=1e-9)


# --- where imbalanced-learn does something else, and why it is wrong -------------------------


def share_between_equal_rows(sampler):
    """Share of the new rows that lie between a row and a copy of it: copies themselves."""
    rng = np.random.RandomState(0)
    rare = np.repeat(rng.normal(size=(10, 3)), 4, axis=0)  # every row four times
    X, y = np.concatenate([rng.normal(size=(400, 3)), rare]), np.repeat([0, 1], [400, 40])
    new = sampler.fit_resample(X, y)[0][len(X) :]
    return np.mean([(row == rare).all(axis=1).any() for row in new])


def test_a_row_is_not_its_own_neighbour_among_copies():
    """Of four equal rows each has 3 copies, so with 3 neighbours every new row is a copy: ours
    says so. imbalanced-learn leaves out the first answer, whoever it is, and keeps the row itself
    among the neighbours; with one neighbour it may even be the only one."""
    assert share_between_equal_rows(SMOTE(random_state=0, k_neighbors=3)) == 1
    rng = np.random.RandomState(0)
    X = np.repeat(rng.normal(size=(10, 3)), 4, axis=0)
    theirs = NearestNeighbors(n_neighbors=4).fit(X).kneighbors(X, return_distance=False)[:, 1:]
    assert (theirs == np.arange(40)[:, None]).any(), "the reason for the difference is still there"
    links = TomekLinks(sampling_strategy="all")
    # two equal rows of different classes are a link, as they are each other's nearest
    doubled, y = np.repeat(np.arange(10.0), 2)[:, None], np.tile([0, 1], 10)
    links.fit_resample(doubled, y)
    assert len(links.sample_indices_) == 0
    theirs = imblearn.under_sampling.TomekLinks(sampling_strategy="all")
    theirs.fit_resample(doubled, y)
    assert len(theirs.sample_indices_) > 0


def test_whole_numbers_are_not_cut_towards_zero():
    """imbalanced-learn casts to int, which cuts: the mean of positive columns falls by a half.

    With 2000 new rows the mean of ours is off by at most .5 / sqrt(2000) * 6 (six standard
    errors of a rounding error; false alarm below 1e-8)."""
    rng = np.random.RandomState(0)
    X, y = rng.randint(100, 200, size=(2300, 1)), np.repeat([0, 1], [2150, 150])
    (ours, _), (exact, _), (theirs, _) = (
        sampler.fit_resample(table, y)
        for sampler, table in [
            (SMOTE(random_state=np.random.RandomState(1)), X),
            (SMOTE(random_state=np.random.RandomState(1)), X.astype(float)),
            (imblearn.over_sampling.SMOTE(random_state=np.random.RandomState(1)), X),
        ]
    )
    new = slice(len(y), None)
    assert abs((ours[new] - exact[new]).mean()) < 0.067
    assert (ours[new] - theirs[new]).mean() > 0.3
    np.testing.assert_array_equal(ours[new], np.rint(exact[new]))


def test_an_int_seed_is_not_restarted_for_each_class():
    """Two rare classes that are translated copies: imbalanced-learn, asked with an int, shrinks
    or copies them with the same noise."""
    rng = np.random.RandomState(0)
    twin = rng.normal(size=(20, 2))
    X = np.concatenate([twin, twin + 100, rng.normal(size=(60, 2)) + 50])
    y = np.repeat([0, 1, 2], [20, 20, 60])

    def offsets(sampler):
        X_new, y_new = sampler.fit_resample(X, y)
        new = np.arange(len(y_new)) >= len(y)
        return X_new[new & (y_new == 0)], X_new[new & (y_new == 1)] - 100

    ours, theirs = (
        offsets(sampler)
        for sampler in (SMOTE(random_state=7), imblearn.over_sampling.SMOTE(random_state=7))
    )
    assert np.isclose(*theirs, atol=1e-9).all(axis=1).sum() == 40, "40 of 40 in imbalanced-learn"
    assert not np.isclose(*ours, atol=1e-9).all(axis=1).any()


def test_where_imbalanced_learn_gives_up():
    """Missing values, small classes and nominal columns only: an error there, an answer here."""
    X, y = made(2, 0)
    gaps = np.where(np.random.RandomState(0).uniform(size=X.shape) < 0.1, np.nan, X)
    few = np.concatenate([np.flatnonzero(y == 0), np.flatnonzero(y == 1)[:4]])
    words = pd.DataFrame({"a": pd.Categorical(np.where(X[:, 0] > 0, "x", "y"))})
    rival = imblearn.over_sampling
    for sampler, theirs, table, label in [
        (SMOTE(random_state=0), rival.SMOTE(), gaps, y),
        (SMOTE(random_state=0), rival.SMOTE(), X[few], y[few]),
        (SMOTE(random_state=0), rival.SMOTENC("auto"), words, y),
    ]:
        with pytest.raises(ValueError, match=r"NaN|n_neighbors|numerical features"):
            theirs.fit_resample(table, label)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # about the small class
            _, y_new = sampler.fit_resample(table, label)
        assert len(set(Counter(y_new.tolist()).values())) == 1
