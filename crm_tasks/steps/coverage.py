"""Which capabilities a profile's sources can feed; what is off is said, never shown as zero."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING

from crm_tasks.contracts.ops import PIPELINE_COVERAGE

if TYPE_CHECKING:
    from crm_tasks.profiles import Profile
    from crm_tasks.warehouse.ledger import Claim, Ledger

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Capability:
    """Something the product does, the entities it needs and what is off without them."""

    name: str
    needs: tuple[str, ...]
    without: str


IDENTIFYING = "identifying columns"
CAPABILITIES = (
    Capability("purchases", ("order_items",), "no purchase features, ties, segments or forecasts"),
    Capability("campaigns", ("campaigns", "contacts"), "no contact history, no campaign response"),
    Capability("redemptions", ("redemptions",), "no coupon response"),
    Capability("browse", ("page_views",), "browse columns are NULL; no sessions, no funnel"),
    Capability("reviews", ("reviews",), "no scores, sentiment or low-score alerts"),
    Capability("messages", ("messages",), "no intents, open issues or drafts of replies"),
    Capability("social", ("social_interactions",), "no reply or mention ties"),
    Capability("ties", ("ties",), "no trust, cooperation or referral ties; purchase ties only"),
    Capability("organizations", ("organizations",), "all customers are individuals"),
    Capability("identity", (IDENTIFYING,), "no e-mail, phone or name to link records by: "
               "each source record is one customer"),
    Capability("consents", ("consents",), "consent is unknown; the profile's rule decides"),
    Capability("randomised_outcomes", ("assignments", "outcomes"), "no causal word; results are "
               "observational"),
    Capability("surveys", ("surveys",), "no satisfaction score"),
    Capability("opportunities", ("opportunities",), "no pipeline, no win rates"),
)  # fmt: skip


def coverage(profile: Profile) -> list[dict[str, str]]:
    """Return one row per capability: on with what feeds it, or off with what that means."""
    fed = set(profile.entities_fed)
    if profile.has_identifying_columns:
        fed.add(IDENTIFYING)
    return coverage_of(fed)


def coverage_of(fed: set[str]) -> list[dict[str, str]]:
    """Return one row per capability for what would feed it: entities, identifying columns."""
    return [_row(capability, fed) for capability in CAPABILITIES]


def record_coverage(ledger: Ledger, claim: Claim, run_id: str, profile: Profile) -> None:
    """Write a run's coverage and log what is off, one line."""
    rows = [{"run_id": run_id, **row} for row in coverage(profile)]
    ledger.record(claim, PIPELINE_COVERAGE, rows)
    log.info("off: %s", ", ".join(row["capability"] for row in rows if row["status"] == "off"))


def _row(capability: Capability, fed: set[str]) -> dict[str, str]:
    missing = [name for name in capability.needs if name not in fed]
    off = f"no source feeds {', '.join(missing)}: {capability.without}"
    return {
        "capability": capability.name,
        "entity": ", ".join(capability.needs),
        "status": "off" if missing else "on",
        "reason": off if missing else f"fed by {', '.join(capability.needs)}",
    }
