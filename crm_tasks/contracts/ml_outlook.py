"""Contracts of what lies ahead: what customers are worth, what will be sold, who buys when."""

from __future__ import annotations

from crm_tasks.contracts.table import Column, Table, as_of_date_column

_HORIZONS = (30, 90, 365)

CLV = Table(
    schema="ml",
    name="clv",
    grain="One row per customer with a dated purchase and as-of date: what is expected of them",
    key=("customer_id", "as_of_date"),
    columns=(
        Column("customer_id", "VARCHAR", "Customer", False),
        Column("frequency", "BIGINT", "Days with a purchase after the first", False, "days"),
        Column("recency", "BIGINT", "From the first purchase to the last", False, "days"),
        Column("T", "BIGINT", "From the first purchase to the as-of date", False, "days"),
        Column("is_new", "BOOLEAN", "First purchase less than 30 days ago: little is known", False),
        Column("p_alive", "DOUBLE", "Probability of not having left for good", unit="share"),
        *(
            Column(
                f"expected_purchases_{days}d",
                "DOUBLE",
                f"Days with a purchase expected in the next {days} days",
                False,
            )
            for days in _HORIZONS
        ),
        *(
            Column(
                f"p_buys_{days}d",
                "DOUBLE",
                f"Probability of a purchase in the next {days} days",
                unit="share",
            )
            for days in _HORIZONS
        ),
        Column(
            "expected_order_value",
            "DECIMAL(18,2)",
            "Net amount expected of a day with a purchase, returns subtracted",
            False,
            "currency",
        ),
        Column(
            "clv_365d",
            "DECIMAL(18,2)",
            "Expected net amount of the next 365 days, undiscounted: purchases x value",
            False,
            "currency",
        ),
        Column(
            "clv_p10",
            "DECIMAL(18,2)",
            "10 % point of what may be paid in 365 days",
            unit="currency",
        ),
        Column(
            "clv_p90",
            "DECIMAL(18,2)",
            "90 % point of what may be paid in 365 days",
            unit="currency",
        ),
        Column("currency_code", "VARCHAR", "ISO 4217 code of all amounts in the row", False),
        Column("value_rank", "BIGINT", "1: highest clv_365d", False),
        Column("boosted_rank", "BIGINT", "1: highest by gradient boosting; see model_comparisons"),
        Column(
            "method",
            "VARCHAR",
            "bg_nbd+gamma_gamma, mbg_nbd+gamma_gamma, or own_rate where neither was better",
            False,
        ),
        as_of_date_column(),
    ),
    history="snapshot",
)

FORECASTS = Table(
    schema="ml",
    name="forecasts",
    grain="One row per series, metric and step ahead: thirty dated steps, all in the future",
    key=("series_id", "metric", "step", "as_of_date"),
    columns=(
        Column("series_id", "VARCHAR", "all, segment:<state> or category:<name>", False),
        Column("level", "VARCHAR", "all, segment or category", False),
        Column("metric", "VARCHAR", "units (countable items) or net_amount", False),
        Column("target_date", "DATE", "Day, or first day of the week, that is forecast", False),
        Column("step", "INTEGER", "1 to 30", False),
        Column(
            "step_days", "INTEGER", "Days a step is long: 1, or 7 where sales are sparse", False
        ),
        Column("yhat", "DOUBLE", "Forecast", False, "items or currency"),
        *(
            Column(
                f"{end}{share}",
                "DOUBLE",
                f"{word} end of the band that holds {share} % of days; NULL before any backtest",
                unit="items or currency",
            )
            for share in (80, 95)
            for end, word in (("lo", "Lower"), ("hi", "Upper"))
        ),
        Column("currency_code", "VARCHAR", "ISO 4217 code of a net_amount"),
        Column("method", "VARCHAR", "seasonal_naive, ets, theta or sarima", False),
        Column(
            "mase_backtest",
            "DOUBLE",
            "Mean error of the method on origins that did not choose it, by that of repeating the "
            "last season within the known part; NULL without a backtest",
        ),
        as_of_date_column(),
    ),
    history="snapshot",
)

TABLES = (CLV, FORECASTS)
