"""Gradients of losses: compiled, interpreted, and in numpy; the exponential and the logarithm."""

import math

import numpy as np
import pytest
from losses.reference import made

from imbalance_kit.kernels import losses as kernels
from imbalance_kit.losses import (
    AsymmetricLoss,
    DiceLoss,
    FocalLoss,
    LDAMLoss,
    Poly1Loss,
    TverskyLoss,
    _base,
)

PARTS = [name for name, thing in vars(kernels).items() if hasattr(thing, "py_func")]
# blocks of the kernels are of 256 rows
SIZES = [0, 256, 600, *(pytest.param(n, marks=pytest.mark.exhaustive) for n in (1, 255, 257))]
LOSSES = [
    (FocalLoss(gamma=1.5), 2),
    (AsymmetricLoss(), 2),
    (DiceLoss(alpha=1.0), 2),
    (TverskyLoss(), 2),
    (LDAMLoss(scale=2.0, deferred=False), 3),
    (Poly1Loss(), 5),
]


@pytest.fixture
def interpreted(monkeypatch):
    """The kernels as Python runs them, all of their parts included."""
    for name in PARTS:
        monkeypatch.setattr(kernels, name, getattr(kernels, name).py_func)


def ready_and_rows(loss, n_classes, n_rows):
    y, raw = made(n_classes, n_rows=max(n_rows, n_classes), spread=3.0)
    weight = np.random.RandomState(1).uniform(0.5, 2, len(y))
    return loss.prepare(y, weight), y[:n_rows], raw[:n_rows], weight[:n_rows]


def found_with(fewest, monkeypatch, ready, *given):
    monkeypatch.setattr(_base, "KERNELS_FROM", fewest)
    return ready(*given)


@pytest.mark.parametrize("n_rows", SIZES)
@pytest.mark.parametrize(("loss", "n_classes"), LOSSES, ids=str)
def test_compiled_is_what_numpy_gives(loss, n_classes, n_rows, monkeypatch):
    ready, *given = ready_and_rows(loss, n_classes, n_rows)
    pairs = zip(*(found_with(n, monkeypatch, ready, *given) for n in (0, np.inf)), strict=True)
    for compiled, plain in pairs:
        # one rounding to float32, of the result and of the weight
        np.testing.assert_allclose(compiled, plain, rtol=5e-7, atol=1e-12)
        assert compiled.flags.f_contiguous


@pytest.mark.parametrize("n_rows", [0, 1, 300])
@pytest.mark.parametrize(("loss", "n_classes"), LOSSES, ids=str)
def test_interpreted_is_what_numpy_gives(loss, n_classes, n_rows, monkeypatch, interpreted):
    ready, *given = ready_and_rows(loss, n_classes, n_rows)
    pairs = zip(*(found_with(n, monkeypatch, ready, *given) for n in (0, np.inf)), strict=True)
    for one, plain in pairs:
        np.testing.assert_allclose(one, plain, rtol=5e-7, atol=1e-12)


def test_the_exponential_is_right_to_a_few_units_in_the_last_place(interpreted):
    exact = [0.0, -1.0, 1.0, -700.0, 700.0, 0.5 * math.log(2), -0.5 * math.log(2)]
    for x in [*exact, *np.random.RandomState(0).uniform(-700, 700, 2000)]:
        assert kernels.exp(x) == pytest.approx(math.exp(x), rel=4e-16)


def test_the_logarithm_is_right_to_a_few_units_in_the_last_place(interpreted):
    near_one = 1 + np.random.RandomState(1).uniform(-1e-3, 1e-3, 200)
    anywhere = np.exp(np.random.RandomState(0).uniform(-700, 700, 2000))
    for x in [1.0, 2.0, 0.5, 1e-300, *near_one, *anywhere]:
        # next to 1 the error is that of a number of the size of log(2)
        assert kernels.log(x) == pytest.approx(math.log(x), rel=1e-15, abs=5e-16)


def test_the_order_of_the_scores_in_memory_does_not_matter(monkeypatch):
    ready, y, raw, weight = ready_and_rows(Poly1Loss(), 5, 600)
    one = found_with(0, monkeypatch, ready, y, np.asfortranarray(raw), weight)
    other = found_with(0, monkeypatch, ready, y, np.ascontiguousarray(raw), weight)
    for a, b in zip(one, other, strict=True):
        np.testing.assert_array_equal(a, b)
