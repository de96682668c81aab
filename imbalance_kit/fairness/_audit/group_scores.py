"""How good probabilities are within each group, also on rows drawn anew."""

import numpy as np

from imbalance_kit.fairness._audit.inputs import Audited
from imbalance_kit.fairness._groups import Groups

SCORES = ("mean_probability", "calibration_gap", "brier_score", "auroc", "auprc")


def group_scores(rows: Audited, groups: Groups) -> dict[str, np.ndarray]:
    """One value per group of every score; NaN where a group lacks a class or all weight."""
    weight = np.ones(len(rows.positive)) if rows.weight is None else rows.weight
    values = [
        _scores_of(rows, own := groups.members(code), weight[own])
        for code in range(groups.n_groups)
    ]
    return {name: np.array([value[name] for value in values]) for name in SCORES}


def bootstrap_scores(
    kept: list[dict[str, np.ndarray]],
    number: int,
    n_draws: int,
    rows: Audited,
    partitions: list[Groups],
    weight: np.ndarray,
) -> None:
    """Write the scores of one draw of rows into tables, which the first draw makes."""
    if not kept:
        kept.extend(
            {name: np.empty((n_draws, groups.n_groups)) for name in SCORES} for groups in partitions
        )
    for table, groups in zip(kept, partitions, strict=True):
        for code in range(groups.n_groups):
            own = groups.members(code)
            own = own[weight[own] > 0]
            for name, value in _scores_of(rows, own, weight[own]).items():
                table[name][number, code] = value


def _scores_of(rows: Audited, own: np.ndarray, weight: np.ndarray) -> dict[str, float]:
    total = weight.sum()
    if not total > 0 or rows.proba is None:
        return dict.fromkeys(SCORES, float("nan"))
    proba, event = rows.proba[own], rows.positive[own].astype(np.float64)
    mean = float(weight @ proba / total)
    auroc, auprc = ranking(event, proba, weight)
    return {
        "mean_probability": mean,
        "calibration_gap": mean - float(weight @ event / total),
        "brier_score": float(weight @ (proba - event) ** 2 / total),
        "auroc": auroc,
        "auprc": auprc,
    }


def ranking(event: np.ndarray, score: np.ndarray, weight: np.ndarray) -> tuple[float, float]:
    """Area under the ROC curve and average precision of weighted rows, from one sort.

    Equal to scikit-learn's. Equal scores are one step of both curves.
    """
    order = np.argsort(-score, kind="stable")
    ends = np.flatnonzero(np.append(np.diff(score[order]) != 0, True))
    true = np.cumsum((weight * event)[order])[ends]
    false = np.cumsum((weight * (1.0 - event))[order])[ends]
    if not true[-1] > 0:
        return float("nan"), float("nan")
    with np.errstate(invalid="ignore", divide="ignore"):
        precision = np.where(true + false > 0, true / (true + false), 0.0)
    average_precision = float(np.sum(np.diff(true, prepend=0.0) * precision) / true[-1])
    if not false[-1] > 0:
        return float("nan"), average_precision
    heights = (true + np.append(0.0, true[:-1])) / 2.0
    area = float(np.sum(np.diff(false, prepend=0.0) * heights) / (true[-1] * false[-1]))
    return area, average_precision
