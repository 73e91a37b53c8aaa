"""The plan: at most one action per customer, chosen by rule, allowed by consent and caps.

The way of a customer through the plan: the first rule that applies, the first channel that may be
used, the next preferred weekday and hour outside quiet hours, and a place among the day's actions.
The choice is deterministic, so its propensity is 1; expected uplift and value stay NULL until
randomised evidence exists.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Literal

import pyarrow as pa

from crm_tasks.strategy import statements, wording
from crm_tasks.strategy.rules import RuleBook, fire_rules

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable

    from crm_tasks.contracts.frames import Scratch

#: What an action carries only until its reasons are written.
CARRIED = ("text_en", "text_zh", "value", "preferred_iso_weekday", "preferred_hour")


@dataclass(frozen=True)
class PlanParams:
    """What a plan may do.

    Attributes
    ----------
    as_of : date
        The day the plan is made for; actions fall on it or on the six days after.
    time_zone : str
        Where the company is; preferred hours and quiet hours are local.
    channels : tuple of str
        Channels in order of preference, as the profile lists them.
    consent_when_unknown : {'deny', 'assume'}
        What holds for a customer whose consent no source records.
    actions_per_day : int
        Most actions planned for one day.
    is_dry_run : bool
        Whether nothing may leave the house.
    default_hour : int
        Hour for customers without a preferred one.
    connected_from : float
        Expected followers from which being well connected is worth a reason.
    """

    as_of: dt.date
    time_zone: str
    channels: tuple[str, ...]
    consent_when_unknown: Literal["deny", "assume"]
    actions_per_day: int
    is_dry_run: bool
    default_hour: int = 10
    connected_from: float = 0.5

    @property
    def policy(self) -> tuple[object, ...]:
        """What decides beside the rules: all of it but the date."""
        return tuple(value for name, value in asdict(self).items() if name != "as_of")


@dataclass(frozen=True)
class Plan:
    """The rows of the strategy tables, and how many customers passed the first two steps."""

    rules_fired: pa.Table
    campaigns: pa.Table
    actions: pa.Table
    action_reasons: pa.Table
    n_with_rule: int
    n_reachable: int


def plan_contacts(scratch: Scratch, params: PlanParams, book: RuleBook) -> Plan:
    """Return the plan for one as-of date.

    ``scratch`` holds customers (features.feat_customers_wide), channels (core.dim_channels),
    contents (core.dim_contents) and previous_actions (strategy.actions of the predecessor, maybe
    empty), whose customers are left alone while an action of theirs is due or just past.
    """
    fired = _keep(scratch, "fired", fire_rules(scratch, book, params.as_of))
    _register_words(scratch, book, params.channels)
    bound = {
        **asdict(params),
        "policy_version": policy_version(book, params),
        "status": "planned_dry_run" if params.is_dry_run else "planned",
    }
    chosen = _keep(scratch, "chosen", _query(scratch, statements.CHOSEN, bound))
    reachable = _keep(scratch, "reachable", _query(scratch, statements.REACHABLE, bound))
    _keep(scratch, "scheduled", _query(scratch, statements.SCHEDULED, bound))
    actions = _keep(scratch, "actions", _query(scratch, statements.ACTIONS, bound))
    return Plan(
        rules_fired=fired,
        campaigns=_query(scratch, statements.CAMPAIGNS, bound),
        actions=actions.drop_columns(list(CARRIED)),
        action_reasons=_query(scratch, statements.REASONS, bound),
        n_with_rule=chosen.num_rows,
        n_reachable=reachable.num_rows,
    )


def policy_version(book: RuleBook, params: PlanParams) -> str:
    """Return a version that changes with any rule or parameter, but not with the date."""
    content = repr((book.digest, params.policy))
    return f"rules-{hashlib.sha256(content.encode()).hexdigest()[:12]}"


def _register_words(scratch: Scratch, book: RuleBook, channels: tuple[str, ...]) -> None:
    numbered = [
        (no, r.id, r.objective, r.contents[0], r.reason_en, r.reason_zh)
        for no, r in enumerate(book.expansions, 1)
    ]
    names = ("rule_no", "rule_id", "objective", "content_id", "text_en", "text_zh")
    scratch.register("rules", _table(names, numbered))
    places = [(channel, place) for place, channel in enumerate(channels, 1)]
    scratch.register("allowed_channels", _table(("channel", "place"), places))
    scratch.register("wording", _table(("reason_code", "text_en", "text_zh"), wording.REASONS))
    scratch.register("weekdays", _table(("iso_weekday", "name_en", "name_zh"), wording.WEEKDAYS))
    scratch.register("objectives", _table(("objective", "name_en", "name_zh"), wording.OBJECTIVES))


def _table(names: tuple[str, ...], rows: Iterable[tuple[object, ...]]) -> pa.Table:
    return pa.Table.from_pylist([dict(zip(names, row, strict=True)) for row in rows])


def _keep(scratch: Scratch, name: str, rows: pa.Table) -> pa.Table:
    scratch.register(name, rows)
    return rows


def _query(scratch: Scratch, statement: str, bound: dict[str, object]) -> pa.Table:
    named = set(re.findall(r"\$(\w+)", statement))
    return scratch.query(statement, {name: bound[name] for name in named})
