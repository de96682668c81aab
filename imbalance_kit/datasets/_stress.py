"""Records of data sets made harder in one way at a time."""

from collections.abc import Iterable, Iterator
from dataclasses import replace

from imbalance_kit.datasets._corruption import quotient_of, share_of
from imbalance_kit.datasets._dataset import SMALLEST_CLASS, Dataset

PERCENT = (10, 20, 30)  # of the smallest class's labels, or of the values
TIMES = (2, 3, 5)  # the imbalance ratio


def stressed(datasets: Iterable[Dataset]) -> list[Dataset]:
    """Return harder variants of data sets, each harder in one way; no table is read.

    Three kinds in three amounts, as CLIMB has them [1]_, each with a seed that follows from the
    name of the data set:

    ``noise 10``, ``noise 20``, ``noise 30``
        Percent of the smallest class's labels turned into another class's, drawn by its share.
        Only what learners see is turned: :meth:`Dataset.load` returns the true labels to test
        against, and :meth:`Dataset.observed` the turned ones.
    ``missing 10``, ``missing 20``, ``missing 30``
        Percent of the values removed, drawn from all that were there.
    ``imbalance 2``, ``imbalance 3``, ``imbalance 5``
        Rows of the smallest class removed until the imbalance ratio is so many times as high.

    Amounts are nested: what noise turns at 10 % is turned at 20 % too. A variant that would leave
    fewer than 8 rows in the smallest class is left out.

    Parameters
    ----------
    datasets : iterable of Dataset
        Records from :func:`load_suite` or :func:`load_folder`.

    Returns
    -------
    list of Dataset
        Sorted by name, such as ``"german, noise 20"``. ``source`` and ``role`` are those of the
        data set they were made from, and their ``parent`` is its name.

    Raises
    ------
    ValueError
        If a data set is itself such a variant.

    Notes
    -----
    Sizes in the records are those of the tables to come. One is estimated: ``n_missing`` of a
    table that has missing values and loses rows, since which rows go is drawn when it is read.

    References
    ----------
    .. [1] Z. Liu et al., "CLIMB: Class-Imbalanced Learning Benchmark on Tabular Data", NeurIPS
       Datasets and Benchmarks, 2025.

    Examples
    --------
    >>> from imbalance_kit.datasets import load_suite, stressed
    >>> german = [record for record in load_suite("embedded") if record.name == "german"]
    >>> variants = {record.stress: record for record in stressed(german)}
    >>> len(variants), variants["imbalance 3"].n_smallest, variants["missing 10"].n_missing
    (9, 100, 2000)
    >>> noisy = variants["noise 20"]
    >>> _, y = noisy.load()
    >>> int((noisy.observed(y) != y).sum())
    60
    """
    variants = [variant for record in datasets for variant in _variants(record)]
    return sorted(variants, key=lambda variant: variant.name)


def _variants(record: Dataset) -> Iterator[Dataset]:
    if record.stress:
        raise ValueError(
            f"Data set {record.name!r} is a stressed variant already; give {record.parent!r}."
        )
    n_cells = record.n_rows * record.n_features - record.n_missing
    for percent in PERCENT:
        if record.n_smallest - share_of(record.n_smallest, percent) >= SMALLEST_CLASS:
            yield _made(record, f"noise {percent}")
        n_missing = record.n_missing + share_of(n_cells, percent)
        yield _made(record, f"missing {percent}", n_missing=n_missing)
    n_largest = round(record.imbalance_ratio * record.n_smallest)
    for times in TIMES:
        n_smallest = quotient_of(record.n_smallest, times)
        if n_smallest < SMALLEST_CLASS:
            continue
        n_rows = record.n_rows - record.n_smallest + n_smallest
        if record.n_classes == 2:
            n_largest = n_rows - n_smallest
        yield _made(
            record,
            f"imbalance {times}",
            n_rows=n_rows,
            n_smallest=n_smallest,
            n_missing=round(record.n_missing * n_rows / max(record.n_rows, 1)),
            imbalance_ratio=round(n_largest / n_smallest, 3),
        )


def _made(record: Dataset, stress: str, **sizes: int | float) -> Dataset:
    suite = f"stress:{record.suite}" if record.suite else "stress"
    return replace(record, name=f"{record.name}, {stress}", stress=stress, suite=suite, **sizes)  # type: ignore[arg-type]  # sizes are named above
