"""Tables that are read in parts: the fit is that of the same table in memory."""

import shutil
import tempfile
from collections import Counter
from contextlib import contextmanager
from pathlib import Path

import dask.array as da
import dask.dataframe as dd
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from lightgbm import LGBMClassifier
from loops import looped
from sklearn.linear_model import LogisticRegression
from sklearn.tree import DecisionTreeClassifier
from tables import unbalanced

from imbalance_kit.ensemble import (
    BalanceCascadeClassifier,
    OverBaggingClassifier,
    SelfPacedEnsembleClassifier,
    UnderBaggingClassifier,
)
from imbalance_kit.ensemble._larger_than_memory.mapped import MappedTable
from imbalance_kit.ensemble._larger_than_memory.opening import is_dask
from imbalance_kit.ensemble._larger_than_memory.parquet import ParquetTable
from imbalance_kit.ensemble._larger_than_memory.partitions import PartitionedTable
from imbalance_kit.ensemble._larger_than_memory.stored_table import StoredTable

ENSEMBLES = [BalanceCascadeClassifier, SelfPacedEnsembleClassifier, UnderBaggingClassifier]
NAMES = list("abcd")


@pytest.fixture
def table():
    X, y = unbalanced([400, 30])
    return X.astype(np.float32), y


@pytest.fixture
def frame(table):
    X, y = table
    return pd.DataFrame(X, columns=NAMES).assign(label=y, weight=1.0 + np.arange(len(y)) % 3)


def mapped(X, folder, order="C"):
    memmap = np.memmap(folder / "table", dtype=X.dtype, mode="w+", shape=X.shape, order=order)
    memmap[:] = X
    memmap.flush()
    return np.memmap(folder / "table", dtype=X.dtype, mode="r", shape=X.shape, order=order)


def one_file(frame, folder):
    path = folder / "table.parquet"
    frame.to_parquet(path, row_group_size=70, index=False)
    return path


def a_folder(frame, folder):
    """Four files in two folders, named so that the order of their paths is that of the rows."""
    parts = folder / "parts"
    files = ["0/part-0", "0/part-2", "1/part-1", "1/part-3"]
    for rows, file in zip(np.array_split(np.arange(len(frame)), 4), files, strict=True):
        path = parts / f"{file}.parquet"
        path.parent.mkdir(parents=True, exist_ok=True)
        frame.iloc[rows].to_parquet(path, row_group_size=50, index=False)
    return parts


def small(ensemble, **parameters):
    return ensemble(**{"n_estimators": 4, "random_state": 0, **parameters})


def assert_same_model(one, other):
    assert one.sampling_strategy_ == other.sampling_strategy_
    for rows, again in zip(one.estimators_samples_, other.estimators_samples_, strict=True):
        np.testing.assert_array_equal(rows, again)
    np.testing.assert_array_equal(one.prior_, other.prior_)
    np.testing.assert_array_equal(one.resampled_prior_, other.resampled_prior_)


SETTINGS = [
    {},
    {"pool_size": 60},
    {"pool_size": None},
    {"pool_size": 60, "n_iter_no_change": 3, "validation_fraction": 0.3},
    {"estimator": LGBMClassifier(n_estimators=3, min_child_samples=5, verbose=-1, n_jobs=1)},
    {"estimator": LogisticRegression(), "pool_size": 60, "recalibrate": True},
]


# --- the same fit ----------------------------------------------------------------------------


@pytest.mark.parametrize("parameters", SETTINGS, ids=lambda found: ", ".join(found) or "default")
@pytest.mark.parametrize("ensemble", ENSEMBLES)
def test_a_stored_table_gives_the_model_of_a_table_in_memory(
    ensemble, parameters, table, frame, tmp_path
):
    X, y = table
    expected = small(ensemble, **parameters).fit(X, y)
    proba = expected.predict_proba(X)
    path, folder = (store(frame.drop(columns="weight"), tmp_path) for store in (one_file, a_folder))
    for stored, labels in ((mapped(X, tmp_path), y), (path, "label"), (str(folder), "label")):
        model = small(ensemble, **parameters).fit(stored, labels)
        assert_same_model(model, expected)
        np.testing.assert_array_equal(model.predict_proba(stored), proba)
        np.testing.assert_array_equal(model.predict(stored), expected.predict(X))
        if "n_iter_no_change" in parameters:
            assert model.validation_scores_ == expected.validation_scores_


