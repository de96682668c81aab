"""Columns of every kind in every container: what samplers measure, keep and make."""

import datetime as dt
import time
import tracemalloc
import warnings
from decimal import Decimal

import narwhals.stable.v2 as nw
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from lightgbm import LGBMClassifier
from loops import looped
from scipy import sparse
from sklearn.tree import DecisionTreeClassifier

from imbalance_kit._tables.levels import LevelCodes
from imbalance_kit._tables.rows import is_frame
from imbalance_kit.combine import SMOTEENN
from imbalance_kit.ensemble import MixedTreesClassifier, ResamplingBaggingClassifier
from imbalance_kit.over_sampling import (
    CCR,
    LVQSMOTE,
    ROSE,
    SMOTE,
    SMOTEN,
    SVMSMOTE,
    GeometricSMOTE,
    RandomOverSampler,
)
from imbalance_kit.under_sampling import (
    EditedNearestNeighbours,
    InstanceHardnessThreshold,
    NearMiss,
    RandomUnderSampler,
    TomekLinks,
)

N = 60
Y = np.repeat([0, 1], [45, 15])
NUMBERS = np.random.RandomState(0).normal(size=(N, 2)) + Y[:, None]
BASE = pd.DataFrame(NUMBERS, columns=["a", "b"])
# Before 1.18 polars has no integers of 128 bits and cannot overwrite elements of decimals.
NEW_POLARS = hasattr(pl, "Int128")


def columns_of(table):
    """Columns as lists of Python values."""
    if isinstance(table, pa.RecordBatch):
        table = pa.Table.from_batches([table])
    if is_frame(table):
        return [column.to_list() for column in nw.from_native(table).iter_columns()]
    rows = table.toarray() if sparse.issparse(table) else np.asarray(table, dtype=object)
    return [list(column) for column in rows.T.tolist()]


def smote(X, **parameters):
    return SMOTE(random_state=0, **parameters).fit_resample(X, Y)[0]


# numbers among objects


@looped("make", [float, lambda x: Decimal(repr(x)), np.float32, lambda x: round(100 * x)])
def test_numbers_in_object_columns_are_numbers(make):
    numbers = [make(x) for x in NUMBERS[:, 0].tolist()]
    for gaps in (False, True):
        column = [None if gaps and i % 7 == 0 else x for i, x in enumerate(numbers)]
        frame = pd.DataFrame({"a": pd.Series(column, dtype=object), "b": NUMBERS[:, 1]})
        plain = pd.DataFrame(
            {"a": [np.nan if x is None else float(x) for x in column], "b": NUMBERS[:, 1]}
        )
        with pytest.warns(
            UserWarning, match=r"Columns \['a'\] of X hold numbers as Python"
        ) as given:
            new = smote(frame)
        assert len(given) == 1
        assert new["a"].dtype == object
        kept = [x for x in column if x is not None]
        made = [x for x in new["a"].iloc[N:] if x is not None]
        assert {type(x) for x in made} == {type(kept[0])}
        expected = smote(plain)["a"].iloc[N:].dropna().astype(float)
        assert np.allclose(
            [float(x) for x in made], expected, atol=0.5 if make(1.5) == 150 else 1e-6
        )
        assert new["a"].iloc[:N].tolist() == column


@looped("estimator", [SMOTE(), EditedNearestNeighbours(), SMOTEENN(), TomekLinks(), NearMiss()])
def test_object_columns_give_one_warning_that_names_them(estimator):
    frame = BASE.astype({"b": object})
    with pytest.warns(UserWarning, match=r"\['b'\]") as given:
        estimator.fit_resample(frame, Y)
    assert len([warning for warning in given if "objects" in str(warning.message)]) == 1


def test_rounds_give_one_warning():
    model = ResamplingBaggingClassifier(
        DecisionTreeClassifier(), sampler=SMOTE(), n_estimators=6, n_jobs=2
    )
    with pytest.warns(UserWarning, match=r"\['b'\]") as given:
        model.fit(BASE.astype({"b": object}), Y)
    assert len([warning for warning in given if "objects" in str(warning.message)]) == 1


