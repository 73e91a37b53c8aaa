"""What the identity step reads: staged records, their values out of the vault, what was before."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from crm_tasks.errors import RunStateError
from crm_tasks.identity.ids import number_records, start_of
from crm_tasks.identity.inputs import (
    PLAIN,
    TOKENS,
    VAULTED,
    Decision,
    Inputs,
    Previous,
    current_customers,
    described_records,
)
from crm_tasks.identity.links import PAIR_COLUMNS
from crm_tasks.identity.model import IdentityModel
from crm_tasks.identity.params import IdentityParams
from crm_tasks.privacy.vault import Vault
from crm_tasks.steps.known_versions import with_known
from crm_tasks.warehouse.decisions import decisions_of
from crm_tasks.warehouse.models import ModelStore
from crm_tasks.warehouse.vaulted import TOKEN, identifying_values

if TYPE_CHECKING:
    from collections.abc import Sequence

    from crm_tasks.profiles import Profile
    from crm_tasks.steps.run import Run

REFERENCES = ("source_system", "customer_source_id", "first_known_at", "first_landing_sequence")
LINES = (
    "source_system", "order_item_source_id", "customer_source_id", "net_amount", "ordered_at",
    "known_at", "reject_reason", "landing_sequence", "record_no", "batch_id",
)  # fmt: skip
#: What each record bought, in cents.
REVENUE = f"""
{with_known("lines", "order_item_source_id")}
select source_system || ':' || customer_source_id as record_key,
    cast(sum(net_amount) * 100 as bigint) as cents
from known
where reject_reason is null and coalesce(cast(ordered_at as timestamp) < $moment, true)
group by all
order by all
"""  # noqa: S608 (names in our own code)
REASONS = ("record_l", "record_r", "field", "comparison_level", "weight")


def params_of(profile: Profile) -> IdentityParams:
    """Return the numbers of the linkage, as the profile sets them."""
    told = profile.identity
    return IdentityParams(
        auto_threshold=told.auto_threshold,
        review_threshold=told.review_threshold,
        regions=told.phone_regions,
    )


def identifies_customers(profile: Profile) -> bool:
    """Return whether any source says something that could show two records to be one person."""
    return any(
        name.endswith(TOKEN)
        for source in profile.sources
        for table in source.tables
        for feed in table.feeds
        if feed.entity == "customers"
        for name in feed.map
    )


def model_store(run: Run) -> ModelStore:
    """Return the identity models of the run's profile."""
    return ModelStore(run.home, run.ledger, run.profile.profile, "identity")


def vault_of(run: Run) -> Vault:
    """Return the home's vault."""
    return Vault(run.home.vault, run.derived_key("vault"))


def read_records(run: Run) -> pa.Table:
    """Return all records known before the as-of date, by number."""
    references = run.read("staging.stg_customer_references", REFERENCES)
    return number_records(references, run.as_of, run.profile.time_zone)


def read_versions(run: Run) -> pa.Table:
    """Return every accepted version of the customers' records, with tokens."""
    names = (*PLAIN, *TOKENS, "reject_reason")
    staged = run.read("staging.stg_customers", names)
    return staged.filter(pc.is_null(staged["reject_reason"])).drop_columns(["reject_reason"])


def read_inputs(run: Run, records: pa.Table, versions: pa.Table) -> Inputs:
    """Return all that the resolution depends on; clear values stay in memory."""
    moment = start_of(run.as_of, run.profile.time_zone)
    with run.scratch() as scratch:
        current = current_customers(scratch, versions.select(list(PLAIN)), moment, records)
        needed = set(pc.unique(current["batch_id"]).to_pylist())
        batches = [b for b in run.ledger.batches_of_run(run.run_id) if b["batch_id"] in needed]
        values = identifying_values(vault_of(run), run.profile, batches, "customers", VAULTED)
        described = described_records(scratch, current, values)
    return Inputs(
        records=records,
        described=described,
        key=run.key,
        token_key=run.derived_key("token"),
        as_of=run.as_of,
        moment=moment,
        trust={source.source_system: source.trust for source in run.profile.sources},
        date_formats=date_formats(run.profile),
        decisions=read_decisions(run),
        previous=read_previous(run),
        model=read_model(run),
    )


def date_formats(profile: Profile) -> dict[str, tuple[str, ...]]:
    """Return, by source system, the date formats its customers' tables declare."""
    found: dict[str, tuple[str, ...]] = {}
    for source in profile.sources:
        declared = [
            formats.date
            for table in source.tables
            if any(feed.entity == "customers" for feed in table.feeds)
            for formats in (table.values, *table.column_values.values())
            if formats.date is not None
        ]
        found[source.source_system] = tuple(dict.fromkeys(declared))
    return found


def read_decisions(run: Run) -> tuple[Decision, ...]:
    """Return what people decided, the oldest first."""
    return tuple(
        Decision(
            row["record_l"], row["record_r"], row["decision"], row["decided_by"], row["reason"]
        )
        for row in decisions_of(run.ledger, run.profile.profile)
    )


def read_model(run: Run) -> IdentityModel | None:
    """Return the model in force, or None before the first was trained."""
    store = model_store(run)
    row = store.accepted()
    return None if row is None else IdentityModel.from_bytes(store.read(row))


def read_previous(run: Run) -> Previous | None:
    """Return what the predecessor found, as far as it can be built upon."""
    records = run.read_predecessor("identity.records")
    if records is None or run.predecessor_run_id is None:
        return None
    try:
        links = run.read_predecessor("identity.links")
        reasons = run.read_predecessor("identity.link_reasons")
    except RunStateError:
        return Previous(records)
    comparable = vault_of(run).get(comparable_name(run, run.predecessor_run_id))
    if links is None or reasons is None or comparable is None or not links.num_rows:
        return Previous(records)
    version = str(links["model_version"][0].as_py())
    return Previous(
        records,
        links.select(list(PAIR_COLUMNS)),
        reasons.select(list(REASONS)),
        comparable,
        version,
    )


def comparable_name(run: Run, run_id: str) -> str:
    """Return where the vault keeps the comparable records of a run."""
    return f"identity/{run.profile.profile}/run={run_id}"


def read_revenue(run: Run, records: pa.Table) -> dict[int, int] | None:
    """Return, per record, what it bought before the as-of date in cents; None without sales."""
    if "order_items" not in run.profile.entities_fed:
        return None
    lines = run.read("staging.stg_order_items", LINES)
    moment = start_of(run.as_of, run.profile.time_zone)
    with run.scratch() as scratch:
        scratch.register("lines", lines)
        sums = scratch.query(REVENUE, {"moment": moment})
    places = pc.index_in(sums["record_key"], value_set=records["record_key"].combine_chunks())
    cents = zip(places.to_pylist(), sums["cents"].to_pylist(), strict=True)
    return {place: int(sold) for place, sold in cents if place is not None and sold is not None}


def new_decisions(run: Run, decisions: Sequence[Decision]) -> list[Decision]:
    """Return the decisions that no earlier run of this line has published yet."""
    known = {
        (row["record_l"], row["record_r"], row["decision"], row["decided_by"], row["reason"])
        for table in run.read_history("identity.decisions")
        for row in table.to_pylist()
    }
    latest = {(d.record_l, d.record_r): d for d in decisions}
    return [
        d for d in latest.values()
        if (d.record_l, d.record_r, d.decision, d.decided_by, d.reason) not in known
    ]  # fmt: skip
