"""Which platform each customer uses: counted evidence, and one order for every tie."""

from __future__ import annotations

import datetime as dt

from tests.strategy.builders import AS_OF, customer, letter, touch
from tests.strategy.planned import planned

NOON = dt.datetime.combine(AS_OF, dt.time(12))


def ranked(lend, *people, **given):
    _, plan = planned(lend, *map(customer, people), **given)
    rows = plan.tables["channel_ranks"].to_pylist()
    return {
        (row["customer_id"], row["rank"]): (row["channel_id"], row["platform"], row["n_touched"],
                                            row["n_answered"], row["n_written"],
                                            row["n_interactions"])
        for row in rows
    }  # fmt: skip


def test_what_a_customer_does_ranks_before_what_is_done_to_one(scratch):
    told = ranked(
        scratch, "a", "b",
        contacts=(
            touch("a", 40), touch("a", 50), touch("a", 60, "sms", converted_at=NOON),
            touch("stranger", 40),
        ),
        messages=(
            letter("m1", "a", 9, channel="mail", direction="in"),
            letter("m2", "a", 8, channel="mail", direction="in"),
            letter("m3", "a", 7, channel="mail", direction="out"),
        ),
    )  # fmt: skip
    assert told == {
        ("a", 1): ("mail", "mail house", 0, 0, 2, 0),
        ("a", 2): ("sms", "sms house", 1, 1, 0, 0),
        ("a", 3): ("email", "email house", 2, 0, 0, 0),
    }  # fmt: skip


def test_ties_go_to_answers_then_to_the_latest_then_by_name(scratch):
    day = dt.timedelta(days=1)
    told = ranked(
        scratch, "a", "b", "c",
        contacts=(
            touch("a", 60, "sms", converted_at=NOON - 50 * day),
            touch("b", 60, "sms", converted_at=NOON - 50 * day),
            touch("b", 60, "email", converted_at=NOON - 49 * day),
            touch("c", 60, "sms"), touch("c", 60, "email"),
        ),
        messages=(letter("m1", "a", 1, channel="email", direction="in"),),
    )  # fmt: skip
    first = {who: told[who, 1][0] for who in "abc"}
    assert first == {"a": "sms", "b": "email", "c": "email"}


def test_social_platforms_are_told_apart(scratch):
    acts = tuple(
        {"actor_customer_id": "a", "platform": name, "occurred_at": NOON}
        for name in ("weibo", "wechat", "weibo", None)
    )  # fmt: skip
    told = ranked(scratch, "a", interactions=acts)
    assert [told["a", rank][:2] for rank in (1, 2, 3)] == [
        ("social", "weibo"), ("social", "social house"), ("social", "wechat"),
    ]  # fmt: skip
    assert told["a", 1][-1] == 2
