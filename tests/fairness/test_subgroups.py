"""Subgroups: planted ones are found, numbers are scikit-learn's, noise is not called a find."""

import numpy as np
import pandas as pd
import polars as pl
import pytest
from scipy import stats
from sklearn.metrics import accuracy_score, recall_score

from imbalance_kit.fairness import find_subgroups
from imbalance_kit.fairness._audit.rates import same_share
from imbalance_kit.fairness._audit.subgroup_candidates import relative_entropy


@pytest.fixture(scope="module")
def planted():
    """Women over 50 are wrongly decided positive half of the time, others hardly ever."""
    rng = np.random.RandomState(0)
    n = 4000
    X = pd.DataFrame(
        {
            "sex": rng.choice(["f", "m"], n),
            "age": rng.randint(18, 80, n).astype(float),
            "colour": rng.choice(list("rgb"), n),
            "noise": rng.normal(size=n),
        }
    )
    y = rng.randint(2, size=n)
    bad = (X["sex"] == "f") & (X["age"] >= 50)
    wrong = rng.uniform(size=n) < np.where(bad, 0.5, 0.05)
    return X, y, np.where(wrong & (y == 0), 1, y), bad.to_numpy()


def test_features_find_what_was_planted(planted):
    X, y, d, _ = planted
    found = find_subgroups(X, y, d, rate="false_positive_rate", method="features")
    first = found.table["description"][0]
    assert first.startswith("sex=f, ")
    assert "age" in first
    assert found.table["q_value"][0] < 1e-6
    own = found.members[0]
    assert found.table["rows"][0] == (y[own] == 0).sum()
    assert found.table["value"][0] == pytest.approx(1 - recall_score(y[own], d[own], pos_label=0))
    others = np.setdiff1d(np.arange(len(y)), own)
    rest = 1 - recall_score(y[others], d[others], pos_label=0)
    assert found.table["difference"][0] == pytest.approx(found.table["value"][0] - rest)
    assert found.overall == pytest.approx(1 - recall_score(y, d, pos_label=0))


def test_clusters_find_what_was_planted(planted):
    X, y, d, bad = planted
    found = find_subgroups(
        X[["sex", "age"]], y, d, rate="false_positive_rate", n_clusters=8, random_state=0
    )
    assert bad[found.members[0]].mean() > 0.8
    assert "sex=f" in found.table["description"][0]
    assert sum(map(len, found.members)) == len(y)


@pytest.mark.parametrize(("rate", "worst"), [("accuracy", np.min), ("false_positive_rate", np.max)])
def test_worst_first(planted, rate, worst):
    X, y, d, _ = planted
    values = find_subgroups(X, y, d, rate=rate, random_state=0).table["value"]
    assert values[0] == worst(values)
    assert len(np.unique(np.sign(np.diff(values))[np.diff(values) != 0])) == 1


def test_numbers_of_clusters_are_those_of_scikit_learn(planted):
    X, y, d, _ = planted
    weight = np.random.RandomState(1).uniform(0.5, 2, len(y))
    found = find_subgroups(X, y, d, sample_weight=weight, random_state=0)
    for own, value in zip(found.members, found.table["value"], strict=True):
        assert value == pytest.approx(accuracy_score(y[own], d[own], sample_weight=weight[own]))


def test_noise_is_not_called_a_find():
    """Decisions that err by chance alone. Any find at q < 1e-7 has a chance of 1e-7 at most
    (Benjamini-Hochberg where all are false)."""
    rng = np.random.RandomState(2)
    X, y = rng.randint(4, size=(5000, 6)), rng.randint(2, size=5000)
    d = np.where(rng.uniform(size=5000) < 0.1, 1 - y, y)
    found = find_subgroups(X, y, d, method="features", max_depth=2)
    assert min(found.table["q_value"]) > 1e-7


def test_p_values_are_those_of_fishers_exact_test():
    rng = np.random.RandomState(0)
    for _ in range(200):
        a, b = rng.randint(0, 30, size=2)
        n, m = a + rng.randint(0, 90), b + rng.randint(0, 90)
        if min(n, m) == 0:
            continue
        table = [[a, n - a], [b, m - b]]
        tails = [stats.fisher_exact(table, side)[1] for side in ("less", "greater")]
        assert same_share(a / n, n, b / m, m) == pytest.approx(min(1, 2 * min(tails)))


def test_numbers_of_rows_that_are_not_whole_are_taken_at_the_safe_side():
    assert same_share(0.5, 20.9, 0.1, 50.5) == same_share(0.5, 20, 0.1, 50)
    assert same_share(0.5, 21 - 1e-9, 0.1, 50) == same_share(10 / 21, 21, 0.1, 50)
    assert same_share(5.5 / 20, 20, 0.1, 50) == pytest.approx(same_share(0.25, 20, 0.1, 50))
    assert same_share(0.1, 50, 5.5 / 20, 20) == pytest.approx(same_share(0.1, 50, 0.25, 20))
    assert same_share(0.0, 10, 0.0, 10) == same_share(1.0, 10, 1.0, 0) == 1.0


