"""CCR: radii, pushes and fillings of its spheres against the definitions."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import sparse
from scipy.stats import kstest
from tables import unbalanced

from imbalance_kit.over_sampling import CCR, _combined_cleaning

numbers = st.floats(0, 20)


def cost(radius, apart):
    """What a sphere of this radius costs: itself, and the way beyond every row inside."""
    return radius + sum(radius - d for d in apart if d < radius)


@given(
    st.lists(st.lists(numbers, min_size=4, max_size=4), min_size=1, max_size=5), st.floats(0.01, 50)
)
def test_radii_cost_the_energy(apart, energy):
    radii = _combined_cleaning._radii(np.array(apart), energy)
    for radius, distances in zip(radii, apart, strict=True):
        assert cost(radius, distances) == pytest.approx(energy, rel=1e-9)


def radius_step_by_step(apart, energy):
    """The authors' loop: spend energy from row to row."""
    radius, left, inside = 0.0, energy, 0
    for d in sorted(apart):
        if radius + left / (inside + 1) <= d:
            break
        left -= (d - radius) * (inside + 1)
        radius, inside = d, inside + 1
    return radius + left / (inside + 1)


def cleaned_row_by_row(X, y, label, energy):
    """Radii of a class, and where the others go."""
    own, other = np.flatnonzero(y == label), np.flatnonzero(y != label)
    moved, radii = X.copy(), []
    for c in own:
        apart = {o: np.abs(X[o] - X[c]).sum() for o in other}
        radius = radius_step_by_step(apart.values(), energy)
        for o, d in apart.items():
            if d < radius:
                moved[o] += (radius - d) / d * (X[o] - X[c])
        radii.append(radius)
    return np.array(radii), moved


@pytest.mark.parametrize("cells", [1 << 21, 50])
@pytest.mark.parametrize("energy", [0.1, 1.0, 6.0, 1e4])
def test_rows_go_where_the_definition_sends_them(energy, cells, monkeypatch):
    """Also when distances are held in blocks, and when everything is inside every sphere."""
    monkeypatch.setattr(_combined_cleaning, "_BLOCK_ELEMENTS", cells)
    X, y = unbalanced([40, 12])
    sampler = CCR(energy=energy, random_state=0)
    X_new, y_new = sampler.fit_resample(X, y)
    radii, moved = cleaned_row_by_row(X, y, 1, energy)
    np.testing.assert_allclose(X_new[:52], moved, rtol=1e-9, atol=1e-9)
    went = (moved != X).any(axis=1)
    np.testing.assert_array_equal(sampler.sample_origin_[:52], np.where(went, -1, np.arange(52)))
    np.testing.assert_array_equal(sampler.sample_indices_[:52], np.arange(52))
    assert went[y == 1].sum() == 0
    own = np.flatnonzero(y == 1)
    made = np.bincount(sampler.sample_indices_[52:], minlength=52)[own]
    assert (np.abs(made - 28 / radii / (1 / radii).sum()) < 1).all()
    radius_of = dict(zip(own.tolist(), radii, strict=True))
    for row in range(52, 80):
        seed = sampler.sample_indices_[row]
        assert np.abs(X_new[row] - X[seed]).sum() <= radius_of[seed] * (1 + 1e-9)
    assert np.bincount(y_new).tolist() == [40, 40]


def test_a_sphere_pushes_to_its_surface():
    """By hand: energy 1 and rows at .2 and .4; r + (r - .2) + (r - .4) = 1 gives r = 8/15."""
    X = np.array([[0.0, 0], [0.2, 0], [0.1, -0.3], [3, 3], [4, 4]])
    y = np.array([1, 0, 0, 0, 0])
    X_new, _ = CCR(energy=1.0, random_state=0).fit_resample(X, y)
    expected = [[0, 0], [8 / 15, 0], [2 / 15, -0.4], [3, 3], [4, 4]]
    np.testing.assert_allclose(X_new[:5], expected, rtol=1e-12)


def test_a_row_at_the_centre_is_pushed_out_too():
    X = np.array([[1.0, 2.0], [1.0, 2.0], [9, 9], [8, 8], [7, 7]])
    y = np.array([1, 0, 0, 0, 0])
    X_new, _ = CCR(energy=1.0, random_state=0).fit_resample(X, y)
    assert np.abs(X_new[1] - X[1]).sum() == pytest.approx(0.5)  # r + r = 1
    np.testing.assert_array_equal(X_new[2:5], X[2:])


