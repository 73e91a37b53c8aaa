"""`crm doctor`: every check is told, one that fails does not hide the next."""

from __future__ import annotations

import importlib.metadata
from types import SimpleNamespace

import pytest

from crm_tasks.cli.doctor import CHECKS


def rows_of(ended):
    """Return {check: (result, detail)} of what was printed."""
    _, *lines = ended.out.splitlines()
    cells = [line.split("  ") for line in lines]
    return {parts[0]: tuple(part.strip() for part in parts[1:] if part.strip()) for parts in cells}


def test_on_this_machine_everything_is_there(crm, tmp_path):
    ended = crm("doctor", "--home", tmp_path / "new")
    assert ended.returncode == 0, ended.stdout
    for check in CHECKS:
        assert check in ended.stdout
    assert "nothing published yet" in ended.stdout
    assert "will be made at the first run" in ended.stdout
    assert not any((tmp_path / "new").iterdir())


def test_it_names_the_version_that_is_served(call, shelf):
    found = rows_of(call("doctor", "--home", shelf.root))
    assert found["served version"] == ("ok", "crm_000001_abc.duckdb")


def test_a_home_that_cannot_be_written_fails_and_the_rest_is_still_checked(call, tmp_path):
    home = tmp_path / "file"
    home.write_text("not a folder")
    ended = call("doctor", "--home", home, "--profile", "completejourny")
    found = rows_of(ended)
    assert ended.code == 1
    assert list(found) == list(CHECKS)
    failed = {check for check, (result, *_) in found.items() if result == "FAILED"}
    assert failed == {"home is writable", "profile", "sources"}
    assert "did you mean 'completejourney'" in " ".join(found["profile"])


def test_production_needs_a_key_and_shows_none(call, tmp_path, monkeypatch):
    monkeypatch.setenv("CRM_ENVIRONMENT", "production")
    without = call("doctor", "--home", tmp_path)
    monkeypatch.setenv("CRM_KEY", "k" * 40)
    given = call("doctor", "--home", tmp_path)
    assert without.code == 1
    assert rows_of(without)["key"] == ("FAILED", "CRM_KEY is required in production")
    assert rows_of(given)["key"] == ("ok", "CRM_KEY is set")
    assert "kkkk" not in given.out + given.err


def without_networkit(package):
    if package == "networkit":
        raise importlib.metadata.PackageNotFoundError(package)
    return "1.0"


#: Check: what to replace, by what, and what must be told then.
BROKEN = {
    "disk": ("shutil.disk_usage", lambda _: SimpleNamespace(free=1 << 30), "1.0 GiB free"),
    "sqlite": ("sqlite3.sqlite_version_info", (3, 8, 0), "3.24 or later"),
    "python": ("sys", SimpleNamespace(version_info=(3, 13, 1)), "the pins are for 3.11"),
    "packages": ("importlib.metadata.version", without_networkit, "networkit"),
}


@pytest.mark.parametrize("check", BROKEN)
def test_what_a_run_would_stumble_over_is_found_before(call, tmp_path, monkeypatch, check):
    name, broken, told = BROKEN[check]
    monkeypatch.setattr(f"crm_tasks.cli.doctor.{name}", broken)
    ended = call("doctor", "--home", tmp_path)
    result, *detail = rows_of(ended)[check]
    assert ended.code == 1
    assert result == "FAILED"
    assert told in " ".join(detail)


def test_a_source_that_does_not_answer_is_told_without_anything_secret(call, tmp_path, monkeypatch):
    monkeypatch.setenv("CRM_SECRET_SHOP", "canary-password")
    table = "{name: t, table: t, columns: {a: plain}, feeds: []}"
    profile = tmp_path / "shop.yml"
    profile.write_text(
        "profile: shop\ntitle: T\nprovenance: P\ntime_zone: UTC\ncurrency_code: EUR\n"
        "contact: {channels: [mail]}\nsources:\n  - source_system: shop\n"
        "    database: {url: 'mysql://reader@127.0.0.1:9/shop', password: CRM_SECRET_SHOP}\n"
        f"    known_at: {{rule: event}}\n    tables: [{table}]\n"
    )
    ended = call("doctor", "--home", tmp_path / "home", "--profile", profile)
    result, detail = rows_of(ended)["sources"]
    assert (ended.code, result) == (1, "FAILED")
    assert "mysql://127.0.0.1:9/shop does not answer" in detail
    assert "canary" not in ended.out + ended.err