@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("dtype", [np.float64, np.int16])
def test_mapped_arrays_of_any_order_and_type(order, dtype, table, tmp_path):
    X, y = table
    X = (10 * X).astype(dtype)
    model = small(SelfPacedEnsembleClassifier, pool_size=60).fit(mapped(X, tmp_path, order), y)
    assert_same_model(model, small(SelfPacedEnsembleClassifier, pool_size=60).fit(X, y))


@pytest.mark.parametrize("ensemble", ENSEMBLES)
def test_a_dask_collection_that_is_gathered(ensemble, table, frame):
    """With a number of rows as the pool, these are gathered and the fit goes on in memory."""
    X, y = table
    expected = small(ensemble, pool_size=60).fit(X, y)
    features = dd.from_pandas(frame, npartitions=5)
    for stored, labels in (
        (da.from_array(X, chunks=(90, 2)), da.from_array(y, chunks=90)),
        (features[[*NAMES, "label"]], "label"),
        (features[NAMES], features["label"]),
        (features[NAMES], y),
        (features[NAMES].values, y),  # an array that does not know the lengths of its chunks
    ):
        model = small(ensemble, pool_size=60).fit(stored, labels)
        assert_same_model(model, expected)
        np.testing.assert_array_equal(model.predict_proba(stored), expected.predict_proba(X))


def test_weights_by_array_and_by_name(table, frame, tmp_path):
    X, y = table
    weight = frame["weight"].to_numpy()
    expected = small(SelfPacedEnsembleClassifier, pool_size=60).fit(X, y, sample_weight=weight)
    path = one_file(frame, tmp_path)
    for stored, labels, given in (
        (mapped(X, tmp_path), y, weight),
        (path, "label", "weight"),
        (dd.from_pandas(frame, npartitions=3), "label", "weight"),
    ):
        model = small(SelfPacedEnsembleClassifier, pool_size=60)
        model.fit(stored, labels, sample_weight=given)
        assert_same_model(model, expected)
        np.testing.assert_array_equal(model.predict_proba(stored), expected.predict_proba(X))
        assert model.n_features_in_ == 4


def test_warm_start_goes_on_from_a_file(table, frame, tmp_path):
    X, y = table
    path = one_file(frame.drop(columns="weight"), tmp_path)
    models = []
    for stored, labels in ((X, y), (path, "label")):
        model = small(BalanceCascadeClassifier, n_estimators=2, pool_size=60, warm_start=True)
        models.append(model.fit(stored, labels).set_params(n_estimators=5).fit(stored, labels))
    assert len(models[1].estimators_) == 5
    assert_same_model(*models)


@pytest.mark.parametrize("kind", ["text", "category", "dictionary"])
def test_texts_are_the_same_categories_everywhere(kind, table, tmp_path):
    """LightGBM learns the same from categories in a file as from those in a pandas frame. Each
    row group holds only some of the values."""
    X, y = table
    rng = np.random.RandomState(0)
    words = np.where(y == 1, rng.choice(["b", "c"], len(y)), rng.choice(["a", "c"], len(y)))
    words = words.astype(object)
    words[::17] = None
    words[-40:] = "z"
    frame = pd.DataFrame(X, columns=NAMES).assign(
        word=pd.Categorical(words), flag=X[:, 0] > 0, count=np.arange(len(y))
    )
    path = tmp_path / "table.parquet"
    stored = pa.Table.from_pandas(frame if kind == "category" else frame.assign(word=words))
    if kind == "dictionary":
        column = stored.column("word").dictionary_encode()
        stored = stored.set_column(4, "word", column)
    pq.write_table(stored, path, row_group_size=40)
    learner = LGBMClassifier(n_estimators=5, min_child_samples=5, min_data_per_group=5, verbose=-1)
    parameters = {"estimator": learner.set_params(n_jobs=1), "pool_size": 200}
    if kind == "dictionary":  # in order of appearance
        frame["word"] = frame["word"].cat.set_categories(pd.unique(pd.Series(words).dropna()))
    expected = small(SelfPacedEnsembleClassifier, **parameters).fit(frame, y)
    model = small(SelfPacedEnsembleClassifier, **parameters).fit(path, y)
    assert_same_model(model, expected)
    np.testing.assert_array_equal(model.predict_proba(path), expected.predict_proba(frame))
    reader = ParquetTable(path, ())
    categories = {tuple(block["word"].cat.categories) for block in reader.blocks()}
    assert categories == {tuple(frame["word"].cat.categories)}
    taken = reader.take(np.array([429, 3, 3, 0]))
    assert taken["word"].astype(object).tolist()[0] == "z"
    np.testing.assert_array_equal(taken["count"], [429, 3, 3, 0])
    as_dask = dd.from_pandas(frame.assign(word=frame["word"].astype(object)), npartitions=5)
    again = small(SelfPacedEnsembleClassifier, **parameters).fit(as_dask, y)
    assert again.predict_proba(as_dask).shape == (len(y), 2)