@looped("make", [np.asarray, list], ids=["array", "list"])
def test_objects_of_an_array_or_a_list_are_what_they_are(make):
    rows = [
        [x, i, bool(x > 0), f"0{abs(int(1000 * z))}", None if i % 5 == 0 else 1.5]
        for i, (x, z) in enumerate(NUMBERS.tolist())
    ]
    X = rows if make is list else np.array(rows, dtype=object)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        new = smote(X)
    assert type(new) is type(X)
    made = list(zip(*(list(row) for row in new[N:]), strict=True))
    assert [{type(x) for x in column} - {type(None)} for column in made[1:]] == [
        {int},
        {bool},
        {str},
        {float},
    ]
    assert all(isinstance(x, float) for x in made[0])
    assert set(made[3]) <= {row[3] for row in rows[45:]}
    assert columns_of(new[:N]) == columns_of(rows)


def test_a_list_of_numbers_is_an_array_of_numbers_to_an_estimator():
    rows = [[i, x] for i, x in enumerate(NUMBERS[:, 0].tolist())]
    sampler = InstanceHardnessThreshold(
        estimator=LGBMClassifier(n_estimators=2, verbose=-1), random_state=0
    )
    kept = sampler.fit_resample(rows, Y)[0]
    assert kept == [rows[row] for row in sampler.sample_indices_]
    assert {tuple(map(type, row)) for row in kept} == {(int, float)}


@looped("dtype", [None, object, "T"])
def test_text_in_arrays_is_nominal(dtype):
    words = [str(5 + i % 10) for i in range(N)]
    X = np.array(
        [[word, "a"] for word in words], dtype=np.dtypes.StringDType() if dtype == "T" else dtype
    )
    new = smote(X)
    assert set(new[N:, 0].tolist()) <= set(words[45:])
    assert new.dtype == X.dtype


def test_an_array_of_text_that_spells_numbers_is_numbers():
    """As scikit-learn reads it; beside anything else text stays text."""
    X = NUMBERS.astype(str).astype(object)
    new = smote(X)
    assert np.allclose(new.astype(float), smote(NUMBERS))
    assert {type(x) for x in new.ravel()} == {str}
    beside = np.column_stack([NUMBERS[:, 0].astype(object), X[:, 1]])
    assert set(smote(beside)[N:, 1]) <= set(X[45:, 1])
    as_numbers = smote(beside, categorical_features=None)
    assert np.allclose(as_numbers.astype(float), smote(NUMBERS))


def test_text_named_as_numbers_is_cut_nowhere():
    X = np.array([[str(5 + i % 10)] for i in range(N)])
    new = smote(X, categorical_features=None)
    assert np.allclose(new.astype(float), smote(X.astype(float)))


# integers in their types

SMALL = np.column_stack(
    [np.random.RandomState(1).randint(0, 6, N), np.random.RandomState(2).randint(250, 256, N)]
)


def _by_name(X, dtype):
    return {"a": X[:, 0].astype(dtype), "b": X[:, 1].astype(dtype)}


def _nullable(dtype):
    return np.dtype(dtype).name.replace("int", "Int").replace("uI", "UI")


HOLDERS = {
    "array": lambda X, dtype: X.astype(dtype),
    "list": lambda X, dtype: X.tolist(),
    "pandas": lambda X, dtype: pd.DataFrame(_by_name(X, dtype)),
    "pandas nullable": lambda X, dtype: pd.DataFrame(_by_name(X, dtype)).astype(_nullable(dtype)),
    "pandas arrow": lambda X, dtype: pd.DataFrame(_by_name(X, dtype)).astype(
        f"{np.dtype(dtype).name}[pyarrow]"
    ),
    "polars": lambda X, dtype: pl.DataFrame(_by_name(X, dtype)),
    "pyarrow": lambda X, dtype: pa.table(_by_name(X, dtype)),
    "record batch": lambda X, dtype: pa.record_batch(_by_name(X, dtype)),
    "csr": lambda X, dtype: sparse.csr_matrix(X.astype(dtype)),
    "csc": lambda X, dtype: sparse.csc_array(X.astype(dtype)),
    "objects": lambda X, dtype: X.astype(object),
}
MAKERS = [
    SMOTE(random_state=0),
    ROSE(random_state=0),
    RandomOverSampler(shrinkage=3.0, random_state=0),
    SVMSMOTE(random_state=0),
    GeometricSMOTE(random_state=0),
    LVQSMOTE(random_state=0),
    CCR(random_state=0),
    SMOTEN(random_state=0),
]


