"""`crm rules`: examples tried, another book compared, mistakes told by name."""

from __future__ import annotations

import datetime as dt

import duckdb
import pytest

from crm_tasks.cli.rules import CONTENTS
from crm_tasks.strategy.rules import HOUSE_RULES
from crm_tasks.warehouse.home import Home
from tests.strategy.rules.books import people

AS_OF = dt.date(2024, 7, 1)


@pytest.fixture
def other(tmp_path):
    """Return a function that writes the house's rules, changed in one place."""

    def changed(old, new):
        text = HOUSE_RULES.read_text(encoding="utf-8")
        assert old in text
        path = tmp_path / "mine.yml"
        path.write_text(text.replace(old, new), encoding="utf-8")
        return path

    return changed


def test_the_rules_of_the_house_hold(call):
    ended = call("rules", "check")
    assert ended.code == 0
    assert "all 8 examples hold" in ended.out


def test_an_example_that_fails_is_named_and_ends_in_1(call, other):
    ended = call("rules", "check", other("contacts_30d >= 4", "contacts_30d >= 5"))
    assert ended.code == 1
    assert "rule contacted_often_lately should fire and does not" in ended.out
    assert "1 expectations of 8 examples do not hold" in ended.err


def test_the_contents_known_are_those_of_the_seed():
    assert "issue_reply" in CONTENTS.read_text(encoding="utf-8")


def test_a_content_nobody_has_is_refused_with_the_nearest(call, other):
    ended = call("rules", "check", other("[seasonal_stories]", "[seasonal_storys]"))
    assert ended.code == 1
    assert "did you mean 'seasonal_stories'" in ended.err


@pytest.fixture
def published(tmp_path):
    """Return a home that serves the features of three customers, on two days."""
    home = Home(tmp_path / "home")
    home.serve.mkdir(parents=True)
    file = home.serve / "crm_000001_abc.duckdb"
    today = people(
        {"customer_id": "a", "rfm_segment": "loyal", "frequency": 9, "as_of_date": AS_OF},
        {"customer_id": "b", "rfm_segment": "loyal", "frequency": 9, "as_of_date": AS_OF},
        {"customer_id": "c", "rfm_segment": "champions", "frequency": 9, "as_of_date": AS_OF},
        {"customer_id": "a", "rfm_segment": "loyal", "frequency": 8,
         "as_of_date": AS_OF - dt.timedelta(days=1)},
    )  # fmt: skip
    with duckdb.connect(str(file)) as connection:
        connection.execute("create schema features")
        connection.register("today", today)
        connection.execute("create table features.feat_customers_wide as select * from today")
    home.served_link.symlink_to(file.name)
    return home.root


def test_comparing_counts_who_would_change(call, other, published):
    same = call("rules", "compare", HOUSE_RULES, "--home", published)
    assert same.code == 0, same.err
    assert "0 of 3 customers would change" in same.out
    fewer = other("lever: 0.3\n    when: rfm_segment in ('loyal', 'potential_loyal')",
                  "lever: 0.3\n    when: rfm_segment in ('loyal') and frequency > 9")  # fmt: skip
    ended = call("rules", "compare", fewer, "--home", published)
    assert ended.code == 0, ended.err
    assert "regular_learns_programme" in ended.out
    assert "champion_is_thanked" not in ended.out
    assert "2 of 3 customers would change; the first: a, b" in ended.out
