"""A resolution as the rows of the identity tables."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from crm_tasks.identity import golden, normalise
from crm_tasks.identity.blocking import CANDIDATES, Rule, count_pairs
from crm_tasks.identity.ids import Why, changes, customer_ids, event_rows, record_rows
from crm_tasks.identity.inputs import PLATFORMS
from crm_tasks.identity.links import link_rows, review_rows
from crm_tasks.identity.relations import relation_rows
from crm_tasks.identity.uncertainty import count_interval_rows
from crm_tasks.privacy.tokens import tokenise

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping, Sequence

    import numpy.typing as npt

    from crm_tasks.contracts.frames import Scratch
    from crm_tasks.identity.inputs import Decision, Inputs
    from crm_tasks.identity.resolve import Resolution

    Ints = npt.NDArray[np.int64]

#: How the identifiers of the vault are named outside it, by the column their token stands in.
EXTERNAL_IDS = {
    "email_token": "email_hash", "phone_token": "phone_hash", "loyalty_id_token": "loyalty_id",
    "wechat_token": "wechat", "weibo_token": "weibo", "x_token": "x", "facebook_token": "facebook",
}  # fmt: skip
#: Pairs that share a home with more names than this are no household.
LARGEST_HOME = 8


def singleton_rows(inputs: Inputs) -> dict[str, pa.Table]:
    """Return identity.records and identity.events where nothing identifies anybody."""
    label = np.arange(inputs.records.num_rows, dtype=np.int64)
    ids = customer_ids(inputs.records, label, inputs.key)
    return {
        "records": record_rows(inputs.records, label, ids, set(), inputs.as_of),
        "events": _events(inputs, ids, Why()),
    }


def resolved_rows(
    scratch: Scratch,
    inputs: Inputs,
    found: Resolution,
    staged: pa.Table,
    revenue: Mapping[int, int] | None,
) -> dict[str, pa.Table]:
    """Return the rows of every identity table but the decisions, by table name.

    Parameters
    ----------
    scratch : Scratch
        The engine the resolution was worked out in; it holds ``records``.
    staged : pyarrow.Table
        All versions of the records with their tokens, for the identifiers.
    revenue : mapping of int to int, optional
        By record: what it bought, in cents.
    """
    label = found.verdicts.label
    ids = customer_ids(inputs.records, label, inputs.key)
    links = link_rows(
        found.pairs,
        found.verdicts.decisions,
        found.verdicts.reasons,
        found.model.version,
        inputs.as_of,
    )
    decided = _decided_clusters(inputs.decisions, inputs.records, label)
    rows = {
        "records": record_rows(inputs.records, label, ids, decided, inputs.as_of),
        "events": _events(inputs, ids, _why(inputs, found)),
        "links": links,
        "link_reasons": _dated(found.reasons, inputs.as_of),
        "review_queue": review_rows(links, found.verdicts.is_linked, inputs.as_of),
    }
    put_owned(scratch, inputs, ids)
    put_confidence(scratch, links, rows["records"])
    golden.choose_values(scratch, inputs.trust)
    described = inputs.described
    rows["golden_field_sources"] = golden.field_source_rows(scratch, inputs.as_of)
    rows["golden_customers"] = golden.golden_rows(
        scratch,
        inputs.as_of,
        has_email=described["email"].null_count < described.num_rows,
        has_phone=described["phone"].null_count < described.num_rows,
    )
    rows["identifiers"] = identifier_rows(scratch, staged, rows["records"], inputs)
    rows["relations"] = relation_rows(scratch, inputs.as_of)
    rows["count_intervals"] = count_interval_rows(
        found.verdicts.labels, revenue, _homes(scratch), inputs.as_of
    )
    rows["blocking_rules"] = blocking_rows(scratch, found, inputs.as_of)
    return rows


def _dated(rows: pa.Table, as_of: dt.date) -> pa.Table:
    dates = pa.repeat(pa.scalar(as_of, pa.date32()), rows.num_rows)
    return rows.append_column("as_of_date", dates)


def _decided_clusters(decisions: Sequence[Decision], records: pa.Table, label: Ints) -> set[int]:
    """Return the clusters that hold two records a person decided to be the same."""
    place = {key: number for number, key in enumerate(records["record_key"].to_pylist())}
    return {
        int(label[place[d.record_l]])
        for d in decisions
        if d.decision == "same" and d.record_l in place and d.record_r in place
        and label[place[d.record_l]] == label[place[d.record_r]]
    }  # fmt: skip


def _why(inputs: Inputs, found: Resolution) -> Why:
    previous = inputs.previous
    is_new = previous is not None and previous.model_version not in ("", found.model.version)
    named: dict[str, set[str]] = {"same": set(), "different": set()}
    for decision in inputs.decisions:
        named[decision.decision] |= {decision.record_l, decision.record_r}
    return Why(
        "new_model" if is_new else "evidence",
        frozenset(named["same"]),
        frozenset(named["different"]),
    )


def _events(inputs: Inputs, ids: Sequence[str], why: Why) -> pa.Table:
    keys = inputs.records["record_key"].to_pylist()
    known = dict(zip(keys, inputs.records["first_known_at"].to_pylist(), strict=True))
    before: dict[str, str] = {}
    if inputs.previous is not None:
        rows = inputs.previous.records
        order = ("founding_sequence", "source_system", "source_record_id")
        rows = rows.sort_by([(name, "ascending") for name in order])
        names = pc.binary_join_element_wise(rows["source_system"], rows["source_record_id"], ":")
        before = dict(zip(names.to_pylist(), rows["customer_id"].to_pylist(), strict=True))
    now = dict(zip(keys, ids, strict=True))
    return event_rows(changes(before, now, known, inputs.moment, why), inputs.as_of)


def put_owned(scratch: Scratch, inputs: Inputs, ids: Sequence[str]) -> None:
    """Create ``owned``: every record that describes its customer, with all that may survive."""
    described = inputs.described
    owners = pa.array(ids, pa.string()).take(described["record"].combine_chunks())
    table = pa.table(
        {
            "record": described["record"],
            "customer_id": owners,
            "source_system": described["source_system"],
            "source_record_id": described["customer_source_id"],
            "known_at": described["known_at"],
            "landing_sequence": described["landing_sequence"],
            "city_name": described["city"],
            **{
                name: described[name]
                for name in ("gender", "region", "country_code", "language_code",
                             "company_name", "acquisition_channel")
            },
            "stated_year": described["birth_year"],
            "email_domain": _mapped(described["email"], normalise.email_domain),
            "company_key": _mapped(described["company_name"], normalise.company),
        }
    )  # fmt: skip
    scratch.register("owners", table)
    scratch.query(
        "create or replace table owned as select owners.*, "
        "records.* exclude (record, city, postal), records.city, "
        "coalesce(try_cast(substr(records.birth, 1, 4) as bigint), "
        "owners.stated_year) as birth_year "
        "from owners left join records using (record)"
    )


def _mapped(values: pa.ChunkedArray, function: object) -> pa.Array:
    encoded = values.combine_chunks().dictionary_encode()
    found = [None if text is None else function(text) for text in encoded.dictionary.to_pylist()]  # type: ignore[operator]
    return pa.array(found, pa.string()).take(encoded.indices)


def put_confidence(scratch: Scratch, links: pa.Table, records: pa.Table) -> None:
    """Create ``confidence``: per customer the probability of its least sure link.

    Every record is held by the likeliest of its links; the customer is as sure as the least sure of
    its records.
    """
    scratch.register("all_links", links)
    scratch.register("all_records", records)
    scratch.query(
        "create or replace table confidence as with owners as (select customer_id, "
        "source_system || ':' || source_record_id as record_key, cluster_size from all_records), "
        "held as (select l.customer_id, all_links.record_l, all_links.record_r, "
        "case when all_links.decision = 'manual' then 1 else match_probability end as probability "
        "from all_links inner join owners as l on l.record_key = all_links.record_l "
        "inner join owners as r on r.record_key = all_links.record_r "
        "where l.customer_id = r.customer_id), "
        "best as (select record_key, max(probability) as probability from "
        "(select record_l as record_key, probability from held union all "
        "select record_r, probability from held) group by record_key) "
        "select owners.customer_id, round(min(case when owners.cluster_size = 1 then 1 "
        "else coalesce(best.probability, 0) end), 6) as identity_confidence "
        "from owners left join best using (record_key) group by owners.customer_id"
    )


def identifier_rows(
    scratch: Scratch, staged: pa.Table, records: pa.Table, inputs: Inputs
) -> pa.Table:
    """Return the rows of identity.identifiers: what every customer was ever known by.

    All versions of a record count, as far as known before the date: a former address stays one's
    own.
    """
    scratch.register("versions", staged)
    scratch.register("all_records", records)
    parts = [
        f"select '{name}' as external_id_type, {token} as value, source_system, "  # noqa: S608
        f"customer_source_id, known_at from versions where {token} is not null"
        for token, name in EXTERNAL_IDS.items()
    ]
    scratch.register("handles", _handle_versions(inputs))
    parts.append(
        "select external_id_type, value, source_system, customer_source_id, known_at from handles"
    )
    return scratch.query(
        "select all_records.customer_id, external_id_type, value as external_id_value_hash, "  # noqa: S608
        "min(coalesce(known_at, all_records.first_linked_at)) as first_seen_at, "
        "max(coalesce(known_at, all_records.first_linked_at)) as last_seen_at, "
        "cast(count(distinct all_records.source_system || ':' || all_records.source_record_id) "
        "as integer) as n_records, cast($as_of as date) as as_of_date "
        f"from ({' union all '.join(parts)}) as seen inner join all_records "
        "on seen.source_system = all_records.source_system "
        "and seen.customer_source_id = all_records.source_record_id "
        "where coalesce(known_at < $moment, true) "
        "group by all_records.customer_id, external_id_type, value "
        "order by all_records.customer_id, external_id_type, value",
        {"as_of": inputs.as_of, "moment": inputs.moment},
    )


def _handle_versions(inputs: Inputs) -> pa.Table:
    """Return handles on named platforms and each source's own identifiers, as digests."""
    described = inputs.described
    parts = []
    for name in ("handle", "customer_source_id"):
        rows = described.filter(pc.is_valid(described[name]))
        own = rows["source_system"] if name == "customer_source_id" else rows["handle_platform"]
        known = rows.filter(pc.is_valid(own))
        platform = own.filter(pc.is_valid(own))
        is_named = pc.is_in(platform, value_set=pa.array([*PLATFORMS]))
        kind = pc.if_else(
            is_named, platform, pc.binary_join_element_wise(platform, pa.scalar("id"), "_")
        )
        tokens, _ = tokenise(known[name], "handle", inputs.token_key)
        parts.append(
            pa.table({
                "external_id_type": kind, "value": tokens, "source_system": known["source_system"],
                "customer_source_id": known["customer_source_id"], "known_at": known["known_at"],
            })
        )  # fmt: skip
    return pa.concat_tables(parts)


