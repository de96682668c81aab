"""Dask: partitions are asked and drawn from where they are, alone and on a cluster."""

import os
import signal
import warnings

import dask
import dask.array as da
import dask.dataframe as dd
import numpy as np
import pandas as pd
import pytest
from lightgbm import LGBMClassifier
from processes import SECONDS, until
from scipy import stats
from sklearn.base import clone
from sklearn.datasets import make_classification
from sklearn.metrics import average_precision_score
from sklearn.tree import DecisionTreeClassifier
from tables import unbalanced

from imbalance_kit._sampling.shares import stratified_part
from imbalance_kit.ensemble import BalanceCascadeClassifier, SelfPacedEnsembleClassifier
from imbalance_kit.ensemble._larger_than_memory.partitioned_scores import soft_counts, split_among
from imbalance_kit.under_sampling._self_paced import bin_counts

N_ROUNDS = 5


def small(**parameters):
    tree = DecisionTreeClassifier(max_depth=3)
    defaults = {"estimator": tree, "n_estimators": N_ROUNDS, "replacement": False}
    return SelfPacedEnsembleClassifier(**{**defaults, "random_state": 0, **parameters})


def partitioned(X, n_rows=150):
    return da.from_array(X, chunks=(n_rows, 2))


@pytest.fixture(scope="module")
def table():
    X, y = unbalanced([900, 40, 300])
    return X.astype(np.float32), y


# --- what a round sees -----------------------------------------------------------------------


@pytest.mark.parametrize("sampling", ["hard", "soft"])
@pytest.mark.parametrize("replacement", [False, True])
def test_every_round_holds_exactly_the_targets(sampling, replacement, table):
    X, y = table
    model = small(sampling=sampling, replacement=replacement).fit(partitioned(X), y)
    assert len(model.estimators_) == N_ROUNDS
    for rows in model.estimators_samples_:
        assert np.bincount(y[rows]).tolist() == [40, 40, 40]
        large = rows[y[rows] != 1]
        if not replacement:
            assert len(set(large.tolist())) == len(large)


def test_learners_are_trained_on_the_rows_named(table):
    X, y = table
    for stored in (partitioned(X), dd.from_pandas(pd.DataFrame(X, columns=list("abcd")))):
        model = small(n_iter_no_change=4).fit(stored, y)
        for learner, rows in zip(model.estimators_, model.estimators_samples_, strict=True):
            again = clone(learner).fit(X[rows], y[rows])
            np.testing.assert_array_equal(learner.predict_proba(X), again.predict_proba(X))


@pytest.mark.parametrize("early", [{}, {"n_iter_no_change": 9, "validation_fraction": 0.2}])
def test_rounds_follow_the_schedule(early):
    """Each bin gives as many rows as the same hardness would give in memory, in every round."""
    X, y = unbalanced([600, 40], n_columns=3)
    model = small(k_bins=4, **early).fit(partitioned(X, 70), y)
    own = np.flatnonzero(y == 0)
    if early:
        opening = np.random.RandomState(np.random.RandomState(0).randint(2**31 - 1))
        own = np.setdiff1d(own, stratified_part(y, 0.2, opening)[1])
    n_small = len(y[y == 1]) - (8 if early else 0)
    for number in range(1, N_ROUNDS):
        said = [learner.predict_proba(X[own])[:, 0] for learner in model.estimators_[:number]]
        alpha = np.tan(np.pi / 2 * number / (N_ROUNDS - 1))
        bins, counts = bin_counts(
            1 - np.mean(said, axis=0), n_small, k_bins=4, alpha=alpha, replacement=False
        )
        drawn = np.isin(own, model.estimators_samples_[number])
        assert np.bincount(bins[drawn], minlength=4).tolist() == counts.tolist()


def test_jobs_do_not_change_the_model(table):
    X, y = table
    one, other = (
        small(learners_per_round=2, n_jobs=n_jobs).fit(partitioned(X), y) for n_jobs in (None, 2)
    )
    assert_same_model(one, other, X)


