"""Complexity measures are what their formulas say, on tables small enough to check by hand."""

import math
import tracemalloc

import joblib
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.sparse.csgraph import minimum_spanning_tree
from sklearn.cluster import DBSCAN
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import silhouette_samples
from sklearn.svm import LinearSVC
from sklearn.tree import DecisionTreeClassifier
from tables import CONTAINERS, MIXED, mixed_columns, unbalanced

from imbalance_kit.complexity import (
    complexity_measures,
    instance_hardness,
    k_disagreeing_neighbors,
    meta_features,
    minority_types,
)
from imbalance_kit.complexity._measures import MEASURES
from imbalance_kit.complexity._meta import META_FEATURES


def column(*values):
    return np.array(values, dtype=float)[:, None]


def measured(X, y, **asked):
    return complexity_measures(X, y, random_state=0, **asked).values


def blobs(sizes=(30, 10), gap=100.0, n_columns=3, seed=0):
    """Classes far apart, rows of each within a unit or so."""
    rng = np.random.RandomState(seed)
    y = np.repeat(np.arange(len(sizes)), sizes)
    return rng.uniform(size=(len(y), n_columns)) + gap * y[:, None], y


# Types of rows ---------------------------------------------------------------------------------


def test_a_tight_group_is_safe_and_a_row_among_others_an_outlier():
    X = np.concatenate([np.arange(20) / 100, 5 + np.arange(40) / 100, [5.2]])[:, None]
    y = np.array([1] * 20 + [0] * 40 + [1])
    found = minority_types(X, y)
    assert found.label == 1
    assert found.types.tolist() == ["safe"] * 20 + ["outlier"]
    assert found.shares == {"safe": 20 / 21, "borderline": 0, "rare": 0, "outlier": 1 / 21}
    np.testing.assert_array_equal(found.rows, [*range(20), 60])


def test_two_rows_on_their_own_are_rare_and_a_row_beside_a_group_is_not():
    others = 10 + np.arange(30) / 100
    pair = column(*others, 10.055, 10.056)
    assert minority_types(pair, [0] * 30 + [1] * 2).types.tolist() == ["rare", "rare"]
    # the last row sees one of the group, which sees the rest of the group: the edge of something
    group = column(*(20 + np.arange(6) / 1000), 20.2, *(20.3 + np.arange(4) / 1000), *others)
    y = np.array([1] * 7 + [0] * 34)
    found = minority_types(group, y, k=5)
    assert found.same_class[6] == 1
    assert found.types[6] == "borderline"


def slow_types(distance, own, k):
    """The rule of the paper for k = 5, word by word."""
    n = len(own)
    same = {}
    for row in np.flatnonzero(own):
        near = sorted((distance[row, other], other) for other in range(n) if other != row)[:k]
        same[row] = [other for _, other in near if own[other]]
    words = []
    for friends in same.values():
        if len(friends) >= 4:
            words.append("safe")
        elif len(friends) >= 2:
            words.append("borderline")
        elif len(friends) == 1 and len(same[friends[0]]) <= 1:
            words.append("rare")
        else:
            words.append("borderline" if friends else "outlier")
    return words


def test_types_are_those_of_the_paper(seed):
    rng = np.random.RandomState(seed)
    seen = set()
    for _ in range(20):
        X = rng.randint(0, 9, size=(40, 2)) * 1.0  # many ties, and exact over a range of 8
        X[:2] = [[0.0], [8.0]]
        y = (rng.uniform(size=40) < 0.3).astype(int)
        y[:2] = 0, 1
        scale = X.max(axis=0) - X.min(axis=0)
        distance = (((X[:, None] - X) / scale) ** 2).sum(axis=2)
        label = rng.randint(2)
        found = minority_types(X, y, label=label)
        assert found.types.tolist() == slow_types(distance, y == label, 5)
        seen |= set(found.types)
    assert seen == {"safe", "borderline", "rare", "outlier"}


@pytest.mark.parametrize(
    ("k", "same", "word"),
    [
        (10, 8, "safe"),
        (10, 7, "borderline"),
        (10, 4, "borderline"),
        (10, 1, "outlier"),
        (3, 3, "safe"),
        (3, 2, "borderline"),
        (1, 1, "safe"),
        (1, 0, "outlier"),
    ],
)
def test_bounds_of_any_number_of_neighbours(k, same, word):
    """One row at 0; its k nearest are `same` of its class, then others; far away the rest."""
    near = np.arange(1, k + 1)
    X = column(0, *near, *(1000 + np.arange(30)))
    y = np.array([1] + [1] * same + [0] * (k - same) + [0] * 30)
    assert minority_types(X, y, k=k, label=1).types[0] == word


