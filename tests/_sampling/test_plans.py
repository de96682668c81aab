"""Plans become rows: dense, sparse, per column, mixed, with missing values."""

import numpy as np
import pytest
from scipy import sparse

from imbalance_kit._sampling import plans
from imbalance_kit._sampling.plans import Plan, realise, realise_by
from imbalance_kit._tables.points import Mixed


@pytest.fixture
def rng():
    return np.random.RandomState(0)


@pytest.fixture
def plan():
    return Plan(seed=np.array([0, 1, 2]), partner=np.array([1, 0, 2]), gap=np.array([0.0, 0.25, 1]))


def test_the_formula(plan, rng):
    X = np.array([[0.0, 8.0], [4.0, 0.0], [1.0, 1.0]])
    np.testing.assert_array_equal(realise(X, plan, rng), [[0, 8], [3, 2], [1, 1]])


@pytest.mark.parametrize("kind", [sparse.csr_matrix, sparse.csr_array])
def test_sparse_rows_with_missing_values_are_dense_ones(kind, rng):
    """Half of the values are missing and a third zero, so all pairs of kinds meet."""
    X = rng.choice([np.nan, np.nan, np.nan, 0, 0, 1.5], size=(20, 6))
    plan = Plan(
        seed=rng.randint(20, size=80), partner=rng.randint(20, size=80), gap=rng.uniform(size=80)
    )
    new = realise(kind(X), plan, rng).toarray()
    expected = realise(X, plan, rng)
    assert np.isnan(expected).any()
    np.testing.assert_allclose(new, expected, rtol=1e-12, atol=1e-15)


def test_one_gap_per_column_draws_from_the_box(rng):
    X = np.array([[0.0, 0.0], [10.0, 100.0]])
    gap = np.array([[0.1, 0.9]])
    plan = Plan(seed=np.array([0]), partner=np.array([1]), gap=gap)
    np.testing.assert_allclose(realise(X, plan, rng), [[1, 90]])


@pytest.mark.parametrize("kind", [sparse.csr_matrix, sparse.csr_array])
def test_sparse_is_dense(kind, rng):
    X = rng.normal(size=(20, 6)) * (rng.uniform(size=(20, 6)) < 0.4)
    plan = Plan(
        seed=rng.randint(20, size=50), partner=rng.randint(20, size=50), gap=rng.uniform(size=50)
    )
    new = realise(kind(X), plan, rng)
    assert sparse.issparse(new)
    np.testing.assert_allclose(new.toarray(), realise(X, plan, rng), rtol=1e-12, atol=1e-15)


def test_missing_values(plan, rng):
    """Missing only if both parents' are; else the value of the parent that has one."""
    nan = np.nan
    X = np.array([[nan, 1.0, nan], [4.0, nan, nan], [nan, 1.0, 5.0]])
    np.testing.assert_array_equal(realise(X, plan, rng), [[4, 1, nan], [4, 1, nan], [nan, 1, 5]])


def test_a_plan_without_rows(rng):
    empty = np.empty(0, dtype=int)
    plan = Plan(seed=empty, partner=empty, gap=np.empty(0))
    assert realise(np.ones((3, 2)), plan, rng).shape == (0, 2)


def test_the_rows_are_not_changed(plan, rng):
    X = np.array([[0.0, np.nan], [4.0, 0.0], [1.0, 1.0]])
    before = X.copy()
    realise(X, plan, rng)
    np.testing.assert_array_equal(X, before)


def mixed(codes):
    codes = np.array(codes, dtype=np.int32)
    return Mixed(np.arange(float(len(codes)))[:, None], codes, np.ones(codes.shape[1]))


def test_the_majority_of_the_voters_wins(rng):
    X = mixed([[0, 2], [1, 2], [1, -1], [0, -1], [1, -1]])
    plan = Plan(
        seed=np.array([0]),
        partner=np.array([1]),
        gap=np.array([0.5]),
        voters=np.array([[1, 2, 3, 4]]),
    )
    new = realise(X, plan, rng)
    assert new.category_codes.tolist() == [[1, -1]], "a missing value is a level that can win"
    assert new.numbers.tolist() == [[0.5]]


