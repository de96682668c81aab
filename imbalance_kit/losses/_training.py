"""One LightGBM under one loss: what is refused, and what LightGBM does for its own losses only."""

from inspect import signature
from typing import Any, NamedTuple

import lightgbm
import numpy as np
from joblib import effective_n_jobs
from lightgbm import LGBMClassifier
from lightgbm.basic import LightGBMError
from sklearn.base import clone

from imbalance_kit._tables.rows import take_rows
from imbalance_kit.losses._base import Loss

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


_ROUNDS = (
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
)


class TrainingPart(NamedTuple):
    """Rows of the table, as LightGBM reads them, with encoded labels and weights."""

    Z: Any
    y_encoded: np.ndarray
    weight: np.ndarray | None

    def take(self, rows: np.ndarray) -> "TrainingPart":
        """Some of the rows."""
        weight = None if self.weight is None else self.weight[rows]
        return TrainingPart(take_rows(self.Z, rows), self.y_encoded[rows], weight)

    def class_weight_sum(self, n_classes: int) -> np.ndarray:
        """Rows of each class, or their weight."""
        return np.bincount(self.y_encoded, weights=self.weight, minlength=n_classes)

    def start(self, init_score: Any) -> np.ndarray:
        """The first score, or scores, of each row."""
        shape = (len(self.y_encoded), *np.shape(init_score))
        return np.ascontiguousarray(np.broadcast_to(init_score, shape))


def configured(estimator: LGBMClassifier | None, n_jobs: int | None) -> LGBMClassifier:
    """A clone of the estimator that will train under a loss, without what would have no effect."""
    if estimator is None:
        estimator = LGBMClassifier(num_leaves=15, min_child_samples=5, reg_lambda=1.0)
    given = {name: value for name, value in estimator.get_params().items() if value is not None}
    for name in _OBJECTIVES:
        if name in given:
            raise ValueError(
                f"The estimator has {name}={given[name]!r}, but it is trained under `loss`. Leave "
                "its objective out, or use the estimator by itself."
            )
    for name in _BOOSTINGS:
        if given.get(name) in ("rf", "random_forest"):
            raise ValueError(
                f"{name}={given[name]!r} grows a forest, whose trees do not follow the gradient of "
                "a loss. Use 'gbdt' or 'dart'."
            )
    for name, neutral in _WITHOUT_EFFECT.items():
        if name in given and given[name] != neutral:
            raise ValueError(
                f"{name}={given[name]!r} has no effect under `loss`. Use class_weight, or "
                "loss=CrossEntropyLoss(class_weight=...)."
            )
    learner = clone(estimator)
    # Otherwise LightGBM times row-wise and column-wise histograms and takes the faster one, and
    # sums depend on which it is, and on the number of threads.
    settled = {
        "deterministic": True,
        "force_col_wise": "force_row_wise" not in given,
        "verbose": -1,
    }
    threads = effective_n_jobs(estimator.n_jobs if n_jobs is None else n_jobs)
    return learner.set_params(**settled | given | {"n_jobs": threads})


def rounds_of(learner: LGBMClassifier) -> int:
    """Rounds that the learner will train for, by whichever name they were given."""
    given = learner.get_params()
    return next((given[name] for name in _ROUNDS if name in given), learner.n_estimators)


def train(
    learner: LGBMClassifier,
    loss: Loss,
    part: TrainingPart,
    held_out: TrainingPart | None,
    patience: int | None,
    n_nominal: int,
) -> tuple[LGBMClassifier, list[float]]:
    """Fit the learner; the loss on the held-out rows goes with it where `patience` is given.

    The loss is a prepared one. Nominal columns are the last.
    """
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
    try:
        learner.fit(
            part.Z,
            part.y_encoded,
            sample_weight=part.weight,
            init_score=part.start(loss.init_score_),
            categorical_feature=list(range(n_columns - n_nominal, n_columns)),
            **stopping,
        )
    except LightGBMError as error:
        if "num_features" not in str(error):
            raise
        # All columns are constant: under its own objectives LightGBM then adds nothing to a start.
        built_in = "binary" if np.ndim(loss.init_score_) == 0 else "multiclass"
        learner.set_params(objective=built_in, boost_from_average=False)
        return learner.fit(part.Z, part.y_encoded, init_score=part.start(loss.init_score_)), []
    if patience is None:
        return learner, []
    (found,) = learner.evals_result_.values()
    return learner, [float(score) for score in found[loss.name]]


def _as_evaluated(held_out: TrainingPart) -> dict[str, Any]:
    """Table and labels by the names that this version of LightGBM has for them."""
    if "eval_X" in signature(LGBMClassifier.fit).parameters:
        return {"eval_X": (held_out.Z,), "eval_y": (held_out.y_encoded,)}
    return {"eval_set": [(held_out.Z, held_out.y_encoded)]}  # before 4.7


def raw_scores(learner: LGBMClassifier, Z: Any, init_score: Any) -> np.ndarray:
    """Scores of rows, with what boosting started from."""
    booster = learner.booster_
    assert booster is not None
    if isinstance(Z, np.ndarray):
        Z = np.ascontiguousarray(Z)
    raw = booster.predict(Z, raw_score=True, num_threads=learner.n_jobs)
    return np.asarray(raw) + init_score
