"""Thresholds that keep a constraint: a precision, a recall, a number of alerts."""

import warnings
from numbers import Integral, Real
from typing import Any

import numpy as np
from sklearn.exceptions import UndefinedMetricWarning
from sklearn.frozen import FrozenEstimator
from sklearn.metrics import get_scorer, get_scorer_names
from sklearn.utils.validation import check_is_fitted

from imbalance_kit._confusion import CONFUSION_METRICS
from imbalance_kit._held_out_rows import held_out_predictions
from imbalance_kit._meta_estimator import ClassifierWrapper
from imbalance_kit._sklearn_compat import HasMethods, Interval, StrOptions
from imbalance_kit._tables.labels import count, read_single_labels, spell
from imbalance_kit._tables.positive_class import (
    category_order,
    positive_by_labels,
    require_class,
)
from imbalance_kit.calibration._already_calibrated import state_of_probabilities
from imbalance_kit.calibration._tuning import score_decisions
from imbalance_kit.cost._guarantee import exact_counts
from imbalance_kit.cost._rate_constraints import (
    RATES,
    Bound,
    Counts,
    best_at,
    counts_at_thresholds,
    objective_of,
    read_constraint,
)
from imbalance_kit.cost._unmet_constraint import (
    kept_with,
    nearest_kept,
    warn_of_constant_decision,
)

_OF_ONE_CLASS = ("precision", "recall", "f1")
_CALLS = 128  # thresholds at which a scorer that has to be called is called
_ORDER = "order of the labels"  # among the arguments of fit; no name that a user could give