def test_without_voters_the_seed_decides(rng):
    X = mixed([[7], [3]])
    plan = Plan(seed=np.array([1, 0]), partner=np.array([0, 1]), gap=np.array([0.5, 0.5]))
    assert realise(X, plan, rng).category_codes.tolist() == [[3], [7]]


def test_ties_are_broken_at_random_and_evenly(rng):
    """Three levels with the same votes: each wins a third of 3000 rows.

    False alarm: six standard errors of a binomial share, below 1e-8 for all three.
    """
    X = mixed([[0], [1], [2], [0], [1], [2], [9]])
    n = 3000
    plan = Plan(
        seed=np.full(n, 6),
        partner=np.full(n, 6),
        gap=np.zeros(n),
        voters=np.tile([0, 1, 2, 3, 4, 5, 6], (n, 1)),
    )
    shares = np.bincount(realise(X, plan, rng).category_codes[:, 0], minlength=10) / n
    assert shares[9] == 0, "one vote of seven does not win"
    np.testing.assert_allclose(shares[:3], 1 / 3, atol=6 * np.sqrt(2 / 9 / n))


def halfway(start, end, block):
    return (start + end) / 2


def every_kind(X):
    return [X, sparse.csr_matrix(X), sparse.csr_array(X), X.astype(np.float32)]


@pytest.mark.parametrize("k", range(4))
def test_a_rule_of_the_methods_own(k, rng, monkeypatch):
    """The rule sees numbers, whatever the kind; blocks of a sparse table join seamlessly."""
    monkeypatch.setattr(plans, "_BLOCK_ELEMENTS", 30)
    X = rng.normal(size=(20, 6)) * (rng.uniform(size=(20, 6)) < 0.6)
    plan = Plan(seed=rng.randint(20, size=33), partner=rng.randint(20, size=33), gap=np.full(33, 9))
    table = every_kind(X)[k]
    seen = []

    def rule(start, end, block):
        seen.extend(range(block.start, block.stop))
        return halfway(start, end, block)

    new = realise_by(rule, table, plan, rng)
    assert seen == list(range(33))
    assert new.dtype == table.dtype
    assert sparse.issparse(new) == sparse.issparse(table)
    numbers = new.toarray() if sparse.issparse(new) else new
    np.testing.assert_allclose(numbers, (X[plan.seed] + X[plan.partner]) / 2, atol=1e-6)


@pytest.mark.parametrize("kind", [np.asarray, sparse.csr_array])
def test_a_rule_sees_medians_and_leaves_gaps(kind, rng):
    """What both parents miss stays missing; the rule itself meets no missing value."""
    nan = np.nan
    X = np.array([[nan, 1.0], [nan, nan], [4.0, 3.0], [6.0, 5.0]])
    plan = Plan(seed=np.array([0, 0]), partner=np.array([1, 2]), gap=np.zeros(2))

    def rule(start, end, block):
        assert not np.isnan(start).any()
        assert not np.isnan(end).any()
        return halfway(start, end, block)

    new = realise_by(rule, kind(X), plan, rng)
    new = new.toarray() if sparse.issparse(new) else new
    np.testing.assert_array_equal(new, [[nan, 2.0], [4.5, 2.0]])  # medians 5 and 3


def test_a_rule_on_mixed_points_leaves_levels_to_the_vote(rng):
    points = Mixed(np.arange(4.0)[:, None], np.array([[0], [1], [1], [1]], np.int32), np.ones(1))
    voters = np.array([[1, 2, 3]])
    plan = Plan(seed=np.array([0]), partner=np.array([1]), gap=np.zeros(1), voters=voters)
    new = realise_by(halfway, points, plan, rng)
    assert new.numbers.tolist() == [[0.5]]
    assert new.category_codes.tolist() == [[1]]
