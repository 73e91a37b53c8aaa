"""What learning finds of a planted company beside what is true of it.

Blocks of the company stand for the whole: each holds a thousand persons of the same laws. What they
did goes into the same functions that a run calls, as the tables a run reads.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pyarrow as pa
from sklearn.metrics import adjusted_rand_score

from crm_tasks.ml.interests import InterestParams, find_interests
from crm_tasks.ml.patterns.find import find_patterns
from crm_tasks.ml.patterns.params import PatternParams
from crm_tasks.ml.propensity.facts import READS, Facts
from crm_tasks.ml.propensity.predict import Day, Predicted, predict
from crm_tasks.planted.blocks import Block, make_block
from crm_tasks.planted.browsing import block_page_views
from crm_tasks.planted.company import AS_OF, Company
from crm_tasks.planted.people import People
from crm_tasks.planted.phrases import COMPLAINTS
from crm_tasks.planted.purchases import (
    BASKET_RULES,
    CATEGORY_NAMES,
    SECONDS,
    SEQUENCE_RULES,
    catalogue,
    order_times,
)
from crm_tasks.planted.records import first_ids, known_records
from crm_tasks.planted.voices import block_messages

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager

    from crm_tasks.contracts.frames import Scratch
    from crm_tasks.ml.propensity.params import PropensityParams
    from crm_tasks.planted.purchases import Rule

    Lend = Callable[..., AbstractContextManager[Scratch]]

DAY = np.timedelta64(1, "D")
#: Features in which the planted drivers of leaving are recorded.
DRIVERS = {"late_share": "late_delivery_share", "is_loyalty_member": "is_loyalty_member",
           "complaints_per_90d": "complaint_rate", "visits_per_90d": "web_engagement",
           "discount_share": "discount_share"}  # fmt: skip
SAMPLED = 200


@dataclass(frozen=True)
class PlantedBlocks:
    """Some blocks of a planted company, as the tables that learning reads."""

    company: Company
    n_blocks: int

    @cached_property
    def blocks(self) -> list[Block]:
        return [make_block(self.company, number) for number in range(self.n_blocks)]

    @cached_property
    def lines(self) -> pa.Table:
        """Past order lines, as core.fct_order_items."""
        return pa.concat_tables([_lines(block) for block in self.blocks])

    @cached_property
    def products(self) -> pa.Table:
        category = catalogue(self.company).category
        names = pa.array(np.array(CATEGORY_NAMES, dtype=object)[category], pa.string())
        ids = pa.array(np.char.mod("P%05d", np.arange(len(category))))
        nothing = pa.nulls(len(ids), pa.string())
        return pa.table(
            {"product_id": ids, "name": ids, "category_l1": names, "category_l2": nothing}
        )

    @cached_property
    def facts(self) -> dict[str, pa.Table]:
        """What propensities are learned from: orders, visits and messages of the past."""
        persons = np.concatenate([block.process.person for block in self.blocks])
        none = pa.nulls(len(persons), pa.bool_())
        return {
            "customers": pa.table(
                {"customer_id": _text(persons), "is_erased": none, "is_deleted": none}
            ),
            "versions": pa.concat_tables([_memberships(block) for block in self.blocks]),
            "orders": pa.concat_tables([_orders(block) for block in self.blocks]),
            "sessions": pa.concat_tables([_sessions(self.company, one) for one in self.blocks]),
            "messages": pa.concat_tables([_messages(self.company, one) for one in self.blocks]),
            **{name: pa.schema(columns).empty_table() for name, columns in _ABSENT.items()},
        }

    def interests(self, lend: Lend) -> tuple[float, int]:
        """Return the adjusted Rand index of interests found, and how many there are."""
        with lend(order_items=self.lines, products=self.products) as scratch:
            found = find_interests(scratch, InterestParams())
        if found is None:
            return 0.0, 0
        persons = np.array(found.customers.to_pylist(), dtype=np.int64)
        truth = People(self.company, persons).interest
        return float(adjusted_rand_score(truth, found.group)), len(found.names)

    def rules(self, lend: Lend) -> RulesFound:
        """Return the rules of baskets and sequences with what is planted and what was counted."""
        with lend(order_items=self.lines, products=self.products) as scratch:
            tables = find_patterns(scratch, (None, None), AS_OF, PatternParams())
        together, after = (tables[f"{name}_rules"].to_pandas()
                           for name in ("association", "sequence"))  # fmt: skip
        pairs = together[together["n_items"] == 2]
        return RulesFound(
            self._named(BASKET_RULES) & _keys(pairs, "antecedent", "consequent"),
            self._named(SEQUENCE_RULES) & _keys(after, "prefix", "next_item"),
            *self._counted_again(pairs, after),
        )

    def predicted(self, lend: Lend, params: PropensityParams) -> Predicted:
        """Return what propensities a day brings."""
        with lend(**{name: self.facts[name] for name in READS}) as scratch:
            return predict(Day(Facts(scratch, "UTC"), AS_OF, "planted", params), {})

    def _named(self, rules: tuple[Rule, ...]) -> set[tuple[str, str]]:
        each = catalogue(self.company).n_per_category
        return {
            (f"P{a[0] * each + a[1]:05d}", f"P{b[0] * each + b[1]:05d}")
            for a, b in ((rule.antecedent, rule.consequent) for rule in rules)
        }

    def _counted_again(self, pairs: pd.DataFrame, after: pd.DataFrame) -> tuple[int, int]:
        """Return how many of a sample of rules were counted again by sets, and how many differ."""
        lines = self.lines.select(["order_id", "customer_id", "product_id", "ordered_at"])
        baskets = lines.to_pandas()
        params = PatternParams()
        baskets = baskets[baskets["ordered_at"] >= pd.Timestamp(AS_OF) - pd.Timedelta(
            days=params.window_days)]  # fmt: skip
        orders_of = baskets.groupby("product_id")["order_id"].agg(set)
        few = pairs.sample(min(SAMPLED, len(pairs)), random_state=1)
        wrong = sum(
            len(orders_of[a] & orders_of[b]) != n
            for a, b, n in few[["antecedent", "consequent", "n_baskets"]].itertuples(index=False)
        )
        visits = _visits(baskets)
        wrong += sum(
            _followed(visits, a, b, params) != n
            for a, b, n in after[["prefix", "next_item", "n_orders"]].itertuples(index=False)
        )
        return len(few) + len(after), int(wrong)


@dataclass(frozen=True)
class RulesFound:
    """Planted rules that were found, and rules counted again one by one."""

    basket: set[tuple[str, str]]
    sequence: set[tuple[str, str]]
    n_counted: int
    n_wrong: int

    @property
    def text(self) -> str:
        return (
            f"basket rules {len(self.basket)}/{len(BASKET_RULES)}, sequences "
            f"{len(self.sequence)}/{len(SEQUENCE_RULES)}; {self.n_counted} rules counted again "
            f"by sets, {self.n_wrong} differ"
        )

    @property
    def holds(self) -> bool:
        is_all = len(self.basket) + len(self.sequence) == len(BASKET_RULES) + len(SEQUENCE_RULES)
        return is_all and self.n_counted > 0 and not self.n_wrong


def _visits(baskets: pd.DataFrame) -> list[list[tuple[int, set[str]]]]:
    """Return each customer's orders in time: the day, and what was bought."""
    ordered = baskets.sort_values(["customer_id", "ordered_at", "order_id"])
    days = ordered["ordered_at"].to_numpy().astype("M8[D]").astype(int)
    found: dict[str, dict[str, tuple[int, set[str]]]] = {}
    rows = zip(*(ordered[name] for name in ("customer_id", "order_id", "product_id")), strict=True)
    for (customer, order, product), day in zip(rows, days.tolist(), strict=True):
        own = found.setdefault(customer, {})
        own.setdefault(order, (day, set()))[1].add(product)
    return [list(own.values()) for own in found.values()]


