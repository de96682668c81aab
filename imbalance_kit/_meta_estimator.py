"""A classifier around a classifier: what every wrapper does alike.

The parts on their own (weights, tags, folds) are functions, for estimators that
wrap a classifier without being a `ClassifierWrapper`.
"""

from collections.abc import Callable
from numbers import Integral
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin, MetaEstimatorMixin, clone
from sklearn.frozen import FrozenEstimator
from sklearn.model_selection import GroupKFold, StratifiedKFold, check_cv
from sklearn.pipeline import Pipeline
from sklearn.utils import get_tags
from sklearn.utils.metadata_routing import (
    MetadataRouter,
    MethodMapping,
    get_routing_for_object,
    process_routing,
)
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import check_is_fitted, has_fit_parameter

from imbalance_kit._row_arguments import kept_whole
from imbalance_kit._sklearn_compat import check_sample_weight, fit_context, routing_enabled
from imbalance_kit._tables.labels import read_single_labels, require_two_classes, spell
from imbalance_kit._tables.row_labels import warn_of_other_order
from imbalance_kit._tables.rows import summed
from imbalance_kit._tables.validation import require_target
from imbalance_kit.kernels.short_rows import first_largest, in_blocks


def estimator_has(name: str) -> Callable[[Any], bool]:
    """For ``available_if``: the fitted estimator, or the one to be fitted, has this method."""

    def check(self: Any) -> bool:
        getattr(getattr(self, "estimator_", self.estimator), name)
        return True

    return check


def require_fitted(estimator: Any, name: str) -> None:
    """Refuse an estimator without a fitted attribute.

    scikit-learn's check first asks for the tags, which a wrapper has from the estimator inside it:
    for a single row that takes as long as a small model takes to predict it.
    """
    if name not in vars(estimator):
        check_is_fitted(estimator, name)


def takes_weights(estimator: Any) -> bool:
    """Whether ``fit`` can be given the weights of rows; a frozen estimator ignores them.

    A frozen one counts as taking them, because weights still matter for what is learned beside it.
    """
    return isinstance(estimator, FrozenEstimator) or has_fit_parameter(estimator, "sample_weight")


def weight_argument(estimator: Any) -> str | None:
    """Name under which ``fit`` takes the weights of rows, or None where it does not.

    A pipeline passes them to its last step, unless a step changes the rows.
    """
    if not isinstance(estimator, Pipeline):
        return "sample_weight" if takes_weights(estimator) else None
    if routing_enabled():
        requested = get_routing_for_object(estimator).consumes("fit", ["sample_weight"])
        return "sample_weight" if requested else None
    name, last = estimator.steps[-1]
    inner = None if last in (None, "passthrough") else weight_argument(last)
    changes_rows = any(hasattr(step, "fit_resample") for _, step in estimator.steps)
    return None if inner is None or changes_rows else f"{name}__{inner}"


def takes_groups(estimator: Any) -> bool:
    """Whether ``fit`` can be given `groups`: by name, or for a splitter of its own."""
    if has_fit_parameter(estimator, "groups"):
        return True
    return isinstance(estimator, ClassifierWrapper) and hasattr(estimator, "cv")


def require_weights(estimator: Any) -> None:
    """Refuse an estimator whose ``fit`` takes no weights."""
    if not takes_weights(estimator):
        raise ValueError(
            f"sample_weight was given, but {type(estimator).__name__}.fit does not take "
            "it. Use an estimator that does; for a pipeline pass "
            "<step>__sample_weight=... or enable metadata routing."
        )


def read_target(estimator: Any, y: Any) -> np.ndarray:
    """Labels for a classifier's ``fit``, one per row."""
    require_target(estimator, y)
    return read_single_labels(y)


def read_weight(sample_weight: Any, y: np.ndarray) -> np.ndarray | None:
    """Weights of rows, one per label and none negative; None stays None, for it is not ones.

    Some estimators take another way without weights, so ones would change their result.
    """
    if sample_weight is None:
        return None
    return check_sample_weight(sample_weight, y, ensure_non_negative=True)


def require_known_classes(labels: np.ndarray, classes: Any) -> None:
    """Refuse labels that a fitted estimator does not know."""
    known = np.asarray(classes).tolist()
    unknown = [label for label in np.unique(labels).tolist() if label not in set(known)]
    if unknown:
        raise ValueError(
            f"y holds the classes {unknown}, which the estimator was not fitted on: its classes "
            f"are {known}. Fit the estimator on rows of every class first."
        )


def classes_kept(estimator: Any) -> Any:
    """Classes of an estimator that ``fit`` does not change; None for one that learns them.

    A pipeline keeps those of a frozen last step.
    """
    while isinstance(estimator, Pipeline) and len(estimator.steps):
        estimator = estimator.steps[-1][1]
    return getattr(estimator, "classes_", None) if isinstance(estimator, FrozenEstimator) else None


