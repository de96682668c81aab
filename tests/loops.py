"""Many cases in one test: pytest takes about as long for an item as for what a small case does."""

import functools
import inspect

import pytest


def looped(names, values, ids=repr):
    """Like ``pytest.mark.parametrize``, with all cases in one test that names each that failed.

    A failure does not hide those behind it. The cases share the fixtures of the test, so this is
    for tests that leave theirs as they were.

    Parameters
    ----------
    names : str or tuple of str
        Parameters of the test that a case fills.

    values : iterable or str
        The cases; a str names the parameter of the test that holds them.

    ids : list or callable, default=repr
        What a case is called in the message.
    """
    several = not isinstance(names, str)
    names = tuple(names) if several else (names,)

    def decorate(test):
        signature = inspect.signature(test)
        kept = [part for name, part in signature.parameters.items() if name not in names]
        if isinstance(values, str):
            kept.append(inspect.Parameter(values, inspect.Parameter.KEYWORD_ONLY))

        @functools.wraps(test)
        def all_cases(**given):
            cases = list(given.pop(values) if isinstance(values, str) else values)
            assert cases, "no case to test"
            called = ids if isinstance(ids, list) else [ids(case) for case in cases]
            errors = []
            for case, name in zip(cases, called, strict=True):
                of_case = dict(zip(names, case if several else (case,), strict=True))
                try:
                    test(**of_case, **given)
                except (Exception, pytest.fail.Exception, pytest.skip.Exception) as error:
                    errors.append(AssertionError(f"{name}: {type(error).__name__}: {error}"))
                    errors[-1].__cause__ = error
            if errors:
                raise ExceptionGroup(f"{len(errors)} of {len(cases)} cases failed", errors)

        all_cases.__signature__ = signature.replace(parameters=kept)
        return all_cases

    return decorate
