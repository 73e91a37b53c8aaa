"""What the text step reads: which texts there are, their words from the vault, people's names."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from crm_tasks.identity.ids import start_of
from crm_tasks.steps.identity_inputs import vault_of
from crm_tasks.steps.known_versions import with_known
from crm_tasks.text.known_values import KnownValues
from crm_tasks.warehouse.vaulted import identifying_values, values_beside

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from crm_tasks.steps.run import Run

BATCHED = ("batch_id", "record_no")
VERSIONED = ("source_system", *BATCHED, "landing_sequence", "known_at", "reject_reason")
NAMES = ("full_name", "given_name", "family_name", "display_name")
BESIDE = ("name", "address")


@dataclass(frozen=True)
class Told:
    """Where an entity keeps its text.

    Parameters
    ----------
    field : str
        The field, without ``_token``.
    direction : str
        SQL that says whether the customer wrote it.
    """

    entity: str
    key: str
    customer: str
    field: str
    at: str
    direction: str = "true"

    @property
    def columns(self) -> tuple[str, ...]:
        """Columns of the staging table that are read."""
        own = (self.key, self.customer, f"{self.field}_token", self.at)
        return (*VERSIONED, *own, *(("direction",) if "direction" in self.direction else ()))


TOLD = (
    Told("messages", "message_source_id", "customer_source_id", "text", "sent_at",
         "coalesce(direction, 'in') = 'in'"),
    Told("reviews", "review_source_id", "customer_source_id", "content", "reviewed_at"),
    Told("social_interactions", "interaction_source_id", "actor_source_id", "text", "occurred_at"),
)  # fmt: skip
#: The versions that hold, identified as core identifies them.
CURRENT = (
    with_known("staged", "{key}")
    + """
select
    '{entity}:' || known.source_system || ':' || {key} as text_id,
    '{entity}' as source_entity,
    records.customer_id,
    {direction} as is_from_customer,
    {field}_token as text_token,
    {at} as written_at,
    batch_id,
    record_no
from known
left join records
    on known.source_system = records.source_system
    and known.{customer} = records.source_record_id
where reject_reason is null and {field}_token is not null
    and coalesce({at} < $moment, true)
order by text_id
"""
)
OWNERS = """
select distinct records.customer_id, batch_id, record_no
from staged inner join records
    on staged.source_system = records.source_system
    and staged.customer_source_id = records.source_record_id
where reject_reason is null and records.customer_id is not null
order by all
"""


def list_texts(run: Run) -> pa.Table:
    """Return the texts of every entity that is fed, known before the as-of date."""
    records = run.read("identity.records", ("source_system", "source_record_id", "customer_id"))
    moment = start_of(run.as_of, run.profile.time_zone)
    parts = []
    for told in TOLD:
        if told.entity not in run.profile.entities_fed:
            continue
        staged = run.read(f"staging.stg_{told.entity}", told.columns)
        with run.scratch(staged=staged, records=records) as scratch:
            sql = CURRENT.format(**vars(told))
            parts.append(scratch.query(sql, {"moment": moment}))
    return pa.concat_tables(parts) if parts else pa.table({})


def read_known(run: Run, texts: pa.Table) -> tuple[KnownValues, dict[str, list[str]]]:
    """Return the names and addresses that are masked anywhere, and each customer's own names."""
    owned = _customer_values(run)
    told = [
        (kind, value)
        for kind, names in (("name", NAMES), ("address", ("address",)))
        for name in names
        for value in owned[name].drop_null().unique().to_pylist()
    ]
    pairs = zip(owned["given_name"].to_pylist(), owned["family_name"].to_pylist(), strict=True)
    told += [("name", f"{given} {family}") for given, family in set(pairs) if given and family]
    for entity in pc.unique(texts["source_entity"]).to_pylist():
        beside = values_beside(vault_of(run), run.profile, _batches(run, texts), entity, BESIDE)
        told += zip(beside["kind"].to_pylist(), beside["value"].to_pylist(), strict=True)
    own: dict[str, list[str]] = defaultdict(list)
    for name in NAMES:
        for customer, value in zip(
            owned["customer_id"].to_pylist(), owned[name].to_pylist(), strict=True
        ):
            if value:
                own[customer].append(value)
    return KnownValues.of(told), dict(own)


def clear_texts(run: Run, texts: pa.Table) -> Iterator[tuple[pa.Table, pa.ChunkedArray]]:
    """Yield the texts of one landed batch after the other, and their words as they came.

    Words stand in the order of the texts beside them; NULL where the vault has nothing any more.
    No more than the words of one batch are out of the vault at a time.
    """
    fields = {told.entity: told.field for told in TOLD}
    batches = {batch["batch_id"]: batch for batch in _batches(run, texts)}
    vault = vault_of(run)
    for entity, batch_id, own in _by_batch(texts):
        field = fields[entity]
        known = [batches[batch_id]] if batch_id in batches else []
        values = identifying_values(vault, run.profile, known, entity, (field,))
        place = pc.index_in(own["record_no"], value_set=values["record_no"].combine_chunks())
        yield own, values[field].take(place)


def _by_batch(texts: pa.Table) -> Iterator[tuple[str, str, pa.Table]]:
    """Yield entity, landed batch and the texts of each."""
    keys = ["source_entity", "batch_id"]
    ordered = texts.sort_by([(key, "ascending") for key in (*keys, "record_no")])
    sizes = ordered.group_by(keys, use_threads=False).aggregate([([], "count_all")])
    start = 0
    for one in sizes.to_pylist():
        yield one["source_entity"], one["batch_id"], ordered.slice(start, one["count_all"])
        start += one["count_all"]


def _customer_values(run: Run) -> pa.Table:
    """Return the names and addresses of customers, with whose they are."""
    fields = (*NAMES, "address")
    columns = ("source_system", "customer_source_id", *BATCHED, "reject_reason")
    staged = run.read("staging.stg_customers", columns)
    records = run.read("identity.records", ("source_system", "source_record_id", "customer_id"))
    with run.scratch(staged=staged, records=records) as scratch:
        owners = scratch.query(OWNERS)
    values = identifying_values(
        vault_of(run), run.profile, _batches(run, owners), "customers", fields
    )
    return owners.join(values, list(BATCHED), join_type="inner", use_threads=False)


def _batches(run: Run, rows: pa.Table) -> Sequence[Mapping[str, object]]:
    """Return the rows of ops.batches that rows of a table come from."""
    needed = set(pc.unique(rows["batch_id"]).to_pylist())
    return [b for b in run.ledger.batches_of_run(run.run_id) if b["batch_id"] in needed]
