"""Whether a calibration helps: decided on rows that the models were not fitted on."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import sklearn
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.calibration import CalibratedClassifierCV
from sklearn.utils.metaestimators import available_if

from imbalance_kit._meta_estimator import copy_columns
from imbalance_kit._tables.rows import take_rows

# Measured by benchmarks/studies/default_calibration.py: with "temperature" or "isotonic" among
# these decisions cost about as much, and on some small tables of two classes the log loss doubles.
# Where folds are separable a temperature runs to its bound, and isotonic steps are 0 and 1.
CANDIDATES = ("sigmoid",)
_LEAST = np.finfo(float).eps
_N_BLOCKS = 5


class ScoresAsGiven(ClassifierMixin, BaseEstimator):
    """Its X are the scores of a classifier, so that scikit-learn calibrates these alone."""

    _parameter_constraints: dict = {"classes": "no_validation", "probabilities": "no_validation"}

    def __init__(self, classes, probabilities):
        self.classes = classes
        self.probabilities = probabilities

    def fit(self, X, y, sample_weight=None):
        """Nothing is learned."""
        self.classes_ = np.asarray(self.classes)
        return self

    @available_if(lambda self: self.probabilities)
    def predict_proba(self, X):
        """X."""
        return X

    @available_if(lambda self: not self.probabilities)
    def decision_function(self, X):
        """X, in one dimension for two classes."""
        return X[:, 0] if X.shape[1] == 1 else X


@dataclass(frozen=True)
class HeldOutScores:
    """Scores of fitted models for rows that they were not fitted on.

    Attributes
    ----------
    scores : ndarray of shape (n_rows, n_columns)
        Decision values, else probabilities: what scikit-learn calibrates.

    are_probabilities : bool
        Which of them.

    proba : ndarray of shape (n_rows, n_classes) or None
        The probabilities as they are; None where the models have none.

    rows : ndarray of shape (n_rows,)
        Which rows of the table.

    split : ndarray of shape (n_rows,)
        The number of the split that held each out.
    """

    scores: np.ndarray
    are_probabilities: bool
    proba: np.ndarray | None
    rows: np.ndarray
    split: np.ndarray

    def of(self, chosen: np.ndarray) -> "HeldOutScores":
        """A part of the rows."""
        proba = None if self.proba is None else self.proba[chosen]
        return HeldOutScores(
            self.scores[chosen],
            self.are_probabilities,
            proba,
            self.rows[chosen],
            self.split[chosen],
        )

    def first_of_each_row(self) -> np.ndarray:
        """Positions that hold every row once."""
        return np.unique(self.rows, return_index=True)[1]


def held_out_scores(models: Iterable[Any], X: Any, tested: list[np.ndarray]) -> HeldOutScores:
    """Scores of the rows that each model tests; rows of several splits are there several times."""
    scores: list[np.ndarray] = []
    probas: list[np.ndarray] = []
    are_probabilities = False
    for model, rows in zip(models, tested, strict=True):
        part = take_rows(X, rows)
        proba = model.predict_proba(part) if hasattr(model, "predict_proba") else None
        are_probabilities = not hasattr(model, "decision_function")
        if are_probabilities and proba is None:
            raise ValueError(
                f"{type(model).__name__} has neither predict_proba nor decision_function, and "
                "expected costs need probabilities. Use CostSensitiveClassifier, which needs none."
            )
        found = np.asarray(proba if are_probabilities else model.decision_function(part))
        scores.append(found[:, None] if found.ndim == 1 else found)
        if proba is not None:
            probas.append(proba)
    split = np.repeat(np.arange(len(tested)), [len(rows) for rows in tested])
    proba = np.concatenate(probas) if len(probas) == len(tested) else None
    return HeldOutScores(
        np.concatenate(scores), are_probabilities, proba, np.concatenate(tested), split
    )


def chosen_calibration(
    held_out: HeldOutScores, y: np.ndarray, weight: np.ndarray | None, classes: np.ndarray
) -> str | None:
    """The calibration that is used, or None for the probabilities as they are.

    A calibration is judged by its log loss on the rows of each split after it was fitted on those
    of the others. It is taken only where its gain is more than one standard error of the mean
    difference, so that what is right already is not changed by chance. Estimators without
    probabilities are calibrated by "sigmoid" in any case.

    Parameters
    ----------
    held_out : HeldOutScores
        Of one or more models.

    y : ndarray of shape (n_samples,)
        Labels of the whole table.

    weight : ndarray of shape (n_samples,) or None
        Weights of the whole table.

    classes : ndarray of shape (n_classes,)
        Class labels, in the order of the columns.

    Returns
    -------
    calibration : "sigmoid" or None
    """
    if held_out.proba is None:
        return "sigmoid"
    judged = held_out.of(held_out.first_of_each_row())
    if weight is not None:
        judged = judged.of(weight[judged.rows] > 0)
    true = np.searchsorted(classes, y[judged.rows])
    if np.bincount(true, minlength=len(classes)).min() < 2:
        return None  # with its only row held out, nothing is learned about a class
    block = _blocks(judged, y)
    w = np.ones(len(true)) if weight is None else weight[judged.rows]
    losses: dict[str | None, np.ndarray] = {None: _log_losses(judged.proba, true)}
    for method in CANDIDATES:
        proba = np.empty((len(true), len(classes)))
        for number in np.unique(block):
            test = block == number
            fitted = calibrated_scores(method, judged.of(~test), y, weight, classes)
            proba[test] = fitted.predict_proba(judged.scores[test])
        losses[method] = _log_losses(proba, true)
    best = min(losses, key=lambda method: float(w @ losses[method]))
    return best if exceeds_chance(losses[None] - losses[best], w) else None


def exceeds_chance(gains: np.ndarray, weight: np.ndarray) -> bool:
    """Whether the mean is more than one standard error above 0."""
    mean = float(np.average(gains, weights=weight))
    n_effective = weight.sum() ** 2 / (weight @ weight)
    if n_effective <= 1:
        return False
    error = np.sqrt(np.sum((weight * (gains - mean)) ** 2)) / weight.sum()
    return mean > float(error * np.sqrt(n_effective / (n_effective - 1)))


def calibrated_scores(
    method: str,
    held_out: HeldOutScores,
    y: np.ndarray,
    weight: np.ndarray | None,
    classes: np.ndarray,
) -> CalibratedClassifierCV:
    """scikit-learn's calibration of the scores themselves."""
    scores, labels = held_out.scores, y[held_out.rows]
    w = None if weight is None else weight[held_out.rows]
    missing = np.setdiff1d(classes, labels)
    if len(missing):  # in splits by groups or time: named by rows that count nothing
        w = np.ones(len(labels)) if w is None else w
        w = np.concatenate([w, np.zeros(len(missing))])
        scores = np.concatenate([scores, np.repeat(scores[:1], len(missing), axis=0)])
        labels = np.concatenate([labels, missing])
    every = np.arange(len(labels))
    given = ScoresAsGiven(classes, held_out.are_probabilities)
    model = CalibratedClassifierCV(given, method=method, cv=[(every, every)], ensemble=True)
    with sklearn.config_context(enable_metadata_routing=False):  # what was routed has arrived
        return model.fit(scores, labels, sample_weight=w)


