"""Files become text record by record, or are refused with a code that says why."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from crm_tasks.connectors.files import read_chunks, source_files
from crm_tasks.errors import LandingRefused, ProfileError
from crm_tasks.profiles import SourceTable


def table(format_="csv", files="*.csv", **columns):
    declared = columns or {"id": "plain", "name": "plain"}
    feed = {
        "entity": "products",
        "map": {"product_source_id": next(iter(declared)), "name": list(declared)[-1]},
    }
    return SourceTable.model_validate(
        {"name": "things", "files": files, "format": format_, "columns": declared, "feeds": [feed]}
    )


def rows_of(path, declared):
    return pa.concat_tables([chunk.rows for chunk in read_chunks(path, declared)]).to_pylist()


def test_csv_values_arrive_as_they_stand_in_the_file(tmp_path):
    path = tmp_path / "a.csv"
    path.write_bytes(b'id,name\n007,"Ann, ""A"""\n8,\n')

    found = rows_of(path, table())

    assert [(row["id"], row["name"]) for row in found] == [("007", 'Ann, "A"'), ("8", "")]
    assert [row["byte_offset"] for row in found] == [8, 25]


def test_reordered_columns_are_matched_by_name(tmp_path):
    path = tmp_path / "a.csv"
    path.write_bytes(b"\xef\xbb\xbfname,id\nAnn,1\n")

    assert rows_of(path, table())[0]["id"] == "1"


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"id\n1\n", "E_HEADER.*missing columns name"),
        (b"id,name,vip\n1,a,x\n", "E_HEADER.*unknown class vip"),
        (b"id,ID\n1,2\n", "E_HEADER.*same name"),
        (b"PK\x03\x04....", "E_TYPE.*zip"),
        (b"<html></html>\n", "E_TYPE.*HTML"),
        (b'{"id": 1}\n', "E_TYPE.*JSON"),
        (b"\xff\xfei\x00d\x00", "E_ENCODING.*utf-16"),
        (b"id,\xd6\xd0\n1,2\n", "E_ENCODING"),
        (b"", "E_EMPTY"),
    ],
)
def test_a_file_that_is_not_what_the_profile_says_is_refused(tmp_path, content, code):
    path = tmp_path / "a.csv"
    path.write_bytes(content)

    with pytest.raises(LandingRefused, match=code):
        list(read_chunks(path, table()))


def test_parquet_values_become_text_and_missing_stays_missing(tmp_path):
    path = tmp_path / "a.parquet"
    pq.write_table(pa.table({"id": [1, 2], "name": [0.1, None]}), path)

    found = rows_of(path, table("parquet", "*.parquet"))

    assert [(row["id"], row["name"], row["record_no"]) for row in found] == [
        ("1", "0.1", 1),
        ("2", None, 2),
    ]


def test_a_broken_parquet_file_is_refused(tmp_path):
    path = tmp_path / "a.parquet"
    path.write_bytes(b"PAR1 and then nothing")

    with pytest.raises(LandingRefused, match="E_TYPE"):
        list(read_chunks(path, table("parquet", "*.parquet")))


def test_nested_parquet_columns_are_refused(tmp_path):
    path = tmp_path / "a.parquet"
    pq.write_table(pa.table({"id": [1], "name": [{"first": "a"}]}), path)

    with pytest.raises(LandingRefused, match="column name"):
        list(read_chunks(path, table("parquet", "*.parquet")))


def test_a_link_out_of_the_folder_is_refused(tmp_path):
    (tmp_path / "in").mkdir()
    (tmp_path / "secret.csv").write_text("id,name\n")
    (tmp_path / "in" / "x.csv").symlink_to(tmp_path / "secret.csv")

    with pytest.raises(LandingRefused, match="not a regular file"):
        source_files(tmp_path / "in", table())


@pytest.mark.parametrize("pattern", ["../*.csv", "/etc/*"])
def test_a_pattern_that_leaves_the_folder_is_refused(tmp_path, pattern):
    with pytest.raises(ProfileError, match="inside the source's folder"):
        source_files(tmp_path, table(files=pattern))


def test_no_file_at_all_is_an_error_that_names_the_pattern(tmp_path):
    with pytest.raises(ProfileError, match=r"no file matches \*\.csv"):
        source_files(tmp_path, table())
