"""The voice step reads letters of customers and reviews, nothing that the company wrote."""

from __future__ import annotations

import datetime as dt

import duckdb
import pytest

from crm_tasks.steps.voice import SAID, SEGMENTED


@pytest.fixture(scope="module")
def said():
    with duckdb.connect() as connection:
        connection.execute("""
            create table messages as
            select * from (values
                ('m1', 'c', 'A', 'messages:m1', 'Broken.', 'in', 'product_quality', true, true),
                ('m2', 'c', 'A', 'messages:m2', 'We look into it.', 'out', null, false, null),
                ('m3', 'd', null, 'messages:m3', 'Hello?', null, null, false, null),
                ('m4', 'e', 'B', null, null, 'in', null, false, true)
            ) as t (message_id, conversation_id, customer_id, text_id, text, direction, need,
                    is_complaint, is_open_issue);
            alter table messages add column topic varchar;
            alter table messages add column summary varchar;
            alter table messages add column sentiment double;
            alter table messages add column sent_at timestamp default timestamp '2024-05-01';
            create table reviews as
            select * from (values
                ('r1', 'B', 'reviews:r1', 'Bad.', -0.9, null::boolean, 'p'),
                ('r2', 'B', 'reviews:r2', 'Fine.', 0.9, false, 'q'),
                ('r3', 'B', 'reviews:r3', 'Low.', 0.9, true, null)
            ) as t (review_id, customer_id, text_id, content, sentiment, is_low_score, product_id);
            alter table reviews add column topic varchar;
            alter table reviews add column reviewed_at timestamp default timestamp '2024-05-02';
            create table labels as select 'reviews:r1' as text_id, 'Bad.' as summary;
            create table products as select 'p' as product_id, 'TEA' as category_l2;
            create table segments as
            select 'A' as customer_id, 'rfm' as segmentation, 'rfm:new' as segment_id
            union all select 'A', 'loyalty', 'loyalty:high';
        """)
        connection.execute(f"create table said as {SAID}")
        found = connection.execute(SEGMENTED)
        names = [column[0] for column in found.description]
        return {row[0]: dict(zip(names, row, strict=True)) for row in found.fetchall()}


def test_letters_of_customers_and_reviews_with_a_text_are_what_was_said(said):
    assert set(said) == {"m1", "m3", "r1", "r2", "r3"}
    assert {name for name, row in said.items() if row["is_letter"]} == {"m1", "m3"}


def test_complaints_low_scores_and_harsh_words_without_a_score_are_bad(said):
    assert {name for name, row in said.items() if row["is_bad"]} == {"m1", "r1", "r3"}


def test_segment_category_and_moment_stand_beside_it(said):
    assert said["m1"]["segment_id"] == "rfm:new"
    assert said["r1"]["category"] == "TEA"
    assert said["r1"]["said_at"] == dt.datetime(2024, 5, 2)  # noqa: DTZ001 (as the tables have it)
    assert not said["m3"]["is_open_issue"]
