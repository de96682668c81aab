"""numpydoc docstrings as data: the few rules of the format that our inventory looks at."""

import inspect
import re
from dataclasses import dataclass


@dataclass(frozen=True)
class Entry:
    """One documented name (or several, with commas between), its type and its text."""

    name: str
    type: str
    text: str


def summary_of(thing: object) -> str:
    """The sentence a docstring begins with."""
    return " ".join((inspect.getdoc(thing) or "").split("\n\n")[0].split())


def sections_of(thing: object) -> dict[str, str]:
    """Text of each underlined section; a section that is not there is empty."""
    parts = re.split(r"^(.+)\n-{3,}$", inspect.getdoc(thing) or "", flags=re.MULTILINE)
    return dict.fromkeys(
        ("Parameters", "Attributes", "Returns", "See Also", "Notes", "References", "Examples"), ""
    ) | {name.strip(): text.strip() for name, text in zip(parts[1::2], parts[2::2], strict=True)}


def entries_of(text: str) -> list[Entry]:
    """Entries of a section such as Parameters: a line at the margin, and what is indented below."""
    entries = []
    for block in re.split(r"^(?=\S)", text, flags=re.MULTILINE):
        if block.strip():
            head, _, body = block.partition("\n")
            name, _, kind = head.partition(" : ")
            entries.append(Entry(name.strip(), kind.strip(), " ".join(body.split())))
    return entries


def names_in(text: str) -> list[str]:
    """Documented names of a section, one by one."""
    return [name.strip() for entry in entries_of(text) for name in entry.name.split(",")]
