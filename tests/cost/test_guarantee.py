"""Constraints that hold on new rows: closed forms, slow versions, and how often they break."""

import numpy as np
import pytest
from loops import looped
from scipy.stats import beta, binom
from sklearn.naive_bayes import GaussianNB

from cost.made import fixed_proba, proba_and_labels
from imbalance_kit.cost import ConstrainedThresholdClassifierCV
from imbalance_kit.cost._guarantee import exact_counts, first_ranks, guaranteed_at
from imbalance_kit.cost._rate_constraints import Bound

pytestmark = pytest.mark.filterwarnings("ignore:.*is kept only by deciding")


def passed(score, y, constraint, error_rate=0.1):
    """Thresholds that are guaranteed, highest first."""
    counts = exact_counts(score, y == 1)
    bounds = [Bound(name, value) for name, value in constraint.items()]
    return counts.thresholds[guaranteed_at(score, y == 1, counts, bounds, error_rate)]


# --- rates that change in one direction ------------------------------------------------------


@looped("bound", [0.5, 0.8, 0.95])
def test_a_recall_is_guaranteed_by_the_rank_of_a_tolerance_limit(bound):
    """With uniform scores of the positives the recall above their j-th lowest is known to be
    distributed as a Beta; the highest rank that is guaranteed is the last with an error of .1."""
    rng = np.random.RandomState(0)
    for n_positive in (5, 40, 200):
        positives = rng.permutation(n_positive) / n_positive
        score = np.append(positives, rng.uniform(size=30))
        y = np.append(np.ones(n_positive), np.zeros(30))
        highest = passed(score, y, {"recall": bound})[0]
        given_up = int((positives < highest).sum())
        # the recall of the threshold at the j-th lowest is one minus a Beta(j, n + 1 - j)
        errors = beta.sf(1 - bound, np.arange(1, n_positive + 1), np.arange(n_positive, 0, -1))
        assert given_up == (errors <= 0.1).sum() - ((errors <= 0.1).sum() > 0)


def test_limits_of_clopper_and_pearson():
    proba, y = proba_and_labels(400, 2, 0)
    score = proba[:, 1]
    for name, events, n_rows in [
        ("false_positive_rate", y == 0, (y == 0).sum()),
        ("alert_share", y >= 0, 400),
    ]:
        for bound in (0.05, 0.2):
            lowest = passed(score, y, {name: bound})[-1]
            alerts = int((events & (score >= lowest)).sum())
            # one more would have an upper limit beyond the bound
            assert beta.ppf(0.9, alerts + 1, n_rows - alerts) <= bound
            assert beta.ppf(0.9, alerts + 2, n_rows - alerts - 1) > bound


def test_bounds_share_the_error():
    proba, y = proba_and_labels(500, 2, 1)
    score = proba[:, 1]
    both = passed(score, y, {"recall": 0.6, "false_positive_rate": 0.5}, 0.1)
    alone = [passed(score, y, {"recall": 0.6}, 0.05)]
    alone.append(passed(score, y, {"false_positive_rate": 0.5}, 0.05))
    np.testing.assert_array_equal(np.sort(both), np.intersect1d(*alone))
    assert len(both)


# --- the precision ---------------------------------------------------------------------------


def precise_slowly(score, y, bound, error_rate):
    """Numbers of alerts that pass, by testing one rank after the other; no two scores tie."""
    y = y[np.argsort(-score)]
    starts, level = first_ranks(bound, error_rate, len(y))
    assert level * len(starts) <= error_rate + 1e-12
    found = set()
    for n_alerts in starts:
        while n_alerts <= len(y):
            right = int(y[:n_alerts].sum())
            if binom.pmf(np.arange(right, n_alerts + 1), n_alerts, bound).sum() > level:
                break
            found.add(n_alerts)
            n_alerts += 1
    return found


@looped("seed", range(3))
def test_a_precision_passes_rank_by_rank(seed):
    rng = np.random.RandomState(seed)
    score = rng.permutation(150) / 150
    y = (rng.uniform(size=150) < score**2).astype(int)
    for bound in (0.2, 0.5):
        alerts = [(score >= cut).sum() for cut in passed(score, y, {"precision": bound})]
        assert set(alerts) == precise_slowly(score, y, bound, 0.1)


