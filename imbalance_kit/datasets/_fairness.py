"""Tables that studies of fairness use, from OpenML or a file, and a made one with known bias."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from imbalance_kit.datasets._formats import require_pandas
from imbalance_kit.datasets._user_tables import read_parquet

if TYPE_CHECKING:
    import pandas as pd


class FairnessData(NamedTuple):
    """A table with sensitive columns.

    Attributes
    ----------
    X : pandas.DataFrame of shape (n_samples, n_features)
        Features, the sensitive columns among them.
    y : pandas.Series of shape (n_samples,)
        1 for the positive class and 0 for the other.
    sensitive_features : tuple of str
        Names of the sensitive columns.

    Examples
    --------
    >>> from imbalance_kit.datasets import make_biased
    >>> data = make_biased(500, random_state=0)
    >>> data.X.shape, data.sensitive_features
    ((500, 5), ('group',))
    """

    X: pd.DataFrame
    y: pd.Series
    sensitive_features: tuple[str, ...]


def load_adult(
    path: str | os.PathLike[str] | None = None, *, data_home: str | None = None
) -> FairnessData:
    """Load Adult: whether a person of the US census of 1994 earned more than 50,000 dollars.

    Parameters
    ----------
    path : path, default=None
        A CSV or Parquet file with the table. None fetches it from OpenML (data set 1590), which
        needs the network the first time.

    data_home : str, default=None
        Where scikit-learn keeps what was fetched.

    Returns
    -------
    data : FairnessData
        48,842 rows and 14 columns, ``sex`` and ``race`` sensitive. Positive are the 24 % who earned
        more.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If the file lacks a column that the table has.

    Notes
    -----
    The table is old and its threshold arbitrary; results on it show little about incomes [1]_. For
    newer ones of the same kind use ``fairlearn.datasets.fetch_acs_income`` or folktables.

    References
    ----------
    .. [1] F. Ding, M. Hardt, J. Miller, L. Schmidt, "Retiring Adult: New Datasets for Fair Machine
       Learning", Advances in Neural Information Processing Systems 34, 2021.

    Examples
    --------
    >>> from imbalance_kit.datasets import load_adult
    >>> X, y, sensitive_features = load_adult()  # doctest: +SKIP
    """
    frame = _read("Adult", path, 1590, data_home)
    frame = frame.rename(columns={"class": "income"})
    _require(frame, "Adult", ("income", "sex", "race", "age"))
    # the test part of the original files ends its labels in a full stop
    income = frame["income"].astype(str).str.strip(" .")
    _require_values(income, "income", {"<=50K", ">50K"})
    return _as_data(frame.drop(columns="income"), income == ">50K", "income", ("sex", "race"))


def load_compas(
    path: str | os.PathLike[str] | None = None, *, data_home: str | None = None
) -> FairnessData:
    """Load COMPAS: whether a defendant in Broward County was charged again within two years.

    Parameters
    ----------
    path : path, default=None
        A CSV or Parquet file with the table that ProPublica published. None fetches OpenML's copy
        (data set 42192), which needs the network the first time.

    data_home : str, default=None
        Where scikit-learn keeps what was fetched.

    Returns
    -------
    data : FairnessData
        ``race`` and ``sex`` sensitive. Positive are those who were charged again. 7,214 rows in
        ProPublica's file; 5,278 in OpenML's copy, which has two races, and sex as 1 and 0.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If the file lacks a column that the table has.

    Notes
    -----
    Columns that hold the answer (``is_recid``), the scores under study, names, dates and case
    numbers are left out. The labels are charges, not crimes: where some are policed more, they are
    biased against them, and no method here removes that [1]_.

    References
    ----------
    .. [1] M. Bao, A. Zhou, S. Zottola, B. Brubach, S. Desmarais, A. Horowitz, K. Lum,
       S. Venkatasubramanian, "It's COMPASlicated: The Messy Relationship between RAI Datasets and
       Algorithmic Fairness Benchmarks", NeurIPS Datasets and Benchmarks, 2021.

    Examples
    --------
    >>> from imbalance_kit.datasets import load_compas
    >>> X, y, sensitive_features = load_compas()  # doctest: +SKIP
    """
    frame = _read("COMPAS", path, 42192, data_home).rename(columns={"twoyearrecid": _RECID})
    for name in ("race", "age_cat", "c_charge_degree"):
        frame = _join_indicators(frame, name)
    _require(frame, "COMPAS", (_RECID, "race", "sex", "age", "priors_count"))
    y = frame[_RECID].astype(str).str.strip()
    _require_values(y, _RECID, {"0", "1"})
    return _as_data(frame[[n for n in _COMPAS if n in frame]], y == "1", _RECID, ("race", "sex"))


_RECID = "two_year_recid"
_COMPAS = (
    *("sex", "age", "age_cat", "race", "juv_fel_count", "juv_misd_count", "juv_other_count"),
    *("priors_count", "c_charge_degree", "days_b_screening_arrest"),
)
_GERMAN = (
    *("checking_status", "duration", "credit_history", "purpose", "credit_amount"),
    *("savings_status", "employment", "installment_commitment", "personal_status"),
    *("other_parties", "residence_since", "property_magnitude", "age", "other_payment_plans"),
    *("housing", "existing_credits", "job", "num_dependents", "own_telephone", "foreign_worker"),
)
_FEMALE = {"A92", "A95"}  # the codes of the original file; OpenML has words


def load_german(
    path: str | os.PathLike[str] | None = None, *, data_home: str | None = None
) -> FairnessData:
    """Load German credit: whether a loan of a bank of the 1970s was a bad risk.

    Parameters
    ----------
    path : path, default=None
        A CSV or Parquet file with the 20 features in their usual order and the risk last. None
        fetches it from OpenML (data set 31), which needs the network the first time.

    data_home : str, default=None
        Where scikit-learn keeps what was fetched.

    Returns
    -------
    data : FairnessData
        1,000 rows. Sensitive are ``sex``, read from ``personal_status``, and ``age_group``, whether
        a person is older than 25. Positive are the 300 bad risks.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If the file has other columns.

    Notes
    -----
    ``personal_status`` mixes sex and marriage: its code for divorced men and that for single women
    are disputed [1]_. With 1,000 rows differences between groups are uncertain by several
    hundredths.

    References
    ----------
    .. [1] U. Groemping, "South German Credit Data: Correcting a Widely Used Data Set", Reports in
       Mathematics, Physics and Chemistry 4, Beuth University of Applied Sciences Berlin, 2019.

    Examples
    --------
    >>> from imbalance_kit.datasets import load_german
    >>> X, y, sensitive_features = load_german()  # doctest: +SKIP
    """
    frame = _read("German credit", path, 31, data_home)
    if frame.shape[1] != len(_GERMAN) + 1:
        raise ValueError(
            f"German credit has {len(_GERMAN) + 1} columns, the table has {frame.shape[1]}."
        )
    risk = frame.iloc[:, -1].astype(str).str.strip()
    _require_values(risk, "the risk", {"1", "2", "good", "bad"})
    X = frame.iloc[:, :-1].set_axis(list(_GERMAN), axis="columns")
    status = X["personal_status"].astype(str).str.strip()
    female = status.isin(_FEMALE) | status.str.startswith("female")
    X["sex"] = np.where(female, "female", "male")
    X["age_group"] = np.where(X["age"].astype(float) > 25, "over 25", "25 or younger")
    return _as_data(X, risk.isin({"2", "bad"}), "credit_risk", ("sex", "age_group"))


def make_biased(
    n_samples: int = 2000,
    *,
    share: float = 0.3,
    base_rate: float = 0.3,
    label_bias: float = 0.3,
    proxy: float = 1.0,
    merit: float = 1.5,
    n_noise: int = 2,
    random_state: Any = None,
) -> FairnessData:
    """Make a table in which a group of equal merit has fewer positive labels, by a known number.

    Parameters
    ----------
    n_samples : int, default=2000
        Rows.

    share : float, default=0.3
        Share of the rows in group "b", which the labels are biased against.

    base_rate : float, default=0.3
        Share of positives in both groups before the bias.

    label_bias : float, default=0.3
        Share of the positives of group "b" that are labelled negative.

    proxy : float, default=1.0
        Distance between the groups in the column ``proxy``, in standard deviations. 0: the other
        columns do not separate the groups.

    merit : float, default=1.5
        How much the column ``merit`` is related to the label: the correlation with what decides
        about it is ``merit / sqrt(1 + merit ** 2)``.

    n_noise : int, default=2
        Columns unrelated to everything else.

    random_state : int, RandomState instance or None, default=None
        Seed.

    Returns
    -------
    data : FairnessData
        Columns ``group``, ``merit``, ``proxy`` and ``noise_0``, ...; sensitive is ``group``.
        ``y.attrs["fair"]`` holds the labels before the bias.

    Raises
    ------
    ValueError
        If a share leaves a group without a class.

    Notes
    -----
    The numbers are exact up to whole rows: of the rows of each group a share of `base_rate` is
    positive before the bias, and in group "b" a share of `label_bias` of these, drawn at random,
    loses its label. So base rates differ by ``base_rate * label_bias``.

    Examples
    --------
    >>> from imbalance_kit.datasets import make_biased
    >>> X, y, sensitive_features = make_biased(1000, random_state=0)
    >>> y.groupby(X["group"]).mean().to_dict()
    {'a': 0.3, 'b': 0.21}
    >>> y.attrs["fair"].groupby(X["group"]).mean().to_dict()
    {'a': 0.3, 'b': 0.3}
    """
    require_pandas()
    import pandas as pd
    from sklearn.utils import check_random_state

    rng = check_random_state(random_state)
    n_biased = round(n_samples * share)
    sizes = {"a": n_samples - n_biased, "b": n_biased}
    positives = {name: round(size * base_rate) for name, size in sizes.items()}
    n_lost = round(positives["b"] * label_bias)
    if not 0 < share < 1 or not 0 < base_rate < 1 or not 0 <= label_bias < 1:
        raise ValueError(
            "share and base_rate must lie between 0 and 1, label_bias may be 0; got "
            f"share={share}, base_rate={base_rate}, label_bias={label_bias}."
        )
    if min(positives["a"], positives["b"] - n_lost) < 1 or positives["a"] >= sizes["a"]:
        raise ValueError(
            f"{n_samples} rows leave a group without a class; give more, or larger shares."
        )
    group = rng.permutation(np.repeat(["a", "b"], [sizes["a"], sizes["b"]]))
    column = rng.normal(size=n_samples)
    worth = merit * column + rng.normal(size=n_samples)
    fair = np.zeros(n_samples, dtype=np.int64)
    for name, n_positive in positives.items():
        rows = np.flatnonzero(group == name)
        fair[rows[np.argsort(-worth[rows], kind="stable")[:n_positive]]] = 1
    y = fair.copy()
    y[rng.choice(np.flatnonzero((group == "b") & (fair == 1)), size=n_lost, replace=False)] = 0
    columns: dict[str, Any] = {
        "group": group.astype(object),
        "merit": column,
        "proxy": proxy * (group == "b") + rng.normal(size=n_samples),
    }
    columns |= {f"noise_{number}": rng.normal(size=n_samples) for number in range(n_noise)}
    labels = pd.Series(y, name="label")
    labels.attrs["fair"] = pd.Series(fair, name="fair")
    return FairnessData(pd.DataFrame(columns), labels, ("group",))


def _read(
    title: str, path: str | os.PathLike[str] | None, data_id: int, data_home: str | None
) -> pd.DataFrame:
    """The table with plain column names, from a file or from OpenML."""
    require_pandas()
    import pandas as pd

    if path is None:
        from sklearn.datasets import fetch_openml

        frame = fetch_openml(data_id=data_id, as_frame=True, data_home=data_home).frame
    else:
        file = Path(path).expanduser()
        if not file.is_file():
            raise FileNotFoundError(
                f"There is no file {file} with {title}. Leave path out to fetch it from OpenML."
            )
        if file.suffix.lower() not in (".csv", ".parquet"):
            raise ValueError(f"{file.name}: expected a file that ends in .csv or .parquet.")
        if file.suffix.lower() == ".csv":
            try:
                # in blocks, a column may get numbers in one and text in another
                frame = pd.read_csv(file, low_memory=False)
            except ValueError as error:
                raise ValueError(f"{file.name}: cannot be read as CSV: {error}") from error
        else:
            frame = read_parquet(file.read_bytes(), file.name)
    return frame.rename(columns={name: _plain_name(name) for name in frame.columns})


def _plain_name(name: str) -> str:
    """A column's name as an identifier; indicator columns keep what stands after the name."""
    known = name.startswith(("race_", "age_cat_", "c_charge_degree_"))
    return name if known else name.strip().replace("-", "_").replace(".", "_")