def calibrated_models(
    form: CalibratedClassifierCV,
    models: list[Any],
    parts: list[HeldOutScores],
    y: np.ndarray,
    weight: np.ndarray | None,
    classes: np.ndarray,
) -> CalibratedClassifierCV:
    """`form`, fitted: each model with the calibration that its part of the scores gives."""
    form.classes_ = classes
    form.calibrated_classifiers_ = []
    for model, part in zip(models, parts, strict=True):
        fitted = calibrated_scores(form.method, part, y, weight, classes)
        (pair,) = fitted.calibrated_classifiers_
        pair.estimator = model
        form.calibrated_classifiers_.append(pair)
    copy_columns(form, models[0])
    return form


def _blocks(held_out: HeldOutScores, y: np.ndarray) -> np.ndarray:
    """The splits, which may keep groups together, or folds of the rows where there is one split."""
    if len(np.unique(held_out.split)) > 1:
        return held_out.split
    block = np.empty(len(held_out.rows), dtype=np.intp)
    by_class = np.argsort(y[held_out.rows], kind="stable")
    block[by_class] = np.arange(len(block)) % _N_BLOCKS
    return block


def _log_losses(proba: Any, true: np.ndarray) -> np.ndarray:
    """Log loss of each row; a row that was held for impossible costs 36."""
    of_true = np.asarray(proba, dtype=float)[np.arange(len(true)), true]
    return -np.log(np.clip(of_true, _LEAST, 1))