def test_text_labels(table, frame, tmp_path):
    X, y = table
    words = np.where(y == 1, "rare", "common")
    expected = small(UnderBaggingClassifier, pool_size=60).fit(X, words)
    for kind in (object, "category"):
        path = one_file(frame[NAMES].assign(label=pd.Series(words).astype(kind)), tmp_path)
        model = small(UnderBaggingClassifier, pool_size=60).fit(path, "label")
        assert model.classes_.tolist() == ["common", "rare"]
        assert_same_model(model, expected)
        assert set(model.predict(path)) <= {"common", "rare"}


# --- rows by number --------------------------------------------------------------------------


def readers(frame, folder):
    numbers = frame[NAMES]
    X = numbers.to_numpy()
    yield MappedTable(mapped(X, folder))
    yield ParquetTable(one_file(numbers, folder), ())
    yield ParquetTable(a_folder(numbers, folder), ())
    yield PartitionedTable(dd.from_pandas(numbers, npartitions=7), (), stays=False)
    yield PartitionedTable(da.from_array(X, chunks=(99, 3)), (), stays=False)


@pytest.mark.parametrize(
    "rows",
    [
        np.arange(430),
        np.array([], dtype=int),
        np.array([429]),
        np.array([0, 69, 70, 429]),
        np.array([300, 5, 5, 429, 0, 300]),
        np.random.RandomState(0).choice(430, 200),
    ],
    ids=["all", "none", "last", "edges", "mixed", "many"],
)
def test_take_is_indexing(rows, frame, tmp_path):
    X = frame[NAMES].to_numpy()
    for reader in readers(frame, tmp_path):
        taken = reader.take(rows)
        assert taken.dtype == np.float32
        np.testing.assert_array_equal(taken, X[rows])


def test_blocks_are_the_table(frame, tmp_path, monkeypatch):
    monkeypatch.setattr("imbalance_kit.ensemble._larger_than_memory.stored_table._BLOCK", 700)
    for reader in readers(frame, tmp_path):
        blocks = list(reader.blocks())
        assert len(blocks) > 1
        np.testing.assert_array_equal(np.concatenate(blocks), frame[NAMES].to_numpy())
        assert isinstance(reader, StoredTable)
        assert reader.shape == (430, 4)


def test_what_is_not_wanted_is_not_read(frame, tmp_path, monkeypatch):
    """Row groups are of 70 rows; two of them hold the rows asked for."""
    reader = ParquetTable(one_file(frame[NAMES], tmp_path), ())
    asked = []
    iter_batches = pq.ParquetFile.iter_batches

    def listen(self, *, row_groups, **how):
        asked.extend(row_groups)
        return iter_batches(self, row_groups=row_groups, **how)

    monkeypatch.setattr(pq.ParquetFile, "iter_batches", listen)
    reader.take(np.array([0, 5, 300]))
    assert asked == [0, 4]


