"""Columns of text that hold numbers, dates, times or durations, as numbers.

What is read here is what a table of numbers looks like after an export: ``1,234`` and ``1.234,5``,
``5%``, ``$12``, ISO dates, ``08:30``, ``1 days 02:00:00``, ``PT5M``, and a few marks for "no
value" among them. As levels of a category, nearly every row would have one of its own.
"""

import math
import re
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import pandas as pd

EXACT = 2**53
"""Whole numbers beyond this are not all float64."""

BEYOND = "digits beyond 2**53 are lost (if these are names of something, leave the column out)"

_MARKS = frozenset(
    [
        "-",
        "--",
        "---",
        "\u2013",
        "\u2014",
        ".",
        "..",
        "...",
        "*",
        "**",
        "\\n",
        "n/a",
        "n.a.",
        "<na>",
    ]
)
_ERRORS = frozenset(["#n/a", "#na", "#div/0!", "#value!", "#ref!", "#num!", "#null!", "#name?"])
"""What stands for "no value" among numbers, of people and of spreadsheets; else it is a level."""

_READABLE = 0.95  # share of rows from which the rest are taken as errors
_VARIED = 10  # different numbers from which a column is no list of codes
_LONGEST = 64  # characters; what is longer is no number, and long ones would take long to match

_AMOUNT = re.compile(
    r"([-+(]?)\s*[$€£¥]?\s*((?:[.,]?\d[\d.,'\u2019\s]*)(?:[eE][-+]?\d+)?)\s*([$€£¥%]?)(\)?)"
)
_POINT = re.compile(
    r"(?:[1-9]\d{0,2}(?:([,'\u2019\s])\d{3})(?:\1\d{3})*|\d+)?(?:\.\d*)?(?:[eE][-+]?\d+)?"
)
_COMMA = re.compile(
    r"(?:[1-9]\d{0,2}(?:([.'\u2019\s])\d{3})(?:\1\d{3})*|\d+)?(?:,\d*)?(?:[eE][-+]?\d+)?"
)
_ISO_DATE = re.compile(r"\d{4}-(?:\d{2}|W\d{2}|\d{3})\b.*", re.IGNORECASE)
_ORDINAL = re.compile(r"(\d{4})-(\d{3})")
_MONTH = re.compile(r"\d{4}-\d{2}")
_OTHER_DATE = re.compile(
    r"(?:(\d{4})([/.])(\d{1,2})\2(\d{1,2})|(\d{1,2})([/.-])(\d{1,2})\6(\d{4}|\d{2}))"
    r"(?:[ T,]+(\S.*))?"
)
_CLOCK = re.compile(
    r"([-+]?)(\d+):(\d{2})(?::(\d{2}(?:[.,]\d+)?))?\s*(?:([ap])\.?m\.?)?", re.IGNORECASE
)
_DAYS = re.compile(r"([-+]?\d+)\s*days?,?(?:\s+([-+]?\d+:\d{2}:\d{2}(?:\.\d+)?))?", re.IGNORECASE)
_NUMBER = r"(\d+(?:[.,]\d+)?)"
_ISO_DURATION = re.compile(
    rf"([-+]?)P(?=[\dT])(?:{_NUMBER}Y)?(?:{_NUMBER}M)?(?:{_NUMBER}W)?(?:{_NUMBER}D)?"
    rf"(?:T(?=\d)(?:{_NUMBER}H)?(?:{_NUMBER}M)?(?:{_NUMBER}S)?)?"
)
_YEAR = 365.2425 * 86400.0
_SECONDS = (_YEAR, _YEAR / 12, 7 * 86400.0, 86400.0, 3600.0, 60.0, 1.0)


