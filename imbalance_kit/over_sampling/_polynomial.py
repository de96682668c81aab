"""Over-samplers that lay lines or a curve through a small class and put new rows on them."""

import re
import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.polynomial.legendre import legvander
from sklearn.utils.random import sample_without_replacement

from imbalance_kit._sampling.base import CATEGORICAL_FEATURES, BaseOverSampler, Rng
from imbalance_kit._sampling.plans import Plan, realise, realise_by
from imbalance_kit._sklearn_compat import StrOptions
from imbalance_kit._tables.imputation import complete
from imbalance_kit._tables.labels import spell
from imbalance_kit._tables.magnitude import column_means
from imbalance_kit._tables.points import Mixed
from imbalance_kit.over_sampling._base import draw_copies


@dataclass(frozen=True)
class _Aimed(Plan):
    """A plan whose rows go from their seed towards one point."""

    aim: Any = None


@dataclass(frozen=True)
class _Curved(Plan):
    """A plan whose rows are points of a curve, given by polynomials on [-1, 1]."""

    place: Any = None
    coefficients: Any = None


class PolynomFitSMOTE(BaseOverSampler):
    """Make rows on lines between rows of a small class, its mean, or on a fitted curve.

    Parameters
    ----------
    sampling_strategy : float, str, dict or callable, default="auto"
        Which classes to resample, and to how many rows. A float is the wanted ratio of the
        small class to the large one (two classes only); a str names the classes to even out
        ("majority", "not minority", "not majority", "all"; "minority" for over-samplers); a
        dict maps classes to numbers of rows; a callable takes y and returns such a dict.

    random_state : int, RandomState instance or None, default=None
        Seed of the draws. An int gives the same rows at every call.

    topology : str, default="star"
        Where new rows lie: "star", between each row of the class and the mean of the class;
        "bus", between each row and the next one in the table; "mesh", between any two rows;
        "poly_2" (or another degree), on a polynomial fitted to each column.

    small_class : {"shrink", "raise", "copy"}, default="shrink"
        What to do about a class with too few rows, one for lines, or no more than the degree for
        a polynomial: copy the one row or lower the degree, with a warning; raise a
        ``ValueError``; or copy its rows.

    categorical_features : "auto", array-like or None, default="auto"
        Nominal columns: positions, names or a mask. "auto" takes the columns
        that hold categories, strings or booleans; None takes every column as numeric.

    Attributes
    ----------
    sampling_strategy_ : dict
        Rows made of each class.

    sample_indices_ : ndarray of shape (n_samples_new,)
        Input row that each output row comes from.

    sample_origin_ : ndarray of shape (n_samples_new,)
        Input row that each output row equals, or -1 for a new row.

    sample_weight_ : ndarray of shape (n_samples_new,) or None
        Weights of the output rows, when weights were given.

    n_features_in_ : int
        Number of columns of X.

    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Names of the columns, when all are strings.

    See Also
    --------
    SMOTE : Lines between nearest rows only.

    LVQSMOTE : Move rows from one part of the class to another.

    Notes
    -----
    Counts are exact, and originals come first, unchanged. Every line gets the same number of new
    rows or one more (which ones is drawn), and they cut it into equal parts; in the paper all
    lines have the same number. Where there are more lines than rows to make, lines are drawn and
    get one new row each, in the middle.

    For a polynomial the rows of the class are ordered by the mean of their columns, each column
    is fitted on their place in that order by least squares, and new rows are points of the curve
    so given at places drawn uniformly. Columns of different scales should be scaled first.

    No neighbours are searched: cost is O(m d) for a class of m rows in d columns, and that of
    the new rows. New rows of a sparse table have values where the mean or the curve has, that is
    almost everywhere, with "star" and "poly".

    Nominal values are the seed's, or one of the two parents'. Lines between two rows miss a value
    only if both do; means and curves are those of a copy with column medians for missing numbers,
    and a new row misses what its seed misses.

    References
    ----------
    .. [1] S. Gazzah, N. Essoukri Ben Amara, "New Oversampling Approaches Based on Polynomial
       Fitting for Imbalanced Data Sets", The Eighth IAPR International Workshop on Document
       Analysis Systems (DAS), 2008.

    .. [2] G. Kovács, "An empirical comparison and evaluation of minority oversampling techniques
       on a large number of imbalanced datasets", Applied Soft Computing 83, 2019.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.datasets import make_classification
    >>> from imbalance_kit.over_sampling import PolynomFitSMOTE
    >>> X, y = make_classification(n_samples=500, weights=[0.9], flip_y=0, random_state=0)
    >>> np.bincount(y).tolist()
    [451, 49]
    >>> X_res, y_res = PolynomFitSMOTE(random_state=0).fit_resample(X, y)
    >>> np.bincount(y_res).tolist()
    [451, 451]
    """

    _parameter_constraints: dict = {
        **BaseOverSampler._parameter_constraints,
        "random_state": ["random_state"],
        "topology": [str],
        "small_class": [StrOptions({"shrink", "raise", "copy"})],
        "categorical_features": CATEGORICAL_FEATURES,
    }

    def __init__(
        self,
        *,
        sampling_strategy="auto",
        random_state=None,
        topology="star",
        small_class="shrink",
        categorical_features="auto",
    ):
        super().__init__(sampling_strategy=sampling_strategy)
        self.random_state = random_state
        self.topology = topology
        self.small_class = small_class
        self.categorical_features = categorical_features

    def _plan(self, opened, part, rng):
        points, class_rows, n = opened.points, part.rows, part.n
        degree = self._degree()
        if not self._large_enough(part.key, len(class_rows), 1 if degree is None else degree):
            return draw_copies(class_rows, n, rng)
        if degree is not None:
            return _curve(points, class_rows, min(degree, len(class_rows) - 1), n, rng)
        if self.topology == "star":
            line, gap = share_lines(len(class_rows), n, rng)
            full = complete(points.numbers if isinstance(points, Mixed) else points)
            # the mean of float32 columns in float64, so that a table gives the same rows in both
            aim = column_means(full[class_rows])
            return _Aimed(seed=class_rows[line], partner=class_rows[line], gap=gap, aim=aim)
        if self.topology == "bus":
            line, gap = share_lines(len(class_rows) - 1, n, rng)
            seed, partner = class_rows[line], class_rows[line + 1]
        else:
            line, gap = share_lines(len(class_rows) * (len(class_rows) - 1) // 2, n, rng)
            lower, upper = pair_of(line)
            seed, partner = class_rows[lower], class_rows[upper]
        voters = np.column_stack([seed, partner]) if isinstance(points, Mixed) else None
        return Plan(seed=seed, partner=partner, gap=gap, voters=voters)

    def _realise(self, opened, part, plan, rng):
        if isinstance(plan, _Aimed):
            return realise_by(
                lambda start, _, block: start + plan.gap[block, None] * (plan.aim - start),
                opened.points,
                plan,
                rng,
            )
        if isinstance(plan, _Curved):
            degree = len(plan.coefficients) - 1
            return realise_by(
                lambda _, __, block: legvander(plan.place[block], degree) @ plan.coefficients,
                opened.points,
                plan,
                rng,
            )
        return realise(opened.points, plan, rng)

    def _degree(self) -> int | None:
        """Degree of the polynomial, or None for lines."""
        if self.topology in ("star", "bus", "mesh"):
            return None
        written = re.fullmatch(r"poly_([1-9]\d*)", self.topology)
        if written is None:
            raise ValueError(
                "topology must be 'star', 'bus', 'mesh' or 'poly_' and a degree, as in 'poly_2'; "
                f"got {self.topology!r}."
            )
        return int(written.group(1))

    def _large_enough(self, label: Any, n_rows: int, degree: int) -> bool:
        """Whether the class has enough rows to make others of; if not, they are copied."""
        if n_rows > degree:
            return True
        if self.small_class == "raise":
            raise ValueError(
                f"Class {spell(label)} has {n_rows} samples; topology={self.topology!r} needs at "
                f"least {degree + 1}. Take another topology, use small_class='shrink', or use "
                "RandomOverSampler."
            )
        if self.small_class == "copy":
            return False
        what = "its one row is copied" if n_rows == 1 else f"the degree is {n_rows - 1} for it"
        warnings.warn(
            f"Class {spell(label)} has {n_rows} rows, too few for topology={self.topology!r}: "
            f"{what}. Set small_class to 'raise' or 'copy' to have it otherwise.",
            UserWarning,
            stacklevel=2,
        )
        return n_rows > 1


def share_lines(n_lines: int, n: int, rng: Rng) -> tuple[np.ndarray, np.ndarray]:
    """Share `n` new rows among lines, and cut each line into equal parts by its rows.

    Returns
    -------
    line : ndarray of shape (n,)
        Line of each row, ascending.

    gap : ndarray of shape (n,)
        Share of the way along it.
    """
    each, extra = divmod(n, n_lines)
    chosen = np.sort(sample_without_replacement(n_lines, extra, random_state=rng))
    if each == 0:  # one row on each of the lines drawn, in the middle
        return chosen, np.full(n, 0.5)
    count = np.full(n_lines, each)
    count[chosen] += 1
    line = np.repeat(np.arange(n_lines), count)
    first = np.cumsum(count) - count
    return line, (np.arange(n) - first[line] + 1) / (count[line] + 1)


def pair_of(number: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Two different numbers for each: 0 is (0, 1), 1 is (0, 2), 2 is (1, 2), 3 is (0, 3), ..."""
    upper = ((1.0 + np.sqrt(1.0 + 8.0 * number)) / 2.0).astype(np.int64)
    upper -= upper * (upper - 1) // 2 > number  # the root may be rounded to either side
    upper += (upper + 1) * upper // 2 <= number
    return number - upper * (upper - 1) // 2, upper


def _curve(X: Any, class_rows: np.ndarray, degree: int, n: int, rng: Rng) -> Plan:
    """Plan rows on the curve that fits the rows in the order of their mean values."""
    full = complete(X.numbers if isinstance(X, Mixed) else X)[class_rows]
    if full.shape[1]:
        height = np.asarray(full.mean(axis=1, dtype=np.float64)).ravel()
    else:
        height = np.zeros(len(class_rows))
    order = np.argsort(height, kind="stable")
    # Legendre polynomials on [-1, 1]: powers of row numbers are too alike for a stable fit.
    fit = np.linalg.pinv(legvander(np.linspace(-1.0, 1.0, len(class_rows)), degree))
    place = rng.uniform(-1.0, 1.0, size=n)
    nearest = np.rint((place + 1.0) / 2.0 * (len(class_rows) - 1)).astype(np.int64)
    seed = class_rows[order[nearest]]
    coefficients = np.asarray(fit @ full[order].astype(np.float64))
    gap = np.zeros(n)
    return _Curved(seed=seed, partner=seed, gap=gap, place=place, coefficients=coefficients)
