"""Fit seconds of the losses beside LightGBM's built-in objective and plain numpy objectives.

    python benchmarks/bench_losses.py --data-dir FOLDER [--sets celeba] [--repeats 7]
        [--only NAME ...] [--n-jobs 1]
    python benchmarks/bench_losses.py --first-fit [--rows 100000 300000 1000000] [--only NAME ...]

For each table in FOLDER (and a made one of five classes) and each loss three models are fitted in
turn, so that a slow minute hits all: LightGBM under its own objective, LightGBM under the loss as a
numpy function of two arguments, and ImbalancedLGBMClassifier. All have the same parameters of
trees. Prints median fit seconds, the median of the ratios to the built-in objective, average
precision on a held-out 30 % (its mean over the classes for more than two), and the share of trees
with the same splits as those of the numpy function, which is given our first score and scale of
the Hessian. A first untimed fit compiles kernels.

`--first-fit` compares the two ways to gradients instead, numpy and kernels, where loading numba
counts: the first fit of a new process, on made tables of 39 columns of 0 and 1 with 2 % positives.
`KERNELS_FROM` in imbalance_kit/losses/_base.py rests on it.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
import warnings

import numpy as np
from lightgbm import LGBMClassifier

TREES = {"n_estimators": 100, "verbose": -1, "deterministic": True, "force_col_wise": True}
LEAST = 0.25  # of the positive part of a Hessian, where losses are not convex


# --- the losses as one would write them in numpy ---------------------------------------------


def from_slopes(y, raw, of_odds):
    """Gradient and Hessian of a loss of the log odds of the true class."""
    side = np.where(y > 0, 1.0, -1.0)
    u = side * raw
    p = 1.0 / (1.0 + np.exp(-u))
    first, second = of_odds(p, 1.0 - p, -np.logaddexp(0.0, -u), y)
    return side * first, np.maximum(second, LEAST * np.abs(first) * p)


def focal(y, raw, g=2.0):
    def of_odds(p, q, log_p, y):
        first = q**g * (g * p * log_p - q)
        return first, p * q**g * ((1 + 2 * g) * q + g * (q - g * p) * log_p)

    return from_slopes(y, raw, of_odds)


def cross_entropy(y, raw):
    p = 1.0 / (1.0 + np.exp(-raw))
    return p - y, p * (1.0 - p)


def asymmetric(y, raw, up=1.0, down=4.0, margin=0.05):
    def of_odds(p, q, log_p, y):
        first = q**up * (up * p * log_p - q)
        second = p * q**up * ((1 + 2 * up) * q + up * (q - up * p) * log_p)
        m = np.maximum(q - margin, 0.0)
        log_rest, spread = np.log(1.0 - m), p * q
        slope = m**down / (1 - m) - down * m ** (down - 1) * log_rest
        bend = 2 * down * m ** (down - 1) / (1 - m) + m**down / (1 - m) ** 2
        bend -= down * (down - 1) * m ** (down - 2) * log_rest
        second_down = bend * spread**2 + slope * spread * (1 - 2 * q)
        return np.where(y > 0, first, -slope * spread), np.where(y > 0, second, second_down)

    return from_slopes(y, raw, of_odds)


def dice(y, raw, s=1.0):
    p = 1.0 / (1.0 + np.exp(-raw))
    t1, total = p * (1 - p), p + y + s
    c = 2 * y * total - (2 * p * y + s)
    first = -c * t1 / total**2
    second = 2 * c * t1**2 / total**3 - c * t1 * (1 - 2 * p) / total**2
    return first, np.maximum(second, LEAST * np.abs(first) * np.where(y > 0, p, 1 - p))


def tversky(y, raw, a=0.3, b=0.7, s=1.0):
    p = 1.0 / (1.0 + np.exp(-raw))
    hits = np.sum(p * y)
    numerator = hits + s
    denominator = hits + a * np.sum(p * (1 - y)) + b * np.sum((1 - p) * y) + s
    share = y * (1 - b) + a * (1 - y)
    slope = -(y * denominator - numerator * share) / denominator**2 * len(y)
    bend = 2 * share * (y * denominator - numerator * share) / denominator**3 * len(y)
    first = slope * p * (1 - p)
    second = bend * (p * (1 - p)) ** 2 + first * (1 - 2 * p)
    return first, np.maximum(second, LEAST * np.abs(first) * np.where(y > 0, p, 1 - p))


def poly1(y, raw, e=1.0):
    def of_odds(p, q, log_p, y):
        return -q * (1 + e * p), p * q * (1 + e * (p - q))

    return from_slopes(y, raw, of_odds)


def alpha(y, raw, a=0.8):
    b = 1 - 1 / a

    def of_odds(p, q, log_p, y):
        return -(p**b) * q, p**b * q * (p - b * q)

    return from_slopes(y, raw, of_odds)


def prior_resistant(y, raw, a=0.5):
    capped = np.clip(raw, -30, 30)
    up, down = np.exp(-(1 - a) * capped), np.exp(a * capped)
    c = a * (1 - a)
    return np.where(y > 0, -c * up, c * down), np.where(y > 0, c * (1 - a) * up, c * a * down)


def softmax_of(raw):
    proba = np.exp(raw - raw.max(axis=1, keepdims=True))
    return proba / proba.sum(axis=1, keepdims=True)


def many_cross_entropy(y, raw):
    proba, k = softmax_of(raw), raw.shape[1]
    return proba - np.eye(k)[y.astype(int)], k / (k - 1) * proba * (1 - proba)


def many_focal(y, raw, g=2.0):
    proba, k = softmax_of(raw), raw.shape[1]
    own = np.eye(k)[y.astype(int)]
    p = (own * proba).sum(axis=1, keepdims=True)
    q, log_p = 1 - p, np.log(p)
    slope = q ** (g - 1) * (g * p * log_p - q)
    bend = q ** (g - 1) * (g * log_p + g + 1) - (g - 1) * q ** (g - 2) * (g * p * log_p - q)
    spread = proba * (1 - proba)
    second = p * bend * (own - proba) ** 2 - slope * spread
    return slope * (own - proba), k / (k - 1) * np.maximum(second, LEAST * np.abs(slope) * spread)


TWO = {
    "cross_entropy": cross_entropy,
    "focal": focal,
    "asymmetric": asymmetric,
    "dice": dice,
    "tversky": tversky,
    "poly1": poly1,
    "alpha": alpha,
    "prior_resistant": prior_resistant,
}
MANY = {"cross_entropy": many_cross_entropy, "focal": many_focal}


# --- measuring ---------------------------------------------------------------------------------


class InNumpy:
    """LightGBM under a function of two arguments, started where ours starts."""

    def __init__(self, function, loss, n_jobs: int) -> None:
        self.start, scale = loss.init_score_, loss.hessian_scale_

        def objective(y, raw):
            grad, hess = function(y, raw)
            return scale * grad, scale * hess

        self.model = LGBMClassifier(objective=objective, n_jobs=n_jobs, **TREES)

    def fit(self, X, y):
        shape = (len(y), *np.shape(self.start))
        self.model.fit(X, y, init_score=np.array(np.broadcast_to(self.start, shape)))
        return self

    def scores(self, X):
        return np.asarray(self.model.predict(X, raw_score=True)) + self.start


def precision(y, scores) -> float:
    """Average precision, of more than two classes its mean."""
    from sklearn.metrics import average_precision_score

    if scores.ndim == 1:
        return float(average_precision_score(y, scores))
    proba = softmax_of(scores)
    classes = range(scores.shape[1])
    return float(np.mean([average_precision_score(y == k, proba[:, k]) for k in classes]))


def splits_of(booster) -> list[tuple]:
    """Columns and thresholds of each tree, from the text of the model."""
    trees = booster.model_to_string().split("\nTree=")[1:]
    wanted = ("split_feature=", "threshold=", "left_child=", "right_child=")
    return [tuple(line for line in tree.splitlines() if line.startswith(wanted)) for tree in trees]


def ours(name: str, n_jobs: int):
    from imbalance_kit.losses import ImbalancedLGBMClassifier

    return ImbalancedLGBMClassifier(
        LGBMClassifier(n_jobs=n_jobs, **TREES), loss=name, recalibrate=False
    )


def timed(model, X, y):
    started = time.perf_counter()
    model.fit(X, y)
    return time.perf_counter() - started


def compare(name: str, function, arrays: tuple, repeats: int, n_jobs: int) -> None:
    X, X_test, y, y_test = arrays
    built_in = LGBMClassifier(n_jobs=n_jobs, **TREES)
    ours_fitted = ours(name, n_jobs).fit(X, y)  # compiles the kernel
    plain = InNumpy(function, ours_fitted.loss_, n_jobs)
    models = built_in, plain, ours_fitted
    seconds = np.array([[timed(model, X, y) for model in models] for _ in range(repeats)])
    middle = np.median(seconds, axis=0)
    ratio = np.median(seconds / seconds[:, :1], axis=0)
    scores = (
        built_in.predict_proba(X_test, raw_score=True),
        plain.scores(X_test),
        ours_fitted.decision_function(X_test),
    )
    found = [precision(y_test, said) for said in scores]
    pairs = zip(
        splits_of(ours_fitted.estimator_.booster_), splits_of(plain.model.booster_), strict=False
    )
    same = [one == other for one, other in pairs]
    print(
        f"{name:18}"
        + "".join(f"{value:>9.2f}" for value in middle)
        + f"{ratio[1]:>10.2f}{ratio[2]:>7.2f}"
        + "".join(f"{value:>9.3f}" for value in found)
        + f"{np.mean(same):>8.0%}",
        flush=True,
    )


def tables(folder: str, names: list[str]):
    from sklearn.datasets import make_classification
    from sklearn.model_selection import train_test_split

    from imbalance_kit.datasets import load_folder

    records = {record.name: record for record in load_folder(folder)}
    for name in names:
        X, y = records[name].load()
        X = X.to_numpy(dtype=np.float64)
        y = (y == y.value_counts().index[-1]).to_numpy().astype(int)
        print(f"\n{name}: {X.shape[0]} x {X.shape[1]}, {y.sum()} positive")
        yield train_test_split(X, y, test_size=0.3, stratify=y, random_state=0), TWO
    X, y = make_classification(
        n_samples=60_000,
        n_features=20,
        n_informative=10,
        n_classes=5,
        weights=[0.7, 0.15, 0.1, 0.03],
        random_state=0,
    )
    print(f"\nmade: {X.shape[0]} x {X.shape[1]}, 5 classes")
    yield train_test_split(X, y, test_size=0.3, stratify=y, random_state=0), MANY


FIRST_FIT = """
import sys, time
import numpy as np
sys.path.insert(0, sys.argv[1])
import bench_losses as bench
from imbalance_kit.losses import _base
model = bench.ours(sys.argv[3], int(sys.argv[4]))
if sys.argv[5] == "numpy":
    _base.KERNELS_FROM = float("inf")
