"""scikit-learn's checks that draw without a seed hold whatever is drawn."""

import numpy as np
import pytest
from estimators import FIRST
from loops import looped
from sklearn.base import clone
from sklearn.utils.estimator_checks import estimator_checks_generator

from imbalance_kit.ensemble._loop.base import BaseImbalanceEnsemble

# Those that fit an estimator without a seed on few rows, or on rows one of which is wrong.
DRAWN = ("check_estimator_sparse_array", "check_dtype_object")
ENSEMBLES = [case for case in FIRST if isinstance(case.estimator, BaseImbalanceEnsemble)]


@pytest.mark.exhaustive
@pytest.mark.filterwarnings("ignore")
@looped("case", ENSEMBLES, ids=lambda case: case.name)
def test_checks_hold_for_every_seed(case):
    unseeded = clone(case.estimator).set_params(random_state=None)
    n_checks = 0
    for estimator, check in estimator_checks_generator(unseeded):
        if getattr(check, "func", check).__name__ not in DRAWN:
            continue
        n_checks += 1
        for seed in range(4):
            np.random.seed(seed)  # noqa: NPY002 - what an estimator of no seed draws from
            check(clone(estimator))
    assert n_checks == len(DRAWN)
