"""Small data sets and ill-behaved methods, in a module so that worker processes find them."""

import ctypes
import os
import signal
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from imbalance_kit.benchmark import Method
from imbalance_kit.benchmark._methods.pipelines import plain
from imbalance_kit.datasets._dataset import LoadedTable

COUNT_FILE = "MADE_RUNS_COUNT_FILE"


@dataclass(frozen=True)
class MadeDataset:
    """A data set that is drawn when it is loaded."""

    name: str
    n_rows: int = 120
    n_classes: int = 2
    broken: bool = False
    source: str = "made"
    role: str = ""
    n_features: int = 4
    n_missing: int = 0
    imbalance_ratio: float = 4.0
    sensitive: tuple[str, ...] = ()
    groups: bool = False
    time: bool = False
    noise: bool = False

    @property
    def parent(self):
        return self.name

    def load_all(self):
        X, y = self.load()
        groups = pd.Series(np.arange(len(X)) // 3) if self.groups else None
        time = pd.Series(np.arange(len(X))[::-1] // 2) if self.time else None
        return LoadedTable(X, y, groups, time)

    def observed(self, y):
        """Labels with every second row of the rarest class called by the name of the first."""
        if not self.noise:
            return y
        rare = y.index[y == "class 1"][::2]
        return y.mask(y.index.isin(rare), "class 0")

    def load(self):
        if self.broken:
            raise OSError("the file is gone")
        rng = np.random.RandomState(self.n_rows)
        shares = np.array([4.0, *[1.0] * (self.n_classes - 1)])
        labels = rng.choice(self.n_classes, size=self.n_rows, p=shares / shares.sum())
        labels[: 8 * self.n_classes] = np.arange(8 * self.n_classes) % self.n_classes
        noise = rng.normal(size=(self.n_rows, 2))
        colour = np.where(rng.uniform(size=self.n_rows) < 0.8, labels, 0)
        X = pd.DataFrame(
            {
                "size [cm]": noise[:, 0] + labels,
                'weight {"kg"}': np.where(rng.uniform(size=self.n_rows) < 0.2, np.nan, noise[:, 1]),
                "count": rng.randint(0, 9, size=self.n_rows),
                "colour": pd.Categorical(
                    pd.Series([f"colour {code}" for code in colour]).where(
                        rng.uniform(size=self.n_rows) > 0.1
                    )
                ),
            }
        )
        return X, pd.Series([f"class {label}" for label in labels])


def note(line):
    """Leave a line in the file of a test that waits for one, in one write."""
    if COUNT_FILE in os.environ:
        with Path(os.environ[COUNT_FILE]).open("a", encoding="utf-8") as file:
            file.write(f"{line}\n")


def notes():
    """The lines so far."""
    file = Path(os.environ[COUNT_FILE])
    return file.read_text(encoding="utf-8").splitlines() if file.exists() else []


def counted(learner, seed):
    """The plain learner, slowed down, leaving one line in a file whenever a cell begins."""
    note("built")
    time.sleep(0.03)
    return plain(learner, seed)


def logged(learner, seed):
    """The plain learner, slowed down, leaving its cell's seed and the time in a file."""
    note(f"{seed} {time.time()}")
    time.sleep(0.2)
    return plain(learner, seed)


def explode(learner, seed):
    raise ArithmeticError("this method\nalways fails")


def sleep(learner, seed):
    note("asleep")
    time.sleep(600)


def hold_the_lock_of_the_interpreter(learner, seed):
    """Native code that never lets another thread run: only a kill from outside ends it."""
    note("asleep")
    ctypes.PyDLL(None).sleep(600)


def devour(learner, seed):
    pieces = []
    while True:
        pieces.append(np.ones(2**21))  # 16 MB, touched
        time.sleep(0.02)  # so that a busy machine has not run out before the limit is noticed


def run_out(learner, seed):
    raise MemoryError("cannot allocate")


def leave(learner, seed):
    os._exit(7)


def die(learner, seed):
    os.kill(os.getpid(), signal.SIGKILL)


def crash(learner, seed):
    ctypes.string_at(0)


def chatter(learner, seed):
    """Prints on both levels, as native libraries do."""
    print("python chatter")
    os.write(1, b"native chatter\n")
    return plain(learner, seed)


def method(build):
    return Method(build.__name__, build, learners=("tree",))
