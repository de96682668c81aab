"""LightGBM under a loss for rare classes, as a classifier with probabilities."""

from numbers import Integral, Real
from typing import Any

import numpy as np
from lightgbm import LGBMClassifier
from sklearn.base import BaseEstimator, ClassifierMixin, MetaEstimatorMixin, clone
from sklearn.model_selection import StratifiedKFold
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_consistent_length

from imbalance_kit._meta_estimator import read_target, read_weight, require_fitted
from imbalance_kit._sampling.base import CATEGORICAL_FEATURES
from imbalance_kit._sampling.shares import stratified_part
from imbalance_kit._sklearn_compat import Interval, StrOptions, fit_context
from imbalance_kit._tables.labels import encode, read_single_labels, require_two_classes, spell
from imbalance_kit._tables.levels import LevelCodes
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
from imbalance_kit.losses._focal import AsymmetricLoss, FocalLoss
from imbalance_kit.losses._margins import BalancedSoftmaxLoss, LDAMLoss, LogitAdjustedLoss
from imbalance_kit.losses._overlap import DiceLoss, TverskyLoss
from imbalance_kit.losses._shapes import AlphaLoss, Poly1Loss, PriorResistantLoss
from imbalance_kit.losses._training import TrainingPart, configured, raw_scores, rounds_of, train

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


