"""The answer key: what is true of a planted company, as Parquet and JSON in a folder of its own.

No pipeline module imports this one and no connector reads its folder: it is for judges. The files
follow from size and seed, so a key can be made at any time, apart from the sources.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np

from crm_tasks.errors import SettingsError
from crm_tasks.planted import dealings
from crm_tasks.planted import purchases as buying
from crm_tasks.planted.blocks import Block, make_block
from crm_tasks.planted.campaigns import CAMPAIGNS, CLOSED, block_effects
from crm_tasks.planted.company import (
    AS_OF,
    BLOCK,
    DAYS,
    FUTURE_DAYS,
    KEY_MARK,
    PERSONS_PER_ORGANIZATION,
    START,
    Company,
)
from crm_tasks.planted.people import CHURN_DRIVERS, CHURN_INTERCEPT, DRIVER_MOMENTS, People
from crm_tasks.planted.records import DIRT, SYSTEMS, known_records
from crm_tasks.planted.sinks import ParquetSink, Sinks
from crm_tasks.planted.voices import block_messages, block_reviews

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

Columns = dict[str, Any]
HORIZONS = (30, 90, 180)
README = """This folder is the answer key of a planted company: what is true, for judging only.
No profile may read it. Tables: persons (identity, home, employer, community, interest, churn
drivers, purchase process), records (source record -> person), ties, cooperations, messages,
reviews, future (orders after the as-of date), campaign_customers. truth.json holds the rest.
"""


def write_key(folder: Path, company: Company) -> None:
    """Write the answer key into a folder that is no source folder and holds none.

    Raises
    ------
    SettingsError
        The folder holds files, or lies in or above a folder with source files.
    """
    _refuse_sources(folder)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / KEY_MARK).write_text(README, encoding="utf-8")
    totals = _Totals(company)
    with Sinks(folder) as sinks:
        open_tables: dict[str, ParquetSink] = {}
        for number in range(company.n_blocks):
            block = make_block(company, number)
            totals.add(block)
            for name, columns in block_truth(block):
                if name not in open_tables:
                    open_tables[name] = sinks.add(ParquetSink(sinks.path(f"{name}.parquet")))
                open_tables[name].write(columns)
    text = json.dumps(totals.truth(), ensure_ascii=False, indent=1, sort_keys=True)
    (folder / "truth.json").write_text(text + "\n", encoding="utf-8")


def _refuse_sources(folder: Path) -> None:
    if folder.exists() and any(folder.iterdir()):
        raise SettingsError("the key needs an empty folder of its own")
    for place in (folder, *folder.resolve().parents):
        if (place / "crm" / "customers.csv").exists():
            raise SettingsError("the key must not lie among source files")


def block_truth(block: Block) -> Iterator[tuple[str, Columns]]:
    """Yield the key's tables of one block."""
    yield "persons", person_truth(block)
    yield "records", record_truth(block.company, block.number)
    yield "ties", tie_truth(block)
    yield "cooperations", cooperation_truth(block)
    yield "future", future_truth(block)
    yield "campaign_customers", campaign_truth(block)
    messages = block_messages(block.company, block.number, block.process, block.orders).truth
    if messages:
        yield "messages", _message_columns(messages)
    reviews = block_reviews(block.company, block.number, block.orders, block.lines).truth
    if reviews:
        yield "reviews", {name: [row[name] for row in reviews] for name in reviews[0]}


def person_truth(block: Block) -> Columns:
    """Return who the people are; purchase parameters are empty for who is no shop customer."""
    company, process = block.company, block.process
    people = People(company, company.block(block.number))
    at = process.person % BLOCK

    def spread(values: np.ndarray) -> np.ndarray:
        found = np.full(BLOCK, np.nan)
        found[at] = values
        return found

    return {
        "person": people.person,
        "household": company.household(people.person),
        "employer": _employers(people),
        "community": company.community(people.person),
        "interest": people.interest,
        "is_zh": people.is_zh,
        "is_junior": people.is_junior,
        "address_key": people.address_key,
        **people.drivers,
        "leave_probability": people.leave_probability,
        "rate_per_day": spread(process.rate_per_day),
        "first_day": spread(process.first_day),
        "left_after_order": spread(process.left_after_order),
        "spend_factor": spread(process.spend_factor),
    }