def slow_heom(frame):
    """Squared distances: numbers by range, levels 0 or 1, missing numbers left out."""
    n = len(frame)
    squared, present, n_numbers = np.zeros((n, n)), np.zeros((n, n)), 0
    for name in frame:
        values = frame[name]
        if values.dtype.kind in "fi":
            numbers = values.to_numpy(float)
            gap = (numbers[:, None] - numbers) / (np.nanmax(numbers) - np.nanmin(numbers))
            squared += np.nan_to_num(gap) ** 2
            present += ~np.isnan(gap)
            n_numbers += 1
    squared *= n_numbers / present
    for name in frame:
        if frame[name].dtype.kind == "O":
            text = frame[name].fillna("missing").to_numpy(str)
            squared += text[:, None] != text
    return squared


@pytest.fixture
def colours():
    rng = np.random.RandomState(3)
    n = 60
    frame = pd.DataFrame(
        {
            "size": rng.normal(size=n) * 1000,
            "gap": np.where(rng.uniform(size=n) < 0.2, np.nan, rng.normal(size=n)),
            "colour": rng.choice(["red", "green", "blue", None], size=n).astype(object),
        }
    )
    return frame, rng.permutation(np.repeat(["usual", "odd"], [45, 15]))


def test_distance_with_levels_and_gaps(colours):
    frame, y = colours
    found = minority_types(frame, y)
    assert found.label == "odd"
    assert found.types.tolist() == slow_types(slow_heom(frame), y == "odd", 5)


def test_value_difference_metric(colours):
    frame, y = colours
    frame = frame[["size", "colour"]]
    numbers = frame["size"].to_numpy() / (4 * frame["size"].std(ddof=0))
    squared = (numbers[:, None] - numbers) ** 2
    text = frame["colour"].fillna("missing").to_numpy(str)
    for label in ("usual", "odd"):
        share = np.array([(y[text == level] == label).mean() for level in text])
        squared += (share[:, None] - share) ** 2
    found = minority_types(frame, y, metric="hvdm")
    assert found.types.tolist() == slow_types(squared, y == "odd", 5)


def test_a_row_without_any_number_is_still_near_its_levels():
    colour = np.repeat(["red", "green"], [10, 10])
    frame = pd.DataFrame({"size": [np.nan] * 20, "colour": colour})
    y = (colour == "green").astype(int)
    assert k_disagreeing_neighbors(frame, y).max() == 0


@pytest.mark.parametrize("metric", ["heom", "hvdm", "euclidean"])
def test_types_do_not_depend_on_the_container(container, metric):
    X, y = unbalanced([60, 15])
    X = np.round(X * 4) / 4  # float32 holds it
    X[np.abs(X) < 0.5] = 0.0
    # sums of sparse columns are rounded otherwise; no two distances are that close here
    expected = minority_types(X, y, metric=metric)
    found = minority_types(container.make(X), y, metric=metric)
    assert found.types.tolist() == expected.types.tolist()


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"k": 20}, "k=20 neighbours need a table of at least 21 rows"),
        ({"k": 0}, "k=0"),
        ({"label": "green"}, "label='green' is not a class of y"),
        ({"metric": "cosine"}, "metric must be one of heom"),
    ],
)
def test_what_types_refuse(asked, said):
    X, y = unbalanced([15, 5])
    with pytest.raises(ValueError, match=said):
        minority_types(X, y, **asked)


def test_bad_tables_are_refused_with_the_reason():
    with pytest.raises(ValueError, match="at least 2 classes"):
        minority_types(np.eye(8), np.zeros(8))
    with pytest.raises(ValueError, match="8 rows and y has 7"):
        complexity_measures(np.eye(8), np.zeros(7))
    with pytest.raises(ValueError, match="infinity"):
        k_disagreeing_neighbors(np.full((8, 1), np.inf), np.arange(8) % 2)
    with pytest.raises(ValueError, match="infinity"):
        meta_features(np.full((8, 1), np.inf), np.arange(8) % 2)
    with pytest.raises(ValueError, match=r"measures must be 'all' or names.*F9"):
        complexity_measures(np.eye(8), np.arange(8) % 2, measures=["F9"])


