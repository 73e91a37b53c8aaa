"""Values that cannot be what they should be: each row says why, all others are read as declared.

All cases are sources of one company, typed by one real build of staging.
"""

from __future__ import annotations

import datetime as dt
import json
import shutil
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import duckdb
import pytest

from crm_tasks.profiles import load_profile
from crm_tasks.steps.attempt import Attempt
from crm_tasks.steps.runner import run_step
from crm_tasks.warehouse.dry_run import dry_run
from crm_tasks.warehouse.home import Home
from crm_tasks.warehouse.landed import landed_batches
from crm_tasks.warehouse.ledger import Ledger
from crm_tasks.warehouse.quarantine import landed_record, set_aside

pytestmark = pytest.mark.timeout(180)
COLUMNS = ("id", "customer", "at", "qty", "price")
FIELDS = {
    "order_item_source_id": "id",
    "order_source_id": "id",
    "customer_source_id": "customer",
    "product_source_id": {"constant": "p"},
    "ordered_at": "at",
    "quantity": "qty",
    "net_amount": "price",
}
GOOD = {"id": "1", "customer": "c", "at": "2026-03-04 10:00:00", "qty": "1", "price": "1.50"}
TYPE, RANGE, REQUIRED = "E_TYPE_{}", "E_RANGE_{}", "E_REQUIRED_{}"


@dataclass(frozen=True)
class Typed:
    """Values of one column, each with the value it is read as, or the reason it is refused."""

    column: str
    read: dict[str, Any]
    table: dict[str, Any] = field(default_factory=dict)

    @property
    def canonical(self) -> str:
        return next(name for name, column in FIELDS.items() if column == self.column)


def amounts(read: dict[str, Any], **values: Any) -> Typed:
    return Typed("price", read, {"values": values} if values else {})


def times(read: dict[str, Any], **values: Any) -> Typed:
    return Typed("at", read, {"values": values} if values else {})


NOT_AMOUNT, NOT_TIME = "E_TYPE_net_amount", "E_TYPE_ordered_at"
CASES = {
    "c23_mixed_dates": times({"03/04/2026 10:00": "2026-04-03 10:00:00", "2026-03-04": NOT_TIME,
                              "3 March": NOT_TIME}, timestamp="%d/%m/%Y %H:%M"),
    "c24_ambiguous_dates": times({"03/04/2026": "2026-04-03 00:00:00", "13/04/2026":
                                  "2026-04-13 00:00:00", "04/13/2026": NOT_TIME}, date="%d/%m/%Y"),
    "c24b_undeclared_dates": times({"03/04/2026": NOT_TIME, "2026-04-03": "2026-04-03 00:00:00"}),
    "c25_thousands": amounts({"1,234.50": "1234.50", "12,34.5": NOT_AMOUNT}, thousands=","),
    "c25b_continental": amounts({"1.234,50": "1234.50", "1.234": "1234.00", "0,125": NOT_AMOUNT},
                                decimal=",", thousands="."),
    "c25c_undeclared": amounts({"1,234.50": NOT_AMOUNT, "1.234,50": NOT_AMOUNT, "1.5": "1.50"}),
    "c26_currency": amounts({"€5": "5.00", "$5": NOT_AMOUNT}, currency=["€"]),
    "c26b_currency_undeclared": amounts({"€5": NOT_AMOUNT, "5 EUR": NOT_AMOUNT}),
    "c27_negative": Typed("qty", {"-3": "-3", "(3)": "E_TYPE_quantity"}),
    "c28_dates": times({"2999-01-01": "E_RANGE_ordered_at", "0000-00-00": NOT_TIME,
                        "2025-02-29": NOT_TIME, "2024-02-29": "2024-02-29 00:00:00",
                        "1899-12-31": "E_RANGE_ordered_at", "1900-01-01": "1900-01-01 00:00:00"}),
    "c29_time_zones": times({"2026-01-01 10:00:00+08:00": "2026-01-01 02:00:00",
                             "2026-01-01T10:00:00Z": "2026-01-01 10:00:00",
                             "2026-01-01 10:00:00": "2026-01-01 02:00:00"},
                            time_zone="Asia/Shanghai"),
    "c30_overflow": Typed("qty", {"9223372036854775808": "E_TYPE_quantity",
                                  "9223372036854775807": "9223372036854775807"}),
    "c31_not_a_number": amounts({"NaN": NOT_AMOUNT, "inf": NOT_AMOUNT, "-Infinity": NOT_AMOUNT}),
    "c32_scale": amounts({"0.125": NOT_AMOUNT, "0.1200": "0.12", "12345678901234567.00": NOT_AMOUNT}),  # noqa: E501
    "c32b_fraction_of_a_piece": Typed("qty", {"3.7": "E_TYPE_quantity", "3.0": "3"}),
    "c33_leading_zeros": Typed("id", {"000123": "000123", "1.38E+10": "1.38E+10", "": "E_REQUIRED_"
                               "order_item_source_id"}),
    "c51_null_tokens": Typed("price", {"N/A": "E_REQUIRED_net_amount", "null": NOT_AMOUNT},
                             {"null_tokens": ["", "N/A"]}),
    "c53_type_change": Typed("qty", {"many": "E_TYPE_quantity", "5": "5"}),
    "c57_full_width": amounts({"１２．５０": "12.50"}),  # noqa: RUF001
    "c58_spaces": amounts({" 12.50 ": "12.50", "1 2": NOT_AMOUNT}),
    "c69_prices": amounts({"-1.00": "-1.00", "0": "0.00", "1e30": NOT_AMOUNT}),
    "c70_quantity": Typed("qty", {"1000000000": "1000000000"}),
    "c68_unknown_customer": Typed("customer", {"nobody": "nobody", "": None}),
    "c80_before_registration": times({"1999-01-01": "1999-01-01 00:00:00"}),
    "c81_currency_mix": amounts({"¥10": "10.00", "$10": NOT_AMOUNT, "10": "10.00"}, currency=["¥"]),
    "c86_zero_date": times({"0000-00-00 00:00:00": NOT_TIME}),
    "c96_words": times({"infinity": NOT_TIME, "today": NOT_TIME, "now": NOT_TIME}),
}  # fmt: skip


