"""Which estimator to try first on a table, with the reason."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, overload

if TYPE_CHECKING:
    import pandas as pd

    from imbalance_kit.advisor._evidence import Evidence
    from imbalance_kit.advisor._method_ranking import Expectation

_SIMILAR = 8  # data sets shown
_STRONG = "lightgbm"  # the learner to compare with on any table; it needs no bag around it
_TUNED = {  # metrics after a decision was tuned for them, and the scorer of scikit-learn
    "balanced_accuracy_tuned": "balanced_accuracy",
    "macro_f1_tuned": "f1_macro",
    "g_mean_tuned": "g_mean",
    "mcc_tuned": "matthews_corrcoef",
}
_DECIDED = ("balanced_accuracy", "macro_f1", "g_mean", "mcc")


@dataclass(frozen=True, eq=False)
class Recommendation:
    """One estimator to try, and why.

    Attributes
    ----------
    name : str
        Method and learner, as the benchmark names them.
    estimator : estimator
        Unfitted; takes any table with nominal columns, missing values and any labels.
    reason : str
        In a sentence or two.
    evidence : pandas.DataFrame
        The most similar data sets: ``source``, ``similarity`` (1 for an equal table), what this
        pair scored there, and what the learners left alone did.
    gain : float
        Expected gain in the metric over the best untouched learner; more is better, also where the
        metric is a loss.
    interval : tuple of float
        95 % interval of the gain; NaN for the untouched learner itself.
    seconds : float
        Predicted seconds of a fit, on the machine of the evidence.
    groups_argument : str or None
        Name under which the estimator's ``fit`` takes groups of rows for its inner splits; None
        where it makes none, or takes no groups for them.

    See Also
    --------
    recommend : The function that makes it.
    """

    name: str
    estimator: Any
    reason: str
    evidence: pd.DataFrame
    gain: float
    interval: tuple[float, float]
    seconds: float
    groups_argument: str | None = None


@dataclass(frozen=True, eq=False)
class Advice(Sequence[Recommendation]):
    """Recommendations, the first one first, and what they come to.

    Attributes
    ----------
    summary : str
        The evidence in a few sentences.
    recommendations : tuple of Recommendation
        In the order to try them.
    metric : str
        What they aim at.
    facts : dict of str to float
        Meta-features of the table.

    See Also
    --------
    recommend : The function that makes it.
    """

    summary: str
    recommendations: tuple[Recommendation, ...]
    metric: str
    facts: Mapping[str, float]

    @overload
    def __getitem__(self, place: int) -> Recommendation: ...

    @overload
    def __getitem__(self, place: slice) -> tuple[Recommendation, ...]: ...

    def __getitem__(self, place: Any) -> Any:
        return self.recommendations[place]

    def __len__(self) -> int:
        return len(self.recommendations)

    def __iter__(self) -> Iterator[Recommendation]:
        return iter(self.recommendations)

    def __str__(self) -> str:
        lines = [f"{place}. {one.name}: {one.reason}" for place, one in enumerate(self, 1)]
        return "\n".join([self.summary, *lines])


def recommend(
    X: Any,
    y: Any,
    *,
    metric: str = "auprc",
    budget: float | None = None,
    n_recommendations: int = 5,
    groups: Any = None,
    categorical_features: Any = "auto",
    random_state: int = 0,
) -> Advice:
    """Recommend estimators for a table, from how they did on similar ones.

    Parameters
    ----------
    X : array-like, dataframe or sparse matrix of shape (n_samples, n_features)
        The table; it may hold nominal columns and missing values.
    y : array-like of shape (n_samples,)
        Classes; any labels.
    metric : str, default="auprc"
        What to be good at, by the names of :func:`imbalance_kit.benchmark.scores`: "auprc" (of
        the rarest of two classes, which the summary names), "auroc", "balanced_accuracy",
        "macro_f1", "g_mean", "mcc", the last four also with ``_tuned`` (after the decision was
        tuned for it), "brier", "log_loss".
    budget : float, default=None
        Seconds that a fit may take; what is predicted to take longer is left out. None for no
        limit.
    n_recommendations : int, default=5
        How many to return at most. The first is the pick; from two on the untouched learner is
        among them, and from three on the best pair of a learner that the others do not have, with
        LightGBM before any other: variants of one learner fail on the same tables.
    groups : array-like of shape (n_samples,), default=None
        What rows belong to, such as a patient or a machine. The table is then described by one
        drawn row of each class of a group: rows that are alike make a table look easier and larger
        than it is. Give them to ``fit`` too, as `groups_argument` of a recommendation.
    categorical_features : "auto", None or array-like, default="auto"
        Nominal columns: by dtype, none, or positions, names or a mask.
    random_state : int, default=0
        Seed of the draws that the table is described by, and of the estimators.

    Returns
    -------
    Advice
        A sequence of :class:`Recommendation`, to be tried in this order, with a ``summary``.

    Raises
    ------
    ValueError
        If the metric is unknown, the budget is not above 0, or X and `y` are malformed.
    ImportError
        If pandas is not installed.

    See Also
    --------
    imbalance_kit.complexity.meta_features : What the table is described by.

    Notes
    -----
    The evidence is a run of the benchmark that comes with the package. For each pair of a method
    and a learner the expected gain over an untouched learner is a mean over its base sources, in
    which similar ones count more, shrunk towards the plain mean: where few tables are similar,
    what is best on average is recommended. A pair is preferred to a simpler one (nothing done to
    the rows; weights, thresholds or calibration; re-sampling and ensembles of it) only if the 80 %
    interval of their difference is above 0.

    How good the picks are on tables it has not seen is measured in the guide. It is not a
    substitute for trying the first few on your table.

    Takes a second or two, most of it for :func:`~imbalance_kit.complexity.meta_features` and for
    loading the learners. Nothing is fitted to the whole table.

    References
    ----------
    J. Vanschoren, "Meta-learning: a survey", arXiv 1810.03548, 2018.

    Examples
    --------
    >>> from sklearn.datasets import make_classification
    >>> import imbalance_kit
    >>> X, y = make_classification(500, weights=[0.9], random_state=0)
    >>> advice = imbalance_kit.recommend(X, y, metric="brier")
    >>> first = advice[0]
    >>> first.estimator.fit(X, y).predict_proba(X).shape
    (500, 2)
    """
    if find_spec("pandas") is None:
        raise ImportError("recommend needs pandas: pip install pandas")
    import numpy as np

    from imbalance_kit._tables.labels import count, encode, read_single_labels
    from imbalance_kit._tables.row_groups import group_numbers
    from imbalance_kit._tables.rows import take_rows
    from imbalance_kit.advisor._evidence import shipped_evidence
    from imbalance_kit.complexity import meta_features

    _check_request(metric, budget, n_recommendations)
    classes, y_encoded = encode(read_single_labels(y))
    if groups is not None:
        group = group_numbers(groups, len(y_encoded))
        order = np.random.RandomState(random_state).permutation(len(y_encoded))
        pairs = group * len(classes) + y_encoded
        rows = np.sort(order[np.unique(pairs[order], return_index=True)[1]])
        X, y, y_encoded = take_rows(X, rows), classes[y_encoded[rows]], y_encoded[rows]
    rarest = classes[count(y_encoded, len(classes)).argmin()]
    facts = meta_features(
        X, y, categorical_features=categorical_features, random_state=random_state
    )
    if facts["n_classes"] < 2:
        raise ValueError(
            "Expected at least 2 classes in y, got 1. There is nothing to distinguish: check that "
            "y is the target column."
        )
    return advise(
        shipped_evidence(),
        facts,
        metric,
        budget=budget,
        n_recommendations=n_recommendations,
        categorical_features=categorical_features,
        seed=random_state,
        rarest=rarest,
    )


def _check_request(metric: str, budget: Any, n_recommendations: int) -> None:
    from imbalance_kit.advisor._evidence import METRICS

    if metric not in METRICS:
        raise ValueError(f"metric must be one of {', '.join(METRICS)}; got {metric!r}.")
    if budget is not None and not (isinstance(budget, int | float) and budget > 0):
        raise ValueError(f"budget must be seconds above 0, or None for no limit; got {budget!r}.")
    if n_recommendations < 1:
        raise ValueError(f"n_recommendations must be at least 1; got {n_recommendations}.")


def advise(
    evidence: Evidence,
    facts: Mapping[str, float],
    metric: str,
    *,
    budget: float | None = None,
    n_recommendations: int = 5,
    categorical_features: Any = "auto",
    seed: int = 0,
    rarest: Any = None,
) -> Advice:
    """Do the work of `recommend` with some evidence and the facts of a table."""
    from imbalance_kit.advisor._build import can_build
    from imbalance_kit.advisor._method_ranking import rank_methods

    known = [
        str(pair)
        for pair, method, learner in evidence.pairs.itertuples()
        if can_build(method, learner)
    ]
    evidence = evidence.with_pairs(known)
    expected = rank_methods(evidence, facts, metric, budget=budget)
    names = _listed(expected, n_recommendations)
    n_left_out = len(known) - len(expected.pairs) if budget is not None else 0
    return Advice(
        _summary(expected, metric, facts, budget, n_left_out, rarest),
        tuple(
            _recommendation(evidence, expected, name, metric, categorical_features, seed)
            for name in names
        ),
        metric,
        dict(facts),
    )


def _listed(expected: Expectation, n: int) -> list[str]:
    """The first pairs, the reference among them, and one of another learner, if there is room."""
    ranked = [str(name) for name in expected.pairs.index]
    learners = expected.pairs["learner"]
    kept = [expected.picked]
    if n >= 2 and expected.reference not in kept:
        kept.append(expected.reference)
    first = ranked[: max(n - 1, 1)]
    others = [name for name in ranked if learners[name] not in set(learners[[*kept, *first]])]
    others.sort(key=lambda name: learners[name] != _STRONG)  # stable: else in their order
    if n > len(kept) and n >= 3:
        kept += others[:1]
    kept += [name for name in ranked if name not in kept][: n - len(kept)]
    return sorted(kept, key=ranked.index)


def _recommendation(
    evidence: Evidence,
    expected: Expectation,
    name: str,
    metric: str,
    categorical_features: Any,
    seed: int,
) -> Recommendation:
    from imbalance_kit.advisor._build import build_estimator, groups_argument

    row = expected.pairs.to_dict(orient="index")[name]
    estimator = build_estimator(
        row["method"],
        row["learner"],
        seed=seed,
        categorical_features=categorical_features,
        scoring=_TUNED.get(metric),
    )
    return Recommendation(
        name,
        estimator,
        _reason(expected, name, metric),
        _similar(evidence, expected, name, metric),
        float(row["gain"]),
        (float(row["low"]), float(row["high"])),
        float(row["seconds"]),
        groups_argument(estimator),
    )


def _similar(evidence: Evidence, expected: Expectation, name: str, metric: str) -> pd.DataFrame:
    """What the pair and the untouched learners scored on the most similar data sets."""
    import pandas as pd

    pairs = evidence.pairs
    untouched = pairs.index[pairs["method"] == "none"]
    shown = list(dict.fromkeys([name, expected.reference, *untouched]))
    nearest = expected.similarity.sort_values(ascending=False, kind="stable").index[:_SIMILAR]
    about = pd.DataFrame(
        {"source": evidence.tables["source"], "similarity": expected.similarity.round(3)}
    )
    return about.loc[nearest].join(evidence.values(metric)[shown])


def _reason(expected: Expectation, name: str, metric: str) -> str:
    row = expected.pairs.to_dict(orient="index")[name]
    from imbalance_kit.benchmark._metrics.metric import METRICS

    record = METRICS[metric]
    gain = (
        f"{row['gain']:+.3f} {record.title} over {expected.reference}"
        if record.higher_is_better
        else f"a {record.title} {abs(row['gain']):.3f} "
        f"{'lower' if row['gain'] >= 0 else 'higher'} than that of {expected.reference}"
    )
    certain = (
        f" (95 % interval {row['low']:+.3f} to {row['high']:+.3f}, {row['n_sources']} sources)"
        if math.isfinite(row["low"])
        else ""
    )
    if name == expected.picked:
        if name == expected.reference:
            return (
                "the learner on the data as it is. Nothing that does more to the rows is better "
                "beyond the interval of the difference."
            )
        simpler = (
            "" if name == expected.best else f" {expected.best} does more to the rows and is tied."
        )
        return f"expect {gain}{certain}.{simpler}"
    if name == expected.reference:
        return "the best learner on the data as it is; the others are measured against it."
    if math.isfinite(row["low"]) and row["low"] <= 0 <= row["high"]:
        return f"expect {gain}{certain}: a tie."
    return f"expect {gain}{certain}."


def _summary(
    expected: Expectation,
    metric: str,
    facts: Mapping[str, float],
    budget: float | None,
    n_left_out: int,
    rarest: Any = None,
) -> str:
    pairs = expected.pairs.to_dict(orient="index")
    ratio = math.exp(facts["log_imbalance"])
    from imbalance_kit._tables.labels import spell

    named = "" if rarest is None else f", {spell(rarest)}"
    parts = [
        f"{facts['n_rows']:,.0f} rows, {facts['n_smallest']:,.0f} of the rarest class{named} "
        f"({ratio:,.1f} to 1), {facts['safe_share']:.0%} of them among their own and "
        f"{facts['outlier_share']:.0%} alone among others."
    ]
    method = pairs[expected.picked]["method"]
    learner = pairs[expected.picked]["learner"]
    if pairs[expected.picked]["effort"] == 0:
        leave = f"Leave the rows as they are and use {learner}"
        if metric in _TUNED or metric in _DECIDED:
            leave += "; tune the threshold, no re-balancing adds to it"
        parts.append(leave + ".")
    elif method.startswith("threshold"):
        parts.append(f"Leave the rows as they are, use {learner} and tune the threshold.")
    else:
        low, high = pairs[expected.picked]["low"], pairs[expected.picked]["high"]
        parts.append(
            f"Try {expected.picked} first: the evidence expects more of it than of "
            f"{expected.reference}, by {low:.3f} to {high:.3f}."
        )
    nearest = expected.similarity.max()
    if nearest < 0.1:
        parts.append("No table of the evidence is similar: this is what is best on average.")
    if budget is not None:
        parts.append(
            f"{n_left_out} pair{'' if n_left_out == 1 else 's'} would take more than "
            f"{budget:g} seconds to fit and {'is' if n_left_out == 1 else 'are'} left out."
        )
        if pairs[expected.reference]["seconds"] > budget:
            parts.append(f"So would {expected.reference}, which is shown all the same.")
    return " ".join(parts)
