"""The only module that imports private names of scikit-learn or imbalanced-learn.

When one of them moves a name, this file changes and no other does. Public names are imported
where they are used.
"""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import wraps
from typing import Any

from imblearn.over_sampling.base import BaseOverSampler as ImblearnOverSampler
from imblearn.under_sampling.base import BaseCleaningSampler as ImblearnCleaningSampler
from imblearn.under_sampling.base import BaseUnderSampler as ImblearnUnderSampler
from sklearn import config_context, get_config
from sklearn.base import BaseEstimator
from sklearn.ensemble._base import _set_random_states as set_random_states
from sklearn.model_selection import StratifiedKFold
from sklearn.preprocessing import TargetEncoder
from sklearn.utils._param_validation import HasMethods, Interval, StrOptions
from sklearn.utils._set_output import ADAPTERS_MANAGER
from sklearn.utils.metadata_routing import _routing_enabled as routing_enabled
from sklearn.utils.validation import _check_sample_weight as check_sample_weight
from sklearn.utils.validation import _is_arraylike as is_arraylike
from sklearn.utils.validation import _num_samples as n_samples_of

__all__ = [
    "CallbackSupport",
    "HasMethods",
    "ImblearnCleaningSampler",
    "ImblearnOverSampler",
    "ImblearnUnderSampler",
    "Interval",
    "StrOptions",
    "check_sample_weight",
    "fit_context",
    "is_arraylike",
    "n_samples_of",
    "routing_enabled",
    "set_random_states",
    "target_encoder",
    "with_callbacks",
]


try:
    from sklearn.callback import CallbackSupportMixin as _CallbackSupportMixin
    from sklearn.callback import with_callbacks
    from sklearn.callback._callback_support import callback_management_context
except ImportError:  # scikit-learn before 1.9 has no callbacks

    class _CallbackSupportMixin:  # type: ignore[no-redef]  # stands in for the missing class
        """Callbacks need scikit-learn 1.9; fitting works the same without them."""

    def with_callbacks(method: Callable) -> Callable:
        return method

    def callback_management_context(estimator: Any) -> AbstractContextManager:
        return nullcontext()


def target_encoder(target_type: str, n_folds: int, seed: int) -> TargetEncoder:
    """An encoder of levels by statistics of the target, with shuffled folds.

    Parameters
    ----------
    target_type : {"binary", "multiclass"}
        Of the target.

    n_folds : int
        Folds of the cross-fitting.

    seed : int
        Of the folds.
    """
    if "cv_object" in TargetEncoder._parameter_constraints["cv"]:  # scikit-learn 1.9
        folds = StratifiedKFold(n_folds, shuffle=True, random_state=seed)
        return TargetEncoder(target_type=target_type, cv=folds)
    return TargetEncoder(target_type=target_type, cv=n_folds, random_state=seed)


def frame_around(numbers: Any, X: Any, columns: Any) -> Any:
    """A dataframe with X's index and the memory of an array, as scikit-learn's ``set_output`` does.

    None where scikit-learn knows no dataframes of this kind. Made by their own constructor from an
    array they would be copies of it.
    """
    for adapter in ADAPTERS_MANAGER.adapters.values():
        if adapter.is_supported_container(X):
            return adapter.create_container(numbers, X, columns=columns, inplace=True)
    return None


def fit_context(*, prefer_skip_nested_validation: bool) -> Callable[[Callable], Callable]:
    """What goes around every ``fit`` and ``fit_resample``.

    The constructor's parameters are validated. What an earlier fit found is forgotten, but with
    ``warm_start``, so that nothing of it is left beside the new; and it is all there again if the
    new fit fails.
    """

    def decorate(method: Callable) -> Callable:
        # In one function with what scikit-learn's decorator does: warnings count the frames.
        @wraps(method)
        def fit(estimator: Any, *args: Any, **kwargs: Any) -> Any:
            before = dict(vars(estimator))
            unchecked = get_config()["skip_parameter_validation"]
            try:
                if not unchecked:
                    estimator._validate_params()
                if not getattr(estimator, "warm_start", False):
                    for name in before:
                        if name.endswith("_") and not name.startswith("_"):
                            vars(estimator).pop(name, None)  # another thread may have been first
                skips = prefer_skip_nested_validation or unchecked
                with (
                    config_context(skip_parameter_validation=skips),
                    callback_management_context(estimator),
                ):
                    return method(estimator, *args, **kwargs)
            except BaseException:  # an interrupt too
                for name in vars(estimator).keys() - before.keys():
                    vars(estimator).pop(name, None)
                vars(estimator).update(before)
                raise

        return fit

    return decorate


class CallbackSupport(_CallbackSupportMixin, BaseEstimator):
    """Rounds of a fit as tasks that scikit-learn's callbacks can watch, where it has them."""

    def _open_rounds(self, n_rounds: int, X: Any, y: Any) -> Any:
        """Announce the rounds to come; the result goes to `_round` and `_close_rounds`."""
        if not hasattr(self, "_init_callback_context"):
            return None
        context = self._init_callback_context(max_subtasks=n_rounds)
        context.call_on_fit_task_begin(estimator=self, X=X, y=y)
        return context

    def _close_rounds(self, context: Any, X: Any, y: Any) -> None:
        if context is not None:
            fitted = self._fitted_attributes
            context.call_on_fit_task_end(estimator=self, X=X, y=y, reconstruction_attributes=fitted)

    @contextmanager
    def _round(self, context: Any, X: Any, y: Any) -> Iterator[list[bool]]:
        """One round; the list it yields holds something once a callback asked to stop."""
        asked_to_stop: list[bool] = []
        if context is None:
            yield asked_to_stop
            return
        task = context.subcontext(task_name="round")
        task.call_on_fit_task_begin(estimator=self, X=X, y=y)
        yield asked_to_stop
        fitted = self._fitted_attributes
        if task.call_on_fit_task_end(estimator=self, X=X, y=y, reconstruction_attributes=fitted):
            asked_to_stop.append(True)

    def _fitted_attributes(self) -> dict[str, Any]:
        """What an estimator needs to predict as if the fit had stopped here."""
        return {
            name: list(value) if isinstance(value, list) else value
            for name, value in vars(self).items()
            if name.endswith("_") and not name.startswith("_")
        }