@looped("ensemble", ENSEMBLES)
@looped("stored", [one_file, a_folder])
def test_every_column_is_read_once_for_what_it_is_needed_for(ensemble, stored):
    """Labels, weights and features once; texts once for their levels and once as features."""
    X, y = unbalanced([400, 30])
    frame = pd.DataFrame(X, columns=NAMES).assign(
        label=y, weight=1.0 + np.arange(len(y)) % 3, word=np.array(["a", "b"])[y]
    )
    with tempfile.TemporaryDirectory() as folder:
        path = stored(frame, Path(folder))
        for given in (frame.columns[:-1], frame.columns):
            shutil.rmtree(path) if path.is_dir() else path.unlink()
            path = stored(frame[list(given)], Path(folder))
            learner = LGBMClassifier(n_estimators=2, verbose=-1, n_jobs=1)
            with counted_reads() as reads:
                small(ensemble, estimator=learner, pool_size=60).fit(
                    path, "label", sample_weight="weight"
                )
            wanted = dict.fromkeys([*NAMES, "label", "weight"], 1)
            assert {name for _, _, name in reads} == {*wanted, *given}
            for (_, _, name), times in reads.items():
                # a row group without a row in play is read for its levels alone
                assert times == wanted[name] if name in wanted else times <= 2, name


@contextmanager
def counted_reads():
    """How often each column of each row group of each file is read."""
    reads, files = Counter(), {}
    plain, opened = pq.ParquetFile.iter_batches, pq.ParquetFile.__init__

    def remember(self, source, *args, **how):
        files[id(self)] = source
        opened(self, source, *args, **how)

    def count(self, *args, row_groups, columns, **how):
        reads.update((files[id(self)], group, name) for group in row_groups for name in columns)
        return plain(self, *args, row_groups=row_groups, columns=columns, **how)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pq.ParquetFile, "__init__", remember)
        patch.setattr(pq.ParquetFile, "iter_batches", count)
        yield reads


def test_numbers_become_the_smallest_floats_that_hold_them(tmp_path):
    small_ones = {"a": np.int16, "b": bool, "c": np.float32, "d": np.uint8}
    frame = pd.DataFrame({name: np.arange(3).astype(kind) for name, kind in small_ones.items()})
    assert ParquetTable(one_file(frame, tmp_path), ()).take(np.arange(3)).dtype == np.float32
    for kind in (np.int32, np.float64, "Int64", pd.ArrowDtype(pa.decimal128(30, 2))):
        path = one_file(frame.assign(e=pd.Series([1, 2, 3]).astype(kind)), tmp_path)
        taken = ParquetTable(path, ()).take(np.arange(3))
        assert taken.dtype == np.float64
        np.testing.assert_array_equal(taken[:, 4], [1, 2, 3])


def test_missing_numbers_are_nan(tmp_path):
    frame = pd.DataFrame({"a": [1.0, np.nan, 3], "b": pd.array([None, 2, 3], dtype="Int16")})
    taken = ParquetTable(one_file(frame, tmp_path), ()).take(np.arange(3))
    np.testing.assert_array_equal(taken, [[1, np.nan], [np.nan, 2], [3, 3]])


# --- what is set, what is refused ------------------------------------------------------------


def test_names_and_numbers_of_columns(frame, tmp_path):
    path = one_file(frame.drop(columns="weight"), tmp_path)
    model = small(SelfPacedEnsembleClassifier).fit(path, "label")
    assert model.feature_names_in_.tolist() == NAMES
    assert model.n_features_in_ == 4
    expected = model.predict_proba(path)
    np.testing.assert_array_equal(model.predict_proba(frame[NAMES]), expected)
    np.testing.assert_array_equal(model.predict_proba(dd.from_pandas(frame[NAMES])), expected)
    renamed = frame[NAMES].rename(columns={"a": "z"})
    for wrong in (renamed, frame[NAMES[:3]], frame[[*NAMES, "weight"]]):
        (tmp_path / "other").mkdir(exist_ok=True)
        with pytest.raises(ValueError, match="feature names"):
            model.predict(one_file(wrong, tmp_path / "other"))
    with pytest.raises(ValueError, match="features"):
        small(SelfPacedEnsembleClassifier).fit(frame[NAMES].to_numpy(), frame["label"]).predict(
            mapped(frame[NAMES[:3]].to_numpy(), tmp_path)
        )


