"""Features and answers of customers as of any origin, out of dated facts.

A feature of an origin counts what happened before its 00:00 in the company's time zone; an answer
counts from there. Nothing is taken from a table of today: whatever such a table says of a customer
may have been learned later. Money is summed as decimals, so that the order of rows decides nothing.
Age, gender and other attributes of a person are no features.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from crm_tasks.ml.propensity.wording import NAMES

if TYPE_CHECKING:
    import datetime as dt

    import numpy.typing as npt
    import pyarrow as pa

    from crm_tasks.contracts.frames import Scratch

    Floats = npt.NDArray[np.float64]
    Ints = npt.NDArray[np.int64]

#: What the facts are read from; a table without rows leaves its features empty.
READS: dict[str, tuple[str, tuple[str, ...]]] = {
    "customers": ("core.dim_customers", ("customer_id", "is_erased", "is_deleted")),
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

FEATURES_SQL = """
with

chosen as (

    select customer from people where digest < $digest_below

),

bought as (

    select
        customer,
        count(*) as n_orders,
        date_diff('day', max(day), $origin) as recency_days,
        date_diff('day', min(day), $origin) as customer_age_days,
        date_diff('day', min(day), max(day)) as span_days,
        min(day) as first_day,
        max(day) as last_day,
        count(distinct day) as n_days,
        count(*) filter (where day >= $origin - 28) as n_orders_28d,
        count(*) filter (where day >= $origin - 90) as n_orders_90d,
        cast(sum(net_amount) as double) as net_amount,
        cast(sum(net_amount) filter (where day >= $origin - 90) as double) as net_90d,
        cast(sum(net_amount) filter (where day >= $origin - 180 and day < $origin - 90) as double)
            as net_before,
        cast(sum(gross_amount) as double) as gross_amount,
        cast(sum(discount_amount) as double) as discount_amount,
        cast(sum(return_amount) as double) as return_amount,
        cast(sum(count_items) as double) as n_items,
        cast(count(*) filter (where delivered_on < $origin and is_late) as double) as n_late,
        cast(count(*) filter (where delivered_on < $origin) as double) as n_delivered
    from orders_dated
    where day < $origin
    group by customer

),

-- Who leaves stops visiting and writing too, which is no cause. So rates are of the days somebody
-- surely was a customer: from the first order to a month after the last one.
lasted as (

    select
        customer,
        first_day,
        last_day + $after_order as until,
        least(span_days + $after_order, customer_age_days) / 90.0 as n_quarters
    from bought

),

visited as (

    select
        sessions_dated.customer,
        count(*) filter (where day >= $origin - 30) as n_sessions_30d,
        count(*) filter (where day >= $origin - 90) as n_sessions_90d,
        count(*) filter (where day >= $origin - 90 and has_cart) as n_carts_90d,
        count(*) filter (where day between lasted.first_day and lasted.until) as n_lasting,
        date_diff('day', max(day), $origin) as days_since_session
    from sessions_dated
    inner join lasted on sessions_dated.customer = lasted.customer
    where day < $origin
    group by sessions_dated.customer

),

reviewed as (

    select
        customer,
        count(*) as n_reviews,
        cast(sum(score) as double) / count(score) as mean_score,
        cast(count(*) filter (where is_low_score) as double) / count(*) as low_score_share
    from reviews_dated
    where day < $origin
    group by customer

),

wrote as (

    select
        letters_dated.customer,
        count(*) filter (where day >= $origin - 90) as n_messages_90d,
        count(*) filter (where day >= $origin - 365 and is_complaint) as n_complaints,
        count(*) filter (where day >= $origin - 90 and is_complaint) as n_complaints_90d,
        count(*) filter (
            where is_complaint and day between lasted.first_day and lasted.until
        ) as n_lasting,
        count(*) filter (
            where is_waiting and (closed_day is null or closed_day >= $origin)
        ) as n_open_issues
    from letters_dated
    inner join lasted on letters_dated.customer = lasted.customer
    where day < $origin
    group by letters_dated.customer

),

-- Before the first message of anybody is on record the figures are unknown, not zero.
letters_recorded as (

    select count(*) > 0 as has_letters from letters_dated where day < $origin

),

