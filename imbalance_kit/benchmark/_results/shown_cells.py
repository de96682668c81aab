"""Which of the cells of a results folder belong together, when it holds those of several requests.

A folder keeps what was ever finished in it. Cells under one name may come from another table (a
file that was edited, another target, a folder of the same name), another version of a method of
one's own, another size of ensembles, or another protocol. Their means would be of nothing. What is
shown are the cells of the last request, and those others that are like them in every respect but
for the data set or the pair.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

IDENTITY = ["dataset", "method", "learner", "repeat", "fold"]
FACTS = ["n_rows", "n_features", "n_classes", "imbalance_ratio"]  # of rows without a version
WHY = {
    "protocol": "of another protocol (folds, search, seed or version of the package)",
    "table": "of another table under the same name (an edited file, or another target)",
    "method": "of another version of a method, or another size of ensembles",
    "again": "there twice",
}


@dataclass(frozen=True)
class Holding:
    """What a folder holds beside the cells that are shown.

    Attributes
    ----------
    left_out : dict of str to int
        Cells that are not shown, by the reasons in ``WHY``.
    damaged : dict of str to str
        Files that cannot be read, and why.
    """

    left_out: dict[str, int] = field(default_factory=dict)
    damaged: dict[str, str] = field(default_factory=dict)

    @property
    def sentences(self) -> list[str]:
        """What readers of the results have to know, one sentence each."""
        sentences = []
        if self.left_out:
            parts = [f"{count:,} {WHY[why]}" for why, count in self.left_out.items()]
            sentences.append(
                f"The folder holds more cells, which are left out: {'; '.join(parts)}. The command "
                "that made them, given again, shows them."
            )
        if self.damaged:
            files = "; ".join(f"{name} ({why})" for name, why in sorted(self.damaged.items()))
            sentences.append(
                f"Damaged files, whose cells are left out: {files}. The command of the run, given "
                "again, does these cells again."
            )
        return sentences


def choose_shown(
    cells: pd.DataFrame, request: Mapping[str, Any]
) -> tuple[pd.DataFrame, dict[str, int]]:
    """Cells that belong together: one for each data set, pair, repeat and fold.

    Parameters
    ----------
    cells : DataFrame
        All rows of a folder.
    request : mapping
        Content of ``run.json``; every key is optional. Where it does not know a data set or a pair,
        the latest cells of it are taken.

    Returns
    -------
    shown : DataFrame
        In the order they had.
    left_out : dict of str to int
        How many are not shown, by the reasons in ``WHY``.
    """
    left_out: dict[str, int] = {}

    def keep(kept: pd.Series, why: str) -> None:
        nonlocal cells
        if n_left := int((~kept).sum()):
            left_out[why] = n_left
        cells = cells[kept]

    wanted = _part(_part(request, "protocol"), "name", str)
    if not wanted and len(cells):
        wanted = str(_latest_first(cells)["protocol"].iloc[0])
    if wanted:
        keep(cells["protocol"].eq(wanted), "protocol")
    keep(_of_the_table(cells, _part(request, "tables")), "table")
    keep(_of_the_method(cells, _part(request, "pairs")), "method")
    newest = _latest_first(cells).drop_duplicates(IDENTITY).index
    keep(cells.index.to_series().isin(newest), "again")
    return cells.reset_index(drop=True), left_out


def _part(request: Mapping[str, Any], name: str, kind: type = dict) -> Any:
    value = request.get(name)
    return value if isinstance(value, kind) else kind()


def _latest_first(cells: pd.DataFrame) -> pd.DataFrame:
    """Rows that say what they are of before rows of earlier versions of the package."""
    named = cells.assign(_named=cells["table_version"].notna())
    return named.sort_values(["_named", "started"], ascending=False, kind="stable")


def _of_the_table(cells: pd.DataFrame, tables: Mapping[str, Any]) -> pd.Series:
    """Whether each row is of the table that its data set has in the request."""
    version = cells["table_version"]
    latest = _latest_first(cells).drop_duplicates("dataset").set_index("dataset")
    last = latest[["table_version", *FACTS]].to_dict(orient="index")
    kept = pd.Series(False, index=cells.index)
    for name, rows in cells.groupby("dataset").groups.items():
        known = _part(tables, str(name)) or {
            str(fact): value for fact, value in last[str(name)].items()
        }
        wanted: Any = known.get("version", known.get("table_version"))
        facts = [known.get(fact) for fact in FACTS]
        of_facts = cells.loc[rows, FACTS].eq(facts, axis="columns").all(axis=1)
        kept[rows] = version[rows].eq(wanted) | (version[rows].isna() & of_facts)
    return kept


def _of_the_method(cells: pd.DataFrame, pairs: Mapping[str, Any]) -> pd.Series:
    """Whether each row is of the version of its method, and the size, in the request."""
    pair = cells["method"] + " / " + cells["learner"]
    version, size = cells["method_version"].fillna(""), cells["ensemble_size"].fillna(0)
    sizes = {known.get("learner"): known.get("size") for known in pairs.values()}
    latest = _latest_first(cells).assign(pair=pair).drop_duplicates("pair").set_index("pair")
    lasts = latest[["method_version", "ensemble_size"]].to_dict(orient="index")
    kept = cells["table_version"].isna()  # an earlier version of the package did not say
    for name, rows in cells.groupby(pair).groups.items():
        known = _part(pairs, str(name))
        last = lasts[str(name)]
        wanted: Any = known.get("version", last["method_version"]) or ""
        learner = cells["learner"][rows[0]]
        wanted_size = known.get("size", sizes.get(learner, last["ensemble_size"]))
        wanted_size = 0 if pd.isna(wanted_size) else wanted_size
        kept[rows] |= version[rows].eq(wanted) & size[rows].eq(wanted_size)
    return kept
