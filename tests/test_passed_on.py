"""What imbalanced-learn does well is passed on under our name, as the same objects."""

import imblearn
import imblearn.metrics
import imblearn.model_selection
import imblearn.pipeline
import pytest

import imbalance_kit
from imbalance_kit import metrics, model_selection, pipeline


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (metrics, imblearn.metrics),
        (model_selection, imblearn.model_selection),
    ],
    ids=lambda module: module.__name__,
)
def test_a_module_is_complete(ours, theirs):
    for name in theirs.__all__:
        assert getattr(ours, name) is getattr(theirs, name)
        assert name in ours.__all__


def test_the_pipeline_is_theirs_with_a_check():
    assert set(imblearn.pipeline.__all__) == set(pipeline.__all__)
    assert issubclass(pipeline.Pipeline, imblearn.pipeline.Pipeline)


def test_function_sampler_stands_at_the_top():
    assert imbalance_kit.FunctionSampler is imblearn.FunctionSampler
    assert "FunctionSampler" in dir(imbalance_kit)


def test_unknown_names_are_attribute_errors():
    with pytest.raises(AttributeError, match="no attribute 'Nothing'"):
        _ = imbalance_kit.Nothing


def test_every_sampler_of_imbalanced_learn_is_here():
    """A user changes one import line, whichever sampler it names."""
    for name in ("over_sampling", "under_sampling", "combine"):
        theirs, ours = getattr(imblearn, name), getattr(imbalance_kit, name)
        assert set(theirs.__all__) <= set(ours.__all__)
