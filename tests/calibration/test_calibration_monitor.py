"""A monitor's evidence by its definition, its rate of false alarms, shares, and what it refuses."""

import pickle
import warnings

import numpy as np
import pandas as pd
import polars as pl
import pytest
from loops import looped
from scipy.special import expit, logit
from scipy.stats import binom

from imbalance_kit.calibration import CalibrationMonitor, correct_prior, estimate_label_shift
from imbalance_kit.calibration._calibration_martingale import ALTERNATIVES, CalibrationMartingale

SHARES = {"fine": 0.9, "leak": 0.1}


def monitor_of_two(**options):
    return CalibrationMonitor(["fine", "leak"], source_prior=SHARES, **options)


def batches(n_batches, rng, n_rows=40, odds=1.0):
    """Probabilities of leaks, and labels whose odds are another multiple of them."""
    for _ in range(n_batches):
        leak = rng.beta(0.5, 4.5, size=n_rows).clip(1e-6, 1 - 1e-6)
        true = odds * leak / (1 - leak + odds * leak)
        yield leak, np.where(rng.random(n_rows) < true, "leak", "fine")


# --- the evidence --------------------------------------------------------------------------------


def test_evidence_is_the_mean_over_alternatives_and_first_batches():
    """The definition, one product for each alternative and each batch a change may have come with:
    the weights 1 / (b (b + 1)) of the batches so far, and the rest of the capital kept."""
    seen = list(batches(4, np.random.default_rng(0), n_rows=7, odds=2.0))
    monitor = monitor_of_two()
    for n, (leak, y) in enumerate(seen, start=1):
        check = monitor.update(leak, y)
        total = 1.0 - sum(1 / (b * (b + 1)) for b in range(1, n + 1))
        for slope, shift in ALTERNATIVES:
            for first in range(1, n + 1):
                product = 1.0
                for p, labels in seen[first - 1 : n]:
                    q = expit(logit(0.1) + slope * (logit(p) - logit(0.1)) + shift)
                    product *= np.prod(np.where(labels == "leak", q / p, (1 - q) / (1 - p)))
                total += product / (first * (first + 1)) / len(ALTERNATIVES)
        assert check.e_value == pytest.approx(total, rel=1e-9)


def test_expected_evidence_is_one_whatever_the_probabilities():
    """The sum over all outcomes of three batches of two rows, each with its probability."""
    proba = np.array([[0.03, 0.5], [0.2, 0.9], [0.0, 0.6]])
    expected = 0.0
    for outcome in np.ndindex(*[2] * proba.size):
        event = np.array(outcome, dtype=bool).reshape(proba.shape)
        probability = np.prod(np.where(event, proba, 1 - proba))
        if probability > 0:
            martingale = CalibrationMartingale(np.array([0.1]))
            for p, happened in zip(proba, event, strict=True):
                martingale.add(p[:, None], happened[:, None], None)
            expected += probability * np.exp(martingale.log_e_values[0])
    assert expected == pytest.approx(1.0, rel=1e-9)


def test_weights_of_alike_rows_in_a_cluster_are_those_of_one_row():
    rng = np.random.default_rng(1)
    one, repeated = monitor_of_two(), monitor_of_two()
    for leak, y in batches(3, rng):
        alone = one.update(leak, y)
        both = repeated.update(np.repeat(leak, 4), np.repeat(y, 4), np.full(4 * len(y), 0.25))
        assert both.log_e_value == pytest.approx(alone.log_e_value)
        np.testing.assert_allclose(both.observed, alone.observed)
        np.testing.assert_allclose(both.expected, alone.expected)


def test_classes_are_tested_against_the_rest_and_their_evidence_is_averaged():
    rng = np.random.default_rng(2)
    shares = np.array([0.7, 0.2, 0.1])
    proba = rng.dirichlet(5 * shares, size=200)
    y = np.array(["a", "b", "c"])[[rng.choice(3, p=p) for p in proba]]
    check = CalibrationMonitor(["a", "b", "c"], source_prior=shares).update(proba, y)
    for k, label in enumerate("abc"):
        single = CalibrationMonitor([False, True], source_prior=[1 - shares[k], shares[k]])
        assert check.class_log_e_values[k] == pytest.approx(
            single.update(proba[:, k], y == label).log_e_value
        )
    assert check.e_value == pytest.approx(np.exp(check.class_log_e_values).mean())
    np.testing.assert_allclose(check.observed, [(y == label).sum() for label in "abc"])
    np.testing.assert_allclose(check.expected, proba.sum(axis=0))


