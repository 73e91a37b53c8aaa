"""From files to drafts: every format by its content, odd files with a reason."""

from __future__ import annotations

import json

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from crm_tasks.connectors.preflight import Limits
from crm_tasks.steps import profile_drafts
from crm_tasks.steps.profile_drafts import drafts_of


def drafts(*paths):
    return {draft.label: draft for draft in drafts_of(paths, Limits())}


def test_a_workbook_is_a_table_per_sheet(tmp_path):
    book = openpyxl.Workbook()
    book.active.title = "customers"
    book.active.append(("customer_id", "city"))
    book.active.append(("1", "x"))
    book.create_sheet("orders").append(("order_id", "ordered_at"))
    book["orders"].append(("7", "2024-01-01"))
    book.save(tmp_path / "export.xlsx")
    found = drafts(tmp_path / "export.xlsx")
    assert {label: draft.writing.sheet for label, draft in found.items()} == {
        "customers": "customers",
        "orders": "orders",
    }
    assert found["orders"].rows.to_pylist() == [{"order_id": "7", "ordered_at": "2024-01-01"}]


def test_a_name_lies_and_the_content_does_not(tmp_path):
    pq.write_table(pa.table({"id": ["1"]}), tmp_path / "data.csv")
    (tmp_path / "things.txt").write_text('{"id": 1}\n{"id": 2}\n')
    found = drafts(tmp_path / "data.csv", tmp_path / "things.txt")
    kinds = {label: draft.writing.container.value.format for label, draft in found.items()}
    assert kinds == {"data": "parquet", "things": "jsonl"}


def test_a_document_larger_than_is_looked_at_is_sampled_from_its_beginning(tmp_path, monkeypatch):
    monkeypatch.setattr(profile_drafts, "DOCUMENT_BYTES", 900)
    monkeypatch.setattr("crm_tasks.connectors.samples.DOCUMENT_BYTES", 900)
    records = [{"id": n, "name": f"invented {n}"} for n in range(100)]
    (tmp_path / "x.json").write_text(json.dumps(records))
    found = drafts(tmp_path / "x.json")["x"]
    assert not found.is_whole
    assert 10 < found.rows.num_rows < 40
    assert found.rows.column("id").to_pylist()[:2] == ["0", "1"]


@pytest.mark.parametrize(
    ("name", "content", "word"),
    [
        ("empty.csv", b"", "holds nothing"),
        ("page.csv", b"<html><body>404</body></html>", "HTML"),
        ("cut.csv.gz", b"\x1f\x8b\x08\x00cut", "E_ARCHIVE"),
        ("broken.json", b'[{"a": 1}, {"a": ', "E_JSON"),
    ],
)
def test_what_cannot_be_read_says_why_and_hides_nothing_else(tmp_path, name, content, word):
    (tmp_path / name).write_bytes(content)
    (tmp_path / "good.csv").write_text("order_id,amount\n1,2.50\n")
    found = drafts(tmp_path / name, tmp_path / "good.csv")
    assert found["good"].rows.num_rows == 1
    (broken,) = [draft for draft in found.values() if draft.problems]
    assert word in broken.problems[0].en


def test_columns_whose_names_no_profile_takes_are_said(tmp_path):
    pq.write_table(pa.table({'bad"name': ["1"]}), tmp_path / "x.parquet")
    (draft,) = drafts(tmp_path / "x.parquet").values()
    assert "rename it" in draft.problems[0].en
    (tmp_path / "y.csv").write_text("amount,amount\n1,2\n")
    (draft,) = drafts(tmp_path / "y.csv").values()
    assert "same name" in draft.problems[0].en
