"""Splits that have rows of every class, or an error with the reason."""

import numpy as np
import pandas as pd
import polars as pl
import pytest
import sklearn
from loops import looped
from scipy import sparse
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, StratifiedGroupKFold, cross_validate

from imbalance_kit.calibration import ConformalClassifier
from imbalance_kit.model_selection import RareClassHoldOut, RareClassKFold


def table(seed=0, n=200, n_rare=12):
    rng = np.random.RandomState(seed)
    y = np.where(rng.permutation(n) < n_rare, "rare", "usual")
    return pd.DataFrame({"x": rng.normal(size=n), "day": rng.randint(60, size=n)}), y, rng


SPLITTERS = [RareClassKFold(4, random_state=0), RareClassHoldOut(0.25, random_state=0)]


@looped("splitter", SPLITTERS, ids=repr)
@looped(("grouped", "timed"), [(g, t) for g in (False, True) for t in (False, True)])
def test_every_part_has_every_class(splitter, grouped, timed):
    X, y, rng = table()
    group = rng.permutation(np.arange(200) // 4) if grouped and not timed else None
    if grouped and timed:  # groups of few days, so that enough is left to train on
        group = X["day"].to_numpy() * 2 + rng.randint(2, size=200)
    splitter = clone(splitter) if hasattr(splitter, "get_params") else splitter
    splitter.time = "day" if timed else None
    splits = list(splitter.split(X, y, group))
    assert len(splits) == splitter.get_n_splits(X, y, group)
    for train, test in splits:
        assert set(y[train]) == set(y[test]) == {"rare", "usual"}
        assert not set(train) & set(test)
        if grouped:
            assert not set(group[train]) & set(group[test])
        if timed:
            assert X["day"].to_numpy()[train].max() < X["day"].to_numpy()[test].min()
    if not timed:
        tested = np.concatenate([test for _, test in splits])
        assert len(set(tested)) == len(tested)
    again = list(splitter.split(X, y, group))
    for one, other in zip(splits, again, strict=True):
        np.testing.assert_array_equal(one[1], other[1])


def test_where_sklearn_leaves_a_fold_without_positives():
    """Five groups with positives, one of them with most, and five folds."""
    rng = np.random.RandomState(0)
    lacking = 0
    for seed in range(10):
        group = np.repeat(np.arange(10), rng.randint(51, 150, size=10))
        y = np.zeros(len(group), dtype=int)
        holders = rng.choice(10, size=5, replace=False)
        y[np.isin(group, holders[:1])] = 1
        y[np.unique(group, return_index=True)[1][holders]] = 1
        theirs = StratifiedGroupKFold(5, shuffle=True, random_state=seed).split(y, y, group)
        lacking += any(y[test].sum() == 0 for _, test in theirs)
        for _, test in RareClassKFold(5, random_state=seed).split(y, y, group):
            assert y[test].sum() > 0
    assert lacking


def test_times_of_every_kind_are_the_same():
    X, y, _ = table()
    days = pd.Timestamp("2024-01-01") + pd.to_timedelta(X["day"], unit="D")
    expected = list(RareClassKFold(3, time="day").split(X, y))
    kinds = {
        "position": (X, 1),
        "polars": (pl.from_pandas(X), "day"),
        "array": (X.to_numpy(), 1),
        "sparse": (sparse.csr_matrix(X.to_numpy()), 1),
        "beside": (X.to_numpy(), X["day"]),
        "dates": (X.assign(day=days), "day"),
        "polars dates": (pl.from_pandas(X.assign(day=days)), "day"),
        "texts": (X.assign(day=days.dt.strftime("%Y-%m-%d")), "day"),
    }
    for name, (rows, time) in kinds.items():
        for one, other in zip(RareClassKFold(3, time=time).split(rows, y), expected, strict=True):
            np.testing.assert_array_equal(one[1], other[1], err_msg=name)
    order = np.argsort(X["day"], kind="stable")
    in_order = X.iloc[order].reset_index(drop=True)
    for (_, one), (_, other) in zip(
        RareClassKFold(3, time="day").split(in_order, y[order]), expected, strict=True
    ):
        np.testing.assert_array_equal(np.sort(order[one]), other)
    ((train, test),) = RareClassHoldOut(0.2, time=True).split(X, y)
    assert train.max() < test.min()


def test_searches_and_wrappers_take_them():
    X, y, rng = table(n_rare=40)
    group = rng.randint(30, size=200)
    cv = RareClassKFold(3, random_state=0)
    found = cross_validate(LogisticRegression(), X[["x"]], y, cv=cv, groups=group)
    assert np.isfinite(found["test_score"]).all()
    with sklearn.config_context(enable_metadata_routing=True):
        search = GridSearchCV(LogisticRegression(), {"C": [0.1, 1]}, cv=cv)
        search.fit(X, y, groups=group)
        ConformalClassifier(LogisticRegression(), cv=cv).fit(X, y, groups=group)
    ConformalClassifier(LogisticRegression(), cv=cv).fit(X, y, groups=group)
    assert repr(cv) == "RareClassKFold(n_splits=3, random_state=0, time=None)"


def test_three_classes_one_of_few_groups():
    rng = np.random.RandomState(0)
    y = np.r_[rng.randint(2, size=150), np.full(9, 2)]
    group = np.r_[rng.randint(40, size=150), np.repeat([3, 17, 29], 3)]
    for train, test in RareClassKFold(3, random_state=0).split(y, y, group):
        assert set(y[test]) == set(y[train]) == {0, 1, 2}
    with pytest.raises(ValueError, match=r"Class 2 has 3 groups; 4 parts .* smaller n_splits"):
        list(RareClassKFold(4).split(y, y, group))


def test_a_split_that_cannot_be_says_what_there_is():
    y = np.r_[np.zeros(30, dtype=int), np.ones(6, dtype=int)]
    with pytest.raises(ValueError, match=r"Split 0 trains on no row of class 1, .* 6 times"):
        list(RareClassKFold(5, time=np.r_[np.arange(30), np.arange(50, 56)]).split(y, y))
    moment = np.r_[np.arange(30), np.full(6, 15)]
    with pytest.raises(ValueError, match="no row of class 1, which has 6 rows, 1 times"):
        list(RareClassHoldOut(time=moment).split(y, y))
    # a group with all early positives reaches into the test part
    time = np.arange(36)
    y = (time % 6 == 0).astype(int)
    group = np.where(y == 1, 0, 1 + time)
    with pytest.raises(ValueError, match=r"trains on no row of class 1, .* 1 groups, 6 times"):
        list(RareClassHoldOut(0.3, time=True).split(y, y, group))


X, Y = np.zeros((20, 2)), np.arange(20) % 2


@looped(
    ("make", "arguments", "words"),
    [
        (lambda: RareClassKFold(1), (), "n_splits must be a whole number of at least 2; got 1"),
        (lambda: RareClassHoldOut(2), (), "test_size must be a share between 0 and 1; got 2"),
        (RareClassKFold, (X, None), "needs y; got None"),
        (RareClassKFold, (X[:5], Y), "X has 5 rows and y has 20 labels"),
        (RareClassKFold, (X, Y, [1, 2]), "one entry for each of 20 rows"),
        (lambda: RareClassKFold(11), (X, Y), "Class 0 has 10 rows; 11 parts"),
        (lambda: RareClassKFold(time="day"), (X, Y), "X is ndarray, which has none"),
        (lambda: RareClassKFold(time="day"), (pd.DataFrame(X), Y), "one of the columns"),
        (lambda: RareClassKFold(time=[1, 2]), (X, Y), r"need the name of a column of X"),
        (lambda: RareClassKFold(time=0), (X * np.nan, Y), "The column 0 has 20 missing entries"),
        (lambda: RareClassKFold(5, time=[0, 1] * 10), (X, Y), "there are 2 times"),
        (RareClassKFold, (X, Y, Y // 3), "Class 0 has 1 groups; 5 parts"),
    ],
)
def test_bad_input(make, arguments, words):
    with pytest.raises(ValueError, match=words):
        list(make().split(*arguments))
