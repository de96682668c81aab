"""Parts of a table that are far from each other are searched apart, with the same result."""

import numpy as np
import pytest
from loops import looped

from _neighbors.hard_tables import HARD
from imbalance_kit._neighbors.distinct import compiled
from imbalance_kit._neighbors.far_clusters import Division, by_parts, find_division
from imbalance_kit._neighbors.plain import by_sorting
from imbalance_kit._tables.points import Mixed, as_table

FAR = ("two far clusters", "ten far clusters", "a far cluster of few rows")


def table_of(kind, shape=(600, 5)):
    return as_table(np.float64(HARD[kind](np.random.default_rng(0), shape)))


def measured(table, queries, excluded):
    return by_sorting(table, queries, excluded, 4, 1)


def fails(table, queries, excluded):
    raise AssertionError("this search was not to be needed")


def check(found, expected):
    np.testing.assert_array_equal(found[1], expected[1])
    np.testing.assert_array_equal(found[0], expected[0])


@looped("kind", HARD)
def test_where_tables_fall_apart(kind):
    table = table_of(kind)
    division = find_division(table, len(table))
    if kind in FAR:
        above = table.numbers[:, division.column] > division.middle
        assert 4 < above.sum() < len(table) - 4
    elif not kind.startswith("clusters"):
        assert division is None


def test_a_short_search_or_missing_values_are_left_alone():
    table = table_of("two far clusters")
    assert find_division(table, 30) is None
    table.numbers[3, 2] = np.nan
    assert find_division(as_table(table.numbers.copy()), 600) is None
    assert find_division(as_table(np.empty((600, 0))), 600) is None


@looped("kind", [*FAR, "clusters at many scales", "each row twice", "plain"])
def test_the_search_by_parts(kind):
    """Rows of the table, and queries that are none."""
    table = table_of(kind)
    everyone = np.arange(600)
    check(compiled(table, table, everyone, 4, 1), measured(table, table, everyone))
    queries = as_table(table.numbers[::2] * (1.0 + 1e-9))
    no_row = np.full(300, -1)
    check(compiled(table, queries, no_row, 4, 1), measured(table, queries, no_row))
    some = np.arange(0, 600, 2)
    check(compiled(table, table[some], some, 4, 1), measured(table, table[some], some))


@pytest.mark.parametrize("middle", [-1.0, 0.0, 0.7])
def test_any_division_gives_the_same_result(middle):
    """Also one that goes through the midst of the rows, by what a second search finds."""
    rng = np.random.default_rng(1)
    codes = rng.integers(0, 3, size=(300, 1)).astype(np.int32)
    table = Mixed(np.round(rng.normal(size=(300, 2)), 1), codes, np.array([0.5]))
    everyone = np.arange(300)
    found = by_parts(table, table, everyone, 4, Division(1, middle), measured, measured)
    check(found, measured(table, table, everyone))


def test_far_parts_need_no_second_search():
    table = table_of("two far clusters")
    everyone = np.arange(600)
    division = find_division(table, 600)
    found = by_parts(table, table, everyone, 4, division, measured, fails)
    check(found, measured(table, table, everyone))


def test_parts_of_too_few_rows():
    table = as_table(np.append(np.arange(50.0), [1e9, 2e9, 3e9, 4e9])[:, None])
    assert by_parts(table, table, np.arange(54), 4, Division(0, 1e6), fails, fails) is None