def test_the_order_of_the_two_classes_does_not_matter():
    rng = np.random.default_rng(3)
    turned = CalibrationMonitor(["leak", "fine"], source_prior=SHARES)
    monitor = monitor_of_two()
    for leak, y in batches(3, rng, odds=3.0):
        straight = monitor.update(leak, y)
        other = turned.update(np.column_stack([leak, 1 - leak]), y)
        assert other.log_e_value == pytest.approx(straight.log_e_value)


def test_false_alarms_keep_their_rate_at_every_look():
    """300 models, 20 looks each, a rate of .2: as many alarms as a binomial has with a probability
    below 1e-7. A test of one look at that level, repeated, would reject about half of them."""
    rng = np.random.default_rng(4)
    n_models, rate = 300, 0.2
    martingale, most = CalibrationMartingale(np.full(n_models, 0.1)), np.zeros(n_models)
    for _ in range(20):
        proba = rng.beta(0.5, 4.5, size=(10, n_models)).clip(1e-6, 1 - 1e-6)
        martingale.add(proba, rng.random(proba.shape) < proba, None)
        most = np.maximum(most, martingale.log_e_values)
    alarms = (most >= -np.log(rate)).sum()
    # .2 is a bound, but one without any alarm would be of no use
    assert 0 < alarms <= binom.isf(1e-7, n_models, rate)


def test_a_change_after_a_long_calm_is_found_and_the_alarm_stays():
    """Odds three times as high in 2000 rows. The nearest alternative's log likelihood ratio is then
    some 125 with a deviation of 16; an alarm takes log(100) + log(54) + log(31 * 32) = 16."""
    rng = np.random.default_rng(5)
    monitor = monitor_of_two()
    for batch in batches(30, rng, n_rows=100):
        calm = monitor.update(*batch)
    assert calm.log_e_value < 15  # no more than that with a probability of 3e-7
    for batch in batches(20, rng, n_rows=100, odds=3.0):
        found = monitor.update(*batch)
    assert found.alarm
    assert found.p_value <= 0.01
    for batch in batches(20, rng):
        assert monitor.update(*batch).alarm
    assert [check.p_value for check in monitor.checks] == sorted(
        (check.p_value for check in monitor.checks), reverse=True
    )
    fresh = monitor.reset().update(*next(batches(1, rng)))
    assert (fresh.n_batches, fresh.n_rows) == (1, 40)
    assert fresh.log_e_value < found.log_e_value


def test_what_was_impossible_refutes_and_what_was_certain_does_not():
    monitor = monitor_of_two()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        certain = monitor.update([0.0, 1.0, 1.0], ["fine", "leak", "fine"], [1.0, 1.0, 0.0])
        assert certain.e_value == pytest.approx(1.0)
        refuted = monitor.update([0.0, 0.3], ["leak", "fine"])
        assert np.isinf(refuted.e_value)
        assert (refuted.alarm, refuted.p_value) == (True, 0.0)
        assert monitor.update([0.2], ["fine"]).alarm


# --- shares --------------------------------------------------------------------------------------


def test_shares_corrections_and_thresholds_agree():
    rng = np.random.default_rng(6)
    x = rng.normal(size=4000) + 2 * (rng.random(4000) < 0.3)
    leak = expit(2 * x - 2 + logit(0.1))
    proba = np.column_stack([1 - leak, leak])
    monitor = monitor_of_two()
    assert np.isnan(monitor.prior_error).all()
    np.testing.assert_allclose(monitor.correct(leak), proba)
    assert monitor.threshold(0.25) == pytest.approx(0.25)
    shift = monitor.estimate_prior(leak)
    by_hand = estimate_label_shift(proba, source_prior=[0.9, 0.1])
    np.testing.assert_array_equal(monitor.prior, by_hand.prior)
    np.testing.assert_array_equal(monitor.prior_error, by_hand.error)
    assert abs(shift.prior[1] - 0.3) < 6 * shift.error[1]  # false alarm 2e-9
    corrected = monitor.correct(leak)
    np.testing.assert_allclose(
        corrected, correct_prior(proba, trained_on=[0.9, 0.1], true_prior=shift.prior)
    )
    for wanted in (0.05, 0.25, 0.5, 0.9):
        np.testing.assert_array_equal(leak >= monitor.threshold(wanted), corrected[:, 1] >= wanted)
    assert (monitor.threshold(0.0), monitor.threshold(1.0)) == (0.0, 1.0)
    assert monitor.reset().prior is shift.prior


