"""A test of calibration that stays valid however often it is looked at."""

import itertools

import numpy as np

# Alternatives: the log odds lie nearer to or farther from those of the class share, by these
# factors, and are shifted by these amounts. Steps are small enough that a true change between two
# of them loses little, and a change of the odds by less than some 5 % is not looked for.
_SLOPES = (0.5, 0.7, 1.0, 1.4, 2.0)
_SHIFTS = (-2.0, -1.0, -0.5, -0.2, -0.1, 0.0, 0.1, 0.2, 0.5, 1.0, 2.0)
ALTERNATIVES = [pair for pair in itertools.product(_SLOPES, _SHIFTS) if pair != (1.0, 0.0)]
_SLOPE, _SHIFT = np.array(ALTERNATIVES).T[:, :, None]
_AT_A_TIME = 4096  # rows, so that all alternatives for them stay in the processor's cache


class CalibrationMartingale:
    """Evidence against the probabilities of some events, in batches.

    For each alternative the evidence is the product of likelihood ratios since some batch; the
    mean over alternatives and over first batches starts at 1 and has no drift while events have
    their probabilities, whatever those are. So it ever reaches 1 / a with probability a at most
    (Ville's inequality), in any order of rows within a batch.

    Parameters
    ----------
    centre : ndarray of shape (n_events,)
        Share of each event: where slopes change nothing.
    """

    def __init__(self, centre: np.ndarray) -> None:
        self.log_odds_of_centre = np.log(centre) - np.log1p(-centre)
        self.n_batches = 0
        self.log_capital = np.full((len(centre), len(ALTERNATIVES)), -np.inf)

    def add(self, proba: np.ndarray, event: np.ndarray, weight: np.ndarray | None) -> None:
        """One more batch: probabilities and events of shape (n_rows, n_events)."""
        self.n_batches += 1
        # The change may have come with any batch: batch b starts with a share 1 / (b (b + 1)) of
        # the capital, which adds up to 1. Else a long calm would have used it up.
        starting = -np.log(self.n_batches * (self.n_batches + 1.0))
        self.log_capital = np.logaddexp(self.log_capital, starting)
        for k, centre in enumerate(self.log_odds_of_centre):
            self.log_capital[k] += _log_likelihood_ratios(
                proba[:, k], event[:, k], weight, float(centre)
            )

    @property
    def log_e_values(self) -> np.ndarray:
        """Logarithm of the evidence against the probabilities of each event."""
        at_work = np.logaddexp.reduce(self.log_capital, axis=1) - np.log(len(ALTERNATIVES))
        return np.logaddexp(at_work, -np.log(self.n_batches + 1.0))  # and what has not started


def _log_likelihood_ratios(
    proba: np.ndarray, event: np.ndarray, weight: np.ndarray | None, centre: float
) -> np.ndarray:
    """Of each alternative against the probabilities; infinite after what was impossible."""
    if weight is None:
        weight = np.ones(len(proba))
    if (((proba == 0.0) & event | (proba == 1.0) & ~event) & (weight > 0.0)).any():
        return np.full(len(ALTERNATIVES), np.inf)
    between = (proba > 0.0) & (proba < 1.0)  # others were right, which no alternative beats
    weight, proba = weight[between], proba[between]
    log_odds = np.log(proba) - np.log1p(-proba)
    sign = np.where(event[between], 1.0, -1.0)
    predicted = _softplus(-sign * log_odds)
    ratios = np.zeros(len(ALTERNATIVES))
    for start in range(0, len(weight), _AT_A_TIME):
        block = slice(start, start + _AT_A_TIME)
        alternative = centre + _SLOPE * (log_odds[block] - centre) + _SHIFT
        ratios += (predicted[block] - _softplus(-sign[block] * alternative)) @ weight[block]
    return ratios


def _softplus(x: np.ndarray) -> np.ndarray:
    """log(1 + exp(x)), in a sixth of the time of ``np.logaddexp``."""
    return np.maximum(x, 0.0) + np.log1p(np.exp(-np.abs(x)))
