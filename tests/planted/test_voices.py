"""Messages, reviews and posts agree with the truth written beside them."""

from __future__ import annotations

import numpy as np
import pytest

from crm_tasks.planted.calibration import SCORE_SHARES
from crm_tasks.planted.people import People
from crm_tasks.planted.voices import (
    block_messages,
    block_reviews,
    block_social,
    spans_of_life,
)

TODAY = "2025-01-01"


@pytest.fixture(scope="module")
def messages(block):
    return block_messages(block.company, 1, block.process, block.orders)


def test_a_message_holds_the_sentence_that_matters_and_its_personal_data(messages) -> None:
    texts = {row["message_id"]: row for row in messages.source}
    n_spans = 0
    for truth in messages.truth:
        row = texts[truth["message_id"]]
        assert truth["key_sentence"] in row["text"]
        for span in truth["personal_spans"]:
            value = row["text"][span["start"] : span["end"]]
            own = {"name": row["from_name"], "email": row["from_email"], "phone": row["from_phone"]}
            assert value == own[span["kind"]]
            n_spans += 1
    assert n_spans > 30


def test_agents_tagged_the_training_part_only(messages) -> None:
    part = {truth["message_id"]: truth["part"] for truth in messages.truth}
    intent = {truth["message_id"]: truth["intent"] for truth in messages.truth}
    assert {part[tag["message_id"]] for tag in messages.tags} == {"train"}
    assert all(intent[tag["message_id"]] == tag["intent"] for tag in messages.tags)
    assert sum(value == "test" for value in part.values()) > 100


def test_templates_of_the_test_part_do_not_occur_in_training(messages) -> None:
    known = [truth for truth in messages.truth if truth["intent"]]
    parts = {
        part: {truth["template"] for truth in known if truth["part"] == part}
        for part in ("train", "test")
    }
    assert parts["train"]
    assert parts["test"]
    assert parts["train"].isdisjoint(parts["test"])


def test_an_answer_belongs_to_the_conversation_of_its_question(messages) -> None:
    asked = {row["conversation_id"] for row in messages.source if row["direction"] == "in"}
    answers = [row for row in messages.source if row["direction"] == "out"]
    assert len(answers) > 100
    assert {row["conversation_id"] for row in answers} <= asked


def test_those_with_a_high_complaint_rate_complain_more(messages, block) -> None:
    rate = People(block.company, block.company.block(1)).drivers["complaint_rate"]
    complaints = [t["person"] - 1_000 for t in messages.truth if t["sentiment"] == -1]
    assert rate[complaints].mean() > 1.5 * rate.mean()


def test_scores_have_the_real_shares_and_late_orders_the_low_ones(block) -> None:
    reviews = block_reviews(block.company, 1, block.orders, block.lines)
    score = np.array([row["score"] for row in reviews.source])
    found = np.bincount(score, minlength=6)[1:] / len(score)
    assert found == pytest.approx(SCORE_SHARES, abs=0.01)
    is_late = dict(zip(block.orders.id.tolist(), block.orders.is_late.tolist(), strict=True))
    late = np.array([is_late[int(row["review_id"][1:])] for row in reviews.source])
    assert score[late].mean() < score[~late].mean() - 0.5


def test_interactions_follow_the_strength_of_ties(block) -> None:
    found = block_social(block.company, 1, block.ties)
    to = [post["in_reply_to_user_id"] or (post["mentions"] or [None])[0] for post in found["posts"]]
    assert sum(target is not None for target in to) > 200
    assert any(target is None for target in to)
    assert all(one["follower_id"] != one["followed_id"] for one in found["follows"])


def test_nothing_is_said_after_today(block, messages) -> None:
    reviews = block_reviews(block.company, 1, block.orders, block.lines).source
    posts = block_social(block.company, 1, block.ties)["posts"]
    moments = [row["sent_at"] for row in messages.source]
    moments += [row["reviewed_at"] for row in reviews] + [row["created_at"] for row in posts]
    assert max(moments) < TODAY
    assert min(moments) >= "2023-01-01"


def test_a_customer_is_active_from_the_first_order_to_the_last(block) -> None:
    begin, end = spans_of_life(block.process, block.orders)
    person, row = block.process.person, 5
    own = block.orders.second[(block.orders.person == person[row]) & block.orders.is_past]
    expected = (own.min(), own.max()) if len(own) else (-1, -1)
    assert (begin[row], end[row]) == expected
