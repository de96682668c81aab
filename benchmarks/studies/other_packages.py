"""What shap, skl2onnx and skops take of this package's fitted models, by the ways of the guide.

    pip install shap skl2onnx onnxmltools onnxruntime skops
    python benchmarks/studies/other_packages.py            (half a minute)

Printed is the largest difference between what comes out and what the model predicts, or the error.
"""

import copy
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import onnxruntime
import shap
import skl2onnx
import skops.io
from lightgbm import LGBMClassifier
from onnxmltools.convert.lightgbm.operator_converters.LightGbm import convert_lightgbm
from skl2onnx.common.shape_calculator import calculate_linear_classifier_output_shapes
from sklearn.datasets import make_classification
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline as PlainPipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier

from imbalance_kit.cost import MinimumExpectedCostClassifier
from imbalance_kit.ensemble import (
    BalancedRandomForestClassifier,
    RUSBoostClassifier,
    SelfPacedEnsembleClassifier,
)
from imbalance_kit.losses import ImbalancedLGBMClassifier
from imbalance_kit.over_sampling import SMOTE
from imbalance_kit.pipeline import Pipeline

X, y = make_classification(n_samples=600, n_features=6, weights=[0.9], random_state=0)
X = X.astype(np.float32)
skl2onnx.update_registered_converter(
    LGBMClassifier,
    "LightGbmLGBMClassifier",
    calculate_linear_classifier_output_shapes,
    convert_lightgbm,
    options={"nocl": [True, False], "zipmap": [True, False, "columns"]},
)


def serving(fitted: Any) -> PlainPipeline:
    return PlainPipeline(
        [(name, step) for name, step in fitted.steps if not hasattr(step, "fit_resample")]
    )


def as_forest(model: Any) -> RandomForestClassifier:
    forest = RandomForestClassifier(n_estimators=len(model.estimators_))
    forest.estimators_ = list(model.estimators_)
    forest.classes_, forest.n_classes_ = model.classes_, len(model.classes_)
    forest.n_outputs_, forest.n_features_in_ = 1, model.n_features_in_
    return forest


def deciding(tree: DecisionTreeClassifier) -> DecisionTreeClassifier:
    tree = copy.deepcopy(tree)
    value = tree.tree_.value
    value[:] = np.eye(value.shape[2])[value.argmax(axis=2)]
    return tree


def sum_of_parts(model: Any) -> np.ndarray:
    explainer = shap.TreeExplainer(model)
    return np.asarray(explainer.shap_values(X)).sum(axis=1) + explainer.expected_value


def sum_of_votes(model: Any) -> np.ndarray:
    weights = 2 * np.array(model.estimator_weights_) / np.sum(model.estimator_weights_)
    return sum(
        w * (2 * sum_of_parts(deciding(tree))[:, 1] - 1)
        for w, tree in zip(weights, model.estimators_, strict=True)
    )


def through_onnx(model: Any) -> np.ndarray:
    converted = skl2onnx.to_onnx(
        model,
        X[:1],
        options={id(model): {"zipmap": False}},
        target_opset={"": 15, "ai.onnx.ml": 3},
    )
    session = onnxruntime.InferenceSession(converted.SerializeToString())
    return session.run(None, {session.get_inputs()[0].name: X})[1]


def through_skops(model: Any) -> np.ndarray:
    data = skops.io.dumps(model)
    trusted = skops.io.get_untrusted_types(data=data)
    return skops.io.loads(data, trusted=trusted).predict_proba(X)


def report(name: str, found: Callable[[], np.ndarray], expected: np.ndarray) -> None:
    try:
        result = f"{np.abs(found() - expected).max():.1e}"
    except Exception as error:  # whatever another package raises is the result
        result = f"{type(error).__name__}: {str(error).splitlines()[0][:60]}"
    print(f"{name:45}{result}", flush=True)


def main() -> None:
    warnings.simplefilter("ignore")
    tree = DecisionTreeClassifier(max_depth=4)
    paced = SelfPacedEnsembleClassifier(tree, n_estimators=5, random_state=0).fit(X, y)
    balanced = BalancedRandomForestClassifier(n_estimators=5, random_state=0).fit(X, y)
    boosted = RUSBoostClassifier(tree, n_estimators=5, random_state=0).fit(X, y)
    light = ImbalancedLGBMClassifier(LGBMClassifier(n_estimators=10, verbose=-1)).fit(X, y)
    cheap = MinimumExpectedCostClassifier(
        LogisticRegression(), cost_matrix=[[0, 1], [5, 0]], calibration=None
    ).fit(X, y)
    pipeline = Pipeline(
        [
            ("scale", StandardScaler()),
            ("smote", SMOTE(random_state=0)),
            ("forest", RandomForestClassifier(5, random_state=0)),
        ]
    ).fit(X, y)
    raw = light.estimator_.booster_.predict(X, raw_score=True)
    for name, model in {"self-paced": paced, "balanced forest": balanced}.items():
        proba = model.predict_proba(X)
        report(f"shap: {name}", lambda m=model: sum_of_parts(m), proba)
        report(f"shap: {name} as forest", lambda m=model: sum_of_parts(as_forest(m)), proba)
        report(f"onnx: {name}", lambda m=model: through_onnx(m), proba)
        report(f"onnx: {name} as forest", lambda m=model: through_onnx(as_forest(m)), proba)
    report("shap: RUSBoost, votes", lambda: sum_of_votes(boosted), boosted.decision_function(X))
    report("shap: LightGBM inside", lambda: sum_of_parts(light.estimator_), raw)
    report("onnx: pipeline", lambda: through_onnx(pipeline), pipeline.predict_proba(X))
    report(
        "onnx: pipeline, serving steps",
        lambda: through_onnx(serving(pipeline)),
        pipeline.predict_proba(X),
    )
    report("onnx: decisions", lambda: through_onnx(cheap), cheap.predict_proba(X))
    report(
        "onnx: classifier inside",
        lambda: through_onnx(cheap.estimator_),
        cheap.estimator_.predict_proba(X),
    )
    inside = light.estimator_
    report("onnx: LightGBM inside, raw score", lambda: through_onnx(inside)[:, 1], raw)
    report(
        "onnx: LightGBM inside, sigmoid of raw score",
        lambda: through_onnx(inside)[:, 1],
        1 / (1 + np.exp(-raw)),
    )
    for name, model in {
        "self-paced": paced,
        "balanced forest": balanced,
        "RUSBoost": boosted,
        "LightGBM under a loss": light,
        "decisions": cheap,
        "pipeline": pipeline,
    }.items():
        report(f"skops: {name}", lambda m=model: through_skops(m), model.predict_proba(X))


if __name__ == "__main__":
    main()
