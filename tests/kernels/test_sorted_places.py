"""Places among sorted numbers are those that numpy's search finds."""

import numpy as np
from loops import looped

from imbalance_kit.kernels.sorted_places import SortedPlaces

RNG = np.random.RandomState(0)
TINY, LARGEST = np.finfo(float).smallest_subnormal, np.finfo(float).max
SORTED = {
    "none": [],
    "one": [0.5],
    "equal": [0.5, 0.5, 0.5],
    "even": RNG.uniform(size=1000),
    "both signs": RNG.normal(size=1000),
    "below zero": -RNG.lognormal(0, 8, size=1000),
    "over many powers": RNG.lognormal(0, 8, size=1000),
    "over many powers, zeros": [0.0, -0.0, *RNG.lognormal(-30, 8, size=500)],
    "crowded at two places": [*(1 + 1e-12 * RNG.uniform(size=500)), *RNG.uniform(-1, 0, size=500)],
    "repeated": RNG.randint(0, 7, size=1000) / 7,
    "extremes": [-np.inf, -LARGEST, -1.0, -TINY, 0.0, TINY, 1e-300, 1.0, LARGEST, np.inf],
    "largest": [-LARGEST, LARGEST],
    "next to each other": 1.0 + np.arange(50) * np.finfo(float).eps,
}
OTHERS = np.array(SORTED["extremes"] + [-0.0, 0.5, 1 / 7, 3 / 7, 1 + 1e-13, 1e-17, 2.0])


@looped("name", SORTED)
def test_places_are_those_of_a_search(name):
    ordered = np.sort(np.array(SORTED[name], dtype=float))
    with np.errstate(over="ignore"):  # what follows the largest number is infinite
        at = [ordered, np.nextafter(ordered, -np.inf), np.nextafter(ordered, np.inf)]
    made = RNG.uniform(-1.5, 1.5, size=5000), RNG.lognormal(0, 9, size=5000), -RNG.lognormal(size=9)
    numbers = np.concatenate([*at, OTHERS, *made])
    for n_numbers in (10, 10**6):
        search = SortedPlaces(ordered, n_numbers)
        np.testing.assert_array_equal(search(numbers), ordered.searchsorted(numbers))
        np.testing.assert_array_equal(search(numbers[::3]), ordered.searchsorted(numbers[::3]))
        with_missing = np.append(numbers, np.nan)
        np.testing.assert_array_equal(search(with_missing), ordered.searchsorted(with_missing))
        assert search(np.empty(0)).shape == (0,)


def test_bins_are_used_where_there_are_many_numbers():
    for name in ("even", "both signs", "over many powers"):
        ordered = np.sort(np.array(SORTED[name]))
        assert SortedPlaces(ordered, 10**6)._most > 0
        assert SortedPlaces(ordered, 10)._most == 0
