"""imbalanced-learn beside ours: real tables, one search that settles ties, equal generators."""

from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from unittest import mock

import numpy as np
import pandas as pd
from sklearn.datasets import make_classification
from sklearn.neighbors import KNeighborsClassifier, NearestNeighbors
from sklearn.preprocessing import KBinsDiscretizer, StandardScaler
from sklearn.svm import SVC

from imbalance_kit.datasets import load_suite

# The same few float64 operations in another order: a sum of d squares is off by d roundings of
# 1e-16, and a new value by a few more.
EXACT = {"rtol": 1e-9, "atol": 1e-12}

REAL = [
    "abalone-21_vs_8",
    "appendicitis",
    "automobile",
    "balance",
    "breast_cancer",
    "cleveland",
    "cleveland-0_vs_4",
    "cm1",
    "dermatology",
    "ecoli",
    "ecoli-0_vs_1",
    "ecoli3",
    "fertility",
    "glass",
    "glass6",
    "haberman",
    "ionosphere",
    "iris0",
    "movement_libras-1",
    "new_thyroid1",
    "newthyroid",
    "page-blocks-1-3_vs_4",
    "poker-9_vs_7",
    "saheart",
    "shuttle-6_vs_2-3",
    "spectfheart",
    "vowel0",
    "wine-2",
    "wisconsin",
    "yeast-2_vs_4",
    "yeast-0-3-5-9_vs_7-8",
]
MADE = {
    "made, 2 classes": ([340, 60], 7),
    "made, 3 classes": ([250, 110, 40], 5),
    "made, 5 classes": ([140, 100, 80, 50, 30], 20),
    "made, 1,500 rows": ([1350, 150], 4),  # far into compiled code
}


