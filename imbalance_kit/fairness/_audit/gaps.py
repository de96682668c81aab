"""Gaps between groups: what each compares, in which direction it is better, and how it is computed.

A report, a scorer and the benchmark read these records, so that a name means one thing in all.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from imbalance_kit.fairness._audit.group_scores import PROBABILITY_SCORES
from imbalance_kit.fairness._audit.rates import RATES


@dataclass(frozen=True)
class Gap:
    """A number for how much worse decisions or probabilities are in some groups.

    Attributes
    ----------
    name : str
        As scorers and tables call it.

    label : str
        For people.

    compares : {"difference", "ratio", "worst"}
        Largest minus smallest value among groups, smallest over largest, or the value of the group
        in which it is worst.

    rates : tuple of str
        What is compared. Of several the one counts in which groups are furthest apart.
    """

    name: str
    label: str
    compares: str
    rates: tuple[str, ...]

    @property
    def greater_is_better(self) -> bool:
        if self.compares == "difference":
            return False
        return self.compares == "ratio" or not _less_is_better(self.rates[0])

    @property
    def needs_probabilities(self) -> bool:
        return any(rate in PROBABILITY_SCORES for rate in self.rates)

    def of(self, values: Mapping[str, np.ndarray]) -> float:
        """The gap between the groups that are compared; NaN where these are fewer than two.

        Parameters
        ----------
        values : dict of ndarray of shape (n_compared_groups,)
            By rate, as not every group is large enough for every rate.
        """
        if any(len(values[rate]) < 2 for rate in self.rates):
            return float("nan")
        return float(self._worst([self._of_rate(values[rate]) for rate in self.rates]))

    def keeps(self, value: float, limit: float) -> bool:
        """Whether a value is on the good side of a limit, or at it; NaN is not."""
        return bool(value >= limit if self.greater_is_better else value <= limit)

    def _of_rate(self, values: np.ndarray) -> float:
        if self.compares == "difference":
            return float(np.ptp(values))
        if self.compares == "ratio":
            return float(smallest_over_largest(values))
        return float(self._worst(values))

    def _worst(self, values: list[float] | np.ndarray) -> float:
        return np.min(values) if self.greater_is_better else np.max(values)


def smallest_over_largest(values: np.ndarray) -> np.ndarray:
    """Ratio along the last axis; NaN where the largest is not positive."""
    top = values.max(axis=-1)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(top > 0, values.min(axis=-1) / top, np.nan)


def _less_is_better(rate: str) -> bool:
    return rate == "brier_score" if rate in PROBABILITY_SCORES else RATES[rate].good < 0


_OF_DECISIONS = {
    "demographic_parity": ("Demographic parity", ("selection_rate",)),
    "equal_opportunity": ("Equal opportunity", ("true_positive_rate",)),
    "false_positive_parity": ("False positive parity", ("false_positive_rate",)),
    "equalized_odds": ("Equalised odds", ("true_positive_rate", "false_positive_rate")),
    "predictive_parity": ("Predictive parity", ("precision",)),
    "accuracy": ("Accuracy", ("accuracy",)),
}
_OF_PROBABILITIES = {
    "calibration_gap": ("Calibration gap", ("calibration_gap",)),
    "auroc": ("AUROC", ("auroc",)),
    "auprc": ("AUPRC", ("auprc",)),
}
_WORST = {
    "accuracy": "accuracy",
    "true_positive_rate": "true positive rate",
    "false_positive_rate": "false positive rate",
    "precision": "precision",
    "auroc": "AUROC",
    "auprc": "AUPRC",
    "brier_score": "Brier score",
}
_RECORDS = (
    *(
        Gap(f"{name}_{compares}", f"{label} {compares}", compares, rates)
        for name, (label, rates) in _OF_DECISIONS.items()
        for compares in ("difference", "ratio")
    ),
    *(
        Gap(f"{name}_difference", f"{label} difference", "difference", rates)
        for name, (label, rates) in _OF_PROBABILITIES.items()
    ),
    *(
        Gap(
            f"worst_group_{rate}",
            f"Worst group\N{RIGHT SINGLE QUOTATION MARK}s {label}",
            "worst",
            (rate,),
        )
        for rate, label in _WORST.items()
    ),
)

GAPS: dict[str, Gap] = {gap.name: gap for gap in _RECORDS}


def require_gap(name: object) -> Gap:
    """The record of a gap; an unknown name is refused."""
    if not isinstance(name, str) or name not in GAPS:
        raise ValueError(f"There is no gap {name!r}; there are {list(GAPS)}.")
    return GAPS[name]