@looped("holder", list(HOLDERS))
@pytest.mark.filterwarnings("ignore:Columns")
def test_synthetic_integers_stay_in_their_type(holder):
    given = HOLDERS[holder](SMALL, np.uint8)
    for maker in MAKERS:
        new = maker.fit_resample(given, Y)[0]
        assert type(new) is type(given), maker
        if is_frame(given) and holder != "record batch":
            assert nw.from_native(new).schema == nw.from_native(given).schema, maker
        elif hasattr(given, "dtype"):
            assert new.dtype == given.dtype, maker
        first, second = (np.array(column, dtype=float) for column in columns_of(new))
        # noise may lie a little outside; what wraps around is far off
        assert first.max() < 100, maker
        assert second.min() > 150, maker
        if holder not in ("list", "objects"):  # whose integers have no limit
            assert first.min() >= 0, maker
            assert second.max() <= 255, maker


@looped("holder", ["array", "pandas", "pandas arrow", "polars", "pyarrow", "csr"])
def test_truth_values_that_count_as_numbers(holder):
    X = np.column_stack([NUMBERS[:, 0] > 0.5, NUMBERS[:, 1] > 0.5])
    given = HOLDERS[holder](X, bool)
    for maker in (SMOTE, ROSE, GeometricSMOTE):
        new = maker(random_state=0, categorical_features=None).fit_resample(given, Y)[0]
        assert {type(x) for column in columns_of(new) for x in column} == {bool}, maker


LARGE = {
    "the largest": np.full(N, 2**63 - 1),
    "below the largest": 2**63 - 1 - np.arange(N),
    "beyond 2**53": 2**53 + 1 + 2 * np.random.RandomState(0).permutation(N),
    "of 64 random bits": np.random.RandomState(0).randint(-(2**62), 2**62, N) * 2 + 1,
    "unsigned": np.full(N, 2**64 - 1, dtype=np.uint64),
}
WITH_DIGITS = ["array", "list", "pandas", "pandas nullable", "pandas arrow", "polars", "pyarrow"]


@looped(("holder", "name"), [(h, n) for h in [*WITH_DIGITS, "csr", "objects"] for n in LARGE])
def test_large_integers_keep_their_digits(holder, name):
    column = LARGE[name]
    given = HOLDERS[holder](np.column_stack([column, column]), column.dtype)
    levels = set(column[45:].tolist())
    for maker in (SMOTEN(random_state=0), RandomOverSampler(shrinkage=0.0, random_state=0)):
        new = columns_of(maker.fit_resample(given, Y)[0])
        assert {int(x) for x in new[0][N:]} <= levels, maker
    new = columns_of(smote(given))
    assert min(levels) <= int(min(new[0][N:]))
    assert int(max(new[0][N:])) <= max(levels)
    assert [int(x) for x in new[0][:N]] == column.tolist()


@looped("holder", WITH_DIGITS)
def test_a_column_of_integers_may_lie_anywhere(holder):
    """Distances and new values are those of the same column near zero."""
    near = HOLDERS[holder](SMALL, np.int64)
    far = HOLDERS[holder](SMALL + 2**62, np.int64)
    ours, theirs = columns_of(smote(far)), columns_of(smote(near))
    assert [int(x) - 2**62 for x in ours[0]] == [int(x) for x in theirs[0]]
    cleaner = EditedNearestNeighbours()
    cleaner.fit_resample(far, Y)
    rows = cleaner.sample_indices_
    cleaner.fit_resample(near, Y)
    assert np.array_equal(rows, cleaner.sample_indices_)


