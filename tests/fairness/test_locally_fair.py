"""LightGBM against an adversary."""

import numpy as np
import pytest
from lightgbm import LGBMClassifier
from scipy.optimize import approx_fprime
from scipy.special import log_expit
from sklearn import config_context
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

from imbalance_kit.fairness import LocallyFairLGBMClassifier
from imbalance_kit.fairness._decisions.adversary import LocalFairnessLoss, Training, local_weights

PLAIN = {"n_estimators": 30, "verbose": -1, "deterministic": True, "force_col_wise": True}


def made(n_rows=4000, n_groups=2, seed=0):
    rng = np.random.RandomState(seed)
    group = rng.randint(0, n_groups, n_rows)
    X = rng.normal(size=(n_rows, 4)) + np.outer(group, [1, 0.5, 0, 0])
    y = (X[:, 0] + X[:, 2] + rng.normal(size=n_rows) > 0.5).astype(int)
    return X, y, group


def test_no_penalty_is_plain_lightgbm():
    X, y, group = made()
    plain = LGBMClassifier(n_jobs=1, **PLAIN).fit(X, y).predict_proba(X)
    model = LocallyFairLGBMClassifier(LGBMClassifier(**PLAIN), penalty=0)
    found = model.fit(X, y, sensitive_features=group).predict_proba(X)
    # gradients in float32, first score and Hessian the same
    np.testing.assert_allclose(found, plain, rtol=1e-10)
    assert model.adversary_loss_ == []


@pytest.mark.parametrize("tau", [0.5, 1.0])
def test_the_adversary_fails_as_the_penalty_grows(tau):
    X, y, group = made()
    found = []
    for penalty in (0, 0.5, 2):
        model = LocallyFairLGBMClassifier(LGBMClassifier(**PLAIN), penalty=penalty, tau=tau)
        said = model.fit(X, y, sensitive_features=group).predict_proba(X)[:, 1]
        found.append(roc_auc_score(group, said))
    assert found[0] > found[1] + 0.01
    assert found[1] > found[2] + 0.01
    assert found[2] > 0.45


def test_given_the_class_the_adversary_sees_less_to_punish():
    """Labels differ by group: equalized odds leaves that, demographic parity does not."""
    X, y, group = made()
    gaps = []
    for constraint in ("demographic_parity", "equalized_odds"):
        model = LocallyFairLGBMClassifier(
            LGBMClassifier(**PLAIN), penalty=1.5, tau=0.3, constraint=constraint
        )
        said = model.fit(X, y, sensitive_features=group).predict_proba(X)[:, 1]
        gaps.append(said[group == 1].mean() - said[group == 0].mean())
    assert 0 < gaps[0] < gaps[1]


@pytest.mark.parametrize("weighted", [False, True])
def test_weights_have_a_mean_of_one_in_each_group(weighted):
    rng = np.random.RandomState(0)
    loss, group = rng.exponential(size=200), rng.randint(0, 3, 200)
    weight = rng.uniform(size=200) if weighted else None
    r = local_weights(loss, group, 0.3, weight)
    for g in range(3):
        own = group == g
        mass = None if weight is None else weight[own]
        assert np.average(r[own], weights=mass) == pytest.approx(1)
        assert np.argmax(r[own]) == np.argmin(loss[own])
    np.testing.assert_array_equal(local_weights(loss, group, np.inf, weight), 1)


@pytest.mark.parametrize("conditional", [False, True])
@pytest.mark.parametrize("n_groups", [2, 3])
def test_gradient_of_a_fixed_adversary(conditional, n_groups):
    rng = np.random.RandomState(0)
    y, raw = rng.randint(0, 2, 30).astype(float), rng.normal(size=30)
    group = np.arange(30) % n_groups
    training = Training(group)
    loss = LocalFairnessLoss(training, penalty=0.7, tau=np.inf, conditional=conditional)
    ready = loss.prepare(y)
    gradient, hessian = ready(y, raw)

    def seen(F):
        return np.column_stack([F, y, F * y]) if conditional else F[:, None]

    def total(F):
        told = training.adversary.predict_log_proba(seen(F))[np.arange(30), group]
        return np.sum(-log_expit(np.where(y > 0, F, -F)) + 0.7 * told)

    numeric = approx_fprime(raw, total, 1e-6) * ready.hessian_scale_
    np.testing.assert_allclose(gradient, numeric, atol=1e-4)  # float32, one-sided difference
    assert (hessian > 0).all()


def test_the_adversary_is_a_logistic_regression():
    X, y, group = made(500)
    training = Training(group)
    loss = LocalFairnessLoss(training).prepare(y)
    raw = X[:, 0]
    loss(y, raw)
    expected = LogisticRegression(C=1e3).fit(raw[:, None], group)
    np.testing.assert_allclose(training.adversary.coef_, expected.coef_, rtol=1e-2)


def test_nothing_of_the_rows_is_kept():
    X, y, group = made(300)
    model = LocallyFairLGBMClassifier(LGBMClassifier(**PLAIN)).fit(X, y, sensitive_features=group)
    assert len(model.adversary_loss_) == 30
    assert model.estimator_.loss_.training.groups is None


def test_several_groups_and_a_column_of_x():
    X, y, group = made(1000, n_groups=4)
    table = np.column_stack([X, group])
    model = LocallyFairLGBMClassifier(LGBMClassifier(**PLAIN), sensitive_features=4)
    assert model.fit(table, y).groups_ == (0, 1, 2, 3)
    model.predict(table)


def test_groups_are_routed_to_fit():
    with config_context(enable_metadata_routing=True):
        model = LocallyFairLGBMClassifier().set_fit_request(sensitive_features=True)
        requests = model.get_metadata_routing().fit.requests
    assert requests["sensitive_features"] is True


def test_more_classes_are_refused():
    X, _, group = made(100)
    with pytest.raises(ValueError, match="Only binary classification"):
        LocallyFairLGBMClassifier().fit(X, np.arange(100) % 3, sensitive_features=group)
