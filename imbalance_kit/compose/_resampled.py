"""A sampler and an estimator as one estimator."""

from inspect import signature
from typing import Any

import numpy as np
from sklearn.base import ClassifierMixin, MetaEstimatorMixin, clone
from sklearn.utils.metadata_routing import MetadataRouter, MethodMapping, process_routing
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import has_fit_parameter

from imbalance_kit._meta_estimator import (
    classes_kept,
    copy_columns,
    copy_tags,
    estimator_has,
    one_label_per_row,
    read_target,
    read_weight,
    require_fitted,
    require_known_classes,
    require_weights,
)
from imbalance_kit._pickled_rows import PickledWithoutRows
from imbalance_kit._row_arguments import params_of_rows, row_arguments
from imbalance_kit._sampling.base import SamplerBase
from imbalance_kit._sampling.strategy import warn_of_lost_classes
from imbalance_kit._sklearn_compat import HasMethods, fit_context, routing_enabled
from imbalance_kit._tables.row_labels import warn_of_other_order
from imbalance_kit._tables.rows import summed, take_rows
from imbalance_kit.calibration._prior import correct_prior, require_every_class
from imbalance_kit.kernels.short_rows import first_largest, in_blocks


def _decides_by_score(self: Any) -> bool:
    """A decision function only where it agrees with ``predict``."""
    return not self.recalibrate and estimator_has("decision_function")(self)


