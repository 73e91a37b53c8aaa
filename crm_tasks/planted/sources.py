"""Write the company's source files, block by block, in bounded memory.

The folder is made under another name and renamed when complete: whoever finds it finds all of it.
This module never sees the answer key, which :mod:`crm_tasks.planted.key` writes elsewhere.
"""

from __future__ import annotations

import hashlib
import shutil
import tempfile
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from crm_tasks.planted import dealings
from crm_tasks.planted.blocks import Block, make_block
from crm_tasks.planted.browsing import block_page_views
from crm_tasks.planted.company import DAYS, PERSONS_PER_ORGANIZATION, Company
from crm_tasks.planted.people import organization_names
from crm_tasks.planted.purchases import CATEGORY_NAMES, N_STAPLES, SECONDS, catalogue, order_times
from crm_tasks.planted.records import Records, first_ids, known_records
from crm_tasks.planted.sinks import CsvSink, JsonLinesSink, JsonSink, ParquetSink, Sinks, SqliteSink
from crm_tasks.planted.voices import (
    block_messages,
    block_reviews,
    block_social,
    iso_seconds,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

#: Changes whenever the same size and seed would give other files.
GENERATOR_VERSION = 1

BAD_CSV_EVERY, BAD_JSON_EVERY, TWICE_EVERY = 400, 1_000, 200
RETURN_SHARE = 0.03
SPEAKS_OF = {"zh": "zh-CN", "en": "en-GB"}

SHOP_TABLES = {
    "customers": "customer_id text primary key, name text, email text, phone text, "
    "birth_date text, address text, city text, registered_at text",
    "products": "product_id text primary key, name text, category text, department text, "
    "list_price real",
    "orders": "order_id text primary key, customer_id text, ordered_at text, status text, "
    "channel text, promised_on text, delivered_on text",
    "order_items": "order_id text, product_id text, quantity integer, net_amount real, "
    "discount_amount real",
}
MONEY = pa.decimal128(18, 2)
SHOP_SCHEMAS = {
    "orders": pa.schema(
        [(name, pa.string()) for name in ("order_id", "customer_id")]
        + [("ordered_at", pa.timestamp("us"))]
        + [(name, pa.string()) for name in ("status", "channel")]
        + [("promised_on", pa.date32()), ("delivered_on", pa.date32())]
    ),
    "order_items": pa.schema(
        [(name, pa.string()) for name in ("order_id", "customer_id", "product_id")]
        + [("ordered_at", pa.timestamp("us")), ("quantity", pa.int64())]
        + [("net_amount", MONEY), ("discount_amount", MONEY)]
    ),
}


def sources_digest(company: Company) -> str:
    """Return a short name for the exact files a company gives."""
    told = f"{GENERATOR_VERSION}/{company.size}/{company.seed}"
    return hashlib.sha256(told.encode()).hexdigest()[:16]


def ensure_sources(parent: Path, company: Company) -> Path:
    """Return the folder below ``parent`` with the company's files, making them if missing."""
    folder = parent / sources_digest(company)
    if not folder.is_dir():
        parent.mkdir(parents=True, exist_ok=True)
        made = Path(tempfile.mkdtemp(prefix=".making-", dir=parent))
        try:
            write_sources(made, company)
            made.chmod(0o755)
            _rename_unless_there(made, folder)
        finally:
            shutil.rmtree(made, ignore_errors=True)
    return folder


def _rename_unless_there(made: Path, folder: Path) -> None:
    try:
        made.rename(folder)
    except OSError:  # another process was quicker; its files are the same
        if not folder.is_dir():
            raise


def write_sources(folder: Path, company: Company) -> None:
    """Write all source files into an empty folder."""
    with Sinks(folder) as sinks:
        writer = _Writer(company, sinks)
        writer.write_frame()
        for number in range(company.n_blocks):
            writer.write_block(make_block(company, number))


class _Writer:
    """Holds the open files; one method a system."""

    def __init__(self, company: Company, sinks: Sinks) -> None:
        self.company, self.sinks = company, sinks
        at = sinks.path
        self.sql = sinks.add(SqliteSink(at("shop/shop.sqlite"), SHOP_TABLES))
        self.parquet = {
            name: sinks.add(ParquetSink(at(f"shop/{name}.parquet"), SHOP_SCHEMAS.get(name)))
            for name in SHOP_TABLES
        }
        self.crm = sinks.add(CsvSink(at("crm/customers.csv"), bad_every=BAD_CSV_EVERY))
        self.branch = sinks.add(
            CsvSink(at("branch/customers_gbk.csv"), encoding="gbk", bad_every=BAD_CSV_EVERY)
        )
        self.csv: dict[str, CsvSink] = {}
        self.lines = {
            name: sinks.add(JsonLinesSink(at(f"{name}.jsonl"), bad_every=BAD_JSON_EVERY))
            for name in ("web/page_views", "support/messages", "shop/reviews")
        }
        self.social = {
            name: sinks.add(JsonSink(at(f"social/{name}.json"), name))
            for name in ("profiles", "posts", "follows")
        }

    def _csv(self, name: str, columns: Mapping[str, Any]) -> None:
        if name not in self.csv:
            self.csv[name] = self.sinks.add(CsvSink(self.sinks.path(f"{name}.csv")))
        self.csv[name].write(columns)

    def write_frame(self) -> None:
        """Write what belongs to no block: products and campaigns."""
        self._write_products()
        self._csv("campaigns/campaigns", dealings.campaign_list())
        self._csv("campaigns/coupons", dealings.coupons(self.company))

    def write_block(self, block: Block) -> None:
        """Write one block into every file."""
        company, number = self.company, block.number
        self._write_customers(number)
        self._write_orders(block)
        views = block_page_views(company, number, block.process, block.orders)
        self.lines["web/page_views"].write(views)
        messages = block_messages(company, number, block.process, block.orders)
        self.lines["support/messages"].write(messages.source)
        tags = {name: [tag[name] for tag in messages.tags] for name in ("message_id", "intent")}
        self._csv("support/agent_tags", tags)
        reviews = block_reviews(company, number, block.orders, block.lines)
        self.lines["shop/reviews"].write(reviews.source)
        for name, rows in block_social(company, number, block.ties).items():
            self.social[name].write(rows)
        self._write_dealings(block)

    def _write_dealings(self, block: Block) -> None:
        company, number = self.company, block.number
        each = 1_000 // PERSONS_PER_ORGANIZATION
        organization = np.arange(number * each, (number + 1) * each, dtype=np.int64)
        trust, referrals = dealings.trust_and_referrals(company, number, block.ties)
        won, history = dealings.opportunities(company, organization)
        tables = {
            "organizations/organizations": dealings.organizations(company, organization),
            "organizations/cooperations": dealings.cooperations(company, organization),
            "organizations/works_for": dealings.works_for(company, number),
            "sales/opportunities": won,
            "sales/stage_history": history,
            "ties/trust": trust,
            "ties/referrals": referrals,
            "consents/consents": dealings.consents(company, number),
            "surveys/surveys": dealings.surveys(company, number),
            "support/contacts": dealings.contact_rows(company, number),
        }
        for name, columns in dealings.campaign_tables(company, number, block.ties).items():
            tables[f"campaigns/{name}"] = columns
        for name, columns in tables.items():
            self._csv(name, columns)

    # --- who is known ---------------------------------------------------------------------------

    def _write_customers(self, number: int) -> None:
        crm = _with_repeats(_crm_columns(known_records(self.company, "crm", number)))
        self.crm.write(crm)
        self.branch.write(_branch_columns(known_records(self.company, "branch", number)))
        shop = _shop_columns(known_records(self.company, "shop", number))
        self.parquet["customers"].write(shop)
        self.sql.write("customers", shop)
        self.social["profiles"].write(_profiles(known_records(self.company, "social", number)))

    def _write_products(self) -> None:
        goods = catalogue(self.company)
        names = [CATEGORY_NAMES[category] for category in goods.category.tolist()]
        special = len(CATEGORY_NAMES) - N_STAPLES
        columns = {
            "product_id": [f"P{product:05d}" for product in range(len(goods.category))],
            "name": [
                f"{name} no. {row % goods.n_per_category + 1}" for row, name in enumerate(names)
            ],
            "category": names,
            "department": [
                name.split()[0] if category < special else "everyday"
                for name, category in zip(names, goods.category.tolist(), strict=True)
            ],
            "list_price": (goods.cents / 100).tolist(),
        }
        self.parquet["products"].write(columns)
        self.sql.write("products", columns)

    # --- what was bought ------------------------------------------------------------------------

    def _write_orders(self, block: Block) -> None:
        orders, keep = block.orders, block.orders.is_past
        ids = first_ids(self.company, "shop", orders.person)
        order_ids = np.char.add("A", orders.id.astype(str))
        day = orders.second // SECONDS
        promised, took = day + 3, np.where(orders.is_late, 5 + day % 6, 1 + day % 3)
        delivered = np.where(day + took < DAYS, day + took, -1)
        status = np.where(delivered >= 0, "delivered", "shipped")
        channel = np.where(orders.is_app, "app", "web")
        columns = {"order_id": order_ids[keep], "customer_id": ids[keep]}
        words = {"status": status[keep], "channel": channel[keep]}
        second, promised, delivered = orders.second[keep], promised[keep], delivered[keep]
        self.parquet["orders"].write({
            **columns, "ordered_at": order_times(second), **words,
            "promised_on": _days(promised), "delivered_on": _days(delivered),
        })  # fmt: skip
        self.sql.write("orders", {
            **_lists(columns), "ordered_at": iso_seconds(second), **_lists(words),
            "promised_on": dealings.dates(promised),
            "delivered_on": _blank_where(dealings.dates(np.maximum(delivered, 0)), delivered < 0),
        })  # fmt: skip
        self._write_lines(block)

    def _write_lines(self, block: Block) -> None:
        orders, lines = block.orders, block.lines
        keep = orders.is_past[lines.order]
        order, product = lines.order[keep], lines.product[keep]
        ids = first_ids(self.company, "shop", orders.person)
        columns = {
            "order_id": np.char.add("A", orders.id.astype(str))[order],
            "customer_id": ids[order],
            "product_id": np.char.add("P", np.char.zfill(product.astype(str), 5)),
            "ordered_at": order_times(orders.second[order]),
            "quantity": lines.quantity[keep],
            "net_amount": _money(lines.net_cents[keep]),
            "discount_amount": _money(lines.discount_cents[keep]),
        }
        self.parquet["order_items"].write(columns)
        plain = {name: columns[name] for name in ("order_id", "product_id", "quantity")}
        self.sql.write("order_items", {
            **_lists(plain),
            "net_amount": (lines.net_cents[keep] / 100).tolist(),
            "discount_amount": (lines.discount_cents[keep] / 100).tolist(),
        })  # fmt: skip


def _crm_columns(records: Records) -> dict[str, list[str]]:
    people = records.people
    employer = people.employer
    has_company = (employer >= 0) & (records.u("knows employer") < 0.7)  # noqa: PLR2004
    names = np.where(has_company, organization_names(np.maximum(employer, 0)), "")
    return _lists({
        "crm_id": records.ids(), "full_name": records.names(),
        "gender": np.where(people.is_female, "F", "M"), "birth_date": records.birth_dates(),
        "email": records.emails(), "phone": records.phones(), "address": records.addresses(),
        "city": people.cities(), "country": np.where(people.is_zh_home, "CN", "GB"),
        "language": np.where(people.is_zh, "zh", "en"), "company": names,
        "loyalty_member": np.where(people.drivers["is_loyalty_member"] > 0, "yes", "no"),
        "social_handle": _handles(records),
        "registered_at": iso_seconds(records.registered_days() * SECONDS + 30_000),
    })  # fmt: skip


def _handles(records: Records) -> np.ndarray:
    """Return the platform id where the CRM knows it: one in five of those on the platform."""
    is_known = records.people.happens(0.45, "in social") & (records.u("knows handle") < 0.2)  # noqa: PLR2004
    return np.where(is_known, first_ids(records.company, "social", records.person), "")


def _branch_columns(records: Records) -> dict[str, list[str]]:
    birth = np.char.replace(records.birth_dates(), "-", "/")
    return _lists({
        "客户编号": records.ids(), "姓名": records.names(), "手机": records.phones(),
        "邮箱": records.emails(), "地址": records.addresses(), "城市": records.people.cities(),
        "生日": birth,
        "会员": np.where(records.people.drivers["is_loyalty_member"] > 0, "是", "否"),
        "登记日期": np.char.replace(
            np.array(dealings.dates(records.registered_days())), "-", "/"
        ),
    })  # fmt: skip


def _shop_columns(records: Records) -> dict[str, list[str]]:
    return _lists({
        "customer_id": records.ids(), "name": records.names(), "email": records.emails(),
        "phone": records.phones(), "birth_date": records.birth_dates(),
        "address": records.addresses(), "city": records.people.cities(),
        "registered_at": iso_seconds(records.registered_days() * SECONDS + 40_000),
    })  # fmt: skip


def _profiles(records: Records) -> list[dict[str, Any]]:
    columns = _lists({
        "id": records.ids(), "display_name": records.names(), "email": records.emails(),
        "phone": records.phones(), "birth_date": records.birth_dates(),
        "city": records.people.cities(), "joined_on": dealings.dates(records.registered_days()),
    })  # fmt: skip
    return [
        {name: value or None for name, value in zip(columns, row, strict=True)}
        for row in zip(*columns.values(), strict=True)
    ]


def _with_repeats(columns: dict[str, list[str]]) -> dict[str, list[str]]:
    """Return the rows with every two-hundredth exported twice, identical."""
    n = len(next(iter(columns.values())))
    order = [row for row in range(n) for _ in range(2 if row % TWICE_EVERY == 7 else 1)]  # noqa: PLR2004
    return {name: [values[row] for row in order] for name, values in columns.items()}


def _lists(columns: Mapping[str, Any]) -> dict[str, list[Any]]:
    return {
        name: values.tolist() if isinstance(values, np.ndarray) else list(values)
        for name, values in columns.items()
    }


def _days(day: np.ndarray) -> pa.Array:
    dates = (np.datetime64("2023-01-01") + day.astype("timedelta64[D]")).astype("datetime64[D]")
    return pa.array(dates, pa.date32(), mask=day < 0)


def _blank_where(values: list[str], is_blank: np.ndarray) -> list[str | None]:
    return [
        None if blank else value for value, blank in zip(values, is_blank.tolist(), strict=True)
    ]


def _money(cents: np.ndarray) -> pa.Array:
    hundredth = pa.scalar(Decimal("0.01"), pa.decimal128(3, 2))
    whole = pa.array(cents, pa.int64()).cast(pa.decimal128(19, 0))
    return pc.cast(pc.multiply(whole, hundredth), MONEY)
