"""Venn-Abers: the fast values are the naive ones, and the promises of the method hold."""

import time

import numpy as np
import pytest
from scipy import sparse
from sklearn.frozen import FrozenEstimator
from sklearn.isotonic import isotonic_regression
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import PredefinedSplit, StratifiedKFold, StratifiedShuffleSplit
from sklearn.naive_bayes import GaussianNB
from sklearn.svm import LinearSVC
from sklearn.tree import DecisionTreeClassifier

from imbalance_kit.calibration import VennAbersClassifier
from imbalance_kit.calibration._isotonic_pair import IsotonicPair


def naive(scores, labels, weight, new, label):
    """Isotonic regression with the new row among the others."""
    points, group = np.unique(np.append(scores, new), return_inverse=True)
    size = np.bincount(group, weights=np.append(weight, 1.0))
    ones = np.bincount(group, weights=np.append(weight, 1.0) * np.append(labels, label))
    fitted = isotonic_regression(ones / size, sample_weight=size)
    return fitted[np.searchsorted(points, new)]


def test_a_case_by_hand():
    """Label 0 at .5 pools with the 1 and 0 below it: 1 of 3. Label 1 pools with the 1 and 0 above
    it: 2 of 3."""
    scores = np.array([0.1, 0.2, 0.3, 0.4, 0.6, 0.7, 0.8, 0.9])
    labels = np.array([0, 0, 1, 0, 1, 0, 1, 1])
    low, high = IsotonicPair(scores, labels, np.ones(8)).values(np.array([0.5]))[0]
    assert (low, high) == (pytest.approx(1 / 3), pytest.approx(2 / 3))
    assert high / (1 - low + high) == pytest.approx(0.5)


def test_fast_values_are_the_naive_ones():
    """200 tables with and without ties, every second with weights: at every score, between any
    two, and outside."""
    for case in range(200):
        rng = np.random.RandomState(case)
        n = rng.randint(1, 18)
        scores = rng.randint(0, rng.randint(1, 40), size=n).astype(float)
        labels = (rng.uniform(size=n) < rng.uniform()).astype(float)
        weight = rng.uniform(0.1, 4, size=n) if case % 2 else np.ones(n)
        pair = IsotonicPair(scores, labels, weight)
        new = np.unique(np.concatenate([scores, scores - 0.5, scores + 0.5]))
        found = pair.values(new)
        expected = [[naive(scores, labels, weight, s, label) for label in (0, 1)] for s in new]
        np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-14)
        assert (found[:, 0] <= found[:, 1]).all()


def test_weights_mean_repetition():
    rng = np.random.RandomState(0)
    scores, labels = rng.normal(size=60).round(1), rng.randint(0, 2, size=60)
    weight = rng.randint(0, 4, size=60)
    one = IsotonicPair(scores, labels, weight)
    other = IsotonicPair(scores.repeat(weight), labels.repeat(weight), np.ones(weight.sum()))
    new = np.linspace(-3, 3, 301)
    np.testing.assert_array_equal(one.values(new), other.values(new))


def test_only_the_order_of_scores_matters():
    rng = np.random.RandomState(0)
    scores, labels, new = rng.normal(size=50), rng.randint(0, 2, size=50), rng.normal(size=50)
    one = IsotonicPair(scores, labels, np.ones(50)).values(new)
    other = IsotonicPair(np.exp(3 * scores), labels, np.ones(50)).values(np.exp(3 * new))
    np.testing.assert_array_equal(one, other)


def test_rounding_does_not_part_what_ties():
    scores, labels = np.array([0.3, 0.3 * (1 + 1e-15), 0.7]), np.array([0, 1, 1])
    pair = IsotonicPair(scores, labels, np.ones(3))
    np.testing.assert_array_equal(
        pair.values(np.array([0.3 * (1 - 1e-15)])), pair.values(np.array([0.3]))
    )
    assert len(pair.scores) == 2


@pytest.mark.parametrize("labels", [[0, 0, 0], [1, 1, 1], []], ids=["no ones", "no zeros", "none"])
def test_calibration_rows_of_one_class_or_none(labels):
    """m rows of one label leave 1 / (m + 1) of doubt where they all are on one side."""
    pair = IsotonicPair(np.arange(float(len(labels))), np.array(labels), np.ones(len(labels)))
    low, high = pair.values(np.array([-1.0, 5.0])).T
    if labels == [0, 0, 0]:
        assert low.tolist() == [0, 0]
        np.testing.assert_allclose(high, [1 / 4, 1])
    elif labels == [1, 1, 1]:
        assert high.tolist() == [1, 1]
        np.testing.assert_allclose(low, [0, 3 / 4])
    else:
        assert (low.tolist(), high.tolist()) == ([0, 0], [1, 1])


