"""Duties: letters past their deadline are answered before anything else, each once."""

from __future__ import annotations

import datetime as dt

from tests.strategy.builders import AS_OF, customer, letter
from tests.strategy.planned import planned, reasons_of, why_not


def test_an_overdue_letter_is_one_action_before_all_others(scratch):
    letters = (
        letter("m1", "a", 5, conversation_id="k1"),
        letter("m2", "a", 4, conversation_id="k1"),
        letter("m3", "a", 9, conversation_id="k2", agent_intent="refund"),
        letter("m4", "b", 3, agent_intent="complaint"),
        letter("m5", "c", 1),
        letter("m6", "d", 30, is_open_issue=False),
        letter("m7", "e", 2, intent="defect", is_complaint=True),
    )
    rows = [customer(name) for name in "abcde"]
    actions, plan = planned(scratch, *rows, messages=letters)
    duties = [a for a in actions if a["issue_id"]]
    assert [(a["issue_id"], a["customer_id"]) for a in duties] == [
        ("m4", "b"), ("m7", "e"), ("k2", "a"), ("k1", "a"),
    ]  # fmt: skip
    assert [a["priority"] for a in duties] == [1, 2, 3, 4]
    assert {a["content_id"] for a in duties} == {"issue_reply"}
    assert {a["scheduled_at"].date() for a in duties} == {AS_OF}
    assert {a["customer_id"] for a in actions if not a["issue_id"]} == {"c", "d"}
    assert why_not(plan)["a", "email"] == {"open_issue"}
    texts = [r["text_en"] for r in reasons_of(plan)[duties[0]["strategy_action_id"]]]
    assert texts[0] == "Wrote 3 days ago and has had no answer"


def test_a_letter_is_answered_where_it_came_from_even_against_a_no_to_advertising(scratch):
    refusing = customer("a", consent_email=False, consent_mail=False)
    (action,), plan = planned(scratch, refusing, messages=(letter("m", "a", 3),))
    assert (action["channel_id"], action["consent_basis"]) == ("email", "reply")
    codes = [r["reason_code"] for r in reasons_of(plan)[action["strategy_action_id"]]]
    assert "answer_to_a_letter" in codes
    elsewhere = customer("a", consent_email=False, consent_mail=True)
    (action,), _ = planned(scratch, elsewhere, messages=(letter("m", "a", 3),))
    assert (action["channel_id"], action["consent_basis"]) == ("mail", "granted")


def test_an_answer_planned_for_real_is_not_planned_twice(scratch):
    given = {"messages": (letter("m", "a", 3),)}
    _, before = planned(scratch, customer("a"), is_dry_run=False, **given)
    later = AS_OF + dt.timedelta(days=2)
    again, _ = planned(scratch, customer("a"), as_of=later, is_dry_run=False,
                       previous=before.tables["actions"], **given)  # fmt: skip
    assert [a["issue_id"] for a in again if a["issue_id"]] == []


def test_answers_take_places_of_the_day(scratch):
    letters = tuple(letter(f"m{n}", f"c{n}", 3) for n in range(3))
    rows = [customer(f"c{n}", preferred_iso_weekday=1) for n in range(6)]
    actions, plan = planned(scratch, *rows, messages=letters, actions_per_day=4, days_considered=1)
    assert [bool(a["issue_id"]) for a in actions] == [True, True, True, False]
    first = plan.tables["shadow_prices"].to_pylist()[0]
    assert (first["at_most"], first["used"]) == (1.0, 1.0)
