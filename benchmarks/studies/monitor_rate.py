"""How often a monitor of a model in use is wrong, and how soon it is right.

    python benchmarks/studies/monitor_rate.py [--runs 200]            (two minutes)

A model predicts rare events for 52 weeks of 300 rows, and labels come in every week. First table:
the share of runs in which `CalibrationMonitor` ever raises an alarm, at a false-alarm rate of .05,
and the median number of weeks from a change to the alarm. Beside it stands a z-test of the sum of
all labels so far at a level of .05, looked at every week as well, and how often that rejects before
there was a change. Where probabilities are right there are false alarms alone. The standard error
of a share of .05 in 200 runs is .015.

Second table: how often the interval of two standard errors around an estimated class share, from
1000 rows without labels, holds the share of the distribution.
"""

import argparse
from collections.abc import Callable

import numpy as np
from scipy.stats import norm

from imbalance_kit.calibration import CalibrationMonitor, estimate_label_shift

WEEKS, ROWS, SHARE, RATE = 52, 300, 0.05, 0.05
CLUSTER = 10


def moved(proba: np.ndarray, shift: float = 0.0, slope: float = 1.0) -> np.ndarray:
    """True probabilities, where the log odds of the predicted ones are wrong."""
    centre = np.log(SHARE / (1 - SHARE))
    log_odds = np.log(proba / (1 - proba))
    return 1.0 / (1.0 + np.exp(-(centre + slope * (log_odds - centre) + shift)))


def change(week: int, **how: float) -> Callable[[int, np.ndarray], np.ndarray]:
    """Right before that week, and wrong from then on."""
    return lambda now, proba: moved(proba, **how) if now >= week else proba


WORLDS = {
    "right": (0, change(WEEKS)),
    "right, rows in clusters of ten": (0, change(WEEKS)),
    "odds x 1.5 from week 1": (1, change(1, shift=np.log(1.5))),
    "odds x 1.5 from week 27": (27, change(27, shift=np.log(1.5))),
    "odds x 2 from week 27": (27, change(27, shift=np.log(2))),
    "odds x 0.5 from week 27": (27, change(27, shift=-np.log(2))),
    "over-confident from week 27": (27, change(27, slope=0.5)),
}


def one_run(name: str, seed: int) -> tuple[float, float]:
    """Week of the first alarm by the monitor and by the z-test; infinite without one."""
    rng = np.random.default_rng(seed)
    _, true_of = WORLDS[name]
    clustered = "clusters" in name
    monitor = CalibrationMonitor([0, 1], source_prior=[1 - SHARE, SHARE], false_alarm_rate=RATE)
    excess = variance = 0.0
    found = tested = np.inf
    for week in range(1, WEEKS + 1):
        proba = rng.beta(0.5, 0.5 * (1 - SHARE) / SHARE, size=ROWS).clip(1e-9, 1 - 1e-9)
        weight, draws = None, rng.random(ROWS)
        if clustered:  # all rows of a cluster are alike
            proba, draws = (np.repeat(a[: ROWS // CLUSTER], CLUSTER) for a in (proba, draws))
            weight = np.full(ROWS, 1.0 / CLUSTER)
        y = (draws < true_of(week, proba)).astype(int)
        excess += (y - proba).sum()
        variance += (proba * (1 - proba)).sum()
        if np.isinf(tested) and abs(excess) > norm.isf(RATE / 2) * np.sqrt(variance):
            tested = week
        if np.isinf(found) and monitor.update(proba, y, weight).alarm:
            found = week
        if np.isfinite(found) and np.isfinite(tested):
            break
    return found, tested


def shares_within(share: float, runs: int) -> float:
    """Two bell curves, two apart, with a share of .05 in training."""
    within = 0
    for seed in range(runs):
        rng = np.random.default_rng(seed)
        x = rng.normal(size=1000) + 2 * (rng.random(1000) < share)
        second = 1 / (1 + (1 - SHARE) / SHARE * np.exp(2 - 2 * x))
        shift = estimate_label_shift(
            np.column_stack([1 - second, second]), source_prior=[1 - SHARE, SHARE]
        )
        within += abs(shift.prior[1] - share) <= 2 * shift.error[1]
    return within / runs


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--runs", type=int, default=200)
    runs = parser.parse_args().runs
    print(f"{'probabilities':32}{'monitor':>9}{'weeks':>7}{'z-test':>9}{'too soon':>10}")
    for name, (first, _) in WORLDS.items():
        found, tested = np.array([one_run(name, seed) for seed in range(runs)]).T
        real = found[np.isfinite(found) & (found >= first)]
        weeks = f"{np.median(real) - first + 1:.0f}" if first and len(real) else "-"
        too_soon = f"{np.mean(tested < first):.3f}" if first > 1 else "-"
        print(
            f"{name:32}{np.isfinite(found).mean():9.3f}{weeks:>7}"
            f"{np.isfinite(tested).mean():9.3f}{too_soon:>10}",
            flush=True,
        )
    print(f"\n{'share':>6}{'within 2 errors':>17}")
    for share in (0.01, 0.02, 0.05, 0.1, 0.3):
        print(f"{share:6.2f}{shares_within(share, runs):17.3f}")


if __name__ == "__main__":
    main()
