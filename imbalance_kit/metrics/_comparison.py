"""What a comparison of models found, as tables for people and for papers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

_SPECIAL = {
    "\\": r"\textbackslash{}",
    "&": r"\&",
    "%": r"\%",
    "$": r"\$",
    "#": r"\#",
    "_": r"\_",
    "{": r"\{",
    "}": r"\}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
}
_P_VALUES = ("p", "p_adjusted", "p_value")


@dataclass(frozen=True)
class ModelComparison:
    """Scores of models on the same rows or splits, and their differences.

    Attributes
    ----------
    metric : str
        What was measured.

    scores : dict of list
        Columns ``model``, ``estimate``, ``low``, ``high``: one row for each model, in the order
        given. These intervals are each for one model alone.

    differences : dict of list
        Columns ``model``, ``reference``, ``difference`` (model minus reference), ``low``, ``high``,
        ``p``, ``p_adjusted`` and ``verdict``: one row for each comparison. Intervals and adjusted
        p-values hold for all comparisons together, unless `correction` is None. The verdict is
        "better", "worse" or "tied", from the adjusted p-value.

    reference : str or None
        What the others were compared with; None where all pairs were.

    correction : str or None
        How several comparisons were corrected for.

    confidence : float
        Coverage aimed at.

    n : int
        Units of the rarest class that were drawn from, or splits.

    See Also
    --------
    compare_models : Makes it from predictions for test rows.

    compare_cv_scores : Makes it from scores of splits.
    """

    metric: str
    scores: dict[str, list]
    differences: dict[str, list]
    reference: str | None
    correction: str | None
    confidence: float
    n: int

    def summary(self, digits: int = 3) -> dict[str, list]:
        """Texts for a table in a paper: scores, and differences from the reference if there is one.

        Parameters
        ----------
        digits : int, default=3
            Digits behind the point.

        Returns
        -------
        columns : dict of list
            One row for each model.
        """
        level = f"{100 * self.confidence:g} % interval"
        parts = (self.scores[key] for key in ("estimate", "low", "high"))
        columns = {
            "model": list(self.scores["model"]),
            f"{self.metric} ({level})": [
                _with_limits(value, low, high, digits)
                for value, low, high in zip(*parts, strict=True)
            ],
        }
        if self.reference is None:
            return columns
        texts = {}
        for place, model in enumerate(self.differences["model"]):
            row = {key: values[place] for key, values in self.differences.items()}
            shown = _with_limits(row["difference"], row["low"], row["high"], digits, sign="+")
            texts[model] = (shown, p_as_text(row["p_adjusted"]))
        blank = ("reference", "")
        cells = [texts.get(model, blank) for model in columns["model"]]
        columns[f"difference ({level})"] = [text for text, _ in cells]
        columns["p" if self.correction is None else "adjusted p"] = [p for _, p in cells]
        return columns

    def to_frame(self, of: str = "differences") -> Any:
        """One of the tables as a pandas DataFrame.

        Parameters
        ----------
        of : {"differences", "scores", "summary"}, default="differences"
            Which one.

        Returns
        -------
        frame : pandas.DataFrame
        """
        columns = self._columns(of)
        import pandas as pd

        return pd.DataFrame(columns)

    def to_latex(self, of: str = "summary", *, digits: int = 3) -> str:
        """One of the tables as a LaTeX ``tabular`` with the rules of the package booktabs.

        Parameters
        ----------
        of : {"summary", "differences", "scores"}, default="summary"
            Which one.

        digits : int, default=3
            Digits behind the point.

        Returns
        -------
        text : str
        """
        columns = self.summary(digits) if of == "summary" else self._columns(of)
        return as_latex(columns, digits)

    def __str__(self) -> str:
        columns = self.summary() if self.reference is not None else _as_texts(self.differences, 3)
        return "\n".join("  ".join(cells) for cells in _padded(columns))

    def _columns(self, of: str) -> Mapping[str, list]:
        if of not in ("differences", "scores", "summary"):
            raise ValueError(f"of must be 'differences', 'scores' or 'summary'; got {of!r}.")
        return self.summary() if of == "summary" else getattr(self, of)


def as_latex(columns: Mapping[str, list], digits: int = 3) -> str:
    """Columns as a LaTeX table: texts to the left, numbers to the right.

    Parameters
    ----------
    columns : dict of list
        Texts and numbers.

    digits : int, default=3
        Digits behind the point.
    """
    numbers = [
        all(isinstance(value, float) for value in values) and bool(values)
        for values in columns.values()
    ]
    texts = _as_texts(columns, digits)
    rows = [[_escaped(cell) for cell in row] for row in zip(*texts.values(), strict=True)]
    lines = [" & ".join(row) + r" \\" for row in rows]
    places = "".join("r" if number else "l" for number in numbers)
    head = " & ".join(_escaped(name) for name in texts) + r" \\"
    return "\n".join(
        [
            rf"\begin{{tabular}}{{{places}}}",
            r"\toprule",
            head,
            r"\midrule",
            *lines,
            r"\bottomrule",
            r"\end{tabular}",
        ]
    )


def p_as_text(p: float) -> str:
    """A p-value with three digits; never "0.000"."""
    return "< 0.001" if p < 0.001 else f"{p:.3f}"


def _with_limits(value: float, low: float, high: float, digits: int, sign: str = "") -> str:
    form = f"{sign}.{digits}f"
    return f"{value:{form}} [{low:{form}}, {high:{form}}]"


def _as_texts(columns: Mapping[str, list], digits: int) -> dict[str, list[str]]:
    return {
        name: [
            (p_as_text(value) if name in _P_VALUES else f"{value:.{digits}f}")
            if isinstance(value, float)
            else str(value)
            for value in values
        ]
        for name, values in columns.items()
    }


def _padded(columns: Mapping[str, list[str]]) -> list[list[str]]:
    widths = [max(map(len, [name, *values])) for name, values in columns.items()]
    rows = [list(columns), *map(list, zip(*columns.values(), strict=True))]
    return [[cell.ljust(width) for cell, width in zip(row, widths, strict=True)] for row in rows]


def _escaped(text: str) -> str:
    return "".join(_SPECIAL.get(letter, letter) for letter in text)
