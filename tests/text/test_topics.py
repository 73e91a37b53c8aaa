"""Topics by week, themes by segment, and a term that comes up: found, and not where nothing does."""

from __future__ import annotations

import numpy as np
import pandas as pd

from crm_tasks.contracts import check_rows
from crm_tasks.contracts.text import COMPLAINT_THEMES, EMERGING_TOPICS, TOPIC_TRENDS
from crm_tasks.text.topics import complaint_themes, emerging_topics, topic_trends
from tests.text.said import AS_OF, letters


def test_shares_of_a_week_add_up():
    rows = check_rows(TOPIC_TRENDS, topic_trends(letters(), AS_OF)).to_pandas()
    assert rows.week_start.nunique() > 20
    assert np.allclose(rows.groupby("week_start").share.sum(), 1, atol=1e-5)
    assert all(day.weekday() == 0 for day in rows.week_start)
    assert (rows[rows.topic == "returns"].n_bad == rows[rows.topic == "returns"].n_texts).all()


def test_themes_count_complaints_by_segment_and_category():
    told = letters()
    rows = check_rows(COMPLAINT_THEMES, complaint_themes(told, AS_OF)).to_pylist()
    by = {(row["dimension"], row["value"], row["topic"]): row for row in rows}
    tea = told[told.category == "tea"]
    assert by["category", "tea", "returns"]["n_complaints"] == int(tea.is_bad.sum())
    assert by["category", "tea", "returns"]["n_texts"] == len(tea)
    assert {value for dimension, value, _ in by if dimension == "segment"} == {
        "rfm:low",
        "rfm:high",
    }
    assert {value for dimension, value, _ in by if dimension == "product"} == {"p1"}
    assert by["product", "p1", "returns"]["n_texts"] == int((told.product_id == "p1").sum())


def with_news(told, share):
    """Return texts some of which speak, in the last 14 days, of a recall nobody spoke of before."""
    recent = told.said_at >= pd.Timestamp(AS_OF) - pd.Timedelta(days=14)
    rng = np.random.default_rng(3)
    is_news = recent & (rng.random(len(told)) < share)
    return told.assign(masked_text=told.masked_text.where(~is_news, "the kettle recall 召回通知"))


def test_what_comes_up_is_an_alert():
    told = with_news(letters(900, months=4), 0.6)
    rows = check_rows(EMERGING_TOPICS, emerging_topics(told, AS_OF)).to_pylist()
    alerts = {row["term"] for row in rows if row["is_alert"]}
    assert {"recall", "召回"} <= alerts
    assert all(row["share_recent"] >= 2 * row["share_before"] for row in rows)


def test_words_that_name_no_thing_are_no_alert():
    """The news stands in whole sentences; what comes up is the thing, not the words round it."""
    told = with_news(letters(900, months=4), 0.6)
    is_news = told.masked_text.str.contains("recall")
    said = "They have just told us about the kettle recall. 我们已经收到了召回通知，这是真的吗"
    told = told.assign(masked_text=told.masked_text.where(~is_news, said))
    alerts = {r["term"] for r in emerging_topics(told, AS_OF).to_pylist() if r["is_alert"]}
    assert {"recall", "kettle", "kettle recall", "召回", "通知"} <= alerts
    assert (
        not {"they", "have", "just", "the kettle", "about", "我们", "已经", "了召", "这是", "的吗"}
        & alerts
    )


def test_without_news_there_is_no_alert():
    rng = np.random.default_rng(9)
    told = letters(900, months=4)
    words = np.array(["apple", "river", "stone", "cloud", "green", "paper", "light", "night"])
    text = [" ".join(rng.choice(words, 3)) for _ in range(len(told))]
    rows = emerging_topics(told.assign(masked_text=text), AS_OF).to_pylist()
    assert not any(row["is_alert"] for row in rows)


def test_one_customer_who_writes_often_is_one():
    told = letters(900, months=4)
    recent = told.said_at >= pd.Timestamp(AS_OF) - pd.Timedelta(days=14)
    one = told.assign(
        masked_text=told.masked_text.where(~recent, "spam spam"),
        customer_id=told.customer_id.where(~recent, "c1"),
    )
    assert not any(row["is_alert"] for row in emerging_topics(one, AS_OF).to_pylist())
