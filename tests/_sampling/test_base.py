"""The bases: what a hook returns comes out; and one object resamples many tables at once."""

import threading

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from scipy import sparse
from sklearn.base import clone
from tables import mixed_columns, mixed_pandas, mixed_polars, mixed_pyarrow, unbalanced

from imbalance_kit._sampling.base import (
    BaseOverSampler,
    BaseReplacingOverSampler,
    BaseReplacingUnderSampler,
    BaseUnderSampler,
)
from imbalance_kit._sampling.plans import Plan
from imbalance_kit._sampling.records import Resampled
from imbalance_kit._threads import each_in_threads
from imbalance_kit.combine import SMOTEENN
from imbalance_kit.over_sampling import SMOTE, SMOTEN, SVMSMOTE, KMeansSMOTE
from imbalance_kit.under_sampling import (
    ClusterCentroids,
    EditedNearestNeighbours,
    RandomUnderSampler,
    RepeatedEditedNearestNeighbours,
    SelfPacedUnderSampler,
)


class Halved(BaseReplacingUnderSampler):
    """Keep row 5, then twice a synthetic row (row 2 halved, row 3 halved), then row 0."""

    def _resample(self, opened, parts, rng):
        rows = np.array([5, 2, 3, 0])
        synthetic = np.array([False, True, True, False])
        return Resampled(rows, synthetic, opened.points[rows[1:3]] / 2)


class Swapped(BaseReplacingOverSampler):
    """Nothing synthetic: two rows swapped."""

    def _resample(self, opened, parts, rng):
        return Resampled.selection(np.array([1, 0]))


class First(BaseUnderSampler):
    """The first rows of each part."""

    def _keep(self, opened, part, rng):
        return part.rows[: part.n]


class Repeated(BaseOverSampler):
    """The first row of each part, again and again."""

    def _plan(self, opened, part, rng):
        first = np.repeat(part.rows[:1], part.n)
        return Plan(seed=first, partner=first, gap=np.zeros(part.n))


def test_synthetic_rows_come_where_the_method_puts_them(container):
    X, y = unbalanced([20, 5])
    sampler = Halved()
    new, y_new = sampler.fit_resample(container.make(X), y, sample_weight=np.arange(25.0))
    assert isinstance(new, container.comes_back_as)
    numbers = new.toarray() if hasattr(new, "toarray") else np.asarray(new)
    np.testing.assert_allclose(numbers.astype(float), [X[5], X[2] / 2, X[3] / 2, X[0]], rtol=1e-6)
    np.testing.assert_array_equal(y_new, y[[5, 2, 3, 0]])
    assert sampler.sample_indices_.tolist() == [5, 2, 3, 0]
    assert sampler.sample_origin_.tolist() == [5, -1, -1, 0]
    assert sampler.sample_weight_.tolist() == [5.0, 2.0, 3.0, 0.0]


def test_dtypes_are_kept():
    frame = pd.DataFrame(
        {"count": pd.array(range(25), dtype="Int64"), "size": np.arange(25, dtype=np.float32)}
    )
    new, _ = Halved().fit_resample(frame, np.repeat([0, 1], [20, 5]))
    assert new.dtypes.tolist() == frame.dtypes.tolist()
    assert new["size"].tolist() == [5, 1, 1.5, 0]
    assert new.index.tolist() == [0, 1, 2, 3]


@pytest.mark.parametrize("as_list", [False, True])
def test_nothing_synthetic(as_list):
    X, y = unbalanced([20, 5])
    new, _ = Swapped().fit_resample(X.tolist() if as_list else X, y)
    assert isinstance(new, list) == as_list
    np.testing.assert_array_equal(new, X[[1, 0]])


def test_a_hook_is_called_once_per_part():
    X, y = unbalanced([20, 5, 9])
    sampler = First(sampling_strategy={0: 4, 2: 3})
    new, y_new = sampler.fit_resample(X, y)
    rows = np.concatenate([np.flatnonzero(y == 0)[:4], np.flatnonzero(y == 1)])
    rows = np.concatenate([rows, np.flatnonzero(y == 2)[:3]])
    np.testing.assert_array_equal(sampler.sample_indices_, rows)
    np.testing.assert_array_equal(new, X[rows])
    np.testing.assert_array_equal(y_new, y[rows])
    assert sampler.sampling_strategy_ == {0: 4, 2: 3}
    assert not hasattr(sampler, "sample_origin_"), "a sampler that selects has no synthetic rows"