def test_the_running_mean_holds_the_learners_so_far(table):
    X, y = table
    seen = []

    def hardness(p_true):
        seen.append(p_true.copy())
        return 1 - p_true

    with dask.config.set(scheduler="synchronous"):
        model = small(hardness=hardness).fit(partitioned(X, len(X)), y)
    per_round = [np.array(seen[2 * number]) for number in range(N_ROUNDS)]
    for number in range(1, N_ROUNDS):
        said = [learner.predict_proba(X[y == 0])[:, 0] for learner in model.estimators_[:number]]
        np.testing.assert_allclose(per_round[number], np.mean(said, axis=0), rtol=1e-12)


@pytest.mark.exhaustive
def test_one_round_draws_rows_alike():
    """How often each of 60 rows on five partitions is drawn in 300 fits is uniform (chi-squared,
    threshold 1e-7)."""
    X, y = unbalanced([60, 15], n_columns=1)
    seen = np.zeros(len(y))
    with dask.config.set(scheduler="synchronous"):
        for seed in range(300):
            model = small(n_estimators=1, bootstrap=False, random_state=seed)
            (rows,) = model.fit(partitioned(X, 15), y).estimators_samples_
            np.add.at(seen, rows, 1)
    assert (seen[y == 1] == 300).all()
    assert stats.chisquare(seen[y == 0]).pvalue > 1e-7


# --- the two draws at the client -------------------------------------------------------------


@pytest.mark.parametrize("replacement", [False, True])
def test_portions_add_up_and_fit(replacement, seed):
    rng = np.random.RandomState(seed)
    population = rng.randint(0, 6, size=(5, 4))
    population[:, 2] = 0
    counts = population.sum(axis=0) // 2 + replacement * (population.sum(axis=0) > 0)
    portions = split_among(population, counts, replacement, rng)
    assert portions.sum(axis=0).tolist() == counts.tolist()
    assert (portions[population == 0] == 0).all()
    if not replacement:
        assert (portions <= population).all()
        everything = split_among(population, population.sum(axis=0), False, rng)
        np.testing.assert_array_equal(everything, population)


@pytest.mark.parametrize("replacement", [False, True])
def test_portions_have_the_distribution_of_a_draw(replacement):
    """Against numpy's draws of single rows: the numbers from three partitions over 4,000 draws
    (chi-squared on their joint frequencies, threshold 1e-7)."""
    rng = np.random.RandomState(0)
    sizes = np.array([3, 5, 4])
    owner = np.repeat([0, 1, 2], sizes)
    found, expected = np.zeros((6, 6)), np.zeros((6, 6))
    for _ in range(4000):
        one = split_among(sizes[:, None], np.array([5]), replacement, rng)[:, 0]
        other = np.bincount(owner[rng.choice(12, size=5, replace=replacement)], minlength=3)
        found[one[0], one[1]] += 1
        expected[other[0], other[1]] += 1
    often = found + expected >= 20
    table = np.array([found[often], expected[often]])
    assert stats.chi2_contingency(table).pvalue > 1e-7


@pytest.mark.parametrize("replacement", [False, True])
def test_soft_counts_have_the_distribution_of_a_weighted_draw(replacement):
    """Against numpy's draw with a probability for each row, 4,000 times (threshold 1e-7)."""
    rng = np.random.RandomState(0)
    population, share = np.array([20, 0, 6, 3]), np.array([1.0, 0.0, 2.0, 5.0])
    bins = np.repeat(np.arange(4), population)
    chance = (share / np.maximum(population, 1))[bins]
    found, expected = np.zeros((9, 9)), np.zeros((9, 9))
    for _ in range(4000):
        one = soft_counts(8, population, share, replacement, rng)
        rows = rng.choice(29, size=8, replace=replacement, p=chance / chance.sum())
        other = np.bincount(bins[rows], minlength=4)
        assert one.sum() == 8
        found[one[0], one[2]] += 1
        expected[other[0], other[2]] += 1
    often = found + expected >= 20
    assert stats.chi2_contingency(np.array([found[often], expected[often]])).pvalue > 1e-7


# --- scores ----------------------------------------------------------------------------------