def _employers(people: People) -> list[str | None]:
    ids = dealings.organization_ids(np.maximum(people.employer, 0))
    return [one if has else None for one, has in zip(ids, people.employer >= 0, strict=True)]


def record_truth(company: Company, number: int) -> Columns:
    """Return which person each source record is."""
    parts = [known_records(company, system, number) for system in SYSTEMS]
    return {
        "source_system": np.repeat(SYSTEMS, [len(part.person) for part in parts]).tolist(),
        "source_record_id": np.concatenate([part.ids() for part in parts]).tolist(),
        "person": np.concatenate([part.person for part in parts]),
    }


def tie_truth(block: Block) -> Columns:
    """Return the true ties, each once."""
    own = block.ties.owned(block.number)
    return {
        "person_a": own.a, "person_b": own.b, "strength": own.strength, "is_bridge": own.is_bridge,
    }  # fmt: skip


def cooperation_truth(block: Block) -> Columns:
    """Return the true strength of cooperation between organizations."""
    each = BLOCK // PERSONS_PER_ORGANIZATION
    numbers = np.arange(block.number * each, (block.number + 1) * each, dtype=np.int64)
    found = dealings.cooperations(block.company, numbers)
    a, b = (np.array([int(i[1:]) for i in found[name]], dtype=np.int64)
            for name in ("organization_id", "partner_id"))  # fmt: skip
    return {
        "organization_id": found["organization_id"],
        "partner_id": found["partner_id"],
        "strength": dealings.cooperation_strength(block.company, a, b),
    }


def future_truth(block: Block) -> Columns:
    """Return each shop customer's orders and amount after the as-of date, by horizon."""
    process, orders, lines = block.process, block.orders, block.lines
    day = orders.second // buying.SECONDS - DAYS
    amount = np.bincount(lines.order, lines.net_cents, len(orders.person))
    place = np.searchsorted(process.person, orders.person)
    past = np.bincount(place[day < 0], minlength=len(process.person))
    columns: Columns = {"person": process.person, "orders_before": past}
    for horizon in HORIZONS:
        here = (day >= 0) & (day < horizon)
        columns[f"orders_{horizon}d"] = np.bincount(place[here], minlength=len(process.person))
        cents = np.bincount(place[here], amount[here], len(process.person))
        columns[f"amount_{horizon}d"] = np.round(cents / 100, 2)
    columns["has_left"] = (past > process.left_after_order) & (past > 0)
    return columns


def campaign_truth(block: Block) -> Columns:
    """Return every eligible customer of every campaign with the true effects."""
    parts = [block_effects(block.company, one, block.number, block.ties) for one in CAMPAIGNS]
    names = (
        "person", "saturation", "is_treated", "exposure", "exposure_if_all", "base_rate", "uplift",
        "spillover_rate", "direct_value", "spillover_value",
    )  # fmt: skip
    ids = [one.id for one in CAMPAIGNS]
    return {
        "campaign_id": np.repeat(ids, [len(part.person) for part in parts]).tolist(),
        **{name: np.concatenate([getattr(part, name) for part in parts]) for name in names},
    }


def _message_columns(rows: list[dict[str, Any]]) -> Columns:
    columns = {name: [row[name] for row in rows] for name in rows[0] if name != "personal_spans"}
    spans = [json.dumps(row["personal_spans"]) for row in rows]
    sentiment = np.array([np.nan if s is None else s for s in columns["sentiment"]], dtype=float)
    intents = [intent or "" for intent in columns["intent"]]
    return {**columns, "intent": intents, "sentiment": sentiment, "personal_spans": spans}