def write_case(folder, name: str, case: Typed) -> None:
    rows = [{**GOOD, "id": str(n), case.column: value} for n, value in enumerate(case.read, 1)]
    text = "\t".join(COLUMNS) + "\n"
    text += "".join("\t".join(row[column] for column in COLUMNS) + "\n" for row in rows)
    (folder / f"{name}.tsv").write_text(text, encoding="utf-8")


def source(name: str, case: Typed) -> dict[str, Any]:
    table = {
        "name": "lines",
        "files": f"{name}.tsv",
        "format": "csv",
        "delimiter": "\t",
        "columns": dict.fromkeys(COLUMNS, "plain"),
        "feeds": [{"entity": "order_items", "map": FIELDS}],
        **case.table,
    }
    return {"source_system": name, "root": "data", "known_at": {"rule": "event"}, "tables": [table]}


@pytest.fixture(scope="module")
def typed(tmp_path_factory):
    folder = tmp_path_factory.mktemp("typed")
    (folder / "data").mkdir()
    for name, case in CASES.items():
        write_case(folder / "data", name, case)
    profile = {
        "profile": "corpus",
        "title": "Bad values",
        "provenance": "Generated",
        "time_zone": "UTC",
        "currency_code": "EUR",
        "default_as_of": "2026-07-01",
        "is_synthetic": True,
        "uses_demo_key": True,
        "contact": {"channels": ["mail"]},
        "sources": [source(name, case) for name, case in CASES.items()],
    }
    (folder / "profile.yml").write_text(json.dumps(profile, ensure_ascii=False))
    home = Home(folder / "home")
    attempt = Attempt("a", str(folder / "profile.yml"), str(home.root))
    run_step("land", attempt)
    run_step("staging", attempt)
    with duckdb.connect(str(home.warehouse_file), read_only=True) as connection:
        rows = connection.sql("select * from staging.stg_order_items").to_arrow_table().to_pylist()
    return home, rows


@pytest.mark.parametrize("name", CASES)
def test_a_value_is_read_as_declared_or_its_row_says_why_not(typed, name):
    _, rows = typed
    case = CASES[name]
    mine = {row["record_no"]: row for row in rows if row["source_system"] == name}
    assert len(mine) == len(case.read)

    for number, expected in enumerate(case.read.values(), 1):
        row = mine[number]
        if isinstance(expected, str) and expected.startswith("E_"):
            assert row["reject_reason"] == expected
        else:
            assert row["reject_reason"] is None
            found = row[case.canonical]
            assert (None if found is None else str(found)) == expected


def test_every_refused_row_is_in_quarantine_and_its_record_in_the_lake(typed):
    home, rows = typed
    ledger = Ledger(home.ops_file)
    found = {(r["batch_id"], int(r["source_record_id"])): r for r in set_aside(ledger)}
    refused = [row for row in rows if row["reject_reason"]]

    assert {(row["batch_id"], row["record_no"]): row["reject_reason"] for row in refused} == {
        key: row["reason"] for key, row in found.items()
    }
    for row in refused[:5]:
        record = landed_record(home, ledger, found[row["batch_id"], row["record_no"]])
        values = list(CASES[row["source_system"]].read)
        assert record[CASES[row["source_system"]].column] == values[row["record_no"] - 1]


def test_rows_are_accepted_again_once_the_format_is_declared(typed, tmp_path):
    shared, _ = typed
    # A copy, for the others read theirs; its links into the lake are made anew by a build.
    folder = shutil.copytree(shared.root.parent, tmp_path / "typed", symlinks=True)
    home = Home(folder / "home")
    declared = json.loads((folder / "profile.yml").read_text())
    for item in declared["sources"]:
        if item["source_system"] == "c26b_currency_undeclared":
            item["tables"][0]["values"] = {"currency": ["€", "EUR"]}
    mended = folder / "mended.yml"
    mended.write_text(json.dumps(declared, ensure_ascii=False))
    ledger = Ledger(home.ops_file)
    before = set_aside(ledger, source="c26b_currency_undeclared")
    others = len(set_aside(ledger)) - len(before)
    attempt = Attempt("b", str(mended), str(home.root))

    run_step("land", attempt)
    run_step("staging", attempt)

    assert len(before) == 2
    assert set_aside(ledger, source="c26b_currency_undeclared") == []
    assert len(set_aside(ledger)) == others


def test_profile_check_says_of_every_row_what_staging_says(typed):
    home, rows = typed
    profile = load_profile(str(home.root.parent / "profile.yml"))
    batches = landed_batches(home, Ledger(home.ops_file).batches_of_profile("corpus"))
    fits = dry_run(home.temporary, profile, batches, dt.date(2026, 7, 1))
    assert len(fits) == len(CASES)
    for fit in fits:
        mine = [row["reject_reason"] for row in rows if row["batch_id"] == fit.batch_id]
        refused = Counter(reason for reason in mine if reason is not None)
        assert (fit.n_rows, fit.reasons) == (len(mine), refused)
