"""Boosted trees under a loss for rare classes, as a classifier with probabilities."""

from numbers import Integral, Real
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin, MetaEstimatorMixin, clone
from sklearn.model_selection import StratifiedKFold
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_consistent_length

from imbalance_kit._meta_estimator import read_target, read_weight, require_fitted
from imbalance_kit._sampling.base import CATEGORICAL_FEATURES
from imbalance_kit._sklearn_compat import HasMethods, Interval, StrOptions, fit_context
from imbalance_kit._split_layout import held_out_part
from imbalance_kit._stratified_parts import folds_of_groups, groups_by_class
from imbalance_kit._tables.labels import encode, read_single_labels, require_two_classes, spell
from imbalance_kit._tables.levels import LevelCodes
from imbalance_kit._tables.row_groups import group_numbers
from imbalance_kit._tables.row_labels import warn_of_other_order
from imbalance_kit._tables.validation import accept_any_table, check_table
from imbalance_kit.calibration._temperature_fit import apply_temperature, fit_temperature
from imbalance_kit.kernels.short_rows import first_largest
from imbalance_kit.losses._base import Loss, two_columns
from imbalance_kit.losses._cross_entropy import (
    ClassBalancedLoss,
    CrossEntropyLoss,
    weights_of_classes,
)
from imbalance_kit.losses._engine import Engine, TrainingPart
from imbalance_kit.losses._focal import AsymmetricLoss, FocalLoss
from imbalance_kit.losses._margins import BalancedSoftmaxLoss, LDAMLoss, LogitAdjustedLoss
from imbalance_kit.losses._overlap import DiceLoss, TverskyLoss
from imbalance_kit.losses._shapes import AlphaLoss, Poly1Loss, PriorResistantLoss

LOSSES: dict[str, type[Loss]] = {
    loss.name: loss
    for loss in (
        AlphaLoss,
        AsymmetricLoss,
        BalancedSoftmaxLoss,
        ClassBalancedLoss,
        CrossEntropyLoss,
        DiceLoss,
        FocalLoss,
        LDAMLoss,
        LogitAdjustedLoss,
        Poly1Loss,
        PriorResistantLoss,
        TverskyLoss,
    )
}

FOLDS = 5  # that scores without probabilities are calibrated on, where rows of a class are few
ENOUGH = 100  # held-out rows of each class; with fewer the calibration is fitted on all rows


