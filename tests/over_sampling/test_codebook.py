"""LVQSMOTE: codes, which of them match, and rows moved between them."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import sparse
from tables import unbalanced

from imbalance_kit.over_sampling import LVQSMOTE
from imbalance_kit.over_sampling._codebook import find_codebook, match_offsets


@given(st.integers(4, 9), st.integers(0, 1000), st.integers(1, 3))
def test_matches_are_the_most_similar_offsets(n_codes, seed, n_columns):
    codes = np.random.RandomState(seed).normal(size=(n_codes, n_columns))
    match = match_offsets(codes)
    for a in range(n_codes):
        for b in range(n_codes):
            if a == b:
                continue
            pairs = [
                (
                    ((codes[a] - codes[b]) - (codes[i] - codes[j]))
                    @ ((codes[a] - codes[b]) - (codes[i] - codes[j])),
                    i,
                )
                for i in range(n_codes)
                for j in range(n_codes)
                if i != j and not {i, j} & {a, b}
            ]
            assert match[a, b] == min(pairs)[1]


@pytest.mark.parametrize("make", [np.asarray, sparse.csr_array], ids=["dense", "sparse"])
def test_codes_are_means_of_their_rows(make):
    rng = np.random.RandomState(0)
    centres = np.array([[0.0, 0], [100, 0], [0, 100], [100, 100]])
    points = np.repeat(centres, 6, axis=0) + rng.normal(size=(24, 2))
    codes = find_codebook(make(points), 4, rng)
    expected = points.reshape(4, 6, 2).mean(axis=1)
    np.testing.assert_allclose(
        codes[np.lexsort(codes.round().T)], expected[np.lexsort(expected.round().T)]
    )


def test_as_many_codes_as_rows_are_the_rows():
    points = np.random.RandomState(0).normal(size=(7, 3))
    codes = find_codebook(points, 10, np.random.RandomState(0))
    np.testing.assert_array_equal(np.unique(codes, axis=0), np.unique(points, axis=0))
    same = find_codebook(np.repeat(points[:2], 4, axis=0), 5, np.random.RandomState(0))
    np.testing.assert_array_equal(np.unique(same, axis=0), np.unique(points[:2], axis=0))


def codes_of(sampler, X, y, label=1):
    """The codes the sampler finds: they are the first thing it draws."""
    rng = np.random.RandomState(sampler.random_state)
    return find_codebook(X[y == label].astype(float), sampler.n_codebook, rng)


@pytest.mark.parametrize("n_codebook", [1, 2, 3, 4, 10])
def test_new_rows_are_rows_moved_from_code_to_code(seed, n_codebook):
    X, y = unbalanced([80, 40])
    sampler = LVQSMOTE(random_state=seed, n_codebook=n_codebook, n_neighbors=3)
    X_new, _ = sampler.fit_resample(X, y)
    codes = codes_of(sampler, X, y)
    assert len(codes) == n_codebook
    shift = X_new[len(y) :] - X[sampler.sample_indices_[len(y) :]]
    offsets = (codes[:, None] - codes[None]).reshape(-1, X.shape[1])  # target, source
    distance = np.abs(shift[:, None] - offsets[None]).max(axis=2)
    assert distance.min(axis=1).max() < 1e-12
    if n_codebook == 1:
        return
    assert (shift != 0).any(axis=1).all()
    target, source = np.divmod(distance.argmin(axis=1), n_codebook)
    own = np.flatnonzero(y == 1)
    for row, code in zip(sampler.sample_indices_[len(y) :], source, strict=True):
        squared = ((X[own] - codes[code]) ** 2).sum(axis=1)
        assert row in own[np.argsort(squared)[:4]]  # three, and one more where a row is the code
    if n_codebook > 3:
        match = match_offsets(codes)
        for a, b in set(zip(target, source, strict=True)):
            assert b in np.delete(match[a], a)
    assert len(set(target)) == n_codebook


def test_a_row_that_is_its_code_is_not_moved():
    """All rows are codes: moving a code to a code would copy a row."""
    X, y = unbalanced([80, 8])
    X_new, _ = LVQSMOTE(random_state=0, n_neighbors=2).fit_resample(X, y)
    assert not (X_new[len(y) :, None] == X[None]).all(axis=2).any()


def test_nominal_values_are_those_around_the_target():
    """Two groups, each with its word: what is moved to a group takes the group's word."""
    rng = np.random.RandomState(0)
    group = np.arange(20) % 2
    numbers = np.concatenate([100.0 * group + rng.normal(size=20), rng.normal(size=60)])
    words = np.concatenate([np.where(group == 1, "far", "near"), np.full(60, "none")])
    frame = pd.DataFrame({"number": numbers, "word": pd.Categorical(words)})
    y = np.repeat([1, 0], [20, 60])
    sampler = LVQSMOTE(random_state=0, n_codebook=2)
    new, _ = sampler.fit_resample(frame, y)
    made = new.iloc[80:]
    assert ((made["number"] > 50) == (made["word"] == "far")).all()
    assert set(made["word"]) == {"near", "far"}


def test_small_classes():
    X, y = unbalanced([30, 4])
    sampler = LVQSMOTE(random_state=0)
    with pytest.warns(UserWarning, match="each uses the 3 neighbours it has"):
        assert len(sampler.fit_resample(X, y)[0]) == 60
    X_new, _ = sampler.set_params(small_class="copy").fit_resample(X, y)
    np.testing.assert_array_equal(X_new, X[sampler.sample_indices_])
    with pytest.raises(ValueError, match=r"Class 1 has 4 samples; n_neighbors=5 needs at least 6"):
        sampler.set_params(small_class="raise").fit_resample(X, y)
