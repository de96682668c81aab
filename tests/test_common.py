"""What every public estimator promises: scikit-learn's, imbalanced-learn's and our own checks.

A test runs on every instance of `tests/estimators.py`. What a check tries on one instance (labels,
containers, strategies) is a loop inside the test. In the first tier scikit-learn's and
imbalanced-learn's checks run on the first instance of each class, and every container goes
through one class of each base; the other classes take three containers of different kinds there.
"""

import pickle
import random
import re
import zlib
from collections import Counter

import narwhals.stable.v2 as nw
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from estimators import (
    BASES,
    BY_NUMBERS,
    BY_STRATEGY,
    CASES,
    CLASSIFIERS,
    CLEANERS,
    EXACT,
    FIRST,
    OVER_SAMPLERS,
    SAMPLERS,
    SEEDED_SAMPLERS,
)
from imblearn.pipeline import Pipeline
from imblearn.utils.estimator_checks import estimator_checks_generator as imblearn_checks
from loops import looped
from sklearn import config_context
from sklearn.base import clone
from sklearn.datasets import make_classification
from sklearn.model_selection import GridSearchCV
from sklearn.tree import DecisionTreeClassifier
from sklearn.utils import get_tags
from sklearn.utils.estimator_checks import check_estimator
from tables import CONTAINERS, MIXED, as_numbers, cells, dtypes_of, mixed_table, unbalanced
from threadpoolctl import threadpool_limits

pytestmark = pytest.mark.usefixtures("few_trees")


def every(cases, first=None):
    """The test on every case; those outside ``first`` are left to the exhaustive tier."""
    later = [] if first is None else [case for case in cases if case not in first]
    rows = [
        pytest.param(case, id=case.name, marks=[pytest.mark.exhaustive] if case in later else [])
        for case in cases
    ]
    return pytest.mark.parametrize("case", rows)


def on_tables(cases, kinds, chosen):
    """The test on some kinds of table or labels in the first tier, on the others in the second.

    ``chosen(case)`` are those of the first tier; a base has all of them there.
    """
    rows = []
    for case in cases:
        first = list(kinds) if case in BASES else chosen(case)
        rows.append(pytest.param(case, first, id=case.name))
        others = [kind for kind in kinds if kind not in first]
        if others:
            name = f"{case.name}-others"
            rows.append(pytest.param(case, others, id=name, marks=pytest.mark.exhaustive))
    return pytest.mark.parametrize(("case", "tables"), rows)


def three_containers(case):
    """One of arrays, one of frames and one of sparse kinds, which differ from class to class."""
    number = zlib.crc32(type(case.estimator).__name__.encode())
    kinds = CONTAINERS[:4], CONTAINERS[4:10], CONTAINERS[10:]
    return [kind[number % len(kind)] for kind in kinds]


def three_mixed(case):
    return ["pandas", "polars", "pyarrow"]


every_container = on_tables(SAMPLERS, CONTAINERS, three_containers)


def answer(estimator, X, y, **given):
    """What an estimator is for: rows that come out, probabilities, a new table, or weights."""
    if hasattr(estimator, "fit_resample"):
        return estimator.fit_resample(X, y, **given)[0]
    tags = get_tags(estimator).classifier_tags
    if tags is not None and not tags.multi_class:
        y = np.minimum(y, 1)
    estimator.fit(X, y, **given)
    if hasattr(estimator, "predict_proba"):
        return estimator.predict_proba(X)
    return estimator.transform(X) if hasattr(estimator, "transform") else estimator.sample_weight_


@every(CASES, first=FIRST)
def test_scikit_learn_checks(case):
    results = check_estimator(
        case.estimator, expected_failed_checks=dict(case.ruled_out), on_skip=None, on_fail=None
    )
    assert len(results) > 20
    failed = [result for result in results if result["status"] == "failed"]
    assert not failed, "\n".join(f"{r['check_name']}: {r['exception']!r}" for r in failed)
    passed = {result["check_name"] for result in results if result["status"] == "passed"}
    assert not passed & case.ruled_out.keys(), "ruled out, and holds"


@every(SAMPLERS, first=FIRST)
def test_imbalanced_learn_checks(case):
    checks = [check for _, check in imblearn_checks(case.estimator)]

    @looped("check", checks, ids=lambda check: check.func.__name__)
    def passes(check):
        if check.func.__name__ not in case.ruled_out:
            check(case.estimator)

    passes()


# --- which rows come out -------------------------------------------------------------------


def balanced_counts(sampler, y):
    """What "auto" means: everybody as large as the largest, or as small as the smallest."""
    counts = Counter(y.tolist())
    pick = max if sampler._sampling_type == "over-sampling" else min
    return dict.fromkeys(counts, pick(counts.values()))


