"""Class shares of rows without labels: known shifts, no shift, streams, warnings, errors."""

import pickle
import warnings

import numpy as np
import pytest
from loops import looped
from scipy.integrate import quad
from scipy.optimize import minimize_scalar
from scipy.stats import norm
from sklearn.exceptions import ConvergenceWarning
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.naive_bayes import GaussianNB
from sklearn.svm import LinearSVC

from imbalance_kit.calibration import LabelShiftClassifier, correct_prior, estimate_label_shift

SOURCE = np.array([0.95, 0.05])
METHODS = [("em", "soft"), ("bbse", "soft"), ("bbse", "hard")]
every_method = pytest.mark.parametrize(("method", "predictions"), METHODS)


def posterior(x, prior=SOURCE):
    """Probabilities for two unit bell curves, 2 apart."""
    joint = np.column_stack([norm.pdf(x), norm.pdf(x, 2)]) * prior
    return joint / joint.sum(axis=1, keepdims=True)


def drawn(n, share, rng):
    second = rng.uniform(size=n) < share
    return rng.normal(size=n) + 2 * second, second.astype(int)


def exact_confusion(predictions):
    """Mean predictions by true class under the source shares, by integration."""
    confusion = np.empty((2, 2))
    for true in range(2):

        def predicted(x, true=true):
            second = posterior(np.array([x]))[0, 1]
            said = second if predictions == "soft" else float(second > 0.5)
            return said * norm.pdf(x, 2 * true)

        border = [1 + np.log(19) / 2]  # where both are equally probable
        share = quad(predicted, -8, 10, points=border)[0]
        confusion[:, true] = np.array([1 - share, share]) * SOURCE[true]
    return confusion


# --- the estimate ------------------------------------------------------------------------------


@every_method
def test_a_shift_from_5_to_30_percent_is_found(method, predictions):
    """Two unit bell curves 2 apart, 200,000 rows: within 6 of its standard errors (false alarm
    2e-9), which are small: both weights are .7/.95 = .7368 and .3/.05 = 6."""
    x, _ = drawn(200_000, 0.3, np.random.RandomState(0))
    confusion = exact_confusion(predictions) if method == "bbse" else None
    shift = estimate_label_shift(
        posterior(x),
        source_prior=SOURCE,
        method=method,
        predictions=predictions,
        confusion=confusion,
    )
    assert (shift.error < 0.003).all()
    assert (np.abs(shift.prior - [0.7, 0.3]) < 6 * shift.error).all()
    np.testing.assert_allclose(shift.prior / SOURCE, [0.7368, 6.0], rtol=0.03)


def test_em_finds_the_greatest_likelihood():
    x, _ = drawn(500, 0.2, np.random.RandomState(1))
    ratio = posterior(x) / SOURCE
    best = minimize_scalar(
        lambda share: -np.log(ratio @ [1 - share, share]).mean(),
        bounds=(0, 1),
        method="bounded",
        options={"xatol": 1e-10},
    )
    shift = estimate_label_shift(posterior(x), source_prior=SOURCE, tol=1e-12, max_iter=100_000)
    assert shift.prior[1] == pytest.approx(best.x, abs=1e-7)


def test_bbse_solves_its_equation():
    """Three classes, and a mean prediction made from known weights."""
    confusion = np.array([[0.5, 0.05, 0.02], [0.1, 0.1, 0.03], [0.1, 0.05, 0.05]])
    prior = confusion.sum(axis=0)
    target = np.array([0.2, 0.3, 0.5])
    mean = confusion @ (target / prior)
    proba = np.repeat(np.eye(3), np.round(mean * 2800).astype(int), axis=0)
    shift = estimate_label_shift(proba, source_prior=prior, method="bbse", confusion=confusion)
    expected = prior * np.linalg.solve(confusion, proba.mean(axis=0))
    np.testing.assert_allclose(shift.prior, expected, rtol=1e-10)
    np.testing.assert_allclose(shift.prior, target, atol=5e-3)


