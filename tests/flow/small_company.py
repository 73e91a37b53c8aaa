"""A whole company small enough for a test: 60 customers, 600 orders, some of it dirty.

The numbers below are what a test may count on. The shop sells to three circles of customers who
buy from one department each (and a little from the others), so that the purchase graph has
communities to find. Everything is drawn from one seed; nothing depends on the wall clock.
"""

from __future__ import annotations

import csv
import datetime as dt
import shutil
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from tests.flow.small_voices import MEMBERS, write_voices

AS_OF = dt.date(2024, 7, 1)
FIRST_DAY = dt.datetime(2024, 1, 1, 9, 0, tzinfo=dt.UTC)
DAYS = 181  # the last order is on 2024-06-30, the day before AS_OF

N_CUSTOMERS = 60
N_CUSTOMERS_WITHOUT_RECORD = 1  # they order, but the customer file does not know them
N_MEMBERS = 20  # of the club: the first customers once more, by what the shop knows of them too
N_RECORDS = N_CUSTOMERS + N_MEMBERS
N_ORDERS = 600
N_PRODUCTS = 30
N_UNKNOWN_PRODUCT_LINES = 2
N_ZERO_QUANTITY_LINES = 3
N_LINES_WITH_BROKEN_AMOUNT = 1  # rejected in staging: E_TYPE_net_amount
N_LINES_WITHOUT_PRODUCT = 1  # rejected in staging: E_REQUIRED_product_source_id
N_DUPLICATE_COUPON_ROWS = 4
#: Orders that came without their moment, by what tells it all the same; the last by nothing.
UNDATED = {"order_lines": tuple(range(29, N_ORDERS, 60)), "paid_at": (99, 101), "none": (300,)}

DEPARTMENTS = ("BAKERY", "GARDEN", "PAPER")
AGE_BANDS = ("19-24", "25-34", "35-44", "45-54", "55-64", "65+")

PROFILE = Path(__file__).with_suffix(".yml")

Row = tuple[str | int, ...]


@dataclass(frozen=True)
class _Order:
    """One order: its number, customer and moment."""

    no: str
    customer: int
    at: dt.datetime


def write_small_company(folder: Path, seed: int = 7) -> Path:
    """Write the company's files below ``folder`` and return the path of its profile."""
    rng = np.random.default_rng(seed)
    data = folder / "data"
    data.mkdir(parents=True)
    orders = _draw_orders(rng)
    _write_people(data)
    _write_members(data)
    _write_products(data)
    _write_csv(
        data / "orders.csv",
        ("order_no", "customer_no", "ordered", "paid"),
        [_order_row(number, order) for number, order in enumerate(orders)],
    )
    _write_lines(data, orders, rng)
    _write_campaigns(data)
    write_voices(data)
    return Path(shutil.copy(PROFILE, folder))


def _draw_orders(rng: np.random.Generator) -> list[_Order]:
    minutes = np.sort(rng.integers(0, DAYS * 24 * 60, N_ORDERS))
    # A few customers buy often, many seldom; everybody buys at least once.
    weights = 1 / np.arange(1, N_CUSTOMERS + 1) ** 0.7
    drawn = rng.choice(N_CUSTOMERS, N_ORDERS - N_CUSTOMERS, p=weights / weights.sum())
    customers = rng.permutation(np.concatenate([np.arange(N_CUSTOMERS), drawn]))
    return [
        _Order(f"O{number:04d}", int(customer), FIRST_DAY + dt.timedelta(minutes=int(minute)))
        for number, (customer, minute) in enumerate(zip(customers, minutes, strict=True), 1)
    ]


def _order_row(number: int, order: _Order) -> Row:
    is_undated = any(number in numbers for numbers in UNDATED.values())
    is_paid = number not in UNDATED["none"]
    paid = _text(order.at + dt.timedelta(minutes=5)) if is_paid else ""
    return order.no, _customer_no(order.customer), "" if is_undated else _text(order.at), paid


