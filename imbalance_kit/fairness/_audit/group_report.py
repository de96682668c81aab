"""Every rate of a classifier's decisions by group: how large, how sure, how different."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.utils import check_random_state

from imbalance_kit._tables.labels import spell
from imbalance_kit.calibration._report_tables import as_frame, as_text
from imbalance_kit.fairness._audit.differences import (
    FIGURES,
    Draws,
    difference_between,
    possible_difference,
)
from imbalance_kit.fairness._audit.group_lines import notes_on, partitions_of, rate_lines
from imbalance_kit.fairness._audit.inputs import read_audited
from imbalance_kit.fairness._audit.rates import (
    RATES,
    require_level,
    require_rates,
)

if TYPE_CHECKING:
    from imbalance_kit.fairness._audit.displays import FairnessDisplay

_SHOWN = ("base_rate", "selection_rate", "true_positive_rate", "false_positive_rate", "precision")
EQUALIZED_ODDS = ("true_positive_rate", "false_positive_rate")


@dataclass(frozen=True)
class GroupReport:
    """Rates by group, with intervals, and what can be said about their differences.

    Made by :func:`group_report`.

    Attributes
    ----------
    rates : dict of list
        Columns of a table with one line per group and rate: ``by`` (the sensitive features that
        form the group), ``group``, ``rate``, ``value``, ``low`` and ``high`` (its interval),
        ``rows`` (what the rate is a share of), ``small`` (whether these are fewer than asked for).
    differences : dict of list
        Columns of a table with one line per way to form groups and rate: ``by``, ``rate``,
        ``difference`` (largest minus smallest) and ``ratio`` (smallest over largest) with their
        intervals, ``lowest`` and ``highest`` (the groups), ``p_value`` of the hypothesis that all
        groups have one rate, ``possible`` (see Notes of :func:`group_report`).
    notes : tuple of str
        What must be known to read the numbers: groups that are too small, missing values, no
        sensitive features at all.
    n_rows : int
        Rows.
    pos_label : label
        The positive class.
    confidence : float
        Level of the intervals.
    """

    rates: dict[str, list] = field(repr=False)
    differences: dict[str, list] = field(repr=False)
    notes: tuple[str, ...]
    n_rows: int
    pos_label: Any
    confidence: float

    @property
    def partitions(self) -> tuple[str, ...]:
        """The ways in which groups were formed: each sensitive feature, then combinations.

        Returns
        -------
        names : tuple of str
        """
        return tuple(dict.fromkeys(self.rates["by"]))

    def to_frame(self, of: str = "rates") -> Any:
        """A table of the report as a pandas DataFrame.

        Parameters
        ----------
        of : {"rates", "differences", "wide"}, default="rates"
            One line per group and rate; per rate; or per group with a column for each rate.

        Returns
        -------
        frame : pandas.DataFrame
        """
        tables = {
            "rates": lambda: self.rates,
            "differences": lambda: self.differences,
            "wide": lambda: self._wide(None),
        }
        return as_frame(tables, of)

    def difference(self, rate: str, *, by: str | None = None) -> float:
        """Largest minus smallest value of a rate, or of equalised odds.

        Parameters
        ----------
        rate : str
            A rate, or "equalized_odds": the larger of the differences of true and false positive
            rates.

        by : str, default=None
            How groups are formed, one of `partitions`. None stands for the last, which is the
            finest.

        Returns
        -------
        difference : float
            NaN where fewer than two groups are large enough.
        """
        by = self.partitions[-1] if by is None else by
        wanted = EQUALIZED_ODDS if rate == "equalized_odds" else (rate,)
        pairs = list(zip(self.differences["by"], self.differences["rate"], strict=True))
        lines = [pairs.index((by, name)) for name in wanted if (by, name) in pairs]
        if len(lines) < len(wanted):
            raise ValueError(
                f"The report has no {rate!r} by {by!r}; it has {list(dict.fromkeys(pairs))}."
            )
        return float(np.max([self.differences["difference"][line] for line in lines]))

    def plot(
        self, *, by: str | None = None, rates: Sequence[str] | None = None, axes: Any = None
    ) -> FairnessDisplay:
        """Draw rates by group with their intervals.

        Parameters
        ----------
        by : str, default=None
            How groups are formed, one of `partitions`. None stands for the first.

        rates : list of str, default=None
            One panel each. None stands for selection, true positive, false positive rate and
            precision.

        axes : sequence of matplotlib Axes, default=None
            Where to draw; None makes a new figure.

        Returns
        -------
        display : FairnessDisplay
        """
        from imbalance_kit.fairness._audit.displays import FairnessDisplay

        return FairnessDisplay(self, by=by, rates=rates).plot(axes)

    def _wide(self, wanted: Sequence[str] | None) -> dict[str, list]:
        keys = list(dict.fromkeys(zip(self.rates["by"], self.rates["group"], strict=True)))
        names = [name for name in dict.fromkeys(self.rates["rate"]) if not wanted or name in wanted]
        place = {key: line for line, key in enumerate(keys)}
        table: dict[str, list] = {
            "by": [by for by, _ in keys],
            "group": [group for _, group in keys],
            "rows": [0] * len(keys),
            **{name: [float("nan")] * len(keys) for name in names},
        }
        lines = zip(
            *(self.rates[name] for name in ("by", "group", "rate", "value", "rows")), strict=True
        )
        for by, group, rate, value, rows in lines:
            line = place[by, group]
            table["rows"][line] = max(table["rows"][line], rows)
            if rate in names:
                table[rate][line] = value
        return table

    def __str__(self) -> str:
        title = f"{self.n_rows} rows, positive class {spell(self.pos_label)}"
        lines = [title, "", as_text(self._wide(_SHOWN))]
        shown = ("by", "rate", "difference", "difference_low", "difference_high", "p_value")
        keep = [line for line, rate in enumerate(self.differences["rate"]) if rate in _SHOWN]
        if keep:
            cut = {name: [self.differences[name][line] for line in keep] for name in shown}
            lines += ["", as_text(cut)]
        return "\n".join([*lines, *(["", *self.notes] if self.notes else [])])


def group_report(
    y_true: Any,
    y_pred: Any,
    *,
    sensitive_features: Any = None,
    y_proba: Any = None,
    sample_weight: Any = None,
    pos_label: Any = None,
    rates: Any = None,
    max_depth: int = 2,
    min_rows: int = 30,
    confidence: float = 0.95,
    n_bootstrap: int = 500,
    random_state: Any = None,
) -> GroupReport:
    """Report every rate of decisions by group and by intersections of groups.

    Parameters
    ----------
    y_true : array-like of shape (n_samples,)
        True classes.

    y_pred : array-like of shape (n_samples,)
        Decisions.

    sensitive_features : array-like of shape (n_samples,) or (n_samples, n), default=None
        One or several sensitive features: an array, a dataframe or a dict of columns. A missing
        value is a group of its own. None: all rows are one group, and the notes say what that
        leaves open.

    y_proba : array-like of shape (n_samples,) or (n_samples, n_classes), default=None
        Probabilities, of the positive class or of all classes. With them the report also has
        ``mean_probability``, ``calibration_gap`` (it minus the base rate), ``brier_score``,
        ``auroc`` and ``auprc``.

    sample_weight : array-like of shape (n_samples,), default=None
        Weights of the rows.

    pos_label : label, default=None
        The positive class. None stands for the second of two; more classes need it.

    rates : str or list of str, default=None
        Rates to report. None stands for all.

    max_depth : int, default=2
        Sensitive features that are combined at most; 1 looks at each alone.

    min_rows : int, default=30
        Groups with fewer rows to take a rate of (positives for a true positive rate, and so on)
        are marked as small and left out of differences. 0 leaves out none.

    confidence : float, default=0.95
        Level of all intervals.

    n_bootstrap : int, default=500
        Draws behind the intervals of differences and ratios; 0 gives none.

    random_state : int, RandomState instance or None, default=None
        Seed of the draws.

    Returns
    -------
    report : GroupReport

    Raises
    ------
    ValueError
        If there are more than two classes and no `pos_label`, more than 50 groups, or an unknown
        rate.

    Notes
    -----
    **Intervals** of rates are Wilson's [1]_, which hold in small groups and near 0 and 1. With
    weights they take a group for as many rows as Kish's effective size says, as ``p_value`` does,
    so doubling all weights changes nothing. Those of differences and ratios are percentiles of a
    bootstrap of rows.

    **The largest difference is never negative**, so chance alone makes one, the more so the more
    groups there are, and its interval cannot reach zero. Whether groups differ at all is what
    ``p_value`` (Pearson's chi-squared test) is for. It is not adjusted for the number of rates and
    partitions that you look at.

    **Missing values** are reported as a group of their own. ``possible`` is the largest difference
    that could come out if those rows were told apart: the extreme over all ways to give them to
    the other groups. Nothing is guessed from names, places or other columns.

    **What equal rates do not say.** If base rates differ, no imperfect classifier has equal true
    and false positive rates and equal precision at once [2]_. The labels may be biased themselves;
    a report takes them as the truth.

    Cost is O(n) for each of the draws with weights or probabilities, and next to nothing without.

    References
    ----------
    .. [1] E. B. Wilson, "Probable Inference, the Law of Succession, and Statistical Inference",
       Journal of the American Statistical Association 22, 1927.
    .. [2] A. Chouldechova, "Fair Prediction with Disparate Impact: A Study of Bias in Recidivism
       Prediction Instruments", Big Data 5(2), 2017.
    .. [3] N. Kallus, X. Mao, A. Zhou, "Assessing Algorithmic Fairness with Unobserved Protected
       Class Using Data Combination", Management Science 68(3), 2022.

    Examples
    --------
    >>> import numpy as np
    >>> from imbalance_kit.fairness import group_report
    >>> sex = np.repeat(["f", "m"], 200)
    >>> y_true = np.tile([0, 0, 0, 1], 100)
    >>> y_pred = np.where(sex == "m", np.tile([0, 0, 1, 1], 100), np.tile([0, 0, 0, 1], 100))
    >>> report = group_report(y_true, y_pred, sensitive_features={"sex": sex}, random_state=0)
    >>> report.difference("selection_rate"), round(report.difference("equalized_odds"), 3)
    (0.25, 0.333)
    >>> frame = report.to_frame("wide")
    >>> frame[["group", "selection_rate", "precision"]].values.tolist()
    [['sex=f', 0.25, 1.0], ['sex=m', 0.5, 0.5]]
    """
    wanted = require_rates(rates)
    require_level(confidence)
    if max_depth < 1 or min_rows < 0 or n_bootstrap < 0:
        raise ValueError(
            "max_depth must be at least 1, min_rows and n_bootstrap at least 0; got "
            f"{max_depth}, {min_rows} and {n_bootstrap}."
        )
    rows = read_audited(
        y_true, y_pred, y_proba=y_proba, pos_label=pos_label, sample_weight=sample_weight
    )
    partitions, skipped = partitions_of(rows, sensitive_features, max_depth)
    draws = Draws(rows, partitions, n_bootstrap, check_random_state(random_state))
    report: dict[str, dict[str, list]] = {"rates": {}, "differences": {}}
    notes = skipped
    if sensitive_features is None:
        notes.append(_WITHOUT)
    for number, (by, groups) in enumerate(partitions.items()):
        lines = rate_lines(rows, groups, wanted, confidence)
        small = lines["rows"] < min_rows
        names = [groups.spell(code) for code in range(groups.n_groups)]
        for column, name in enumerate(lines["names"]):
            for code in range(groups.n_groups):
                _append(
                    report["rates"],
                    by=by,
                    group=names[code],
                    rate=name,
                    value=float(lines["value"][code, column]),
                    low=float(lines["low"][code, column]),
                    high=float(lines["high"][code, column]),
                    rows=int(lines["rows"][code, column]),
                    small=bool(small[code, column]),
                )
            if groups.n_groups > 1:
                told = ~small[:, column] & np.isfinite(lines["value"][:, column])
                _append(
                    report["differences"],
                    by=by,
                    rate=name,
                    **difference_between(
                        lines["value"][:, column],
                        lines["sizes"][:, column],
                        told,
                        names,
                        draws.of(number, name),
                        confidence,
                        is_share=name in RATES,
                    ),
                    possible=possible_difference(lines["mass"], name, groups),
                )
        notes += notes_on(by, groups, lines, small, min_rows)
    return GroupReport(
        rates=report["rates"],
        differences=report["differences"] or {name: [] for name in _EMPTY},
        notes=tuple(notes),
        n_rows=len(rows.positive),
        pos_label=rows.pos_label,
        confidence=confidence,
    )


_EMPTY = ("by", "rate", *FIGURES, "lowest", "highest", "p_value", "possible")
_WITHOUT = (
    "No sensitive features were given. The rates are those of all rows; they hold nothing about "
    "differences between groups, which may be large or none. Leaving a feature out of the data "
    "does not make decisions independent of it. To know, collect it for a sample of the rows."
)


def _append(table: dict[str, list], **line: Any) -> None:
    for name, value in line.items():
        table.setdefault(name, []).append(value)