def test_originals_come_first():
    X, y = unbalanced([20, 5, 9])
    sampler = Repeated()
    new, y_new = sampler.fit_resample(X, y)
    seeds = np.repeat([np.flatnonzero(y == 1)[0], np.flatnonzero(y == 2)[0]], [15, 11])
    np.testing.assert_array_equal(new, np.concatenate([X, X[seeds]]))
    np.testing.assert_array_equal(y_new, np.concatenate([y, y[seeds]]))
    np.testing.assert_array_equal(sampler.sample_origin_, [*range(34), *[-1] * 26])


def tables_of_eight_kinds():
    """Tables whose columns, kinds and numbers of rows differ, with their labels."""
    X, y = unbalanced([40, 14], n_columns=5, seed=1)
    wide, y_wide = unbalanced([50, 16, 12], n_columns=8, seed=2)
    y_mixed = np.random.RandomState(6).permutation(np.repeat([0, 1], [45, 15]))
    columns = mixed_columns()
    objects = np.empty((60, 3), dtype=object)
    for j, name in enumerate(["size", "colour", "word"]):
        objects[:, j] = columns[name]
    with_zeros = np.where(wide > 0.5, wide, 0.0)
    return [
        (X, y),
        (wide.astype(np.float32), y_wide),
        (X[:, :3].tolist(), y.tolist()),
        (mixed_pandas(columns), pd.Series(y_mixed, name="kind")),
        (mixed_polars(columns), pl.Series("kind", y_mixed)),
        (mixed_pyarrow(columns), pa.array(y_mixed)),
        (sparse.csr_array(with_zeros), y_wide),
        (objects, np.array(["no", "yes"])[y_mixed]),
    ]


def as_lists(table):
    """A table or target of any kind as plain lists, missing values as None."""
    if sparse.issparse(table):
        table = table.toarray()
    if isinstance(table, pa.Table | pa.Array | pa.ChunkedArray):
        table = table.to_pandas()
    if isinstance(table, pl.DataFrame | pl.Series):
        table = table.to_pandas()
    if isinstance(table, pd.DataFrame):
        table = table.astype(object).to_numpy()
    values = np.asarray(table, dtype=object).ravel()
    return [None if value is pd.NA or value != value else value for value in values]


@pytest.mark.parametrize(
    "sampler",
    [
        SMOTE(random_state=3),
        SMOTEN(random_state=3),
        SVMSMOTE(random_state=3),
        KMeansSMOTE(random_state=3, kmeans_estimator=2, cluster_balance_threshold=0.1),
        EditedNearestNeighbours(),
        RepeatedEditedNearestNeighbours(kind_sel="mode"),
        RandomUnderSampler(random_state=3),
        SelfPacedUnderSampler(random_state=3, cv=2),
        ClusterCentroids(random_state=3),
        SMOTEENN(random_state=3),
    ],
    ids=lambda sampler: type(sampler).__name__,
)
# methods that shrink or lower a parameter on such small tables warn, alone as in threads
@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.usefixtures("few_trees")
def test_one_object_resamples_eight_tables_in_eight_threads(sampler):
    """Were anything left on the sampler between hooks, it would be of another thread's table."""
    tables = tables_of_eight_kinds()
    alone = [clone(sampler).fit_resample(X, y) for X, y in tables]
    together = threading.Barrier(len(tables), timeout=60)

    def resample(i):
        together.wait()
        return sampler.fit_resample(*tables[i])

    for _ in range(3):
        found = each_in_threads(resample, range(len(tables)), len(tables))
        for (X, y), (X_alone, y_alone) in zip(found, alone, strict=True):
            assert type(X) is type(X_alone)
            assert as_lists(X) == as_lists(X_alone)
            assert as_lists(y) == as_lists(y_alone)
