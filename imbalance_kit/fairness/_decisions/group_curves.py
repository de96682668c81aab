"""Scores of rows, group by group: their ROC curves, and what rules decide on them."""

from collections.abc import Sequence

import numpy as np

from imbalance_kit.fairness._decisions.roc_hull import RocCurve, roc_curve_of
from imbalance_kit.fairness._decisions.threshold_rules import Rule
from imbalance_kit.fairness._groups.group_reading import Groups
from imbalance_kit.kernels.short_rows import in_blocks

_FEW = 4  # rows: tables of all thresholds take longer than a search for each of so many

DRAWN = 2  # what stands for a decision that is drawn


def curves_by_group(
    scores: np.ndarray, positive: np.ndarray, groups: Groups, weight: np.ndarray | None
) -> list[RocCurve]:
    """The ROC curve of each group.

    Parameters
    ----------
    scores : ndarray of shape (n_samples,)
        Scores of the positive class.

    positive : ndarray of shape (n_samples,), bool
        Which rows are of the positive class.

    groups : Groups
        Group of each row.

    weight : ndarray of shape (n_samples,) or None
        Weights of the rows.
    """
    curves = []
    for group in range(groups.n_groups):
        rows = groups.rows_of(group)
        row_weight = None if weight is None else weight[rows]
        if row_weight is not None and not row_weight.any():
            raise ValueError(
                f"The group {groups.spell(group)} has no weight: sample_weight is 0 on all of its "
                "rows. Leave them out, or give them some."
            )
        curves.append(roc_curve_of(scores[rows], positive[rows], row_weight))
    return curves


def expected_positives(curve: RocCurve, rule: Rule) -> tuple[float, float]:
    """Weight of the negative and of the positive rows that a rule is expected to accept.

    The thresholds of the rule are some of those of the curve.
    """
    points = np.searchsorted(-curve.thresholds, -rule.thresholds)
    false, true = curve.false_positives[points], curve.true_positives[points]
    return float(rule.weights @ false), float(rule.weights @ true)


def chances_by_group(rules: Sequence[Rule], scores: np.ndarray, groups: Groups) -> np.ndarray:
    """Chance of a positive decision of each row, by the rule of its group."""
    return _by_group(rules, [rule.steps for rule in rules], scores, groups)


def decisions_by_group(rules: Sequence[Rule], scores: np.ndarray, groups: Groups) -> np.ndarray:
    """1 for a positive decision, 0 for a negative one and `DRAWN` for one with a chance of both."""
    decided = [
        np.where(rule.steps >= 1.0, 1, np.where(rule.steps > 0.0, DRAWN, 0)).astype(np.int8)
        for rule in rules
    ]
    return _by_group(rules, decided, scores, groups)


def _by_group(
    rules: Sequence[Rule], values: Sequence[np.ndarray], scores: np.ndarray, groups: Groups
) -> np.ndarray:
    """For each row the value of its group that belongs to the step its score has reached.

    The same as a search among the thresholds group by group, without looking up the rows of each.
    """
    if len(scores) <= _FEW:
        each = zip(groups.of_row.tolist(), scores, strict=True)
        found = [values[group][rules[group].step(score)] for group, score in each]
        return np.array(found, dtype=values[0].dtype)
    if len(rules) == 1:
        return in_blocks(lambda part: values[0].take(rules[0].step(part)), scores)
    most = max(len(rule.thresholds) for rule in rules)
    thresholds = np.full((most, len(rules)), np.inf)
    table = np.empty((len(rules), most + 1), dtype=values[0].dtype)
    for group, rule in enumerate(rules):
        thresholds[: len(rule.thresholds), group] = rule.thresholds
        table[group] = values[group][-1]
        table[group, : len(values[group])] = values[group]

    def of_part(scores: np.ndarray, of_row: np.ndarray) -> np.ndarray:
        scores = np.ascontiguousarray(scores)
        place = of_row * (most + 1)
        place += most
        for of_groups in thresholds:
            # not >=, so that a score that is missing counts as the highest, as in a search
            place -= (scores < of_groups.take(of_row)).view(np.int8)
        return table.take(place)

    return in_blocks(of_part, scores, groups.of_row)