# --- containers, pickles, tables -----------------------------------------------------------------


@looped("kind", ["list", "column", "pandas", "polars", "float32"])
def test_containers_make_no_difference(kind):
    leak, y = next(batches(1, np.random.default_rng(7)))
    both = np.column_stack([1 - leak, leak])
    proba, labels = {
        "list": (leak.tolist(), y.tolist()),
        "column": (both, pd.Series(y, dtype="category")),
        "pandas": (pd.DataFrame(both, columns=["fine", "leak"]), pd.Series(y)),
        "polars": (pl.DataFrame(both, schema=["fine", "leak"]), pl.Series(y)),
        "float32": (both.astype(np.float32), y),
    }[kind]
    found = monitor_of_two().update(proba, labels)
    expected = monitor_of_two().update(leak, y)
    assert found.log_e_value == pytest.approx(expected.log_e_value, rel=1e-4, abs=1e-6)
    np.testing.assert_array_equal(found.observed, expected.observed)


def test_a_pickle_goes_on_where_it_was():
    rng = np.random.default_rng(8)
    monitor = monitor_of_two()
    for batch in batches(3, rng):
        monitor.update(*batch)
    again = pickle.loads(pickle.dumps(monitor))
    batch = next(batches(1, rng))
    assert again.update(*batch).log_e_value == monitor.update(*batch).log_e_value
    assert "leak" in repr(again)


def test_the_table_has_one_row_per_check_and_class():
    monitor = monitor_of_two()
    assert monitor.to_frame().empty
    checks = [monitor.update(*batch) for batch in batches(2, np.random.default_rng(9))]
    frame = monitor.to_frame()
    assert frame["class"].tolist() == ["fine", "leak"] * 2
    assert frame["n_rows"].tolist() == [40, 40, 80, 80]
    assert frame["observed"].tolist() == np.concatenate([c.observed for c in checks]).tolist()
    assert frame.groupby("n_batches")["observed"].sum().tolist() == [40, 80]
    assert frame["alarm"].dtype == bool


# --- errors --------------------------------------------------------------------------------------

WRONG = {
    "one class": (lambda: CalibrationMonitor(["a"], source_prior=[1]), "two or more different"),
    "twice": (lambda: CalibrationMonitor(["a", "a"], source_prior=[1, 1]), "two or more differ"),
    "share of 0": (lambda: CalibrationMonitor([0, 1], source_prior=[1, 0]), "must be positive"),
    "no share": (lambda: CalibrationMonitor([0, 1], source_prior={0: 1}), "none for"),
    "rate": (lambda: monitor_of_two(false_alarm_rate=0), "between 0 and 1; got 0"),
    "columns": (lambda: monitor_of_two().correct(np.ones((2, 3)) / 3), "one column for each"),
    "scores": (lambda: monitor_of_two().correct([[-3.0, 4.0]]), "not decision_function"),
    "missing": (lambda: monitor_of_two().correct([np.nan]), "proba contains NaN"),
    "sum": (lambda: monitor_of_two().correct([[0.5, 0.5], [0.3, 0.3]]), "row 1 add up to 0.6"),
    "label": (lambda: monitor_of_two().update([0.1], ["crack"]), "needs a new model"),
    "type": (lambda: monitor_of_two().update([0.1], [1]), "expected those in classes"),
    "length": (lambda: monitor_of_two().update([0.1], ["fine"] * 2), "1 rows and y has 2"),
    "weight": (lambda: monitor_of_two().update([0.1], ["fine"], [2.0]), "between 0 and 1"),
    "weights": (lambda: monitor_of_two().update([0.1], ["fine"], [1, 1]), "each of 1 rows"),
    "threshold": (lambda: monitor_of_two().threshold(1.5), "between 0 and 1"),
    "three": (
        lambda: CalibrationMonitor([0, 1, 2], source_prior=[1, 1, 1]).threshold(0.5),
        "there are 3",
    ),
}


@looped("name", list(WRONG))
def test_impossible_requests_are_explained(name):
    call, message = WRONG[name]
    with pytest.raises(ValueError, match=message):
        call()