class ResampledClassifier(ClassifierMixin, MetaEstimatorMixin, PickledWithoutRows):
    """Resample the training data inside ``fit``, and only there.

    Parameters
    ----------
    estimator : classifier
        Cloned and fitted on the resampled table.

    sampler : object with ``fit_resample``, default=None
        Any sampler of this package or of imbalanced-learn. None leaves the data as it is, so
        that a grid search can compare resampling with doing nothing.

    recalibrate : bool, default=False
        Correct the predicted probabilities for the change of the class shares.

    Attributes
    ----------
    estimator_ : classifier
        The fitted estimator.

    sampler_ : sampler or None
        The fitted sampler; its ``sample_indices_`` are rows of the X given to ``fit``. Pickles
        leave them out (:func:`~imbalance_kit.ensemble.rows_in_pickles`).

    classes_ : ndarray of shape (n_classes,)
        Class labels.

    prior_ : ndarray of shape (n_classes,)
        Class shares of the data given to ``fit``, weighted where weights were given; among the
        classes that the sampler left, with a warning where it took one away.

    resampled_prior_ : ndarray of shape (n_classes,)
        Class shares of the rows that the estimator was trained on.

    n_features_in_ : int
        Number of columns of X, where the estimator has it.

    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Names of the columns, where the estimator has them.

    See Also
    --------
    imbalance_kit.calibration.correct_prior : The correction behind `recalibrate`.

    sklearn.model_selection.TunedThresholdClassifierCV : Choose the threshold of a decision.

    Notes
    -----
    **Weights from a sampler.** A sampler that weighs rows, such as
    :class:`~imbalance_kit.over_sampling.TemperatureSampler` with ``mode="weight"``, has its
    weights passed on to the estimator.

    **Metadata.** ``sample_weight``, ``sensitive_features`` and other arguments of ``fit`` that are
    known to have one entry per row (LightGBM's ``init_score``, XGBoost's ``base_margin``,
    CatBoost's ``baseline`` and ``group_id``), also those of a pipeline's step, go with their rows:
    a repeated row takes its entry along, a new row has its seed's. All others reach the estimator
    untouched, such as evaluation sets and names of columns, with a warning where the number of
    entries is that of the rows and the name is unknown. With scikit-learn's metadata routing
    enabled requests decide: what was requested goes with its rows, if it has one entry for each.

    **Weights of 0.** Such rows are left out before the sampler sees them: none is drawn, and none
    is the seed or a neighbour of a new row. Otherwise samplers balance numbers of rows, not their
    weight. Negative weights are left to the estimator.

    **Recalibration** multiplies each class by its share before over its share after resampling.
    It is exact where rows were dropped or repeated at random and the estimator is calibrated on
    the rows it was trained on, and an approximation otherwise. Linear models mostly are such
    estimators. Forests and boosted trees are not, least of all on repeated or synthetic rows:
    corrected, they predicted between a third and twice the positives that there were
    (``benchmarks/studies/honest_probabilities.py``). Calibrate those on held-out rows, with
    :class:`~imbalance_kit.calibration.TemperatureScaledClassifier` or scikit-learn's
    ``CalibratedClassifierCV`` around this one. Corrected probabilities bring back the natural
    decision at .5, which rarely finds a rare class: pair them with a tuned threshold, as in the
    second example.

    References
    ----------
    .. [1] A. Dal Pozzolo, O. Caelen, R. A. Johnson, G. Bontempi, "Calibrating Probability with
       Undersampling for Unbalanced Classification", IEEE Symposium Series on Computational
       Intelligence, 2015.

    Examples
    --------
    >>> from sklearn.datasets import make_classification
    >>> from sklearn.linear_model import LogisticRegression
    >>> from sklearn.model_selection import TunedThresholdClassifierCV
    >>> from imbalance_kit.compose import ResampledClassifier
    >>> from imbalance_kit.under_sampling import RandomUnderSampler
    >>> X, y = make_classification(n_samples=2000, weights=[0.95], random_state=0)
    >>> model = ResampledClassifier(
    ...     LogisticRegression(), RandomUnderSampler(random_state=0), recalibrate=True
    ... ).fit(X, y)
    >>> bool(abs(model.predict_proba(X)[:, 1].mean() - y.mean()) < 0.02)
    True
    >>> tuned = TunedThresholdClassifierCV(model, scoring="balanced_accuracy").fit(X, y)
    >>> bool(tuned.best_threshold_ < 0.3)
    True
    """

    _parts_with_rows = ("sampler_",)
    _parameter_constraints: dict = {
        "estimator": [HasMethods(["fit", "predict"])],
        "sampler": [HasMethods(["fit_resample"]), None],
        "recalibrate": ["boolean"],
    }

    def __init__(self, estimator, sampler=None, *, recalibrate=False):
        self.estimator = estimator
        self.sampler = sampler
        self.recalibrate = recalibrate

    @fit_context(prefer_skip_nested_validation=False)
    def fit(self, X, y, *, sample_weight=None, sensitive_features=None, **fit_params):
        """Resample the rows and fit the estimator on them.

        Parameters
        ----------
        X : {array-like, dataframe, sparse matrix} of shape (n_samples, n_features)
            The table.

        y : array-like of shape (n_samples,)
            Class labels.

        sample_weight : array-like of shape (n_samples,), default=None
            Weights of the rows.

        sensitive_features : array-like of shape (n_samples,) or (n_samples, n), default=None
            Groups of the rows, for samplers or estimators that take them.

        **fit_params : dict
            More arguments of the estimator's ``fit``.

        Returns
        -------
        self : object
            The fitted classifier.
        """
        X = summed(X)
        labels = read_target(self, y)
        if np.asarray(y).ndim == 2:
            y = labels
        given = {"sample_weight": sample_weight, "sensitive_features": sensitive_features}
        given = {name: value for name, value in given.items() if value is not None} | fit_params
        if not isinstance(self.sampler, SamplerBase):  # ours warn of this themselves
            warn_of_other_order(X, y=y, **given)
        for_sampler, for_estimator = self._split_metadata(given)
        if self.recalibrate:  # by class shares, which negative weights would spoil
            read_weight(sample_weight, labels)
        kept = classes_kept(self.estimator)
        if kept is not None:
            require_known_classes(labels, kept)
        self.estimator_ = clone(self.estimator)
        self.sampler_ = None
        X_fit, y_fit = X, y
        if self.sampler is not None:
            X_fit, y_fit, for_estimator = self._resample(X, y, labels, for_sampler, for_estimator)
        self.estimator_.fit(X_fit, y_fit, **for_estimator)

        self.classes_ = self.estimator_.classes_
        lost = np.setdiff1d(labels, self.classes_).tolist()
        if lost and not isinstance(self.sampler_, SamplerBase):  # ours warn themselves
            warn_of_lost_classes(lost, f"{type(self.sampler_).__name__} dropped all of them")
        self.prior_ = self._class_shares(labels, sample_weight)
        self.resampled_prior_ = self._class_shares(
            np.asarray(y_fit).ravel(), for_estimator.get("sample_weight")
        )
        copy_columns(self, self.estimator_)
        return self

    def _resample(
        self,
        X: Any,
        y: Any,
        labels: np.ndarray,
        for_sampler: dict[str, Any],
        for_estimator: dict[str, Any],
    ) -> tuple[Any, Any, dict[str, Any]]:
        """What the estimator is fitted on, and what it is given with that."""
        belonging = row_arguments(for_estimator, len(labels))
        rows = _rows_that_count(labels, (for_sampler | for_estimator).get("sample_weight"))
        if rows is not None:
            X, y = take_rows(X, rows), take_rows(y, rows)
            for_sampler = params_of_rows(for_sampler, rows, row_arguments(for_sampler, len(labels)))
            for_estimator = params_of_rows(for_estimator, rows, belonging)
        self.sampler_ = clone(self.sampler)
        X_fit, y_fit = self.sampler_.fit_resample(X, y, **for_sampler)
        for_estimator = _carry(for_estimator, belonging, self.sampler_)
        weight = getattr(self.sampler_, "sample_weight_", None)
        # Weights that only passed through the sampler reach the estimator where it was given
        # them; those that the sampler computed are part of its result.
        computed = "sample_weight" not in for_sampler
        if weight is not None and (computed or "sample_weight" in for_estimator):
            require_weights(self.estimator)
            for_estimator["sample_weight"] = weight
        if rows is not None:
            _number_by(rows, self.sampler_)
        return X_fit, y_fit, for_estimator

    def predict(self, X):
        """Class of each row.

        Parameters
        ----------
        X : {array-like, dataframe, sparse matrix} of shape (n_samples, n_features)
            The table.

        Returns
        -------
        y : ndarray of shape (n_samples,)
            Class labels; with `recalibrate`, the most probable class after correction.
        """
        require_fitted(self, "estimator_")
        if self.recalibrate:
            return self.classes_[first_largest(self.predict_proba(X))]
        return one_label_per_row(self.estimator_.predict(summed(X)))

    @available_if(estimator_has("predict_proba"))
    def predict_proba(self, X):
        """Probability of each class.

        Parameters
        ----------
        X : {array-like, dataframe, sparse matrix} of shape (n_samples, n_features)
            The table.

        Returns
        -------
        proba : ndarray of shape (n_samples, n_classes)
            Probabilities, corrected when `recalibrate` is set.
        """
        require_fitted(self, "estimator_")
        proba = self.estimator_.predict_proba(summed(X))
        if not self.recalibrate:
            return proba
        return in_blocks(self._corrected, proba)

    def _corrected(self, proba: np.ndarray) -> np.ndarray:
        return correct_prior(proba, trained_on=self.resampled_prior_, true_prior=self.prior_)

    @available_if(_decides_by_score)
    def decision_function(self, X):
        """Score of each row, as the estimator gives it.

        Parameters
        ----------
        X : {array-like, dataframe, sparse matrix} of shape (n_samples, n_features)
            The table.

        Returns
        -------
        score : ndarray of shape (n_samples,) or (n_samples, n_classes)
            Scores; not available with `recalibrate`, which corrects probabilities only.
        """
        require_fitted(self, "estimator_")
        return self.estimator_.decision_function(summed(X))

    def get_metadata_routing(self):
        """Who may be given metadata.

        Returns
        -------
        routing : MetadataRouter
            The sampler's ``fit_resample`` and the estimator's ``fit``.
        """
        router = MetadataRouter(owner=self)
        if self.sampler is not None:
            to_sampler = MethodMapping().add(caller="fit", callee="fit_resample")
            router.add(sampler=self.sampler, method_mapping=to_sampler)
        to_estimator = MethodMapping().add(caller="fit", callee="fit")
        return router.add(estimator=self.estimator, method_mapping=to_estimator)

    def _split_metadata(self, given: dict[str, Any]) -> tuple[dict, dict]:
        """What the sampler gets and what the estimator gets."""
        if routing_enabled():
            routed = process_routing(self, "fit", **given)
            return routed.get("sampler", {}).get("fit_resample", {}), routed.estimator.fit
        named = {"sample_weight", "sensitive_features"}
        for_sampler = {}
        if self.sampler is not None:
            accepted = named & set(signature(self.sampler.fit_resample).parameters)
            for_sampler = {name: given[name] for name in accepted & set(given)}
        for_estimator = dict(given)
        if not has_fit_parameter(self.estimator, "sensitive_features"):
            for_estimator.pop("sensitive_features", None)
        if "sample_weight" in given:
            require_weights(self.estimator)
        return for_sampler, for_estimator

    def _class_shares(self, y: np.ndarray, sample_weight: Any) -> np.ndarray:
        # a class that the sampler took away has no share
        left = np.isin(y, self.classes_)
        y_encoded = np.searchsorted(self.classes_, y[left])
        weight = None
        if sample_weight is not None:
            weight = np.asarray(sample_weight, dtype=np.float64)[left]
        class_weight_sum = np.bincount(y_encoded, weights=weight, minlength=len(self.classes_))
        if self.recalibrate:
            require_every_class(class_weight_sum, self.classes_)
        return class_weight_sum / class_weight_sum.sum()

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        copy_tags(tags, self.estimator)
        return tags


