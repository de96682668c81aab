"""A benchmark of served and embedded tables, for tests to kill: python run_served.py FOLDER."""

import sys

import made_runs
import numpy as np
import pandas as pd
from rich.console import Console

from imbalance_kit.benchmark import run
from imbalance_kit.datasets import Dataset, load_suite

N_ROWS, N_RARE = 120, 24
SERVED = {1: "", 2: "flaky", 3: "slow", 4: "truncated"}  # OpenML's number and what goes wrong
EMBEDDED = ("haberman", "glass1", "iris0")
REPEATS = 8


def served_table(number):
    """Numbers, gaps and levels, another draw for each number."""
    rng = np.random.default_rng(number)
    rare = np.arange(N_ROWS) % (N_ROWS // N_RARE) == 0
    size = rng.normal(size=N_ROWS) + rare
    size[7] = np.nan
    colour = pd.Categorical(rng.choice(["red", "green"], size=N_ROWS))
    label = pd.Categorical(np.where(rare, "rare", "frequent"))
    return pd.DataFrame({"size": size, "colour": colour, "label": label})


def records():
    served = [
        Dataset(
            name=f"served-{number}",
            source="served",
            role="",
            licence="made",
            reader="openml",
            files=(str(number),),
            sha256=(),
            n_rows=N_ROWS,
            n_features=2,
            n_numeric=1,
            n_nominal=1,
            n_missing=1,
            n_classes=2,
            imbalance_ratio=N_ROWS / N_RARE - 1,
            n_smallest=N_RARE,
        )
        for number in SERVED
    ]
    embedded = [record for record in load_suite("embedded") if record.name in EMBEDDED]
    return [*served, *embedded]


if __name__ == "__main__":
    folder, *retry = sys.argv[1:]
    run(
        datasets=records(),
        methods=[made_runs.method(made_runs.logged)],
        repeats=REPEATS,
        jobs=1,
        output=folder,
        retry_failed=bool(retry),
        report=False,
        console=Console(quiet=True),
    )
