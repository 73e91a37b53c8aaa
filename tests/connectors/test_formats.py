"""Each format gives the same text for the same records, and refuses what it is not."""

from __future__ import annotations

import gzip
import json
import zipfile

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from crm_tasks.connectors.columns import COLUMNS_AT_MOST, check_columns
from crm_tasks.connectors.delimited import read_delimited
from crm_tasks.connectors.excel import read_excel
from crm_tasks.connectors.files import read_chunks
from crm_tasks.connectors.json_files import read_json
from crm_tasks.connectors.parquet import read_parquet
from crm_tasks.connectors.preflight import Limits, fingerprint, found_instead, refuse_changed
from crm_tasks.contracts.encodings import ENCODINGS
from crm_tasks.errors import LandingRefused, SourceUnavailable
from crm_tasks.landing.encodings import Encoding
from crm_tasks.landing.json_records import RefusedJson, parse_record
from crm_tasks.profiles import SourceTable

ROWS = [("007", "Ann, A"), ("8", "李雷"), ("9007199254740993", 'quo"te')]
COLUMNS = {"id": "plain", "name": "plain"}


def table(format_="csv", files="x.csv", **more):
    columns = more.pop("columns", COLUMNS)
    return SourceTable.model_validate(
        {"name": "t", "files": files, "format": format_, "columns": columns, "feeds": [], **more}
    )


def csv_text(delimiter=","):
    lines = [f"id{delimiter}name"]
    lines += [delimiter.join(f'"{v.replace(chr(34), chr(34) * 2)}"' for v in row) for row in ROWS]
    return "\n".join(lines) + "\n"


def records():
    return [dict(zip(COLUMNS, row, strict=True)) for row in ROWS]


def write_excel(path, rows):
    book = openpyxl.Workbook()
    for row in (tuple(COLUMNS), *rows):
        book.active.append(row)
    book.save(path)


def written(tmp_path, form):  # noqa: PLR0911 (one return per form)
    """Write ROWS in one form and return file and table."""
    path = tmp_path / "x.csv"
    if form == "gzip":
        path = tmp_path / "x.csv.gz"
        path.write_bytes(gzip.compress(csv_text().encode()))
        return path, table(files="*.csv.gz")
    if form == "zip":
        path = tmp_path / "x.zip"
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("inner.csv", csv_text())
        return path, table(files="*.zip")
    if form == "jsonl":
        path.write_text("\n".join(map(json.dumps, records())))
        return path, table("jsonl")
    if form == "json":
        path.write_text(json.dumps(records(), indent=1))
        return path, table("json")
    if form == "json within":
        path.write_text(json.dumps({"n": [[1]], "data": {"items": records()}, "z": {"a": []}}))
        return path, table("json", records="data.items")
    if form == "parquet":
        pq.write_table(pa.Table.from_pylist(records()), path)
        return path, table("parquet")
    if form == "xlsx":
        write_excel(path, ROWS)
        return path, table("xlsx")
    delimiter = "\t" if form == "tsv" else ","
    encoding = form if form in ENCODINGS else "utf-8"
    path.write_bytes(csv_text(delimiter).encode(encoding))
    return path, table(delimiter=delimiter, encoding=encoding)


FORMS = (
    *("csv", "tsv", "gzip", "zip", "json", "json within", "jsonl", "parquet", "xlsx"),
    *("gbk", "gb18030", "utf-16", "utf-16-be", "utf-16-le", "big5"),
)


@pytest.mark.parametrize("form", FORMS)
def test_every_form_of_the_same_records_gives_the_same_text(tmp_path, form):
    path, declared = written(tmp_path, form)

    rows = pa.concat_tables([chunk.rows for chunk in read_chunks(path, declared)]).to_pylist()

    assert [(row["id"], row["name"]) for row in rows] == ROWS
    assert [row["record_no"] for row in rows] == [1, 2, 3]


def test_utf16_offsets_and_raw_bytes_are_those_of_the_file(tmp_path):
    path = tmp_path / "x.csv"
    text = 'id,name\n1,"😀"\n2,李雷,3\n4,b\n'
    path.write_bytes(text.encode("utf-16-le"))

    chunks = list(read_chunks(path, table(encoding="utf-16-le")))

    (refused,) = chunks[0].refused
    data = path.read_bytes()
    assert refused.raw == "2,李雷,3\n".encode("utf-16-le")
    assert data[refused.byte_offset :].startswith(refused.raw)
    offsets = chunks[0].rows.column("byte_offset").to_pylist()
    assert data[offsets[1] :].decode("utf-16-le") == "4,b\n"


