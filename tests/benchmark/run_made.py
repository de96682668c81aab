"""A benchmark run for tests to kill: python run_made.py FOLDER N_DATASETS METHOD."""

import sys

import made_runs

from imbalance_kit.benchmark import run

if __name__ == "__main__":
    folder, n_datasets, build = sys.argv[1:]
    run(
        datasets=[made_runs.MadeDataset(f"made {number}") for number in range(int(n_datasets))],
        methods=[made_runs.method(getattr(made_runs, build))],
        repeats=3,
        jobs=2,
        output=folder,
        report=False,
    )
