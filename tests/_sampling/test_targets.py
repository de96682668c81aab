"""Targets of any kind: their parts, and small samplers of numbers and of label sets.

The samplers are as long as those for classes, which shows that the bases need no more than parts.
"""

import operator
import warnings
from itertools import pairwise

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from imblearn.pipeline import Pipeline
from scipy import sparse
from sklearn.base import clone
from sklearn.linear_model import LinearRegression
from sklearn.utils.multiclass import check_classification_targets
from tables import mixed_columns, mixed_pandas, unbalanced

from imbalance_kit._sampling.base import BaseOverSampler, BaseUnderSampler
from imbalance_kit._sampling.plans import Plan
from imbalance_kit._sampling.targets import Classes, LabelSets, Numbers, resampled
from imbalance_kit.over_sampling._base import draw_between, near_in_class

CONTAINERS_OF_TARGETS = [
    np.array,
    list,
    pd.Series,
    pl.Series,
    pa.array,
    lambda y: pa.chunked_array([y]),
]

# -- samplers -----------------------------------------------------------------------------------


class SMOTER(BaseOverSampler):
    """Rows of rare intervals and neighbours in the interval make rows, numbers between theirs.

    L. Torgo, R. P. Ribeiro, B. Pfahringer, P. Branco, "SMOTE for Regression", EPIA 2013.
    """

    _target = Numbers

    def __init__(self, *, sampling_strategy="auto", random_state=None):
        super().__init__(sampling_strategy=sampling_strategy)
        self.random_state = random_state

    def _plan(self, opened, part, rng):
        near = near_in_class(opened.points, part.rows, part.key, 3)
        return draw_between(opened.points, part.rows, near, part.n, rng)


class FewerNumbers(BaseUnderSampler):
    """A random part of the rows of frequent intervals."""

    _target = Numbers

    def __init__(self, *, sampling_strategy="auto", random_state=None):
        super().__init__(sampling_strategy=sampling_strategy)
        self.random_state = random_state

    def _keep(self, opened, part, rng):
        return np.sort(rng.choice(part.rows, size=part.n, replace=False))


class MLROS(BaseOverSampler):
    """Rows with a rare label again, with all their labels.

    F. Charte, A. J. Rivera, M. J. del Jesus, F. Herrera, "Addressing Imbalance in Multilabel
    Classification: Measures and Random Resampling Algorithms", Neurocomputing 163, 2015.
    """

    _target = LabelSets

    def __init__(self, *, sampling_strategy="auto", random_state=None):
        super().__init__(sampling_strategy=sampling_strategy)
        self.random_state = random_state

    def _plan(self, opened, part, rng):
        seeds = rng.choice(part.rows, size=part.n)
        return Plan(seed=seeds, partner=seeds, gap=np.zeros(part.n))


class FewerLabelSets(FewerNumbers):
    """A random part of the rows of frequent labels; a row stays if any of its labels keeps it."""

    _target = LabelSets


# -- classes ------------------------------------------------------------------------------------


@pytest.mark.parametrize("make", CONTAINERS_OF_TARGETS)
def test_classes(make):
    labels = ["cat", "ant", "cat", "bee", "cat", "ant"]
    target = Classes.read(make(labels))
    ant, bee, cat = target.parts("auto", "over-sampling")
    assert [ant.key, bee.key, cat.key] == ["ant", "bee", "cat"]
    assert [ant.n, bee.n, cat.n] == [1, 2, None]
    assert [part.rows.tolist() for part in (ant, bee, cat)] == [[1, 5], [3], [0, 2, 4]]
    assert resampled((ant, bee, cat)) == (ant, bee)
    assert target.y_encoded.tolist() == [2, 0, 2, 1, 2, 0]
    taken = target.take(np.array([3, 0]))
    assert type(taken) is type(make(labels))
    assert list(np.asarray(taken)) == ["bee", "cat"]
    changed = target.take(np.array([3, 0]), np.array([0, 2]))
    assert list(np.asarray(changed)) == ["ant", "cat"]