@looped("kind", ["joint", "counts", "conditional", "percent", "other sample"])
def test_a_confusion_may_be_counts_joint_or_conditional(kind):
    """All have the same ratios within a true class, and those alone decide."""
    joint = exact_confusion("hard")
    confusion = {
        "joint": joint,
        "counts": np.round(1e9 * joint),
        "conditional": joint / joint.sum(axis=0),
        "percent": 100 * joint / joint.sum(axis=0),
        "other sample": joint * [0.9, 1.7],
    }[kind]
    x, _ = drawn(20_000, 0.3, np.random.RandomState(0))
    given = {"source_prior": SOURCE, "method": "bbse", "predictions": "hard"}
    found = estimate_label_shift(posterior(x), confusion=confusion, **given)
    expected = estimate_label_shift(posterior(x), confusion=joint, **given)
    np.testing.assert_allclose(found.prior, expected.prior, atol=1e-6)
    np.testing.assert_allclose(found.error, expected.error, rtol=1e-4)
    assert abs(found.prior[1] - 0.3) < 6 * found.error[1]
    if kind != "other sample":
        with pytest.raises(ValueError, match="Give its transpose"):
            estimate_label_shift(posterior(x), confusion=confusion.T, **given)


def test_equal_shares_and_symmetric_confusions_are_no_transpose():
    for confusion in ([[0.4, 0.1], [0.1, 0.4]], [[9.0, 1.0], [1.0, 9.0]], [[0.4, 0.2], [0.1, 0.3]]):
        estimate_label_shift(
            np.eye(2), source_prior=[0.5, 0.5], method="bbse", confusion=np.array(confusion)
        )


@looped("confusion", [[[np.nan, 1], [1, 1]], [[-1, 1], [1, 1]], [[0, 0], [0, 0]]])
def test_confusions_that_are_none_are_refused(confusion):
    with pytest.raises(ValueError, match="confusion must hold finite numbers"):
        estimate_label_shift(
            np.eye(2), source_prior=[0.5, 0.5], method="bbse", confusion=np.array(confusion)
        )


@looped("predictions", ["soft", "hard"])
def test_few_rows_are_not_certain(predictions):
    confusion = exact_confusion(predictions)
    given = {"source_prior": SOURCE, "method": "bbse", "confusion": confusion}
    before = np.inf
    for n_rows in (1, 2, 3, 10, 100):
        for row in ([0.97, 0.03], [0.1, 0.9]):
            same = np.tile(row, (n_rows, 1))
            shift = estimate_label_shift(same, predictions=predictions, **given)
            assert (shift.error > 0.05 / n_rows).all()
            assert np.isinf(shift.error).all() == (n_rows == 1)
            if n_rows <= 3:
                assert 2 * shift.error[1] > max(SOURCE[1], shift.prior[1])
        assert shift.error[1] <= before
        before = shift.error[1]


def test_negative_shares_become_zero():
    confusion = np.array([[0.45, 0.15], [0.05, 0.35]])
    shift = estimate_label_shift(
        np.array([[1.0, 0.0]] * 5), source_prior=[0.5, 0.5], method="bbse", confusion=confusion
    )
    assert shift.prior.tolist() == [1.0, 0.0]


@every_method
def test_standard_errors_are_the_spread_over_draws(method, predictions):
    """300 draws of 2000 rows: an estimated spread has a relative error of 1 / sqrt(600) = .041;
    allowed is .29, seven times that."""
    rng = np.random.RandomState(2)
    confusion = exact_confusion(predictions) if method == "bbse" else None
    shifts = [
        estimate_label_shift(
            posterior(drawn(2000, 0.3, rng)[0]),
            source_prior=SOURCE,
            method=method,
            predictions=predictions,
            confusion=confusion,
        )
        for _ in range(300)
    ]
    spread = np.std([shift.prior[1] for shift in shifts])
    said = np.mean([shift.error[1] for shift in shifts])
    assert said == pytest.approx(spread, rel=0.29)


