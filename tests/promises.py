"""What every estimator promises for any table, checked on one table.

`try_estimator` gives the broken promises as sentences. An error is right if it is a `ValueError`,
`TypeError` or `NotFittedError` with a sentence, or the base learner's own.
"""

import traceback
import warnings
from collections import Counter
from pathlib import Path
from typing import Any

import narwhals.stable.v2 as nw
import numpy as np
import sklearn
from random_tables import ANY_COLUMN, LEVELS, RandomTable
from scipy import sparse
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.utils import get_tags

import imbalance_kit

OURS = str(Path(imbalance_kit.__file__).parent)
SPEAKS_FOR_ITSELF = str(Path(sklearn.__file__).parent)
LEARNERS = ("lightgbm", "xgboost", "catboost")
FRAMES = ("pandas", "polars", "pyarrow")
READS_LEVELS = (
    "MixedTreesClassifier",
    "ImbalancedCatBoostClassifier",
    "ImbalancedLGBMClassifier",
    "ImbalancedXGBClassifier",
)
LEAVES_THE_RANGE = ("CCR", "GeometricSMOTE")  # a small column moves as far as the others
FLOATS = ("normal", "few values", "constant")
EXACT_IN_AN_ARRAY = (*FLOATS, "small integers", "uint8", "int8")
FARTHEST = 10.0  # ranges of a column outside which no synthetic value lies: beyond, it wrapped


def try_estimator(case: Any, table: RandomTable, seed: int) -> list[str]:
    """The promises that one estimator breaks on one table."""
    estimator = clone(case.estimator)
    before = snapshot(table.X), snapshot(table.y)
    broken: list[str] = []
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            if hasattr(estimator, "fit_resample"):
                broken += _resampled(case, estimator, table, seed)
            elif hasattr(estimator, "predict"):
                broken += _classified(estimator, table, seed)
            else:
                _weighed_or_transformed(estimator, table)
        except Exception as error:  # the subject of the test
            broken += judge(error)
    if (snapshot(table.X), snapshot(table.y)) != before:
        broken.append("the input was changed")
    numeric = {
        f"{warning.message} at {warning.filename[len(OURS) + 1 :]}:{warning.lineno}"
        for warning in caught
        if issubclass(warning.category, RuntimeWarning) and warning.filename.startswith(OURS)
    }
    broken += [f"RuntimeWarning: {message}" for message in sorted(numeric)]
    return broken


def snapshot(values: Any) -> str | list[bytes]:
    """What differs when anything in a container does: of a sparse one the stored elements."""
    if sparse.issparse(values):
        return [part.tobytes() for part in _arrays(values)]
    index = repr(list(values.index)) if hasattr(values, "iloc") else ""
    one_column = getattr(values, "ndim", 1) == 1 and not hasattr(values, "column_names")
    if isinstance(values, list):
        one_column = not isinstance(values[0], list)
    return repr(labels_of(values) if one_column else elements(values)) + index


def _arrays(matrix: Any) -> list[np.ndarray]:
    if matrix.format == "coo":
        return [matrix.row, matrix.col, matrix.data]
    return [matrix.indptr, matrix.indices, matrix.data]


# --- errors ---------------------------------------------------------------------------------


def judge(error: Exception) -> list[str]:
    """Nothing where the error is one that is promised, else what is wrong with it."""
    frames = traceback.extract_tb(error.__traceback__)
    within = [frame.filename for frame in frames]
    told = f"{type(error).__name__}: {str(error)[:200]} at {_place(frames)}"
    if type(error).__module__.split(".")[0] in LEARNERS:
        return []
    if not isinstance(error, ValueError | TypeError | NotFittedError):
        return ["foreign error " + told]
    known = [name for name in within if name.startswith((OURS, SPEAKS_FOR_ITSELF))]
    if known[-1:] and known[-1].startswith(OURS) and within[-1] != known[-1]:
        return ["error of a library below us " + told]
    if within[-1].startswith(OURS) and len(str(error).split()) < 5:
        return ["error without a sentence " + told]
    return []


def _place(frames: traceback.StackSummary) -> str:
    ours = [frame for frame in frames if frame.filename.startswith(OURS)]
    if not ours:
        return "a test"
    return f"{ours[-1].filename[len(OURS) + 1 :]}:{ours[-1].lineno}"


# --- samplers -------------------------------------------------------------------------------


def elements(container: Any) -> list[list[Any]]:
    """A table row by row as Python values, None where one is missing."""
    if sparse.issparse(container):
        container = container.toarray()
    native = nw.from_native(container, eager_only=True, pass_through=True)
    if isinstance(native, nw.DataFrame):
        columns = [_as_python(column) for column in native.iter_columns()]
        return [list(row) for row in zip(*columns, strict=True)]
    rows = container.tolist() if isinstance(container, np.ndarray) else container
    return [[_or_none(value) for value in row] for row in rows]