# Measures --------------------------------------------------------------------------------------


def test_fisher_ratio():
    """Between 2 * 2**2 * 2 = 16, within 4: ratio 4."""
    X, y = column(0, 2, 4, 6), [0, 0, 1, 1]
    assert measured(X, y, measures="F1") == {"F1": pytest.approx(1 / 5)}
    # three classes at 1, 5, 9: between 2 * (16 + 0 + 16) = 64, within 6
    X, y = column(0, 2, 4, 6, 8, 10), [0, 0, 1, 1, 2, 2]
    assert measured(X, y, measures="F1")["F1"] == pytest.approx(1 / (1 + 64 / 6))


@pytest.mark.parametrize(
    ("X", "expected"), [(column(3, 3, 3, 3), 1.0), (column(0, 0, 1, 1), 0.0)], ids=["one", "two"]
)
def test_columns_without_scatter(X, expected):
    """A constant column says nothing, one that is constant in each class everything."""
    found = measured(X, [0, 0, 1, 1], measures=["F1", "F1v", "F2", "F3", "F4"])
    if expected == 1.0:
        assert found == dict.fromkeys(found, 1.0)
    else:
        assert found == {"F1": 0.0, "F1v": 0.0, "F2": 0.0, "F3": 0.0, "F4": 0.0}


def test_directional_ratio_does_not_depend_on_the_axes(seed):
    """gap' W^-1 gap is the same after any invertible map; and at most the best column's."""
    rng = np.random.RandomState(seed)
    X, y = unbalanced([40, 20], n_columns=3, seed=seed)
    gap = X[y == 0].mean(axis=0) - X[y == 1].mean(axis=0)
    within = sum(np.mean(y == c) * np.cov(X[y == c].T, bias=True) for c in (0, 1))
    expected = 1 / (1 + gap @ np.linalg.solve(within, gap))
    assert measured(X, y, measures="F1v")["F1v"] == pytest.approx(expected)
    turned = X @ rng.normal(size=(3, 3)) + 7
    assert measured(turned, y, measures="F1v")["F1v"] == pytest.approx(expected)


def test_direction_in_which_no_class_varies_tells_them_apart():
    across = np.arange(6.0)
    X = np.column_stack([across, across + np.repeat([0, 1], 3) * 5, across])
    assert measured(X, np.repeat([0, 1], 3), measures="F1v")["F1v"] == pytest.approx(0, abs=1e-9)


def test_overlap_of_ranges():
    """Class 0 in [0, 4], class 1 in [3, 10]: overlap 1 of 10; second column [0, 1] in [0, 2]."""
    X = np.array([[0, 0], [2, 1], [4, 0], [3, 0], [7, 2], [10, 1]], dtype=float)
    y = np.array([0, 0, 0, 1, 1, 1])
    found = measured(X, y, measures=["F2", "F3", "F4"])
    assert found["F2"] == pytest.approx(1 / 10 * 1 / 2)
    assert found["F3"] == pytest.approx(2 / 6)  # 4 and 3, borders included
    assert found["F4"] == pytest.approx(2 / 6)  # (4, 0) and (3, 0): the second column keeps both
    X[3, 1] = -1.0
    assert measured(X, y, measures="F4")["F4"] == 0.0  # now it parts them, and one class is left


def test_a_missing_value_tells_nothing_apart():
    X = np.array([[0.0, 0], [1, 0], [np.nan, 0], [8, 0], [9, 0], [np.nan, 0]])
    assert measured(X[:, :1], [0, 0, 0, 1, 1, 1], measures="F1")["F1"] < 1
    frame = pd.DataFrame({"gone": [np.nan] * 6})
    assert measured(frame, [0, 0, 0, 1, 1, 1], measures=["F1", "F2", "F3"]) == {
        "F1": 1.0,
        "F2": 1.0,
        "F3": 1.0,
    }


def test_classes_far_apart_are_easy(seed):
    X, y = blobs(seed=seed)
    found = complexity_measures(X, y, random_state=0)
    for name in ("F2", "F3", "F4", "L1", "L2", "L3", "N3", "N4"):
        assert found.values[name] == 0.0, name
    assert found.values["N1"] == pytest.approx(2 / 40)  # one edge crosses
    assert found.values["N2"] < 0.01
    assert found.values["T1"] == pytest.approx(2 / 40)  # a sphere for each class
    assert found.values["LSC"] == pytest.approx(1 - (30**2 + 10**2) / 40**2)
    assert found.by_class[1] == {"N1": 1 / 10, "N3": 0.0, "kDN": 0.0}
    assert found.spread == dict.fromkeys(MEASURES, 0.0)


