"""A house that plans day after day: what was planned comes back as touches, limits are counted."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from crm_tasks.steps.strategy import REMEMBERED
from crm_tasks.strategy.plan import plan_contacts
from crm_tasks.strategy.rules import load_rules
from tests.strategy.builders import AS_OF, customer, frames, letter, params

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from crm_tasks.contracts.frames import Scratch
    from crm_tasks.strategy.params import PlanParams

SEGMENTS = ("champions", "loyal", "lost", "cannot_lose", "at_risk", "new", "no_orders")
CAPS = {"email": 2, "sms": 1, "mail": 1}


def drawn_customers(rng: np.random.Generator, n: int) -> list[dict[str, Any]]:
    """Return customers of all kinds, some of them silent, refusing or without a rhythm."""
    maybe = lambda value: value if rng.random() > 0.2 else None  # noqa: E731
    return [
        customer(
            f"c{i:02}",
            rfm_segment=str(rng.choice(SEGMENTS)),
            recency_days=maybe(int(rng.integers(0, 400))),
            frequency=maybe(int(rng.integers(1, 40))),
            monetary_value=maybe(Decimal(int(rng.integers(1, 300)))),
            preferred_iso_weekday=maybe(int(rng.integers(1, 8))),
            preferred_hour=maybe(int(rng.integers(0, 24))),
            consent_email=maybe(bool(rng.random() < 0.7)),
            consent_sms=maybe(bool(rng.random() < 0.5)),
            influence_value=maybe(float(np.round(rng.gamma(1, 0.5), 6))),
        )
        for i in range(n)
    ]


def days(
    lend: Callable[..., Scratch], seed: int, n_days: int, n_customers: int = 12
) -> Iterator[tuple[PlanParams, list[dict[str, Any]], list[dict[str, Any]]]]:
    """Yield (parameters, customers, actions) of each day's plan, fed with those of the days before.

    A planned touch comes back as a sent one on its day, or is never heard of, by chance.
    """
    rng = np.random.default_rng(seed)
    people = drawn_customers(rng, n_customers)
    rules, history, contacts = load_rules(), [], []
    for n in range(n_days):
        today = AS_OF + dt.timedelta(days=n)
        chosen = params(
            as_of=today, channels=("sms", "email"), is_dry_run=False, time_zone="Asia/Shanghai",
            consent_when_unknown=str(rng.choice(["deny", "assume"])),
            actions_per_day=int(rng.integers(1, 5)), seed=f"seed {seed}", exploration_share=0.3,
            budget=Decimal(int(rng.integers(0, 60))) / 100,
            channel_per_day=(("sms", int(rng.integers(0, 3))),),
        )  # fmt: skip
        # As a step reads them: of the last days only, in one piece.
        remembered = history[-REMEMBERED.days :]
        previous = pa.concat_tables(remembered).combine_chunks() if remembered else None
        letters = (
            (letter(f"m{n}", people[n % n_customers]["customer_id"], 3 - n),) if n % 3 == 0 else ()
        )
        given = frames(*people, previous=previous, contacts=tuple(contacts), messages=letters)
        actions = plan_contacts(lend(**given), chosen, rules).tables["actions"]
        history.append(actions)
        contacts += [
            {"customer_id": a["customer_id"], "channel_id": a["channel_id"],
             "sent_at": a["scheduled_at"], "strategy_action_id": a["strategy_action_id"]}
            for a in actions.to_pylist() if rng.random() < 0.8
        ]  # fmt: skip
        yield chosen, people, actions.to_pylist()


def violations(
    plans: Iterator[tuple[PlanParams, list[dict[str, Any]], list[dict[str, Any]]]],
) -> tuple[list[str], int]:
    """Return every broken promise of a row of plans, and how many actions were planned in all."""
    broken: list[str] = []
    touches: dict[tuple[str, str], list[dt.date]] = {}
    n_actions = 0
    for chosen, people, actions in plans:
        n_actions += len(actions)
        broken += _of_one_plan(chosen, {row["customer_id"]: row for row in people}, actions)
        for action in actions:
            if action["issue_id"] is None:
                key = (action["customer_id"], action["channel_id"])
                touches.setdefault(key, []).append(_local(action).date())
    for (who, channel), dates in touches.items():
        for day in dates:
            within = sum(day - dt.timedelta(days=7) < other <= day for other in dates)
            if within > CAPS[channel]:
                broken.append(f"{who} is touched {within} times by {channel} up to {day}")
    return broken, n_actions


def _of_one_plan(  # noqa: C901 (one line per promise)
    chosen: PlanParams, people: dict[str, dict[str, Any]], actions: list[dict[str, Any]]
) -> Iterator[str]:
    offers = [a for a in actions if a["issue_id"] is None]
    duties = [a for a in actions if a["issue_id"] is not None]
    spent = sum((a["cost"] for a in offers), Decimal(0))
    if spent > max(chosen.budget - sum((a["cost"] for a in duties), Decimal(0)), Decimal(0)):
        yield f"{chosen.as_of}: {spent} spent of {chosen.budget}"
    if len({a["customer_id"] for a in offers}) < len(offers):
        yield f"{chosen.as_of}: two actions for one customer"
    per_day = Counter(_local(a).date() for a in offers)
    if max(per_day.values(), default=0) > chosen.actions_per_day:
        yield f"{chosen.as_of}: a day has more than {chosen.actions_per_day}"
    sms = Counter(_local(a).date() for a in offers if a["channel_id"] == "sms")
    if max(sms.values(), default=0) > dict(chosen.channel_per_day)["sms"]:
        yield f"{chosen.as_of}: too many text messages"
    for action in offers:
        consent = people[action["customer_id"]].get(f"consent_{action['channel_id']}")
        if not (consent or (consent is None and chosen.consent_when_unknown == "assume")):
            yield f"{chosen.as_of}: no consent"
    for action in actions:
        if not dt.time(8) <= _local(action).time() < dt.time(21):
            yield f"{chosen.as_of}: {action['scheduled_at']} is a quiet hour"
        if not 0 <= (_local(action).date() - chosen.as_of).days <= 6:
            yield f"{chosen.as_of}: {action['scheduled_at']} is out of the week"


def _local(action: dict[str, Any]) -> dt.datetime:
    return action["scheduled_at"] + dt.timedelta(hours=8)  # Asia/Shanghai