@dataclass(frozen=True, eq=False)
class Table:
    """Numbers and nominal columns of a table without gaps, and classes 0, 1, ...

    Classes are numbers because imbalanced-learn counts votes and looks up probabilities with
    them.
    """

    name: str
    numbers: np.ndarray
    nominal: pd.DataFrame
    y: np.ndarray

    def cut(self, n_rows: int) -> "Table":
        """Fewer rows, the same shares of the classes."""
        n = len(self.y)
        if n <= n_rows:
            return self
        by_class = np.argsort(self.y, kind="stable")
        rows = np.sort(by_class[np.arange(n_rows) * n // n_rows])
        nominal = self.nominal.iloc[rows].reset_index(drop=True)
        return Table(self.name, self.numbers[rows], nominal, self.y[rows])

    def without_ties(self) -> np.ndarray:
        """The numbers, moved a little where two distances from a row are equal.

        Standardised, and moved by a ten-thousandth of a standard deviation: then the least
        relative gap of two distances is far above the rounding of imbalanced-learn's.
        """
        if no_ties(self.numbers):
            return self.numbers
        scaled = StandardScaler().fit_transform(self.numbers)
        return scaled + 1e-4 * np.random.RandomState(0).normal(size=scaled.shape)

    def mixed(self, numbers: np.ndarray) -> pd.DataFrame:
        """The numbers and the nominal columns; without any, the first two numbers in bins."""
        frame = pd.DataFrame(numbers, columns=[f"number {j}" for j in range(numbers.shape[1])])
        nominal = self.nominal if self.nominal.shape[1] else in_bins(self.numbers[:, :2], 4)
        return pd.concat([frame, nominal.astype(str).astype("category")], axis=1)

    def words(self) -> np.ndarray:
        """Every column nominal."""
        columns = [self.nominal.astype(str)]
        if self.numbers.shape[1]:
            columns.append(in_bins(self.numbers, 5))
        return pd.concat(columns, axis=1).to_numpy(object)


def in_bins(numbers: np.ndarray, n_bins: int) -> pd.DataFrame:
    binner = KBinsDiscretizer(n_bins, encode="ordinal", strategy="uniform")
    codes = binner.fit_transform(numbers).astype(int)
    return pd.DataFrame(codes).map("b{}".format).add_prefix("bin ")


def no_ties(X: np.ndarray) -> bool:
    """Whether no two distances from a row to others are equal, rounding in mind."""
    squared = np.sort(squared_distances(X, X), axis=1)[:, 1:]
    return bool((np.diff(squared, axis=1) > 1e-10 * (X**2).sum(axis=1).max()).all())


@cache
def table(name: str) -> Table:
    if name in MADE:
        sizes, n_columns = MADE[name]
        X, y = make_classification(
            n_samples=sum(sizes),
            n_features=n_columns,
            n_informative=min(n_columns, 6) - 1,
            n_redundant=1,
            n_classes=len(sizes),
            n_clusters_per_class=1,
            weights=np.array(sizes) / sum(sizes),
            random_state=len(sizes),
        )
        return Table(name, X, pd.DataFrame(index=range(len(y))), y)
    (dataset,) = (dataset for dataset in load_suite("embedded") if dataset.name == name)
    X, y = dataset.load()
    complete = X.notna().all(axis=1)
    X, y = X[complete].reset_index(drop=True), y[complete]
    numbers = X.select_dtypes("number")
    codes = np.unique(y.to_numpy(str), return_inverse=True)[1]
    return Table(name, numbers.to_numpy(np.float64), X.drop(columns=numbers.columns), codes)


@cache
def given(name: str, n_rows: int, kind: str, moved: bool) -> tuple:
    """A table as a sampler takes it ("numbers", "mixed" or "words"), and the classes.

    At most `n_rows` rows; `moved` where distances tie.
    """
    data = table(name).cut(n_rows)
    if kind == "words":
        return data.words(), data.y
    numbers = data.without_ties() if moved else data.numbers
    return (numbers if kind == "numbers" else data.mixed(numbers)), data.y


def squared_distances(X: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Sums of squared differences, column after column."""
    total = np.zeros((len(X), len(others)))
    for j in range(X.shape[1]):
        total += (X[:, j, None] - others[None, :, j]) ** 2
    return total


# --- imbalanced-learn with a search of ours ---------------------------------------------------


class OrderedSearch(NearestNeighbors):
    """Brute force, ties by row number, and the asking row itself first.

    imbalanced-learn drops the first neighbour as if it were the row itself, and takes equal
    distances in the order its search tree happens to give. With `numbered`, the last column is
    the number of the row in the table and is not measured; without, the rows that ask must be
    the rows that were fitted.
    """

    numbered = True

    def fit(self, X, y=None):
        self._rows = np.asarray(X.toarray() if hasattr(X, "toarray") else X)
        self.n_samples_fit_ = len(self._rows)
        return self

    def kneighbors(self, X=None, n_neighbors=None, return_distance=True):
        asking = (
            self._rows if X is None else np.asarray(X.toarray() if hasattr(X, "toarray") else X)
        )
        k = self.n_neighbors if n_neighbors is None else n_neighbors
        if k > len(self._rows):
            raise ValueError(f"Expected n_neighbors <= n_samples_fit, got {k}")
        own, order = self._numbers(asking)
        if self.metric == "precomputed":
            distances = asking.copy()
        else:
            last = -1 if self.numbered else None
            distances = squared_distances(asking[:, :last], self._rows[:, :last])
        ranking = np.where(own, -1.0, distances)
        by_number = np.argsort(order, kind="stable")
        near = by_number[np.argsort(ranking[:, by_number], axis=1, kind="stable")][:, :k]
        if not return_distance:
            return near
        return np.sqrt(np.take_along_axis(distances, near, axis=1)), near

    def _numbers(self, asking):
        """Which fitted row each asking row is, and the order in which ties count."""
        places = np.arange(len(self._rows))
        if not self.numbered:
            return (places == np.arange(len(asking))[:, None]), places
        numbers = self._rows[:, -1]
        # made rows have no number of their own: then the table is one of originals and new rows,
        # and its rows stand in their order
        order = numbers if (numbers == np.rint(numbers)).all() else places
        return asking[:, -1][:, None] == numbers, order


class WithoutNumber(SVC):
    """The machine of SVMSMOTE, on all columns but the row's number."""

    def fit(self, X, y):
        return super().fit(X[:, :-1], y)


class OrderedClassifier(KNeighborsClassifier):
    """The classifier that imbalanced-learn condenses with, on the same search."""

    search = OrderedSearch

    def fit(self, X, y):
        self._search = self.search(n_neighbors=self.n_neighbors).fit(X)
        self.classes_, self._codes = np.unique(y, return_inverse=True)
        return self

    def kneighbors(self, X=None, n_neighbors=None, return_distance=True):
        k = self.n_neighbors if n_neighbors is None else n_neighbors
        return self._search.kneighbors(X, k, return_distance)

    def predict(self, X):
        votes = self._codes[self.kneighbors(np.asarray(X), return_distance=False)]
        counts = (votes[:, :, None] == np.arange(len(self.classes_))).sum(axis=1)
        return self.classes_[counts.argmax(axis=1)]


@contextmanager
def ties_settled(numbered: bool):
    """imbalanced-learn with `OrderedSearch` in the place of scikit-learn's."""
    search = type("Search", (OrderedSearch,), {"numbered": numbered})
    classifier = type("Classifier", (OrderedClassifier,), {"search": search})
    machine = WithoutNumber if numbered else SVC
    selection = "imblearn.under_sampling._prototype_selection"
    with ExitStack() as stack:
        for module in (
            "imblearn.utils._validation",
            "imblearn.over_sampling._smote.filter",
            f"{selection}._tomek_links",
            f"{selection}._neighbourhood_cleaning_rule",
            f"{selection}._one_sided_selection",
            f"{selection}._condensed_nearest_neighbour",
        ):
            for name, stand_in in (
                ("NearestNeighbors", search),
                ("KNeighborsClassifier", classifier),
                ("SVC", machine),
            ):
                if hasattr(import_module(module), name):
                    stack.enter_context(mock.patch(f"{module}.{name}", stand_in))
        yield
