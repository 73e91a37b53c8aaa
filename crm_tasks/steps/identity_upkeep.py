"""What people do to identity between runs: train a model, ask why, decide."""

from __future__ import annotations

import getpass
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow.compute as pc

from crm_tasks.errors import RunStateError, nearest
from crm_tasks.identity.comparable import put_records
from crm_tasks.identity.frequencies import put_frequencies
from crm_tasks.identity.ids import Why, changes, customer_ids
from crm_tasks.identity.inputs import places_of
from crm_tasks.identity.links import pair_rows, reason_rows
from crm_tasks.identity.resolve import resolve
from crm_tasks.identity.score import MISSING, score_pairs
from crm_tasks.steps.between_runs import opened_latest_run
from crm_tasks.steps.identity_inputs import (
    comparable_name,
    identifies_customers,
    model_store,
    params_of,
    read_inputs,
    read_model,
    read_records,
    read_versions,
    vault_of,
)
from crm_tasks.warehouse.decisions import append_decision

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pyarrow as pa

    from crm_tasks.profiles import Profile
    from crm_tasks.settings import Settings
    from crm_tasks.steps.run import Run

ID_LENGTH = 32
HARD_TOKENS = ("government_id_token", "loyalty_id_token")


@dataclass(frozen=True)
class Proposal:
    """A model that was trained, and what it would change.

    ``merges`` and ``splits`` name the customers: (kept, taken up) and (kept, come of it).
    """

    version: str
    in_force: str | None
    merges: tuple[tuple[str, str], ...]
    splits: tuple[tuple[str, str], ...]
    n_moved: int


@dataclass(frozen=True)
class Explanation:
    """Why two records are, or are not, one customer."""

    record_l: str
    record_r: str
    customer_l: str
    customer_r: str
    probability: float
    weight: float
    decision: str
    reason: str
    fields: tuple[tuple[str, str, float], ...]


@contextmanager
def latest_run(settings: Settings, step: str) -> Iterator[Run]:
    """Open the last run of the settings' profile, as long as its profile identifies somebody."""
    with opened_latest_run(settings, step, "staging") as run:
        _refuse_without_values(run.profile)
        yield run


def _refuse_without_values(profile: Profile) -> None:
    if not identifies_customers(profile):
        raise RunStateError(
            f"profile {profile.profile}: no source identifies customers; nothing is linked"
        )


def train_model(settings: Settings) -> Proposal:
    """Train a model on what the last run read, keep it as a proposal and say what it would do."""
    with latest_run(settings, "identity_train") as run:
        inputs = read_inputs(run, read_records(run), read_versions(run))
        store = model_store(run)
        in_force = store.accepted()
        anew = replace(inputs, model=None, previous=None)
        with run.scratch(threads=run.settings.threads) as scratch:
            found = resolve(scratch, anew, params_of(run.profile))
        version = found.model.version
        if in_force is None or in_force["model_version"] != version:
            store.keep(
                run.claim,
                version,
                found.model.to_bytes(),
                decided_by=None,
                trained_by_run=run.run_id,
            )
        ids = customer_ids(inputs.records, found.verdicts.label, inputs.key)
        now = dict(zip(inputs.records["record_key"].to_pylist(), ids, strict=True))
        known = dict.fromkeys(now, inputs.moment)
        events = changes(_owners(run), now, known, inputs.moment, Why("new_model"))
    pairs = {
        kind: tuple(
            (e["customer_id"], e["other_customer_id"]) for e in events if e["event_type"] == kind
        )
        for kind in ("merged", "split")
    }
    moved = sum(event["record"] is not None for event in events)
    return Proposal(
        version,
        in_force["model_version"] if in_force else None,
        pairs["merged"],  # type: ignore[arg-type]
        pairs["split"],  # type: ignore[arg-type]
        moved,
    )


def accept_model(settings: Settings, version: str) -> str:
    """Put a trained model in force from the next run on; return its version."""
    with latest_run(settings, "identity_accept") as run:
        row = model_store(run).accept(run.claim, version, getpass.getuser())
    return str(row["model_version"])


def decide(settings: Settings, one: str, other: str, decision: str, reason: str | None) -> int:
    """Append a person's decision about two records; return its number.

    Raises
    ------
    RunStateError
        No such record, or two different government or loyalty ids are said to be one person.
    """
    with latest_run(settings, "identity_decide") as run:
        owners = _owners(run)
        pair = sorted(_record_of(name, owners) for name in (one, other))
        if pair[0] == pair[1]:
            raise RunStateError("both names are the same record; name two")
        if decision == "same" and _have_different_ids(run, pair):
            raise RunStateError(
                "the two records have different government or loyalty ids and stay apart: "
                "correct the source that has the wrong one"
            )
        told = {
            "profile": run.profile.profile, "record_l": pair[0], "record_r": pair[1],
            "decision": decision, "decided_by": getpass.getuser(), "reason": reason,
        }  # fmt: skip
        return append_decision(run.ledger, told)