@looped("make", [lambda x: pd.Series(x, dtype="Int64"), lambda x: pl.Series(x)])
def test_a_partner_of_a_missing_integer_is_kept_with_all_digits(make):
    values = [None if i % 3 else 2**62 + 2 * (i % 9) + 1 for i in range(N)]
    column = make(values)
    frame = {"a": column, "b": np.round(NUMBERS[:, 1])}
    X = pd.DataFrame(frame) if isinstance(column, pd.Series) else pl.DataFrame(frame)
    new = columns_of(RandomOverSampler(shrinkage=0.0, random_state=0).fit_resample(X, Y)[0])[0]
    assert {x for x in new[N:] if x is not None and x is not pd.NA} <= set(values)
    made = columns_of(smote(X))[0][N:]
    known = [x for x in made if x is not None and x is not pd.NA]
    assert known
    assert min(known) >= 2**62 + 1
    assert max(known) <= 2**62 + 17


@looped(
    "column",
    [
        pd.Series([True, False, None] * 20, dtype="boolean"),
        pd.Series([True, False, None] * 20, dtype="bool[pyarrow]"),
        pd.Series([True, False, None] * 20, dtype=object),
        pl.Series([True, False, None] * 20),
    ],
)
def test_missing_truth_values_that_count_as_numbers(column):
    polars = isinstance(column, pl.Series)
    X = pl.DataFrame({"a": NUMBERS[:, 0], "c": column}) if polars else BASE.assign(c=column)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        new = columns_of(smote(X, categorical_features=None))[-1]
        EditedNearestNeighbours(categorical_features=None).fit_resample(X, Y)
    assert new[:N] == column.to_list()
    assert {x for x in new[N:] if x is not None and x is not pd.NA} <= {True, False}


def test_decimals_without_a_value_are_missing():
    numbers = [Decimal("NaN") if i % 7 == 0 else Decimal(i) for i in range(N)]
    with pytest.warns(UserWarning, match="objects"):
        new = smote(pd.DataFrame({"a": pd.Series(numbers, dtype=object)}))
    assert all(x.is_nan() or x.is_finite() for x in new["a"])


# what is neither a number nor a level

PANDAS = {
    "a point in time": pd.Series(pd.date_range("2020", periods=N)),
    "with NaT": pd.Series([pd.NaT, pd.Timestamp("2020")] * 30),
    "in a zone": pd.Series(pd.date_range("2020", periods=N, tz="Europe/Paris")),
    "a span": pd.Series(pd.to_timedelta(np.arange(N), unit="h")),
    "a period": pd.Series(pd.period_range("2020-01", periods=N, freq="M")),
    "an interval": pd.Series(pd.interval_range(0, N)),
    "dates as objects": pd.Series([dt.date(2020, 1, 1 + i % 28) for i in range(N)], dtype=object),
    "no type": pd.Series([None] * N, dtype=pd.ArrowDtype(pa.null())),
    "lists": pd.Series([[1, 2]] * N, dtype=pd.ArrowDtype(pa.list_(pa.int64()))),
    "complex": pd.Series(NUMBERS[:, 0] + 1j),
}
POLARS = {
    "no type": pl.Series([None] * N),
    "a time": pl.Series([dt.time(i % 24) for i in range(N)]),
    "a span": pl.Series([dt.timedelta(i) for i in range(N)]),
    "a date": pl.Series([dt.date(2020, 1, 1)] * N),
    "lists": pl.Series([[1]] * N),
    "a struct": pl.Series([{"x": 1}] * N),
    "an array": pl.Series([[1, 2]] * N, dtype=pl.Array(pl.Int64, 2)),
}
OTHERS = {
    **{f"pandas {name}": BASE.assign(odd=column) for name, column in PANDAS.items()},
    **{
        f"polars {name}": pl.DataFrame({"a": NUMBERS[:, 0], "b": NUMBERS[:, 1], "odd": column})
        for name, column in POLARS.items()
    },
}
OTHERS |= {
    name.replace("polars", "pyarrow"): table.to_arrow()
    for name, table in OTHERS.items()
    if isinstance(table, pl.DataFrame)
}


