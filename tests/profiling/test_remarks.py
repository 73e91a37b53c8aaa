"""Every reason is said in English and in Chinese."""

from __future__ import annotations

import re
import string
from pathlib import Path

from crm_tasks.profiling import remarks
from crm_tasks.profiling.decisions import NOTHING, Decision, Remark
from crm_tasks.profiling.remarks import remark, sentences

CODE = Path(remarks.__file__).parent


def gaps(sentence: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(sentence) if name is not None}


def test_every_sentence_stands_in_both_languages_with_the_same_gaps():
    assert len(sentences()) > 40
    for name, sentence in sentences().items():
        assert set(sentence) == {"en", "zh"}, name
        assert re.search(r"[\u4e00-\u9fff]", sentence["zh"]) or gaps(sentence["zh"]), name
        assert gaps(sentence["zh"]) <= gaps(sentence["en"]), name


def test_every_sentence_is_used_and_every_used_one_is_there():
    code = "".join(path.read_text() for path in CODE.glob("*.py"))
    named = set(re.findall(r'"([a-z0-9_]+)"', code))
    assert set(sentences()) <= named
    used = set(re.findall(r'remark\("([a-z0-9_]+)"', code))
    assert used <= set(sentences())


def test_a_decision_says_how_sure_it_is_and_why_in_both_languages():
    decision = Decision("utf-8", 0.5, remark("only_ascii") + remark("by_mark"))
    assert decision.comment.startswith("0.50 only ASCII")
    assert " | " in decision.comment
    assert NOTHING + Remark("a", "b") == Remark("a", "b")
