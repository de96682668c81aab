"""Random tables through every public estimator, and which promises they break.

    python benchmarks/fuzz.py --minutes 60                    # processor minutes
    python benchmarks/fuzz.py --minutes 5 --only SMOTE ROSE   # some estimators
    python benchmarks/fuzz.py --seed 812 --trials 1           # one table again

Trial number i takes the seed ``--seed`` + i for its table, and one estimator after another, so that
a find can be repeated. Each kind of find is printed once, with the first table that shows it; the
last lines give trials, finds and processor seconds. Ends with 1 where there was a find.
"""

import argparse
import re
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

import numpy as np
from estimators import CASES
from promises import try_estimator, two_classes
from random_tables import draw_table

SLOW = 20.0  # processor seconds for one small table


def trials(first: int, n_trials: int | None, minutes: float, only: list[str]):
    """Tables, and for each the cases that are tried on it."""
    cases = [case for case in CASES if not only or type(case.estimator).__name__ in only]
    if not cases:
        raise SystemExit(f"--only {' '.join(only)}: no estimator has such a name.")
    end = time.process_time() + 60 * minutes
    seed = first
    while time.process_time() < end and (n_trials is None or seed < first + n_trials):
        table = draw_table(np.random.RandomState(seed))
        chosen = np.random.RandomState(seed + 1).permutation(len(cases))[:12]
        yield seed, table, [cases[k] for k in (chosen if n_trials is None else range(len(cases)))]
        seed += 1


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--trials", type=int, default=None)
    parser.add_argument("--only", nargs="*", default=[])
    options = parser.parse_args()

    finds: dict[str, int] = {}
    n_inputs = n_tables = 0
    begin = time.process_time()
    for seed, table, cases in trials(options.seed, options.trials, options.minutes, options.only):
        n_tables += 1
        for case in cases:
            if two_classes(case) and table.codes.max() > 1:
                continue
            n_inputs += 1
            started = time.process_time()
            broken = try_estimator(case, table, seed)
            seconds = time.process_time() - started
            if seconds > SLOW:
                broken.append(f"took {seconds:.0f} processor seconds")
            for sentence in broken:
                key = f"{type(case.estimator).__name__}: " + re.sub(r"[\d.]+", "#", sentence)[:90]
                if key not in finds:
                    print(f"seed {seed}: {case.name[:70]}: {sentence}\n    {table.description}")
                    sys.stdout.flush()
                finds[key] = finds.get(key, 0) + 1
    seconds = time.process_time() - begin
    print(
        f"{n_inputs} inputs from {n_tables} tables, {len(finds)} kinds of finds "
        f"({sum(finds.values())} in all), {seconds:.0f} processor seconds"
    )
    return 1 if finds else 0


if __name__ == "__main__":
    sys.exit(main())
