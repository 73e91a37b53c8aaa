"""Exports of invented companies as people really have them, in every format and dialect."""

from __future__ import annotations

import csv
import datetime as dt
import gzip
import io
import json
import zipfile
from typing import TYPE_CHECKING

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq

from tests.profiling.tables import chinese_names

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

FIRST_DAY = dt.datetime.fromisoformat("2024-01-08T09:30")
N_INVOICES, N_MEMBERS, N_ORDERS = 120, 40, 90
N_LINES = 3 * N_INVOICES


def text_of(header: Sequence[str], rows: Sequence[Sequence[object]], **dialect: str) -> str:
    written = io.StringIO()
    writer = csv.writer(written, **{"lineterminator": "\n", **dialect})
    writer.writerow(header)
    writer.writerows(rows)
    return written.getvalue()


def write_till(folder: Path) -> list[Path]:
    """Write a till's flat invoice lines: two files, semicolons, decimal commas, cp1252, gaps.

    Lines have no number and some repeat; a tenth have no customer.
    """
    folder.mkdir(parents=True)
    header = ("InvoiceNo", "StockCode", "Description", "Quantity", "InvoiceDate", "UnitPrice",
              "CustomerID", "Country")  # fmt: skip
    lines = [_till_line(number) for number in range(N_LINES)]
    paths = []
    for part, chosen in enumerate((lines[: N_LINES // 2], lines[N_LINES // 2 :]), 1):
        path = folder / f"sales-2024-{part}.csv"
        path.write_bytes(text_of(header, chosen, delimiter=";").encode("cp1252"))
        paths.append(path)
    return paths


def _till_line(number: int) -> tuple[object, ...]:
    invoice = number // 3
    article = (invoice + number % 3 // 2) % 12  # the first two lines of an invoice are alike
    at = FIRST_DAY + dt.timedelta(days=invoice, minutes=invoice)
    price = f"{1200 + article * 25 if article % 5 else 1050}"
    return (
        f"R{10000 + invoice}",
        f"A{article:03d}",
        f"CAFÉ CRÈME n° {article}",
        2 if invoice % 17 else -1,
        at.strftime("%d.%m.%Y %H:%M"),
        f"€{price[:-2].rjust(1, '0')},{price[-2:]}",
        "" if invoice % 10 == 9 else 7000 + invoice % 23,
        ("Utopia", "Erewhon", "Atlantis")[invoice % 23 % 3],
    )


def write_branch(folder: Path) -> list[Path]:
    """Write a Chinese branch: members, orders and lines in GBK, amounts in yuan, days with dots."""
    folder.mkdir(parents=True)
    names = chinese_names(N_MEMBERS)
    members = [
        (
            f"HY{n:04d}",
            names[n],
            f"138{n:08d}",
            f"2023/{n % 12 + 1}/{n % 28 + 1}",
            "是" if n % 3 else "否",
        )
        for n in range(N_MEMBERS)
    ]
    orders = [
        (f"DD{n:05d}", f"HY{n * 7 % N_MEMBERS:04d}", _branch_time(n), ("已付款", "已发货")[n % 2])
        for n in range(N_ORDERS)
    ]
    lines = [_branch_line(n) for n in range(2 * N_ORDERS)]
    tables = {
        "会员.csv": (("会员编号", "姓名", "手机号", "注册日期", "是否活跃"), members),
        "订单.csv": (("订单编号", "会员编号", "下单时间", "订单状态"), orders),
        "订单明细.csv": (("订单编号", "会员编号", "商品编号", "下单时间", "数量", "金额"), lines),
    }
    for name, (header, rows) in tables.items():
        (folder / name).write_bytes(text_of(header, rows).encode("gbk"))
    return [folder / name for name in tables]


def _branch_line(number: int) -> tuple[object, ...]:
    order, article, pieces = number // 2, number * 5 % 9, number % 4 + 1
    return (
        f"DD{order:05d}",
        f"HY{order * 7 % N_MEMBERS:04d}",
        f"SP{article:02d}",
        _branch_time(order),
        pieces,
        f"￥{pieces * (article + 3):,}.00",
    )


def _branch_time(number: int) -> str:
    return (FIRST_DAY + dt.timedelta(hours=5 * number)).strftime("%Y.%m.%d %H:%M:%S")


def write_web_shop(folder: Path) -> list[Path]:
    """Write a web shop: accounts as JSON lines, orders in a JSON document, goods in a workbook.

    Campaigns come zipped and tab-separated, mailings packed with gzip in UTF-16.
    """
    folder.mkdir(parents=True)
    names = ("users.jsonl", "orders.json", "products.xlsx", "campaigns.zip", "mailings.csv.gz")
    users, orders, products, campaigns, mailings = paths = [folder / name for name in names]
    accounts = [
        {
            "user_id": f"u{n}",
            "profile": {"email": f"p{n}@example.org", "full_name": f"Ann{n} Example"},
            "created_at": f"2024-01-{n % 28 + 1:02d}T10:00:00Z",
            "tags": ["x"],
        }
        for n in range(N_MEMBERS)
    ]
    users.write_text("".join(json.dumps(row) + "\n" for row in accounts))
    placed = [
        {
            "order_id": f"w{n}",
            "user_id": f"u{n % N_MEMBERS}",
            "placed_at": f"2024-02-{n % 28 + 1:02d} 08:15:00",
        }
        for n in range(N_ORDERS)
    ]
    orders.write_text(json.dumps({"page": 1, "result": {"orders": placed}}))
    book = openpyxl.Workbook()
    book.active.append(("sku", "title", "department", "price"))
    for n in range(12):
        book.active.append((f"G-{n}", f"invented thing {n}", "tools", 1.5 + n))
    book.save(products)
    seasons = [("c1", "Spring", "2024-03-01"), ("c2", "Summer", "2024-06-01")]
    told = text_of(("campaign_id", "name", "start_date"), seasons, delimiter="\t")
    with zipfile.ZipFile(campaigns, "w") as archive:
        archive.writestr("campaigns.tsv", told)
    sent = [
        (f"m{n}", f"c{n % 2 + 1}", f"u{n}", f"03/{n % 20 + 1:02d}/2024") for n in range(N_MEMBERS)
    ]
    text = text_of(("mailing_id", "campaign_id", "user_id", "sent_at"), sent)
    mailings.write_bytes(gzip.compress(text.encode("utf-16")))
    return paths


def write_start_ups(folder: Path) -> list[Path]:
    """Write companies, their funding rounds and acquisitions: Mac Roman, lines ending in returns.

    A quarter of the acquisitions name no company, some rounds repeat, one company has no rounds.
    """
    folder.mkdir(parents=True)
    names = ["Furnésh", "Anchor™", "Café Ünö", "Piñata \N{EN DASH} Labs"]
    names.append("Société d\N{RIGHT SINGLE QUOTATION MARK}Or")
    companies = [
        (f"/company/invented-{n}", f"{names[n % 5]} {n}", ("web", "games", "biotech")[n % 3],
         ("USA", "FRA")[n % 2], f"{n % 7 + 1}00000", f"20{n % 9 + 1:02d}-01-01")
        for n in range(60)
    ]  # fmt: skip
    rounds = [
        (companies[n % 59][0], companies[n % 59][1], ("angel", "series-a", "series-b")[n % 3],
         f"2012-{n % 12 + 1:02d}-15", (n % 9 + 1) * 50000)
        for n in range(150)
    ]  # fmt: skip
    rounds += rounds[:3]
    deals = [
        ("" if n % 4 == 0 else companies[n][0], "" if n % 4 == 0 else companies[n][1],
         f"/company/buyer-{n % 5}", f"Buyer {n % 5} Group", f"2013-0{n % 9 + 1}-20", "USD")
        for n in range(40)
    ]  # fmt: skip
    tables = {
        "startups-companies": (("permalink", "name", "category_code", "country_code",
                                "funding_total_usd", "founded_at"), companies),
        "startups-rounds": (("company_permalink", "company_name", "funding_round_type", "funded_at",
                             "raised_amount_usd"), rounds),
        "startups-acquisitions": (("company_permalink", "company_name", "acquirer_permalink",
                                   "acquirer_name", "acquired_at", "price_currency_code"), deals),
    }  # fmt: skip
    for name, (header, rows) in tables.items():
        text = text_of(header, rows, lineterminator="\r")
        (folder / f"{name}.csv.gz").write_bytes(gzip.compress(text.encode("mac_roman"), mtime=0))
    return [folder / f"{name}.csv.gz" for name in tables]


def write_funnel(folder: Path) -> list[Path]:
    """Write a sales funnel: leads, closed deals and sellers, half of whom nobody lists."""
    folder.mkdir(parents=True)
    leads = [
        (f"{n * 7919 + 2**60:032x}", f"2018-{n % 12 + 1:02d}-{n % 28 + 1:02d}", f"{n % 9:032x}",
         ("social", "paid search", "organic")[n % 3])
        for n in range(120)
    ]  # fmt: skip
    sellers = [f"{n * 104729 + 2**61:032x}" for n in range(60)]
    deals = [
        (leads[n][0], sellers[n], f"{n % 5:032x}", f"2018-{n % 12 + 1:02d}-28 19:58:54",
         ("pet", "toys")[n % 2], ("reseller", "maker")[n % 2], f"{n % 4 * 1000}.0")
        for n in range(50)
    ]  # fmt: skip
    listed = [
        (seller, 13000 + n, ("campinas", "mogi guacu")[n % 2], "SP")
        for n, seller in enumerate(sellers[:25])
    ]
    words = [(f"palavra_{n}", f"word_{n}") for n in range(20)]
    tables = {
        "leads": (("mql_id", "first_contact_date", "landing_page_id", "origin"), leads),
        "closed_deals": (("mql_id", "seller_id", "sdr_id", "won_date", "business_segment",
                          "business_type", "declared_monthly_revenue"), deals),
        "sellers": (("seller_id", "seller_zip_code_prefix", "seller_city", "seller_state"), listed),
        "category_translation": (("product_category_name", "product_category_name_english"), words),
    }  # fmt: skip
    for name, (header, rows) in tables.items():
        data = text_of(header, rows).encode()
        (folder / f"{name}.csv.gz").write_bytes(gzip.compress(data, mtime=0))
    return [folder / f"{name}.csv.gz" for name in tables]


def write_ratings(folder: Path) -> list[Path]:
    """Write ratings of films and who trusts whom, as Parquet."""
    folder.mkdir(parents=True)
    n = 200
    ratings = {
        "user_id": [i * 13 % 41 + 1 for i in range(n)],
        "movie_id": [i * 7 % 23 + 1 for i in range(n)],
        "genre_id": [i * 7 % 23 % 5 for i in range(n)],
        "review_id": list(range(1, n + 1)),
        "rating": [i % 5 + 1 for i in range(n)],
        "rated_on": [FIRST_DAY.date() + dt.timedelta(days=i) for i in range(n)],
    }
    pairs = sorted({(i * 13 % 41 + 1, i * 5 % 37 + 1) for i in range(120)})
    trusts = {
        "trustor_id": [one for one, _ in pairs],
        "trustee_id": [other for _, other in pairs],
        "trust_value": [1] * len(pairs),
    }
    paths = [folder / "movie_ratings.parquet", folder / "trusts.parquet"]
    for path, columns in zip(paths, (ratings, trusts), strict=True):
        pq.write_table(pa.table(columns), path)
    return paths


COMPANIES = {
    "till": write_till,
    "branch": write_branch,
    "web_shop": write_web_shop,
    "start_ups": write_start_ups,
    "funnel": write_funnel,
    "ratings": write_ratings,
}
#: What has to be edited before the proposed profile of a company runs: old text, new text.
EDITS: dict[str, list[tuple[str, str]]] = {
    "funnel": [
        (
            "product_category_name_english: undecided",
            "product_category_name_english: plain",
        ),
    ],
}
