"""Missing moments of orders: what the rules recover, measured against moments that were hidden.

The model is the one dbt compiled in the build of the small landing; the orders are drawn here, by
one seed, with a gap of a fortnight in which most moments are missing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import duckdb
import numpy as np
import pandas as pd
import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from tests.dbt.conftest import Built

N_ORDERS, N_DAYS = 12_000, 50  # all before the as-of date of the small landing
GAP = (20, 34)
START = pd.Timestamp("2024-01-01")
STAGED = {
    "batch_id": "varchar", "record_no": "bigint", "landing_sequence": "bigint",
    "source_system": "varchar", "order_source_id": "varchar", "customer_source_id": "varchar",
    "store_id": "varchar", "status": "varchar", "channel": "varchar", "sequence_no": "bigint",
    "promised_on": "date", "delivered_on": "date", "ordered_at": "timestamp",
    "paid_at": "timestamp", "shipped_at": "timestamp", "known_at": "timestamp",
    "reject_reason": "varchar",
}  # fmt: skip


def drawn(seed: int = 5) -> pd.DataFrame:
    """Return numbered orders with their true moments and what the source gives of them."""
    rng = np.random.default_rng(seed)
    second = np.sort(rng.integers(0, N_DAYS * 86_400, N_ORDERS))
    true_at = pd.Series(START + pd.to_timedelta(second, "s"))
    day = second // 86_400
    is_lost = (day >= GAP[0]) & (day < GAP[1]) & (rng.random(N_ORDERS) < 0.8)
    is_paid = rng.random(N_ORDERS) < 0.5
    delay = pd.Series(pd.to_timedelta(rng.integers(60, 3_600, N_ORDERS), "s"))
    number = np.arange(1, N_ORDERS + 1)
    return pd.DataFrame(
        {
            "true_at": true_at,
            "is_lost": is_lost,
            "ordered_at": true_at.where(~is_lost),
            "paid_at": (true_at + delay).where(is_paid),
            "sequence_no": number,
            "order_source_id": [f"o{one}" for one in number],
            "source_system": "s",
            "batch_id": "b",
            "record_no": number,
            "landing_sequence": 1,
        }
    )


def recovered(built: Built, folder: Path, orders: pd.DataFrame) -> pd.DataFrame:
    """Return the orders with what the compiled model makes of them."""
    compiled = built.home / "target/compiled/guanxi/models/core/intermediate/int_orders_dated.sql"
    columns = ", ".join(
        f"cast({name if name in orders else 'null'} as {kind}) as {name}"
        for name, kind in STAGED.items()
    )
    with duckdb.connect(str(folder / "warehouse.duckdb")) as connection:
        connection.register("given", orders.drop(columns=["true_at", "is_lost"]))
        connection.execute("create schema staging")
        connection.execute(f"create table staging.stg_orders as select {columns} from given")
        connection.execute(
            "create table staging.stg_order_items as "
            "select *, '' as order_item_source_id from staging.stg_orders where false"
        )
        found = connection.execute(compiled.read_text(encoding="utf-8")).df()
    kept = found[["order_source_id", "ordered_at", "ordered_at_rule"]]
    return orders.drop(columns="ordered_at").merge(
        kept, on="order_source_id", how="inner", validate="one_to_one"
    )


def greatest_excess(moments: pd.Series) -> float:
    """Return how many times the share of its two neighbours a day holds, at most."""
    counts = moments.dropna().dt.floor("D").value_counts().sort_index()
    counts = counts.reindex(pd.date_range(START, periods=N_DAYS), fill_value=0)
    beside = (counts.shift(1) + counts.shift(-1)) / 2
    return float((counts / beside.clip(lower=1)).iloc[1:-1].max())


@pytest.fixture(scope="module")
def orders(built: Built, tmp_path_factory: pytest.TempPathFactory) -> pd.DataFrame:
    return recovered(built, tmp_path_factory.mktemp("recovered"), drawn())


def test_every_order_stays_and_most_of_the_lost_moments_come_back(orders: pd.DataFrame) -> None:
    assert len(orders) == N_ORDERS
    lost = orders[orders["is_lost"]]
    assert len(lost) > 2_000
    assert lost["ordered_at"].notna().mean() > 0.9
    assert set(lost["ordered_at_rule"]) == {"paid_at", "same_day", "none"}
    assert orders.loc[~orders["is_lost"], "ordered_at_rule"].isna().all()


def test_a_recovered_moment_is_of_the_true_day(orders: pd.DataFrame) -> None:
    filled = orders[orders["ordered_at_rule"].isin(["paid_at", "same_day"])]
    is_right = filled["ordered_at"].dt.floor("D") == filled["true_at"].dt.floor("D")
    # A payment after midnight is all that can lead astray, and then by an hour.
    assert is_right.mean() > 0.98
    assert ((filled["ordered_at"] - filled["true_at"]).abs() < pd.Timedelta("1D")).all()


def test_no_day_holds_thrice_what_its_neighbours_hold_but_with_a_median_fill_one_does(
    orders: pd.DataFrame,
) -> None:
    assert greatest_excess(orders["true_at"]) < 3
    assert greatest_excess(orders["ordered_at"]) < 3
    given = orders["true_at"].where(~orders["is_lost"])
    assert greatest_excess(given.fillna(given.median())) > 3


def test_what_nothing_bounds_stays_undated(built: Built, tmp_path: Path) -> None:
    bare = drawn().head(2_000).assign(paid_at=pd.NaT, sequence_no=None)
    is_lost = bare.index % 9 == 0
    found = recovered(built, tmp_path, bare.assign(ordered_at=bare["true_at"].where(~is_lost)))
    assert found.loc[is_lost, "ordered_at"].isna().all()
    assert (found.loc[is_lost, "ordered_at_rule"] == "none").all()
    assert found.loc[~is_lost, "ordered_at"].notna().all()