def read_text_column(
    column: "pd.Series",
    *,
    numbers: bool = True,
    decimal_comma: bool = False,
    doubtful: bool = False,
) -> "tuple[pd.Series, str]":
    """Return a column of text as numbers, if it holds such, and what the user should know.

    Dates are seconds since 1970, times and durations seconds.

    Parameters
    ----------
    column : pandas.Series
        Text, or objects that are written out.
    numbers : bool, default=True
        Whether numbers are read; text that a file declares as text is left as it is but for dates,
        times and durations.
    decimal_comma : bool, default=False
        What ``1,234`` is where the column does not show it: 1.234 or 1234.
    doubtful : bool, default=False
        Whether the user should know of that choice.

    Returns
    -------
    column : pandas.Series
        Numbers, or the column as it came.
    remark : str
        Empty where everything was read.
    """
    counts = _counted(column)
    readings = [_dates(counts.index), _times(counts.index)]
    if numbers:
        readings.append(_numbers(counts.index, decimal_comma))
    found = max(readings, key=lambda reading: _rows(counts, reading))
    place = f"column {column.name!r}"
    if not found:
        dated = len(counts) > 1 and all(map(_OTHER_DATE.fullmatch, counts.index))
        return column, (
            f"{place} looks like dates, and nothing shows whether day or month comes first; it is "
            "read as levels (write dates as 2024-01-31)"
            if dated
            else ""
        )
    n_present, n_rest = int(counts.sum()), int(counts.sum()) - _rows(counts, found)
    varied = len(set(found.values())) >= _VARIED
    rest = [value for value in counts.index if value not in found]
    shown = ", ".join(repr(value[:40]) for value in rest[:3]) + (", ..." if len(rest) > 3 else "")
    if any(value.lower() not in _MARKS | _ERRORS for value in rest):
        if not varied or n_rest > n_present / 2:
            return column, ""
        if n_rest > (1 - _READABLE) * n_present:
            return column, (
                f"{place} has numbers, dates or times in most rows and text in {n_rest} ({shown}); "
                "all of it is read as levels"
            )
    remarks = []
    if rest:
        remarks.append(f"{shown} in {n_rest} of {len(column)} rows is taken as missing")
    text = column.astype(object).map(str, na_action="ignore").str.strip()
    values = text.map(found, na_action="ignore").astype("float64")
    if max(map(abs, found.values())) >= EXACT:
        remarks.append(BEYOND)
    if numbers and doubtful and found is readings[-1] and _comma_in_doubt(counts.index):
        meant = "comma" if decimal_comma else "point"
        remarks.append(f"values such as '1,234' are read with a decimal {meant}")
    remark = f"{place} is read as numbers: {'; '.join(remarks)}" if remarks else ""
    exact = values.abs().max() < EXACT and not values.isna().any()
    if exact and (values == np.trunc(values)).all():
        return values.astype("int64"), remark
    return values, remark


def has_decimal_comma(column: "pd.Series") -> bool:
    """Return whether a column of text holds numbers that only a decimal comma explains.

    Parameters
    ----------
    column : pandas.Series
        Text.
    """
    with_point, with_comma = _readable(_counted(column).index)
    return len(with_comma) > len(with_point)


def _counted(column: "pd.Series") -> "pd.Series":
    """How many rows each text has."""
    text = column.dropna().astype(object).map(str).str.strip()
    return text[text != ""].value_counts()


def _rows(counts: "pd.Series", found: dict[str, float]) -> int:
    return int(counts.loc[list(found)].sum()) if found else 0


def _amount(text: str) -> tuple[str, bool, bool] | None:
    """The digits of a number, and whether it is negative and a percentage."""
    match = _AMOUNT.fullmatch(text.replace("\u2212", "-")) if len(text) <= _LONGEST else None
    if match is None or (match[1] == "(") != bool(match[4]):
        return None
    return match[2].strip(), match[1] in ("-", "("), match[3] == "%"


def _readable(texts: Iterable[str]) -> tuple[set[str], set[str]]:
    """The texts that are numbers with a decimal point, and those with a decimal comma."""
    amounts = [(text, amount[0]) for text in texts if (amount := _amount(text))]
    return (
        {text for text, digits in amounts if _POINT.fullmatch(digits)},
        {text for text, digits in amounts if _COMMA.fullmatch(digits)},
    )


def _comma_in_doubt(texts: Iterable[str]) -> bool:
    with_point, with_comma = _readable(texts)
    return with_point == with_comma and any("," in text for text in with_point)


