"""The self-paced ensemble: rounds, running mean, schedule, weights, recalibration."""

import warnings

import numpy as np
import pandas as pd
import pytest
from lightgbm import LGBMClassifier
from scipy import sparse, stats
from sklearn.base import clone
from sklearn.compose import make_column_selector, make_column_transformer
from sklearn.datasets import make_classification
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import average_precision_score
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder
from sklearn.svm import LinearSVC
from sklearn.tree import DecisionTreeClassifier
from tables import unbalanced

from imbalance_kit.calibration import correct_prior
from imbalance_kit.ensemble import SelfPacedEnsembleClassifier

N_ROUNDS = 6


def small(**parameters):
    return SelfPacedEnsembleClassifier(
        **{"n_estimators": N_ROUNDS, "random_state": 0, **parameters}
    )


# --- what each round sees --------------------------------------------------------------------


@pytest.mark.parametrize("bootstrap", [False, True])
@pytest.mark.parametrize("sampling", ["hard", "soft"])
@pytest.mark.parametrize("replacement", [False, True])
def test_every_round_holds_exactly_the_targets(bootstrap, sampling, replacement, three_classes):
    X, y = three_classes
    model = small(bootstrap=bootstrap, sampling=sampling, replacement=replacement).fit(X, y)
    assert model.sampling_strategy_ == {0: 12, 2: 12}
    assert len(model.estimators_) == len(model.estimators_samples_) == N_ROUNDS
    for rows in model.estimators_samples_:
        assert np.bincount(y[rows]).tolist() == [12, 12, 12]
        large = rows[y[rows] != 1]
        if not replacement:
            assert len(set(large.tolist())) == len(large)
        if not bootstrap:
            assert sorted(rows[y[rows] == 1]) == np.flatnonzero(y == 1).tolist()
    if (
        bootstrap
    ):  # twelve of twelve with replacement, all different: 12! / 12**12 < 1e-4, six times
        assert any(len(set(rows[y[rows] == 1])) < 12 for rows in model.estimators_samples_)


@pytest.mark.parametrize(
    ("strategy", "counts"),
    [
        ("auto", [12, 12, 12]),
        ("majority", [12, 12, 25]),
        ({0: 30}, [30, 12, 25]),
        ({0: 30, 2: 14}, [30, 12, 14]),
        (lambda y: {0: 2 * int(np.sum(y == 1))}, [24, 12, 25]),
    ],
)
def test_sampling_strategy(strategy, counts, three_classes):
    X, y = three_classes
    model = small(sampling_strategy=strategy).fit(X, y)
    for rows in model.estimators_samples_:
        assert np.bincount(y[rows]).tolist() == counts


def test_the_majority_at_any_ratio(two_classes):
    X, y = two_classes
    model = small(sampling_strategy=0.5).fit(X, y)
    assert [np.bincount(y[rows]).tolist() for rows in model.estimators_samples_] == [[30, 15]] * 6


def test_learners_are_trained_on_the_rows_named(two_classes):
    X, y = two_classes
    model = small(estimator=DecisionTreeClassifier(max_depth=3)).fit(X, y)
    for learner, rows in zip(model.estimators_, model.estimators_samples_, strict=True):
        again = clone(learner).fit(X[rows], y[rows])
        np.testing.assert_array_equal(learner.predict_proba(X), again.predict_proba(X))


def test_the_prediction_is_the_mean_of_the_learners(three_classes):
    X, y = three_classes
    model = small().fit(X, y)
    mean = np.mean([learner.predict_proba(X) for learner in model.estimators_], axis=0)
    np.testing.assert_allclose(model.predict_proba(X), mean, rtol=1e-12)
    np.testing.assert_array_equal(model.predict(X), mean.argmax(axis=1))


def test_one_round_is_random_under_sampling_and_one_learner():
    """The first draw does not look at the rows: how often each of 60 rows is drawn in 400 fits
    is uniform (chi-squared, threshold 1e-7), and the small class is there as it is."""
    X, y = unbalanced([60, 15], n_columns=1)
    learner = GaussianNB()
    seen = np.zeros(len(y))
    for seed in range(400):
        model = SelfPacedEnsembleClassifier(
            learner, n_estimators=1, bootstrap=False, random_state=seed
        ).fit(X, y)
        (rows,) = model.estimators_samples_
        np.add.at(seen, rows, 1)
    assert (seen[y == 1] == 400).all()
    assert stats.chisquare(seen[y == 0]).pvalue > 1e-7
    by_hand = clone(learner).fit(X[rows], y[rows])
    np.testing.assert_array_equal(model.predict_proba(X), by_hand.predict_proba(X))


