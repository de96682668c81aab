"""Trade-off curves as a table and as a figure: what is drawn is what the record holds."""

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pytest

from fairness.made_scored import made
from imbalance_kit.fairness import TradeoffDisplay, tradeoff_curve


@pytest.fixture(autouse=True)
def no_windows():
    before = mpl.get_backend()
    mpl.use("agg")
    yield
    plt.close("all")
    mpl.use(before)


def curves(**options):
    score, y, group = made(300, 2)
    scores = {"one": score[:, 0], "two": score[:, 0] ** 2 + 0.1 * group}
    given = {"tolerances": [0, 0.1, 1], "random_state": 0, "n_bootstraps": 20, **options}
    return tradeoff_curve(y, scores, sensitive_features=group, **given)


def test_a_frame_has_the_record():
    curve = curves()["one"]
    frame = curve.to_frame()
    assert frame["tolerance"].tolist() == [0, 0.1, 1]
    assert frame[["cost_low", "cost_high"]].to_numpy().tolist() == curve.cost_interval.tolist()
    assert (frame["cost"].to_numpy() == curve.cost).all()
    assert (frame["violation"].to_numpy() == curve.violation).all()
    ends = frame[["violation_low", "violation_high"]].to_numpy()
    assert (ends == curve.violation_interval).all()


def test_lines_are_the_curves():
    found = curves()
    display = TradeoffDisplay(found).plot()
    for line, (name, curve) in zip(display.lines_, found.items(), strict=True):
        assert line.get_label() == name
        assert line.get_xydata().tolist() == np.c_[curve.violation, curve.cost].tolist()
    assert "equalized odds" in display.ax_.get_xlabel()
    assert len(display.ax_.collections) == 4  # intervals in both directions
    _, ax = plt.subplots()
    alone = found["one"].plot(ax, name="forest")
    assert alone.figure_ is ax.figure
    assert [line.get_label() for line in alone.lines_] == ["forest"]


def test_curves_without_intervals_are_drawn():
    display = curves(n_bootstraps=0)["one"].plot()
    assert [len(bars.get_segments()) for bars in display.ax_.collections] == [0, 0]


@pytest.mark.parametrize("which", ["none", "two constraints"])
def test_curves_that_do_not_compare_are_refused(which):
    given = {}
    if which == "two constraints":
        given = {"a": curves()["one"], "b": curves(constraint="demographic_parity")["one"]}
    with pytest.raises(ValueError, match="curves must be of one constraint"):
        TradeoffDisplay(given).plot()
