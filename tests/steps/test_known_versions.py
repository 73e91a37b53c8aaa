"""Of every record one version holds: the one landed last among those known by then."""

from __future__ import annotations

import datetime as dt

import pyarrow as pa

from crm_tasks.steps.known_versions import with_known

NOON = dt.datetime.fromisoformat("2024-05-01T12:00:00")
MORNING, EVENING = NOON.replace(hour=6), NOON.replace(hour=18)
COLUMNS = ("source_system", "key", "landing_sequence", "record_no", "batch_id", "known_at",
           "reject_reason", "said")  # fmt: skip
VERSIONS = [
    ("shop", "corrected", 1, 1, "a", MORNING, None, "first"),
    ("shop", "corrected", 2, 1, "b", MORNING, None, "second"),
    ("shop", "late", 1, 2, "a", MORNING, None, "known"),
    ("shop", "late", 3, 1, "c", EVENING, None, "not yet known"),
    ("shop", "refused", 1, 3, "a", MORNING, None, "kept"),
    ("shop", "refused", 2, 2, "b", MORNING, "NOT_A_DATE", "never taken"),
    ("shop", "deleted", 1, 4, "a", MORNING, None, "gone"),
    ("shop", "deleted", 2, 3, "b", MORNING, "DELETED", None),
    ("shop", "in one file", 1, 5, "a", MORNING, None, "above"),
    ("shop", "in one file", 1, 6, "a", MORNING, None, "below"),
    ("shop", "undated", 1, 7, "a", None, None, "at some time"),
    ("till", "corrected", 1, 1, "t", MORNING, None, "of another system"),
]


def test_of_every_record_the_version_landed_last_among_those_known_holds(scratch):
    staged = pa.table(dict(zip(COLUMNS, zip(*VERSIONS, strict=True), strict=True)))
    sql = with_known("staged", "key") + " select * from known order by source_system, key"
    rows = scratch(staged=staged).query(sql, {"moment": NOON}).to_pylist()
    assert [(row["source_system"], row["key"], row["said"]) for row in rows] == [
        ("shop", "corrected", "second"),
        ("shop", "deleted", None),
        ("shop", "in one file", "below"),
        ("shop", "late", "known"),
        ("shop", "refused", "kept"),
        ("shop", "undated", "at some time"),
        ("till", "corrected", "of another system"),
    ]