def _rows_that_count(labels: np.ndarray, sample_weight: Any) -> np.ndarray | None:
    """Rows whose weight is not 0, None for all: the others must not be drawn, or shape new rows.

    A class keeps its rows where none has a weight, so that the estimator knows of it.
    """
    weight = None if sample_weight is None else np.asarray(sample_weight, dtype=np.float64)
    if weight is None or weight.shape != labels.shape or weight.all():
        return None
    counts = weight != 0
    return np.flatnonzero(counts | ~np.isin(labels, labels[counts]))


def _number_by(rows: np.ndarray, sampler: Any) -> None:
    """Let a sampler that saw some of the rows only name them by their numbers among all."""
    for name in ("sample_indices_", "sample_origin_"):
        found = getattr(sampler, name, None)
        if found is not None:  # -1 stands for a new row
            setattr(sampler, name, np.where(np.asarray(found) >= 0, rows[found], found))


def _carry(metadata: dict[str, Any], belonging: list[str], sampler: Any) -> dict[str, Any]:
    """Give every entry that belongs to a row to the rows that came out of the sampler."""
    if not belonging:
        return metadata
    rows = getattr(sampler, "sample_indices_", None)
    if rows is None:
        raise ValueError(
            f"{sorted(belonging)} cannot be carried past {type(sampler).__name__}, "
            "which does not report where its rows come from (no sample_indices_). Use a "
            "sampler of imbalance_kit, or fit without them."
        )
    return params_of_rows(metadata, rows, belonging)