def stratified_folds(n_folds: int, y: np.ndarray) -> StratifiedKFold:
    """As many folds as wanted, or as the smallest class has rows."""
    labels, counts = np.unique(y, return_counts=True)
    require_two_classes(labels)
    if counts.min() < 2:
        raise ValueError(
            f"Class {spell(labels[counts.argmin()])} has 1 row; predictions for held-out "
            "rows need at least 2 of each class. Drop the class, or fit the estimator first "
            "and give it as FrozenEstimator(estimator)."
        )
    return StratifiedKFold(min(n_folds, int(counts.min())))


class ClassifierWrapper(ClassifierMixin, MetaEstimatorMixin, BaseEstimator):
    """Fits its `estimator`, and has the classes, the columns and the tags of it.

    A wrapper is up to three hooks. `_learn` fits the estimator and returns it, and sets the
    fitted attributes (names that end in ``_``) of what is learned beside it. `_correct` returns
    changed probabilities, `_decide` positions of the classes decided for. Both read fitted
    attributes alone, and look at each row by itself: of many rows they get a part at a time. A
    parameter named `cv` makes the wrapper route ``groups`` to the splitter.
    """

    @fit_context(prefer_skip_nested_validation=False)
    def fit(self, X, y, sample_weight=None, **fit_params):
        """Fit the estimator, and what stands around it.

        Parameters
        ----------
        X : {array-like, dataframe, sparse matrix} of shape (n_samples, n_features)
            The table, as the estimator takes it.

        y : array-like of shape (n_samples,)
            Class labels.

        sample_weight : array-like of shape (n_samples,), default=None
            Weights of the rows.

        **fit_params : dict
            More arguments of the estimator's ``fit``; with metadata routing enabled, whatever
            was requested. `groups` of rows stay together in every split that a `cv` makes.

        Returns
        -------
        self : object
            The fitted classifier.
        """
        warn_of_other_order(X, y=y, sample_weight=sample_weight, **fit_params)
        X = summed(X)
        labels = read_target(self, y)
        weight = self._read_weight(sample_weight, labels)
        params = self._params_of_fit(weight, fit_params)
        kept = classes_kept(self.estimator)
        if kept is not None:  # before anything is learned beside them
            require_known_classes(labels, kept)
        self.estimator_ = self._learn(X, labels, weight, params)
        self.classes_ = self._known_classes(self.estimator_, labels)
        require_two_classes(self.classes_)
        require_known_classes(labels, self.classes_)
        copy_columns(self, self.estimator_)
        return self

    def predict_proba(self, X):
        """Probability of each class.

        Parameters
        ----------
        X : {array-like, dataframe, sparse matrix} of shape (n_samples, n_features)
            The table.

        Returns
        -------
        proba : ndarray of shape (n_samples, n_classes)
            Probabilities.
        """
        require_fitted(self, "estimator_")
        proba = self.estimator_.predict_proba(summed(X))
        if type(self)._correct is ClassifierWrapper._correct:
            return proba  # a copy of a long table takes a tenth of a fast model's time
        return in_blocks(self._correct, proba)

    def predict(self, X):
        """Class of each row.

        Parameters
        ----------
        X : {array-like, dataframe, sparse matrix} of shape (n_samples, n_features)
            The table.

        Returns
        -------
        y : ndarray of shape (n_samples,)
            Class labels.
        """
        proba = self.predict_proba(X)
        return in_blocks(lambda part: self.classes_[self._decide(part)], proba)

    def get_metadata_routing(self):
        """Who may be given metadata.

        Returns
        -------
        routing : MetadataRouter
            The estimator's ``fit``, and the splitter's ``split`` where there is one.
        """
        router = MetadataRouter(owner=self)
        to_estimator = MethodMapping().add(caller="fit", callee="fit")
        router.add(estimator=self.estimator, method_mapping=to_estimator)
        if "cv" in self.get_params(deep=False):
            to_splitter = MethodMapping().add(caller="fit", callee="split")
            # a number means folds of whole groups where there are groups
            number = self.cv is None or isinstance(self.cv, Integral)
            splitter = GroupKFold() if number else check_cv(self.cv)
            router.add(splitter=splitter, method_mapping=to_splitter)
        return router

    def _learn(
        self, X: Any, y: np.ndarray, weight: np.ndarray | None, params: dict[str, Any]
    ) -> Any:
        """Return the fitted estimator; `params` are the checked arguments of ``fit``.

        An override sets fitted attributes for what it learns beside it. `params` holds `weight`
        too, where weights were given.
        """
        return clone(self.estimator).fit(X, y, **self._for_estimator(params))

    def _read_weight(self, sample_weight: Any, y: np.ndarray) -> np.ndarray | None:
        """Weights as `_learn` gets them; a wrapper that only passes them on may take any."""
        return read_weight(sample_weight, y)

    def _known_classes(self, estimator: Any, y: np.ndarray) -> np.ndarray:
        """Class labels, in the order of the columns of the probabilities."""
        return estimator.classes_

    def _state_of_probabilities(self) -> str | None:
        """What is known of the probabilities; see ``calibration/_already_calibrated.py``."""
        return None

    def _correct(self, proba: np.ndarray) -> np.ndarray:
        """Probabilities from the estimator's."""
        return proba

    def _decide(self, proba: np.ndarray) -> np.ndarray:
        """Positions among ``classes_``."""
        return first_largest(proba)

    def _params_of_fit(
        self, sample_weight: np.ndarray | None, fit_params: dict[str, Any]
    ) -> dict[str, Any]:
        """What was given to ``fit``, checked: `held_out_predictions` takes all of it."""
        params = dict(fit_params)
        if sample_weight is not None:
            params["sample_weight"] = sample_weight
        if routing_enabled():
            process_routing(self, "fit", **params)  # refuses what nobody requested
        elif sample_weight is not None:
            require_weights(self.estimator)
        return params

    def _for_estimator(self, params: dict[str, Any]) -> dict[str, Any]:
        """What the estimator itself is given."""
        if routing_enabled():
            return process_routing(self, "fit", **params).estimator.fit
        if "cv" in self.get_params(deep=False) and not takes_groups(self.estimator):
            return {name: value for name, value in params.items() if name != "groups"}
        return params

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        copy_tags(tags, self.estimator)
        return tags


