"""Weights of rows: zero means not there, negative is refused, numbers of rows are evened out."""

import numpy as np
import pandas as pd
import pytest
from estimators import CASES
from loops import looped
from scipy import sparse
from sklearn.base import clone
from tables import unbalanced

from imbalance_kit.ensemble._loop.base import BaseImbalanceEnsemble

ENSEMBLES = [case for case in CASES if isinstance(case.estimator, BaseImbalanceEnsemble)]
NAME = {"ids": lambda case: repr(case.estimator)}


def weighted(counts=(60, 24, 15), seed=0):
    """A table some of whose rows have no weight, most of them of the large class."""
    X, y = unbalanced(list(counts), seed=seed)
    rng = np.random.RandomState(seed)
    weight = rng.uniform(0.5, 2, size=len(y))
    weight[(y == 0) & (rng.uniform(size=len(y)) < 0.7)] = 0.0
    weight[rng.choice(len(y), 8)] = 0.0
    return X, y, weight


@looped("case", ENSEMBLES, **NAME)
def test_rows_of_weight_zero_are_not_there(case):
    X, y, weight = weighted()
    labels = np.array(["a", "b", "c"])[y]
    there = weight > 0
    for make in (np.asarray, pd.DataFrame):
        whole = clone(case.estimator).fit(make(X), labels, sample_weight=weight)
        reduced = clone(case.estimator).fit(
            make(X[there]), labels[there], sample_weight=weight[there]
        )
        np.testing.assert_array_equal(whole.predict_proba(make(X)), reduced.predict_proba(make(X)))
        for rows, of_reduced in zip(
            whole.estimators_samples_, reduced.estimators_samples_, strict=True
        ):
            np.testing.assert_array_equal(rows, np.flatnonzero(there)[of_reduced])
        np.testing.assert_allclose(whole.prior_, reduced.prior_)


@looped("case", ENSEMBLES, **NAME)
def test_a_class_without_weight_is_not_there(case):
    X, y, _ = weighted()
    weight = (y != 1).astype(float)
    model = clone(case.estimator).fit(X, y, sample_weight=weight)
    assert model.classes_.tolist() == [0, 2]
    for wrong, message in [
        ((y == 0).astype(float), "Only class 0 has rows of positive weight"),
        (np.zeros(len(y)), "at least one non-zero"),
        (np.where(y == 0, -1.0, 1.0), "[Nn]egative"),
        (np.full(len(y), np.nan), "NaN"),
    ]:
        with pytest.raises(ValueError, match=message):
            clone(case.estimator).fit(X, y, sample_weight=wrong)


def test_most_of_the_large_class_without_weight():
    """The shares of what is drawn are those of the table without these rows."""
    from imbalance_kit.ensemble import UnderBaggingClassifier

    X, y = unbalanced([2000, 100])
    weight = np.where((y == 0) & (np.arange(len(y)) % 20 > 0), 0.0, 1.0)
    model = UnderBaggingClassifier(n_estimators=5, bootstrap=False, random_state=0)
    model.fit(X, y, sample_weight=weight)
    assert all((weight[rows] == 1).all() for rows in model.estimators_samples_)
    np.testing.assert_allclose(model.prior_, np.bincount(y, weights=weight) / weight.sum())
    assert model.prior_[0] < 0.55


def test_rounds_even_out_numbers_of_rows_whatever_these_weigh():
    from imbalance_kit.ensemble import EasyEnsembleClassifier

    X, y = unbalanced([60, 15])
    weight = np.where(y == 0, 5.0, 1.0)
    model = EasyEnsembleClassifier(n_estimators=2, random_state=0).fit(X, y, sample_weight=weight)
    for rows in model.estimators_samples_:
        assert np.bincount(y[rows]).tolist() == [15, 15]
    np.testing.assert_allclose(model.resampled_prior_, [5 / 6, 1 / 6])


def test_held_out_and_out_of_bag_rows_have_weight():
    from imbalance_kit.ensemble import UnderBaggingClassifier

    X, y, weight = weighted((200, 80, 60))
    there = weight > 0
    stops = {"n_iter_no_change": 3, "validation_fraction": 0.3}
    model = UnderBaggingClassifier(n_estimators=9, oob_score=True, random_state=0, **stops)
    whole = clone(model).fit(sparse.csr_array(X), y, sample_weight=weight)
    reduced = clone(model).fit(sparse.csr_array(X[there]), y[there], sample_weight=weight[there])
    assert whole.validation_scores_ == reduced.validation_scores_
    assert whole.oob_score_ == reduced.oob_score_
    assert not np.isnan(whole.oob_decision_function_[~there]).any()


@pytest.mark.exhaustive
@looped("options", [{}, {"pool_size": 120}, {"n_iter_no_change": 3, "validation_fraction": 0.2}])
def test_rows_of_weight_zero_in_tables_out_of_memory(options, tmp_path):
    from imbalance_kit.ensemble import BalanceCascadeClassifier, UnderBaggingClassifier

    X, y, weight = weighted((400, 60))
    X, there = X.astype(np.float32), weight > 0
    frame = pd.DataFrame(X, columns=list("abcd")).assign(w=weight, y=y)
    frame.to_parquet(tmp_path / "table.parquet")
    mapped = np.memmap(tmp_path / "array", dtype=np.float32, mode="w+", shape=X.shape)
    mapped[:] = X
    for kind in (UnderBaggingClassifier, BalanceCascadeClassifier):
        model = kind(n_estimators=3, random_state=0, **options)
        expected = model.fit(X[there], y[there], sample_weight=weight[there]).predict_proba(X)
        for given in [(mapped, y, weight), (tmp_path / "table.parquet", "y", "w")]:
            np.testing.assert_array_equal(model.fit(*given).predict_proba(X), expected)
