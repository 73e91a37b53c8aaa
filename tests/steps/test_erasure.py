"""A person is erased: nothing is left, nothing comes back, and a crash changes nothing."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from crm_tasks.cli.erase import erase as command
from crm_tasks.errors import RunStateError
from crm_tasks.privacy.keys import DEMO_SECRET, derived_key
from crm_tasks.privacy.vault import Vault
from crm_tasks.settings import load_settings
from crm_tasks.steps import erasure
from crm_tasks.steps.attempt import Attempt
from crm_tasks.steps.runner import run_all
from crm_tasks.warehouse.audit import verify_audit
from crm_tasks.warehouse.byte_scan import scan_home
from crm_tasks.warehouse.generations import settle
from crm_tasks.warehouse.home import Home
from crm_tasks.warehouse.ledger import Ledger
from crm_tasks.warehouse.publications import served_file
from crm_tasks.warehouse.query import query_served
from tests.flow.small_company import MEMBERS, N_CUSTOMERS, N_ORDERS
from tests.steps.test_rotation import state

NAME = MEMBERS[0]
TOLD_BY = {NAME, "person0@example.org", "PERSON0@example.org", "+44 7400 100000",
           "11 Roomtrawz Lane"}  # fmt: skip
VAULT_KEY = derived_key(DEMO_SECRET.encode(), "vault")


@pytest.fixture(scope="module")
def erased(published_home, company, tmp_path_factory):
    """A home whose first member of the club was erased, and what was told of it."""
    home = copy(published_home, tmp_path_factory.mktemp("erased"))
    settings = load_settings(home=home.root, profile=str(company.profile))
    return home, erasure.erase(settings, "club:M00"), settings


def copy(published, folder):
    return Home(Path(shutil.copytree(published.root, folder / "home", symlinks=True)))


def test_the_person_was_there_and_is_nowhere_any_more(published_home, erased):
    home, done, settings = erased
    before = scan_home(published_home, TOLD_BY, [Vault(published_home.vault, VAULT_KEY)])
    assert len(before.hits) >= 4
    assert TOLD_BY - {"person0@example.org", "PERSON0@example.org"} <= done.needles
    after = scan_home(home, TOLD_BY | done.needles, [Vault(home.vault, VAULT_KEY)])
    assert after.hits == {}
    assert after.n_files > 100
    scan = erasure.verify(settings, done)
    (request,) = Ledger(home.ops_file).store.rows("select * from erasure_requests")
    assert (request["status"], request["bytes_verified"]) == ("verified", scan.n_bytes)
    assert NAME not in str(request)


def test_everybody_else_and_every_sale_is_still_there(published_home, erased):
    home, *_ = erased
    counts = "select count(*) as n, count(customer_id) as known, sum(net_amount) as paid from "
    for table in ("core.fct_orders", "core.fct_order_items"):
        (was,), (now,) = (
            query_served(one, counts + table).to_pylist() for one in (published_home, home)
        )
        assert (was["n"], was["paid"]) == (now["n"], now["paid"])
        assert now["known"] < was["known"]
    (was,), (now,) = (
        query_served(one, "select count(*) as n from core.dim_customers").to_pylist()
        for one in (published_home, home)
    )
    assert (was["n"], now["n"]) == (N_CUSTOMERS, N_CUSTOMERS - 1)


def test_every_batch_still_adds_up(erased):
    home, done, _ = erased
    rows = Ledger(home.ops_file).store.rows("select * from batches")
    assert all(
        r["n_records"] == r["n_loaded"] + r["n_quarantined"] + r["n_blank"] + (r["n_erased"] or 0)
        for r in rows
    )
    assert sum(row["n_erased"] or 0 for row in rows) == sum(
        n for name, (n, _) in done.counts.items() if name.startswith("landing.")
    )
    assert done.counts["landing.club.members"] == (1, 0)
    assert done.counts["landing.shop.orders"][0] == 0


def test_the_audit_log_is_whole_and_one_version_is_left(erased):
    home, *_ = erased
    rows = Ledger(home.ops_file).store.rows("select * from audit_log order by seq")
    assert rows[-1]["action"] == "generation.switched"
    heads = home.audit_head_file.read_text().splitlines()
    assert verify_audit(rows, heads, derived_key(home.key_file.read_bytes(), "audit")) == len(rows)
    assert [path.name for path in home.serve.glob("crm_*.duckdb")] == [served_file(home).name]
    assert not home.warehouse_file.exists()


def test_the_next_delivery_does_not_bring_the_person_back(erased, company, tmp_path):
    home = copy(erased[0], tmp_path)
    data = Path(shutil.copytree(company.profile.parent, tmp_path / "company"))
    for name, row in (("members", "M99,Ada Zyx,ada@mail.example,,,,"), ("orders", "O9999,K001,,")):
        file = data / "data" / f"{name}.csv"
        file.write_text(f"{file.read_text()}{row}\n")
    run_all(Attempt("again", str(data / company.profile.name), str(home.root)), until="land")
    newest = {
        row["table_name"]: row
        for row in Ledger(home.ops_file).store.rows(
            "select * from batches order by landing_sequence desc limit 2"
        )
    }
    assert newest["members"]["n_erased"] == 1
    assert newest["members"]["n_loaded"] == newest["members"]["n_records"] - 1
    assert newest["orders"]["n_loaded"] == N_ORDERS + 1
    assert scan_home(home, {NAME}, [Vault(home.vault, VAULT_KEY)]).is_clean


@pytest.mark.parametrize("stage", ["vault", "commit"])
def test_an_erasure_that_breaks_changes_nothing(
    published_home, company, tmp_path, monkeypatch, stage
):
    home = copy(published_home, tmp_path)
    before = state(home)

    def breaks(reached):
        if reached == stage:
            raise KeyboardInterrupt

    monkeypatch.setattr(erasure, "reached", breaks)
    with pytest.raises(KeyboardInterrupt):
        erasure.erase(load_settings(home=home.root, profile=str(company.profile)), "shop:K000")
    settle(home)
    assert state(home) == before


def test_who_is_not_there_cannot_be_erased(erased):
    _, _, settings = erased
    for subject in ("club:M00", "f" * 32):
        with pytest.raises(RunStateError, match="no such customer or record in the last run"):
            erasure.erase(settings, subject)


def test_the_command_says_what_went_and_that_nothing_is_left(
    published_home, company, tmp_path, capsys
):
    home = copy(published_home, tmp_path)
    command("shop:K001", verify=True, profile=str(company.profile), home=home.root)
    said = capsys.readouterr().out
    assert "2 records of one customer erased" in said
    assert "0 hits" in said
    assert "landing.club.members" in said
    assert MEMBERS[1] not in said