@pytest.mark.exhaustive
def test_scores_are_those_of_the_fit_in_memory():
    """Mean average precision over 20 seeds, on partitions and in memory. The difference stays
    within 6 standard errors plus .005 (false alarm below 1e-6)."""
    X, y = make_classification(6000, 6, weights=[0.97], flip_y=0, class_sep=0.7, random_state=0)
    half = np.arange(len(X)) < 3000
    stored = partitioned(X[half], 400)
    scores = np.empty((20, 2))
    with dask.config.set(scheduler="synchronous"):
        for seed in range(20):
            for place, given in enumerate((stored, X[half])):
                model = small(random_state=seed, pool_size=None).fit(given, y[half])
                proba = model.predict_proba(X[~half])[:, 1]
                scores[seed, place] = average_precision_score(y[~half], proba)
    error = np.sqrt(scores.var(axis=0).sum() / 20)
    assert abs(np.diff(scores.mean(axis=0))[0]) < 6 * error + 0.005


# --- a cluster -------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def cluster():
    distributed = pytest.importorskip("distributed", reason="comes with the extra `dask`")
    with (
        dask.config.set({"distributed.worker.memory.terminate": False}),
        distributed.LocalCluster(
            n_workers=2,
            threads_per_worker=1,
            processes=True,
            memory_limit=0,
            dashboard_address=None,
            host="127.0.0.1",
        ) as found,
    ):
        yield found


@pytest.fixture
def client(cluster):
    from distributed import Client

    with Client(cluster) as found:
        found.wait_for_workers(2, timeout=SECONDS)
        yield found


def assert_same_model(one, other, X):
    assert len(one.estimators_) == len(other.estimators_)
    for rows, again in zip(one.estimators_samples_, other.estimators_samples_, strict=True):
        np.testing.assert_array_equal(rows, again)
    np.testing.assert_array_equal(one.predict_proba(X), other.predict_proba(X))


@pytest.mark.exhaustive
def test_a_cluster_gives_the_same_model(client, table):
    X, y = table
    assert client.submit(os.getpid).result() != os.getpid()
    learner = LGBMClassifier(n_estimators=3, verbose=-1, n_jobs=1)
    for parameters in ({"estimator": learner}, {"n_iter_no_change": 4, "sampling": "soft"}):
        model = small(**parameters).fit(partitioned(X).persist(), y)
        with dask.config.set(scheduler="threads"):
            alone = small(**parameters).fit(partitioned(X), y)
        assert_same_model(model, alone, X)
        np.testing.assert_array_equal(model.predict_proba(partitioned(X)), model.predict_proba(X))


@pytest.mark.exhaustive
def test_a_cluster_gathers_the_pool_of_the_others(client, table):
    X, y = table
    model, alone = (
        BalanceCascadeClassifier(n_estimators=3, pool_size=60, random_state=0).fit(stored, y)
        for stored in (partitioned(X).persist(), X)
    )
    assert_same_model(model, alone, X)


class KillsAWorker(DecisionTreeClassifier):
    """In its third fit it ends a worker without a word."""

    fits = 0
    victim = None

    def fit(self, X, y, sample_weight=None, check_input=True):
        KillsAWorker.fits += 1
        if KillsAWorker.fits == 3:
            os.kill(KillsAWorker.victim, signal.SIGKILL)
        return super().fit(X, y, sample_weight, check_input)


@pytest.mark.exhaustive
def test_a_lost_worker_does_not_lose_the_fit(client, table):
    """The worker takes its partitions and sums along; the other makes them again."""
    X, y = table
    before = client.run(os.getpid)
    stored = partitioned(X).persist()
    KillsAWorker.fits, KillsAWorker.victim = 0, next(iter(before.values()))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # distributed tells of what it lost
        model = small(estimator=KillsAWorker(max_depth=3)).fit(stored, y)
    assert KillsAWorker.fits == N_ROUNDS
    # a worker that is being lost cannot answer
    until(lambda: KillsAWorker.victim not in client.run(os.getpid, on_error="ignore").values())
    with dask.config.set(scheduler="threads"):
        alone = small().fit(partitioned(X), y)
    assert_same_model(model, alone, X)
