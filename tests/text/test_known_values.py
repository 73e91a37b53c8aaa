"""Names and addresses of the vault, found however they are written, and nothing else."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm_tasks.planted import Company
from crm_tasks.planted.records import known_records
from crm_tasks.text.known_values import COMMON_WORDS, KnownValues, folded

KNOWN = KnownValues.of(
    [
        ("name", "Anna-Maria Schmidt"),
        ("name", "Dr. Jürgen Peter Müller"),
        ("name", "王伟"),
        ("name", "欧阳 思雨"),
        ("name", "高兴"),
        ("name", "Grace"),
        ("address", "12 High Street, Leeds"),
        ("address", "北京市朝阳区建国路88号"),
    ]
)


def found(text, own=()):
    return [text[s.start : s.end] for s in KNOWN.spans(text, own)]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("I am anna-maria SCHMIDT.", "anna-maria SCHMIDT"),
        ("Schmidt, Anna-Maria", "Schmidt, Anna-Maria"),
        ("Yours, Jurgen Müller", "Jurgen Müller"),
        ("我是王偉。", "王偉"),
        ("收件人欧阳思雨", "欧阳思雨"),
        ("send it to 12 High Street Leeds today", "12 High Street Leeds"),
        ("寄到北京市朝阳区建国路８８号谢谢", "北京市朝阳区建国路８８号"),
    ],
)
def test_a_value_is_found_however_it_is_written(text, value):
    assert value in found(text)


def test_words_that_are_names_too_are_masked_for_their_bearer_only():
    assert found("收到货很高兴") == []
    assert found("高兴，收到", own=["高兴"]) == ["高兴"]
    assert found("With good grace. Grace") == []
    assert found("With good grace. Grace", own=["Grace Miller"]) == ["Grace"]
    assert "高兴" in COMMON_WORDS


def test_a_part_of_a_value_is_not_the_value():
    assert found("High Street was full, Anna, and so was Leeds; 王 先生") == []


@given(st.text(max_size=80))
def test_folding_keeps_every_place(text):
    assert len(folded(text)) == len(text)


@given(st.text(max_size=60), st.text(max_size=60))
def test_spans_lie_within_the_text_and_hold_a_value(before, after):
    text = f"{before} Anna-Maria Schmidt {after}"
    spans = KNOWN.spans(text)
    assert all(0 <= s.start < s.end <= len(text) for s in spans)
    assert any("Anna-Maria Schmidt" in text[s.start : s.end] for s in spans)


def test_the_planted_company_names_are_found_in_letters_that_name_them():
    company = Company("S", 11)
    names = [n for b in (0, 1) for n in known_records(company, "support", b).names().tolist() if n]
    assert len(names) > 100
    known = KnownValues.of(("name", name) for name in names)
    rng = np.random.default_rng(5)
    frames = ("Regards, {n}", "请联系{n}，谢谢", "{n}: where is it?")
    hits = 0
    for name in names:
        text = frames[rng.integers(3)].format(n=name)
        start = text.index(name)
        spans = known.spans(text, [name])
        told = {place for s in spans for place in range(s.start, s.end)}
        hits += all(p in told or not text[p].isalnum() for p in range(start, start + len(name)))
    assert hits / len(names) >= 0.99
