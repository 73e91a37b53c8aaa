"""Features and answers of customers as of any origin, out of dated facts.

A feature of an origin counts what happened before its 00:00 in the company's time zone; an answer
counts from there. Nothing is taken from a table of today: whatever such a table says of a customer
may have been learned later. Money is summed as decimals, so that the order of rows decides nothing.
Age, gender and other attributes of a person are no features.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from crm_tasks.ml.propensity.features import AFTER_ORDER_DAYS, FEATURES_SQL, LASTED
from crm_tasks.ml.propensity.wording import NAMES

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping

    import numpy.typing as npt
    import pyarrow as pa

    from crm_tasks.contracts.frames import Scratch

    Floats = npt.NDArray[np.float64]
    Ints = npt.NDArray[np.int64]

#: What the facts are read from; a table without rows leaves its features empty.
READS: dict[str, tuple[str, tuple[str, ...]]] = {
    "customers": ("core.dim_customers", ("customer_id", "is_erased", "is_deleted")),
    "versions": (
        "core.dim_customers_history",
        ("customer_id", "known_from", "is_loyalty_member"),
    ),
    "orders": (
        "core.fct_orders",
        ("customer_id", "ordered_at", "net_amount", "gross_amount", "discount_amount",
         "return_amount", "count_items", "is_late", "promised_on", "delivered_on"),
    ),
    "sessions": ("core.fct_sessions", ("customer_id", "started_at", "has_cart")),
    "reviews": (
        "core.fct_reviews",
        ("customer_id", "reviewed_at", "score", "is_low_score", "sentiment"),
    ),
    "messages": (
        "core.fct_messages",
        ("customer_id", "conversation_id", "sent_at", "direction", "is_complaint", "sentiment",
         "answer_due_at", "resolved_at"),
    ),
    "contacts": ("core.fct_contacts", ("customer_id", "sent_at", "opened_at")),
    "redemptions": ("core.fct_redemptions", ("customer_id", "redeemed_at")),
    "surveys": ("core.fct_surveys", ("customer_id", "survey_at", "csat", "nps")),
}  # fmt: skip

_PEOPLE = """
create table people as
select
    customer_id,
    cast(row_number() over (order by customer_id) - 1 as integer) as customer,
    coalesce(is_erased, false) or coalesce(is_deleted, false) as is_gone,
    -- The same customers whatever else is there: a sample by digest needs no order.
    cast(('0x' || substr(md5(customer_id), 1, 8)) as bigint) as digest
from customers
"""
#: What customers wrote, as the classifier reads it (agents tag some messages only, and later than
#: these came). One that waits for an answer is open until the next one in its conversation, or
#: until its matter is closed.
_LETTERS = """
create table letters as
with answers as (
    select conversation_id, sent_at as answered_at from messages
    where direction = 'out' and conversation_id is not null
)
select
    messages.customer_id,
    messages.sent_at,
    coalesce(messages.is_complaint, false) as is_complaint,
    messages.sentiment,
    messages.answer_due_at is not null as is_waiting,
    least(answers.answered_at, messages.resolved_at) as closed_at
from messages
asof left join answers
    on messages.conversation_id = answers.conversation_id and messages.sent_at < answers.answered_at