def test_rows_that_tell_nothing_apart_have_infinite_errors():
    shift = estimate_label_shift(np.tile(SOURCE, (50, 1)), source_prior=SOURCE)
    np.testing.assert_array_equal(shift.prior, SOURCE)
    assert (shift.error > 1e3).all()


@pytest.mark.parametrize("n_classes", [2, 4])
def test_mean_probabilities_as_source_shares_mean_no_shift(n_classes):
    proba = np.random.RandomState(0).dirichlet(np.full(n_classes, 0.3), size=200)
    mean = proba.mean(axis=0)
    shift = estimate_label_shift(proba, source_prior=mean)
    np.testing.assert_allclose(shift.prior, mean / mean.sum(), rtol=0, atol=0)
    assert shift.n_iter == 1


def test_too_few_rounds_are_said():
    x, _ = drawn(500, 0.3, np.random.RandomState(0))
    with pytest.warns(ConvergenceWarning, match="after 2 rounds"):
        shift = estimate_label_shift(posterior(x), source_prior=SOURCE, max_iter=2)
    assert shift.n_iter == 2


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"method": "rlls"}, r"method must be one of \('em', 'bbse'\), got 'rlls'"),
        ({"predictions": "firm"}, "predictions must be one of"),
        ({"source_prior": [1, 1, 1]}, r"2 columns, source_prior has shape \(3,\)"),
        ({"source_prior": [1, 0]}, r"must be positive; got \[1.0, 0.0\]"),
        ({"source_prior": [1, np.nan]}, "must be positive"),
        ({"method": "bbse"}, "needs confusion"),
        ({"method": "bbse", "confusion": np.eye(3)}, r"shape \(2, 2\), got \(3, 3\)"),
        ({"method": "bbse", "confusion": np.ones((2, 2))}, "cannot be inverted.*'em'"),
        ({"proba": [[np.nan, 1.0]]}, "proba contains NaN"),
        ({"proba": np.empty((0, 2))}, "0 sample"),
    ],
)
def test_impossible_requests_are_explained(changed, message):
    given = {"proba": [[0.9, 0.1]], "source_prior": SOURCE} | changed
    with pytest.raises(ValueError, match=message):
        estimate_label_shift(**given)


# --- the classifier ----------------------------------------------------------------------------


@pytest.fixture(scope="module")
def source():
    x, y = drawn(5000, 0.05, np.random.RandomState(10))
    return x[:, None], y


@pytest.fixture(scope="module")
def target():
    x, y = drawn(5000, 0.3, np.random.RandomState(11))
    return x[:, None], y


def fitted(source, **parameters):
    return LabelShiftClassifier(LogisticRegression(), **parameters).fit(*source)


@every_method
def test_it_adapts(method, predictions, source, target):
    """The source has 250 rare rows, so a share of .3 is known to about 1 / sqrt(250) = 6 % of
    itself: allowed is .12, six times that."""
    model = fitted(source, method=method, predictions=predictions).adapt(target[0])
    assert model.target_prior_[1] == pytest.approx(0.3, abs=0.12)
    assert model.n_adapted_ == 5000
    before = fitted(source).predict_proba(target[0])
    truth = target[1]

    def brier(proba):
        return np.mean((proba[:, 1] - truth) ** 2)

    assert brier(model.predict_proba(target[0])) < 0.9 * brier(before)


@every_method
def test_before_adapting_there_is_no_shift(method, predictions, source, target):
    model = fitted(source, method=method, predictions=predictions)
    assert model.target_prior_ is model.prior_
    assert np.isnan(model.target_prior_error_).all()
    plain = model.predict_proba(target[0])
    adapted = pickle.loads(pickle.dumps(model.adapt(target[0])))
    assert (adapted.predict_proba(target[0]) != plain).any()
    np.testing.assert_array_equal(model.reset().predict_proba(target[0]), plain)
    assert model.n_adapted_ == 0


