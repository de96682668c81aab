"""A frame of benchmark cells as a real run would give it, with the wins and losses chosen by us."""

import json

import numpy as np
import pandas as pd

LEARNERS = {"tree": -0.9, "forest": 0.1, "lightgbm": 0.25}
#: Effect of each method on the ranking and on the calibration of its learner.
METHODS = {
    "none": (0.0, 0.0),
    "class weight": (-0.02, 0.5),
    "threshold": (0.0, 0.0),
    "random over-sampling": (-0.05, 0.5),
    "SMOTE": (-0.06, 0.6),
    "random under-sampling": (-0.25, 1.6),
    "Tomek links": (-0.01, 0.05),
    "self-paced under-sampling": (-0.12, 1.1),
}
EXTRA = {
    ("self-paced ensemble", "tree"): (0.95, 1.2),
    ("SMOTE, recalibrated", "lightgbm"): (-0.06, 0.1),
}


def made_scores(
    n_datasets=30, *, n_sources=25, pairs=None, effects=None, n_classes=2, failures=(), seed=0
):
    """Cells of every pair on every data set.

    ``pairs`` limits the (method, learner) pairs, ``effects`` changes the (ranking, calibration)
    effect of a pair, ``failures`` are (data set number, method, learner, status, reason).
    """
    rng = np.random.default_rng(seed)
    every = {(m, learner): METHODS[m] for learner in LEARNERS for m in METHODS} | EXTRA
    every = {pair: every.get(pair, (0.0, 0.0)) for pair in (pairs or every)} | (effects or {})
    lost = {failure[:3]: failure[3:] for failure in failures}
    rows = []
    for number in range(n_datasets):
        prior = np.sort(rng.dirichlet(np.full(n_classes, 1.5)))[::-1].clip(0.01)
        prior /= prior.sum()
        ease = rng.normal(1, 1.2)
        n_rows = int(np.exp(rng.uniform(5, 9.5)))
        for (method, learner), (ranking, harm) in every.items():
            noise = 0.0 if method == "threshold" else rng.normal(0, 0.1)
            if method == "none":
                untouched_noise = noise
            elif method == "threshold":
                noise = untouched_noise
            good = 1 / (1 + np.exp(-(ease + LEARNERS.get(learner, 0.0) + ranking + noise)))
            brier = prior[-1] * (1 - prior[-1]) * (1.1 - 0.7 * good) * (1 + 1.2 * harm)
            status, reason = lost.get((number, method, learner), ("ok", ""))
            row = {
                "key": f"{number}-{method}-{learner}",
                "dataset": f"data set {number:02d}",
                "source": f"source {number % n_sources:02d}",
                "role": "choose",
                "n_rows": n_rows,
                "n_features": 10,
                "n_classes": n_classes,
                "imbalance_ratio": float(prior[0] / prior[-1]),
                "n_missing": 0,
                "method": method,
                "learner": learner,
                "repeat": 0,
                "fold": 0,
                "seed": number,
                "status": status,
                "reason": reason,
                "traceback": "",
                "classes": json.dumps([f"class {code}" for code in range(n_classes)]),
                "prior": json.dumps(prior.tolist()),
                "total_seconds": 0.1,
            }
            if status == "ok":
                seconds = 1e-5 * n_rows * (1 + ranking**2) * rng.lognormal(0, 0.2)
                row |= {
                    "auprc": prior[-1] + (1 - prior[-1]) * good,
                    "auroc": 0.5 + 0.5 * good,
                    "macro_f1": 0.4 + 0.5 * good,
                    "balanced_accuracy": 0.5 + 0.3 * good + 0.1 * min(harm, 1),
                    "g_mean": 0.8 * good,
                    "mcc": 0.7 * good,
                    "brier": brier,
                    "log_loss": 3 * brier,
                    "calibration_error": 0.01 + 0.08 * harm * rng.uniform(0.7, 1.3),
                    "macro_f1_tuned": 0.45 + 0.5 * good,
                    "balanced_accuracy_tuned": 0.55 + 0.4 * good,
                    "g_mean_tuned": 0.9 * good,
                    "mcc_tuned": 0.75 * good,
                    "fit_seconds": seconds,
                    "predict_seconds": seconds / 9,
                    "peak_memory_mb": rng.uniform(2, 80),
                }
            rows.append(row)
    cells = pd.DataFrame(rows)
    for column in ("auprc", "auroc", "brier", "fit_seconds", "predict_seconds", "peak_memory_mb"):
        if column not in cells:
            cells[column] = np.nan
    return cells
