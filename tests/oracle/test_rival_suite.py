"""imbalanced-learn's own tests of these classes, run on ours.

Its wheel holds them. Each of its test modules is loaded from there with our classes in the place
of its own, and becomes a class of tests here. Those that fail are listed with the reason, and a
listed one that passes fails: the list cannot go stale. (Its checks for any sampler are not in
these modules; tests/test_common.py runs them.) `benchmarks/imblearn_tests.py` prints how many pass.
"""

import importlib.util
import inspect
import sys
from contextlib import ExitStack
from importlib import import_module
from pathlib import Path
from unittest import mock

import imblearn
import pytest

FAMILIES = ("over_sampling", "under_sampling", "combine", "ensemble")
FOLDER = Path(imblearn.__file__).parent
MODULES = sorted(path for family in FAMILIES for path in (FOLDER / family).rglob("tests/test_*.py"))

PRIVATE = (AttributeError, "asks for a private attribute or method")
SEARCHES = (
    AttributeError,
    "estimators_ there are neighbour searches that hold the rows; no search of that kind is fitted",
)
MAKES_ROWS = (AssertionError, "no row in danger: imbalanced-learn makes no rows, ours the wanted")
ANSWERS = (pytest.fail.Exception, "expects an error where ours has an answer")
NO_ENCODER = "no encoder is fitted: there are no one-hot columns, and any values are levels"
# Pipelines there: `estimators_[i][-1]`, `.steps`, `.named_steps`, also while going through one.
PIPELINES = "estimators_ holds the learners themselves; the pipelines are in pipelines_"
DIFFERENCES = {
    "TestBagging.test_balanced_bagging_classifier_samplers": (TypeError, PIPELINES),
    "TestBagging.test_balanced_bagging_classifier_with_function_sampler": (TypeError, PIPELINES),
    "TestBagging.test_estimators_samples": (
        AssertionError,
        "estimators_samples_ holds the rows of a learner, there those of the bag they are drawn of",
    ),
    "TestBagging.test_max_samples_consistency": PRIVATE,
    "TestBagging.test_single_estimator": (AttributeError, PIPELINES),
    "TestBagging.test_warm_start": (AttributeError, PIPELINES),
    "TestBagging.test_warm_start_with_oob_score_fails": ANSWERS,
    "TestEasyEnsemble.test_easy_ensemble_classifier": (AttributeError, PIPELINES),
    "TestEasyEnsemble.test_easy_ensemble_classifier_single_estimator": (
        AssertionError,
        "compares predictions of two kinds of learners with each other, which agree for one seed",
    ),
    "TestEasyEnsemble.test_warm_start": (AttributeError, PIPELINES),
    "TestWeightBoosting.test_rusboost_algorithm": (
        TypeError,
        "algorithm is deprecated there: there is SAMME alone",
    ),
    "TestBorderlineSmote.test_borderline_smote_no_in_danger_samples": MAKES_ROWS,
    "TestCondensedNearestNeighbour.test_condensed_nearest_neighbour_multiclass": SEARCHES,
    "TestInstanceHardnessThreshold.test_iht_fit_resample_default_estimator": (
        AttributeError,
        "the default learner is LightGBM, there a random forest, which takes several times as long",
    ),
    "TestKmeansSmote.test_kmeans_smote": (
        AssertionError,
        "an int seed: imbalanced-learn starts it again for each cluster",
    ),
    "TestKmeansSmote.test_sample_kmeans_not_enough_clusters": ANSWERS,
    "TestOneSidedSelection.test_one_sided_selection_multiclass": SEARCHES,
    (
        "TestRandomOverSampler.test_random_over_sampling_heterogeneous_data_smoothed_bootstrap"
    ): ANSWERS,
    "TestSmoteEnn.test_parallelisation": PRIVATE,
    "TestSmoteNc.test_smote_nc_categorical_features_auto_error": (
        AssertionError,
        "expects an error where ours has an answer: columns of strings are nominal, and a table "
        "without nominal columns is resampled as by SMOTE (what is refused is a y of another size)",
    ),
    "TestSmoteNc.test_smotenc_categorical_encoder": (AttributeError, NO_ENCODER),
    "TestSmoteNc.test_smotenc_categorical_encoder_dropped_columns": (TypeError, NO_ENCODER),
    "TestSmoteNc.test_smotenc_raising_error_all_categorical": ANSWERS,
    "TestSmoteTomek.test_parallelisation": PRIVATE,
    "TestSmoten.test_smoten": (AttributeError, NO_ENCODER),
    "TestSmoten.test_smoten_categorical_encoder": (AttributeError, NO_ENCODER),
    "TestSvmSmote.test_svm_smote_all_noise": ANSWERS,
    "TestSvmSmote.test_svm_smote_not_svm": (
        AssertionError,
        "the same error in other words (there the machine `is required to exposed` it)",
    ),
}
# takes six seconds; tests/oracle/test_parity.py compares hard voting on other tables
LONG = {"TestClusterCentroids.test_cluster_centroids_hard_target_class"}
LATER = {"TestSmoteNc.test_smotenc_categorical_encoder_dropped_columns"}  # not yet in 0.14.0


def name_of(path):
    parts = path.stem.split("_")
    if path.stem == "test_common":
        parts += path.parent.parent.name.split("_")
    return "".join(part.title() for part in parts)


def load(path):
    """A test module of imbalanced-learn that sees our classes, and its fixtures as methods."""
    spec = importlib.util.spec_from_file_location(f"rival_{name_of(path)}", path)
    module = importlib.util.module_from_spec(spec)
    fixture, fixtures = pytest.fixture, {}

    def note(function=None, **options):
        if function is None:
            return lambda function: note(function, **options)
        assert not inspect.signature(function).parameters
        fixtures[function.__name__] = fixture(**options)(lambda self: function())
        return function

    with ExitStack() as stack:
        stack.enter_context(mock.patch.object(pytest, "fixture", note))
        for family in FAMILIES:
            theirs = import_module(f"imblearn.{family}")
            for name, ours in vars(import_module(f"imbalance_kit.{family}")).items():
                if inspect.isclass(ours) and hasattr(theirs, name):
                    stack.enter_context(mock.patch.object(theirs, name, ours))
        spec.loader.exec_module(module)
    return module, fixtures


def as_class(path):
    """The tests and fixtures of a module as a class, so that equal names do not meet."""
    module, fixtures = load(path)
    parts = dict(fixtures)
    for name, thing in vars(module).items():
        if name.startswith("test_"):
            known = DIFFERENCES.get(f"{name_of(path)}.{name}")
            if known:
                raises, reason = known
                thing = pytest.mark.xfail(strict=True, raises=raises, reason=reason)(thing)
            if "ensemble" in path.parts or f"{name_of(path)}.{name}" in LONG:
                thing = pytest.mark.exhaustive(thing)
            parts[name] = staticmethod(thing)
    return type(name_of(path), (), parts)


CLASSES = [as_class(path) for path in MODULES]
vars(sys.modules[__name__]).update({cls.__name__: cls for cls in CLASSES})


def test_the_wheel_holds_the_tests():
    assert len(MODULES) >= 20
    assert len({cls.__name__ for cls in CLASSES}) == len(MODULES)


def test_the_list_names_tests_that_exist():
    there = {f"{cls.__name__}.{name}" for cls in CLASSES for name in vars(cls)}
    assert (set(DIFFERENCES) | LONG) - LATER <= there
