"""Rates of a classifier's decisions by group, as a report and as a figure.

Report and figure stand in one file because each makes the other.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.pipeline import Pipeline
from sklearn.utils import check_random_state

from imbalance_kit._tables.labels import spell
from imbalance_kit.calibration._report_tables import as_frame, as_text
from imbalance_kit.fairness._audit.gaps import GAPS
from imbalance_kit.fairness._audit.inputs import read_audit_inputs
from imbalance_kit.fairness._audit.rate_panels import draw_rates
from imbalance_kit.fairness._audit.rates import require_level, require_rates
from imbalance_kit.fairness._audit.report_gaps import gap_of, gap_table
from imbalance_kit.fairness._audit.report_page import as_page
from imbalance_kit.fairness._audit.report_tables import report_tables
from imbalance_kit.fairness._groups.table_columns import column_of
from imbalance_kit.metrics._comparison import as_latex

_SHOWN = ("base_rate", "selection_rate", "true_positive_rate", "false_positive_rate", "precision")


@dataclass(frozen=True)
class GroupReport:
    """Rates by group and their differences, with intervals.

    Made by :func:`group_report`.

    Attributes
    ----------
    rates : dict of list
        Columns of a table with one row per group and rate: ``by`` (the sensitive features that
        form the group), ``group``, ``rate``, ``value``, ``low`` and ``high`` (its interval),
        ``rows`` (what the rate is a share of), ``small`` (whether these are fewer than asked for).
    differences : dict of list
        Columns of a table with one row per way to form groups and rate: ``by``, ``rate``,
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
        of : {"rates", "differences", "wide", "gaps"}, default="rates"
            One row per group and rate; per rate; per group with a column for each rate; or per
            gap that the report has the rates of.

        Returns
        -------
        frame : pandas.DataFrame
        """
        return as_frame(self._tables(), of)

    def to_latex(self, of: str = "wide", *, digits: int = 3) -> str:
        """A table of the report as a LaTeX ``tabular`` with the rules of the package booktabs.

        Parameters
        ----------
        of : {"wide", "differences", "gaps", "rates"}, default="wide"
            Which one, as for `to_frame`; "wide" with the rates that the printed report shows.

        digits : int, default=3
            Digits behind the point.

        Returns
        -------
        text : str
        """
        tables = {**self._tables(), "wide": lambda: self._wide(_SHOWN)}
        if of not in tables:
            raise ValueError(f"of must be one of {list(tables)}, got {of!r}.")
        return as_latex(tables[of](), digits)

    def to_html(self, path: Any = None, *, title: str = "Rates by group") -> str:
        """The whole report as one page that needs no other file and no network.

        Parameters
        ----------
        path : str or path-like, default=None
            Where to write it; None writes nothing.

        title : str, default="Rates by group"
            Heading.

        Returns
        -------
        text : str
            The page.
        """
        positive = spell(self.pos_label)
        facts = [
            f"{self.n_rows} rows; positive class {positive}; intervals at {self.confidence:.4g}.",
            "Rows in italics are of too few rows to conclude anything, and left out of "
            "differences and gaps.",
        ]
        tables = {"Gaps": self._tables()["gaps"](), "Differences between groups": self.differences}
        for by in self.partitions:
            rows = [place for place, name in enumerate(self.rates["by"]) if name == by]
            tables[f"Rates by {by}"] = {
                name: [values[place] for place in rows]
                for name, values in self.rates.items()
                if name != "by"
            }
        page = as_page(title, facts, self.notes, tables)
        if path is not None:
            Path(path).write_text(page, encoding="utf-8")
        return page

    def gap(self, name: str, *, by: str | None = None) -> float:
        """A gap between groups, as :class:`GapScorer` names it.

        Parameters
        ----------
        name : str
            Such as "equalized_odds_difference" or "worst_group_accuracy".

        by : str, default=None
            How groups are formed, one of `partitions`. None stands for the last, which is the
            finest.

        Returns
        -------
        gap : float
            NaN where fewer than two groups are large enough.
        """
        return gap_of(self.rates, name, self.partitions[-1] if by is None else by)

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
        equalized = GAPS["equalized_odds_difference"].rates
        wanted = equalized if rate == "equalized_odds" else (rate,)
        pairs = list(zip(self.differences["by"], self.differences["rate"], strict=True))
        rows = [pairs.index((by, name)) for name in wanted if (by, name) in pairs]
        if len(rows) < len(wanted):
            raise ValueError(
                f"The report has no {rate!r} by {by!r}; it has {list(dict.fromkeys(pairs))}."
            )
        return float(np.max([self.differences["difference"][row] for row in rows]))

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
        return FairnessDisplay(self, by=by, rates=rates).plot(axes)

    def _tables(self) -> dict[str, Callable[[], dict[str, list]]]:
        return {
            "rates": lambda: self.rates,
            "differences": lambda: self.differences,
            "wide": lambda: self._wide(None),
            "gaps": lambda: gap_table(self.rates, self.partitions),
        }

    def _wide(self, wanted: Sequence[str] | None) -> dict[str, list]:
        keys = list(dict.fromkeys(zip(self.rates["by"], self.rates["group"], strict=True)))
        names = [name for name in dict.fromkeys(self.rates["rate"]) if not wanted or name in wanted]
        row_of = {key: row for row, key in enumerate(keys)}
        table: dict[str, list] = {
            "by": [by for by, _ in keys],
            "group": [group for _, group in keys],
            "rows": [0] * len(keys),
            **{name: [float("nan")] * len(keys) for name in names},
        }
        columns = zip(
            *(self.rates[name] for name in ("by", "group", "rate", "value", "rows")), strict=True
        )
        for by, group, rate, value, n_rows in columns:
            row = row_of[by, group]
            # rates are shares of some rows of the group; the largest number is that of all
            table["rows"][row] = max(table["rows"][row], n_rows)
            if rate in names:
                table[rate][row] = value
        return table

    def __str__(self) -> str:
        title = f"{self.n_rows} rows, positive class {spell(self.pos_label)}"
        lines = [title, "", as_text(self._wide(_SHOWN))]
        shown = ("by", "rate", "difference", "difference_low", "difference_high", "p_value")
        keep = [row for row, rate in enumerate(self.differences["rate"]) if rate in _SHOWN]
        if keep:
            cut = {name: [self.differences[name][row] for row in keep] for name in shown}
            lines += ["", as_text(cut)]
        return "\n".join([*lines, *(["", *self.notes] if self.notes else [])])


class FairnessDisplay:
    """Rates by group as points with their intervals, one panel per rate.

    Made by :meth:`GroupReport.plot`, :meth:`from_estimator` or :meth:`from_predictions`.

    Parameters
    ----------
    report : GroupReport
        The numbers.

    by : str, default=None
        How groups are formed, one of the report's `partitions`. None stands for the first.

    rates : list of str, default=None
        One panel each. None stands for selection, true positive, false positive rate and precision,
        as far as the report has them.

    Attributes
    ----------
    points_ : list of matplotlib Artist
        The points of each panel; hollow ones are of groups that are too small.

    axes_ : ndarray of matplotlib Axes
        The panels.

    figure_ : matplotlib Figure
        Figure with the panels.

    See Also
    --------
    group_report : The numbers behind it.

    FrontierDisplay : Many models, one point each.

    Examples
    --------
    >>> import numpy as np
    >>> from imbalance_kit.fairness import FairnessDisplay
    >>> sex = np.repeat(["f", "m"], 100)
    >>> y_true, y_pred = np.tile([0, 1], 100), np.repeat([0, 1, 0, 1], 50)
    >>> display = FairnessDisplay.from_predictions(y_true, y_pred, sensitive_features={"sex": sex})
    >>> [axes.get_title() for axes in display.axes_][:2]
    ['selection rate', 'true positive rate']
    """

    def __init__(
        self, report: GroupReport, *, by: str | None = None, rates: Sequence[str] | None = None
    ) -> None:
        self.report = report
        self.by = by
        self.rates = rates

    @classmethod
    def from_estimator(
        cls,
        estimator: Any,
        X: Any,
        y: Any,
        *,
        sensitive_features: Any,
        by: str | None = None,
        panels: Sequence[str] | None = None,
        axes: Any = None,
        **options: Any,
    ) -> FairnessDisplay:
        """Draw the rates of a fitted classifier's decisions.

        Parameters
        ----------
        estimator : classifier
            Fitted.

        X : {array-like, dataframe, sparse matrix} of shape (n_samples, n_features)
            Rows that it was not fitted on.

        y : array-like of shape (n_samples,)
            Their classes.

        sensitive_features : str, int, list of them, or array-like
            Columns of X, by name or position, or data beside X.

        by : str, default=None
            How groups are formed, as the report names it. None stands for the first sensitive
            feature.

        panels : list of str, default=None
            Rates to draw.

        axes : sequence of matplotlib Axes, default=None
            Where to draw; None makes a new figure.

        **options : dict
            Further arguments of :func:`group_report`.

        Returns
        -------
        display : FairnessDisplay
        """
        last = estimator.steps[-1][1] if isinstance(estimator, Pipeline) else estimator
        if not hasattr(last, "predict"):
            raise ValueError(f"{type(last).__name__} has no predict, so it makes no decisions.")
        given = sensitive_features
        names = [given] if isinstance(given, str | int | np.integer) else given
        # a list as long as X could only be data
        if isinstance(names, list | tuple) and len(names) != np.shape(X)[0]:
            given = {str(name): column_of(X, name) for name in names}
        return cls.from_predictions(
            y,
            estimator.predict(X),
            sensitive_features=given,
            by=by,
            panels=panels,
            axes=axes,
            **options,
        )

    @classmethod
    def from_predictions(
        cls,
        y_true: Any,
        y_pred: Any,
        *,
        sensitive_features: Any,
        by: str | None = None,
        panels: Sequence[str] | None = None,
        axes: Any = None,
        **options: Any,
    ) -> FairnessDisplay:
        """Draw the rates of decisions.

        Parameters
        ----------
        y_true : array-like of shape (n_samples,)
            True classes.

        y_pred : array-like of shape (n_samples,)
            Decisions.

        sensitive_features : array-like of shape (n_samples,) or (n_samples, n)
            One or several sensitive features.

        by : str, default=None
            How groups are formed, as the report names it. None stands for the first sensitive
            feature.

        panels : list of str, default=None
            Rates to draw.

        axes : sequence of matplotlib Axes, default=None
            Where to draw; None makes a new figure.

        **options : dict
            Further arguments of :func:`group_report`.

        Returns
        -------
        display : FairnessDisplay
        """
        options.setdefault("n_bootstrap", 0)  # the figure shows rates, not differences
        report = group_report(y_true, y_pred, sensitive_features=sensitive_features, **options)
        return cls(report, by=by, rates=panels).plot(axes)

    def plot(self, axes: Any = None) -> FairnessDisplay:
        """Draw.

        Parameters
        ----------
        axes : sequence of matplotlib Axes, default=None
            One for each rate; None makes a new figure.

        Returns
        -------
        display : FairnessDisplay
            This object, with the artists as attributes.
        """
        partitions = self.report.partitions
        by = partitions[0] if self.by is None else self.by
        if by not in partitions:
            raise ValueError(f"by must be one of {list(partitions)}, got {by!r}.")
        drawn = draw_rates(self.report.rates, by, self.rates, axes)
        self.figure_, self.axes_, self.points_ = drawn
        return self


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
        value is a group of its own. None: all rows are one group, and the notes state what
        remains unknown.

    y_proba : array-like of shape (n_samples,) or (n_samples, n_classes), default=None
        Probabilities, of the positive class or of all classes. With them the report also has
        ``mean_probability``, ``calibration_gap`` (it minus the base rate), ``brier_score``,
        ``auroc`` and ``auprc``.

    sample_weight : array-like of shape (n_samples,), default=None
        Weights of the rows.

    pos_label : label, default=None
        The positive class. None stands for 1 of labels 0/1 or -1/1, for True, for the higher one
        of ordered categories, and else for the rarest of two classes, as reported; more classes
        need it.

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
    weights a group counts as Kish's effective number of rows, for ``p_value`` too, so doubling all
    weights changes nothing.

    **The largest difference is never negative**, so chance alone makes one, the more so the more
    groups there are. Its interval accounts for that: the errors of all groups in a bootstrap of
    rows give the distance that no two groups' errors exceed at the stated level, whichever groups
    are picked, and the interval begins at the difference found less that distance. Equal groups
    give an interval that holds 0 as often as stated; the ratio's holds 1. At most the true
    difference is the one found and the error of two groups. Where no or all rows of a group count
    for a rate, one row more of each kind is assumed. ``p_value`` (Pearson's chi-squared test)
    tests whether groups differ at all. Nothing is adjusted for the number of rates and partitions
    that you look at.

    **Missing values** are reported as a group of their own. ``possible`` is the largest difference
    that could come out if their values were known: the extreme over all ways to give them to
    the other groups. Nothing is guessed from names, places or other columns.

    **What equal rates do not show.** If base rates differ, no imperfect classifier has equal true
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
    inputs = read_audit_inputs(
        y_true,
        y_pred,
        y_proba=y_proba,
        pos_label=pos_label,
        sample_weight=sample_weight,
        sensitive_features=sensitive_features,
    )
    tables = report_tables(
        inputs,
        sensitive_features,
        wanted,
        max_depth=max_depth,
        min_rows=min_rows,
        confidence=confidence,
        n_bootstrap=n_bootstrap,
        rng=check_random_state(random_state),
    )
    return GroupReport(
        rates=tables.rates,
        differences=tables.differences,
        notes=(*([inputs.note] if inputs.note else []), *tables.notes),
        n_rows=inputs.n_rows,
        pos_label=inputs.pos_label,
        confidence=confidence,
    )
