"""Optimized pre-processing: bounds of the program, and what is drawn from its map."""

import numpy as np
import pandas as pd
import pytest

from imbalance_kit.fairness import OptimizedPreprocessing

LOOSE = {"distortion_levels": (0.5,), "max_chance": (0.9,)}


def made(n_rows=2000, seed=0):
    rng = np.random.RandomState(seed)
    group, skill, town = (rng.randint(0, n, n_rows) for n in (2, 3, 2))
    y = (rng.uniform(size=n_rows) < 0.1 + 0.2 * skill + 0.3 * group).astype(int)
    return np.column_stack([group, skill, town]), y, group


def test_nothing_changes_where_everything_is_allowed():
    X, y, _ = made()
    repair = OptimizedPreprocessing(epsilon=1, sensitive_features=0).fit(X, y)
    assert repair.objective_ == pytest.approx(0, abs=1e-9)
    X_new, y_new = repair.repair(X, y)
    np.testing.assert_array_equal(X_new, X[:, 1:])
    np.testing.assert_array_equal(y_new, y)


@pytest.mark.parametrize("epsilon", [0, 0.05, 0.2])
def test_groups_differ_by_epsilon_at_most(epsilon):
    X, y, group = made()
    repair = OptimizedPreprocessing(
        epsilon=epsilon, sensitive_features=0, random_state=0, **LOOSE
    ).fit(X, y)
    assert np.ptp(repair.label_chance_, axis=0).max() <= epsilon + 1e-9
    np.testing.assert_allclose(repair.label_chance_.sum(axis=1), 1)
    np.testing.assert_allclose(repair.mapping_.sum(axis=1), 1)
    _, y_new = repair.repair(X, y)
    # each of the 12 pairs is off by a row at most
    rates = [y_new[group == g].mean() for g in (0, 1)]
    assert abs(rates[0] - rates[1]) <= epsilon + 12 * 2 / (group == 0).sum()


def test_distortion_is_as_rare_as_asked():
    X, y, _ = made()
    repair = OptimizedPreprocessing(
        epsilon=0.15,
        distortion_levels=(0.9, 1.9),
        max_chance=(0.3, 0.0),
        sensitive_features=0,
        random_state=0,
    ).fit(X, y)
    X_new, y_new = repair.repair(X, y)
    changed = (X_new != X[:, 1:]).sum(axis=1) + (y_new != y)
    assert changed.max() <= 1
    for skill in range(3):
        for town in range(2):
            for label in (0, 1):
                own = (X[:, 1] == skill) & (X[:, 2] == town) & (y == label)
                # a row for each group from rounding
                assert (changed[own] > 0).sum() <= 0.3 * own.sum() + 2


def test_an_own_distortion_decides_what_may_change():
    X, y, _ = made()

    def labels_only(x, y, x_new, y_new):
        return 0.0 if x == x_new else 9.0

    repair = OptimizedPreprocessing(
        epsilon=0.0,
        distortion=labels_only,
        distortion_levels=(1,),
        max_chance=(0,),
        sensitive_features=0,
        random_state=0,
    ).fit(X, y)
    X_new, y_new = repair.repair(X, y)
    np.testing.assert_array_equal(X_new, X[:, 1:])
    assert (y_new != y).any()
    # labels meet between the groups' rates: half of the rows of each group move half the gap
    assert repair.objective_ < 0.01


def test_new_rows_come_from_the_map_whatever_their_label():
    X, y, group = made()
    frame = pd.DataFrame(
        {
            "group": np.array(["f", "m"])[group],
            "skill": X[:, 1],
            "town": np.array(["x", "y"])[X[:, 2]],
        }
    )
    repair = OptimizedPreprocessing(
        epsilon=0.0, sensitive_features="group", random_state=0, **LOOSE
    ).fit(frame, y)
    new = repair.transform(frame)
    assert list(new.columns) == ["skill", "town"]
    assert new.dtypes.to_dict() == frame[["skill", "town"]].dtypes.to_dict()
    with pytest.warns(UserWarning, match="1 rows were not there in fit"):
        other = repair.transform(frame.head(3).assign(skill=[0, 9, 1]))
    assert other["skill"].tolist()[1] == 9


def test_what_cannot_be_is_refused():
    X, y, _ = made()
    with pytest.raises(ValueError, match=r"epsilon=0.*Raise epsilon or max_chance"):
        OptimizedPreprocessing(
            epsilon=0, distortion_levels=(0.5,), max_chance=(0,), sensitive_features=0
        ).fit(X, y)
    with pytest.raises(ValueError, match=r"max_variables is 50.*fewer ranges"):
        OptimizedPreprocessing(max_variables=50, sensitive_features=0).fit(X, y)
    with pytest.raises(ValueError, match="one entry for each level"):
        OptimizedPreprocessing(max_chance=(0.1,), sensitive_features=0).fit(X, y)
    repair = OptimizedPreprocessing(epsilon=1, sensitive_features=0).fit(X, y)
    with pytest.raises(ValueError, match=r"classes \[7\]"):
        repair.repair(X, np.where(y == 1, 7, 0))
