"""Files that are alike are one table; what is wrong with a file is said."""

from __future__ import annotations

import dataclasses

from crm_tasks.profiling.containers import Container
from crm_tasks.profiling.decisions import NOTHING, Decision
from crm_tasks.profiling.drafts import Writing, judged, merged, unreadable
from crm_tasks.profiling.json_keys import columns_of
from tests.profiling.tables import draft


def test_files_with_the_same_columns_and_all_but_the_same_name_are_one_table():
    january = draft(
        "sales-2024-01", {"id": ["1", "2"], "x": ["a", "b"]}, files=["sales-2024-01.csv"]
    )
    february = draft("sales-2024-02", {"x": ["c"], "id": ["3"]}, files=["sales-2024-02.csv"])
    found = merged([january, february])
    assert [(one.label, one.files, one.rows.num_rows) for one in found] == [
        ("sales", ("sales-2024-01.csv", "sales-2024-02.csv"), 3)
    ]


def test_files_that_differ_in_columns_name_or_writing_are_tables_of_their_own():
    base = draft("sales-1", {"id": ["1"]})
    other_name = draft("returns-1", {"id": ["1"]})
    other_columns = draft("sales-2", {"no": ["1"]})
    writing = dataclasses.replace(base.writing, delimiter=Decision(";", 1.0, NOTHING))
    other_writing = dataclasses.replace(draft("sales-3", {"id": ["1"]}), writing=writing)
    assert len(merged([base, other_name, other_columns, other_writing])) == 4


def test_null_tokens_count_as_nothing():
    made = draft("x", {"a": ["1", "N/A", "3"]})
    assert made.null_tokens == ("", "N/A")
    assert made.known.column("a").to_pylist() == ["1", None, "3"]
    assert made.facts["a"].kind == "integer"


def test_a_typed_file_needs_no_null_tokens():
    made = dataclasses.replace(
        draft("x", {"a": ["N/A", "b"]}),
        writing=Writing(Decision(Container("parquet"), 1.0, NOTHING)),
    )
    assert judged(made).null_tokens == ("",)


def test_a_file_nobody_can_read_says_why():
    made = unreadable("x", "x.xls", "E_TYPE: an old Excel file", draft("x", {"a": ["1"]}).writing)
    assert made.rows.num_columns == 0
    assert "old Excel" in made.problems[0].en


def test_keys_that_hold_objects_or_change_their_kind_stay_in_the_payload():
    records = [
        {
            "id": 1,
            "user": {"name": "a", "deep": {"er": {"est": 1}}},
            "tags": [1],
            "lines": [{}],
            "mixed": 1,
            "either": [1],
        },
        {"id": 2, "tags": None, "mixed": {"x": 1}, "either": 1, "at": "2024-01-01", 'bad"name': 1},
    ]
    assert columns_of(records) == ["id", "user.name", "tags", "mixed.x", "at"]