def test_labels_that_mean_nothing():
    """N3 of labels drawn with shares p is 1 - sum p**2; the interval is 5.5 standard errors."""
    rng = np.random.RandomState(0)
    n, shares = 2000, np.array([0.7, 0.2, 0.1])
    y = rng.choice(3, size=n, p=shares)
    expected = 1 - (shares**2).sum()
    # rows that are each other's nearest go wrong together: at most twice the variance
    error = math.sqrt(2 * expected * (1 - expected) / n)
    found = complexity_measures(rng.normal(size=(n, 3)), y, measures=["N3"]).values["N3"]
    assert abs(found - expected) < 5.5 * error


def test_measures_of_neighbourhoods_are_those_of_the_formulas(seed):
    rng = np.random.RandomState(seed)
    X, y = rng.normal(size=(50, 3)), rng.randint(0, 3, size=50)
    X = (X - X.min(axis=0)) / (X.max(axis=0) - X.min(axis=0))
    distance = np.sqrt(((X[:, None] - X) ** 2).sum(axis=2))
    found = complexity_measures(X, y, measures=["N1", "N2", "N3", "T1", "LSC"])
    # all distances differ and none is 0, so scipy's tree is the only one
    one, other = minimum_spanning_tree(distance).nonzero()
    crossing = y[one] != y[other]
    boundary = np.unique(np.concatenate([one[crossing], other[crossing]]))
    assert found.values["N1"] == pytest.approx(len(boundary) / 50)
    own = [min(distance[i, j] for j in range(50) if j != i and y[j] == y[i]) for i in range(50)]
    enemy = [min(distance[i, j] for j in range(50) if y[j] != y[i]) for i in range(50)]
    r = sum(own) / sum(enemy)
    assert found.values["N2"] == pytest.approx(r / (1 + r))
    assert found.values["N3"] == pytest.approx(np.mean(np.array(own) > np.array(enemy)))
    local = [sum(distance[i] < enemy[i]) for i in range(50)]
    assert found.values["LSC"] == pytest.approx(1 - np.mean(local) / 50)
    assert found.values["T1"] == pytest.approx(len(slow_spheres(distance, y)) / 50)
    for label in range(3):
        rows = np.flatnonzero(y == label)
        expected = np.mean(np.isin(rows, boundary))
        assert found.by_class[label]["N1"] == pytest.approx(expected)
        kdn = k_disagreeing_neighbors(X, y)[rows].mean()
        assert found.by_class[label]["kDN"] == pytest.approx(kdn)


def slow_spheres(distance, y):
    """Sets of rows nearer than the nearest of another class that no other set includes."""
    n = len(y)
    enemy = [min(distance[i, j] for j in range(n) if y[j] != y[i]) for i in range(n)]
    held = {frozenset([i, *(j for j in range(n) if distance[i, j] < enemy[i])]) for i in range(n)}
    return [rows for rows in held if not any(rows < other for other in held)]


def test_equal_rows_of_two_classes_are_as_hard_as_can_be():
    X, y = np.zeros((8, 2)), [0, 1] * 4
    found = measured(X, y)
    assert found["LSC"] == 1.0  # nothing is nearer than a row of the other class
    assert found["T1"] == 1.0
    assert found["N1"] >= 0.5  # any tree joins a row of one class to each row of the other
    assert found["F1"] == found["F2"] == found["F3"] == found["F4"] == 1.0


def test_straight_borders(seed):
    X, y = unbalanced([60, 40], n_columns=2, seed=seed)
    standard = (X - X.mean(axis=0)) / X.std(axis=0)
    border = LinearSVC(dual="auto", random_state=0, max_iter=10_000).fit(standard, y)
    height = border.decision_function(standard) / np.linalg.norm(border.coef_)
    wrong = (height > 0) != y
    depth = np.abs(height[wrong]).sum() / len(y)
    found = measured(X, y, measures=["L1", "L2", "L3"])
    assert 0.05 < found["L2"] < 0.5
    # liblinear stops at a tolerance, from another seed
    assert found["L2"] == pytest.approx(wrong.mean(), abs=0.02)
    assert found["L1"] == pytest.approx(depth / (1 + depth), abs=0.01)


