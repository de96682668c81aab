"""The one list: a small instance of every public estimator.

A new estimator gets a line here, and every common check runs on it. Beside it stand the checks
that its definition rules out, each with the reason.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from sklearn.base import BaseEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.tree import DecisionTreeClassifier

from imbalance_kit.compose import ResampledClassifier
from imbalance_kit.ensemble import SelfPacedEnsembleClassifier
from imbalance_kit.over_sampling import SMOTE, RandomOverSampler
from imbalance_kit.under_sampling import (
    RandomUnderSampler,
    SelfPacedUnderSampler,
    TomekLinks,
)


@dataclass(frozen=True)
class Case:
    """An estimator and what the checks need to know about it.

    Attributes
    ----------
    estimator : estimator
        A small, seeded instance; checks clone it.

    selects : bool
        Whether every row a sampler returns is a row it was given.

    looks : bool
        Whether a sampler looks at the values of X; one that does not takes anything.

    exact : bool
        Whether a sampler's numbers of rows are its targets.

    ruled_out : dict
        Checks of scikit-learn or imbalanced-learn that cannot hold, with the reason.
    """

    estimator: BaseEstimator
    selects: bool = False
    looks: bool = True
    exact: bool = True
    ruled_out: Mapping[str, str] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return " ".join(str(self.estimator).split())


_ROWS_ARE_DRAWN = (
    "rows are drawn: removing a row, or repeating it, changes the draw of the others; "
    "tests/test_compose.py and tests/ensemble/test_under.py check the mean over seeds instead"
)
DRAWS_ROWS = {
    "check_sample_weight_equivalence_on_dense_data": _ROWS_ARE_DRAWN,
    "check_sample_weight_equivalence_on_sparse_data": _ROWS_ARE_DRAWN,
}

CASES = [
    Case(RandomOverSampler(random_state=0), selects=True, looks=False),
    Case(RandomOverSampler(random_state=0, shrinkage=0.5)),
    Case(SMOTE(random_state=0)),
    Case(RandomUnderSampler(random_state=0), selects=True, looks=False),
    Case(SelfPacedUnderSampler(random_state=0, cv=2), selects=True),
    Case(TomekLinks(), selects=True, exact=False),
    Case(ResampledClassifier(LogisticRegression())),
    Case(
        ResampledClassifier(LogisticRegression(), RandomUnderSampler(random_state=0)),
        ruled_out=DRAWS_ROWS,
    ),
    Case(
        ResampledClassifier(
            DecisionTreeClassifier(random_state=0), SMOTE(random_state=0), recalibrate=True
        ),
        ruled_out=DRAWS_ROWS,
    ),
    Case(SelfPacedEnsembleClassifier(n_estimators=5, random_state=0), ruled_out=DRAWS_ROWS),
]

SAMPLERS = [case for case in CASES if hasattr(case.estimator, "fit_resample")]
CLASSIFIERS = [case for case in CASES if hasattr(case.estimator, "predict")]
OVER_SAMPLERS = [case for case in SAMPLERS if case.estimator._sampling_type == "over-sampling"]
SEEDED_SAMPLERS = [case for case in SAMPLERS if "random_state" in case.estimator.get_params()]