def _homes(scratch: Scratch) -> tuple[Ints, Ints]:
    """Return pairs of records at one address that is no hall."""
    rows = scratch.query(
        "select l.record as x, r.record as y from records as l inner join records as r "  # noqa: S608
        "on l.address = r.address and l.record < r.record where l.address in (select address from "
        f"records group by address having count(distinct name_core) <= {LARGEST_HOME}) "
        "order by l.record, r.record"
    )
    return rows["x"].to_numpy(), rows["y"].to_numpy()


def blocking_rows(scratch: Scratch, found: Resolution, as_of: dt.date) -> pa.Table:
    """Return the rows of identity.blocking_rules, counted over today's records."""
    used = set(found.model.rules)
    rules = [
        Rule(shared, count_pairs(scratch, "records", [one.format("") for one in shared]),
             is_used=shared in used)
        for shared in CANDIDATES
    ]  # fmt: skip
    n = int(scratch.query("select count(*) as n from records")["n"][0].as_py())
    all_pairs = max(1, n * (n - 1) // 2)
    return pa.table(
        {
            "rule": pa.array([rule.name for rule in rules], pa.string()),
            "is_used": pa.array([rule.is_used for rule in rules], pa.bool_()),
            "n_pairs": pa.array([rule.n_pairs for rule in rules], pa.int64()),
            "reduction": pa.array(
                [round(1 - rule.n_pairs / all_pairs, 9) for rule in rules], pa.float64()
            ),
            "as_of_date": pa.repeat(pa.scalar(as_of, pa.date32()), len(rules)),
        }
    )
