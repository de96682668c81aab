"""Row labels (the index) of pandas objects: they match no rows, and a difference is warned of."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


def warn_of_other_order(first: Any, /, *, stacklevel: int = 4, **beside: Any) -> None:
    """Warn where values for each row have the labels of the rows in another order.

    Rows are matched by their position, as in scikit-learn. Series that were sorted or shuffled on
    their own are then silently those of other rows.

    Parameters
    ----------
    first : object
        What has the rows; only pandas objects have labels.

    stacklevel : int, default=4
        Of the warning: the line that called ``fit``, behind which scikit-learn's check stands.

    **beside : object
        By name, what has an entry for each of them; None for what was not given.
    """
    labelled = [("", first), *beside.items()]
    order: Any = None
    others = []
    for name, values in labelled:
        for index in _indexes(values):
            if order is None:
                order, first_name = index, name
            elif _is_reordered(order, index) and name not in others:
                others.append(name)
    if not others:
        return
    named = " and ".join(others)
    base = first_name or "X"
    warnings.warn(
        f"{named} {'has' if len(others) == 1 else 'have'} the row labels of {base} in another "
        f"order. Rows are matched by position, not by label, as in scikit-learn. If labels say "
        f"what belongs together, give {others[0]}.loc[{base}.index].",
        UserWarning,
        stacklevel=stacklevel,
    )


@contextmanager
def warned_before() -> Iterator[None]:
    """No second warning from what is given the same values inside."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=".* the row labels of .* in another order")
        yield


def _indexes(values: Any) -> Iterator[Any]:
    """The index of a pandas object, and of those in a dictionary of columns."""
    for each in values.values() if isinstance(values, dict) else (values,):
        if type(each).__module__.split(".")[0] == "pandas" and hasattr(each, "iloc"):
            yield each.index


def _is_reordered(index: Any, other: Any) -> bool:
    if len(index) != len(other) or index.equals(other):
        return False
    try:
        return bool(index.isin(other).all() and other.isin(index).all())
    except TypeError:  # labels that do not compare
        return False
