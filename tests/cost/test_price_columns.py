"""Prices in columns of X are looked up in ``fit``, and those of errors should not be negative."""

import warnings

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from loops import looped
from scipy import sparse
from sklearn.compose import make_column_transformer
from sklearn.linear_model import LogisticRegression
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from imbalance_kit.cost import (
    Column,
    CostMatrix,
    CostSensitiveClassifier,
    MetaCostClassifier,
    MinimumExpectedCostClassifier,
    ThresholdedClassifierCV,
)

CLASSIFIERS = {
    "least cost": lambda costs: MinimumExpectedCostClassifier(
        GaussianNB(), cost_matrix=costs, cv=2
    ),
    "least cost, plain": lambda costs: MinimumExpectedCostClassifier(
        GaussianNB(), cost_matrix=costs, calibration=None
    ),
    "threshold": lambda costs: ThresholdedClassifierCV(GaussianNB(), cost_matrix=costs, cv=2),
    "weights": lambda costs: CostSensitiveClassifier(GaussianNB(), cost_matrix=costs),
    "rejection": lambda costs: CostSensitiveClassifier(
        GaussianNB(), cost_matrix=costs, method="rejection", random_state=0
    ),
    "labels": lambda costs: MetaCostClassifier(
        GaussianNB(), cost_matrix=costs, n_estimators=2, random_state=0
    ),
}
every_classifier = looped("name", list(CLASSIFIERS))


@pytest.fixture
def table(two_classes):
    X, y = two_classes
    amount = np.random.RandomState(0).lognormal(2, 1, size=len(y))
    return pd.DataFrame(X, columns=list("abcd")).assign(amount=amount), y


def by_column(name, **others):
    return CostMatrix.from_prices(
        **({"false_positive": 3, "false_negative": name} | others), pos_label=1
    )


@every_classifier
def test_columns_that_are_not_there_fail_in_fit(name, table):
    frame, y = table
    for X, column, message in [
        (frame, "amout", r"no column 'amout'; it has \['a', 'b', 'c', 'd', 'amount'\]"),
        (pl.from_pandas(frame), "amout", "no column 'amout'"),
        (pa.Table.from_pandas(frame), "amout", "no column 'amout'"),
        (frame.to_numpy(), "amount", "X has no column names"),
        (sparse.csr_matrix(frame), "amount", "X has no column names"),
        (frame, Column(5), "X has 5 columns, so there is none at position 5"),
        (frame.to_numpy(), Column(-6), "X has 5 columns, so there is none at position -6"),
        (sparse.csr_matrix(frame), Column(9), "none at position 9"),
    ]:
        with pytest.raises(ValueError, match=message):
            CLASSIFIERS[name](by_column(column)).fit(X, y)


@every_classifier
def test_a_name_given_twice(name, table):
    frame, y = table
    with pytest.raises(ValueError, match=r"X has 2 columns 'amount'.*Rename"):
        CLASSIFIERS[name](by_column("amount")).fit(frame.rename(columns={"a": "amount"}), y)


def test_other_names_given_twice_do_no_harm(table):
    frame, _ = table
    twice = frame.rename(columns={"a": "b"})
    for name in ("amount", 4, -1):
        np.testing.assert_array_equal(Column(name).read(twice), frame["amount"])
    nullable = frame.assign(amount=frame["amount"].astype("Float64"))
    np.testing.assert_array_equal(Column("amount").read(nullable), frame["amount"])
    with pytest.raises(ValueError, match="missing or infinite"):
        Column("amount").read(nullable.assign(amount=pd.array([None] * len(frame), "Float64")))


@every_classifier
def test_columns_without_numbers_fail_in_fit(name, table):
    frame, y = table
    for values, message in [
        ("dear", "must hold numbers"),
        (pd.Timestamp("2020-01-01"), "must hold numbers"),
        (pd.Timedelta("1h"), "must hold numbers"),
        (1j, "must hold numbers"),
        (np.nan, "missing or infinite"),
    ]:
        bad = frame.assign(price=values)
        model = CLASSIFIERS[name](by_column("price"))
        model.set_params(estimator=make_pipeline(FirstColumns(), GaussianNB()))
        with pytest.raises(ValueError, match=message):
            model.fit(bad, y)


class FirstColumns(StandardScaler):
    """Keeps the price from the learner."""

    def fit(self, X, y=None, sample_weight=None):
        return super().fit(X.iloc[:, :4])

    def transform(self, X):
        return super().transform(X.iloc[:, :4])


def warned_of(model, X, y):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        model.fit(X, y)
    return [str(found.message) for found in caught if "Prices of wrong" in str(found.message)]


@every_classifier
def test_a_scaled_price_is_noticed(name, table):
    frame, y = table
    scaled = frame.assign(amount=(frame["amount"] - frame["amount"].mean()) / frame["amount"].std())
    n_negative = int((scaled["amount"] < 0).sum())
    (text,) = warned_of(CLASSIFIERS[name](by_column("amount")), scaled, y)
    assert f"[amount] in {n_negative} of {len(y)} rows" in text
    assert "pass them through" in text
    assert not warned_of(CLASSIFIERS[name](by_column("amount")), frame, y)


def test_behind_a_column_transformer(table):
    frame, y = table
    columns = list(frame.columns)
    scale_all = make_column_transformer(
        (StandardScaler(), columns), verbose_feature_names_out=False
    ).set_output(transform="pandas")
    pass_price = make_column_transformer(
        (StandardScaler(), columns[:-1]),
        ("passthrough", ["amount"]),
        verbose_feature_names_out=False,
    ).set_output(transform="pandas")
    for first, n_warnings in ((scale_all, 1), (pass_price, 0)):
        last = MinimumExpectedCostClassifier(LogisticRegression(), cost_matrix=by_column("amount"))
        assert len(warned_of(make_pipeline(first, last), frame, y)) == n_warnings
    bare = make_column_transformer((StandardScaler(), columns))
    with pytest.raises(ValueError, match="X has no column names"):
        make_pipeline(bare, last).fit(frame, y)


@every_classifier
def test_a_gain_may_be_negative(name, table):
    frame, y = table
    gains = by_column("amount", true_positive=Column("amount", factor=-0.5), true_negative=-1)
    assert not warned_of(CLASSIFIERS[name](gains), frame, y)


def test_one_warning_names_every_column(table):
    frame, y = table
    frame = frame.assign(fee=-1.0)
    costs = by_column(Column("amount", factor=-1), false_positive="fee")
    (text,) = warned_of(
        MinimumExpectedCostClassifier(GaussianNB(), cost_matrix=costs, calibration=None), frame, y
    )
    assert f"[fee] in {len(y)} of {len(y)} rows" in text
    assert f"-1*[amount] in {len(y)} of {len(y)} rows" in text


def test_an_offset_counts(table):
    frame, y = table
    costs = by_column(Column("amount", factor=-1, offset=1e6))
    assert not warned_of(ThresholdedClassifierCV(GaussianNB(), cost_matrix=costs, cv=2), frame, y)


@looped("bad", [True, 1.5, None, ("a",)])
def test_what_names_no_column(bad):
    with pytest.raises(ValueError, match="named by a str, or by its position"):
        Column(bad)


def test_factors_are_finite_numbers():
    for given in ({"factor": np.nan}, {"offset": np.inf}, {"factor": "2"}):
        with pytest.raises(ValueError, match="must be a finite number"):
            Column("amount", **given)
    assert Column(np.int64(3), factor=np.float32(2)).name == 3
