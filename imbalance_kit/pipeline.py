"""imbalanced-learn's pipeline: steps that transform, steps that resample, one estimator.

Samplers run in ``fit`` alone; rows to predict pass them by. The pipeline does not carry weights
past a sampler, and here it refuses: for those use
:class:`~imbalance_kit.compose.ResampledClassifier`.
"""

from collections.abc import Mapping
from typing import Any

import imblearn.pipeline

from imbalance_kit._row_arguments import row_arguments
from imbalance_kit._sklearn_compat import n_samples_of

__all__ = ["Pipeline", "make_pipeline"]

_WAY_OUT = (
    "ResampledClassifier carries weights and other arguments of rows past a sampler: "
    "ResampledClassifier(estimator, sampler).fit(X, y, sample_weight=...), with a pipeline of the "
    "steps behind the sampler as its estimator where there are several."
)


class Pipeline(imblearn.pipeline.Pipeline):
    """imbalanced-learn's pipeline, which refuses what it would give to the wrong rows.

    Parameters
    ----------
    steps : list of (str, object)
        Names and transformers, samplers and last an estimator, in the order in which they run.

    transform_input : list of str, default=None
        With metadata routing: arguments of ``fit`` that are tables, such as a validation set, to
        be transformed by the steps before the one that takes them.

    memory : str or object with the joblib.Memory interface, default=None
        Where fitted transformers and samplers are kept, to be used again.

    verbose : bool, default=False
        Whether to print the time of each step.

    Attributes
    ----------
    named_steps : Bunch
        The steps by name.

    classes_ : ndarray of shape (n_classes,)
        Class labels, those of the last step.

    See Also
    --------
    make_pipeline : Names the steps itself.

    imbalance_kit.compose.ResampledClassifier : Carries weights past a sampler.

    Notes
    -----
    A sampler drops, repeats, makes or reorders rows, and the pipeline hands the steps behind it
    their arguments as they were given. Where the number of rows stays the same, as with
    :class:`~imbalance_kit.over_sampling.TemperatureSampler` or a
    :class:`~imbalance_kit.combine.Chain`, no step would notice that they belong to other rows. So
    an argument with one entry per row (``sample_weight`` and others, by the name of a step or by
    metadata routing) for a step behind a sampler is a ``ValueError``. So are weights that a sampler
    computes, such as those of ``TemperatureSampler(mode="weight")``, which would be lost.
    imbalanced-learn's own ``Pipeline`` does neither.

    Arguments of steps before the first sampler, and of the samplers themselves, are passed on.

    References
    ----------
    .. [1] G. Lemaitre, F. Nogueira, C. K. Aridas, "Imbalanced-learn: A Python Toolbox to Tackle
       the Curse of Imbalanced Datasets in Machine Learning", Journal of Machine Learning
       Research 18, 2017.

    Examples
    --------
    >>> from sklearn.datasets import make_classification
    >>> from sklearn.linear_model import LogisticRegression
    >>> from sklearn.preprocessing import StandardScaler
    >>> from imbalance_kit.over_sampling import SMOTE
    >>> from imbalance_kit.pipeline import Pipeline
    >>> X, y = make_classification(n_samples=500, weights=[0.9], random_state=0)
    >>> model = Pipeline(
    ...     [("scale", StandardScaler()), ("smote", SMOTE()), ("model", LogisticRegression())]
    ... ).fit(X, y)
    >>> model.predict(X).shape
    (500,)
    """

    # Every method that fits calls this one, with the arguments of each step.
    def _fit(self, X, y=None, routed_params=None, **others):
        sampler = None
        for name, step in self.steps:
            if sampler is not None and step is not None:
                _refuse_row_arguments(routed_params.get(name, {}), name, sampler, n_samples_of(X))
            if hasattr(step, "fit_resample"):
                sampler = name
        fitted = super()._fit(X, y, routed_params, **others)
        for name, step in self.steps[:-1]:
            given = routed_params.get(name, {}).get("fit_resample", {})
            given = {**given, **routed_params.get(name, {}).get("fit", {})}
            if hasattr(step, "fit_resample") and "sample_weight" not in given:
                _refuse_computed_weights(name, step)
        return fitted


def make_pipeline(*steps, memory=None, transform_input=None, verbose=False):
    """A :class:`Pipeline` of some steps, each named by its class in lower case.

    Parameters
    ----------
    *steps : list of transformers, samplers and an estimator
        In the order in which they run.

    memory : str or object with the joblib.Memory interface, default=None
        Where fitted transformers and samplers are kept, to be used again.

    transform_input : list of str, default=None
        With metadata routing: arguments of ``fit`` that are tables, such as a validation set, to
        be transformed by the steps before the one that takes them.

    verbose : bool, default=False
        Whether to print the time of each step.

    Returns
    -------
    pipeline : Pipeline
        Not fitted.

    Examples
    --------
    >>> from sklearn.naive_bayes import GaussianNB
    >>> from imbalance_kit.over_sampling import SMOTE
    >>> from imbalance_kit.pipeline import make_pipeline
    >>> [name for name, _ in make_pipeline(SMOTE(), GaussianNB()).steps]
    ['smote', 'gaussiannb']
    """
    named = imblearn.pipeline.make_pipeline(*steps).steps
    return Pipeline(named, transform_input=transform_input, memory=memory, verbose=verbose)


def _refuse_row_arguments(
    of_methods: Mapping[str, dict], name: str, sampler: str, n_rows: int
) -> None:
    """Refuse arguments of rows for a step that gets other rows than came in."""
    given = {key: value for params in of_methods.values() for key, value in params.items()}
    of_rows = row_arguments(given, n_rows)
    if of_rows:
        raise ValueError(
            f"{of_rows} has one entry for each row of X, but step {name!r} stands behind the "
            f"sampler {sampler!r} and gets other rows. {_WAY_OUT}"
        )


def _refuse_computed_weights(name: str, sampler: Any) -> None:
    """Refuse a sampler whose result needs weights that no step behind it would get."""
    if getattr(sampler, "sample_weight_", None) is not None:
        raise ValueError(
            f"The sampler {name!r} gives its rows weights (sample_weight_), which a pipeline does "
            f"not hand on. {_WAY_OUT}"
        )