def test_where_sequences_begin_depends_on_no_label():
    for bound in (0.05, 0.3, 0.5, 0.9, 0.99):
        starts, level = first_ranks(bound, 0.1, 100_000)
        hoped_for = bound + 0.75 * (1 - bound)
        powers = []
        for n_alerts in (starts[0] - 1, starts[0]):
            least = next(
                k for k in range(n_alerts + 2) if binom.sf(k - 1, n_alerts, bound) <= level
            )
            powers.append(binom.sf(least - 1, n_alerts, hoped_for))
        assert powers[0] < 0.9 <= powers[1]
        assert (np.divide(starts[1:], starts[:-1]) == 4).all()
        assert starts[-1] * 4 > 100_000
    assert first_ranks(0.9, 0.1, 20)[0] == []
    assert first_ranks(1.0, 0.1, 1000)[0] == []


def test_ties_do_not_depend_on_the_labels_of_a_sorted_table():
    """Rows with one score, the positives first: the first of them must not count as the best."""
    y = np.repeat([1, 0], [60, 60])
    assert len(passed(np.full(120, 0.5), y, {"precision": 0.6})) == 0
    assert len(passed(np.full(120, 0.5), y, {"precision": 0.3})) == 1


# --- how often they break --------------------------------------------------------------------


def logistic(score):
    return 1 / (1 + np.exp(-(12 * score - 9)))


def bad_top(score):
    return np.where(score > 0.96, 0.1, np.where(score > 0.5, 0.8, 0.1))


def waves(score):
    return 0.5 + 0.45 * np.sin(25 * (1 - score) + 0.6)


def broken(thresholds, shape, steps, bound):
    """Whether the precision is too low at some of the thresholds, by integration."""
    grid = np.arange(40_000)[::-1] / 40_000 if steps is None else np.arange(steps)[::-1] / steps
    mean = np.cumsum(shape(grid)) / np.arange(1, len(grid) + 1)
    reached = np.searchsorted(-grid, -thresholds, side="right")
    return bool((mean[reached[reached > 0] - 1] < bound - (1e-3 if steps is None else 1e-9)).any())


@pytest.mark.exhaustive
@pytest.mark.parametrize("steps", [None, 25], ids=["", "ties"])
@pytest.mark.parametrize("shape", [logistic, bad_top, waves], ids=lambda shape: shape.__name__)
def test_some_guaranteed_precision_breaks_seldom(shape, steps):
    """In 600 tables of 400 rows any error counts, at any threshold that is guaranteed, not
    only at the one that would be chosen. If one in ten errs, as many as here have a probability
    below 1e-6 (of each of six cases)."""
    rng = np.random.RandomState(0)
    n_tables, errors, found, naive = 600, 0, 0, 0
    bound = 0.5
    for _ in range(n_tables):
        score = rng.uniform(size=400)
        score = score if steps is None else np.floor(score * steps) / steps
        y = (rng.uniform(size=400) < shape(score)).astype(int)
        thresholds = passed(score, y, {"precision": bound})
        found += len(thresholds) > 0
        errors += broken(thresholds, shape, steps, bound)
        counts = exact_counts(score, y == 1)
        kept = counts.thresholds[counts.rate("precision") >= bound]
        naive += broken(kept, shape, steps, bound)
    most = binom.isf(1e-6, n_tables, 0.1)
    assert errors <= most
    assert found > n_tables / 10
    assert naive > most  # so that the test would notice a guarantee that is none


