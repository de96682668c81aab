"""Fair-SMOTE: sizes of pairs, what values new rows may have, and situation testing."""

import numpy as np
import pandas as pd
import pytest
from scipy import sparse

from fairness.made_groups import related, related_frame
from imbalance_kit.fairness import FairSMOTE


@pytest.mark.parametrize(("n_groups", "n_classes"), [(1, 3), (2, 2), (3, 3)])
def test_all_cells_are_as_large_as_the_largest(n_groups, n_classes):
    X, y, group = related(400, n_groups, n_classes)
    sampler = FairSMOTE(random_state=0)
    X_new, y_new = sampler.fit_resample(X, y, sensitive_features=group)
    left = group[sampler.sample_indices_]
    counts = np.bincount(left * n_classes + y_new)
    assert (counts == np.bincount(group * n_classes + y).max()).all()
    np.testing.assert_array_equal(X_new[:400], X)
    np.testing.assert_array_equal(sampler.sample_origin_[:400], np.arange(400))
    assert (sampler.sample_origin_[400:] == -1).all()


def test_values_are_those_of_the_cell():
    frame, y, group = related_frame(400)
    sampler = FairSMOTE(sensitive_features="sex", random_state=0)
    new, y_new = sampler.fit_resample(frame, y)
    seeds = sampler.sample_indices_
    assert list(new["sex"]) == list(frame["sex"].iloc[seeds])
    assert (new.dtypes == frame.dtypes).all()
    assert set(new["member"]) == {0, 1}
    for g in (0, 1):
        for label in (0, 1):
            own = frame[(group == g) & (y == label)]
            made = new[(group[seeds] == g) & (y_new == label)]
            assert set(made["town"]) <= set(own["town"])
            for name in ("score", "height"):
                assert made[name].min() >= own[name].min()
                assert made[name].max() <= own[name].max()


def test_new_rows_are_a_row_moved_by_the_difference_of_two_of_its_cell():
    """Every number that changed is p + .8 (c1 - c2), cut to the range, for rows of the pair."""
    X, y, group = related(60)
    sampler = FairSMOTE(random_state=0, crossover=1.0)
    X_new, y_new = sampler.fit_resample(X, y, sensitive_features=group)
    for row in range(60, len(X_new)):
        seed = sampler.sample_indices_[row]
        own = X[(group == group[seed]) & (y == y_new[row])]
        possible = X[seed] + 0.8 * (own[:, None] - own[None])
        possible = np.clip(possible, own.min(axis=0), own.max(axis=0))
        assert (np.abs(possible - X_new[row]).max(axis=2) < 1e-12).any()


def test_crossover_is_the_chance_of_a_value_to_change():
    """False alarm: 6 standard errors of more than 3,000 values, below 2e-9."""
    X, y, group = related(2000)
    for chance in (0.0, 0.3):
        sampler = FairSMOTE(random_state=0, crossover=chance)
        X_new, _ = sampler.fit_resample(X, y, sensitive_features=group)
        changed = X_new[2000:] != X[sampler.sample_indices_[2000:]]
        assert changed.size > 1000
        assert abs(changed.mean() - chance) <= 6 * np.sqrt(chance * (1 - chance) / changed.size)


@pytest.mark.parametrize("make", [sparse.csr_matrix, sparse.csc_array], ids=["csr", "csc"])
def test_sparse_tables_get_the_rows_of_dense_ones(make):
    X, y, group = related(200)
    X = np.where(np.abs(X) < 0.7, 0.0, X)
    dense = FairSMOTE(random_state=0).fit_resample(X, y, sensitive_features=group)[0]
    new = FairSMOTE(random_state=0).fit_resample(make(X), y, sensitive_features=group)[0]
    np.testing.assert_allclose(new.toarray(), dense, atol=1e-12)


def test_small_pairs():
    rng = np.random.RandomState(0)
    group, y = np.repeat([0, 0, 1, 1], [20, 2, 1, 9]), np.repeat([0, 1, 0, 1], [20, 2, 1, 9])
    X = rng.normal(size=(32, 2))
    sampler = FairSMOTE(random_state=0)
    X_new, y_new = sampler.fit_resample(X, y, sensitive_features=group)
    alone = (group[sampler.sample_indices_] == 1) & (y_new == 0)
    assert alone.sum() == 20
    assert (X_new[alone] == X[22]).all()


def test_an_empty_cell_stays_empty_with_a_warning():
    group, y = np.repeat([0, 0, 1], [10, 6, 8]), np.repeat([0, 1, 1], [10, 6, 8])
    X = np.random.RandomState(0).normal(size=(24, 2))
    with pytest.warns(UserWarning, match="group 1 has no rows of class 0, so none are made"):
        _, y_new = FairSMOTE(random_state=0).fit_resample(X, y, sensitive_features=group)
    assert np.bincount(y_new).tolist() == [10, 20]


def test_situation_testing_drops_rows_whose_answer_hangs_on_the_group():
    """Labels by the group alone for small scores, by the score for large ones."""
    rng = np.random.RandomState(0)
    group, score = rng.randint(2, size=800), rng.normal(size=800) * 3
    y = (score + 1.5 * group + rng.normal(size=800) > 0.75).astype(int)
    frame = pd.DataFrame({"group": group, "score": score})
    kept = FairSMOTE(sensitive_features="group", random_state=0, situation_testing=True)
    new, y_new = kept.fit_resample(frame, y)
    whole, _ = FairSMOTE(sensitive_features="group", random_state=0).fit_resample(frame, y)
    assert kept.n_discordant_ == len(whole) - len(new) > 0
    dropped = whole.merge(new.drop_duplicates(), how="left", indicator=True)
    gone = dropped.loc[dropped["_merge"] == "left_only", "score"]
    # a linear model's two borders are a stretch of the score apart: gone is what lies between
    stay = new["score"]
    assert not ((stay > gone.min()) & (stay < gone.max())).any()
    assert len(y_new) == len(new)


def test_situation_testing_is_the_same_with_groups_beside_the_table():
    X, y, group = related(400)
    maker = FairSMOTE(random_state=0)
    X, y = maker.fit_resample(X, y, sensitive_features=group)
    group = group[maker.sample_indices_]  # all pairs are equal now, so nothing is drawn
    inside = FairSMOTE(sensitive_features=3, situation_testing=True)
    inside.fit_resample(np.column_stack([X, group]), y)
    beside = FairSMOTE(situation_testing=True)
    beside.fit_resample(X, y, sensitive_features=group)
    assert inside.n_discordant_ > 0
    np.testing.assert_array_equal(inside.sample_indices_, beside.sample_indices_)
