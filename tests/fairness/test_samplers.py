"""What all samplers of groups promise where there are groups."""

import numpy as np
import pandas as pd
import pytest
from sklearn import config_context
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from tables import CONTAINERS, MIXED, as_numbers, cells, dtypes_of, mixed_columns

from fairness.made_groups import related
from imbalance_kit.compose import ResampledClassifier
from imbalance_kit.fairness import (
    AntidoteSampler,
    CounterfactualMatcher,
    FairDensitySampler,
    FairSampler,
    FairSMOTE,
    Massaging,
    Reweighing,
    WeightSampler,
)

COLUMN = "sensitive_features"
SAMPLERS = {
    "weights": WeightSampler(Reweighing(), random_state=0),
    "bootstrap": WeightSampler(Reweighing(), mode="bootstrap", random_state=0),
    "uniform": FairSampler(random_state=0),
    "preferential": FairSampler(method="preferential", random_state=0),
    "massaging": Massaging(random_state=0),
    "Fair-SMOTE": FairSMOTE(random_state=0),
    "Fair-SMOTE, tested": FairSMOTE(random_state=0, situation_testing=True),
    "matched": AntidoteSampler(caliper=0.3, random_state=0),
    "modelled": AntidoteSampler(method="modelled", random_state=0),
    "density": FairDensitySampler(random_state=0),
    "pairs": CounterfactualMatcher(caliper=0.5, random_state=0),
}
DRAWN = ["weights", "bootstrap", "uniform", "Fair-SMOTE", "density"]
every = pytest.mark.parametrize("name", list(SAMPLERS))


def naming(sampler, columns):
    """The sampler, reading groups from columns of X."""
    sampler = clone(sampler)
    inside = COLUMN if COLUMN in sampler.get_params() else f"weigher__{COLUMN}"
    return sampler.set_params(**{inside: columns})


FEW = CONTAINERS[1::6]  # an array, a frame and a sparse one
ALL = [name for name in SAMPLERS if name in ("weights", "Fair-SMOTE")]  # copies; new rows


@pytest.mark.parametrize(
    ("name", "containers"),
    [
        *(pytest.param(name, CONTAINERS if name in ALL else FEW, id=name) for name in SAMPLERS),
        *(
            pytest.param(name, CONTAINERS, marks=pytest.mark.exhaustive, id=f"{name}-all")
            for name in SAMPLERS
            if name not in ALL
        ),
    ],
)
def test_containers_come_back_and_hold_the_same(name, containers):
    X, y, group = related(150)
    X = np.column_stack([X, group]).round(3).astype(np.float32).astype(np.float64)
    expected, y_expected = naming(SAMPLERS[name], 3).fit_resample(X, y)
    for container in containers:
        given = container.make(X)
        new, y_new = naming(SAMPLERS[name], 3).fit_resample(given, y)
        assert type(new) is container.comes_back_as, container
        # made rows of float32 are rounded to 24 bits, some after a model that saw them
        np.testing.assert_allclose(as_numbers(new), expected, rtol=1e-4, atol=1e-4)
        np.testing.assert_array_equal(y_new, y_expected)


@every
@pytest.mark.parametrize(
    "kind",
    [
        *(kind for kind in MIXED if " " not in kind),  # one of each library
        *(pytest.param(kind, marks=pytest.mark.exhaustive) for kind in MIXED if " " in kind),
    ],
)
def test_mixed_tables_keep_kinds_and_gaps(name, kind):
    table = MIXED[kind](mixed_columns(200))
    y = np.random.RandomState(6).randint(2, size=200)
    sampler = naming(SAMPLERS[name], "flag")
    if name == "pairs":
        sampler.set_params(columns=["size", "count"])
    if name == "matched":
        sampler.set_params(caliper=1.0)
    new, y_new = sampler.fit_resample(table, y)
    assert type(new) is type(table)
    assert dtypes_of(new) == dtypes_of(table)
    for column in dtypes_of(table):
        before, after = cells(table, column), cells(new, column)
        for row, value in zip(sampler.sample_origin_, after, strict=True):
            assert row < 0 or value == before[row]
    assert new.shape == (len(y_new), table.shape[1])


@every
def test_columns_of_x_and_data_beside_it_form_the_same_groups(name):
    X, y, group = related(200)
    inside = naming(SAMPLERS[name], 3)
    inside.fit_resample(np.column_stack([X, group]), y)
    beside = clone(SAMPLERS[name])
    beside.fit_resample(X, y, sensitive_features=np.array(["f", "m"])[group])
    assert inside.groups_ == (0, 1)
    assert beside.groups_ == ("f", "m")
    # the draws of some depend on the number of columns, and a learner sees one more
    if name not in ("Fair-SMOTE", "Fair-SMOTE, tested", "modelled", "preferential"):
        np.testing.assert_array_equal(inside.sample_indices_, beside.sample_indices_)


