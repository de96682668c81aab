"""How good probabilities are within each group, also on rows drawn anew."""

import numpy as np

from imbalance_kit.fairness._audit.inputs import AuditInputs
from imbalance_kit.fairness._groups.group_reading import Groups

PROBABILITY_SCORES = ("mean_probability", "calibration_gap", "brier_score", "auroc", "auprc")


def group_scores(
    inputs: AuditInputs, groups: Groups, drawn: np.ndarray | None = None
) -> dict[str, np.ndarray]:
    """One value per group of every score; NaN where a group lacks a class or all weight.

    `drawn` are the weights of a draw of the bootstrap, in place of those of the inputs.
    """
    in_groups = [groups.rows_of(group) for group in range(groups.n_groups)]
    if drawn is None:
        weight = np.ones(inputs.n_rows) if inputs.weight is None else inputs.weight
    else:
        weight = drawn
        # a third of the rows are not drawn; without them a draw takes less time
        in_groups = [rows[weight[rows] > 0] for rows in in_groups]
    values = [_scores_of(inputs, rows, weight[rows]) for rows in in_groups]
    return {name: np.array([value[name] for value in values]) for name in PROBABILITY_SCORES}


def _scores_of(inputs: AuditInputs, rows: np.ndarray, weight: np.ndarray) -> dict[str, float]:
    total = weight.sum()
    if not total > 0 or inputs.proba is None:
        return dict.fromkeys(PROBABILITY_SCORES, float("nan"))
    proba, event = inputs.proba[rows], inputs.positive[rows].astype(np.float64)
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
