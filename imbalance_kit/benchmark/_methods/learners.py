"""The base learners: how each is made, what it takes, what a search may choose for it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from importlib.util import find_spec
from typing import Any

from lightgbm import LGBMClassifier
from sklearn.ensemble import ExtraTreesClassifier, RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.tree import DecisionTreeClassifier

from imbalance_kit.benchmark._methods.boosters import CatBoostClassifier, XGBoostClassifier
from imbalance_kit.benchmark._methods.in_context import tabicl, tabpfn
from imbalance_kit.benchmark._methods.ranges import LEARNER_RANGES
from imbalance_kit.benchmark._methods.spaces import Domain, Space


@dataclass(frozen=True)
class Learner:
    """A base learner.

    Attributes
    ----------
    name : str
    make : callable
        Takes ``seed`` and further parameters, returns an unfitted classifier. A function of a
        module, so that worker processes find it.
    native : bool
        Whether it reads frames with nominal columns itself; if not, it gets one-hot columns.
    space : mapping of str to Integers, Reals or Choices
        What a search may choose, by the name of a parameter of `make`.
    needs : tuple of str
        Packages without which it cannot be made.
    takes_gaps : bool
        Whether it reads missing numbers itself; if not, it gets medians of the training rows.
    ensemble_size : int or None
        Learners in an ensemble of this one; None for what suits it.

    Examples
    --------
    >>> from imbalance_kit.benchmark import LEARNERS
    >>> LEARNERS[0].make(seed=0, max_depth=3)
    DecisionTreeClassifier(max_depth=3, random_state=0)
    """

    name: str
    make: Callable[..., Any]
    native: bool = False
    space: Space = field(default_factory=dict, hash=False)
    needs: tuple[str, ...] = ()
    takes_gaps: bool = True
    ensemble_size: int | None = None

    def with_parameters(self, found: Mapping[str, Any]) -> "Learner":
        """Return the same learner, made with what a search has found.

        Parameters
        ----------
        found : mapping of str to object
            Values by name.

        Returns
        -------
        Learner

        Examples
        --------
        >>> from imbalance_kit.benchmark import LEARNERS
        >>> LEARNERS[0].with_parameters({"max_depth": 3}).make(seed=0)
        DecisionTreeClassifier(max_depth=3, random_state=0)
        """
        if not found:
            return self
        given = {
            name: self.space[name].parameter(value) if name in self.space else value
            for name, value in found.items()
        }
        return replace(self, make=partial(self.make, **given))

    @property
    def missing(self) -> tuple[str, ...]:
        """Those of the packages it needs that are not installed."""
        return tuple(package for package in self.needs if find_spec(package) is None)


def tree(seed: int, **parameters: Any) -> DecisionTreeClassifier:
    return DecisionTreeClassifier(random_state=seed, **parameters)


def forest(seed: int, **parameters: Any) -> RandomForestClassifier:
    return RandomForestClassifier(n_estimators=100, random_state=seed, n_jobs=1, **parameters)


def extra_trees(seed: int, **parameters: Any) -> ExtraTreesClassifier:
    return ExtraTreesClassifier(n_estimators=100, random_state=seed, n_jobs=1, **parameters)


def logistic_regression(seed: int, **parameters: Any) -> LogisticRegression:
    return LogisticRegression(max_iter=2000, random_state=seed, **parameters)


def lightgbm(seed: int, **parameters: Any) -> LGBMClassifier:
    # its default of 20 rows in a leaf allows no split at all on fewer than 40 rows, which is what
    # under-sampling leaves of a table with 20 rare ones
    settings = {
        "n_estimators": 100,
        "min_child_samples": 5,
        "random_state": seed,
        "n_jobs": 1,
        "deterministic": True,
        "verbose": -1,
    }
    return LGBMClassifier(**(settings | parameters))


def xgboost(seed: int, *, class_weight: str | None = None, **parameters: Any) -> XGBoostClassifier:
    from xgboost import XGBClassifier  # an option, and slow to import

    settings = {
        "n_estimators": 100,
        "tree_method": "hist",
        "enable_categorical": True,
        "random_state": seed,
        "n_jobs": 1,
        "verbosity": 0,
    }
    return XGBoostClassifier(XGBClassifier(**(settings | parameters)), class_weight=class_weight)


def catboost(
    seed: int, *, class_weight: str | None = None, **parameters: Any
) -> CatBoostClassifier:
    from catboost import CatBoostClassifier as Booster  # an option, and slow to import

    settings = {
        "iterations": 100,  # as many as the other boosters; its own 1000 take ten times as long
        "random_seed": seed,
        "thread_count": 1,
        "logging_level": "Silent",
        "allow_writing_files": False,
    }
    return CatBoostClassifier(Booster(**(settings | parameters)), class_weight=class_weight)


def _learner(name: str, make: Callable[..., Any], **facts: Any) -> Learner:
    space: dict[str, Domain] = LEARNER_RANGES[name]
    return Learner(name, make, space=space, **facts)


# The learners of the default run; a package more or less does not change what it compares.
CORE_LEARNERS = ("tree", "forest", "lightgbm")

LEARNERS: tuple[Learner, ...] = (
    _learner("tree", tree),
    _learner("forest", forest),
    _learner("lightgbm", lightgbm, native=True),
    _learner("extra trees", extra_trees),
    _learner("logistic regression", logistic_regression, takes_gaps=False),
    _learner("xgboost", xgboost, native=True, needs=("xgboost",)),
    _learner("catboost", catboost, native=True, needs=("catboost",)),
    _learner("tabpfn", tabpfn, native=True, needs=("tabpfn",)),
    _learner("tabicl", tabicl, native=True, needs=("tabicl",)),
)