def _as_python(column: nw.Series) -> list[Any]:
    return [_or_none(value) for value in column.to_list()]


def _or_none(value: Any) -> Any:
    if value is None or type(value).__name__ in ("NAType", "NaTType") or value != value:
        return None
    return value.item() if isinstance(value, np.generic) else value


def labels_of(y: Any) -> list[Any]:
    native = nw.from_native(y, series_only=True, pass_through=True)
    values = native.to_list() if isinstance(native, nw.Series) else y
    values = values.to_pylist() if hasattr(values, "to_pylist") else values
    return [value.item() if isinstance(value, np.generic) else value for value in values]


def _resampled(case: Any, sampler: Any, table: RandomTable, seed: int) -> list[str]:
    given = {} if table.weight is None else {"sample_weight": table.weight}
    X_new, y_new = sampler.fit_resample(table.X, table.y, **given)
    broken = []
    kind = type(table.X)
    if type(X_new) is not kind and not (sparse.issparse(table.X) and sparse.issparse(X_new)):
        broken.append(f"{kind.__name__} came back as {type(X_new).__name__}")
    if type(y_new) is not type(table.y):
        broken.append(f"y: {type(table.y).__name__} came back as {type(y_new).__name__}")
    if _types(X_new) != _types(table.X):
        broken.append(f"column types {_types(table.X)} came back as {_types(X_new)}")

    rows, origin = sampler.sample_indices_, getattr(sampler, "sample_origin_", None)
    origin = rows if origin is None else origin
    old, new = elements(table.X), elements(X_new)
    y_old, y_out = labels_of(table.y), labels_of(y_new)
    if len(new) != len(y_out) or len(new) != len(rows):
        return [*broken, f"{len(new)} rows, {len(y_out)} labels, {len(rows)} indices"]
    changes_labels = "target" in getattr(sampler, "_changes", ())
    if not changes_labels and not case.idle and [y_old[row] for row in rows] != y_out:
        broken.append("labels are not those of sample_indices_")
    if not _same(
        [old[row] for row in origin if row >= 0],
        [row for row, comes in zip(new, origin, strict=True) if comes >= 0],
    ):
        broken.append("rows that were kept are not equal to those of the input")
    broken += _counts(case, sampler, y_old, y_out)
    made = [row for row, comes in zip(new, origin, strict=True) if comes < 0]
    broken += _made_values(old, made, type(sampler).__name__ not in LEAVES_THE_RANGE)
    if table.weight is not None and not np.isfinite(sampler.sample_weight_).all():
        broken.append("sample_weight_ is not finite")
    if seed % 3 == 0:
        again = clone(case.estimator).fit_resample(table.X, table.y, **given)
        if not _same(elements(again[0]), new):
            broken.append("another call with the same seed gives other rows")
    # a second step sees synthetic integers, which an array of floats does not round
    exact = EXACT_IN_AN_ARRAY if case.keeps else FLOATS
    if (
        seed % 3 == 1
        and table.container in ANY_COLUMN
        and all(column.kind in exact for column in table.columns)
    ):
        array = clone(case.estimator)
        array.fit_resample(as_array(table), table.y, **given)
        if not np.array_equal(array.sample_indices_, rows):
            broken.append("the same numbers in an array give other rows")
    return broken


def as_array(table: RandomTable) -> np.ndarray:
    """The columns of a table of numbers as one float matrix."""
    return np.array(
        [[np.nan if v is None else float(v) for v in column.values] for column in table.columns]
    ).T


def _same(one: list, other: list) -> bool:
    """Equal in value and in what they are: 1 and True, or 1 and 1.0, are not the same."""
    return repr(one) == repr(other)


def _types(X: Any) -> Any:
    native = nw.from_native(X, eager_only=True, pass_through=True)
    if isinstance(native, nw.DataFrame):
        native_types = getattr(X, "dtypes", None)
        return [str(t) for t in (X.schema.types if native_types is None else native_types)]
    return None if isinstance(X, list) else str(X.dtype)[:2]


def _counts(case: Any, sampler: Any, y_old: list, y_new: list) -> list[str]:
    before, after = Counter(y_old), Counter(y_new)
    if case.idle or not case.exact:
        return []
    over = sampler._sampling_type == "over-sampling"
    wanted = max(before.values()) if over else min(before.values())
    if after != dict.fromkeys(before, wanted):
        return [f"{dict(before)} became {dict(after)}"]
    if over and case.keeps and y_new[: len(y_old)] != y_old:
        return ["originals do not come first"]
    return []


