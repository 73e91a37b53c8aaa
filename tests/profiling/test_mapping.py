"""Which entities a table feeds, and how."""

from __future__ import annotations

import pytest

from crm_tasks.profiling.mapping import best_fit, fit, propose_feed, propose_group
from crm_tasks.profiling.vocabulary import vocabulary
from tests.profiling.tables import invoice_lines, table

CUSTOMERS = {
    "客户编号": [f"K{n}" for n in range(9)],
    "姓名": ["王伟"] * 9,
    "登记日期": [f"2024/1/{n + 1}" for n in range(9)],
    "城市": ["北京"] * 9,
}
ORDERS = {
    "order_no": [f"O{n}" for n in range(9)],
    "cust": [f"K{n % 3}" for n in range(9)],
    "date": [f"2024-01-0{n + 1}" for n in range(9)],
    "state": ["new", "paid", "sent"] * 3,
}


def feed_of(name, columns):
    made = table(name, columns)
    fitted = best_fit(made)
    assert fitted is not None
    return propose_feed(made, fitted)


def mapped(feed):
    return {name: proposal.mapping for name, proposal in feed.fields.items()}


def test_a_table_of_customers_is_known_in_chinese():
    feed = feed_of("客户", CUSTOMERS)
    assert feed.entity == "customers"
    assert mapped(feed) == {
        "customer_source_id": "客户编号",
        "registered_at": "登记日期",
        "city": "城市",
    }
    assert all(proposal.confidence >= 0.9 for proposal in feed.fields.values())


def test_short_names_count_in_the_entitys_own_table_only():
    feed = feed_of("orders", ORDERS)
    assert feed.entity == "orders"
    assert mapped(feed) == {
        "order_source_id": "order_no",
        "customer_source_id": "cust",
        "ordered_at": "date",
        "status": "state",
    }
    assert best_fit(table("weather", {"id": ["1", "2"], "date": ["2024-01-01"] * 2})) is None


def test_invoice_lines_are_order_lines_whatever_the_file_is_called():
    feed = feed_of("export 2024", invoice_lines())
    assert feed.entity == "order_items"
    assert mapped(feed) == {
        "order_item_source_id": {"concat": ["InvoiceNo", "StockCode"]},
        "order_source_id": "InvoiceNo",
        "customer_source_id": "CustomerID",
        "product_source_id": "StockCode",
        "ordered_at": "InvoiceDate",
        "quantity": "Quantity",
        "net_amount": {"multiply": ["Quantity", "UnitPrice"], "decimals": 2},
    }
    assert feed.missing == ()


def test_lines_that_repeat_are_numbered():
    lines = {name: [*values, values[0]] for name, values in invoice_lines().items()}
    key = mapped(feed_of("lines", lines))["order_item_source_id"]
    assert key == {"numbered": ["InvoiceNo", "StockCode"]}


def test_orders_customers_and_products_are_made_of_lines_with_what_depends_on_them():
    lines = table("lines", invoice_lines())
    made = {}
    for entity in ("orders", "customers", "products"):
        fitted = fit(lines, vocabulary()[entity])
        made[entity] = propose_group(lines, fitted)
    assert {name: group.one_row_per for name, group in made.items()} == {
        "orders": ("InvoiceNo",),
        "customers": ("CustomerID",),
        "products": ("StockCode",),
    }
    assert mapped(made["orders"])["ordered_at"] == "InvoiceDate"
    assert mapped(made["products"]) == {"product_source_id": "StockCode", "name": "Description"}


def test_a_line_total_is_taken_where_there_is_one():
    lines = invoice_lines()
    lines["LineTotal"] = [
        f"{q * float(p):.2f}" for q, p in zip(lines["Quantity"], lines["UnitPrice"], strict=True)
    ]
    assert mapped(feed_of("lines", lines))["net_amount"] == "LineTotal"


def test_a_discount_is_taken_off_a_computed_amount():
    lines = invoice_lines()
    lines["Line discount"] = ["0.10"] * 60
    amount = mapped(feed_of("lines", lines))["net_amount"]
    assert amount["less"] == ["Line discount"]


def test_what_is_missing_is_said():
    lines = invoice_lines()
    del lines["InvoiceDate"]
    feed = feed_of("order lines", lines)
    assert feed.missing == tuple(f.name for f in _required("order_items") if f.name == "ordered_at")


def _required(entity):
    from crm_tasks.contracts.entities import ENTITIES

    return [f for f in ENTITIES[entity].fields if f.is_required]


