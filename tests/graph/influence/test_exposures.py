"""Past campaigns as an exposure log, out of core's tables."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pyarrow as pa
import pytest

from crm_tasks.graph.engine import Network
from crm_tasks.graph.influence.exposures import carrying_layer, collect_units

AS_OF = dt.date(2024, 7, 1)
CUSTOMERS = pa.array(["a", "b", "c", "d"])
CONTACTS = pa.schema(
    {
        "campaign_id": pa.string(),
        "customer_id": pa.string(),
        "sent_at": pa.timestamp("us"),
        "converted_at": pa.timestamp("us"),
    }
)
OUTCOMES = pa.schema(
    {
        "campaign_id": pa.string(),
        "customer_id": pa.string(),
        "outcome_name": pa.string(),
        "outcome_value": pa.float64(),
    }
)


def at(month: int, day: int, hour: int = 12) -> dt.datetime:
    return dt.datetime.combine(dt.date(2024, month, day), dt.time(hour))


def campaigns(*rows) -> pa.Table:
    names = ("campaign_id", "start_date", "end_date", "is_randomized")
    listed = [dict(zip(names, row, strict=True)) for row in rows]
    types = (pa.string(), pa.date32(), pa.date32(), pa.bool_())
    return pa.Table.from_pylist(listed, schema=pa.schema(zip(names, types, strict=True)))


def contacts(*rows) -> pa.Table:
    return pa.Table.from_pylist(
        [dict(zip(CONTACTS.names, row, strict=True)) for row in rows], schema=CONTACTS
    )


def outcomes(*rows) -> pa.Table:
    return pa.Table.from_pylist(
        [dict(zip(OUTCOMES.names, row, strict=True)) for row in rows], schema=OUTCOMES
    )


MAY = ("may", dt.date(2024, 5, 1), dt.date(2024, 5, 31), True)


@pytest.fixture
def collect(scratch):
    def call(campaign_rows, contact_rows, outcome_rows=None, zone="UTC"):
        frames = {
            "campaigns": campaign_rows,
            "contacts": contact_rows,
            "outcomes": outcomes() if outcome_rows is None else outcome_rows,
        }
        return collect_units(scratch(**frames), CUSTOMERS, AS_OF, zone)

    return call


def test_where_outcomes_are_known_everybody_observed_is_a_unit(collect):
    units = collect(
        campaigns(MAY),
        contacts(("may", "a", at(5, 2), at(5, 9))),
        outcomes(
            ("may", "a", "converted", 1.0), ("may", "b", "converted", 0.0),
            ("may", "c", "converted", 1.0), ("may", "c", "value", 9.0), ("may", "d", "value", 9.0),
        ),
    )  # fmt: skip
    assert units.customer.tolist() == [0, 1, 2]
    assert units.is_treated.tolist() == [True, False, False]
    assert units.has_converted.tolist() == [True, False, True]
    assert units.is_randomized.tolist() == [True, True, True]


def test_without_outcomes_only_the_contacted_can_be_seen_to_respond(collect):
    units = collect(
        campaigns(MAY),
        contacts(("may", "a", at(5, 2), None), ("may", "b", at(5, 3), at(5, 10))),
    )
    assert units.customer.tolist() == [0, 1]
    assert units.is_treated.all()
    assert units.has_converted.tolist() == [False, True]
    assert not units.is_randomized.any()  # drawn or not, the others were not watched
    assert units.from_day.tolist() == [1.5, 2.5]
    assert units.converted_day[1] == 9.5
    assert np.isnan(units.converted_day[0])
    assert units.until_day.tolist() == [31.0, 31.0]


def test_two_touches_are_one_unit_from_the_first_on(collect):
    units = collect(
        campaigns(MAY),
        contacts(("may", "a", at(5, 5), at(5, 20)), ("may", "a", at(5, 2), at(5, 10))),
    )
    assert (len(units), units.from_day[0], units.converted_day[0]) == (1, 1.5, 9.5)


def test_a_conversion_after_the_end_is_none_in_time(collect):
    units = collect(campaigns(MAY), contacts(("may", "a", at(5, 2), at(6, 9))))
    assert np.isnan(units.converted_day[0])


def test_a_campaign_under_way_is_watched_up_to_the_as_of_date(collect):
    running = ("june", dt.date(2024, 6, 1), dt.date(2024, 8, 1), False)
    to_come = ("august", dt.date(2024, 8, 1), None, False)
    units = collect(
        campaigns(running, to_come),
        contacts(("june", "a", at(6, 2), None), ("august", "b", at(6, 2), None)),
    )
    assert units.customer.tolist() == [0]
    assert units.until_day.tolist() == [30.0]


def test_days_begin_at_midnight_where_the_company_is(collect):
    units = collect(
        campaigns(MAY), contacts(("may", "a", at(4, 30, 16), None)), zone="Asia/Shanghai"
    )
    assert units.from_day.tolist() == [0.0]
    assert (
        units.begins[0]
        == (at(4, 30, 16) - dt.datetime.fromisoformat("1970-01-01")).total_seconds() / 86400
    )


def test_strangers_are_no_units(collect):
    units = collect(
        campaigns(MAY), contacts(("may", "x", at(5, 2), None), ("may", None, at(5, 2), None))
    )
    assert len(units) == 0
    assert units.n_campaigns == 0


def test_a_layer_knows_since_when_each_tie_is_known_whatever_the_order_of_the_rows():
    rows = {
        "src_id": ["c", "a", "a"],
        "dst_id": ["b", "c", "b"],
        "strength": [0.1, 0.2, 0.3],
        "first_evidence_at": pa.array([at(1, 3), None, at(1, 2)], pa.timestamp("us")),
    }
    ties = pa.table(rows)
    network = Network.from_ties(pa.chunked_array([CUSTOMERS]), ties, is_directed=False)
    layer = carrying_layer("trust", network, ties, "both")
    known = dict(zip(network.strengths.tolist(), layer.since.tolist(), strict=True))
    assert known[0.3] + 1 == known[0.1]
    assert np.isnan(known[0.2])
    a, b, strength, since = layer.arcs()
    assert sorted(zip(a, b, strength, strict=True)) == [
        (0, 1, 0.3), (0, 2, 0.2), (1, 0, 0.3), (1, 2, 0.1), (2, 0, 0.2), (2, 1, 0.1),
    ]  # fmt: skip
    assert len(since) == 6
