"""Which of two classes is the positive one: named, shown by the labels, or the rarest."""

from typing import Any

import narwhals.stable.v2 as nw
import numpy as np

from imbalance_kit._tables.labels import spell

# Pairs of labels whose order shows which class is positive; bool equals the first of them.
_ORDERED_PAIRS = ({0, 1}, {-1, 1})


def category_order(y: Any) -> list | None:
    """Labels in the order that an ordered category or an enumeration gives them, else None."""
    if isinstance(y, np.ndarray | list | tuple):
        return None
    series = nw.from_native(y, allow_series=True, pass_through=True)
    if isinstance(series, nw.DataFrame) and series.shape[1] == 1:
        series = series[:, 0]
        y = series.to_native()
    if isinstance(series, nw.Series) and isinstance(series.dtype, nw.Enum):
        return list(series.dtype.categories)
    dtype = getattr(y, "dtype", None)  # a pandas Categorical or index is no series
    levels = getattr(dtype, "categories", None)
    if getattr(dtype, "ordered", False) and levels is not None:
        return list(levels)
    if getattr(getattr(y, "type", None), "ordered", False):  # of pyarrow
        combined = y.combine_chunks() if hasattr(y, "combine_chunks") else y
        parts = getattr(combined, "chunks", [combined])
        return parts[0].dictionary.to_pylist() if parts else None
    return None


def positive_by_labels(classes: list, order: list | None = None) -> Any | None:
    """The class that labels show to be positive, or None where only their spelling has an order.

    Parameters
    ----------
    classes : list
        The two classes.

    order : list, default=None
        All labels of an ordered category, the lowest first.
    """
    if order is not None and all(label in order for label in classes):
        return max(classes, key=order.index)
    numbers = all(isinstance(label, int | float | np.number | np.bool_) for label in classes)
    return max(classes) if numbers and set(classes) in _ORDERED_PAIRS else None


def positive_class(
    classes: list, pos_label: Any = None, *, order: list | None = None, of: str = "y_true"
) -> Any:
    """The positive one of two classes: the one named, or the one that labels show.

    Parameters
    ----------
    classes : list
        The two classes.

    pos_label : label, default=None
        The class that the user named.

    order : list, default=None
        All labels of an ordered category, the lowest first.

    of : str, default="y_true"
        What holds the classes, for the message.

    Returns
    -------
    label : label
        One of `classes`.

    Raises
    ------
    ValueError
        If the label is not among the classes, or none is given and the labels do not show it.
    """
    if pos_label is not None:
        return require_class(pos_label, classes)
    found = positive_by_labels(classes, order)
    if found is None:
        first, second = (spell(label) for label in classes)
        raise ValueError(
            f"Which class is positive cannot be read from the labels {first} and {second} of {of}: "
            "only those of 0/1, -1/1, False/True and of ordered categories have an order. Give "
            "pos_label."
        )
    return found


def positive_or_rarest(
    classes: list, n_rows: Any, pos_label: Any = None, *, order: list | None = None
) -> tuple[Any, str | None]:
    """The positive one of two classes for a report, and a sentence where it was chosen.

    Parameters
    ----------
    classes : list
        The two classes.

    n_rows : array-like of shape (2,)
        Rows of each, or their weight.

    pos_label : label, default=None
        The class that the user named.

    order : list, default=None
        All labels of an ordered category, the lowest first.

    Returns
    -------
    label : label
        The one named, else the one that labels show, else the rarest; of two equally frequent
        ones the second.

    note : str or None
        That the rarest class was taken, and how to take the other one.
    """
    if pos_label is not None:
        return require_class(pos_label, classes), None
    found = positive_by_labels(classes, order)
    if found is not None:
        return found, None
    rarest = classes[0] if n_rows[0] < n_rows[1] else classes[1]
    reason = "the rarest class" if n_rows[0] != n_rows[1] else "one of two equally frequent classes"
    return rarest, f"{spell(rarest)}, {reason}, is taken as positive; give pos_label to choose."


def require_class(pos_label: Any, classes: list) -> Any:
    """The label as it stands among the classes; refused where it does not."""
    if pos_label not in classes:
        raise ValueError(f"There is no class {spell(pos_label)}; the classes are {classes}.")
    return classes[classes.index(pos_label)]
