"""Names and texts cannot end their quotes."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from crm_tasks.contracts.sql_text import literal, quoted


@given(st.text())
def test_a_text_stays_inside_its_quotes(text):
    assert literal(text)[1:-1].replace("''", "").count("'") == 0
    assert literal(text)[1:-1].replace("''", "'") == text


@given(st.text())
def test_a_name_stays_inside_its_quotes(name):
    assert quoted(name)[1:-1].replace('""', "").count('"') == 0
    assert quoted(name)[1:-1].replace('""', '"') == name