def test_the_only_date_is_when_it_happened():
    orders = {**ORDERS, "flurb": ORDERS["date"]}
    del orders["date"]
    proposal = feed_of("orders", orders).fields["ordered_at"]
    assert proposal.mapping == "flurb"
    assert proposal.confidence < 0.8
    assert "only date" in proposal.remark.en


def test_a_reference_does_not_make_a_table_what_it_refers_to():
    scores = {"product_id": ["p1", "p2"] * 9, "mood": ["a", "b", "c"] * 6}
    assert best_fit(table("moods", scores)) is None


@pytest.mark.parametrize("n_columns", [1, 3])
def test_a_table_nobody_knows_fits_nothing(n_columns):
    columns = {f"flurb{n}": ["x", "y"] for n in range(n_columns)}
    assert best_fit(table("flurbs", columns)) is None


# --- relations and voices -------------------------------------------------------------------------


def test_names_say_what_kind_of_tie_a_table_holds():
    trusts = {"trustor_id": ["1", "2"], "trustee_id": ["2", "3"], "trust_value": ["1", "1"]}
    assert mapped(feed_of("trusts", trusts)) == {
        "tie_source_id": {"concat": ["trustor_id", "trustee_id"]},
        "tie_type": {"constant": "trust"},
        "from_type": {"constant": "customer"},
        "from_source_id": "trustor_id",
        "to_type": {"constant": "customer"},
        "to_source_id": "trustee_id",
        "strength": "trust_value",
    }
    works = {"crm_id": ["1", "2"], "organization_id": ["7", "7"], "since": ["2020-01-01"] * 2}
    found = mapped(feed_of("works_for", works))
    assert (found["tie_type"], found["to_type"]) == (
        {"constant": "works_for"},
        {"constant": "organization"},
    )


def test_words_of_a_closed_vocabulary_are_translated_if_all_are_known():
    calls = {
        "id": ["1", "2", "3"],
        "customer_id": ["a", "b", "c"],
        "Call Type": ["Inbound", "Outbound", "Inbound"],
        "Call Start Time": ["2024-01-01 10:00"] * 3,
        "Description": ["invented words"] * 3,
    }
    found = mapped(feed_of("Calls", calls))
    assert found["direction"] == {
        "column": "Call Type",
        "words": {"Inbound": "in", "Outbound": "out"},
    }
    calls["Call Type"] = ["Inbound", "Missed", "Inbound"]
    assert "direction" not in mapped(feed_of("Calls", calls))
    calls["Call Type"] = ["in", "out", "in"]
    assert mapped(feed_of("Calls", calls))["direction"] == "Call Type"


def test_a_score_outside_the_scale_is_no_score():
    ratings = {
        "user_id": [f"u{n}" for n in range(20)],
        "movie_id": [f"m{n}" for n in range(20)],
        "rating": [n % 5 + 1 for n in range(20)],
        "review text": ["invented words"] * 20,
        "rated_on": ["2024-01-01"] * 20,
    }
    assert mapped(feed_of("ratings", ratings))["score"] == "rating"
    ratings["rating"] = [n % 10 + 1 for n in range(20)]
    assert "score" not in mapped(feed_of("ratings", ratings))


def test_the_only_date_of_a_deal_is_when_it_was_opened_and_closed():
    deals = {
        "deal_id": ["1", "2"],
        "company_id": ["a", "b"],
        "won_date": ["2024-01-01", "2024-02-01"],
        "stage": ["won", "won"],
    }
    found = mapped(feed_of("closed_deals", deals))
    assert (found["opened_at"], found["close_date"]) == ("won_date", "won_date")


def test_an_own_key_that_repeats_is_none_where_other_columns_make_one():
    rounds = {
        "company permalink": ["a", "a", "b"],
        "company code": ["x", "x", "x"],
        "round": ["A", "B", "A"],
        "stage": ["seed", "angel", "seed"],
        "funded_at": ["2024-01-01", "2024-02-01", "2024-01-01"],
    }
    key = mapped(feed_of("funding rounds", rounds))["opportunity_source_id"]
    assert key == {"concat": ["company permalink", "funded_at", "stage"]}


def test_a_required_field_with_more_gaps_than_a_gate_lets_pass_leaves_the_feed_open():
    trusts = {
        "trustor_id": [str(n) for n in range(40)],
        "trustee_id": ["" if n % 4 == 0 else str(n + 1) for n in range(40)],
    }
    feed = feed_of("trusts", trusts)
    assert feed.missing == ("to_source_id",)
    assert "25% of the sampled rows have no to_source_id" in feed.remark.en
    assert mapped(feed)["to_source_id"] == "trustee_id"  # shown, to be decided
