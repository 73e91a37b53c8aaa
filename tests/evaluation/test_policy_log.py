"""Today's plan valued by the probabilities that earlier plans kept, where the truth is known."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pyarrow as pa
import pytest

from crm_tasks.contracts.evaluation import POLICY_VALUES
from crm_tasks.contracts.strategy import CANDIDATES
from crm_tasks.contracts.table import check_rows
from crm_tasks.errors import ContractError
from crm_tasks.evaluation.policy_log import value_plans

AS_OF = dt.date(2024, 7, 1)
PLANS = [AS_OF - dt.timedelta(days=n) for n in (50, 40, 30, 20, 14, 3)]
N = 150
OFFERS = (("email", "coupon", 0.3), ("sms", "coupon", 0.2))
#: Probability to order without a contact, by e-mail, by text message.
RATES = {"none": 0.2, "email": 0.6, "sms": 0.2}
COLUMNS = ("customer_id", "as_of_date", "channel_id", "content_id", "is_eligible",
           "decision_propensity", "is_chosen")  # fmt: skip
SCHEMA = pa.schema([CANDIDATES.arrow_schema.field(name) for name in COLUMNS])


def candidates(plan, choices, blocked=()):
    """Return a plan's rows: every customer on one of two days, and doing nothing on both."""
    rows = []
    for number, taken in enumerate(choices):
        who = f"c{number:03}"
        for channel, content, share in OFFERS:
            stops = (number, channel) in blocked
            rows += [(who, plan, channel, content, not stops, 0.0 if stops else share / 2,
                      channel == taken and day == 0) for day in range(2)]  # fmt: skip
    return pa.Table.from_pylist(
        [dict(zip(COLUMNS, row, strict=True)) for row in rows], schema=SCHEMA
    )


def history(seed=1):
    """Return (logged, orders): each plan's draws, and an order some days later if it worked."""
    rng = np.random.default_rng(seed)
    logged, orders = [], []
    for plan in PLANS:
        choices = rng.choice(["email", "sms", "none"], N, p=[0.3, 0.2, 0.5])
        logged.append(candidates(plan, choices))
        for number, taken in enumerate(choices):
            if rng.random() < RATES[taken]:
                at = dt.datetime.combine(plan, dt.time(12)) + dt.timedelta(days=2)
                orders.append({"customer_id": f"c{number:03}", "ordered_at": at})
    schema = pa.schema({"customer_id": pa.string(), "ordered_at": pa.timestamp("us")})
    return pa.concat_tables(logged), pa.Table.from_pylist(orders, schema=schema)


def today(share):
    """Return a plan that writes e-mails only."""
    rows = [(f"c{n:03}", AS_OF, "email", "coupon", True, share, share > 0.5) for n in range(N)]
    return pa.Table.from_pylist(
        [dict(zip(COLUMNS, row, strict=True)) for row in rows], schema=SCHEMA
    )


def valued(lend, logged, orders, plan, dates=PLANS):
    if "decided_for" not in logged.column_names:
        logged = logged.append_column("decided_for", logged["customer_id"])
    lent = lend(logged=logged, orders=orders, today=plan, carried_out=pa.table({
        "as_of_date": pa.array(dates, pa.date32())}))  # fmt: skip
    rows = check_rows(POLICY_VALUES, value_plans(lent, "rules-1", "UTC", AS_OF))
    return {(r["policy_version"], r["estimator"]): r for r in rows.to_pylist()}


def test_logging_is_worth_what_was_observed_and_a_plan_what_it_would_bring(scratch):
    logged, orders = history()
    rows = valued(scratch, logged, orders, today(0.9))
    assert {name for name, _ in rows} == {"logging", "treat_none", "plan:rules-1"}
    for estimator in ("ips", "snips", "dr"):
        row = rows["logging", estimator]
        assert row["n_units"] == 5 * N  # the plan of three days ago may still be answered
        assert row["ci_low"] <= row["observed_mean"] <= row["ci_high"]
        assert row["share_treated"] == pytest.approx(0.5)
    # An order counts for every plan of the two weeks before it: plans here are ten days apart.
    truth = {}
    for name, (email, sms) in {"plan:rules-1": (0.9, 0.0), "treat_none": (0.0, 0.0)}.items():
        truth[name] = email * RATES["email"] + sms * RATES["sms"] + (1 - email - sms) * 0.2
    later = 1 - (0.3 * 0.6 + 0.7 * 0.2)  # nobody ordered after the next plan, ten days on
    for name, value in truth.items():
        expected = 1 - (1 - value) * (4 / 5 * later + 1 / 5)
        row = rows[name, "dr"]
        error = (row["ci_high"] - row["ci_low"]) / 3.92
        assert abs(row["value"] - expected) < 3.5 * error
        assert row["ess"] < 5 * N
    assert rows["plan:rules-1", "dr"]["value"] > rows["treat_none", "dr"]["value"] + 0.1


def test_what_was_blocked_then_is_not_done_by_the_plan_either(scratch):
    blocked = {(number, "email") for number in range(0, N, 2)}
    logged = candidates(PLANS[0], ["none"] * N, blocked)
    _, orders = history()
    rows = valued(scratch, logged, orders, today(0.8), PLANS[:1])
    assert rows["plan:rules-1", "ips"]["share_treated"] == pytest.approx(0.4)


def test_plans_that_never_left_teach_nothing(scratch):
    logged, orders = history()
    assert valued(scratch, logged, orders, today(0.9), []) == {}
    assert valued(scratch, logged, orders, today(0.9), PLANS[-1:]) == {}


def test_a_log_whose_probabilities_are_no_distribution_is_refused(scratch):
    logged, orders = history()
    doubled = logged.set_column(
        logged.schema.get_field_index("decision_propensity"), SCHEMA.field("decision_propensity"),
        pa.array(np.full(len(logged), 0.4)),
    )  # fmt: skip
    with pytest.raises(ContractError, match="logged propensities"):
        valued(scratch, doubled, orders, today(0.9))


def test_customers_merged_since_were_decided_on_twice_and_are_one_cluster(scratch):
    logged, orders = history()
    before = valued(scratch, logged, orders, today(0.9))
    then = logged["customer_id"]
    heir = [f"c{int(one[1:]) // 2 * 2:03}" for one in then.to_pylist()]
    merged = logged.set_column(0, "customer_id", pa.array(heir)).append_column("decided_for", then)
    bought = orders.set_column(0, "customer_id", pa.array(
        [f"c{int(one[1:]) // 2 * 2:03}" for one in orders["customer_id"].to_pylist()]))  # fmt: skip
    after = valued(scratch, merged, bought, today(0.9))
    row = after["logging", "dr"]
    assert row["n_units"] == before["logging", "dr"]["n_units"]
    # Whoever of the two ordered, the one customer they are did so after both decisions.
    assert row["observed_mean"] > before["logging", "dr"]["observed_mean"]
    assert row["ci_low"] <= row["observed_mean"] <= row["ci_high"]
    assert row["share_treated"] == pytest.approx(0.5)
