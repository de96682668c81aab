"""First scores, and what scores mean: both are where an expected loss is least."""

import numpy as np
import pytest

from imbalance_kit.losses import (
    AlphaLoss,
    AsymmetricLoss,
    BalancedSoftmaxLoss,
    ClassBalancedLoss,
    CrossEntropyLoss,
    DiceLoss,
    FocalLoss,
    LDAMLoss,
    LogitAdjustedLoss,
    PriorResistantLoss,
    TverskyLoss,
)
from losses.reference import (
    ROW_LOSSES,
    TWO_CLASS_LOSSES,
    best_scores,
    expected_loss,
    made,
)

GRID = [0.02, 0.3, 0.6, 0.97]
POSTERIORS = [[0.7, 0.2, 0.07, 0.03], [0.05, 0.15, 0.2, 0.6]]


def finite_differences(loss, score, eta, counts, k):
    moved = [
        np.array(score, dtype=float) + sign * 1e-5 * np.eye(len(counts))[k] for sign in (1, -1)
    ]
    above, below = (expected_loss(loss, scores, eta, counts) for scores in moved)
    return (above - below) / 2e-5


@pytest.mark.parametrize("loss", [*ROW_LOSSES, *TWO_CLASS_LOSSES], ids=str)
@pytest.mark.parametrize("eta", GRID)
def test_scores_of_two_classes_mean_the_posterior_they_are_best_for(loss, eta):
    y, _ = made(2)
    counts = np.bincount(y)
    score = best_scores(loss, [1 - eta, eta], counts)
    found = loss.prepare(y).posterior([score])[0]
    np.testing.assert_allclose(found, [1 - eta, eta], atol=2e-4)


@pytest.mark.parametrize("loss", ROW_LOSSES, ids=str)
@pytest.mark.parametrize("eta", POSTERIORS, ids=str)
def test_scores_of_four_classes_mean_the_posterior_they_are_best_for(loss, eta):
    y, _ = made(4)
    counts = np.bincount(y)
    scores = best_scores(loss, eta, counts)
    found = loss.prepare(y).posterior([scores])[0]
    np.testing.assert_allclose(found, eta, atol=1e-3)


@pytest.mark.parametrize("loss", [*ROW_LOSSES, *TWO_CLASS_LOSSES], ids=str)
def test_the_posterior_grows_with_the_score(loss):
    """Ranks do not change, but for the sure negatives within an asymmetric loss's margin."""
    y, _ = made(2)
    raw = np.linspace(-20, 20, 2001)
    positive = loss.prepare(y).posterior(raw)[:, 1]
    steps = np.diff(positive)
    assert (steps >= 0).all()
    assert (steps[(positive[:-1] > 1e-12) & (positive[1:] < 1 - 1e-9)] > 0).all()
    assert positive[0] < 0.01
    assert positive[-1] > 0.99


@pytest.mark.parametrize("n_classes", [2, 4])
@pytest.mark.parametrize("loss", ROW_LOSSES, ids=str)
def test_the_first_score_is_the_best_constant(loss, n_classes):
    y, _ = made(n_classes)
    counts = np.bincount(y)
    share = counts / counts.sum()
    score = loss.init_score(y)
    ready = loss.prepare(y)
    np.testing.assert_allclose(ready.posterior(np.array([score]))[0], share, atol=1e-9)
    if n_classes == 2:
        steps = [expected_loss(loss, score + sign * 1e-5, share, counts) for sign in (1, -1)]
        assert abs(steps[0] - steps[1]) / 2e-5 < 1e-6
    else:
        for k in range(n_classes):
            assert abs(finite_differences(loss, score, share, counts, k)) < 1e-6


@pytest.mark.parametrize("loss", TWO_CLASS_LOSSES, ids=str)
def test_the_first_score_of_losses_for_two_classes(loss):
    y, _ = made(2)
    counts = np.bincount(y)
    score = loss.init_score(y)
    assert score == pytest.approx(best_scores(loss, counts / counts.sum(), counts), abs=1e-4)


@pytest.mark.parametrize(
    ("prior", "loss", "score"),
    [
        (0.05, FocalLoss(gamma=2, alpha=0.25), -1.504),
        (0.05, FocalLoss(gamma=2, alpha=0.5), -1.097),
        (0.001, FocalLoss(gamma=2, alpha=0.25), -2.937),
        (0.05, CrossEntropyLoss(), -2.944),
        (0.001, CrossEntropyLoss(), -6.907),
    ],
    ids=str,
)
def test_first_scores_that_were_found_on_a_grid(prior, loss, score):
    y = np.repeat([0, 1], [round(100_000 * (1 - prior)), round(100_000 * prior)])
    assert loss.init_score(y) == pytest.approx(score, abs=6e-4)


def test_exponential_losses_start_at_the_log_odds():
    y = np.repeat([0, 1], [970, 30])
    for a in (0.2, 0.5, 0.8):
        assert PriorResistantLoss(a=a).init_score(y) == pytest.approx(np.log(30 / 970))


def test_overlap_losses_start_where_they_say():
    y = np.repeat([0, 1], [970, 30])
    assert TverskyLoss().init_score(y) == pytest.approx(np.log(30 / 970))
    assert DiceLoss().init_score(y) == 0


