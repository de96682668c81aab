"""Where imbalanced-learn does something else, and why it is wrong: one test for each difference."""

import warnings
from collections import Counter

import imblearn.over_sampling
import imblearn.under_sampling
import numpy as np
import pandas as pd
import pytest
from sklearn.cluster import KMeans
from sklearn.datasets import make_classification
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import NearestNeighbors
from sklearn.svm import SVC
from sklearn.tree import DecisionTreeClassifier

import imbalance_kit.over_sampling
import imbalance_kit.under_sampling
from imbalance_kit.over_sampling import ADASYN, SMOTE, SVMSMOTE, BorderlineSMOTE, KMeansSMOTE
from imbalance_kit.under_sampling import TomekLinks


def overlapping_classes(n_classes, n_samples=400):
    return make_classification(
        n_samples=n_samples,
        n_features=7,
        n_informative=5,
        n_classes=n_classes,
        weights={2: [0.85], 3: [0.6, 0.25]}[n_classes],
        random_state=0,
    )


def two_groups(n_large, n_small, apart):
    rng = np.random.RandomState(0)
    large, small = rng.normal(size=(n_large, 2)), rng.normal(size=(n_small, 2)) + apart
    return np.concatenate([large, small]), np.repeat([0, 1], [n_large, n_small])


def both(name, family, X, y, seed=0, **options):
    """The fitted samplers and the labels that come out, ours first; warnings off."""
    results = []
    for package in (imbalance_kit, imblearn):
        sampler = getattr(getattr(package, family), name)(**options)
        if "random_state" in sampler.get_params():
            sampler.set_params(random_state=np.random.RandomState(seed))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            results += [(sampler, *sampler.fit_resample(X, y))]
    return results


def balanced(y):
    return dict.fromkeys(np.unique(y).tolist(), np.bincount(y).max())


# --- neighbours, numbers, seeds --------------------------------------------------------------


def share_between_equal_rows(sampler):
    """Share of the new rows that lie between a row and a copy of it: copies themselves."""
    rng = np.random.RandomState(0)
    rare = np.repeat(rng.normal(size=(10, 3)), 4, axis=0)  # every row four times
    X, y = np.concatenate([rng.normal(size=(400, 3)), rare]), np.repeat([0, 1], [400, 40])
    new = sampler.fit_resample(X, y)[0][len(X) :]
    return np.mean([(row == rare).all(axis=1).any() for row in new])


@pytest.mark.exhaustive
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
    X, y = overlapping_classes(2)
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


def test_equal_distances_do_not_depend_on_the_search():
    """On a grid imbalanced-learn's rows change with the tree that finds the neighbours, which it
    chooses by the number of columns. Here the first rows of the table count."""
    rng = np.random.RandomState(0)
    X, y = rng.randint(4, size=(300, 3)).astype(float), np.repeat([0, 1], [220, 80])

    def made(sampler):
        return sampler.fit_resample(X, y)[0]

    tree, brute = (
        made(
            imblearn.over_sampling.SMOTE(
                random_state=np.random.RandomState(0),
                k_neighbors=NearestNeighbors(n_neighbors=6, algorithm=algorithm),
            )
        )
        for algorithm in ("kd_tree", "brute")
    )
    assert not np.allclose(tree, brute)
    columns = np.c_[X, np.zeros((len(X), 20))]  # as many as make imbalanced-learn leave the tree
    few = SMOTE(random_state=0).fit_resample(X, y)[0]
    many = SMOTE(random_state=0).fit_resample(columns, y)[0]
    np.testing.assert_array_equal(few, many[:, :3])


def test_labels_of_any_kind():
    """imbalanced-learn counts votes by a function for numbers, and looks probabilities up in the
    column that the label names."""
    X, y = overlapping_classes(2)
    words = np.array(["no", "yes"])[y]
    for name, options in [
        ("EditedNearestNeighbours", {"kind_sel": "mode"}),
        ("InstanceHardnessThreshold", {"estimator": LogisticRegression()}),
    ]:
        theirs = getattr(imblearn.under_sampling, name)(**options)
        with pytest.raises((TypeError, IndexError)):
            theirs.fit_resample(X, words)
        ours = getattr(imbalance_kit.under_sampling, name)(**options)
        if "random_state" in ours.get_params():
            ours.set_params(random_state=0)
        _, by_words = ours.fit_resample(X, words)
        _, by_numbers = ours.fit_resample(X, y)
        np.testing.assert_array_equal(by_words, np.array(["no", "yes"])[by_numbers])


