"""The rows of large classes that rounds choose from."""

import numpy as np
import pytest
from sklearn.tree import DecisionTreeClassifier

from imbalance_kit.ensemble import BalanceCascadeClassifier, SelfPacedEnsembleClassifier
from imbalance_kit.ensemble._loop.row_pool import draw_pool


def pool(codes, wanted, pool_size, seed=0):
    return draw_pool(codes, np.array(wanted), pool_size, np.random.RandomState(seed))


def test_all_rows_where_they_are_few():
    codes = np.repeat([0, 1], [90_000, 10])
    assert pool(codes, [10, 10], "auto") is None
    assert pool(codes, [10, 10], None) is None
    assert pool(codes, [10, 10], 90_000) is None


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [(10, 100_000), (4_000, 200_000), (50_000, 1_000_000), (250_000, 1_250_000)],
)
def test_what_auto_means(wanted, expected):
    codes = np.repeat([0, 1], [2_000_000, wanted]).astype(np.int8)
    rows = pool(codes, [wanted, wanted], "auto")
    assert np.bincount(codes[rows]).tolist() == [expected, wanted]


def test_rows_are_in_order_and_distinct_and_small_classes_whole():
    codes = np.random.RandomState(0).permutation(np.repeat([0, 1, 2], [500, 20, 300]))
    rows = pool(codes, [20, 20, 20], 50)
    assert (np.diff(rows) > 0).all()
    assert np.bincount(codes[rows]).tolist() == [50, 20, 50]
    assert not np.array_equal(rows, pool(codes, [20, 20, 20], 50, seed=1))


def test_a_class_that_is_not_reduced_stays_whole():
    codes = np.repeat([0, 1, 2], [500, 20, 300])
    assert np.bincount(codes[pool(codes, [20, 20, 300], 50)]).tolist() == [50, 20, 300]


def test_too_small_a_pool_is_refused():
    codes = np.repeat([0, 1], [500, 60])
    with pytest.raises(ValueError, match="pool_size=50 is less than the 60 rows"):
        pool(codes, [60, 60], 50)


@pytest.mark.parametrize("ensemble", [SelfPacedEnsembleClassifier, BalanceCascadeClassifier])
def test_an_ensemble_draws_from_its_pool(ensemble, two_classes):
    """Twelve draws of 15 rows come from 20 of the 60, and are named by their number in X."""
    X, y = two_classes
    model = ensemble(
        DecisionTreeClassifier(max_depth=2), n_estimators=12, pool_size=20, random_state=0
    ).fit(X, y)
    drawn = np.concatenate(model.estimators_samples_)
    assert set(drawn[y[drawn] == 1]) <= set(np.flatnonzero(y == 1))
    large = set(drawn[y[drawn] == 0].tolist())
    assert len(large) <= 20
    np.testing.assert_allclose(model.prior_, [0.8, 0.2])
    for learner, rows in zip(model.estimators_, model.estimators_samples_, strict=True):
        again = DecisionTreeClassifier(max_depth=2, random_state=learner.random_state)
        again.fit(X[rows].astype(np.float32), y[rows])
        np.testing.assert_array_equal(learner.predict_proba(X), again.predict_proba(X))


def test_an_ample_pool_scores_like_all_rows():
    """Mean average precision over 20 seeds, 500 rows for a draw of 25 against all 4,000. The two
    means differ by less than 6 standard errors plus .01 (false alarm below 1e-6)."""
    from sklearn.datasets import make_classification
    from sklearn.metrics import average_precision_score

    X, y = make_classification(8000, 8, weights=[0.99], flip_y=0, class_sep=0.8, random_state=0)
    half = np.arange(8000) < 4000
    scores = {}
    for size in (500, None):
        scores[size] = np.array(
            [
                average_precision_score(
                    y[~half],
                    SelfPacedEnsembleClassifier(n_estimators=10, pool_size=size, random_state=seed)
                    .fit(X[half], y[half])
                    .predict_proba(X[~half])[:, 1],
                )
                for seed in range(20)
            ]
        )
    error = np.sqrt((scores[500].var() + scores[None].var()) / 20)
    assert abs(scores[500].mean() - scores[None].mean()) < 6 * error + 0.01
