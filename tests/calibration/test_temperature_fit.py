"""Temperature and bias fits: against a general minimiser, scikit-learn, and known truths."""

import numpy as np
import pytest
import sklearn
from scipy.optimize import minimize
from scipy.special import log_softmax, softmax
from sklearn.calibration import CalibratedClassifierCV
from sklearn.frozen import FrozenEstimator
from sklearn.metrics import log_loss
from sklearn.model_selection import StratifiedKFold, cross_val_predict
from sklearn.naive_bayes import GaussianNB
from sklearn.svm import LinearSVC
from sklearn.utils.fixes import parse_version

from imbalance_kit.calibration import TemperatureScaledClassifier
from imbalance_kit.calibration._scaling import HIGHEST, LOWEST, SLOPE_PRIOR, fit_scaling
from imbalance_kit.calibration._temperature_fit import apply_temperature, fit_temperature, log_of


def drawn(n, k, temperature, biases, seed=0, spread=3.0):
    """Log probabilities, and labels from what they are after scaling."""
    rng = np.random.RandomState(seed)
    scores = log_softmax(rng.normal(size=(n, k)) * spread, axis=1)
    truth = softmax(scores / temperature + biases, axis=1)
    codes = (truth.cumsum(axis=1) < rng.uniform(size=(n, 1))).sum(axis=1).clip(0, k - 1)
    return scores, codes


@pytest.mark.parametrize("k", [2, 3, 6])
@pytest.mark.parametrize("temperature", [0.4, 1.0, 3.0])
def test_a_known_temperature_and_biases_are_found(k, temperature):
    """Within 7 standard errors from the outer products of the likelihood's gradients at the
    truth: false alarm below 1e-10 for the seven numbers of a case."""
    truth = np.linspace(-1, 1, k) - np.linspace(-1, 1, k).mean()
    scores, codes = drawn(40_000, k, temperature, truth)
    found, biases = fit_temperature(scores, codes)
    off = np.eye(k)[codes] - apply_temperature(scores, temperature, truth)
    gradients = np.column_stack([(off * scores).sum(axis=1), off])
    error = np.sqrt(np.diag(np.linalg.pinv(gradients.T @ gradients)))
    assert abs(1 / found - 1 / temperature) < 7 * error[0]
    assert (np.abs(biases - truth) < 7 * error[1:]).all()
    assert biases.sum() == pytest.approx(0, abs=1e-12)


@pytest.mark.parametrize("shared", [True, False])
@pytest.mark.parametrize("biases", [True, False])
@pytest.mark.parametrize("weighted", [True, False])
def test_a_general_minimiser_finds_nothing_lower(shared, biases, weighted, seed):
    scores, codes = drawn(300, 3, 2.0, np.array([0.5, 0.0, -0.5]), seed)
    weight = np.random.RandomState(seed).uniform(size=300) if weighted else np.ones(300)

    def loss(point):
        proba = log_softmax(point[:3] * scores + point[3:], axis=1)
        return -np.average(proba[np.arange(300), codes], weights=weight)

    def free(point):
        slopes = np.repeat(point[0], 3) if shared else point[:3]
        return loss(np.concatenate([slopes, point[-3:] if biases else np.zeros(3)]))

    slopes, found = fit_scaling(
        scores, codes, weight if weighted else None, shared=shared, biases=biases, prior=0.0
    )
    start = np.r_[np.ones(1 if shared else 3), np.zeros(3)]
    other = minimize(free, start, method="L-BFGS-B", options={"ftol": 1e-15, "gtol": 1e-10})
    assert loss(np.r_[slopes, found]) <= other.fun + 1e-8
    assert biases or (found == 0).all()
    assert not shared or len(set(slopes.tolist())) == 1


