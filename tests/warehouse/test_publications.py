"""Versions: numbers are never used twice, readers follow a link, three stay."""

from __future__ import annotations

import pytest

from crm_tasks.contracts import ops
from crm_tasks.warehouse.clock import utc_now
from crm_tasks.warehouse.home import Home
from crm_tasks.warehouse.ledger import Ledger
from crm_tasks.warehouse.ops_store import insert_rows
from crm_tasks.warehouse.publications import (
    VERSIONS_KEPT,
    is_served,
    next_version,
    remove_old_versions,
    served_file,
    switch_link,
    version_file_name,
)


@pytest.fixture
def home(tmp_path):
    Home(tmp_path).serve.mkdir()
    return Home(tmp_path)


@pytest.fixture
def ledger(home):
    return Ledger(home.ops_file)


def put(home, version, run_id="ab12"):
    """Write a version's file and export, as publishing leaves them; return the file."""
    file = home.serve / version_file_name(version, run_id)
    file.write_bytes(b"")
    file.with_suffix(".parquet").mkdir()
    return file


def note(ledger, version, run_id="ab12"):
    """Record a publication."""
    row = {
        "version": version,
        "run_id": run_id,
        "file_name": version_file_name(version, run_id),
        "published_at": utc_now(),
    }
    with ledger.store.transaction() as connection:
        insert_rows(connection, ops.PUBLICATIONS, [row])


def test_versions_count_up_over_what_was_published_and_what_lies_there(home, ledger):
    assert next_version(home, ledger) == 1
    note(ledger, 4)
    assert next_version(home, ledger) == 5  # its file was removed; its number stays used
    put(home, 7)
    assert next_version(home, ledger) == 8  # left by an attempt killed before it was recorded
    (home.serve / "crm_000099_copy of mine.duckdb").touch()
    assert next_version(home, ledger) == 8


def test_before_the_first_publication_nothing_is_served(tmp_path, home, ledger):
    assert served_file(home) is None
    assert served_file(Home(tmp_path / "none")) is None
    assert not is_served(home, ledger, "ab12")
    home.served_link.symlink_to("crm_000001_gone.duckdb")
    assert served_file(home) is None


def test_a_link_is_switched_and_never_missing(home, monkeypatch):
    first, second = put(home, 1), put(home, 2)
    switch_link(home.served_link, first.name)
    steps = []
    replace = type(first).replace

    def noted(path, target):
        steps.append(target.resolve() == first.resolve())  # readers still have the old one
        return replace(path, target)

    monkeypatch.setattr(type(first), "replace", noted)
    switch_link(home.served_link, second.name)
    assert steps == [True]
    assert served_file(home) == second.resolve()
    assert home.served_link.readlink().name == str(home.served_link.readlink())  # a home can move


def test_a_switch_that_was_killed_half_way_does_not_hinder_the_next(home):
    file = put(home, 1)
    (home.serve / ".crm.duckdb.next").symlink_to("crm_000000_dead.duckdb")
    switch_link(home.served_link, file.name)
    assert served_file(home) == file.resolve()
    assert not (home.serve / ".crm.duckdb.next").is_symlink()


def test_a_run_is_served_only_while_link_and_record_agree(home, ledger):
    file = put(home, 1)
    note(ledger, 1)
    assert not is_served(home, ledger, "ab12")  # recorded, not switched
    switch_link(home.served_link, file.name)
    assert is_served(home, ledger, "ab12")
    assert not is_served(home, ledger, "cd34")
    note(ledger, 2, "cd34")  # a later one was published, somebody turned the link back
    assert not is_served(home, ledger, "ab12")


def test_the_newest_three_stay_and_their_exports_with_them(home):
    files = [put(home, version) for version in range(1, 6)]
    switch_link(home.served_link, files[-1].name)
    (home.serve / ".try-3").mkdir()
    (home.serve / "notes.txt").touch()
    remove_old_versions(home)
    left = {path.name for path in home.serve.iterdir()}
    kept = files[-VERSIONS_KEPT:]
    assert left == {file.name for file in kept} | {
        *(file.with_suffix(".parquet").name for file in kept), "crm.duckdb", "notes.txt",
    }  # fmt: skip


def test_what_readers_see_is_never_removed_however_old(home):
    files = [put(home, version) for version in range(1, 6)]
    switch_link(home.served_link, files[0].name)
    remove_old_versions(home)
    assert served_file(home) == files[0].resolve()
    assert files[0].with_suffix(".parquet").exists()
