"""Names of methods and learners in a request, spelt as the registry spells them."""

from collections.abc import Iterable


def known_names(given: str | Iterable[str], known: list[str], kind: str) -> list[str]:
    """Known names that were given, spelt as we spell them."""
    by_lower = {name.lower(): name for name in known}
    if isinstance(given, str):
        given = cut_at_commas(given, known)
    names = []
    for name in given:
        if name.strip().lower() not in by_lower:
            raise ValueError(f"Unknown {kind} {name.strip()!r}. Known: {'; '.join(known)}.")
        names.append(by_lower[name.strip().lower()])
    if not names:
        raise ValueError(f"No {kind} was named. Known: {'; '.join(known)}.")
    return names


def cut_at_commas(text: str, known: Iterable[str]) -> list[str]:
    """Cut at commas, but keep known names whole that hold a comma themselves."""
    by_lower = {name.lower() for name in known}
    parts = [part.strip() for part in text.split(",") if part.strip()]
    names: list[str] = []
    while parts:
        joined = f"{parts[0]}, {parts[1]}" if len(parts) > 1 else ""
        n_used = 2 if joined.lower() in by_lower else 1
        names.append(joined if n_used == 2 else parts[0])
        parts = parts[n_used:]
    return names
