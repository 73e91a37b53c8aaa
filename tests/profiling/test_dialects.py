"""Delimiter, quote and escape are those in which the records have equally many fields."""

from __future__ import annotations

import pytest

from crm_tasks.profiling.decisions import DOUBTFUL, SURE
from crm_tasks.profiling.dialects import fields_of, propose_dialect

ROWS = [(str(n), f"thing {n}", f"{n},5") for n in range(30)]


def found(text: str, encoding: str = "utf-8"):
    return propose_dialect([text.encode(encoding)], encoding)


@pytest.mark.parametrize("delimiter", [";", "\t", "|"])
def test_the_delimiter_gives_equally_many_fields(delimiter):
    text = "\n".join(delimiter.join(row) for row in [("id", "name", "amount"), *ROWS])
    dialect = found(text)
    assert dialect.delimiter.value == delimiter
    assert dialect.delimiter.confidence >= SURE or ";" in dialect.delimiter.remark.en


def test_a_delimiter_inside_quotes_is_none():
    text = 'id,name,note\n1,"a;b;c","x, y"\n2,"d;e","z"\n'
    dialect = found(text)
    assert (dialect.delimiter.value, dialect.quote.value) == (",", '"')
    assert dialect.quote.confidence >= SURE


def test_quotes_inside_values_open_none():
    assert found('id|note\n1|he said "x" y\n2|a 5" pipe\n').delimiter.value == "|"


def test_an_escape_is_found_where_quotes_are_escaped():
    assert found('id,note\n1,"a \\"b\\", c"\n2,"d"\n').escape == "\\"
    assert found('id,note\n1,"a ""b"", c"\n2,"d"\n').escape == ""


def test_a_mark_that_may_be_half_of_a_chinese_character_is_not_tried():
    text = "编号|名称\n1|甲\n2|乙\n"
    assert found(text, "utf-8").delimiter.value == "|"
    assert found(text, "gbk").delimiter.value != "|"


def test_one_column_has_no_delimiter_and_that_is_doubtful():
    dialect = found("name\nann\nbob\n")
    assert DOUBTFUL < dialect.delimiter.confidence < SURE


def test_a_title_above_the_header_is_said():
    dialect = found("Sales of May\n\nid,name,amount\n" + "1,a,2\n" * 9)
    assert dialect.delimiter.confidence < DOUBTFUL
    assert "title above" in dialect.delimiter.remark.en


def test_a_later_part_that_begins_inside_quotes_is_put_right():
    first = "id,note,more\n" + "".join(f'{n},"line one\nline, two",x\n' for n in range(40))
    later = 'line, two",x\n' + "".join(f'{n},"line one\nline, two",x\n' for n in range(50, 90))
    dialect = propose_dialect([first.encode(), later.encode()], "utf-8")
    text = dialect.text.decode()
    assert text.startswith(first)
    assert text.count("line one") == 80


def test_text_comes_out_as_utf_8():
    assert found("编号;名称\n1;甲\n", "gbk").text.decode() == "编号;名称\n1;甲\n"


def test_fields_are_split_as_the_reader_splits_them():
    from crm_tasks.landing.records import Dialect

    assert fields_of(b'a,"b,c",d\n1,2,3\n', Dialect()) == ["a", "b,c", "d"]
