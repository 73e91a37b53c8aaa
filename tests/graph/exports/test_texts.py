"""Columns as text."""

from __future__ import annotations

import datetime as dt

import pyarrow as pa
import pytest

from crm_tasks.graph.exports.texts import as_bytes, as_text, joined, pajek_text, xml_text


@pytest.mark.parametrize("value", [0.1, 1 / 3, 1e-300, 123456789.123456789, 2.0**-40])
def test_a_number_as_text_is_the_same_number(value):
    assert float(as_text(pa.array([value])).to_pylist()[0]) == value


def test_dates_are_iso_8601():
    assert as_text(pa.array([dt.date(2024, 2, 29)])).to_pylist() == ["2024-02-29"]
    moment = dt.datetime.fromisoformat("2024-02-29 01:00")
    assert as_text(pa.array([moment])).to_pylist() == ["2024-02-29T01:00:00.000000"]


def test_what_xml_must_not_hold_is_replaced_and_the_rest_escaped():
    assert xml_text(pa.array(["a<b>&\"'\t\n\x00\x1b"])).to_pylist() == [
        "a&lt;b&gt;&amp;&quot;'&#9;&#10;\N{REPLACEMENT CHARACTER}\N{REPLACEMENT CHARACTER}"
    ]


def test_a_pajek_text_stays_on_its_line_and_between_its_quotes():
    assert pajek_text(pa.array(['a"b\\c\nd\u2028e'])).to_pylist() == ["a'b/c d e"]


def test_numbers_need_no_escapes_and_null_stays_null():
    assert xml_text(pa.array([1, None])).to_pylist() == ["1", None]
    assert as_bytes(joined(pa.array(["茶"]), ";")) == "茶;".encode()
    assert as_bytes(pa.chunked_array([["a"], ["b"]])) == b"ab"
