"""What the small company's customers say and belong to, as one run publishes it."""

from __future__ import annotations

import csv
import datetime as dt
import json
from collections import Counter

import duckdb
import pytest

from crm_tasks.contracts import ops
from crm_tasks.contracts.entities import ENTITIES
from crm_tasks.profiles import load_profile
from crm_tasks.steps.coverage import coverage
from crm_tasks.warehouse.ledger import Ledger
from crm_tasks.warehouse.query import query_served
from tests.flow.small_company import N_ORDERS, UNDATED
from tests.flow.small_voices import (
    COMPLAINTS,
    N_COPIES,
    N_IMPOSSIBLE_SCORES,
    N_REVIEWS,
    N_STRANGERS,
    N_VISITS,
)


@pytest.fixture(scope="module")
def asked(published_home):
    """Return a function that asks the published file."""

    def ask(query):
        return [tuple(row.values()) for row in query_served(published_home, query).to_pylist()]

    return ask


@pytest.fixture(scope="module")
def data(company):
    return company.profile.parent / "data"


def lines(path):
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def failed(published_home):
    """Return the warnings of the run as {(table, expectation): rows that do not fit}."""
    rows = Ledger(published_home.ops_file).store.arrow(ops.DQ_RESULTS).to_pylist()
    return {
        (row["table_name"], row["expectation"]): row["n_unexpected"]
        for row in rows
        if not row["is_success"]
    }


# --- conservation ---------------------------------------------------------------------------------


def test_of_every_landed_row_staging_keeps_one(published_home, company):
    """Rows in = kept + quarantined, for every table; what staging refused stays, with a reason."""
    ledger = Ledger(published_home.ops_file)
    loaded: Counter[str] = Counter()
    for batch in ledger.batches_of_profile("small_company"):
        loaded[batch["table_name"]] += batch["n_loaded"]
    told: Counter[str] = Counter()
    for source in load_profile(str(company.profile)).sources:
        for table in source.tables:
            for feed in table.feeds:
                told[feed.entity] += loaded[table.name]
    refused = Counter(
        row["entity"]
        for row in ledger.store.arrow(ops.QUARANTINE).to_pylist()
        if row["stage"] == "staging"
    )
    with duckdb.connect(str(published_home.warehouse_file), read_only=True) as connection:
        staged = {
            entity: connection.execute(
                f"select count(*), count(reject_reason) from staging.stg_{entity}"
            ).fetchall()[0]
            for entity in ENTITIES
        }
    assert staged == {entity: (told[entity], refused[entity]) for entity in ENTITIES}
    assert sum(told.values()) > 2_000
    assert refused["reviews"] == N_IMPOSSIBLE_SCORES


def test_scores_are_those_of_the_source_but_for_the_impossible_ones(asked, data):
    raw = Counter(row["score"] for row in lines(data / "reviews.jsonl"))
    impossible = {score for score in raw if score not in {"1", "2", "3", "4", "5"}}
    assert sum(raw[score] for score in impossible) == N_IMPOSSIBLE_SCORES
    found = dict(asked("select score::varchar, count(*) from core.fct_reviews group by all"))
    assert found == {score: n for score, n in raw.items() if score not in impossible}
    assert asked("select count(*) from core.fct_reviews where is_low_score") == [
        (sum(n for score, n in found.items() if score <= "3"),)
    ]
    assert sum(found.values()) == N_REVIEWS - N_IMPOSSIBLE_SCORES


def test_the_coverage_names_what_is_off_and_nothing_else(company):
    rows = coverage(load_profile(str(company.profile)))
    assert [row["capability"] for row in rows if row["status"] == "off"] == ["randomised_outcomes"]
    fed = load_profile(str(company.profile)).entities_fed
    assert set(ENTITIES) - fed == {"outcomes"}


# --- moments --------------------------------------------------------------------------------------


def test_undated_orders_are_recovered_by_rule_and_the_rest_stay_undated(asked):
    told = dict(
        asked("""
            select rule, count(*) from core.fct_imputations
            where table_name = 'core.fct_orders' group by all
        """)
    )
    assert told == {rule: len(numbers) for rule, numbers in UNDATED.items() if rule != "none"}
    undated = asked("select order_id, net_amount > 0 from core.fct_orders where ordered_at is null")
    assert undated == [(f"shop:O{number + 1:04d}", True) for number in UNDATED["none"]]
    assert asked("select count(*) from core.fct_orders") == [(N_ORDERS,)]


def test_a_recovered_moment_is_the_true_one_within_minutes(asked, data):
    with (data / "orders.csv").open(encoding="utf-8") as file:
        paid = {f"shop:{row['order_no']}": row["paid"] for row in csv.DictReader(file)}
    moments = asked("""
        select order_id, ordered_at from core.fct_orders
        where ordered_at_rule in ('order_lines', 'paid_at')
    """)
    assert len(moments) == len(UNDATED["order_lines"]) + len(UNDATED["paid_at"])
    for order, moment in moments:
        assert abs(dt.datetime.fromisoformat(paid[order]) - moment) <= dt.timedelta(minutes=5)


def test_lines_of_undated_orders_follow_their_orders(asked):
    assert asked("""
        select count(*) from core.fct_order_items as lines
        inner join core.fct_orders as orders on lines.order_id = orders.order_id
        where lines.ordered_at is distinct from orders.ordered_at
    """) == [(0,)]
    filled = "select count(*) from core.fct_imputations where table_name = 'core.fct_order_items'"
    of_paid = """
        select count(*) from core.fct_order_items as lines
        inner join core.fct_orders as orders on lines.order_id = orders.order_id
        where orders.ordered_at_rule = 'paid_at'
    """
    assert asked(filled) == asked(of_paid) != [(0,)]


