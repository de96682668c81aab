"""Sparse elements that are stored twice mean their sum, and the caller's matrix is left alone."""

import warnings

import numpy as np
import pytest
from estimators import CASES
from lightgbm import LGBMClassifier
from loops import looped
from scipy import sparse
from sklearn.base import clone
from sklearn.utils import get_tags

from imbalance_kit._tables.containers import open_table
from imbalance_kit._tables.rows import canonical, summed
from imbalance_kit.calibration import TemperatureScaledClassifier
from imbalance_kit.complexity import complexity_measures
from imbalance_kit.compose import ResampledClassifier
from imbalance_kit.ensemble import MixedTreesClassifier, UnderBaggingClassifier
from imbalance_kit.over_sampling import SVMSMOTE
from imbalance_kit.under_sampling import RandomUnderSampler


def table(n_rows=90):
    """A sparse table of quarters, so that halves and sums are exact, and its labels."""
    y = np.repeat([0, 1], [n_rows - n_rows // 4, n_rows // 4])
    rng = np.random.RandomState(0)
    X = (
        np.round(rng.uniform(0, 4, size=(n_rows, 5)) * (rng.uniform(size=(n_rows, 5)) < 0.6) * 4)
        / 4
    )
    X[y == 1, 0] = 2.0
    return sparse.csr_matrix(X), y


def in_halves(X, kind=sparse.csr_matrix):
    """The same matrix with each element stored as two halves, in no order."""
    entries = X.tocoo()
    order = np.random.RandomState(1).permutation(2 * entries.nnz)
    row, column = (np.tile(part, 2)[order] for part in (entries.row, entries.col))
    values = np.tile(entries.data / 2, 2)[order]
    major, minor, size = (row, column, 0) if "csr" in kind.__name__ else (column, row, 1)
    order = np.argsort(major, kind="stable")
    starts = np.append(0, np.cumsum(np.bincount(major, minlength=X.shape[size])))
    parts = values[order], minor[order].astype(np.int32), starts.astype(np.int32)
    return kind(parts, shape=X.shape)


def results(estimator, X, y):
    fitted = clone(estimator)
    if "random_state" in fitted.get_params():
        fitted.set_params(random_state=0)
    if hasattr(fitted, "fit_resample"):
        new, labels = fitted.fit_resample(X, y)
        return np.column_stack([new.toarray(), labels])
    if hasattr(fitted, "weigh"):
        return fitted.fit(X, y)
    fitted.fit(X, y)
    if hasattr(fitted, "predict_proba"):
        return fitted.predict_proba(X)
    return fitted.predict(X)


def check(estimator, kind=sparse.csr_matrix):
    X, y = table()
    halves = in_halves(X, kind)
    before = [part.copy() for part in (halves.data, halves.indices, halves.indptr)]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        ours, expected = results(estimator, halves, y), results(estimator, kind(X), y)
    np.testing.assert_allclose(ours, expected, atol=1e-9)
    for part, stored in zip((halves.data, halves.indices, halves.indptr), before, strict=True):
        assert np.array_equal(part, stored)


KINDS = [sparse.csr_matrix, sparse.csr_array, sparse.csc_matrix, sparse.csc_array]
BOOSTED = LGBMClassifier(n_estimators=5, min_child_samples=3, verbose=-1)


@looped("kind", KINDS, ids=lambda kind: kind.__name__)
def test_summed_on_a_copy(kind):
    X, _ = table()
    halves = in_halves(X, kind)
    assert halves.nnz == 2 * X.nnz
    assert summed(halves).nnz == X.nnz
    assert np.array_equal(open_table(halves).X.toarray(), X.toarray())
    assert halves.nnz == 2 * X.nnz
    once = kind(X)
    assert canonical(once) is once


@looped(
    "estimator",
    [
        SVMSMOTE(random_state=0),
        MixedTreesClassifier(n_boosting_rounds=3, n_forest_trees=3, n_extra_trees=3),
        UnderBaggingClassifier(BOOSTED, n_estimators=2),
        ResampledClassifier(BOOSTED, RandomUnderSampler(random_state=0)),
        TemperatureScaledClassifier(BOOSTED, cv=2),
    ],
)
def test_estimators_sum_what_is_stored_twice(estimator):
    check(estimator)
    check(estimator, sparse.csc_array)


def test_measures_sum_what_is_stored_twice():
    X, y = table()
    ours, expected = (
        complexity_measures(given, y, random_state=0).values for given in (in_halves(X), X)
    )
    assert ours == pytest.approx(expected, nan_ok=True)


@pytest.mark.exhaustive
@looped(
    "case",
    [
        case
        for case in CASES
        if get_tags(case.estimator).input_tags.sparse
        and (hasattr(case.estimator, "fit_resample") or hasattr(case.estimator, "predict"))
    ],
    ids=lambda case: type(case.estimator).__name__,
)
def test_every_estimator_sums_what_is_stored_twice(case):
    check(case.estimator)
