"""A weigher and an estimator as one estimator."""

from typing import Any

from sklearn.base import clone
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import check_consistent_length, has_fit_parameter

from imbalance_kit._meta_estimator import (
    ClassifierWrapper,
    DecidesAsEstimator,
    estimator_has,
    weight_argument,
)
from imbalance_kit._pickled_rows import PickledWithoutRows
from imbalance_kit._sklearn_compat import HasMethods, check_sample_weight, routing_enabled
from imbalance_kit._tables.row_labels import warned_before


class WeightedClassifier(DecidesAsEstimator, PickledWithoutRows, ClassifierWrapper):
    """Weigh the training rows inside ``fit``, and only there.

    Parameters
    ----------
    estimator : classifier
        Cloned and fitted on the weighted rows; a pipeline passes the weights to its last step.

    weigher : object with ``fit`` that sets ``sample_weight_``, default=None
        A weigher of :mod:`imbalance_kit.fairness`, or anything like it. None leaves the weights as
        they are, so that a grid search can compare weighing with doing nothing.

    Attributes
    ----------
    estimator_ : classifier
        The fitted estimator.

    weigher_ : weigher or None
        The fitted weigher; the weights that the estimator got are in its ``sample_weight_``.
        Pickles leave them out (:func:`~imbalance_kit.ensemble.rows_in_pickles`).

    classes_ : ndarray of shape (n_classes,)
        Class labels.

    n_features_in_ : int
        Number of columns of X, where the estimator has it.

    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Names of the columns, when all are strings.

    See Also
    --------
    ResampledClassifier : The same for samplers.

    imbalance_kit.fairness.Reweighing : Weights that make groups and labels independent.

    imbalance_kit.fairness.WeightSampler : For an estimator that takes no weights.

    Notes
    -----
    Groups are needed in ``fit`` alone, never to predict. Weights given to ``fit`` go to the
    weigher, which multiplies them by those it computes. The estimator gets all columns of X, those
    that the weigher reads groups from included; to keep them from it, make it a pipeline that drops
    them first.

    With scikit-learn's metadata routing enabled, ``sensitive_features`` and ``sample_weight``
    belong to this classifier (``set_fit_request``), which passes both to the weigher. Probabilities
    are those of the weighted data, so where weights change the class shares their mean is not the
    share of positive rows; see :class:`~imbalance_kit.calibration.PriorCorrectedClassifier`.

    Cost: that of the weigher, and one fit.

    References
    ----------
    .. [1] F. Kamiran, T. Calders, "Data Preprocessing Techniques for Classification without
       Discrimination", Knowledge and Information Systems 33, 2012.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.linear_model import LogisticRegression
    >>> from sklearn.model_selection import GridSearchCV
    >>> from imbalance_kit.compose import WeightedClassifier
    >>> from imbalance_kit.fairness import FairBalance, Reweighing
    >>> rng = np.random.RandomState(0)
    >>> group = rng.randint(2, size=1000)
    >>> y = (rng.uniform(size=1000) < 0.3 + 0.3 * group).astype(int)
    >>> X = np.column_stack([group, y + rng.normal(size=1000)])
    >>> search = GridSearchCV(
    ...     WeightedClassifier(LogisticRegression()),
    ...     {"weigher": [None, Reweighing(sensitive_features=0)]},
    ... ).fit(X, y)
    >>> def gap(model):
    ...     positive = model.predict_proba(X)[:, 1]
    ...     return positive[group == 1].mean() - positive[group == 0].mean()
    >>> plain = WeightedClassifier(LogisticRegression()).fit(X, y)
    >>> fair = WeightedClassifier(LogisticRegression(), Reweighing(sensitive_features=0)).fit(X, y)
    >>> bool(abs(gap(fair)) < 0.2 * gap(plain))
    True
    """

    _parts_with_rows = ("weigher_",)
    _parameter_constraints: dict = {
        "estimator": [HasMethods(["fit", "predict"])],
        "weigher": [HasMethods(["fit"]), None],
    }

    def __init__(self, estimator, weigher=None):
        self.estimator = estimator
        self.weigher = weigher

    def fit(self, X, y, sample_weight=None, sensitive_features=None, **fit_params):
        """Weigh the rows and fit the estimator on them.

        Parameters
        ----------
        X : {array-like, dataframe, sparse matrix} of shape (n_samples, n_features)
            The table, as the estimator takes it.

        y : array-like of shape (n_samples,)
            Class labels.

        sample_weight : array-like of shape (n_samples,), default=None
            Weights of the rows, which the weigher multiplies.

        sensitive_features : array-like of shape (n_samples,) or (n_samples, n), default=None
            Groups of the rows, where the weigher does not read them from columns of X.

        **fit_params : dict
            More arguments of the estimator's ``fit``; with metadata routing enabled, whatever
            was requested.

        Returns
        -------
        self : object
            The fitted classifier.
        """
        check_consistent_length(X, y)
        if sensitive_features is not None:
            fit_params = {**fit_params, "sensitive_features": sensitive_features}
        return super().fit(X, y, sample_weight, **fit_params)

    @available_if(estimator_has("predict_proba"))
    def predict_proba(self, X):
        """Probability of each class, as the estimator gives it.

        Parameters
        ----------
        X : {array-like, dataframe, sparse matrix} of shape (n_samples, n_features)
            The table.

        Returns
        -------
        proba : ndarray of shape (n_samples, n_classes)
            Probabilities.
        """
        return super().predict_proba(X)

    def get_metadata_routing(self):
        """Who may be given metadata.

        Returns
        -------
        routing : MetadataRouter
            This classifier's own ``sensitive_features`` and ``sample_weight``, and the estimator's
            ``fit``.
        """
        return super().get_metadata_routing().add_self_request(self)

    def _read_weight(self, sample_weight, y):
        if self.weigher is not None:
            return super()._read_weight(sample_weight, y)
        # they are only passed on, so what they may be is the estimator's to decide
        return None if sample_weight is None else check_sample_weight(sample_weight, y)

    def _params_of_fit(self, sample_weight, fit_params):
        if routing_enabled() or sample_weight is None or self.weigher is None:
            return super()._params_of_fit(sample_weight, fit_params)
        # they go to the weigher, so that a pipeline, which takes no such argument, is not refused
        return {**fit_params, "sample_weight": sample_weight}

    def _learn(self, X, y, weight, params):
        fit_params = dict(self._for_estimator(params))
        groups = params.get("sensitive_features")
        if not routing_enabled() and not has_fit_parameter(self.estimator, "sensitive_features"):
            fit_params.pop("sensitive_features", None)
        self.weigher_ = None
        if self.weigher is not None:
            fit_params.pop("sample_weight", None)
            given: dict[str, Any] = {"sample_weight": weight, "sensitive_features": groups}
            given = {name: value for name, value in given.items() if value is not None}
            with warned_before():
                self.weigher_ = clone(self.weigher).fit(X, y, **given)
            fit_params[self._argument()] = self.weigher_.sample_weight_
        return clone(self.estimator).fit(X, y, **fit_params)

    def _argument(self) -> str:
        """Name under which the estimator takes the weights."""
        argument = weight_argument(self.estimator)
        if argument is None:
            raise ValueError(
                f"WeightedClassifier needs an estimator whose fit takes sample_weight; "
                f"{type(self.estimator).__name__} does not. Use another, or draw rows by their "
                "weights: ResampledClassifier(estimator, WeightSampler(weigher)). In a pipeline "
                "with metadata routing enabled request sample_weight for the last step."
            )
        return argument
