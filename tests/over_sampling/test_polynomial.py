"""PolynomFitSMOTE: where the lines and the curve run, and how rows are shared among them."""

from collections import Counter
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import sparse
from tables import unbalanced

from imbalance_kit.over_sampling import PolynomFitSMOTE
from imbalance_kit.over_sampling._polynomial import pair_of, share_lines
from over_sampling.marked import resample_marked


@given(st.integers(1, 30), st.integers(1, 100), st.integers(0, 10))
def test_lines_get_as_many_rows_as_others_or_one_more(n_lines, n, seed):
    line, gap = share_lines(n_lines, n, np.random.RandomState(seed))
    assert len(line) == len(gap) == n
    counts = Counter(line.tolist())
    assert set(counts) <= set(range(n_lines))
    per_line = [counts.get(i, 0) for i in range(n_lines)]
    assert max(per_line) - min(per_line) <= 1
    for i, count in counts.items():
        expected = [j / (count + 1) for j in range(1, count + 1)]
        np.testing.assert_allclose(gap[line == i], expected, rtol=1e-12)


def test_pairs_are_counted_through():
    expected = [(a, b) for b in range(1, 60) for a in range(b)]
    lower, upper = pair_of(np.arange(len(expected)))
    assert list(zip(lower.tolist(), upper.tolist(), strict=True)) == expected
    # where the square root of a float is no longer exact
    upper = np.array([10**8, 94_906_267, 2 * 10**8 + 1])
    first = upper * (upper - 1) // 2
    for shift in (0, 1, upper - 1):
        lower, found = pair_of(first + shift)
        np.testing.assert_array_equal(found, upper)
        np.testing.assert_array_equal(lower, np.broadcast_to(shift, 3))


def cross(n_new, n_rare=5):
    rng = np.random.RandomState(0)
    X = rng.normal(size=(2 * n_rare + n_new, 3))
    return X, np.repeat([1, 0], [n_rare, n_rare + n_new])