def test_published_margins_and_weights():
    y = np.repeat([0, 1, 2], [1000, 100, 10])
    np.testing.assert_allclose(LDAMLoss().prepare(y).margins_, [0.1581, 0.2812, 0.5], atol=5e-5)
    weights = ClassBalancedLoss(beta=0.999).prepare(y).class_weight_
    np.testing.assert_allclose(weights, [0.04216, 0.28000, 2.67784], atol=5e-6)
    nearly_inverse = ClassBalancedLoss(beta=1 - 1e-9).prepare(y).class_weight_
    inverse = 1 / np.array([1000, 100, 10])
    np.testing.assert_allclose(nearly_inverse, 3 * inverse / inverse.sum(), rtol=1e-5)


def test_the_derivative_of_dice_that_is_known():
    """For a negative row with p = .3 and a smoothing of 1, dl/dp is .5917."""
    y, score = np.array([0, 1]), np.log(0.3 / 0.7)
    ready = DiceLoss(smooth=1.0).prepare(y)
    grad = ready(y, np.array([score, score]))[0][0] / ready.hessian_scale_
    assert grad / (0.3 * 0.7) == pytest.approx(0.5917, abs=5e-5)


@pytest.mark.parametrize("prior", [0.5, 0.01, 1e-5])
@pytest.mark.parametrize(("a", "expected"), [(0.3, 0.10640), (0.5, 0.12998), (0.7, 0.11341)])
def test_the_information_does_not_vanish_with_the_prior(prior, a, expected):
    """What a model saves of the best constant's loss, where scores are the true log odds."""
    positive, negative = np.array([0.5, 0.3, 0.2]), np.array([0.1, 0.3, 0.6])
    loss, y = PriorResistantLoss(a=a), np.array([0, 1])
    mass = np.concatenate([(1 - prior) * negative, prior * positive])
    labels = np.repeat([0, 1], 3)
    odds = np.log(prior * positive / ((1 - prior) * negative))
    constant = np.full(6, np.log(prior / (1 - prior)))
    of_model, of_constant = (
        mass @ loss.prepare(y).value(labels, scores) for scores in (np.tile(odds, 2), constant)
    )
    assert 1 - of_model / of_constant == pytest.approx(expected, abs=1e-5)


@pytest.mark.parametrize(("prior", "expected"), [(0.5, 0.1805), (0.01, 0.1028), (1e-5, 0.0468)])
def test_that_of_cross_entropy_does(prior, expected):
    positive, negative = np.array([0.5, 0.3, 0.2]), np.array([0.1, 0.3, 0.6])
    loss, y = CrossEntropyLoss(), np.array([0, 1])
    mass = np.concatenate([(1 - prior) * negative, prior * positive])
    labels = np.repeat([0, 1], 3)
    odds = np.log(prior * positive / ((1 - prior) * negative))
    constant = np.full(6, np.log(prior / (1 - prior)))
    of_model, of_constant = (
        mass @ loss.prepare(y).value(labels, scores) for scores in (np.tile(odds, 2), constant)
    )
    assert 1 - of_model / of_constant == pytest.approx(expected, abs=5e-5)


def test_closed_forms_that_can_be_written_down():
    y, raw = made(4)
    share = np.bincount(y) / len(y)
    soft = np.exp(raw) / np.exp(raw).sum(axis=1, keepdims=True)

    def normalised(values):
        return values / values.sum(axis=1, keepdims=True)

    for loss, expected in [
        (CrossEntropyLoss(), soft),
        (CrossEntropyLoss(class_weight=[1, 2, 3, 4]), normalised(soft / [1, 2, 3, 4])),
        (BalancedSoftmaxLoss(), normalised(soft * share)),
        (LogitAdjustedLoss(tau=0.5), normalised(soft * share**0.5)),
        (AlphaLoss(alpha=2), normalised(soft**0.5)),
    ]:
        np.testing.assert_allclose(loss.prepare(y).posterior(raw), expected, rtol=1e-9)


def test_class_weights_from_outside_are_taken_back_too():
    y, raw = made(2)
    ready = FocalLoss().prepare(y, class_weight=[1.0, 5.0])
    plain = FocalLoss().prepare(y)
    odds = ready.posterior(raw)[:, 1] / ready.posterior(raw)[:, 0]
    expected = plain.posterior(raw)[:, 1] / plain.posterior(raw)[:, 0] / 5
    np.testing.assert_allclose(odds, expected)


@pytest.mark.parametrize("loss", [DiceLoss(), TverskyLoss(), LDAMLoss()], ids=str)
def test_losses_without_probabilities_say_so(loss):
    y, raw = made(2)
    assert loss.probabilities == "none"
    with pytest.raises(ValueError, match=r"do not determine class probabilities.*calibrator"):
        loss.prepare(y).posterior(raw)


def test_what_depends_on_counts_asks_for_them():
    with pytest.raises(ValueError, match=r"depend on the class shares. Call prepare"):
        BalancedSoftmaxLoss().posterior([0.0])
    np.testing.assert_allclose(FocalLoss(gamma=0).posterior([0.0]), [[0.5, 0.5]])


def test_scores_within_the_margin_mean_that_there_is_nothing():
    ready = AsymmetricLoss(margin=0.2)
    assert ready.posterior([-1.5, -3.0])[:, 1].max() < 1e-100
    assert ready.posterior([0.0])[0, 1] > 0.02