def false_finds(error, method, *, weighted=False, n_rows=2000, n_runs=150):
    """Runs with a find at q < .05 where all rows err with one chance."""
    found = 0
    for seed in range(n_runs):
        rng = np.random.RandomState(seed)
        X, y = rng.randint(4, size=(n_rows, 4)), rng.randint(2, size=n_rows)
        d = np.where(rng.uniform(size=n_rows) < error, 1 - y, y)
        weight = rng.exponential(size=n_rows) if weighted else None
        subgroups = find_subgroups(X, y, d, method=method, random_state=0, sample_weight=weight)
        found += min(subgroups.table["q_value"]) < 0.05
    return found


@pytest.mark.exhaustive
@pytest.mark.parametrize("method", ["features", "clusters"])
@pytest.mark.parametrize("weighted", [False, True])
def test_where_errors_are_rare_finds_are_not_false_more_often_than_stated(method, weighted):
    """26 of 150 at a rate of at most .05 have a chance below 1e-7."""
    assert false_finds(0.005, method, weighted=weighted) < 26


def test_similar_subgroups(planted):
    X, y, d, _ = planted
    found = find_subgroups(
        X, y, d, method="features", features=["sex", "colour"], rate="false_positive_rate"
    )
    words = found.table["description"]
    at = words.index("sex=f, colour=r")
    nearest = [words[i] for i in found.similar(at, n=2)]
    assert set(nearest) == {"sex=f", "colour=r"}
    assert at not in found.similar(at, n=100)
    with pytest.raises(ValueError, match="There is no subgroup 99"):
        found.similar(99)


def test_small_subgroups_are_counted_and_left_out():
    X = np.repeat([[0], [1], [2]], [100, 100, 4], axis=0)
    y = np.tile([0, 1], 102)
    found = find_subgroups(X, y, y, method="features")
    assert found.table["description"] == ["column 0=0", "column 0=1"]
    assert found.skipped == 1
    assert "1 more are too small" in str(found)
    none = find_subgroups(X, y, y, method="features", min_rows=500)
    assert len(none) == 0
    assert none.to_frame().empty


def test_entropy_is_relative_and_constants_come_last():
    assert relative_entropy(np.array([[0.5, 0.5], [1.0, 0.0]])) == pytest.approx([1, 0])
    thirds = np.array([[1 / 3, 1 / 3, 1 / 3], [0.5, 0.5, 0.0]])
    assert relative_entropy(thirds) == pytest.approx([1, np.log(2) / np.log(3)])
    assert np.isinf(relative_entropy(np.array([[1.0], [1.0]]))).all()


@pytest.mark.parametrize("make", [pl.from_pandas, pd.DataFrame.to_numpy], ids=["polars", "object"])
def test_containers(planted, make):
    X, y, d, _ = planted
    found = find_subgroups(make(X), y, d, method="features", max_depth=1)
    expected = find_subgroups(X, y, d, method="features", max_depth=1)
    kept = [i for i, text in enumerate(expected.table["description"]) if "=" in text[:8]]
    assert kept
    assert found.overall == expected.overall
    if make is pl.from_pandas:
        assert found.table == expected.table


def test_missing_values_are_a_value():
    X = pd.DataFrame({"a": [1.0, np.nan] * 200, "b": np.arange(400.0)})
    X.loc[::8, "b"] = np.nan
    y = np.tile([0, 0, 1, 1], 100)
    words = find_subgroups(X, y, y, method="features", max_depth=1).table["description"]
    assert {"a=1", "a=(missing)", "b=(missing)"} <= set(words)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"rate": "speed"}, r"There is no rate \['speed'\]"),
        ({"rate": "selection_rate"}, "has no bad end to order subgroups by"),
        ({"method": "trees"}, "method must be 'clusters' or 'features'"),
        ({"n_bins": 1}, "n_bins at least 2"),
        ({"X": np.array([[str(i)] for i in range(500)]), "method": "clusters"}, "500 values"),
        ({"X": np.zeros((3, 1))}, "X has 3 rows, y_true has 100"),
        ({"X": np.random.RandomState(0).rand(100, 60), "max_depth": 4}, "more than 20000"),
    ],
)
def test_mistakes_are_explained(options, message):
    y = np.tile([0, 1], 250 if options.get("method") == "clusters" else 50)
    options = {"X": np.zeros((100, 1)), "method": "features", **options}
    with pytest.raises(ValueError, match=message):
        find_subgroups(options.pop("X"), y, y, **options)