def test_an_undated_order_counts_in_no_feature_of_time(asked):
    (frequency,) = asked("select sum(frequency)::bigint from features.feat_customer_rfm")[0]
    assert frequency == N_ORDERS - len(UNDATED["none"])


# --- what they say --------------------------------------------------------------------------------


def test_browse_features_add_up_to_the_page_views(asked):
    assert asked("select count(*) from core.fct_sessions") == [(N_VISITS,)]
    seen = asked("""
        select count(*), sum(engaged_time_s) from core.fct_page_views
        where customer_id is not null and viewed_at >= timestamp '2024-06-01'
    """)
    told = asked("""
        select sum(views_30d)::bigint, sum(engaged_time_s_30d) from features.feat_customers_wide
    """)
    assert told == seen
    assert asked("select count(*) from core.fct_page_views where url like '%?%'") == [(0,)]


def test_a_recorded_no_is_obeyed_where_unknown_means_yes(asked):
    assert asked("select count(*) from strategy.actions where consent_basis = 'assumed'") != [(0,)]
    assert asked("""
        select count(*) from strategy.actions as actions
        inner join core.dim_customer_consents as consents
            on actions.customer_id = consents.customer_id and actions.channel_id = consents.channel
        where not consents.is_granted and actions.consent_basis <> 'reply'
    """) == [(0,)]
    refusing = asked("select channel, count(*) from core.dim_customer_consents "
                     "where not is_granted group by all order by all")  # fmt: skip
    # Three withdrew letters, one of them granting at the same moment; one refused every channel.
    assert refusing == [
        ("email", 1), ("mail", 4), ("phone", 1), ("sms", 1), ("social", 1), ("web", 1),
    ]  # fmt: skip


def test_open_issues_are_those_nobody_answered(asked):
    assert asked("select is_open_issue, count(*) from core.fct_messages where direction = 'in' "
                 "group by all order by all") == [(False, 10), (True, 10)]  # fmt: skip


def test_strangers_selves_and_copies_are_kept_and_told(asked, published_home):
    ties = "select count(*), sum(is_unknown_dst::int), sum(is_with_self::int) from core.fct_ties"
    assert asked(f"{ties} where tie_type = 'trust'") == [(10, N_STRANGERS, 1)]
    told = failed(published_home)
    assert told["core.fct_ties", "second_end_is_known"] == N_STRANGERS
    assert told["core.fct_ties", "ends_differ"] == 1
    assert told["staging.stg_ties", "key_is_said_once"] == N_COPIES
    assert told["core.fct_social_interactions", "target_is_a_customer"] == N_STRANGERS
    assert told["core.fct_reviews", "product_is_described"] == 1
    assert told["core.fct_orders", "moment_is_known"] == len(UNDATED["none"])
    assert told["core.fct_consents", "decision_is_dated"] == 1
    assert told["staging.stg_customer_references", "customer_is_described"] == 1


def test_texts_are_masked_and_equal_texts_are_equal_tokens(asked):
    n_kept = N_REVIEWS - N_IMPOSSIBLE_SCORES
    reviews = "select count(content_token), count(distinct content) from core.fct_reviews"
    assert asked(reviews) == [(n_kept, 1)]
    assert asked("select distinct content, language_code from core.fct_reviews") == [
        ("As expected. [email]", "en")
    ]
    messages = "select count(text), count(distinct text_token) from core.fct_messages"
    assert asked(messages) == [(30, 20)]
    named = "select count(*) from text.masked_texts where masked_text not like '%[name]%'"
    assert asked(f"{named} and source_entity <> 'reviews'") == [(0,)]
    assert asked("select distinct text from core.fct_messages order by all") == [
        ("The lamp is broken and does not work, very poor quality. [name], [phone]",),
        ("Where is my parcel? [name], [phone]",),
    ]


def test_an_open_complaint_reaches_features_themes_and_exactly_one_action(asked):
    """Texts become complaints, complaints features and themes; each open issue one action."""
    complaints = asked("""
        select conversation_id, customer_id, intent, need from core.fct_messages
        where is_complaint and is_open_issue order by all
    """)
    assert [row[0] for row in complaints] == [f"shop:t{number}" for number in COMPLAINTS]
    assert {row[2:] for row in complaints} == {("defect", "product_quality")}
    told = asked("""
        select customer_id, open_issues, complaints_90d, complaint_topics_top1
        from features.feat_customers_wide where complaints_90d > 0 order by all
    """)
    assert told == sorted((row[1], 1, 1, "quality") for row in complaints)
    assert asked("select sum(n_complaints)::bigint from text.complaint_themes "
                 "where dimension = 'segment' and topic = 'quality'") == [(2,)]  # fmt: skip
    planned = asked("""
        select issue_id, count(*), min(priority) from strategy.actions
        where issue_id is not null group by all order by min(priority)
    """)
    assert [row[1] for row in planned] == [1] * 10
    # Complaints come first, however long the others have waited.
    assert {row[0] for row in planned[: len(COMPLAINTS)]} == {row[0] for row in complaints}


def test_the_model_that_reads_texts_stands_in_the_registry(asked):
    assert asked("""
        select models.family, models.status, comparisons.verdict, comparisons.is_champion
        from ml.models inner join ml.model_comparisons as comparisons
            on models.target = comparisons.target and models.family = comparisons.candidate
        where models.target = 'intent'
    """) == [("starter", "champion", "not_judged", True)]
    assert asked("select count(*) from text.language_model_answers") == [(0,)]


def test_mentions_of_one_post_share_its_text(asked):
    assert asked("""
        select interaction_type, count(*), count(distinct text_id)
        from core.fct_social_interactions where interaction_id like 'shop:p1#%' group by all
    """) == [("mention", 2, 1)]
