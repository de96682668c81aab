"""Columns without linear correlation with sensitive features."""

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from fairlearn.preprocessing import CorrelationRemover as Reference

from imbalance_kit.fairness import CorrelationRemover


def made(n_rows=300, seed=0):
    """Three sensitive columns, on which four others depend."""
    rng = np.random.RandomState(seed)
    S = np.column_stack(
        [rng.randint(0, 2, n_rows), rng.normal(40, 10, n_rows), rng.randint(0, 5, n_rows)]
    )
    Z = rng.normal(size=(n_rows, 4)) + S @ rng.normal(size=(3, 4)) * [1, 0.1, 0.5, 2]
    return np.column_stack([S[:, :1], Z, S[:, 1:]]), S


SENSITIVE = [0, 5, 6]


def correlations(Z, S, weight=None):
    mass = np.ones(len(Z)) if weight is None else weight
    together = np.cov(np.column_stack([Z, S]).T, aweights=mass)
    spread = np.sqrt(np.diag(together))
    return (together / np.outer(spread, spread))[: Z.shape[1], Z.shape[1] :]


def test_nothing_is_correlated_with_any_of_three_columns():
    X, S = made()
    new = CorrelationRemover(sensitive_features=SENSITIVE).fit_transform(X)
    assert new.shape == (300, 4)
    # rounding: the specification asks for 1e-12
    assert np.abs(correlations(new, S)).max() < 1e-12


def test_weights_are_those_of_the_correlation():
    X, S = made()
    weight = np.random.RandomState(1).uniform(size=len(X))
    new = CorrelationRemover(sensitive_features=SENSITIVE).fit_transform(X, sample_weight=weight)
    assert np.abs(correlations(new, S, weight)).max() < 1e-12


@pytest.mark.parametrize("alpha", [0, 0.3, 1])
@pytest.mark.parametrize("columns", [[0], [0, 5], SENSITIVE])
def test_equal_to_fairlearn(alpha, columns):
    X, _ = made()
    mine = CorrelationRemover(alpha=alpha, sensitive_features=columns).fit(X[:200])
    theirs = Reference(sensitive_feature_ids=columns, alpha=alpha).fit(X[:200])
    # two ways to solve the same least squares
    np.testing.assert_allclose(mine.transform(X), theirs.transform(X), rtol=1e-9, atol=1e-9)


def test_alpha_of_zero_changes_nothing():
    X, _ = made()
    new = CorrelationRemover(alpha=0, sensitive_features=SENSITIVE).fit_transform(X)
    np.testing.assert_array_equal(new, X[:, 1:5])


def test_a_nominal_feature_is_spread_over_its_levels():
    X, _ = made()
    words = np.array(["a", "b", "c"])[np.random.RandomState(2).randint(0, 3, len(X))]
    Z = X[:, 1:5] + (words == "b")[:, None]
    remover = CorrelationRemover()
    new = remover.fit_transform(Z, sensitive_features=words)
    for level in "abc":
        own = words == level
        np.testing.assert_allclose(new[own].mean(axis=0), new.mean(axis=0), atol=1e-12)
    assert remover.sensitive_names_ == ["sensitive 0=b", "sensitive 0=c"]


@pytest.mark.parametrize("make", [pd.DataFrame, pl.DataFrame, pa.table], ids=["pd", "pl", "pa"])
def test_dataframes_come_back_without_the_sensitive_columns(make):
    X, _ = made()
    columns = {f"c{j}": X[:, j] for j in range(7)}
    frame = make(columns)
    remover = CorrelationRemover(sensitive_features=["c0", "c5", "c6"]).fit(frame)
    new = remover.transform(frame)
    assert type(new) is type(frame)
    expected = CorrelationRemover(sensitive_features=SENSITIVE).fit_transform(X)
    for j, name in enumerate(["c1", "c2", "c3", "c4"]):
        np.testing.assert_allclose(np.asarray(new[name]), expected[:, j], atol=1e-10)
    assert list(remover.get_feature_names_out()) == ["c1", "c2", "c3", "c4"]


def test_kept_sensitive_columns_and_the_index_are_as_they_were():
    frame = pd.DataFrame(
        {"s": list("xyx"), "a": [1, 2, 4], "flag": [True, False, True]}, index=[7, 8, 9]
    )
    new = CorrelationRemover(sensitive_features="s", drop_sensitive=False).fit_transform(frame)
    assert list(new.columns) == ["s", "a", "flag"]
    assert new["s"].tolist() == ["x", "y", "x"]
    assert new.index.tolist() == [7, 8, 9]
    assert new["a"].tolist() == pytest.approx([2.5 - 1.5 + 7 / 3 - 2.5, 7 / 3, 4 - 2.5 + 7 / 3])


def test_missing_numbers_in_a_sensitive_column_are_a_column_of_their_own():
    age = pd.Series([20.0, 30.0, np.nan, 50.0, np.nan, 40.0])
    Z = np.arange(6.0)[:, None] ** 2
    remover = CorrelationRemover()
    new = remover.fit_transform(Z, sensitive_features=age)
    assert remover.sensitive_names_[1].endswith("=(missing)")
    missing = age.isna().to_numpy()
    assert new[missing].mean() == pytest.approx(new[~missing].mean())


