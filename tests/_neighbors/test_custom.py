"""Neighbours by number or by the user's own search."""

import numpy as np
import pytest
from sklearn.neighbors import NearestNeighbors

from imbalance_kit._neighbors.custom import find_neighbors, n_neighbors_of
from imbalance_kit._neighbors.nearest import nearest_rows
from imbalance_kit._tables.points import Mixed


@pytest.fixture(params=["numbers", "mixed"])
def points(request):
    rng = np.random.RandomState(0)
    numbers = rng.normal(size=(80, 3))
    if request.param == "numbers":
        return numbers
    return Mixed(numbers, rng.randint(3, size=(80, 2)).astype(np.int32), np.array([0.3, 0.7]))


@pytest.mark.parametrize("rows", [None, np.array([7, 3, 70])])
def test_a_number_and_an_exact_search_agree(points, rows):
    """The user's search is made for one neighbour more, as it finds the row itself."""
    by_number = find_neighbors(4, points, rows=rows)
    by_search = find_neighbors(NearestNeighbors(n_neighbors=5), points, rows=rows)
    np.testing.assert_array_equal(by_number, by_search)
    np.testing.assert_array_equal(by_number, nearest_rows(points, 4, rows=rows)[1])


def test_the_row_itself_goes_wherever_it_stands():
    """Among copies a search may answer with the row itself in any place, or not at all."""
    X = np.zeros((6, 2))
    found = find_neighbors(NearestNeighbors(n_neighbors=4), X)
    assert found.shape == (6, 3)
    assert not (found == np.arange(6)[:, None]).any()


def test_the_users_search_is_not_fitted():
    search = NearestNeighbors(n_neighbors=2)
    find_neighbors(search, np.arange(6.0)[:, None])
    assert not hasattr(search, "n_samples_fit_")


def test_how_many():
    assert n_neighbors_of(3) == 3
    assert n_neighbors_of(NearestNeighbors(n_neighbors=3)) == 2