@pytest.mark.parametrize("shared", [True, False])
@pytest.mark.parametrize("biases", [True, False])
@pytest.mark.parametrize("prior", [0.0, 4.0])
def test_nothing_lower_at_the_borders_either(shared, biases, prior):
    """Scores from nearly none to far apart, labels at random, always right and always wrong:
    slopes run into their bounds. The pull belongs to the loss here."""
    for case in range(18):
        rng = np.random.RandomState(case)
        k, n = rng.randint(2, 5), rng.randint(5, 60)
        scores = log_softmax(rng.normal(size=(n, k)) * 10 ** rng.uniform(-2, 2), axis=1).clip(-36)
        wrong_or_right = [rng.randint(0, k, n), scores.argmax(axis=1), scores.argmin(axis=1)]
        codes, weight = wrong_or_right[case % 3], rng.uniform(size=n) ** 4
        m = 1 if shared else k

        precision = prior / max(weight.sum(), weight.sum() ** 2 / np.square(weight).sum())

        def loss(
            point,
            codes=codes,
            weight=weight,
            scores=scores,
            n=n,
            k=k,
            m=m,
            precision=precision,
        ):
            shift = point[m:] if biases else 0.0
            proba = log_softmax(np.resize(point[:m], k) * scores + shift, axis=1)
            pull = ((point[:m] - 1) ** 2).sum() + np.sum(np.square(shift))
            pull = 1e-8 * pull + precision * ((point[:m] - 1) ** 2).sum()
            return pull / 2 - np.average(proba[np.arange(n), codes], weights=weight)

        slopes, found = fit_scaling(
            scores, codes, weight, shared=shared, biases=biases, prior=prior
        )
        ours = np.r_[slopes[:m], found]
        bounds = [(LOWEST, HIGHEST)] * m + [(None, None)] * k
        for start in (np.r_[np.ones(m), np.zeros(k)], ours):
            other = minimize(loss, start, method="L-BFGS-B", bounds=bounds)
            assert loss(ours) <= other.fun + 1e-6


@pytest.mark.parametrize("weighted", [True, False])
def test_mean_probabilities_are_the_class_shares(weighted):
    scores, codes = drawn(2000, 4, 2.0, np.array([2.0, 0.0, -1.0, -1.0]))
    weight = np.random.RandomState(1).uniform(size=2000) if weighted else np.ones(2000)
    proba = apply_temperature(scores, *fit_temperature(scores, codes, weight))
    shares = np.bincount(codes, weights=weight) / weight.sum()
    np.testing.assert_allclose(weight @ proba / weight.sum(), shares, atol=1e-7)


def test_weights_mean_repetition_and_their_scale_nothing():
    scores, codes = drawn(400, 3, 2.0, np.zeros(3))
    weight = np.random.RandomState(0).randint(0, 4, size=400)
    one = fit_temperature(scores, codes, weight)
    rows = np.repeat(np.arange(400), weight)
    small = fit_temperature(scores, codes, 1e-3 * weight)
    most_likely = fit_temperature(scores, codes, weight, prior=0.0)
    for found, other in (
        (one, fit_temperature(scores[rows], codes[rows])),
        (small, fit_temperature(scores, codes, 1e-6 * weight)),
        (most_likely, fit_temperature(scores, codes, 1e-3 * weight, prior=0.0)),
        (most_likely, fit_temperature(scores, codes, 1e9 * weight)),
    ):
        assert found[0] == pytest.approx(other[0], rel=1e-7)
        np.testing.assert_allclose(found[1], other[1], atol=1e-7)
    # weights that sum to nearly nothing do not leave everything to the prior
    assert small[0] == pytest.approx(one[0], rel=0.02)


@pytest.mark.parametrize("shared", [True, False])
@pytest.mark.parametrize(
    "codes", [[0, 0, 1, 1], [1, 1, 0, 0], [0, 0, 0, 0]], ids=["separable", "reversed", "one class"]
)
def test_fits_stay_finite_where_the_likelihood_has_no_maximum(shared, codes):
    scores = log_of(np.array([[0.9, 0.1], [0.8, 0.2], [0.2, 0.8], [0.1, 0.9]]))
    slopes, biases = fit_scaling(scores, np.array(codes), shared=shared, biases=True)
    assert ((slopes >= LOWEST) & (slopes <= HIGHEST)).all()
    assert np.isfinite(biases).all()
    assert np.isfinite(softmax(slopes * scores + biases, axis=1)).all()


def test_certainty_costs_no_infinite_loss():
    proba = np.array([[1.0, 0.0]] * 9 + [[0.0, 1.0]] * 9)
    codes = np.array([0] * 8 + [1] * 9 + [0])
    temperature, _ = fit_temperature(log_of(proba), codes)
    assert 1 < temperature < 100
    most_likely = fit_temperature(log_of(proba), codes, prior=0.0)
    scaled = apply_temperature(log_of(proba), *most_likely)
    np.testing.assert_allclose(scaled[:9, 0], 8 / 9, rtol=1e-5)  # the share of them that was right


