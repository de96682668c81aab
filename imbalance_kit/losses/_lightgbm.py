"""One LightGBM under one loss: what is refused, and what LightGBM does for its own losses only."""

from inspect import signature
from typing import Any

import lightgbm
import numpy as np
from lightgbm import LGBMClassifier
from lightgbm.basic import LightGBMError
from sklearn.base import clone

from imbalance_kit.losses._engine import (
    Engine,
    TrainingPart,
    given_parameters,
    refuse_objective,
    refuse_what_has_no_effect,
    threads_of,
)

_OBJECTIVES = ("objective", "objective_type", "app", "application", "loss")
_BOOSTINGS = ("boosting_type", "boosting", "boost")
# Parameters that have an effect under LightGBM's own objectives only, and their neutral values.
_WITHOUT_EFFECT = {
    "scale_pos_weight": 1.0,
    "is_unbalance": False,
    "unbalance": False,
    "unbalanced_sets": False,
    "sigmoid": 1.0,
}


class LightGBMEngine(Engine):
    """LightGBM."""

    round_names = (
        "max_iter",
        "n_iter",
        "nrounds",
        "num_boost_round",
        "num_iteration",
        "num_iterations",
        "num_round",
        "num_rounds",
        "num_tree",
        "num_trees",
        "n_estimators",
    )

    def configured(self, estimator, n_jobs):
        if estimator is None:
            estimator = LGBMClassifier(num_leaves=15, min_child_samples=5, reg_lambda=1.0)
        given = given_parameters(estimator)
        refuse_objective(given, _OBJECTIVES)
        for name in _BOOSTINGS:
            if given.get(name) in ("rf", "random_forest"):
                raise ValueError(
                    f"{name}={given[name]!r} grows a forest, whose trees do not follow the "
                    "gradient of a loss. Use 'gbdt' or 'dart'."
                )
        refuse_what_has_no_effect(given, _WITHOUT_EFFECT)
        learner = clone(estimator)
        # Otherwise LightGBM times row-wise and column-wise histograms and takes the faster one, and
        # sums depend on which it is, and on the number of threads.
        settled = {
            "deterministic": True,
            "force_col_wise": "force_row_wise" not in given,
            "verbose": -1,
        }
        threads = threads_of(estimator.n_jobs, n_jobs)
        return learner.set_params(**settled | given | {"n_jobs": threads})

    def train(self, learner, loss, part, held_out, patience, n_nominal):
        n_columns = part.Z.shape[1]
        stopping: dict[str, Any] = {}
        if patience is not None:
            assert held_out is not None
            stopping = {
                **_as_evaluated(held_out),
                "eval_sample_weight": None if held_out.weight is None else [held_out.weight],
                "eval_init_score": [held_out.start(loss.init_score_)],
                "eval_metric": loss.eval_metric,
                "callbacks": [lightgbm.early_stopping(patience, verbose=False)],
            }
        # a bound method: parameters of an estimator would be taken for LightGBM's
        learner.set_params(objective=loss.__call__, metric="None")
        start = part.start(loss.init_score_)
        try:
            learner.fit(
                part.Z,
                part.y_encoded,
                sample_weight=part.weight,
                init_score=start,
                categorical_feature=list(range(n_columns - n_nominal, n_columns)),
                **stopping,
            )
        except LightGBMError as error:
            if "num_features" not in str(error):
                raise
            # All columns are constant: under its own objectives LightGBM then adds nothing to a
            # start.
            built_in = "binary" if np.ndim(loss.init_score_) == 0 else "multiclass"
            learner.set_params(objective=built_in, boost_from_average=False)
            return learner.fit(part.Z, part.y_encoded, init_score=start), []
        if patience is None:
            return learner, []
        (found,) = learner.evals_result_.values()
        return learner, [float(score) for score in found[loss.name]]

    def raw_scores(self, learner, Z, init_score, n_nominal):
        booster = learner.booster_
        if isinstance(Z, np.ndarray):
            Z = np.ascontiguousarray(Z)
        raw = booster.predict(Z, raw_score=True, num_threads=learner.n_jobs)
        return np.asarray(raw) + init_score

    def n_rounds(self, learner):
        booster = learner.booster_
        best = booster.best_iteration
        return int(best if best > 0 else booster.current_iteration())

    def take_class_weight(self, learner):
        given = learner.class_weight
        learner.set_params(class_weight=None)
        return given


def _as_evaluated(held_out: TrainingPart) -> dict[str, Any]:
    """Table and labels by the names that this version of LightGBM has for them."""
    if "eval_X" in signature(LGBMClassifier.fit).parameters:
        return {"eval_X": (held_out.Z,), "eval_y": (held_out.y_encoded,)}
    return {"eval_set": [(held_out.Z, held_out.y_encoded)]}  # before 4.7