# --- numbers of rows -------------------------------------------------------------------------


def test_adasyn_makes_what_was_asked_for():
    """imbalanced-learn rounds the share of every row and makes as many as come out."""
    X, y = overlapping_classes(3)
    (_, _, ours), (_, _, theirs) = both("ADASYN", "over_sampling", X, y)
    assert Counter(ours.tolist()) == balanced(y)
    assert Counter(theirs.tolist()) != balanced(y)


def test_kmeans_smote_makes_what_was_asked_for():
    """imbalanced-learn rounds the share of every cluster up."""
    X, y = overlapping_classes(2)
    options = {"kmeans_estimator": 5, "cluster_balance_threshold": 0.01}
    (_, _, ours), (_, _, theirs) = both("KMeansSMOTE", "over_sampling", X, y, **options)
    assert Counter(ours.tolist()) == balanced(y)
    assert len(theirs) > len(ours)


def test_kmeans_smote_works_with_its_defaults():
    """imbalanced-learn's threshold rules out every cluster of most tables, which is an error."""
    X, y = make_classification(n_samples=600, weights=[0.95], flip_y=0, random_state=3)
    theirs = imblearn.over_sampling.KMeansSMOTE(random_state=0)
    with pytest.raises(RuntimeError, match="No clusters found"):
        theirs.fit_resample(X, y)
    with pytest.warns(UserWarning, match="threshold|No cluster"):
        _, y_new = KMeansSMOTE(random_state=0).fit_resample(X, y)
    assert Counter(y_new.tolist()) == balanced(y)


@pytest.mark.parametrize("kind", ["borderline-1", "borderline-2"])
def test_borderline_smote_without_a_border(kind):
    """imbalanced-learn makes no rows, in silence, when no row is in danger."""
    X, y = two_groups(80, 20, apart=50.0)
    (_, _, ours), (_, _, theirs) = both("BorderlineSMOTE", "over_sampling", X, y, kind=kind)
    assert Counter(ours.tolist()) == balanced(y)
    assert len(theirs) == len(y)
    with pytest.warns(UserWarning, match="in danger"):
        BorderlineSMOTE(random_state=0, kind=kind).fit_resample(X, y)


def test_svm_smote_where_all_support_vectors_are_safe():
    """imbalanced-learn sets a part of the rows aside for those in danger and does not make it
    when there are none."""
    X, y = two_groups(80, 40, apart=9.0)
    (_, _, ours), (_, _, theirs) = both("SVMSMOTE", "over_sampling", X, y, svm_estimator=SVC())
    assert Counter(ours.tolist()) == balanced(y)
    assert len(theirs) < len(ours)


def test_svm_smote_where_all_support_vectors_are_noise():
    rng = np.random.RandomState(0)
    X = np.concatenate([rng.normal(size=(200, 2)), 0.1 * rng.normal(size=(4, 2)) + [[3, 3]]])
    X[200:] = X[[3, 50, 90, 120]] + 1e-3  # each alone among the others
    y = np.repeat([0, 1], [200, 4])
    options = {"k_neighbors": 2, "random_state": 0}
    with pytest.raises(ValueError, match="noise"):
        imblearn.over_sampling.SVMSMOTE(**options).fit_resample(X, y)
    with pytest.warns(UserWarning, match="noise"):
        _, y_new = SVMSMOTE(**options).fit_resample(X, y)
    assert Counter(y_new.tolist()) == balanced(y)


def test_adasyn_without_foreign_neighbours():
    X, y = two_groups(80, 20, apart=50.0)
    with pytest.raises(RuntimeError, match="majority"):
        imblearn.over_sampling.ADASYN(random_state=0).fit_resample(X, y)
    with pytest.warns(UserWarning, match="neighbour of another class"):
        _, y_new = ADASYN(random_state=0).fit_resample(X, y)
    assert Counter(y_new.tolist()) == balanced(y)


def test_instance_hardness_keeps_what_was_asked_for():
    """A tree knows few probabilities; imbalanced-learn keeps every row at the threshold."""
    X, y = overlapping_classes(2)
    (ours, _, y_ours), (theirs, _, y_theirs) = both(
        "InstanceHardnessThreshold",
        "under_sampling",
        X,
        y,
        estimator=DecisionTreeClassifier(max_depth=3),
    )
    assert set(Counter(y_ours.tolist()).values()) == {np.bincount(y).min()}
    assert len(y_theirs) > len(y_ours)
    assert set(ours.sample_indices_) <= set(theirs.sample_indices_)


