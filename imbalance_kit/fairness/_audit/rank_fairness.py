"""Whether a ranking keeps a group from its top places."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.special import rel_entr
from sklearn.utils import check_array

from imbalance_kit._tables.row_labels import warn_of_other_order
from imbalance_kit.fairness._groups.group_reading import GroupReader


@dataclass(frozen=True)
class RankFairness:
    """Three measures of how unevenly a group is ranked; 0 is even.

    Attributes
    ----------
    rnd : float
        Differences of the group's share in the top places from its share in all (rND).
    rkl : float
        Kullback-Leibler divergences between these, in bits (rKL).
    rrd : float
        Differences of the group's ratio to the others in the top places from that in all (rRD).
        Of use for a group in the minority only.
    """

    rnd: float
    rkl: float
    rrd: float


def rank_fairness(
    y_score: Any,
    *,
    sensitive_features: Any,
    step: int = 10,
    normalize: bool = True,
    discount: str = "paper",
) -> dict[Any, RankFairness]:
    """Measure how unevenly groups are ranked, by the top places.

    Parameters
    ----------
    y_score : array-like of shape (n_samples,)
        Scores; the highest ranks first. Equal ones keep the order of the rows.

    sensitive_features : array-like of shape (n_samples,) or (n_samples, n)
        One or several sensitive features. A missing value is a group of its own.

    step : int, default=10
        The top places are the first `step`, twice as many, and so on.

    normalize : bool, default=True
        Divide by the value of the worse of two rankings: all of the group last, or all first.

    discount : {"paper", "code"}, default="paper"
        Weight of the first i places: ``1 / log2(i)`` as printed, or ``1 / log2(i + 1)`` as in the
        authors' code.

    Returns
    -------
    fairness : dict
        A :class:`RankFairness` for every group against the others, by group.

    Raises
    ------
    ValueError
        If there are fewer rows than `step`, or there is one group only.

    Notes
    -----
    With P protected rows among the first i of N, and S in all, rND adds ``|P/i - S/N|``, rKL the
    divergence of ``(P/i, 1 - P/i)`` from ``(S/N, 1 - S/N)``, rRD ``|P/(i-P) - S/(N-S)|``, where a
    ratio with a zero in it is 0, all with the discount. None of them shows in which direction a
    group is treated unevenly, nor whether its rows deserve other places: they compare shares, not
    merit.

    With two groups rND and rKL are the same for both. Normalised values lie between 0 and 1, but
    rRD exceeds 1 for a ranking that puts almost the whole group above a few others.

    The top places include all N rows where `step` divides N; nothing differs there. With the
    discount of the paper `step` must be at least 2.

    Cost is O(n log(n)) and O(n / step) per group.

    References
    ----------
    .. [1] K. Yang, J. Stoyanovich, "Measuring Fairness in Ranked Outputs", International Conference
       on Scientific and Statistical Database Management (SSDBM), 2017.

    Examples
    --------
    >>> import numpy as np
    >>> from imbalance_kit.fairness import rank_fairness
    >>> score = np.arange(100, 0, -1)
    >>> last = np.repeat(["a", "b"], 50)
    >>> alternating = np.tile(["a", "b"], 50)
    >>> worst = rank_fairness(score, sensitive_features=last)["b"]
    >>> worst.rnd, worst.rkl
    (1.0, 1.0)
    >>> rank_fairness(score, sensitive_features=alternating)["b"]
    RankFairness(rnd=0.0, rkl=0.0, rrd=0.0)
    """
    warn_of_other_order(y_score, sensitive_features=sensitive_features, stacklevel=3)
    score = check_array(y_score, ensure_2d=False, dtype=np.float64, input_name="y_score")
    if score.ndim != 1:
        raise ValueError(f"y_score must have one dimension, got shape {score.shape}.")
    if discount not in ("paper", "code"):
        raise ValueError(f"discount must be 'paper' or 'code', got {discount!r}.")
    least = 2 if discount == "paper" else 1
    if not least <= step <= len(score):
        raise ValueError(
            f"step must lie between {least} and the number of rows, {len(score)}, got {step}."
        )
    groups = GroupReader(None, "rank_fairness").learn(score[:, None], sensitive_features)
    if groups.n_groups < 2:
        raise ValueError(
            "All rows are of one group, so there is nothing to compare. Give sensitive_features "
            "with two groups or more."
        )
    order = np.argsort(-score, kind="stable")
    ranked = groups.of_row[order]
    tops = np.arange(step, len(score) + 1, step)
    discounts = 1.0 / np.log2(tops + (discount == "code"))
    found = {}
    for group, label in enumerate(groups.labels):
        protected = ranked == group
        values = _unevenness(protected, tops, discounts)
        if normalize:
            ends = np.sort(protected), np.sort(protected)[::-1]  # all last, all first
            worst = np.max([_unevenness(end, tops, discounts) for end in ends], axis=0)
            values = np.divide(values, worst, out=np.zeros(3), where=worst > 0)
        found[label] = RankFairness(*map(float, values))
    return found


def _unevenness(protected: np.ndarray, tops: np.ndarray, discounts: np.ndarray) -> np.ndarray:
    """rND, rKL and rRD of a ranking, not normalised."""
    above = np.cumsum(protected)[tops - 1]
    share, overall = above / tops, protected.mean()
    difference = np.abs(share - overall)
    divergence = rel_entr(share, overall) + rel_entr(1 - share, 1 - overall)
    others = tops - above
    ratio = np.divide(above, others, out=np.zeros(len(tops)), where=others > 0)
    ratios = np.abs(ratio - protected.sum() / (~protected).sum())
    # rel_entr is in nats and takes 0 log 0 for 0, which the top places of a ranking often need
    return np.array([difference, divergence / np.log(2), ratios]) @ discounts