@pytest.mark.parametrize("each", [1, 2, 3])
def test_star(each):
    """Whole numbers of rows for each line: nothing is left to chance."""
    X, y = cross(5 * each - 5)
    X_new, _ = PolynomFitSMOTE(sampling_strategy={1: 5 + 5 * each}).fit_resample(X, y)
    centre = X[:5].mean(axis=0)
    shares = [j / (each + 1) for j in range(1, each + 1)]
    expected = [row + share * (centre - row) for row in X[:5] for share in shares]
    np.testing.assert_allclose(X_new[len(y) :], expected, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("each", [1, 2, 3])
def test_bus(each):
    X, y = cross(20)
    sampler = PolynomFitSMOTE(sampling_strategy={1: 5 + 4 * each}, topology="bus")
    X_new, _ = sampler.fit_resample(X, y)
    shares = [j / (each + 1) for j in range(1, each + 1)]
    expected = [a + s * (b - a) for a, b in pairwise(X[:5]) for s in shares]
    np.testing.assert_allclose(X_new[len(y) :], expected, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("each", [1, 2])
def test_mesh(each):
    X, y = cross(40)
    sampler = PolynomFitSMOTE(sampling_strategy={1: 5 + 10 * each}, topology="mesh")
    seeds, partners, gaps = resample_marked(sampler, X, y)
    lines = Counter(frozenset(pair) for pair in zip(seeds, partners, strict=True))
    assert lines == dict.fromkeys((frozenset((a, b)) for b in range(5) for a in range(b)), each)
    np.testing.assert_allclose(
        np.unique(gaps.round(9)), np.arange(1, each + 1).round(9) / (each + 1)
    )


def test_more_lines_than_rows():
    """Distinct pairs, each with its middle; false alarm of equal draws 1 / C(4950, 30) < 1e-60."""
    X, y = unbalanced([130, 100])
    sampler = PolynomFitSMOTE(topology="mesh", random_state=0)
    seeds, partners, gaps = resample_marked(sampler, X, y)
    np.testing.assert_allclose(gaps, 0.5)
    lines = {frozenset(pair) for pair in zip(seeds, partners, strict=True)}
    assert len(lines) == 30
    again = resample_marked(sampler.set_params(random_state=1), X, y)
    assert lines != {frozenset(pair) for pair in zip(*again[:2], strict=True)}


@pytest.mark.parametrize("degree", [1, 2, 3])
def test_rows_of_a_curve_come_back_on_the_curve(degree):
    """The class lies on polynomials of its order; its means rise, so the order is found."""
    place = np.arange(12.0)
    curve = np.column_stack([100 * place, place**degree, 5 - place + 0.1 * place**degree])
    X = np.concatenate([curve[np.random.RandomState(0).permutation(12)], np.ones((200, 3))])
    y = np.repeat([1, 0], [12, 200])
    sampler = PolynomFitSMOTE(topology=f"poly_{degree}", random_state=0)
    X_new, _ = sampler.fit_resample(X, y)
    new = X_new[len(y) :]
    t = new[:, 0] / 100
    assert 0 <= t.min() < 0.5
    assert 10.5 < t.max() <= 11
    np.testing.assert_allclose(new[:, 1], t**degree, atol=1e-8)
    np.testing.assert_allclose(new[:, 2], 5 - t + 0.1 * t**degree, atol=1e-8)
    assert (np.abs(X[sampler.sample_indices_[len(y) :], 0] / 100 - t) <= 0.5 + 1e-9).all()


def test_curves_are_least_squares(seed):
    """numpy's polynomial fit of each column is the reference."""
    X, y = unbalanced([60, 15])
    X_new, _ = PolynomFitSMOTE(topology="poly_2", random_state=seed).fit_resample(X, y)
    own = X[y == 1]
    own = own[np.argsort(own.mean(axis=1))]
    fitted = [np.polynomial.Polynomial.fit(np.arange(15), column, 2) for column in own.T]
    place = (np.random.RandomState(seed).uniform(-1, 1, size=45) + 1) * 7
    expected = np.column_stack([polynomial(place) for polynomial in fitted])
    np.testing.assert_allclose(X_new[75:], expected, atol=1e-10)


@pytest.mark.parametrize("topology", ["star", "poly_2"])
def test_sparse_tables_and_gaps(topology):
    X, y = unbalanced([60, 15])
    X[X < 0] = 0
    X[np.random.RandomState(1).uniform(size=X.shape) < 0.1] = np.nan
    sampler = PolynomFitSMOTE(topology=topology, random_state=0)
    expected, _ = sampler.fit_resample(X, y)
    np.testing.assert_array_equal(np.isnan(expected), np.isnan(X[sampler.sample_indices_]))
    found, _ = sampler.fit_resample(sparse.csr_array(X), y)
    np.testing.assert_allclose(found.toarray(), expected, atol=1e-12)


@pytest.mark.parametrize("topology", ["star", "bus", "mesh", "poly_2"])
def test_tables_of_nominal_columns_alone(topology):
    rng = np.random.RandomState(0)
    frame = pd.DataFrame({"word": pd.Categorical(rng.choice(["a", "b", "c"], size=40))})
    y = np.repeat([0, 1], [30, 10])
    new, y_new = PolynomFitSMOTE(topology=topology, random_state=0).fit_resample(frame, y)
    assert len(new) == 60
    assert set(new["word"][y_new == 1]) <= set(frame["word"][y == 1])


def test_small_classes():
    X, y = unbalanced([30, 3])
    for topology in ("star", "bus", "mesh", "poly_2"):  # three rows are enough
        sampler = PolynomFitSMOTE(topology=topology, small_class="raise")
        assert len(sampler.fit_resample(X, y)[0]) == 60
    sampler = PolynomFitSMOTE(topology="poly_5", random_state=0)
    with pytest.warns(UserWarning, match="too few for topology='poly_5': the degree is 2 for it"):
        lower, _ = sampler.fit_resample(X, y)
    expected, _ = PolynomFitSMOTE(topology="poly_2", random_state=0).fit_resample(X, y)
    np.testing.assert_array_equal(lower, expected)
    sampler.set_params(small_class="copy")
    np.testing.assert_array_equal(sampler.fit_resample(X, y)[0], X[sampler.sample_indices_])
    message = r"Class 1 has 3 samples; topology='poly_5' needs at least 6"
    with pytest.raises(ValueError, match=message):
        sampler.set_params(small_class="raise").fit_resample(X, y)
    X, y = unbalanced([30, 1])
    with pytest.raises(ValueError, match=r"Class 1 has 1 samples; topology='star'"):
        PolynomFitSMOTE(small_class="raise").fit_resample(X, y)


@pytest.mark.parametrize("topology", ["ring", "poly", "poly_0", "poly_x", "poly_-1", "poly_2.5"])
def test_unknown_topologies_are_named(topology):
    X, y = unbalanced([30, 10])
    with pytest.raises(ValueError, match=rf"topology must be 'star'.*got '{topology}'"):
        PolynomFitSMOTE(topology=topology).fit_resample(X, y)
