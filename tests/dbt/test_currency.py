"""Money of two currencies is never added up: neither by lines nor by the orders they belong to."""

from __future__ import annotations

from typing import TYPE_CHECKING

import duckdb
import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from tests.dbt.conftest import Built

CLAIM = "target/compiled/guanxi/tests/assert_no_line_of_an_order_in_another_currency.sql"
FOREIGN = "E_CURRENCY_currency_code"


def broken(built: Built, folder: Path, order_reason: str | None, line_reason: str | None) -> int:
    """Return how many lines break the claim if an order and its line were refused for these."""
    with duckdb.connect(str(folder / "warehouse.duckdb")) as connection:
        connection.execute("create schema staging")
        connection.execute(
            "create table staging.stg_orders as select 's' as source_system, "
            "'o' as order_source_id, cast(? as varchar) as reject_reason",
            [order_reason],
        )
        connection.execute(
            "create table staging.stg_order_items as select 's' as source_system, "
            "'o' as order_source_id, 'i' as order_item_source_id, "
            "cast(? as varchar) as reject_reason",
            [line_reason],
        )
        claim = (built.home / CLAIM).read_text(encoding="utf-8")
        return len(connection.execute(claim).fetchall())


@pytest.mark.parametrize(
    ("order_reason", "line_reason", "n_broken"),
    [(FOREIGN, None, 1), (FOREIGN, FOREIGN, 0), (None, None, 0), ("E_TYPE_paid_at", None, 0)],
)
def test_a_line_that_hides_its_orders_currency_breaks_the_build(
    built: Built, tmp_path: Path, order_reason: str | None, line_reason: str | None, n_broken: int
) -> None:
    assert broken(built, tmp_path, order_reason, line_reason) == n_broken
    tests = {node["name"]: node for node in built.manifest["nodes"].values()}
    claim = tests["assert_no_line_of_an_order_in_another_currency"]
    assert claim["config"]["severity"].lower() == "error"
