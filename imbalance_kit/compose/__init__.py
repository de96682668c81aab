"""A sampler or a weigher and an estimator as one estimator."""

from imbalance_kit.compose._resampled import ResampledClassifier
from imbalance_kit.compose._weighted import WeightedClassifier

__all__ = ["ResampledClassifier", "WeightedClassifier"]
