"""A report on groups as one HTML page: no scripts, nothing from the network, all text escaped."""

from collections.abc import Mapping, Sequence
from html import escape

import numpy as np

_STYLE = """
body { font: 15px/1.45 system-ui, sans-serif; max-width: 60em; margin: 2em auto; padding: 0 1em; }
table { border-collapse: collapse; margin: 0.6em 0 1.6em; font-size: 14px; }
caption { text-align: left; font-weight: 600; padding: 0.3em 0; }
th, td { padding: 0.2em 0.7em; border-bottom: 1px solid #ddd; text-align: left; }
td.number { text-align: right; font-variant-numeric: tabular-nums; }
tr.small td { color: #777; font-style: italic; }
svg { vertical-align: middle; }
"""
_WIDTH = 120  # of the picture of an interval, in pixels


def as_page(
    title: str, facts: Sequence[str], notes: Sequence[str], tables: Mapping[str, Mapping[str, list]]
) -> str:
    """The page as text.

    Parameters
    ----------
    title : str
        Heading.

    facts : sequence of str
        A line each.

    notes : sequence of str
        What must be known to read the numbers.

    tables : dict of dict of list
        Columns of tables, by the caption. With columns ``value``, ``low`` and ``high`` there is a
        picture of each interval; rows that are ``small`` are set apart.
    """
    parts = [f"<h1>{escape(title)}</h1>", *(f"<p>{escape(fact)}</p>" for fact in facts)]
    if notes:
        items = "".join(f"<li>{escape(note)}</li>" for note in notes)
        parts.append(f"<h2>Notes</h2><ul>{items}</ul>")
    parts += [_table(caption, columns) for caption, columns in tables.items()]
    body = "\n".join(parts)
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f"<title>{escape(title)}</title>\n<style>{_STYLE}</style>\n</head>\n"
        f"<body>\n{body}\n</body>\n</html>\n"
    )


def _table(caption: str, columns: Mapping[str, list]) -> str:
    drawn = {"value", "low", "high"} <= set(columns)
    names = [name for name in columns if name != "small"]
    heads = "".join(f'<th scope="col">{escape(name.replace("_", " "))}</th>' for name in names)
    heads += '<th scope="col">0 to 1</th>' if drawn else ""
    rows = []
    for place in range(len(columns[names[0]])):
        cells = "".join(_cell(columns[name][place]) for name in names)
        if drawn:
            ends = [columns[name][place] for name in ("value", "low", "high")]
            cells += f"<td>{_interval(*ends)}</td>"
        few = "small" in columns and columns["small"][place]
        rows.append(f'<tr class="small">{cells}</tr>' if few else f"<tr>{cells}</tr>")
    body = "\n".join(rows)
    return (
        f"<table>\n<caption>{escape(caption)}</caption>\n<thead><tr>{heads}</tr></thead>\n"
        f"<tbody>\n{body}\n</tbody>\n</table>"
    )


def _cell(value: object) -> str:
    if isinstance(value, float):
        text = "\N{EN DASH}" if np.isnan(value) else f"{value:.3f}"
        return f'<td class="number">{text}</td>'
    kind = ' class="number"' if isinstance(value, int) else ""
    return f"<td{kind}>{escape(str(value))}</td>"


def _interval(value: float, low: float, high: float) -> str:
    """A share and its interval between 0 and 1; nothing where it is none."""
    if not (np.isfinite([value, low, high]).all() and 0 <= low <= high <= 1):
        return ""
    left, right, at = (_WIDTH * end for end in (low, high, value))
    return (
        f'<svg width="{_WIDTH}" height="12" role="img" '
        f'aria-label="{value:.3f} [{low:.3f}, {high:.3f}]">'
        f'<line x1="0" x2="{_WIDTH}" y1="6" y2="6" stroke="#ddd"/>'
        f'<line x1="{left:.1f}" x2="{right:.1f}" y1="6" y2="6" stroke="#37c" stroke-width="2"/>'
        f'<circle cx="{at:.1f}" cy="6" r="3.5" fill="#37c"/></svg>'
    )