class LossClassifier(ClassifierMixin, MetaEstimatorMixin, BaseEstimator):
    """Base of the classifiers: everything but the library that grows the trees."""

    _engine: Engine
    _parameter_constraints: dict = {
        "estimator": [HasMethods(["fit", "predict"]), None],
        "loss": [StrOptions(set(LOSSES)), Loss],
        "recalibrate": ["boolean"],
        "n_iter_no_change": [Interval(Integral, 1, None, closed="left"), None],
        "validation_fraction": [Interval(Real, 0, 1, closed="neither")],
        "categorical_features": CATEGORICAL_FEATURES,
        "random_state": ["random_state"],
        "n_jobs": [Integral, None],
    }

    def __init__(
        self,
        estimator=None,
        *,
        loss="focal",
        recalibrate=True,
        n_iter_no_change=None,
        validation_fraction=0.1,
        categorical_features="auto",
        random_state=None,
        n_jobs=None,
    ):
        self.estimator = estimator
        self.loss = loss
        self.recalibrate = recalibrate
        self.n_iter_no_change = n_iter_no_change
        self.validation_fraction = validation_fraction
        self.categorical_features = categorical_features
        self.random_state = random_state
        self.n_jobs = n_jobs

    @fit_context(prefer_skip_nested_validation=True)
    def fit(
        self,
        X,
        y,
        sample_weight=None,
        *,
        groups=None,
        X_val=None,
        y_val=None,
        sample_weight_val=None,
    ):
        """Train the trees.

        Parameters
        ----------
        X : {array-like, dataframe, sparse matrix} of shape (n_samples, n_features)
            The table. Missing values are allowed.

        y : array-like of shape (n_samples,)
            Class labels.

        sample_weight : array-like of shape (n_samples,), default=None
            Weights of the rows.

        groups : array-like of shape (n_samples,), default=None
            What rows belong to. Parts and folds that are held out are of whole groups.

        X_val : {array-like, dataframe, sparse matrix} of shape (n_val, n_features), default=None
            Rows to stop by and to recalibrate on, instead of a part of X.

        y_val : array-like of shape (n_val,), default=None
            Their labels.

        sample_weight_val : array-like of shape (n_val,), default=None
            Their weights.

        Returns
        -------
        self : object
            The fitted classifier.
        """
        warn_of_other_order(X, y=y, sample_weight=sample_weight, groups=groups)
        warn_of_other_order(X_val, y_val=y_val, sample_weight_val=sample_weight_val)
        X = check_table(self, X, reset=True)
        labels = read_target(self, y)
        check_consistent_length(X, labels)
        weight = read_weight(sample_weight, labels)
        self.classes_, y_encoded = encode(labels)
        require_two_classes(self.classes_)
        engine = self._engine
        learner = engine.configured(self.estimator, self.n_jobs)
        loss = LOSSES[self.loss]() if isinstance(self.loss, str) else clone(self.loss)
        fits_scores = self.recalibrate and loss.probabilities == "none"
        stops = self.n_iter_no_change is not None
        self._levels_ = levels = LevelCodes(X, self.categorical_features)
        part = TrainingPart(levels.read(X), y_encoded, weight)
        held_out = self._held_out(X_val, y_val, sample_weight_val, stops or fits_scores)
        rng = check_random_state(self.random_state)
        cross_fits = fits_scores and held_out is None and self._few_held_out(part)
        every = part
        if held_out is None and (stops or (fits_scores and not cross_fits)):
            kept, rows = held_out_part(y_encoded, groups, self.validation_fraction, rng)
            part, held_out = part.take(kept), part.take(rows)
        if self.random_state is not None:
            engine.seed(learner, int(rng.randint(np.iinfo(np.int32).max)))

        unfitted = clone(learner), clone(loss)
        self.loss_ = self._prepared(loss, part, learner)
        self.init_score_ = self.loss_.init_score_
        self.estimator_, scores = engine.train(
            learner, self.loss_, part, held_out, self.n_iter_no_change, levels.n_nominal
        )
        self.best_iteration_ = engine.n_rounds(self.estimator_)
        if stops:
            self.validation_scores_ = scores
        if fits_scores:
            if cross_fits:
                raw, held_out = self._cross_fitted(*unfitted, every, groups, rng), every
            else:
                assert held_out is not None
                raw = self._scores_of(self.estimator_, held_out.Z, self.init_score_)
            # the log loss falls without limit as the bias of a class without rows does
            biases = bool(held_out.class_weight_sum(len(self.classes_)).all())
            # the scores have no scale, so that no prior can be about it
            self.temperature_, self.biases_ = fit_temperature(
                two_columns(raw),
                held_out.y_encoded,
                held_out.weight,
                biases=biases,
                prior=0.0,
                smooth=True,
            )
        return self

    def decision_function(self, X):
        """Raw score of each row, or of each class.

        Parameters
        ----------
        X : {array-like, dataframe, sparse matrix} of shape (n_samples, n_features)
            The table.

        Returns
        -------
        score : ndarray of shape (n_samples,) or (n_samples, n_classes)
            Scores, the first one included. `recalibrate` does not change them, so that under a
            loss for rare classes their sign or largest is not the decision of ``predict``.
        """
        return self._raw(X)

    def predict_proba(self, X):
        """Probability of each class.

        Parameters
        ----------
        X : {array-like, dataframe, sparse matrix} of shape (n_samples, n_features)
            The table.

        Returns
        -------
        proba : ndarray of shape (n_samples, n_classes)
            Sigmoid or softmax of the scores; with `recalibrate` the probabilities corrected for the
            loss.
        """
        raw = self._raw(X)
        if not self.recalibrate:
            return self.loss_.link(raw)
        if self.loss_.probabilities == "none":
            return apply_temperature(two_columns(raw), self.temperature_, self.biases_)
        return self.loss_.posterior(raw)

    def predict(self, X):
        """Most probable class of each row.

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
        return self.classes_[first_largest(proba)]

    @property
    def feature_importances_(self):
        """Importance of each column, as the engine counts it."""
        require_fitted(self, "estimator_")
        found = self._engine.importances(self.estimator_, self.n_features_in_)
        importances = np.empty_like(found)
        importances[self._levels_.order] = found
        return importances

    def _few_held_out(self, part: TrainingPart) -> bool:
        """Whether a held-out part would have few rows of some class, and folds can have some."""
        fewest = int(np.bincount(part.y_encoded).min())
        return 2 <= fewest < ENOUGH / self.validation_fraction

    def _cross_fitted(
        self,
        learner: Any,
        loss: Loss,
        part: TrainingPart,
        groups: Any,
        rng: np.random.RandomState,
    ) -> np.ndarray:
        """Scores of all rows, each by trees that were trained without it as the final ones are."""
        group, n_folds = None, min(FOLDS, int(np.bincount(part.y_encoded).min()))
        if groups is None:
            folds = StratifiedKFold(n_folds, shuffle=True, random_state=rng)
            splits = folds.split(part.y_encoded, part.y_encoded)
        else:
            group = group_numbers(groups, len(part.y_encoded))
            fewest = groups_by_class(part.y_encoded, group, len(self.classes_)).min()
            if fewest < 2:
                raise ValueError(
                    "Scores are recalibrated on folds of whole groups, and some class has rows in "
                    "1 group; expected at least 2 with rows of each class. Leave groups away, give "
                    "X_val, or set recalibrate=False."
                )
            splits = iter(folds_of_groups(part.y_encoded, group, min(n_folds, int(fewest)), rng))
        raw: np.ndarray | None = None
        for kept, rows in splits:
            trained_on, held_out = part.take(kept), None
            if self.n_iter_no_change is not None:
                groups_kept = None if group is None else group[kept]
                larger, smaller = held_out_part(
                    trained_on.y_encoded, groups_kept, self.validation_fraction, rng
                )
                trained_on, held_out = trained_on.take(larger), trained_on.take(smaller)
            of_fold = clone(learner)
            prepared = self._prepared(clone(loss), trained_on, of_fold)
            fitted, _ = self._engine.train(
                of_fold,
                prepared,
                trained_on,
                held_out,
                self.n_iter_no_change,
                self._levels_.n_nominal,
            )
            scores = self._scores_of(fitted, part.take(rows).Z, prepared.init_score_)
            raw = np.empty((len(part.y_encoded), *scores.shape[1:])) if raw is None else raw
            raw[rows] = scores
        assert raw is not None
        return raw

    def _prepared(self, loss: Loss, part: TrainingPart, learner: Any) -> Loss:
        """The loss, prepared for the classes and the estimator's class weights.

        The engine would apply class weights to the rows, where no loss could correct for them.
        """
        labels = self.classes_.tolist()
        by_class = None
        given = self._engine.take_class_weight(learner)
        if given is not None:
            counts = np.bincount(part.y_encoded, minlength=len(labels))
            by_class = weights_of_classes(given, counts, labels)
        return loss.prepare(
            part.y_encoded,
            part.weight,
            n_rounds=self._engine.rounds_of(learner),
            classes=labels,
            class_weight=by_class,
        )

    def _held_out(self, X: Any, y: Any, sample_weight: Any, holds_out: bool) -> TrainingPart | None:
        """The held-out rows that ``fit`` was given, checked."""
        if (X is None) != (y is None) or (X is None and sample_weight is not None):
            raise ValueError("X_val and y_val go together, and sample_weight_val with them.")
        if X is None:
            return None
        if not holds_out:
            raise ValueError(
                "X_val and y_val were given, but nothing needs them. Set n_iter_no_change, or "
                "leave them out; recalibrate=True needs them for losses without probabilities only."
            )
        X = check_table(self, X, reset=False)
        y = read_single_labels(y)
        check_consistent_length(X, y)
        unknown = [label for label in np.unique(y) if label not in self.classes_]
        if unknown:
            raise ValueError(
                f"y_val holds the classes {', '.join(map(spell, unknown))}, which y does not."
            )
        weight = read_weight(sample_weight, y)
        return TrainingPart(self._levels_.read(X), np.searchsorted(self.classes_, y), weight)

    def _raw(self, X: Any) -> np.ndarray:
        require_fitted(self, "estimator_")
        Z = self._levels_.read(check_table(self, X, reset=False))
        return self._scores_of(self.estimator_, Z, self.init_score_)

    def _scores_of(self, learner: Any, Z: Any, init_score: Any) -> np.ndarray:
        return self._engine.raw_scores(learner, Z, init_score, self._levels_.n_nominal)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        accept_any_table(tags)
        return tags