@pytest.mark.exhaustive
def test_a_chosen_threshold_breaks_seldom():
    """The same through the class, for the rates that a threshold changes in one direction. Scores
    of positives are uniform, of negatives a third power, so that true rates are read off the
    threshold."""
    rng = np.random.RandomState(0)
    n_tables = 300
    most = binom.isf(1e-6, n_tables, 0.2)
    for constraint, share_of in [
        ({"recall": 0.8}, lambda cut: 0.8 - (1 - cut)),
        ({"false_positive_rate": 0.2}, lambda cut: (1 - np.cbrt(cut)) - 0.2),
        ({"alert_share": 0.2}, lambda cut: 1 - (cut + np.cbrt(cut)) / 2 - 0.2),
    ]:
        errors = {0.8: 0, None: 0}
        for _ in range(n_tables):
            score, y = rng.uniform(size=200), rng.randint(2, size=200)
            score = np.where(y == 1, score, score**3)
            X = np.column_stack([1 - score, score])
            for confidence in errors:
                model = ConstrainedThresholdClassifierCV(
                    fixed_proba([0, 1]), constraint=constraint, confidence=confidence
                )
                cut = np.clip(model.fit(X, y).best_threshold_, 0, 1)
                errors[confidence] += share_of(cut) > 0
        assert errors[0.8] <= most
        assert errors[None] > most


# --- in the class ----------------------------------------------------------------------------


def scored_table():
    rng = np.random.RandomState(0)
    score = rng.uniform(size=600)
    y = (rng.uniform(size=600) < logistic(score)).astype(int)
    return np.column_stack([1 - score, score]), y


def test_the_best_of_the_guaranteed_thresholds():
    X, y = scored_table()
    for constraint in ({"precision": 0.7}, {"recall": 0.8}, {"precision": 0.5, "recall": 0.5}):
        model = ConstrainedThresholdClassifierCV(
            fixed_proba([0, 1]), constraint=constraint, confidence=0.9
        ).fit(X, y)
        allowed = passed(X[:, 1], y, constraint)
        assert model.constraint_met_
        assert model.best_threshold_ in allowed
        alerts = [X[:, 1] >= cut for cut in allowed]
        if "recall" in constraint:
            best = max(y[alert].mean() for alert in alerts)
        else:
            best = max(alert[y == 1].mean() for alert in alerts)
        assert model.best_score_ == pytest.approx(best)
        assert model.score(X, y) == pytest.approx(best)


def test_the_nearest_that_could_be_guaranteed():
    X, y = scored_table()
    model = ConstrainedThresholdClassifierCV(
        fixed_proba([0, 1]), constraint={"precision": 0.995}, confidence=0.9
    )
    words = (
        r"With probability 0.9, no threshold guarantees class 1 a precision of at least 0.995, as "
        r"far as 600 rows with \d+ of the class can tell\. The nearest that they could have "
        r"guaranteed is a precision of at least (0\.\d+)\. Ask for no more than that"
    )
    with pytest.raises(ValueError, match=words) as error:
        model.fit(X, y)
    nearest = float(
        str(error.value).split("guaranteed is a precision of at least ")[1].split()[0][:-1]
    )
    assert 0.6 < nearest < 0.995
    assert len(passed(X[:, 1], y, {"precision": nearest - 1e-6}))
    assert not len(passed(X[:, 1], y, {"precision": nearest + 0.002}))
    with pytest.warns(UserWarning, match="It is decided by that"):
        model.set_params(if_unmet="nearest").fit(X, y)
    assert not model.constraint_met_
    assert model.best_threshold_ in passed(X[:, 1], y, {"precision": nearest - 1e-6})


def test_what_no_guarantee_holds_for_is_refused():
    X, y = scored_table()
    options = {"constraint": {"recall": 0.8}, "confidence": 0.9}
    with pytest.raises(ValueError, match=r"needs a fixed model.*FrozenEstimator\(estimator\)"):
        ConstrainedThresholdClassifierCV(GaussianNB(), **options).fit(X, y)
    frozen = ConstrainedThresholdClassifierCV(fixed_proba([0, 1]), **options)
    with pytest.raises(ValueError, match="rows have to be independent and count once"):
        frozen.fit(X, y, sample_weight=np.ones(len(y)))
    with pytest.raises(ValueError, match="rows have to be independent and count once"):
        frozen.fit(X, y, groups=np.arange(len(y)))
    several = {0: {"recall": 0.1}, 1: {"recall": 0.1}}
    proba, y = proba_and_labels(90, 3, 0)
    with pytest.raises(ValueError, match="confidence is for one constrained class, got 2"):
        ConstrainedThresholdClassifierCV(
            fixed_proba([0, 1, 2]), constraint=several, confidence=0.9
        ).fit(proba, y)
