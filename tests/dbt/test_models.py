"""What the built tables hold, from landing to dashboards."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.dbt.conftest import Built

#: Columns that may look ahead: plans, and the calendar.
MAY_LOOK_AHEAD = {
    ("dim_campaigns", "end_date"),
    ("dim_dates", "date_day"),
    ("dim_dates", "month_start"),
    ("fct_opportunities", "close_date"),
    ("fct_opportunity_daily_history", "close_date"),
}


def columns_where(built: Built, kind: str, condition: str) -> set[tuple[str, str]]:
    """Return the (table, column) of derived tables with a row that meets a condition."""
    columns = built.query(
        "select schema_name, table_name, column_name from duckdb_columns() "
        f"where schema_name in ('core', 'features', 'bi') and {kind}"
    )
    return set(
        built.query(
            " union all ".join(
                f"select '{table}', '{column}' from {schema}.{table} "
                f"where {condition.format(column=column)} group by all"
                for schema, table, column in columns
            )
        )
    )


def test_every_model_test_and_unit_test_passes(built: Built) -> None:
    fine = ("success", "pass", "warn", "no-op")  # an exposure is a no-op
    bad = [result["unique_id"] for result in built.results if result["status"] not in fine]
    assert built.returncode == 0, built.said
    assert bad == []
    kinds = [result["unique_id"].split(".")[0] for result in built.results]
    assert kinds.count("unit_test") > 25
    assert kinds.count("test") > 50


def test_the_only_warnings_are_those_the_landing_plants(built: Built) -> None:
    warned = {r["unique_id"].split(".")[2] for r in built.results if r["status"] == "warn"}
    assert warned == {"assert_every_touch_can_be_dated"}


def test_no_line_is_lost_and_each_is_flagged_for_what_it_is(built: Built) -> None:
    lines = built.query("""
        select order_item_id, customer_id, net_amount, quantity_unit, is_unknown_product,
            is_zero_quantity
        from core.fct_order_items order by order_item_id
    """)
    assert lines == [
        ("shop:i1", "ANN", Decimal("2.50"), "item", False, False),
        ("shop:i2", "ANN", Decimal("2.50"), "unstated", False, False),
        ("shop:i3", "BOB", Decimal("2.50"), "unstated", True, False),
        ("shop:i4", None, Decimal("0.00"), "item", False, True),
        ("shop:i6", "ANN", Decimal("7.50"), "item", False, False),
    ]


def test_a_line_that_does_not_fit_stays_in_staging_with_its_reason(built: Built) -> None:
    rejected = built.query("""
        select order_item_source_id, reject_reason from staging.stg_order_items
        where reject_reason is not null
    """)
    assert rejected == [("i5", "E_TYPE_net_amount")]
    assert built.query("select count(*) from staging.stg_order_items") == [(9,)]


def test_nothing_from_the_as_of_date_on_is_visible_in_any_derived_table(built: Built) -> None:
    ahead = columns_where(
        built, "data_type in ('TIMESTAMP', 'DATE')", "{column} >= timestamp '2024-03-01'"
    )
    as_of = {(table, column) for table, column in ahead if column == "as_of_date"}
    assert as_of
    assert ahead - as_of == MAY_LOOK_AHEAD


def test_a_customer_known_only_from_the_future_is_nowhere(built: Built) -> None:
    holds = "lower({column}) like '%future%' or lower({column}) like '%summer%'"
    assert columns_where(built, "data_type = 'VARCHAR'", "lower({column}) like '%ann%'")
    assert columns_where(built, "data_type = 'VARCHAR'", holds) == set()
    assert built.query("select customer_id from core.dim_customers order by all") == [
        ("ANN",),
        ("BOB",),
        ("SILENT",),
    ]


def test_a_record_landed_again_with_a_change_is_a_version_and_the_last_holds(built: Built) -> None:
    current = "select age_band from core.dim_customers where customer_id = 'ANN'"
    assert built.query(current) == [("35-44",)]
    versions = built.query("""
        select version_no, age_band, is_current from core.dim_customers_history
        where customer_id = 'ANN' order by version_no
    """)
    # Both records carry no date, so both count from the source's first event: the later holds.
    assert versions == [(1, "35-44", True)]


def test_a_touch_takes_its_campaigns_start_and_a_copied_coupon_counts_once(built: Built) -> None:
    touches = built.query("""
        select contact_id, cast(sent_at as date)::varchar, is_sent_at_assumed, outcome
        from core.fct_contacts
    """)
    assert touches == [("shop:spring-ann", "2024-02-01", True, "redeemed")]
    assert built.query("select count(*) from core.dim_coupon_products") == [(1,)]
    duplicates = "select count(*) from staging.stg_coupons where is_duplicate"
    assert built.query(duplicates) == [(1,)]


def test_features_are_unknown_where_nothing_is_recorded_and_zero_where_nothing_happened(
    built: Built,
) -> None:
    rows = built.query("""
        select customer_id, rfm_segment, frequency, orders_90d, sessions_30d, consent_email
        from features.feat_customers_wide order by customer_id
    """)
    assert [row[:2] for row in rows if row[0] == "SILENT"] == [("SILENT", "no_orders")]
    assert [(row[0], *row[2:]) for row in rows] == [
        ("ANN", 3, 3, 1, True),
        ("BOB", 2, 2, 0, None),
        ("SILENT", None, 0, 0, None),
    ]


def test_what_nobody_records_is_unknown_and_not_zero(built: Built) -> None:
    rows = built.query("""
        select distinct consent_phone, open_rate_90d, click_rate_90d
        from features.feat_customers_wide
    """)
    assert rows == [(None, None, None)]


def test_a_visit_joins_the_views_of_a_device_and_keeps_no_query(built: Built) -> None:
    views = built.query("""
        select page_view_id, session_id, customer_id, is_stitched, url, engaged_time_s
        from core.fct_page_views order by page_view_id
    """)
    assert views == [
        ("shop:v1", "shop:v1", "ANN", True, None, None),
        ("shop:v2", "shop:v1", "ANN", False, "/tea", 12.5),
    ]
    visits = "select session_id, customer_id, views, has_cart from core.fct_sessions"
    assert built.query(visits) == [("shop:v1", "ANN", 2, True)]
    assert built.query("""
        select sessions_30d, views_30d, engaged_time_s_30d, cart_rate_30d, csat_last
        from features.feat_customers_wide where customer_id = 'ANN'
    """) == [(1, 2, 12.5, 1.0, 4)]


def test_low_scores_stay_and_impossible_ones_are_set_aside(built: Built) -> None:
    scores = built.query("select score, is_low_score, is_unknown_product from core.fct_reviews")
    assert sorted(scores) == [(1, True, False), (5, False, True)]
    rejected = "select reject_reason from staging.stg_reviews where reject_reason is not null"
    assert built.query(rejected) == [("E_RANGE_score",)]


def test_a_no_is_heard_at_once_and_a_yes_of_tomorrow_is_not(built: Built) -> None:
    held = built.query("""
        select customer_id, channel, status, is_granted from core.dim_customer_consents order by all
    """)
    assert held == [("ANN", "email", "granted", True), ("ANN", "sms", "denied", False)]


def test_ties_stay_as_they_are_said_with_strangers_and_selves_flagged(built: Built) -> None:
    ties = built.query("""
        select src_id, dst_id, stated_strength, is_with_self, is_unknown_dst
        from core.fct_ties order by all
    """)
    assert ties == [
        ("ANN", "ANN", 0.1, True, False),
        ("ANN", "BOB", 0.7, False, False),
        ("ANN", "shop:acme", None, False, False),
        ("ANN", "shop:stranger", 0.1, False, True),
    ]
    staged = "select reject_reason, is_duplicate from staging.stg_ties order by record_no"
    assert built.query(staged) == [
        (None, False),
        (None, True),
        (None, False),
        (None, False),
        ("E_RANGE_strength", False),
        (None, False),
        (None, False),
    ]


def test_a_deal_stands_day_by_day_as_it_stood_then(built: Built) -> None:
    deals = "select stage_name, is_closed, is_won from core.fct_opportunities"
    assert built.query(deals) == [("offer", False, None)]
    days = built.query("""
        select cast(date_day as varchar), stage_name
        from core.fct_opportunity_daily_history order by date_day
    """)
    assert days == [
        ("2024-02-26", None),
        ("2024-02-27", None),
        ("2024-02-28", "offer"),
        ("2024-02-29", "offer"),
    ]


def test_every_filled_moment_is_told_with_its_rule(built: Built) -> None:
    told = built.query("select table_name, row_key, rule, new_value from core.fct_imputations")
    assert told == [
        ("core.fct_contacts", "shop:spring-ann", "campaign_start", "2024-02-01 00:00:00")
    ]


def test_every_table_says_that_its_data_are_invented(built: Built) -> None:
    tables = built.query("""
        select schema_name, table_name from duckdb_columns() where column_name = 'is_synthetic'
    """)
    assert {"fct_orders", "customer_360"} <= {table for _, table in tables}
    for schema, table in tables:
        honest = f"select coalesce(bool_and(is_synthetic), true) from {schema}.{table}"
        assert built.query(honest) == [(True,)]


def test_meanings_stand_on_tables_and_columns(built: Built) -> None:
    silent = built.query("""
        select table_name, column_name from duckdb_columns()
        where schema_name in ('staging', 'core', 'features', 'bi') and comment is null
    """)
    assert silent == []
    grain = built.query("select comment from duckdb_tables() where table_name = 'dim_channels'")
    assert grain == [("One row per channel a touch can go through.",)]


def test_failing_rows_are_nowhere_stored(built: Built) -> None:
    schemas = {name for (name,) in built.query("select distinct schema_name from duckdb_tables()")}
    assert schemas == {"staging", "core", "features", "bi", "seeds", "changes"}
