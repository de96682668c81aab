"""Gradients and Hessians: derivatives of the formula, finite, weighted, the same compiled."""

import numpy as np
import pytest
from loops import looped

from imbalance_kit.kernels.loss_terms import LEAST_SHARE
from imbalance_kit.losses import (
    AlphaLoss,
    AsymmetricLoss,
    ClassBalancedLoss,
    CrossEntropyLoss,
    DiceLoss,
    FocalLoss,
    LDAMLoss,
    LogitAdjustedLoss,
    Poly1Loss,
    PriorResistantLoss,
    TverskyLoss,
    _base,
)
from losses.reference import (
    BY_NUMBER_OF_CLASSES,
    SET_LOSSES,
    made,
    tversky_of,
    value_of,
)

STEP = 1e-4
CONVEX = (
    "balanced_softmax",
    "class_balanced",
    "cross_entropy",
    "ldam",
    "logit_adjusted",
    "prior_resistant",
)
every_loss = looped(("loss", "n_classes"), BY_NUMBER_OF_CLASSES, ids=str)
every_set_loss = looped("loss", SET_LOSSES, ids=str)
EVERYTHING = [*BY_NUMBER_OF_CLASSES, *((loss, 2) for loss in SET_LOSSES)]
every_one = looped(("loss", "n_classes"), EVERYTHING, ids=str)


def slopes_and_bends(ready, y, raw):
    """First and second differences of each row's value in each of its scores.

    The error is about 1e-16 / STEP^2 = 1e-8 of the value, and STEP^2 of its fourth derivative.
    """
    directions = [STEP] if raw.ndim == 1 else STEP * np.eye(raw.shape[1])
    first, second = [], []
    for step in directions:
        above, here, below = (ready.value(y, raw + sign * step) for sign in (1, 0, -1))
        first.append((above - below) / (2 * STEP))
        second.append((above - 2 * here + below) / STEP**2)
    return np.squeeze(np.array(first).T), np.squeeze(np.array(second).T)


@every_loss
def test_values_are_those_of_the_formula(loss, n_classes):
    y, raw = made(n_classes)
    counts = np.bincount(y)
    expected = [value_of(loss, label, scores, counts) for label, scores in zip(y, raw, strict=True)]
    np.testing.assert_allclose(loss.value(y, raw), expected, rtol=1e-9, atol=1e-14)


@every_loss
@looped("random_seed", range(5))
def test_gradients_are_the_derivatives_of_the_value(loss, n_classes, random_seed):
    y, raw = made(n_classes, seed=random_seed)
    ready = loss.prepare(y)
    grad, hess = ready(y, raw)
    first, second = slopes_and_bends(ready, y, raw)
    scale = ready.hessian_scale_
    size = 1 + np.abs(first)
    # float32 takes 6e-8 of the result
    assert np.max(np.abs(grad / scale - first) / size) < 1e-5
    # LightGBM multiplies the diagonal for more than two classes, and so do we
    second = second * (1 if n_classes == 2 else n_classes / (n_classes - 1))
    assert (hess / scale > second - 1e-4 * (1 + np.abs(second))).all()
    exact = np.isclose(hess / scale, second, rtol=1e-4, atol=1e-4)
    assert exact.all() if is_convex(loss) else exact.mean() > 0.15


def is_convex(loss):
    if isinstance(loss, AlphaLoss):
        return loss.alpha <= 1
    if isinstance(loss, Poly1Loss):
        return loss.epsilon <= 0
    return loss.name in CONVEX


@pytest.mark.parametrize(
    ("loss", "slope"),
    [
        (Poly1Loss(epsilon=2.0), lambda p: 1 + 2 * p),
        (AlphaLoss(alpha=2.0), lambda p: p**0.5),
        (FocalLoss(gamma=2.0), lambda p: (1 - p) ** 2 - 2 * (1 - p) * p * np.log(p)),
    ],
    ids=["poly1", "alpha", "focal"],
)
def test_far_on_the_wrong_side_a_share_of_the_positive_part_is_the_hessian(loss, slope):
    """The exact one is negative there; the slope of the loss in log p is written out."""
    y, raw = np.array([0, 1]), np.array([3.0, -3.0])
    ready = loss.prepare(y)
    p = 1 / (1 + np.exp(3.0))
    least = LEAST_SHARE * slope(p) * p * (1 - p)
    np.testing.assert_allclose(ready(y, raw)[1] / ready.hessian_scale_, least, rtol=1e-5)


@every_set_loss
@looped("random_seed", range(5))
def test_gradients_of_the_set_are_derivatives_of_the_whole(loss, random_seed):
    y, raw = made(2, seed=random_seed)
    weight = np.random.RandomState(random_seed).uniform(0.5, 2, len(y))
    ready = loss.prepare(y, weight)
    grad, _ = ready(y, raw, weight)
    for row in range(len(y)):
        moved = [raw + sign * STEP * (np.arange(len(y)) == row) for sign in (1, -1)]
        above, below = (tversky_of(loss, y, scores, weight) for scores in moved)
        # the gradient is that of the loss times the weight of all rows
        expected = (above - below) / (2 * STEP) * weight.sum()
        assert grad[row] / ready.hessian_scale_ == pytest.approx(expected, rel=1e-4, abs=1e-7)
    assert loss.value(y, raw) == pytest.approx(tversky_of(loss, y, raw, np.ones(len(y))))
    assert ready.eval_metric(y, raw, weight)[1] == pytest.approx(tversky_of(loss, y, raw, weight))


