"""The draws of a fitted ensemble as samplers and pipelines, where imbalanced-learn has them."""

from collections.abc import Callable
from typing import Any

import numpy as np
from imblearn.pipeline import Pipeline, make_pipeline
from sklearn.utils.validation import check_is_fitted

from imbalance_kit.under_sampling import RandomUnderSampler


class DrawsBySampler:
    """Adds ``samplers_`` and ``pipelines_``, built on access.

    The rounds draw row numbers; an object for each of them would only cost time and memory.
    """

    _step_names: tuple[str, str] | None = None  # of a pipeline; None for those of its classes
    estimators_: list
    _seeds: list[int]  # fitted: of the rounds
    estimators_samples_: Any
    sampling_strategy_: dict
    sampling_strategy: Any
    replacement: bool

    _prototype: Callable[[], Any]  # the base learner, not fitted

    @property
    def samplers_(self) -> list[RandomUnderSampler]:
        """For each learner a fitted sampler whose ``sample_indices_`` are the learner's rows."""
        check_is_fitted(self)
        drawn = zip(self.estimators_samples_, self._seeds, strict=True)
        return [self._sampler_of(rows, seed) for rows, seed in drawn]

    @property
    def pipelines_(self) -> list[Pipeline]:
        """For each learner a fitted pipeline of its sampler and itself."""
        steps = zip(self.samplers_, self.estimators_, strict=True)
        if self._step_names is None:
            return [make_pipeline(*of_learner) for of_learner in steps]
        names = self._step_names
        return [Pipeline(list(zip(names, of_learner, strict=True))) for of_learner in steps]

    @property
    def estimator_(self) -> Any:
        """What a round fits: a pipeline of sampler and base learner, or the learner itself."""
        check_is_fitted(self)
        learner = self._prototype()
        if self._step_names is None:
            return learner
        return Pipeline(list(zip(self._step_names, (self._sampler(), learner), strict=True)))

    def _sampler(self) -> Any:
        """What draws the rows of a round, not fitted."""
        return RandomUnderSampler(
            sampling_strategy=self.sampling_strategy, replacement=self.replacement
        )

    def _sampler_of(self, rows: np.ndarray, seed: int) -> RandomUnderSampler:
        sampler = self._sampler().set_params(random_state=seed)
        sampler.sampling_strategy_ = dict(self.sampling_strategy_)
        sampler.sample_indices_ = rows
        sampler.sample_weight_ = None
        for name in ("n_features_in_", "feature_names_in_"):
            if hasattr(self, name):
                setattr(sampler, name, getattr(self, name))
        return sampler