@pytest.mark.parametrize("d", [1, 2, 6])
def test_new_rows_are_uniform_in_the_sphere(d):
    X = np.concatenate([np.zeros((1, d)), np.full((3000, d), 9.0)])
    y = np.repeat([1, 0], [1, 3000])
    X_new, _ = CCR(energy=0.5, random_state=0).fit_resample(X, y)
    made = X_new[3001:]
    length = np.abs(made).sum(axis=1) / 0.5
    # false alarms at 1e-6
    assert kstest(length**d, "uniform").pvalue > 1e-6
    assert kstest(np.abs(made[:, 0]) / 0.5, "beta", args=(1, d)).pvalue > 1e-6
    assert abs((made > 0).mean() - 0.5) < 5 * 0.5 / np.sqrt(made.size)


def test_classes_take_turns():
    """Class 2 pushes what class 1 has made and where class 1 has pushed."""
    X, y = unbalanced([40, 12, 20])
    both = CCR(energy=3.0, random_state=0)
    X_both, _ = both.fit_resample(X, y)
    first = CCR(energy=3.0, random_state=0, sampling_strategy={1: 40})
    X_first, y_first = first.fit_resample(X, y)
    moved = cleaned_row_by_row(X_first, y_first, 2, 3.0)[1]
    np.testing.assert_allclose(X_both[: len(y_first)], moved, rtol=1e-9, atol=1e-9)
    assert len(X_both) == 120


def test_nothing_to_make_is_nothing_to_clean():
    X, y = unbalanced([30, 30])
    sampler = CCR(energy=50.0, random_state=0)
    X_new, _ = sampler.fit_resample(X, y)
    np.testing.assert_array_equal(X_new, X)
    np.testing.assert_array_equal(sampler.sample_origin_, np.arange(60))


def test_a_pushed_row_keeps_its_label_and_weight():
    X, y = unbalanced([40, 12])
    weight = np.arange(52.0)
    sampler = CCR(energy=5.0, random_state=0)
    _, y_new = sampler.fit_resample(X, y, sample_weight=weight)
    np.testing.assert_array_equal(y_new[:52], y)
    np.testing.assert_array_equal(sampler.sample_weight_[:52], weight)


def test_nominal_values_stay_and_count():
    """A mismatch counts the class's median spread, here 1: the row that differs is outside."""
    frame = pd.DataFrame({"n": [-1.0, 1.0, 1.2, 1.2, 50, 60, 70]})
    frame["w"] = pd.Categorical(list("aaabbbb"))
    y = np.array([1, 1, 0, 0, 0, 0, 0])
    sampler = CCR(energy=0.9, random_state=0)
    new, y_new = sampler.fit_resample(frame, y)
    assert new["n"][2] == pytest.approx(1 + (0.9 + 0.2) / 2)
    assert new["n"][3] == 1.2
    assert new["w"][:7].tolist() == frame["w"].tolist()
    assert (new["w"][7:] == "a").all()
    assert np.bincount(y_new).tolist() == [5, 5]


def test_rows_keep_their_gaps():
    X, y = unbalanced([40, 12])
    X[np.random.RandomState(0).uniform(size=X.shape) < 0.2] = np.nan
    for table in (X, sparse.csr_array(X)):
        sampler = CCR(energy=6.0, random_state=0)
        X_new, _ = sampler.fit_resample(table, y)
        X_new = X_new.toarray() if sparse.issparse(X_new) else X_new
        np.testing.assert_array_equal(np.isnan(X_new), np.isnan(X[sampler.sample_indices_]))
        assert (sampler.sample_origin_[:52] == -1).any()


@pytest.mark.parametrize("energy", [0.5, 8.0])
def test_sparse_tables_give_the_rows_of_dense_ones(energy):
    X, y = unbalanced([40, 12, 20])
    X[X < 0.4] = 0
    X[3], X[5] = X[y == 1][0], X[y == 2][0]  # rows at a centre
    dense = CCR(energy=energy, random_state=0).fit_resample(X, y)[0]
    made = CCR(energy=energy, random_state=0).fit_resample(sparse.csr_array(X), y)[0]
    np.testing.assert_allclose(made.toarray(), dense, rtol=1e-9, atol=1e-12)
