"""The cheapest thresholds by group of a fitted model, without a bound on differences."""

from typing import Any

from sklearn.frozen import FrozenEstimator

from imbalance_kit.fairness._decisions.group_thresholds import FairThresholdClassifier


def unprocess(
    estimator: Any,
    X: Any,
    y: Any,
    *,
    sensitive_features: Any,
    sample_weight: Any = None,
    false_positive_cost: float = 1.0,
    false_negative_cost: float = 1.0,
) -> FairThresholdClassifier:
    """Undo the trade between cost and fairness that a model makes, by its best thresholds.

    Parameters
    ----------
    estimator : fitted classifier with ``predict_proba`` or ``decision_function``
        Any model of two classes, whether it was trained to be fair or not.

    X : {array-like, dataframe, sparse matrix} of shape (n_samples, n_features)
        Rows that the model was not trained on.

    y : array-like of shape (n_samples,)
        Their classes.

    sensitive_features : array-like, str or int
        Groups of the rows, one entry (or row) for each; or a column of X, by name or position.

    sample_weight : array-like of shape (n_samples,), default=None
        Weights of the rows.

    false_positive_cost : float, default=1.0
        Cost of a wrong positive decision.

    false_negative_cost : float, default=1.0
        Cost of a wrong negative decision.

    Returns
    -------
    model : FairThresholdClassifier
        Fitted, with ``constraint=None``: each group has its cheapest threshold.

    Raises
    ------
    ValueError
        If there are more than two classes, or the estimator gives no scores.

    Notes
    -----
    A model trained for fairness and one that was not stand at different points of their
    curves, so their accuracies do not compare. Without the groups' thresholds both show the most
    that their scores can do; :func:`tradeoff_curve` then takes both to the same tolerance. Most
    often the curve of the most accurate model lies below those of all others.

    References
    ----------
    .. [1] A. F. Cruz, M. Hardt, "Unprocessing Seven Years of Algorithmic Fairness", International
       Conference on Learning Representations, 2024.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.linear_model import LogisticRegression
    >>> from imbalance_kit.fairness import unprocess
    >>> rng = np.random.RandomState(0)
    >>> group = rng.randint(0, 2, size=1000)
    >>> y = (rng.uniform(size=1000) < 0.3 + 0.3 * group).astype(int)
    >>> X = rng.normal(size=(1000, 1)) + y[:, None]
    >>> blind = LogisticRegression().fit(X[::2], y[::2])
    >>> best = unprocess(blind, X[1::2], y[1::2], sensitive_features=group[1::2])
    >>> bool(best.cost_ <= 1 - blind.score(X[1::2], y[1::2]))
    True
    """
    named = isinstance(sensitive_features, str | int)
    model = FairThresholdClassifier(
        FrozenEstimator(estimator),
        constraint=None,
        false_positive_cost=false_positive_cost,
        false_negative_cost=false_negative_cost,
        sensitive_features=sensitive_features if named else None,
        random_state=0,
    )
    given = {} if named else {"sensitive_features": sensitive_features}
    return model.fit(X, y, sample_weight, **given)
