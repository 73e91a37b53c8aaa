"""What a plan may do: days, channels, consent, budget, capacities, fairness and exploration."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    import datetime as dt
    from decimal import Decimal

#: Days a plan reaches ahead, the as-of date included.
DAYS_AHEAD = 7


@dataclass(frozen=True)
class Fairness:
    """Bounds on what each group of customers gets.

    Attributes
    ----------
    by : str
        A text column of the features, or ``class_<scheme>`` of the rule book.
    at_least : float
        Share of each group's reachable customers that gets an action, as far as places allow.
    at_most : float
        Share of all places of the plan that one group may hold.
    """

    by: str
    at_least: float = 0.0
    at_most: float = 1.0


@dataclass(frozen=True)
class Running:
    """An experiment that runs on the as-of date.

    Attributes
    ----------
    campaign : str
        Its name, as customers were drawn for it.
    design : {'cluster', 'unit'}
        What was drawn: communities, then their members, or single customers.
    baselines : tuple of {'propensity', 'out_degree', 'random'}
        Usual ways to choose that decide on as many of the treated as the plan does, each.
    """

    campaign: str
    design: str
    baselines: tuple[str, ...] = ()


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
    seed : str
        Secret that decides every draw; the same seed draws the same.
    budget : Decimal, optional
        Most that all actions of the plan may cost; None: no limit.
    channel_per_day : tuple of (channel, number)
        Most actions a day on a channel, where the house has a limit.
    fairness : tuple of Fairness
        Bounds on groups.
    issue_deadline_days : int
        An open issue older than this is answered before anything else.
    exploration_share : float
        Share of each day's places whose customers and contents are drawn at random.
    days_considered : int
        Days tried per customer, the preferred one first.
    off_day, off_channel : float
        What a day but the preferred, or a channel but the preferred, leaves of an option's benefit.
    influence_weight : float
        What a follower counts beside the customer reached.
    margin_share : float
        What the house keeps of an order's net amount.
    response_prior, response_prior_weight : float
        Share of touches answered where nothing is on record, and how many touches it stands for.
    default_hour : int
        Hour for customers without a preferred one.
    connected_from : float
        Expected followers from which being well connected is worth a reason.
    exact_at_most : int
        Options up to which a mixed-integer program decides.
    experiments : tuple of Running
        Experiments that run on the as-of date.
    """

    as_of: dt.date
    time_zone: str
    channels: tuple[str, ...]
    consent_when_unknown: Literal["deny", "assume"]
    actions_per_day: int
    is_dry_run: bool
    seed: str = field(repr=False, default="")
    budget: Decimal | None = None
    channel_per_day: tuple[tuple[str, int], ...] = ()
    fairness: tuple[Fairness, ...] = ()
    issue_deadline_days: int = 2
    exploration_share: float = 0.05
    days_considered: int = 2
    off_day: float = 0.8
    off_channel: float = 0.9
    influence_weight: float = 1.0
    margin_share: float = 1.0
    response_prior: float = 0.05
    response_prior_weight: float = 20.0
    default_hour: int = 10
    connected_from: float = 0.5
    exact_at_most: int = 5_000
    experiments: tuple[Running, ...] = ()

    @property
    def design(self) -> str:
        """How the running experiments drew: communities, where any of them did."""
        return min((one.design for one in self.experiments), default="none")

    @property
    def policy(self) -> tuple[object, ...]:
        """What decides beside the rules: all of it but the date and the seed."""
        named = [f.name for f in fields(self) if f.name not in ("as_of", "seed")]
        return tuple(getattr(self, name) for name in named)