def explain(settings: Settings, one: str, other: str) -> Explanation:
    """Return what each field says for two records being one person.

    Either name may also be a customer; then the likeliest pair of records of both speaks.
    """
    with latest_run(settings, "identity_explain") as run:
        owners = _owners(run)
        links = run.read("identity.links")
        pair = _pair_to_explain(links, owners, one, other)
        (link,) = _rows_of(links, pair).to_pylist() or [None]
        if link is not None:
            reasons = _rows_of(run.read("identity.link_reasons"), pair)
        else:
            link, reasons = _scored_now(run, pair)
    fields = sorted(
        ((r["field"], r["comparison_level"], r["weight"]) for r in reasons.to_pylist()),
        key=lambda row: (-row[2], row[0]),
    )
    return Explanation(
        *pair,
        owners[pair[0]],
        owners[pair[1]],
        link["match_probability"],
        link["match_weight"],
        link["decision"],
        link["reason"],
        tuple(fields),
    )


def _owners(run: Run) -> dict[str, str]:
    """Return the customer of every record of the run, the oldest record first."""
    rows = run.read("identity.records").sort_by(
        [
            ("founding_sequence", "ascending"),
            ("source_system", "ascending"),
            ("source_record_id", "ascending"),
        ]
    )
    names = pc.binary_join_element_wise(rows["source_system"], rows["source_record_id"], ":")
    return dict(zip(names.to_pylist(), rows["customer_id"].to_pylist(), strict=True))


def _record_of(name: str, owners: dict[str, str]) -> str:
    if name in owners:
        return name
    systems = {record.partition(":")[0] for record in owners}
    system = name.partition(":")[0]
    hint = nearest(system, systems) if system not in systems else ""
    raise RunStateError(
        f"no such record in the last run{hint}; name it as source_system:source_record_id"
    )


def _pair_to_explain(
    links: pa.Table, owners: dict[str, str], one: str, other: str
) -> tuple[str, str]:
    """Return two records by their names, or the likeliest link between two customers."""
    members = [
        {record for record, owner in owners.items() if owner == name}
        if len(name) == ID_LENGTH and ":" not in name
        else {_record_of(name, owners)}
        for name in (one, other)
    ]
    if not all(members):
        raise RunStateError("no such customer in the last run")
    best: tuple[float, str, str] | None = None
    for row in links.to_pylist():
        pair = (row["record_l"], row["record_r"])
        if (pair[0] in members[0] and pair[1] in members[1]) or (
            pair[0] in members[1] and pair[1] in members[0]
        ):
            candidate = (-row["match_weight"], *pair)
            best = candidate if best is None else min(best, candidate)
    if best is not None:
        return best[1], best[2]
    first, second = sorted((min(members[0]), min(members[1])))
    return first, second


def _rows_of(table: pa.Table, pair: tuple[str, str]) -> pa.Table:
    is_it = pc.and_(pc.equal(table["record_l"], pair[0]), pc.equal(table["record_r"], pair[1]))
    return table.filter(is_it)


def _scored_now(run: Run, pair: tuple[str, str]) -> tuple[dict[str, Any], pa.Table]:
    """Score a pair that the run did not keep, because it is unlikely."""
    comparable = vault_of(run).get(comparable_name(run, run.run_id))
    model = read_model(run)
    if comparable is None or model is None:
        raise RunStateError("the last run kept nothing to compare with; `crm run` first")
    keys = comparable["record_key"].combine_chunks()
    places = places_of(keys, _arrow(pair))
    if min(places) < 0:
        raise RunStateError("one of the records says nothing that could be compared")
    numbers = comparable["record"].to_numpy()[places]
    left, right = int(min(numbers)), int(max(numbers))
    named = np.full(int(comparable["record"].to_numpy().max()) + 1, "", dtype=object)
    named[comparable["record"].to_numpy()] = keys.to_pylist()
    with run.scratch() as scratch:
        put_records(scratch, comparable.drop_columns(["record_key", "content"]))
        put_frequencies(scratch, model.frequencies, model.n_persons, run.derived_key("token"))
        scored = score_pairs(scratch, model, {(left, right): MISSING})
    names = _arrow(named.tolist())
    (row,) = pair_rows(scored, names, model).to_pylist()
    return {**row, "decision": "none", "reason": "unlikely"}, reason_rows(scored, names)


def _arrow(names: Any) -> pa.Array:
    import pyarrow as pa

    return pa.array(list(names), pa.string())


def _have_different_ids(run: Run, pair: list[str]) -> bool:
    """Return whether two records carry different government or loyalty ids, by their tokens."""
    names = ("source_system", "customer_source_id", *HARD_TOKENS)
    staged = run.read("staging.stg_customers", names)
    keys = pc.binary_join_element_wise(staged["source_system"], staged["customer_source_id"], ":")
    for token in HARD_TOKENS:
        held = [
            {v for v in staged.filter(pc.equal(keys, record))[token].to_pylist() if v is not None}
            for record in pair
        ]
        if held[0] and held[1] and not held[0] & held[1]:
            return True
    return False
