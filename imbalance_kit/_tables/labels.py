"""Labels of any container as one ndarray, encoded, counted and shown."""

from typing import Any

import narwhals.stable.v2 as nw
import numpy as np
from scipy import sparse
from sklearn.utils import column_or_1d
from sklearn.utils.multiclass import check_classification_targets

from imbalance_kit._tables.elements import is_text
from imbalance_kit._tables.rows import is_missing

_AT_A_TIME = 1 << 18  # labels
_CLOSE = 1 << 10  # whole numbers between the smallest label and the largest, at most


def require_two_classes(labels: np.ndarray) -> None:
    """Refuse labels that are all the same."""
    if len(labels) < 2:
        shown = f"1 class (label {spell(labels[0])})" if len(labels) else "none"
        raise ValueError(
            f"y needs to have more than 1 class: expected at least 2 classes in y, got {shown}. "
            "There is nothing to balance: check that y is the target column."
        )


def read_labels(y: Any) -> np.ndarray:
    """Labels of any container as one ndarray; what is missing or no label is refused."""
    if sparse.issparse(y):
        raise ValueError(
            f"y was expected to be dense, one label for every row; got a sparse matrix of shape "
            f"{y.shape}. Give y.toarray(), or the labels themselves, such as y.argmax(axis=1)."
        )
    native = y
    if not isinstance(y, np.ndarray | list):
        native = nw.from_native(y, eager_only=True, allow_series=True, pass_through=True)
    values = native.to_numpy() if isinstance(native, nw.Series | nw.DataFrame) else np.asarray(y)
    n_missing = int(native.null_count()) if isinstance(native, nw.Series) else 0
    if values.dtype.kind == "f":
        n_missing = max(n_missing, int(np.isnan(values).sum()))
    elif values.dtype == object:
        n_missing = max(n_missing, sum(map(is_missing, values.ravel())))
    elif values.dtype.kind in "US" and isinstance(y, list | tuple):
        # numpy made a text of a missing label, which would be a class of its own
        n_missing = sum(map(is_missing, np.array(y, dtype=object).ravel()))
    if n_missing:
        raise ValueError(
            f"Input y contains {n_missing} missing labels (NaN or null); expected a label for "
            "every row. Drop those rows first."
        )
    if values.dtype == object:
        values = _of_one_type(values)
    return values


def _of_one_type(values: np.ndarray) -> np.ndarray:
    """Refuse objects that are no texts, by what they are."""
    others = sorted({type(value).__name__ for value in values.ravel() if not is_text(value)})
    if not others:
        return values
    if any(map(is_text, values.ravel())):
        raise ValueError(
            "Unknown label type: y was expected to hold labels of one type; got texts beside "
            f"values of type {', '.join(others)}. Make all of them texts: "
            "[str(label) for label in y]."
        )
    wanted = "bool" if set(others) <= {"bool", "bool_"} else "int"
    raise ValueError(
        f"Unknown label type: y was expected to hold labels of one type; got an array of objects "
        f"of type {', '.join(others)}. Give it the type that is meant, such as y.astype({wanted})."
    )


def read_single_labels(y: Any) -> np.ndarray:
    """Labels for a classifier: one class per row."""
    labels = read_labels(y)
    if labels.ndim == 2 and labels.shape[1] > 1:
        raise ValueError(
            "Multilabel and multioutput targets are not supported. y has shape "
            f"{labels.shape}; give one label per row."
        )
    labels = column_or_1d(labels, warn=True)
    check_classification_targets(labels)
    return labels


def encode(y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Classes, sorted, and the position of each label among them.

    The same as ``np.unique(y, return_inverse=True)`` without a sort of all labels: the positions
    take a byte each where there are few classes, and nothing else as long as `y` is made.
    """
    parts = [slice(start, start + _AT_A_TIME) for start in range(0, len(y), _AT_A_TIME)]
    low = _smallest_of_few(y)
    if low is not None:
        return _encode_by_place(y, low, parts)
    found = [np.unique(y[block]) for block in parts]
    classes = found[0] if len(found) == 1 else np.unique(np.concatenate(found) if found else y)
    y_encoded = np.empty(len(y), dtype=np.min_scalar_type(-max(len(classes), 1)))
    for block in parts:
        y_encoded[block] = np.searchsorted(classes, y[block])
    return classes, y_encoded


def _smallest_of_few(y: np.ndarray) -> int | None:
    """The smallest label, where labels are whole numbers close to each other; else None."""
    if y.dtype.kind not in "iub" or not len(y):
        return None
    low, high = int(y.min()), int(y.max())
    few = high - low < _CLOSE and max(-low, high) < 1 << 62
    return low if few else None


def _encode_by_place(y: np.ndarray, low: int, parts: list[slice]) -> tuple[np.ndarray, np.ndarray]:
    """Encode whole numbers from ``low`` on: each looks its position up, none is compared."""
    present = np.zeros(_CLOSE, dtype=bool)
    for block in parts:
        present[y[block].astype(np.int64) - low] = True
    values = np.flatnonzero(present)
    positions = (np.cumsum(present) - 1).astype(np.min_scalar_type(-len(values)))
    y_encoded = np.empty(len(y), dtype=positions.dtype)
    for block in parts:
        y_encoded[block] = positions[y[block].astype(np.int64) - low]
    return (values + low).astype(y.dtype), y_encoded


def count(y_encoded: np.ndarray, n_classes: int, weight: np.ndarray | None = None) -> np.ndarray:
    """Rows of each class, or their weight; ``np.bincount`` would widen all labels at once."""
    totals = np.zeros(n_classes, dtype=np.int64 if weight is None else np.float64)
    for start in range(0, len(y_encoded), _AT_A_TIME):
        block = slice(start, start + _AT_A_TIME)
        block_weight = None if weight is None else weight[block]
        totals += np.bincount(y_encoded[block], weights=block_weight, minlength=n_classes)
    return totals


def spell(label: Any) -> str:
    """A label as a user writes it, without numpy's type around it."""
    return repr(label.item() if isinstance(label, np.generic) else label)