def test_classes_of_indicators():
    target = Classes.read(np.eye(3, dtype=int)[[2, 0, 0, 1]])
    assert target.labels.tolist() == [2, 0, 0, 1]
    assert target.take(np.array([0])).tolist() == [[0, 0, 1]]
    with pytest.raises(ValueError, match=r"2 rows without.*row 1\. Multilabel .* not supported\."):
        Classes.read(np.array([[0, 1], [0, 0], [1, 0], [0, 0]]))


def test_keys_are_what_was_asked_for():
    """A user reads her own words in ``sampling_strategy_``, and 1 in place of np.int64(1)."""
    target = Classes.read(np.repeat([0, 1], [6, 2]))
    _, one = target.parts({1: 4}, "over-sampling")
    assert type(one.key) is int
    assert one.n == 2


# -- numbers ------------------------------------------------------------------------------------


def skewed(n_rows=120, seed=0):
    """A table and numbers with a long tail, of which a tenth is rare."""
    X, _ = unbalanced([n_rows], seed=seed)
    rng = np.random.RandomState(seed)
    y = rng.normal(10.0, 1.0, size=n_rows)
    y[: n_rows // 10] += 20.0
    return X, y


def test_intervals_by_the_box_plot():
    _, y = skewed()
    parts = Numbers.read(y).parts("auto", "over-sampling")
    keys = [part.key for part in parts]
    assert keys == sorted(keys)
    assert all(before[1] == after[0] for before, after in pairwise(keys))
    assert sorted(np.concatenate([part.rows for part in parts])) == list(range(120))
    for (low, high), part in zip(keys, parts, strict=True):
        assert ((y[part.rows] >= low) & (y[part.rows] < high)).all()
    rare = parts[-1]
    assert set(range(12)) <= set(rare.rows)
    share = 120 / len(parts)
    assert abs(len(rare.rows) + rare.n - share) < 1


def test_intervals_of_a_dict():
    y = np.array([0.0, 1.0, 2.0, 3.0, 4.0, 5.0])
    strategy = {(0.0, 2.0): 5, (4.0, np.inf): 1}
    low, high, rest = Numbers.read(y).parts(strategy, "over-sampling")
    assert (low.rows.tolist(), low.n) == ([0, 1], 3)
    assert (high.rows.tolist(), high.n) == ([4, 5], None), "it has more rows than wanted already"
    assert (rest.key, rest.rows.tolist(), rest.n) == (None, [2, 3], None)
    low, high, rest = Numbers.read(y).parts(lambda values: strategy, "under-sampling")
    assert [low.n, high.n, rest.n] == [None, 1, None]


@pytest.mark.parametrize(
    ("y", "strategy", "message"),
    [
        ([1.0, np.nan, 2.0], "auto", "Input y contains NaN"),
        ([1.0, np.inf, 2.0], "auto", "Input y contains infinity"),
        ([[1.0, 2.0], [3.0, 4.0]], "auto", "y should be a 1d array"),
        (["a", "b"], "auto", "could not convert string to float"),
        ([1.0, 1.0, 1.0], "auto", "nothing to even out"),
        ([1.0, 2.0], 0.5, "for a target of numbers takes"),
        ([1.0, 2.0], {(0, 3): -1}, "not negative"),
        ([1.0, 2.0], {(3, 0): 2}, "low below high"),
        ([1.0, 2.0], {(5, 6): 2}, "No number of y lies in the interval"),
        ([1.0, 2.0], {(0, 2): 2, (1.5, 3): 4}, "overlap"),
    ],
)
def test_bad_numbers(y, strategy, message):
    with pytest.raises(ValueError, match=message):
        Numbers.read(np.array(y)).parts(strategy, "over-sampling")


@pytest.mark.parametrize("make", CONTAINERS_OF_TARGETS)
def test_numbers_between_those_of_the_parents(make):
    X, y = skewed()
    sampler = SMOTER(random_state=0, sampling_strategy={(20.0, np.inf): 60})
    X_new, y_new = sampler.fit_resample(X, make(y.tolist()), sample_weight=np.arange(120.0))
    assert type(y_new) is type(make(y.tolist()))
    y_new = np.asarray(y_new, dtype=float)
    assert sampler.sampling_strategy_ == {(20.0, np.inf): 48}
    np.testing.assert_array_equal(X_new[:120], X)
    np.testing.assert_array_equal(y_new[:120], y)
    made = y_new[120:]
    assert len(made) == len(X_new) - 120 == 48
    assert made.min() >= y[y >= 20].min()
    assert made.max() <= y[y >= 20].max()
    assert not np.isin(made, y).any()
    # Row and number lie at the same share of the same way.
    plan_seeds = sampler.sample_indices_[120:]
    step = np.abs(X_new[120:] - X[plan_seeds])
    assert (step.max(axis=1) > 0).all()
    np.testing.assert_array_equal(sampler.sample_weight_[120:], plan_seeds)
    for x, number, seed in zip(X_new[120:], made, plan_seeds, strict=True):
        way = X[:12] - X[seed]
        with np.errstate(divide="ignore", invalid="ignore"):
            gaps = (x - X[seed]) / way
        partner = np.flatnonzero(np.ptp(gaps, axis=1) < 1e-9)
        assert len(partner) == 1
        gap = gaps[partner[0]].mean()
        assert number == pytest.approx(y[seed] + gap * (y[partner[0]] - y[seed]))


@pytest.mark.parametrize(
    "y",
    [
        np.array([10] * 30 + [50, 57, 61, 66]),
        pd.Series([10] * 30 + [50, 57, 61, 66], dtype="Int64", name="price"),
        pl.Series("price", [10] * 30 + [50, 57, 61, 66], dtype=pl.Int16),
        pa.array([10] * 30 + [50, 57, 61, 66], type=pa.int16()),
    ],
    ids=["ndarray", "pandas", "polars", "pyarrow"],
)
def test_whole_numbers_stay_whole(y):
    X = np.random.RandomState(0).normal(size=(34, 3))
    X_new, y_new = SMOTER(random_state=0, sampling_strategy={(50, 100): 20}).fit_resample(X, y)
    kind = operator.attrgetter("type" if isinstance(y, pa.Array) else "dtype")
    assert kind(y_new) == kind(y)
    made = np.asarray(y_new[34:], dtype=float)
    assert len(made) == len(X_new) - 34 == 16
    assert made.min() >= 50
    assert made.max() <= 66
    assert (made == np.rint(made)).all()


def test_numbers_beside_a_mixed_frame():
    frame = mixed_pandas(mixed_columns())
    y = pd.Series(np.where(np.arange(60) < 8, 90.0, 10.0) + np.arange(60) / 60, index=frame.index)
    X_new, y_new = SMOTER(random_state=0).fit_resample(frame, y)
    assert X_new.dtypes.to_dict() == frame.dtypes.to_dict()
    assert X_new.index.tolist() == y_new.index.tolist() == list(range(len(X_new)))
    assert len(X_new) > 60


def test_fewer_numbers():
    X, y = skewed()
    frame = pd.DataFrame(X, index=[f"row {i}" for i in range(120)])
    sampler = FewerNumbers(random_state=0, sampling_strategy={(-np.inf, 20.0): 30})
    X_new, y_new = sampler.fit_resample(frame, pd.Series(y, index=frame.index))
    assert len(X_new) == 42
    assert (y_new >= 20).sum() == 12
    assert X_new.index.tolist() == y_new.index.tolist()
    pd.testing.assert_frame_equal(X_new, frame.iloc[sampler.sample_indices_])


@pytest.mark.parametrize("sampler", [SMOTER(random_state=0), FewerNumbers(random_state=0)])
def test_numbers_in_a_pipeline(sampler):
    X, y = skewed()
    model = Pipeline([("sampler", sampler), ("model", LinearRegression())]).fit(X, y)
    alone = LinearRegression().fit(*clone(sampler).fit_resample(X, y))
    np.testing.assert_array_equal(model.predict(X), alone.predict(X))
    assert not np.allclose(model.predict(X), LinearRegression().fit(X, y).predict(X))


# -- label sets ---------------------------------------------------------------------------------

INDICATOR = np.array([[1, 0, 0]] * 12 + [[1, 1, 0]] * 5 + [[0, 1, 1]] * 2 + [[0, 0, 0]] * 3)


def as_array(y):
    return y.toarray() if sparse.issparse(y) else np.asarray(y)


LABEL_SETS = {
    "ndarray": INDICATOR,
    "list": INDICATOR.tolist(),
    "csr": sparse.csr_array(INDICATOR),
    "pandas": pd.DataFrame(INDICATOR, columns=["a", "b", "c"]),
    "polars": pl.DataFrame(INDICATOR, schema=["a", "b", "c"]),
}


@pytest.mark.parametrize("y", LABEL_SETS.values(), ids=LABEL_SETS)
def test_label_sets(y):
    target = LabelSets.read(y)
    assert target.n_rows == 22
    a, b, c, none = target.parts({1: 9, 2: 1}, "over-sampling")
    assert [part.key for part in (a, b, c, none)] == [0, 1, 2, None]
    assert [part.n for part in (a, b, c, none)] == [None, 2, None, None]
    assert b.rows.tolist() == [12, 13, 14, 15, 16, 17, 18]
    assert none.rows.tolist() == [19, 20, 21]
    a, b, c, none = target.parts("auto", "under-sampling")
    assert [a.n, b.n, c.n, none.n] == [round(26 / 3), None, None, None]
    taken = target.take(np.array([17, 0]))
    assert type(taken) is type(y)
    assert as_array(taken).tolist() == [[0, 1, 1], [1, 0, 0]]
    changed = target.take(np.array([17, 0]), np.array([[1, 1, 1], [1, 0, 0]], dtype=bool))
    assert type(changed) is type(y)
    assert as_array(changed).tolist() == [[1, 1, 1], [1, 0, 0]]


@pytest.mark.parametrize(
    ("y", "strategy", "message"),
    [
        (np.array([[0, 2], [1, 0]]), "auto", "holds 0 and 1"),
        (np.array([0, 1]), "auto", "one column for each label"),
        (INDICATOR, 0.5, "for label sets takes"),
        (INDICATOR, {3: 5}, r"names the labels \[3\]; y has 3"),
    ],
)
def test_bad_label_sets(y, strategy, message):
    with pytest.raises(ValueError, match=message):
        LabelSets.read(y).parts(strategy, "over-sampling")


@pytest.mark.parametrize("y", LABEL_SETS.values(), ids=LABEL_SETS)
def test_more_rows_of_rare_labels(y):
    X = np.random.RandomState(0).normal(size=(22, 2))
    sampler = MLROS(random_state=0, sampling_strategy={2: 10})
    X_new, y_new = sampler.fit_resample(X, y)
    assert type(y_new) is type(y)
    assert sampler.sampling_strategy_ == {2: 8}
    seeds = sampler.sample_indices_[22:]
    assert set(seeds.tolist()) <= {17, 18}
    np.testing.assert_array_equal(X_new[22:], X[seeds])
    np.testing.assert_array_equal(as_array(y_new), np.vstack([INDICATOR, INDICATOR[seeds]]))


@pytest.mark.parametrize("y", LABEL_SETS.values(), ids=LABEL_SETS)
def test_fewer_rows_of_frequent_labels(y):
    X = np.random.RandomState(0).normal(size=(22, 2))
    sampler = FewerLabelSets(random_state=0, sampling_strategy={0: 6})
    X_new, y_new = sampler.fit_resample(X, y)
    rows = sampler.sample_indices_
    assert len(np.unique(rows)) == len(rows), "a row of several parts comes out once"
    # six of the first label, beside those that another label keeps, and those without a label
    assert set(range(12, 22)) <= set(rows.tolist())
    assert len(rows) <= 16
    np.testing.assert_array_equal(X_new, X[rows])
    np.testing.assert_array_equal(as_array(y_new), INDICATOR[rows])


@pytest.mark.parametrize("n_classes", [2, 24, 25, 26, 27, 50])
@pytest.mark.parametrize("dtype", [np.int64, np.uint8, np.float64, bool])
def test_whole_numbers_warn_where_scikit_learn_does(n_classes, dtype):
    """Its check is left out where it can find nothing."""
    y = np.resize(np.arange(n_classes), 50).astype(dtype)
    with warnings.catch_warnings(record=True) as expected:
        warnings.simplefilter("always")
        check_classification_targets(y)
    with warnings.catch_warnings(record=True) as found:
        warnings.simplefilter("always")
        read = Classes.read(y)
    assert [str(w.message) for w in found] == [str(w.message) for w in expected]
    np.testing.assert_array_equal(read.labels, y)