@every
def test_same_seed_same_rows(name):
    X, y, group = related(200)
    results = [clone(SAMPLERS[name]).fit_resample(X, y, sensitive_features=group) for _ in range(2)]
    np.testing.assert_array_equal(results[0][0], results[1][0])
    np.testing.assert_array_equal(results[0][1], results[1][1])


@pytest.mark.parametrize("name", DRAWN)
def test_another_seed_other_rows(name):
    """False alarm: half of a cell of 40 rows or more drawn alike has chance below 1e-10."""
    X, y, group = related(300)
    one, other = (
        clone(SAMPLERS[name])
        .set_params(random_state=seed)
        .fit_resample(X, y, sensitive_features=group)[0]
        for seed in (0, 1)
    )
    assert one.shape != other.shape or not np.array_equal(one, other)


@every
def test_weights_and_labels_follow_the_rows(name):
    X, y, group = related(200)
    weight = np.random.RandomState(0).uniform(size=200)
    sampler = clone(SAMPLERS[name])
    words = pd.Series(np.array(["no", "yes"])[y], name="answer", dtype="category")
    X_new, y_new = sampler.fit_resample(X, words, sample_weight=weight, sensitive_features=group)
    rows = sampler.sample_indices_
    np.testing.assert_array_equal(sampler.sample_weight_, weight[rows])
    known = sampler.sample_origin_ >= 0
    np.testing.assert_array_equal(X_new[known], X[sampler.sample_origin_[known]])
    assert y_new.dtype == words.dtype
    if name != "massaging":
        assert list(y_new) == list(words.to_numpy()[rows])


@every
def test_the_input_is_not_changed(name):
    X, y, group = related(150)
    table, labels, groups = X.copy(), y.copy(), group.copy()
    for array in (table, labels, groups):
        array.setflags(write=False)
    clone(SAMPLERS[name]).fit_resample(table, labels, sensitive_features=groups)
    np.testing.assert_array_equal(table, X)


@every
def test_groups_are_routed_through_a_search(name):
    X, y, group = related(240)
    with config_context(enable_metadata_routing=True):
        sampler = clone(SAMPLERS[name]).set_fit_resample_request(sensitive_features=True)
        search = GridSearchCV(
            ResampledClassifier(LogisticRegression(), sampler),
            {"sampler": [None, sampler]},
            cv=2,
            error_score="raise",
        )
        model = ResampledClassifier(LogisticRegression(), sampler)
        model.fit(X, y, sensitive_features=group)
        assert len(model.sampler_.groups_) == 2
    table = np.column_stack([X, group])
    search.set_params(param_grid={"sampler": [None, naming(SAMPLERS[name], 3)]}).fit(table, y)
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()


@every
def test_a_missing_value_is_a_group(name):
    if name == "pairs":
        return  # pairs two groups
    X, y, group = related(300)
    given = np.where(np.arange(300) % 5 == 0, None, group.astype(object))
    sampler = clone(SAMPLERS[name])
    sampler.fit_resample(X, y, sensitive_features=given)
    assert "(missing)" in sampler.groups_


@every
def test_a_table_of_nothing_but_the_group(name):
    frame = pd.DataFrame({"sex": pd.Categorical(np.repeat(["f", "m"], 40))})
    y = np.tile([0, 1, 1, 0, 1], 16)
    new, y_new = naming(SAMPLERS[name], "sex").fit_resample(frame, y)
    assert new.shape == (len(y_new), 1)
    assert new["sex"].dtype == frame["sex"].dtype


@pytest.mark.parametrize("name", ["massaging", "Fair-SMOTE", "matched", "modelled"])
def test_a_group_of_one_row(name):
    X, y, _ = related(120)
    group = np.where(np.arange(120) == 7, "alone", "others")
    X_new, y_new = clone(SAMPLERS[name]).fit_resample(X, y, sensitive_features=group)
    assert len(X_new) == len(y_new) >= 120


@every
def test_a_column_without_any_number(name):
    X, y, group = related(150)
    X[:, 1] = np.nan
    X_new, y_new = clone(SAMPLERS[name]).fit_resample(X, y, sensitive_features=group)
    assert np.isnan(X_new[:, 1]).all()
    assert len(X_new) == len(y_new)
