"""Tables of fairness studies: files and OpenML's copies come out alike; the made one is exact."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import sklearn.datasets

from imbalance_kit.datasets import load_adult, load_compas, load_german, make_biased

ADULT = {
    "age": [39, 50, 23],
    "workclass": ["Private", "?", "State-gov"],
    "education-num": [13, 9, 10],
    "race": ["White", "Black", "White"],
    "sex": ["Male", "Female", "Male"],
    "class": ["<=50K", ">50K", "<=50K"],
}
STATUS = ["A91", "A92", "A93", "A95"]


@pytest.fixture
def openml(monkeypatch):
    asked = []

    def serve(frame):
        def fetch_openml(**options):
            asked.append(options)
            return SimpleNamespace(frame=frame)

        monkeypatch.setattr(sklearn.datasets, "fetch_openml", fetch_openml)
        return asked

    return serve


def test_adult_from_openml(openml):
    asked = openml(pd.DataFrame(ADULT))
    X, y, sensitive = load_adult(data_home="somewhere")
    assert asked == [{"data_id": 1590, "as_frame": True, "data_home": "somewhere"}]
    assert sensitive == ("sex", "race")
    assert y.tolist() == [0, 1, 0]
    assert list(X) == ["age", "workclass", "education_num", "race", "sex"]
    assert X["workclass"].isna().tolist() == [False, True, False]
    assert X["sex"].dtype == "category"


@pytest.mark.parametrize("ending", ["csv", "parquet"])
def test_adult_from_a_file(tmp_path, ending):
    frame = pd.DataFrame(ADULT).rename(columns={"class": "income"})
    frame["income"] = frame["income"] + "."
    file = tmp_path / f"adult.{ending}"
    frame.to_csv(file, index=False) if ending == "csv" else frame.to_parquet(file)
    X, y, _ = load_adult(file)
    assert y.tolist() == [0, 1, 0]
    assert y.name == "income"
    assert X["workclass"].isna().sum() == 1


def test_compas_leaves_the_answer_out(tmp_path):
    table = {
        "name": ["x", "y"],
        "sex": ["Male", "Female"],
        "age": [30, 40],
        "race": ["Other", "Caucasian"],
        "priors_count": [0, 3],
        "decile_score": [1, 9],
        "is_recid": [0, 1],
        "two_year_recid": [0, 1],
    }
    file = tmp_path / "compas.csv"
    pd.DataFrame(table).to_csv(file, index=False)
    X, y, sensitive = load_compas(file)
    assert list(X) == ["sex", "age", "race", "priors_count"]
    assert sensitive == ("race", "sex")
    assert y.tolist() == [0, 1]


def test_compas_of_openml_has_indicators(openml):
    asked = openml(
        pd.DataFrame(
            {
                "sex": pd.Categorical(["1", "0"]),
                "age": [30, 40],
                "priors_count": [0, 3],
                "race_African-American": pd.Categorical(["1", "0"]),
                "race_Caucasian": pd.Categorical(["0", "1"]),
                "age_cat_25-45": [0, 1],
                "age_cat_Lessthan25": [1, 0],
                "twoyearrecid": pd.Categorical(["1", "0"]),
            }
        )
    )
    X, y, _ = load_compas()
    assert asked[0]["data_id"] == 42192
    assert X["race"].tolist() == ["African-American", "Caucasian"]
    assert X["age_cat"].tolist() == ["Lessthan25", "25-45"]
    assert y.tolist() == [1, 0]


def german(status, risk):
    columns = {f"a{j}": [j] * len(status) for j in range(20)}
    columns["a8"], columns["a12"] = status, [20, 25, 26, 60]
    return pd.DataFrame({**columns, "credit_risk": risk})


def test_german_in_codes_and_in_words(tmp_path, openml):
    file = tmp_path / "german.csv"
    german(STATUS, [1, 2, 1, 2]).to_csv(file, index=False)
    words = ["male div/sep", "female div/dep/mar", "male single", "female single"]
    asked = openml(german(words, ["good", "bad", "good", "bad"]))
    for X, y, sensitive in (load_german(file), load_german()):
        assert sensitive == ("sex", "age_group")
        assert X["sex"].tolist() == ["male", "female", "male", "female"]
        assert X["age_group"].tolist() == ["25 or younger"] * 2 + ["over 25"] * 2
        assert y.tolist() == [0, 1, 0, 1]
    assert asked[0]["data_id"] == 31


def test_wrong_files_are_explained(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"There is no file .*nowhere\.csv with Adult"):
        load_adult(tmp_path / "nowhere.csv")
    text = tmp_path / "adult.txt"
    text.write_text("a")
    with pytest.raises(ValueError, match=r"expected a file that ends in \.csv or \.parquet"):
        load_adult(text)
    file = tmp_path / "some.csv"
    pd.DataFrame({"a": [1]}).to_csv(file, index=False)
    with pytest.raises(ValueError, match=r"lacks the columns \['income', 'sex', 'race', 'age'\]"):
        load_adult(file)
    with pytest.raises(ValueError, match="German credit has 21 columns, the table has 1"):
        load_german(file)
    pd.DataFrame(ADULT | {"class": ["a", "b", "c"]}).to_csv(file, index=False)
    with pytest.raises(ValueError, match="Expected the values"):
        load_adult(file)


@pytest.mark.parametrize("n_samples", [200, 1001])
@pytest.mark.parametrize("label_bias", [0.0, 0.4])
def test_bias_of_the_made_table_is_exact(n_samples, label_bias):
    X, y, sensitive = make_biased(
        n_samples, share=0.25, base_rate=0.4, label_bias=label_bias, random_state=0
    )
    assert sensitive == ("group",)
    group = X["group"].to_numpy()
    fair = y.attrs["fair"].to_numpy()
    n_biased = round(0.25 * n_samples)
    for name, size in [("a", n_samples - n_biased), ("b", n_biased)]:
        assert (group == name).sum() == size
        assert fair[group == name].sum() == round(0.4 * size)
    lost = round(round(0.4 * n_biased) * label_bias)
    assert (fair != y).sum() == lost
    assert set(group[fair != y]) <= {"b"}
    assert not y[fair == 0].any()


def test_columns_of_the_made_table():
    """20,000 rows: means of about 6,000 and 14,000 normal values differ by .0154 in standard error;
    ten of them."""
    X, y, _ = make_biased(20_000, proxy=2.0, n_noise=1, random_state=0)
    means = X.drop(columns="group").groupby(X["group"]).mean()
    gap = means.loc["b"] - means.loc["a"]
    assert gap["proxy"] == pytest.approx(2.0, abs=0.154)
    assert gap["merit"] == pytest.approx(0.0, abs=0.154)
    assert gap["noise_0"] == pytest.approx(0.0, abs=0.154)
    assert np.corrcoef(X["merit"], y.attrs["fair"])[0, 1] > 0.4
    again = make_biased(20_000, proxy=2.0, n_noise=1, random_state=0)
    assert again.X.equals(X)
    assert again.y.equals(y)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"share": 0}, "share and base_rate must lie between 0 and 1"),
        ({"label_bias": 1.0}, "share and base_rate must lie between 0 and 1, label_bias"),
        ({"n_samples": 4}, "4 rows leave a group without a class"),
    ],
)
def test_impossible_numbers_are_explained(options, message):
    with pytest.raises(ValueError, match=message):
        make_biased(**options)