def test_the_running_mean_holds_the_learners_so_far_and_nobody_else():
    """What hardness is measured on in round i is the mean of learners 0 .. i-1. A phantom learner
    that says 0 would make it i / (i + 1) of that."""
    X, y = unbalanced([80, 20])
    seen = []

    def hardness(p_true):
        seen.append(p_true.copy())
        return 1 - p_true

    model = small(hardness=hardness, estimator=DecisionTreeClassifier(max_depth=3)).fit(X, y)
    assert len(seen) == N_ROUNDS
    said = np.array([learner.predict_proba(X[y == 0])[:, 0] for learner in model.estimators_])
    assert np.ptp(seen[0]) == 0
    for number in range(1, N_ROUNDS):
        np.testing.assert_allclose(seen[number], said[:number].mean(axis=0), rtol=1e-12)


def test_the_running_mean_with_three_classes_and_others_kept(three_classes):
    """Each reduced class is judged by the probability of that class."""
    X, y = three_classes
    seen = []

    def hardness(p_true):
        seen.append(p_true.copy())
        return 1 - p_true

    model = small(hardness=hardness, estimator=DecisionTreeClassifier(max_depth=3)).fit(X, y)
    assert len(seen) == 2 * N_ROUNDS
    for number in range(1, N_ROUNDS):
        for place, code in enumerate([0, 2]):
            said = [
                learner.predict_proba(X[y == code])[:, code]
                for learner in model.estimators_[:number]
            ]
            np.testing.assert_allclose(seen[2 * number + place], np.mean(said, axis=0), rtol=1e-12)


def counts_by_definition(hardness, n, k, alpha):
    """Rows per bin, written step by step from the paper, with the surplus of full bins going to
    the others. Values are rounded so that edges of bins are what they look like."""
    hardness = np.round(hardness, 12)
    low, width = hardness.min(), np.ptp(hardness) / k
    bins = [min(int(np.floor(round((h - low) / width, 9))), k - 1) for h in hardness]
    members = {b: [h for h, own in zip(hardness, bins, strict=True) if own == b] for b in set(bins)}
    wanted = dict.fromkeys(range(k), 0)
    left = n
    while left:
        open_bins = [b for b in members if wanted[b] < len(members[b])]
        weight = {b: 1 / (max(np.mean(members[b]), 1e-6) + alpha) for b in open_bins}
        exact = {b: left * weight[b] / sum(weight.values()) for b in open_bins}
        whole = {b: int(exact[b]) for b in open_bins}
        short = left - sum(whole.values())
        for b in sorted(open_bins, key=lambda b: (whole[b] - exact[b], b))[:short]:
            whole[b] += 1
        for b in open_bins:
            taken = min(whole[b], len(members[b]) - wanted[b])
            wanted[b] += taken
            left -= taken
    return bins, [wanted[b] for b in range(k)]


@pytest.mark.parametrize("max_depth", [2, None])
def test_rounds_follow_the_schedule(max_depth):
    """Alpha is tan(pi / 2 * i / (n - 1)): every draw is recomputed from the learners before it."""
    X, y = unbalanced([300, 40], n_columns=3)
    learner = DecisionTreeClassifier(max_depth=max_depth)
    model = small(estimator=learner, bootstrap=False, replacement=False, k_bins=4).fit(X, y)
    own = np.flatnonzero(y == 0)
    for number in range(1, N_ROUNDS):
        said = [learner.predict_proba(X[own])[:, 0] for learner in model.estimators_[:number]]
        alpha = np.tan(np.pi / 2 * number / (N_ROUNDS - 1))
        bins, counts = counts_by_definition(1 - np.mean(said, axis=0), 40, 4, alpha)
        drawn = np.isin(own, model.estimators_samples_[number])
        assert np.bincount(np.array(bins)[drawn], minlength=4).tolist() == counts


