"""A search that ends its own process: python search_and_die.py STORAGE N_TRIALS."""

import os
import signal
import sys
from types import SimpleNamespace

import numpy as np
from made_runs import MadeDataset

from imbalance_kit.benchmark import select_pairs
from imbalance_kit.benchmark._methods.search_settings import Search
from imbalance_kit.benchmark._run import parameter_search as module
from imbalance_kit.benchmark._run.table import load_table

TABLE = load_table(MadeDataset("made", n_rows=150))
TRAINING = np.arange(0, 150, 3)


def cell_of(method="SMOTE", learner="tree", *, seed=5, split_seed=6, **how):
    """What a search looks at of a cell."""
    ((method, learner),) = select_pairs([method], [learner])
    return SimpleNamespace(
        method=method,
        learner=learner,
        seed=seed,
        split_seed=split_seed,
        key=f"made--{method.name}--{learner.name}",
        protocol=SimpleNamespace(search=Search(**how)),
    )


if __name__ == "__main__":
    storage, n_trials = sys.argv[1:]
    if "optuna" in sys.modules:
        sys.exit("Optuna was loaded before a search asked for it.")
    n_fitted = 0
    honest = module.build

    def build(*parts):
        """Kill the process on the second fold of the trial after these."""
        global n_fitted
        n_fitted += 1
        if n_fitted == 3 * int(n_trials) + 2:
            os.kill(os.getpid(), signal.SIGKILL)
        return honest(*parts)

    module.build = build
    module.search(cell_of("none", trials=15), TABLE, TRAINING, storage=storage)