def _followed(
    visits: list[list[tuple[int, set[str]]]], first: str, then: str, params: PatternParams
) -> int:
    """Return how many orders with one product are followed by another, walking order by order."""
    n = 0
    for own in visits:
        for place, (day, holds) in enumerate(own):
            ahead = own[place + 1 : place + 1 + params.max_steps]
            n += first in holds and any(
                then in later and date - day <= params.max_gap_days for date, later in ahead
            )
    return n


def _keys(rules: pd.DataFrame, *columns: str) -> set[tuple[str, str]]:
    return set(zip(*(rules[name] for name in columns), strict=True))


def _text(numbers: np.ndarray) -> pa.Array:
    return pa.array(np.asarray(numbers).astype(str), pa.string())


def _moments(seconds: np.ndarray) -> pa.Array:
    return pa.array(order_times(seconds).astype("M8[us]"))


def _lines(block: Block) -> pa.Table:
    orders, lines = block.orders, block.lines
    past = orders.is_past[lines.order]
    order, n = lines.order[past], int(past.sum())
    return pa.table({
        "order_id": _text(orders.id[order]), "customer_id": _text(orders.person[order]),
        "product_id": pa.array(np.char.mod("P%05d", lines.product[past])),
        "ordered_at": _moments(orders.second[order]),
        "net_amount": pa.array(lines.net_cents[past] / 100),
        "is_unknown_product": pa.array(np.zeros(n, bool)),
        "is_zero_quantity": pa.array(np.zeros(n, bool)),
    })  # fmt: skip