@every_method
def test_the_calibration_rows_themselves_show_no_shift(method, predictions, source):
    frozen = FrozenEstimator(GaussianNB().fit(*source))
    model = LabelShiftClassifier(frozen, method=method, predictions=predictions).fit(*source)
    before = model.predict_proba(source[0])
    model.adapt(source[0])
    exact = 0 if method == "em" else 1e-10  # a linear equation is solved to rounding
    np.testing.assert_allclose(model.target_prior_, model.prior_, rtol=exact)
    np.testing.assert_allclose(model.predict_proba(source[0]), before, rtol=max(exact, 1e-15))


def test_the_shares_of_the_labels_are_the_mean_probabilities(source):
    one, other = fitted(source), fitted(source, method="bbse")
    np.testing.assert_allclose(one.prior_, other.prior_, atol=1e-7)
    np.testing.assert_allclose(other.prior_, np.bincount(source[1]) / 5000)
    np.testing.assert_allclose(other.confusion_.sum(axis=0), other.prior_)


def test_it_is_the_functions_by_hand(source, target):
    model = fitted(source)
    calibrated = model.predict_proba(target[0])
    shift = estimate_label_shift(calibrated, source_prior=model.prior_)
    model.adapt(target[0])
    np.testing.assert_allclose(model.target_prior_, shift.prior, rtol=1e-10)
    np.testing.assert_allclose(model.target_prior_error_, shift.error, rtol=1e-10)
    np.testing.assert_allclose(
        model.predict_proba(target[0]),
        correct_prior(calibrated, trained_on=model.prior_, true_prior=shift.prior),
        rtol=1e-10,
    )


@pytest.mark.parametrize("shares", [[1.0, 0.0], [0.0, 1.0], [1e-300, 1.0], [0.3, 0.7]])
def test_shares_at_the_ends_are_those_of_the_formula(source, shares):
    """A class that is gone has no probability; one that is nearly gone has the right one."""
    model = fitted(source)
    calibrated = model.predict_proba(source[0])
    model.target_prior_ = np.array(shares)
    expected = correct_prior(calibrated, trained_on=model.prior_, true_prior=shares)
    np.testing.assert_allclose(model.predict_proba(source[0]), expected, rtol=1e-12)


def test_without_calibration_probabilities_are_the_estimators(source):
    model = fitted(source, calibrate=False)
    np.testing.assert_allclose(
        model.predict_proba(source[0]), model.estimator_.predict_proba(source[0]), rtol=1e-12
    )
    assert model.temperature_ == 1
    assert (model.biases_ == 0).all()


def test_the_order_of_rows_does_not_change(source, target):
    model = fitted(source)
    order = np.argsort(model.predict_proba(target[0])[:, 1])
    assert (np.diff(model.adapt(target[0]).predict_proba(target[0])[order, 1]) >= 0).all()


def test_decision_values_will_do(source, target):
    """As above: six times the error of 250 rare rows."""
    model = LabelShiftClassifier(LinearSVC()).fit(*source).adapt(target[0])
    assert model.target_prior_[1] == pytest.approx(0.3, abs=0.12)


# --- streams -----------------------------------------------------------------------------------


def state(model):
    return np.concatenate(
        [model.target_prior_, model.target_prior_error_, [model.n_adapted_, model.n_iter_]]
    )


@every_method
@pytest.mark.parametrize("forgetting", [0.0, 0.3])
def test_one_batch_is_an_adaptation(method, predictions, forgetting, source, target):
    options = {"method": method, "predictions": predictions, "forgetting": forgetting}
    one, other = fitted(source, **options), fitted(source, **options)
    one.adapt(target[0])
    other.partial_adapt(target[0][:500]).reset().partial_adapt(target[0])
    np.testing.assert_array_equal(state(one), state(other))