elif sys.argv[5] == "kernels":
    _base.KERNELS_FROM = 0
arrays = np.load(sys.argv[2])
X, y = arrays["X"], arrays["y"]
started = time.process_time()
model.fit(X, y)
print(time.process_time() - started)
"""


def made_table(n_rows: int) -> tuple[np.ndarray, np.ndarray]:
    """39 columns of 0 and 1 from six factors, and a rare class of 2.2 %."""
    rng = np.random.default_rng(0)
    factors = rng.normal(size=(n_rows, 6)) @ rng.normal(size=(6, 39))
    X = (factors + rng.normal(size=factors.shape) > 1).astype(np.float64)
    score = X @ rng.normal(size=39) + 2 * rng.normal(size=n_rows)
    return X, (score > np.quantile(score, 0.978)).astype(int)


def first_fits(sizes: list[int], names: list[str], repeats: int, n_jobs: int) -> None:
    """Processor seconds of the first fit in new processes, by the way to the gradients.

    Processor time, because other work on the machine does not count in it. "Compiled" is with an
    empty cache of kernels, the others find them on disk.
    """
    here = os.path.dirname(os.path.abspath(__file__))
    print(
        f"{'rows':>9} {'loss':18}{'numpy':>8}{'kernels':>9}{'compiled':>10}{'auto':>7}{'ratio':>7}"
    )
    for n_rows in sizes:
        for name in names:
            with tempfile.TemporaryDirectory() as folder:
                path = os.path.join(folder, "table.npz")
                X, y = made_table(n_rows)
                np.savez(path, X=X, y=y)
                environment = {**os.environ, "NUMBA_CACHE_DIR": os.path.join(folder, "cache")}

                def seconds(way: str, path=path, name=name, environment=environment) -> float:
                    command = [sys.executable, "-c", FIRST_FIT, here, path, name, str(n_jobs), way]
                    done = subprocess.run(
                        command, capture_output=True, text=True, check=True, env=environment
                    )
                    return float(done.stdout)

                compiled = seconds("kernels")
                ways = "numpy", "kernels", "auto"
                times = [[seconds(way) for way in ways] for _ in range(repeats)]
                numpy, kernels, auto = np.median(times, axis=0)
            print(
                f"{n_rows:>9,} {name:18}{numpy:>8.2f}{kernels:>9.2f}{compiled:>10.2f}{auto:>7.2f}"
                f"{numpy / kernels:>7.2f}",
                flush=True,
            )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data-dir", help="folder of CSV or Parquet tables")
    parser.add_argument("--sets", nargs="+", default=["celeba"])
    parser.add_argument("--repeats", type=int, default=7)
    parser.add_argument("--only", nargs="+", help="only these losses")
    parser.add_argument("--n-jobs", type=int, default=1)
    parser.add_argument("--first-fit", action="store_true", help="numpy and kernels, new processes")
    parser.add_argument("--rows", nargs="+", type=int, default=[100_000, 300_000, 1_000_000])
    arguments = parser.parse_args()
    if arguments.first_fit:
        names = arguments.only or ["focal"]
        first_fits(arguments.rows, names, arguments.repeats, arguments.n_jobs)
        return
    if arguments.data_dir is None:
        parser.error("give --data-dir, or --first-fit for made tables")
    # numpy functions meet 0 / 0 and log(0) at sure rows, which is part of what they are
    warnings.filterwarnings("ignore", category=RuntimeWarning)
    for arrays, losses in tables(arguments.data_dir, arguments.sets):
        print(
            f"{'':18}{'built-in':>9}{'numpy':>9}{'ours':>9}{'ratio np':>10}{'ours':>7}"
            f"{'AUPRC':>9}{'numpy':>9}{'ours':>9}{'same':>8}"
        )
        for name, function in losses.items():
            if arguments.only and name not in arguments.only:
                continue
            compare(name, function, arrays, arguments.repeats, arguments.n_jobs)


if __name__ == "__main__":
    main()