def test_two_rings_are_hard_for_a_line_only():
    angle = np.linspace(0, 2 * np.pi, 100, endpoint=False)
    ring = np.column_stack([np.cos(angle), np.sin(angle)])
    X, y = np.vstack([ring, 3 * ring]), np.repeat([0, 1], 100)
    found = measured(X, y, measures=["L2", "N3", "L3"])
    assert found["N3"] == 0.0
    assert found["L2"] > 0.3
    # rows between rows of the outer ring lie inside it
    assert found["L3"] > 0.3


def test_balance():
    y = np.repeat([0, 1], [90, 10])
    X = np.arange(100.0)[:, None]
    found = measured(X, y, measures=["C1", "C2"])
    entropy = -(0.9 * math.log(0.9) + 0.1 * math.log(0.1)) / math.log(2)
    assert found["C1"] == pytest.approx(1 - entropy)
    assert found["C2"] == pytest.approx(1 - 1 / (0.5 * (9 + 1 / 9)))
    equal = measured(X, np.arange(100) % 4, measures=["C1", "C2"])
    assert equal == {"C1": pytest.approx(0, abs=1e-12), "C2": pytest.approx(0, abs=1e-12)}


def test_large_tables_are_measured_on_draws():
    X, y = unbalanced([380, 20])
    found = complexity_measures(X, y, max_rows=100, random_state=0, measures=["N3", "C2"])
    assert (found.n_rows, found.n_draws) == (100, 3)
    assert found.spread["N3"] > 0.0
    assert found.spread["C2"] == 0.0
    again = complexity_measures(X, y, max_rows=100, random_state=0, measures=["N3", "C2"])
    assert found.values == again.values
    whole = complexity_measures(X, y, measures=["N3"])
    assert abs(whole.values["N3"] - found.values["N3"]) < 0.1


def test_a_frame_of_the_measures():
    X, y = unbalanced([30, 10])
    frame = complexity_measures(X, y, measures=["F1", "N3"]).to_frame()
    assert frame.index.tolist() == ["F1", "N3", "kDN"]
    assert frame.columns.tolist() == ["value", "spread", "of 0", "of 1"]
    assert np.isnan(frame.loc["F1", "of 1"])


tables_of_any_kind = st.builds(
    lambda seed, n, d, k, gaps, levels, copies: made_table(seed, n, d, k, gaps, levels, copies),
    st.integers(0, 10_000),
    st.integers(4, 40),
    st.integers(0, 4),
    st.integers(1, 5),
    st.sampled_from([0.0, 0.3, 1.0]),
    st.integers(0, 2),
    st.booleans(),
)


def made_table(seed, n, d, k, gaps, levels, copies):
    """Frames with constant and missing columns, levels, copies, classes of one row."""
    rng = np.random.RandomState(seed)
    numbers = rng.randint(-2, 3, size=(n, d)) * rng.choice([1.0, 1e-9, 1e9])
    numbers = np.where(rng.uniform(size=(n, d)) < gaps, np.nan, numbers)
    frame = pd.DataFrame(numbers, columns=[f"x{j}" for j in range(d)])
    for j in range(levels):
        text = rng.choice(["a", "b", "c", None], size=n)
        frame[f"text{j}"] = pd.Categorical(pd.Series(text, dtype=object))
    if copies:
        frame = frame.iloc[rng.randint(0, n, size=n)]
    y = np.append(np.arange(min(k, n)), rng.randint(0, k, size=max(n - k, 0)))[:n]
    return frame, np.array([f"class {label}" for label in y])


@given(tables_of_any_kind)
def test_measures_of_any_table_lie_between_0_and_1(table):
    X, y = table
    if X.shape[1] == 0 or len(set(y)) < 2:
        return
    found = measured(X, y)
    assert tuple(found) == MEASURES
    for name, value in found.items():
        assert 0.0 <= value <= 1.0, name


@pytest.mark.exhaustive
@given(tables_of_any_kind)
def test_meta_features_of_any_table(table):
    X, y = table
    facts = meta_features(X, y)
    assert tuple(facts) == META_FEATURES
    assert all(isinstance(value, float) and not math.isinf(value) for value in facts.values())
    assert facts["n_rows"] == len(X)
    assert facts["n_features"] == X.shape[1]
    assert str(meta_features(X, y)) == str(facts)  # NaN is not equal to itself


# Rows ------------------------------------------------------------------------------------------