def test_unknown_keys_of_json_are_kept_word_for_word(tmp_path):
    path = tmp_path / "x.json"
    path.write_text('{"id": 1, "name": {"first": "A", "last": "B"}, "n": 1.50, "more": [true]}\n')
    declared = table("jsonl", columns={"id": "plain", "name.first": "plain"}, unknown_keys="plain")

    (chunk,) = read_chunks(path, declared)

    (row,) = chunk.rows.to_pylist()
    assert (row["id"], row["name.first"]) == ("1", "A")
    assert row["raw_payload"] == '{"name":{"last":"B"},"n":1.50,"more":[true]}'
    assert chunk.columns["n"] == "number"


def test_unknown_keys_go_to_the_vault_unless_declared_otherwise():
    assert table("jsonl").identifying == {"raw_payload": "text"}
    assert table("jsonl", unknown_keys="plain").identifying == {}


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (b'{"a": 1, "a": 2}', "E_DUPLICATE_KEY"),
        (b'{"a": ' + b"[" * 10_000 + b"]" * 10_000 + b"}", "E_NESTING"),
        (b'{"a": 1,}', "E_JSON"),
        (b'{"a": NaN}', "E_JSON"),
        (b"[1]", "E_JSON"),
        (b'{"a": "\xff"}', "E_ENCODING"),
        (b'{"a": "' + b"x" * (1 << 20) + b'"}', "E_RECORD_LENGTH"),
    ],
)
def test_a_bad_json_record_is_refused_with_a_reason(raw, reason):
    with pytest.raises(RefusedJson, match=reason):
        parse_record(raw)


def test_a_file_that_changed_is_to_be_landed_again(tmp_path):
    path = tmp_path / "x.csv"
    path.write_text("id,name\n1,a\n")
    before = fingerprint(path, Limits())
    refuse_changed(path, before)
    path.write_text("id,name\n1,b\n")

    with pytest.raises(SourceUnavailable, match="E_CHANGED"):
        refuse_changed(path, before)


def test_a_formula_counts_by_its_stored_value_or_not_at_all(tmp_path):
    path = tmp_path / "x.xlsx"
    write_excel(path, [("1", "=1+1"), ("2", "plain")])

    chunks = list(read_chunks(path, table("xlsx")))

    assert [(r.record_no, r.reason) for r in chunks[0].refused] == [(1, "E_FORMULA")]
    assert chunks[0].rows.column("name").to_pylist() == ["plain"]


def test_more_columns_than_allowed_refuse_the_file():
    with pytest.raises(LandingRefused, match="E_HEADER"):
        check_columns([str(n) for n in range(COLUMNS_AT_MOST + 1)], table(), "x.csv")


def test_a_readers_parts_are_whole():
    assert found_instead(b"%PDF-1.7") == "a PDF file"
    assert Encoding("gbk").as_utf8("李".encode("gbk")) == "李".encode()
    assert all(map(callable, (read_delimited, read_excel, read_json, read_parquet)))


@pytest.mark.parametrize("form", ["csv", "json", "jsonl", "parquet", "xlsx"])
def test_a_column_declared_as_optional_may_be_missing_and_is_null_then(tmp_path, form):
    path, declared = written(tmp_path, form)
    columns = {**declared.columns, "loyalty": "plain"}
    with_it = declared.model_copy(update={"columns": columns, "optional_columns": ("loyalty",)})

    rows = pa.concat_tables([chunk.rows for chunk in read_chunks(path, with_it)])

    assert rows.column("loyalty").to_pylist() == [None] * len(ROWS)
    assert [(row["id"], row["name"]) for row in rows.to_pylist()] == ROWS
    assert rows.schema.field("loyalty").type == pa.string()


@pytest.mark.parametrize("form", ["csv", "parquet", "xlsx"])
def test_a_new_column_and_a_missing_one_are_refused_before_a_row_is_read(tmp_path, form):
    path, declared = written(tmp_path, form)
    fewer = declared.model_copy(update={"columns": {"id": "plain"}})
    more = declared.model_copy(update={"columns": {**declared.columns, "loyalty": "plain"}})

    with pytest.raises(LandingRefused, match=r"E_HEADER: .*unknown class name"):
        list(read_chunks(path, fewer))
    with pytest.raises(LandingRefused, match=r"E_HEADER: .*missing columns loyalty"):
        list(read_chunks(path, more))


