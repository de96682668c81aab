"""Pairs of the benchmark as estimators for any table."""

from __future__ import annotations

from typing import Any

from sklearn.metrics import make_scorer
from sklearn.pipeline import Pipeline

from imbalance_kit._meta_estimator import takes_groups
from imbalance_kit.advisor._reader import AdvisedTable
from imbalance_kit.metrics import geometric_mean_score


def can_build(method: str, learner: str) -> bool:
    """Whether the registry has the pair, and what it needs is installed."""
    return _find(method, learner) is not None


def build_estimator(
    method: str, learner: str, *, seed: int, categorical_features: Any, scoring: str | None
) -> Pipeline:
    """Make an unfitted estimator.

    Parameters
    ----------
    method, learner : str
        Names in the registry.
    seed : int
    categorical_features : "auto", None or array-like
    scoring : str or None
        What to tune the decision for by cross-validation: a scorer of scikit-learn, or "g_mean".
        None for the method's own decision.
    """
    from imbalance_kit.cost import ThresholdedClassifierCV

    found = _find(method, learner)
    assert found is not None
    model = found[0].build(found[1], seed)
    if scoring is not None:
        if method.startswith("threshold"):  # tuned once, for the metric of the recommendation
            model = _find("none", learner)[0].build(found[1], seed)  # type: ignore[index]
        scorer = make_scorer(_g_mean) if scoring == "g_mean" else scoring
        model = ThresholdedClassifierCV(model, scoring=scorer)
    reader = ("read", AdvisedTable(categorical_features=categorical_features))
    steps = model.steps if isinstance(model, Pipeline) else [("fit", model)]
    return Pipeline([reader, *steps])


def groups_argument(model: Pipeline) -> str | None:
    """Name under which the pipeline's last step takes groups, where they are still of its rows."""
    if any(hasattr(step, "fit_resample") for _, step in model.steps):
        return None
    name, last = model.steps[-1]
    return f"{name}__groups" if takes_groups(last) else None


def _find(method: str, learner: str) -> tuple[Any, Any] | None:
    from imbalance_kit.benchmark._methods.registry import LEARNERS, METHODS

    methods = [known for known in METHODS if known.name == method]
    learners = [known for known in LEARNERS if known.name == learner]
    if not methods or not learners or learner not in methods[0].learners:
        return None
    return None if getattr(learners[0], "missing", ()) else (methods[0], learners[0])


def _g_mean(y_true: Any, y_pred: Any) -> float:
    """Geometric mean of the recalls; a scorer of a metric with ``pos_label`` needs that class."""
    return float(geometric_mean_score(y_true, y_pred))