where coalesce(messages.direction, 'in') = 'in'
"""
#: Per fact table: its event time, and what of it is kept.
_DATED = {
    "versions": ("known_from", "known_from, is_loyalty_member"),
    "orders": (
        "ordered_at",
        """net_amount, gross_amount, discount_amount, return_amount, count_items,
        case when delivered_on is not null and promised_on is not null
            then delivered_on end as delivered_on,
        is_late""",
    ),
    "sessions": ("started_at", "has_cart"),
    "reviews": (
        "reviewed_at",
        """cast(score as integer) as score, is_low_score,
        cast(sentiment as decimal(18, 6)) as sentiment""",
    ),
    "letters": (
        "sent_at",
        """is_complaint, cast(sentiment as decimal(18, 6)) as sentiment, is_waiting,
        {day_of_closed} as closed_day""",
    ),
    "contacts": ("sent_at", "{day_of_opened} as opened_day"),
    "redemptions": ("redeemed_at", "1 as one"),
    "surveys": ("survey_at", "csat, nps"),
}
_DAY = "cast(({column} at time zone 'UTC') at time zone $time_zone as date)"

_DATE = """
create table {name}_dated as
select people.customer, {day} as day, {kept}
from {name}
inner join people on {name}.customer_id = people.customer_id
where {moment} is not null
"""

#: Digests are 32 bits: below this all customers are chosen.
EVERYBODY = 2**32


@dataclass(frozen=True, eq=False)
class Cases:
    """Customers (numbers, ascending) with their features as of one origin."""

    customers: Ints
    matrix: Floats

    def take(self, keep: npt.NDArray[np.bool_]) -> Cases:
        return Cases(self.customers[keep], self.matrix[keep])

    def column(self, name: str) -> Floats:
        return self.matrix[:, NAMES.index(name)]


class Facts:
    """Dated facts in a private engine, asked as of any origin.

    Parameters
    ----------
    scratch : Scratch
        Holds the frames of ``READS`` under their names; this adds ``people`` and, per fact, a
        table of customer number, local day and what is kept.
    time_zone : str
        Where a date begins.
    """

    def __init__(self, scratch: Scratch, time_zone: str) -> None:
        self._scratch = scratch
        scratch.query(_PEOPLE)
        scratch.query(_LETTERS)
        days = {f"day_of_{name}": _DAY.format(column=f"{name}_at") for name in ("opened", "closed")}
        for name, (moment, kept) in _DATED.items():
            scratch.query(
                _DATE.format(
                    name=name,
                    moment=moment,
                    day=_DAY.format(column=moment),
                    kept=kept.format(**days),
                ),
                {"time_zone": time_zone},
            )
        scratch.query(LASTED)

    @property
    def ids(self) -> pa.ChunkedArray:
        """Customer ids by number."""
        found = self._scratch.query("select customer_id from people order by customer")
        return found.column("customer_id")

    @property
    def gone(self) -> npt.NDArray[np.bool_]:
        """By number, whether a customer is erased or deleted: nothing is said of such a one."""
        found = self._scratch.query("select is_gone from people order by customer")
        return np.asarray(found.column("is_gone").to_numpy(), dtype=bool)

    def first_day(self) -> dt.date | None:
        """Return the day of the first order, or None without any."""
        found = self._scratch.query("select min(day) as day from orders_dated")
        return found.column("day")[0].as_py()  # type: ignore[no-any-return]

    def digest_below(self, customers_at_most: int) -> tuple[int, int]:
        """Return the digest below which about so many customers lie, and how many there are."""
        n = self._scratch.query("select count(*) as n from people").column("n")[0].as_py()
        return (EVERYBODY if n <= customers_at_most else EVERYBODY * customers_at_most // n), n

    def cases(self, origin: dt.date, digest_below: int = EVERYBODY) -> Cases:
        """Return the customers who had ordered before ``origin``, with their features."""
        asked = {"origin": origin, "digest_below": digest_below, "after_order": AFTER_ORDER_DAYS}
        found = self._scratch.query(FEATURES_SQL, asked)
        customers = found.column("customer").to_numpy().astype(np.int64)
        columns = [
            found.column(name).to_numpy(zero_copy_only=False).astype(np.float64) for name in NAMES
        ]
        matrix = np.column_stack(columns) if len(customers) else np.empty((0, len(NAMES)))
        return Cases(customers, np.ascontiguousarray(matrix))

    def ask(self, sql: str, values: Mapping[str, Any]) -> pa.Table:
        """Return the answer of the prepared tables to a query."""
        return self._scratch.query(sql, values)

    def bought(self, origin: dt.date, horizon_days: int) -> Ints:
        """Return the customers (numbers, ascending) who ordered in the days from ``origin`` on."""
        found = self._scratch.query(
            "select distinct customer from orders_dated "
            "where day >= $origin and day < $origin + $days order by customer",
            {"origin": origin, "days": horizon_days},
        )
        return np.asarray(found.column("customer").to_numpy(), dtype=np.int64)