@pytest.mark.exhaustive
@every_one
@pytest.mark.parametrize("fewest", [0, np.inf], ids=["compiled", "numpy"])
@pytest.mark.parametrize("size", [50, 1e4])
def test_nothing_is_lost_at_extreme_scores(loss, n_classes, size, fewest, monkeypatch):
    monkeypatch.setattr(_base, "KERNELS_FROM", fewest)
    y, raw = made(n_classes)
    raw = size * np.sign(raw)
    ready = loss.prepare(y)
    grad, hess = ready(y, raw)
    assert np.isfinite(grad).all()
    assert np.isfinite(hess).all()
    assert hess.min() >= 0
    assert np.isfinite(ready.value(y, raw)).all()
    for proba in [
        ready.link(raw),
        *([] if ready.probabilities == "none" else [ready.posterior(raw)]),
    ]:
        np.testing.assert_allclose(proba.sum(axis=1), 1)
        assert proba.min() >= 0


@every_loss
def test_the_value_goes_on_as_its_gradient_says(loss, n_classes):
    """Where exponentials are held to a straight line, value and gradient still agree."""
    y, raw = made(n_classes, spread=25)
    ready = loss.prepare(y)
    first, _ = slopes_and_bends(ready, y, raw)
    grad = ready(y, raw)[0] / ready.hessian_scale_
    np.testing.assert_allclose(grad, first, rtol=1e-3, atol=1e-6)


@every_one
@pytest.mark.parametrize("weighted", [False, True])
def test_compiled_and_numpy_agree(loss, n_classes, weighted, monkeypatch):
    y, raw = made(n_classes, n_rows=700)  # more than two blocks of the kernel
    weight = np.random.RandomState(1).uniform(0.5, 2, len(y)) if weighted else None
    ready = loss.prepare(y, weight)
    found = []
    for fewest in (0, np.inf):
        monkeypatch.setattr(_base, "KERNELS_FROM", fewest)
        found.append(ready(y.astype(np.float32), raw, weight))
    for compiled, plain in zip(*found, strict=True):
        assert compiled.dtype == plain.dtype == np.float32
        assert compiled.shape == plain.shape == raw.shape
        # one rounding to float32, and weights are float32 in the kernel
        np.testing.assert_allclose(compiled, plain, rtol=5e-7, atol=1e-12)


@every_one
def test_a_weight_of_two_is_the_row_twice(loss, n_classes):
    y, raw = made(n_classes)
    weight = np.where(np.arange(len(y)) % 3 == 0, 2.0, 1.0)
    twice = np.repeat(np.arange(len(y)), weight.astype(int))
    weighted = loss.prepare(y, weight)
    repeated = loss.prepare(y[twice])
    np.testing.assert_allclose(weighted.init_score_, repeated.init_score_, rtol=1e-9)
    assert weighted.hessian_scale_ == pytest.approx(repeated.hessian_scale_)
    for one, other in zip(weighted(y, raw, weight), repeated(y[twice], raw[twice]), strict=True):
        added = np.zeros(raw.shape)
        np.add.at(added, twice, other)
        np.testing.assert_allclose(one, added, rtol=1e-5, atol=1e-9)


@every_one
def test_the_order_of_the_rows_does_not_matter(loss, n_classes):
    y, raw = made(n_classes)
    order = np.random.RandomState(3).permutation(len(y))
    for one, other in zip(loss(y, raw), loss(y[order], raw[order]), strict=True):
        np.testing.assert_allclose(one[order], other, rtol=1e-6)


@every_one
def test_unprepared_losses_look_at_the_labels_themselves(loss, n_classes):
    y, raw = made(n_classes)
    weight = np.random.RandomState(1).uniform(0.5, 2, len(y))
    for given in (None, weight):
        for one, other in zip(
            loss(y.astype(np.float32), raw, given),
            loss.prepare(y, given)(y, raw, given),
            strict=True,
        ):
            np.testing.assert_array_equal(one, other)
    assert not hasattr(loss, "n_classes_")


def test_what_was_found_for_some_labels_is_not_used_for_others():
    loss = FocalLoss()
    y, raw = made(2)
    before = loss(y, raw)
    loss(1 - y, raw)
    loss.set_params(gamma=1.0)
    one, other = loss(y, raw), FocalLoss(gamma=1.0)(y, raw)
    np.testing.assert_array_equal(one, other)
    assert not np.array_equal(one, before)


# --- reductions, as equal arrays ---------------------------------------------------------------