@looped("name", list(OTHERS))
def test_columns_without_distances(name):
    X = OTHERS[name]
    for sampler in (EditedNearestNeighbours(), TomekLinks(), NearMiss()):
        with pytest.warns(UserWarning, match=r"Columns \['odd'\] of X .* no part in dist") as given:
            kept = sampler.fit_resample(X, Y)[0]
        assert len(given) == 1
        assert type(kept) is type(X)
        rows = sampler.sample_indices_
        sampler.fit_resample(BASE, Y)
        assert np.array_equal(rows, sampler.sample_indices_)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        RandomUnderSampler(random_state=0).fit_resample(X, Y)
        RandomOverSampler(random_state=0).fit_resample(X, Y)
        for maker in (SMOTE(), ROSE(), SMOTEENN()):
            with pytest.raises(ValueError, match=r"'odd'.*(drop|Drop)"):
                maker.fit_resample(X, Y)


def test_learners_read_times_and_refuse_what_is_no_number():
    model = MixedTreesClassifier(n_boosting_rounds=2, random_state=0)
    for name, table in OTHERS.items():
        if any(word in name for word in ("list", "struct", "array", "interval", "complex")):
            with pytest.raises(ValueError, match="'odd' of X was expected to hold numbers"):
                model.fit(table, Y)
        else:
            assert model.fit(table, Y).predict_proba(table).shape == (N, 2), name


def test_nothing_else_than_dates():
    frame = pd.DataFrame({"when": pd.date_range("2020", periods=N)})
    for X, name in ((frame, "'when'"), (frame.to_numpy(), "0")):
        with pytest.raises(ValueError, match=f"no column to measure distances on: {name}"):
            EditedNearestNeighbours().fit_resample(X, Y)
        assert RandomUnderSampler().fit_resample(X, Y)[0].shape == (30, 1)


def test_dates_between_other_columns_keep_their_place():
    frame = BASE.assign(when=pd.date_range("2020", periods=N), word=list("xy") * 30)
    frame = frame[["when", "a", "word", "b"]]
    sampler = EditedNearestNeighbours()
    with pytest.warns(UserWarning, match="when"):
        kept = sampler.fit_resample(frame, Y)[0]
    pd.testing.assert_frame_equal(kept, frame.iloc[sampler.sample_indices_])
    rows = sampler.sample_indices_
    sampler.fit_resample(frame.drop(columns="when"), Y)
    assert np.array_equal(rows, sampler.sample_indices_)


def test_dates_that_are_named_are_levels():
    frame = BASE.assign(day=pd.to_datetime(["2020-01-01", "2020-01-02"] * 30))
    new = smote(frame, categorical_features=["day"])
    assert new["day"].dtype == frame["day"].dtype
    assert set(new["day"]) == set(frame["day"])


def test_categories_that_a_maker_takes_as_numbers():
    frame = BASE.assign(size=pd.Categorical(np.arange(N) % 3))
    EditedNearestNeighbours(categorical_features=None).fit_resample(frame, Y)
    with pytest.raises(ValueError, match=r"'size' of X is a category.*categorical_features"):
        smote(frame, categorical_features=None)
    assert set(smote(frame)["size"]) == {0, 1, 2}


@looped(
    "X",
    [BASE.set_axis(["a", "a"], axis=1), pa.table(list(NUMBERS.T.copy()), names=["a", "a"])],
    ids=["pandas", "pyarrow"],
)
def test_names_that_are_given_twice(X):
    for sampler in (EditedNearestNeighbours(), RandomUnderSampler(), RandomOverSampler()):
        new = sampler.fit_resample(X, Y)[0]
        assert type(new) is type(X)
        assert list(getattr(new, "column_names", new.columns)) == ["a", "a"]
    with pytest.raises(ValueError, match=r"more than one column named 'a'.*Rename"):
        smote(X)


