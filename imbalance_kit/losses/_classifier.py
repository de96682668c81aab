"""LightGBM under a loss for rare classes, as a classifier with probabilities."""

from lightgbm import LGBMClassifier

from imbalance_kit.losses._lightgbm import LightGBMEngine
from imbalance_kit.losses._loss_classifier import LossClassifier


class ImbalancedLGBMClassifier(LossClassifier):
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

    ImbalancedXGBClassifier : The same with XGBoost.

    ImbalancedCatBoostClassifier : The same with CatBoost.

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

    _engine = LightGBMEngine()
    _parameter_constraints: dict = {
        **LossClassifier._parameter_constraints,
        "estimator": [LGBMClassifier, None],
    }
