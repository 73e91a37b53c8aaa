"""Patterned personal data in generated letters; what merely looks alike stays."""

from __future__ import annotations

import socket

import pytest

from crm_tasks.text.patterns import Span, pattern_spans, without_overlaps
from tests.text.letters import MAKERS, REGIONS, harmless, personal

RECALL, PRECISION = 0.99, 0.95


@pytest.fixture(scope="module")
def judged():
    """Return, by kind, how many values stood there, were found whole, and were found wrongly."""
    told = {kind: [0, 0, 0] for kind in MAKERS}
    for text, truth in personal(150, seed=1):
        found = pattern_spans(text, REGIONS)
        told[truth.kind][0] += 1
        told[truth.kind][1] += truth in found
        for span in found:
            told[span.kind][2] += span != truth
    for text in harmless(200, seed=2):
        for span in pattern_spans(text, REGIONS):
            told[span.kind][2] += 1
    return told


@pytest.mark.parametrize("kind", MAKERS)
def test_values_are_found_whole_and_little_else(judged, kind):
    n, found, wrong = judged[kind]
    assert n == 150
    assert found / n >= RECALL, judged
    assert found / (found + wrong) >= PRECISION, judged


def test_chinese_letters_touch_numbers_without_a_blank():
    text = "身份证号11010519491231002X电话13812345678卡号4111111111111111"
    assert [text[s.start : s.end] for s in pattern_spans(text)] == [
        "11010519491231002X", "13812345678", "4111111111111111",
    ]  # fmt: skip


def test_full_width_digits_are_digits():
    text = "电话１３８１２３４５６７８。"
    assert pattern_spans(text) == [Span(2, 13, "phone")]


def test_a_wrong_check_digit_is_no_card():
    assert pattern_spans("number 4111111111111112 and 110105194912310021 here") == []


def test_a_number_that_is_called_an_order_is_none_of_a_phone():
    assert pattern_spans("order number 2133734253", ("US",)) == []
    assert [s.kind for s in pattern_spans("call 2133734253", ("US",))] == ["phone"]


def test_of_two_that_overlap_the_stronger_kind_holds():
    spans = [Span(0, 9, "phone"), Span(4, 12, "email"), Span(20, 22, "phone")]
    assert without_overlaps(spans) == [Span(4, 12, "email"), Span(20, 22, "phone")]


def test_nothing_asks_the_network(monkeypatch):
    def refuse(*_):
        raise AssertionError("a recogniser asked the network")

    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    monkeypatch.setattr(socket.socket, "connect", refuse)
    assert len(pattern_spans("a.b@some-new-domain.example, 13812345678")) == 2