def _made_values(old: list[list[Any]], made: list[list[Any]], between: bool) -> list[str]:
    """Synthetic values: of a type and a size that the column has, missing only where it is."""
    broken = []
    for j, column in enumerate(zip(*old, strict=True)):
        values, present = [row[j] for row in made], [v for v in column if v is not None]
        if None in values and len(present) == len(column):
            broken.append(f"column {j}: a synthetic value is missing, no value is")
        values = [value for value in values if value is not None]
        if not values or not present:
            continue
        odd = {type(value) for value in values} - {type(value) for value in present}
        if odd:
            broken.append(f"column {j}: synthetic values of type {odd}")
        elif isinstance(present[0], str) and all(map(_spells_a_number, present)):
            continue  # an array of objects that is such text throughout is one of numbers
        elif isinstance(present[0], str | bool):
            unknown = set(values) - set(present)
            if unknown:
                broken.append(f"column {j}: new levels {sorted(map(str, unknown))[:3]}")
        elif between and isinstance(present[0], int | float):
            broken += _too_far(j, [float(v) for v in present], [float(v) for v in values])
    return broken


def _spells_a_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _too_far(j: int, present: list[float], values: list[float]) -> list[str]:
    low, high = min(present), max(present)
    room = FARTHEST * (high - low) if high > low else 1e-6 * abs(high)
    beyond = [value for value in values if not low - room <= value <= high + room]
    if beyond and np.isfinite(room):
        return [f"column {j}: synthetic values far outside [{low}, {high}]: {beyond[:3]}"]
    return []


# --- classifiers and the rest ---------------------------------------------------------------


def _classified(classifier: Any, table: RandomTable, seed: int) -> list[str]:
    y = table.y
    given = {} if table.weight is None else {"sample_weight": table.weight}
    classifier.fit(table.X, y, **given)
    broken = []
    predicted = np.asarray(classifier.predict(table.X))
    classes = classifier.classes_
    if set(labels_of(predicted)) - set(labels_of(classes)):
        broken.append("predict gives labels that are no classes")
    if hasattr(classifier, "predict_proba"):
        probabilities = classifier.predict_proba(table.X)
        if probabilities.shape != (len(table.codes), len(classes)):
            broken.append(f"predict_proba has shape {probabilities.shape}")
        elif not np.isfinite(probabilities).all():
            broken.append("predict_proba is not finite")
        elif (probabilities < 0).any() or np.abs(probabilities.sum(axis=1) - 1).max() > 1e-6:
            broken.append("predict_proba gives no probabilities")
        else:
            broken += _one_row(classifier, table, probabilities)
            broken += _other_container(classifier, table, probabilities, seed)
    return broken


def _one_row(classifier: Any, table: RandomTable, probabilities: np.ndarray) -> list[str]:
    """A row alone gets what it gets among others: nothing is learned at prediction."""
    row = len(table.codes) // 2
    alone = classifier.predict_proba(_rows(table.X, slice(row, row + 1)))
    if np.abs(alone[0] - probabilities[row]).max() > 1e-6:
        return [f"a row alone gets {alone[0]}, among others {probabilities[row]}"]
    return []


def _other_container(
    classifier: Any, table: RandomTable, probabilities: np.ndarray, seed: int
) -> list[str]:
    """A frame of another library that holds the same values gets the same probabilities."""
    exact = EXACT_IN_AN_ARRAY
    if type(classifier).__name__ in READS_LEVELS:
        exact = (*exact, *LEVELS)
    if table.container not in FRAMES or any(c.kind not in exact for c in table.columns):
        return []
    name = FRAMES[seed % len(FRAMES)]
    other = ANY_COLUMN[name](table.columns, np.random.RandomState(seed))
    difference = np.abs(classifier.predict_proba(other) - probabilities).max()
    return [f"the same table in {name} differs by {difference}"] if difference > 1e-6 else []


def _rows(X: Any, rows: slice) -> Any:
    if sparse.issparse(X):
        return X.tocsr()[rows]
    if hasattr(X, "iloc"):
        return X.iloc[rows]
    if hasattr(X, "slice"):  # polars and pyarrow
        return X.slice(rows.start, rows.stop - rows.start)
    return X[rows]


def _weighed_or_transformed(estimator: Any, table: RandomTable) -> None:
    given = {} if table.weight is None else {"sample_weight": table.weight}
    estimator.fit(table.X, table.y, **given)
    if hasattr(estimator, "transform"):
        estimator.transform(table.X)


def two_classes(case: Any) -> bool:
    tags = get_tags(case.estimator).classifier_tags
    return tags is not None and not tags.multi_class
