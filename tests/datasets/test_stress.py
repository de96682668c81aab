"""Harder variants: what the records promise, the tables have; draws are nested and fixed."""

import hashlib
import itertools
from collections import Counter
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from imbalance_kit.datasets import load_folder, load_suite, stressed
from imbalance_kit.datasets._corruption import quotient_of, share_of, smallest_class
from imbalance_kit.datasets._dataset import facts_of

EMBEDDED = {record.name: record for record in load_suite("embedded")}
# two classes, two with gaps, seven with nominal columns, five with 28 rows in the smallest
PARENTS = [EMBEDDED[name] for name in ("german", "hepatitis", "car", "page-blocks", "fertility")]
VARIANTS = stressed(PARENTS)


def name_of(record):
    return record.name


def variants_of(name):
    return {record.stress: record for record in VARIANTS if record.parent == name}


@pytest.mark.parametrize("record", VARIANTS, ids=name_of)
def test_tables_are_of_the_sizes_that_their_records_state(record):
    X, y = record.load()
    sizes = facts_of(X, y)
    if record.stress.startswith("imbalance") and EMBEDDED[record.parent].n_missing:
        found, stated = sizes.pop("n_missing"), record.n_missing
        assert abs(found - stated) <= 0.2 * stated  # an estimate, where rows with gaps are drawn
    assert sizes == {name: getattr(record, name) for name in sizes}
    assert X.index.equals(pd.RangeIndex(record.n_rows))
    assert y.index.equals(X.index)
    observed = record.observed(y)
    assert observed.index.equals(y.index)
    assert observed.value_counts().min() >= 8
    parent = EMBEDDED[record.parent]
    assert (record.source, record.role) == (parent.source, parent.role)


def test_names_and_parents():
    german = variants_of("german")
    assert german["noise 20"].name == "german, noise 20"
    assert sorted(german) == [
        *(f"imbalance {times}" for times in (2, 3, 5)),
        *(f"missing {percent}" for percent in (10, 20, 30)),
        *(f"noise {percent}" for percent in (10, 20, 30)),
    ]
    assert EMBEDDED["german"].parent == "german"
    names = [record.name for record in VARIANTS]
    assert names == sorted(set(names))


def test_noise_turns_labels_of_the_smallest_class_only():
    _, y = EMBEDDED["car"].load()
    rare = smallest_class(y)
    n_rare = int((y == rare).sum())
    for percent in (10, 20, 30):
        record = variants_of("car")[f"noise {percent}"]
        X, loaded = record.load()
        pd.testing.assert_series_equal(loaded, y)  # the true ones
        pd.testing.assert_frame_equal(X, EMBEDDED["car"].load()[0])
        turned = record.observed(y) != y
        assert set(y[turned]) == {rare}
        assert turned.sum() == share_of(n_rare, percent)
        assert set(record.observed(y)) <= set(y)


def test_noise_draws_other_classes_by_their_share():
    """30 % of 4000 labels, to classes of 6 : 3 : 1; a share is off by 5 sd once in 1e6."""
    y = pd.Series(np.repeat(["a", "b", "c", "rare"], [60_000, 30_000, 10_000, 4_000]))
    record = replace(variants_of("german")["noise 30"], n_rows=0)
    noisy = record.observed(y)
    counts = Counter(noisy[noisy != y])
    assert sum(counts.values()) == 1200
    for label, share in {"a": 0.6, "b": 0.3, "c": 0.1}.items():
        assert abs(counts[label] / 1200 - share) <= 5 * np.sqrt(share * (1 - share) / 1200)


def test_amounts_are_nested():
    variants = variants_of("hepatitis")
    _, y = EMBEDDED["hepatitis"].load()
    noisy = [variants[f"noise {percent}"].observed(y) for percent in (10, 20, 30)]
    for less, more in itertools.pairwise(noisy):
        turned = less != y
        assert (less[turned] == more[turned]).all()
    gaps = [variants[f"missing {p}"].load()[0].isna().to_numpy() for p in (10, 20, 30)]
    gaps.insert(0, EMBEDDED["hepatitis"].load()[0].isna().to_numpy())
    for less, more in itertools.pairwise(gaps):
        assert (more | ~less).all()
    rows = [
        set(variants_of("german")[f"imbalance {times}"].load()[0].itertuples(index=False))
        for times in (5, 3, 2)
    ]
    assert rows[0] < rows[1] < rows[2] < set(EMBEDDED["german"].load()[0].itertuples(index=False))


