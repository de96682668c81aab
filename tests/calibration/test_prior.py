"""Prior correction: its arithmetic, its invariants, its errors."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from loops import looped
from sklearn.linear_model import LogisticRegression

from imbalance_kit.calibration import correct_prior

CORNERS = {"rtol": 1e-9, "atol": 1e-12}


@st.composite
def problems(draw, max_classes=5):
    """Probabilities and two sets of class shares."""
    k = draw(st.integers(2, max_classes))
    rng = np.random.RandomState(draw(st.integers(0, 2**32 - 1)))
    return rng.dirichlet(np.ones(k), size=8), rng.dirichlet(np.ones(k)), rng.dirichlet(np.ones(k))


def test_published_value():
    """Half of a model trained on 1 % of the negatives is a true probability of .0099: the formula
    of Dal Pozzolo et al. (2015), beta p_s / (beta p_s - p_s + 1) = .005 / .505."""
    corrected = correct_prior(
        np.array([[0.5, 0.5]]), trained_on=[0.01 * 9_900, 100], true_prior=[9_900, 100]
    )
    assert corrected[0, 1] == pytest.approx(0.005 / 0.505, rel=1e-12)
    assert round(corrected[0, 1], 4) == 0.0099


@given(problems())
def test_equal_priors_change_nothing(problem):
    proba, prior, _ = problem
    np.testing.assert_allclose(correct_prior(proba, trained_on=prior, true_prior=prior), proba)


@given(problems())
def test_there_and_back(problem):
    proba, before, after = problem
    there = correct_prior(proba, trained_on=before, true_prior=after)
    back = correct_prior(there, trained_on=after, true_prior=before)
    np.testing.assert_allclose(back, proba, rtol=1e-6, atol=1e-9)


@given(problems(), st.floats(0.01, 100))
def test_only_the_ratios_of_the_shares_matter(problem, factor):
    proba, before, after = problem
    one = correct_prior(proba, trained_on=before, true_prior=after)
    other = correct_prior(proba, trained_on=before * factor, true_prior=after / factor)
    np.testing.assert_allclose(one, other, **CORNERS)


@given(problems())
def test_rows_are_probabilities_and_ratios_are_kept(problem):
    proba, before, after = problem
    corrected = correct_prior(proba, trained_on=before, true_prior=after)
    np.testing.assert_allclose(corrected.sum(axis=1), 1)
    assert (corrected >= 0).all()
    odds = corrected[:, 0] / corrected[:, 1]
    expected = proba[:, 0] / proba[:, 1] * (after[0] / before[0]) / (after[1] / before[1])
    np.testing.assert_allclose(odds, expected, rtol=1e-9)


@given(problems(max_classes=2))
def test_with_two_classes_the_order_is_kept(problem):
    proba, before, after = problem
    corrected = correct_prior(proba, trained_on=before, true_prior=after)
    order = np.argsort(proba[:, 1])
    assert (np.diff(corrected[order, 1]) >= 0).all()


@pytest.mark.parametrize("certain", [[1.0, 0.0], [0.0, 1.0]])
def test_certainty_stays_certain(certain):
    corrected = correct_prior(np.array([certain]), trained_on=[0.5, 0.5], true_prior=[0.99, 0.01])
    assert corrected[0].tolist() == certain


def test_certainty_of_a_class_that_does_not_occur_gives_the_prior():
    corrected = correct_prior(
        np.array([[1.0, 0.0, 0.0]]), trained_on=[1, 1, 1], true_prior=[0, 0.25, 0.75]
    )
    assert corrected[0].tolist() == [0, 0.25, 0.75]


@looped("columns", [2, 3, 9])
def test_extremes_are_those_of_fractions(columns):
    """Probabilities and shares down to the least numbers, against exact arithmetic."""
    rng = np.random.RandomState(columns)
    sizes = np.array([0.0, 5e-324, 1e-300, 1e-17, 0.3, 1.0])
    proba = rng.choice(sizes, size=(60, columns))
    proba[:, 0] = rng.choice([0.5, 1.0], size=60)
    before, after = rng.choice(sizes[2:], size=(2, 12, columns))
    for trained_on, true_prior in zip(before, after, strict=True):
        ratio = true_prior / trained_on
        if not np.isfinite(ratio).all():
            continue
        found = correct_prior(proba, trained_on=trained_on, true_prior=true_prior)
        for row, ours in zip(proba, found, strict=True):
            exact = [Fraction(p) * Fraction(r) for p, r in zip(row, ratio, strict=True)]
            if max(exact) < Fraction(1, 10**290):  # such products have fewer digits, or none
                continue
            expected = [float(e / sum(exact)) for e in exact]
            lost = float(Fraction(1, 10**305) / max(exact))
            np.testing.assert_allclose(ours, expected, rtol=1e-14, atol=max(lost, 1e-305))


@looped("rows", [1, 3])
def test_missing_probabilities_are_refused(rows):
    proba = np.full((rows, 2), 0.5)
    proba[-1] = np.nan
    with pytest.raises(ValueError, match="proba holds NaN"):
        correct_prior(proba, trained_on=[0.5, 0.5], true_prior=[0.9, 0.1])


def test_the_input_is_not_changed():
    proba = np.array([[0.3, 0.7]])
    correct_prior(proba, trained_on=[0.5, 0.5], true_prior=[0.9, 0.1])
    assert proba.tolist() == [[0.3, 0.7]]


@pytest.mark.parametrize(
    ("before", "after", "message"),
    [
        ([0.5, 0.5], [1, 1, 1], r"one share per class.*\(2,\).*\(3,\)"),
        ([1.0], [1.0], r"one share per class"),
        ([0.0, 1.0], [0.5, 0.5], r"positive in trained_on"),
        ([0.5, 0.5], [-0.5, 1.5], r"not negative in true_prior"),
        ([0.5, 0.5], [0.0, 0.0], r"true_prior"),
        ([0.5, np.nan], [0.5, 0.5], r"positive in trained_on"),
        ([0.5, 0.5], [np.nan, 0.5], r"true_prior"),
    ],
)
def test_impossible_shares_are_refused(before, after, message):
    with pytest.raises(ValueError, match=message):
        correct_prior(np.array([[0.5, 0.5]]), trained_on=before, true_prior=after)


def test_a_logistic_model_on_dropped_rows_finds_the_full_model():
    """Logistic data, 5 % of the negatives kept: after correction the coefficients' truth is met.

    Truth is known, so the Brier score of the corrected model must be within 1 % of the score of
    the true probabilities, where the uncorrected one is 2 times worse. The excess of a
    three-parameter model on about 6000 rows is chi-squared of order 3 / 6000 relative: 1 % is
    more than 30 standard errors away.
    """
    rng = np.random.RandomState(0)
    X = rng.normal(size=(60_000, 2))
    truth = 1 / (1 + np.exp(-(-4 + X @ [1.0, -1.5])))
    y = (rng.uniform(size=len(X)) < truth).astype(int)
    kept = (y == 1) | (rng.uniform(size=len(X)) < 0.05)
    model = LogisticRegression(C=1e6).fit(X[kept], y[kept])
    raw = model.predict_proba(X)
    corrected = correct_prior(raw, trained_on=np.bincount(y[kept]), true_prior=np.bincount(y))
    order = np.argsort(raw[:, 1], kind="stable")
    assert (np.diff(corrected[order, 1]) >= 0).all()

    def brier(p):
        return np.mean((p - y) ** 2)

    assert brier(corrected[:, 1]) < 1.01 * brier(truth)
    assert brier(raw[:, 1]) > 2 * brier(truth)
