"""A method of the benchmark, and one function for each kind of method there is."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from sklearn.tree import DecisionTreeClassifier

from imbalance_kit.benchmark._methods.learners import CORE_LEARNERS, Learner
from imbalance_kit.benchmark._methods.pipelines import (
    UNDER_LOSS,
    drawn_by_group,
    ensemble,
    ensemble_without_learner,
    repaired,
    resampled_pipeline,
    under_loss,
    weighed,
    wrapped,
)
from imbalance_kit.benchmark._methods.ranges import METHOD_RANGES
from imbalance_kit.benchmark._methods.spaces import Space, below
from imbalance_kit.losses._base import Loss

SINGLE_LEARNERS = ("tree", "lightgbm")
WIDER = ("logistic regression", "xgboost", "catboost")  # what the usual methods stand with, too
IN_CONTEXT = ("tabpfn", "tabicl")  # take no weights, and few rows
ONE_VS_REST = "estimator__estimator"  # where a rule for two classes stands among the groups


@dataclass(frozen=True)
class Method:
    """A way to deal with imbalance.

    Attributes
    ----------
    name : str
        As people read it.
    build : callable
        ``build(learner, seed)`` returns an unfitted classifier. A function of a module or a
        ``functools.partial`` of one, so that worker processes find it.
    learners : tuple of str
        Names of the base learners it is paired with.
    core : bool
        Whether its pairs with the learners of the default run belong to the short list that runs
        by default.
    space : mapping of str to Integers, Reals or Choices
        What a search may choose, by the path that ``set_params`` of the classifier takes.
    own_learners : bool
        Whether it has learners of its own, such as stumps, in the place of the base learner. A
        search then leaves the base learner alone, and a preset keeps the method whatever learners
        it names.
    version : str
        Of a method from outside the package: a hash of its source. Cells of another version are
        other cells.

    Examples
    --------
    Compare a method of your own with a baseline. In a script `build` must be a function of a
    module that worker processes can import.

    >>> from sklearn.dummy import DummyClassifier
    >>> from imbalance_kit.benchmark import Method, select_pairs
    >>> def build(learner, seed):
    ...     return DummyClassifier(strategy="prior")
    >>> pairs = select_pairs(["none", Method("constant", build, learners=("tree",))], "tree")
    >>> [(method.name, learner.name) for method, learner in pairs]
    [('none', 'tree'), ('constant', 'tree')]
    """

    name: str
    build: Callable[[Learner, int], Any]
    learners: tuple[str, ...] = CORE_LEARNERS
    core: bool = False
    space: Space = field(default_factory=dict, hash=False)
    own_learners: bool = False
    version: str = ""


Pair = tuple[Method, Learner]


def every_learner(learners: tuple[str, ...]) -> tuple[str, ...]:
    """Learners of a method that everybody compares with: every learner it makes sense for.

    Extra trees stand where forests do. Ensembles of forests are left out: a bag of bags.
    """
    more = ("extra trees",) if "forest" in learners else ()
    return (*learners, *more, *WIDER)


def baseline(name: str, build: Callable[..., Any], *, more: tuple[str, ...] = ()) -> Method:
    """The learner with nothing done to its rows."""
    space = METHOD_RANGES.get(name, {})
    learners = (*every_learner(CORE_LEARNERS), *more)
    return Method(name, build, learners=learners, core=True, space=space)


def method_with_part(
    name: str,
    build: Callable[..., Any],
    part: str,
    learners: tuple[str, ...] = SINGLE_LEARNERS,
    **facts: Any,
) -> Method:
    """A method whose search space is that of a part of what it builds."""
    space = below(part, METHOD_RANGES.get(name, {}))
    return Method(name, build, learners=learners, space=space, **facts)


def sampler_method(
    name: str,
    sampler: Callable[..., Any],
    *,
    learners: tuple[str, ...] = SINGLE_LEARNERS,
    core: bool = False,
    recalibrate: bool = False,
) -> Method:
    """A sampler with its defaults, before a learner."""
    build = partial(resampled_pipeline, sampler, recalibrate=recalibrate)
    return method_with_part(name, build, "fit__sampler", learners, core=core)


def ensemble_method(
    name: str,
    build: Callable[..., Any],
    *,
    learners: tuple[str, ...] = SINGLE_LEARNERS,
    core: bool = False,
) -> Method:
    """An ensemble of the learner, as large as suits it."""
    return method_with_part(name, partial(ensemble, build), "fit", learners, core=core)


def fixed_ensemble_method(
    name: str, build: Callable[..., Any], learner: str, *, core: bool = False, **parameters: Any
) -> Method:
    """An ensemble that brings its learners; its rows stand with those of the learner named."""
    built = partial(ensemble_without_learner, build, **parameters)
    return method_with_part(name, built, "fit", (learner,), core=core, own_learners=True)


def boosting_method(name: str, build: Callable[..., Any]) -> Method:
    """An ensemble of stumps: its rows stand with those of trees.

    It ends at a stump that is no better than a guess, as in the papers and in the published runs.
    """
    stump = DecisionTreeClassifier(max_depth=1)
    return fixed_ensemble_method(name, build, "tree", estimator=stump, early_termination=True)


def wrapper_method(name: str, build: Callable[..., Any], **parameters: Any) -> Method:
    """The learner inside a classifier that decides, or corrects probabilities."""
    return method_with_part(name, partial(wrapped, build, **parameters), "fit")


def loss_method(name: str, loss: Loss, **parameters: Any) -> Method:
    """A booster under a loss."""
    part = "fit__estimator__loss" if loss.two_classes_only else "fit__loss"
    build = partial(under_loss, loss, **parameters)
    return method_with_part(name, build, part, tuple(UNDER_LOSS))


def weigher_method(name: str, weigher: Any) -> Method:
    """Weights by group and class, before a learner."""
    return method_with_part(name, partial(weighed, weigher), "estimator__weigher")


def group_sampler_method(name: str, sampler: Callable[..., Any]) -> Method:
    """Rows drawn by group and class, before a learner."""
    return method_with_part(name, partial(drawn_by_group, sampler), "estimator__sampler")


def repair_method(name: str, transformer: Callable[..., Any]) -> Method:
    """Columns repaired, before a learner that gets numbers."""
    return method_with_part(
        name, partial(repaired, transformer), "fit__estimator__repair", ("tree",)
    )
