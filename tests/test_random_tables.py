"""Random tables through every public estimator: `benchmarks/fuzz.py` for a minute."""

import numpy as np
import pytest
from estimators import CASES, FIRST
from promises import try_estimator, two_classes
from random_tables import ANY_COLUMN, NATURE, NUMBERS_ALONE, draw_table

TABLES = 150
CASES_A_TABLE = 12


def finds(seeds, cases, n_cases):
    """What breaks, with the seed that `benchmarks/fuzz.py --trials 1 --seed` takes."""
    found = []
    for seed in seeds:
        table = draw_table(np.random.RandomState(seed))
        for k in np.random.RandomState(seed + 1).permutation(len(cases))[:n_cases]:
            if two_classes(cases[k]) and table.codes.max() > 1:
                continue
            found += [
                f"seed {seed}: {cases[k].name}: {sentence}\n  {table.description}"
                for sentence in try_estimator(cases[k], table, seed)
            ]
    return found


def test_a_few_random_tables_break_no_promise():
    found = finds(range(12), FIRST, 4)
    assert not found, "\n".join(found)


@pytest.mark.exhaustive
def test_random_tables_break_no_promise():
    found = finds(range(10_000, 10_000 + TABLES), CASES, CASES_A_TABLE)
    assert not found, "\n".join(found)


def test_every_container_and_kind_of_column_is_drawn():
    tables = [draw_table(np.random.RandomState(seed)) for seed in range(400)]
    assert {table.container for table in tables} == {*ANY_COLUMN, *NUMBERS_ALONE, "text"}
    assert {column.kind for table in tables for column in table.columns} == set(NATURE)
    assert {table.weight is None for table in tables} == {True, False}