def test_a_constant_column_is_left_out_with_a_warning():
    X, _ = made()
    X[:, 0] = 3
    with pytest.warns(UserWarning, match=r"constant.*left out"):
        remover = CorrelationRemover(sensitive_features=[0, 5]).fit(X)
    assert remover.coef_.shape == (2, 5)
    assert not remover.coef_[0].any()


def test_two_copies_of_a_column_are_one():
    X, _ = made()
    twice = np.column_stack([X, X[:, 0]])
    one = CorrelationRemover(sensitive_features=0).fit_transform(X)
    two = CorrelationRemover(sensitive_features=[0, 7]).fit_transform(twice)
    np.testing.assert_allclose(two, one, atol=1e-9)


def test_what_it_cannot_read_is_refused():
    frame = pd.DataFrame({"s": list("xyx"), "a": [1, 2, 4], "word": list("uvw")})
    with pytest.raises(ValueError, match=r"works on numbers.*'word'.*OneHotEncoder"):
        CorrelationRemover(sensitive_features="s").fit(frame)
    frame = pd.DataFrame({"s": list("xyx"), "a": [1, 2, np.nan]})
    with pytest.raises(ValueError, match=r"NaN.*SimpleImputer"):
        CorrelationRemover(sensitive_features="s").fit(frame)
    remover = CorrelationRemover(sensitive_features="s").fit(frame.assign(a=1.0))
    with pytest.raises(ValueError, match=r"holds \['z'\].*not there in fit"):
        remover.transform(frame.assign(a=1.0, s=list("xyz")))
    with pytest.raises(ValueError, match="All 1 columns"):
        CorrelationRemover(sensitive_features="s").fit(frame[["s"]])
    beside = CorrelationRemover().fit(np.ones((3, 1)), sensitive_features=[0, 1, 0])
    with pytest.raises(ValueError, match="needs those of these rows too"):
        beside.transform(np.ones((3, 1)))


@pytest.mark.parametrize("dtype", [np.float64, np.float32, np.int16])
def test_every_layout_of_an_array_gives_the_same(dtype):
    """Long enough for several parts, by rows and by columns."""
    X = (10 * np.tile(made(20_000)[0], (1, 2))).astype(dtype)
    given = {"sensitive_features": X[:, 0] > 0}
    before = X.copy()
    expected = CorrelationRemover().fit_transform(X.astype(np.float64), **given)
    spaced = np.zeros((2 * len(X), X.shape[1]), dtype)[::2]
    spaced[:] = X
    for table in (X, np.asfortranarray(X), spaced, X[:, ::-1][:, ::-1]):
        new = CorrelationRemover().fit_transform(table, **given)
        scale = 1e-5 if dtype == np.float32 else 1e-12
        np.testing.assert_allclose(new, expected, rtol=scale, atol=100 * scale)
        later = CorrelationRemover().fit(table, **given).transform(table, **given)
        np.testing.assert_array_equal(later, new)
        assert not np.may_share_memory(new, table)
    assert CorrelationRemover().fit_transform(np.asfortranarray(X), **given).flags.f_contiguous
    np.testing.assert_array_equal(X, before)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_one_number_that_is_not_finite_is_noticed(value, dtype):
    """Also where its row counts for nothing, is the mean of the sensitive column, or is in it."""
    for row, column, weight in ((0, 2, 0.0), (19_999, 6, 1.0), (7_000, 0, 1.0), (7_000, 3, 1.0)):
        X = made(20_000)[0].astype(dtype)
        X[:, 0] = np.resize([0.0, 1.0, 0.5], 20_000)
        X[7_000, 0] = 0.5
        X[row, column] = value
        weights = np.ones(20_000)
        weights[row] = weight
        remover = CorrelationRemover(sensitive_features=0)
        for call in (remover.fit, remover.fit_transform):
            for table in (X, np.asfortranarray(X)):
                with pytest.raises(ValueError, match=r"Input X contains (NaN|infinity)"):
                    call(table, sample_weight=weights)
        if column:
            frame = pd.DataFrame(X, columns=list("abcdefg"))
            by_name = CorrelationRemover(sensitive_features="a")
            for call in (by_name.fit, by_name.fit_transform):
                with pytest.raises(ValueError, match=r"Input X contains (NaN|infinity)"):
                    call(frame, sample_weight=weights)


def test_large_numbers_are_not_taken_for_infinite():
    """A sum of them overflows; each by itself is a number."""
    X = np.column_stack([np.resize([0.0, 1.0], 4000), np.full(4000, 1e305), np.arange(4000.0)])
    with np.errstate(over="ignore", invalid="ignore"):
        CorrelationRemover(sensitive_features=0).fit(X)


def test_frames_keep_their_index_and_the_name_of_their_columns():
    X, _ = made()
    columns = pd.Index(list("abcdefg"), name="measured")
    frame = pd.DataFrame(X, columns=columns, index=np.arange(len(X))[::-1])
    before = frame.copy()
    new = CorrelationRemover(sensitive_features="a").fit_transform(frame)
    pd.testing.assert_index_equal(new.index, frame.index)
    pd.testing.assert_index_equal(new.columns, columns[1:])
    expected = CorrelationRemover(sensitive_features=0).fit_transform(X)
    np.testing.assert_allclose(new, expected, rtol=1e-12, atol=1e-12)
    new.iloc[:] = 0.0  # is nobody else's memory
    pd.testing.assert_frame_equal(frame, before)
    given = CorrelationRemover(sensitive_features="a").fit(frame)
    np.testing.assert_array_equal(given.transform(frame), given.transform(frame.copy()))
