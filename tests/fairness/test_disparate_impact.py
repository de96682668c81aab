"""Columns whose distribution is the same in all groups."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from imbalance_kit.fairness import DisparateImpactRemover


def two_normals(n_rows=4000, seed=0):
    rng = np.random.RandomState(seed)
    group = rng.randint(0, 2, n_rows)
    return np.column_stack([group, rng.normal(2 * group, 1.0)]), group


def slow_repair(values, groups, level):
    """The formula, value by value."""
    known = {g: np.unique(values[groups == g]) for g in np.unique(groups)}
    levels = {
        g: [
            np.mean(values[groups == g] < u) + np.mean(values[groups == g] == u) / 2 for u in points
        ]
        for g, points in known.items()
    }
    out = []
    for value, group in zip(values, groups, strict=True):
        q = levels[group][list(known[group]).index(value)]
        middle = np.median([np.interp(q, levels[g], known[g]) for g in known])
        out.append(value + level * (middle - value))
    return np.array(out)


@pytest.mark.parametrize("level", [0, 0.4, 1])
def test_the_formula(level):
    rng = np.random.RandomState(1)
    groups, values = rng.randint(0, 3, 60), rng.randint(0, 9, 60).astype(float)
    new = DisparateImpactRemover(repair_level=level).fit_transform(
        values[:, None], sensitive_features=groups
    )
    # the same numbers added in another order
    np.testing.assert_allclose(new[:, 0], slow_repair(values, groups, level), atol=1e-12)


def test_a_full_repair_makes_distributions_equal_and_keeps_ranks():
    X, group = two_normals()
    new = DisparateImpactRemover(sensitive_features=0).fit_transform(X)[:, 0]
    # between middle ranks of about 2,000 rows each: a step of either is 1 / 2,000
    assert stats.ks_2samp(new[group == 0], new[group == 1]).statistic < 0.002
    for own in (group == 0, group == 1):
        order = np.argsort(X[own, 1])
        assert (np.diff(new[own][order]) >= 0).all()


def test_two_normals_meet_in_the_middle():
    X, _ = two_normals(20_000)
    new = DisparateImpactRemover(sensitive_features=0).fit_transform(X)[:, 0]
    # N(0, 1) and N(2, 1) become N(1, 1). Kolmogorov-Smirnov at level 1e-7.
    assert stats.kstest(new, "norm", args=(1.0, 1.0)).pvalue > 1e-7


def test_a_level_of_zero_and_a_single_group_change_nothing():
    X, _ = two_normals(100)
    new = DisparateImpactRemover(repair_level=0, sensitive_features=0).fit_transform(X)
    np.testing.assert_array_equal(new, X[:, 1:])
    with pytest.warns(UserWarning, match="one group"):
        remover = DisparateImpactRemover().fit(X)
    np.testing.assert_array_equal(remover.transform(X + 100), X + 100)


def test_new_rows_move_as_their_neighbours_do():
    X = np.array([[0, 0.0], [0, 1.0], [0, 2.0], [1, 10.0], [1, 11.0], [1, 12.0]])
    remover = DisparateImpactRemover(sensitive_features=0).fit(X)
    # the median of two groups lies half-way, 5 from each
    new = remover.transform(np.array([[0, 0.5], [1, 10.5], [0, -3.0], [1, 20.0]]))
    np.testing.assert_allclose(new[:, 0], [5.5, 5.5, 2.0, 15.0])


def test_weights_count_as_repetitions():
    X, _ = two_normals(60)
    times = np.random.RandomState(2).randint(0, 4, len(X))
    weighted = DisparateImpactRemover(sensitive_features=0).fit(X, sample_weight=times)
    repeated = DisparateImpactRemover(sensitive_features=0).fit(np.repeat(X, times, axis=0))
    np.testing.assert_allclose(weighted.transform(X), repeated.transform(X), atol=1e-12)


def test_words_and_missing_values_pass():
    frame = pd.DataFrame(
        {
            "sex": list("mfmfmf"),
            "pay": [1.0, 5.0, 2.0, 6.0, np.nan, 7.0],
            "job": list("abcabc"),
            "flag": [True, False] * 3,
        },
        index=range(10, 16),
    )
    remover = DisparateImpactRemover(sensitive_features="sex")
    new = remover.fit_transform(frame)
    assert list(new.columns) == ["pay", "job", "flag"]
    pd.testing.assert_frame_equal(new[["job", "flag"]], frame[["job", "flag"]])
    assert np.flatnonzero(new["pay"].isna()).tolist() == [4]
    assert remover.repaired_columns_.tolist() == [1]


def test_groups_are_needed_for_new_rows():
    X, group = two_normals(50)
    remover = DisparateImpactRemover().fit(X[:, 1:], sensitive_features=group)
    with pytest.raises(ValueError, match="needs those of these rows too"):
        remover.transform(X[:, 1:])
    with pytest.raises(ValueError, match=r"groups \[2\].*not there in fit"):
        remover.transform(X[:, 1:], sensitive_features=group + 1)