def test_missing_cells_are_spread_over_all_columns_and_the_others_are_kept():
    before, y = EMBEDDED["german"].load()
    after, y_after = variants_of("german")["missing 20"].load()
    pd.testing.assert_series_equal(y, y_after)
    shares = after.isna().mean()
    # hypergeometric, 1000 of 20,000 cells in a column: sd .0126 at most; 20 columns, 6 sd
    assert (shares - 0.2).abs().max() < 6 * 0.0127
    assert after.columns.equals(before.columns)
    for column in before:
        seen = after[column].notna()
        assert (after[column][seen] == before[column][seen]).all()
    assert (after.dtypes == "category").equals(before.dtypes == "category")


def test_imbalance_keeps_all_rows_of_the_other_classes_in_order():
    _, before = EMBEDDED["page-blocks"].load()
    rare = smallest_class(before)
    for times in (2, 3):
        record = variants_of("page-blocks")[f"imbalance {times}"]
        _, after = record.load()
        assert after[after != rare].tolist() == before[before != rare].tolist()
        assert (after == rare).sum() == round((before == rare).sum() / times + 1e-9)
    assert "imbalance 5" not in variants_of("page-blocks")  # 28 rows: six would be left


def test_small_classes_leave_variants_out():
    """Fertility has 12 rows in its smallest class."""
    assert EMBEDDED["fertility"].n_smallest == 12
    assert sorted(variants_of("fertility")) == [
        *(f"missing {percent}" for percent in (10, 20, 30)),
        *(f"noise {percent}" for percent in (10, 20, 30)),
    ]


@pytest.mark.parametrize(
    ("count", "percent", "share"), [(60, 10, 6), (5, 10, 1), (4, 10, 0), (15, 30, 5), (14, 30, 4)]
)
def test_shares_are_rounded_half_up(count, percent, share):
    assert share_of(count, percent) == share


@pytest.mark.parametrize(
    ("count", "divisor", "quotient"), [(9, 3, 3), (10, 3, 3), (11, 3, 4), (5, 2, 3), (12, 5, 2)]
)
def test_quotients_are_rounded_half_up(count, divisor, quotient):
    assert quotient_of(count, divisor) == quotient


def test_the_smallest_of_equal_classes_is_the_first():
    assert smallest_class(pd.Series(["b", "a", "c", "c"])) == "a"


@pytest.mark.parametrize("kind", ["noise", "missing", "imbalance"])
def test_draws_follow_from_the_name_and_the_kind_alone(kind):
    X, y = EMBEDDED["german"].load()
    seed = int(hashlib.blake2b(f"{kind}|german".encode(), digest_size=4).hexdigest(), 16)
    rng = np.random.RandomState(seed)
    rare = np.flatnonzero(y == "2")
    variants = variants_of("german")
    if kind == "noise":
        turned = variants["noise 20"].observed(y) != y
        assert set(np.flatnonzero(turned)) == set(rng.permutation(rare)[:60])
    elif kind == "missing":
        gaps = variants["missing 20"].load()[0].isna().to_numpy()
        assert set(np.flatnonzero(gaps)) == set(rng.permutation(X.size)[:4000])
    else:
        removed = rng.permutation(rare)[100:]
        left = X.drop(index=removed).reset_index(drop=True)
        pd.testing.assert_frame_equal(variants["imbalance 3"].load()[0], left)


def test_stress_is_made_from_lite_unless_another_suite_is_named():
    assert {record.parent for record in load_suite("stress")} == {
        record.name for record in load_suite("lite")
    }
    assert len(load_suite("stress:embedded")) > len(load_suite("stress"))
    assert {record.suite for record in stressed(load_suite("climb"))} == {"stress:climb"}


def test_a_folder_of_the_user_can_be_stressed(tmp_path):
    table = pd.DataFrame({"a": range(60), "b": [None, 1.0] * 30, "y": ["n"] * 40 + ["p"] * 20})
    table.to_csv(tmp_path / "t.csv", index=False)
    for record in stressed(load_folder(tmp_path)):
        X, y = record.load()
        assert (len(X), y.value_counts().min()) == (record.n_rows, record.n_smallest)
        assert record.suite == "stress"


def test_variants_are_not_stressed_again():
    with pytest.raises(ValueError, match="'german, noise 10' is a stressed variant already; give"):
        stressed([variants_of("german")["noise 10"]])


def test_noise_needs_all_labels():
    record = variants_of("german")["noise 10"]
    _, y = record.load()
    with pytest.raises(ValueError, match="labels of all 1000 rows, got 700"):
        record.observed(y[:700])
    assert EMBEDDED["german"].observed(y) is y


@pytest.mark.parametrize("stress", ["heat 20", "noise", "noise much"])
def test_unknown_stress(stress):
    with pytest.raises(ValueError, match=r"stress must be empty or a kind and an amount"):
        replace(EMBEDDED["german"], stress=stress).load()
