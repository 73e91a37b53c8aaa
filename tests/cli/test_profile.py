"""`crm profile`: propose, start from a template, check, schema."""

from __future__ import annotations

import json

import pytest

from crm_tasks.cli.profile import NOT_RUNNABLE
from crm_tasks.cli.profile_report import LISTED_AT_MOST
from crm_tasks.contracts.__main__ import profile_schema
from crm_tasks.profiles.templates import template_names
from tests.steps.exports import write_branch, write_till


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_from_files_to_a_profile_that_is_checked(call, here):
    write_till(here / "till")
    ended = call(
        "profile", "init", "till/sales-2024-1.csv", "till/sales-2024-2.csv", "--out", "till.yml"
    )
    assert ended.code == 0, ended.err
    assert "till.sales" in ended.out
    assert "customers, products, orders" in ended.out or "orders, customers, products" in ended.out
    assert "on: purchases" in ended.out
    assert "off: campaigns: no source feeds campaigns, contacts" in ended.out
    assert "next: crm profile check till.yml" in ended.out
    assert "edits it needs" not in ended.out

    ended = call("profile", "check", "till.yml", "--home", here / "home")
    assert ended.code == 0, ended.out
    assert "360 of 360" in ended.out
    assert "fine: crm run --profile till.yml" in ended.out


def test_what_has_to_be_decided_is_listed_and_fails_the_check(call, here):
    (here / "people.csv").write_text(
        "customer_id,flurb\n" + "".join(f"{n},fl {n}x\n" for n in range(9))
    )
    ended = call("profile", "init", "people.csv", "--name", "people", "--currency", "EUR")
    assert ended.code == 0
    assert "edits it needs before it runs: 1" in ended.out
    assert "people.columns.flurb: DECIDE" in ended.out
    assert "next: then crm profile check people.yml" in ended.out
    assert "currency_code: EUR" in (here / "people.yml").read_text()

    ended = call("profile", "check", "people.yml")
    assert ended.code == NOT_RUNNABLE
    assert "still undecided" in ended.out
    text = (here / "people.yml").read_text().replace("flurb: undecided", "flurb: plain")
    (here / "people.yml").write_text(text)
    assert call("profile", "check", "people.yml").code == 0


def test_what_is_unsure_is_listed_least_sure_first(call, here):
    names = [f"flurb zip code {n}" for n in range(30)]
    rows = "".join(",".join(str(10000 + n * 7 + i) for i in range(30)) + "\n" for n in range(9))
    (here / "wide.csv").write_text(",".join(names) + "\n" + rows)
    printed = call("profile", "init", "wide.csv", "--name", "wide").out
    listed = printed[printed.index("worth a look") :].splitlines()[1:]
    shown = [line.split()[0] for line in listed if line.startswith("  0.")]
    assert shown == sorted(shown)
    assert len(shown) == LISTED_AT_MOST
    assert "time_zone" in printed


def test_no_value_of_the_files_is_printed(call, here):
    write_branch(here / "branch")
    ended = call("profile", "init", *sorted((here / "branch").iterdir()), "--out", "b.yml")
    printed = ended.out + call("profile", "check", "b.yml").out + (here / "b.yml").read_text()
    for value in ("138000000", "HY0003", "王伟伟"):
        assert value not in printed


def test_templates_are_listed_and_written(call, here):
    listed = call("profile", "init", "--template").out
    assert template_names()
    for name in template_names():
        assert name in listed
        assert call("profile", "init", "--template", name, "--out", here / f"{name}.yml").code == 0
        assert (here / f"{name}.yml").is_file()
    again = call(
        "profile",
        "init",
        "--template",
        template_names()[0],
        "--out",
        here / f"{template_names()[0]}.yml",
    )
    assert again.code == 1
    assert "exists" in again.err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--template", "salesfroce"], "did you mean 'salesforce'?"),
        (["--template", "salesforce", "x.csv"], "no file x.csv"),
        ([], "which files?"),
        (["gone.csv"], "no file gone.csv"),
    ],
)
def test_what_cannot_be_done_is_said(call, here, arguments, message):
    ended = call("profile", "init", *arguments)
    assert ended.code == 1
    assert message in ended.err
    assert list(here.iterdir()) == []


def test_the_schema_is_the_one_in_the_documents(call):
    printed = call("profile", "schema").out
    assert printed == profile_schema()
    assert json.loads(printed)["additionalProperties"] is False