@every_method
def test_batches_without_forgetting_are_all_rows_at_once(method, predictions, source, target):
    whole = fitted(source, method=method, predictions=predictions).adapt(target[0])
    parts = fitted(source, method=method, predictions=predictions)
    for batch in np.array_split(target[0], 7):
        parts.partial_adapt(batch)
    np.testing.assert_allclose(state(parts), state(whole), rtol=1e-9)


def test_em_looks_at_the_latest_rows(source, target):
    last = fitted(source, window=1200).adapt(target[0][-1200:])
    stream = fitted(source, window=1200)
    for batch in np.array_split(target[0], 5):
        stream.partial_adapt(batch)
    np.testing.assert_allclose(state(stream), state(last), rtol=1e-9)
    assert stream.n_adapted_ == 1200


@every_method
def test_old_batches_fade(method, predictions, source, target):
    """Weights halve with each batch: n_adapted_ is a geometric sum, and the estimate that of
    rows repeated 4, 2 and 1 times, the latest most."""
    options = {"method": method, "predictions": predictions}
    batches = [target[0][:1000], source[0][:1000], target[0][1000:2000]]
    fading = fitted(source, forgetting=0.5, **options)
    for batch in batches:
        fading.partial_adapt(batch)
    assert fading.n_adapted_ == 1000 + 500 + 250
    repeated = np.concatenate([batches[0], *[batches[1]] * 2, *[batches[2]] * 4])
    by_hand = fitted(source, **options).adapt(repeated)
    np.testing.assert_allclose(fading.target_prior_, by_hand.target_prior_, rtol=1e-6)
    assert (fading.target_prior_error_ > by_hand.target_prior_error_).all()


@every_method
def test_a_stream_follows_a_change_back(method, predictions, source, target):
    """After ten batches of the old kind with half forgotten each time, .3 counts 1 / 1024."""
    model = fitted(source, method=method, predictions=predictions, forgetting=0.5)
    model.partial_adapt(target[0])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        for batch in np.array_split(source[0], 10):
            model.partial_adapt(batch)
    assert model.target_prior_[1] == pytest.approx(0.05, abs=0.06)


# --- too small to say anything -------------------------------------------------------------------


@every_method
def test_a_batch_too_small_to_say_anything_is_named_with_numbers(method, predictions, source):
    model = fitted(source, method=method, predictions=predictions)
    with pytest.warns(UserWarning, match=r"20 rows are few .* class 1 .* standard error of"):
        model.adapt(source[0][:20])
    for n_rows in (1, 2, 5):
        with pytest.warns(UserWarning, match=rf"{n_rows} rows? (is|are) few for class shares"):
            model.adapt(source[0][:n_rows])


@every_method
def test_a_large_batch_is_taken_without_a_warning(method, predictions, source, target):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        fitted(source, method=method, predictions=predictions).adapt(target[0])


# --- errors --------------------------------------------------------------------------------------


def test_no_calibration_needs_probabilities(source):
    with pytest.raises(ValueError, match=r"calibrate=False needs .*LinearSVC has none"):
        LabelShiftClassifier(LinearSVC(), calibrate=False).fit(*source)


def test_a_class_never_predicted_is_explained(source):
    x, y = source
    with pytest.raises(ValueError, match=r"never predicted.*predictions='soft'"):
        fitted((0.01 * x, y), method="bbse", predictions="hard", calibrate=False)


@pytest.mark.parametrize(
    "parameters",
    [{"method": "rlls"}, {"forgetting": 1.0}, {"window": 0}, {"predictions": "x"}, {"tol": -1}],
)
def test_wrong_parameters_are_named(parameters, source):
    (name,) = parameters
    with pytest.raises(ValueError, match=f"'{name}' parameter"):
        fitted(source, **parameters)
