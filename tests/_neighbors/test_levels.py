"""When a search in other units is needed."""

import numpy as np
import pytest
from loops import looped
from scipy import sparse

from imbalance_kit._neighbors import levels
from imbalance_kit._tables.points import as_table


@pytest.fixture
def small_blocks(monkeypatch):
    monkeypatch.setattr(levels, "_BLOCK", 4)


@looped("place", [(0, 0), (2, 2), (4, 1)])
@looped("value", [1e-150, -1e-150, 5e-324])
@looped("kind", ["dense", "sparse"])
def test_a_tiny_number_is_found_wherever_it_stands(place, value, kind, small_blocks):
    numbers = np.array([[1.0, 0.0, np.nan]] * 5)
    changed = numbers.copy()
    changed[place] = value
    if kind == "sparse":
        plain, with_tiny = (as_table(sparse.csr_array(X), True) for X in (numbers, changed))
    else:
        plain, with_tiny = as_table(numbers), as_table(changed)
    assert not levels._holds_tiny(plain, plain)
    assert levels._holds_tiny(with_tiny, with_tiny)
    assert levels._holds_tiny(plain, with_tiny)
    assert levels._holds_tiny(with_tiny, plain)
