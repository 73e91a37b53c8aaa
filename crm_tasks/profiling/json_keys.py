"""Which keys of JSON records become columns."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from crm_tasks.profiling.headers import COLUMN_NAME

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

DEPTH_AT_MOST = 3
COLUMNS_AT_MOST = 200


def columns_of(records: Iterable[dict[str, Any]]) -> list[str]:
    """Return the paths of keys that hold a single value, in the order they first stand.

    What holds a list, or an object in one record and a value in another, stays in ``raw_payload``.

    >>> columns_of([{"id": 1, "user": {"name": "x", "tags": [1]}}, {"id": 2, "at": "y"}])
    ['id', 'user.name', 'at']
    """
    single: Counter[str] = Counter()
    nested: set[str] = set()
    for record in records:
        for path, is_single in _paths(record):
            if is_single:
                single[path] += 1
            else:
                nested.add(path)
    usable = [path for path in single if path not in nested and COLUMN_NAME.fullmatch(path)]
    kept = set(sorted(usable, key=lambda path: -single[path])[:COLUMNS_AT_MOST])
    return [path for path in usable if path in kept]


def _paths(record: dict[str, Any], before: str = "", depth: int = 1) -> Iterator[tuple[str, bool]]:
    for key, value in record.items():
        path = before + key
        if isinstance(value, dict):
            yield path, False
            if depth < DEPTH_AT_MOST and "." not in key:
                yield from _paths(value, f"{path}.", depth + 1)
        else:
            yield path, not isinstance(value, list)