def test_learners_and_bootstraps_differ(two_classes):
    model = small(k_bins=1).fit(*two_classes)
    rows = {tuple(rows) for rows in model.estimators_samples_}
    assert len(rows) == N_ROUNDS
    assert len({learner.random_state for learner in model.estimators_}) == N_ROUNDS


# --- randomness and jobs ---------------------------------------------------------------------


def test_same_seed_same_model(three_classes):
    X, y = three_classes
    one, other = small().fit(X, y), small().fit(X, y)
    np.testing.assert_array_equal(one.predict_proba(X), other.predict_proba(X))
    for rows, again in zip(one.estimators_samples_, other.estimators_samples_, strict=True):
        np.testing.assert_array_equal(rows, again)
    assert not np.array_equal(
        one.estimators_samples_[0], small(random_state=1).fit(X, y).estimators_samples_[0]
    )


@pytest.mark.parametrize("n_jobs", [2, 3, -1])
def test_jobs_do_not_change_predictions(n_jobs, three_classes):
    X, y = three_classes
    model = small().fit(X, y)
    expected = model.predict_proba(X)
    for table in (X, pd.DataFrame(X), X[:1], X[:2]):
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "X has feature names", UserWarning)
            proba = model.set_params(n_jobs=n_jobs).predict_proba(table)
        np.testing.assert_array_equal(proba, expected[: len(table)])


# --- tables ----------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", [sparse.csr_matrix, sparse.csr_array, sparse.csc_matrix])
def test_sparse(kind, overlapping):
    """A tree of depth 3 finds the same splits in both, so the models are the same."""
    X, y = (array[:400] for array in overlapping)
    X = np.where(X > 0.5, X, 0)
    learner = DecisionTreeClassifier(max_depth=3)
    dense, thin = small(estimator=learner).fit(X, y), small(estimator=learner).fit(kind(X), y)
    np.testing.assert_allclose(thin.predict_proba(kind(X)), dense.predict_proba(X))


def test_missing_values_where_the_base_takes_them(three_classes):
    X, y = three_classes
    X = X.copy()
    X[::3, 0] = np.nan
    for learner in (None, LGBMClassifier(n_estimators=3, verbose=-1, n_jobs=1)):
        model = small(estimator=learner).fit(X, y)
        assert np.isfinite(model.predict_proba(X)).all()
    with pytest.raises(ValueError, match="NaN"):
        small(estimator=LogisticRegression()).fit(X, y)


def test_frames_reach_the_base_learner():
    X, y = unbalanced([90, 30])
    frame = pd.DataFrame(X, columns=list("abcd")).assign(
        word=pd.Categorical(np.random.RandomState(0).choice(list("xyz"), 120))
    )
    words = make_column_transformer(
        (OneHotEncoder(), make_column_selector(dtype_include="category")), remainder="passthrough"
    )
    for learner in (
        make_pipeline(words, DecisionTreeClassifier(max_depth=3)),
        LGBMClassifier(n_estimators=3, verbose=-1, n_jobs=1),
    ):
        model = small(estimator=learner).fit(frame, y)
        assert model.predict_proba(frame).shape == (120, 2)
        assert model.feature_names_in_.tolist() == frame.columns.tolist()
        with pytest.raises(ValueError, match="feature names"):
            model.predict(frame.rename(columns={"a": "z"}))


def test_it_ranks_better_than_one_tree(overlapping):
    """Not a close call: fifty trees on balanced halves against one tree, average precision."""
    X, y = make_classification(
        n_samples=6000, n_features=8, n_informative=5, weights=[0.95], flip_y=0.02, random_state=1
    )
    train, test = slice(0, 3000), slice(3000, None)
    model = SelfPacedEnsembleClassifier(random_state=0).fit(X[train], y[train])
    tree = DecisionTreeClassifier(random_state=0).fit(X[train], y[train])
    ours, theirs = (
        average_precision_score(y[test], m.predict_proba(X[test])[:, 1]) for m in (model, tree)
    )
    assert ours > theirs + 0.1


