"""What identity is worked out from: records as they are known, their clear values, decisions."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from crm_tasks.identity.normalise import word
from crm_tasks.identity.score import KEY_KINDS

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping, Sequence

    from crm_tasks.contracts.frames import Scratch
    from crm_tasks.identity.model import IdentityModel

#: Fields of the entity ``customers`` whose clear values lie in the vault, without ``_token``.
VAULTED = (
    "full_name", "given_name", "family_name", "display_name", "email", "phone", "address",
    "birth_date", "government_id", "loyalty_id", "handle", "wechat", "weibo", "x", "facebook",
)  # fmt: skip
#: Plain columns of ``staging.stg_customers`` that are read.
PLAIN = (
    "source_system", "customer_source_id", "batch_id", "record_no", "landing_sequence", "known_at",
    "registered_at", "gender", "birth_year", "city", "region", "postal_code", "country_code",
    "language_code", "company_name", "acquisition_channel", "handle_platform",
)  # fmt: skip
TOKENS = tuple(f"{name}_token" for name in VAULTED)
PLATFORMS = ("wechat", "weibo", "x", "facebook")
#: What decides whether a record has to be compared anew.
COMPARED = (
    "full_name", "given_name", "family_name", "display_name", "email", "phone", "address",
    "birth_date", "city", "postal_code", "country_code",
)  # fmt: skip
CONTENT_LENGTH = 16
#: A key that more records than this share is nobody's: a till's card for guests.
LARGEST_KEY = 20
HANDLE = KEY_KINDS.index("handle")


@dataclass(frozen=True)
class Decision:
    """What a person decided about two records, by their names."""

    record_l: str
    record_r: str
    decision: str
    decided_by: str
    reason: str | None


@dataclass(frozen=True)
class Previous:
    """What the predecessor found, for linking only what changed.

    Parameters
    ----------
    records : pyarrow.Table
        Its identity.records.
    pairs, reasons : pyarrow.Table, optional
        Its identity.links and identity.link_reasons; None where they cannot be built upon.
    comparable : pyarrow.Table, optional
        Its records in comparable form with ``record_key`` and ``content``, out of the vault.
    model_version : str
        The model that scored them.
    """

    records: pa.Table
    pairs: pa.Table | None = None
    reasons: pa.Table | None = None
    comparable: pa.Table | None = None
    model_version: str = ""


@dataclass(frozen=True)
class Inputs:
    """Everything a resolution depends on.

    Parameters
    ----------
    records : pyarrow.Table
        All records by number (:func:`crm_tasks.identity.ids.number_records`).
    described : pyarrow.Table
        One row per record that describes its customer: ``record``, the columns ``PLAIN`` and the
        clear values ``VAULTED``.
    """

    records: pa.Table
    described: pa.Table
    key: bytes = field(repr=False)
    token_key: bytes = field(repr=False)
    as_of: dt.date
    moment: dt.datetime
    trust: Mapping[str, int]
    date_formats: Mapping[str, Sequence[str]]
    decisions: Sequence[Decision] = ()
    previous: Previous | None = None
    model: IdentityModel | None = None


def current_customers(
    scratch: Scratch, customers: pa.Table, moment: dt.datetime, records: pa.Table
) -> pa.Table:
    """Return, per record, the version that holds: the one landed last of those known by a moment.

    Parameters
    ----------
    customers : pyarrow.Table
        Accepted rows of staging.stg_customers with the columns ``PLAIN``.
    records : pyarrow.Table
        All records by number.
    """
    scratch.register("staged_customers", customers)
    scratch.register("numbered", records.select(["record", "source_system", "source_record_id"]))
    return scratch.query(
        "select numbered.record, staged_customers.* from staged_customers inner join numbered "
        "on staged_customers.source_system = numbered.source_system "
        "and staged_customers.customer_source_id = numbered.source_record_id "
        "where coalesce(known_at < $moment, true) qualify row_number() over ("
        "partition by numbered.record order by landing_sequence desc nulls last, "
        "staged_customers.record_no desc, batch_id desc) = 1 "
        "order by numbered.record",
        {"moment": moment},
    )


def described_records(scratch: Scratch, current: pa.Table, values: pa.Table) -> pa.Table:
    """Return the current rows with their clear values (of the vault), ordered by record."""
    scratch.register("current_rows", current)
    scratch.register("vaulted", values)
    names = ", ".join(f"vaulted.{name}" for name in VAULTED)
    return scratch.query(
        f"select current_rows.*, {names} from current_rows left join vaulted "  # noqa: S608
        "using (batch_id, record_no) order by current_rows.record"
    )


def contents(described: pa.Table) -> pa.Array:
    """Return a digest of what is compared of each record; it stays in the vault."""
    columns = [
        pc.fill_null(described[name].cast(pa.string()), "\x00")
        for name in ("source_system", *COMPARED)
    ]
    told = pc.binary_join_element_wise(*columns, "\x1f").to_pylist()
    return pa.array(
        [hashlib.sha256(text.encode()).hexdigest()[:CONTENT_LENGTH] for text in told], pa.string()
    )


def hard_ids(described: pa.Table) -> dict[int, tuple[str | None, ...]]:
    """Return each record's government and loyalty id, in comparable form, where it has one."""
    records = described["record"].to_pylist()
    columns = [
        [word(value) for value in described[name].to_pylist()]
        for name in ("government_id", "loyalty_id")
    ]
    pairs = zip(records, zip(*columns, strict=True), strict=True)
    return {record: ids for record, ids in pairs if any(one is not None for one in ids)}


