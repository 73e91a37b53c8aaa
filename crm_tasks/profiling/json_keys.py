"""Which keys of JSON records become columns."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import TYPE_CHECKING, Any

from crm_tasks.profiling.headers import COLUMN_NAME

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

DEPTH_AT_MOST = 3
COLUMNS_AT_MOST = 200


def columns_of(records: Iterable[dict[str, Any]]) -> list[str]:
    """Return the paths of keys that hold a value or a list of values, as they first stand.

    What holds a list or an object in one record and a value in another, or a list of objects, stays
    in ``raw_payload``.

    >>> columns_of([{"id": 1, "user": {"name": "x", "of": [{}]}}, {"tags": ["a"], "at": "y"}])
    ['id', 'user.name', 'tags', 'at']
    """
    seen: Counter[str] = Counter()
    shapes: defaultdict[str, set[str]] = defaultdict(set)
    for record in records:
        for path, value in _paths(record):
            seen[path] += 1
            shapes[path].add(_shape(value))
    usable = [
        path
        for path in seen
        if shapes[path] - {""} in (set(), {"value"}, {"list"}) and COLUMN_NAME.fullmatch(path)
    ]
    kept = set(sorted(usable, key=lambda path: -seen[path])[:COLUMNS_AT_MOST])
    return [path for path in usable if path in kept]


def _paths(record: dict[str, Any], before: str = "", depth: int = 1) -> Iterator[tuple[str, Any]]:
    for key, value in record.items():
        path = before + key
        yield path, value
        if isinstance(value, dict) and depth < DEPTH_AT_MOST and "." not in key:
            yield from _paths(value, f"{path}.", depth + 1)


def _shape(value: Any) -> str:
    """Return what a value is, empty if nothing tells."""
    if value is None:
        return ""
    if isinstance(value, list):
        return "nested" if any(isinstance(one, dict | list) for one in value) else "list"
    return "nested" if isinstance(value, dict) else "value"
