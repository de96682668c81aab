"""DeLong's variance against its definition, over all pairs."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from imbalance_kit.metrics._delong import areas_with_influence, covariance_of_areas
from imbalance_kit.metrics._evaluated import read_model_scores, read_rows


def by_pairs(y, scores):
    """Areas and their covariance from the kernel of every pair of a positive and a negative."""
    areas, of_positives, of_negatives = [], [], []
    for score in scores:
        positives, negatives = score[y == 1][:, None], score[y == 0][None, :]
        kernel = (positives > negatives) + 0.5 * (positives == negatives)
        areas.append(kernel.mean())
        of_positives.append(kernel.mean(axis=1))
        of_negatives.append(kernel.mean(axis=0))
    covariance = np.atleast_2d(np.cov(of_positives)) / (y == 1).sum()
    return np.array(areas), covariance + np.atleast_2d(np.cov(of_negatives)) / (y == 0).sum()


def ours(y, scores, **options):
    rows = read_rows(y, **options)
    found = [areas_with_influence(read_model_scores(rows, one, n_given=len(y))) for one in scores]
    areas = np.array([area for area, _ in found])
    return areas, covariance_of_areas(rows, np.stack([one for _, one in found]))


@settings(max_examples=30)
@given(n=st.integers(8, 60), levels=st.integers(2, 40), seed=st.integers(0, 10_000))
def test_single_rows_are_as_defined(n, levels, seed):
    rng = np.random.RandomState(seed)
    y = rng.permutation(np.arange(n) % 3 == 0).astype(int)
    scores = rng.randint(levels, size=(3, n)).astype(float)
    for found, expected in zip(ours(y, scores), by_pairs(y, scores), strict=True):
        np.testing.assert_allclose(found, expected, atol=1e-12)


@settings(max_examples=30)
@given(n_groups=st.integers(4, 15), seed=st.integers(0, 10_000))
def test_groups_are_as_obuchowski_defines(n_groups, seed):
    rng = np.random.RandomState(seed)
    group = np.repeat(np.arange(n_groups), rng.randint(2, 6, size=n_groups))
    y = rng.randint(2, size=len(group))
    y[np.unique(group, return_index=True)[1]] = np.arange(n_groups) % 2
    score = rng.normal(size=len(group)) + y
    positives, negatives = score[y == 1], score[y == 0]
    kernel = positives[:, None] > negatives[None, :]
    area, m, n = kernel.mean(), len(positives), len(negatives)

    def centred_sums(values, of_class):
        return np.array(
            [(values[group[y == of_class] == one] - area).sum() for one in range(n_groups)]
        )

    up = centred_sums(kernel.mean(axis=1), 1)
    down = centred_sums(kernel.mean(axis=0), 0)
    with_up, with_down = (len(set(group[y == label])) for label in (1, 0))
    s10 = with_up / ((with_up - 1) * m) * (up**2).sum()
    s01 = with_down / ((with_down - 1) * n) * (down**2).sum()
    s11 = n_groups / (n_groups - 1) * (up * down).sum()
    expected = s10 / m + s01 / n + 2 * s11 / (m * n)
    found_area, covariance = ours(y, [score], groups=group)
    assert found_area[0] == pytest.approx(area)
    assert covariance[0, 0] == pytest.approx(expected)


def test_equal_weights_change_nothing_and_repeated_rows_are_their_group():
    rng = np.random.RandomState(0)
    y, score = np.arange(50) % 4 == 0, rng.normal(size=50)
    plain = ours(y, [score])
    for found, expected in zip(
        ours(y, [score], sample_weight=np.full(50, 3.0)), plain, strict=True
    ):
        np.testing.assert_allclose(found, expected)
    many = np.repeat(np.arange(50), 4)
    for found, expected in zip(ours(y[many], [score[many]], groups=many), plain, strict=True):
        np.testing.assert_allclose(found, expected)


def test_macro_of_two_classes_is_that_of_one():
    """Both classes have one area, so the mean over them has its variance."""
    rng = np.random.RandomState(0)
    y, score = np.arange(40) % 4 == 0, rng.uniform(size=40)
    rows = read_rows(y)
    one = read_model_scores(rows, score, n_given=40)
    both = type(one)(rows, one.columns, None)
    (area, influence), (macro, of_macro) = areas_with_influence(one), areas_with_influence(both)
    assert macro == pytest.approx(area)
    np.testing.assert_allclose(of_macro, influence)
