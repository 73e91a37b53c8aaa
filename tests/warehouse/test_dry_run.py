"""A sample typed as staging would: what fits, what would be refused, which keys repeat."""

from __future__ import annotations

import datetime as dt

from crm_tasks.warehouse.dry_run import dry_run
from tests.landing.builders import landed, profile, source_table

AS_OF = dt.date(2024, 7, 1)
COLUMNS = ("id", "order", "article", "at", "n", "sum")
FEED = {
    "order_items": {
        "map": {
            "order_item_source_id": "id",
            "order_source_id": "order",
            "product_source_id": "article",
            "ordered_at": "at",
            "quantity": "n",
            "net_amount": "sum",
        }
    }
}
GOOD = ("1", "o", "a", "2024-01-01", "1", "1.50")


def fits(tmp_path, *rows):
    told = profile(source_table(FEED, columns=dict.fromkeys(COLUMNS, "plain")))
    columns = dict(zip(COLUMNS, map(list, zip(*rows, strict=True)), strict=True))
    (fit,) = dry_run(tmp_path / "tmp", told, [landed(tmp_path, columns)], AS_OF)
    return fit


def test_what_fits_is_counted_per_field(tmp_path):
    fit = fits(
        tmp_path,
        GOOD,
        ("2", "o", "a", "1.1.2024", "x", ""),
        ("3", "o", "a", "2024-01-01", "2", "3"),
    )
    counts = {field.field: (field.n_fit, field.n_values) for field in fit.fields if field.n_values}
    assert counts["ordered_at"] == (2, 3)
    assert counts["quantity"] == (2, 3)
    assert counts["net_amount"] == (2, 2)
    assert "customer_source_id" not in counts


def test_refused_rows_are_counted_by_reason(tmp_path):
    fit = fits(
        tmp_path,
        GOOD,
        ("2", "o", "a", "1.1.2024", "1", "1"),
        ("3", "", "a", "2024-01-01", "1", "1"),
    )
    assert fit.reasons == {"E_REQUIRED_order_source_id": 1, "E_TYPE_ordered_at": 1}
    assert (fit.n_rows, fit.n_accepted) == (3, 1)


def test_keys_that_repeat_are_counted_among_accepted_rows(tmp_path):
    assert fits(tmp_path / "a", GOOD, GOOD, ("2", *GOOD[1:])).n_keys == 2
    refused = ("1", "o", "a", "never", "1", "1")
    assert fits(tmp_path / "b", GOOD, refused).n_keys == 1


def test_an_entity_nobody_feeds_is_not_asked(tmp_path):
    assert fits(tmp_path, GOOD).entity == "order_items"