class ConstrainedThresholdClassifierCV(ClassifierWrapper):
    """Chooses the threshold on held-out rows that is best of those which keep a constraint.

    Parameters
    ----------
    estimator : classifier with ``predict_proba``
        Cloned and fitted on all rows, once its threshold is chosen. One that is fitted already is
        given as ``FrozenEstimator(estimator)``, with rows in ``fit`` that it was not trained on.

    constraint : dict
        Bounds of the rates of one class against the rest: "precision" and "recall" at least,
        "false_positive_rate" and "alert_share" (the share of all rows decided for the class) at
        most. Of several all must hold. For a number of alerts a day give what
        :func:`daily_alert_share` returns as "alert_share". A dict of classes and such dicts gives
        each of these classes a threshold.

    scoring : str, callable or None, default=None
        What is best. "precision", "recall" and "f1" are those of the constrained class; other
        names, or a scorer made by ``make_scorer``, are for the decisions on all classes. None
        stands for "precision" where the recall is bounded, else for "recall".

    pos_label : label, default=None
        The class that a constraint without classes is for. None stands for 1 of labels 0/1 or
        -1/1, for True, for the higher one of two ordered categories, and else for the rarest class.

    confidence : float or None, default=None
        Probability, such as .95, with which the constraint must hold on new rows. It needs a
        ``FrozenEstimator``, and rows in ``fit`` that are drawn independently. None asks for the
        constraint on the held-out rows only, so that new rows may miss it by chance.

    if_unmet : {"raise", "nearest"}, default="raise"
        Where no threshold keeps the constraint: an error that names the nearest that can be kept,
        or a warning and the decision by that.

    cv : int, splitter, iterable or None, default=5
        Folds that give each row a probability from a clone that was not fitted on it. A number
        means stratified folds, fewer where a class has fewer rows. None stands for five. A splitter
        of one split is a hold-out: the threshold is chosen on its test rows alone. Splitters of
        groups read the `groups` given to ``fit``.

    n_jobs : int or None, default=None
        Folds at the same time.

    Attributes
    ----------
    estimator_ : classifier
        The fitted estimator.

    thresholds_ : dict of label to float
        The class is decided where its probability reaches its threshold; infinite where it never
        is.

    best_threshold_ : float
        Only with one constrained class: its threshold.

    pos_label_ : label
        Only with one constrained class: which it is.

    rates_ : dict of label to dict
        Every rate of each constrained class on the held-out rows.

    constraint_met_ : bool
        Whether the constraint holds on the held-out rows, with `confidence` on new ones.

    best_score_ : float
        Value of `scoring` on the held-out rows, the mean over the constrained classes where it is
        one of a class.

    classes_ : ndarray of shape (n_classes,)
        Class labels.

    n_features_in_ : int
        Number of columns of X, where the estimator has it.

    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Names of the columns, when all are strings.

    See Also
    --------
    ThresholdedClassifierCV : The decision that is best by a metric or by costs, unconstrained.

    daily_alert_share : The share of rows for a number of alerts a day.

    imbalance_kit.metrics.net_benefit : What decisions at a threshold are worth.

    Notes
    -----
    **Thresholds.** Every threshold between two held-out probabilities is looked at, in
    O(n log n). Rows with equal probabilities are decided alike: a block of them that would break a
    bound is left out whole. The threshold is fixed by ``fit``, so that one row at a time is decided
    as it would be in a table; :meth:`predict_at_most` instead takes the first so many of a batch.
    A precision needs at least one alert. Where a bound on alerts is kept only without any, or one
    on the recall only with every row, there is a warning. A scorer that is none of "precision",
    "recall", "f1" and, for two classes, of the metrics that are functions of the confusion matrix,
    is called at no more than 128 thresholds.

    **More classes.** A row is decided for the constrained class whose probability reaches its
    threshold; of several for the first in the order of the dict, and a later one is tuned on the
    rows that are left. Where none does, the largest probability among the other classes decides.

    **The guarantee.** With `confidence` ``1 - d`` the constraint holds on new rows, drawn as those
    of ``fit``, with probability at least ``1 - d`` over the draw of the latter: exact binomial
    tests, in a sequence that needs no correction for the number of thresholds [1]_. For a recall,
    a false-positive rate or a share of alerts the test is that of Clopper and Pearson. A precision
    is tested by rank, from a few first ranks on, which share ``d`` equally; with fewer alerts than
    at the first of them none is guaranteed. Several bounds share ``d`` too. Weights and `groups`
    are refused, because the tests need rows that are independent and count once. The model is the
    frozen one: nothing is guaranteed for one that is fitted again after its threshold was chosen.

    ``predict_proba`` gives the estimator's probabilities, whatever the decision. Nothing is drawn.
    Cost: one fit per fold and one on all rows.

    References
    ----------
    .. [1] A. N. Angelopoulos, S. Bates, E. J. Candes, M. I. Jordan, L. Lei, "Learn then Test:
       Calibrating Predictive Algorithms to Achieve Risk Control", Annals of Applied Statistics
       19(2), 2025.

    Examples
    --------
    >>> from sklearn.datasets import make_classification
    >>> from sklearn.linear_model import LogisticRegression
    >>> from imbalance_kit.cost import ConstrainedThresholdClassifierCV
    >>> X, y = make_classification(n_samples=4000, weights=[0.95], random_state=0)
    >>> model = ConstrainedThresholdClassifierCV(
    ...     LogisticRegression(), constraint={"alert_share": 0.02}
    ... ).fit(X, y)
    >>> model.rates_[1]["alert_share"] <= 0.02
    True
    >>> model.predict_at_most(X, 50).sum().item()
    50
    """

    _parameter_constraints: dict = {
        "estimator": [HasMethods(["fit", "predict_proba"])],
        "constraint": [dict],
        "scoring": [StrOptions(set(get_scorer_names())), callable, None],
        "pos_label": [Real, str, "boolean", None],
        "confidence": [Interval(Real, 0.0, 1.0, closed="neither"), None],
        "if_unmet": [StrOptions({"raise", "nearest"})],
        "cv": ["cv_object"],
        "n_jobs": [Integral, None],
    }

    def __init__(
        self,
        estimator,
        *,
        constraint,
        scoring=None,
        pos_label=None,
        confidence=None,
        if_unmet="raise",
        cv=5,
        n_jobs=None,
    ):
        self.estimator = estimator
        self.constraint = constraint
        self.scoring = scoring
        self.pos_label = pos_label
        self.confidence = confidence
        self.if_unmet = if_unmet
        self.cv = cv
        self.n_jobs = n_jobs

    def fit(self, X, y, sample_weight=None, **fit_params):
        """Choose the threshold on held-out rows, and fit the estimator.

        Parameters
        ----------
        X : {array-like, dataframe, sparse matrix} of shape (n_samples, n_features)
            The table, as the estimator takes it.

        y : array-like of shape (n_samples,)
            Class labels.

        sample_weight : array-like of shape (n_samples,), default=None
            Weights of the rows, also in the rates.

        **fit_params : dict
            More arguments of the estimator's ``fit``; with metadata routing enabled, whatever
            was requested.

        Returns
        -------
        self : object
            The fitted classifier.

        Raises
        ------
        ValueError
            If no threshold keeps the constraint and `if_unmet` is "raise".
        """
        order = category_order(y)  # an array of labels has none
        given = fit_params if order is None else {**fit_params, _ORDER: order}
        return super().fit(X, y, sample_weight, **given)

    def predict_at_most(self, X, n_alerts):
        """Class of each row, with no more than so many decided for the constrained class.

        Parameters
        ----------
        X : {array-like, dataframe, sparse matrix} of shape (n_samples, n_features)
            The rows of a day, or of another batch.

        n_alerts : int
            Rows that can be looked at.

        Returns
        -------
        y : ndarray of shape (n_samples,)
            Class labels. Where more rows reach the threshold, those with the highest probability
            are decided for the class, and of equal ones the first in the table.
        """
        check_is_fitted(self, "estimator_")
        if len(self.thresholds_) != 1:
            raise ValueError(
                f"predict_at_most needs one constrained class; there are {len(self.thresholds_)}."
            )
        if not isinstance(n_alerts, Integral) or n_alerts < 0:
            raise ValueError(f"n_alerts must be an integer of at least 0, got {n_alerts!r}.")
        proba = self.predict_proba(X)
        decided = self._decide(proba)
        code = self.classes_.tolist().index(self.pos_label_)
        falling = np.argsort(-proba[:, code], kind="stable")
        beyond = falling[int(n_alerts) :]
        others = np.delete(np.arange(len(self.classes_)), code)
        decided[beyond] = others[proba[np.ix_(beyond, others)].argmax(axis=1)]
        return self.classes_[decided]

    def score(self, X, y, sample_weight=None):
        """What the threshold was chosen for, on labelled rows, whether the constraint holds or not.

        Parameters
        ----------
        X : {array-like, dataframe, sparse matrix} of shape (n_samples, n_features)
            The table.

        y : array-like of shape (n_samples,)
            True classes.

        sample_weight : array-like of shape (n_samples,), default=None
            Weights of the rows.

        Returns
        -------
        score : float
            Of `scoring`; with None of the recall or the precision, see there.
        """
        if self.scoring is not None and self.scoring not in _OF_ONE_CLASS:
            given = {} if sample_weight is None else {"sample_weight": sample_weight}
            return get_scorer(self.scoring)(self, X, y, **given)
        predicted = self.predict(X)
        y = read_single_labels(y)
        weight = self._read_weight(sample_weight, y)
        values = []
        for label, objective in self._objectives_.items():
            counts = counts_at_thresholds((predicted == label).astype(float), y == label, weight)
            # the alerts are one step, unless there are none
            values.append(counts.rate(objective)[int((predicted == label).any())])
        return float(np.mean(values))

    def get_metadata_routing(self):
        """Who may be given metadata.

        Returns
        -------
        routing : MetadataRouter
            This classifier's own `sample_weight`, the estimator's ``fit``, and the splitter's
            ``split`` where there is one.
        """
        return super().get_metadata_routing().add_self_request(self)

    def _params_of_fit(self, sample_weight, fit_params):
        given = {name: value for name, value in fit_params.items() if name != _ORDER}
        params = super()._params_of_fit(sample_weight, given)
        return params | {_ORDER: fit_params[_ORDER]} if _ORDER in fit_params else params

    def _state_of_probabilities(self) -> str | None:
        return state_of_probabilities(self.estimator)

    def _learn(self, X, y, weight, params):
        order = params.pop(_ORDER, None)
        frozen = isinstance(self.estimator, FrozenEstimator)
        labels = self.estimator.classes_ if frozen else np.unique(y)
        totals = count(np.searchsorted(labels, y), len(labels), weight)

        def positive() -> Any:
            return self._positive(labels.tolist(), totals, order)

        bounds = read_constraint(self.constraint, labels.tolist(), positive)
        self._require_answerable(bounds, weight, params)
        held_out = held_out_predictions(
            self.estimator, X, y, cv=self.cv, params=params, n_jobs=self.n_jobs
        )
        estimator = super()._learn(X, y, weight, params)
        self._choose(held_out.predictions, held_out.part(y), held_out.part(weight), labels, bounds)
        return estimator

    def _positive(self, classes: list, counts: np.ndarray, order: list | None) -> Any:
        if self.pos_label is not None:
            return require_class(self.pos_label, classes)
        found = positive_by_labels(classes, order) if len(classes) == 2 else None
        if found is not None:
            return found
        # of equally rare ones the last: of two the second
        return classes[len(classes) - 1 - int(np.argmin(counts[::-1]))]

    def _require_answerable(
        self, bounds: dict[Any, list[Bound]], weight: np.ndarray | None, params: dict[str, Any]
    ) -> None:
        """Refuse what no test or search here answers."""
        if len(bounds) > 1 and self.scoring is not None and self.scoring not in _OF_ONE_CLASS:
            raise ValueError(
                f"With {len(bounds)} constrained classes each is tuned for itself: scoring must be "
                f"None or one of {', '.join(map(repr, _OF_ONE_CLASS))}; got {self.scoring!r}."
            )
        if self.confidence is None:
            return
        if not isinstance(self.estimator, FrozenEstimator):
            raise ValueError(
                f"confidence={self.confidence} needs a fixed model, and the estimator would be "
                "fitted again after its threshold was chosen. Fit it on some rows and give "
                "FrozenEstimator(estimator), with other rows in fit."
            )
        if weight is not None or params.get("groups") is not None:
            raise ValueError(
                "With confidence rows have to be independent and count once: give neither "
                "sample_weight nor groups. Of rows that belong together keep one of each group."
            )
        if len(bounds) > 1:
            raise ValueError(
                f"confidence is for one constrained class, got {len(bounds)}: the rows that are "
                "left for the second depend on the threshold of the first."
            )

    def _choose(
        self,
        proba: np.ndarray,
        y: np.ndarray,
        weight: np.ndarray | None,
        classes: np.ndarray,
        bounds: dict[Any, list[Bound]],
    ) -> None:
        """Set a threshold for one constrained class after the other."""
        codes = {label: classes.tolist().index(label) for label in bounds}
        left = np.ones(len(proba), dtype=bool)
        self.thresholds_, self.rates_, self._objectives_ = {}, {}, {}
        values, met = [], True
        for label, code in codes.items():
            score = np.where(left, proba[:, code], -np.inf)
            positive = y == label
            counts = (
                counts_at_thresholds(score, positive, weight)
                if self.confidence is None
                else exact_counts(score, positive)
            )
            if not (counts.n_positive > 0 and counts.n_negative > 0):
                raise ValueError(
                    "Rates need held-out rows of positive weight of a class and of the rest; class "
                    f"{spell(label)} has a weight of {counts.n_positive:g}, the rest of "
                    f"{counts.n_negative:g}."
                )
            kept = kept_with(score, positive, counts, bounds[label], self.confidence)
            if not kept.any():
                met = False
                kept, message = nearest_kept(
                    score, positive, counts, label, bounds[label], self.confidence
                )
                if self.if_unmet == "raise":
                    raise ValueError(
                        f"{message} Ask for no more than that, or give if_unmet='nearest' to "
                        "decide by it."
                    )
                warnings.warn(f"{message} It is decided by that.", UserWarning, stacklevel=2)
            of_class = self.scoring is None or self.scoring in _OF_ONE_CLASS
            objective = objective_of(bounds[label])
            if self.scoring in _OF_ONE_CLASS:
                objective = self.scoring
            value = (
                counts.rate(objective)
                if of_class
                else self._values(counts, kept, proba, code, y, weight, classes)
            )
            at = best_at(counts, kept & ~np.isnan(value), value, objective)
            if met:
                warn_of_constant_decision(counts, at, label, bounds[label])
            self._objectives_[label] = objective
            self.thresholds_[label] = float(counts.thresholds[at])
            self.rates_[label] = {name: float(counts.rate(name)[at]) for name in RATES}
            values.append(float(value[at]))
            left &= score < counts.thresholds[at]
        self.constraint_met_ = met
        self.best_score_ = float(np.mean(values))
        if len(bounds) == 1:
            ((self.pos_label_, self.best_threshold_),) = self.thresholds_.items()

    def _values(
        self,
        counts: Counts,
        allowed: np.ndarray,
        proba: np.ndarray,
        code: int,
        y: np.ndarray,
        weight: np.ndarray | None,
        classes: np.ndarray,
    ) -> np.ndarray:
        """Value of `scoring` at the allowed thresholds, or at some of them; elsewhere missing."""
        if len(classes) == 2 and self.scoring in CONFUSION_METRICS:
            matrices = counts.matrices()
            if code == 0:
                matrices = matrices[:, ::-1, ::-1]
            return CONFUSION_METRICS[self.scoring](matrices)
        places = np.flatnonzero(allowed)
        if len(places) > _CALLS:
            places = places[np.linspace(0, len(places) - 1, _CALLS).round().astype(np.intp)]
        others = np.delete(np.arange(len(classes)), code)
        rest = others[proba[:, others].argmax(axis=1)]
        decisions = [
            np.where(proba[:, code] >= threshold, code, rest)
            for threshold in counts.thresholds[places]
        ]
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UndefinedMetricWarning)
            found = score_decisions(decisions, y, classes, scoring=self.scoring, weight=weight)
        values = np.full(len(allowed), np.nan)
        values[places] = found
        return values

    def _decide(self, proba):
        classes = self.classes_.tolist()
        codes = [classes.index(label) for label in self.thresholds_]
        others = np.setdiff1d(np.arange(len(classes)), codes)
        decided = others[proba[:, others].argmax(axis=1)]
        # the first constrained class has the last word
        for code, threshold in reversed(list(zip(codes, self.thresholds_.values(), strict=True))):
            decided[proba[:, code] >= threshold] = code
        return decided
