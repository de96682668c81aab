"""Gaps between groups in a search: a scorer, and the choice of the best candidate within a gap."""

import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from imbalance_kit._tables.labels import spell
from imbalance_kit._tables.positive_class import category_order, positive_class, require_class
from imbalance_kit.fairness._audit.gaps import Gap, require_gap
from imbalance_kit.fairness._audit.group_rates import GroupRates, group_rates
from imbalance_kit.fairness._audit.inputs import read_audit_inputs
from imbalance_kit.fairness._audit.rates import RATES
from imbalance_kit.fairness._groups.group_reading import GroupReader, Groups


@dataclass(frozen=True)
class GapScorer:
    """Scorer of a gap between groups, which it reads from columns of X.

    A scorer made by ``make_scorer`` gets labels only. In a grid search this one gets X too, so that
    groups need no metadata routing. As everywhere in scikit-learn, greater is better: differences
    come with a minus sign, ratios and values of the worst group as they are.

    Attributes
    ----------
    gap : str
        Differences: "demographic_parity_difference", "equal_opportunity_difference",
        "false_positive_parity_difference", "equalized_odds_difference",
        "predictive_parity_difference", "accuracy_difference", "calibration_gap_difference",
        "auroc_difference", "auprc_difference". Ratios: the first six with "_ratio". The worst
        group: ``"worst_group_"`` and "accuracy", "true_positive_rate", "false_positive_rate",
        "precision", "auroc", "auprc" or "brier_score".

    sensitive_features : str, int or list of them
        Columns of X that hold the sensitive features, by name or position; several form groups by
        their combinations.

    pos_label : label, default=None
        The positive class. None stands for 1 of labels 0/1 or -1/1, for True, and for the higher
        one of ordered categories; other labels, and more classes, need it.

    min_rows : int, default=30
        Groups with fewer rows to take a rate of (positives for a true positive rate, and so on)
        are left out, with a warning.

    See Also
    --------
    BestWithinGap : The best candidate of a search below a gap.

    group_report : All rates of one model with intervals; a score is its gap.

    Notes
    -----
    A group that is absent from the rows scored cannot be missed: stratify the folds by group where
    groups are small. For a rate among rows decided positive or negative, such as precision, the
    score is NaN where a model decides fewer than `min_rows` rows of a group so. Leaving the group
    out would favour models that select nobody of it. Searches rank NaN last.

    Cost is O(n), with probabilities O(n log n).

    Examples
    --------
    >>> from sklearn.linear_model import LogisticRegression
    >>> from imbalance_kit.datasets import make_biased
    >>> from imbalance_kit.fairness import GapScorer
    >>> X, y, _ = make_biased(1000, random_state=0)
    >>> X = X.assign(group=(X["group"] == "b").astype(int))
    >>> scorer = GapScorer("equalized_odds_difference", sensitive_features="group")
    >>> bool(-1 <= scorer(LogisticRegression().fit(X, y), X, y) < 0)
    True
    """

    gap: str
    sensitive_features: Any
    pos_label: Any = None
    min_rows: int = 30

    def __post_init__(self) -> None:
        require_gap(self.gap)
        if self.sensitive_features is None:
            raise ValueError(
                "GapScorer needs sensitive_features, the names or positions of columns of X: in a "
                "search a scorer gets nothing beside X and y."
            )
        if self.min_rows < 1:
            raise ValueError(f"min_rows must be at least 1, got {self.min_rows}.")

    def __call__(self, estimator: Any, X: Any, y: Any, sample_weight: Any = None) -> float:
        """Score of a fitted classifier on labelled rows; greater is better."""
        gap = require_gap(self.gap)
        groups = GroupReader(self.sensitive_features, "GapScorer").learn(X)
        classes = list(np.asarray(estimator.classes_).tolist())
        positive = self._positive(classes, y)
        proba = None
        if gap.needs_probabilities:
            if not hasattr(estimator, "predict_proba"):
                raise ValueError(
                    f"{gap.name} is of probabilities, but {type(estimator).__name__} has no "
                    "predict_proba. Wrap it in CalibratedClassifierCV, or score another gap."
                )
            proba = estimator.predict_proba(X)[:, classes.index(positive)]
        inputs = read_audit_inputs(
            y,
            estimator.predict(X),
            y_proba=proba,
            pos_label=positive,
            sample_weight=sample_weight,
        )
        wanted = [rate for rate in gap.rates if rate in RATES]
        found = group_rates(inputs, groups, wanted, confidence=0.95)
        value = gap.of(self._compared(gap, groups, found))
        return value if gap.greater_is_better else -value

    def _positive(self, classes: list, y: Any) -> Any:
        if self.pos_label is not None:
            return require_class(self.pos_label, classes)
        if len(classes) != 2:
            raise ValueError(
                f"There are {len(classes)} classes: {classes}. A gap is that of one class against "
                "the rest: give pos_label."
            )
        return positive_class(classes, order=category_order(y), of="the classifier")

    def _compared(self, gap: Gap, groups: Groups, found: GroupRates) -> dict[str, np.ndarray]:
        """Values of the groups that are large enough, by rate."""
        n_rows = found.outcomes.count.sum(axis=1)
        large = found.large(self.min_rows)
        compared = {}
        for rate in gap.rates:
            column = found.names.index(rate)
            value, enough = found.value[:, column].copy(), large[:, column]
            if rate in RATES and RATES[rate].whole_is_decided:
                value[~enough] = np.nan
                enough = n_rows >= self.min_rows
            self._require_groups(gap, rate, groups, enough, found.n_rows[:, column])
            compared[rate] = value[enough]
        return compared

    def _require_groups(
        self, gap: Gap, rate: str, groups: Groups, enough: np.ndarray, n_rows: np.ndarray
    ) -> None:
        among = RATES[rate].among if rate in RATES else "rows of the rarer class or of all"
        if enough.sum() < 2:
            counts = ", ".join(
                f"{groups.spell(group)}: {n_rows[group]:.0f}" for group in range(groups.n_groups)
            )
            raise ValueError(
                f"{gap.name} compares groups, but fewer than two have min_rows={self.min_rows} "
                f"{among}; there are {counts}. Name other columns, merge groups, take fewer folds, "
                "or lower min_rows."
            )
        left_out = [groups.spell(int(group)) for group in np.flatnonzero(~enough)]
        if left_out:
            warnings.warn(
                f"{gap.name} leaves out groups with fewer than min_rows={self.min_rows} {among}: "
                f"{left_out}. Nothing is known of them from these rows.",
                UserWarning,
                stacklevel=4,
            )