def test_no_weight_is_refused():
    with pytest.raises(ValueError, match="positive weight"):
        fit_temperature(np.zeros((3, 2)), np.array([0, 1, 1]), np.zeros(3))


# --- the classifier ----------------------------------------------------------------------------


@pytest.mark.skipif(
    parse_version(sklearn.__version__) < parse_version("1.8"),
    reason="scikit-learn before 1.8 has no temperature scaling",
)
@pytest.mark.parametrize("weighted", [True, False])
def test_without_biases_it_is_scikit_learns(weighted, overlapping):
    """Both minimise one convex function of one number, to which ours adds a prior that is worth a
    few of the 4000 rows, hence the tolerance."""
    X, y = overlapping
    weight = np.random.RandomState(0).uniform(0.5, 1.5, len(y)) if weighted else None
    folds = StratifiedKFold(5)
    ours = TemperatureScaledClassifier(GaussianNB(), biases=False, cv=folds)
    theirs = CalibratedClassifierCV(GaussianNB(), method="temperature", ensemble=False, cv=folds)
    np.testing.assert_allclose(
        ours.fit(X, y, sample_weight=weight).predict_proba(X),
        theirs.fit(X, y, sample_weight=weight).predict_proba(X),
        atol=1e-4,
    )


def test_it_is_the_steps_by_hand(overlapping):
    X, y = overlapping
    held_out = cross_val_predict(GaussianNB(), X, y, method="predict_proba", cv=StratifiedKFold(4))
    temperature, biases = fit_temperature(np.log(held_out), y)
    model = TemperatureScaledClassifier(GaussianNB(), cv=4).fit(X, y)
    assert model.temperature_ == temperature
    np.testing.assert_array_equal(model.biases_, biases)
    expected = softmax(np.log(GaussianNB().fit(X, y).predict_proba(X)) / temperature + biases, 1)
    np.testing.assert_allclose(model.predict_proba(X), expected, rtol=1e-12)


@pytest.mark.parametrize("table", ["two_classes", "three_classes"])
def test_decision_values_are_scaled_where_there_are_no_probabilities(table, request):
    X, y = request.getfixturevalue(table)
    model = TemperatureScaledClassifier(LinearSVC()).fit(X, y)
    proba = model.predict_proba(X)
    np.testing.assert_allclose(proba.sum(axis=1), 1)
    assert log_loss(y, proba) < log_loss(y, np.tile(np.bincount(y) / len(y), (len(y), 1)))


def test_two_classes_and_biases_are_a_logistic_regression_on_log_odds(overlapping):
    X, y = overlapping
    held_out = cross_val_predict(GaussianNB(), X, y, method="predict_proba", cv=StratifiedKFold(5))
    odds = np.log(held_out[:, 1] / held_out[:, 0])
    model = TemperatureScaledClassifier(GaussianNB()).fit(X, y)

    def loss(point):
        score = point[0] * odds + point[1]
        return np.sum(np.logaddexp(0, score) - y * score) + SLOPE_PRIOR / 2 * (point[0] - 1) ** 2

    slope, intercept = minimize(loss, [1.0, 0.0]).x
    assert 1 / model.temperature_ == pytest.approx(slope, rel=1e-4)
    assert model.biases_[1] - model.biases_[0] == pytest.approx(intercept, rel=1e-4)


def test_a_frozen_estimator_is_calibrated_on_the_rows_given(overlapping):
    X, y = overlapping
    fitted = GaussianNB().fit(X[:2000], y[:2000])
    model = TemperatureScaledClassifier(FrozenEstimator(fitted)).fit(X[2000:], y[2000:])
    proba = model.predict_proba(X[2000:])
    np.testing.assert_allclose(proba.mean(axis=0), np.bincount(y[2000:]) / 2000, atol=1e-7)


def test_it_lowers_the_log_loss_of_an_overconfident_model(overlapping):
    """Columns repeated five times make naive Bayes five times too sure."""
    X, y = overlapping
    X = np.tile(X, 5)
    train, test = slice(0, 2000), slice(2000, None)
    model = TemperatureScaledClassifier(GaussianNB()).fit(X[train], y[train])
    plain = log_loss(y[test], model.estimator_.predict_proba(X[test]))
    assert model.temperature_ > 2
    assert log_loss(y[test], model.predict_proba(X[test])) < 0.7 * plain