def _join_indicators(frame: pd.DataFrame, name: str) -> pd.DataFrame:
    """One column of words in the place of one 0/1 column for each of them."""
    indicators = [column for column in frame.columns if column.startswith(f"{name}_")]
    if name in frame.columns or not indicators:
        return frame
    words = np.array([column.removeprefix(f"{name}_") for column in indicators], dtype=object)
    which = frame[indicators].astype(float).to_numpy().argmax(axis=1)
    return frame.drop(columns=indicators).assign(**{name: words[which]})


def _require(frame: pd.DataFrame, title: str, names: tuple[str, ...]) -> None:
    missing = [name for name in names if name not in frame.columns]
    if missing:
        raise ValueError(
            f"The table lacks the columns {missing} of {title}; it has {list(frame.columns)}."
        )


def _require_values(column: pd.Series, what: str, expected: set[str]) -> None:
    found = set(column.unique())
    if not found <= expected:
        raise ValueError(
            f"Expected the values {sorted(expected)} in {what}, got {sorted(found - expected)[:5]}."
        )


def _as_data(
    X: pd.DataFrame, positive: Any, name: str, sensitive_features: tuple[str, ...]
) -> FairnessData:
    """Text as categories, missing kept; the target as 0 and 1."""
    X = X.reset_index(drop=True)
    for column in X.columns:
        if X[column].dtype.kind not in "fiub":
            # a question mark is how the original files spell a missing value
            X[column] = X[column].astype(object).replace("?", np.nan).astype("category")
    y = positive.reset_index(drop=True).astype(np.int64).rename(name)
    return FairnessData(X, y, sensitive_features)
