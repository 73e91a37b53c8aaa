"""The record scanner loses nothing: every record is good, blank or refused with a reason."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm_tasks.errors import LandingRefused
from crm_tasks.landing.records import Dialect, scan_records


def scanned(text: bytes, n_fields: int = 2, block_bytes: int = 1 << 20, **dialect):
    return list(scan_records(io.BytesIO(text), Dialect(**dialect), n_fields, 0, block_bytes))


def test_good_blank_and_refused_records_add_up():
    (block,) = scanned(b'1,a\n\n2,b,extra\n   \n3,"c\nd"\n')

    assert block.n_records == 5
    assert block.n_blank == 2
    assert [(r.record_no, r.raw, r.reason) for r in block.refused] == [
        (3, b"2,b,extra\n", "E_FIELD_COUNT")
    ]
    assert block.record_nos.tolist() == [1, 5]
    assert block.good == b'1,a\n3,"c\nd"\n'


def test_offsets_point_at_each_record_in_the_file():
    text = b'1,a\n2,"b,\nb"\nbad\n3,c\n'
    (block,) = scanned(text)

    starts = [*block.offsets.tolist(), block.refused[0].byte_offset]

    assert sorted(starts) == [0, 4, 13, 17]
    assert text[13:].startswith(b"bad")


def test_a_record_with_a_bad_byte_is_refused_alone():
    (block,) = scanned(b"1,a\n2,\xd6\xd0\n3,c\n")

    assert [r.reason for r in block.refused] == ["E_ENCODING"]
    assert block.refused[0].raw == b"2,\xd6\xd0\n"
    assert block.good == b"1,a\n3,c\n"


def test_a_record_with_a_null_byte_is_refused_alone():
    (block,) = scanned(b"1,a\n2,\x00\n")

    assert [r.reason for r in block.refused] == ["E_CONTROL_CHAR"]


def test_an_open_quote_refuses_the_file_instead_of_swallowing_the_rest():
    with pytest.raises(LandingRefused, match="E_QUOTE"):
        scanned(b'1,a\n2,"b\n3,c\n')


def test_an_open_quote_in_a_long_file_is_found_before_memory_runs_out():
    text = b'1,"a\n' + b"2,b\n" * (9 << 20)

    with pytest.raises(LandingRefused, match="record at byte 0 does not end"):
        scanned(text, block_bytes=16 << 20)


def test_a_file_without_final_line_end_keeps_its_last_record():
    blocks = scanned(b"1,a\n2,b")

    assert b"".join(block.good for block in blocks) == b"1,a\n2,b"


FIELD = st.text(st.characters(codec="utf-8", exclude_characters="\x00\r"), max_size=8)


@given(
    rows=st.lists(st.tuples(FIELD, FIELD), min_size=1, max_size=20),
    block_bytes=st.integers(min_value=1, max_value=64),
)
def test_block_size_does_not_change_what_is_found(rows, block_bytes):
    rows = [row for row in rows if not any(ord(c) < 32 and c != "\n" for c in "".join(row))]
    written = io.StringIO()
    csv.writer(written, quoting=csv.QUOTE_ALL, lineterminator="\n").writerows(rows)
    text = written.getvalue().encode()

    blocks = scanned(text, block_bytes=block_bytes)

    assert sum(block.n_records for block in blocks) == len(rows)
    assert b"".join(block.good for block in blocks) == text
    numbers = [n for block in blocks for n in block.record_nos.tolist()]
    assert numbers == list(range(1, len(rows) + 1))


@given(st.binary(max_size=200), st.integers(min_value=1, max_value=64))
def test_any_bytes_are_accounted_for_or_refused(data, block_bytes):
    try:
        blocks = scanned(data, block_bytes=block_bytes)
    except LandingRefused:
        return
    refused = sum(len(record.raw) for block in blocks for record in block.refused)
    good = sum(len(block.good) for block in blocks)
    blank = len(data) - refused - good
    assert blank >= 0
    assert (blank > 0) == any(block.n_blank for block in blocks)