# --- hardness --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "function"),
    [
        ("absolute", lambda p: 1 - p),
        ("squared", lambda p: (1 - p) ** 2),
        ("cross_entropy", lambda p: -np.log(np.maximum(p, 1e-6))),
    ],
)
def test_named_hardness_is_its_function(name, function, two_classes):
    X, y = two_classes
    named, given = small(hardness=name).fit(X, y), small(hardness=function).fit(X, y)
    for rows, again in zip(named.estimators_samples_, given.estimators_samples_, strict=True):
        np.testing.assert_array_equal(rows, again)


def test_a_callable_that_answers_wrongly(two_classes):
    with pytest.raises(ValueError, match="as many finite numbers"):
        small(hardness=lambda p: p.sum()).fit(*two_classes)


# --- warm start ------------------------------------------------------------------------------


@pytest.mark.parametrize(("first", "k_bins"), [(1, 5), (3, 1)])
def test_warm_start_is_fitting_at_once(first, k_bins, two_classes):
    """Exactly so where the earlier rounds did not use the schedule, which follows the new
    n_estimators: after one round, or with one bin."""
    X, y = two_classes
    grown = small(n_estimators=first, k_bins=k_bins, warm_start=True).fit(X, y)
    start = list(grown.estimators_)
    grown.set_params(n_estimators=N_ROUNDS).fit(X, y)
    assert grown.estimators_[:first] == start
    at_once = small(k_bins=k_bins).fit(X, y)
    for rows, again in zip(grown.estimators_samples_, at_once.estimators_samples_, strict=True):
        np.testing.assert_array_equal(rows, again)
    np.testing.assert_array_equal(grown.predict_proba(X), at_once.predict_proba(X))


def test_warm_start_goes_on_from_the_mean_so_far(two_classes):
    X, y = two_classes
    seen = []

    def hardness(p_true):
        seen.append(p_true.copy())
        return 1 - p_true

    model = small(
        n_estimators=3,
        warm_start=True,
        hardness=hardness,
        estimator=DecisionTreeClassifier(max_depth=2),
    ).fit(X, y)
    model.set_params(n_estimators=5).fit(X, y)
    assert len(model.estimators_) == 5
    said = [learner.predict_proba(X[y == 0])[:, 0] for learner in model.estimators_[:3]]
    np.testing.assert_allclose(seen[3], np.mean(said, axis=0), rtol=1e-12)


def test_without_warm_start_it_begins_anew(two_classes):
    model = small().fit(*two_classes)
    before = list(model.estimators_)
    model.fit(*two_classes)
    assert len(model.estimators_) == N_ROUNDS
    assert not set(map(id, before)) & set(map(id, model.estimators_))


def test_wrong_warm_starts(two_classes):
    X, y = two_classes
    model = small(warm_start=True).fit(X, y)
    with pytest.warns(UserWarning, match="without increasing n_estimators"):
        model.fit(X, y)
    with pytest.raises(
        ValueError, match=r"n_estimators=3 must be larger or equal to the 6 learners"
    ):
        clone_of(model).set_params(n_estimators=3).fit(X, y)
    with pytest.raises(ValueError, match=r"classes of the earlier fit, \[0, 1\].*\[0, 1, 2\]"):
        model.set_params(n_estimators=9).fit(X, np.where(np.arange(len(y)) < 5, 2, y))


def clone_of(model):
    """A copy with the learners, unlike scikit-learn's clone."""
    copy = SelfPacedEnsembleClassifier(**model.get_params(deep=False))
    vars(copy).update(vars(model))
    return copy


# --- weights ---------------------------------------------------------------------------------


class RecordsWeights(GaussianNB):
    def fit(self, X, y, sample_weight=None):
        self.weights_ = sample_weight
        return super().fit(X, y, sample_weight)


def test_weights_follow_the_rows(two_classes):
    X, y = two_classes
    weight = np.random.RandomState(0).uniform(size=len(y))
    model = small(estimator=RecordsWeights()).fit(X, y, sample_weight=weight)
    for learner, rows in zip(model.estimators_, model.estimators_samples_, strict=True):
        np.testing.assert_array_equal(learner.weights_, weight[rows])
    assert small(estimator=RecordsWeights()).fit(X, y).estimators_[0].weights_ is None


def test_equal_weights_change_nothing(two_classes):
    X, y = two_classes
    plain, weighted = small().fit(X, y), small().fit(X, y, sample_weight=np.full(len(y), 2.0))
    np.testing.assert_array_equal(plain.predict_proba(X), weighted.predict_proba(X))