@looped(
    "column",
    [
        pl.Series([2**70 + i for i in range(N)], dtype=pl.Int128),
        pl.Series([Decimal(f"{x:.2f}") for x in NUMBERS[:, 0]]),
    ]
    if NEW_POLARS
    else [pl.Series([2.0**70 + i for i in range(N)])],
)
def test_numbers_of_128_bits(column):
    X = pl.DataFrame({"a": column, "b": NUMBERS[:, 1]})
    new = smote(X)
    assert new.schema == X.schema
    assert new["a"][:N].to_list() == column.to_list()
    assert min(column[45:]) <= min(new["a"][N:])
    assert max(new["a"][N:]) <= max(column[45:])
    EditedNearestNeighbours().fit_resample(X, Y)


def test_a_record_batch_comes_back_as_one():
    batch = pa.record_batch({"a": NUMBERS[:, 0], "word": list("xy") * 30})
    for sampler in (SMOTE(random_state=0), RandomUnderSampler(), EditedNearestNeighbours()):
        new = sampler.fit_resample(batch, Y)[0]
        assert isinstance(new, pa.RecordBatch)
        assert new.schema == batch.schema
        assert sampler.feature_names_in_.tolist() == ["a", "word"]
    proba = MixedTreesClassifier(n_boosting_rounds=2, random_state=0).fit(batch, Y)
    assert proba.predict_proba(batch).shape == (N, 2)


# time and memory


def test_columns_take_linear_time():
    def seconds(n_columns):
        words = np.random.RandomState(0).choice(list("abc"), (N, n_columns))
        frame = pd.DataFrame({f"c{j}": pd.Categorical(words[:, j]) for j in range(n_columns)})
        started = time.process_time()
        smote(frame, categorical_features=list(frame.columns))
        return time.process_time() - started

    seconds(10)
    small = min(seconds(100) for _ in range(2))
    assert seconds(600) < 25 * small  # 6 times the columns; 36 times if it were quadratic


@looped("dtype", ["str", object, "category", "list", "array"])
def test_one_long_text_takes_no_room_for_the_others(dtype):
    n = 5_000
    words = [f"word {i % 50}" for i in range(n)]
    words[7] = "x" * 5_000
    numbers = np.arange(n) % 97.0
    frame = pd.DataFrame({"a": numbers, "word": words})
    X = frame.to_numpy() if dtype == "array" else frame.to_numpy().tolist()
    if dtype not in ("list", "array"):
        X = frame.astype({"word": dtype})
    y = np.repeat([0, 1], [n - 20, 20])
    tracemalloc.start()
    SMOTE(sampling_strategy={1: 40}, random_state=0).fit_resample(X, y)
    LevelCodes(X, "auto").read(X)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 20_000_000  # text of that width for all rows takes 100 MB


@looped(
    "column",
    [
        pa.array([Decimal(i) / 4 for i in range(-30, 30)], pa.decimal128(4, 2)),
        pa.array([Decimal(9999) / 100] * N, pa.decimal128(4, 2)),
    ],
    ids=["narrow", "at its end"],
)
def test_synthetic_decimals_stay_in_their_type(column):
    """Spheres around rows reach as far in a small column as in a large one."""
    table = pa.table({"a": pa.array(NUMBERS[:, 0] * 1e9), "d": column})
    ends = Decimal("-99.99"), Decimal("99.99")
    tables = [table, table.to_pandas(types_mapper=pd.ArrowDtype)]
    for given in [*tables, pl.from_arrow(table)] if NEW_POLARS else tables:
        for maker in (GeometricSMOTE(random_state=0), ROSE(random_state=0)):
            made = columns_of(maker.fit_resample(given, Y)[0])[1]
            assert all(ends[0] <= value <= ends[1] for value in made)