class _Totals:
    """What is summed over all blocks: daily sales, counts of rules, effects of campaigns."""

    def __init__(self, company: Company) -> None:
        self.company = company
        self.goods = buying.catalogue(company)
        self.daily = np.zeros((3, DAYS + FUTURE_DAYS), dtype=np.int64)
        self.n_baskets = 0
        rules = (*buying.BASKET_RULES, *buying.SEQUENCE_RULES)
        self.counts = np.zeros((len(rules), 2), dtype=np.int64)
        self.effects = {one.id: np.zeros(4) for one in CAMPAIGNS}

    def add(self, block: Block) -> None:
        """Add one block."""
        orders, lines = block.orders, block.lines
        day = orders.second // buying.SECONDS
        for row, (at, weight) in enumerate(
            ((day, np.ones(len(day))), (day[lines.order], lines.quantity),
             (day[lines.order], lines.net_cents))
        ):  # fmt: skip
            self.daily[row] += np.bincount(at, weight, self.daily.shape[1]).astype(np.int64)
        self._count_rules(block)
        for campaign in CAMPAIGNS:
            found = block_effects(block.company, campaign, block.number, block.ties)
            spill = found.spillover_value * found.exposure_if_all
            self.effects[campaign.id] += (
                len(found.person), found.direct_value.sum(), spill.sum(), found.uplift.sum(),
            )  # fmt: skip

    def _count_rules(self, block: Block) -> None:
        orders, lines, n = block.orders, block.lines, len(block.orders.person)
        is_past = orders.is_past
        self.n_baskets += int(is_past.sum())

        def holds(item: tuple[int, int]) -> np.ndarray:
            product = item[0] * self.goods.n_per_category + item[1]
            found = np.zeros(n, dtype=bool)
            found[lines.order[lines.product == product]] = True
            return found & is_past

        has_next = np.append(orders.person[1:] == orders.person[:-1], False)
        has_next[:-1] &= is_past[1:]
        for row, rule in enumerate((*buying.BASKET_RULES, *buying.SEQUENCE_RULES)):
            first, then = holds(rule.antecedent), holds(rule.consequent)
            if row >= len(buying.BASKET_RULES):
                first, then = first & has_next, np.append(then[1:], False)
            self.counts[row] += (first.sum(), (first & then).sum())

    def truth(self) -> Columns:
        """Return what truth.json says."""
        return {
            "company": {
                "size": self.company.size, "seed": self.company.seed,
                "customers": self.company.n_customers, "as_of": AS_OF.isoformat(),
                "start": START.isoformat(), "communities": self.company.n_communities,
            },
            "churn": {
                "log_odds_per_sd": CHURN_DRIVERS, "intercept": CHURN_INTERCEPT,
                "mean_and_sd": DRIVER_MOMENTS,
            },
            "forecast": self._forecast(),
            "basket_rules": self._rules(buying.BASKET_RULES, 0),
            "sequence_rules": self._rules(buying.SEQUENCE_RULES, len(buying.BASKET_RULES)),
            "campaigns": [self._campaign(one.id) for one in CAMPAIGNS],
            "dirt": DIRT,
        }  # fmt: skip

    def _forecast(self) -> Columns:
        return {
            "intensity": np.round(buying.calendar(), 6).tolist(),
            "trend_per_year": buying.TREND_PER_YEAR, "weekdays": buying.WEEKDAYS,
            "year": [buying.YEAR_AMPLITUDE, buying.YEAR_PEAK_DAY], "holidays": buying.HOLIDAYS,
            "orders": self.daily[0].tolist(), "units": self.daily[1].tolist(),
            "net_cents": self.daily[2].tolist(),
        }  # fmt: skip

    def _rules(self, rules: tuple[buying.Rule, ...], first: int) -> list[Columns]:
        def name(item: tuple[int, int]) -> str:
            return f"P{item[0] * self.goods.n_per_category + item[1]:05d}"

        return [
            {
                "antecedent": name(rule.antecedent), "consequent": name(rule.consequent),
                "planted_probability": rule.probability,
                "count_antecedent": int(self.counts[first + row, 0]),
                "count_both": int(self.counts[first + row, 1]), "baskets": self.n_baskets,
            }
            for row, rule in enumerate(rules)
        ]  # fmt: skip

    def _campaign(self, name: str) -> Columns:
        n, direct, spill, uplift = self.effects[name].tolist()
        return {
            "campaign_id": name, "eligible": int(n), "is_closed": name in {c.id for c in CLOSED},
            "direct_value": round(direct / n, 6), "spillover_value": round(spill / n, 6),
            "total_value": round((direct + spill) / n, 6), "mean_uplift": round(uplift / n, 6),
        }  # fmt: skip