def test_the_value_of_the_true_label_is_calibrated():
    """The theorem: p0 where the label is 0 and p1 where it is 1 is perfectly calibrated. 2500
    times 40 calibration rows and a new one from a logistic model: the mean of label - value is
    0 overall and where the value is below or above 1/2, within 6 standard errors (false alarm
    below 1e-8), while plain isotonic regression's values are not bounded away from 0 and 1."""
    rng = np.random.RandomState(0)
    gaps, values = np.empty(2500), np.empty(2500)
    for case in range(2500):
        scores = rng.normal(-1, 1.5, size=41)
        labels = (rng.uniform(size=41) < 1 / (1 + np.exp(-scores))).astype(int)
        pair = IsotonicPair(scores[:40], labels[:40], np.ones(40))
        values[case] = pair.values(scores[40:])[0, labels[40]]
        gaps[case] = labels[40] - values[case]
    for part in (values < 2, values < 0.5, values >= 0.5):
        assert abs(gaps[part].mean()) < 6 * gaps[part].std() / np.sqrt(part.sum())


def test_many_scores_take_a_second():
    """Quadratic time would be an hour; the bound is tens of times what this process takes."""
    rng = np.random.RandomState(0)
    scores = rng.uniform(size=200_000)
    start = time.process_time()
    IsotonicPair(scores, rng.uniform(size=len(scores)) < scores, np.ones(len(scores)))
    assert time.process_time() - start < 60


def test_scores_are_rounded_to_ten_digits():
    """Two scores tie if, and only if, their first 33 binary digits are the same."""
    scores = np.array([1.0, -1.0, 3e-300, 7e300, 0.0, 0.3])
    for score in scores.tolist():
        pair = IsotonicPair(np.array([score]), np.array([1]), np.ones(1))
        for relative, ties in ((2.0**-36, True), (-(2.0**-36), True), (2.0**-31, score == 0.0)):
            new = np.array([score * (1 + relative)])
            at_zero, at_one = pair.places(new, pair.search(1))
            assert (at_zero != at_one).tolist() == [ties]


def test_many_rows_at_once_are_as_one_by_one(overlapping):
    """More rows than a part has, found by cells and by numpy's search."""
    X, y = overlapping
    model = VennAbersClassifier(GaussianNB(), cv=2).fit(X, y)
    many = np.tile(X, (9, 1))[:20_000]
    proba, interval = model.predict_proba(many), model.predict_interval(many)
    for rows in (slice(0, 1), slice(8190, 8194), slice(19_999, None)):
        np.testing.assert_allclose(model.predict_proba(many[rows]), proba[rows], rtol=1e-12)
        np.testing.assert_allclose(model.predict_interval(many[rows]), interval[rows], rtol=1e-12)


# --- the classifier ------------------------------------------------------------------------------


def test_a_frozen_estimator_is_the_inductive_predictor(overlapping):
    X, y = overlapping
    fitted = GaussianNB().fit(X[:2000], y[:2000])
    model = VennAbersClassifier(FrozenEstimator(fitted)).fit(X[2000:3000], y[2000:3000])
    scores = fitted.predict_proba(X[2000:3000])[:, 1]
    new = X[3000:3020]
    expected = [
        [naive(scores, y[2000:3000], np.ones(1000), s, label) for label in (0, 1)]
        for s in fitted.predict_proba(new)[:, 1]
    ]
    np.testing.assert_allclose(model.predict_interval(new), expected, rtol=1e-9)
    low, high = np.transpose(expected)
    np.testing.assert_allclose(model.predict_proba(new)[:, 1], high / (1 - low + high), rtol=1e-9)


def test_a_single_split_is_the_inductive_predictor(overlapping):
    X, y = overlapping
    split = PredefinedSplit(np.repeat([-1, 0], [3000, 1000]))
    one = VennAbersClassifier(GaussianNB(), cv=split).fit(X, y)
    fitted = FrozenEstimator(GaussianNB().fit(X[:3000], y[:3000]))
    other = VennAbersClassifier(fitted).fit(X[3000:], y[3000:])
    assert len(one.estimators_) == 1
    np.testing.assert_array_equal(one.predict_proba(X), other.predict_proba(X))
    np.testing.assert_array_equal(one.predict_interval(X), other.predict_interval(X))


