"""Hooks get what they need and return what they found: nothing is left on the ensemble."""

from dataclasses import FrozenInstanceError, fields, is_dataclass

import numpy as np
import pytest

from imbalance_kit import ensemble
from imbalance_kit.ensemble._loop.base import BaseImbalanceEnsemble
from imbalance_kit.over_sampling import SMOTE

CLASSES = [
    kind
    for kind in (getattr(ensemble, name) for name in ensemble.__all__)
    if isinstance(kind, type) and issubclass(kind, BaseImbalanceEnsemble)
]


def small(kind):
    given = {}
    if "sampler" in kind().get_params(deep=False):
        given["sampler"] = SMOTE()
    return kind(n_estimators=4, random_state=0, **given)


@pytest.mark.parametrize("kind", CLASSES)
def test_parameters_are_stored_as_they_are_given(kind):
    given = {name: object() for name in kind().get_params(deep=False)}
    model = kind(**given)
    assert vars(model) == given


@pytest.fixture(params=CLASSES, ids=lambda kind: kind.__name__)
def watched(request):
    """An ensemble, and a list of what each call of a hook got and returned."""
    calls = []

    class Watched(request.param):
        def _begin(self, fitting, rng):
            return self._call("_begin", fitting, rng)

        def _draw(self, fitting, state, number, rng):
            return self._call("_draw", fitting, state, number, rng)

        def _learned(self, fitting, state, number, learner, rng):
            return self._call("_learned", fitting, state, number, learner, rng)

        def _call(self, name, *given):
            before = dict(vars(self))
            result = getattr(super(), name)(*given)
            assert vars(self).keys() == before.keys()
            assert all(vars(self)[key] is value for key, value in before.items())
            calls.append((name, given, result))
            return result

    parameters = small(request.param).get_params(deep=False)
    model = request.param.__new__(Watched)
    vars(model).update(parameters)
    return model, calls


def test_hooks_leave_nothing_on_the_ensemble(watched, two_classes):
    model, calls = watched
    model.fit(*two_classes)
    assert {name for name, *_ in calls} == {"_begin", "_draw", "_learned"}


def test_a_state_is_frozen_and_gives_the_same_draw_again(watched, two_classes):
    model, calls = watched
    model.fit(*two_classes)
    for name, given, result in list(calls):
        state = given[1] if name != "_begin" else result
        if state is not None:
            assert is_dataclass(state)
            with pytest.raises(FrozenInstanceError):
                setattr(state, fields(state)[0].name, None)
        if name == "_draw":
            fitting, _, number, _ = given
            first, second = (
                model._draw(fitting, state, number, np.random.RandomState(7)) for _ in range(2)
            )
            np.testing.assert_array_equal(first.rows, second.rows)