def handles(described: pa.Table) -> dict[str, list[tuple[int, str]]]:
    """Return, by platform, which record has which handle.

    A handle's platform may be a source of this company: then that source's own identifiers are
    handles of it.
    """
    found: dict[str, list[tuple[int, str]]] = {name: [] for name in PLATFORMS}
    records = described["record"].to_pylist()
    for name in PLATFORMS:
        for record, value in zip(records, described[name].to_pylist(), strict=True):
            if value is not None and value.strip():
                found[name].append((record, value.strip().casefold()))
    for record, value, platform in zip(
        records, described["handle"].to_pylist(), described["handle_platform"].to_pylist(),
        strict=True,
    ):  # fmt: skip
        if value is not None and value.strip() and platform:
            found.setdefault(platform, []).append((record, value.strip().casefold()))
    systems, ids = (described[n].to_pylist() for n in ("source_system", "customer_source_id"))
    for record, system, source_id in zip(records, systems, ids, strict=True):
        if system in found:
            found[system].append((record, source_id.strip().casefold()))
    return {platform: pairs for platform, pairs in found.items() if pairs}


def shared_keys(described: pa.Table) -> dict[tuple[int, int], int]:
    """Return pairs of records that share a key only one person has -> which kind of key.

    A key of more than a few records is no person's; those are left alone.
    """
    found: dict[tuple[int, int], int] = {}
    for (kind, _, _), members in sorted(_holders(described).items()):
        if len(members) <= LARGEST_KEY:
            for pair in combinations(sorted(members), 2):
                found.setdefault(pair, kind)
    return found


def _holders(described: pa.Table) -> dict[tuple[int, str, str], set[int]]:
    """Return the records that hold each key: by kind (of ``KEY_KINDS``), platform and value."""
    holders: dict[tuple[int, str, str], set[int]] = {}
    for record, ids in hard_ids(described).items():
        for kind, value in enumerate(ids):
            if value is not None:
                holders.setdefault((kind, "", value), set()).add(record)
    for platform, pairs in handles(described).items():
        for record, value in pairs:
            holders.setdefault((HANDLE, platform, value), set()).add(record)
    return holders


def places_of(keys: pa.Array, names: pa.ChunkedArray | pa.Array) -> np.ndarray:
    """Return the number of each named record, -1 where there is no such record."""
    return np.asarray(pc.fill_null(pc.index_in(names, value_set=keys), -1), dtype=np.int64)