def test_disagreeing_neighbours_count_the_classes(seed):
    X, y = unbalanced([30, 20, 10], seed=seed)
    X = (X - X.min(axis=0)) / (X.max(axis=0) - X.min(axis=0))
    distance = ((X[:, None] - X) ** 2).sum(axis=2)
    np.fill_diagonal(distance, np.inf)
    near = np.argsort(distance, axis=1)[:, :7]
    expected = (y[near] != y[:, None]).mean(axis=1)
    np.testing.assert_allclose(k_disagreeing_neighbors(X, y, k=7), expected)


@pytest.mark.parametrize("labels", [[0, 1], ["b", "a"], [False, True]], ids=str)
def test_hardness_finds_wrong_labels(labels):
    X, y = blobs((60, 20), gap=3.0)
    y[[5, 70]] = 1 - y[[5, 70]]
    hardness = instance_hardness(X, np.array(labels)[y], random_state=0)
    assert set(np.argsort(-hardness)[:2]) == {5, 70}
    assert hardness.min() >= 0.0
    assert hardness.max() <= 1.0


def test_hardness_is_the_mean_over_estimators_out_of_fold():
    """A tree that never splits gives the class shares of its training rows."""
    X, y = unbalanced([75, 25])
    stump = DecisionTreeClassifier(min_samples_leaf=1000)
    np.testing.assert_allclose(instance_hardness(X, y, [stump]), np.where(y == 0, 0.25, 0.75))
    both = instance_hardness(X, y, [stump, LogisticRegression()], random_state=3)
    alone = instance_hardness(X, y, [LogisticRegression()], random_state=3)
    np.testing.assert_allclose(both, (np.where(y == 0, 0.25, 0.75) + alone) / 2)


def test_hardness_of_a_class_of_one_row_is_one():
    X, y = unbalanced([20, 1])
    assert instance_hardness(X, y, random_state=0)[y == 1] == 1.0


def test_hardness_takes_frames_and_does_not_depend_on_jobs(mixed):
    X, y = mixed
    one = instance_hardness(X, y, random_state=0)
    with joblib.parallel_config("threading"):  # workers of their own take seconds to start
        np.testing.assert_array_equal(one, instance_hardness(X, y, random_state=0, n_jobs=2))
    assert one.shape == y.shape


def test_what_hardness_refuses():
    X, y = unbalanced([20, 5])
    with pytest.raises(ValueError, match="cv must be at least 2"):
        instance_hardness(X, y, cv=1)
    with pytest.raises(ValueError, match="no predict_proba"):
        instance_hardness(X, y, [LinearSVC()])


# Meta-features ---------------------------------------------------------------------------------


def test_meta_features_count_what_is_there():
    frame = pd.DataFrame(
        {
            "two": [0.0, 1.0] * 20,
            "many": np.arange(40.0),
            "gone": [np.nan] * 10 + [0.0] * 30,
            "text": pd.Categorical(["a", "b"] * 20),
        }
    )
    frame = pd.concat([frame, frame.iloc[[0, 3, 3]]])
    y = np.array(["usual"] * 32 + ["odd"] * 8 + ["usual"] * 3)
    facts = meta_features(frame, y)
    assert facts["n_rows"] == 43
    assert facts["n_smallest"] == 8
    assert facts["log_imbalance"] == pytest.approx(math.log(35 / 8))
    assert facts["smallest_per_feature"] == 2
    assert facts["nominal_share"] == 1 / 4
    assert facts["binary_share"] == 2 / 4
    assert facts["missing_share"] == pytest.approx((10 + 3) / (4 * 43))
    assert facts["zero_share"] == pytest.approx((21 + 2 + 30) / (4 * 43))
    assert facts["duplicate_share"] == pytest.approx(3 / 43)
    assert math.isnan(facts["drift"])


def test_meta_features_are_the_measures_of_the_table(seed):
    X, y = unbalanced([70, 30], seed=seed)
    facts = meta_features(X, y)
    own = complexity_measures(X, y, measures=["F1", "F2", "F3", "N1", "N3"])
    for name, value in own.values.items():
        assert facts[name] == pytest.approx(value), name
    types = minority_types(X, y)
    for name, share in types.shares.items():
        assert facts[f"{name}_share"] == pytest.approx(share)
    assert facts["kDN_smallest"] == pytest.approx(own.by_class[1]["kDN"])
    assert facts["N3_smallest"] == pytest.approx(own.by_class[1]["N3"])
    scaled = (X - X.min(axis=0)) / (X.max(axis=0) - X.min(axis=0))
    expected = silhouette_samples(scaled, y)[y == 1].mean()
    assert facts["silhouette"] == pytest.approx(expected)
    above = np.corrcoef(X.T)[np.triu_indices(4, 1)]
    assert facts["correlation"] == pytest.approx(np.abs(above).mean())


