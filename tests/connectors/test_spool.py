"""What waits to be landed is whole, in order, and readable by nobody else."""

from __future__ import annotations

import os

import pyarrow as pa
import pytest
from cryptography.exceptions import InvalidTag

from crm_tasks.connectors.spool import ChunkSpool, Spool
from crm_tasks.connectors.text_rows import text_chunk
from crm_tasks.landing.records import RECORD_BYTES_AT_MOST


def test_chunks_come_back_as_they_were_put(tmp_path):
    rows = [(1, ("a", None)), (2, ("bell\x07", "x")), (3, ("茶", "\udcff")), (4, ("", "y"))]
    put = text_chunk(rows, ("p", "q"), {"p": "text", "q": "int"})
    spool = ChunkSpool(tmp_path)
    spool.put(put)
    (found,) = spool.chunks()
    assert found.rows.equals(put.rows)
    assert found.refused == put.refused
    assert [r.reason for r in found.refused] == ["E_CONTROL_CHAR", "E_ENCODING"]
    assert found.columns == {"p": "text", "q": "int"}
    spool.close()


def test_a_record_that_is_too_long_is_set_aside_and_the_next_is_not():
    rows = [(1, ("x" * RECORD_BYTES_AT_MOST, "y")), (2, ("茶" * 10, None))]
    chunk = text_chunk(rows, ("p", "q"), {})
    assert [record.reason for record in chunk.refused] == ["E_RECORD_LENGTH"]
    assert chunk.rows.column("record_no").to_pylist() == [2]


def test_nothing_readable_is_on_disk_and_no_file_has_a_name(tmp_path):
    with Spool(tmp_path) as spool:
        spool.put(b"canary" * 1000)
        assert list(tmp_path.iterdir()) == []
        assert list(spool.blocks()) == [b"canary" * 1000]
        handle = spool._file.fileno()
        content = os.pread(handle, 100_000, 0)
        assert len(content) > 6000
        assert b"canary" not in content


def test_a_block_that_was_changed_does_not_open(tmp_path):
    with Spool(tmp_path) as spool:
        spool.put(b"content")
        spool._file.flush()
        os.pwrite(spool._file.fileno(), b"\xff\xff", 12)
        with pytest.raises(InvalidTag):
            list(spool.blocks())


def test_an_empty_chunk_keeps_its_columns(tmp_path):
    spool = ChunkSpool(tmp_path)
    spool.put(text_chunk([], ("p",), {"p": "text"}))
    (found,) = spool.chunks()
    assert found.rows.schema.field("p").type == pa.string()
    spool.close()