@pytest.mark.parametrize(("n_estimators", "dependent"), [(1, True), (4, False)])
def test_weights_mean_repetition_on_average(n_estimators, dependent):
    """Stands in for scikit-learn's check_sample_weight_equivalence, which asks for the same
    result where rows are drawn. With weights, and with rows repeated that often, the mean
    log-odds of four cells over 40 seeds agree: exactly in the limit for one round; for more
    rounds where weights are independent of hardness, since bins count rows, not weight. The
    difference of two means stays within 8 estimated standard errors plus .02 for the bias of a
    logarithm of about 100 rows; false alarm below 1e-9 (t, 78 degrees of freedom)."""
    rng = np.random.RandomState(0)
    cell = rng.randint(4, size=6000)
    X = cell[:, None].astype(float)
    y = (rng.uniform(size=len(X)) < np.array([0.06, 0.1, 0.14, 0.2])[cell]).astype(int)
    weight = rng.randint(1, 4, size=len(y))
    if dependent:
        weight[(cell == 2) & (y == 1)] += 3
    repeated = np.repeat(np.arange(len(y)), weight)

    def log_odds(X, y, weight=None):
        found = []
        for seed in range(40):
            model = SelfPacedEnsembleClassifier(
                DecisionTreeClassifier(max_depth=2),
                n_estimators=n_estimators,
                recalibrate=True,
                random_state=seed,
            ).fit(X, y, sample_weight=weight)
            proba = model.predict_proba(np.arange(4.0)[:, None])
            found.append(np.log(proba[:, 1] / proba[:, 0]))
        return np.array(found)

    one, other = log_odds(X, y, weight), log_odds(X[repeated], y[repeated])
    error = np.sqrt((one.var(axis=0) + other.var(axis=0)) / 40)
    assert (np.abs(one.mean(axis=0) - other.mean(axis=0)) < 8 * error + 0.02).all()
    if dependent:
        ignored = log_odds(X, y)
        assert np.abs(ignored.mean(axis=0) - other.mean(axis=0))[2] > 8 * error[2] + 0.02


# --- probabilities ---------------------------------------------------------------------------


def test_recalibration_is_the_prior_correction(three_classes):
    X, y = three_classes
    raw, corrected = small().fit(X, y), small(recalibrate=True).fit(X, y)
    expected = correct_prior(raw.predict_proba(X), trained_on=[12, 12, 12], true_prior=[50, 12, 25])
    np.testing.assert_allclose(corrected.predict_proba(X), expected)
    np.testing.assert_allclose(corrected.prior_, np.array([50, 12, 25]) / 87)
    np.testing.assert_allclose(corrected.resampled_prior_, np.full(3, 1 / 3))
    np.testing.assert_array_equal(corrected.predict(X), expected.argmax(axis=1))


def test_recalibration_brings_the_mean_nearer(overlapping):
    X, y = overlapping
    learner = DecisionTreeClassifier(max_depth=4)
    raw, corrected = (
        small(estimator=learner, recalibrate=flag).fit(X, y).predict_proba(X)[:, 1].mean()
        for flag in (False, True)
    )
    assert abs(corrected - y.mean()) < abs(raw - y.mean()) / 2


def test_weighted_priors(two_classes):
    """60 rows of weight 1 and 15 of weight 4 weigh the same; a round holds 15 of each."""
    X, y = two_classes
    model = small().fit(X, y, sample_weight=np.where(y == 1, 4.0, 1.0))
    np.testing.assert_allclose(model.prior_, [0.5, 0.5])
    np.testing.assert_allclose(model.resampled_prior_, [0.2, 0.8])


# --- progress --------------------------------------------------------------------------------


def test_verbose(two_classes, capsys):
    small().fit(*two_classes)
    assert capsys.readouterr().out == ""
    small(verbose=1).fit(*two_classes)
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == N_ROUNDS
    for number, line in enumerate(lines, start=1):
        assert f"round {number} of {N_ROUNDS}" in line
        assert "30 rows" in line