def test_clusters_of_the_rarest_class():
    rng = np.random.RandomState(0)
    parts = [rng.uniform(size=(12, 2)) * 0.1 + place for place in ([0, 0], [5, 0], [0, 5])]
    X = np.vstack([*parts, rng.uniform(size=(100, 2)) * 5])
    y = np.repeat([1, 0], [36, 100])
    assert meta_features(X, y)["n_clusters"] == 3
    assert DBSCAN(eps=0.5).fit(X[:36]).labels_.max() == 2


def test_landmarkers_see_a_straight_border_and_no_border():
    X, y = blobs((300, 30), gap=2.0)
    facts = meta_features(X, y)
    for name in ("stump", "nearest", "naive_bayes", "logistic"):
        assert facts[name] > 0.99
    noise = meta_features(np.random.RandomState(0).normal(size=(2000, 5)), np.arange(2000) % 2)
    for name in ("stump", "nearest", "naive_bayes", "logistic"):
        # 1,000 rows; an area or precision of random scores varies by about .02
        assert abs(noise[name]) < 0.2


def test_drift_is_seen_with_a_time_only():
    rng = np.random.RandomState(0)
    X, y = rng.normal(size=(600, 3)), rng.randint(0, 2, size=600)
    time = pd.date_range("2020-01-01", periods=600).to_numpy()
    moved = X + np.linspace(0, 5, 600)[:, None]
    assert meta_features(moved, y, time=time)["drift"] > 0.9
    assert abs(meta_features(X, y, time=time)["drift"] - 0.5) < 0.2
    assert abs(meta_features(moved, y, time=rng.permutation(600))["drift"] - 0.5) < 0.2


def test_meta_features_do_not_depend_on_the_container(container):
    X, y = unbalanced([60, 15])
    X = np.round(X * 4) / 4
    X[np.abs(X) < 0.5] = 0.0
    expected = meta_features(X, y)
    found = meta_features(container.make(X), y)
    for name, value in expected.items():
        assert found[name] == pytest.approx(value, nan_ok=True), name


@pytest.mark.parametrize("kind", list(MIXED))
def test_meta_features_of_mixed_frames(kind):
    y = np.random.RandomState(6).permutation(np.repeat([0, 1], [45, 15]))
    facts = meta_features(MIXED[kind](mixed_columns()), y)
    assert [name for name, value in facts.items() if math.isnan(value)] == ["drift"]


def test_meta_features_of_wide_sparse_tables():
    from scipy import sparse

    X = sparse.random(300, 20_000, density=0.001, random_state=0)
    facts = meta_features(X.tocsr(), np.arange(300) % 3 == 0)
    assert facts["n_features"] == 20_000
    assert facts["zero_share"] == pytest.approx(0.999, abs=1e-4)
    assert 0 <= facts["N3"] <= 1


def test_large_tables_give_nearly_what_their_half_gives():
    """Draws keep the class shares; what is left are sampling errors of a few percent."""
    X, y = unbalanced([5600, 400])
    whole, half = meta_features(X, y), meta_features(X[::2], y[::2])
    for name in ("safe_share", "N3", "F1", "F3", "logistic", "naive_bayes", "correlation"):
        assert abs(whole[name] - half[name]) < 0.15, name


def test_containers_are_all_tried():
    assert len(CONTAINERS) > 10


def test_many_levels_cost_no_more_than_some():
    """Columns for all levels would be 4,000, and their products 130 MB."""
    rng = np.random.RandomState(0)
    n_rows = 1000
    texts = [f"t{i}" for i in range(n_rows)]
    frame = pd.DataFrame({"a": texts, "b": texts[::-1], "c": rng.normal(size=n_rows)})
    y = (rng.uniform(size=n_rows) < 0.1).astype(int)
    tracemalloc.start()
    found = complexity_measures(frame, y, measures=["F1", "F1v", "F2", "F3", "F4"], random_state=0)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 20e6
    assert all(0.0 <= value <= 1.0 for value in found.values.values())