@pytest.mark.parametrize("n_classes", [2, 4])
def test_one_kind_of_loss_is_another_at_the_end_of_its_range(n_classes):
    y, raw = made(n_classes)
    expected = CrossEntropyLoss()(y, raw)
    for loss in (
        FocalLoss(gamma=0),
        Poly1Loss(epsilon=0),
        AlphaLoss(alpha=1),
        LogitAdjustedLoss(tau=0),
        ClassBalancedLoss(beta=0),
        LDAMLoss(max_margin=0, deferred=False),
    ):
        for one, other in zip(loss(y, raw), expected, strict=True):
            np.testing.assert_allclose(one, other, rtol=1e-6, err_msg=str(loss))


def test_asymmetric_is_focal_where_both_powers_are_one():
    y, raw = made(2)
    symmetric = AsymmetricLoss(gamma_positive=2, gamma_negative=2, margin=0)
    for one, other in zip(symmetric(y, raw), FocalLoss(gamma=2)(y, raw), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-6)


def test_a_detached_focus_multiplies_the_gradient_of_cross_entropy():
    y, raw = made(2)
    loss = AsymmetricLoss(gamma_positive=1, gamma_negative=3, margin=0.1, detach_focus=True)
    p = 1 / (1 + np.exp(-raw))
    m = np.maximum(p - 0.1, 0)
    # of -log(1 - m) the derivative in the score is p (1 - p) / (1 - m)
    negative = m**3 * p * (1 - p) / (1 - m)
    expected = np.where(y == 1, -((1 - p) ** 2), negative)
    ready = loss.prepare(y)
    np.testing.assert_allclose(ready(y, raw)[0] / ready.hessian_scale_, expected, rtol=1e-5)


def test_the_exponential_loss_of_boosting():
    """a = 1/2 of the proper family, with half the score, and alpha = 1/2 with all of it."""
    y, raw = made(2)
    u = np.where(y == 1, raw, -raw)
    np.testing.assert_allclose(PriorResistantLoss(a=0.5).value(y, raw), np.exp(-u / 2) / 2)
    np.testing.assert_allclose(AlphaLoss(alpha=0.5).value(y, raw), np.exp(-u))


def test_dice_of_one_row_is_that_of_a_set_of_one():
    loss = DiceLoss(alpha=0.0, smooth=0.8)
    y, raw = made(2, n_rows=10)
    for row in range(10):
        alone = TverskyLoss(alpha=0.5, beta=0.5, smooth=loss.smooth / 2)
        rows = [row]
        np.testing.assert_allclose(
            loss.prepare(y).value(y[rows], raw[rows]),
            alone.prepare(y).value(y[rows], raw[rows]),
        )


def focal_of_two_arguments(y, raw, g=2.0):
    u = np.where(y == 1, raw, -raw)
    p = 1 / (1 + np.exp(-u))
    q, log_p = 1 - p, np.log(p)
    first = np.where(y == 1, 1, -1) * q**g * (g * p * log_p - q)
    return first, p * q**g * ((1 + 2 * g) * q + g * (q - g * p) * log_p)


def asymmetric_of_two_arguments(y, raw, up=1.0, down=4.0, margin=0.05):
    p = 1 / (1 + np.exp(-raw))
    m, spread = np.maximum(p - margin, 0), p * (1 - p)
    slope = m**down / (1 - m) - down * m ** (down - 1) * np.log(1 - m)
    bend = 2 * down * m ** (down - 1) / (1 - m) + m**down / (1 - m) ** 2
    bend = bend - down * (down - 1) * m ** (down - 2) * np.log(1 - m)
    positive = focal_of_two_arguments(np.ones(len(y)), raw, up)
    negative = slope * spread, bend * spread**2 + slope * spread * (1 - 2 * p)
    return tuple(np.where(y == 1, a, b) for a, b in zip(positive, negative, strict=True))


@pytest.mark.parametrize(
    ("loss", "written"),
    [(FocalLoss(), focal_of_two_arguments), (AsymmetricLoss(), asymmetric_of_two_arguments)],
    ids=["focal", "asymmetric"],
)
@pytest.mark.parametrize("fewest", [0, np.inf], ids=["compiled", "numpy"])
def test_gradients_are_those_one_would_write_in_numpy(loss, written, fewest, monkeypatch):
    monkeypatch.setattr(_base, "KERNELS_FROM", fewest)
    y, raw = made(2, n_rows=500)
    ready = loss.prepare(y)
    grad, hess = (values / ready.hessian_scale_ for values in ready(y, raw))
    first, second = written(y, raw)
    # numpy's 1 - p is off by a rounding of 1
    np.testing.assert_allclose(grad, first, rtol=1e-5, atol=1e-10)
    positive = second > 0.3 * np.abs(first)
    assert positive.sum() > 100
    np.testing.assert_allclose(hess[positive], second[positive], rtol=1e-5, atol=1e-10)
    assert (hess >= second - 1e-7).all()


def test_no_weights_are_weights_of_one():
    y, raw = made(2)
    for one, other in zip(FocalLoss()(y, raw), FocalLoss()(y, raw, np.ones(len(y))), strict=True):
        np.testing.assert_array_equal(one, other)
