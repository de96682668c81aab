"""A report on rows in groups: repeated rows are no evidence, and intervals cover."""

import numpy as np
import pytest
from scipy.special import expit

from imbalance_kit.calibration import CalibrationReport


def made(seed, n_groups=300, size=4, spread=0.0):
    rng = np.random.RandomState(seed)
    group = np.repeat(np.arange(n_groups), size)
    odds = rng.normal(-1.5, 1.0, size=len(group))
    y = rng.uniform(size=len(group)) < expit(odds + spread * rng.normal(size=n_groups)[group])
    return y.astype(int), expit(odds), group


def width(found, name):
    return getattr(found, f"{name}_high") - getattr(found, f"{name}_low")


def test_rows_that_are_repeated_within_their_group_are_no_evidence():
    y, proba, _ = made(0)
    many = np.repeat(np.arange(len(y)), 6)
    alone = CalibrationReport.from_predictions(y, proba).by_class[1]
    rows = CalibrationReport.from_predictions(y[many], proba[many]).by_class[1]
    groups = CalibrationReport.from_predictions(y[many], proba[many], groups=many).by_class[1]
    assert groups.z == pytest.approx(alone.z, rel=0.1)
    for name in ("observed", "intercept", "slope"):
        assert width(groups, name) == pytest.approx(width(alone, name), rel=0.1)
        assert width(rows, name) < 0.5 * width(alone, name)
    # what is estimated is the same; only its precision is not
    assert (groups.slope, groups.observed) == (rows.slope, rows.observed)
    assert (groups.bins.observed_high > rows.bins.observed_high).all()


def test_independent_rows_have_about_the_intervals_that_they_have_without_groups():
    y, proba, _ = made(1)
    alone = CalibrationReport.from_predictions(y, proba).by_class[1]
    found = CalibrationReport.from_predictions(y, proba, groups=np.arange(len(y))).by_class[1]
    for name in ("observed", "intercept", "slope"):
        assert width(found, name) == pytest.approx(width(alone, name), rel=0.1)


def test_shares_of_alike_rows_cover():
    """A shift for each group; 150 samples. .75 is passed from .95 less than once in a million."""
    hits = {"groups": 0, "rows": 0}
    for seed in range(150):
        rng = np.random.RandomState(seed)
        group = np.repeat(np.arange(40), 10)
        y = (rng.uniform(size=400) < rng.beta(0.5, 1.5, size=40)[group]).astype(int)
        for name, groups in (("groups", group), ("rows", None)):
            found = CalibrationReport.from_predictions(
                y, np.full(400, 0.25), groups=groups, n_bins=1
            ).by_class[1]
            hits[name] += found.observed_low <= 0.25 <= found.observed_high
    assert hits["groups"] > 0.82 * 150
    assert hits["rows"] < 0.75 * 150


def test_bad_groups():
    y, proba, _ = made(0, n_groups=20)
    with pytest.raises(ValueError, match="one entry for each of 80 rows"):
        CalibrationReport.from_predictions(y, proba, groups=[1, 2])
    with pytest.raises(ValueError, match="at least 2 groups"):
        CalibrationReport.from_predictions(y, proba, groups=np.zeros(80))
