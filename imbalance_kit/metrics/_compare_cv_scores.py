"""Differences of models over the splits of cross-validation, whose training rows overlap."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from scipy import stats

from imbalance_kit.metrics._comparison import ModelComparison
from imbalance_kit.metrics._multiple_tests import better_or_worse, compared_pairs, holm


def compare_cv_scores(
    scores: Mapping[str, Any],
    *,
    test_share: float,
    reference: str | None = None,
    greater_is_better: bool = True,
    correction: str | None = "holm",
    confidence: float = 0.95,
    metric: str = "score",
) -> ModelComparison:
    """Compare models by their scores on the same splits of (repeated, nested) cross-validation.

    Parameters
    ----------
    scores : dict of array-like of shape (n_splits,)
        Scores by name of the model, one for each split, all from the same splits in the same order;
        a DataFrame with a column for each model is such a dictionary. Of nested cross-validation
        those of the outer splits.

    test_share : float
        Share of the rows that a split holds out: 0.2 for five folds, repeated or not.

    reference : str, default=None
        The model to compare the others with. None compares each with each, which corrects for more
        comparisons.

    greater_is_better : bool, default=True
        Whether higher scores are better. Scorers of scikit-learn turn losses round, so that it is
        true for them.

    correction : {"holm", None}, default="holm"
        How p-values and intervals are corrected for several comparisons; None for not at all.

    confidence : float, default=0.95
        Coverage aimed at.

    metric : str, default="score"
        What the scores are, for the tables.

    Returns
    -------
    comparison : ModelComparison
        Tables of scores and differences, ``to_frame`` and ``to_latex``.

    Raises
    ------
    ValueError
        If there are fewer than two models or two splits, numbers of splits differ, a score is
        missing, or an option is unknown.

    See Also
    --------
    compare_models : For models that are trained already, on test rows.

    Notes
    -----
    The mean of J scores has the variance ``(1 / J + n_test / n_train) * s**2`` [1]_, where s**2 is
    that of the scores over the splits. The second term stands for the training rows that splits
    share. Without it, the more often cross-validation is repeated the surer a test is of a
    difference that is none. p-values are those of Student's distribution with J - 1 degrees of
    freedom; ten times ten folds give results that can be repeated best [2]_.

    Holm's rule corrects p-values, Bonferroni's the intervals: a few splits do not tell the joint
    distribution that max-t needs.

    O(n_splits) for each comparison.

    References
    ----------
    .. [1] C. Nadeau, Y. Bengio, "Inference for the generalization error", Machine Learning 52,
       2003.
    .. [2] R. R. Bouckaert, E. Frank, "Evaluating the replicability of significance tests for
       comparing learning algorithms", Pacific-Asia Conference on Knowledge Discovery and Data
       Mining, 2004.

    Examples
    --------
    >>> from sklearn.datasets import make_classification
    >>> from sklearn.dummy import DummyClassifier
    >>> from sklearn.linear_model import LogisticRegression
    >>> from sklearn.model_selection import RepeatedStratifiedKFold, cross_val_score
    >>> from imbalance_kit.metrics import compare_cv_scores
    >>> X, y = make_classification(n_samples=500, weights=[0.9], class_sep=2, random_state=0)
    >>> cv = RepeatedStratifiedKFold(n_splits=5, n_repeats=3, random_state=0)
    >>> models = {"logistic": LogisticRegression(), "prior": DummyClassifier()}
    >>> scores = {
    ...     name: cross_val_score(model, X, y, cv=cv, scoring="average_precision")
    ...     for name, model in models.items()
    ... }
    >>> found = compare_cv_scores(scores, test_share=0.2, reference="prior")
    >>> found.differences["verdict"]
    ['better']
    """
    if not 0 < test_share < 1:
        raise ValueError(
            f"test_share must lie between 0 and 1, such as 0.2 for five folds; got {test_share}."
        )
    if correction not in ("holm", None):
        raise ValueError(f"correction must be 'holm' or None; got {correction!r}.")
    if not 0 < confidence < 1:
        raise ValueError(f"confidence must lie between 0 and 1; got {confidence}.")
    values = {name: np.asarray(of_model, dtype=np.float64) for name, of_model in scores.items()}
    models = list(values)
    pairs = compared_pairs(models, reference)
    shapes = {name: of_model.shape for name, of_model in values.items()}
    if len(set(shapes.values())) > 1 or any(len(shape) != 1 for shape in shapes.values()):
        raise ValueError(
            "scores must have one entry for each split, the same splits for each model; got shapes "
            f"{shapes}."
        )
    if not all(np.isfinite(of_model).all() for of_model in values.values()):
        raise ValueError(
            "A score is missing or not finite: a fit failed, or the metric is undefined on a "
            "split, for instance without positives. Use stratified splits, or larger test parts."
        )
    n_splits = len(values[models[0]])
    if n_splits < 2:
        raise ValueError(f"A variance needs at least 2 splits; got {n_splits}.")
    ratio = test_share / (1 - test_share)
    student = stats.t(n_splits - 1)
    means = [_mean_with_error(values[model], ratio) for model in models]
    reach = student.ppf((1 + confidence) / 2)
    found = [_mean_with_error(values[model] - values[other], ratio) for model, other in pairs]
    differences, errors = np.array(found).T
    with np.errstate(divide="ignore", invalid="ignore"):
        statistics = np.where(differences == 0, 0.0, np.abs(differences) / errors)
    p_values = 2 * student.sf(statistics)
    adjusted = p_values if correction is None else holm(p_values)
    n_at_once = 1 if correction is None else len(pairs)
    reach_of_all = student.ppf(1 - (1 - confidence) / 2 / n_at_once)
    return ModelComparison(
        metric=metric,
        scores={
            "model": models,
            "estimate": [mean for mean, _ in means],
            "low": [mean - reach * error for mean, error in means],
            "high": [mean + reach * error for mean, error in means],
        },
        differences={
            "model": [model for model, _ in pairs],
            "reference": [other for _, other in pairs],
            "difference": differences.tolist(),
            "low": (differences - reach_of_all * errors).tolist(),
            "high": (differences + reach_of_all * errors).tolist(),
            "p": p_values.tolist(),
            "p_adjusted": adjusted.tolist(),
            "verdict": better_or_worse(
                differences, adjusted, alpha=1 - confidence, greater_is_better=greater_is_better
            ),
        },
        reference=reference,
        correction=correction,
        confidence=confidence,
        n=n_splits,
    )


def _mean_with_error(values: np.ndarray, ratio: float) -> tuple[float, float]:
    """Mean over splits, and its standard error by Nadeau and Bengio."""
    variance = (1 / len(values) + ratio) * values.var(ddof=1)
    return float(values.mean()), float(np.sqrt(variance))