def _write_people(data: Path) -> None:
    known = range(N_CUSTOMERS - N_CUSTOMERS_WITHOUT_RECORD)
    rows: list[Row] = [
        (
            _customer_no(customer),
            # One of twenty gave no address, one a broken one.
            ("n/a", "not an address")[customer // 20 % 2]
            if customer % 20 == 3
            else f"Person{customer}@example.org",
            AGE_BANDS[customer % len(AGE_BANDS)],
            _text(FIRST_DAY - dt.timedelta(days=30 + customer)),
        )
        for customer in known
    ]
    _write_csv(data / "customers.csv", ("customer_no", "email", "age", "registered"), rows)


def _write_members(data: Path) -> None:
    """Write the club's list: names, homes and birth dates beside the address the shop has too."""
    rows: list[Row] = [
        (
            f"M{member:02d}",
            name,
            f"PERSON{customer}@example.org",
            f"+44 7400 1{member * 397:05d}",
            f"{11 + 7 * member} {name.split()[1][::-1].title()} Lane",
            f"{1950 + 2 * member}-{1 + member % 12:02d}-{1 + member:02d}",
            _text(FIRST_DAY - dt.timedelta(days=10 + member)),
        )
        for member, (name, customer) in enumerate(zip(MEMBERS, _addressed(), strict=False))
    ]
    header = ("member_no", "name", "email", "phone", "street", "born", "joined")
    _write_csv(data / "members.csv", header, rows)


def _addressed() -> list[int]:
    """Return the customers whose e-mail address the shop has."""
    return [customer for customer in range(N_CUSTOMERS - 1) if customer % 20 != 3]


def _write_products(data: Path) -> None:
    numbers = range(N_PRODUCTS)
    table = pa.table(
        {
            "product_no": [_product_no(number) for number in numbers],
            "name": [f"{_department(number).title()} item {number}" for number in numbers],
            "department": [_department(number) for number in numbers],
            "price": [1.5 + number / 4 for number in numbers],
        }
    )
    pq.write_table(table, data / "products.parquet")


def _write_lines(data: Path, orders: list[_Order], rng: np.random.Generator) -> None:
    lines = [line for order in orders for line in _lines_of(order, rng)]
    undated = {orders[number].no for rule in ("paid_at", "none") for number in UNDATED[rule]}
    lines = [(*row[:3], "", *row[4:]) if row[0] in undated else row for row in lines]
    _soil(lines)
    header = ("order_no", "line_no", "customer_no", "ordered", "product_no", "quantity", "amount")
    half = len(lines) // 2
    _write_csv(data / "lines-1.csv", header, lines[:half], delimiter=";")
    _write_csv(data / "lines-2.csv", header, lines[half:], delimiter=";")


def _lines_of(order: _Order, rng: np.random.Generator) -> list[Row]:
    own = np.arange(N_PRODUCTS) % len(DEPARTMENTS) == order.customer % len(DEPARTMENTS)
    weights = np.where(own, 8.0, 1.0)
    size = int(rng.integers(1, 5))
    products = rng.choice(N_PRODUCTS, size, replace=False, p=weights / weights.sum())
    rows: list[Row] = []
    for line, product in enumerate(products, 1):
        quantity = int(rng.integers(1, 4))
        cents = (150 + int(product) * 25) * quantity
        amount = f"{cents // 100}.{cents % 100:02d}"
        where = (order.no, line, _customer_no(order.customer), _text(order.at))
        rows.append((*where, _product_no(int(product)), quantity, amount))
    return rows


def _soil(lines: list[Row]) -> None:
    """Break the few lines that the constants above announce; the first line stays clean."""
    for index in range(N_UNKNOWN_PRODUCT_LINES):
        lines[10 + index] = (*lines[10 + index][:4], "P999", *lines[10 + index][5:])
    for index in range(N_ZERO_QUANTITY_LINES):
        lines[20 + index] = (*lines[20 + index][:5], 0, "0.00")
    lines[30] = (*lines[30][:6], "12,5O")
    lines[40] = (*lines[40][:4], "", *lines[40][5:])


def _write_campaigns(data: Path) -> None:
    spring = tuple(customer for customer in range(N_CUSTOMERS) if customer % 2 == 0)
    summer = tuple(customer for customer in range(N_CUSTOMERS) if customer % 3 == 0)
    _write_csv(
        data / "campaigns.csv",
        ("campaign", "kind", "first_day", "last_day"),
        [("spring", "A", "2024-03-01", "2024-04-15"), ("summer", "B", "2024-06-01", "2024-07-15")],
    )
    mailings: list[Row] = [
        *(("spring", _customer_no(customer), "2024-03-01 08:00:00") for customer in spring),
        *(("summer", _customer_no(customer), "2024-06-01 08:00:00") for customer in summer),
    ]
    _write_csv(data / "mailings.csv", ("campaign", "customer_no", "sent"), mailings)
    coupons = [(f"C{number}", _product_no(number), "spring") for number in range(6)]
    coupons += [(f"C{number + 6}", _product_no(number + 6), "summer") for number in range(6)]
    coupons += coupons[:N_DUPLICATE_COUPON_ROWS]
    columns = dict(
        zip(("coupon", "product_no", "campaign"), zip(*coupons, strict=True), strict=True)
    )
    pq.write_table(pa.table(columns), data / "coupons.parquet")
    redemptions: list[Row] = [
        (
            _customer_no(customer),
            f"C{customer % 6}",
            "spring",
            f"2024-03-{10 + customer % 9} 17:30:00",
        )
        for customer in spring[:9]
    ]
    header = ("customer_no", "coupon", "campaign", "redeemed")
    _write_csv(data / "redemptions.csv", header, redemptions)


def _customer_no(customer: int) -> str:
    return f"K{customer:03d}"


def _product_no(product: int) -> str:
    return f"P{product:03d}"


def _department(product: int) -> str:
    return DEPARTMENTS[product % len(DEPARTMENTS)]


def _text(moment: dt.datetime) -> str:
    return moment.strftime("%Y-%m-%d %H:%M:%S")


def _write_csv(path: Path, header: Row, rows: list[Row], delimiter: str = ",") -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, delimiter=delimiter, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)