@dataclass(frozen=True)
class BestWithinGap:
    """Choice of the candidate of a search with the best quality among those that keep a gap.

    For ``refit`` of ``GridSearchCV`` and ``RandomizedSearchCV`` with several scorers.

    Attributes
    ----------
    quality : str
        Name of the scorer that should be best.

    gap : str
        A gap of :class:`GapScorer`.

    limit : float
        The largest gap, or for ratios and values of the worst group where more is better the
        smallest. Never with a minus sign. The mean over the folds has to keep it.

    scorer : str, default=None
        Name of the scorer of the gap. None stands for the name of the gap.

    if_unmet : {"raise", "nearest"}, default="raise"
        Where no candidate keeps the limit: an error that names the nearest, or the nearest, with a
        warning.

    See Also
    --------
    GapScorer : The scorer of a gap.

    Notes
    -----
    Of equal quality the candidate that is better in the gap is taken, then the first. That the mean
    over the folds keeps a limit is no guarantee for new rows: the candidate was chosen on these
    folds. Audit the refitted model on other rows by :func:`group_report`.

    Examples
    --------
    >>> from sklearn.model_selection import GridSearchCV
    >>> from sklearn.tree import DecisionTreeClassifier
    >>> from imbalance_kit.datasets import make_biased
    >>> from imbalance_kit.fairness import BestWithinGap, GapScorer
    >>> X, y, _ = make_biased(2000, random_state=0)
    >>> X = X.assign(group=(X["group"] == "b").astype(int))
    >>> name = "demographic_parity_difference"
    >>> search = GridSearchCV(
    ...     DecisionTreeClassifier(random_state=0),
    ...     {"max_depth": [1, 2, 4]},
    ...     scoring={
    ...         "quality": "balanced_accuracy",
    ...         name: GapScorer(name, sensitive_features="group"),
    ...     },
    ...     refit=BestWithinGap("quality", name, limit=0.5),
    ...     cv=3,
    ... ).fit(X, y)
    >>> bool(-search.cv_results_[f"mean_test_{name}"][search.best_index_] <= 0.5)
    True
    """

    quality: str
    gap: str
    limit: float
    scorer: str | None = None
    if_unmet: str = "raise"

    def __post_init__(self) -> None:
        require_gap(self.gap)
        if self.if_unmet not in ("raise", "nearest"):
            raise ValueError(f"if_unmet must be 'raise' or 'nearest', got {self.if_unmet!r}.")
        if not self.limit >= 0:
            raise ValueError(
                f"limit must be 0 or more, got {self.limit}: it is in units of the gap, without "
                "the minus sign of scores."
            )

    def __call__(self, cv_results: Mapping[str, Any]) -> int:
        """Position of the candidate in the results of a search."""
        gap = require_gap(self.gap)
        quality = self._mean(cv_results, self.quality)
        score = self._mean(cv_results, self.scorer or self.gap)
        values = score if gap.greater_is_better else -score
        known = np.isfinite(quality) & np.isfinite(score)
        if not known.any():
            raise ValueError(
                f"No candidate has both {self.quality} and {self.scorer or self.gap}: all scores "
                "are NaN. The warnings of the search give the reason."
            )
        # -0.1 + rounding of a mean must not miss a limit of 0.1
        slack = 1e-12 if gap.greater_is_better else -1e-12
        kept = known & np.array([gap.keeps(value, self.limit - slack) for value in values])
        if kept.any():
            candidates = np.flatnonzero(kept)
            order = np.lexsort((-score[candidates], -quality[candidates]))
            return int(candidates[order[0]])
        candidates = np.flatnonzero(known)
        nearest = int(candidates[np.lexsort((-quality[candidates], -score[candidates]))[0]])
        bound = "at least" if gap.greater_is_better else "at most"
        params = ", ".join(
            f"{name}={spell(value) if isinstance(value, str) else value}"
            for name, value in cv_results["params"][nearest].items()
        )
        message = (
            f"No candidate has {gap.name} of {bound} {self.limit:g}. The nearest has "
            f"{values[nearest]:.4g} with {self.quality} {quality[nearest]:.4g} ({params})."
        )
        if self.if_unmet == "raise":
            raise ValueError(
                f"{message} Ask for no more than that, or give if_unmet='nearest' to take it."
            )
        warnings.warn(f"{message} It is taken.", UserWarning, stacklevel=2)
        return nearest

    def _mean(self, cv_results: Mapping[str, Any], scorer: str) -> np.ndarray:
        key = f"mean_test_{scorer}"
        if key not in cv_results:
            there = [name.removeprefix("mean_test_") for name in cv_results if "mean_test_" in name]
            raise ValueError(
                f"The search has no scorer {scorer!r}; it has {there}. Give `scoring` as a dict "
                "with this name."
            )
        return np.asarray(cv_results[key], dtype=np.float64)