@every(EXACT)
@looped("sizes", [[60, 15], [15, 60], [40, 12, 25], [30, 30, 7, 30], [20, 20]])
def test_counts_match_the_targets(case, sizes):
    X, y = unbalanced(sizes)
    X_new, y_new = clone(case.estimator).fit_resample(X, y)
    assert len(X_new) == len(y_new)
    assert Counter(y_new.tolist()) == balanced_counts(case.estimator, y)


def strategies(sampling_type):
    """Every form of sampling_strategy for classes of 50, 12 and 25 rows, and what it gives."""
    if sampling_type == "over-sampling":
        return {
            "minority": {0: 50, 1: 50, 2: 25},
            "not minority": {0: 50, 1: 12, 2: 50},
            "not majority": {0: 50, 1: 50, 2: 50},
            "all": {0: 50, 1: 50, 2: 50},
            "auto": {0: 50, 1: 50, 2: 50},
            "a dict": ({2: 40, 1: 13}, {0: 50, 1: 13, 2: 40}),
            "a dict in another order": ({1: 13, 2: 40}, {0: 50, 1: 13, 2: 40}),
            "a callable": (lambda y: {1: 2 * int(np.sum(y == 1))}, {0: 50, 1: 24, 2: 25}),
        }
    return {
        "majority": {0: 12, 1: 12, 2: 25},
        "not minority": {0: 12, 1: 12, 2: 12},
        "not majority": {0: 50, 1: 12, 2: 12},
        "all": {0: 12, 1: 12, 2: 12},
        "auto": {0: 12, 1: 12, 2: 12},
        "a dict": ({2: 20, 0: 30}, {0: 30, 1: 12, 2: 20}),
        "a dict in another order": ({0: 30, 2: 20}, {0: 30, 1: 12, 2: 20}),
        "a callable": (lambda y: {0: int(np.sum(y == 0)) // 2}, {0: 25, 1: 12, 2: 25}),
    }


@every(EXACT)
def test_every_form_of_sampling_strategy(case, three_classes):
    X, y = three_classes
    for name, row in strategies(case.estimator._sampling_type).items():
        strategy, expected = row if isinstance(row, tuple) else (name, row)
        sampler = clone(case.estimator).set_params(sampling_strategy=strategy)
        _, y_new = sampler.fit_resample(X, y)
        assert Counter(y_new.tolist()) == expected, name


@every(CLEANERS)
@looped(
    ("strategy", "untouched"),
    [
        ("auto", {1}),
        ("not minority", {1}),
        ("majority", {1, 2}),
        ("not majority", {0}),
        ("all", set()),
        ([2], {0, 1}),
        ([2, 0], {1}),
        (lambda y: [0], {1, 2}),
    ],
)
def test_cleaners_leave_the_other_classes_alone(case, strategy, untouched, three_classes):
    X, y = three_classes
    sampler = clone(case.estimator).set_params(sampling_strategy=strategy)
    before, after = Counter(y.tolist()), Counter(sampler.fit_resample(X, y)[1].tolist())
    for label in before:
        assert (after[label] == before[label]) == (label in untouched)


@every(EXACT)
@looped("ratio", [0.5, 0.8, 1.0])
def test_a_float_is_the_ratio_of_the_small_to_the_large_class(case, ratio, two_classes):
    X, y = two_classes
    sampler = clone(case.estimator).set_params(sampling_strategy=ratio)
    after = Counter(sampler.fit_resample(X, y)[1].tolist())
    if case.estimator._sampling_type == "over-sampling":
        assert after == {0: 60, 1: int(60 * ratio)}
    else:
        assert after == {0: int(15 / ratio), 1: 15}


@every(BY_STRATEGY)
def test_the_order_of_a_dict_does_not_matter(case, three_classes):
    X, y = three_classes
    exact = strategies(case.estimator._sampling_type)
    strategies_ = [exact[name][0] for name in ("a dict", "a dict in another order")]
    if case in CLEANERS:  # they take a list of classes instead
        strategies_ = [list(strategy) for strategy in strategies_]
    one, other = (
        clone(case.estimator).set_params(sampling_strategy=strategy).fit_resample(X, y)[0]
        for strategy in strategies_
    )
    np.testing.assert_array_equal(one, other)


@every(OVER_SAMPLERS)
def test_originals_come_first_and_unchanged(case, three_classes):
    X, y = three_classes
    sampler = clone(case.estimator)
    X_new, y_new = sampler.fit_resample(X, y)
    np.testing.assert_array_equal(X_new[: len(X)], X)
    np.testing.assert_array_equal(y_new[: len(y)], y)
    np.testing.assert_array_equal(sampler.sample_indices_[: len(y)], np.arange(len(y)))
    added = y_new[len(y) :]
    assert (np.diff(added) >= 0).all(), "new rows follow class by class"


@every(SAMPLERS)
def test_sample_indices_name_the_rows(case, three_classes):
    X, y = three_classes
    sampler = clone(case.estimator)
    X_new, y_new = sampler.fit_resample(X, y)
    np.testing.assert_array_equal(y_new, y[sampler.sample_indices_])
    if case.selects:
        np.testing.assert_array_equal(X_new, X[sampler.sample_indices_])


@every(OVER_SAMPLERS)
def test_sample_origin_tells_new_rows_from_old(case, three_classes):
    X, y = three_classes
    sampler = clone(case.estimator)
    X_new, _ = sampler.fit_resample(X, y)
    origin = sampler.sample_origin_
    known = origin >= 0
    np.testing.assert_array_equal(X_new[known], X[origin[known]])
    assert known.all() if case.selects else known.sum() == len(X)
    if not case.selects:
        assert not (X_new[~known][:, None] == X[None]).all(axis=2).any()


@every([case for case in SAMPLERS if not case.makes_rows])
def test_rows_are_kept_without_repetition(case, three_classes):
    X, y = three_classes
    sampler = clone(case.estimator)
    sampler.fit_resample(X, y)
    assert len(np.unique(sampler.sample_indices_)) == len(sampler.sample_indices_)


@every(SAMPLERS)
def test_balanced_classes_stay_as_they_are(case):
    X, y = unbalanced([15, 15, 15])
    X_new, y_new = clone(case.estimator).fit_resample(X, y)
    if case.exact:
        assert len(y_new) == len(y)
        np.testing.assert_array_equal(np.sort(X_new, axis=0), np.sort(X, axis=0))


@every(SAMPLERS)
def test_one_row_of_a_class_is_handled_or_explained(case):
    X, y = unbalanced([20, 1, 9])
    sampler = clone(case.estimator)
    if type(sampler).__name__ in ("SelfPacedUnderSampler", "InstanceHardnessThreshold"):
        with pytest.raises(ValueError, match="Class 1 has 1 row"):
            sampler.fit_resample(X, y)
    elif type(sampler).__name__ == "SMOTE":
        with pytest.warns(UserWarning, match="Class 1 has 1 row,"):
            X_new, y_new = sampler.fit_resample(X, y)
        assert (X_new[y_new == 1] == X[y == 1]).all()
    else:
        _, y_new = sampler.fit_resample(X, y)
        assert 1 in y_new


# --- randomness ----------------------------------------------------------------------------


@every(SAMPLERS)
def test_same_seed_same_rows(case, three_classes):
    X, y = three_classes
    sampler = clone(case.estimator)
    first, again = sampler.fit_resample(X, y), sampler.fit_resample(X, y)
    other = clone(case.estimator).fit_resample(X, y)
    for (X_new, y_new), (X_other, y_other) in [(first, again), (first, other)]:
        np.testing.assert_array_equal(X_new, X_other)
        np.testing.assert_array_equal(y_new, y_other)


@every(SEEDED_SAMPLERS)
def test_another_seed_gives_other_rows(case, three_classes):
    # False alarm: two draws of 12 of 50 rows agree with chance 1 / C(50, 12) < 1e-10.
    X, y = three_classes
    one = clone(case.estimator).fit_resample(X, y)[0]
    other = clone(case.estimator).set_params(random_state=99).fit_resample(X, y)[0]
    assert not np.array_equal(one, other)


@every(SEEDED_SAMPLERS)
def test_a_random_state_instance_moves_on(case, three_classes):
    # False alarm as above.
    X, y = three_classes
    rng = np.random.RandomState(3)
    sampler = clone(case.estimator).set_params(random_state=rng)
    assert not np.array_equal(sampler.fit_resample(X, y)[0], sampler.fit_resample(X, y)[0])


@every(SEEDED_SAMPLERS)
def test_the_seed_is_not_restarted_between_classes(case):
    """Two classes that are translated copies of each other must not get the same draws.

    False alarm: the same 12 of 30 positions, or 30 equal positions of 12, by chance < 1e-7.
    """
    rng = np.random.RandomState(0)
    over = case.estimator._sampling_type == "over-sampling"
    twin, third = rng.normal(size=(12 if over else 30, 3)), rng.normal(size=(40 if over else 12, 3))
    X = np.concatenate([twin, twin + 100, third + 50])
    y = np.repeat([0, 1, 2], [len(twin), len(twin), len(third)])
    sampler = clone(case.estimator)
    X_new, y_new = sampler.fit_resample(X, y)
    drawn = np.arange(len(y_new)) >= (len(y) if over else 0)
    rows = [sampler.sample_indices_[drawn & (y_new == label)] for label in (0, 1)]
    assert not np.array_equal(rows[0], rows[1] - len(twin))
    offsets = [X_new[drawn & (y_new == label)] - 100 * label for label in (0, 1)]
    assert not np.allclose(offsets[0], offsets[1])


@every(CASES)
def test_global_random_state_is_not_touched(case, three_classes):
    X, y = three_classes
    numpy_before, python_before = np.random.get_state(), random.getstate()  # noqa: NPY002 the subject
    answer(clone(case.estimator), X, y)
    numpy_after = np.random.get_state()  # noqa: NPY002 the subject
    assert numpy_before[0] == numpy_after[0]
    np.testing.assert_array_equal(numpy_before[1], numpy_after[1])
    assert numpy_before[2:] == numpy_after[2:]
    assert random.getstate() == python_before


@every([case for case in CASES if "n_jobs" in case.estimator.get_params(deep=False)])
def test_jobs_and_threads_do_not_change_the_result(case):
    X, y = unbalanced([300, 60, 90], n_columns=6)

    def result(n_jobs):
        return answer(clone(case.estimator).set_params(n_jobs=n_jobs), X, y)

    with threadpool_limits(1):
        alone = result(1)
    np.testing.assert_array_equal(alone, result(2))
    np.testing.assert_array_equal(alone, result(None))


# --- containers ----------------------------------------------------------------------------


@every_container
def test_containers_come_back_as_they_went_in(case, tables, three_classes):
    X, y = three_classes
    X = X.round(3).astype(np.float32).astype(np.float64)  # the same numbers in float32
    expected = clone(case.estimator).fit_resample(X, y)[0]

    @looped("container", tables, ids=str)
    def comes_back(container):
        given = container.make(X)
        X_new, _ = clone(case.estimator).fit_resample(given, y)
        assert type(X_new) is container.comes_back_as
        # float32 results are rounded once more than the float64 ones: relative 2**-24 each
        np.testing.assert_allclose(as_numbers(X_new), expected, rtol=1e-5, atol=1e-5)
        if isinstance(given, pd.DataFrame | pl.DataFrame | pa.Table):
            assert dtypes_of(X_new) == dtypes_of(given)
        elif not isinstance(given, list):
            assert X_new.dtype == given.dtype

    comes_back()


@every(SAMPLERS)
@looped("dtype", [np.float32, np.float64, np.int64, np.int8, np.uint16])
def test_ndarray_dtypes_are_kept(case, dtype, three_classes):
    X, y = three_classes
    X = (X * 10 + 50).astype(dtype)
    assert clone(case.estimator).fit_resample(X, y)[0].dtype == dtype


LABELS = {
    "ndarray": lambda y: y,
    "float": lambda y: y.astype(float),
    "int8": lambda y: y.astype(np.int8),
    "strings": lambda y: np.array(["ant", "bee", "cat"])[y],
    "objects": lambda y: np.array(["ant", "bee", "cat"], dtype=object)[y],
    "list": lambda y: y.tolist(),
    "list of strings": lambda y: np.array(["ant", "bee", "cat"])[y].tolist(),
    "series": lambda y: pd.Series(y, name="label", index=[f"row {i}" for i in range(len(y))]),
    "category": lambda y: pd.Series(pd.Categorical.from_codes(y, ["ant", "bee", "cat"]), name="c"),
    "string series": lambda y: pd.Series(np.array(["ant", "bee", "cat"])[y], name="c"),
    "nullable": lambda y: pd.Series(y, name="label", dtype="Int64"),
    "polars": lambda y: pl.Series("label", y),
    "polars strings": lambda y: pl.Series("label", np.array(["ant", "bee", "cat"])[y].tolist()),
    "pyarrow": lambda y: pa.chunked_array([pa.array(y)]),
}


@on_tables(SAMPLERS, LABELS, lambda case: ["list of strings", "category", "polars"])
def test_labels_come_back_as_they_went_in(case, tables, three_classes):
    """Whatever holds or names the labels, as long as their order is the same: the same rows."""
    X, y = three_classes
    plain = clone(case.estimator)
    X_plain, y_plain = plain.fit_resample(X, y)

    @looped("labels", tables)
    def come_back(labels):
        given = LABELS[labels](y)
        sampler = clone(case.estimator)
        X_new, y_new = sampler.fit_resample(X, given)
        np.testing.assert_array_equal(sampler.sample_indices_, plain.sample_indices_)
        np.testing.assert_array_equal(X_new, X_plain)
        assert type(y_new) is type(given)
        expected = LABELS[labels](y_plain)
        assert list(y_new) == list(expected)
        for attribute in ("dtype", "name", "type"):
            assert getattr(y_new, attribute, None) == getattr(given, attribute, None)

    come_back()


@every(SAMPLERS)
def test_renaming_the_labels_in_order_gives_the_same_rows(case, three_classes):
    X, y = three_classes
    X_plain, y_plain = clone(case.estimator).fit_resample(X, y)

    @looped("names", [[10, 20, 35], [-1.0, 0.0, 7.0], ["a", "b", "c"]])
    def same_rows(names):
        renamed = clone(case.estimator)
        X_new, y_new = renamed.fit_resample(X, np.array(names)[y])
        np.testing.assert_array_equal(X_new, X_plain)
        np.testing.assert_array_equal(y_new, np.array(names)[y_plain])
        assert set(renamed.sampling_strategy_) <= set(names)

    same_rows()


@every(SAMPLERS)
def test_boolean_labels(case, two_classes):
    X, y = two_classes
    _, y_new = clone(case.estimator).fit_resample(X, y.astype(bool))
    assert y_new.dtype == bool


def names_dtypes_and_kept_rows_are_the_same(table, new, y, y_new, sampler):
    assert type(new) is type(table)
    assert dtypes_of(new) == dtypes_of(table)
    assert new.shape == (len(y_new), table.shape[1])
    for name in dtypes_of(table):
        before, after = cells(table, name), cells(new, name)
        rows = sampler.sample_indices_
        origin = getattr(sampler, "sample_origin_", rows)
        for row, value in zip(origin, after, strict=True):
            assert row < 0 or value == before[row]


def nominal_values_of_new_rows_occur_in_the_class(table, new, y, y_new, sampler):
    for name in ("colour", "maybe colour", "word", "flag", "maybe flag"):
        before, after = np.array(cells(table, name), object), np.array(cells(new, name), object)
        for label in (0, 1):
            assert set(after[y_new == label]) <= set(before[y == label])


def null_kinds_are_kept(table, new, y, y_new, sampler):
    """A missing value comes back as the kind of missing value that its column holds."""
    if isinstance(table, pd.DataFrame):
        for name in ("gap", "maybe count", "maybe colour", "maybe flag"):
            before = {type(value) for value in table[name] if pd.isna(value)}
            after = {type(value) for value in new[name] if pd.isna(value)}
            assert after <= before
    else:
        assert not nw.from_native(new, eager_only=True)["gap"].is_nan().any()


@on_tables(SAMPLERS, MIXED, three_mixed)
@looped("kind", "tables")
def test_mixed_tables_come_back_as_they_went_in(case, kind):
    table, y = mixed_table(kind)
    sampler = clone(case.estimator)
    new, y_new = sampler.fit_resample(table, y)

    @looped(
        "holds",
        [
            names_dtypes_and_kept_rows_are_the_same,
            nominal_values_of_new_rows_occur_in_the_class,
            null_kinds_are_kept,
        ],
    )
    def all_hold(holds):
        holds(table, new, y, y_new, sampler)

    all_hold()


@every(SAMPLERS)
def test_the_index_is_kept_where_rows_are_kept(case, two_classes):
    X, y = two_classes
    frame = pd.DataFrame(X, index=[f"row {i}" for i in range(len(X))])
    labels = pd.Series(y, index=frame.index)
    sampler = clone(case.estimator)
    X_new, y_new = sampler.fit_resample(frame, labels)
    if case.makes_rows:
        expected = pd.RangeIndex(len(y_new))
    else:
        expected = frame.index[sampler.sample_indices_]
    pd.testing.assert_index_equal(X_new.index, expected)
    pd.testing.assert_index_equal(y_new.index, expected)


@every([case for case in SAMPLERS if case.selects])
def test_selectors_keep_dates(case, two_classes):
    X, y = two_classes
    days = pd.date_range("2020-01-01", periods=len(y), tz="UTC")
    frame = pd.DataFrame(X).assign(day=days).rename(columns=str)
    sampler = clone(case.estimator)
    new, _ = sampler.fit_resample(frame, y)
    assert new["day"].dtype == frame["day"].dtype
    assert (new["day"].to_numpy() == days[sampler.sample_indices_].to_numpy()).all()


@every([case for case in SAMPLERS if not case.selects])
def test_makers_say_that_no_date_can_be_made(case, two_classes):
    X, y = two_classes
    frame = pd.DataFrame(X).assign(day=pd.Timestamp("2020-01-01")).rename(columns=str)
    with pytest.raises(ValueError, match=r"'day'.*point.*time.*numbers or drop"):
        clone(case.estimator).fit_resample(frame, y)


@every(SAMPLERS)
def test_object_arrays_with_words(case, two_classes):
    X, y = two_classes
    words = np.random.RandomState(0).choice(["a", "b"], size=len(y))
    table = np.column_stack([X.astype(object), words.astype(object)])
    sampler = clone(case.estimator)
    new, y_new = sampler.fit_resample(table, y)
    assert new.dtype == object
    assert set(new[:, -1]) <= {"a", "b"}
    assert new.shape == (len(y_new), 5)


@every_container
@looped("container", "tables", ids=str)
def test_missing_values_pass(case, container, three_classes):
    X, y = three_classes
    X = X.copy()
    X[np.random.RandomState(0).uniform(size=X.shape) < 0.1] = np.nan
    given = container.make(X)
    new, _ = clone(case.estimator).fit_resample(given, y)
    expected = clone(case.estimator).fit_resample(as_numbers(given), y)[0]
    assert type(new) is container.comes_back_as
    # float32 results are rounded once more than the float64 ones
    np.testing.assert_allclose(as_numbers(new), expected, rtol=1e-5, atol=1e-5)


@every_container
@looped("container", "tables", ids=str)
def test_the_input_is_not_changed(case, container, three_classes):
    X, y = three_classes
    given, labels = container.make(X), y.copy()
    before = as_numbers(given).copy()
    clone(case.estimator).fit_resample(given, labels, sample_weight=np.ones(len(y)))
    np.testing.assert_array_equal(as_numbers(given), before)
    np.testing.assert_array_equal(labels, y)


@every(CASES)
def test_read_only_memory(case, three_classes):
    X, y = (array.copy() for array in three_classes)
    weight = np.ones(len(y))
    for array in (X, y, weight):
        array.setflags(write=False)
    assert not np.shares_memory(answer(clone(case.estimator), X, y, sample_weight=weight), X)


@every(SAMPLERS)
def test_float32_gives_the_rows_of_float64(case, three_classes):
    X, y = three_classes
    X = X.astype(np.float32)
    narrow, wide = clone(case.estimator), clone(case.estimator)
    X_narrow, _ = narrow.fit_resample(X, y)
    X_wide, _ = wide.fit_resample(X.astype(np.float64), y)
    assert X_narrow.dtype == np.float32
    np.testing.assert_array_equal(narrow.sample_indices_, wide.sample_indices_)
    # one multiplication and one addition rounded to 24 bits
    np.testing.assert_allclose(X_narrow, X_wide, rtol=1e-5, atol=1e-5)


# --- weights -------------------------------------------------------------------------------


@every(SAMPLERS)
def test_sample_weight_follows_the_rows(case, three_classes):
    X, y = three_classes
    weight = np.random.RandomState(0).uniform(size=len(y))
    plain = clone(case.estimator)
    X_plain, y_plain = plain.fit_resample(X, y)
    assert plain.sample_weight_ is None

    @looped("make", [np.asarray, list, pd.Series])
    def follows(make):
        sampler = clone(case.estimator)
        X_new, y_new = sampler.fit_resample(X, y, sample_weight=make(weight))
        np.testing.assert_array_equal(sampler.sample_weight_, weight[sampler.sample_indices_])
        np.testing.assert_array_equal(X_new, X_plain)
        np.testing.assert_array_equal(y_new, y_plain)

    follows()


@every(SAMPLERS)
def test_weights_of_the_wrong_length_are_refused(case, three_classes):
    X, y = three_classes
    with pytest.raises(ValueError, match="sample_weight"):
        clone(case.estimator).fit_resample(X, y, sample_weight=np.ones(len(y) - 1))


@every(SAMPLERS)
def test_sample_weight_can_be_requested(case):
    with config_context(enable_metadata_routing=True):
        asking = clone(case.estimator).set_fit_resample_request(sample_weight=True)
        requests = asking.get_metadata_routing().fit_resample.requests
    assert requests["sample_weight"] is True
    assert not any(value for name, value in requests.items() if name != "sample_weight")


# --- in company ----------------------------------------------------------------------------


@every(SAMPLERS)
def test_works_in_a_pipeline(case, two_classes):
    X, y = two_classes
    tree = DecisionTreeClassifier(random_state=0)
    pipeline = Pipeline([("sampler", clone(case.estimator)), ("tree", tree)]).fit(X, y)
    by_hand = clone(tree).fit(*clone(case.estimator).fit_resample(X, y))
    np.testing.assert_array_equal(pipeline.predict_proba(X), by_hand.predict_proba(X))


@every(BY_STRATEGY)
def test_works_in_a_grid_search(case, two_classes):
    X, y = two_classes
    steps = [("sampler", clone(case.estimator)), ("tree", DecisionTreeClassifier(random_state=0))]
    strategies = ["auto", [0]] if case in CLEANERS else ["auto", "all"]
    grid = {"sampler__sampling_strategy": strategies}
    search = GridSearchCV(Pipeline(steps), grid, cv=2, scoring="f1", error_score="raise").fit(X, y)
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()


@every(CASES)
def test_pickles(case, two_classes):
    X, y = two_classes
    estimator = clone(case.estimator)
    expected = answer(estimator, X, y)
    copy = pickle.loads(pickle.dumps(estimator))
    if hasattr(copy, "fit_resample"):
        np.testing.assert_array_equal(copy.sample_indices_, estimator.sample_indices_)
        np.testing.assert_array_equal(copy.fit_resample(X, y)[0], expected)
    elif hasattr(copy, "predict_proba"):
        np.testing.assert_array_equal(copy.predict_proba(X), expected)
    elif hasattr(copy, "transform"):
        np.testing.assert_array_equal(copy.transform(X), expected)
    else:
        np.testing.assert_array_equal(copy.sample_weight_, expected)


@every(SAMPLERS)
def test_a_deferred_fit_settles_the_targets(case, three_classes):
    X, y = three_classes
    fitted, resampled = clone(case.estimator).fit(X, y), clone(case.estimator)
    resampled.fit_resample(X, y)
    assert fitted.sampling_strategy_ == resampled.sampling_strategy_


@every(CLASSIFIERS)
def test_classifiers_do_not_care_how_labels_are_named(case, two_classes):
    X, y = two_classes
    plain = clone(case.estimator).fit(X, y)
    np.testing.assert_array_equal(plain.classes_, [0, 1])

    @looped("names", [["no", "yes"], [False, True], [-3, 8]])
    def same_probabilities(names):
        renamed = clone(case.estimator).fit(X, np.array(names)[y])
        np.testing.assert_array_equal(renamed.classes_, np.array(names))
        np.testing.assert_array_equal(renamed.predict_proba(X), plain.predict_proba(X))
        np.testing.assert_array_equal(renamed.predict(X), np.array(names)[plain.predict(X)])

    same_probabilities()


@on_tables(CLASSIFIERS, CONTAINERS, three_containers)
def test_classifiers_read_dataframes(case, tables, two_classes):
    X, y = two_classes
    X = X.round(3).astype(np.float32).astype(np.float64)  # the same numbers in float32
    expected = clone(case.estimator).fit(X, y).predict_proba(X)

    @looped("container", tables, ids=str)
    def same_probabilities(container):
        given = container.make(X)
        proba = clone(case.estimator).fit(given, y).predict_proba(given)
        # the iterative solver of a logistic regression stops at a gradient of 1e-4
        np.testing.assert_allclose(proba, expected, atol=1e-3)

    same_probabilities()


# --- errors that say what to do --------------------------------------------------------------


@every(SAMPLERS)
@looped(
    ("y", "message"),
    [
        (None, r"requires y to be passed"),
        (np.zeros(20, int), r"at least 2 classes in y, got 1 class.*check"),
        (np.linspace(0, 1, 20), r"Unknown label type"),
        (np.repeat([0.0, np.nan], [15, 5]), r"(?s)Input y contains NaN|missing labels"),
        (np.array([0] * 15 + [None] * 5, object), r"missing|NaN|None"),
        (pd.Series([0] * 15 + [None] * 5, dtype="Int64"), r"5 missing labels.*Drop those rows"),
        (pl.Series([0] * 15 + [None] * 5), r"5 missing labels.*Drop those rows"),
        (np.repeat([0, 1], [15, 6]), r"inconsistent numbers of samples"),
        (np.random.RandomState(0).randint(2, size=(20, 3)), r"[Mm]ultilabel"),
    ],
    ids=[
        "none",
        "one class",
        "continuous",
        "NaN",
        "None in objects",
        "null in pandas",
        "null in polars",
        "length",
        "multilabel",
    ],
)
def test_bad_labels_are_refused(case, y, message):
    X = np.random.RandomState(0).normal(size=(20, 3))
    with pytest.raises(ValueError, match=message):
        clone(case.estimator).fit_resample(X, y)


@every(CLASSIFIERS)
@looped(
    "y",
    [
        pd.Series([0] * 15 + [None] * 5, dtype="Int64"),
        pd.Series(["a"] * 15 + [None] * 5),
        pl.Series(["a"] * 15 + [None] * 5),
        np.array([0] * 15 + [None] * 5, object),
        np.repeat([0.0, np.nan], [15, 5]),
    ],
    ids=["nullable", "pandas words", "polars words", "objects", "NaN"],
)
def test_classifiers_refuse_missing_labels(case, y):
    X = np.random.RandomState(0).normal(size=(20, 3))
    with pytest.raises(ValueError, match=r"NaN|missing"):
        clone(case.estimator).fit(X, y)


@on_tables(
    [case for case in CLASSIFIERS if not case.two_classes_only],
    LABELS,
    lambda case: ["strings", "series", "polars"],
)
def test_classifiers_read_labels_from_anything(case, tables, three_classes):
    X, y = three_classes
    expected = clone(case.estimator).fit(X, y).predict_proba(X)

    @looped("labels", tables)
    def same_probabilities(labels):
        proba = clone(case.estimator).fit(X, LABELS[labels](y)).predict_proba(X)
        np.testing.assert_array_equal(proba, expected)

    same_probabilities()


@every(SAMPLERS)
@looped("value", [np.inf, -np.inf])
def test_infinity_is_refused_where_values_matter(case, value, two_classes):
    X, y = two_classes
    X = X.copy()
    X[3, 1] = value
    for table in (X, pd.DataFrame(X), pl.DataFrame(X)):
        sampler = clone(case.estimator)
        if case.looks:
            with pytest.raises(ValueError, match=r"[Ii]nfinity"):
                sampler.fit_resample(table, y)
        else:
            sampler.fit_resample(table, y)


@every(BY_STRATEGY)
def test_a_float_needs_two_classes(case, three_classes):
    sampler = clone(case.estimator).set_params(sampling_strategy=0.9)
    message = (
        r"sampling_strategy"  # cleaners take no float at all
        if case in CLEANERS
        else r"a float needs exactly two classes; y has 3\. Give a dict"
    )
    with pytest.raises(ValueError, match=message):
        sampler.fit_resample(*three_classes)


@every(BY_NUMBERS)
def test_unknown_classes_are_named(case, three_classes):
    sampler = clone(case.estimator).set_params(sampling_strategy={0: 50, 7: 10, 9: 1})
    message = r"\[7, 9\].*not present in the data.*\[0, 1, 2\]"
    with pytest.raises(ValueError, match=message):
        sampler.fit_resample(*three_classes)


@every(BY_NUMBERS)
def test_impossible_numbers_of_rows_are_refused(case, three_classes):
    over = case.estimator._sampling_type == "over-sampling"
    sampler = clone(case.estimator).set_params(sampling_strategy={0: 10 if over else 51})
    with pytest.raises(ValueError, match="class"):
        sampler.fit_resample(*three_classes)


@every([c for c in SAMPLERS if c.looks and "categorical_features" in c.estimator.get_params()])
@looped(
    ("columns", "message"),
    [
        ([9], r"positions outside X.*4 columns.*9"),
        (["nowhere"], r"columns that X does not have.*nowhere"),
        ([True, False], r"mask.*4 columns.*2"),
    ],
)
def test_wrong_categorical_features_are_refused(case, columns, message, two_classes):
    X, y = two_classes
    sampler = clone(case.estimator).set_params(categorical_features=columns)
    with pytest.raises(ValueError, match=message):
        sampler.fit_resample(X, y)


@every(SAMPLERS)
@looped("X", [np.empty((0, 3)), np.empty((20, 0)), pd.DataFrame(index=range(20))], ids=str)
def test_empty_tables_are_refused(case, X):
    y = np.repeat([0, 1], [15, 5])[: len(X)]
    with pytest.raises(ValueError, match=r"0 sample|0 feature|minimum of 1"):
        clone(case.estimator).fit_resample(X, y)


@every(CASES)
def test_wrong_parameters_are_named(case, two_classes):
    for name in case.estimator.get_params(deep=False):
        estimator = clone(case.estimator).set_params(**{name: object()})
        method = "fit_resample" if hasattr(estimator, "fit_resample") else "fit"
        with pytest.raises(ValueError, match=re.escape(f"{name!r} parameter of")):
            getattr(estimator, method)(*two_classes)


@every(SAMPLERS)
def test_one_against_all_indicators_come_back_as_such(case):
    X, y = make_classification(
        n_samples=90, n_classes=3, n_informative=4, weights=[0.6, 0.25], random_state=0
    )
    indicators = np.eye(3, dtype=int)[y]
    X_new, y_new = clone(case.estimator).fit_resample(X, indicators)
    X_plain, y_plain = clone(case.estimator).fit_resample(X, y)
    np.testing.assert_array_equal(X_new, X_plain)
    np.testing.assert_array_equal(y_new, np.eye(3, dtype=int)[y_plain])