def test_cluster_centroids_give_each_row_once():
    """Two centroids may share their nearest row; with "hard" voting imbalanced-learn then gives
    that row twice. A row without a copy comes out once here."""
    rng = np.random.RandomState(0)
    X, y = rng.normal(size=(300, 2)), np.repeat([0, 1], [200, 100])

    class Crowded(KMeans):
        """Centroids in pairs at the same place."""

        def fit(self, X, y=None):
            super().fit(X)
            self.cluster_centers_[1::2] = self.cluster_centers_[:-1:2]
            return self

    options = {"voting": "hard", "estimator": Crowded(n_init=1, random_state=0)}
    (_, ours, y_ours), (_, theirs, y_theirs) = both(
        "ClusterCentroids", "under_sampling", X, y, **options
    )
    assert len(np.unique(ours[y_ours == 0], axis=0)) == 100
    assert len(np.unique(theirs[y_theirs == 0], axis=0)) == 50


# --- rows kept -------------------------------------------------------------------------------


def condensed(X, y, seed_row, label):
    """Rows of a class kept by the rule itself: in turn, those nearer to the smallest class."""
    small = np.flatnonzero(y == np.bincount(y).argmin())
    kept = [seed_row]
    for row in np.flatnonzero(y == label):
        if row != seed_row:
            near = np.concatenate([small, kept])
            nearest = near[np.argmin(((X[near] - X[row]) ** 2).sum(axis=1))]
            if y[nearest] != label:
                kept.append(row)
    return kept


def test_condensing_tries_every_row():
    """imbalanced-learn takes numbers of rows in the table for places in the class, and leaves out
    the rows that happen to stand there. Where the class comes first they are the same."""
    X, y = overlapping_classes(2)
    order = np.argsort(-y, kind="stable")  # the rare class first
    X, y = X[order], y[order]
    (ours, _, _), (theirs, _, _) = both("CondensedNearestNeighbour", "under_sampling", X, y)
    of_class = [found[y[found] == 0] for found in (ours.sample_indices_, theirs.sample_indices_)]
    expected = condensed(X, y, of_class[0][0], 0)
    np.testing.assert_array_equal(of_class[0], expected)
    assert set(of_class[1]) != set(expected)
    assert of_class[1][0] == of_class[0][0], "from the same seed"


def test_a_seed_drawn_twice_comes_out_once():
    X, y = overlapping_classes(2)
    (ours, _, _), (theirs, _, _) = both("OneSidedSelection", "under_sampling", X, y, n_seeds_S=60)
    assert len(np.unique(ours.sample_indices_)) == len(ours.sample_indices_)
    assert len(np.unique(theirs.sample_indices_)) < len(theirs.sample_indices_)


@pytest.mark.parametrize(
    "name", ["EditedNearestNeighbours", "RepeatedEditedNearestNeighbours", "AllKNN"]
)
def test_what_drops_nothing_moves_nothing(name):
    """imbalanced-learn sorts the rows by class even then, and RepeatedEditedNearestNeighbours
    applies the order twice to ``sample_indices_``, which no longer say where the rows are from."""
    X, y = two_groups(40, 20, apart=50.0)
    X, y = (part[np.random.RandomState(0).permutation(60)] for part in (X, y))
    (ours, X_ours, _), (theirs, X_theirs, _) = both(name, "under_sampling", X, y)
    np.testing.assert_array_equal(ours.sample_indices_, np.arange(60))
    np.testing.assert_array_equal(X_ours, X)
    assert len(X_theirs) == 60
    assert not np.array_equal(X_theirs, X)
    wrong = not np.array_equal(X[theirs.sample_indices_], X_theirs)
    assert wrong == (name == "RepeatedEditedNearestNeighbours")


def test_balanced_classes_are_not_shuffled():
    X, y = two_groups(30, 30, apart=1.0)
    (_, X_ours, _), (_, X_theirs, _) = both("RandomUnderSampler", "under_sampling", X, y)
    np.testing.assert_array_equal(X_ours, X)
    assert not np.array_equal(X_theirs, X)
    assert len(X_theirs) == len(X)
