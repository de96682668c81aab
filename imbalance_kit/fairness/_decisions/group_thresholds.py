"""Thresholds by group, so that groups' error rates differ by no more than a tolerance."""

import warnings
from dataclasses import replace
from numbers import Integral, Real
from typing import Any

import numpy as np
from sklearn.metrics import accuracy_score
from sklearn.utils import check_random_state
from sklearn.utils.metadata_routing import get_routing_for_object
from sklearn.utils.validation import check_consistent_length

from imbalance_kit._held_out_rows import held_out_predictions
from imbalance_kit._meta_estimator import ClassifierWrapper, require_fitted
from imbalance_kit._sklearn_compat import HasMethods, Interval, StrOptions, routing_enabled
from imbalance_kit._tables.labels import require_two_classes
from imbalance_kit._tables.rows import summed, take_rows
from imbalance_kit.calibration._held_out_scores import method_of
from imbalance_kit.fairness._decisions.binary import require_binary
from imbalance_kit.fairness._decisions.group_curves import (
    DRAWN,
    chances_by_group,
    curves_by_group,
    decisions_by_group,
    expected_positives,
)
from imbalance_kit.fairness._decisions.row_draws import (
    repeated_share,
    row_draws,
    spread_draws,
)
from imbalance_kit.fairness._decisions.threshold_rules import (
    CONSTRAINTS,
    Rule,
    cheapest_rules,
    require_defined_rates,
)
from imbalance_kit.fairness._groups.group_reading import SENSITIVE_FEATURES, GroupReader, Groups
from imbalance_kit.kernels.short_rows import in_blocks, of_both

_FEW_REPEATED = 0.01  # share of repeated rows below which they cannot move a rate by more than that


