"""As-of, where nobody names it: the day after the last thing that happened."""

from __future__ import annotations

import datetime as dt

import pytest

from crm_tasks.privacy.keys import DEMO_SECRET
from crm_tasks.profiles import load_profile
from crm_tasks.steps.attempt import Attempt
from crm_tasks.steps.runner import run_step
from crm_tasks.warehouse.home import Home
from crm_tasks.warehouse.last_event import day_after_last_event
from crm_tasks.warehouse.ledger import Ledger

PROFILE = """\
profile: kiosk
title: A kiosk
provenance: Written by hand for a test
time_zone: UTC
currency_code: EUR
contact: {channels: [mail]}
sources:
  - source_system: till
    root: .
    known_at: {rule: event}
    tables:
      - name: orders
        files: orders.csv
        format: csv
        columns: {no: plain, at: plain}
        feeds:
          - entity: orders
            map: {order_source_id: no, ordered_at: at}
      - name: campaigns
        files: campaigns.csv
        format: csv
        columns: {no: plain, first_day: plain}
        feeds:
          - entity: campaigns
            map: {campaign_source_id: no, start_date: first_day}
"""


@pytest.fixture
def last(tmp_path, monkeypatch):
    """Return a function that lands orders at these moments and asks for the day after."""
    monkeypatch.setenv("CRM_KEY", DEMO_SECRET)

    def ask(*moments, campaign="2024-01-01"):
        (tmp_path / "kiosk.yml").write_text(PROFILE)
        lines = [f"{number},{moment}" for number, moment in enumerate(moments)]
        (tmp_path / "orders.csv").write_text("\n".join(["no,at", *lines, ""]))
        (tmp_path / "campaigns.csv").write_text(f"no,first_day\n1,{campaign}\n")
        home = Home(tmp_path / "home")
        attempt = Attempt("a", str(tmp_path / "kiosk.yml"), str(home.root), as_of="2024-07-01")
        run_step("land", attempt)
        return day_after_last_event(home, load_profile(attempt.profile), Ledger(home.ops_file))

    return ask


def test_it_is_the_day_after_the_latest_event_whatever_the_order(last):
    found = last("2024-03-02 23:59:59", "2024-03-05 00:00:00", "2024-01-01 10:00:00")
    assert found == dt.date(2024, 3, 6)


def test_a_plan_that_lies_ahead_is_no_event(last):
    assert last("2024-03-02 10:00:00", campaign="2031-01-01") == dt.date(2024, 3, 3)


def test_what_cannot_be_read_as_a_date_is_passed_over(last):
    assert last("soon", "2024-03-02 10:00:00", "32.13.2024", "") == dt.date(2024, 3, 3)


def test_without_any_event_there_is_no_answer(last):
    assert last("soon") is None


def test_of_a_profile_that_never_landed_there_is_no_answer(tmp_path):
    home = Home(tmp_path)
    bundled = load_profile("completejourney")
    assert day_after_last_event(home, bundled, Ledger(home.ops_file)) is None