def test_a_model_of_a_frame_reads_files_and_back(frame, tmp_path, recwarn):
    """Learners that were trained on a frame are asked with frames, those on arrays with arrays."""
    path = one_file(frame[NAMES], tmp_path)
    for learner in (DecisionTreeClassifier(max_depth=3), LogisticRegression()):
        on_frame = small(SelfPacedEnsembleClassifier, estimator=learner)
        on_frame.fit(frame[NAMES], frame["label"])
        np.testing.assert_allclose(
            on_frame.predict_proba(path), on_frame.predict_proba(frame[NAMES]), rtol=1e-6
        )
        on_file = small(SelfPacedEnsembleClassifier, estimator=learner).fit(path, frame["label"])
        np.testing.assert_allclose(
            on_file.predict_proba(frame[NAMES]), on_file.predict_proba(path), rtol=1e-6
        )
    assert not [str(warning.message) for warning in recwarn if "feature names" in str(warning)]


def test_other_ensembles_say_who_reads_files(frame, table, tmp_path):
    path = one_file(frame, tmp_path)
    for stored in (path, str(path), dd.from_pandas(frame), da.from_array(table[0])):
        with pytest.raises(ValueError, match=r"OverBaggingClassifier needs.*SelfPacedEnsemble"):
            small(OverBaggingClassifier).fit(stored, table[1])
    X, y = table  # a mapped array is an array, as in every other estimator
    model = small(OverBaggingClassifier).fit(mapped(X, tmp_path), y)
    with pytest.raises(ValueError, match="needs a table in memory"):
        model.predict(path)


@pytest.mark.parametrize("ensemble", ENSEMBLES)
def test_wrong_tables(ensemble, frame, tmp_path):
    model = small(ensemble)
    with pytest.raises(FileNotFoundError, match=r"no .*nowhere"):
        model.fit(tmp_path / "nowhere", "label")
    (tmp_path / "empty").mkdir()
    with pytest.raises(ValueError, match=r"no file named \*.parquet"):
        model.fit(tmp_path / "empty", "label")
    path = one_file(frame, tmp_path)
    with pytest.raises(ValueError, match=r"no column 'price'; its columns are \['a', 'b'"):
        model.fit(path, "price")
    with pytest.raises(ValueError, match=r"no column 'price'"):
        model.fit(dd.from_pandas(frame), "price")
    with pytest.raises(ValueError, match="names a column, but X is an array"):
        model.fit(mapped(frame[NAMES].to_numpy(), tmp_path), "label")
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        model.fit(path, np.zeros(7))
    with pytest.raises(ValueError, match="requires y"):
        model.fit(path, None)
    one_file(frame.head(0), tmp_path)
    with pytest.raises(ValueError, match="holds 0 rows"):
        model.fit(path, "label")
    one_file(frame.assign(day=pd.Timestamp("2026-01-01")), tmp_path)
    with pytest.raises(ValueError, match=r"Column 'day' is of type timestamp"):
        model.fit(path, "label")
    one_file(frame.assign(label=[None, *frame["label"][1:]]), tmp_path)
    with pytest.raises(ValueError, match="1 missing label"):
        model.fit(path, "label")


def test_folders_that_do_not_fit_together(frame, tmp_path):
    folder = a_folder(frame, tmp_path)
    one_file(frame.drop(columns="a"), folder)
    with pytest.raises(ValueError, match=r"The columns of table.parquet are not those of"):
        small(UnderBaggingClassifier).fit(folder, "label")
    by_column = tmp_path / "by column"
    frame.to_parquet(by_column, partition_cols=["label"])
    with pytest.raises(ValueError, match="in the names of folders only"):
        small(UnderBaggingClassifier).fit(by_column, frame["label"])


def test_stages_need_memory(frame, tmp_path):
    path = one_file(frame.drop(columns="weight"), tmp_path)
    model = small(SelfPacedEnsembleClassifier).fit(path, "label")
    with pytest.raises(ValueError, match="need a table in memory"):
        model.staged_predict_proba(path)


def test_dask_is_told_from_others(table):
    X, y = table
    assert is_dask(da.from_array(X))
    assert is_dask(dd.from_pandas(pd.DataFrame(X)))
    assert not any(map(is_dask, (X, y, "dask", None, pd.DataFrame(X))))
