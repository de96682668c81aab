"""What a user pays before the first row: imports, and the first SMOTE of a fresh process.

    python benchmarks/bench_cold_start.py [--repeats 7]

Every figure is the median over fresh processes, ours and imbalanced-learn's in turn. The kernel
cache is cold (an empty folder each time) or warm (filled by an earlier process); below a certain
size no kernel is compiled or loaded at all.
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile

IMPORT = "import {package}.over_sampling"
SMOTE_CALL = """
import numpy as np
rng = np.random.RandomState(0)
X = rng.randn({n_rows}, 20); y = (np.arange({n_rows}) % 10 == 0).astype(int)
t = time.perf_counter()
from {package}.over_sampling import SMOTE
SMOTE(random_state=0).fit_resample(X, y)
"""


def seconds(code: str, cache: str | None = None) -> float:
    """Seconds since `t`, which the code may set again, in a fresh process."""
    script = f"import time; t = time.perf_counter()\n{code}\nprint(time.perf_counter() - t)"
    environment = dict(os.environ)
    if cache is not None:
        environment["NUMBA_CACHE_DIR"] = cache
    done = subprocess.run(
        [sys.executable, "-c", script], env=environment, capture_output=True, text=True, check=True
    )
    return float(done.stdout.split()[-1])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, default=7)
    repeats = parser.parse_args().repeats

    def row(label: str, code: str, cold: bool, warm_folder: str) -> None:
        ours, theirs = [], []
        for _ in range(repeats):
            with tempfile.TemporaryDirectory() as empty:
                folder = empty if cold else warm_folder
                ours.append(seconds(code.replace("{package}", "imbalance_kit"), folder))
            theirs.append(seconds(code.replace("{package}", "imblearn")))
        mine, rival = statistics.median(ours), statistics.median(theirs)
        print(f"{label:52}{mine:9.2f} s{rival:9.2f} s{mine - rival:+9.2f} s", flush=True)

    print(f"{'':52}{'ours':>11}{'imblearn':>11}{'above':>11}")
    with tempfile.TemporaryDirectory() as warm:
        row("import over_sampling", IMPORT, False, warm)
        for n_rows in (500, 20_000, 200_000):
            code = SMOTE_CALL.replace("{n_rows}", str(n_rows))
            name = f"import and first SMOTE, {n_rows:,} x 20"
            row(f"{name}, kernel cache cold", code, True, warm)
            seconds(code.replace("{package}", "imbalance_kit"), warm)
            row(f"{name}, kernel cache warm", code, False, warm)


if __name__ == "__main__":
    main()