def _orders(block: Block) -> pa.Table:
    orders, lines = block.orders, block.lines
    past = np.flatnonzero(orders.is_past)
    each = len(orders.person)
    net, off = (np.bincount(lines.order, cents, minlength=each)[past] / 100
                for cents in (lines.net_cents, lines.discount_cents))  # fmt: skip
    promised = order_times(orders.second[past]).astype("M8[D]") + 3 * DAY
    late = orders.is_late[past]
    return pa.table({
        "customer_id": _text(orders.person[past]), "ordered_at": _moments(orders.second[past]),
        "net_amount": _money(net), "gross_amount": _money(net + off),
        "discount_amount": _money(off), "return_amount": _money(0 * net),
        "count_items": np.bincount(lines.order, minlength=each)[past], "is_late": late,
        "promised_on": promised, "delivered_on": promised + late * DAY,
    })  # fmt: skip


def _money(amount: np.ndarray) -> pa.Array:
    return pa.array(np.round(amount, 2)).cast(pa.decimal128(18, 2), safe=False)


def _memberships(block: Block) -> pa.Table:
    """Return what CRM and branch state of the loyalty scheme, as core.dim_customers_history."""
    known = [known_records(block.company, system, block.number) for system in ("crm", "branch")]
    person = np.concatenate([records.person for records in known])
    day = np.concatenate([records.registered_days() for records in known])
    member = People(block.company, person).drivers["is_loyalty_member"] > 0
    stated = {"customer_id": _text(person), "known_from": _moments(day * SECONDS),
              "is_loyalty_member": pa.array(member)}  # fmt: skip
    return pa.table(stated)


def _sessions(company: Company, block: Block) -> pa.Table:
    """Return visits of those who were logged in, as core.fct_sessions."""
    seen: dict[str, dict[str, Any]] = {}
    person = block.process.person
    number = dict(zip(first_ids(company, "shop", person).tolist(), person.tolist(), strict=True))
    for view in block_page_views(company, block.number, block.process, block.orders):
        if view["customer_id"] is not None:
            seen.setdefault(view["session_id"], view)
    return pa.table({
        "customer_id": pa.array([str(number[one["customer_id"]]) for one in seen.values()]),
        "started_at": _stamps([one["at"] for one in seen.values()]),
        "has_cart": pa.nulls(len(seen), pa.bool_()),
    })  # fmt: skip


def _messages(company: Company, block: Block) -> pa.Table:
    """Return what customers wrote, whether it truly complains, as core.fct_messages."""
    rows = block_messages(company, block.number, block.process, block.orders)
    at = {row["message_id"]: row["sent_at"] for row in rows.source}
    n = len(rows.truth)
    nothing = pa.nulls(n, pa.timestamp("us"))
    return pa.table({
        "customer_id": pa.array([str(row["person"]) for row in rows.truth]),
        "conversation_id": pa.nulls(n, pa.string()),
        "sent_at": _stamps([at[row["message_id"]] for row in rows.truth]),
        "direction": pa.repeat("in", n),
        "is_complaint": pa.array([row["intent"] in COMPLAINTS for row in rows.truth]),
        "sentiment": pa.nulls(n, pa.float64()),
        "answer_due_at": nothing, "resolved_at": nothing,
    })  # fmt: skip


def _stamps(texts: list[str]) -> pa.Array:
    return pa.array(np.array([text.rstrip("Z") for text in texts], dtype="M8[us]"))


#: Facts that are left out: nothing planted leads from them to leaving.
_ABSENT = {
    "reviews": [("customer_id", pa.string()), ("reviewed_at", pa.timestamp("us")),
                ("score", pa.int8()), ("is_low_score", pa.bool_()),
                ("sentiment", pa.float64())],
    "contacts": [("customer_id", pa.string()), ("sent_at", pa.timestamp("us")),
                 ("opened_at", pa.timestamp("us"))],
    "redemptions": [("customer_id", pa.string()), ("redeemed_at", pa.timestamp("us"))],
    "surveys": [("customer_id", pa.string()), ("survey_at", pa.timestamp("us")),
                ("csat", pa.int64()), ("nps", pa.int64())],
}  # fmt: skip
