"""What is a label, and what is refused with the way out."""

import numpy as np
import pandas as pd
import polars as pl
import pytest
from loops import looped
from scipy import sparse

from imbalance_kit._tables.labels import read_labels
from imbalance_kit.compose import ResampledClassifier
from imbalance_kit.ensemble import UnderBaggingClassifier
from imbalance_kit.over_sampling import SMOTE
from imbalance_kit.under_sampling import TomekLinks

HALVES = np.repeat([0, 1], [12, 6])
ONE_HOT = np.eye(2, dtype=int)[HALVES]
NO_CLASS = ONE_HOT.copy()
NO_CLASS[3] = 0
TEXTS = np.array(["ok", "fraud"])[HALVES]

REFUSED = {
    "texts with NaN": ([*TEXTS[:-1].tolist(), float("nan")], "1 missing labels"),
    "texts with None": ([*TEXTS[:-1].tolist(), None], "1 missing labels"),
    "a tuple with NaN": ((*TEXTS[:-2].tolist(), np.nan, pd.NA), "2 missing labels"),
    "object ints": (HALVES.astype(object), r"objects of type int.*y\.astype\(int\)"),
    "object bools": (HALVES.astype(bool).astype(object), r"type bool.*y\.astype\(bool\)"),
    "object numpy ints": (np.array(list(HALVES), dtype=object), r"objects of type int"),
    "ints and texts": (np.array([0, 1, "0"] * 6, dtype=object), "texts beside values of type int"),
    "a Series of objects": (pd.Series(HALVES).astype(object), r"objects of type int"),
    "sparse one-hot": (sparse.csr_array(ONE_HOT), r"dense.*shape \(18, 2\).*toarray"),
    "a sparse column": (sparse.csc_matrix(HALVES[:, None]), r"dense.*toarray"),
}


@looped("name", REFUSED)
def test_what_is_no_label_is_refused_with_the_way_out(name):
    y, message = REFUSED[name]
    X = np.random.RandomState(0).normal(size=(18, 2))
    for fit in (
        lambda: SMOTE(k_neighbors=2).fit_resample(X, y),
        lambda: TomekLinks().fit_resample(X, y),
        lambda: ResampledClassifier(UnderBaggingClassifier()).fit(X, y),
        lambda: UnderBaggingClassifier(n_estimators=2).fit(X, y),
    ):
        with pytest.raises(ValueError, match=message):
            fit()


@looped("dtype", [int, float, bool])
def test_a_row_of_zeros_names_no_class(dtype):
    X = np.random.RandomState(0).normal(size=(18, 2))
    for y in (NO_CLASS.astype(dtype), pd.DataFrame(NO_CLASS.astype(dtype), columns=["a", "b"])):
        with pytest.raises(ValueError, match=r"1 rows without any, the first of them row 3"):
            SMOTE(k_neighbors=2).fit_resample(X, y)
    y_new = SMOTE(k_neighbors=2).fit_resample(X, ONE_HOT.astype(dtype))[1]
    assert y_new.sum(axis=0).tolist() == [12, 12]


@looped(
    "y",
    [
        HALVES,
        HALVES.tolist(),
        TEXTS,
        TEXTS.tolist(),
        TEXTS.astype(object),
        HALVES.astype(bool),
        HALVES.astype(float),
        pd.Series(TEXTS),
        pd.Series(TEXTS, dtype="category"),
        pd.Series(HALVES, dtype="Int64"),
        pd.Series(HALVES.astype(bool), dtype="boolean"),
        pl.Series(TEXTS.tolist()),
        pl.Series(HALVES.tolist()),
        ["nan" if label else "ok" for label in HALVES],
    ],
)
def test_labels_of_every_container(y):
    assert len(read_labels(y)) == 18
    X = np.random.RandomState(0).normal(size=(18, 2))
    assert len(SMOTE(k_neighbors=2).fit_resample(X, y)[1]) == 24
