"""What comes out of a sampler, made of the records; and where its rows come from."""

import numpy as np
import pandas as pd
import pytest
from tables import as_numbers, cells, dtypes_of, unbalanced

from imbalance_kit._sampling.records import Opened, Provenance, Resampled, assemble
from imbalance_kit._sampling.targets import Classes
from imbalance_kit._tables.containers import nominal_positions, open_table
from imbalance_kit._tables.points import Mixed


def opened_of(X, y, categorical_features="auto", weight=None):
    table = open_table(X)
    kinds = table.kinds(categorical_features)
    points = table.points(nominal_positions(kinds))
    return Opened(table, points, kinds, Classes.read(y), weight)


def test_a_selection_on_every_container(container):
    X, y = unbalanced([12, 5])
    opened = opened_of(container.make(X), y)
    new, y_new = assemble(opened, Resampled.selection(np.array([3, 3, 0])), reset_index=False)
    assert isinstance(new, container.comes_back_as)
    np.testing.assert_allclose(as_numbers(new), X[[3, 3, 0]], rtol=1e-6)
    np.testing.assert_array_equal(y_new, y[[3, 3, 0]])


def test_synthetic_rows_behind_originals_on_every_container(container):
    X, y = unbalanced([12, 5])
    opened = opened_of(container.make(X), y)
    rows = np.append(np.arange(17), [4, 9])
    resampled = Resampled(rows, np.arange(19) >= 17, opened.points[[4, 9]] * 2)
    new, y_new = assemble(opened, resampled, reset_index=True)
    assert isinstance(new, container.comes_back_as)
    np.testing.assert_allclose(as_numbers(new), np.vstack([X, X[[4, 9]] * 2]), rtol=1e-6)
    np.testing.assert_array_equal(y_new, y[rows])


def test_synthetic_rows_between_originals_on_every_container(container):
    X, y = unbalanced([12, 5])
    opened = opened_of(container.make(X), y)
    resampled = Resampled(
        np.array([8, 4, 0]), np.array([False, True, False]), opened.points[[4]] * 2
    )
    new, y_new = assemble(opened, resampled, reset_index=True)
    assert isinstance(new, container.comes_back_as)
    np.testing.assert_allclose(as_numbers(new), [X[8], 2 * X[4], X[0]], rtol=1e-6)
    np.testing.assert_array_equal(y_new, y[[8, 4, 0]])


def test_levels_and_dtypes_on_every_mixed_table(mixed):
    X, y = mixed
    opened = opened_of(X, y)
    points = opened.points
    assert isinstance(points, Mixed)
    resampled = Resampled(np.array([7, 2]), np.array([True, False]), points[np.array([7])])
    new, _ = assemble(opened, resampled, reset_index=True)
    assert dtypes_of(new) == dtypes_of(X)
    for name in dtypes_of(X):
        whole = cells(X, name)
        assert cells(new, name) == [whole[7], whole[2]]


def test_the_index_is_kept_or_reset():
    X, y = unbalanced([6, 4])
    index = [f"row {i}" for i in range(10)]
    opened = opened_of(pd.DataFrame(X, index=index), pd.Series(y, index=index))
    chosen = Resampled.selection(np.array([5, 2]))
    for reset, expected in [(False, ["row 5", "row 2"]), (True, [0, 1])]:
        new, y_new = assemble(opened, chosen, reset_index=reset)
        assert new.index.tolist() == expected
        assert y_new.index.tolist() == expected


def test_values_from_another_row():
    """The target and the weight are of `rows`, the values of `values_from`."""
    X, y = unbalanced([6, 4])
    opened = opened_of(X, y, weight=np.arange(10.0))
    first, last = int(np.argmax(y == 0)), int(np.argmax(y == 1))
    resampled = Resampled.selection(np.array([first]), values_from=np.array([last]))
    new, y_new = assemble(opened, resampled, reset_index=False)
    np.testing.assert_array_equal(new, X[[last]])
    assert y_new.tolist() == [0]
    assert resampled.origin.tolist() == [last]
    assert resampled.weight_from(opened.weight).tolist() == [first]


def test_targets_that_the_method_gives():
    X, _ = unbalanced([6, 4])
    labels = np.repeat(np.array(["a", "b"], dtype=object), [6, 4])
    resampled = Resampled.selection(np.array([0, 1, 7]), target=np.array([0, 1, 0]))
    _, y_new = assemble(opened_of(X, labels), resampled, reset_index=False)
    assert y_new.tolist() == ["a", "b", "a"]


@pytest.mark.parametrize(
    ("given", "made", "expected"),
    [
        (None, None, None),
        (np.array([1.0, 2.0, 3.0]), None, [3.0, 1.0]),
        (None, np.array([0.5, 4.0]), [0.5, 4.0]),
        (np.array([1.0, 2.0, 3.0]), np.array([0.5, 4.0]), [1.5, 4.0]),
    ],
)
def test_weights(given, made, expected):
    weight = Resampled.selection(np.array([2, 0]), weight=made).weight_from(given)
    assert (weight if weight is None else weight.tolist()) == expected


def test_rows_in_parts():
    X, y = unbalanced([6, 4, 3])
    opened = opened_of(X, y)
    zero, one, two = opened.target.parts_of({})
    np.testing.assert_array_equal(opened.in_parts(one), y == 1)
    np.testing.assert_array_equal(opened.in_parts(zero, two), y != 1)
    assert not opened.in_parts().any()


def test_provenance_over_two_steps():
    first = Provenance(np.array([4, 2, 2]), np.array([4, 2, -1]), np.array([1.0, 2.0, 3.0]))
    second = Provenance(np.array([2, 0, 1]), np.array([2, 0, -1]))
    both = first.then(second)
    assert both.rows.tolist() == [2, 4, 2]
    assert both.origin.tolist() == [-1, 4, -1]
    assert both.weight.tolist() == [3.0, 1.0, 2.0]
    weighted = first.then(Provenance(second.rows, second.origin, np.array([7.0, 8.0, 9.0])))
    assert weighted.weight.tolist() == [7.0, 8.0, 9.0], "a step's weights hold those before it"


@pytest.mark.parametrize("unknown_first", [True, False])
def test_provenance_past_an_unknown_step(unknown_first):
    known, unknown = Provenance(np.array([0]), np.array([0])), Provenance(None, None)
    both = unknown.then(known) if unknown_first else known.then(unknown)
    assert both == Provenance(None, None)