said as (

    select customer, cast(sum(sentiment) as double) / count(sentiment) as sentiment_90d
    from (
        select customer, day, sentiment from letters_dated
        union all
        select customer, day, sentiment from reviews_dated
    )
    where day < $origin and day >= $origin - 90
    group by customer

),

contacted as (

    select
        customer,
        count(*) filter (where day >= $origin - 90) as n_contacts_90d,
        cast(count(*) filter (where day >= $origin - 180 and opened_day < $origin) as double)
            / nullif(count(*) filter (where day >= $origin - 180), 0) as open_share_180d
    from contacts_dated
    where day < $origin
    group by customer

),

redeemed as (

    select
        customer,
        count(*) filter (where day >= $origin - 90) as n_redemptions_90d
    from redemptions_dated
    where day < $origin
    group by customer

),

answered as (

    select
        customer,
        arg_max(csat, (day, csat)) filter (where csat is not null) as csat_last,
        arg_max(nps, (day, nps)) filter (where nps is not null) as nps_last
    from surveys_dated
    where day < $origin
    group by customer

)

select
    bought.customer,
    bought.recency_days,
    bought.customer_age_days,
    bought.n_orders,
    bought.n_orders_28d,
    bought.n_orders_90d,
    cast(bought.span_days as double) / nullif(bought.n_days - 1, 0) as mean_gap_days,
    bought.recency_days * (bought.n_days - 1.0) / nullif(bought.span_days, 0) as gap_ratio,
    bought.net_amount / bought.n_orders as mean_order_amount,
    coalesce(bought.net_90d, 0) as net_amount_90d,
    case when bought.net_before > 0
        then least(coalesce(bought.net_90d, 0) / bought.net_before, 10) end as amount_trend,
    bought.discount_amount / nullif(bought.gross_amount, 0) as discount_share,
    bought.return_amount / nullif(bought.gross_amount, 0) as return_share,
    bought.n_late / nullif(bought.n_delivered, 0) as late_share,
    bought.n_items / bought.n_orders as items_per_order,
    coalesce(visited.n_sessions_30d, 0) as n_sessions_30d,
    coalesce(visited.n_sessions_90d, 0) as n_sessions_90d,
    visited.days_since_session,
    coalesce(visited.n_lasting, 0) / lasted.n_quarters as visits_per_90d,
    visited.n_carts_90d / nullif(visited.n_sessions_90d, 0) as cart_share_90d,
    coalesce(reviewed.n_reviews, 0) as n_reviews,
    reviewed.mean_score,
    reviewed.low_score_share,
    case when has_letters then coalesce(wrote.n_messages_90d, 0) end as n_messages_90d,
    case when has_letters then coalesce(wrote.n_complaints, 0) end as n_complaints,
    case when has_letters then coalesce(wrote.n_complaints_90d, 0) end as n_complaints_90d,
    case when has_letters
        then coalesce(wrote.n_lasting, 0) / lasted.n_quarters end as complaints_per_90d,
    case when has_letters then coalesce(wrote.n_open_issues, 0) end as n_open_issues,
    said.sentiment_90d,
    coalesce(contacted.n_contacts_90d, 0) as n_contacts_90d,
    contacted.open_share_180d,
    coalesce(redeemed.n_redemptions_90d, 0) as n_redemptions_90d,
    answered.csat_last,
    answered.nps_last
from bought
inner join chosen on bought.customer = chosen.customer
inner join lasted on bought.customer = lasted.customer
cross join letters_recorded
left join visited on bought.customer = visited.customer
left join reviewed on bought.customer = reviewed.customer
left join wrote on bought.customer = wrote.customer
left join said on bought.customer = said.customer
left join contacted on bought.customer = contacted.customer
left join redeemed on bought.customer = redeemed.customer
left join answered on bought.customer = answered.customer
order by bought.customer
"""
#: So long after an order somebody still visits and writes because of it.
AFTER_ORDER_DAYS = 30
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

    def bought(self, origin: dt.date, horizon_days: int) -> Ints:
        """Return the customers (numbers, ascending) who ordered in the days from ``origin`` on."""
        found = self._scratch.query(
            "select distinct customer from orders_dated "
            "where day >= $origin and day < $origin + $days order by customer",
            {"origin": origin, "days": horizon_days},
        )
        return np.asarray(found.column("customer").to_numpy(), dtype=np.int64)
