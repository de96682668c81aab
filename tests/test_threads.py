"""Threads share work without changing what comes out."""

import threading

import pytest
from processes import SECONDS

from imbalance_kit._threads import each_in_threads, in_threads


@pytest.mark.parametrize("n_threads", [1, 2, 5])
@pytest.mark.parametrize("n_items", [0, 1, 7, 100])
def test_results_come_in_order(n_items, n_threads):
    assert each_in_threads(lambda i: i * i, range(n_items), n_threads) == [
        i * i for i in range(n_items)
    ]


def test_several_threads_work():
    """Two items that wait for each other can only end side by side."""
    both = threading.Barrier(2, timeout=SECONDS)
    assert sorted(each_in_threads(lambda i: both.wait() * 0 + i, [3, 4], 2)) == [3, 4]


@pytest.mark.parametrize("n_threads", [1, 3])
def test_a_failure_is_passed_on(n_threads):
    def fail(i):
        raise KeyError(i)

    with pytest.raises(KeyError):
        each_in_threads(fail, [1, 2, 3], n_threads)


@pytest.mark.parametrize(("n_blocks", "n_threads"), [(1, 4), (10, 3), (1000, 2)])
def test_ranges_cover_every_block_once(n_blocks, n_threads):
    seen = [0] * n_blocks

    def count(first, last):
        for block in range(first, last):
            seen[block] += 1

    in_threads(count, n_blocks, n_threads)
    assert seen == [1] * n_blocks
