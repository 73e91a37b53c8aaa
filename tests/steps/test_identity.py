"""The identity step on a real run: who is linked, what the next run gets, what people decide."""

from __future__ import annotations

from dataclasses import replace

import pytest

from crm_tasks.identity.model import IdentityModel
from crm_tasks.profiles import load_profile
from crm_tasks.steps import identity, identity_inputs
from crm_tasks.steps.identify import what_people_decided
from crm_tasks.warehouse.decisions import append_decision
from tests.flow.small_company import MEMBERS, N_MEMBERS, N_RECORDS


def rows_of(run, table):
    return run.read(f"identity.{table}").to_pylist()


def decide(run, one, other, decision):
    row = {"profile": run.profile.profile, "record_l": one, "record_r": other,
           "decision": decision, "decided_by": "clerk", "reason": None}  # fmt: skip
    append_decision(run.ledger, row)


def test_the_clubs_members_are_the_shops_customers(opened):
    run = opened("identity")
    links = rows_of(run, "links")
    assert {(r["record_l"].partition(":")[0], r["record_r"].partition(":")[0]) for r in links} == {
        ("club", "shop")
    }
    assert len(links) == N_MEMBERS
    statuses = [r["match_status"] for r in rows_of(run, "records")]
    assert statuses.count("matched") == 2 * N_MEMBERS
    sources = {r["field"]: r for r in rows_of(run, "golden_field_sources")}
    assert sources["name"]["source_system"] == sources["phone"]["source_system"] == "club"


def test_the_first_model_is_accepted_by_rule_and_used_from_then_on(opened):
    run = opened("identity")
    row = identity_inputs.model_store(run).accepted()
    assert (row["status"], row["decided_by"]) == ("accepted", identity.STARTER_RULE)
    assert row["trained_by_run"] == run.run_id
    model = identity_inputs.read_model(run)
    assert isinstance(model, IdentityModel)
    assert {r["model_version"] for r in rows_of(run, "links")} == {model.version}
    identity.resolve_identities(run)
    rows = run.ledger.store.rows(
        "select count(*) as n from model_artifacts where model_kind = 'identity'"
    )
    assert rows == [{"n": 1}]


def test_a_run_done_again_is_the_same_run_until_somebody_decides(opened):
    run = opened("identity")
    profile = run.profile.profile
    assert what_people_decided(run.ledger, profile, run.run_id) == []
    version = identity_inputs.model_store(run).accepted()["model_version"]
    assert what_people_decided(run.ledger, profile, "another run") == [version]
    decide(run, "club:M00", "shop:K000", "different")
    told = what_people_decided(run.ledger, profile, run.run_id)
    assert told == [["club:M00", "shop:K000", "different"]]


def test_a_decision_splits_a_customer_and_is_published_once(opened):
    run = opened("identity")
    decide(run, "club:M00", "shop:K000", "different")
    later = replace(run, predecessor_run_id=run.run_id)
    before = {(r["source_system"], r["source_record_id"]): r["customer_id"]
              for r in rows_of(run, "records")}  # fmt: skip
    identity.resolve_identities(later)
    after = {(r["source_system"], r["source_record_id"]): r["customer_id"]
             for r in rows_of(later, "records")}  # fmt: skip
    assert after["club", "M00"] != after["shop", "K000"] == before["shop", "K000"]
    events = [(r["event_type"], r["reason"]) for r in rows_of(later, "events")]
    assert sorted(events) == [("created", "decided_different"), ("split", "decided_different")]
    (link,) = [r for r in rows_of(later, "links") if r["record_l"] == "club:M00"]
    assert (link["decision"], link["reason"]) == ("manual", "decided_different")
    (decision,) = rows_of(later, "decisions")
    assert (decision["decision"], decision["decided_by"]) == ("different", "clerk")
    # The chain of runs has published it by now: the next run has nothing new to say.
    decisions = identity_inputs.read_decisions(later)
    assert len(identity_inputs.new_decisions(later, decisions)) == 0
    assert len(identity_inputs.new_decisions(run, decisions)) == 1


def test_comparable_records_lie_in_the_vault_for_the_next_run_only(opened):
    run = opened("identity")
    vault = identity_inputs.vault_of(run)
    name = identity_inputs.comparable_name(run, run.run_id)
    kept = vault.get(name)
    assert kept.num_rows == N_RECORDS - 1  # one customer of the shop has no record
    assert MEMBERS[0].split()[0].lower() in " ".join(filter(None, kept["name_full"].to_pylist()))
    vault.put(identity_inputs.comparable_name(run, "long-ago"), kept)
    identity.resolve_identities(run)
    assert vault.parts(f"identity/{run.profile.profile}") == (name,)


def test_a_profile_says_how_its_sources_are_read(opened):
    run = opened("identity")
    assert identity_inputs.identifies_customers(run.profile)
    assert not identity_inputs.identifies_customers(load_profile("completejourney"))
    assert identity_inputs.params_of(run.profile).regions == ("GB",)
    assert identity_inputs.date_formats(run.profile) == {"shop": (), "club": ()}
    revenue = identity_inputs.read_revenue(run, identity_inputs.read_records(run))
    lines = run.read("staging.stg_order_items", ("net_amount", "reject_reason")).to_pylist()
    total = sum(r["net_amount"] for r in lines if r["reject_reason"] is None)
    assert sum(revenue.values()) == int(total * 100)


def test_without_identifying_columns_each_record_is_a_customer(opened):
    run = opened("identity")
    tables = [
        table.model_copy(update={"feeds": tuple(
            feed.model_copy(update={"map": {k: v for k, v in feed.map.items()
                                            if not k.endswith("_token")}})
            for feed in table.feeds)})
        for source in run.profile.sources for table in source.tables
    ]  # fmt: skip
    n_shop = len(run.profile.sources[0].tables)
    sources = [
        source.model_copy(update={"tables": tuple(part)})
        for source, part in zip(
            run.profile.sources, (tables[:n_shop], tables[n_shop:]), strict=True
        )
    ]
    plain = replace(run, profile=run.profile.model_copy(update={"sources": tuple(sources)}))
    report = identity.resolve_identities(plain)
    assert report.message == f"{N_RECORDS} records, {N_RECORDS} customers, {N_RECORDS} of them new"
    assert rows_of(plain, "links") == []


@pytest.mark.parametrize("table", ["links", "link_reasons"])
def test_a_predecessor_that_cannot_be_built_upon_is_linked_anew(opened, table):
    run = opened("identity")
    folder = run.home.lake / "identity" / table / f"run={run.run_id}"
    folder.rename(folder.with_name("elsewhere"))
    later = replace(run, predecessor_run_id=run.run_id)
    previous = identity_inputs.read_previous(later)
    assert previous.pairs is None
    assert previous.records.num_rows == N_RECORDS
