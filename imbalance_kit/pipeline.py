"""imbalanced-learn's pipeline: steps that transform, steps that resample, one estimator.

Samplers run in ``fit`` alone; rows to predict pass them by. The pipeline does not carry weights
past a sampler: for those use :class:`~imbalance_kit.compose.ResampledClassifier`.
"""

from imblearn.pipeline import Pipeline, make_pipeline

__all__ = ["Pipeline", "make_pipeline"]