# --- records inside records ----------------------------------------------------------------------

POSTS = {
    "account": {"id": "7"},
    "posts": [
        {"id": 1, "tags": ["a", "b"], "to": [{"id": 8, "x": 1.50}, {"id": 9}], "reply_to": 5},
        {"id": 2, "tags": [], "to": None, "reply_to": None},
        {"id": 3, "tags": "c", "to": [{"id": 8}]},
    ],
}


def inner(tmp_path, records, columns, text=None, **more):
    """Return rows and refused records of records inside of records."""
    path = tmp_path / "x.json"
    path.write_text(json.dumps(POSTS) if text is None else text)
    format_ = more.pop("format_", "json")
    asked = table(format_, records=records, columns=dict.fromkeys(columns, "plain"), **more)
    chunks = list(read_chunks(path, asked))
    rows = [tuple(row[name] for name in columns) for c in chunks for row in c.rows.to_pylist()]
    return rows, [record for chunk in chunks for record in chunk.refused]


def test_records_inside_records_are_rows_with_what_is_around_them(tmp_path):
    columns = ("parent.id", "id", "parent.parent.account.id")
    rows, refused = inner(tmp_path, "posts[].to[]", columns)
    assert rows == [("1", "8", "7"), ("1", "9", "7"), ("3", "8", "7")]
    assert refused == []


def test_a_single_value_counts_as_an_array_of_one_and_null_as_none(tmp_path):
    rows, _ = inner(tmp_path, "posts[].tags", ("parent.id", "value"))
    assert rows == [("1", "a"), ("1", "b"), ("3", "c")]
    rows, _ = inner(tmp_path, "posts[].reply_to[]", ("parent.id", "value"))
    assert rows == [("1", "5")]


def test_lines_hold_inner_records_too(tmp_path):
    lines = "\n".join(map(json.dumps, POSTS["posts"]))
    rows, _ = inner(tmp_path, "to[]", ("parent.id", "id"), lines, format_="jsonl")
    assert rows == [("1", "8"), ("1", "9"), ("3", "8")]


def test_what_an_inner_record_says_beyond_its_columns_is_kept(tmp_path):
    path = tmp_path / "x.json"
    path.write_text(json.dumps(POSTS))
    asked = table("json", records="posts[].to[]", columns={"id": "plain"}, unknown_keys="plain")
    (chunk,) = read_chunks(path, asked)
    assert chunk.rows.column("raw_payload").to_pylist() == ['{"x":1.5}', None, None]


def test_an_inner_record_that_does_not_fit_sets_its_outer_record_aside_whole(tmp_path):
    text = '{"posts": [{"id": 1, "to": [{"id": 8}, [2]]}, {"id": 2, "to": [{"id": 9}]}]}'
    rows, (refused,) = inner(tmp_path, "posts[].to[]", ("parent.id", "id"), text)
    assert rows == [("2", "9")]
    assert (refused.reason, refused.record_no) == ("E_JSON", 1)
    assert refused.raw == b'{"id": 1, "to": [{"id": 8}, [2]]}'


def test_what_is_around_an_array_reaches_its_records_if_it_stands_before(tmp_path):
    before = '{"chat": {"id": 4, "messages": [{"id": 1}, {"id": 2}]}, "by": "x"}'
    rows, _ = inner(tmp_path, "chat.messages", ("parent.id", "id"), before)
    assert rows == [("4", "1"), ("4", "2")]
    with pytest.raises(LandingRefused, match=r"E_JSON: .*parent\.parent\.by reads stands behind"):
        inner(tmp_path, "chat.messages", ("parent.parent.by", "id"), before)


def test_a_key_called_parent_is_a_key_where_nothing_is_around(tmp_path):
    rows, _ = inner(tmp_path, "", ("parent.id",), '[{"parent": {"id": 3}}]')
    assert rows == [("3",)]


@pytest.mark.parametrize(
    "records", ["posts[", "[]posts", "posts..to", ".posts", "posts[].", "a[0]"]
)
def test_a_path_that_is_none_is_refused(records):
    with pytest.raises(ValueError, match="records"):
        table("json", records=records)
