"""The newcomer's script, by hand: five households, one of which buys alone."""

from __future__ import annotations

import datetime as dt

import pandas as pd
import pytest

from benchmarks.newcomer import (
    clean,
    measure,
    measure_paths,
    plan,
    score_rfm,
    strongest,
    tie_purchases,
    tie_similar,
)
from crm_tasks.graph.params import GraphParams

AS_OF = dt.date(2018, 1, 2)


def lines(*rows):
    """Return transactions from (household, basket, product, day, quantity, sales)."""
    names = ["household_id", "basket_id", "product_id", "day", "quantity", "sales_value"]
    table = pd.DataFrame(rows, columns=names)
    return table.assign(transaction_timestamp=pd.to_datetime(table["day"])).drop(columns="day")


def frames(*rows):
    products = pd.DataFrame({"product_id": [1, 2, 3], "department": ["GROCERY", "FUEL", "GROCERY"]})
    coupons = pd.DataFrame({"coupon_upc": [1, 1], "product_id": [1, 1], "campaign_id": [1, 1]})
    return {"transactions": lines(*rows), "products": products, "coupons": coupons}


def test_cleaning_flags_and_drops_nothing_but_the_future_and_copies():
    cleaned = clean(
        frames(
            (1, 10, 1, "2017-12-01", 2, 3.0),
            (1, 10, 2, "2017-12-01", 9000, 20.0),
            (1, 11, 9, "2017-12-02", 0, 2e-16),
            (1, 12, 1, "2018-01-02", 1, 5.0),
        ),
        AS_OF,
    )
    assert cleaned["lines"]["is_unknown_product"].tolist() == [False, False, True]
    assert cleaned["lines"]["is_countable"].tolist() == [True, False, False]
    assert cleaned["lines"]["sales_value"].tolist() == [3.0, 20.0, 0.0]
    assert cleaned["orders"]["net_amount"].tolist() == [23.0, 0.0]
    assert len(cleaned["coupons"]) == 1


def test_rfm_counts_days_orders_and_half_cents_upwards():
    orders = pd.DataFrame(
        {
            "household_id": [1, 1, 2],
            "basket_id": [1, 2, 3],
            "ordered_at": pd.to_datetime(
                ["2017-12-01 10:00", "2017-12-31 09:00", "2017-06-01 08:00"]
            ),
            "net_amount": [4.0, 4.33, 100.0],
        }
    )
    rfm = score_rfm(orders, AS_OF).set_index("household_id")
    assert rfm.loc[1, ["recency_days", "frequency", "customer_age_days"]].tolist() == [2, 2, 32]
    assert rfm.loc[1, "net_revenue_total"] == 8.33
    assert rfm.loc[1, "monetary_value"] == 4.17
    assert rfm.loc[1, "r_score"] > rfm.loc[2, "r_score"]
    assert rfm.loc[1, "m_score"] < rfm.loc[2, "m_score"]


def test_a_purchase_of_today_has_strength_one_of_one_plus_half_saturation():
    bought = lines((1, 1, 1, "2018-01-02", 1, 1.0), (1, 2, 2, "2017-12-01", 0, 0.0))
    ties = tie_purchases(bought, AS_OF, GraphParams())
    assert ties[["household_id", "product_id", "n_evidence"]].to_numpy().tolist() == [[1, 1, 1]]
    half_saturation = GraphParams().layers["purchase"].half_saturation
    assert ties["strength"].tolist() == pytest.approx([1 / (1 + half_saturation)])


def test_who_buys_the_same_uncommon_thing_is_similar_and_who_buys_alone_is_not():
    bought = lines(
        *((house, house, 1, "2017-12-01", 1, 1.0) for house in (1, 2)),
        *((house, house, 3, "2017-12-01", 1, 1.0) for house in (3, 4)),
        (5, 5, 2, "2017-12-01", 1, 1.0),
    )
    similar = tie_similar(tie_purchases(bought, AS_OF, GraphParams()), AS_OF, GraphParams())
    assert similar[["src_id", "dst_id"]].to_numpy().tolist() == [[1, 2], [3, 4]]
    nodes, modularity = measure(similar, [1, 2, 3, 4, 5])
    community = nodes.set_index("household_id")["community"]
    assert community[1] == community[2] != community[3]
    assert modularity == pytest.approx(0.5)
    paths = measure_paths(similar, [1, 2, 3, 4, 5]).set_index("household_id")
    assert paths.loc[5, "closeness"] == 0
    assert paths.loc[1, "harmonic"] == pytest.approx(similar["strength"][0])


def test_a_pair_stands_if_either_end_names_it():
    similarity = {(1, 2): 0.9, (1, 3): 0.5, (2, 3): 0.4}
    assert strongest(similarity, 1) == {(1, 2), (1, 3)}
    assert strongest(similarity, 2) == {(1, 2), (1, 3), (2, 3)}


def test_the_plan_puts_valuable_households_that_stay_away_first():
    rfm = pd.DataFrame(
        {
            "household_id": [1, 2, 3],
            "m_score": [5, 5, 1],
            "r_score": [5, 1, 1],
            "net_revenue_total": [10.0, 9.0, 1.0],
        }
    )
    actions = plan(rfm, AS_OF)
    assert actions["household_id"].tolist() == [2, 1, 3]
    assert actions["channel"].tolist() == ["mail", "email", "mail"]