class FairThresholdClassifier(ClassifierWrapper):
    """Decide by thresholds of each group that bound how far groups' error rates differ.

    Parameters
    ----------
    estimator : classifier with ``predict_proba`` or ``decision_function``
        Cloned and fitted on all rows, once its thresholds are chosen. One that is fitted already
        is given as ``FrozenEstimator(estimator)`` and its thresholds chosen on the rows given to
        ``fit``, which must not be those it was trained on.

    constraint : {"equalized_odds", "equal_opportunity", "false_positive_parity", \
"demographic_parity"} or None, default="equalized_odds"
        What must not differ between groups: false and true positive rates, true positive rates,
        false positive rates, or shares of positive decisions. None puts no bound on differences
        and takes the cheapest threshold of each group.

    tolerance : float, default=0
        The largest difference of a rate between any two groups, from 0 to 1.

    randomized : bool, default=True
        Whether a group's decisions may be drawn between thresholds. Without that each group has
        one threshold: decisions cost more, and a small tolerance may leave no choice but the same
        decision for all rows.

    false_positive_cost : float, default=1
        Cost of a wrong positive decision.

    false_negative_cost : float, default=1
        Cost of a wrong negative decision.

    sensitive_features : str, int, array-like or None, default=None
        Columns of X that hold the sensitive features, by name or position; several form groups by
        their combinations. None: they are given beside X.

    cv : int, cross-validation generator or iterable, default=5
        Folds of the held-out predictions; a number means stratified ones, fewer where a class
        has fewer rows. Splits need not be a partition: rows that none holds out take no part, and
        where several hold one out the first counts. Splitters of groups read the `groups` given to
        ``fit``. Ignored for a ``FrozenEstimator``, whose own training rows must not be
        given again.

    random_state : int, RandomState instance or None, default=None
        Seed of the draws and of the base learners.

    n_jobs : int or None, default=None
        Folds predicted at the same time. The result does not depend on it.

    Attributes
    ----------
    estimator_ : classifier
        The estimator, fitted on all rows.

    rules_ : dict
        By group: ``thresholds``, rising, and ``weights``, the chance of deciding by each. A row
        is positive where its score reaches the threshold.

    rates_ : dict
        By group: the expected "false_positive_rate", "true_positive_rate" and "selection_rate" on
        the held-out predictions; NaN where a group has no such rows.

    cost_ : float
        Expected cost of a decision on the held-out predictions.

    groups_ : tuple
        The groups; several sensitive features give tuples.

    classes_ : ndarray of shape (n_classes,)
        Class labels.

    n_features_in_ : int
        Number of columns of X, where the estimator has it.

    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Names of the columns, when all are strings.

    See Also
    --------
    tradeoff_curve : Cost at every tolerance, with intervals, for any model's scores.

    unprocess : The cheapest thresholds of a fitted model, without a bound.

    LocallyFairLGBMClassifier : Needs no groups at predict time.

    Notes
    -----
    Needs the groups at predict time too. In a grid search they reach it as a column of X only.
    The positive class is the second of `classes_`.

    Mixtures of a group's thresholds reach every point of the convex hull of its ROC curve. The
    cheapest mixtures within the tolerance solve a linear program over the hulls' corners, for any
    number of groups, exactly. `tolerance=0` asks for equal rates, 1 for nothing. Without
    `randomized` every place of the allowed window of rates is tried: exact for one rate; for
    equalized odds on long tables some hundred thresholds of each group are tried, among them the
    corners of its hull.

    Rates are those on held-out predictions (with a ``FrozenEstimator``, on the rows of ``fit``):
    on new rows they differ by chance, in small groups by much. Equal error rates do not make a
    decision just: they do not show whether labels are right, and different thresholds by group
    may be unlawful where they are used.

    ``predict_proba`` gives the chance of each *decision*, which is 0 or 1 but for rows whose
    decision is drawn; ``estimator_`` gives probabilities of the classes. A drawn decision
    depends on the values of the row and on `random_state`, so the same row gets the same decision.
    Where 1 % or more of the training rows are equal to another one of their group, that would
    decide alike on many rows and break the tolerance. A warning names them; decisions are spread
    evenly within equal rows of one call of ``predict``: of n equal rows as many are positive as
    their chance gives, up to one row.

    Cost: the folds' fits, O(n_samples * log(n_samples)) for the curves, and a linear program of
    some hundred variables.

    References
    ----------
    .. [1] M. Hardt, E. Price, N. Srebro, "Equality of Opportunity in Supervised Learning",
       Neural Information Processing Systems, 2016.
    .. [2] A. F. Cruz, M. Hardt, "Unprocessing Seven Years of Algorithmic Fairness", International
       Conference on Learning Representations, 2024.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.linear_model import LogisticRegression
    >>> from imbalance_kit.fairness import FairThresholdClassifier
    >>> rng = np.random.RandomState(0)
    >>> group = rng.randint(0, 2, size=2000)
    >>> y = (rng.uniform(size=2000) < 0.3 + 0.3 * group).astype(int)
    >>> X = np.column_stack([group, rng.normal(size=2000) + y])
    >>> model = FairThresholdClassifier(
    ...     LogisticRegression(), tolerance=0.05, sensitive_features=0, random_state=0
    ... ).fit(X, y)
    >>> rates = [model.rates_[group]["true_positive_rate"] for group in model.groups_]
    >>> bool(abs(rates[0] - rates[1]) < 0.051)
    True
    """

    _parameter_constraints: dict = {
        "estimator": [HasMethods(["fit", "predict"])],
        "constraint": [StrOptions(set(CONSTRAINTS)), None],
        "tolerance": [Interval(Real, 0, 1, closed="both")],
        "randomized": ["boolean"],
        "false_positive_cost": [Interval(Real, 0, None, closed="left")],
        "false_negative_cost": [Interval(Real, 0, None, closed="left")],
        "sensitive_features": SENSITIVE_FEATURES,
        "cv": ["cv_object"],
        "random_state": ["random_state"],
        "n_jobs": [Integral, None],
    }

    def __init__(
        self,
        estimator,
        *,
        constraint="equalized_odds",
        tolerance=0,
        randomized=True,
        false_positive_cost=1,
        false_negative_cost=1,
        sensitive_features=None,
        cv=5,
        random_state=None,
        n_jobs=None,
    ):
        self.estimator = estimator
        self.constraint = constraint
        self.tolerance = tolerance
        self.randomized = randomized
        self.false_positive_cost = false_positive_cost
        self.false_negative_cost = false_negative_cost
        self.sensitive_features = sensitive_features
        self.cv = cv
        self.random_state = random_state
        self.n_jobs = n_jobs

    def fit(self, X, y, sample_weight=None, sensitive_features=None, **fit_params):
        """Choose the thresholds on held-out predictions, and fit the estimator.

        Parameters
        ----------
        X : {array-like, dataframe, sparse matrix} of shape (n_samples, n_features)
            The table, as the estimator takes it.

        y : array-like of shape (n_samples,)
            Class labels.

        sample_weight : array-like of shape (n_samples,), default=None
            Weights of the rows.

        sensitive_features : array-like of shape (n_samples,) or (n_samples, n), default=None
            Groups of the rows, where no columns of X are named in the constructor.

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

    def predict_proba(self, X, sensitive_features=None):
        """Chance of each decision.

        Parameters
        ----------
        X : {array-like, dataframe, sparse matrix} of shape (n_samples, n_features)
            The table.

        sensitive_features : array-like of shape (n_samples,) or (n_samples, n), default=None
            Groups of the rows, where they were given beside X in ``fit``.

        Returns
        -------
        proba : ndarray of shape (n_samples, n_classes)
            0 and 1 but for rows whose decision is drawn.
        """
        rules, scores, groups = self._open(X, sensitive_features)
        return in_blocks(of_both, chances_by_group(rules, scores, groups))

    def predict(self, X, sensitive_features=None):
        """Decision for each row.

        Parameters
        ----------
        X : {array-like, dataframe, sparse matrix} of shape (n_samples, n_features)
            The table.

        sensitive_features : array-like of shape (n_samples,) or (n_samples, n), default=None
            Groups of the rows, where they were given beside X in ``fit``.

        Returns
        -------
        y : ndarray of shape (n_samples,)
            Class labels.
        """
        rules, scores, groups = self._open(X, sensitive_features)
        # most decisions are certain, and hashing rows takes longer than comparing a score
        positive = decisions_by_group(rules, scores, groups)
        drawn = np.flatnonzero(positive == DRAWN)
        if len(drawn):
            of_drawn = replace(groups, of_row=groups.of_row[drawn])
            draws = row_draws(take_rows(X, drawn), self._seed)
            if self._rows_repeat:
                draws = spread_draws(draws, of_drawn.of_row, self._seed)
            positive[drawn] = draws < chances_by_group(rules, scores[drawn], of_drawn)
        return in_blocks(self.classes_.take, positive)

    def score(self, X, y, sample_weight=None, sensitive_features=None):
        """Accuracy of the decisions.

        Parameters
        ----------
        X : {array-like, dataframe, sparse matrix} of shape (n_samples, n_features)
            The table.

        y : array-like of shape (n_samples,)
            True classes.

        sample_weight : array-like of shape (n_samples,), default=None
            Weights of the rows.

        sensitive_features : array-like of shape (n_samples,) or (n_samples, n), default=None
            Groups of the rows, where they were given beside X in ``fit``.

        Returns
        -------
        score : float
            Share of right decisions.
        """
        predicted = self.predict(X, sensitive_features)
        return accuracy_score(y, predicted, sample_weight=sample_weight)

    def get_metadata_routing(self):
        """Who may be given metadata.

        Returns
        -------
        routing : MetadataRouter
            The `sensitive_features` of this classifier, the estimator's ``fit`` and the splitter's
            ``split``.
        """
        return super().get_metadata_routing().add_self_request(self)

    def _open(self, X: Any, sensitive_features: Any) -> tuple[list[Rule], np.ndarray, Groups]:
        """The rules by position of the group, and the scores and groups of rows."""
        require_fitted(self, "estimator_")
        scores = getattr(self.estimator_, method_of(self.estimator_))(summed(X))
        groups = self._reader.read(X, sensitive_features)
        return [self.rules_[label] for label in self.groups_], _positive_scores(scores), groups

    def _learn(
        self, X: Any, y: np.ndarray, weight: np.ndarray | None, params: dict[str, Any]
    ) -> Any:
        classes = require_binary(y)
        require_two_classes(classes if weight is None else np.unique(y[weight > 0]))
        given = params.get("sensitive_features")
        self._reader = GroupReader(self.sensitive_features, type(self).__name__)
        groups = self._reader.learn(X, given)
        # the groups are for this classifier; an estimator gets them where it requests them, and
        # would refuse them otherwise
        if not _consumes_groups(self.estimator):
            params.pop("sensitive_features", None)
        self._seed = int(check_random_state(self.random_state).randint(np.iinfo(np.int32).max))
        method = method_of(self.estimator)
        # Thresholds are chosen on scores of rows that the model was not fitted on: on its training
        # rows classes are separated too well.
        held_out = held_out_predictions(
            self.estimator, X, y, cv=self.cv, params=params, method=method, n_jobs=self.n_jobs
        )
        estimator = super()._learn(X, y, weight, params)
        if len(estimator.classes_) != 2:  # a frozen one may know more than y holds
            raise ValueError(
                f"Thresholds by group need a model of two classes; {type(self.estimator).__name__} "
                f"knows {np.asarray(estimator.classes_).tolist()}."
            )
        self._choose(
            _positive_scores(held_out.predictions),
            held_out.part(y) == estimator.classes_[1],
            replace(groups, of_row=held_out.part(groups.of_row)),
            held_out.part(weight),
        )
        self._rows_repeat = self._check_repeated(X, groups)
        return estimator

    def _check_repeated(self, X: Any, groups: Groups) -> bool:
        """Whether equal rows are so many that decisions are drawn in turn, which is warned of."""
        if all(len(rule.thresholds) == 1 for rule in self.rules_.values()):
            return False
        share = repeated_share(X, groups.of_row)
        if share < _FEW_REPEATED:
            return False
        warnings.warn(
            f"{share:.0%} of the rows are equal to another row of their group, and some decisions "
            "are drawn. Within equal rows of one call of predict they are drawn in turn, so that "
            "groups' rates stay within the tolerance; predict many rows in one call. The decision "
            "on a row then depends on the rows beside it. randomized=False draws none.",
            UserWarning,
            stacklevel=4,
        )
        return True

    def _choose(
        self, scores: np.ndarray, positive: np.ndarray, groups: Groups, weight: np.ndarray | None
    ) -> None:
        """Set the rules from scores of rows of known classes."""
        curves = curves_by_group(scores, positive, groups, weight)
        names = [groups.spell(group) for group in range(groups.n_groups)]
        require_defined_rates(curves, self.constraint, names)
        costs = float(self.false_positive_cost), float(self.false_negative_cost)
        rules = cheapest_rules(
            curves,
            constraint=self.constraint,
            tolerance=self.tolerance,
            costs=costs,
            randomized=self.randomized,
        )
        self.groups_ = groups.labels
        self.rules_ = dict(zip(groups.labels, rules, strict=True))
        self.rates_, wrong, total = {}, 0.0, 0.0
        for label, curve, rule in zip(groups.labels, curves, rules, strict=True):
            false, true = expected_positives(curve, rule)
            negatives, positives = curve.negatives, curve.positives
            self.rates_[label] = {
                "false_positive_rate": false / negatives if negatives else np.nan,
                "true_positive_rate": true / positives if positives else np.nan,
                "selection_rate": (false + true) / (negatives + positives),
            }
            wrong += costs[0] * false + costs[1] * (positives - true)
            total += negatives + positives
        self.cost_ = wrong / total

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_class = False
        return tags


def _positive_scores(scores: np.ndarray) -> np.ndarray:
    """Scores of the second class, from probabilities or a decision function."""
    scores = np.asarray(scores, dtype=np.float64)
    return scores[:, 1] if scores.ndim == 2 else scores


def _consumes_groups(estimator: Any) -> bool:
    """Whether the estimator requests the sensitive features for its own ``fit``."""
    if not routing_enabled():
        return False
    consumed = get_routing_for_object(estimator).consumes("fit", ["sensitive_features"])
    return "sensitive_features" in consumed
