"""What figures of curves over thresholds do alike; used as scikit-learn's displays are.

matplotlib is imported where it is used.
"""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from sklearn.pipeline import Pipeline

from imbalance_kit._tables.positive_class import category_order, positive_class

_PLAIN = {"color": "0.45", "linewidth": 1}  # lines that need no classifier


class CurveDisplay:
    """A curve of one classifier for two classes, beside lines that are the same for all."""

    name: str | None

    @classmethod
    def from_estimator(
        cls,
        estimator: Any,
        X: Any,
        y: Any,
        *,
        response_method: str = "auto",
        pos_label: Any = None,
        name: str | None = None,
        **options: Any,
    ) -> Self:
        """Draw the curve of a fitted classifier.

        Parameters
        ----------
        estimator : classifier
            Fitted, for two classes.

        X : {array-like, dataframe, sparse matrix} of shape (n_samples, n_features)
            Rows that it was not fitted on.

        y : array-like of shape (n_samples,)
            Their classes.

        response_method : {"auto", "predict_proba", "decision_function"}, default="auto"
            What to rank the rows by. "auto" takes the first that there is.

        pos_label : label, default=None
            The positive class. None stands for 1 of labels 0/1 or -1/1, for True, and for the
            higher one of ordered categories; other labels need it.

        name : str, default=None
            For the legend; None stands for the name of the classifier's class.

        **options : dict
            Further arguments of ``from_predictions``. A cost matrix may name columns of `X`.

        Returns
        -------
        display : CurveDisplay
            An object of the class this is called on.
        """
        score, pos_label = response_of(
            estimator, X, pos_label, response_method, order=category_order(y)
        )
        if name is None:
            last = estimator.steps[-1][1] if isinstance(estimator, Pipeline) else estimator
            name = type(last).__name__
        options = cls._options(estimator, X, options, pos_label)
        draw: Any = cls.from_predictions  # type: ignore[attr-defined]  # each display has its own
        return draw(y, score, pos_label=pos_label, name=name, **options)

    @classmethod
    def _options(
        cls, estimator: Any, X: Any, options: dict[str, Any], pos_label: Any
    ) -> dict[str, Any]:
        """Arguments of ``from_predictions`` that only the estimator and its table settle."""
        return options

    def _begin(self, ax: Any, name: str | None, curve_kwargs: dict | None) -> dict[str, Any]:
        """Make axes where there are none; arguments of the curve."""
        if ax is None:
            import matplotlib.pyplot as plt

            _, ax = plt.subplots(layout="constrained")
        self.ax_ = ax
        self.figure_ = ax.figure
        label = self.name if name is None else name
        return {"label": label, "linewidth": 1.6} | (curve_kwargs or {})

    def _plain(self, x: Any, y: Any, label: str, linestyle: str = "--") -> None:
        """A line that is the same for every classifier, once per axes."""
        if label not in [line.get_label() for line in self.ax_.get_lines()]:
            self.ax_.plot(x, y, label=label, linestyle=linestyle, zorder=1, **_PLAIN)

    def _legend(self) -> None:
        if self.ax_.get_legend_handles_labels()[0]:
            self.ax_.legend(frameon=False)


def response_of(
    estimator: Any, X: Any, pos_label: Any, method: str, order: list | None = None
) -> tuple[np.ndarray, Any]:
    """Scores of the positive class, and which class that is."""
    methods = ["predict_proba", "decision_function"] if method == "auto" else [method]
    if not set(methods) <= {"predict_proba", "decision_function"}:
        raise ValueError(
            "response_method must be 'auto', 'predict_proba' or 'decision_function', got "
            f"{method!r}."
        )
    found = [name for name in methods if hasattr(estimator, name)]
    if not found:
        raise ValueError(f"{type(estimator).__name__} has no {' or '.join(methods)}.")
    classes = np.asarray(estimator.classes_).tolist()
    if len(classes) != 2:
        raise ValueError(
            f"Curves over thresholds need a classifier for two classes; this one has {classes}. "
            "For one class against the rest give its column of predict_proba to from_predictions."
        )
    pos_label = positive_class(classes, pos_label, order=order, of="the classifier")
    second = classes.index(pos_label) == 1
    if found[0] == "predict_proba":
        return estimator.predict_proba(X)[:, int(second)], pos_label
    score = estimator.decision_function(X)
    return score if second else -score, pos_label


def require_one_of(value: str, name: str, allowed: tuple[str, str]) -> None:
    """Refuse an option that is unknown."""
    if value not in allowed:
        raise ValueError(f"{name} must be {allowed[0]!r} or {allowed[1]!r}, got {value!r}.")
