"""A benchmark run for tests to kill: python run_made.py FOLDER N_DATASETS METHOD [ADDRESS]."""

import sys

import made_runs

from imbalance_kit.benchmark import run

if __name__ == "__main__":
    folder, n_datasets, build, *address = sys.argv[1:]
    run(
        datasets=[made_runs.MadeDataset(f"made {number}") for number in range(int(n_datasets))],
        methods=[made_runs.method(getattr(made_runs, build))],
        repeats=3,
        jobs=2,
        backend="dask" if address else "local",
        address=address[0] if address else None,
        output=folder,
        report=False,
    )
