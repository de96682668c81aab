"""Which columns of a Parquet file are the index of the frame that pandas wrote."""

import json
import re
from collections.abc import Iterable, Mapping

# names under which pandas and dask store an index that has none; other writers keep the columns
# and lose the description
_UNNAMED = re.compile(r"__index_level_\d+__|__null_dask_index__")


def index_columns(names: Iterable[str], metadata: Mapping[bytes, bytes] | None) -> frozenset[str]:
    """Return the columns that are an index: rows' numbers or names, and no features.

    Parameters
    ----------
    names : iterable of str
        Columns of the file.

    metadata : mapping of bytes to bytes or None
        Metadata of the file's schema; pandas describes the index there.
    """
    described = set()
    try:
        listed = json.loads((metadata or {}).get(b"pandas", b"{}"))["index_columns"]
        described = {entry for entry in listed if isinstance(entry, str)}
    except (ValueError, KeyError, TypeError):
        pass  # no description, or a damaged one: the names are left to tell
    return frozenset(name for name in names if name in described or _UNNAMED.fullmatch(name))
