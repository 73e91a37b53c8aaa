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
        ("ANN", 3, 3, None, None),
        ("BOB", 2, 2, None, None),
        ("SILENT", None, 0, None, None),
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
    assert schemas == {"staging", "core", "features", "bi", "seeds"}
