"""Chains of any samplers."""

from typing import Any

from imbalance_kit.combine._base import BaseChain, is_skipped


class Chain(BaseChain):
    """Run samplers one after another, as one sampler.

    Parameters
    ----------
    steps : list of samplers or of (name, sampler) tuples
        What to run, first to last. A sampler without a name is named by its class in lower
        case, with a number behind it when the class occurs more than once. None or
        "passthrough" in place of a sampler leaves the step out, so that a search can try that.

    random_state : int, RandomState instance or None, default=None
        Seed of the draws. An int gives the same rows at every call.

    Attributes
    ----------
    sampling_strategy_ : dict
        Rows of each class that the first step makes or keeps.

    steps_ : list of samplers
        The fitted samplers.

    sample_indices_ : ndarray of shape (n_samples_new,)
        Input row that each output row comes from.

    sample_origin_ : ndarray of shape (n_samples_new,)
        Input row that each output row equals, or -1 for a new row.

    sample_weight_ : ndarray of shape (n_samples_new,) or None
        Weights of the output rows, when weights were given.

    n_features_in_ : int
        Number of columns of X.

    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Names of the columns, when all are strings.

    See Also
    --------
    SMOTEENN : SMOTE, then edited nearest neighbours.

    imbalance_kit.compose.ResampledClassifier : Resample inside ``fit`` only.

    Notes
    -----
    Row numbers and weights that come out refer to the table that went in, across all steps.
    A sampler that leaves no ``sample_indices_`` may stand in a chain, but then
    ``sample_indices_`` and ``sample_origin_`` are None, and giving weights is an error. Counts
    are exact where those of the last steps are. Cost is that of the steps.

    Steps with ``random_state=None`` draw from the generator of the chain, one after another;
    a step with a seed of its own keeps it. Parameters of steps are set by name, for instance
    ``chain.set_params(smote__k_neighbors=3)``. Missing values and nominal columns are handled
    by each step.

    References
    ----------
    .. [1] G. E. A. P. A. Batista, R. C. Prati, M. C. Monard, "A Study of the Behavior of Several
       Methods for Balancing Machine Learning Training Data", ACM SIGKDD Explorations
       Newsletter 6, 2004.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.datasets import make_classification
    >>> from imbalance_kit.combine import Chain
    >>> from imbalance_kit.over_sampling import SMOTE
    >>> from imbalance_kit.under_sampling import RandomUnderSampler
    >>> X, y = make_classification(n_samples=500, weights=[0.9], flip_y=0, random_state=0)
    >>> halfway = Chain(
    ...     steps=[SMOTE(sampling_strategy=0.3), RandomUnderSampler()], random_state=0
    ... )
    >>> X_res, y_res = halfway.fit_resample(X, y)
    >>> np.bincount(y_res).tolist()
    [135, 135]
    """

    _sampling_type = "bypass"

    _parameter_constraints: dict = {
        "steps": [list, tuple],
        "random_state": ["random_state"],
    }

    def __init__(self, steps, *, random_state=None):
        self.steps = steps
        self.random_state = random_state

    def _named_steps(self):
        named = _with_names(self.steps)
        if not named:
            raise ValueError("steps is empty; expected at least one sampler.")
        names = [name for name, _ in named]
        for name, step in named:
            if names.count(name) > 1:
                raise ValueError(f"Two steps are named {name!r}; give each its own name.")
            if "__" in name or name in ("steps", "random_state"):
                raise ValueError(
                    f"A step is named {name!r}; names must not hold '__', nor be parameters of "
                    "the chain ('steps', 'random_state'). Rename it."
                )
            if not (is_skipped(step) or hasattr(step, "fit_resample")):
                raise ValueError(
                    f"Step {name!r} is {step!r}; expected an object with fit_resample, "
                    "'passthrough' or None."
                )
        return named

    def get_params(self, deep=True):
        """Parameters of the chain and, by name, of its steps.

        Parameters
        ----------
        deep : bool, default=True
            Whether to list the steps and their parameters too.

        Returns
        -------
        parameters : dict
            Values by name.
        """
        parameters = super().get_params(deep=False)
        if deep and isinstance(self.steps, list | tuple):
            for name, step in _with_names(self.steps):
                parameters[name] = step
                if hasattr(step, "get_params"):
                    inside = step.get_params(deep=True).items()
                    parameters |= {f"{name}__{key}": value for key, value in inside}
        return parameters

    def set_params(self, **params):
        """Set parameters of the chain, exchange steps by name, or set their parameters.

        Parameters
        ----------
        **params : dict
            Values by name: ``random_state``, a step's name, or ``<step>__<parameter>``.

        Returns
        -------
        self : object
            The chain.
        """
        if "steps" in params:
            self.steps = params.pop("steps")
        if isinstance(self.steps, list | tuple):
            named = _with_names(self.steps)
            if any(name in params for name, _ in named):
                # with their names: another class of sampler would get another name
                self.steps = [(name, params.pop(name, step)) for name, step in named]
        super().set_params(**params)
        return self


def _with_names(steps: Any) -> list[tuple[str, Any]]:
    """Steps with their names, those without one by their class."""
    bare = [type(step).__name__.lower() for step in steps if not isinstance(step, tuple)]
    used: dict[str, int] = {}
    named = []
    for step in steps:
        if isinstance(step, tuple):
            name, sampler = step
            named.append((str(name), sampler))
            continue
        name = type(step).__name__.lower()
        used[name] = used.get(name, 0) + 1
        named.append((f"{name}-{used[name]}" if bare.count(name) > 1 else name, step))
    return named
