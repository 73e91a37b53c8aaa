"""Series are the company's sums by its own days, gaps filled, and know nothing of the future."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pyarrow as pa
import pytest

from crm_tasks.ml.forecasting.series import Series, sales_series, scale_of

FIRST = dt.date(2024, 1, 1)


def moments(rows: list[tuple[int, str]]) -> pa.Array:
    days = np.array([FIRST + dt.timedelta(days=day) for day, _ in rows], "datetime64[D]")
    clock = np.array([f"1970-01-01T{at}" for _, at in rows], "datetime64[us]")
    return pa.array(days.astype("datetime64[us]") + clock.astype("timedelta64[us]"))


def items(rows: list[tuple[int, str, str, str, int, str]]) -> pa.Table:
    """Return order lines of (day, time, customer, product, quantity, amount)."""
    return pa.table(
        {
            "customer_id": [row[2] for row in rows],
            "product_id": [row[3] for row in rows],
            "ordered_at": moments([row[:2] for row in rows]),
            "quantity": pa.array([row[4] for row in rows], pa.int64()),
            "net_amount": pa.array([row[5] for row in rows]).cast(pa.decimal128(18, 2)),
            "is_countable": [row[3] != "fuel" for row in rows],
        }
    )


PRODUCTS = pa.table(
    {
        "product_id": ["bread", "fuel", "tea"],
        "category_l1": ["food", "car", "food"],
        "category_l2": ["bakery", None, "drinks"],
    }
)


def found(scratch, rows, as_of, **more) -> dict[str, Series]:
    engine = scratch(order_items=items(rows), products=PRODUCTS)
    told = {"categories": 2, "sparse_share": 0.9, **more}
    series = sales_series(engine, as_of, more.pop("time_zone", "UTC"), **told)
    return {f"{one.series_id}|{one.metric}": one for one in series}


ROWS = [
    (0, "10:00", "a", "bread", 2, "3.00"),
    (0, "23:30", "b", "tea", 1, "5.50"),
    (3, "12:00", "a", "fuel", 4000, "40.00"),
    (3, "23:40", "a", "bread", 1, "-1.50"),
]


def test_days_without_a_sale_are_zero_and_units_are_countable_items(scratch) -> None:
    series = found(scratch, ROWS, FIRST + dt.timedelta(days=5))
    assert series["all|units"].values.tolist() == [3, 0, 0, 1, 0]
    assert series["all|net_amount"].values.tolist() == [8.5, 0, 0, 38.5, 0]
    assert series["all|units"].first_date == FIRST
    assert series["all|units"].date_of(5) == FIRST + dt.timedelta(days=5)
    # The largest categories by net amount; without a second level the first one names them.
    names = {one.series_id for one in series.values() if one.level == "category"}
    assert names == {"category:car", "category:drinks"}
    assert series["category:drinks|net_amount"].values.tolist() == [5.5, 0, 0, 0, 0]


def test_days_are_those_of_the_companys_clock(scratch) -> None:
    engine = scratch(order_items=items(ROWS), products=PRODUCTS)
    as_of = FIRST + dt.timedelta(days=5)
    series = sales_series(engine, as_of, "Asia/Shanghai", categories=0, sparse_share=0.9)
    units = next(one for one in series if one.series_id == "all" and one.metric == "units")
    assert units.values.tolist() == [2, 1, 0, 0, 1]


@pytest.mark.parametrize(("last_at", "lead"), [("23:00", 0), ("04:00", 1)])
def test_a_last_day_that_was_cut_off_is_left_out_and_bridged(scratch, last_at, lead) -> None:
    rows = [(day, "22:00", "a", "bread", 5, "5.00") for day in range(30)]
    rows += [(30, last_at, "a", "bread", 1, "1.00")]
    series = found(scratch, rows, FIRST + dt.timedelta(days=31))["all|units"]
    assert series.lead == lead
    assert len(series.values) == 31 - lead
    assert series.date_of(len(series.values) + lead) == FIRST + dt.timedelta(days=31)


def test_a_sparse_series_is_weekly_and_its_weeks_end_with_the_last_day(scratch) -> None:
    rows = [(day, "22:00", "a", "bread", 1, "1.00") for day in range(2, 100, 6)]
    series = found(scratch, rows, FIRST + dt.timedelta(days=101), sparse_share=0.3)["all|units"]
    assert (series.step_days, series.period, series.lead) == (7, 1, 0)
    assert series.date_of(len(series.values)) == FIRST + dt.timedelta(days=101)
    assert series.values.sum() >= len(rows) - 1


def test_a_customers_state_is_that_of_the_beginning_of_the_block(scratch) -> None:
    """Bought on day 100 and again on day 215: away until then, active in the next block."""
    rows = [(day, "10:00", "everybody", "bread", 1, "1.00") for day in range(0, 300, 5)]
    rows += [(day, "11:00", "one", "tea", 7, "1.00") for day in (100, 215, 250)]
    series = found(scratch, rows, FIRST + dt.timedelta(days=300), sparse_share=1.0)
    begin = 90
    states = {
        day: name
        for name in ("active", "cooling", "away", "new")
        for day in np.flatnonzero(series[f"segment:{name}|units"].values >= 7) + begin
    }
    assert states == {100: "new", 215: "away", 250: "active"}
    total = sum(series[f"segment:{n}|units"].values for n in ("active", "cooling", "away", "new"))
    assert total.tolist() == series["all|units"].values[begin:].tolist()


def test_what_comes_later_changes_no_earlier_value(scratch) -> None:
    rng = np.random.default_rng(1)
    rows = [(int(day), "22:00", f"c{rng.integers(9)}", "bread", 1, "1.00")
            for day in np.sort(rng.integers(0, 240, 400))]  # fmt: skip
    as_of = FIRST + dt.timedelta(days=210)
    late = found(scratch, rows, as_of)
    early = found(scratch, [row for row in rows if row[0] < 210], as_of)
    assert late.keys() == early.keys()
    for key, one in early.items():
        assert late[key].values.tolist() == one.values.tolist()


def test_the_scale_is_the_error_of_repeating_the_last_season() -> None:
    assert scale_of(np.array([1.0, 2, 3, 5]), 2) == 2.5
    assert scale_of(np.array([4.0]), 7) == 0.0


def test_no_sale_is_no_series(scratch) -> None:
    assert found(scratch, [], FIRST) == {}
