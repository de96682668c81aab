"""How parameters are searched: a part of every protocol."""

from dataclasses import dataclass

from imbalance_kit.benchmark._metrics.metric import METRICS


def searched_metrics() -> tuple[str, ...]:
    """Metrics that a search can aim at: the tuned ones need rows that a search has not."""
    return tuple(name for name, metric in METRICS.items() if not metric.tuned)


@dataclass(frozen=True)
class Search:
    """How parameters are searched; part of a protocol.

    Attributes
    ----------
    trials : int
        Trials for each cell, the defaults being the first; 0 for no search.
    seconds : float or None
        No trial begins when so many seconds have passed; None for no limit. How far a search then
        gets depends on the machine, and with it the result.
    folds : int
        Stratified inner folds.
    metric : str
        What is best in the mean of the inner folds: ``"auprc"``, ``"auroc"``, ``"macro_f1"``,
        ``"balanced_accuracy"``, ``"g_mean"``, ``"mcc"``, or the smallest ``"brier"``,
        ``"log_loss"`` or ``"calibration_error"``.

    Raises
    ------
    ValueError
        If a number is out of range or the metric is unknown.
    """

    trials: int = 0
    seconds: float | None = None
    folds: int = 3
    metric: str = "auprc"

    def __post_init__(self) -> None:
        if self.trials < 0:
            raise ValueError(f"trials must be at least 0, got {self.trials}.")
        if self.seconds is not None and not self.seconds > 0:
            raise ValueError(f"seconds must be above 0 or None, got {self.seconds}.")
        if self.folds < 2:
            raise ValueError(f"folds of a search must be at least 2, got {self.folds}.")
        known = searched_metrics()
        if self.metric not in known:
            raise ValueError(
                f"Unknown metric of a search {self.metric!r}. Known: {', '.join(known)}."
            )