class ImbalancedLGBMClassifier(ClassifierMixin, MetaEstimatorMixin, BaseEstimator):
    """LightGBM trained under a loss for rare classes.

    Parameters
    ----------
    estimator : LGBMClassifier or None, default=None
        Cloned and fitted under the loss. None stands for
        ``LGBMClassifier(num_leaves=15, min_child_samples=5, reg_lambda=1.0)``.

    loss : str or loss of this package, default="focal"
        The loss to minimise, such as ``FocalLoss(gamma=1)``, which is cloned, or the name of
        one with its defaults: "alpha", "asymmetric", "balanced_softmax", "class_balanced",
        "cross_entropy", "dice", "focal", "ldam", "logit_adjusted", "poly1", "prior_resistant",
        "tversky".

    recalibrate : bool, default=True
        Predict the class probabilities that follow from the scores under the loss, and decide by
        them. Without it probabilities are the sigmoid or softmax of the scores, which under most
        losses is too large for rare classes.

    n_iter_no_change : int or None, default=None
        Stop when this many rounds in a row did not better the loss on rows held out of the fit.
        None trains all rounds.

    validation_fraction : float, default=0.1
        Share of each class to hold out, where rows are needed and none are given to ``fit``.

    categorical_features : "auto", array-like or None, default="auto"
        Nominal columns: positions, names or a mask. "auto" takes the columns
        that hold categories, strings or booleans; None takes every column as numeric.

    random_state : int, RandomState instance or None, default=None
        Seed of the draws and of the base learners.

    n_jobs : int or None, default=None
        Threads that train and predict. The result does not depend on it. None leaves it to the
        estimator, and stands for one thread if that has none.

    Attributes
    ----------
    estimator_ : LGBMClassifier
        The fitted estimator. Its classes are positions in `classes_`, and its raw scores lack
        `init_score_`.

    loss_ : loss
        The loss, prepared for the classes.

    init_score_ : float or ndarray of shape (n_classes,)
        The scores boosting starts from; part of every prediction.

    best_iteration_ : int
        Rounds that predictions are made of.

    validation_scores_ : list of float
        Only with `n_iter_no_change`: mean loss on the held-out rows, round by round.

    temperature_ : float
        Only with `recalibrate`, for a loss that determines no probabilities: what scores are
        divided by.

    biases_ : ndarray of shape (n_classes,)
        Only with `recalibrate`, for a loss that determines no probabilities: what is added to
        scores then.

    feature_importances_ : ndarray of shape (`n_features_in_`,)
        Importance of each column, as LightGBM counts it.

    classes_ : ndarray of shape (n_classes,)
        Class labels.

    n_features_in_ : int
        Number of columns of X.

    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Names of the columns, when all are strings.

    See Also
    --------
    FocalLoss : A loss; all of them are LightGBM objectives by themselves.

    imbalance_kit.ensemble.MixedTreesClassifier : Trees without any re-balancing.

    Notes
    -----
    A loss as ``LGBMClassifier(objective=...)`` leaves much to do: boosting starts at 0 whatever
    the class shares, ``predict_proba`` gives raw scores, ``scale_pos_weight`` does nothing. Here
    boosting starts at the constant that is best under the loss, which is added to predictions,
    probabilities have one column per class, and what has no effect is refused.

    **Weights.** Those of rows are used in gradients, first scores and stopping. The estimator's
    ``class_weight`` multiplies the loss of each class.

    **Probabilities.** With `recalibrate` they are those that have their least expected loss at the
    scores, in closed form, and corrected for class weights. Decisions are those of the most
    probable class, so that a loss that moves the scores towards rare classes no longer moves the
    decisions: for that set it to False, or move the threshold. ``decision_function`` gives the
    scores as they are, in both cases.

    The scores of Dice, Tversky and deferred LDAM have no meaning beyond their order: for these a
    temperature and biases are fitted by log loss, with Platt's smoothed targets, on scores of
    held-out rows; a temperature alone where these lack a class. They are the rows held out for
    stopping, or given, if there are 100 of each class. Else, since a calibration on a few rows is
    worse than none, they are all rows, scored by the trees of five folds, and the fit takes six
    times as long.

    **Stopping** is by the mean loss, on the rows given as `X_val`, or on a stratified
    part.

    **Levels** are compared by their value: 1, 1.0 and True are one level, the text "1" is another.
    Numbers in the place of words that ``fit`` saw are refused.

    Under "cross_entropy" the model is LightGBM's own. A round costs one pass over the scores
    more, O(n K) for n rows and K classes, in compiled code for large tables.

    References
    ----------
    .. [1] G. Ke and others, "LightGBM: A Highly Efficient Gradient Boosting Decision Tree",
       Advances in Neural Information Processing Systems 30, 2017.
    .. [2] J. Luo, Y. Yuan, S. Xu, "Improving GBDT performance on imbalanced datasets: An empirical
       study of class-balanced loss functions", Neurocomputing 634, 2025.

    Examples
    --------
    >>> from sklearn.datasets import make_classification
    >>> from imbalance_kit.losses import FocalLoss, ImbalancedLGBMClassifier
    >>> X, y = make_classification(n_samples=2000, weights=[0.95], random_state=0)
    >>> model = ImbalancedLGBMClassifier(loss=FocalLoss(gamma=1)).fit(X, y)
    >>> bool(abs(model.predict_proba(X)[:, 1].mean() - y.mean()) < 0.02)
    True
    """

    _parameter_constraints: dict = {
        "estimator": [LGBMClassifier, None],
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
    def fit(self, X, y, sample_weight=None, *, X_val=None, y_val=None, sample_weight_val=None):
        """Train the trees.

        Parameters
        ----------
        X : {array-like, dataframe, sparse matrix} of shape (n_samples, n_features)
            The table. Missing values are allowed.

        y : array-like of shape (n_samples,)
            Class labels.

        sample_weight : array-like of shape (n_samples,), default=None
            Weights of the rows.

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
        warn_of_other_order(X, y=y, sample_weight=sample_weight)
        warn_of_other_order(X_val, y_val=y_val, sample_weight_val=sample_weight_val)
        X = check_table(self, X, reset=True)
        labels = read_target(self, y)
        check_consistent_length(X, labels)
        weight = read_weight(sample_weight, labels)
        self.classes_, y_encoded = encode(labels)
        require_two_classes(self.classes_)
        learner = configured(self.estimator, self.n_jobs)
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
            kept, rows = stratified_part(y_encoded, self.validation_fraction, rng)
            part, held_out = part.take(kept), part.take(rows)
        if self.random_state is not None:
            learner.set_params(random_state=int(rng.randint(np.iinfo(np.int32).max)))

        unfitted = clone(learner), clone(loss)
        self.loss_ = self._prepared(loss, part, learner)
        self.init_score_ = self.loss_.init_score_
        self.estimator_, scores = train(
            learner, self.loss_, part, held_out, self.n_iter_no_change, levels.n_nominal
        )
        booster = self.estimator_.booster_
        self.best_iteration_ = int(
            booster.best_iteration if booster.best_iteration > 0 else booster.current_iteration()
        )
        if stops:
            self.validation_scores_ = scores
        if fits_scores:
            if cross_fits:
                raw, held_out = self._cross_fitted(*unfitted, every, rng), every
            else:
                assert held_out is not None
                raw = raw_scores(self.estimator_, held_out.Z, self.init_score_)
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
        """Importance of each column, as LightGBM counts it."""
        require_fitted(self, "estimator_")
        importances = np.empty_like(self.estimator_.feature_importances_)
        importances[self._levels_.order] = self.estimator_.feature_importances_
        return importances

    def _few_held_out(self, part: TrainingPart) -> bool:
        """Whether a held-out part would have few rows of some class, and folds can have some."""
        fewest = int(np.bincount(part.y_encoded).min())
        return 2 <= fewest < ENOUGH / self.validation_fraction

    def _cross_fitted(
        self, learner: LGBMClassifier, loss: Loss, part: TrainingPart, rng: np.random.RandomState
    ) -> np.ndarray:
        """Scores of all rows, each by trees that were trained without it as the final ones are."""
        n_folds = min(FOLDS, int(np.bincount(part.y_encoded).min()))
        folds = StratifiedKFold(n_folds, shuffle=True, random_state=rng)
        raw: np.ndarray | None = None
        for kept, rows in folds.split(part.y_encoded, part.y_encoded):
            trained_on, held_out = part.take(kept), None
            if self.n_iter_no_change is not None:
                larger, smaller = stratified_part(
                    trained_on.y_encoded, self.validation_fraction, rng
                )
                trained_on, held_out = trained_on.take(larger), trained_on.take(smaller)
            of_fold = clone(learner)
            prepared = self._prepared(clone(loss), trained_on, of_fold)
            fitted, _ = train(
                of_fold,
                prepared,
                trained_on,
                held_out,
                self.n_iter_no_change,
                self._levels_.n_nominal,
            )
            scores = raw_scores(fitted, part.take(rows).Z, prepared.init_score_)
            raw = np.empty((len(part.y_encoded), *scores.shape[1:])) if raw is None else raw
            raw[rows] = scores
        assert raw is not None
        return raw

    def _prepared(self, loss: Loss, part: TrainingPart, learner: LGBMClassifier) -> Loss:
        """The loss, prepared for the classes and the estimator's class weights.

        LightGBM would apply class weights to the rows, where no loss could correct for them.
        """
        labels = self.classes_.tolist()
        by_class = None
        if learner.class_weight is not None:
            counts = np.bincount(part.y_encoded, minlength=len(labels))
            by_class = weights_of_classes(learner.class_weight, counts, labels)
            learner.set_params(class_weight=None)
        return loss.prepare(
            part.y_encoded,
            part.weight,
            n_rounds=rounds_of(learner),
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
        return raw_scores(self.estimator_, Z, self.init_score_)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        accept_any_table(tags)
        return tags
