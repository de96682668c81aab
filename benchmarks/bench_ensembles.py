"""Fit and predict seconds and average precision of the ensembles beside their rivals.

    python benchmarks/bench_ensembles.py --data-dir FOLDER [--sets mammography campaign celeba]
        [--imbens PYTHON] [--repeats 5] [--only WORD ...] [--processor] [--cold]

For each table in FOLDER: stratified 70/30 splits with seeds 0, 1, ...; on each split every method
and its rival are fitted in turn, so that a slow minute hits both. Prints median fit and predict
seconds, the median of the pairwise ratios (theirs over ours: above 1 is faster), mean average
precision of both and the standard error of the difference. A first untimed fit warms kernels and
caches on both sides; `--cold` prints the first fit of a fresh process instead. `--processor` takes
seconds of the processor, of all threads together: on a machine that does other work the clock shows
nothing, and what two threads are worth is then not to be seen.

imbalanced-learn and scikit-learn are measured in this process. imbalanced-ensemble needs an old
scikit-learn, so it runs in an environment of its own, named by its interpreter:

    python -m venv rival && rival/bin/pip install imbalanced-ensemble

    python benchmarks/bench_ensembles.py --trainers [--rows 5000 50000 200000] [--repeats 3]

needs no tables. It prints what it is worth to train some base learners otherwise than by ``fit``:
processor seconds of the first fit of a fresh process, with the imports that the fit makes, ours and
plain in turn, and the ratio of the medians. What stays below 1.3 is not worth its code. For
LightGBM that is bins found once for all rounds, which the ensembles do not do. A run before fills
the cache of kernels.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

TREES = 50


def ours(seed: int) -> dict:
    """Our ensembles by the name of the row."""
    from imbalance_kit import ensemble as kit

    side = {"n_jobs": 2, "random_state": seed}
    found = {
        "SPE, 50 trees": kit.SelfPacedEnsembleClassifier(random_state=seed),
        "SPE, rows as they are (the paper)": kit.SelfPacedEnsembleClassifier(
            bootstrap=False, replacement=False, random_state=seed
        ),
    }
    for n in (2, 4, 8):
        found[f"SPE, {n} side by side, 2 jobs"] = kit.SelfPacedEnsembleClassifier(
            learners_per_round=n, **side
        )
    return found | {
        "BalanceCascade, 50 trees": kit.BalanceCascadeClassifier(random_state=seed),
        "BalanceCascade, judged by the learner (the paper)": kit.BalanceCascadeClassifier(
            judge="learner", bootstrap=False, random_state=seed
        ),
        "UnderBagging, 50 trees": kit.UnderBaggingClassifier(n_estimators=50, random_state=seed),
        "OverBagging, 10 trees": kit.OverBaggingClassifier(n_estimators=10, random_state=seed),
        "SMOTEBagging, 10 trees": kit.SMOTEBaggingClassifier(n_estimators=10, random_state=seed),
        "RUSBoost, 50 stumps": kit.RUSBoostClassifier(random_state=seed),
        "EasyEnsemble, 10 bags": kit.EasyEnsembleClassifier(random_state=seed),
        "BalancedRandomForest, 100 trees": kit.BalancedRandomForestClassifier(random_state=seed),
        "BalancedBagging, 50 trees": kit.BalancedBaggingClassifier(
            n_estimators=50, random_state=seed
        ),
    }


def from_imbalanced_learn(seed: int) -> dict:
    from imblearn import ensemble as rival

    return {
        "RUSBoost, 50 stumps": rival.RUSBoostClassifier(random_state=seed),
        "EasyEnsemble, 10 bags": rival.EasyEnsembleClassifier(random_state=seed),
        "BalancedRandomForest, 100 trees": rival.BalancedRandomForestClassifier(random_state=seed),
        "BalancedBagging, 50 trees": rival.BalancedBaggingClassifier(
            n_estimators=50, random_state=seed
        ),
    }


def from_imbalanced_ensemble(seed: int) -> dict:
    """Runs in the other environment."""
    from imbens import ensemble as rival

    spe = rival.SelfPacedEnsembleClassifier(n_estimators=TREES, random_state=seed)
    cascade = rival.BalanceCascadeClassifier(n_estimators=TREES, random_state=seed)
    return {
        "SPE, 50 trees": spe,
        "SPE, rows as they are (the paper)": spe,
        "SPE, 2 side by side, 2 jobs": spe,
        "SPE, 4 side by side, 2 jobs": spe,
        "SPE, 8 side by side, 2 jobs": spe,
        "BalanceCascade, 50 trees": cascade,
        "BalanceCascade, judged by the learner (the paper)": cascade,
        "UnderBagging, 50 trees": rival.UnderBaggingClassifier(
            n_estimators=TREES, random_state=seed
        ),
        "OverBagging, 10 trees": rival.OverBaggingClassifier(n_estimators=10, random_state=seed),
        "SMOTEBagging, 10 trees": rival.SMOTEBaggingClassifier(n_estimators=10, random_state=seed),
        "RUSBoost, 50 stumps": rival.RUSBoostClassifier(random_state=seed),
    }


def measure(model, arrays: dict) -> dict:
    """Seconds to fit and to predict, and the average precision."""
    from sklearn.metrics import average_precision_score

    clock = time.process_time if arrays.get("processor", False) else time.perf_counter
    started = clock()
    model.fit(arrays["X_train"], arrays["y_train"])
    fitted = clock()
    proba = model.predict_proba(arrays["X_test"])[:, 1]
    done = clock()
    score = average_precision_score(arrays["y_test"], proba)
    return {"fit": fitted - started, "predict": done - fitted, "auprc": float(score)}


class Here:
    """Models measured in this process."""

    def __init__(self, models) -> None:
        self.models = models

    def names(self) -> list[str]:
        return list(self.models(0))

    def run(self, name: str, seed: int, path: str) -> dict:
        with np.load(path) as arrays:
            return measure(self.models(seed)[name], dict(arrays))


class Elsewhere:
    """Models measured by this file in another environment, one request at a time."""

    def __init__(self, python: str) -> None:
        self.process = subprocess.Popen(
            [python, __file__, "--serve"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )

    def ask(self, request: list):
        self.process.stdin.write(json.dumps(request) + "\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline()
        if not answer:
            raise SystemExit("The rival's process ended: does its environment hold imbens?")
        return json.loads(answer)

    def names(self) -> list[str]:
        return self.ask(["names"])

    def run(self, name: str, seed: int, path: str) -> dict:
        return self.ask([name, seed, path])


def serve() -> None:
    here = Here(from_imbalanced_ensemble)
    for line in sys.stdin:
        request = json.loads(line)
        print(json.dumps(here.names() if request == ["names"] else here.run(*request)), flush=True)


def splits(record, repeats: int, folder: Path, processor: bool) -> list[str]:
    """Train and test parts as files that both processes read."""
    from sklearn.model_selection import train_test_split

    X, y = record.load()
    X = X.to_numpy(dtype=np.float64)
    y = (y == y.value_counts().index[-1]).to_numpy().astype(int)
    print(f"\n{record.name}: {X.shape[0]} x {X.shape[1]}, {y.sum()} positive")
    paths = []
    for seed in range(repeats):
        parts = train_test_split(X, y, test_size=0.3, stratify=y, random_state=seed)
        names = ("X_train", "X_test", "y_train", "y_test")
        paths.append(str(folder / f"{record.name}-{seed}.npz"))
        np.savez(paths[-1], processor=processor, **dict(zip(names, parts, strict=True)))
    return paths


def compare(name: str, rival_name: str, mine, theirs, paths: list[str]) -> None:
    for side in (mine, theirs):
        side.run(name, 0, paths[0])  # warm
    pairs = [(mine.run(name, s, p), theirs.run(name, s, p)) for s, p in enumerate(paths)]

    def of(key: str) -> tuple[np.ndarray, np.ndarray]:
        return np.array([a[key] for a, _ in pairs]), np.array([b[key] for _, b in pairs])

    (fit, their_fit), (predict, their_predict), (score, their_score) = map(
        of, ("fit", "predict", "auprc")
    )
    difference = score - their_score
    error = difference.std(ddof=1) / np.sqrt(len(pairs)) if len(pairs) > 1 else float("nan")
    print(
        f"{name:50}{rival_name:20}{np.median(fit):>8.3f}{np.median(their_fit):>8.3f}"
        f"{np.median(their_fit / fit):>7.2f}{np.median(predict):>9.3f}"
        f"{np.median(their_predict):>8.3f}{np.median(their_predict / predict):>7.2f}"
        f"{score.mean():>8.3f}{their_score.mean():>7.3f}{difference.mean():>+8.3f} ± {error:.3f}",
        flush=True,
    )


def forests(seed: int) -> dict:
    """What predicts in a race of equal numbers of trees on the same draws."""
    from sklearn.ensemble import RandomForestClassifier

    from imbalance_kit.ensemble import BalancedRandomForestClassifier

    return {
        f"predict, 100 trees, {jobs} jobs": (
            BalancedRandomForestClassifier(random_state=seed, n_jobs=jobs),
            RandomForestClassifier(random_state=seed, n_jobs=jobs),
        )
        for jobs in (1, 2)
    }


def race_to_predict(paths: list[str], repeats: int) -> None:
    """Both forests trained on the same balanced rows, so that their trees are of one size."""
    with np.load(paths[0]) as stored:
        arrays = dict(stored)
    y = arrays["y_train"]
    rng = np.random.RandomState(0)
    rows = np.concatenate(
        [np.flatnonzero(y == 1), rng.choice(np.flatnonzero(y == 0), (y == 1).sum(), replace=False)]
    )
    for name, (mine, theirs) in forests(0).items():
        mine.fit(arrays["X_train"][rows], y[rows])
        theirs.fit(arrays["X_train"][rows], y[rows])
        seconds: list[list[float]] = [[], []]
        for _ in range(2 * repeats + 1):
            for side, model in enumerate((mine, theirs)):
                started = time.perf_counter()
                model.predict_proba(arrays["X_test"])
                seconds[side].append(time.perf_counter() - started)
        fast, slow = (np.array(column[1:]) for column in seconds)
        nodes = [sum(tree.tree_.node_count for tree in m.estimators_) for m in (mine, theirs)]
        print(
            f"{name:50}{'scikit-learn':20}{'':23}{np.median(fast):>9.3f}{np.median(slow):>8.3f}"
            f"{np.median(slow / fast):>7.2f}   nodes {nodes[0]} and {nodes[1]}",
            flush=True,
        )


def parallel_share(paths: list[str], repeats: int) -> None:
    """How much of an SPE fit runs side by side, and what more cores would give."""
    with np.load(paths[0]) as stored:
        arrays = dict(stored)
    from imbalance_kit.ensemble import SelfPacedEnsembleClassifier

    seconds: dict[int, list[float]] = {1: [], 2: []}
    for repeat in range(repeats + 1):
        for jobs in (1, 2):
            model = SelfPacedEnsembleClassifier(
                learners_per_round=8, n_jobs=jobs, random_state=repeat
            )
            started = time.perf_counter()
            model.fit(arrays["X_train"], arrays["y_train"])
            seconds[jobs].append(time.perf_counter() - started)
    one, two = (np.median(column[1:]) for column in seconds.values())
    share = min(max(2 * (1 - two / one), 0.0), 1.0)
    gains = ", ".join(f"{1 / (1 - share + share / cores):.1f} on {cores}" for cores in (2, 4, 8))
    print(
        f"SPE, 8 side by side: {one:.2f} s with 1 job, {two:.2f} s with 2; {share:.0%} of the work "
        f"is parallel: gain {gains} cores"
    )


def draws(y: np.ndarray, n_rounds: int) -> list[np.ndarray]:
    """Rows of balanced rounds, as under-bagging draws them."""
    rng = np.random.RandomState(0)
    rare, frequent = np.flatnonzero(y == 1), np.flatnonzero(y == 0)
    return [
        np.concatenate([rng.choice(rare, len(rare)), rng.choice(frequent, len(rare))])
        for _ in range(n_rounds)
    ]


def fit_lightgbm(X: np.ndarray, y: np.ndarray, rounds: list[np.ndarray], shared: bool) -> None:
    """LightGBM on the rows of each round, on bins of its own or on those of the whole table."""
    import lightgbm

    settled = {"deterministic": True, "force_col_wise": True, "verbose": -1}
    if not shared:
        for rows in rounds:
            lightgbm.LGBMClassifier(n_jobs=1, **settled).fit(X[rows], y[rows])
        return
    parameters = {"objective": "binary", "num_threads": 1, **settled}
    bins = lightgbm.Dataset(X, y, params=parameters).construct()
    for rows in rounds:
        part = bins.create_valid(X[rows], y[rows], params=parameters)
        lightgbm.train(parameters, part, 100)


def trained_otherwise() -> dict:
    """What is fitted with and without a trainer of our own."""
    from imbalance_kit import ensemble as kit

    side = {"random_state": 0}
    return {
        "EasyEnsemble, 10 x 50 stumps": kit.EasyEnsembleClassifier(**side),
        "AdaCost, 50 stumps": kit.AdaCostClassifier(**side),
        "RUSBoost, 50 stumps": kit.RUSBoostClassifier(early_termination=False, **side),
        "OverBagging, 10 full trees": kit.OverBaggingClassifier(n_estimators=10, **side),
        "UnderBagging, 50 full trees": kit.UnderBaggingClassifier(**side),
        "BalancedRandomForest, 100 trees": kit.BalancedRandomForestClassifier(**side),
    }


LIGHTGBM = "LightGBM, 10 balanced rounds"


def train_once(name: str, with_ours: bool, n_rows: int) -> None:
    """Print the processor seconds of one fit; the parent starts a process for each."""
    from sklearn.datasets import make_classification

    X, y = make_classification(
        n_rows, 30, n_informative=10, weights=[0.95], class_sep=2.0, flip_y=0.02, random_state=0
    )
    if name == LIGHTGBM:
        import lightgbm  # noqa: F401 (neither side is to pay for the import)

        rounds = draws(y, 10)
        started = time.process_time()
        fit_lightgbm(X, y, rounds, with_ours)
    else:
        from imbalance_kit.ensemble._learners.trainers import Trainer
        from imbalance_kit.ensemble._loop import base

        model = trained_otherwise()[name]
        if not with_ours:
            base.trainer_for = lambda learner, X: Trainer(learner)
        started = time.process_time()
        model.fit(X, y)
    print(time.process_time() - started)


def compare_trainers(sizes: list[int], repeats: int) -> None:
    """With and without our own training, in fresh processes."""
    subprocess.run(
        [sys.executable, __file__, "--train-once", "EasyEnsemble, 10 x 50 stumps", "1", "5000"],
        capture_output=True,
        check=True,
    )
    print(f"{'':40}{'rows':>8}{'ours s':>9}{'fit s':>9}{'ratio':>7}")
    for n_rows in sizes:
        for name in [*trained_otherwise(), LIGHTGBM]:
            seconds: dict[bool, list[float]] = {True: [], False: []}
            for _ in range(repeats):
                for with_ours, column in seconds.items():
                    command = [sys.executable, __file__, "--train-once", name]
                    command += [str(int(with_ours)), str(n_rows)]
                    done = subprocess.run(command, capture_output=True, text=True, check=True)
                    column.append(float(done.stdout))
            ours_, plain = (np.median(column) for column in seconds.values())
            print(
                f"{name:40}{n_rows:>8}{ours_:>9.2f}{plain:>9.2f}{plain / ours_:>7.2f}", flush=True
            )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data-dir", help="folder of CSV or Parquet tables")
    parser.add_argument("--sets", nargs="+", default=["mammography", "campaign", "celeba"])
    parser.add_argument("--imbens", help="interpreter of an environment with imbalanced-ensemble")
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--only", nargs="+", help="only rows that hold one of these words")
    parser.add_argument("--cold", action="store_true", help="the first fit of a fresh process")
    parser.add_argument("--processor", action="store_true", help="processor seconds")
    parser.add_argument("--trainers", action="store_true", help="our own training of learners")
    parser.add_argument("--rows", type=int, nargs="+", default=[5_000, 50_000, 200_000])
    parser.add_argument("--train-once", nargs=3, help=argparse.SUPPRESS)
    parser.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.serve:
        return serve()
    if arguments.train_once:
        name, with_ours, n_rows = arguments.train_once
        return train_once(name, with_ours == "1", int(n_rows))
    if arguments.trainers:
        return compare_trainers(arguments.rows, arguments.repeats)
    if arguments.data_dir is None:
        parser.error("--data-dir is needed: a folder with the tables of --sets")

    from imbalance_kit.datasets import load_folder

    tables = {record.name: record for record in load_folder(arguments.data_dir)}
    mine = Here(ours)
    rivals = {"imbalanced-learn": Here(from_imbalanced_learn)}
    if arguments.imbens:
        rivals["imbalanced-ensemble"] = Elsewhere(arguments.imbens)
    with tempfile.TemporaryDirectory() as folder:
        for name in arguments.sets:
            paths = splits(tables[name], arguments.repeats, Path(folder), arguments.processor)
            if arguments.cold:
                cold(mine.names(), rivals["imbalanced-learn"].names(), paths[0])
                continue
            print(
                f"{'':70}{'fit s':>8}{'theirs':>8}{'ratio':>7}{'pred. s':>9}{'theirs':>8}"
                f"{'ratio':>7}{'AUPRC':>8}{'theirs':>7}{'difference':>14}"
            )
            for row in mine.names():
                if arguments.only and not any(word in row for word in arguments.only):
                    continue
                for rival_name, rival in rivals.items():
                    if row in rival.names():
                        compare(row, rival_name, mine, rival, paths)
            if not arguments.only:
                race_to_predict(paths, arguments.repeats)
                parallel_share(paths, arguments.repeats)
    return None


def cold(names: list[str], theirs: list[str], path: str) -> None:
    """Import and first fit in a fresh process, ours and imbalanced-learn's."""
    code = (
        "import sys, time; started = time.perf_counter(); import numpy as np\n"
        "sys.path.insert(0, sys.argv[1]); import bench_ensembles as bench\n"
        "arrays = dict(np.load(sys.argv[4]))\n"
        "model = getattr(bench, sys.argv[2])(0)[sys.argv[3]]\n"
        "bench.measure(model, arrays); print(time.perf_counter() - started)"
    )
    for name in [row for row in names if row in theirs]:
        seconds = []
        for side in ("ours", "from_imbalanced_learn"):
            done = subprocess.run(
                [sys.executable, "-c", code, str(Path(__file__).parent), side, name, path],
                capture_output=True,
                text=True,
                check=True,
            )
            seconds.append(float(done.stdout))
        print(
            f"{name:50}{seconds[0]:>8.2f} s, imbalanced-learn {seconds[1]:.2f} s, import included"
        )


if __name__ == "__main__":
    main()