def test_folds_are_joined_by_geometric_means(overlapping):
    X, y = overlapping
    model = VennAbersClassifier(GaussianNB(), cv=3).fit(X, y)
    pairs = []
    for train, test in StratifiedKFold(3).split(X, y):
        fitted = GaussianNB().fit(X[train], y[train])
        pair = IsotonicPair(fitted.predict_proba(X[test])[:, 1], y[test], np.ones(len(test)))
        pairs.append(pair.values(fitted.predict_proba(X)[:, 1]))
    low, high = np.array(pairs).transpose(2, 0, 1)
    for_it, against = np.prod(high, axis=0) ** (1 / 3), np.prod(1 - low, axis=0) ** (1 / 3)
    np.testing.assert_allclose(model.predict_proba(X)[:, 1], for_it / (for_it + against))
    for place, ends in enumerate([low, high]):
        yes, no = np.prod(ends, axis=0) ** (1 / 3), np.prod(1 - ends, axis=0) ** (1 / 3)
        found = model.predict_interval(X)[:, place]
        np.testing.assert_allclose(found, yes / (yes + no), rtol=1e-9)


@pytest.mark.parametrize("cv", [2, 5, StratifiedShuffleSplit(1, test_size=0.3, random_state=0)])
@pytest.mark.parametrize("table", ["two_classes", "three_classes"])
def test_intervals_hold_probabilities(cv, table, request):
    X, y = request.getfixturevalue(table)
    model = VennAbersClassifier(LogisticRegression(), cv=cv).fit(X, y)
    interval, proba = model.predict_interval(X), model.predict_proba(X)
    assert interval.shape == ((75, 2) if table == "two_classes" else (87, 3, 2))
    assert ((interval >= 0) & (interval <= 1)).all()
    assert (interval[..., 0] <= interval[..., 1]).all()
    np.testing.assert_allclose(proba.sum(axis=1), 1)
    assert ((proba > 0) & (proba < 1)).all()
    if table == "two_classes":
        assert (interval[:, 0] <= proba[:, 1] + 1e-12).all()
        assert (proba[:, 1] <= interval[:, 1] + 1e-12).all()


def test_more_classes_are_one_against_the_rest(three_classes):
    X, y = three_classes
    fitted = LogisticRegression().fit(X, y)
    model = VennAbersClassifier(FrozenEstimator(fitted)).fit(X, y)
    proba = fitted.predict_proba(X)
    pairs = np.stack(
        [IsotonicPair(proba[:, c], y == c, np.ones(87)).values(proba[:, c]) for c in range(3)], 1
    )
    np.testing.assert_allclose(model.predict_interval(X), pairs, rtol=1e-12)
    points = pairs[..., 1] / (1 - pairs[..., 0] + pairs[..., 1])
    expected = points / points.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(model.predict_proba(X), expected, rtol=1e-12)


def test_few_rare_rows_make_wide_intervals(overlapping):
    X, y = overlapping
    kept = (y == 0) | (np.cumsum(y) <= 20)
    few = VennAbersClassifier(GaussianNB(), cv=2).fit(X[kept], y[kept]).predict_interval(X)
    many = VennAbersClassifier(GaussianNB(), cv=2).fit(X, y).predict_interval(X)
    rare = y == 1
    assert np.ptp(few[rare], axis=1).mean() > 1.5 * np.ptp(many[rare], axis=1).mean()


@pytest.mark.parametrize("learner", [LinearSVC(), DecisionTreeClassifier(max_depth=3)], ids=str)
@pytest.mark.parametrize("table", ["two_classes", "three_classes"])
def test_scores_of_any_kind_will_do(learner, table, request):
    X, y = request.getfixturevalue(table)
    model = VennAbersClassifier(learner).fit(X, y)
    np.testing.assert_allclose(model.predict_proba(X).sum(axis=1), 1)
    np.testing.assert_array_equal(model.predict(X), model.predict_proba(X).argmax(axis=1))


def test_sparse_tables_are_cut_into_folds(two_classes):
    X, y = two_classes
    dense = VennAbersClassifier(DecisionTreeClassifier(max_depth=3, random_state=0)).fit(X, y)
    for make in (sparse.csr_matrix, sparse.csc_array, sparse.coo_matrix):
        model = VennAbersClassifier(DecisionTreeClassifier(max_depth=3, random_state=0))
        proba = model.fit(make(X), y).predict_proba(sparse.csr_array(X))
        np.testing.assert_allclose(proba, dense.predict_proba(X))


def test_a_fold_without_a_class_is_explained():
    X, y = np.arange(20.0)[:, None], np.repeat([0, 1, 2], [8, 8, 4])
    split = PredefinedSplit(np.repeat([0, 1], [16, 4]))
    with pytest.raises(ValueError, match="split 0 of cv trains on no row of class 0"):
        VennAbersClassifier(DecisionTreeClassifier(), cv=split).fit(X, y)
