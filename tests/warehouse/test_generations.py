"""Everything stored is switched at once: the old generation or the new one, never parts of both."""

from __future__ import annotations

import json

import pytest

from crm_tasks.warehouse import generations
from crm_tasks.warehouse.generations import NextGeneration, settle
from crm_tasks.warehouse.home import Home
from crm_tasks.warehouse.ledger import Ledger
from crm_tasks.warehouse.publications import served_file, switch_link, version_file_name

OLD = {
    "lake/landing/rows": "old rows",
    "vault/chunk": "old chunk",
    "keys/crm.key": "old key",
    "warehouse.duckdb": "old tables",
    "ops/audit_heads.jsonl": "old heads",
}
NEW = {path: text.replace("old", "new") for path, text in OLD.items()}


@pytest.fixture
def home(tmp_path):
    home = Home(tmp_path)
    write(home.root, OLD)
    for version in (1, 2):
        put_version(home.serve, version)
    switch_link(home.served_link, version_file_name(2, "ab"))
    return home


@pytest.fixture
def ledger(home):
    found = Ledger(home.ops_file)
    found.open_attempt("one", "small_company")
    return found


def write(root, files):
    for path, text in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)


def put_version(folder, version):
    file = folder / version_file_name(version, "ab")
    export = file.with_suffix(".parquet")
    export.mkdir(parents=True)
    (export / "part").write_text(f"export {version}")
    file.write_text(f"version {version}")


def told(root):
    return {path: (root / path).read_text() for path in OLD}


def begun(home):
    generation = NextGeneration(home, "rotation-1")
    generation.begin()
    write(generation.root, NEW)
    put_version(generation.root / "serve", 3)
    return generation


def commit(generation, ledger):
    generation.commit(
        ledger,
        statements=[("update attempts set profile = ? where attempt_id = ?", ["other", "one"])],
        publication={"version": 3, "run_id": "ab"},
        audit={"customers": 2},
    )


def is_switched(home, ledger):
    assert told(home.root) == NEW
    assert served_file(home).read_text() == "version 3"
    assert (home.serve / "parquet" / "part").read_text() == "export 3"
    versions = {path.name for path in home.serve.glob("crm_*")}
    assert versions == {version_file_name(3, "ab"), "crm_000003_ab.parquet"}
    (attempt,) = ledger.store.rows("select profile from attempts")
    assert attempt["profile"] == "other"
    assert [row["version"] for row in ledger.store.rows("select version from publications")] == [3]
    audited = ledger.store.rows("select * from audit_log where action = 'generation.switched'")
    assert [(row["object"]) for row in audited] == ["rotation-1"]
    assert not (home.root / ".next").exists()
    assert not (home.root / ".former").exists()
    return True


def test_a_committed_generation_takes_the_place_of_the_old_one(home, ledger):
    commit(begun(home), ledger)
    assert is_switched(home, ledger)


def test_what_was_not_decided_is_swept(home, ledger):
    begun(home)
    settle(home, ledger)
    assert told(home.root) == OLD
    assert served_file(home).read_text() == "version 2"
    assert not (home.root / ".next").exists()


def test_a_new_try_begins_from_nothing(home):
    begun(home)
    generation = NextGeneration(home, "rotation-2")
    generation.begin()
    assert list(generation.root.iterdir()) == []


@pytest.mark.parametrize(
    ("function", "nth"),
    [("_switch", n) for n in range(len(generations.ITEMS))]
    + [("_publish", 0), ("switch_link", 0), ("switch_link", 1), ("remove_versions_before", 0),
       ("_record", 0)],
)  # fmt: skip
def test_a_crash_in_the_switch_is_settled_by_the_next_who_comes(
    home, ledger, monkeypatch, function, nth
):
    generation = begun(home)
    real, calls = getattr(generations, function), []

    def dies(*arguments):
        calls.append(arguments)
        if len(calls) == nth + 1:
            raise KeyboardInterrupt
        return real(*arguments)

    with monkeypatch.context() as patched:
        patched.setattr(generations, function, dies)
        with pytest.raises(KeyboardInterrupt):
            commit(generation, ledger)
    settle(home)
    assert is_switched(home, ledger)


def test_a_crash_between_the_two_renames_of_one_item_is_settled(home):
    generation = begun(home)
    told = {"operation": "rotation-1", "statements": [], "publication": None, "audit": {}}
    (generation.root / generations.JOURNAL).write_text(json.dumps(told))
    (home.root / ".former").mkdir()
    (home.root / "lake").rename(home.root / ".former" / "lake")
    settle(home)
    assert (home.root / "lake/landing/rows").read_text() == "new rows"


def test_a_crash_after_the_ops_store_took_it_in_is_settled(home, ledger, monkeypatch):
    generation = begun(home)

    def dies(*_arguments, **_named):
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(generations.shutil, "rmtree", dies)
        with pytest.raises(KeyboardInterrupt):
            commit(generation, ledger)
    settle(home)
    assert is_switched(home, ledger)


def test_nothing_happens_in_a_home_without_a_next_generation(home):
    settle(home)
    assert told(home.root) == OLD


def test_an_unchanged_file_is_taken_over_without_a_copy(home):
    generation = begun(home)
    source = home.root / "vault" / "chunk"
    generation.link_or_copy(source, generation.root / "deep" / "chunk")
    assert (generation.root / "deep" / "chunk").stat().st_ino == source.stat().st_ino