class Watcher:
    """A callback that writes down what it sees and stops where told."""

    def __init__(self, stop_after=None):
        self.stop_after = stop_after
        self.events = []

    def setup(self, estimator, context):
        self.events.append("setup")

    def on_fit_task_begin(self, estimator, context, **kwargs):
        self.events.append(f"begin {context.task_name}")

    def on_fit_task_end(self, estimator, context, *, fitted_estimator=None, **kwargs):
        self.events.append(f"end {context.task_name}")
        if context.task_name == "round":
            self.size = len(fitted_estimator.estimators_)
            return self.size == self.stop_after
        return False

    def teardown(self, estimator, context):
        self.events.append("teardown")


@pytest.fixture
def callbacks():
    return pytest.importorskip("sklearn.callback", reason="callbacks came with scikit-learn 1.9")


@pytest.mark.usefixtures("callbacks")
def test_callbacks_see_every_round(two_classes):
    X, y = two_classes
    watcher = Watcher()
    model = small().set_callbacks(watcher).fit(X, y)
    assert watcher.events[0] == "setup"
    assert watcher.events[-1] == "teardown"
    assert watcher.events.count("begin round") == watcher.events.count("end round") == N_ROUNDS
    np.testing.assert_array_equal(model.predict_proba(X), small().fit(X, y).predict_proba(X))


@pytest.mark.usefixtures("callbacks")
def test_a_callback_may_stop_the_fit(two_classes):
    model = small().set_callbacks(Watcher(stop_after=2)).fit(*two_classes)
    assert len(model.estimators_) == 2
    np.testing.assert_allclose(model.predict_proba(two_classes[0]).sum(axis=1), 1)


def test_scikit_learns_scoring_monitor(callbacks, two_classes):
    X, y = two_classes
    monitor = callbacks.ScoringMonitor(scoring="roc_auc")
    model = small().set_callbacks(monitor).fit(X, y)
    logs = monitor.get_logs()
    logs = logs if isinstance(logs, list) else [logs]
    scores = [row for log in logs for row in log.data]
    assert len(scores) >= N_ROUNDS
    assert len(model.estimators_) == N_ROUNDS


# --- errors ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        (
            {"estimator": LinearSVC(), "recalibrate": True},
            r"LinearSVC has no predict_proba.*Calibrated",
        ),
        ({"n_estimators": 0}, "'n_estimators' parameter"),
        ({"k_bins": 0}, "'k_bins' parameter"),
        ({"hardness": "hard"}, "'hardness' parameter"),
        ({"sampling": "firm"}, "'sampling' parameter"),
        ({"sampling_strategy": 1.5}, "'sampling_strategy' parameter"),
        ({"sampling_strategy": {0: 61}}, "class|samples"),
        ({"sampling_strategy": {5: 6}}, r"\[5\].*not present"),
        ({"sampling_strategy": 0.1}, "ratio"),
    ],
)
def test_wrong_parameters(parameters, message, two_classes):
    with pytest.raises(ValueError, match=message):
        small(**parameters).fit(*two_classes)


def test_a_float_needs_two_classes(three_classes):
    with pytest.raises(ValueError, match="exactly two classes; y has 3"):
        small(sampling_strategy=0.9).fit(*three_classes)


def test_weights_for_a_learner_without(two_classes):
    X, y = two_classes
    model = small(estimator=KNeighborsClassifier())
    with pytest.raises(ValueError, match=r"sample_weight was given, but KNeighborsClassifier"):
        model.fit(X, y, sample_weight=np.ones(len(y)))


@pytest.mark.parametrize(
    ("y", "message"),
    [
        (None, "requires y"),
        (np.zeros(75), "at least 2 classes"),
        (np.linspace(0, 1, 75), "Unknown label type"),
        (np.repeat([0.0, np.nan], [60, 15]), "NaN|missing"),
        (np.zeros((75, 2), int), "1d|[Mm]ultilabel|[Mm]ultioutput"),
    ],
    ids=["none", "one class", "continuous", "NaN", "two columns"],
)
def test_wrong_labels(y, message, two_classes):
    with pytest.raises(ValueError, match=message):
        small().fit(two_classes[0], y)


def test_recalibration_needs_every_class(two_classes):
    X, y = two_classes
    with pytest.raises(ValueError, match="Only class 0 has rows of positive weight"):
        small(recalibrate=True).fit(X, y, sample_weight=np.where(y == 1, 0.0, 1.0))
