"""How much memory a sampler allocates at a time, beside its result."""

import gc
import tracemalloc

import numpy as np
import pandas as pd
from loops import looped

from imbalance_kit.over_sampling import SMOTE, BorderlineSMOTE, RandomOverSampler
from imbalance_kit.under_sampling import RandomUnderSampler

N_ROWS, N_COLUMNS = 8000, 60
RNG = np.random.RandomState(0)
X = RNG.normal(size=(N_ROWS, N_COLUMNS))
Y = (np.arange(N_ROWS) % 10 == 0).astype(int)
FRAME = pd.DataFrame(X).rename(columns="c{}".format)
LEVELS = pd.Categorical(np.digitize(X[:, 0], [-1, 0, 1]).astype(str))
TABLES = {
    "ndarray": X,
    "one block": FRAME,
    "a block for each column": pd.DataFrame({c: FRAME[c].to_numpy().copy() for c in FRAME}),
    "float32": FRAME.astype(np.float32),
    "nullable": FRAME.astype("Float64"),
    "two types": FRAME.assign(c0=np.arange(N_ROWS), c1=np.arange(N_ROWS) % 7),
    "mixed": FRAME.assign(c0=LEVELS, c1=LEVELS[::-1]),
}
# pandas before 3 copies a frame where later versions share its columns until one is written to.
COPIES = 0 if int(pd.__version__.split(".")[0]) >= 3 else 1


def size_of(table):
    return table.nbytes if isinstance(table, np.ndarray) else table.memory_usage(index=False).sum()


def peak_of(sampler, table):
    sampler.fit_resample(table, Y)  # what is loaded once does not count
    gc.collect()
    tracemalloc.start()
    result = sampler.fit_resample(table, Y)[0]
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak / size_of(result)


@looped("table", list(TABLES.values()), ids=list(TABLES))
def test_smote_allocates_at_most_twice_its_result(table):
    copies = 0 if isinstance(table, np.ndarray) else 2 * COPIES
    assert peak_of(SMOTE(random_state=0), table) <= 2.0 + copies


def test_other_over_samplers_allocate_little_more():
    """A search among all rows reads them in float64 and keeps what it needs of them beside that."""
    assert peak_of(RandomOverSampler(random_state=0), FRAME) <= 1.5 + COPIES
    assert peak_of(BorderlineSMOTE(random_state=0), FRAME) <= 2.5 + 3.5 * COPIES


def test_an_under_sampler_that_reads_no_value_copies_no_value_it_drops():
    """Its result is a tenth of the table; row numbers and labels of all rows count too."""
    assert peak_of(RandomUnderSampler(random_state=0), FRAME) <= 2.0
