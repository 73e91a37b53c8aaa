"""Contract of ml.uplift: what an action changes in what a customer does."""

from __future__ import annotations

from crm_tasks.contracts.table import Column, Table, as_of_date_column

UPLIFT = Table(
    schema="ml",
    name="uplift",
    grain="One row per customer and action that was drawn at random before",
    key=("customer_id", "action_id"),
    columns=(
        Column("customer_id", "VARCHAR", "Customer", False),
        Column("action_id", "VARCHAR", "Campaign the effect was learned from, or any", False),
        Column("channel", "VARCHAR", "Channel of that campaign; NULL for any"),
        Column("content_type", "VARCHAR", "What it said; NULL for any"),
        Column("outcome", "VARCHAR", "Outcome that changes", False),
        Column("cate", "DOUBLE", "Expected change by being treated oneself", False),
        Column("ci_low", "DOUBLE", "Lower end of its 95 % interval over refits", False),
        Column("ci_high", "DOUBLE", "Upper end of its 95 % interval over refits", False),
        Column("forecast_control", "DOUBLE", "Outcome expected without treatment", False),
        Column(
            "uplift_class",
            "VARCHAR",
            "persuadable, sure_thing, lost_cause or sleeping_dog; only an interval without 0 moves",
            False,
        ),
        Column("model_version", "VARCHAR", "Learner and digest of its coefficients", False),
        as_of_date_column(),
    ),
)

TABLES = (UPLIFT,)
