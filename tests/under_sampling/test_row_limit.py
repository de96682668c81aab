"""RowLimit: numbers that keep to a limit, and models that refuse more rows behind it."""

import numpy as np
import pytest
from loops import looped
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.model_selection import GridSearchCV

from imbalance_kit.compose import ResampledClassifier
from imbalance_kit.ensemble import ResamplingBaggingClassifier
from imbalance_kit.under_sampling import RandomUnderSampler, RowLimit

SPREAD = np.array([0.0, 1.5, 3.0])


class InContext(ClassifierMixin, BaseEstimator):
    """A stand-in for a model that learns from a table at prediction and refuses a larger one.

    It knows how the classes lie (normal, around their positions), and takes their shares from its
    table, so that its probabilities are exact for them.
    """

    def __init__(self, limit=100):
        self.limit = limit

    def fit(self, X, y):
        if len(X) > self.limit:
            raise ValueError(f"at most {self.limit} rows; got {len(X)}")
        self.classes_, counts = np.unique(y, return_counts=True)
        self.share_ = counts / counts.sum()
        return self

    def predict_proba(self, X):
        return exact(np.asarray(X)[:, 0], self.share_)

    def predict(self, X):
        return self.classes_[self.predict_proba(X).argmax(axis=1)]


def exact(x, share):
    density = np.exp(-0.5 * (x[:, None] - SPREAD[: len(share)]) ** 2) * share
    return density / density.sum(axis=1, keepdims=True)


def table(counts, seed=0):
    y = np.repeat(np.arange(len(counts)), counts)
    rng = np.random.RandomState(seed)
    return (SPREAD[y] + rng.normal(size=len(y)))[:, None], y


def brute_force(total, share, counts):
    """Row by row to the class that is furthest below its share and has rows left."""
    rows = np.ones(len(counts), dtype=int)
    while rows.sum() < total:
        open_ = rows < counts
        rows[np.argmax(np.where(open_, (share + 1e-12) / (rows + 0.5), -1))] += 1
    return rows


@looped("balance", [0.0, 0.3, 1.0])
@looped("counts", [[900, 100], [5, 995], [700, 250, 50], [3, 3, 3], [400, 30, 20, 10]], ids=str)
@looped("max_rows", [4, 37, 100, 500, 5000])
def test_numbers_add_up_and_keep_to_shares_as_far_as_classes_have_rows(balance, counts, max_rows):
    counts = np.array(counts)
    y = np.repeat(np.arange(len(counts)), counts)
    found = np.array(list(RowLimit(max_rows, balance=balance)(y).values()))
    total = min(max_rows, counts.sum())
    assert found.sum() == total
    assert ((found >= 1) & (found <= counts)).all()
    share = balance / len(counts) + (1 - balance) * counts / counts.sum()
    assert np.abs(found - brute_force(total, share, counts)).max() <= len(counts)
    inside = (found > 1) & (found < counts)  # these are in proportion to each other
    if inside.sum() > 1:
        ratio = found[inside] / share[inside]
        assert ratio.max() - ratio.min() <= (1 / share[inside]).max() * 1.5
    if balance == 1 and (counts * len(counts) >= total).all():
        assert found.max() - found.min() <= 1


def test_labels_are_kept_as_they_are():
    y = np.repeat(["no", "yes"], [30, 10])
    assert RowLimit(20)(y) == {"no": 10, "yes": 10}
    kept = RandomUnderSampler(sampling_strategy=RowLimit(20), random_state=0)
    assert np.unique(kept.fit_resample(np.zeros((40, 1)), y)[1], return_counts=True)[1].sum() == 20


@looped(
    ("limit", "message"),
    [
        (RowLimit(1), r"'max_rows' parameter of RowLimit"),
        (RowLimit(10, balance=2), r"'balance' parameter of RowLimit"),
        (RowLimit(2), r"max_rows=2 leaves no row for some of 3 classes. Give at least 3"),
    ],
    ids=str,
)
def test_limits_that_cannot_be_kept(limit, message):
    with pytest.raises(ValueError, match=message):
        limit(np.arange(3))


# --- models that refuse more rows ----------------------------------------------------------------


@looped("counts", [[900, 60], [700, 200, 40]], ids=str)
@looped("balance", [0.0, 0.5, 1.0])
def test_one_context_and_several_have_the_probabilities_of_the_whole_table(counts, balance):
    """The prior correction is exact: rows went at random within each class."""
    X, y = table(counts)
    with pytest.raises(ValueError, match="at most 100 rows"):
        InContext().fit(X, y)
    sampler = RandomUnderSampler(sampling_strategy=RowLimit(100, balance=balance), random_state=0)
    one = ResampledClassifier(InContext(), sampler, recalibrate=True).fit(X, y)
    several = ResamplingBaggingClassifier(
        InContext(), sampler, n_estimators=3, bootstrap=False, recalibrate=True, random_state=0
    ).fit(X, y)
    expected = exact(X[:, 0], np.array(counts) / len(y))
    for model in (one, several):
        np.testing.assert_allclose(model.predict_proba(X), expected, rtol=1e-9, atol=1e-12)
    assert len(one.sampler_.sample_indices_) == 100
    contexts = several.estimators_samples_
    assert all(len(np.unique(rows)) == 100 for rows in contexts)
    assert len({tuple(np.sort(rows)) for rows in contexts}) == 3
    if balance == 1:
        bare = clone(one).set_params(recalibrate=False).fit(X, y)
        np.testing.assert_allclose(
            bare.predict_proba(X), exact(X[:, 0], one.resampled_prior_), rtol=1e-12
        )
        assert np.abs(bare.predict_proba(X) - expected).max() > 0.1


def test_a_search_reaches_the_limit():
    X, y = table([300, 60])
    sampler = RandomUnderSampler(sampling_strategy=RowLimit(50), random_state=0)
    model = ResampledClassifier(InContext(), sampler, recalibrate=True)
    grid = {"sampler__sampling_strategy__balance": [0.0, 1.0]}
    search = GridSearchCV(model, grid, cv=2, scoring="neg_log_loss").fit(X, y)
    assert search.best_estimator_.sampler_.sampling_strategy_.keys() == {0, 1}
    clone(search).fit(X, y)


def test_fewer_rows_than_the_limit_all_stay():
    X, y = table([40, 20])
    sampler = RandomUnderSampler(sampling_strategy=RowLimit(100), random_state=0)
    model = ResampledClassifier(InContext(), sampler, recalibrate=True).fit(X, y)
    np.testing.assert_allclose(model.predict_proba(X), exact(X[:, 0], np.array([40, 20]) / 60))
