"""A loop over cases fails as the separate tests would."""

import inspect

import pytest
from loops import looped


def test_every_failure_is_named():
    seen = []

    @looped("number", [1, 2, 3, 4])
    def odd(number):
        seen.append(number)
        assert number % 2

    with pytest.raises(ExceptionGroup, match="2 of 4 cases failed") as caught:
        odd()
    assert seen == [1, 2, 3, 4]
    assert [str(error).split(":")[0] for error in caught.value.exceptions] == ["2", "4"]


def test_a_missing_error_and_a_skip_are_failures():
    @looped(("kind", "action"), [("fail", pytest.fail), ("skip", pytest.skip)], ids=lambda c: c[0])
    def ends(kind, action):
        action(kind)

    with pytest.raises(ExceptionGroup, match="2 of 2 cases failed"):
        ends()


def test_no_cases_are_a_failure():
    @looped("case", [])
    def nothing(case):
        raise LookupError(case)

    with pytest.raises(AssertionError, match="no case"):
        nothing()


def test_fixtures_and_nested_loops_stay():
    seen = []

    @looped("outer", "outers")
    @looped("inner", ["a", "b"])
    def both(outer, inner, tmp_path):
        seen.append((outer, inner, tmp_path))

    assert list(inspect.signature(both).parameters) == ["tmp_path", "outers"]
    both(outers=[1, 2], tmp_path="here")
    assert seen == [(1, "a", "here"), (1, "b", "here"), (2, "a", "here"), (2, "b", "here")]