def _numbers(texts: Iterable[str], decimal_comma: bool) -> dict[str, float]:
    """Numbers with marks of thousands, percentages and amounts of money."""
    with_point, with_comma = _readable(texts)
    if len(with_point) == len(with_comma):
        comma = decimal_comma
    else:
        comma = len(with_comma) > len(with_point)
    found = {}
    for text in with_comma if comma else with_point:
        digits, negative, percent = _amount(text) or ("", False, False)
        plain = re.sub(r"['\u2019\s]", "", digits)
        plain = plain.replace(".", "").replace(",", ".") if comma else plain.replace(",", "")
        number = float(plain) / (100 if percent else 1) * (-1 if negative else 1)
        if math.isfinite(number):
            found[text] = number
    return found


def _dates(texts: Iterable[str]) -> dict[str, float]:
    """Dates as seconds since 1970; what has no zone is taken as UTC."""
    found, others = {}, []
    for text in texts:
        if len(text) > _LONGEST:
            continue
        other = _OTHER_DATE.fullmatch(text)
        if other:
            others.append((text, other))
        elif _ISO_DATE.fullmatch(text):
            seconds = _iso_seconds(text)
            if seconds is not None:
                found[text] = seconds
    # day or month first: only a number above 12 shows it; with points it is the day
    places = [(int(match[5]), int(match[7])) for _, match in others if match[5]]
    points = all(match[6] == "." for _, match in others if match[5])
    day_first = points or any(first > 12 for first, _ in places)
    if day_first and any(second > 12 for _, second in places):
        return found
    if not day_first and places and not any(second > 12 for _, second in places):
        return found
    for text, match in others:
        year, month, day = match[1], match[3], match[4]
        if match[5]:
            year, month, day = match[8], match[7], match[5]
            if not day_first:
                month, day = day, month
            if len(year) == 2:
                year = f"{'19' if int(year) > 68 else '20'}{year}"
        iso = f"{year}-{int(month):02}-{int(day):02}"
        seconds = _iso_seconds(iso)
        clock = _clock_seconds(match[9]) if match[9] else 0.0
        if seconds is not None and clock is not None:
            found[text] = seconds + clock
    return found


def _iso_seconds(text: str) -> float | None:
    try:
        ordinal = _ORDINAL.fullmatch(text)
        if ordinal:
            moment = datetime.strptime(text, "%Y-%j")
        else:
            moment = datetime.fromisoformat(f"{text}-01" if _MONTH.fullmatch(text) else text)
    except ValueError:
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return (moment - datetime(1970, 1, 1, tzinfo=UTC)).total_seconds()


def _times(texts: Iterable[str]) -> dict[str, float]:
    """Times of day and durations in seconds."""
    found = {}
    for text in texts:
        if len(text) > _LONGEST:
            continue
        seconds = _clock_seconds(text)
        if seconds is None:
            seconds = _duration_seconds(text)
        if seconds is not None:
            found[text] = seconds
    return found


def _clock_seconds(text: str) -> float | None:
    match = _CLOCK.fullmatch(text.strip())
    if match is None:
        return None
    hours, minutes, seconds = (
        int(match[2]),
        int(match[3]),
        float((match[4] or "0").replace(",", ".")),
    )
    if minutes > 59 or seconds >= 61:
        return None
    if match[5]:
        if not 1 <= hours <= 12:
            return None
        hours = hours % 12 + (12 if match[5].lower() == "p" else 0)
    total = 3600.0 * hours + 60.0 * minutes + seconds
    return -total if match[1] == "-" else total


def _duration_seconds(text: str) -> float | None:
    days = _DAYS.fullmatch(text)
    if days is not None:
        clock = _clock_seconds(days[2]) if days[2] else 0.0
        return None if clock is None else 86400.0 * int(days[1]) + clock
    parts = _ISO_DURATION.fullmatch(text)
    if parts is None:
        return None
    total = sum(
        float(number.replace(",", ".")) * length
        for number, length in zip(parts.groups()[1:], _SECONDS, strict=True)
        if number
    )
    return -total if parts[1] == "-" else total
