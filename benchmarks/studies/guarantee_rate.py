"""How often a guaranteed constraint does not hold on new rows, and how much the guarantee costs.

    python benchmarks/studies/guarantee_rate.py            (ten minutes)

Scores and labels are drawn from distributions whose rates at every threshold are known. A run errs
where the threshold that `ConstrainedThresholdClassifierCV` chooses for a fixed model breaks the
constraint. With a confidence of .9 at most one run in ten may. The standard error of a share of .1
in 400 runs is .015. Beside it stands the share of errors without a guarantee, where the
constraint is only kept on the rows that the threshold was chosen on; the share of runs in which
some threshold was guaranteed; and the mean recall (for a bound on the recall: the mean precision)
of those, beside the best that is possible.
"""

import argparse
import warnings

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.frozen import FrozenEstimator

from imbalance_kit.cost import ConstrainedThresholdClassifierCV

CONFIDENCE = 0.9
GRID = 200_001


def logistic(score: np.ndarray) -> np.ndarray:
    """A model that ranks well; one row in four is positive."""
    return 1.0 / (1.0 + np.exp(-(12.0 * score - 9.0)))


def rare(score: np.ndarray) -> np.ndarray:
    """One row in twenty is positive."""
    return 0.9 * score**17


def bad_top(score: np.ndarray) -> np.ndarray:
    """The highest three hundredths of the scores are mostly wrong."""
    return np.where(score > 0.97, 0.2, np.where(score > 0.6, 0.8, 0.1))


def waves(score: np.ndarray) -> np.ndarray:
    """The precision crosses its bound several times."""
    return np.clip(0.6 + 0.35 * np.sin(40.0 * score), 0.0, 1.0)


STEPS = {"continuous": None, "tied": 20}
SHAPES = {"logistic": logistic, "rare": rare, "bad top": bad_top, "waves": waves}
CONSTRAINTS: dict[str, list[dict[str, float]]] = {
    "logistic": [
        {"precision": 0.8},
        {"recall": 0.8},
        {"false_positive_rate": 0.05},
        {"alert_share": 0.1},
        {"precision": 0.7, "alert_share": 0.3},
    ],
    "rare": [{"precision": 0.5}, {"recall": 0.7}],
    "bad top": [{"precision": 0.6}],
    "waves": [{"precision": 0.6}],
}


class AsGiven(ClassifierMixin, BaseEstimator):
    """A fitted model whose probability of class 1 is its only column."""

    classes_ = np.array([0, 1])

    def fit(self, X, y):
        """Nothing to learn."""
        return self

    def predict_proba(self, X):
        """The column, and one minus it."""
        return np.column_stack([1.0 - X[:, 0], X[:, 0]])

    def __sklearn_is_fitted__(self):
        return True


def true_rates(shape: str, steps: int | None) -> dict[str, np.ndarray]:
    """Rates of the decision at every threshold of a fine grid, by falling threshold."""
    score = np.linspace(1.0, 0.0, GRID) if steps is None else np.arange(steps)[::-1] / steps
    positive = np.cumsum(SHAPES[shape](score)) / len(score)
    share = np.arange(1, len(score) + 1) / len(score)
    return {
        "score": score,
        "precision": positive / share,
        "recall": positive / positive[-1],
        "false_positive_rate": (share - positive) / (1.0 - positive[-1]),
        "alert_share": share,
    }


def at_threshold(rates: dict[str, np.ndarray], threshold: float, name: str) -> float:
    """A true rate where the rows with a score of at least the threshold are decided for."""
    reached = int(np.searchsorted(-rates["score"], -threshold, side="right"))
    # no alert has no rate but 0, and breaks no bound on a precision
    return (1.0 if name == "precision" else 0.0) if reached == 0 else rates[name][reached - 1]


def broken(rates: dict[str, np.ndarray], threshold: float, constraint: dict[str, float]) -> bool:
    """Whether some bound does not hold; less than the grid can tell apart is no error."""
    rounding = 2.0 / len(rates["score"]) if len(rates["score"]) == GRID else 1e-9
    for name, bound in constraint.items():
        value = at_threshold(rates, threshold, name)
        missed = bound - value if name in ("precision", "recall") else value - bound
        if missed > rounding:
            return True
    return False


def chosen(
    score: np.ndarray, y: np.ndarray, constraint: dict[str, float], confidence: float | None
) -> float | None:
    """The threshold, or None where none is guaranteed or found."""
    model = ConstrainedThresholdClassifierCV(
        FrozenEstimator(AsGiven()), constraint=constraint, confidence=confidence
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        try:
            return model.fit(score[:, None], y).best_threshold_
        except ValueError:
            return None


def best_possible(rates: dict[str, np.ndarray], constraint: dict[str, float], wanted: str) -> float:
    """The best value of the objective under the constraint, if the distribution were known."""
    kept = np.ones(len(rates["score"]), dtype=bool)
    for name, bound in constraint.items():
        at_least = name in ("precision", "recall")
        kept &= rates[name] >= bound if at_least else rates[name] <= bound
    return float(rates[wanted][kept].max(initial=0.0))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--runs", type=int, default=400)
    parser.add_argument("--shapes", nargs="+", default=list(SHAPES), choices=list(SHAPES))
    parser.add_argument("--rows", type=int, nargs="+", default=[500, 3000])
    parser.add_argument("--scores", nargs="+", default=list(STEPS), choices=list(STEPS))
    options = parser.parse_args()
    print(f"{'scores':10}{'constraint':42}{'rows':>6}", end="")
    print(f"{'errs':>7}{'without':>9}{'found':>7}{'value':>7}{'possible':>10}", flush=True)
    for shape in options.shapes:
        constraints = CONSTRAINTS[shape]
        for steps in (STEPS[scores] for scores in options.scores):
            rates = true_rates(shape, steps)
            for constraint in constraints:
                wanted = "precision" if "recall" in constraint else "recall"
                possible = best_possible(rates, constraint, wanted)
                for n_rows in options.rows:
                    rng = np.random.RandomState(0)
                    errors, plain, values = 0, 0, []
                    for _ in range(options.runs):
                        score = rng.uniform(size=n_rows)
                        score = score if steps is None else np.floor(score * steps) / steps
                        y = (rng.uniform(size=n_rows) < SHAPES[shape](score)).astype(int)
                        threshold = chosen(score, y, constraint, CONFIDENCE)
                        if threshold is not None:
                            errors += broken(rates, threshold, constraint)
                            values.append(at_threshold(rates, threshold, wanted))
                        threshold = chosen(score, y, constraint, None)
                        plain += threshold is not None and broken(rates, threshold, constraint)
                    bounds = ", ".join(f"{name} {bound}" for name, bound in constraint.items())
                    named = shape if steps is None else f"{shape}*"
                    mean = f"{np.mean(values):7.2f}" if values else f"{'':7}"
                    print(f"{named:10}{bounds:42}{n_rows:6}", end="")
                    print(f"{errors / options.runs:7.3f}{plain / options.runs:9.3f}", end="")
                    print(f"{len(values) / options.runs:7.2f}{mean}{possible:10.2f}", flush=True)
    print("* scores of 20 values, so that most rows tie")


if __name__ == "__main__":
    main()