class DecidesAsEstimator:
    """For wrappers that change how the estimator is trained: its decisions are theirs.

    The largest probability is not always what an estimator decides for, so `predict` calls the
    estimator's own.
    """

    estimator: Any
    estimator_: Any

    def predict(self, X):
        """Class of each row, as the estimator decides.

        Parameters
        ----------
        X : {array-like, dataframe, sparse matrix} of shape (n_samples, n_features)
            The table.

        Returns
        -------
        y : ndarray of shape (n_samples,)
            Class labels.
        """
        require_fitted(self, "estimator_")
        return one_label_per_row(self.estimator_.predict(summed(X)))

    @available_if(estimator_has("decision_function"))
    def decision_function(self, X):
        """Score of each row, as the estimator gives it.

        Parameters
        ----------
        X : {array-like, dataframe, sparse matrix} of shape (n_samples, n_features)
            The table.

        Returns
        -------
        score : ndarray of shape (n_samples,) or (n_samples, n_classes)
            Scores.
        """
        require_fitted(self, "estimator_")
        return self.estimator_.decision_function(summed(X))


def one_label_per_row(predicted: Any) -> Any:
    """Predicted labels in one dimension; CatBoost returns a column for more than two classes."""
    column = getattr(predicted, "ndim", 1) == 2 and predicted.shape[1] == 1
    return predicted.ravel() if column else predicted


class WithArguments(DecidesAsEstimator, ClassifierWrapper):
    """An estimator with some arguments of its ``fit``, which reach it whole in every fold."""

    _parameter_constraints: dict = {"estimator": "no_validation", "arguments": [dict]}

    def __init__(self, estimator, arguments):
        self.estimator = estimator
        self.arguments = arguments

    @available_if(estimator_has("predict_proba"))
    def predict_proba(self, X):
        """Probability of each class, where the estimator has them."""
        return super().predict_proba(X)

    def get_metadata_routing(self):
        """Who may be given metadata: the estimator, as if it stood alone."""
        return get_routing_for_object(self.estimator)

    def _params_of_fit(self, sample_weight, fit_params):
        return (
            fit_params if sample_weight is None else fit_params | {"sample_weight": sample_weight}
        )

    def _for_estimator(self, params):
        return params | self.arguments


def with_whole_arguments(
    estimator: Any, params: dict[str, Any], n_rows: int
) -> tuple[Any, dict[str, Any]]:
    """The estimator, and the arguments of ``fit`` that scikit-learn may cut to rows of a fold."""
    whole = kept_whole(params, n_rows)
    if not whole:
        return estimator, params
    others = {name: value for name, value in params.items() if name not in whole}
    return WithArguments(estimator, whole), others


def copy_columns(wrapper: Any, estimator: Any) -> None:
    """Number and names of the columns, where the fitted estimator has them."""
    for name in ("n_features_in_", "feature_names_in_"):
        if hasattr(estimator, name):
            setattr(wrapper, name, getattr(estimator, name))


def forget(estimator: Any, *names: str) -> None:
    """Delete fitted attributes that an earlier fit with other parameters set."""
    for name in names:
        vars(estimator).pop(name, None)


def copy_tags(tags: Any, estimator: Any) -> None:
    """What a wrapper takes as X and y is what its estimator takes."""
    inner = get_tags(estimator)
    for name in ("sparse", "allow_nan", "string", "categorical"):
        setattr(tags.input_tags, name, getattr(inner.input_tags, name))
    if inner.classifier_tags is not None:
        tags.classifier_tags.multi_class = inner.classifier_tags.multi_class
