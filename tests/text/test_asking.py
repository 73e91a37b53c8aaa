"""Who is asked about, what an answer is taken for, and what becomes of it."""

from __future__ import annotations

import datetime as dt
import json

import pyarrow as pa
import pytest

from crm_tasks.contracts.ml_text import TEXT_LABELS
from crm_tasks.errors import CrmError, SourceUnavailable
from crm_tasks.profiles import LanguageModel
from crm_tasks.text.asking import Question, ask_about, doubtful, with_answers
from crm_tasks.text.reading import dated
from crm_tasks.text.taxonomy import SHOP

TOLD = LanguageModel.model_validate(
    {"url": "http://localhost:1/v1", "model": "small", "texts_per_run": 4}
)
QUESTION = Question.of(SHOP, TOLD)


class Server:
    """Answers in turn; an error is raised."""

    def __init__(self, *answers):
        self.answers, self.asked = list(answers), []

    def ask(self, _, message):
        self.asked.append(json.loads(message)["message"])
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer


def rows(n):
    return [
        {
            "text_id": f"t{at}",
            "customer_id": f"c{at}",
            "text_token": f"k{at}",
            "masked_text": f"text {at}",
        }
        for at in range(n)
    ]


def asked(n, server, consenting=None, before=None):
    everybody = {f"c{at}" for at in range(n)} if consenting is None else consenting
    return ask_about(rows(n), everybody, before, QUESTION, server)


def outcomes(answers):
    return dict(zip(answers["text_id"].to_pylist(), answers["outcome"].to_pylist(), strict=True))


def test_only_consenting_customers_texts_are_sent():
    server = Server("defect")
    answers = asked(3, server, consenting={"c1"})
    assert server.asked == ["text 1"]
    assert outcomes(answers) == {"t0": "no_consent", "t1": "answered", "t2": "no_consent"}
    assert answers["label"].to_pylist() == [None, "defect", None]


@pytest.mark.parametrize(
    ("said", "outcome", "label"),
    [(' "Defect".\n', "answered", "defect"), ("none", "no_intent", None),
     ("Sure! The intent is defect, 13800138000", "no_intent", None), ("", "no_intent", None),
     (CrmError("language model: refused with 400"), "refused", None)],
)  # fmt: skip
def test_an_answer_counts_only_if_it_names_an_intent(said, outcome, label):
    (row,) = asked(1, Server(said)).to_pylist()
    assert (row["outcome"], row["label"]) == (outcome, label)
    assert (row["reason"] is None) == (outcome == "answered")
    assert "13800138000" not in (row["reason"] or "")


def test_a_server_that_is_gone_is_not_asked_for_ever_and_each_row_says_so():
    server = Server(*[SourceUnavailable("language model: not now, 503")] * 9)
    found = asked(5, server)
    assert len(server.asked) == 3
    assert set(found["outcome"].to_pylist()) == {"unavailable"}
    assert found["reason"][4].as_py() == "not sent: 3 before it got no answer"


def test_so_many_are_asked_and_the_rest_waits_for_the_next_run():
    first = asked(6, Server("defect", "none", "refund", "price"))
    assert list(outcomes(first).values())[4:] == ["over_limit"] * 2
    server = Server("advice", "praise")
    second = asked(6, server, before=first)
    assert server.asked == ["text 4", "text 5"]
    assert set(outcomes(second).values()) == {"answered", "no_intent"}


def test_an_answer_is_not_kept_when_consent_was_withdrawn_or_the_question_is_another():
    first = asked(2, Server("defect", "price"))
    server = Server()
    assert set(outcomes(asked(2, server, consenting=set(), before=first)).values()) == {
        "no_consent"
    }
    other = first.set_column(
        first.column_names.index("asked"), "asked", pa.array(["large:0", "large:0"])
    )
    server = Server("refund", "refund")
    assert asked(2, server, before=other)["label"].to_pylist() == ["refund", "refund"]


def test_an_answered_message_has_the_intent_and_what_follows_from_it():
    given = dict.fromkeys(TEXT_LABELS.column_names) | {
        "best_label": "price", "probability": 0.3, "sentiment": 0.0, "is_urgent": True,
        "summary": "s", "model_version": "1", "as_of_date": dt.date(2024, 7, 1),
    }  # fmt: skip
    schema = pa.schema([one.with_nullable(True) for one in TEXT_LABELS.arrow_schema])
    labels = pa.Table.from_pylist(
        [given | {"text_id": "t0"}, given | {"text_id": "t1", "label": "price"}], schema=schema
    )
    texts = pa.Table.from_pylist(rows(2))
    assert [row["text_id"] for row in doubtful(labels, texts)] == ["t0"]
    answers = dated([asked(1, Server("late_delivery"))], dt.date(2024, 7, 1))
    after = {row["text_id"]: row for row in with_answers(labels, answers, SHOP).to_pylist()}
    changed = after["t0"]
    assert (changed["label"], changed["probability"], changed["is_complaint"]) == (
        "late_delivery", None, True,
    )  # fmt: skip
    assert changed["answer_within_hours"] == 4
    assert changed["model_version"].startswith("1+small:")
    assert after["t1"]["label"] == "price"
    assert after["t1"]["model_version"] == "1"
